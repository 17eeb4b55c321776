//! Lines that were stopped because there were too many of a dangerous kind at once: what they would change, and a person's
//! word on them.
//!
//! A released line goes through the verb by which it came, reduced to what was stopped of it. What has changed meanwhile is
//! newer and stays: such a line ends `stale`.

mod decide;
mod pages;
mod read;

pub use decide::{Ended, discard, release};
pub use pages::routes;
