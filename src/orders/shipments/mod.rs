//! What leaves the house: packages by carrier and number, and which lots of which line are in them (L-01…L-05, Q-20, Q-39).
//!
//! Two calls tell it. `order.logistics.update` says that an order is on its way and in which package; `order.shipment.add` says
//! line by line what left, in several lots and packages, in part, or finally. Where shipments are told line by line, they alone
//! decide how far an order has come, and logistics only adds the package.
//!
//! Each shipment is checked against its order under the order's lock: no more leaves than was ordered, and nothing leaves that
//! is not paid. What the buyer saw when ordering is held against what went out: a lot that keeps shorter is told, not hidden.
//! Units closed short come back with the ERP's next number, as the law of stock has it. What was told by mistake is taken back
//! by [`withdraw`] as long as nothing follows from it.

pub mod api;
pub mod carriers;
mod desk;
mod draft;
mod found;
pub mod list;
pub mod logistics;
mod pages;
mod promise;
pub mod replay;
mod rows;
pub mod ship;
mod table;
pub mod withdraw;

pub(super) use found::STANDS;

pub use draft::{Draft, Item, Line, Parcel};
pub use pages::{import_href, routes};
pub use promise::Promise;
