//! `customer.add_or_edit`: the ERP's customers, pushed beforehand (U-04). Partial on edit; a handful of statements a call.

use super::keep::known_regions;
use super::settle::{self, Settled, Side, settle};
use super::uscc;
use crate::Result;
use crate::catalog::{grams, keys};
use crate::clock::on_the_wire;
use crate::ids::MerchantId;
use crate::text::Lang;
use crate::trail::{self, Cause, Entry};
use crate::wire::{Line, LineCode, LineResult, Outcome, Patch, Problem, Scope};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

/// The ERP's word for one of its customers.
pub(super) const CODE: &str = "erpCustomerCode";

#[derive(QueryableByName, Clone, Debug, PartialEq)]
struct Stored {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    uscc: String,
    #[diesel(sql_type = Nullable<Text>)]
    region_code: Option<String>,
    #[diesel(sql_type = Text)]
    contact: String,
    #[diesel(sql_type = Text)]
    phone: String,
    #[diesel(sql_type = Text)]
    address: String,
    #[diesel(sql_type = Bool)]
    enabled: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    source_time: Option<DateTime<Utc>>,
    #[diesel(sql_type = Int4)]
    version: i32,
}

impl Stored {
    fn new(code: &str) -> Self {
        let empty = String::new;
        Self {
            code: code.to_owned(),
            name: empty(),
            uscc: empty(),
            region_code: None,
            contact: empty(),
            phone: empty(),
            address: empty(),
            enabled: true,
            source_time: None,
            version: 0,
        }
    }
}

/// A customer as it would become.
struct Target {
    line: Line,
    row: Stored,
    before: Option<Stored>,
    /// What to note about the line.
    notes: Vec<Problem>,
}

impl Target {
    fn changes(&self) -> Vec<(&'static str, Value, Value)> {
        let sides = |row: &Stored| {
            [("name", json!(row.name)), ("uscc", json!(row.uscc)), ("regionCode", json!(row.region_code)), ("enable", json!(row.enabled))]
        };
        let reached = |row: &Stored| (row.contact.clone(), row.phone.clone(), row.address.clone());
        let Some(before) = &self.before else {
            return sides(&self.row).into_iter().map(|(name, value)| (name, Value::Null, value)).collect();
        };
        let mut all: Vec<_> = sides(before)
            .into_iter()
            .zip(sides(&self.row))
            .map(|((name, old), (_, new))| (name, old, new))
            .filter(|(_, old, new)| old != new)
            .collect();
        // How to reach somebody is nobody's business in the trail: it only says that it changed.
        if reached(before) != reached(&self.row) {
            all.push(("contact", json!("…"), json!("…")));
        }
        all
    }
    /// The USCCs whose matches may come out otherwise now.
    fn touches(&self) -> Vec<String> {
        let said = |row: &Stored| (row.uscc.clone(), row.enabled);
        match &self.before {
            Some(before) if said(before) == said(&self.row) => Vec::new(),
            before => before.iter().map(|b| b.uscc.clone()).chain([self.row.uscc.clone()]).filter(|code| !code.is_empty()).collect(),
        }
    }
}

pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    settle::lock(tx, cause.merchant, Side::Erp)?;
    let stored = load(tx, cause.merchant, &lines, "for no key update")?;
    let wanted: Vec<String> = lines.iter().filter_map(|l| l.text("regionCode").value()).collect();
    let regions = if wanted.is_empty() { Vec::new() } else { known_regions(tx, &wanted)? };
    let (mut results, mut targets) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
    for line in lines {
        match target(line, &stored, &regions, scope.lang) {
            Ok(target) => targets.push(target),
            Err(end) => results.push(*end),
        }
    }
    write(tx, cause, &targets)?;
    let touched: BTreeSet<String> = targets.iter().flat_map(Target::touches).collect();
    let settled = if touched.is_empty() { Vec::new() } else { settle(tx, cause, &[], &touched.into_iter().collect::<Vec<_>>())? };
    results.extend(targets.into_iter().map(|target| told(target, &settled)));
    Ok(results)
}

