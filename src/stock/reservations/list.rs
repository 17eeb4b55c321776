//! Reservations as people look at them: the freezes that have been lying longest, and what was paid and is still waiting for
//! the ERP's number.

use crate::Result;
use crate::ids::{MerchantId, ShopId, SkuId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz};
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

/// One page, the oldest first, after a place; of one row of stock, or of all.
pub fn page(
    c: &mut PgConnection,
    merchant: MerchantId,
    which: Which,
    of: Option<(SkuId, ShopId)>,
    after: Option<(DateTime<Utc>, String)>,
    limit: i64,
) -> Result<Vec<Item>> {
    // A line waits in the state its reservation is in.
    let (state, at) = match which {
        Which::Frozen => ("frozen", "created_at"),
        Which::Open => ("paid", "paid_at"),
    };
    let later = if after.is_some() { format!("(r.{at}, r.no) > ($2, $3)") } else { "$2::timestamptz is null and $3 = ''".to_owned() };
    let row = if of.is_some() {
        format!("r.no in (select no from reservation_lines where merchant_id = $1 and sku_id = $5 and shop_id = $6 and state = '{state}')")
    } else {
        "$5 = 0 and $6 = 0".to_owned()
    };
    let (sku, shop) = of.unwrap_or((SkuId(0), ShopId(0)));
    let sql = format!(
        "select r.no, r.order_no, r.{at} as at, r.expires_at, r.seq, r.acked_at, l.lines from reservations r \
         cross join lateral (select jsonb_agg(jsonb_build_object('sku', k.sku_id, 'name', p.name, 'spec', p.spec, 'shop', h.name, 'qty', l.qty) \
             order by k.sku_id) as lines from reservation_lines l join skus k on k.merchant_id = l.merchant_id and k.id = l.sku_id \
           join products p on p.merchant_id = k.merchant_id and p.id = k.product_id join shops h on h.merchant_id = l.merchant_id and h.id = l.shop_id \
           where l.merchant_id = r.merchant_id and l.no = r.no and l.state = '{state}') l \
         where r.merchant_id = $1 and r.state = '{state}' and l.lines is not null and {row} and {later} order by r.{at}, r.no limit $4"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<Timestamptz>, _>(after.as_ref().map(|a| a.0))
        .bind::<Text, _>(after.map(|a| a.1).unwrap_or_default())
        .bind::<BigInt, _>(limit)
        .bind::<BigInt, _>(sku)
        .bind::<BigInt, _>(shop)
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

/// The reservations that take units of one row now, the oldest first: what stands behind its frozen and paid figures.
pub fn of_row(c: &mut PgConnection, merchant: MerchantId, sku: SkuId, shop: ShopId, states: &[&str], limit: i64) -> Result<Vec<RowItem>> {
    Ok(diesel::sql_query(
        "select l.no, l.state, l.qty, r.order_no, coalesce(r.paid_at, r.created_at) as at, r.expires_at, r.seq from reservation_lines l \
         join reservations r on r.merchant_id = l.merchant_id and r.no = l.no \
         where l.merchant_id = $1 and l.sku_id = $2 and l.shop_id = $3 and l.state in ('frozen', 'paid') and l.state = any($4) order by at, l.no limit $5",
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

/// What stands behind a figure of one row.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Behind {
    /// `frozen` or `paid`.
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = BigInt)]
    pub n: i64,
    #[diesel(sql_type = Timestamptz)]
    pub oldest: DateTime<Utc>,
    /// When the next of them ends by itself.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub next_end: Option<DateTime<Utc>>,
}

/// How many reservations stand behind the frozen and the paid figure of one row, and since when.
pub fn behind(c: &mut PgConnection, merchant: MerchantId, sku: SkuId, shop: ShopId) -> Result<Vec<Behind>> {
    Ok(diesel::sql_query(
        "select l.state, count(*) as n, min(coalesce(r.paid_at, r.created_at)) as oldest, min(r.expires_at) as next_end from reservation_lines l \
         join reservations r on r.merchant_id = l.merchant_id and r.no = l.no \
         where l.merchant_id = $1 and l.sku_id = $2 and l.shop_id = $3 and l.state in ('frozen', 'paid') group by l.state",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(sku)
    .bind::<BigInt, _>(shop)
    .load(c)?)
}

/// Whether a merchant has this reservation.
pub fn is_there(c: &mut PgConnection, merchant: MerchantId, no: &str) -> Result<bool> {
    #[derive(QueryableByName)]
    struct There {
        #[diesel(sql_type = Bool)]
        there: bool,
    }
    let found: There = diesel::sql_query("select exists (select 1 from reservations where merchant_id = $1 and no = $2) as there")
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(no)
        .get_result(c)?;
    Ok(found.there)
}
