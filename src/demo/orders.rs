//! The demo's orders: a pharma wholesaler's last two days, and a gift wholesaler's real book, both through the storefront's and
//! the ERP's own methods, each call at the time at which it would have come.

use super::rows;
use super::steps::{Party, Player};
use super::trade::{self, Book, RawLine, Refund, Sale};
use crate::guards;
use crate::web::Platform;
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Orders a call.
const AT_ONCE: usize = 50;
/// How much of the gift wholesaler's book the demo shows: its last invoices.
const SHOWN: usize = 120;

#[derive(Deserialize, Clone)]
struct BuyerRow {
    #[serde(rename = "customerId")]
    id: String,
    name: String,
    phone: String,
    #[serde(rename = "regionCode")]
    region: String,
    contact: String,
    address: String,
}

#[derive(Deserialize, Clone)]
struct OrderRow {
    #[serde(rename = "orderNo")]
    no: String,
    #[serde(rename = "minutesAgo")]
    minutes_ago: i64,
    #[serde(rename = "customerId")]
    customer: String,
    items: String,
    freight: String,
    remark: String,
    /// How far it has come.
    path: String,
}

#[derive(Deserialize, Clone)]
struct LotRow {
    #[serde(rename = "skuId")]
    sku: String,
    #[serde(rename = "shopId")]
    shop: String,
    #[serde(rename = "lotNo")]
    no: String,
    #[serde(rename = "madeMonthsAgo")]
    made_months_ago: i64,
    #[serde(rename = "keepsDays")]
    keeps_days: i64,
    quantity: i64,
}

impl LotRow {
    /// As the ERP tells it, so many units of it.
    fn told(&self, quantity: i64, now: DateTime<Utc>) -> Value {
        let day = |days: i64| (now + Duration::days(days)).date_naive().to_string();
        json!({ "lotNo": self.no, "producedOn": day(-30 * self.made_months_ago), "expiresOn": day(self.keeps_days), "quantity": quantity })
    }
}

/// Lots by SKU, what expires first at the front.
type Shelf = BTreeMap<String, Vec<LotRow>>;

const CARRIERS: [(&str, &str); 4] = [("SF", "SF14"), ("YTO", "YT77"), ("ZTO", "7585"), ("JD", "JDVA")];

/// The steps of an ERP by which an order reaches its place: minutes after it was booked.
const STEPS: [(&str, i64); 5] = [("accepted", 6), ("picking", 40), ("outbound", 120), ("delivering", 150), ("signed", 1100)];

/// The pharma wholesaler: its ERP's customers are known beforehand, a few buyers are not among them.
pub async fn pharma(platform: &Platform) -> Result<()> {
    let player = Player::of(platform, "kz").await?;
    let now = platform.clock.now();
    let before = now - Duration::days(3);
    player.scheme("presync").await?;
    player.send(Party::Storefront, "customer.register", before, rows::lines("customers_kz.csv")?).await?;
    player.send(Party::Erp, "customer.add_or_edit", before, rows::lines("erp_customers_kz.csv")?).await?;
    let mut shelf = Shelf::new();
    for lot in rows::read::<LotRow>("lots_kz.csv")? {
        shelf.entry(lot.sku.clone()).or_default().push(lot);
    }
    let lots = |lots: &Vec<LotRow>| {
        let first = lots.first()?;
        Some(json!({ "skuId": first.sku, "shopId": first.shop, "lots": lots.iter().map(|l| l.told(l.quantity, now)).collect::<Vec<_>>() }))
    };
    player.send(Party::Erp, "prod.batch.replace", before, shelf.values().filter_map(lots).collect()).await?;
    let buyers: HashMap<String, BuyerRow> = rows::read::<BuyerRow>("customers_kz.csv")?.into_iter().map(|b| (b.id.clone(), b)).collect();
    let orders = rows::read::<OrderRow>("orders_kz.csv")?;
    for bundle in orders.chunks(AT_ONCE) {
        pharma_bundle(&player, bundle, &buyers, &shelf, now).await?;
    }
    Ok(())
}

