//! The moving parts that nobody asks for: parked lines replayed when what they wait for has come, silence noticed, and
//! housekeeping; and the pages on which a person decides what no machine should: [`quarantine`], failures, conflicts, and
//! what to do while the ERP is silent ([`freshness`]). [`tell`] brings an ERP that listens what waits for it.
//!
//! Any number of instances may run it side by side: every job takes its rows with `skip locked` or deletes by age.

pub mod centre;
mod conflicts;
mod counters;
mod differences;
mod failures;
pub mod freshness;
mod live;
mod pages;
pub mod quarantine;
mod release;
mod tell;
mod undo;
mod worker;

use actix_web::web::ServiceConfig;

pub use counters::{Report, verify};
pub use differences::Difference;
pub use release::{preview, release};
pub use tell::tell_all;
pub use worker::{
    Worker, check_counters, end_in_time, keep_house, move_orders, recheck, reckon_risks, replay_parked, start, watch_silence,
};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.configure(pages::routes)
        .configure(quarantine::routes)
        .configure(failures::routes)
        .configure(conflicts::routes)
        .configure(freshness::routes)
        .configure(undo::routes);
}
