//! The moving parts that nobody asks for: parked lines replayed when what they wait for has come, and housekeeping.
//!
//! Any number of instances may run it side by side: every job takes its rows with `skip locked` or deletes by age.

mod worker;

pub use worker::{Worker, keep_house, recheck, replay_parked, start};