async fn pharma_bundle(
    player: &Player<'_>,
    bundle: &[OrderRow],
    buyers: &HashMap<String, BuyerRow>,
    shelf: &Shelf,
    now: DateTime<Utc>,
) -> Result<()> {
    let at = |order: &OrderRow| now - Duration::minutes(order.minutes_ago);
    let last = bundle.iter().map(at).max().unwrap_or(now);
    let create = bundle.iter().map(|o| pharma_order(o, buyers, at(o))).collect::<Result<Vec<_>>>()?;
    player.send(Party::Storefront, "order.create", last, create).await?;
    let paid: Vec<&OrderRow> = bundle.iter().filter(|o| o.path != "unpaid").collect();
    let pay = |o: &&OrderRow| json!({ "orderNo": o.no, "paidTime": wire(at(o) + Duration::minutes(2)), "paymentId": format!("P{}", o.no) });
    player.send(Party::Storefront, "order.pay", last + Duration::minutes(2), paid.iter().map(pay).collect()).await?;
    // The ERP asks every few seconds; each order is booked some seconds after it was paid.
    let waiting = player.waiting().await?;
    let (mut said, mut sent): (BTreeMap<&str, Vec<Value>>, Vec<Value>) = (BTreeMap::new(), Vec::new());
    // Those that wait for their customer's code are not booked.
    for order in paid.iter().filter(|o| o.path != "paid" && !waiting.contains(&o.no)) {
        let booked = at(order) + Duration::minutes(2) + Duration::seconds(3 + order.minutes_ago % 9);
        let ack = match order.path.as_str() {
            "refused" => json!({ "orderNo": order.no, "ok": 0, "reason": "客户信用额度已用完" }),
            _ => {
                json!({ "orderNo": order.no, "erpOrderNo": format!("XS{}", order.no.trim_start_matches("SO26-")), "importedAt": wire(booked) })
            }
        };
        player.send(Party::Erp, "order.ack", booked, vec![ack]).await?;
        for (status, minutes) in pharma_steps(&order.path) {
            let then = (booked + Duration::minutes(minutes)).min(now);
            let line = json!({ "orderNo": order.no, "status": status, "time": wire(then), "eventId": status });
            said.entry(status).or_default().push(line);
        }
        if matches!(order.path.as_str(), "delivering" | "signed" | "refunded") {
            sent.extend(pharma_shipment(order, shelf, (booked + Duration::minutes(140)).min(now), now));
        }
    }
    let order = STEPS.iter().map(|(s, _)| *s).chain(["cancelled", "refunded"]);
    for status in order {
        // What left is told line by line before the courier's word.
        if status == "delivering" {
            player.send(Party::Erp, "order.shipment.add", now, std::mem::take(&mut sent)).await?;
        }
        player.send(Party::Erp, "order.status.update", now, said.remove(status).unwrap_or_default()).await?;
    }
    Ok(())
}

