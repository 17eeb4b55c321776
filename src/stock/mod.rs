//! Stock per SKU and shop: how many can be bought, and why (S-01…S-03, S-06).
//!
//! The ERP owns one number, the platform owns the counters. [`model::set`] is the one verb by which the ERP's number
//! changes, whether it comes from a call, a product upload or a person; it writes the figures, the movement ledger and the
//! marks the page's tabs ask for in one transaction. [`availability`] is the pure arithmetic that page, API and tests share.
//! What a call says is read and answered in [`push`] and [`read`]; [`edit`] is a person's hand and its undo; [`list`] and
//! [`ledger`] are what the page asks for; [`upload`] is a product line that brings its first quantity.
//!
//! Locks are taken in one order everywhere: rows of stock by (SKU, shop), then what products lock.

pub mod api;
pub mod availability;
pub mod edit;
pub mod ledger;
pub mod list;
mod listing;
mod marks;
pub mod model;
mod pages;
pub mod push;
pub mod read;
mod rows;
pub mod upload;

pub use marks::{Mark, remark};
pub use pages::routes;
