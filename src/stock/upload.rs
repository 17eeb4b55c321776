//! `prod.add_or_edit` on a platform with stock: a line may bring its first quantity (P-07).

use super::api::INVENTORY_UPDATE;
use super::model::{self, Row, Set};
use super::push::{self, Shops};
use super::rows;
use crate::Result;
use crate::gate::{self, Cover, switches};
use crate::guards;
use crate::ids::{ProductId, ShopId, SkuId};
use crate::products;
use crate::trail::{Cause, Kind};
use crate::wire::{Line, LineResult, Method, Module, Outcome, Scope, Withheld};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Text};
use serde_json::json;
use std::collections::{HashMap, HashSet};

pub static PROD_ADD_OR_EDIT: Method = products::api::prod_add_or_edit(apply);

/// Applies products, then the quantities they bring to the default shop, then the auto-list rule (P-08) for all of them, then
/// whatever stock was waiting for SKUs that are here now.
///
/// Rows of stock that exist already are locked first: whoever holds stock may wait for a product, never the other way round.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let shop = Shops::of(tx, scope)?.default();
    let wishes: Vec<Wish> = lines.iter().filter_map(Wish::of).collect();
    if let Some(shop) = shop {
        let known = skus(tx, cause, &wishes)?.into_values().map(|(sku, _)| (sku, shop)).collect();
        rows::lock_for(tx, cause.merchant, known)?;
    }
    let prod_ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("prodId")).collect();
    let mut results = products::upload::apply(tx, cause, scope, lines)?;
    if let Some(shop) = shop {
        let taken = |no: i32, results: &[LineResult]| {
            // Of a line whose price waits for a person, the rest was taken.
            let taken = |r: &LineResult| r.parked.as_ref().is_some_and(|p| p.waits_for == guards::WAITS_FOR);
            results.iter().any(|r| r.no == no && (matches!(r.outcome, Outcome::Applied | Outcome::Unchanged) || taken(r)))
        };
        let wanted: Vec<Wish> = wishes.into_iter().filter(|w| taken(w.no, &results)).collect();
        let skus = skus(tx, cause, &wanted)?;
        let kept = withhold(tx, cause, scope, shop, &wanted, &skus, &mut results)?;
        let sets = wanted
            .iter()
            .filter(|w| !kept.contains(&w.no))
            .filter_map(|w| Some(Set { source_time: w.source_time, ..Set::quantity(w.no, skus.get(&w.no)?.0, shop, w.qty) }));
        let wished: HashMap<i32, &Wish> = wanted.iter().map(|w| (w.no, w)).collect();
        let done: HashMap<i32, model::Done> = model::set(tx, cause, sets.collect())?.into_iter().map(|d| (d.no, d)).collect();
        for result in &mut results {
            let Some(done) = done.get(&result.no) else { continue };
            if done.outcome == Outcome::Applied && result.outcome == Outcome::Unchanged {
                result.outcome = Outcome::Applied;
            }
            result.problems.extend(done.problems.iter().cloned());
            if let (Some(quarantine), Some(row), Some(wish)) = (done.quarantine, &done.row, wished.get(&result.no)) {
                wish.stop(result, quarantine, row);
            }
        }
    }
    let prod_ids: Vec<&str> = prod_ids.iter().map(String::as_str).collect();
    let ids: Vec<ProductId> = products::ids_of(tx, cause.merchant, &prod_ids)?.into_values().collect();
    products::listing::settle(tx, cause, &ids)?;
    if results.iter().any(|r| r.outcome == Outcome::Applied) {
        push::replay_parked(tx, cause.merchant, cause.now)?;
    }
    Ok(results)
}

/// A quantity that came with a product.
struct Wish {
    no: i32,
    prod_id: String,
    /// The SKU the line names; empty: the product's default one.
    sku_id: String,
    qty: i64,
    source_time: Option<chrono::DateTime<chrono::Utc>>,
}

