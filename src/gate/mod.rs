//! What stands between a call and the data: remembered replies, switches, exceptions, and the lines kept meanwhile.
//!
//! A pushed value is applied only if the merchant is not paused **and** its module is on **and** no exception covers it:
//! one glance answers “is it on”, nothing overrules anything (W-01…W-04, spec of stock §4.6). What is pushed meanwhile is kept
//! ([`held`]), the newest value of every field, and shown as a difference until it is applied or discarded (Q-28, G11).
//! Ends of time are part of the question (`until > now`), so that nothing depends on a sweeper coming by.
//!
//! Idempotency (V-03, I-4, G3): the first call with a key does its work and stores its answer in the same transaction; a twin
//! that arrives meanwhile waits for it on the key's row, and every later one gets the stored answer byte for byte. The same
//! key with another body is an error.

pub mod api;
mod cover;
pub mod exceptions;
pub mod held;
mod replies;
pub mod switches;
pub mod terms;

pub use cover::{Cover, Guarded, Place, covering, guarded};
pub use held::Kept;
pub use replies::{Once, forget_old, once, remember};
