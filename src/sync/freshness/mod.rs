//! How long the ERP may be silent, and what happens when it is silent for longer (G-04, G-08).
//!
//! A module is watched once a merchant says how often it should be heard of; the page suggests it from what has been
//! observed. Overdue stock keeps some pieces of every row back until the ERP speaks again; so does an outage that a person
//! has declared. Silence is measured by the batches that were taken, so calls that are refused do not count as news.

mod outage;
mod pages;
mod pulse;
mod watch;

pub use outage::{Outage, declare, end, open};
pub use pages::routes;
pub use watch::{Watched, due, look, of_merchant, set};
