use super::super::Product;
use crate::Result;
use crate::catalog::base::{self, BaseProduct};
use crate::ids::{MerchantId, ProductId};
use crate::trail::Event;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Int4, Jsonb, Nullable, Numeric, SmallInt, Text, Timestamptz};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

/// The merchant's product by the id of its ERP, with the words of its base product and its categories from the root.
///
/// # Errors
/// `NotFound` for a stranger's as for none.
pub fn find(c: &mut PgConnection, merchant: MerchantId, prod_id: &str) -> Result<(Product, Option<BaseProduct>, Vec<String>)> {
    let product = super::super::find_by_prod_id(c, merchant, prod_id)?.ok_or(crate::Error::NotFound)?;
    let base = product.base_product_id.map(|id| base::find(c, id)).transpose()?;
    let path = super::category(c, merchant, &product.category_id)?.map(|chosen| chosen.path.into_iter().map(|cat| cat.name).collect());
    Ok((product, base, path.unwrap_or_default()))
}

/// A SKU with its prices and what can be sold of it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sku {
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub barcode: String,
    #[diesel(sql_type = Jsonb)]
    pub attributes: Value,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub base_price: Option<Decimal>,
    /// shown to the merchant's own people only.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub cost_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub retail_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub member_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub reference_price: Option<Decimal>,
    #[diesel(sql_type = Bool)]
    pub is_default: bool,
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    #[diesel(sql_type = BigInt)]
    pub available: i64,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

impl Sku {
    /// The attributes as one line, e.g. `颜色 红 · 尺码 L`.
    pub fn attribute_text(&self) -> String {
        let word = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let Value::Array(all) = &self.attributes else {
            return String::new();
        };
        let pairs: Vec<String> = all
            .iter()
            .map(|one| match one {
                Value::Object(map) => map.values().map(word).collect::<Vec<_>>().join(" "),
                other => word(other),
            })
            .filter(|text| !text.is_empty())
            .collect();
        pairs.join(" · ")
    }
}

/// The SKUs of a product, the default one first.
pub fn skus(c: &mut PgConnection, merchant: MerchantId, product: ProductId) -> Result<Vec<Sku>> {
    Ok(diesel::sql_query(
        "select k.sku_id, k.code, k.barcode, k.attributes, k.base_price, k.cost_price, k.retail_price, k.member_price, k.reference_price, k.is_default, \
         k.enabled, coalesce(q.available, 0)::bigint as available, k.updated_at from skus k \
         left join lateral (select sum(greatest(stock_available(t), 0)) as available from stock t \
            where t.merchant_id = k.merchant_id and t.sku_id = k.id) q on true \
         where k.merchant_id = $1 and k.product_id = $2 order by k.is_default desc, k.id limit 500",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(product)
    .load(c)?)
}

/// What one shop has of one SKU.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StockRow {
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = BigInt)]
    pub shop_id: i64,
    #[diesel(sql_type = Text)]
    pub shop: String,
    #[diesel(sql_type = BigInt)]
    pub available: i64,
    #[diesel(sql_type = BigInt)]
    pub erp_qty: i64,
    /// `erp` or `person`.
    #[diesel(sql_type = Text)]
    pub qty_by: String,
    #[diesel(sql_type = BigInt)]
    pub frozen: i64,
    #[diesel(sql_type = BigInt)]
    pub sold_open: i64,
    #[diesel(sql_type = BigInt)]
    pub safety: i64,
    #[diesel(sql_type = BigInt)]
    pub sold: i64,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// The stock of a product's SKUs, shop by shop.
