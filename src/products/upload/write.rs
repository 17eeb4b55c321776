//! All that the lines of a call change, in a handful of statements.

use super::plan::Job;
use crate::ids::ProductId;
use crate::products::draft::{Draft, two_places};
use crate::products::matching::Item;
use crate::products::matching_pass::{Ended, Match};
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Text, Timestamptz};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The columns every written product has in the recordset.
const RECORD: &str = "prod_id text, erp_code text, name text, category_id text, brand text, spec text, manufacturer text, approval_no text, \
     barcode text, unit text, enabled boolean, details jsonb, explicit_base text, grams text[], source_time timestamptz, \
     erp_created_at timestamptz, erp_updated_at timestamptz, gtin text, approval_key text, name_key text, spec_key text, maker_key text, \
     price numeric, moved boolean, base bigint, match_kind text, audit_status text";

/// Writes the jobs; the ids of their products, in the same order.
pub(super) fn write(tx: &mut PgConnection, cause: &Cause, jobs: &[Job]) -> Result<Vec<ProductId>> {
    let made = insert(tx, cause, jobs.iter().filter(|j| j.old.is_none()))?;
    update(tx, cause, jobs.iter().filter(|j| j.old.is_some() && j.touched))?;
    let entries: Vec<Entry> = jobs.iter().filter(|j| j.changed).map(entry).collect();
    trail::record(tx, cause, &entries)?;
    let id = |job: &Job| match &job.old {
        Some(old) => Ok(old.id),
        None => made.get(&job.draft.prod_id).copied().ok_or_else(|| Error::broken(format!("{} was not inserted", job.draft.prod_id))),
    };
    jobs.iter().map(id).collect()
}

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = BigInt)]
    id: ProductId,
    #[diesel(sql_type = Text)]
    prod_id: String,
}

fn row(job: &Job, cause: &Cause) -> Map<String, Value> {
    let mut row = match &job.ended {
        Some(ended) => job.draft.row(cause.merchant, &ended.subject.item),
        None => job.draft.row(cause.merchant, &Item::new(job.draft.texts())),
    };
    row.insert("source_time".into(), json!(job.source_time));
    row.insert("price".into(), json!(job.price.map(two_places)));
    let moved = job.ended.as_ref().and_then(Ended::moved);
    row.insert("moved".into(), moved.is_some().into());
    if let Some(Match { base, kind, audit_status }) = moved {
        row.insert("base".into(), json!(base));
        row.insert("match_kind".into(), kind.into());
        row.insert("audit_status".into(), audit_status.into());
    }
    row
}

/// New products with their match, keys and default SKUs: one statement.
fn insert<'a>(tx: &mut PgConnection, cause: &Cause, jobs: impl Iterator<Item = &'a Job>) -> Result<HashMap<String, ProductId>> {
    let rows: Vec<Value> = jobs
        .map(|job| {
            let mut row = row(job, cause);
            row.insert("sku_id".into(), job.sku_id.clone().into());
            Value::Object(row)
        })
        .collect();
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "with want as materialized (select * from jsonb_to_recordset($2) as w({RECORD}, sku_id text)), \
         named as (insert into external_ids (merchant_id, ext_id, kind) \
             select $1, n.ext_id, n.kind from (select prod_id as ext_id, 'product' as kind from want union all select sku_id, 'sku' from want) n), \
         made as (insert into products (merchant_id, prod_id, erp_code, name, category_id, brand, spec, manufacturer, approval_no, barcode, unit, \
             enabled, details, explicit_base, base_product_id, match_kind, audit_status, grams, source_time, erp_created_at, erp_updated_at, \
             created_at, updated_at) \
             select $1, prod_id, erp_code, name, category_id, brand, spec, manufacturer, approval_no, barcode, unit, \
             enabled, details, explicit_base, base, match_kind, audit_status, grams, source_time, erp_created_at, erp_updated_at, $3, $3 from want returning id, prod_id), \
         keyed as (insert into product_keys (merchant_id, product_id, gtin, approval_key, name_key, spec_key, maker_key) \
             select $1, m.id, w.gtin, w.approval_key, w.name_key, w.spec_key, w.maker_key from want w join made m using (prod_id)), \
         skued as (insert into skus (merchant_id, sku_id, product_id, code, barcode, base_price, is_default, created_at, updated_at) \
             select $1, w.sku_id, m.id, left(w.erp_code, 20), w.barcode, w.price, true, $3, $3 from want w join made m using (prod_id)) \
         select id, prod_id from made"
    );
    let made: Vec<Made> = diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Jsonb, _>(Value::Array(rows))
        .bind::<Timestamptz, _>(cause.now)
        .load(tx)?;
    Ok(made.into_iter().map(|m| (m.prod_id, m.id)).collect())
}

