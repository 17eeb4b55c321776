//! All tests of the house, in one binary.

#![cfg(test)]

mod support;

mod accounts;
mod architecture;
mod ground;
mod stock;
mod texts;
