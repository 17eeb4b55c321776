//! What comes back by itself: statuses that have been explained, orders whose buyer has a code by now, orders nobody paid.

use super::api::{STATUS_UPDATE, WAITS_FOR};
use super::steps;
use super::waits::{self, Why};
use crate::Result;
use crate::feeds::{self, Batch, Channel};
use crate::ids::{CustomerId, MerchantId};
use crate::text::Lang;
use crate::trail::Cause;
use crate::wire::Scope;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Text};
use serde_json::Value;

/// Lines or orders of one transaction.
const AT_ONCE: i64 = 500;

/// Replays a merchant's statuses that somebody has explained meanwhile (L-06), in the order they came; how many there were.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Ready {
        #[diesel(sql_type = BigInt)]
        id: i64,
        #[diesel(sql_type = Jsonb)]
        line: Value,
    }
    let ready: Vec<Ready> = diesel::sql_query(
        "select w.id, w.line from parked_lines w join erp_statuses s on s.merchant_id = w.merchant_id and s.code = w.code \
         where w.merchant_id = $1 and w.waits_for = $2 and w.method = $3 and w.settled_at is null order by w.id limit $4 for update of w skip locked",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(WAITS_FOR)
    .bind::<Text, _>(STATUS_UPDATE.name)
    .bind::<BigInt, _>(AT_ONCE)
    .load(tx)?;
    if ready.is_empty() {
        return Ok(0);
    }
    let (ids, lines): (Vec<i64>, Vec<Value>) = ready.into_iter().map(|r| (r.id, r.line)).unzip();
    let cause = Cause::system(merchant, "replay", now);
    let scope = Scope { merchant, shops: None, lang: Lang::Zh, now };
    let report = feeds::run(tx, &cause, &scope, Channel::Replay, &STATUS_UPDATE, Batch { lines, ..Batch::default() })?;
    let ended: Vec<_> = ids.into_iter().zip(report.results.iter().map(|r| r.outcome)).collect();
    feeds::settle_parked(tx, merchant, &ended, now)?;
    Ok(ended.len())
}

#[derive(QueryableByName)]
struct Due {
    #[diesel(sql_type = BigInt)]
    merchant_id: MerchantId,
    #[diesel(sql_type = BigInt)]
    customer_id: CustomerId,
}

/// Buyers whose orders wait although nothing stands before them any more, by merchant.
pub fn free_to_go(c: &mut PgConnection) -> Result<Vec<(MerchantId, CustomerId)>> {
    let whys = [Why::CustomerUnmapped.as_str(), Why::UsccInvalid.as_str()];
    let due: Vec<Due> = diesel::sql_query(
        "select distinct o.merchant_id, o.customer_id from orders o join customers c on c.merchant_id = o.merchant_id and c.id = o.customer_id \
         left join customer_rules r on r.merchant_id = o.merchant_id where o.sync = 'blocked' and o.waits = any($1) \
           and (c.erp_code is not null or c.match_kind = 'not_needed' or coalesce(r.scheme, 'none') = 'none') order by 1, 2 limit $2",
    )
    .bind::<Array<Text>, _>(whys.to_vec())
    .bind::<BigInt, _>(AT_ONCE)
    .load(c)?;
    Ok(due.into_iter().map(|d| (d.merchant_id, d.customer_id)).collect())
}

/// Lets the orders of these buyers go; how many went.
pub fn let_go(tx: &mut PgConnection, merchant: MerchantId, customers: &[CustomerId], now: DateTime<Utc>) -> Result<usize> {
    waits::release_unmapped(tx, &Cause::system(merchant, "mapping", now), customers)
}

/// Cancels a merchant's orders whose units went back because nobody paid; how many.
pub fn run_out(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    steps::follow_expiry(tx, &Cause::system(merchant, "freeze-end", now), AT_ONCE)
}

/// The merchants with unpaid orders without units.
pub fn merchants_run_out(c: &mut PgConnection) -> Result<Vec<MerchantId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select distinct o.merchant_id from orders o join reservations r on r.merchant_id = o.merchant_id and r.no = o.order_no \
         where o.state = 'unpaid' and r.state = 'released'",
    )
    .load(c)?;
    Ok(rows.into_iter().map(|r| r.merchant_id).collect())
}
