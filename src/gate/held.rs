//! Lines kept while something stands before them: the newest value of every field (Q-28, G11, I-6).
//!
//! A kept line belongs to a method, a module and the key of its row; what arrives later is laid over it, so that a missing
//! field stays as it was sent last. Whatever is applied directly takes its fields out again: what waits is never older
//! than what is in force. Rows here are locked last, after the rows of the features.

mod queue;

pub use queue::{Count, Ready, Shown, counts, decide, discard, discard_old, forget, list, of_keys, pending, ready};
pub(super) use queue::{discard_under, want_under};

use super::cover::{Cover, Place};
use super::switches::Off;
use crate::Result;
use crate::clock::{off_the_wire, on_the_wire};
use crate::db::Prepare;
use crate::ids::{MerchantId, ShopId};
use crate::merchants;
use crate::trail::Cause;
use crate::wire::{Kind, Line, LineCode, LineResult, Method, Module, Need, Outcome, Problem, Scope, Withheld, key_of};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// One line to keep.
#[derive(Clone, Debug)]
pub struct Kept {
    pub method: &'static str,
    pub module: Module,
    pub key: String,
    pub line: Value,
    pub why: &'static str,
    pub place: Place,
}

/// The shops of a merchant, asked for only when a method's rows stand in shops.
struct Shops {
    known: Vec<ShopId>,
    default: Option<ShopId>,
}

fn in_shops(method: &Method) -> bool {
    method.fields.iter().any(|f| matches!(f.kind, Kind::Shop | Kind::ShopOrAll))
}

impl Shops {
    fn of(c: &mut PgConnection, merchant: MerchantId, method: &Method) -> Result<Option<Self>> {
        if !in_shops(method) {
            return Ok(None);
        }
        let all = merchants::shops(c, merchant)?;
        let default = all.iter().find(|s| s.is_default).map(|s| s.id);
        Ok(Some(Self { known: all.into_iter().map(|s| s.id).collect(), default }))
    }
}

/// The key of the row a line means, with its shop written out, so that `S1` and `S1/1` are one.
fn key(method: &Method, sent: &Value, shops: Option<&Shops>) -> String {
    let key = key_of(method.fields, sent);
    let unnamed = |sent: &Value| method.fields.iter().any(|f| f.kind == Kind::Shop && sent.get(f.name).unwrap_or(&Value::Null).is_null());
    match shops.and_then(|s| s.default) {
        Some(default) if unnamed(sent) => format!("{key}/{default}"),
        _ => key,
    }
}

/// Fields that say which row is meant and when, rather than what it holds.
fn names_the_row(method: &Method, field: &str) -> bool {
    const ALWAYS: [&str; 9] = ["prodId", "skuId", "shopId", "sourceTime", "epoch", "ifVersion", "requestId", "ackSeq", "asOf"];
    ALWAYS.contains(&field)
        || method
            .fields
            .iter()
            .any(|f| f.name == field && (matches!(f.need, Need::Always | Need::Either | Need::Part) || f.kind == Kind::Shop))
}

fn source_time(line: &Value) -> Option<DateTime<Utc>> {
    line.get("sourceTime").and_then(Value::as_str).and_then(off_the_wire)
}

