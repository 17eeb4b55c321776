//! `stock.digest`: what we hold, as one hash per bucket.
//!
//! The canonical form, to be computed the same way on the other side: every row of a shop is the line `skuId|inventory` and a
//! line feed, in UTF-8, the number in decimal without leading zeros. A row's bucket is the first byte of SHA-256(skuId) modulo
//! the number of buckets. A bucket's hash is SHA-256 over its lines, sorted as bytes and put one after the other; a bucket
//! without rows has the hash of nothing.

use crate::Result;
use crate::clock::on_the_wire;
use crate::error::Code;
use crate::ids::{MerchantId, ShopId};
use crate::stock::push::Shops;
use crate::wire::{Field, Kind, Line, Method, Module, Scope, Verb};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

pub static STOCK_DIGEST: Method = Method {
    name: "stock.digest",
    module: Module::Stock,
    about: "reconcile-api-digest",
    source: "G-04 S-01",
    fields: &[
        Field::optional("shopId", Kind::Shop, "stock-field-shop"),
        Field::optional("buckets", Kind::Number { min: 1, max: 256, default: 16 }, "reconcile-field-buckets"),
    ],
    verb: Verb::Read(answer),
    example: r#"{"shopId": "1", "buckets": 2}"#,
    answer: r#"{"shopId": "1", "rows": 2, "newest": "2026-11-22 14:32:08", "digest": [
 {"bucket": 0, "rows": 2, "hash": "8a9d4a4dd4e5a4b0a9f0f7b7b3c1f1b6a5d0a1ad1c3c8e1f5e7f0c9f4c3f4a55"},
 {"bucket": 1, "rows": 0, "hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}"#,
};

#[derive(QueryableByName)]
struct Bucket {
    #[diesel(sql_type = BigInt)]
    bucket: i64,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    #[diesel(sql_type = Text)]
    hash: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    newest: Option<DateTime<Utc>>,
}

/// One statement, whatever the number of rows: hashing happens where the rows are.
fn buckets(c: &mut PgConnection, merchant: MerchantId, shop: ShopId, n: i64) -> Result<Vec<Bucket>> {
    Ok(diesel::sql_query(
        "select bucket, count(*) as rows, encode(sha256(string_agg(line, ''::bytea order by line)), 'hex') as hash, max(updated_at) as newest from ( \
           select get_byte(sha256(convert_to(k.sku_id, 'UTF8')), 0) % $3 as bucket, \
             convert_to(k.sku_id || '|' || s.erp_qty || chr(10), 'UTF8') as line, s.updated_at \
           from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id where s.merchant_id = $1 and s.shop_id = $2) r \
         group by bucket order by bucket",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(shop)
    .bind::<BigInt, _>(n)
    .load(c)?)
}

fn answer(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let shop = Shops::of(c, scope)?.named(&line).map_err(|problem| crate::Error::Call(Code::NotFound, problem.text()))?;
    let n = line.number_or_default("buckets");
    let found: HashMap<i64, Bucket> = buckets(c, scope.merchant, shop, n)?.into_iter().map(|b| (b.bucket, b)).collect();
    let nothing: String = Sha256::digest([]).iter().map(|b| format!("{b:02x}")).collect();
    let told = (0..n).map(|bucket| match found.get(&bucket) {
        Some(b) => json!({ "bucket": bucket, "rows": b.rows, "hash": b.hash }),
        None => json!({ "bucket": bucket, "rows": 0, "hash": nothing }),
    });
    Ok(json!({
        "shopId": shop.to_string(),
        "rows": found.values().map(|b| b.rows).sum::<i64>(),
        "newest": found.values().filter_map(|b| b.newest).max().map(on_the_wire),
        "digest": told.collect::<Vec<_>>(),
    }))
}
