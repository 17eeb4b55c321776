//! `prod.batch.replace`: from lines to lots and back.

use super::api::BATCH_REPLACE;
use super::model::{self, Done, Head, Replace};
use super::told;
use crate::Result;
use crate::clock::on_the_wire;
use crate::feeds::replay::{self, Wanted};
use crate::gate::{self, Cover, switches};
use crate::guards;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::stock::push::{Shops, WAITS_FOR};
use crate::stock::rules;
use crate::trail::{Cause, Kind};
use crate::wire::{Line, LineCode, LineResult, MAX_LINES, Module, Outcome, Patch, Problem, Scope, Withheld};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Text};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Applies the lines of a call: an unknown shop is a mistake in the line, an unknown SKU may be on its way and is waited for.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let skus = resolve(tx, cause.merchant, &lines)?;
    let shops = Shops::of(tx, scope)?;
    let rules = rules::of(tx, cause.merchant)?.lots;
    let mut results = Vec::with_capacity(lines.len());
    let mut wanted = Vec::with_capacity(lines.len());
    let mut by_no = HashMap::with_capacity(lines.len());
    for mut line in lines {
        let (ext, field) = name(&line);
        if ext.is_empty() {
            results.push(LineResult::rejected(&line, Problem::new(LineCode::Missing, "skuId", "")));
            continue;
        }
        let shop = match shops.named(&line) {
            Ok(shop) => shop,
            Err(problem) => {
                results.push(LineResult::rejected(&line, problem));
                continue;
            }
        };
        let Patch::Value(sent) = line.json("lots") else {
            results.push(LineResult::rejected(&line, Problem::new(LineCode::Missing, "lots", "")));
            continue;
        };
        let read = told::read(&sent, rules);
        line.warnings.extend(read.warnings);
        if !read.problems.is_empty() {
            line.problems = read.problems;
            results.push(LineResult::unreadable(&line));
            continue;
        }
        let Some(sku) = skus.get(&line.no) else {
            let code = if field == "skuId" { LineCode::UnknownSku } else { LineCode::UnknownProduct };
            results
                .push(LineResult::of(&line, Outcome::Parked).because(Problem::new(code, field, ext.clone())).waiting_for(WAITS_FOR, &ext));
            continue;
        };
        wanted.push(Replace {
            no: line.no,
            sku: sku.id,
            shop,
            lots: read.lots,
            source_time: line.time("sourceTime").value(),
            ack_seq: line.number("ackSeq").value(),
            as_of: line.time("asOf").value(),
        });
        by_no.insert(line.no, line);
    }
    let wanted = withhold(tx, cause, scope, rules.carry, wanted, &by_no, &mut results)?;
    let places: HashMap<i32, ShopId> = wanted.iter().map(|w| (w.no, w.shop)).collect();
    for done in model::replace(tx, cause, wanted)? {
        if let (Some(line), Some(sku), Some(shop)) = (by_no.get(&done.no), skus.get(&done.no), places.get(&done.no)) {
            results.push(tell(line, done, &sku.ext, *shop));
        }
    }
    Ok(results)
}

/// The id by which a line names its goods, and the field it stands in.
fn name(line: &Line) -> (String, &'static str) {
    let sku = line.text_or_empty("skuId");
    if sku.is_empty() { (line.text_or_empty("prodId"), "prodId") } else { (sku, "skuId") }
}

/// Lots an exception covers wait, and where lots carry the stock, so do those that stock may not follow now.
fn withhold(
    tx: &mut PgConnection,
    cause: &Cause,
    scope: &Scope,
    carry: bool,
    wanted: Vec<Replace>,
    by_no: &HashMap<i32, Line>,
    results: &mut Vec<LineResult>,
) -> Result<Vec<Replace>> {
    if cause.kind == Kind::Person || wanted.is_empty() {
        return Ok(wanted);
    }
    let places: Vec<gate::Place> = wanted.iter().map(|w| (None, Some(w.sku), Some(w.shop))).collect();
    let lots = gate::covering(tx, cause, Module::Lot, &places)?;
    let (off, stock) = if carry {
        let off = switches::why_off(tx, cause.merchant, Module::Stock, cause.now)?;
        (off.as_ref().map(Cover::from), gate::covering(tx, cause, Module::Stock, &places)?)
    } else {
        (None, vec![None; places.len()])
    };
    let covered = |(one, (lots, stock)): (&Replace, (&Option<Cover>, &Option<Cover>))| {
        (lots.is_some() || off.is_some() || stock.is_some()).then_some((one.sku, one.shop))
    };
    let waiting: Vec<(SkuId, ShopId)> = wanted.iter().zip(lots.iter().zip(&stock)).filter_map(covered).collect();
    let stand = model::heads(tx, cause.merchant, &waiting)?;
    let mut free = Vec::with_capacity(wanted.len());
    for ((one, lots), stock) in wanted.into_iter().zip(lots).zip(stock) {
        let cover = lots.map(|c| (Module::Lot, c)).or_else(|| off.clone().or(stock).map(|c| (Module::Stock, c)));
        match (cover, by_no.get(&one.no)) {
            (Some((module, cover)), Some(line)) => {
                let place = (cover.product, Some(one.sku), Some(one.shop));
                let part = Withheld { module, why: cover.why(), line: None, under: None, place };
                let mut held = LineResult::of(line, Outcome::Held).because(cover.problem("lots", "", scope.lang)).keeping(part);
                held.now.extend(stand.get(&(one.sku, one.shop)).map(in_force_of).unwrap_or_default());
                results.push(held.telling("heldUntil", cover.until.map(on_the_wire)));
            }
            _ => free.push(one),
        }
    }
    Ok(free)
}

