//! People and machines at the door.

mod keys;
mod login;
mod people;
mod sessions;
mod signatures;
mod storefronts;
