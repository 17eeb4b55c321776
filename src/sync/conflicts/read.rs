//! The rows of each kind, by the few that are marked or by the newest lines.

use crate::Result;
use crate::ids::{MerchantId, ShopId, SkuId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use uuid::Uuid;

/// What contradicts what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number a person holds, and what the ERP says meanwhile.
    Held,
    /// `saled` and `freeze` as reported, and as counted here.
    Counters,
    /// Writes that came too late for the version they named.
    Versions,
    /// Fields a person has locked, and what the ERP says meanwhile.
    Locked,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Held, Kind::Locked, Kind::Counters, Kind::Versions];
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Held => "held",
            Kind::Counters => "counters",
            Kind::Versions => "versions",
            Kind::Locked => "locked",
        }
    }
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|k| k.as_str() == name).unwrap_or(Kind::Held)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Held => "conflicts-held",
            Kind::Counters => "conflicts-counters",
            Kind::Versions => "conflicts-versions",
            Kind::Locked => "conflicts-locked",
        }
    }
}

/// How many movements back an agreement is looked for.
const LOOKED_BACK: i64 = 200;
/// How far back refused writes are shown, and how many of the newest lines are looked at.
const DAYS: i64 = 7;
const LOOKED_AT: i64 = 5000;
/// Tabs count up to here.
pub const COUNTED: i64 = 1000;

/// One contradiction about one row of stock.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Conflict {
    #[diesel(sql_type = BigInt)]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt)]
    pub shop: ShopId,
    #[diesel(sql_type = Text)]
    pub ext: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub shop_name: String,
    /// Wire name.
    #[diesel(sql_type = Text)]
    pub field: String,
    #[diesel(sql_type = BigInt)]
    pub ours: i64,
    #[diesel(sql_type = BigInt)]
    pub theirs: i64,
    /// Who put ours there.
    #[diesel(sql_type = Nullable<Text>)]
    pub by_name: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub since: Option<DateTime<Utc>>,
    /// What both last said.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub agreed: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub agreed_at: Option<DateTime<Utc>>,
    /// The call that said otherwise.
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub call: Option<Uuid>,
}

/// The names of a row `s` of stock.
const NAMES: &str = "join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id join products p on p.merchant_id = s.merchant_id and p.id = k.product_id \
     join shops h on h.merchant_id = s.merchant_id and h.id = s.shop_id";

/// Marked rows by (SKU, shop), after `after`. Ours is what buyers see under the hold, theirs what they would see without it;
/// they agreed when the hold began.
pub fn held(c: &mut PgConnection, merchant: MerchantId, after: (SkuId, ShopId), limit: i64) -> Result<Vec<Conflict>> {
    let sql = format!(
        "select s.sku_id as sku, s.shop_id as shop, k.sku_id as ext, p.name, h.name as shop_name, 'inventory' as field, s.hold_qty - s.hold_used as ours, \
         f.automatic as theirs, d.by_name, d.started_at as since, d.shadow as agreed, d.started_at as agreed_at, null::uuid as call \
         from (select sku_id, shop_id from stock_marks where merchant_id = $1 and mark = 'held' and (sku_id, shop_id) > ($2, $3) order by sku_id, shop_id) m \
         join stock s on s.merchant_id = $1 and s.sku_id = m.sku_id and s.shop_id = m.shop_id and s.hold_id is not null \
         cross join lateral (select s.erp_qty - least(s.withheld, greatest(s.erp_qty, 0)) - s.frozen - s.sold_open - s.safety - coalesce((select stale_extra from stock_rules where merchant_id = $1), 0) as automatic) f \
         join holds d on d.merchant_id = $1 and d.id = s.hold_id {NAMES} \
         where f.automatic <> s.hold_qty - s.hold_used order by s.sku_id, s.shop_id limit $4"
    );
    load(c, sql, merchant, after, limit)
}

