//! Buyers, and which of the ERP's customers each of them is (U-01…U-06, Q-29).
//!
//! The storefront says who a buyer is ([`keep`]), the ERP says whom it knows (`customer.add_or_edit`), and a mapping ties the two, so
//! that an order can carry the ERP's own code. [`uscc`] alone matches by itself, behind [`settle`]; a similar name is a suggestion
//! for a person ([`bind`]). How much of this a merchant's orders need is its [`Scheme`].
//!
//! Locks: the turn of both sides, the ERP's customers by code, buyers by id. A buyer is locked before anything of an order.

pub mod above;
mod answers;
pub mod api;
mod bind;
mod binding;
mod candidates;
mod keep;
mod likeness;
mod list;
mod model;
mod pages;
pub mod register;
mod scheme;
mod settle;
mod sight;
mod upload;
pub mod uscc;

pub use above::WaitingOrders;
pub use bind::{CODE_MAX, bind, code, exempt, rebind, take_back, take_back_exemption, unbind};
pub use keep::{Draft, keep};
pub use list::{ids_named, named};
pub use model::{Customer, Kind, Match, by_ids, find, ids_of};
pub use pages::routes;
pub use scheme::{Scheme, choose, scheme};
