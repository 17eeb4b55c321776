//! `sku.add_or_edit` (K-04): partial on edit like products; all lines in a handful of statements.

use super::{SELECT, Sku};
use crate::Result;
use crate::clock::on_the_wire;
use crate::gate::exceptions::PRICE_FIELDS;
use crate::gate::{self, Cover, Guarded};
use crate::guards;
use crate::ids::ProductId;
use crate::products::draft::{barcode_warning, two_places};
use crate::products::guard;
use crate::products::ids::{self, Kind};
use crate::products::listing;
use crate::products::upload::no_price;
use crate::text::Lang;
use crate::trail::{self, Cause, Entry};
use crate::wire::{Line, LineCode, LineResult, Module, Outcome, Patch, Problem, Scope, Withheld};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

#[derive(QueryableByName, Clone)]
struct Owner {
    #[diesel(sql_type = BigInt)]
    id: ProductId,
    #[diesel(sql_type = Text)]
    prod_id: String,
    /// The product's default unit price.
    #[diesel(sql_type = Nullable<Text>)]
    price: Option<String>,
}

/// The content of a SKU.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Draft {
    sku_id: String,
    product_id: ProductId,
    code: String,
    barcode: String,
    picture: String,
    attributes: Value,
    base_price: Option<Decimal>,
    cost_price: Option<Decimal>,
    retail_price: Option<Decimal>,
    member_price: Option<Decimal>,
    reference_price: Option<Decimal>,
    enabled: bool,
    erp_created_at: Option<DateTime<Utc>>,
    erp_updated_at: Option<DateTime<Utc>>,
}

struct Job {
    line_no: i32,
    draft: Draft,
    before: Option<Draft>,
    source_time: Option<DateTime<Utc>>,
    changed: bool,
    touched: bool,
    result: LineResult,
}

struct Known {
    guarded: Guarded,
    no_price: Option<Cover>,
    ids: HashMap<String, Kind>,
    owners: HashMap<String, Owner>,
    skus: HashMap<String, Sku>,
}

pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let known = load(tx, cause, &lines)?;
    let mut results = Vec::with_capacity(lines.len());
    let mut jobs = Vec::with_capacity(lines.len());
    for line in lines {
        match plan(line, &known, scope.lang) {
            Ok(job) => jobs.push(job),
            Err(end) => results.push(*end),
        }
    }
    stop_wild_prices(tx, cause, &mut jobs)?;
    write(tx, cause, &jobs)?;
    let changed: BTreeSet<ProductId> = jobs.iter().filter(|j| j.changed).map(|j| j.draft.product_id).collect();
    listing::settle(tx, cause, &changed.into_iter().collect::<Vec<_>>())?;
    results.extend(jobs.into_iter().map(|j| j.result));
    Ok(results)
}

/// Prices that move too far, or too many of them, stay as they are until a person has looked; the rest of the line is taken.
fn stop_wild_prices(tx: &mut PgConnection, cause: &Cause, jobs: &mut [Job]) -> Result<()> {
    let moves = |job: &Job| job.before.as_ref().is_some_and(|b| b.base_price != job.draft.base_price);
    if !jobs.iter().any(moves) {
        return Ok(());
    }
    let rules = guards::rules(tx, cause.merchant)?;
    let danger = |job: &Job| {
        let before = job.before.as_ref()?.base_price;
        guard::price(&rules, job.line_no, before, job.draft.base_price, job.draft.cost_price)
    };
    let dangers: Vec<_> = jobs.iter().filter_map(danger).collect();
    let caught = guards::weigh(tx, cause, &dangers)?;
    for job in jobs {
        let (Some(quarantine), Some(before)) = (caught.get(&job.line_no), &job.before) else {
            continue;
        };
        let told = |price: Option<Decimal>| price.map(two_places).unwrap_or_default();
        job.result = guards::stopped(job.result.clone(), *quarantine, "price", &told(job.draft.base_price), told(before.base_price));
        job.draft.base_price = before.base_price;
        job.changed = job.draft != *before;
    }
    Ok(())
}

