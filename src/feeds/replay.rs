//! Parked lines come back: one way for everything that lines wait for.
//!
//! Who knows what is waited for says when it is there; the lines are then sent through the method by which they came, as if
//! they had just arrived, and settled with how they end.

use super::batch::Batch;
use super::model::{Channel, settle_parked};
use super::run::run;
use crate::Result;
use crate::ids::MerchantId;
use crate::text::Lang;
use crate::trail::Cause;
use crate::wire::{Method, Outcome, Scope};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Text};
use serde_json::Value;
use std::collections::HashSet;
use std::hash::Hash;

/// A parked line whose wait is over, locked.
#[derive(QueryableByName, Clone, Debug)]
pub struct Ready {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Jsonb)]
    pub line: Value,
}

/// Which lines are looked for.
pub struct Wanted<'a> {
    pub methods: &'a [&'static Method],
    pub waits_for: &'a str,
    /// SQL about a parked line `w` of merchant `$1`: what it waits for is there.
    pub there: &'a str,
    pub newest_first: bool,
    /// Lines of one transaction.
    pub limit: usize,
}

/// A merchant's lines whose wait is over. Those that still wait do not stand in the way, nor do those somebody else is at.
pub fn ready(tx: &mut PgConnection, merchant: MerchantId, wanted: &Wanted<'_>) -> Result<Vec<Ready>> {
    let (there, order) = (wanted.there, if wanted.newest_first { "desc" } else { "asc" });
    let sql = format!(
        "select w.id, w.method, w.key, w.line from parked_lines w where w.merchant_id = $1 and w.waits_for = $2 and w.method = any($3) \
         and w.settled_at is null and {there} order by w.id {order} limit $4 for update of w skip locked"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(wanted.waits_for)
        .bind::<Array<Text>, _>(wanted.methods.iter().map(|m| m.name).collect::<Vec<_>>())
        .bind::<BigInt, _>(i64::try_from(wanted.limit).unwrap_or(i64::MAX))
        .load(tx)?)
}

/// Of several lines about one place, those first in order stay; the others have been overtaken.
pub fn first_of_each<P: Hash + Eq>(ready: Vec<Ready>, place: impl Fn(&Value) -> P) -> (Vec<Ready>, Vec<Ready>) {
    let mut seen = HashSet::new();
    ready.into_iter().partition(|r| seen.insert(place(&r.line)))
}

/// As the system, in every shop.
pub fn scope(merchant: MerchantId, now: DateTime<Utc>) -> Scope {
    Scope::whole(merchant, Lang::Zh, now)
}

/// Sends lines of a method once more and settles them; what was overtaken is settled as stale. How many that were.
pub fn replay(
    tx: &mut PgConnection,
    merchant: MerchantId,
    method: &'static Method,
    ready: Vec<Ready>,
    overtaken: &[Ready],
    now: DateTime<Utc>,
) -> Result<usize> {
    if ready.is_empty() {
        return Ok(0);
    }
    let (ids, lines): (Vec<i64>, Vec<Value>) = ready.into_iter().map(|r| (r.id, r.line)).unzip();
    let cause = Cause::system(merchant, "replay", now);
    let report = run(tx, &cause, &scope(merchant, now), Channel::Replay, method, Batch { lines, ..Batch::default() })?;
    let stale = overtaken.iter().map(|r| (r.id, Outcome::Stale));
    let ended: Vec<(i64, Outcome)> = ids.into_iter().zip(report.results.iter().map(|r| r.outcome)).chain(stale).collect();
    settle_parked(tx, merchant, &ended, now)?;
    Ok(ended.len())
}