/// Changed products, their keys, and the price of SKUs that follow the product's: one statement. What loses its approval leaves the
/// shelf, and its listing is remembered as a wish.
fn update<'a>(tx: &mut PgConnection, cause: &Cause, jobs: impl Iterator<Item = &'a Job>) -> Result<()> {
    let rows: Vec<Value> = jobs
        .filter_map(|job| {
            let old = job.old.as_ref()?;
            let mut row = row(job, cause);
            row.insert("id".into(), json!(old.id));
            row.insert("old_price".into(), json!(old.draft.price().map(two_places)));
            row.insert("changed".into(), job.changed.into());
            Some(Value::Object(row))
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "with want as materialized (select * from jsonb_to_recordset($2) as w({RECORD}, id bigint, old_price numeric, changed boolean)), \
         keyed as (update product_keys k set gtin = w.gtin, approval_key = w.approval_key, name_key = w.name_key, spec_key = w.spec_key, \
             maker_key = w.maker_key from want w where w.changed and k.merchant_id = $1 and k.product_id = w.id), \
         priced as (update skus s set base_price = w.price, version = s.version + 1, updated_at = $3 from want w \
             where s.merchant_id = $1 and s.product_id = w.id and w.price is not null \
             and (s.base_price is null or (s.is_default and s.base_price = w.old_price)) and s.base_price is distinct from w.price) \
         update products p set erp_code = w.erp_code, name = w.name, category_id = w.category_id, brand = w.brand, spec = w.spec, \
         manufacturer = w.manufacturer, approval_no = w.approval_no, barcode = w.barcode, unit = w.unit, enabled = w.enabled, \
         details = w.details, explicit_base = w.explicit_base, grams = w.grams, source_time = w.source_time, \
         erp_created_at = w.erp_created_at, erp_updated_at = w.erp_updated_at, version = p.version + w.changed::int, \
         base_product_id = case when w.moved then w.base else p.base_product_id end, \
         match_kind = case when w.moved then w.match_kind else p.match_kind end, \
         audit_status = case when w.moved then w.audit_status else p.audit_status end, \
         listing = case when w.moved and w.audit_status = 'pending' and p.listing = 'listed' then 'unlisted' else p.listing end, \
         unlisted_by = case when w.moved and w.audit_status = 'pending' and p.listing = 'listed' then 'rule' else p.unlisted_by end, \
         list_wish = p.list_wish or (w.moved and w.audit_status = 'pending' and p.listing = 'listed'), \
         updated_at = case when w.changed then $3 else p.updated_at end \
         from want w where p.merchant_id = $1 and p.id = w.id"
    );
    diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Jsonb, _>(Value::Array(rows))
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    Ok(())
}

fn entry(job: &Job) -> Entry {
    let entry = match &job.old {
        None => Entry::new("product.created", "product", &job.draft.prod_id).change(Value::Null, json!(job.draft)),
        Some(old) => {
            let (before, after) = difference(&old.draft, &job.draft);
            Entry::new("product.changed", "product", &job.draft.prod_id).change(before, after)
        }
    };
    entry.line(job.line_no)
}

/// The fields that differ, before and after.
fn difference(before: &Draft, after: &Draft) -> (Value, Value) {
    let (Value::Object(mut before), Value::Object(mut after)) = (json!(before), json!(after)) else {
        return (Value::Null, Value::Null);
    };
    for map in [&mut before, &mut after] {
        if let Some(Value::Object(details)) = map.shift_remove("details") {
            map.extend(details);
        }
    }
    let same: Vec<String> = before.iter().filter(|(name, value)| after.get(*name) == Some(*value)).map(|(name, _)| name.clone()).collect();
    for name in same {
        before.shift_remove(&name);
        after.shift_remove(&name);
    }
    (Value::Object(before), Value::Object(after))
}