/// Marked rows by (SKU, shop), a line per counter. The ledger tells when ours was last what theirs is.
pub fn counters(c: &mut PgConnection, merchant: MerchantId, after: (SkuId, ShopId), limit: i64) -> Result<Vec<Conflict>> {
    let sql = format!(
        "select s.sku_id as sku, s.shop_id as shop, k.sku_id as ext, p.name, h.name as shop_name, v.field, v.ours, v.theirs, null::text as by_name, \
         s.reported_at as since, a.value as agreed, a.at as agreed_at, null::uuid as call \
         from (select sku_id, shop_id from stock_marks where merchant_id = $1 and mark = 'drift' and (sku_id, shop_id) > ($2, $3) order by sku_id, shop_id limit $4) m \
         join stock s on s.merchant_id = $1 and s.sku_id = m.sku_id and s.shop_id = m.shop_id \
         cross join lateral (values ('saled', s.sold, s.reported_sold), ('freeze', s.frozen, s.reported_frozen)) as v(field, ours, theirs) \
         left join lateral (select at, value from (select at, id, v.ours - coalesce(sum(case v.field when 'saled' then d_sold else d_frozen end) \
             over (order by at desc, id desc rows between unbounded preceding and 1 preceding), 0)::bigint as value \
             from (select at, id, d_sold, d_frozen from stock_movements where merchant_id = $1 and sku_id = s.sku_id and shop_id = s.shop_id \
               order by at desc, id desc limit {LOOKED_BACK}) newest) steps where value = v.theirs order by at desc, id desc limit 1) a on true {NAMES} \
         where v.theirs <> v.ours order by s.sku_id, s.shop_id, v.field"
    );
    load(c, sql, merchant, after, limit)
}

fn load(c: &mut PgConnection, sql: String, merchant: MerchantId, after: (SkuId, ShopId), limit: i64) -> Result<Vec<Conflict>> {
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(after.0)
        .bind::<BigInt, _>(after.1)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// Stock writes of the last days whose `ifVersion` had moved on and whose number is still not ours, newest first; one per row.
pub fn versions(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>, limit: i64) -> Result<Vec<Conflict>> {
    let sql = format!(
        "with bad as (select n.at, n.line, f.request_id, f.channel, n.line_no, n.feed_id from (select at, feed_id, line_no, line, outcome, problems from feed_lines \
           where merchant_id = $1 and at >= $2 order by at desc limit {LOOKED_AT}) n join feeds f on f.merchant_id = $1 and f.id = n.feed_id \
           where n.outcome = 'rejected' and n.problems->0->>'code' = 'CONFLICT' and f.method = 'sku.inventory.update' and n.line->>'inventory' ~ '^[0-9]{{1,10}}$'), \
         placed as (select bad.*, s.sku_id, s.shop_id, row_number() over (partition by s.sku_id, s.shop_id order by bad.at desc, bad.feed_id desc, bad.line_no desc) as nth \
           from bad join skus k on k.merchant_id = $1 and k.sku_id = bad.line->>'skuId' join stock s on s.merchant_id = $1 and s.sku_id = k.id and s.shop_id::text = \
             coalesce(bad.line->>'shopId', (select id::text from shops where merchant_id = $1 and is_default))) \
         select s.sku_id as sku, s.shop_id as shop, k.sku_id as ext, p.name, h.name as shop_name, 'inventory' as field, s.erp_qty as ours, \
         (b.line->>'inventory')::bigint as theirs, a.actor_name as by_name, b.at as since, a.before as agreed, a.at as agreed_at, \
         case when b.channel = 'api' then b.request_id end as call \
         from placed b join stock s on s.merchant_id = $1 and s.sku_id = b.sku_id and s.shop_id = b.shop_id {NAMES} \
         left join lateral (select at, before, actor_name from stock_movements where merchant_id = $1 and sku_id = s.sku_id and shop_id = s.shop_id \
           and before <> after order by at desc, id desc limit 1) a on true \
         where b.nth = 1 and s.updated_at <= b.at and s.erp_qty <> (b.line->>'inventory')::bigint order by b.at desc limit $3"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now - Duration::days(DAYS))
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// Marked rows per kind, for the tabs.
pub fn counts(c: &mut PgConnection, merchant: MerchantId) -> Result<(i64, i64)> {
    #[derive(QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        held: i64,
        #[diesel(sql_type = BigInt)]
        drift: i64,
    }
    let count = |mark: &str| {
        format!("(select count(*) from (select 1 from stock_marks where merchant_id = $1 and mark = '{mark}' limit {COUNTED}) x)")
    };
    let counts: Counts = diesel::sql_query(format!("select {} as held, {} as drift", count("held"), count("drift")))
        .bind::<BigInt, _>(merchant)
        .get_result(c)?;
    Ok((counts.held, counts.drift))
}
