//! Price lines that waited for a SKU or a group come back when it is there, or when a person has said which of ours is meant.

use super::api::{PROD_PRICE_UPDATE, SKU_PRICE_UPDATE};
use super::push::WAITS_FOR_SKU;
use crate::Result;
use crate::feeds::{self, Batch, Channel};
use crate::guards::codes::Kind;
use crate::ids::MerchantId;
use crate::text::Lang;
use crate::trail::Cause;
use crate::wire::{MAX_LINES, Scope};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Text};
use serde_json::Value;
use std::collections::HashSet;

#[derive(QueryableByName)]
struct Ready {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    method: String,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Jsonb)]
    line: Value,
}

/// Lines whose SKU has arrived; how many were settled.
pub fn of_skus(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    let there = "(exists (select 1 from skus k where k.merchant_id = $1 and k.sku_id = w.code) or exists (select 1 from products p \
         join skus k on k.merchant_id = p.merchant_id and k.product_id = p.id and k.is_default where p.merchant_id = $1 and p.prod_id = w.code))";
    replay(tx, merchant, WAITS_FOR_SKU, there, now)
}

/// Lines whose region group is known by now.
pub fn of_region_groups(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    replay(tx, merchant, Kind::RegionGroup.as_str(), &known("region_groups", "region_group"), now)
}

/// Lines whose customer group is known by now.
pub fn of_customer_groups(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    replay(tx, merchant, Kind::CustomerGroup.as_str(), &known("customer_groups", "customer_group"), now)
}

fn known(table: &str, kind: &str) -> String {
    format!(
        "exists (select 1 from {table} g where g.merchant_id = $1 and g.code = coalesce( \
           (select m.ours from code_maps m where m.merchant_id = $1 and m.kind = '{kind}' and m.theirs = w.code), w.code))"
    )
}

/// In the order they came, one line of a row at a time: the next one of it comes with the next round.
fn replay(tx: &mut PgConnection, merchant: MerchantId, waits_for: &str, there: &str, now: DateTime<Utc>) -> Result<usize> {
    let methods = [&PROD_PRICE_UPDATE, &SKU_PRICE_UPDATE];
    let sql = format!(
        "select w.id, w.method, w.key, w.line from parked_lines w where w.merchant_id = $1 and w.waits_for = $2 and w.method = any($3) \
         and w.settled_at is null and {there} order by w.id limit $4 for update of w skip locked"
    );
    let mut ready: Vec<Ready> = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(waits_for)
        .bind::<Array<Text>, _>(methods.map(|m| m.name).to_vec())
        .bind::<BigInt, _>(i64::try_from(MAX_LINES).unwrap_or(i64::MAX))
        .load(tx)?;
    let mut seen = HashSet::new();
    ready.retain(|r| seen.insert(r.key.clone()));
    let (cause, scope) = (Cause::system(merchant, "replay", now), Scope { merchant, shops: None, lang: Lang::Zh, now });
    for method in methods {
        let mine: Vec<&Ready> = ready.iter().filter(|r| r.method == method.name).collect();
        if mine.is_empty() {
            continue;
        }
        let batch = Batch { lines: mine.iter().map(|r| r.line.clone()).collect(), ..Batch::default() };
        let report = feeds::run(tx, &cause, &scope, Channel::Replay, method, batch)?;
        let ended: Vec<_> = mine.iter().map(|r| r.id).zip(report.results.iter().map(|r| r.outcome)).collect();
        feeds::settle_parked(tx, merchant, &ended, now)?;
    }
    Ok(ready.len())
}
