//! The demo platform: three merchants, their people, goods and stock, loaded through the same verbs that serve ERPs.
//!
//! [`load`] reads the files of `fixtures/demo` out of the program ([`rows`]) and takes each through the method an ERP would
//! call ([`steps`]), a thousand lines a transaction. Every step looks first whether it was done, or ends in `unchanged`
//! lines when it is done again, so an interrupted load is finished by the next start; the last step leaves a mark in the
//! trail, and from then on nothing is loaded any more. Passwords and API secrets are made up at the first load and kept in
//! `demo.txt` of the data folder ([`secrets`]), so that every start can tell them.

pub mod orders;
mod prices;
mod rows;
mod secrets;
pub mod steps;
mod told;
pub mod trade;

use crate::Result;
use crate::ids::MerchantId;
use crate::trail;
use crate::web::Platform;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

/// Loads people, goods and stock of the demo, and none of its orders.
///
/// # Errors
/// Like [`load`].
pub async fn load_goods(platform: &Platform, data: &Path) -> Result<()> {
    steps::goods(platform, data).await
}

/// Loads the demo platform unless it is there, and returns what a newcomer needs to know: address, logins, a signed call.
///
/// # Errors
/// When the database is down or the data folder cannot be written.
pub async fn load(platform: &Platform, data: &Path, listen: SocketAddr) -> Result<String> {
    let there = platform.db.read(|c| Ok(!trail::of_subject(c, MerchantId::PLATFORM, "demo", "demo", 1)?.is_empty())).await?;
    if !there {
        let began = Instant::now();
        steps::all(platform, data).await?;
        tracing::info!("demo: loaded in {:.1} s", began.elapsed().as_secs_f64());
    }
    let merchants = platform.db.read(|c| crate::merchants::all(c, "", 100)).await?;
    told::tell(secrets::read(data)?.as_ref(), &merchants, data, listen)
}
