//! Two base products that are one: the survivor answers for both.

use super::create::check_category;
use super::edit::{difference, locked, write};
use super::{BaseProduct, Draft, find};
use crate::catalog::categories;
use crate::ids::{BaseId, MerchantId};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text as SqlText, Timestamptz};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = BigInt)]
    merchant_id: MerchantId,
    #[diesel(sql_type = SqlText)]
    prod_id: String,
}

/// Merges `loser` into `keep`, whose texts become what `chosen` says. Barcodes of both, products linked to the loser and
/// codes that led to it go to the survivor; the loser's own code leads there from now on.
pub fn merge(tx: &mut PgConnection, cause: &Cause, keep: (BaseId, i32), loser: (BaseId, i32), chosen: &Draft) -> Result<BaseProduct> {
    if keep.0 == loser.0 {
        return Err(Error::Conflict(Text::new("base-merge-itself")));
    }
    // In the order of the numbers, so that two merges the other way round wait for each other instead of for ever.
    let (first, second) = if keep.0 < loser.0 { (keep, loser) } else { (loser, keep) };
    let rows = [locked(tx, first.0, Some(first.1))?, locked(tx, second.0, Some(second.1))?];
    let [a, b] = rows;
    let (survivor, gone) = if a.id == keep.0 { (a, b) } else { (b, a) };
    let mut draft = Draft { code: Some(survivor.code.clone()), ..chosen.tidy() };
    draft.barcodes.extend(survivor.barcodes.iter().chain(&gone.barcodes).cloned());
    let draft = draft.tidy();
    let mut form = draft.check();
    let wanted: Vec<String> = draft.category_id.iter().cloned().collect();
    check_category(&draft, &categories::by_ids(tx, MerchantId::PLATFORM, &wanted)?, &mut form);
    if form.is_bad() {
        return Err(Error::invalid(form));
    }
    // Moved as they are, so that a number somebody marked as a carton's stays one.
    diesel::sql_query(
        "insert into base_barcodes (gtin, base_id, barcode, carton) select gtin, $1, barcode, carton from base_barcodes where base_id = $2 on conflict do nothing",
    )
    .bind::<BigInt, _>(survivor.id)
    .bind::<BigInt, _>(gone.id)
    .execute(tx)?;
    diesel::sql_query("delete from base_barcodes where base_id = $1").bind::<BigInt, _>(gone.id).execute(tx)?;
    write(tx, cause, survivor.id, &draft)?;
    diesel::sql_query(
        "update base_products set merged_into = $1, status = 'merged', version = version + 1, updated_at = $3 where id = $2 or merged_into = $2",
    )
    .bind::<BigInt, _>(survivor.id)
    .bind::<BigInt, _>(gone.id)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let moved: Vec<Moved> = diesel::sql_query(
        "update products set base_product_id = $1, version = version + 1, updated_at = $3 where base_product_id = $2 returning merchant_id, prod_id",
    )
    .bind::<BigInt, _>(survivor.id)
    .bind::<BigInt, _>(gone.id)
    .bind::<Timestamptz, _>(cause.now)
    .load(tx)?;
    tell(tx, cause, &survivor, &gone, &draft, moved)?;
    find(tx, survivor.id)
}

fn tell(tx: &mut PgConnection, cause: &Cause, survivor: &BaseProduct, gone: &BaseProduct, draft: &Draft, moved: Vec<Moved>) -> Result<()> {
    let (mut was, mut is) = difference(&survivor.draft(), draft);
    was.insert("merged".into(), Value::Null);
    is.insert("merged".into(), json!(gone.code));
    let entries = [
        Entry::new("base.took_over", "base_product", &survivor.code).change(Value::Object(was), Value::Object(is)),
        Entry::new("base.merged", "base_product", &gone.code)
            .change(json!({ "status": gone.status }), json!({ "status": "merged", "merged_into": survivor.code, "products": moved.len() })),
    ];
    trail::record(tx, &cause.at(MerchantId::PLATFORM), &entries)?;
    let mut by_merchant: BTreeMap<MerchantId, Vec<Entry>> = BTreeMap::new();
    for row in moved {
        let entry = Entry::new("product.base_merged", "product", row.prod_id)
            .change(json!({ "base": gone.code }), json!({ "base": survivor.code }));
        by_merchant.entry(row.merchant_id).or_default().push(entry);
    }
    for (merchant, entries) in by_merchant {
        trail::record(tx, &cause.at(merchant), &entries)?;
    }
    Ok(())
}