/// Keeps whole lines because a switch is off. One result per line: `held`, `stale` when something newer is kept already,
/// and `rejected` where it could never be applied by this caller.
pub fn hold(tx: &mut PgConnection, cause: &Cause, scope: &Scope, method: &Method, lines: &[Line], off: &Off) -> Result<Vec<LineResult>> {
    let shops = Shops::of(tx, cause.merchant, method)?;
    let cover = Cover::from(off);
    let mut results = Vec::with_capacity(lines.len());
    let mut kept = Vec::with_capacity(lines.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    let keys: Vec<String> = lines.iter().map(|l| key(method, &l.sent, shops.as_ref())).collect();
    for key in &keys {
        *seen.entry(key.clone()).or_default() += 1;
    }
    for (line, key) in lines.iter().zip(keys) {
        if let Some(problem) = unreachable(line, method, scope, shops.as_ref()) {
            results.push(LineResult::rejected(line, problem));
        } else if seen.get(&key).is_some_and(|n| *n > 1) {
            results.push(LineResult::rejected(line, Problem::new(LineCode::DuplicateInBatch, "", key)));
        } else {
            let one =
                Kept { method: method.name, module: method.module, key, line: line.sent.clone(), why: "switch", place: (None, None, None) };
            kept.push((line, one));
        }
    }
    let rows: Vec<Kept> = kept.iter().map(|(_, k)| k.clone()).collect();
    let taken = keep(tx, cause, &rows)?;
    let mut now = method.in_force().map(|in_force| in_force(tx, scope, lines)).transpose()?.unwrap_or_default();
    let newer = newer(tx, cause.merchant, method, rows.iter().filter(|r| !taken.contains(&r.key)))?;
    results.extend(kept.into_iter().map(|(line, one)| {
        if taken.contains(&one.key) {
            let mut result = LineResult::of(line, Outcome::Held).because(cover.problem("", "", scope.lang));
            result.now.extend(now.remove(&line.no).unwrap_or_default());
            match off.until {
                Some(until) => result.telling("heldUntil", on_the_wire(until)),
                None => result,
            }
        } else {
            let sent = line.sent.get("sourceTime").and_then(Value::as_str).unwrap_or_default().to_owned();
            let (at, epoch) = newer.get(&one.key).copied().unwrap_or_default();
            LineResult::of(line, Outcome::Stale).because(match (line.number("epoch").value(), epoch) {
                (Some(sent), Some(kept)) if sent < kept => Problem::new(LineCode::OldEpoch, "epoch", sent.to_string()).detail(kept),
                _ => Problem::new(LineCode::Stale, "sourceTime", sent).detail(at.map(on_the_wire).unwrap_or_default()),
            })
        }
    }));
    Ok(results)
}

/// How new the kept lines are that something older has met: the source's time and epoch.
fn newer<'a>(
    c: &mut PgConnection,
    merchant: MerchantId,
    method: &Method,
    older: impl Iterator<Item = &'a Kept>,
) -> Result<HashMap<String, (Option<DateTime<Utc>>, Option<i64>)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        key: String,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        source_time: Option<DateTime<Utc>>,
        #[diesel(sql_type = Nullable<BigInt>)]
        epoch: Option<i64>,
    }
    let keys: Vec<&str> = older.map(|k| k.key.as_str()).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select key, source_time, epoch_of(line) as epoch from held_lines where merchant_id = $1 and method = $2 and module = $3 and key = any($4)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(method.name)
    .bind::<Text, _>(method.module.as_str())
    .bind::<Array<Text>, _>(keys)
    .load(c)?;
    Ok(rows.into_iter().map(|r| (r.key, (r.source_time, r.epoch))).collect())
}

/// A shop that is not there, or outside the credential's reach, must not come in by waiting.
fn unreachable(line: &Line, method: &Method, scope: &Scope, shops: Option<&Shops>) -> Option<Problem> {
    let shops = shops?;
    let field = method.fields.iter().find(|f| matches!(f.kind, Kind::Shop | Kind::ShopOrAll))?;
    let wanted = line.shop(field.name).value();
    let meant = wanted.or(shops.default);
    if wanted.is_none() && field.kind == Kind::ShopOrAll {
        return None;
    }
    let fine = meant.is_some_and(|shop| shops.known.contains(&shop) && scope.sees(shop));
    (!fine).then(|| Problem::new(LineCode::UnknownShop, field.name, wanted.map(|s| s.to_string()).unwrap_or_default()))
}

/// After lines were applied: what they took is no longer waiting, what they left standing waits.
pub fn settle(tx: &mut PgConnection, cause: &Cause, method: &Method, results: &[LineResult]) -> Result<()> {
    let withheld = results.iter().any(|r| !r.withheld.is_empty());
    if !withheld && !any(tx, cause.merchant, method.name)? {
        return Ok(());
    }
    let shops = Shops::of(tx, cause.merchant, method)?;
    take_out(tx, cause, method, results, shops.as_ref())?;
    keep_parts(tx, cause, method, results, shops.as_ref())
}

