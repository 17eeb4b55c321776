//! Products and SKUs: what ERPs send, what becomes of it, and what they read back.

mod bad_input;
mod evaluation;
mod listing;
mod matching;
mod recheck;
mod replay;
mod scene;
mod skus;
mod speed;
mod together;
mod upload;
