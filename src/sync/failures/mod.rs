//! Lines that wait for something or were refused, by cause, each with the fix beside it.
//!
//! A cause is mended once, for all of its lines: by giving the missing row, by saying which of ours their code means, or by
//! putting it aside with a reason. Waiting lines then come back by themselves.

mod pages;
mod read;
mod verbs;

pub use pages::routes;
