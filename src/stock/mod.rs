//! Stock per SKU and shop: how many can be bought, and why (S-01…S-07, W-02).
//!
//! The ERP owns one number, the platform owns the counters, and a person may lay a number of their own over the result.
//! [`model::set`] is the one verb by which the ERP's number changes, whether it comes from a call, a product upload or a person;
//! [`reservations`] moves the counters as buyers order, pay and cancel; [`holds`] lays the overlay and takes it off; [`limits`] sets what is kept back, [`suggest`] says how much would do. Each
//! changes the inputs of one pure sum, [`availability`], that page, API and tests share, and writes row, movement ledger and
//! the marks the page's tabs ask for in one transaction. [`modes`] knows which paid units the ERP's number contains already.
//!
//! What a call says is read and answered in [`push`], [`adjust`] and [`read`]; [`edit`] is a person's hand and its undo; [`list`] and
//! [`ledger`] are what the page asks for; [`live`] asks the ERP before a sale; [`upload`] is a product line that brings its first quantity; [`verify`] holds the
//! counters against ledger and reservations.
//!
//! Locks are taken in one order everywhere: reservations by id, rows of stock by (SKU, shop), then what products lock, then
//! the merchant's own row.

mod absorb;
mod adjust;
pub mod api;
pub mod availability;
pub mod edit;
mod guard;
pub mod holds;
pub mod ledger;
pub mod limits;
pub mod list;
mod listing;
pub mod live;
mod marks;
pub mod model;
pub mod modes;
mod pages;
mod place;
pub mod push;
pub mod read;
pub mod reservations;
mod row;
mod rows;
pub mod rules;
pub mod shelf;
pub mod suggest;
pub mod take_back;
pub mod upload;
pub mod verify;

pub use marks::{Mark, remark};
pub use pages::routes;
