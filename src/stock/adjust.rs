//! `sku.inventory.adjust`: so many more or fewer, for an ERP that tells what goes and comes instead of what there is.
//!
//! The number is stepped from under the row's lock by the verb that sets it, with the same ledger, holds and guards. A step does not
//! say which orders the number contains, so it takes none of ours off; that is for the next whole number. It cannot wait either: two
//! kept steps would be one, so an exception, or a whole number that waits already, turns it down. That number may be kept by the gate
//! or wait in quarantine for a person: either way it is what the ERP steps from, and the one that is in force is not.

use super::api::INVENTORY_UPDATE;
use super::model::{self, Set};
use super::push::{Shops, resolve, told};
use super::{read, rows};
use crate::Result;
use crate::gate::{self, held};
use crate::guards;
use crate::ids::{ShopId, SkuId};
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, Module, Outcome, Problem, Scope};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use std::collections::{HashMap, HashSet};

/// Applies the lines of a call; what it names must be known.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let skus = resolve(tx, cause.merchant, &lines)?;
    let shops = Shops::of(tx, scope)?;
    let mut results = Vec::with_capacity(lines.len());
    let mut steps = Vec::with_capacity(lines.len());
    for line in lines {
        let sku = skus.get(&line.no).copied();
        let sku = sku.ok_or_else(|| Problem::new(LineCode::UnknownSku, "skuId", line.text_or_empty("skuId")));
        let step = line.number("delta").value().ok_or_else(|| Problem::new(LineCode::Missing, "delta", ""));
        match (sku, shops.named(&line), step) {
            (Ok(sku), Ok(shop), Ok(step)) => {
                let set = Set { qty: None, step: Some(step), ..as_set(&line, Set::quantity(line.no, sku, shop, 0)) };
                steps.push((line, set));
            }
            (sku, shop, step) => results.extend(sku.err().or(shop.err()).or(step.err()).map(|p| LineResult::rejected(&line, p))),
        }
    }
    let places: Vec<gate::Place> = steps.iter().map(|(_, s)| (None, Some(s.sku), Some(s.shop))).collect();
    let covers = gate::covering(tx, cause, Module::Stock, &places)?;
    // Whoever says a whole number holds its row until what becomes of the number is written.
    rows::lock_for(tx, cause.merchant, steps.iter().map(|(_, set)| (set.sku, set.shop)).collect())?;
    let kept = kept(tx, cause, &steps)?;
    let quarantined = quarantined(tx, cause, &steps)?;
    let mut sets = Vec::with_capacity(steps.len());
    let mut by_no = HashMap::with_capacity(steps.len());
    for ((line, set), cover) in steps.into_iter().zip(covers) {
        if let Some(cover) = cover {
            results.push(cover.turning_down(&line));
        } else if kept.contains(&key(&line, &set)) {
            results.push(turned_down(&line, scope.lang.say("stock-step-kept", &[])));
        } else if let Some(quarantine) = quarantined.get(&(set.sku, set.shop)) {
            results.push(turned_down(&line, scope.lang.say("stock-step-quarantined", &[quarantine.as_str().into()])));
        } else {
            by_no.insert(set.no, line);
            sets.push(set);
        }
    }
    for done in model::set(tx, cause, sets)? {
        let Some(line) = by_no.remove(&done.no) else { continue };
        let row = done.row.clone().filter(|_| matches!(done.outcome, Outcome::Applied | Outcome::Unchanged));
        let mut result = told(line, done, cause.now);
        // Whoever steps does not know the number it comes to.
        result.now.extend(row.map(|row| read::told(&row, cause.now)).unwrap_or_default());
        results.push(result);
    }
    Ok(results)
}

fn as_set(line: &Line, set: Set) -> Set {
    Set {
        source_time: line.time("sourceTime").value(),
        epoch: line.number("epoch").value(),
        if_version: line.number("ifVersion").value(),
        ..set
    }
}

/// How the gate names the row's kept number.
fn key(line: &Line, set: &Set) -> String {
    format!("{}/{}", line.text_or_empty("skuId"), set.shop)
}

/// What stands in the way has no end of its own.
fn turned_down(line: &Line, why: String) -> LineResult {
    LineResult::rejected(line, Problem::new(LineCode::CannotWait, "", why).detail("—"))
}

/// The rows whose whole number is kept by the gate: applied later, it would undo a step taken now.
fn kept(tx: &mut PgConnection, cause: &Cause, steps: &[(Line, Set)]) -> Result<HashSet<String>> {
    if steps.is_empty() {
        return Ok(HashSet::new());
    }
    let keys: Vec<String> = steps.iter().map(|(line, set)| key(line, set)).collect();
    let kept = held::of_keys(tx, cause.merchant, &keys)?;
    Ok(kept.into_iter().filter(|k| k.method == INVENTORY_UPDATE.name).map(|k| k.key).collect())
}

/// The rows whose whole number waits for a person, whichever way it came, with the quarantine. A step beside it would start from a
/// number the ERP has left behind, and would make the one that waits look overtaken.
fn quarantined(tx: &mut PgConnection, cause: &Cause, steps: &[(Line, Set)]) -> Result<HashMap<(SkuId, ShopId), String>> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = BigInt)]
        sku: SkuId,
        #[diesel(sql_type = BigInt)]
        shop: ShopId,
        #[diesel(sql_type = Text)]
        code: String,
    }
    if steps.is_empty() {
        return Ok(HashMap::new());
    }
    let waiting: Vec<Waiting> = diesel::sql_query(
        "select k.id as sku, (w.now->>'shopId')::bigint as shop, max(w.code) as code from parked_lines w cross join lateral \
           (select k.id from skus k where k.merchant_id = $1 and k.sku_id = nullif(w.line->>'skuId', '') union all \
            select k.id from products o join skus k on k.merchant_id = o.merchant_id and k.product_id = o.id and k.is_default \
            where o.merchant_id = $1 and o.prod_id = w.line->>'prodId' and nullif(w.line->>'skuId', '') is null limit 1) k \
         where w.merchant_id = $1 and w.waits_for = $2 and w.settled_at is null and w.now ? 'inventory' and w.now ? 'shopId' \
           and k.id = any($3) group by 1, 2",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(guards::WAITS_FOR)
    .bind::<Array<BigInt>, _>(steps.iter().map(|(_, set)| set.sku).collect::<Vec<_>>())
    .load(tx)?;
    Ok(waiting.into_iter().map(|w| ((w.sku, w.shop), w.code)).collect())
}
