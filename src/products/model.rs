//! Products as stored.

use crate::ids::{BaseId, MerchantId, ProductId};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Jsonb, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

/// A merchant's product.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Product {
    #[diesel(sql_type = BigInt)]
    pub id: ProductId,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub erp_code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub category_id: String,
    #[diesel(sql_type = Text)]
    pub brand: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub manufacturer: String,
    #[diesel(sql_type = Text)]
    pub approval_no: String,
    #[diesel(sql_type = Text)]
    pub barcode: String,
    #[diesel(sql_type = Text)]
    pub unit: String,
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    /// Texts that no query asks for, by their wire names; see [`super::draft`].
    #[diesel(sql_type = Jsonb)]
    pub details: Value,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub base_product_id: Option<BaseId>,
    /// The code of the base product the merchant names (P-05).
    #[diesel(sql_type = Nullable<Text>)]
    pub explicit_base: Option<String>,
    /// none, auto, explicit or person.
    #[diesel(sql_type = Text)]
    pub match_kind: String,
    /// pending, approved, changes_requested or rejected.
    #[diesel(sql_type = Text)]
    pub audit_status: String,
    /// pending, listed or unlisted.
    #[diesel(sql_type = Text)]
    pub listing: String,
    /// person, erp or rule.
    #[diesel(sql_type = Nullable<Text>)]
    pub unlisted_by: Option<String>,
    ///
    #[diesel(sql_type = Bool)]
    pub list_wish: bool,
    /// Counts changes of the content; matching and listing leave it.
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

impl Product {
    /// One of the texts in `details`, by its wire name.
    pub fn detail(&self, name: &str) -> &str {
        self.details.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The columns of [`Product`], of a table or alias `p`.
pub const COLUMNS: &str = "p.id, p.prod_id, p.erp_code, p.name, p.category_id, p.brand, p.spec, p.manufacturer, p.approval_no, p.barcode, p.unit, \
     p.enabled, p.details, p.base_product_id, p.explicit_base, p.match_kind, p.audit_status, p.listing, p.unlisted_by, p.list_wish, p.version, \
     p.source_time, p.erp_created_at, p.erp_updated_at, p.created_at, p.updated_at";

/// # Errors
/// `NotFound` for a stranger's product as for one that does not exist.
pub fn find(c: &mut PgConnection, merchant: MerchantId, id: ProductId) -> Result<Product> {
    let sql = format!("select {COLUMNS} from products p where p.merchant_id = $1 and p.id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(c)?)
}

/// By the id the merchant's ERP uses.
pub fn find_by_prod_id(c: &mut PgConnection, merchant: MerchantId, prod_id: &str) -> Result<Option<Product>> {
    let sql = format!("select {COLUMNS} from products p where p.merchant_id = $1 and p.prod_id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(prod_id).get_result(c).optional()?)
}

/// In no order; strangers' are left out.
pub fn by_ids(c: &mut PgConnection, merchant: MerchantId, ids: &[ProductId]) -> Result<Vec<Product>> {
    let sql = format!("select {COLUMNS} from products p where p.merchant_id = $1 and p.id = any($2)");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<BigInt>, _>(ids).load(c)?)
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    id: ProductId,
    #[diesel(sql_type = Text)]
    prod_id: String,
}

/// Our ids of the merchant's prodIds; unknown ones are absent.
pub fn ids_of(c: &mut PgConnection, merchant: MerchantId, prod_ids: &[&str]) -> Result<HashMap<String, ProductId>> {
    let rows: Vec<Named> = diesel::sql_query("select id, prod_id from products where merchant_id = $1 and prod_id = any($2)")
        .bind::<BigInt, _>(merchant)
        .bind::<Array<Text>, _>(prod_ids)
        .load(c)?;
    Ok(rows.into_iter().map(|r| (r.prod_id, r.id)).collect())
}

/// Locks products by id, so that everybody who locks several does it in one order. References to the rows pass (only keys
/// would stop them).
pub fn lock_by_prod_id(tx: &mut PgConnection, merchant: MerchantId, prod_ids: &[&str]) -> Result<HashMap<String, Product>> {
    if prod_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!("select {COLUMNS} from products p where p.merchant_id = $1 and p.prod_id = any($2) order by p.id for no key update");
    let rows: Vec<Product> = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(prod_ids).load(tx)?;
    Ok(rows.into_iter().map(|p| (p.prod_id.clone(), p)).collect())
}

/// A time window and a place in it, for the lists ERPs read (P-12, Q-31).
#[derive(Clone, Debug)]
pub struct Window {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// `(updated_at, id)` of the row before.
    pub after: Option<(DateTime<Utc>, i64)>,
    pub offset: i64,
    pub limit: i64,
}

impl Window {
    /// `microseconds.id`
    pub fn cursor(at: DateTime<Utc>, id: i64) -> String {
        format!("{}.{id}", at.timestamp_micros())
    }
    /// # Errors
    /// When the text is no cursor of ours.
    pub fn read_cursor(text: &str) -> Result<(DateTime<Utc>, i64)> {
        let read = || {
            let (micros, id) = text.split_once('.')?;
            Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.parse().ok()?))
        };
        read().ok_or_else(|| Error::Call(crate::error::Code::BadField, crate::text::Text::new("products-bad-cursor").with(text)))
    }
}
