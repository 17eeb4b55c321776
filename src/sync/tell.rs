//! Telling ERPs that listen what waits for them: orders and their changes (O-06, O-07), and what becomes of units.
//!
//! Each merchant has a round of its own, so that a slow ERP keeps nobody else waiting (G17). A round takes what is next under a
//! lease, calls without any transaction open, and keeps how it went. An ERP that does not answer is tried with one thing at a time.

use crate::erp::link::{self, Link};
use crate::erp::listened::{FREEZE, ORDER_PUSH};
use crate::erp::outbox::{self, Waiting};
use crate::erp::{self, Trouble, ask};
use crate::feeds::calls::{self, CallRow, Outward};
use crate::gate::switches;
use crate::ids::MerchantId;
use crate::orders::push::{self, Parcel, Taken};
use crate::web::Platform;
use crate::wire::Module;
use crate::{Error, Result};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

const ROUND: Duration = Duration::from_secs(1);
/// Merchants told at a time.
const ROUNDS_AT_ONCE: usize = 32;

/// Starts telling; when told to stop, rounds under way are finished.
pub(super) fn start(platform: Data<Platform>, mut stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut rounds: JoinSet<MerchantId> = JoinSet::new();
        let mut busy: HashSet<MerchantId> = HashSet::new();
        loop {
            match due(&platform).await {
                Ok(links) => {
                    for link in links {
                        if busy.len() < ROUNDS_AT_ONCE && busy.insert(link.merchant) {
                            rounds.spawn(round(Data::clone(&platform), link));
                        }
                    }
                }
                Err(why) => tracing::warn!(%why, "what waits for ERPs will be looked for again"),
            }
            let pause = tokio::time::sleep(ROUND);
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    _ = stopped.changed() => {
                        while rounds.join_next().await.is_some() {}
                        return;
                    }
                    () = &mut pause => break,
                    Some(ended) = rounds.join_next() => match ended {
                        Ok(merchant) => { busy.remove(&merchant); }
                        // Whose it was is not known: everybody may begin anew, leases keep them apart.
                        Err(why) => {
                            tracing::error!(%why, "a round did not end well");
                            busy.clear();
                        }
                    }
                }
            }
        }
    })
}

async fn round(platform: Data<Platform>, link: Link) -> MerchantId {
    if let Err(why) = tell(&platform, &link).await {
        tracing::warn!(%why, merchant = %link.merchant, "what waits for an ERP will be tried again");
    }
    link.merchant
}

/// The ERPs for which something waits.
async fn due(platform: &Platform) -> Result<Vec<Link>> {
    let now = platform.clock.now();
    platform
        .db
        .read(move |c| {
            let links = link::all_that_tell(c)?;
            if links.is_empty() {
                return Ok(links);
            }
            let pushing: Vec<MerchantId> = links.iter().filter(|l| l.pushes).map(|l| l.merchant).collect();
            let mut due: HashSet<MerchantId> = push::merchants_due(c, &pushing, now)?.into_iter().collect();
            due.extend(outbox::merchants_due(c, now)?);
            Ok(links.into_iter().filter(|l| due.contains(&l.merchant)).collect())
        })
        .await
}

/// Tells everybody what waits for them now; how much was taken. One after the other: for tests and commands.
pub async fn tell_all(platform: &Platform) -> Result<usize> {
    let mut told = 0;
    for link in due(platform).await? {
        told += tell(platform, &link).await?;
    }
    Ok(told)
}

/// Tells one ERP what waits for it; how much it took.
async fn tell(platform: &Platform, link: &Link) -> Result<usize> {
    // Of what failed a moment ago one is enough to see whether it is back.
    let at_once = if link.failing_since.is_some() { 1 } else { push::AT_ONCE };
    let rests = |method| link.address(method).is_none_or(|url| platform.outward.rests(link.merchant.0, &url));
    let mut told = 0;
    if !rests(FREEZE) {
        told += send_letters(platform, link, at_once).await?;
    }
    if link.pushes && !rests(ORDER_PUSH) {
        told += push_orders(platform, link, at_once).await?;
    }
    Ok(told)
}

/// A call that was made, for the log and for the link.
struct Said {
    outcome: Result<Value, Trouble>,
    row: CallRow,
}

