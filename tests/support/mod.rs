//! A house of its own for every test, and the people in it.

pub mod cast;
pub mod erp;
pub mod house;
pub mod shots;

pub use cast::Cast;
pub use house::{Answer, House};
