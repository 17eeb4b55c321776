//! Are both sides of the same mind? A digest an ERP can compute for itself, and a whole comparison for when it differs.
//!
//! [`digest`] answers with a hash per bucket of rows, so that an ERP with a million rows finds out with one call that nothing
//! is wrong, or in which buckets something is. [`compare`] takes the ERP's whole picture in as many calls as it likes, changes
//! nothing, and keeps what differs; a person then takes the ERP's number row by row or for all, or keeps ours ([`decide`]).

mod compare;
mod decide;
mod digest;
mod pages;
mod read;

pub use compare::STOCK_RECONCILE;
pub use digest::STOCK_DIGEST;
pub use pages::routes;
