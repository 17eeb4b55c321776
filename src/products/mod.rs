//! A merchant's products and SKUs: how they arrive, what they are matched with, whether they are on sale.
//!
//! A line of `prod.add_or_edit` goes through [`upload`]: the stored row (or none) with the line's fields over it is a
//! [`draft::Draft`]; what differs is written for all lines at once. Products that are new or whose match keys changed go
//! through [`matching_pass`]: candidates for all of them in two queries, [`matching`] decides each, pure and without I/O, and
//! what the keys do not determine is handed to an auditor with the [`evidence`]. [`listing`] alone puts on sale and takes
//! off: by rule, by the ERP or by a person, who has the last word. [`replay`] brings back lines that waited for a category.
//!
//! Locks are taken in one order everywhere: the merchant's id space ([`ids`]) when something new is to be named, then
//! products by id, then SKUs by id, and audit items after their products. So two calls about the same goods wait for each other and never deadlock.

mod answers;
pub mod api;
pub mod audit;
pub mod draft;
pub mod evidence;
mod fields;
mod guard;
pub mod ids;
pub mod listing;
pub mod look;
pub mod matching;
pub mod matching_pass;
pub mod model;
pub mod pages;
pub mod reads;
pub mod replay;
pub mod sellable;
pub mod skus;
pub mod upload;
pub mod weigh;

pub use guard::price as price_danger;
pub use model::{Product, by_ids, find, find_by_prod_id, ids_of};
pub use pages::{TabLink, routes, tab_links};
