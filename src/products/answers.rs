//! What ERPs read back: products, SKUs, one SKU with its stock (P-12, K-01, K-02). Times at +08:00, ids as texts, bits as 0/1.

use super::draft::wire_money;
use super::model::{COLUMNS, Product, Window};
use super::skus::{self, SELECT, Sku};
use crate::clock::on_the_wire;
use crate::error::Code;
use crate::ids::ShopId;
use crate::text::Text as Sentence;
use crate::wire::{Line, Scope};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

fn window(line: &Line) -> Result<(Window, i64)> {
    let (page, limit) = (line.number_or_default("pageNum"), line.number_or_default("pageSize"));
    let cursor = line.text_or_empty("cursor");
    let after = if cursor.is_empty() { None } else { Some(Window::read_cursor(&cursor)?) };
    let offset = if after.is_some() { 0 } else { (page - 1) * limit };
    let (from, to) = (line.time("startUpdateTime").value(), line.time("endUpdateTime").value());
    Ok((Window { from, to, after, offset, limit }, page))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// `{records, total, current, pages, cursor}`. With a cursor nothing is counted: a sync that follows cursors to the end
/// misses nothing while rows change, and costs the same on every page.
fn page(window: &Window, page: i64, total: Option<i64>, records: Vec<Value>, last: Option<(DateTime<Utc>, i64)>) -> Value {
    let full = i64::try_from(records.len()).unwrap_or(i64::MAX) >= window.limit;
    let cursor = last.filter(|_| full).map(|(at, id)| Window::cursor(at, id));
    let mut told = json!({ "records": records, "cursor": cursor });
    if let (Some(map), Some(total)) = (told.as_object_mut(), total) {
        map.insert("total".into(), total.into());
        map.insert("current".into(), page.into());
        map.insert("pages".into(), ((total + window.limit - 1) / window.limit).into());
    }
    told
}

/// Bits of the window's condition, over the columns of `t`.
fn within(t: &str) -> String {
    format!(
        "({t}.updated_at >= $2 or $2::timestamptz is null) and ({t}.updated_at <= $3 or $3::timestamptz is null) \
         and (($4::timestamptz is null) or ({t}.updated_at, {t}.id) > ($4, $5))"
    )
}

#[derive(QueryableByName)]
struct Listed {
    #[diesel(embed)]
    product: Product,
    #[diesel(sql_type = Text)]
    chain: String,
    #[diesel(sql_type = Nullable<Text>)]
    base_code: Option<String>,
}

const LISTED: &str = "concat_ws('-', t.id, m.id, c.id) as chain, b.code as base_code from products p \
     join categories c on c.merchant_id = p.merchant_id and c.id = p.category_id \
     left join categories m on m.merchant_id = c.merchant_id and m.id = c.parent_id \
     left join categories t on t.merchant_id = m.merchant_id and t.id = m.parent_id \
     left join base_products b on b.id = p.base_product_id";

/// Of the products that lines are about, the fields they name.
pub fn product_in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let rows: Vec<Listed> = diesel::sql_query(format!("select {COLUMNS}, {LISTED} where p.merchant_id = $1 and p.prod_id = any($2)"))
        .bind::<BigInt, _>(scope.merchant)
        .bind::<Array<Text>, _>(lines.iter().map(|l| l.text_or_empty("prodId")).collect::<Vec<_>>())
        .load(c)?;
    let stored: HashMap<&str, &Listed> = rows.iter().map(|row| (row.product.prod_id.as_str(), row)).collect();
    Ok(lines.iter().filter_map(|l| Some((l.no, l.spoken_of(product(stored.get(l.text_or_empty("prodId").as_str())?))))).collect())
}

/// Of the SKUs that lines are about, the fields they name; what goods cost is told to whoever asks for it.
pub fn sku_in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let rows: Vec<Sku> = diesel::sql_query(format!("{SELECT} where s.merchant_id = $1 and s.sku_id = any($2)"))
        .bind::<BigInt, _>(scope.merchant)
        .bind::<Array<Text>, _>(lines.iter().map(|l| l.text_or_empty("skuId")).collect::<Vec<_>>())
        .load(c)?;
    let stored: HashMap<&str, &Sku> = rows.iter().map(|row| (row.sku_id.as_str(), row)).collect();
    let told = |line: &Line| {
        let mut told = line.spoken_of(sku(stored.get(line.text_or_empty("skuId").as_str())?));
        told.shift_remove("originalPurchasePrice");
        Some((line.no, told))
    };
    Ok(lines.iter().filter_map(told).collect())
}

