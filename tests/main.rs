//! All tests of the house, in one binary.

#![cfg(test)]

mod support;

mod accounts;
mod architecture;
mod catalog;
mod audit;
mod desk;
mod ground;
mod products;
mod shelf;
mod texts;
