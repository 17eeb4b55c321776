//! Calls that leave the house: to a merchant's ERP (G17, Q-30).
//!
//! Whoever is called may be slow, broken or hostile, and must harm nobody but its own merchant. So every call has a deadline; an
//! answer has a size; redirects are not followed; an address is looked at when it is connected to, so that a name cannot lead
//! inside ([`address`]); each merchant has four lines of its own; and who has failed several times is left alone for a while
//! ([`breaker`]). No transaction is open while a call is under way.

pub mod address;
mod breaker;
mod client;

pub use client::{Answered, Call, Failure, MAX_ANSWER, Outward};
