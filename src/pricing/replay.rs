//! Price lines that waited for a SKU or a group come back when it is there, or when a person has said which of ours is meant.

use super::api::{PROD_PRICE_UPDATE, SKU_PRICE_UPDATE};
use super::push::WAITS_FOR_SKU;
use crate::Result;
use crate::feeds::replay::{self, Wanted};
use crate::guards::codes::Kind;
use crate::ids::MerchantId;
use crate::wire::MAX_LINES;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::HashSet;

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
    let wanted = Wanted { methods: &methods, waits_for, there, newest_first: false, limit: MAX_LINES };
    let mut ready = replay::ready(tx, merchant, &wanted)?;
    let mut seen = HashSet::new();
    ready.retain(|r| seen.insert(r.key.clone()));
    let mut settled = 0;
    for method in methods {
        let mine = ready.extract_if(.., |r| r.method == method.name).collect();
        settled += replay::replay(tx, merchant, method, mine, &[], now)?;
    }
    Ok(settled)
}
