//! The shelf: the product pages, what is on sale and why.

mod goods;
mod listing;
mod pages;
mod scale;
mod shots;
