//! Categories and base products: what goods there are, by which keys they are recognised, and which must not be sold.

pub mod aliases;
pub mod api;
pub mod approval;
pub mod base;
pub mod blocklist;
pub mod categories;
pub mod grams;
pub mod gtin;
pub mod keys;
mod pages;
pub mod reference;
pub mod spec;

pub use pages::routes;
