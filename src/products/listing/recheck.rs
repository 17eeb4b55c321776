//! Decisions of the floors below that bear on many products at once, worked off a step at a time: a rule switched, a category
//! forbidden or allowed, an entry of the block list, a base product switched off (P-08, P-16).

use super::settle;
use crate::Result;
use crate::catalog::blocklist;
use crate::ids::{MerchantId, ProductId};
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;

/// Products of one step, which is one transaction.
const AT_ONCE: i64 = 1000;

#[derive(QueryableByName)]
struct Asked {
    #[diesel(sql_type = BigInt)]
    merchant_id: MerchantId,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = BigInt)]
    seen_merchant: i64,
    #[diesel(sql_type = BigInt)]
    seen_product: i64,
}

#[derive(QueryableByName)]
struct Met {
    #[diesel(sql_type = BigInt)]
    merchant_id: MerchantId,
    #[diesel(sql_type = BigInt)]
    id: ProductId,
}

/// The next step of the oldest recheck that nobody else is at; `None` when there is none. How many products it looked at.
///
/// Only approved products are looked at: no other is listed, and none can be.
pub fn step(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<Option<usize>> {
    let asked: Option<Asked> = diesel::sql_query(
        "select merchant_id, id, about, key, seen_merchant, seen_product from listing_rechecks order by id limit 1 for update skip locked",
    )
    .get_result(tx)
    .optional()?;
    let Some(asked) = asked else { return Ok(None) };
    let met = met(tx, &asked)?;
    let mut by_merchant: BTreeMap<MerchantId, Vec<ProductId>> = BTreeMap::new();
    for one in &met {
        by_merchant.entry(one.merchant_id).or_default().push(one.id);
    }
    for (merchant, products) in by_merchant {
        settle(tx, &Cause::system(merchant, "recheck", now), &products)?;
    }
    match met.last().filter(|_| i64::try_from(met.len()).is_ok_and(|n| n == AT_ONCE)) {
        Some(last) => {
            diesel::sql_query("update listing_rechecks set seen_merchant = $3, seen_product = $4 where merchant_id = $1 and id = $2")
                .bind::<BigInt, _>(asked.merchant_id)
                .bind::<BigInt, _>(asked.id)
                .bind::<BigInt, _>(last.merchant_id)
                .bind::<BigInt, _>(last.id)
                .execute(tx)?
        }
        None => diesel::sql_query("delete from listing_rechecks where merchant_id = $1 and id = $2")
            .bind::<BigInt, _>(asked.merchant_id)
            .bind::<BigInt, _>(asked.id)
            .execute(tx)?,
    };
    Ok(Some(met.len()))
}

/// The next products that it bears on, in the order of merchants and ids, as they are locked.
fn met(tx: &mut PgConnection, asked: &Asked) -> Result<Vec<Met>> {
    let place = "(p.merchant_id, p.id) > ($1, $2) and p.audit_status = 'approved'";
    let sql = match asked.about.as_str() {
        "rule" => format!("select p.merchant_id, p.id from products p where {place} and p.merchant_id = $3 and $4 = ''"),
        "category" => format!(
            "with recursive branch as (select c.id from categories c where c.merchant_id = $3 and c.id = $4 \
               union select c.id from branch b join categories c on c.merchant_id = $3 and c.parent_id = b.id) \
             select p.merchant_id, p.id from branch r join base_products b on b.category_id = r.id join products p on p.base_product_id = b.id where {place}"
        ),
        // Lifted or not: what it hit before is looked at again too.
        "block" => format!(
            "select p.merchant_id, p.id from (select kind, key, null::timestamptz as lifted_at from block_list where $3 = 0 and id = $4::bigint) x \
             join product_keys k on {} join products p on p.merchant_id = k.merchant_id and p.id = k.product_id where {place}",
            blocklist::HITS
        ),
        _ => format!("select p.merchant_id, p.id from products p where {place} and $3 = 0 and p.base_product_id = $4::bigint"),
    };
    Ok(diesel::sql_query(format!("{sql} order by p.merchant_id, p.id limit {AT_ONCE}"))
        .bind::<BigInt, _>(asked.seen_merchant)
        .bind::<BigInt, _>(asked.seen_product)
        .bind::<BigInt, _>(asked.merchant_id)
        .bind::<Text, _>(&asked.key)
        .load(tx)?)
}
