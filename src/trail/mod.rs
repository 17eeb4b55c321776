//! What happened: by whom, before → after, caused by which call (I-15, G26).
//!
//! Every verb that changes something takes a [`Cause`] and writes its [`Entry`] rows in the same transaction. The table is
//! append-only; a trigger refuses updates and deletes.

mod model;

pub use model::{Cause, Change, Entry, Event, Kind, Search, of_feed, of_merchant, of_subject, record, search};
