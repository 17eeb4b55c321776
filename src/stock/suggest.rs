//! How much to keep back: what other channels have taken between two reports, from the ledger (§4.4). Only ever a suggestion.

use crate::Result;
use crate::ids::{MerchantId, ShopId, SkuId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Timestamptz};
use std::collections::HashMap;

/// How far back is looked.
pub const DAYS: i64 = 30;
/// The movements of one row looked at, at most.
const MOVEMENTS: i64 = 2000;

/// The most units another channel took between two reports, per row; rows of which none did are missing.
///
/// A report that takes the number down by more than our own orders explain says that somebody else sold the rest. Where the ERP does
/// not say which orders it has booked (mode bare), all that are open may be in it. What follows a person's number tells nothing.
pub fn of_places(
    c: &mut PgConnection,
    merchant: MerchantId,
    places: &[(SkuId, ShopId)],
    now: DateTime<Utc>,
) -> Result<HashMap<(SkuId, ShopId), i64>> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = BigInt)]
        sku: SkuId,
        #[diesel(sql_type = BigInt)]
        shop: ShopId,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let taken: Vec<Taken> = diesel::sql_query(
        "with rule as (select coalesce((select mode from stock_rules where merchant_id = $1), 'bare') = 'bare' as bare), \
           moves as (select l.sku, l.shop, m.kind, m.before - m.after as fell, -m.d_open as booked, lag(m.kind) over row as was, \
               s.sold_open - sum(m.d_open) over (partition by l.sku, l.shop order by m.at desc, m.id desc) as open \
             from unnest($2, $3) as l(sku, shop) \
             cross join lateral (select sold_open from stock where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop) s \
             cross join lateral (select at, id, kind, before, after, d_open from stock_movements where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop \
               and at > $4 order by at desc, id desc limit $5) m window row as (partition by l.sku, l.shop order by m.at, m.id)) \
         select sku, shop, max(fell - case when rule.bare then least(greatest(open, booked), fell) else booked end)::bigint as n from moves, rule \
         where kind in ('erp_set', 'erp_step', 'lot_sum') and fell > 0 and coalesce(was, '') not in ('manual_set', 'undo') \
         group by sku, shop having max(fell - case when rule.bare then least(greatest(open, booked), fell) else booked end) > 0",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now - Duration::days(DAYS))
    .bind::<BigInt, _>(MOVEMENTS)
    .load(c)?;
    Ok(taken.into_iter().map(|t| ((t.sku, t.shop), t.n)).collect())
}
