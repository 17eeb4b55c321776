//! A person's word on stopped lines.

use super::read;
use crate::feeds::{self, Batch, Channel};
use crate::guards::{REPLAYER, WAITS_FOR};
use crate::ids::MerchantId;
use crate::text::Lang;
use crate::trail::{self, Cause, Entry};
use crate::wire::{Method, Need, Outcome, Scope};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Lines of one transaction.
pub const AT_ONCE: i64 = 500;

/// Which lines of a quarantine are meant; `None`: all that still wait.
pub type Chosen<'a> = Option<&'a [i64]>;

/// What became of lines that were decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// All that were looked at.
    pub lines: usize,
    pub applied: usize,
    pub unchanged: usize,
    /// Something newer had come.
    pub stale: usize,
    /// Held, rejected, or parked for another reason.
    pub other: usize,
}

impl Ended {
    fn of(ends: &[(i64, Outcome)]) -> Self {
        let count = |outcome| ends.iter().filter(|(_, o)| *o == outcome).count();
        let mut all = Self {
            lines: ends.len(),
            applied: count(Outcome::Applied),
            unchanged: count(Outcome::Unchanged),
            stale: count(Outcome::Stale),
            other: 0,
        };
        all.other = all.lines - all.applied - all.unchanged - all.stale;
        all
    }
    pub fn add(&mut self, more: &Self) {
        self.lines += more.lines;
        self.applied += more.applied;
        self.unchanged += more.unchanged;
        self.stale += more.stale;
        self.other += more.other;
    }
}

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    method: String,
    #[diesel(sql_type = Jsonb)]
    line: Value,
    #[diesel(sql_type = Jsonb)]
    now: Value,
    /// What is in force is still what was when the line was stopped.
    #[diesel(sql_type = Bool)]
    same: bool,
}

