//! What comes back by itself: statuses that have been explained, orders whose buyer has a code by now, orders nobody paid.

use super::api::{STATUS_UPDATE, WAITS_FOR};
use super::steps;
use super::waits::{self, Why};
use crate::Result;
use crate::feeds::replay::{self, Wanted};
use crate::ids::{CustomerId, MerchantId};
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

/// Lines of one transaction.
const LINES_AT_ONCE: usize = 500;
/// Orders of one transaction.
const ORDERS_AT_ONCE: i64 = 500;

/// Replays a merchant's statuses that somebody has explained meanwhile (L-06), in the order they came; how many there were.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    let there = "exists (select 1 from erp_statuses s where s.merchant_id = w.merchant_id and s.code = w.code)";
    let wanted = Wanted { methods: &[&STATUS_UPDATE], waits_for: WAITS_FOR, there, newest_first: false, limit: LINES_AT_ONCE };
    let ready = replay::ready(tx, merchant, &wanted)?;
    replay::replay(tx, merchant, &STATUS_UPDATE, ready, &[], now)
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
    .bind::<BigInt, _>(ORDERS_AT_ONCE)
    .load(c)?;
    Ok(due.into_iter().map(|d| (d.merchant_id, d.customer_id)).collect())
}

/// Lets the orders of these buyers go; how many went.
pub fn let_go(tx: &mut PgConnection, merchant: MerchantId, customers: &[CustomerId], now: DateTime<Utc>) -> Result<usize> {
    waits::release_unmapped(tx, &Cause::system(merchant, "mapping", now), customers)
}

/// Cancels a merchant's orders whose units went back because nobody paid; how many.
pub fn run_out(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    steps::follow_expiry(tx, &Cause::system(merchant, "freeze-end", now), ORDERS_AT_ONCE)
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
