//! A merchant's own ERP as somebody we call (requirements §1.13, direction "Out").
//!
//! The platform keeps the hosts it may be called at, the merchant its address, its secret and what it is called for ([`link`]).
//! [`ask`] signs a call as the open platform's callers sign theirs and reads the answer, enveloped or bare ([`answer`], Q-03).
//! [`listened`] lists the methods an ERP answers. What it must be told stands in the [`outbox`] from the transaction that makes
//! it so until the ERP has taken it. Rooms above decide what to ask and what an answer means.

pub mod answer;
pub mod ask;
pub mod link;
pub mod listened;
pub mod outbox;
mod pages;

pub use ask::{Trouble, ask};
pub use link::Link;
pub use pages::{routes, why};
