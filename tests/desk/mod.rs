//! The pages somebody works from: overview, trail, search, merchants and settings.

mod merchants;
mod overview;
mod search;
mod seed;
mod styleguide;
mod trail;
