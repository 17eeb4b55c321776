//! What the lots page asks for: fifty lots from any place, by index alone, and counts that stop at a thousand.

use super::Day;
use crate::Result;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::stock::list::found;
use chrono::{DateTime, Days, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text, Timestamptz};
use serde::Serialize;

/// The tabs of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// What expires first at the top.
    #[default]
    All,
    /// What expires within so many days.
    Within(i64),
    Expired,
    /// What the last list took off sale.
    Gone,
    /// Where the lots do not add up to the ERP's number.
    Differs,
}

impl View {
    pub const ALL: [View; 7] = [View::All, View::Within(30), View::Within(90), View::Within(180), View::Expired, View::Gone, View::Differs];
    pub fn as_str(self) -> &'static str {
        match self {
            View::All => "",
            View::Within(30) => "30",
            View::Within(90) => "90",
            View::Within(_) => "180",
            View::Expired => "expired",
            View::Gone => "gone",
            View::Differs => "differs",
        }
    }
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|v| v.as_str() == name).unwrap_or_default()
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub view: View,
    pub shop: Option<ShopId>,
    /// A product, a SKU, or a lot.
    pub q: String,
    pub after: Option<Place>,
}

/// The key of a row: its day (where the list goes by days), and the place.
pub type Place = (NaiveDate, SkuId, ShopId, String);

/// A lot with the names people know its goods by.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt)]
    #[serde(rename = "shopId")]
    pub shop: ShopId,
    #[diesel(sql_type = Text)]
    pub lot_no: String,
    #[diesel(sql_type = Nullable<Date>)]
    #[serde(skip)]
    pub produced: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    #[serde(skip)]
    pub produced_month: bool,
    #[diesel(sql_type = Nullable<Date>)]
    #[serde(rename = "expiresOn")]
    pub expires: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    pub expires_month: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub quantity: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub stopped_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub stopped_by: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    /// When the ERP last told the lots of this place.
    #[diesel(sql_type = Timestamptz)]
    pub told_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub lots_qty: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub erp_qty: Option<i64>,
    #[diesel(sql_type = Text)]
    #[serde(rename = "skuId")]
    pub ext: String,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub shop_name: String,
    /// It is on the shelf, and not just a memory of the last list.
    #[diesel(sql_type = Bool)]
    pub there: bool,
}

impl Item {
    pub fn place(&self) -> Place {
        (self.expires.unwrap_or(never()), self.sku, self.shop, self.lot_no.clone())
    }
    pub fn produced_on(&self) -> Option<Day> {
        self.produced.map(|date| Day { date, month: self.produced_month })
    }
    pub fn expires_on(&self) -> Option<Day> {
        self.expires.map(|date| Day { date, month: self.expires_month })
    }
}

/// Where a lot without an expiry stands: behind all others.
fn never() -> NaiveDate {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX)
}

/// What every row tells besides its lot, of a lot `o` at a place.
const NAMED: &str = "p.at as stopped_at, p.by_name as stopped_by, p.reason, h.told_at, s.lots_qty, s.erp_qty, k.sku_id as ext, g.prod_id, g.name, g.spec, \
     m.name as shop_name";
const NAMES: &str = "cross join lateral (select told_at from lot_heads where merchant_id = $1 and sku_id = o.sku_id and shop_id = o.shop_id offset 0) h \
     left join lateral (select lots_qty, erp_qty from stock where merchant_id = $1 and sku_id = o.sku_id and shop_id = o.shop_id offset 0) s on true \
     left join lateral (select at, by_name, reason from lot_stops where merchant_id = $1 and sku_id = o.sku_id and shop_id = o.shop_id and lot_no = o.lot_no \
       offset 0) p on true \
     cross join lateral (select sku_id, product_id from skus where merchant_id = $1 and id = o.sku_id offset 0) k \
     cross join lateral (select prod_id, name, spec from products where merchant_id = $1 and id = k.product_id offset 0) g \
     cross join lateral (select name from shops where merchant_id = $1 and id = o.shop_id offset 0) m";
const SHELF: &str = "o.sku_id as sku, o.shop_id as shop, o.lot_no, o.produced_on as produced, o.produced_month, o.expires_on as expires, o.expires_month, \
     o.qty as quantity, true as there";
