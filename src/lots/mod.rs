//! Lots per SKU and shop: what lies on the shelf, until when it may be sold, and who took what off sale (B-01…B-06, Q-22).
//!
//! An ERP tells all lots of a SKU at a shop at once, and only what is on sale; what it told before is gone then, without residue
//! ([`model::replace`]). What the lots make of the stock (units that are expired or stopped, the sum where the ERP keeps its
//! stock by lot) is reckoned by `stock::shelf` and written with the row, in the same transaction.
//!
//! What a call says is read in [`told`] and answered in [`push`]; [`stops`] is a person's hand on one lot; [`snapshots`] keeps
//! what each replacement said; [`list`] is what the page asks for.
//!
//! Locks: heads of lots by (SKU, shop), then rows of stock by (SKU, shop), then as the rooms below do.

pub mod api;
mod day;
mod fefo;
pub mod list;
pub mod model;
mod pages;
pub mod push;
pub mod rules;
pub mod snapshots;
pub mod stops;
pub mod told;

pub use day::Day;
pub use fefo::{Take, fefo};
pub use model::{Lot, sellable};
pub use pages::routes;
