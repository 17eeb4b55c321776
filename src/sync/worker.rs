use super::freshness;
use super::release::release;
use crate::ids::MerchantId;
use crate::routes::METHODS;
use crate::web::Platform;
use crate::{Db, Result, accounts, db, feeds, gate, guards, lots, merchants, orders, pricing, products, reconcile, stock};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often parked lines are looked at, and how many rounds pass between two house-keepings.
const ROUND: Duration = Duration::from_secs(1);
const ROUNDS_BETWEEN_HOUSEKEEPING: u32 = 60;
/// Silence is measured in minutes.
const ROUNDS_BETWEEN_LISTENING: u32 = 5;

/// Replays what waits at one merchant.
type Replay = fn(&mut PgConnection, MerchantId, DateTime<Utc>) -> Result<usize>;
/// In this order: a category brings products, products bring SKUs, SKUs take prices, stock and lots.
const REPLAYS: [(&str, Replay); 8] = [
    ("category", replay_products),
    ("sku", stock::push::replay_parked),
    ("sku", pricing::replay::of_skus),
    ("sku", lots::push::replay_parked),
    ("region_group", pricing::replay::of_region_groups),
    ("customer_group", pricing::replay::of_customer_groups),
    (orders::api::WAITS_FOR, orders::replay::replay_parked),
    (orders::shipments::carriers::WAITS_FOR, orders::shipments::replay::replay_parked),
];

/// A product that waited comes back through the method by which it arrived, stock and all.
fn replay_products(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    products::replay::replay_parked(tx, merchant, &stock::upload::PROD_ADD_OR_EDIT, now)
}

/// The worker of this process.
pub struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    /// Tells the pages that show what changes.
    watching: JoinHandle<()>,
    /// Tells ERPs what waits for them.
    telling: JoinHandle<()>,
}

impl Worker {
    /// Lets the round under way finish.
    pub async fn stop(self) {
        // The receivers are gone only if the tasks ended by themselves.
        if self.stop.send(true).is_ok() {
            for task in [self.task, self.watching, self.telling] {
                if let Err(why) = task.await {
                    tracing::error!(%why, "the worker did not end well");
                }
            }
        }
    }
}

/// Starts the worker; a failed round is logged and tried again in the next.
pub fn start(platform: &Data<Platform>, keep_calls_months: i32) -> Worker {
    let (stop, mut stopped) = watch::channel(false);
    let watching = tokio::spawn(super::live::watch_over(Data::clone(platform), stopped.clone()));
    let telling = super::tell::start(Data::clone(platform), stopped.clone());
    let platform = Data::clone(platform);
    let task = tokio::spawn(async move {
        let mut round = 0_u32;
        loop {
            if round.is_multiple_of(ROUNDS_BETWEEN_HOUSEKEEPING)
                && let Err(why) = keep_house(&platform.db, platform.clock.now(), keep_calls_months).await
            {
                tracing::warn!(%why, "housekeeping will be tried again");
            }
            if round.is_multiple_of(ROUNDS_BETWEEN_HOUSEKEEPING)
                && let Err(why) = check_counters(&platform.db, platform.clock.now()).await
            {
                tracing::warn!(%why, "counters will be looked at again");
            }
            if round.is_multiple_of(ROUNDS_BETWEEN_HOUSEKEEPING)
                && let Err(why) = reckon_risks(&platform.db, platform.clock.now()).await
            {
                tracing::warn!(%why, "what runs out will be reckoned again");
            }
            if let Err(why) = replay_parked(&platform.db, platform.clock.now()).await {
                tracing::warn!(%why, "parked lines will be tried again");
            }
            if let Err(why) = end_in_time(&platform.db, platform.clock.now()).await {
                tracing::warn!(%why, "what is over will be ended in the next round");
            }
            if round.is_multiple_of(ROUNDS_BETWEEN_LISTENING)
                && let Err(why) = watch_silence(&platform.db, platform.clock.now()).await
            {
                tracing::warn!(%why, "silence will be measured again in the next round");
            }
            if round.is_multiple_of(ROUNDS_BETWEEN_LISTENING)
                && let Err(why) = move_orders(&platform.db, platform.clock.now()).await
            {
                tracing::warn!(%why, "waiting orders will be looked at again");
            }
            if let Err(why) = release(&platform.db, METHODS, platform.clock.now()).await {
                tracing::warn!(%why, "kept lines will be tried again");
            }
            if let Err(why) = recheck(&platform.db, platform.clock.now()).await {
                tracing::warn!(%why, "listings will be looked at again");
            }
            round = round.wrapping_add(1);
            tokio::select! {
                _ = stopped.changed() => break,
                () = tokio::time::sleep(ROUND) => {}
            }
        }
    });
    Worker { stop, task, watching, telling }
}