/// Lets up to [`AT_ONCE`] of the chosen lines pass. Call again until it says none.
///
/// # Errors
/// `NotFound` for a quarantine of somebody else.
pub fn release(tx: &mut PgConnection, cause: &Cause, methods: &[&'static Method], id: i64, chosen: Chosen<'_>, why: &str) -> Result<Ended> {
    read::find(tx, cause.merchant, id)?;
    let ids = candidates(tx, cause.merchant, id, chosen)?;
    if ids.is_empty() {
        return Ok(Ended::default());
    }
    lock_targets(tx, cause.merchant, &ids)?;
    let (good, old): (Vec<Waiting>, Vec<Waiting>) = take(tx, cause.merchant, &ids)?.into_iter().partition(|w| w.same);
    let mut ends: Vec<(i64, Outcome)> = old.iter().map(|w| (w.id, Outcome::Stale)).collect();
    let mut by_method: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
    for line in good {
        by_method.entry(line.method.clone()).or_default().push(line);
    }
    let replayer = Cause { request_id: cause.request_id, ..Cause::system(cause.merchant, REPLAYER, cause.now) };
    let scope = Scope::whole(cause.merchant, Lang::Zh, cause.now);
    for (name, waiting) in by_method {
        let method = methods.iter().find(|m| m.name == name).ok_or_else(|| Error::broken(format!("{name} is no method any more")))?;
        let lines = waiting.iter().map(|w| reduced(method, w)).collect();
        let report = feeds::run(tx, &replayer, &scope, Channel::Replay, method, Batch { lines, ..Batch::default() })?;
        ends.extend(waiting.iter().map(|w| w.id).zip(report.results.iter().map(|r| r.outcome)));
    }
    feeds::settle_parked(tx, cause.merchant, &ends, cause.now)?;
    let ended = Ended::of(&ends);
    let told =
        json!({ "lines": ended.lines, "applied": ended.applied, "unchanged": ended.unchanged, "stale": ended.stale, "other": ended.other });
    trail::record(tx, cause, &[Entry::new("quarantine.released", "quarantine", id).change(Value::Null, told).note(why)])?;
    Ok(ended)
}

/// Only what was stopped, with what names the row and orders it in time: the rest of the line was taken when it came.
fn reduced(method: &Method, waiting: &Waiting) -> Value {
    let kept = |name: &str| {
        let names = method.fields.iter().any(|f| f.name == name && matches!(f.need, Need::Always | Need::Either | Need::Part));
        names || matches!(name, "skuId" | "shopId" | "sourceTime" | "saled" | "freeze") || waiting.now.get(name).is_some()
    };
    let sent = waiting.line.as_object().into_iter().flatten();
    Value::Object(sent.filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
}

fn candidates(c: &mut PgConnection, merchant: MerchantId, id: i64, chosen: Chosen<'_>) -> Result<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let ids: Vec<Id> = diesel::sql_query(
        "select id from parked_lines where merchant_id = $1 and waits_for = $5 and code = $2 and settled_at is null \
         and ($3::bigint[] is null or id = any($3)) order by id limit $4",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(id.to_string())
    .bind::<Nullable<Array<BigInt>>, _>(chosen)
    .bind::<BigInt, _>(AT_ONCE)
    .bind::<Text, _>(WAITS_FOR)
    .load(c)?;
    Ok(ids.into_iter().map(|i| i.id).collect())
}

/// Rows of stock by (SKU, shop), then products, then SKUs: as everybody locks them, and before the lines themselves, which a
/// push that holds the rows may be about to settle.
fn lock_targets(tx: &mut PgConnection, merchant: MerchantId, ids: &[i64]) -> Result<()> {
    for sql in [
        "select 1 from (select k.id, coalesce(p.now->>'shopId', p.line->>'shopId')::bigint as shop from parked_lines p \
           cross join lateral (select k.id from skus k where k.merchant_id = $1 and k.sku_id = nullif(p.line->>'skuId', '') union all \
             select k.id from products o join skus k on k.merchant_id = o.merchant_id and k.product_id = o.id and k.is_default \
             where o.merchant_id = $1 and o.prod_id = p.line->>'prodId' and nullif(p.line->>'skuId', '') is null limit 1) k \
           where p.merchant_id = $1 and p.id = any($2) and p.now ? 'inventory' order by 1, 2 offset 0) l \
         cross join lateral (select 1 from stock where merchant_id = $1 and sku_id = l.id and shop_id = l.shop for no key update) s",
        "select 1 from products where merchant_id = $1 and id in (select k.product_id from parked_lines p join skus k on k.merchant_id = p.merchant_id \
           and k.sku_id = p.line->>'skuId' where p.merchant_id = $1 and p.id = any($2) and p.now ? 'price' union \
           select o.id from parked_lines p join products o on o.merchant_id = p.merchant_id and o.prod_id = p.line->>'prodId' \
           where p.merchant_id = $1 and p.id = any($2) and p.now ? 'price') order by id for no key update",
    ] {
        diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<BigInt>, _>(ids).execute(tx)?;
    }
    Ok(())
}

/// The lines that still wait, locked, with whether anything has changed under them.
fn take(tx: &mut PgConnection, merchant: MerchantId, ids: &[i64]) -> Result<Vec<Waiting>> {
    Ok(diesel::sql_query(
        "with l as (select id, method, line, coalesce(now, '{}') as now from parked_lines \
           where merchant_id = $1 and id = any($2) and settled_at is null order by id for update) \
         select l.id, l.method, l.line, l.now, \
         case when l.now ? 'quoteVersion' then exists (select 1 from skus k where k.merchant_id = $1 and k.quote_version::text = l.now->>'quoteVersion' \
           and (k.sku_id = nullif(l.line->>'skuId', '') or (nullif(l.line->>'skuId', '') is null and k.is_default and k.product_id = \
             (select o.id from products o where o.merchant_id = $1 and o.prod_id = l.line->>'prodId')))) else \
         (not l.now ? 'inventory' or exists (select 1 from (select k.id from skus k where k.merchant_id = $1 and k.sku_id = nullif(l.line->>'skuId', '') union all \
             select k.id from products o join skus k on k.merchant_id = o.merchant_id and k.product_id = o.id and k.is_default \
             where o.merchant_id = $1 and o.prod_id = l.line->>'prodId' and nullif(l.line->>'skuId', '') is null limit 1) k \
           join stock s on s.merchant_id = $1 and s.sku_id = k.id where s.shop_id = coalesce(l.now->>'shopId', l.line->>'shopId')::bigint and s.qty_by = 'erp' and s.erp_qty::text = l.now->>'inventory')) \
         and (not l.now ? 'price' or case when l.method = 'prod.add_or_edit' \
           then exists (select 1 from products o where o.merchant_id = $1 and o.prod_id = l.line->>'prodId' and coalesce(o.details->>'price', '') = l.now->>'price') \
           else exists (select 1 from skus k where k.merchant_id = $1 and k.sku_id = l.line->>'skuId' and coalesce(k.base_price::text, '') = l.now->>'price') end) end \
         and (not l.now ? 'lotsVersion' or exists (select 1 from skus k join lot_heads h on h.merchant_id = $1 and h.sku_id = k.id \
           where k.merchant_id = $1 and k.sku_id = l.now->>'skuId' and h.shop_id = (l.now->>'shopId')::bigint and h.version::text = l.now->>'lotsVersion')) \
         as same from l order by l.id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(ids)
    .load(tx)?)
}

/// Puts lines aside: what is in force stays. How many there were.
pub fn discard(tx: &mut PgConnection, cause: &Cause, id: i64, chosen: Chosen<'_>, why: &str) -> Result<usize> {
    read::find(tx, cause.merchant, id)?;
    let lines = diesel::sql_query(
        "update parked_lines set settled_at = $4, outcome = 'dismissed' where merchant_id = $1 and waits_for = $5 and code = $2 and settled_at is null \
         and ($3::bigint[] is null or id = any($3))",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(id.to_string())
    .bind::<Nullable<Array<BigInt>>, _>(chosen)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(WAITS_FOR)
    .execute(tx)?;
    if lines > 0 {
        let entry = Entry::new("quarantine.discarded", "quarantine", id).change(Value::Null, json!({ "lines": lines })).note(why);
        trail::record(tx, cause, &[entry])?;
    }
    Ok(lines)
}