pub fn stock(c: &mut PgConnection, merchant: MerchantId, product: ProductId) -> Result<Vec<StockRow>> {
    Ok(diesel::sql_query(
        "select k.sku_id, t.shop_id, h.name as shop, greatest(stock_available(t), 0) as available, t.erp_qty, t.qty_by, \
         t.frozen, t.sold_open, t.safety, t.sold, t.updated_at \
         from skus k join stock t on t.merchant_id = k.merchant_id and t.sku_id = k.id join shops h on h.merchant_id = t.merchant_id and h.id = t.shop_id \
         where k.merchant_id = $1 and k.product_id = $2 order by k.is_default desc, k.id, t.shop_id limit 500",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(product)
    .load(c)?)
}

/// A review as it was kept. P-16
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Decided {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub decision: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub note: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub base: Option<String>,
    #[diesel(sql_type = Jsonb)]
    pub snapshot: Value,
}

/// The latest decisions on a product, newest first. Who decided stays with the platform.
pub fn decided(c: &mut PgConnection, merchant: MerchantId, product: ProductId, limit: i64) -> Result<Vec<Decided>> {
    Ok(diesel::sql_query(
        "select d.at, d.decision, d.reason, d.note, b.code as base, d.snapshot from audit_decisions d left join base_products b on b.id = d.base_product_id \
         where d.merchant_id = $1 and d.product_id = $2 order by d.id desc limit $3",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(product)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// What an auditor is asked about a product.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Asked {
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Timestamptz)]
    pub submitted_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub ask: String,
    #[diesel(sql_type = Nullable<SmallInt>)]
    pub score: Option<i16>,
    #[diesel(sql_type = Jsonb)]
    pub candidates: Value,
}

/// The open question about a product, if there is one.
pub fn asked(c: &mut PgConnection, merchant: MerchantId, product: ProductId) -> Result<Option<Asked>> {
    Ok(diesel::sql_query(
        "select state, submitted_at, ask, score, candidates from audit_items where merchant_id = $1 and product_id = $2 and state <> 'settled'",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(product)
    .get_result(c)
    .optional()?)
}

/// What happened to a product and its SKUs, newest first: a short range of the trail's index for each.
pub fn events(c: &mut PgConnection, merchant: MerchantId, prod_id: &str, skus: &[String], limit: i64) -> Result<Vec<Event>> {
    Ok(diesel::sql_query(
        "select e.* from (select 'product' as kind, $2 as id union all select 'sku', unnest($3)) s cross join lateral \
         (select t.at, t.id, t.actor_kind, t.actor_name, t.verb, t.subject_kind, t.subject_id, t.before, t.after, t.note, t.request_id, t.feed_id, t.line_no \
          from trail t where t.merchant_id = $1 and t.subject_kind = s.kind and t.subject_id = s.id order by t.at desc, t.id desc limit $4) e \
         order by e.at desc, e.id desc limit $4",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(prod_id)
    .bind::<Array<Text>, _>(skus)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// A lot of one of the product's SKUs, as its page shows it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LotRow {
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = BigInt)]
    pub shop_id: i64,
    #[diesel(sql_type = Text)]
    pub shop: String,
    #[diesel(sql_type = Text)]
    pub lot_no: String,
    /// As exact as they were told.
    #[diesel(sql_type = Text)]
    pub made: String,
    #[diesel(sql_type = Text)]
    pub expires: String,
    #[diesel(sql_type = Nullable<Int4>)]
    pub days_left: Option<i32>,
    /// From the day it was made to its last.
    #[diesel(sql_type = Nullable<Int4>)]
    pub days: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub quantity: Option<i64>,
    #[diesel(sql_type = Bool)]
    pub stopped: bool,
}

impl LotRow {
    /// How much of its shelf life is left, in per cent; of two years where its beginning is not known.
    pub fn percent(&self) -> i64 {
        let whole = i64::from(self.days.unwrap_or(730)).max(1);
        self.days_left.map_or(0, |left| (i64::from(left) * 100 / whole).clamp(0, 100))
    }
    pub fn tone(&self) -> &'static str {
        match self.days_left {
            Some(left) if left <= 30 => "bad",
            Some(left) if left <= 180 => "warn",
            _ => "ok",
        }
    }
    pub fn is_expired(&self) -> bool {
        self.days_left.is_some_and(|left| left < 0)
    }
}

/// The lots of a product's SKUs, what expires first at the top (B-02).
pub fn lots(c: &mut PgConnection, merchant: MerchantId, product: ProductId, today: NaiveDate) -> Result<Vec<LotRow>> {
    Ok(diesel::sql_query(
        "select k.sku_id, o.shop_id, h.name as shop, o.lot_no, coalesce(to_char(o.produced_on, case when o.produced_month then 'YYYY-MM' else 'YYYY-MM-DD' end), '') as made, \
         coalesce(to_char(o.expires_on, case when o.expires_month then 'YYYY-MM' else 'YYYY-MM-DD' end), '') as expires, \
         o.expires_on - $3 as days_left, o.expires_on - o.produced_on as days, o.qty as quantity, p.lot_no is not null as stopped \
         from skus k join lots o on o.merchant_id = k.merchant_id and o.sku_id = k.id join shops h on h.merchant_id = o.merchant_id and h.id = o.shop_id \
         left join lot_stops p on p.merchant_id = o.merchant_id and p.sku_id = o.sku_id and p.shop_id = o.shop_id and p.lot_no = o.lot_no \
         where k.merchant_id = $1 and k.product_id = $2 order by o.expires_on nulls last, o.produced_on nulls last, o.lot_no, o.shop_id limit 500",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(product)
    .bind::<Date, _>(today)
    .load(c)?)
}
