//! All tests of the house, in one binary.

mod support;

mod architecture;
mod audit;
mod texts;
