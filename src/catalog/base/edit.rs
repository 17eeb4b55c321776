//! Changes to one base product.

use super::create::{BETWEEN, add_barcodes, check_category, told};
use super::{BaseProduct, Draft, find};
use crate::catalog::categories;
use crate::form::Form;
use crate::ids::{BaseId, MerchantId};
use crate::merchants::recheck::{self, About};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text as SqlText, Timestamptz};
use serde_json::{Map, Value, json};

/// Makes it what the draft says. Somebody else's change in between is a conflict, told before anything is overwritten.
pub fn edit(tx: &mut PgConnection, cause: &Cause, id: BaseId, version: i32, draft: &Draft) -> Result<BaseProduct> {
    let before = locked(tx, id, Some(version))?;
    let draft = Draft { code: Some(before.code.clone()), ..draft.tidy() };
    let mut form = draft.check();
    let wanted: Vec<String> = draft.category_id.iter().cloned().collect();
    check_category(&draft, &categories::by_ids(tx, MerchantId::PLATFORM, &wanted)?, &mut form);
    if form.is_bad() {
        return Err(Error::invalid(form));
    }
    let (old, new) = difference(&before.draft(), &draft);
    if new.is_empty() {
        return Ok(before);
    }
    write(tx, cause, id, &draft)?;
    let entry = Entry::new("base.changed", "base_product", &before.code).change(Value::Object(old), Value::Object(new));
    trail::record(tx, &cause.at(MerchantId::PLATFORM), &[entry])?;
    if draft.category_id != before.category_id {
        recheck::ask(tx, cause, &About::Base(id))?;
    }
    find(tx, id)
}

/// The row, locked, as long as it is still its own and of this version.
pub(super) fn locked(tx: &mut PgConnection, id: BaseId, version: Option<i32>) -> Result<BaseProduct> {
    diesel::sql_query("select 1 from base_products where id = $1 for no key update").bind::<BigInt, _>(id).execute(tx)?;
    let row = find(tx, id)?;
    if row.is_merged() {
        return Err(Error::Conflict(Text::new("base-is-merged").with(&row.code)));
    }
    if version.is_some_and(|v| v != row.version) {
        return Err(Error::Conflict(Text::new("base-changed-meanwhile").with(&row.code)));
    }
    Ok(row)
}

/// The fields in which two drafts differ, before and after.
pub(super) fn difference(before: &Draft, after: &Draft) -> (Map<String, Value>, Map<String, Value>) {
    let (old, new) = (told(before), told(after));
    let (mut was, mut is) = (Map::new(), Map::new());
    let empty = json!("");
    for name in
        ["name", "trade_name", "spec", "dosage_form", "unit", "manufacturer", "brand", "approval_no", "origin", "barcodes", "category_id"]
    {
        let (a, b) = (old.get(name).unwrap_or(&empty), new.get(name).unwrap_or(&empty));
        let same_barcodes = name == "barcodes" && sorted(before) == sorted(after);
        if a != b && !same_barcodes {
            was.insert(name.to_owned(), a.clone());
            is.insert(name.to_owned(), b.clone());
        }
    }
    (was, is)
}

fn sorted(draft: &Draft) -> Vec<(String, String, bool)> {
    let mut all = draft.gtins();
    all.sort();
    all
}

/// Writes texts, keys and barcodes of a tidy, checked draft.
pub(super) fn write(tx: &mut PgConnection, cause: &Cause, id: BaseId, draft: &Draft) -> Result<()> {
    let keys = draft.keys();
    diesel::sql_query(
        "update base_products set name = $2, trade_name = $3, spec = $4, dosage_form = $5, unit = $6, manufacturer = $7, brand = $8, approval_no = $9, \
           category_id = $10, origin = $11, name_key = $12, spec_key = $13, maker_key = $14, approval_key = $15, grams = string_to_array($16, $17), \
           version = version + 1, updated_at = $18 where id = $1",
    )
    .bind::<BigInt, _>(id)
    .bind::<SqlText, _>(&draft.name)
    .bind::<SqlText, _>(&draft.trade_name)
    .bind::<SqlText, _>(&draft.spec)
    .bind::<SqlText, _>(&draft.dosage_form)
    .bind::<SqlText, _>(&draft.unit)
    .bind::<SqlText, _>(&draft.manufacturer)
    .bind::<SqlText, _>(&draft.brand)
    .bind::<SqlText, _>(&draft.approval_no)
    .bind::<Nullable<SqlText>, _>(&draft.category_id)
    .bind::<SqlText, _>(&draft.origin)
    .bind::<SqlText, _>(keys.name)
    .bind::<SqlText, _>(keys.spec)
    .bind::<SqlText, _>(keys.maker)
    .bind::<SqlText, _>(keys.approval)
    .bind::<SqlText, _>(keys.grams.join(BETWEEN))
    .bind::<SqlText, _>(BETWEEN)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let kept: Vec<String> = draft.gtins().into_iter().map(|(gtin, ..)| gtin).collect();
    diesel::sql_query("delete from base_barcodes where base_id = $1 and gtin <> all($2)")
        .bind::<BigInt, _>(id)
        .bind::<Array<SqlText>, _>(kept)
        .execute(tx)?;
    add_barcodes(tx, &[id], std::slice::from_ref(draft))
}

/// No new product is matched to it; linked ones keep their link.
pub fn disable(tx: &mut PgConnection, cause: &Cause, id: BaseId, reason: &str) -> Result<BaseProduct> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid(Form::default().with_error("reason", Text::new("form-missing"))));
    }
    switch(tx, cause, id, "active", "disabled", reason)
}

pub fn enable(tx: &mut PgConnection, cause: &Cause, id: BaseId) -> Result<BaseProduct> {
    switch(tx, cause, id, "disabled", "active", "")
}

fn switch(tx: &mut PgConnection, cause: &Cause, id: BaseId, from: &str, to: &str, reason: &str) -> Result<BaseProduct> {
    let before = locked(tx, id, None)?;
    if before.status != from {
        return Ok(before);
    }
    diesel::sql_query("update base_products set status = $2, version = version + 1, updated_at = $3 where id = $1")
        .bind::<BigInt, _>(id)
        .bind::<SqlText, _>(to)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    let verb = if to == "active" { "base.enabled" } else { "base.disabled" };
    let mut entry = Entry::new(verb, "base_product", &before.code).change(json!({ "status": from }), json!({ "status": to }));
    if !reason.is_empty() {
        entry = entry.note(reason);
    }
    trail::record(tx, &cause.at(MerchantId::PLATFORM), &[entry])?;
    recheck::ask(tx, cause, &About::Base(id))?;
    find(tx, id)
}