fn load(tx: &mut PgConnection, cause: &Cause, lines: &[Line]) -> Result<Known> {
    let merchant = cause.merchant;
    let sku_ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("skuId")).collect();
    let sku_ids: Vec<&str> = sku_ids.iter().map(String::as_str).collect();
    let prod_ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("prodId")).collect();
    let ids = ids::known_or_claimed(tx, merchant, &sku_ids, &[])?;
    let owners: Vec<Owner> = diesel::sql_query(
        "select p.id, p.prod_id, p.details->>'price' as price from products p where p.merchant_id = $1 and (p.prod_id = any($2) \
         or p.id in (select product_id from skus where merchant_id = $1 and sku_id = any($3))) order by p.id for no key update",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(&prod_ids)
    .bind::<Array<Text>, _>(&sku_ids)
    .load(tx)?;
    let skus: Vec<Sku> =
        diesel::sql_query(format!("{SELECT} where s.merchant_id = $1 and s.sku_id = any($2) order by s.id for no key update of s"))
            .bind::<BigInt, _>(merchant)
            .bind::<Array<Text>, _>(&sku_ids)
            .load(tx)?;
    let there: Vec<ProductId> = skus.iter().map(|s| s.product_id).collect();
    let priced = lines.iter().any(|l| PRICE_FIELDS.iter().any(|(field, _)| l.has(field)));
    Ok(Known {
        guarded: gate::guarded(tx, cause, &[Module::Product, Module::Price], &there)?,
        no_price: if priced { no_price(tx, cause)? } else { None },
        ids,
        owners: owners.into_iter().map(|o| (o.prod_id.clone(), o)).collect(),
        skus: skus.into_iter().map(|s| (s.sku_id.clone(), s)).collect(),
    })
}

fn plan(mut line: Line, known: &Known, lang: Lang) -> Result<Job, Box<LineResult>> {
    let sku_id = line.text_or_empty("skuId");
    let reject = |line: &Line, problem: Problem| Box::new(LineResult::rejected(line, problem));
    let stored = known.skus.get(&sku_id);
    if stored.is_none() {
        if known.ids.contains_key(&sku_id) {
            let problem = Problem::new(LineCode::IdTaken, "skuId", &sku_id).detail(lang.say(Kind::Product.label(), &[]));
            return Err(reject(&line, problem));
        }
        line.needs_for_insert();
        if !line.is_good() {
            return Err(Box::new(LineResult::unreadable(&line)));
        }
    }
    in_time(&line, stored)?;
    let prod_id = line.text_or_empty("prodId");
    let owner = known.owners.get(&prod_id);
    let mut draft = match (stored, owner) {
        (Some(sku), _) if !prod_id.is_empty() && sku.prod_id != prod_id => {
            return Err(reject(&line, Problem::new(LineCode::OtherProduct, "skuId", &sku_id).detail(&sku.prod_id)));
        }
        (Some(sku), _) => Draft::of(sku),
        (None, Some(owner)) => Draft::new(&sku_id, owner),
        (None, None) => {
            return Err(reject(&line, Problem::new(LineCode::UnknownProduct, "prodId", prod_id)));
        }
    };
    let (told, parts) = match stored {
        Some(sku) => withhold(&mut line, sku, &draft, known, lang)?,
        None => (Vec::new(), Vec::new()),
    };
    draft.take(&line).map_err(|problem| reject(&line, problem))?;
    let mut result = LineResult::of(&line, Outcome::Applied);
    if line.has("barCode") {
        result.problems.extend(barcode_warning("barCode", &draft.barcode, lang));
    }
    let before = stored.map(Draft::of);
    let newest = stored.and_then(|s| s.source_time);
    let source_time = line.time("sourceTime").value().or(newest);
    let changed = before.as_ref() != Some(&draft);
    if !changed {
        result.outcome = if parts.is_empty() { Outcome::Unchanged } else { Outcome::Held };
    }
    result.problems.extend(told);
    result.withheld.extend(parts);
    Ok(Job { line_no: line.no, touched: changed || source_time != newest, draft, before, source_time, changed, result })
}

