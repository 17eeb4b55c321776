//! What ERPs read back. Nothing here knows what goods cost.

use super::codes::Codes;
use super::quote::{Buyer, quote};
use super::resolve::{Channel, Member, Reason, Rule};
use super::rows::{self, Own, Stored};
use super::rules::rules;
use super::{customer_groups as customers, push, region_groups as regions};
use crate::clock::on_the_wire;
use crate::error::Code;
use crate::ids::{CustomerId, SkuId};
use crate::products::draft::wire_money;
use crate::text::{Lang, Text};
use crate::wire::{Line, Scope};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

fn not_found(key: &'static str, id: &str) -> Error {
    Error::Call(Code::NotFound, Text::new(key).with(id))
}

fn when(at: Option<DateTime<Utc>>) -> Value {
    json!(at.map(on_the_wire))
}

/// `sku.price.get`: what members pay, and all else that is set; the shop that was asked for comes back.
pub fn prices(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let sku_id = line.text_or_empty("skuId");
    let own = rows::own(c, scope.merchant, &sku_id)?.ok_or_else(|| not_found("pricing-no-sku", &sku_id))?;
    let shop = line.shop("shopId").value();
    if let Some(shop) = shop.filter(|shop| !scope.sees(*shop)) {
        return Err(not_found("pricing-no-shop", &shop.to_string()));
    }
    let all = rows::of_skus(c, scope.merchant, &[own.id], rows::MOST)?;
    let named: Vec<CustomerId> = all.iter().filter_map(|r| r.customer).collect();
    let codes = Codes::by_customers(c, scope.merchant, &named)?;
    let member = rules(c, scope.merchant)?.member;
    let in_shop = shop.filter(|_| member == Member::PerShop);
    let of_shop = in_shop.and_then(|shop| all.iter().find(|r| r.shop == Some(shop) && r.is_on(scope.now)));
    let region = |r: &Stored| json!(r.region.map(|id| codes.region(id).to_owned()));
    let by_region: Vec<Value> = all
        .iter()
        .filter(|r| r.region.is_some() && r.customer.is_none() && r.group.is_none())
        .map(|r| json!({ "regionGroup": region(r), "price": wire_money(Some(r.amount)), "validFrom": when(r.from), "validUntil": when(r.until) }))
        .collect();
    let by_customer: Vec<Value> = all
        .iter()
        .filter(|r| r.customer.is_some() || r.group.is_some())
        .map(|r| {
            json!({
                "customerGroup": r.group.map(|id| codes.group(id)), "customerId": r.customer.map(|id| codes.customer(id)), "regionGroup": region(r),
                "price": wire_money(Some(r.amount)), "validFrom": when(r.from), "validUntil": when(r.until),
            })
        })
        .collect();
    Ok(json!({
        "skuId": sku_id, "shopId": shop.map(|id| id.to_string()), "vipPrice": wire_money(of_shop.map(|r| r.amount).or(own.member)),
        "price": wire_money(own.default), "retailPrice": wire_money(own.retail), "referencePrice": wire_money(own.reference),
        "version": own.version, "regionPrices": by_region, "customerPrices": by_customer,
    }))
}

