//! One box that finds: products by name, initials, codes and barcodes, orders, buyers, calls by their number, merchants, and the pages the
//! asker has. The same answer fills the palette and a page of its own.

mod model;
mod pages;
mod trade;

pub use pages::routes;
