//! The moving parts that nobody asks for: parked lines replayed when what they wait for has come, and housekeeping.
//!
//! Any number of instances may run it side by side: every job takes its rows with `skip locked` or deletes by age.

mod counters;
mod worker;

pub use counters::{Report, verify};
pub use worker::{Worker, check_counters, end_in_time, keep_house, replay_parked, start};
