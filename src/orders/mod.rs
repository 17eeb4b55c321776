//! Orders from the buyer's click to the receipt, and their way into the ERP's books (O-01…O-11).
//!
//! The storefront places, pays and cancels ([`intake`], [`steps`]): prices are resolved, lots shown are noted and units frozen in
//! the transaction that makes the order. Where an order stands is a function of its facts ([`state`]); whoever says "shipped"
//! adds a fact, and nothing goes back. [`delivery`] hands paid orders to the ERP by lease, [`push`] brings them to one that listens, [`ack`] takes its receipts, [`waits`]
//! knows why an order is not there yet and how to get past it, [`status`] what the ERP's own steps mean to the buyer.
//!
//! Locks are taken in one order: orders by id, reservations by id, rows of stock, then the merchant's row for the feed's number.

pub mod ack;
pub mod api;
pub mod board;
pub mod delivery;
mod draft;
pub mod events;
mod feed;
pub mod hand;
pub mod intake;
pub mod list;
pub mod model;
pub mod money;
mod pages;
pub mod picks;
pub mod push;
pub mod replay;
pub mod rules;
pub mod shipments;
mod sight;
pub mod state;
pub mod status;
pub mod steps;
pub mod tables;
mod waiting;
pub mod waits;
pub mod wire;

pub use pages::routes;
pub use waiting::by_customer as waiting_by_customer;
pub use waits::release_unmapped;