/// `prod.list.get`
pub fn prod_list(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let (w, current) = window(&line)?;
    let (at, id) = w.after.map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let sql =
        format!("select {COLUMNS}, {LISTED} where p.merchant_id = $1 and {} order by p.updated_at, p.id offset $6 limit $7", within("p"));
    let rows: Vec<Listed> = diesel::sql_query(sql)
        .bind::<BigInt, _>(scope.merchant)
        .bind::<Nullable<Timestamptz>, _>(w.from)
        .bind::<Nullable<Timestamptz>, _>(w.to)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<BigInt>, _>(id)
        .bind::<BigInt, _>(w.offset)
        .bind::<BigInt, _>(w.limit)
        .load(c)?;
    let total = if w.after.is_some() { None } else { Some(count(c, scope, "products p", "p", &w, "")?) };
    let last = rows.last().map(|r| (r.product.updated_at, r.product.id.0));
    Ok(page(&w, current, total, rows.iter().map(|row| Value::Object(product(row))).collect(), last))
}

fn count(c: &mut PgConnection, scope: &Scope, from: &str, t: &str, w: &Window, prod_id: &str) -> Result<i64> {
    let only = if prod_id.is_empty() { "$6 = ''" } else { "p.prod_id = $6" };
    let sql = format!("select count(*) as n from {from} where {t}.merchant_id = $1 and {only} and {}", within(t));
    let count: Count = diesel::sql_query(sql)
        .bind::<BigInt, _>(scope.merchant)
        .bind::<Nullable<Timestamptz>, _>(w.from)
        .bind::<Nullable<Timestamptz>, _>(w.to)
        .bind::<Nullable<Timestamptz>, _>(None::<DateTime<Utc>>)
        .bind::<Nullable<BigInt>, _>(None::<i64>)
        .bind::<Text, _>(prod_id)
        .get_result(c)?;
    Ok(count.n)
}

