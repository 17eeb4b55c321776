//! One id space a merchant (P-14, Q-07): a prodId never equals a skuId.

use crate::Result;
use crate::ids::MerchantId;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Text};
use std::collections::HashMap;

/// What an external id names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Product,
    Sku,
}

impl Kind {
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Product => "products-kind-product",
            Kind::Sku => "products-kind-sku",
        }
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    ext_id: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

/// What these ids name; those that name nothing are absent.
pub fn known(c: &mut PgConnection, merchant: MerchantId, ids: &[&str]) -> Result<HashMap<String, Kind>> {
    let rows: Vec<Row> = diesel::sql_query("select ext_id, kind from external_ids where merchant_id = $1 and ext_id = any($2)")
        .bind::<BigInt, _>(merchant)
        .bind::<Array<Text>, _>(ids)
        .load(c)?;
    Ok(rows.into_iter().map(|r| (r.ext_id, if r.kind == "sku" { Kind::Sku } else { Kind::Product })).collect())
}

/// Any number will do that no other lock of two numbers uses.
const NAMING: i32 = 7210;

/// Like [`known`], and when any of `wanted` is new, nobody else names anything for this merchant until the transaction ends.
/// Two calls that bring the same new product thus become an insert and an edit, whatever the timing.
pub fn known_or_claimed(tx: &mut PgConnection, merchant: MerchantId, wanted: &[&str], also: &[&str]) -> Result<HashMap<String, Kind>> {
    let all: Vec<&str> = wanted.iter().chain(also).copied().collect();
    let first = known(tx, merchant, &all)?;
    if wanted.iter().all(|id| first.contains_key(*id)) {
        return Ok(first);
    }
    diesel::sql_query("select pg_advisory_xact_lock($1, hashint8($2))").bind::<Int4, _>(NAMING).bind::<BigInt, _>(merchant).execute(tx)?;
    known(tx, merchant, &all)
}