/// What left of an order: each line from the lot that expires first, now and then from the next one.
fn pharma_shipment(order: &OrderRow, shelf: &Shelf, at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Value> {
    let turn = usize::try_from(order.minutes_ago).ok()?;
    let item = |(no, pair): (i32, &str)| {
        let (sku, qty) = pair.split_once(':')?;
        let lots = shelf.get(sku)?;
        let lot = lots.get(usize::from((turn + no.unsigned_abs() as usize).is_multiple_of(9))).or(lots.first())?;
        Some(json!({ "lineNo": no, "lots": [lot.told(qty.parse().ok()?, now)] }))
    };
    let items: Option<Vec<Value>> = (1..).zip(order.items.split('|')).map(item).collect();
    let (carrier, prefix) = CARRIERS.get(turn % CARRIERS.len())?;
    let tracking = format!("{prefix}{:010}", 1_048_576 + turn * 7919);
    Some(json!({
        "orderNo": order.no, "shipmentId": format!("CK{}", order.no), "shippedTime": wire(at), "items": items?,
        "packages": [{ "carrierCode": carrier, "trackingNo": tracking }],
    }))
}

/// The statuses on the way to where an order stands.
fn pharma_steps(path: &str) -> Vec<(&'static str, i64)> {
    let upto = |last: &str| {
        let n = STEPS.iter().position(|(s, _)| *s == last).map_or(0, |i| i + 1);
        STEPS.iter().take(n).copied().collect::<Vec<_>>()
    };
    match path {
        "cancelled" => vec![("cancelled", 30)],
        "refunded" => [upto("delivering"), vec![("refunded", 900)]].concat(),
        path => upto(path),
    }
}

fn pharma_order(order: &OrderRow, buyers: &HashMap<String, BuyerRow>, at: DateTime<Utc>) -> Result<Value> {
    let buyer = buyers.get(&order.customer).ok_or_else(|| Error::broken(format!("{}: no buyer {}", order.no, order.customer)))?;
    let item = |pair: &str| {
        let (sku, qty) = pair.split_once(':')?;
        Some(json!({ "skuId": sku, "quantity": qty.parse::<i64>().ok()? }))
    };
    let items: Option<Vec<Value>> = order.items.split('|').map(item).collect();
    let items = items.ok_or_else(|| Error::broken(format!("{}: {} are no items", order.no, order.items)))?;
    Ok(json!({
        "orderNo": order.no, "placedTime": wire(at), "items": items, "freightAmount": order.freight, "remark": order.remark, "minutes": 60,
        "customer": { "customerId": buyer.id, "name": buyer.name },
        "delivery": { "consignee": buyer.contact, "phone": buyer.phone, "regionCode": buyer.region, "address": buyer.address },
        "invoice": { "title": buyer.name, "kind": "专用发票" },
    }))
}

fn wire(at: DateTime<Utc>) -> String {
    crate::clock::on_the_wire(at)
}

/// The gift wholesaler: the last invoices of its book, the newest some minutes ago.
pub async fn gifts(platform: &Platform) -> Result<()> {
    let lines: Vec<RawLine> = rows::read("wholesale_orders.csv")?;
    let player = Player::of(platform, "gw").await?;
    let mut book = trade::read(&lines, &player.on_sale().await?);
    let first = book.sales.len().saturating_sub(SHOWN);
    book.sales.drain(..first);
    let shown: BTreeSet<&str> = book.sales.iter().map(|s| s.no.as_str()).collect();
    book.refunds.retain(|r| shown.contains(r.order.as_str()));
    replay(&player, &book, platform.clock.now()).await
}

/// Replays a book so that its last order was placed some minutes before `now`: who buys, at which prices, what, and what came
/// back. Afterwards the ERP's figures are what they were: it has booked everything and restocked.
pub async fn replay(player: &Player<'_>, book: &Book, now: DateTime<Utc>) -> Result<()> {
    let Some(last) = book.sales.iter().map(|s| s.at).chain(book.refunds.iter().map(|r| r.at)).max() else { return Ok(()) };
    let shift = now.naive_utc() - Duration::minutes(4) - last;
    let at = |then: chrono::NaiveDateTime| (then + shift).and_utc();
    let buyers: BTreeSet<&str> = book.sales.iter().map(|s| s.customer.as_str()).collect();
    let register = |id: &&str| json!({ "customerId": id, "name": name_of(id), "kind": "shop" });
    let lines: Vec<Value> = buyers.iter().map(register).collect();
    let began = at(book.sales.first().map_or(last, |s| s.at));
    for lines in lines.chunks(500) {
        player.send(Party::Storefront, "customer.register", began, lines.to_vec()).await?;
    }
    player.let_prices_swing(began).await?;
    player.restock(&needed(book), began).await?;
    for bundle in trade::bundles(&book.sales, AT_ONCE) {
        let then = at(bundle.iter().map(|s| s.at).max().unwrap_or(last));
        for lines in prices(bundle).chunks(1000) {
            player.send(Party::Erp, "prod.price.update", then, lines.to_vec()).await?;
        }
        let create = |s: &Sale| {
            let items: Vec<Value> =
                s.items.iter().map(|(sku, qty, price)| json!({ "skuId": sku, "quantity": qty, "price": price })).collect();
            json!({ "orderNo": s.no, "placedTime": wire(at(s.at)), "customer": { "customerId": s.customer, "name": name_of(&s.customer) }, "items": items,
                "delivery": { "consignee": name_of(&s.customer), "phone": "-" } })
        };
        player.send(Party::Storefront, "order.create", then, bundle.iter().map(create).collect()).await?;
        let pay = |s: &Sale| json!({ "orderNo": s.no, "paidTime": wire(at(s.at)), "amount": total(s) });
        player.send(Party::Storefront, "order.pay", then, bundle.iter().map(pay).collect()).await?;
        let booked = then + Duration::seconds(5);
        let ack = |s: &Sale| json!({ "orderNo": s.no, "erpOrderNo": format!("INV{}", s.no), "importedAt": wire(booked) });
        player.send(Party::Erp, "order.ack", booked, bundle.iter().map(ack).collect()).await?;
        // What was invoiced more than a day ago has arrived.
        let sign = |s: &Sale| json!({ "orderNo": s.no, "status": "signed", "time": wire(booked), "eventId": "signed" });
        let old = bundle.iter().filter(|s| at(s.at) < now - Duration::days(1)).map(sign).collect();
        player.send(Party::Erp, "order.status.update", booked, old).await?;
    }
    let refund = |r: &Refund| json!({ "orderNo": r.order, "status": "refunded", "refundAmount": r.amount, "time": wire(at(r.at)), "eventId": r.id, "note": r.sku });
    for back in book.refunds.chunks(1) {
        let then = at(back.iter().map(|r| r.at).max().unwrap_or(last)) + Duration::minutes(1);
        player.send(Party::Erp, "order.status.update", then, back.iter().map(refund).collect()).await?;
    }
    player.restock(&BTreeMap::new(), now).await
}

/// The book knows its customers by number.
fn name_of(customer: &str) -> String {
    if customer == trade::WALK_IN { "散客".to_owned() } else { format!("批发客户 {customer}") }
}

fn total(sale: &Sale) -> Decimal {
    sale.items.iter().map(|(_, qty, price)| Decimal::from(*qty) * price).sum()
}

/// Units a book takes of each SKU.
fn needed(book: &Book) -> BTreeMap<String, i64> {
    let mut needed = BTreeMap::new();
    for (sku, qty, _) in book.sales.iter().flat_map(|s| &s.items) {
        *needed.entry(sku.clone()).or_insert(0) += qty;
    }
    needed
}

/// What a bundle's customers pay, by SKU.
fn prices(bundle: &[Sale]) -> Vec<Value> {
    let mut by_sku: BTreeMap<&str, BTreeMap<&str, Decimal>> = BTreeMap::new();
    for sale in bundle {
        for (sku, _, price) in &sale.items {
            by_sku.entry(sku).or_default().insert(&sale.customer, *price);
        }
    }
    let line = |(sku, prices): (&str, BTreeMap<&str, Decimal>)| {
        let own: Vec<Value> = prices.into_iter().map(|(customer, price)| json!({ "customerId": customer, "price": price })).collect();
        json!({ "skuId": sku, "customerPrices": own })
    };
    by_sku.into_iter().map(line).collect()
}

impl Player<'_> {
    /// Stock code → SKU, of what can be bought.
    pub async fn on_sale(&self) -> Result<HashMap<String, String>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            erp_code: String,
            #[diesel(sql_type = Text)]
            sku_id: String,
        }
        let merchant = self.merchant;
        let rows: Vec<Row> = self
            .platform
            .db
            .read(move |c| {
                Ok(diesel::sql_query(
                    "select p.erp_code, k.sku_id from products p join skus k on k.merchant_id = p.merchant_id and k.product_id = p.id and k.is_default \
                     where p.merchant_id = $1 and p.listing = 'listed' and p.enabled and k.enabled",
                )
                .bind::<BigInt, _>(merchant)
                .load(c)?)
            })
            .await?;
        Ok(rows.into_iter().map(|r| (r.erp_code, r.sku_id)).collect())
    }

    /// The orders that wait for something.
    async fn waiting(&self) -> Result<BTreeSet<String>> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            order_no: String,
        }
        let merchant = self.merchant;
        let sql = "select order_no from orders where merchant_id = $1 and sync = 'blocked'";
        let rows: Vec<Row> = self.platform.db.read(move |c| Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).load(c)?)).await?;
        Ok(rows.into_iter().map(|r| r.order_no).collect())
    }

    /// The ERP reports its figures with so much on top.
    async fn restock(&self, more: &BTreeMap<String, i64>, at: DateTime<Utc>) -> Result<()> {
        let all = rows::lines("stock_gw.csv")?;
        let line = |mut line: Value| {
            let extra = line.get("skuId").and_then(Value::as_str).and_then(|sku| more.get(sku)).copied().unwrap_or(0);
            let own = line.get("inventory").and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok())).unwrap_or(0);
            if let Some(map) = line.as_object_mut() {
                map.insert("inventory".into(), (own + extra).into());
            }
            line
        };
        for lines in all.into_iter().map(line).collect::<Vec<_>>().chunks(1000) {
            self.send(Party::Erp, "sku.inventory.update", at, lines.to_vec()).await?;
        }
        Ok(())
    }

    /// Its customers pay what was agreed with each, often half of the list: no swing that anybody would have to look at.
    async fn let_prices_swing(&self, at: DateTime<Utc>) -> Result<()> {
        let cause = self.cause(Party::Erp, at);
        let set = move |tx: &mut PgConnection| {
            let rules = guards::rules(tx, cause.merchant)?;
            guards::set_rules(tx, &cause, guards::Rules { swing_on: false, ..rules })
        };
        self.platform.db.write(set).await.map(drop)
    }

    /// How orders find the ERP's customer.
    async fn scheme(&self, scheme: &'static str) -> Result<()> {
        let cause = self.cause(Party::Erp, self.platform.clock.now());
        let scheme = crate::customers::Scheme::of(scheme).ok_or_else(|| Error::broken("no such scheme"))?;
        self.platform.db.write(move |tx| crate::customers::choose(tx, &cause, scheme).map(drop)).await
    }
}

/// Totals of a book by customer and by SKU, refunds taken off: what the platform's orders must come to.
pub fn totals(book: &Book) -> (BTreeMap<String, Decimal>, BTreeMap<String, Decimal>) {
    let (mut by_customer, mut by_sku) = (BTreeMap::new(), BTreeMap::new());
    for sale in &book.sales {
        *by_customer.entry(sale.customer.clone()).or_insert(Decimal::ZERO) += total(sale);
        for (sku, qty, price) in &sale.items {
            *by_sku.entry(sku.clone()).or_insert(Decimal::ZERO) += Decimal::from(*qty) * price;
        }
    }
    for refund in &book.refunds {
        *by_customer.entry(refund.customer.clone()).or_insert(Decimal::ZERO) -= refund.amount;
        *by_sku.entry(refund.sku.clone()).or_insert(Decimal::ZERO) -= refund.amount;
    }
    (by_customer, by_sku)
}