const DAY: &str = "coalesce(o.expires_on, date '9999-12-31')";

/// One page. `$1` merchant, `$2`–`$5` the place to start after, `$6` shop, `$7` SKUs, `$8` lot, `$9`/`$10` first and last day.
pub fn page(c: &mut PgConnection, merchant: MerchantId, search: &Search, today: NaiveDate, limit: i64) -> Result<Vec<Item>> {
    let skus = if search.q.is_empty() { Vec::new() } else { found(c, merchant, &search.q)? };
    let (day, sku, shop, lot) = search.after.clone().unwrap_or((first(), SkuId(0), ShopId(0), String::new()));
    let (from, to) = match search.view {
        View::Within(days) => (today, today + Days::new(days.unsigned_abs())),
        View::Expired => (first(), today - Days::new(1)),
        _ => (first(), never()),
    };
    Ok(diesel::sql_query(statement(search, limit))
        .bind::<BigInt, _>(merchant)
        .bind::<Date, _>(day)
        .bind::<BigInt, _>(sku)
        .bind::<BigInt, _>(shop)
        .bind::<Text, _>(lot)
        .bind::<BigInt, _>(search.shop.unwrap_or(ShopId(0)))
        .bind::<Array<BigInt>, _>(skus)
        .bind::<Text, _>(&search.q)
        .bind::<Date, _>(from)
        .bind::<Date, _>(to)
        .load(c)?)
}

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(NaiveDate::MIN)
}

fn statement(search: &Search, limit: i64) -> String {
    let shop = |table: &str| if search.shop.is_some() { format!("{table}.shop_id = $6") } else { "$6 = 0".to_owned() };
    let asked = |table: &str, lot: &str| {
        if search.q.is_empty() {
            "$7::bigint[] is not null and $8 = ''".to_owned()
        } else {
            format!("({table}.sku_id = any($7) or {lot} = $8)")
        }
    };
    match search.view {
        View::All | View::Within(_) | View::Expired => format!(
            "with o as materialized (select * from lots o where o.merchant_id = $1 and {DAY} between $9 and $10 and \
               ({DAY}, o.sku_id, o.shop_id, o.lot_no) > ($2, $3, $4, $5) and {} and {} order by {DAY}, o.sku_id, o.shop_id, o.lot_no limit {limit}) \
             select {SHELF}, {NAMED} from o {NAMES} order by {DAY}, o.sku_id, o.shop_id, o.lot_no",
            shop("o"),
            asked("o", "o.lot_no")
        ),
        View::Gone => format!(
            "with o as materialized (select h.sku_id, h.shop_id, g.lot_no, g.produced, g.expires from lot_heads h cross join lateral \
               (select e->>'lotNo' as lot_no, e->>'producedOn' as produced, e->>'expiresOn' as expires from jsonb_array_elements(h.gone) e) g \
               where h.merchant_id = $1 and h.gone is not null and $2 is not null and (h.sku_id, h.shop_id) >= ($3, $4) \
               and (h.sku_id, h.shop_id, g.lot_no) > ($3, $4, $5) and {} and {} and $9 <= $10 order by h.sku_id, h.shop_id, g.lot_no limit {limit}) \
             select o.sku_id as sku, o.shop_id as shop, o.lot_no, {} as produced, coalesce(length(o.produced) = 7, false) as produced_month, \
               {} as expires, coalesce(length(o.expires) = 7, false) as expires_month, 0::bigint as quantity, false as there, {NAMED} from o {NAMES} \
             order by o.sku_id, o.shop_id, o.lot_no",
            shop("h"),
            asked("h", "g.lot_no"),
            day_of("o.produced", false),
            day_of("o.expires", true)
        ),
        View::Differs => format!(
            "with o as materialized (select t.sku_id, t.shop_id, l.* from stock_marks t cross join lateral \
               (select coalesce(string_agg(lot_no, ' · ' order by expires_on, lot_no), '') as lot_no, min(expires_on) as expires, sum(qty)::bigint as qty from lots \
                where merchant_id = $1 and sku_id = t.sku_id and shop_id = t.shop_id) l where t.merchant_id = $1 and t.mark = 'lots' and $2 is not null \
               and (t.sku_id, t.shop_id) > ($3, $4) and $5 is not null and {} and {} and $9 <= $10 order by t.sku_id, t.shop_id limit {limit}) \
             select o.sku_id as sku, o.shop_id as shop, o.lot_no, null::date as produced, false as produced_month, o.expires, false as expires_month, \
               o.qty as quantity, false as there, {NAMED} from o {NAMES} order by o.sku_id, o.shop_id",
            shop("t"),
            asked("t", "''")
        ),
    }
}

