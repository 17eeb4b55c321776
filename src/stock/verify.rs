//! Counters held against what they count (I-1, G14): reservations, the movement ledger, holds and lots. Finds, never repairs.

use crate::Result;
use crate::ids::{MerchantId, ShopId};
use chrono::{DateTime, Duration, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Text, Timestamptz};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a merchant's counters are looked at.
const EVERY_HOURS: i64 = 24;
/// Differences told at most; more than that is one fault, seen often enough.
const TOLD: i64 = 200;

/// One counter that is not what it counts.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The id by which people know the SKU.
    #[diesel(sql_type = Text)]
    pub sku: String,
    #[diesel(sql_type = BigInt)]
    pub shop: ShopId,
    /// The counter: `frozen`, `sold_open`, `sold`, `hold_used`, `hold`, `lots_qty`, `withheld`.
    #[diesel(sql_type = Text)]
    pub counter: String,
    /// What it is compared with: `reservations`, `ledger`, `holds`, `lots`.
    #[diesel(sql_type = Text)]
    pub proof: String,
    #[diesel(sql_type = BigInt)]
    pub is: i64,
    #[diesel(sql_type = BigInt)]
    pub should: i64,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Rows of stock looked at.
    pub rows: i64,
    /// Up to 200 of them.
    pub differences: Vec<Difference>,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Looks at every row of a merchant. In a snapshot, so that nothing moves meanwhile.
