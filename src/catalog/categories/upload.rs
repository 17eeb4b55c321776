//! `catalog.add_or_edit`: categories as an ERP or a page sends them, a call at a time (C-03, C-04, C-06, Q-09, Q-15).

use super::ROOT;
use super::plan::{self, Known, Misfit, Place, Wish};
use super::verbs::lock;
use crate::Result;
use crate::clock::on_the_wire;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use crate::wire::{Line, LineCode, LineResult, Outcome, Patch, Problem, Scope};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

#[derive(QueryableByName, Clone, Debug)]
struct Stored {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = SmallInt)]
    level: i16,
    #[diesel(sql_type = Text)]
    parent_id: String,
    #[diesel(sql_type = Bool)]
    enabled: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    erp_created_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    erp_updated_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    source_time: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    goods: i64,
}

/// A category as it would become.
struct Target {
    line: Line,
    row: Stored,
    before: Option<Stored>,
}

/// Applies lines to the caller's own tree; a handful of statements however many lines there are.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    lock(tx, scope.merchant)?;
    let stored = load(tx, scope.merchant, &lines)?;
    let (mut results, mut targets) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
    for line in lines {
        match target(line, &stored) {
            Ok(target) => targets.push(target),
            Err(result) => results.push(*result),
        }
    }
    let wishes: Vec<Wish> = targets.iter().map(|t| Wish { id: t.row.id.clone(), place: place(&t.row) }).collect();
    let known = stored.iter().map(|(id, s)| (id.clone(), Known { place: place(s), goods: s.goods })).collect();
    let misfits = plan::misfits(&known, &wishes);
    let mut written = Vec::with_capacity(targets.len());
    for target in targets {
        match misfits.get(&target.row.id) {
            Some(why) => results.push(LineResult::rejected(&target.line, problem(&target, why))),
            None => {
                let outcome = if changes(&target).is_empty() { Outcome::Unchanged } else { Outcome::Applied };
                results.push(LineResult::of(&target.line, outcome));
                written.push(target);
            }
        }
    }
    write(tx, cause, scope.merchant, &written)?;
    results.sort_by_key(|r| r.no);
    Ok(results)
}

fn place(row: &Stored) -> Place {
    Place { level: row.level, parent: row.parent_id.clone() }
}

/// The categories the lines touch, everything above what they lean on, and the children of what they touch.
fn load(tx: &mut PgConnection, merchant: MerchantId, lines: &[Line]) -> Result<HashMap<String, Stored>> {
    let ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("id")).collect();
    let near: Vec<String> =
        lines.iter().map(|l| l.text_or_empty("parentId")).filter(|p| p != ROOT && !p.is_empty()).chain(ids.iter().cloned()).collect();
    let goods = if merchant == MerchantId::PLATFORM {
        "select 1 from base_products b where b.category_id = c.id"
    } else {
        "select 1 from products p where p.merchant_id = c.merchant_id and p.category_id = c.id"
    };
    let sql = format!(
        "with recursive near as ( \
           select c.id, c.parent_id from categories c where c.merchant_id = $1 and c.id = any($2) \
           union select c.id, c.parent_id from near n join categories c on c.merchant_id = $1 and c.id = n.parent_id), \
         wanted as (select id from near union select c.id from categories c where c.merchant_id = $1 and c.parent_id = any($3)) \
         select c.id, c.name, c.level, c.parent_id, c.enabled, c.erp_created_at, c.erp_updated_at, c.source_time, n.goods \
         from wanted w join categories c on c.merchant_id = $1 and c.id = w.id \
         cross join lateral (select count(*) as goods from ({goods} limit 1000) g) n"
    );
    let found: Vec<Stored> =
        diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(near).bind::<Array<Text>, _>(ids).load(tx)?;
    Ok(found.into_iter().map(|s| (s.id.clone(), s)).collect())
}

fn target(mut line: Line, stored: &HashMap<String, Stored>) -> Result<Target, Box<LineResult>> {
    let id = line.text_or_empty("id");
    let before = stored.get(&id).cloned();
    if id == ROOT {
        line.problems.push(Problem::new(LineCode::BadChoice, "id", ROOT).detail("≠ 0"));
    }
    if line.bit("enable") == Patch::Null {
        line.problems.push(Problem::new(LineCode::Empty, "enable", "null"));
    }
    if before.is_none() {
        line.needs_for_insert();
    }
    if !line.is_good() {
        return Err(Box::new(LineResult::unreadable(&line)));
    }
    let source_time = line.time("sourceTime").value();
    if let (Some(sent), Some(row)) = (source_time, &before)
        && let Some(have) = row.source_time.filter(|have| *have > sent)
    {
        let why = Problem::new(LineCode::Stale, "sourceTime", on_the_wire(sent)).detail(on_the_wire(have));
        return Err(Box::new(LineResult::of(&line, Outcome::Stale).because(why)));
    }
    let old = before.clone().unwrap_or_else(|| Stored {
        id: id.clone(),
        name: String::new(),
        level: 0,
        parent_id: String::new(),
        enabled: true,
        erp_created_at: None,
        erp_updated_at: None,
        source_time: None,
        goods: 0,
    });
    let level = line.number("type").value().and_then(|n| i16::try_from(n).ok());
    let row = Stored {
        id,
        name: line.text("name").value().unwrap_or(old.name),
        level: level.unwrap_or(old.level),
        parent_id: line.text("parentId").value().unwrap_or(old.parent_id),
        enabled: line.bit("enable").value().unwrap_or(old.enabled),
        erp_created_at: line.time("createTime").over(old.erp_created_at),
        erp_updated_at: line.time("updateTime").over(old.erp_updated_at),
        source_time: source_time.or(old.source_time),
        goods: old.goods,
    };
    Ok(Target { line, row, before })
}

