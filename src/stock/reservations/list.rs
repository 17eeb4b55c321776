//! Reservations as people look at them: the freezes that have been lying longest, and what was paid and is still waiting for
//! the ERP's number.

use crate::Result;
use crate::ids::MerchantId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::Value;

/// Which ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Ordered and not paid, the oldest first.
    Frozen,
    /// Paid and not in the ERP's number yet, the oldest first.
    Open,
}

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Item {
    #[diesel(sql_type = Text)]
    pub no: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub order_no: Option<String>,
    /// When it was frozen, or paid.
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub seq: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub acked_at: Option<DateTime<Utc>>,
    /// `[{"sku", "name", "spec", "shop", "qty"}]`
    #[diesel(sql_type = Jsonb)]
    pub lines: Value,
}

/// One page, the oldest first, after a place.
pub fn page(
    c: &mut PgConnection,
    merchant: MerchantId,
    which: Which,
    after: Option<(DateTime<Utc>, String)>,
    limit: i64,
) -> Result<Vec<Item>> {
    let (state, at, line) = match which {
        Which::Frozen => ("frozen", "created_at", "frozen"),
        Which::Open => ("paid", "paid_at", "paid"),
    };
    let later = if after.is_some() { format!("(r.{at}, r.no) > ($2, $3)") } else { "$2::timestamptz is null and $3 = ''".to_owned() };
    let sql = format!(
        "select r.no, r.order_no, r.{at} as at, r.expires_at, r.seq, r.acked_at, l.lines from reservations r \
         cross join lateral (select jsonb_agg(jsonb_build_object('sku', k.sku_id, 'name', p.name, 'spec', p.spec, 'shop', h.name, 'qty', l.qty) \
             order by k.sku_id) as lines from reservation_lines l join skus k on k.merchant_id = l.merchant_id and k.id = l.sku_id \
           join products p on p.merchant_id = k.merchant_id and p.id = k.product_id join shops h on h.merchant_id = l.merchant_id and h.id = l.shop_id \
           where l.merchant_id = r.merchant_id and l.no = r.no and l.state = '{line}') l \
         where r.merchant_id = $1 and r.state = '{state}' and l.lines is not null and {later} order by r.{at}, r.no limit $4"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<Timestamptz>, _>(after.as_ref().map(|a| a.0))
        .bind::<Text, _>(after.map(|a| a.1).unwrap_or_default())
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

#[derive(QueryableByName, Clone, Copy, Debug, Default)]
pub struct Counts {
    #[diesel(sql_type = BigInt)]
    pub frozen: i64,
    #[diesel(sql_type = BigInt)]
    pub open: i64,
}

/// Each counted up to a cap.
pub fn counts(c: &mut PgConnection, merchant: MerchantId, cap: i64) -> Result<Counts> {
    Ok(diesel::sql_query(
        "select (select count(*) from (select 1 from reservations where merchant_id = $1 and state = 'frozen' order by created_at, no limit $2) x) as frozen, \
         (select count(*) from (select 1 from reservations r where r.merchant_id = $1 and r.state = 'paid' and exists \
           (select 1 from reservation_lines l where l.merchant_id = r.merchant_id and l.no = r.no and l.state = 'paid') order by r.paid_at, r.no limit $2) x) as open",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(cap)
    .get_result(c)?)
}

/// The reservations that take units of one row now, the newest first: what stands behind its frozen and paid figures.
pub fn of_row(c: &mut PgConnection, merchant: MerchantId, sku: i64, shop: i64, states: &[&str], limit: i64) -> Result<Vec<RowItem>> {
    Ok(diesel::sql_query(
        "select l.no, l.state, l.qty, r.order_no, coalesce(r.paid_at, r.created_at) as at, r.expires_at, r.seq from reservation_lines l \
         join reservations r on r.merchant_id = l.merchant_id and r.no = l.no \
         where l.merchant_id = $1 and l.sku_id = $2 and l.shop_id = $3 and l.state in ('frozen', 'paid') and l.state = any($4) order by at desc limit $5",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(sku)
    .bind::<BigInt, _>(shop)
    .bind::<Array<Text>, _>(states)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct RowItem {
    #[diesel(sql_type = Text)]
    pub no: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = BigInt)]
    pub qty: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub order_no: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub seq: Option<i64>,
}
