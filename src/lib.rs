//! Duijie 对接: the platform's side of the connection between merchants' ERPs and a selling platform.
//!
//! Rooms, from the ground up: [`trail`] and [`merchants`] are used by [`accounts`], those by [`gate`] and [`feeds`], those by
//! [`catalog`], [`products`], [`customers`], [`pricing`], [`stock`] and [`orders`], in this order; [`sync`], [`search`] and [`demo`] stand on
//! top. [`web`] and [`wire`] are how we
//! speak with people and machines; [`db`] is the only way to the database. `docs/ARCHITECTURE.md` tells more.

pub mod accounts;
pub mod catalog;
pub mod clock;
pub mod config;
pub mod customers;
pub mod db;
pub mod demo;
pub mod docs;
pub mod erp;
pub mod error;
pub mod feeds;
pub mod form;
pub mod gate;
pub mod guards;
pub mod ids;
pub mod lots;
pub mod merchants;
pub mod orders;
pub mod outward;
pub mod pricing;
pub mod products;
pub mod reconcile;
pub mod routes;
pub mod search;
pub mod server;
pub mod start;
pub mod stock;
pub mod sync;
pub mod text;
pub mod trail;
pub mod web;
pub mod wire;

pub use db::Db;
pub use error::{Error, Result};
