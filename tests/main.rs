//! All tests of the house, in one binary.

#![cfg(test)]

mod support;

mod accounts;
mod architecture;
mod audit;
mod catalog;
mod desk;
mod ground;
mod products;
mod shelf;
mod stock;
mod texts;
