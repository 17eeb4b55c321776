//! All tests of the house, in one binary.

#![cfg(test)]

mod support;

mod accounts;
mod architecture;
mod browser;
mod demo;
mod fences;
mod catalog;
mod desk;
mod ground;
mod manual;
mod robust;
mod schema;
mod audit;
mod products;
mod shelf;
mod stock;
mod texts;
