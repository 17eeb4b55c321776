//! New base products, one or thousands with the same few statements.

use super::{BaseProduct, Draft, by_ids};
use crate::catalog::categories;
use crate::form::Form;
use crate::ids::{BaseId, MerchantId};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text as SqlText, Timestamptz};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Creates one; `Error::Invalid` tells by field what is wrong.
pub fn create(tx: &mut PgConnection, cause: &Cause, draft: &Draft) -> Result<BaseProduct> {
    let made = create_many(tx, cause, std::slice::from_ref(draft))?;
    made.into_iter().next().ok_or_else(|| Error::broken("a base product was created and not found"))
}

/// Creates all or none, in the order given. `Error::Invalid` tells what is wrong with the first bad one; ask
/// [`problems`] before to tell of all.
pub fn create_many(tx: &mut PgConnection, cause: &Cause, drafts: &[Draft]) -> Result<Vec<BaseProduct>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let mut drafts: Vec<Draft> = drafts.iter().map(Draft::tidy).collect();
    if let Some(bad) = problems(tx, &drafts)?.into_iter().find(Form::is_bad) {
        return Err(Error::invalid(bad));
    }
    let ids = draw_ids(tx, drafts.len())?;
    give_codes(tx, &mut drafts, &ids)?;
    insert(tx, cause, &ids, &drafts)?;
    add_barcodes(tx, &ids, &drafts)?;
    let entries: Vec<Entry> = drafts
        .iter()
        .map(|d| Entry::new("base.created", "base_product", d.code.as_deref().unwrap_or_default()).change(Value::Null, told(d)))
        .collect();
    trail::record(tx, &cause.at(MerchantId::PLATFORM), &entries)?;
    let mut rows: HashMap<BaseId, BaseProduct> = by_ids(tx, &ids)?.into_iter().map(|b| (b.id, b)).collect();
    Ok(ids.iter().filter_map(|id| rows.remove(id)).collect())
}

#[derive(QueryableByName)]
struct Code {
    #[diesel(sql_type = SqlText)]
    code: String,
}

/// What is wrong with each draft, also in the light of what is there: codes in use, categories.
pub fn problems(c: &mut PgConnection, drafts: &[Draft]) -> Result<Vec<Form>> {
    let drafts: Vec<Draft> = drafts.iter().map(Draft::tidy).collect();
    let taken: HashSet<String> = taken(c, drafts.iter().filter_map(|d| d.code.clone()).collect())?;
    let mut seen = HashSet::new();
    let wanted: HashSet<String> = drafts.iter().filter_map(|d| d.category_id.clone()).collect();
    let known = categories::by_ids(c, MerchantId::PLATFORM, &wanted.into_iter().collect::<Vec<_>>())?;
    let mut forms = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        let mut form = draft.check();
        if let Some(code) = &draft.code {
            if taken.contains(code) {
                form.complain("code", Text::new("base-code-taken").with(code));
            } else if !seen.insert(code) {
                form.complain("code", Text::new("base-code-twice").with(code));
            }
        }
        check_category(draft, &known, &mut form);
        forms.push(form);
    }
    Ok(forms)
}

/// C-04: base products hang on leaves too.
pub(super) fn check_category(draft: &Draft, known: &HashMap<String, categories::Category>, form: &mut Form) {
    let Some(id) = &draft.category_id else { return };
    match known.get(id) {
        None => form.complain("category_id", Text::new("base-category-unknown").with(id)),
        Some(category) if category.level != 3 => form.complain("category_id", Text::new("base-category-leaf").with(&category.name)),
        Some(_) => {}
    }
}

fn taken(c: &mut PgConnection, codes: Vec<String>) -> Result<HashSet<String>> {
    if codes.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<Code> =
        diesel::sql_query("select code from base_products where code = any($1)").bind::<Array<SqlText>, _>(codes).load(c)?;
    Ok(found.into_iter().map(|f| f.code).collect())
}

#[derive(QueryableByName)]
struct Drawn {
    #[diesel(sql_type = BigInt)]
    id: BaseId,
}

fn draw_ids(tx: &mut PgConnection, count: usize) -> Result<Vec<BaseId>> {
    let count = i64::try_from(count).map_err(Error::broken)?;
    let drawn: Vec<Drawn> =
        diesel::sql_query("select nextval(pg_get_serial_sequence('base_products', 'id')) as id from generate_series(1, $1)")
            .bind::<BigInt, _>(count)
            .load(tx)?;
    Ok(drawn.into_iter().map(|d| d.id).collect())
}