/// The result of a line; where it did not count, what does.
fn tell(line: &Line, done: Done, sku: &str, shop: ShopId) -> LineResult {
    let mut result = LineResult::of(line, done.outcome);
    result.problems.extend(done.problems);
    let Some(head) = done.head else { return result };
    if let Some(quarantine) = done.quarantine {
        let sent = line.json("lots").value().unwrap_or_default().to_string();
        return guards::stopped(result, quarantine, "lots", &sent, in_words(&head))
            .telling("skuId", sku)
            .telling("shopId", shop.to_string())
            .telling("lotsVersion", head.version.to_string());
    }
    result.now.extend(in_force_of(&head));
    result
}

fn in_force_of(head: &Head) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("lots".into(), serde_json::to_value(&head.lots).unwrap_or_default());
    if let Some(at) = head.source_time {
        told.insert("sourceTime".into(), on_the_wire(at).into());
    }
    told
}

/// The lots in force at the places that lines are about.
pub fn in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let skus = resolve(c, scope.merchant, lines)?;
    let shops = Shops::of(c, scope)?;
    let place = |line: &Line| Some((line.no, (skus.get(&line.no)?.id, shops.named(line).ok()?)));
    let places: Vec<(i32, (SkuId, ShopId))> = lines.iter().filter_map(place).collect();
    let heads = model::heads(c, scope.merchant, &places.iter().map(|p| p.1).collect::<Vec<_>>())?;
    Ok(places.into_iter().filter_map(|(no, place)| Some((no, in_force_of(heads.get(&place)?)))).collect())
}

/// The lots in force, short enough for a sentence.
fn in_words(head: &Head) -> String {
    let lot = |l: &told::Told| l.quantity.map_or_else(|| l.lot_no.clone(), |n| format!("{} × {n}", l.lot_no));
    head.lots.iter().map(lot).collect::<Vec<_>>().join(", ")
}

/// A SKU a line means.
struct Named {
    id: SkuId,
    ext: String,
}

/// Line number → SKU. A product without `skuId` means its default SKU, or its only one.
fn resolve(c: &mut PgConnection, merchant: MerchantId, lines: &[Line]) -> Result<HashMap<i32, Named>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Int4)]
        no: i32,
        #[diesel(sql_type = BigInt)]
        id: SkuId,
        #[diesel(sql_type = Text)]
        ext: String,
    }
    let found: Vec<Found> = diesel::sql_query(
        "select l.no, k.id, k.ext from unnest($2, $3, $4) as l(no, sku, prod) cross join lateral \
         (select id, sku_id as ext from skus where merchant_id = $1 and l.sku <> '' and sku_id = l.sku union all \
          select k.id, k.sku_id from products p join skus k on k.merchant_id = $1 and k.product_id = p.id \
          where p.merchant_id = $1 and l.sku = '' and p.prod_id = l.prod \
            and (k.is_default or not exists (select 1 from skus o where o.merchant_id = $1 and o.product_id = p.id and o.id <> k.id)) limit 1) k",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Int4>, _>(lines.iter().map(|l| l.no).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.text_or_empty("skuId")).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.text_or_empty("prodId")).collect::<Vec<_>>())
    .load(c)?;
    Ok(found.into_iter().map(|f| (f.no, Named { id: f.id, ext: f.ext })).collect())
}

/// Applies the parked lines of a merchant whose SKU has arrived; how many lines that were. Of several about one place the
/// latest counts.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    let there = "(exists (select 1 from skus k where k.merchant_id = $1 and k.sku_id = w.code) \
       or exists (select 1 from products o join skus k on k.merchant_id = $1 and k.product_id = o.id where o.merchant_id = $1 and o.prod_id = w.code \
         and (k.is_default or not exists (select 1 from skus other where other.merchant_id = $1 and other.product_id = o.id and other.id <> k.id))))";
    let wanted = Wanted { methods: &[&BATCH_REPLACE], waits_for: WAITS_FOR, there, newest_first: true, limit: MAX_LINES };
    let ready = replay::ready(tx, merchant, &wanted)?;
    if ready.is_empty() {
        return Ok(0);
    }
    let shops = Shops::of(tx, &replay::scope(merchant, now))?;
    let (newest, older) = replay::first_of_each(ready, |sent| {
        let line = Line::read(1, BATCH_REPLACE.fields, sent.clone());
        (name(&line), shops.named(&line).ok())
    });
    replay::replay(tx, merchant, &BATCH_REPLACE, newest, &older, now)
}
