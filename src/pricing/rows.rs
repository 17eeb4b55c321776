//! Prices as they are stored, for lists and pages.

use super::place::{Place, Span};
use crate::Result;
use crate::ids::{CustomerGroupId, CustomerId, MerchantId, RegionGroupId, ShopId, SkuId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use serde::Serialize;

/// Rows of one SKU that are shown at most.
pub const MOST: i64 = 1000;

/// A price that is not the SKU's own.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Stored {
    #[diesel(sql_type = BigInt)]
    pub sku: SkuId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub customer: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub group: Option<CustomerGroupId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub region: Option<RegionGroupId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub shop: Option<ShopId>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub from: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Numeric)]
    pub amount: Decimal,
    #[diesel(sql_type = Text)]
    pub owner: String,
}

impl Stored {
    pub fn place(&self) -> Option<Place> {
        let id = |id: Option<i64>| id.unwrap_or(0);
        Place::of_columns([
            id(self.customer.map(|c| c.0)),
            id(self.group.map(|g| g.0)),
            id(self.region.map(|r| r.0)),
            id(self.shop.map(|s| s.0)),
        ])
    }
    /// It counts at this time.
    pub fn is_on(&self, now: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
    pub fn span(&self) -> Span {
        Span { from: self.from, until: self.until }
    }
}

/// The first `limit` rows of each of these SKUs: customers' own last, as there may be many.
pub fn of_skus(c: &mut PgConnection, merchant: MerchantId, skus: &[SkuId], limit: i64) -> Result<Vec<Stored>> {
    Ok(diesel::sql_query(
        "select p.* from unnest($2) with ordinality as w(sku, n) cross join lateral (select sku_id as sku, customer, customer_group as \"group\", \
           region_group as region, shop, nullif(nullif(valid_from, '-infinity'), 'epoch') as \"from\", nullif(valid_until, 'infinity') as until, amount, owner \
           from prices where merchant_id = $1 and sku_id = w.sku \
           order by customer_id, customer_group_id, region_group_id, shop_id, valid_from limit $3) p order by w.n",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(skus)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// What stands on the SKU itself and may be told to anybody who may read prices.
#[derive(QueryableByName, Clone, Debug)]
pub struct Own {
    #[diesel(sql_type = BigInt)]
    pub id: SkuId,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub default: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub retail: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub reference: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub member: Option<Decimal>,
    #[diesel(sql_type = Int4)]
    pub version: i32,
}

const OWN: &str = "select id, base_price as \"default\", retail_price as retail, reference_price as reference, member_price as member, \
     quote_version as version from skus where merchant_id = $1";

/// By the id the merchant's ERP uses.
pub fn own(c: &mut PgConnection, merchant: MerchantId, sku_id: &str) -> Result<Option<Own>> {
    let sql = format!("{OWN} and sku_id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(sku_id).get_result(c).optional()?)
}

/// The same of several, by our ids.
pub fn owns(c: &mut PgConnection, merchant: MerchantId, skus: &[SkuId]) -> Result<Vec<Own>> {
    let sql = format!("{OWN} and id = any($2)");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<BigInt>, _>(skus).load(c)?)
}