pub fn check(c: &mut PgConnection, merchant: MerchantId) -> Result<Found> {
    // The whole ledger is read: that may take longer than a page may.
    c.batch_execute("set local statement_timeout = '15min'")?;
    let rows: Count =
        diesel::sql_query("select count(*) as n from stock where merchant_id = $1").bind::<BigInt, _>(merchant).get_result(c)?;
    let differences = diesel::sql_query(
        "with lines as (select sku_id, shop_id, sum(qty) filter (where state = 'frozen') as frozen, sum(qty) filter (where state = 'paid') as open, \
             sum(qty) filter (where state in ('paid', 'absorbed')) as sold from reservation_lines where merchant_id = $1 group by 1, 2), \
         ledger as (select sku_id, shop_id, sum(after - before) as erp, sum(d_frozen) as frozen, sum(d_open) as open, sum(d_sold) as sold \
             from stock_movements where merchant_id = $1 group by 1, 2), \
         under as (select l.sku_id, l.shop_id, l.hold_id, sum(l.qty) as used from reservation_lines l where l.merchant_id = $1 \
             and l.hold_id is not null and l.state <> 'released' group by 1, 2, 3), \
         units as (select h.sku_id, h.shop_id, case when coalesce(r.mode, 'replace_all') = 'replace_all' and bool_and(o.lot_no is null or o.qty is not null) \
               then coalesce(sum(o.qty), 0) end as qty, \
             sum(o.qty) filter (where p.lot_no is not null or (o.expires_on is not null and o.expires_on < coalesce(s.lots_until, 'infinity'))) as off \
             from lot_heads h join stock s on s.merchant_id = h.merchant_id and s.sku_id = h.sku_id and s.shop_id = h.shop_id \
             left join lot_rules r on r.merchant_id = $1 left join lots o on o.merchant_id = $1 and o.sku_id = h.sku_id and o.shop_id = h.shop_id \
             left join lot_stops p on p.merchant_id = $1 and p.sku_id = o.sku_id and p.shop_id = o.shop_id and p.lot_no = o.lot_no \
             where h.merchant_id = $1 and s.lots_until is distinct from date '0001-01-01' group by h.sku_id, h.shop_id, r.mode), \
         told as (select s.sku_id, s.shop_id, x.* from stock s \
             left join lines l on l.sku_id = s.sku_id and l.shop_id = s.shop_id left join ledger m on m.sku_id = s.sku_id and m.shop_id = s.shop_id \
             left join under u on u.sku_id = s.sku_id and u.shop_id = s.shop_id and u.hold_id = s.hold_id \
             left join holds h on h.merchant_id = $1 and h.sku_id = s.sku_id and h.shop_id = s.shop_id and h.ended_at is null \
             left join units n on n.sku_id = s.sku_id and n.shop_id = s.shop_id \
             cross join lateral (values ('frozen', 'reservations', s.frozen, coalesce(l.frozen, 0)), \
               ('sold_open', 'reservations', s.sold_open, coalesce(l.open, 0)), ('sold', 'reservations', s.sold, coalesce(l.sold, 0)), \
               ('frozen', 'ledger', s.frozen, coalesce(m.frozen, 0)), ('sold_open', 'ledger', s.sold_open, coalesce(m.open, 0)), \
               ('sold', 'ledger', s.sold, coalesce(m.sold, 0)), ('erp_qty', 'ledger', s.erp_qty, coalesce(m.erp, 0)), \
               ('hold_used', 'reservations', s.hold_used, coalesce(u.used, 0)), ('hold', 'holds', coalesce(s.hold_id, 0), coalesce(h.id, 0)), \
               ('lots_qty', 'lots', coalesce(s.lots_qty, -1), case when n.sku_id is null then coalesce(s.lots_qty, -1) else coalesce(n.qty, -1) end), \
               ('withheld', 'lots', s.withheld, case when n.qty is null then s.withheld else coalesce(n.off, 0) end) \
             ) as x(counter, proof, is_, should) where s.merchant_id = $1 and x.is_ <> x.should) \
         select k.sku_id as sku, t.shop_id as shop, t.counter, t.proof, t.is_ as is, t.should::bigint as should from told t \
         join skus k on k.merchant_id = $1 and k.id = t.sku_id order by k.sku_id, t.shop_id, t.counter, t.proof limit $2",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(TOLD)
    .load(c)?;
    Ok(Found { rows: rows.n, differences })
}

/// How many rows a check would look at, counted up to a cap.
pub fn rows(c: &mut PgConnection, merchant: MerchantId, cap: i64) -> Result<i64> {
    let rows: Count =
        diesel::sql_query("select count(*) as n from (select 1 from stock where merchant_id = $1 order by sku_id, shop_id limit $2) x")
            .bind::<BigInt, _>(merchant)
            .bind::<BigInt, _>(cap)
            .get_result(c)?;
    Ok(rows.n)
}

/// Keeps what a check found.
pub fn keep(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>, found: &Found) -> Result<()> {
    let told = serde_json::to_value(&found.differences).map_err(crate::Error::broken)?;
    diesel::sql_query("insert into stock_checks (merchant_id, at, rows, differences) values ($1, $2, $3, $4) on conflict do nothing")
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(found.rows)
        .bind::<Jsonb, _>(told)
        .execute(tx)?;
    diesel::sql_query("delete from stock_checks where merchant_id = $1 and at < $2")
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now - Duration::days(90))
        .execute(tx)?;
    Ok(())
}

/// The merchant whose check is due longest, if one is.
pub fn due(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Option<MerchantId>> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = BigInt)]
        id: MerchantId,
    }
    let due: Option<Due> = diesel::sql_query(
        "select m.id from merchants m left join lateral (select at from stock_checks where merchant_id = m.id order by at desc limit 1) k on true \
         where m.id <> 0 and coalesce(k.at, m.created_at) < $1 order by coalesce(k.at, m.created_at) limit 1",
    )
    .bind::<Timestamptz, _>(now - Duration::hours(EVERY_HOURS))
    .get_result(c)
    .optional()?;
    Ok(due.map(|d| d.id))
}

/// The last check of a merchant.
#[derive(QueryableByName, Clone, Debug)]
pub struct Last {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub rows: i64,
    #[diesel(sql_type = Jsonb)]
    pub differences: Value,
}

pub fn last(c: &mut PgConnection, merchant: MerchantId) -> Result<Option<Last>> {
    Ok(diesel::sql_query("select at, rows, differences from stock_checks where merchant_id = $1 order by at desc limit 1")
        .bind::<BigInt, _>(merchant)
        .get_result(c)
        .optional()?)
}
