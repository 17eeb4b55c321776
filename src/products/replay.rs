//! Lines that waited for a category are applied when it has arrived.

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

/// Replays a merchant's lines of `method` whose category is known by now; how many there were. Call again until it is none.
/// Lines whose category is still missing do not stand in the way of younger ones.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, method: &'static Method, now: DateTime<Utc>) -> Result<usize> {
    let ready: Vec<Ready> = diesel::sql_query(
        "select w.id, w.line from parked_lines w where w.merchant_id = $1 and w.waits_for = 'category' and w.method = $2 and w.settled_at is null \
         and exists (select 1 from categories c where c.merchant_id = w.merchant_id and c.id = coalesce( \
           (select m.ours from code_maps m where m.merchant_id = w.merchant_id and m.kind = 'category' and m.theirs = w.code), w.code)) \
         order by w.id limit $3 for update of w skip locked",
    )
    .bind::<BigInt, _>(merchant)
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
