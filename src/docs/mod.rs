//! The documentation of the open platform inside the product: the same constants that read the calls.

mod pages;

pub use pages::routes;