impl Wish {
    /// The number waits for a person, in the quarantine of the price if that waits as well; the rest of the line was taken.
    fn stop(&self, result: &mut LineResult, quarantine: i64, row: &Row) {
        let quarantine = result.parked.as_ref().and_then(|p| p.code.parse().ok()).unwrap_or(quarantine);
        let stopped = guards::stopped(result.clone(), quarantine, "inventory", &self.qty.to_string(), row.erp_qty);
        *result = stopped.telling("shopId", row.shop.to_string());
    }

    fn of(line: &Line) -> Option<Self> {
        let qty = line.number("inventory").value()?;
        Some(Self {
            no: line.no,
            prod_id: line.text_or_empty("prodId"),
            sku_id: line.text_or_empty("skuId"),
            qty,
            source_time: line.time("sourceTime").value(),
        })
    }
}

/// While stock is switched off, or the SKU is an exception, the quantity waits as if it had been pushed by itself.
fn withhold(
    tx: &mut PgConnection,
    cause: &Cause,
    scope: &Scope,
    shop: ShopId,
    wishes: &[Wish],
    skus: &HashMap<i32, (SkuId, String)>,
    results: &mut [LineResult],
) -> Result<HashSet<i32>> {
    if cause.kind == Kind::Person || wishes.is_empty() {
        return Ok(HashSet::new());
    }
    let off = switches::why_off(tx, cause.merchant, Module::Stock, cause.now)?.as_ref().map(Cover::from);
    let known: Vec<(&Wish, &(SkuId, String))> = wishes.iter().filter_map(|w| Some((w, skus.get(&w.no)?))).collect();
    let places: Vec<gate::Place> = known.iter().map(|(_, (sku, _))| (None, Some(*sku), Some(shop))).collect();
    let covers = gate::covering(tx, cause, Module::Stock, &places)?;
    let mut kept = HashSet::new();
    for ((wish, (sku, ext)), cover) in known.into_iter().zip(covers) {
        let (Some(cover), Some(result)) = (off.clone().or(cover), results.iter_mut().find(|r| r.no == wish.no)) else {
            continue;
        };
        let mut line = json!({ "skuId": ext, "shopId": shop.to_string(), "inventory": wish.qty });
        if let (Some(at), Some(map)) = (result.sent.get("sourceTime"), line.as_object_mut()) {
            map.insert("sourceTime".into(), at.clone());
        }
        result.problems.push(cover.problem("inventory", wish.qty.to_string(), scope.lang));
        result.withheld.push(Withheld {
            module: Module::Stock,
            why: cover.why(),
            line: Some(line),
            under: Some((INVENTORY_UPDATE.name, format!("{ext}/{shop}"))),
            place: (cover.product, Some(*sku), Some(shop)),
        });
        kept.insert(wish.no);
    }
    Ok(kept)
}

/// Line → the product's own SKU it means, for the lines that have one.
fn skus(c: &mut PgConnection, cause: &Cause, wishes: &[Wish]) -> Result<HashMap<i32, (SkuId, String)>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Int4)]
        no: i32,
        #[diesel(sql_type = BigInt)]
        id: SkuId,
        #[diesel(sql_type = Text)]
        ext: String,
    }
    if wishes.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<Found> = diesel::sql_query(
        "select l.no, k.id, k.sku_id as ext from unnest($2, $3, $4) as l(no, prod_id, sku_id) \
         cross join lateral (select id from products where merchant_id = $1 and prod_id = l.prod_id offset 0) p \
         cross join lateral (select id, sku_id from skus where merchant_id = $1 and product_id = p.id and (sku_id = l.sku_id or (l.sku_id = '' and is_default)) \
           order by id limit 1) k",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Int4>, _>(wishes.iter().map(|w| w.no).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(wishes.iter().map(|w| w.prod_id.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(wishes.iter().map(|w| w.sku_id.as_str()).collect::<Vec<_>>())
    .load(c)?;
    Ok(found.into_iter().map(|f| (f.no, (f.id, f.ext))).collect())
}
