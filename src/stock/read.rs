//! `sku.inventory.get`: what was applied, and how fresh it is (S-02, Q-04, G-04).

use super::push::{self, Shops};
use super::row::{COLUMNS, Row};
use crate::clock::on_the_wire;
use crate::error::Code;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::text::Text;
use crate::wire::{Line, Scope};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text as SqlText};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// A SKU by the id its ERP knows.
pub fn sku(c: &mut PgConnection, merchant: MerchantId, ext: &str) -> Result<Option<SkuId>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        id: SkuId,
    }
    let found: Option<Found> = diesel::sql_query("select id from skus where merchant_id = $1 and sku_id = $2")
        .bind::<BigInt, _>(merchant)
        .bind::<SqlText, _>(ext)
        .get_result(c)
        .optional()?;
    Ok(found.map(|f| f.id))
}

/// The rows of one SKU at these shops, by shop number.
pub fn rows(c: &mut PgConnection, merchant: MerchantId, sku: SkuId, shops: &[ShopId]) -> Result<Vec<Row>> {
    let sql = format!(
        "select {COLUMNS}, null::tid as place from stock s where s.merchant_id = $1 and s.sku_id = $2 and s.shop_id = any($3) order by s.shop_id"
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(sku).bind::<Array<BigInt>, _>(shops).load(c)?)
}

/// The rows of some places; those that were never told of are absent.
pub(super) fn at(c: &mut PgConnection, merchant: MerchantId, places: &[(SkuId, ShopId)]) -> Result<HashMap<(SkuId, ShopId), Row>> {
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select {COLUMNS}, null::tid as place from unnest($2, $3) as l(sku, shop) \
         cross join lateral (select * from stock where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop offset 0) s"
    );
    let rows: Vec<Row> = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
        .load(c)?;
    Ok(rows.into_iter().map(|row| ((row.sku, row.shop), row)).collect())
}

/// What is in force of a row, for a line that did not become so: the words of [`answer`].
pub(super) fn told(row: &Row, now: DateTime<Utc>) -> Map<String, Value> {
    let mut told = figures(row.shop, Some(row), now, |name| ["inventory", "automatic", "quantity", "version"].contains(&name));
    if let Some(at) = row.source_time {
        told.insert("sourceTime".into(), on_the_wire(at).into());
    }
    told
}

/// What is in force of the rows that lines are about.
pub fn in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let skus = push::resolve(c, scope.merchant, lines)?;
    let shops = Shops::of(c, scope)?;
    let place = |line: &Line| Some((line.no, (*skus.get(&line.no)?, shops.named(line).ok()?)));
    let places: Vec<(i32, (SkuId, ShopId))> = lines.iter().filter_map(place).collect();
    let rows = at(c, scope.merchant, &places.iter().map(|p| p.1).collect::<Vec<_>>())?;
    Ok(places.into_iter().filter_map(|(no, place)| Some((no, told(rows.get(&place)?, scope.now)))).collect())
}

/// The flat fields are those of the shop asked for, or of the default shop; without `shopId` every shop follows in `shops`.
pub fn answer(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let ext = line.text_or_empty("skuId");
    let shops = Shops::of(c, scope)?;
    let asked = line.shop("shopId").value();
    let shop = shops.named(&line).map_err(|problem| Error::Call(Code::NotFound, problem.text()))?;
    let id = sku(c, scope.merchant, &ext)?.ok_or_else(|| Error::Call(Code::NotFound, Text::new("stock-unknown-sku").with(&ext)))?;
    let rows = rows(c, scope.merchant, id, shops.all())?;
    let mut told = Map::new();
    told.insert("skuId".into(), ext.into());
    told.extend(figures(shop, rows.iter().find(|r| r.shop == shop), scope.now, |_| true));
    if asked.is_none() {
        let all = rows.iter().map(|r| Value::Object(figures(r.shop, Some(r), scope.now, |_| true))).collect();
        told.insert("shops".into(), Value::Array(all));
    }
    Ok(Value::Object(told))
}

/// The words that are wanted of a row. A shop that was never told of a SKU has none of it.
fn figures(shop: ShopId, row: Option<&Row>, now: DateTime<Utc>, wanted: impl Fn(&str) -> bool) -> Map<String, Value> {
    let f = row.map(|r| r.figures(now)).unwrap_or_default();
    let held = row.filter(|r| r.held_by(now).is_some());
    let words: [(&str, &dyn Fn() -> Value); 12] = [
        ("shopId", &|| shop.to_string().into()),
        ("inventory", &|| f.shown().into()),
        ("available", &|| f.available().into()),
        ("automatic", &|| f.automatic().into()),
        ("quantity", &|| f.erp_qty.into()),
        ("hold", &|| held.map(|r| json!({ "quantity": r.hold_qty, "used": r.hold_used, "until": r.hold_until.map(on_the_wire) })).into()),
        ("saled", &|| row.map_or(0, |r| r.sold).into()),
        ("freeze", &|| f.frozen.into()),
        ("withheld", &|| f.off_sale().into()),
        ("version", &|| row.map_or(0, |r| r.version).to_string().into()),
        ("reportedAt", &|| row.and_then(|r| r.reported_at).map(on_the_wire).into()),
        ("updatedAt", &|| row.map(|r| on_the_wire(r.updated_at)).into()),
    ];
    words.into_iter().filter(|(name, _)| wanted(name)).map(|(name, value)| (name.to_owned(), value())).collect()
}