/// Of the SKUs that lines are about, the prices they name, as [`prices`] tells them. Lists of groups and customers are asked for.
pub fn in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let goods = push::resolve(c, scope.merchant, lines)?;
    let skus: Vec<SkuId> = goods.values().map(|g| g.sku).collect();
    let owns: HashMap<SkuId, Own> = rows::owns(c, scope.merchant, &skus)?.into_iter().map(|own| (own.id, own)).collect();
    let per_shop = rules(c, scope.merchant)?.member == Member::PerShop;
    let shop_of = |line: &Line| line.shop("shopId").value().filter(|_| per_shop);
    let wanted: Vec<SkuId> = lines.iter().filter(|l| shop_of(l).is_some()).filter_map(|l| Some(goods.get(&l.no)?.sku)).collect();
    let in_shops = if wanted.is_empty() { Vec::new() } else { rows::of_skus(c, scope.merchant, &wanted, rows::MOST)? };
    let told = |line: &Line| {
        let own = owns.get(&goods.get(&line.no)?.sku)?;
        let member = shop_of(line).and_then(|shop| in_shops.iter().find(|r| r.sku == own.id && r.shop == Some(shop) && r.is_on(scope.now)));
        let pairs: [(&str, Value); 5] = [
            ("price", wire_money(own.default)),
            ("retailPrice", wire_money(own.retail)),
            ("referencePrice", wire_money(own.reference)),
            ("vipPrice", wire_money(member.map(|r| r.amount).or(own.member))),
            ("version", own.version.into()),
        ];
        Some((line.no, line.spoken_of(pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())))
    };
    Ok(lines.iter().filter_map(told).collect())
}

/// `region_group.list.get`
pub fn region_groups(c: &mut PgConnection, scope: &Scope, _: Line) -> Result<Value> {
    let all = regions::list(c, scope.merchant)?;
    let told = |g: &regions::Group| json!({ "code": g.code, "name": g.name, "regions": g.regions });
    Ok(json!({ "records": all.iter().map(told).collect::<Vec<_>>() }))
}

/// `customer_group.list.get`
pub fn customer_groups(c: &mut PgConnection, scope: &Scope, _: Line) -> Result<Value> {
    let all = customers::list(c, scope.merchant)?;
    let told =
        |g: &customers::Group| json!({ "code": g.code, "name": g.name, "level": g.level, "priority": g.priority, "members": g.members });
    Ok(json!({ "records": all.iter().map(told).collect::<Vec<_>>() }))
}

/// `explain.price`: the same resolution that every order gets, with its ladder.
pub fn explain(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let sku_id = line.text_or_empty("skuId");
    let sku: SkuId = rows::own(c, scope.merchant, &sku_id)?.ok_or_else(|| not_found("pricing-no-sku", &sku_id))?.id;
    let text = |name: &str| line.text(name).value().filter(|text| !text.is_empty());
    let customer = match text("customerId") {
        Some(code) => {
            let found = Codes::by_customer_codes(c, scope.merchant, std::slice::from_ref(&code))?.customer_by(&code);
            Some(found.ok_or_else(|| not_found("pricing-no-customer", &code))?)
        }
        None => None,
    };
    let channel = if text("channel").as_deref() == Some("micro_shop") { Channel::MicroShop } else { Channel::B2b };
    let buyer = Buyer { customer, region: text("regionCode"), shop: line.shop("shopId").value(), channel };
    let at = line.time("at").value().unwrap_or(scope.now);
    let found = quote(c, scope.merchant, &buyer, &[sku], at)?.remove(&sku).ok_or_else(|| Error::broken("a SKU without an answer"))?;
    let codes = Codes::by_customers(c, scope.merchant, &[])?;
    let lang: Lang = scope.lang;
    let ladder: Vec<Value> = found
        .ladder
        .iter()
        .map(|step| {
            let o = &step.offer;
            json!({
                "rule": o.rule.as_str(), "price": wire_money(Some(o.amount)), "customerGroup": o.group.map(|g| codes.group(g.id)),
                "regionGroup": o.region.map(|id| codes.region(id)), "shopId": o.shop.map(|id| id.to_string()),
                "validFrom": when(o.from), "validUntil": when(o.until), "why": step.why.as_str(), "msg": lang.say(step.why.label(), &[]),
            })
        })
        .collect();
    let said = found.none.map(Reason::label).or(found.rule.map(Rule::label));
    Ok(json!({
        "skuId": sku_id, "price": wire_money(found.price), "rule": found.rule.map(Rule::as_str), "reason": found.none.map(Reason::as_str),
        "msg": said.map(|key| lang.say(key, &[])), "ladder": ladder,
    }))
}