/// Of the ERP's customers that lines are about, the fields they name.
pub fn in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let stored = load(c, scope.merchant, lines, "")?;
    let record = |s: &Stored| {
        let pairs: [(&str, Value); 8] = [
            ("name", s.name.clone().into()),
            ("uscc", s.uscc.clone().into()),
            ("regionCode", s.region_code.clone().into()),
            ("contact", s.contact.clone().into()),
            ("phone", s.phone.clone().into()),
            ("address", s.address.clone().into()),
            ("enable", u8::from(s.enabled).into()),
            ("version", s.version.into()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    Ok(lines.iter().filter_map(|l| Some((l.no, l.spoken_of(record(stored.get(&l.text_or_empty(CODE))?))))).collect())
}

fn load(tx: &mut PgConnection, merchant: MerchantId, lines: &[Line], lock: &str) -> Result<HashMap<String, Stored>> {
    let found: Vec<Stored> = diesel::sql_query(format!(
        "select code, name, uscc, region_code, contact, phone, address, enabled, source_time, version from erp_customers \
         where merchant_id = $1 and code = any($2) order by code {lock}",
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.text_or_empty(CODE)).collect::<Vec<_>>())
    .load(tx)?;
    Ok(found.into_iter().map(|s| (s.code.clone(), s)).collect())
}

fn target(mut line: Line, stored: &HashMap<String, Stored>, regions: &[String], lang: Lang) -> Result<Target, Box<LineResult>> {
    let code = line.text_or_empty(CODE);
    let before = stored.get(&code).cloned();
    if line.bit("enable") == Patch::Null {
        line.problems.push(Problem::new(LineCode::Empty, "enable", "null"));
    }
    if before.is_none() {
        line.needs_for_insert();
    }
    if !line.is_good() {
        return Err(Box::new(LineResult::unreadable(&line)));
    }
    in_time(&line, before.as_ref())?;
    let mut notes = Vec::new();
    let old = before.clone().unwrap_or_else(|| Stored::new(&code));
    let over = |name: &str, old: String| line.text(name).over(Some(old)).unwrap_or_default();
    let uscc = match line.text("uscc") {
        Patch::Missing => old.uscc,
        Patch::Null => String::new(),
        Patch::Value(typed) => uscc::fold(&typed),
    };
    if line.has("uscc")
        && !uscc.is_empty()
        && let Err(flaw) = uscc::check(&uscc)
    {
        notes.push(Problem::new(LineCode::BadUscc, "uscc", &uscc).detail(flaw.text().say(lang)));
    }
    let region = match line.text("regionCode") {
        Patch::Missing => old.region_code,
        Patch::Null => None,
        Patch::Value(typed) if typed.is_empty() => None,
        Patch::Value(typed) if regions.contains(&typed) => Some(typed),
        Patch::Value(typed) => {
            notes.push(Problem::new(LineCode::UnknownRegion, "regionCode", typed));
            old.region_code
        }
    };
    let row = Stored {
        name: line.text("name").value().unwrap_or(old.name),
        contact: over("contact", old.contact),
        phone: over("phone", old.phone),
        address: over("address", old.address),
        enabled: line.bit("enable").value().unwrap_or(old.enabled),
        source_time: line.time("sourceTime").value().or(old.source_time),
        version: old.version,
        region_code: region,
        uscc,
        code,
    };
    Ok(Target { line, row, before, notes })
}

fn in_time(line: &Line, stored: Option<&Stored>) -> Result<(), Box<LineResult>> {
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

/// One statement; a row nothing but its time has changed of keeps its version.
fn write(tx: &mut PgConnection, cause: &Cause, targets: &[Target]) -> Result<()> {
    let touched: Vec<&Target> = targets.iter().filter(|t| t.before.as_ref() != Some(&t.row)).collect();
    if touched.is_empty() {
        return Ok(());
    }
    fn column<T>(targets: &[&Target], pick: impl Fn(&Stored) -> T) -> Vec<T> {
        targets.iter().map(|t| pick(&t.row)).collect()
    }
    // Arrays of different lengths do not fit into one unnest: tokens travel as one text and are cut again.
    let tokens = |row: &Stored| {
        let mut tokens = grams::of(&[&row.name], &[&row.code, &row.uscc, &row.phone]);
        tokens.push(grams::owner(cause.merchant));
        tokens.join("\u{1f}")
    };
    diesel::sql_query(
        "insert into erp_customers as e (merchant_id, code, name, uscc, uscc_ok, region_code, contact, phone, address, enabled, source_time, name_key, grams, \
           created_at, updated_at) \
         select $1, n.code, n.name, n.uscc, n.ok, n.region, n.contact, n.phone, n.address, n.enabled, n.source_time, n.name_key, \
           string_to_array(n.grams, chr(31)), $2, $2 \
         from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
           as n(code, name, uscc, ok, region, contact, phone, address, enabled, source_time, name_key, grams) order by n.code \
         on conflict (merchant_id, code) do update set name = excluded.name, uscc = excluded.uscc, uscc_ok = excluded.uscc_ok, region_code = excluded.region_code, \
           contact = excluded.contact, phone = excluded.phone, address = excluded.address, enabled = excluded.enabled, source_time = excluded.source_time, \
           name_key = excluded.name_key, grams = excluded.grams, version = e.version + 1, updated_at = excluded.updated_at",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(column(&touched, |r| r.code.clone()))
    .bind::<Array<Text>, _>(column(&touched, |r| r.name.clone()))
    .bind::<Array<Text>, _>(column(&touched, |r| r.uscc.clone()))
    .bind::<Array<Bool>, _>(column(&touched, |r| uscc::is_valid(&r.uscc)))
    .bind::<Array<Nullable<Text>>, _>(column(&touched, |r| r.region_code.clone()))
    .bind::<Array<Text>, _>(column(&touched, |r| r.contact.clone()))
    .bind::<Array<Text>, _>(column(&touched, |r| r.phone.clone()))
    .bind::<Array<Text>, _>(column(&touched, |r| r.address.clone()))
    .bind::<Array<Bool>, _>(column(&touched, |r| r.enabled))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(&touched, |r| r.source_time))
    .bind::<Array<Text>, _>(column(&touched, |r| keys::text_key(&r.name)))
    .bind::<Array<Text>, _>(column(&touched, tokens))
    .execute(tx)?;
    let entries: Vec<Entry> = touched.iter().filter_map(|t| entry(t)).collect();
    trail::record(tx, cause, &entries)
}

fn entry(target: &Target) -> Option<Entry> {
    let changes = target.changes();
    if changes.is_empty() {
        return None;
    }
    let side = |pick: fn(&(&'static str, Value, Value)) -> Value| -> Value {
        Value::Object(changes.iter().map(|change| (change.0.to_owned(), pick(change))).collect::<Map<_, _>>())
    };
    let (verb, before) = match target.before {
        Some(_) => ("erp_customer.changed", side(|change| change.1.clone())),
        None => ("erp_customer.created", Value::Null),
    };
    Some(Entry::new(verb, "erp_customer", &target.row.code).change(before, side(|change| change.2.clone())).line(target.line.no))
}

/// The end of a line, and what it has done to matches: whom its code belongs to now, or that its USCC names several.
fn told(target: Target, settled: &[Settled]) -> LineResult {
    let outcome = if target.changes().is_empty() { Outcome::Unchanged } else { Outcome::Applied };
    let mut result = LineResult::of(&target.line, outcome);
    result.problems.extend(target.notes);
    let row = &target.row;
    if row.uscc.is_empty() {
        return result;
    }
    let about: Vec<&Settled> = settled.iter().filter(|s| s.uscc == row.uscc).collect();
    let mine: Vec<&str> = about.iter().filter(|s| s.code.as_ref() == Some(&row.code)).map(|s| s.customer_id.as_str()).collect();
    if !mine.is_empty() {
        result = result.telling("customerIds", mine);
    }
    if row.enabled && about.iter().any(|s| s.kind == "conflict") {
        result = result.because(Problem::new(LineCode::SeveralCustomers, "uscc", &row.uscc));
    }
    result
}
