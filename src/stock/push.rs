//! `sku.inventory.update`: from lines to rows and back.

use super::api::INVENTORY_UPDATE;
use super::model::{self, Done, Row, Set};
use super::read;
use super::rows::{self, Named};
use crate::Result;
use crate::clock::on_the_wire;
use crate::db::Prepare;
use crate::feeds::replay::{self, Wanted};
use crate::gate;
use crate::guards;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::merchants;
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, MAX_LINES, Module, Outcome, Problem, Scope, Withheld};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Text};
use std::collections::HashMap;

/// What a parked line of this method waits for.
pub const WAITS_FOR: &str = "sku";

/// Applies the lines of a push: an unknown shop is a mistake in the line, an unknown SKU may be on its way and is waited for.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let shops = Shops::of(tx, scope)?;
    let mut results = Vec::with_capacity(lines.len());
    let mut named = Vec::with_capacity(lines.len());
    let mut by_no = HashMap::with_capacity(lines.len());
    for line in lines {
        match shops.named(&line) {
            Err(problem) => results.push(LineResult::rejected(&line, problem)),
            Ok(shop) => {
                named.push(Named { no: line.no, sku: line.text_or_empty("skuId"), shop });
                by_no.insert(line.no, line);
            }
        }
    }
    let rows = rows::lock_named(tx, cause.merchant, &named)?;
    let mut skus: HashMap<i32, SkuId> = rows.iter().map(|(no, row)| (*no, row.sku)).collect();
    let rowless = named.iter().filter(|n| !skus.contains_key(&n.no)).map(|n| (n.no, n.sku.clone()));
    skus.extend(ids(tx, cause.merchant, rowless.collect())?);
    let mut sets = Vec::with_capacity(named.len());
    for Named { no, sku, shop } in named {
        let Some(line) = by_no.get(&no) else { continue };
        match skus.get(&no) {
            Some(id) => sets.push(as_set(line, *id, shop)),
            None => {
                let problem = Problem::new(LineCode::UnknownSku, "skuId", sku.clone());
                results.push(LineResult::of(line, Outcome::Parked).because(problem).waiting_for(WAITS_FOR, &sku));
            }
        }
    }
    let places: Vec<gate::Place> = sets.iter().map(|s| (None, Some(s.sku), Some(s.shop))).collect();
    let covers = gate::covering(tx, cause, Module::Stock, &places)?;
    if covers.iter().any(Option::is_some) {
        let stand: HashMap<i32, &Row> = rows.iter().map(|(no, row)| (*no, row)).collect();
        let mut free = Vec::with_capacity(sets.len());
        for (set, cover) in sets.into_iter().zip(covers) {
            match (cover, by_no.get(&set.no)) {
                (Some(cover), Some(line)) => results.push(held(line, &set, &cover, stand.get(&set.no).copied(), scope)),
                _ => free.push(set),
            }
        }
        sets = free;
    }
    for done in model::set_locked(tx, cause, sets, rows.into_iter().map(|(_, row)| row).collect())? {
        if let Some(line) = by_no.remove(&done.no) {
            results.push(told(line, done, cause.now));
        }
    }
    Ok(results)
}

fn as_set(line: &Line, sku: SkuId, shop: ShopId) -> Set {
    Set {
        no: line.no,
        sku,
        shop,
        qty: line.number("inventory").value(),
        step: None,
        reported_sold: line.number("saled"),
        reported_frozen: line.number("freeze"),
        source_time: line.time("sourceTime").value(),
        epoch: line.number("epoch").value(),
        ack_seq: line.number("ackSeq").value(),
        as_of: line.time("asOf").value(),
        if_version: line.number("ifVersion").value(),
        shelf: None,
        empties_lots: false,
    }
}

/// An exception stands before this row: the line is kept as the row's shadow.
fn held(line: &Line, set: &Set, cover: &gate::Cover, stands: Option<&Row>, scope: &Scope) -> LineResult {
    let place = (cover.product, Some(set.sku), Some(set.shop));
    let part = Withheld { module: Module::Stock, why: cover.why(), line: None, under: None, place };
    let mut result = LineResult::of(line, Outcome::Held).because(cover.problem("inventory", "", scope.lang)).keeping(part);
    result.now.extend(stands.map(|row| read::told(row, scope.now)).unwrap_or_default());
    result.telling("heldUntil", cover.until.map(on_the_wire))
}

