//! The open platform's words for the gate: an ERP may ask what is switched off, and why its values wait.

use super::{exceptions, held, switches};
use crate::Result;
use crate::clock::on_the_wire;
use crate::ids::MerchantId;
use crate::wire::{Field, Kind, Line, Method, Module, Scope, Verb};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use serde_json::{Value, json};

/// The most SKUs one question may be about.
const MOST: usize = 200;

/// W-04, Q-28
pub static SWITCH_GET: Method = Method {
    name: "switch.get",
    module: Module::Product,
    about: "gate-api-switch-get",
    source: "W-01 W-03 W-04 Q-28",
    fields: &[Field::optional("skuIds", Kind::Ids, "gate-field-sku-ids")],
    verb: Verb::Read(answer),
    example: r#"{"skuIds": "KZ-100382-1,KZ-100382-2"}"#,
    answer: r#"{"paused": 0, "until": null, "reason": "", "modules": [{"module": "stock", "on": 0, "until": "2026-11-22 18:00:00", "reason": "盘点", "waiting": 312}],
 "exceptions": [{"skuId": "KZ-100382-1", "shopId": "1", "module": "stock", "field": "", "until": null, "reason": "直播专供"}]}"#,
};

fn answer(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let now = scope.now;
    let off = switches::all_off(c, scope.merchant, now)?;
    let waiting = held::counts(c, scope.merchant)?;
    let all = off.iter().find(|o| o.module == "all");
    let modules: Vec<Value> = Module::ALL
        .iter()
        .map(|module| {
            let own = off.iter().find(|o| o.module == module.as_str()).or(all);
            let lines = waiting.iter().find(|w| w.module == module.as_str()).map_or(0, |w| w.lines);
            json!({
                "module": module.as_str(), "on": i32::from(own.is_none()), "until": own.and_then(|o| o.until).map(on_the_wire),
                "reason": own.map_or("", |o| o.reason.as_str()), "waiting": lines,
            })
        })
        .collect();
    let mut skus = line.many("skuIds").value().unwrap_or_default();
    skus.truncate(MOST);
    Ok(json!({
        "paused": i32::from(all.is_some()), "until": all.and_then(|o| o.until).map(on_the_wire), "reason": all.map_or("", |o| o.reason.as_str()),
        "modules": modules, "exceptions": on_skus(c, scope.merchant, &skus, now)?,
    }))
}

fn on_skus(c: &mut PgConnection, merchant: MerchantId, skus: &[String], now: DateTime<Utc>) -> Result<Vec<Value>> {
    #[derive(QueryableByName)]
    struct Owner {
        #[diesel(sql_type = BigInt)]
        product_id: crate::ids::ProductId,
        #[diesel(sql_type = BigInt)]
        id: crate::ids::SkuId,
        #[diesel(sql_type = Text)]
        sku_id: String,
    }
    if skus.is_empty() {
        return Ok(Vec::new());
    }
    let owners: Vec<Owner> =
        diesel::sql_query("select product_id, id, sku_id from skus where merchant_id = $1 and sku_id = any($2) order by id")
            .bind::<BigInt, _>(merchant)
            .bind::<Array<Text>, _>(skus)
            .load(c)?;
    let products: Vec<_> = owners.iter().map(|o| o.product_id).collect();
    let all = exceptions::of_products(c, merchant, &products, now)?;
    let mut told = Vec::new();
    for owner in &owners {
        let mine = all.iter().filter(|e| e.product_id == owner.product_id && e.sku_id.is_none_or(|sku| sku == owner.id));
        told.extend(mine.map(|e| {
            json!({
                "skuId": owner.sku_id, "shopId": e.shop_id.map(|s| s.to_string()), "module": e.module, "field": e.field,
                "until": e.until.map(on_the_wire), "reason": e.reason,
            })
        }));
    }
    Ok(told)
}
