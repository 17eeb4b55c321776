//! Lines that named a carrier nobody knew are applied when somebody has said who that is.

use super::api::{LOGISTICS_UPDATE, SHIPMENT_ADD};
use super::carriers::WAITS_FOR;
use crate::Result;
use crate::feeds::{self, Batch, Channel};
use crate::ids::MerchantId;
use crate::text::Lang;
use crate::trail::Cause;
use crate::wire::{Method, Scope};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Text};
use serde_json::Value;

/// Lines of one transaction.
const AT_ONCE: i64 = 500;

#[derive(QueryableByName)]
struct Ready {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Jsonb)]
    line: Value,
}

/// Replays a merchant's lines whose carrier is known by now; how many there were.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    Ok(of_method(tx, merchant, &LOGISTICS_UPDATE, now)? + of_method(tx, merchant, &SHIPMENT_ADD, now)?)
}

fn of_method(tx: &mut PgConnection, merchant: MerchantId, method: &'static Method, now: DateTime<Utc>) -> Result<usize> {
    let ready: Vec<Ready> = diesel::sql_query(
        "select w.id, w.line from parked_lines w where w.merchant_id = $1 and w.waits_for = $2 and w.method = $3 and w.settled_at is null \
         and exists (select 1 from carriers c where c.code = coalesce( \
           (select m.ours from code_maps m where m.merchant_id = w.merchant_id and m.kind = 'carrier' and m.theirs = w.code), upper(w.code))) \
         order by w.id limit $4 for update of w skip locked",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(WAITS_FOR)
    .bind::<Text, _>(method.name)
    .bind::<BigInt, _>(AT_ONCE)
    .load(tx)?;
    if ready.is_empty() {
        return Ok(0);
    }
    let (ids, lines): (Vec<i64>, Vec<Value>) = ready.into_iter().map(|r| (r.id, r.line)).unzip();
    let cause = Cause::system(merchant, "replay", now);
    let scope = Scope { merchant, shops: None, lang: Lang::Zh, now };
    let report = feeds::run(tx, &cause, &scope, Channel::Replay, method, Batch { lines, ..Batch::default() })?;
    let ended: Vec<_> = ids.into_iter().zip(report.results.iter().map(|r| r.outcome)).collect();
    feeds::settle_parked(tx, merchant, &ended, now)?;
    Ok(ended.len())
}