fn product(row: &Listed) -> Map<String, Value> {
    let p = &row.product;
    let pairs: [(&str, Value); 27] = [
        ("prodId", p.prod_id.clone().into()),
        ("erpProdCode", p.erp_code.clone().into()),
        ("prodName", p.name.clone().into()),
        ("catalogId", p.category_id.clone().into()),
        ("catalogChain", row.chain.clone().into()),
        ("brand", p.brand.clone().into()),
        ("spec", p.spec.clone().into()),
        ("manufacturer", p.manufacturer.clone().into()),
        ("approvalNo", p.approval_no.clone().into()),
        ("tradeName", p.detail("tradeName").into()),
        ("album", p.detail("album").into()),
        ("description", p.detail("description").into()),
        ("shippingPlace", p.detail("shippingPlace").into()),
        ("originPlace", p.detail("originPlace").into()),
        ("grossWeight", wire_money(p.detail("grossWeight").parse().ok())),
        ("supplier", p.detail("supplier").into()),
        ("enable", u8::from(p.enabled).into()),
        ("createTime", on_the_wire(p.created_at).into()),
        ("updateTime", on_the_wire(p.updated_at).into()),
        ("unit", p.unit.clone().into()),
        ("barCode", p.barcode.clone().into()),
        ("price", wire_money(p.detail("price").parse().ok())),
        ("baseProdId", row.base_code.clone().into()),
        ("auditStatus", p.audit_status.clone().into()),
        ("listing", p.listing.clone().into()),
        ("listed", u8::from(p.listing == "listed").into()),
        ("version", p.version.into()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// `sku.list.get`
pub fn sku_list(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let (w, current) = window(&line)?;
    let prod_id = line.text_or_empty("prodId");
    let (at, id) = w.after.map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let only = if prod_id.is_empty() { "$8 = ''" } else { "p.prod_id = $8" };
    let sql = format!("{SELECT} where s.merchant_id = $1 and {only} and {} order by s.updated_at, s.id offset $6 limit $7", within("s"));
    let rows: Vec<Sku> = diesel::sql_query(sql)
        .bind::<BigInt, _>(scope.merchant)
        .bind::<Nullable<Timestamptz>, _>(w.from)
        .bind::<Nullable<Timestamptz>, _>(w.to)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<BigInt>, _>(id)
        .bind::<BigInt, _>(w.offset)
        .bind::<BigInt, _>(w.limit)
        .bind::<Text, _>(&prod_id)
        .load(c)?;
    let from =
        if prod_id.is_empty() { "skus s" } else { "skus s join products p on p.merchant_id = s.merchant_id and p.id = s.product_id" };
    let total = if w.after.is_some() { None } else { Some(count(c, scope, from, "s", &w, &prod_id)?) };
    let last = rows.last().map(|s| (s.updated_at, s.id.0));
    Ok(page(&w, current, total, rows.iter().map(|s| Value::Object(sku(s))).collect(), last))
}

/// Cost is the merchant's own business; these methods answer nobody else.
fn sku(s: &Sku) -> Map<String, Value> {
    let pairs: [(&str, Value); 16] = [
        ("skuId", s.sku_id.clone().into()),
        ("prodId", s.prod_id.clone().into()),
        ("code", s.code.clone().into()),
        ("barCode", s.barcode.clone().into()),
        ("skuPic", s.picture.clone().into()),
        ("skuAttr", s.attributes.to_string().into()),
        ("price", wire_money(s.base_price)),
        ("originalPurchasePrice", wire_money(s.cost_price)),
        ("retailPrice", wire_money(s.retail_price)),
        ("vipPrice", wire_money(s.member_price)),
        ("referencePrice", wire_money(s.reference_price)),
        ("enable", u8::from(s.enabled).into()),
        ("isDefault", u8::from(s.is_default).into()),
        ("createTime", on_the_wire(s.created_at).into()),
        ("updateTime", on_the_wire(s.updated_at).into()),
        ("version", s.version.into()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[derive(QueryableByName)]
struct AtShop {
    #[diesel(sql_type = BigInt)]
    shop: ShopId,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    is_default: bool,
    #[diesel(sql_type = BigInt)]
    inventory: i64,
    #[diesel(sql_type = BigInt)]
    saled: i64,
    #[diesel(sql_type = BigInt)]
    freeze: i64,
}

impl AtShop {
    fn told(&self) -> Map<String, Value> {
        let pairs: [(&str, Value); 4] = [
            ("shopId", self.shop.to_string().into()),
            ("inventory", self.inventory.into()),
            ("saled", self.saled.into()),
            ("freeze", self.freeze.into()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// `sku.detail`: the flat stock fields are those of the shop asked for, or of the default shop.
pub fn sku_detail(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let sku_id = line.text_or_empty("skuId");
    let unknown = |key: &'static str, what: &str| Error::Call(Code::NotFound, Sentence::keyed(key.into()).with(what));
    let found = skus::find(c, scope.merchant, &sku_id)?.ok_or_else(|| unknown("products-unknown-sku", &sku_id))?;
    let shops: Vec<AtShop> = diesel::sql_query(
        "select h.id as shop, h.is_default, greatest(coalesce(stock_available(s), 0), 0) as inventory, \
         coalesce(s.sold, 0) as saled, coalesce(s.frozen, 0) as freeze from shops h \
         left join stock s on s.merchant_id = h.merchant_id and s.shop_id = h.id and s.sku_id = $2 \
         where h.merchant_id = $1 and ($3::bigint[] is null or h.id = any($3)) order by h.id",
    )
    .bind::<BigInt, _>(scope.merchant)
    .bind::<BigInt, _>(found.id)
    .bind::<Nullable<Array<BigInt>>, _>(scope.shops.clone())
    .load(c)?;
    let flat = match line.shop("shopId").value() {
        Some(id) => Some(shops.iter().find(|s| s.shop == id).ok_or_else(|| unknown("products-unknown-shop", &id.to_string()))?),
        None => shops.iter().find(|s| s.is_default).or(shops.first()),
    };
    let mut told = sku(&found);
    if let Some(shop) = flat {
        told.extend(shop.told());
    }
    if line.shop("shopId").is_missing() {
        told.insert("shops".into(), shops.iter().map(|s| Value::Object(s.told())).collect());
    }
    Ok(Value::Object(told))
}
