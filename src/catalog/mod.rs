//! Categories and base products.

pub mod approval;
pub mod grams;
pub mod gtin;
pub mod keys;
pub mod spec;
