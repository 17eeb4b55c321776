//! What sells faster than it lasts: reckoned by the worker from all paid orders of fourteen days, so that the overview reads a
//! few rows and looks at no order.

use crate::Result;
use crate::ids::MerchantId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};

const DAYS: i64 = 14;
/// Days of cover below which somebody should know.
pub const COVER: i64 = 3;
/// Rows kept per merchant: those that last shortest, with room for what sells off between two reckonings.
const KEPT: i64 = 200;
const MINUTES: i64 = 10;
/// Merchants a round looks at.
const MERCHANTS: i64 = 100;

/// Merchants that have sold something since they were last looked at, those waiting longest first; and once a day those with
/// risks that may have passed.
pub fn due(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = BigInt)]
        id: MerchantId,
    }
    let due: Vec<Due> = diesel::sql_query(
        "select m.id from merchants m left join risk_reckonings r on r.merchant_id = m.id \
         where (r.at is null or r.at <= $1) and exists (select 1 from orders o where o.merchant_id = m.id and o.paid_at > coalesce(r.at, '-infinity')) \
           or r.at <= $2 and exists (select 1 from stock_risks k where k.merchant_id = m.id) \
         order by r.at nulls first limit $3",
    )
    .bind::<Timestamptz, _>(now - Duration::minutes(MINUTES))
    .bind::<Timestamptz, _>(now - Duration::days(1))
    .bind::<BigInt, _>(MERCHANTS)
    .load(c)?;
    Ok(due.into_iter().map(|d| d.id).collect())
}

/// Reckons them anew; how many rows of stock will not last long.
pub fn reckon(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    // The row keeps two processes from reckoning side by side.
    diesel::sql_query("insert into risk_reckonings (merchant_id, at) values ($1, $2) on conflict (merchant_id) do update set at = $2")
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now)
        .execute(tx)?;
    diesel::sql_query("delete from stock_risks where merchant_id = $1").bind::<BigInt, _>(merchant).execute(tx)?;
    Ok(diesel::sql_query(
        "with paid as materialized (select id, shop_id, paid_at from orders where merchant_id = $1 and paid_at >= $2 and paid_at <= $3 and state not in ('cancelled', 'refunded')), \
           span as (select greatest(extract(epoch from $3 - min(paid_at)) / 86400, 1)::float8 as days from paid), \
           sold as (select l.sku_id, n.shop_id, sum(l.qty)::float8 / (select days from span) as a_day from paid n \
             join order_lines l on l.merchant_id = $1 and l.order_id = n.id group by 1, 2) \
         insert into stock_risks (merchant_id, sku_id, shop_id, a_day) select $1, o.sku_id, o.shop_id, o.a_day \
         from sold o join stock s on s.merchant_id = $1 and s.sku_id = o.sku_id and s.shop_id = o.shop_id \
         cross join lateral (select stock_available(s) as n offset 0) a where a.n < o.a_day * $4 * 2 order by greatest(a.n, 0) / o.a_day, o.a_day desc limit $5",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now - Duration::days(DAYS))
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(COVER)
    .bind::<BigInt, _>(KEPT)
    .execute(tx)?)
}