/// A day out of a list as it was told: of a month its first day, or its last.
fn day_of(text: &str, end: bool) -> String {
    let last = if end { " + interval '1 month' - interval '1 day'" } else { "" };
    format!("(case length({text}) when 7 then (({text} || '-01')::date{last})::date else {text}::date end)")
}

/// Lots per tab, each counted up to a cap.
pub fn counts(c: &mut PgConnection, merchant: MerchantId, shop: Option<ShopId>, today: NaiveDate, cap: i64) -> Result<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = Array<BigInt>)]
        counts: Vec<i64>,
    }
    let here = |table: &str| if shop.is_some() { format!("{table}.shop_id = $2") } else { "$2 = 0".to_owned() };
    let of_days = |wanted: &str| {
        format!(
            "(select count(*) from (select 1 from lots o where o.merchant_id = $1 and {} and {wanted} order by {DAY} limit {cap}) x)",
            here("o")
        )
    };
    let one = |view: View| match view {
        View::All => of_days("true"),
        View::Within(days) => of_days(&format!("{DAY} between $3 and $3 + {days}")),
        View::Expired => of_days(&format!("{DAY} < $3")),
        View::Gone => format!(
            "(select count(*) from (select 1 from lot_heads h, jsonb_array_elements(h.gone) where h.merchant_id = $1 and h.gone is not null and {} limit {cap}) x)",
            here("h")
        ),
        View::Differs => format!(
            "(select count(*) from (select 1 from stock_marks t where t.merchant_id = $1 and t.mark = 'lots' and {} order by sku_id, shop_id limit {cap}) x)",
            here("t")
        ),
    };
    let sql = format!("select array[{}]::bigint[] as counts, $3 as today", View::ALL.map(one).join(", "));
    let counted: Count = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(shop.unwrap_or(ShopId(0)))
        .bind::<Date, _>(today)
        .get_result(c)?;
    Ok(counted.counts)
}

/// All lots of one place, what expires first at the top, those a person has stopped and that are not told any more as well.
pub fn of_place(c: &mut PgConnection, merchant: MerchantId, sku: SkuId, shop: ShopId) -> Result<Vec<Item>> {
    let sql = format!(
        "select {SHELF}, {NAMED} from (select * from lots where merchant_id = $1 and sku_id = $2 and shop_id = $3) o {NAMES} order by {DAY}, o.lot_no"
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(sku).bind::<BigInt, _>(shop).load(c)?)
}

/// A place whose lots have been told at some time.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spot {
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt)]
    #[serde(rename = "shopId")]
    pub shop: ShopId,
    #[diesel(sql_type = Text)]
    #[serde(rename = "skuId")]
    pub ext: String,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub shop_name: String,
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    #[diesel(sql_type = Timestamptz)]
    pub told_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub lots_qty: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub erp_qty: Option<i64>,
}

/// # Errors
/// `NotFound` where lots were never told.
pub fn spot(c: &mut PgConnection, merchant: MerchantId, ext: &str, shop: ShopId) -> Result<Spot> {
    Ok(diesel::sql_query(
        "select k.id as sku, h.shop_id as shop, k.sku_id as ext, p.prod_id, p.name, p.spec, m.name as shop_name, h.version, h.told_at, s.lots_qty, s.erp_qty \
         from skus k join lot_heads h on h.merchant_id = $1 and h.sku_id = k.id and h.shop_id = $3 \
         join products p on p.merchant_id = $1 and p.id = k.product_id join shops m on m.merchant_id = $1 and m.id = h.shop_id \
         left join stock s on s.merchant_id = $1 and s.sku_id = k.id and s.shop_id = h.shop_id where k.merchant_id = $1 and k.sku_id = $2",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(ext)
    .bind::<BigInt, _>(shop)
    .get_result(c)?)
}