/// The result of a line; where it did not count, the values that do.
pub(super) fn told(line: Line, done: Done, now: DateTime<Utc>) -> LineResult {
    let sent = done.quarantine.and_then(|_| line.number("inventory").value()).unwrap_or_default();
    let mut result = LineResult::end(line, done.outcome);
    result.problems.extend(done.problems);
    let Some(row) = &done.row else { return result };
    if matches!(done.outcome, Outcome::Held | Outcome::Stale | Outcome::Rejected) {
        result.now.extend(read::told(row, now));
    }
    if done.outcome == Outcome::Held {
        result = result.telling("heldUntil", row.hold_until.map(on_the_wire));
    }
    match done.quarantine {
        // A number that waits for a person: what stays in force, and the row it is about for whoever lets it pass.
        Some(id) => guards::stopped(result, id, "inventory", &sent.to_string(), row.erp_qty).telling("shopId", row.shop.to_string()),
        None => result,
    }
}

/// The shops a caller may name.
pub struct Shops {
    known: Vec<ShopId>,
    default: Option<ShopId>,
}

impl Shops {
    pub fn of(c: &mut PgConnection, scope: &Scope) -> Result<Self> {
        let all = merchants::shops(c, scope.merchant)?;
        let default = all.iter().find(|s| s.is_default).map(|s| s.id).filter(|id| scope.sees(*id));
        Ok(Self { known: all.into_iter().map(|s| s.id).filter(|id| scope.sees(*id)).collect(), default })
    }

    pub fn all(&self) -> &[ShopId] {
        &self.known
    }
    pub fn default(&self) -> Option<ShopId> {
        self.default
    }

    /// The shop a line names; without one, the merchant's default. A shop outside the credential's reach is as unknown as
    /// one that does not exist.
    pub fn named(&self, line: &Line) -> std::result::Result<ShopId, Problem> {
        self.pick(line.shop("shopId").value())
    }

    /// The same for a shop that was read already.
    pub fn pick(&self, wanted: Option<ShopId>) -> std::result::Result<ShopId, Problem> {
        let found = wanted.map_or(self.default, |id| self.known.contains(&id).then_some(id));
        found.ok_or_else(|| Problem::new(LineCode::UnknownShop, "shopId", wanted.map(|id| id.to_string()).unwrap_or_default()))
    }
}

/// Line number → SKU, for the lines whose `skuId` is known.
pub(super) fn resolve(c: &mut PgConnection, merchant: MerchantId, lines: &[Line]) -> Result<HashMap<i32, SkuId>> {
    ids(c, merchant, lines.iter().map(|l| (l.no, l.text_or_empty("skuId"))).collect())
}

fn ids(c: &mut PgConnection, merchant: MerchantId, named: Vec<(i32, String)>) -> Result<HashMap<i32, SkuId>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Int4)]
        no: i32,
        #[diesel(sql_type = BigInt)]
        id: SkuId,
    }
    if named.is_empty() {
        return Ok(HashMap::new());
    }
    let (nos, names): (Vec<i32>, Vec<String>) = named.into_iter().unzip();
    let found: Vec<Found> = diesel::sql_query(
        "select l.no, k.id from unnest($2, $3) as l(no, ext) cross join lateral (select id from skus where merchant_id = $1 and sku_id = l.ext offset 0) k",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Int4>, _>(nos)
    .bind::<Array<Text>, _>(names)
    .prepared().load(c)?;
    Ok(found.into_iter().map(|f| (f.no, f.id)).collect())
}

/// Applies the parked lines of a merchant whose SKU has arrived; how many lines that were. Of several about one row the
/// latest counts.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    let there = "exists (select 1 from skus k where k.merchant_id = w.merchant_id and k.sku_id = w.code)";
    let wanted = Wanted { methods: &[&INVENTORY_UPDATE], waits_for: WAITS_FOR, there, newest_first: true, limit: MAX_LINES };
    let ready = replay::ready(tx, merchant, &wanted)?;
    if ready.is_empty() {
        return Ok(0);
    }
    let shops = Shops::of(tx, &replay::scope(merchant, now))?;
    let (newest, older) = replay::first_of_each(ready, |sent| {
        let line = Line::read(1, INVENTORY_UPDATE.fields, sent.clone());
        (line.text_or_empty("skuId"), shops.named(&line).ok())
    });
    replay::replay(tx, merchant, &INVENTORY_UPDATE, newest, &older, now)
}