/// `BP-` and the row's own number; where somebody has brought that code along, the next free number.
fn give_codes(tx: &mut PgConnection, drafts: &mut [Draft], ids: &[BaseId]) -> Result<()> {
    let code = |id: &BaseId| format!("BP-{:07}", id.0);
    for (draft, id) in drafts.iter_mut().zip(ids).filter(|(d, _)| d.code.is_none()) {
        draft.code = Some(code(id));
    }
    let brought: HashSet<String> = drafts.iter().zip(ids).filter_map(|(d, id)| d.code.clone().filter(|c| *c != code(id))).collect();
    let mut used = taken(tx, ids.iter().map(code).collect())?;
    used.extend(brought);
    for (draft, id) in drafts.iter_mut().zip(ids) {
        while draft.code.as_ref().is_some_and(|c| *c == code(id) && used.contains(c)) {
            let more: Vec<String> = draw_ids(tx, 200)?.iter().map(code).collect();
            let gone = taken(tx, more.clone())?;
            if let Some(free) = more.into_iter().find(|c| !gone.contains(c) && !used.contains(c)) {
                used.insert(free.clone());
                draft.code = Some(free);
            }
        }
    }
    Ok(())
}

/// Tokens travel as one text per row, since arrays of arrays cannot be taken apart row by row.
pub(super) const BETWEEN: &str = "\u{1f}";

fn insert(tx: &mut PgConnection, cause: &Cause, ids: &[BaseId], drafts: &[Draft]) -> Result<()> {
    let keys: Vec<_> = drafts.iter().map(Draft::keys).collect();
    let text = |pick: fn(&Draft) -> &str| drafts.iter().map(pick).collect::<Vec<_>>();
    diesel::sql_query(
        "insert into base_products (id, code, name, trade_name, spec, dosage_form, unit, manufacturer, brand, approval_no, category_id, origin, \
           name_key, spec_key, maker_key, approval_key, grams, created_at, updated_at) overriding system value \
         select d.id, d.code, d.name, d.trade_name, d.spec, d.dosage_form, d.unit, d.manufacturer, d.brand, d.approval_no, d.category_id, d.origin, \
           d.name_key, d.spec_key, d.maker_key, d.approval_key, string_to_array(d.grams, $18), $19, $19 \
         from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
           as d(id, code, name, trade_name, spec, dosage_form, unit, manufacturer, brand, approval_no, category_id, origin, name_key, spec_key, maker_key, approval_key, grams)",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<SqlText>, _>(text(|d| d.code.as_deref().unwrap_or_default()))
    .bind::<Array<SqlText>, _>(text(|d| &d.name))
    .bind::<Array<SqlText>, _>(text(|d| &d.trade_name))
    .bind::<Array<SqlText>, _>(text(|d| &d.spec))
    .bind::<Array<SqlText>, _>(text(|d| &d.dosage_form))
    .bind::<Array<SqlText>, _>(text(|d| &d.unit))
    .bind::<Array<SqlText>, _>(text(|d| &d.manufacturer))
    .bind::<Array<SqlText>, _>(text(|d| &d.brand))
    .bind::<Array<SqlText>, _>(text(|d| &d.approval_no))
    .bind::<Array<Nullable<SqlText>>, _>(drafts.iter().map(|d| d.category_id.as_deref()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(text(|d| &d.origin))
    .bind::<Array<SqlText>, _>(keys.iter().map(|k| k.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(keys.iter().map(|k| k.spec.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(keys.iter().map(|k| k.maker.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(keys.iter().map(|k| k.approval.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(keys.iter().map(|k| k.grams.join(BETWEEN)).collect::<Vec<_>>())
    .bind::<SqlText, _>(BETWEEN)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    Ok(())
}

pub(super) fn add_barcodes(tx: &mut PgConnection, ids: &[BaseId], drafts: &[Draft]) -> Result<()> {
    let mut rows: Vec<(BaseId, String, String, bool)> = Vec::new();
    for (id, draft) in ids.iter().zip(drafts) {
        rows.extend(draft.gtins().into_iter().map(|(gtin, printed, carton)| (*id, gtin, printed, carton)));
    }
    if rows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into base_barcodes (base_id, gtin, barcode, carton) select * from unnest($1, $2, $3, $4) on conflict do nothing",
    )
    .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.0).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(rows.iter().map(|r| r.1.as_str()).collect::<Vec<_>>())
    .bind::<Array<SqlText>, _>(rows.iter().map(|r| r.2.as_str()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(rows.iter().map(|r| r.3).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}

/// What is stated, for the trail.
pub(super) fn told(draft: &Draft) -> Value {
    let mut map: Map<String, Value> =
        draft.texts().into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.to_owned(), json!(text))).collect();
    if !draft.barcodes.is_empty() {
        map.insert("barcodes".into(), json!(draft.barcodes.join(" ")));
    }
    if let Some(category) = &draft.category_id {
        map.insert("category_id".into(), json!(category));
    }
    Value::Object(map)
}