/// Takes prices that may not be changed by themselves out of the line; they wait as a line of their own.
///
/// # Errors
/// The end of the line, when its product as a whole is an exception.
fn withhold(
    line: &mut Line,
    sku: &Sku,
    before: &Draft,
    known: &Known,
    lang: Lang,
) -> Result<(Vec<Problem>, Vec<Withheld>), Box<LineResult>> {
    let place = (Some(sku.product_id), Some(sku.id), None);
    if let Some(cover) = known.guarded.whole(Module::Product, sku.product_id, Some(sku.id)) {
        let part = Withheld { module: Module::Product, why: cover.why(), line: None, under: None, place };
        return Err(Box::new(LineResult::of(line, Outcome::Held).because(cover.problem("", "", lang)).keeping(part)));
    }
    let all = known.no_price.clone().or_else(|| known.guarded.whole(Module::Price, sku.product_id, Some(sku.id)));
    let (mut told, mut taken, mut why) = (Vec::new(), Map::new(), "item");
    for (field, _) in PRICE_FIELDS {
        if !line.has(field) {
            continue;
        }
        let cover = all.clone().or_else(|| known.guarded.field(Module::Price, sku.product_id, Some(sku.id), field));
        let Some(cover) = cover else { continue };
        let mut with = before.clone();
        if with.take(&line.only(field)).is_err() || with == *before {
            continue;
        }
        let value = line.decimal(field).value().map(two_places).unwrap_or_default();
        taken.extend(line.take_out(&[field]));
        told.push(cover.problem(field, value, lang));
        why = cover.why();
    }
    if taken.is_empty() {
        return Ok((told, Vec::new()));
    }
    for name in ["skuId", "prodId", "sourceTime"] {
        if let Some(value) = line.sent.get(name) {
            taken.insert(name.to_owned(), value.clone());
        }
    }
    Ok((told, vec![Withheld { module: Module::Price, why, line: Some(Value::Object(taken)), under: None, place }]))
}

fn in_time(line: &Line, stored: Option<&Sku>) -> Result<(), Box<LineResult>> {
    if let (Some(sent), Some(newest)) = (line.time("sourceTime").value(), stored.and_then(|s| s.source_time))
        && sent < newest
    {
        let problem = Problem::new(LineCode::Stale, "sourceTime", on_the_wire(sent)).detail(on_the_wire(newest));
        return Err(Box::new(LineResult::of(line, Outcome::Stale).because(problem).telling("sourceTime", on_the_wire(newest))));
    }
    let version = stored.map_or(0, |s| i64::from(s.version));
    match line.number("ifVersion").value() {
        Some(wanted) if wanted != version => {
            let problem = Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(version);
            Err(Box::new(LineResult::rejected(line, problem).telling("version", version)))
        }
        _ => Ok(()),
    }
}

impl Draft {
    /// Q-08: without a price of its own it has the product's.
    fn new(sku_id: &str, owner: &Owner) -> Self {
        Self {
            sku_id: sku_id.to_owned(),
            product_id: owner.id,
            code: String::new(),
            barcode: String::new(),
            picture: String::new(),
            attributes: json!([]),
            base_price: owner.price.as_ref().and_then(|p| p.parse().ok()),
            cost_price: None,
            retail_price: None,
            member_price: None,
            reference_price: None,
            enabled: true,
            erp_created_at: None,
            erp_updated_at: None,
        }
    }

    fn of(sku: &Sku) -> Self {
        let s = sku.clone();
        Self {
            sku_id: s.sku_id,
            product_id: s.product_id,
            code: s.code,
            barcode: s.barcode,
            picture: s.picture,
            attributes: s.attributes,
            base_price: s.base_price,
            cost_price: s.cost_price,
            retail_price: s.retail_price,
            member_price: s.member_price,
            reference_price: s.reference_price,
            enabled: s.enabled,
            erp_created_at: s.erp_created_at,
            erp_updated_at: s.erp_updated_at,
        }
    }

