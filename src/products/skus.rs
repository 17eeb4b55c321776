//! SKUs: what is bought. Each belongs to one product for ever (P-15, K-02, K-04).

mod reach;
mod upload;

use crate::Result;
use crate::ids::{MerchantId, ProductId, SkuId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int4, Jsonb, Nullable, Numeric, Text, Timestamptz};
pub(super) use reach::beyond;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
pub(super) use upload::apply;

/// A SKU as stored.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Sku {
    #[diesel(sql_type = BigInt)]
    pub id: SkuId,
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = BigInt)]
    pub product_id: ProductId,
    /// The id of its product as the merchant knows it.
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub barcode: String,
    #[diesel(sql_type = Text)]
    pub picture: String,
    /// `[{"name", "value"}]`
    #[diesel(sql_type = Jsonb)]
    pub attributes: Value,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub base_price: Option<Decimal>,
    /// never shown to buyers or other merchants.
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
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub source_time: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub erp_created_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub erp_updated_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// A select up to its `where`; the SKU is `s`, its product `p`.
pub(super) const SELECT: &str = "select s.id, s.sku_id, s.product_id, p.prod_id, s.code, s.barcode, s.picture, s.attributes, s.base_price, s.cost_price, \
     s.retail_price, s.member_price, s.reference_price, s.is_default, s.enabled, s.version, s.source_time, s.erp_created_at, s.erp_updated_at, \
     s.created_at, s.updated_at from skus s join products p on p.merchant_id = s.merchant_id and p.id = s.product_id";

/// By the id the merchant's ERP uses.
pub fn find(c: &mut PgConnection, merchant: MerchantId, sku_id: &str) -> Result<Option<Sku>> {
    let sql = format!("{SELECT} where s.merchant_id = $1 and s.sku_id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(sku_id).get_result(c).optional()?)
}

/// The SKUs of one product, the default one first.
pub fn of_product(c: &mut PgConnection, merchant: MerchantId, product: ProductId) -> Result<Vec<Sku>> {
    let sql = format!("{SELECT} where s.merchant_id = $1 and s.product_id = $2 order by s.is_default desc, s.id");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(product).load(c)?)
}