fn problem(target: &Target, why: &Misfit) -> Problem {
    let row = &target.row;
    match why {
        Misfit::Level(4) => Problem::new(LineCode::CategoryTooDeep, "parentId", &row.parent_id),
        Misfit::Level(fits) => Problem::new(LineCode::CategoryLevel, "type", row.level.to_string()).detail(&row.parent_id).detail(fits),
        Misfit::Parent => Problem::new(LineCode::CategoryParent, "parentId", &row.parent_id),
        Misfit::Cycle => Problem::new(LineCode::CategoryCycle, "parentId", &row.parent_id),
        Misfit::InUse(goods) => Problem::new(LineCode::CategoryInUse, "type", &row.id).detail(goods),
        Misfit::Children(child) => Problem::new(LineCode::CategoryChildren, "type", row.level.to_string()).detail(child),
    }
}

/// What people would call a change: wire name, before, after.
fn changes(target: &Target) -> Vec<(&'static str, Value, Value)> {
    let row = &target.row;
    let Some(before) = &target.before else {
        return vec![
            ("name", Value::Null, json!(row.name)),
            ("type", Value::Null, json!(row.level)),
            ("parentId", Value::Null, json!(row.parent_id)),
            ("enable", Value::Null, json!(row.enabled)),
        ];
    };
    let all = [
        ("name", json!(before.name), json!(row.name)),
        ("type", json!(before.level), json!(row.level)),
        ("parentId", json!(before.parent_id), json!(row.parent_id)),
        ("enable", json!(before.enabled), json!(row.enabled)),
    ];
    all.into_iter().filter(|(_, old, new)| old != new).collect()
}

fn write(tx: &mut PgConnection, cause: &Cause, merchant: MerchantId, targets: &[Target]) -> Result<()> {
    let rows: Vec<&Stored> = targets.iter().map(|t| &t.row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    // Times of the ERP are noted even when nothing else changed; only a change of content moves updated_at.
    // A child of a forbidden branch is forbidden from the start.
    diesel::sql_query(
        "insert into categories as c (merchant_id, id, name, level, parent_id, path, enabled, allowed, erp_created_at, erp_updated_at, source_time, created_at, updated_at) \
         select $1, n.id, n.name, n.level, n.parent_id, n.id, n.enabled, coalesce(p.allowed, true), n.erp_created_at, n.erp_updated_at, n.source_time, $2, $2 \
         from unnest($3, $4, $5, $6, $7, $8, $9, $10) as n(id, name, level, parent_id, enabled, erp_created_at, erp_updated_at, source_time) \
         left join categories p on p.merchant_id = $1 and p.id = n.parent_id \
         on conflict (merchant_id, id) do update set name = excluded.name, level = excluded.level, parent_id = excluded.parent_id, \
           enabled = excluded.enabled, erp_created_at = excluded.erp_created_at, erp_updated_at = excluded.erp_updated_at, \
           source_time = excluded.source_time, \
           updated_at = case when (c.name, c.level, c.parent_id, c.enabled) = (excluded.name, excluded.level, excluded.parent_id, excluded.enabled) \
                             then c.updated_at else excluded.updated_at end \
         where (c.name, c.level, c.parent_id, c.enabled, c.erp_created_at, c.erp_updated_at, c.source_time) is distinct from \
               (excluded.name, excluded.level, excluded.parent_id, excluded.enabled, excluded.erp_created_at, excluded.erp_updated_at, excluded.source_time)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.id.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(rows.iter().map(|r| r.level).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.parent_id.as_str()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(rows.iter().map(|r| r.enabled).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(rows.iter().map(|r| r.erp_created_at).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(rows.iter().map(|r| r.erp_updated_at).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(rows.iter().map(|r| r.source_time).collect::<Vec<_>>())
    .execute(tx)?;
    let moved = |t: &&Target| t.before.as_ref().is_none_or(|b| place(b) != place(&t.row));
    let moved: Vec<&str> = targets.iter().filter(moved).map(|t| t.row.id.as_str()).collect();
    rechain(tx, cause, merchant, &moved)?;
    let entries: Vec<Entry> = targets.iter().filter_map(entry).collect();
    trail::record(tx, &cause.at(merchant), &entries)
}

/// C-06: a moved category takes its whole branch along.
fn rechain(tx: &mut PgConnection, cause: &Cause, merchant: MerchantId, moved: &[&str]) -> Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "with recursive branch as ( \
           select c.id from categories c where c.merchant_id = $1 and c.id = any($2) \
           union select c.id from branch b join categories c on c.merchant_id = $1 and c.parent_id = b.id), \
         chained as ( \
           select c.id, case c.level when 1 then c.id when 2 then c.parent_id || '-' || c.id else p.parent_id || '-' || p.id || '-' || c.id end as path \
           from branch b join categories c on c.merchant_id = $1 and c.id = b.id \
           left join categories p on p.merchant_id = $1 and p.id = c.parent_id) \
         update categories c set path = n.path, updated_at = $3 from chained n where c.merchant_id = $1 and c.id = n.id and c.path <> n.path",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(moved)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    Ok(())
}

fn entry(target: &Target) -> Option<Entry> {
    let changes = changes(target);
    if changes.is_empty() {
        return None;
    }
    let verb = if target.before.is_none() { "category.created" } else { "category.changed" };
    let side = |after: bool| -> Value {
        Value::Object(
            changes.iter().map(|(name, old, new)| ((*name).to_owned(), if after { new } else { old }.clone())).collect::<Map<_, _>>(),
        )
    };
    let before = if target.before.is_some() { side(false) } else { Value::Null };
    Some(Entry::new(verb, "category", &target.row.id).change(before, side(true)).line(target.line.no))
}