/// Replays parked lines of every merchant that has any whose wait is over; returns how many lines were settled.
pub async fn replay_parked(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let mut settled = 0;
    for (kind, replay) in REPLAYS {
        for merchant in db.read(move |c| feeds::merchants_waiting(c, kind)).await? {
            settled += db.write(move |tx| replay(tx, merchant, now)).await?;
        }
    }
    Ok(settled)
}

/// Ends what has run out of time: freezes nobody paid, holds, and at midnight the last day of a lot. For sales they have ended already.
pub async fn end_in_time(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let mut ended = 0;
    for merchant in db.read(move |c| stock::reservations::merchants_due(c, now)).await? {
        ended += db.write(move |tx| stock::reservations::expire(tx, merchant, now)).await?;
        ended += db.write(move |tx| orders::replay::run_out(tx, merchant, now)).await?;
    }
    for merchant in db.read(move |c| stock::holds::merchants_due(c, now)).await? {
        ended += db.write(move |tx| stock::holds::expire(tx, merchant, now)).await?;
    }
    for merchant in db.read(move |c| stock::shelf::merchants_due(c, now)).await? {
        ended += db.write(move |tx| stock::shelf::expire(tx, merchant, now)).await?;
    }
    Ok(ended)
}

/// Lets orders go to the ERP whose buyer has a code by now, and ends unpaid ones whose units somebody gave back; how many.
pub async fn move_orders(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let mut moved = 0;
    let free = db.read(orders::replay::free_to_go).await?;
    for of_merchant in
        free.chunk_by(|a, b| a.0 == b.0).filter_map(|all| Some((all.first()?.0, all.iter().map(|f| f.1).collect::<Vec<_>>())))
    {
        let (merchant, customers) = of_merchant;
        moved += db.write(move |tx| orders::replay::let_go(tx, merchant, &customers, now)).await?;
    }
    for merchant in db.read(orders::replay::merchants_run_out).await? {
        moved += db.write(move |tx| orders::replay::run_out(tx, merchant, now)).await?;
    }
    Ok(moved)
}

/// Looks at the counters of the merchant that has waited longest, once a day each (G14).
pub async fn check_counters(db: &Db, now: DateTime<Utc>) -> Result<()> {
    let Some(merchant) = db.read(move |c| stock::verify::due(c, now)).await? else { return Ok(()) };
    let found = db.snapshot(move |c| stock::verify::check(c, merchant)).await?;
    if !found.differences.is_empty() {
        tracing::error!(%merchant, differences = found.differences.len(), "counters differ from what they count");
    }
    db.write(move |tx| stock::verify::keep(tx, merchant, now, &found)).await
}

/// Reckons what will not last at the merchants that have sold since; how many rows of stock.
pub async fn reckon_risks(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let mut found = 0;
    for merchant in db.read(move |c| merchants::risks::due(c, now)).await? {
        found += db.write(move |tx| merchants::risks::reckon(tx, merchant, now)).await?;
    }
    Ok(found)
}

/// Notices which modules have not been heard of for too long, and which have been again; how many turned.
pub async fn watch_silence(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let mut turned = 0;
    for merchant in db.read(move |c| freshness::due(c, now)).await? {
        turned += db.write(move |tx| freshness::look(tx, merchant, now)).await?;
    }
    Ok(turned)
}

/// Looks at the listings that a decision elsewhere bears on, each step a transaction of its own; how many products.
pub async fn recheck(db: &Db, now: DateTime<Utc>) -> Result<usize> {
    let mut looked_at = 0;
    while let Some(step) = db.write(move |tx| products::listing::recheck::step(tx, now)).await? {
        looked_at += step;
    }
    Ok(looked_at)
}

/// Drops what time has made meaningless and makes room for the coming months.
pub async fn keep_house(db: &Db, now: DateTime<Utc>, keep_calls_months: i32) -> Result<()> {
    let forgotten = db
        .write(move |tx| {
            Ok(gate::forget_old(tx, now)?
                + guards::forget_old(tx, now)?
                + reconcile::forget_old(tx, now)?
                + lots::snapshots::forget_old(tx, now)?
                + pricing::gone::forget_old(tx, now)?
                + accounts::forget_old(tx, now)?
                + feeds::minutes::forget_old(tx, now)?)
        })
        .await?;
    db.write(move |tx| feeds::minutes::fold(tx, now)).await?;
    db.write(move |tx| db::make_room(tx, now, keep_calls_months)).await?;
    if forgotten > 0 {
        tracing::debug!(forgotten, "housekeeping");
    }
    Ok(())
}