    fn take(&mut self, line: &Line) -> Result<(), Problem> {
        for (name, slot) in [("code", &mut self.code), ("barCode", &mut self.barcode), ("skuPic", &mut self.picture)] {
            if line.has(name) {
                *slot = line.text_or_empty(name);
            }
        }
        let prices = [
            ("price", &mut self.base_price),
            ("originalPurchasePrice", &mut self.cost_price),
            ("retailPrice", &mut self.retail_price),
            ("vipPrice", &mut self.member_price),
            ("referencePrice", &mut self.reference_price),
        ];
        for (name, slot) in prices {
            *slot = line.decimal(name).over(*slot);
        }
        match line.json("skuAttr") {
            Patch::Missing => {}
            Patch::Null => self.attributes = json!([]),
            Patch::Value(sent) if are_attributes(&sent) => self.attributes = sent,
            Patch::Value(sent) => {
                return Err(Problem::new(LineCode::WrongType, "skuAttr", sent.to_string()).detail(r#"[{"name", "value"}]"#));
            }
        }
        match line.bit("enable") {
            Patch::Missing => {}
            Patch::Null => return Err(Problem::new(LineCode::Empty, "enable", "null")),
            Patch::Value(on) => self.enabled = on,
        }
        self.erp_created_at = line.time("createTime").over(self.erp_created_at);
        self.erp_updated_at = line.time("updateTime").over(self.erp_updated_at);
        Ok(())
    }

    fn row(&self, source_time: Option<DateTime<Utc>>) -> Value {
        let money = |amount: Option<Decimal>| json!(amount.map(two_places));
        let mut row = json!(self);
        if let Some(map) = row.as_object_mut() {
            map.insert("source_time".into(), json!(source_time));
            map.insert("base_price".into(), money(self.base_price));
            map.insert("cost_price".into(), money(self.cost_price));
            map.insert("retail_price".into(), money(self.retail_price));
            map.insert("member_price".into(), money(self.member_price));
            map.insert("reference_price".into(), money(self.reference_price));
        }
        row
    }
}

fn are_attributes(sent: &Value) -> bool {
    sent.as_array()
        .is_some_and(|all| all.iter().all(|a| a.get("name").is_some_and(Value::is_string) && a.get("value").is_some_and(Value::is_string)))
}

const RECORD: &str = "sku_id text, product_id bigint, code text, barcode text, picture text, attributes jsonb, base_price numeric, cost_price numeric, \
     retail_price numeric, member_price numeric, reference_price numeric, enabled boolean, erp_created_at timestamptz, erp_updated_at timestamptz, \
     source_time timestamptz";

fn write(tx: &mut PgConnection, cause: &Cause, jobs: &[Job]) -> Result<()> {
    let rows =
        |new: bool| jobs.iter().filter(|j| j.touched && j.before.is_none() == new).map(|j| j.draft.row(j.source_time)).collect::<Vec<_>>();
    let insert = format!(
        "with want as materialized (select * from jsonb_to_recordset($2) as w({RECORD})), \
         named as (insert into external_ids (merchant_id, ext_id, kind) select $1, sku_id, 'sku' from want) \
         insert into skus (merchant_id, sku_id, product_id, code, barcode, picture, attributes, base_price, cost_price, retail_price, member_price, \
         reference_price, enabled, erp_created_at, erp_updated_at, source_time, created_at, updated_at) \
         select $1, sku_id, product_id, code, barcode, picture, attributes, base_price, cost_price, retail_price, member_price, \
         reference_price, enabled, erp_created_at, erp_updated_at, source_time, $3, $3 from want"
    );
    let update = format!(
        "update skus s set code = w.code, barcode = w.barcode, picture = w.picture, attributes = w.attributes, base_price = w.base_price, \
         cost_price = w.cost_price, retail_price = w.retail_price, member_price = w.member_price, reference_price = w.reference_price, \
         enabled = w.enabled, erp_created_at = w.erp_created_at, erp_updated_at = w.erp_updated_at, source_time = w.source_time, \
         version = s.version + 1, updated_at = $3 \
         from jsonb_to_recordset($2) as w({RECORD}) where s.merchant_id = $1 and s.sku_id = w.sku_id"
    );
    for (sql, rows) in [(insert, rows(true)), (update, rows(false))] {
        if !rows.is_empty() {
            diesel::sql_query(sql)
                .bind::<BigInt, _>(cause.merchant)
                .bind::<Jsonb, _>(Value::Array(rows))
                .bind::<Timestamptz, _>(cause.now)
                .execute(tx)?;
        }
    }
    let entries: Vec<Entry> = jobs.iter().filter(|j| j.changed).map(entry).collect();
    trail::record(tx, cause, &entries)
}

fn entry(job: &Job) -> Entry {
    let verb = if job.before.is_some() { "sku.changed" } else { "sku.created" };
    let before = job.before.as_ref().map_or(Value::Null, |b| json!(b));
    Entry::new(verb, "sku", &job.draft.sku_id).change(before, json!(job.draft)).line(job.line_no)
}