/// Tells of the parts that exceptions and locks left standing which values stay, where the verb has not told it with the end of the
/// hold. A line that waits for a person waits with what it tells, so nothing is added to that.
pub fn tell(tx: &mut PgConnection, scope: &Scope, method: &Method, results: &mut [LineResult]) -> Result<()> {
    let Some(in_force) = method.in_force() else { return Ok(()) };
    let (mut parts, mut whose) = (Vec::new(), Vec::new());
    for (at, result) in results.iter().enumerate().filter(|(_, r)| r.parked.is_none() && !r.now.contains_key("heldUntil")) {
        for part in result.withheld.iter().filter(|part| part.under.is_none()) {
            let sent = part.line.clone().unwrap_or_else(|| result.sent.clone());
            parts.push(Line::read(i32::try_from(parts.len()).unwrap_or(i32::MAX), method.fields, sent));
            whose.push(at);
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    let mut told = in_force(tx, scope, &parts)?;
    for (part, at) in parts.iter().zip(whose) {
        if let (Some(now), Some(result)) = (told.remove(&part.no), results.get_mut(at)) {
            now.into_iter().for_each(|(name, value)| {
                result.now.entry(name).or_insert(value);
            });
        }
    }
    Ok(())
}

/// After lines were let out: what is withheld again goes on waiting.
pub fn keep_again(tx: &mut PgConnection, cause: &Cause, method: &Method, results: &[LineResult]) -> Result<()> {
    let shops = Shops::of(tx, cause.merchant, method)?;
    keep_parts(tx, cause, method, results, shops.as_ref())
}

fn keep_parts(tx: &mut PgConnection, cause: &Cause, method: &Method, results: &[LineResult], shops: Option<&Shops>) -> Result<()> {
    let rows: Vec<Kept> = results
        .iter()
        .flat_map(|r| r.withheld.iter().map(move |w| (r, w)))
        .map(|(result, part)| as_kept(method, result, part, shops))
        .collect();
    keep(tx, cause, &rows).map(drop)
}

fn as_kept(method: &Method, result: &LineResult, part: &Withheld, shops: Option<&Shops>) -> Kept {
    let line = part.line.clone().unwrap_or_else(|| result.sent.clone());
    let (name, key) = match &part.under {
        Some((name, key)) => (*name, key.clone()),
        None => (method.name, key(method, &result.sent, shops)),
    };
    Kept { method: name, module: part.module, key, line, why: part.why, place: part.place }
}

fn any(c: &mut PgConnection, merchant: MerchantId, method: &str) -> Result<bool> {
    #[derive(QueryableByName)]
    struct One {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        any: bool,
    }
    let one: One = diesel::sql_query("select exists (select 1 from held_lines where merchant_id = $1 and method = $2) as any")
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(method)
        .prepared()
        .get_result(c)?;
    Ok(one.any)
}

/// Takes the fields that were applied out of what waits for the same row, unless what waits is newer by its source.
fn take_out(tx: &mut PgConnection, cause: &Cause, method: &Method, results: &[LineResult], shops: Option<&Shops>) -> Result<()> {
    let mut taken = Vec::new();
    for result in results.iter().filter(|r| matches!(r.outcome, Outcome::Applied | Outcome::Unchanged)) {
        let Value::Object(sent) = &result.sent else { continue };
        let kept: HashSet<&str> =
            result.withheld.iter().filter_map(|w| w.line.as_ref()?.as_object()).flat_map(Map::keys).map(String::as_str).collect();
        let fields: Vec<&String> = sent.keys().filter(|f| !names_the_row(method, f) && !kept.contains(f.as_str())).collect();
        if !fields.is_empty() {
            taken.push(json!({ "key": key(method, &result.sent, shops), "fields": fields, "source_time": source_time(&result.sent), "said": result.sent }));
        }
    }
    if taken.is_empty() {
        return Ok(());
    }
    let rest: Vec<&str> = method.fields.iter().map(|f| f.name).filter(|f| !names_the_row(method, f)).collect();
    let emptied = diesel::sql_query(
        "with t as (select * from jsonb_to_recordset($3) as t(key text, fields text[], source_time timestamptz, said jsonb)), \
         l as materialized (select h.key, h.module, t.fields, t.said from held_lines h join t on t.key = h.key \
           where h.merchant_id = $1 and h.method = $2 and is_as_new(t.said, t.source_time, h.line, h.source_time) \
           and h.line ?| t.fields order by h.method, h.module, h.key for update of h) \
         update held_lines h set line = kept_without(h.line, l.fields, l.said) - 'sourceTime', version = h.version + 1 from l \
         where h.merchant_id = $1 and h.method = $2 and h.module = l.module and h.key = l.key",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(method.name)
    .bind::<Jsonb, _>(Value::Array(taken))
    .execute(tx)?;
    if emptied > 0 {
        diesel::sql_query("delete from held_lines where merchant_id = $1 and method = $2 and not line ?| $3")
            .bind::<BigInt, _>(cause.merchant)
            .bind::<Text, _>(method.name)
            .bind::<Array<Text>, _>(rest)
            .execute(tx)?;
    }
    Ok(())
}

/// Lays lines over what is kept; the keys of those that were taken (the others are older than what is kept).
fn keep(tx: &mut PgConnection, cause: &Cause, rows: &[Kept]) -> Result<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Taken {
        #[diesel(sql_type = Text)]
        key: String,
    }
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    fn column<T>(rows: &[Kept], pick: impl Fn(&Kept) -> T) -> Vec<T> {
        rows.iter().map(pick).collect()
    }
    let taken: Vec<Taken> = diesel::sql_query(
        "insert into held_lines as h (merchant_id, method, module, key, line, why, product_id, sku_id, shop_id, source_time, first_at, last_at, feed_id) \
         select $1, l.method, l.module, l.key, l.line, l.why, l.product, l.sku, l.shop, l.source_time, $2, $2, $3 \
         from unnest($4, $5, $6, $7, $8, $9, $10, $11, $12) as l(method, module, key, line, why, product, sku, shop, source_time) \
         order by l.method, l.module, l.key \
         on conflict (merchant_id, method, module, key) do update set line = kept_over(h.line - '{sourceTime,ifVersion,ackSeq,asOf}'::text[], excluded.line), why = excluded.why, \
           product_id = coalesce(excluded.product_id, h.product_id), sku_id = coalesce(excluded.sku_id, h.sku_id), \
           shop_id = coalesce(excluded.shop_id, h.shop_id), source_time = case when is_new_epoch(excluded.line, h.line) then excluded.source_time else coalesce(excluded.source_time, h.source_time) end, \
           last_at = greatest(h.last_at, excluded.last_at), count = h.count + 1, feed_id = excluded.feed_id, wanted = false, version = h.version + 1 \
         where is_as_new(excluded.line, excluded.source_time, h.line, h.source_time) returning key",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Nullable<BigInt>, _>(cause.feed)
    .bind::<Array<Text>, _>(column(rows, |r| r.method))
    .bind::<Array<Text>, _>(column(rows, |r| r.module.as_str()))
    .bind::<Array<Text>, _>(column(rows, |r| r.key.clone()))
    .bind::<Array<Jsonb>, _>(column(rows, |r| r.line.clone()))
    .bind::<Array<Text>, _>(column(rows, |r| r.why))
    .bind::<Array<Nullable<BigInt>>, _>(column(rows, |r| r.place.0))
    .bind::<Array<Nullable<BigInt>>, _>(column(rows, |r| r.place.1))
    .bind::<Array<Nullable<BigInt>>, _>(column(rows, |r| r.place.2))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| source_time(&r.line)))
    .load(tx)?;
    Ok(taken.into_iter().map(|t| t.key).collect())
}
