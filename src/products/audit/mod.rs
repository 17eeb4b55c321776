//! The audit: a person judges whether a submission is a product we know, and whether it may be sold (P-05, P-09, P-16).
//!
//! What matching could not settle waits in a [`queue`], longest first. Opening an item shows the [`review`]: candidates
//! compared with the data of today, the [`checks`], and as [`consequences`] what approving would do, found out by doing it
//! and taking it back. The [`decide`] verbs compare the item's version, so that two auditors never both decide; each writes
//! an immutable [`record`] of what was seen. [`undo`] restores the product exactly, within a minute and while nothing has
//! happened to it since. [`history`] looks back; [`rules`] counts how
//! the automatic decisions fare.
//!
//! Locks: products in the order of merchants and ids first, as everywhere, then their items; both at once by [`work`].
//! What touches an item alone (a lease, a skip) takes no product afterwards.

pub mod checks;
pub mod consequences;
pub mod decide;
pub mod history;
mod pages;
pub mod queue;
pub mod record;
pub mod review;
pub mod rules;
pub mod sight;
pub mod undo;
pub mod work;

pub use pages::routes;
pub use record::{Decided, standing};
