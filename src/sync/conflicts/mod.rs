//! Where ERP and platform contradict each other: ours, theirs, and what both last agreed on.
//!
//! Counters the ERP reports otherwise than we count, numbers a person holds while the ERP says another, writes that
//! were refused because the row had moved on (`ifVersion`), and fields a person has locked while the ERP says something else.

mod locks;
mod pages;
mod read;
mod verbs;

pub use pages::routes;