async fn say(platform: &Platform, link: &Link, method: &str, module: Module, body: &Value) -> Said {
    let (now, started) = (platform.clock.now(), Instant::now());
    let exchange = erp::ask(&platform.outward, link, &platform.master_key, method, body, now, ask::PATIENCE).await;
    let problem = exchange.outcome.as_ref().err().map(|t| t.words().to_owned());
    let call = Outward {
        merchant: link.merchant,
        at: now,
        method,
        module,
        sent: body,
        answer: &exchange.answer,
        status: exchange.status,
        took: started.elapsed(),
        problem,
    };
    Said { row: call.into(), outcome: exchange.outcome }
}

/// Keeps the calls of a round, and how the ERP does.
fn keep(tx: &mut diesel::PgConnection, link: &Link, said: &[Said], now: DateTime<Utc>) -> Result<()> {
    for one in said {
        calls::record(tx, &one.row)?;
    }
    let silent = said.iter().find_map(|s| if let Err(Trouble::Silent(why)) = &s.outcome { Some(*why) } else { None });
    let silent = silent.filter(|why| !matches!(*why, "resting" | "crowded"));
    let heard = said.iter().any(|s| !matches!(s.outcome, Err(Trouble::Silent(_))));
    if (silent.is_some() || heard) && link::is_news(link, silent, now) {
        link::note(tx, link.merchant, silent, now)?;
    }
    Ok(())
}

async fn push_orders(platform: &Platform, link: &Link, at_once: i64) -> Result<usize> {
    let now = platform.clock.now();
    let seconds = u64::try_from(now.timestamp()).map_err(Error::broken)?;
    let lease = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos()));
    let cause = push::cause(link.merchant, lease, now);
    let taking = cause.clone();
    let parcels: Vec<Parcel> = platform.db.write(move |tx| push::take(tx, &taking, at_once)).await?;
    let said = join_all(parcels.iter().map(|p| say(platform, link, p.method, Module::Order, &p.body))).await;
    let taken: Vec<(Parcel, Taken)> = parcels.into_iter().zip(said.iter().map(|s| taken(&s.outcome))).collect();
    let well = taken.iter().filter(|(_, t)| matches!(t, Taken::Well { .. })).count();
    let link = link.clone();
    platform
        .db
        .write(move |tx| {
            push::settle(tx, &cause, &taken)?;
            keep(tx, &link, &said, now)
        })
        .await?;
    Ok(well)
}

fn taken(outcome: &Result<Value, Trouble>) -> Taken {
    match outcome {
        Ok(data) => {
            let no = data.get("erpOrderNo").and_then(|v| v.as_str().map(ToOwned::to_owned).or_else(|| v.as_i64().map(|n| n.to_string())));
            // Longer than an order number may be: it is no order number.
            Taken::Well { erp_order_no: no.map(|n| n.trim().to_owned()).filter(|n| (1..=64).contains(&n.chars().count())) }
        }
        Err(Trouble::Refused(words)) => Taken::Refused(words.clone()),
        Err(Trouble::Silent(_)) => Taken::Later,
    }
}

async fn send_letters(platform: &Platform, link: &Link, at_once: i64) -> Result<usize> {
    let (now, merchant) = (platform.clock.now(), link.merchant);
    let take = move |tx: &mut diesel::PgConnection| match switches::why_off(tx, merchant, Module::Stock, now)? {
        Some(_) => Ok(Vec::new()),
        None => outbox::take(tx, merchant, now, at_once),
    };
    let letters: Vec<Waiting> = platform.db.write(take).await?;
    if letters.is_empty() {
        return Ok(0);
    }
    let said = join_all(letters.iter().map(|l| say(platform, link, &l.method, Module::Stock, &l.body))).await;
    let well = said.iter().filter(|s| s.outcome.is_ok()).count();
    let link = link.clone();
    platform
        .db
        .write(move |tx| {
            for (letter, one) in letters.iter().zip(&said) {
                match &one.outcome {
                    Ok(_) => outbox::taken(tx, merchant, letter.id)?,
                    Err(Trouble::Refused(words)) => outbox::refused(tx, merchant, letter.id, words)?,
                    Err(Trouble::Silent(why)) => outbox::later(tx, merchant, letter, why, now)?,
                }
            }
            keep(tx, &link, &said, now)
        })
        .await?;
    Ok(well)
}
