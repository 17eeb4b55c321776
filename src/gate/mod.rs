//! What stands between a call and the data: remembered replies now; switches, exceptions and holds have their place here.
//!
//! Idempotency (V-03, I-4, G3): the first call with a key does its work and stores its answer in the same transaction; a twin
//! that arrives meanwhile waits for it on the key's row, and every later one gets the stored answer byte for byte. The same
//! key with another body is an error.

mod replies;

pub use replies::{Once, forget_old, once, remember};
