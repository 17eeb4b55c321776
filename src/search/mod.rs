//! One box that finds: products by name, initials, codes and barcodes, calls by their number, merchants, and the pages the
//! asker has. The same answer fills the palette and a page of its own.

mod model;
mod pages;

pub use pages::routes;
