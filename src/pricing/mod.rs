//! Who pays what, and why (R-01… ).
//!
//! What everybody may pay stands on the SKU: default, suggested retail, reference, cost and the member price of all shops. What
//! only some pay is a row of `prices`: by customer, customer group, region group (each with the region besides) or shop, with or
//! without dates. No row means inherited, never zero.
//!
//! [`resolve`] is the one pure function by which a buyer's price is found, with every candidate and why it lost; [`quote`] feeds
//! it for any number of SKUs at once. Page, API and tests see the same ladder, so an explanation cannot differ from the price.

mod answers;
pub mod api;
pub mod book;
pub mod cells;
pub mod changes;
pub mod codes;
pub mod customer_groups;
mod entries;
pub mod formula;
pub mod gone;
pub mod grid;
pub mod groups;
pub mod impact;
mod locks;
mod pages;
pub mod paste;
pub mod place;
mod push;
mod quote;
mod reach;
pub mod region_groups;
pub mod replay;
pub mod resolve;
pub mod rows;
pub mod rules;
pub mod sheet;
mod shops;
mod write;

pub use pages::routes;
pub use quote::{Buyer, quote};
pub use resolve::{Candidate, Channel, Member, Offer, Policy, Reason, Resolution, Rule, Why, resolve};
