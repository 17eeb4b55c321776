//! All tests of the house, in one binary.

#![cfg(test)]

mod support;

mod accounts;
mod architecture;
mod audit;
mod browser;
mod catalog;
mod customers;
mod demo;
mod desk;
mod erp;
mod faults;
mod fences;
mod gate;
mod ground;
mod guards;
mod lots;
mod manual;
mod orders;
mod pricing;
mod products;
mod robust;
mod schema;
mod shelf;
mod stock;
mod texts;
mod weight;
