//! Where ERP and platform contradict each other: ours, theirs, and what both last agreed on.
//!
//! Counters the ERP reports otherwise than we count, numbers a person holds while the ERP says another, and writes
//! that were refused because the row had moved on (`ifVersion`). Fields a person has locked belong here as well: whoever
//! keeps such locks adds a [`read::Kind`] with its rows.

mod pages;
mod read;
mod verbs;

pub use pages::routes;
