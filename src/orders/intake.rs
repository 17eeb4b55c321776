//! Taking an order: prices resolved, lots noted, units frozen and the order made, in one transaction (S-04, S-05, O-05).
//!
//! Each order of a call stands for itself, and is all or nothing. The same order once more is no news; another under its number
//! is a mistake. What the storefront reckoned is compared to the cent with what counts here.

use super::draft::{Draft, Item};
use super::events::{self, Event, Origin};
use super::feed;
use super::model::{self, Order};
use super::money::Amounts;
use super::rules;
use super::steps::Ended;
use crate::Result;
use crate::customers::{self, Customer};
use crate::db::Prepare;
use crate::ids::{CustomerId, ShopId, SkuId};
use crate::lots::{self, Day, Lot};
use crate::pricing::{self, Buyer, Channel, Resolution};
use crate::stock::reservations::{self, State, Want};
use crate::trail::Cause;
use crate::wire::{LineCode, Live, Outcome, Problem};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Jsonb, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A line with everything that is known of it.
struct Priced {
    sku: SkuId,
    qty: i64,
    price: Decimal,
    rule: &'static str,
}

/// An order that may be made.
struct Ready<'a> {
    draft: &'a Draft,
    customer: CustomerId,
    shop: ShopId,
    amounts: Amounts,
    lines: Vec<Priced>,
}

/// Where orders come from, and the shops their storefront may name.
pub struct Intake<'a> {
    pub channel: &'a str,
    /// The shop an order names, or the merchant's default.
    pub shop: &'a dyn Fn(Option<ShopId>) -> std::result::Result<ShopId, Problem>,
    /// What the ERP said of the goods a moment ago, where it was asked (S-04).
    pub live: Option<&'a Live>,
}

/// Takes orders.
pub fn place(tx: &mut PgConnection, cause: &Cause, intake: &Intake<'_>, drafts: &[Draft]) -> Result<Vec<Ended>> {
    let mut ended = Vec::with_capacity(drafts.len());
    let nos: Vec<&str> = drafts.iter().map(|d| d.order_no.as_str()).collect();
    // What is there already is only compared: no order is locked before the buyers are.
    let there = model::by_nos(tx, cause.merchant, &nos)?;
    let (known, fresh): (Vec<&Draft>, Vec<&Draft>) = drafts.iter().partition(|d| there.contains_key(&d.order_no));
    ended.extend(again(tx, cause, &known, &there)?);
    let mut named: BTreeMap<&str, &customers::Draft> = BTreeMap::new();
    for draft in &fresh {
        named.entry(draft.customer.customer_id.as_str()).or_insert(&draft.customer);
    }
    let mut buyers: HashMap<&str, Customer> = HashMap::new();
    // A call's orders are of few buyers, mostly of one.
    for (id, buyer) in named {
        buyers.insert(id, customers::keep(tx, cause, buyer)?);
    }
    let goods = goods(tx, cause, &fresh)?;
    let mut ready: Vec<Ready<'_>> = Vec::new();
    for ((customer, shop, region), drafts) in by_buyer(&fresh, &buyers, intake, &mut ended) {
        let skus: Vec<SkuId> = drafts
            .iter()
            .flat_map(|d| &d.items)
            .filter_map(|i| goods.get(&i.sku))
            .map(|g| g.id)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let channel = if intake.channel == "micro_shop" { Channel::MicroShop } else { Channel::B2b };
        let buyer = Buyer { customer: Some(customer), region, shop: Some(shop), channel };
        let prices = pricing::quote(tx, cause.merchant, &buyer, &skus, cause.now)?;
        for draft in drafts {
            match reckon(draft, &goods, &prices) {
                Ok((lines, amounts)) => ready.push(Ready { draft, customer, shop, amounts, lines }),
                Err(problem) => ended.push(Ended::badly(draft.no, problem, None)),
            }
        }
    }
    let ready = frozen(tx, cause, ready, intake.live, &mut ended)?;
    make(tx, cause, intake.channel, &ready)?;
    let made = model::by_nos(tx, cause.merchant, &ready.iter().map(|r| r.draft.order_no.as_str()).collect::<Vec<_>>())?;
    let mut made: Vec<(i32, Order)> = ready.iter().filter_map(|r| Some((r.draft.no, made.get(&r.draft.order_no)?.clone()))).collect();
    let checked: HashMap<i32, Value> = ready.iter().filter_map(|r| Some((r.draft.no, check(intake.live?, r)?))).collect();
    let placed = |(no, o): &(i32, Order)| {
        let event = Event::new(o.id, cause, "placed", Origin::Storefront).at(Some(o.placed_at)).shown(true);
        // how the goods were checked is kept with the order.
        match checked.get(no) {
            Some(check) => event.with(json!({ "check": check })),
            None => event,
        }
    };
    events::record(tx, cause, &made.iter().map(placed).collect::<Vec<_>>())?;
    if rules::of(tx, cause.merchant)?.from_the_start() {
        feed::enter(tx, cause, made.iter_mut().map(|(_, o)| o), false)?;
        model::write(tx, cause, &made.iter().map(|(_, o)| o.clone()).collect::<Vec<_>>())?;
    }
    ended.extend(made.iter().map(|(no, order)| Ended::well(*no, Outcome::Applied, order)));
    Ok(ended)
}

/// What the ERP said of an order's goods.
fn check(live: &Live, ready: &Ready<'_>) -> Option<Value> {
    Some(live.told(ready.lines.iter().map(|l| (l.sku, ready.shop)))).filter(|told| !told.is_null())
}

/// Orders that are there already.
fn again(tx: &mut PgConnection, cause: &Cause, known: &[&Draft], there: &HashMap<String, Order>) -> Result<Vec<Ended>> {
    let ids: Vec<_> = known.iter().filter_map(|d| there.get(&d.order_no)).map(|o| o.id).collect();
    let lines = model::lines_of(tx, cause.merchant, &ids)?;
    let buyers = customers::by_ids(tx, cause.merchant, &there.values().map(|o| o.customer).collect::<Vec<_>>())?;
    let end = |draft: &&Draft| {
        let order = there.get(&draft.order_no)?;
        let mine = lines.get(&order.id).map_or(&[][..], Vec::as_slice);
        let same_goods = mine.len() == draft.items.len() && mine.iter().zip(&draft.items).all(|(l, i)| l.sku_id == i.sku && l.qty == i.qty);
        let same_buyer = buyers.get(&order.customer).is_some_and(|c| c.customer_id == draft.customer.customer_id);
        let same_money = draft.payable.is_none_or(|sent| sent == order.payable);
        Some(if same_goods && same_buyer && same_money {
            Ended::well(draft.no, Outcome::Unchanged, order)
        } else {
            Ended::badly(draft.no, Problem::new(LineCode::OtherLines, "orderNo", &draft.order_no), Some(order))
        })
    };
    Ok(known.iter().filter_map(end).collect())
}

/// What an id of the ERP's names, and whether it can be bought.
#[derive(QueryableByName, Clone, Debug)]
struct Good {
    #[diesel(sql_type = Text)]
    sku_id: String,
    #[diesel(sql_type = BigInt)]
    id: SkuId,
    #[diesel(sql_type = Bool)]
    on_sale: bool,
}

fn goods(c: &mut PgConnection, cause: &Cause, drafts: &[&Draft]) -> Result<HashMap<String, Good>> {
    let ids: BTreeSet<&str> = drafts.iter().flat_map(|d| &d.items).map(|i| i.sku.as_str()).collect();
    let found: Vec<Good> = diesel::sql_query(
        "select k.sku_id, k.id, k.enabled and p.enabled and p.listing = 'listed' as on_sale from unnest($2) as l(ext) \
         cross join lateral (select * from skus where merchant_id = $1 and sku_id = l.ext offset 0) k \
         join products p on p.merchant_id = $1 and p.id = k.product_id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(ids.into_iter().collect::<Vec<_>>())
    .prepared()
    .load(c)?;
    Ok(found.into_iter().map(|g| (g.sku_id.clone(), g)).collect())
}

type ByBuyer<'a> = BTreeMap<(CustomerId, ShopId, Option<String>), Vec<&'a Draft>>;

/// Drafts that one question answers the prices of.
fn by_buyer<'a>(fresh: &[&'a Draft], buyers: &HashMap<&str, Customer>, intake: &Intake<'_>, ended: &mut Vec<Ended>) -> ByBuyer<'a> {
    let mut groups = ByBuyer::new();
    for draft in fresh {
        let Some(buyer) = buyers.get(draft.customer.customer_id.as_str()) else { continue };
        match (intake.shop)(draft.shop) {
            Ok(shop) => {
                let region = draft.region.clone().or_else(|| buyer.region_code.clone());
                groups.entry((buyer.id, shop, region)).or_default().push(draft);
            }
            Err(problem) => ended.push(Ended::badly(draft.no, problem, None)),
        }
    }
    groups
}

/// The lines with the prices that count, and what they come to; or the first thing that is wrong.
fn reckon(
    draft: &Draft,
    goods: &HashMap<String, Good>,
    prices: &HashMap<SkuId, Resolution>,
) -> std::result::Result<(Vec<Priced>, Amounts), Problem> {
    let mut seen = HashSet::new();
    let mut lines = Vec::with_capacity(draft.items.len());
    for (i, item) in draft.items.iter().enumerate() {
        let at = |field: &str| format!("items[{i}].{field}");
        let good = goods.get(&item.sku).ok_or_else(|| Problem::new(LineCode::UnknownSku, &at("skuId"), &item.sku))?;
        if !seen.insert(good.id) {
            return Err(Problem::new(LineCode::DuplicateInBatch, &at("skuId"), &item.sku));
        }
        if !good.on_sale {
            return Err(Problem::new(LineCode::NotOnSale, &at("skuId"), &item.sku));
        }
        lines.push(priced(item, good.id, prices.get(&good.id), &at("price"))?);
    }
    let amounts = Amounts::reckon(lines.iter().map(|l| (l.qty, l.price)), draft.freight, draft.discount, draft.card_amount);
    let amounts = amounts.ok_or_else(|| Problem::new(LineCode::TooBig, "discountAmount", draft.discount.to_string()))?;
    match amounts.compare(draft.goods, draft.payable) {
        Some(off) => Err(Problem::new(LineCode::Amount, off.field, format!("{:.2}", off.sent)).detail(format!("{:.2}", off.expected))),
        None => Ok((lines, amounts)),
    }
}

fn priced(item: &Item, sku: SkuId, found: Option<&Resolution>, field: &str) -> std::result::Result<Priced, Problem> {
    let none = || Problem::new(LineCode::NoPrice, field, &item.sku);
    let found = found.ok_or_else(none)?;
    let price = found.price.ok_or_else(none)?;
    match item.price.filter(|sent| *sent != price) {
        Some(sent) => Err(Problem::new(LineCode::PriceChanged, field, format!("{sent:.2}")).detail(format!("{price:.2}"))),
        None => Ok(Priced { sku, qty: item.qty, price, rule: found.rule.map_or("", |rule| rule.as_str()) }),
    }
}

/// Freezes the units of each order; those that cannot be had are refused.
fn frozen<'a>(
    tx: &mut PgConnection,
    cause: &Cause,
    ready: Vec<Ready<'a>>,
    live: Option<&Live>,
    ended: &mut Vec<Ended>,
) -> Result<Vec<Ready<'a>>> {
    let mut wants = Vec::new();
    let mut place = HashMap::new();
    for ready in &ready {
        for (i, line) in ready.lines.iter().enumerate() {
            let no = i32::try_from(wants.len()).unwrap_or(i32::MAX);
            place.insert(no, (ready.draft.no, i));
            let order_no = ready.draft.order_no.clone();
            wants.push(Want {
                no,
                reservation: order_no.clone(),
                sku: line.sku,
                shop: ready.shop,
                qty: line.qty,
                order_no: Some(order_no),
                minutes: ready.draft.minutes,
            });
        }
    }
    let (taken, known): (Vec<_>, Vec<_>) =
        reservations::freeze(tx, cause, wants, live)?.into_iter().partition(|d| d.outcome == Outcome::Applied);
    drop(taken);
    // Another call may have made the same order while this one waited for its reservation.
    let twins = model::by_nos(tx, cause.merchant, &ready.iter().map(|r| r.draft.order_no.as_str()).collect::<Vec<_>>())?;
    let doubled: Vec<&Draft> = ready.iter().map(|r| r.draft).filter(|d| twins.contains_key(&d.order_no)).collect();
    ended.extend(again(tx, cause, &doubled, &twins)?);
    let ready: Vec<Ready<'_>> = ready.into_iter().filter(|r| !twins.contains_key(&r.draft.order_no)).collect();
    let mut refused: HashMap<i32, Problem> = HashMap::new();
    for done in known {
        let Some((no, i)) = place.get(&done.no) else { continue };
        // What the storefront froze beforehand under the order's number is the order's.
        if done.outcome == Outcome::Unchanged && done.now.is_some_and(|n| n.state == State::Frozen) {
            continue;
        }
        let problem = done.problem.unwrap_or_else(|| Problem::new(LineCode::OtherLines, "orderNo", ""));
        if problem.code != LineCode::AllOrNothing {
            let field = match problem.code {
                LineCode::NotEnough | LineCode::ErpSilent | LineCode::ErpRefuses => format!("items[{i}].{}", problem.field),
                _ => "orderNo".to_owned(),
            };
            refused.entry(*no).or_insert(Problem { field, ..problem });
        }
    }
    let (good, bad): (Vec<Ready<'_>>, Vec<Ready<'_>>) = ready.into_iter().partition(|r| !refused.contains_key(&r.draft.no));
    ended.extend(bad.iter().filter_map(|r| Some(Ended::badly(r.draft.no, refused.remove(&r.draft.no)?, None))));
    Ok(good)
}

/// What the buyer sees of lots (B-02), by SKU and shop.
fn lots_seen(c: &mut PgConnection, cause: &Cause, ready: &[Ready<'_>]) -> Result<HashMap<(SkuId, ShopId), Value>> {
    let places: BTreeSet<(SkuId, ShopId)> = ready.iter().flat_map(|r| r.lines.iter().map(|l| (l.sku, r.shop))).collect();
    let today = crate::clock::day(cause.now);
    let mut seen: HashMap<(SkuId, ShopId), Vec<Value>> = HashMap::new();
    for lot in lots::sellable(c, cause.merchant, &places.into_iter().collect::<Vec<_>>(), today)? {
        seen.entry((lot.sku, lot.shop)).or_default().push(told(&lot));
    }
    Ok(seen.into_iter().map(|(place, lots)| (place, Value::Array(lots))).collect())
}

fn told(lot: &Lot) -> Value {
    // As exact as the ERP told it: a month stays a month.
    let ends = lot.expires_on.map(|date| Day { date, month: lot.month });
    json!({ "lotNo": lot.lot_no, "producedOn": lot.produced_on, "expiresOn": ends, "quantity": lot.qty })
}

/// Writes orders and their lines.
fn make(tx: &mut PgConnection, cause: &Cause, channel: &str, ready: &[Ready<'_>]) -> Result<()> {
    if ready.is_empty() {
        return Ok(());
    }
    fn column<T>(ready: &[Ready<'_>], pick: impl Fn(&Ready<'_>) -> T) -> Vec<T> {
        ready.iter().map(pick).collect()
    }
    let lots = lots_seen(tx, cause, ready)?;
    let placed = |r: &Ready<'_>| r.draft.placed_at.filter(|at: &DateTime<Utc>| *at <= cause.now).unwrap_or(cause.now);
    diesel::sql_query(
        "insert into orders (merchant_id, channel, state, sync, updated_at, order_no, shop_id, customer_id, placed_at, goods_amount, freight_amount, \
           discount_amount, card_amount, payable_amount, line_count, delivery, invoice, cards, region_code, remark) \
         select $1, $2, 'unpaid', 'none', $3, l.order_no, l.shop, l.customer, l.placed, l.goods, l.freight, l.discount, l.card, l.payable, l.lines, l.delivery, \
           l.invoice, l.cards, (select code from regions where code = l.region), l.remark \
         from unnest($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
           as l(order_no, shop, customer, placed, goods, freight, discount, card, payable, lines, delivery, invoice, cards, region, remark)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(channel)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(column(ready, |r| r.draft.order_no.clone()))
    .bind::<Array<BigInt>, _>(column(ready, |r| r.shop))
    .bind::<Array<BigInt>, _>(column(ready, |r| r.customer))
    .bind::<Array<Timestamptz>, _>(column(ready, placed))
    .bind::<Array<Numeric>, _>(column(ready, |r| r.amounts.goods))
    .bind::<Array<Numeric>, _>(column(ready, |r| r.amounts.freight))
    .bind::<Array<Numeric>, _>(column(ready, |r| r.amounts.discount))
    .bind::<Array<Numeric>, _>(column(ready, |r| r.amounts.cards))
    .bind::<Array<Numeric>, _>(column(ready, |r| r.amounts.payable))
    .bind::<Array<Int4>, _>(column(ready, |r| i32::try_from(r.lines.len()).unwrap_or(i32::MAX)))
    .bind::<Array<Jsonb>, _>(column(ready, |r| r.draft.delivery.clone()))
    .bind::<Array<Nullable<Jsonb>>, _>(column(ready, |r| r.draft.invoice.clone()))
    .bind::<Array<Nullable<Jsonb>>, _>(column(ready, |r| r.draft.cards.clone()))
    .bind::<Array<Nullable<Text>>, _>(column(ready, |r| r.draft.region.clone()))
    .bind::<Array<Text>, _>(column(ready, |r| r.draft.remark.clone()))
    .prepared().execute(tx)?;
    let lines: Vec<(&Ready<'_>, i32, &Priced)> =
        ready.iter().flat_map(|r| r.lines.iter().zip(1..).map(move |(line, no)| (r, no, line))).collect();
    let no_lots = || Value::Array(Vec::new());
    diesel::sql_query(
        "insert into order_lines (merchant_id, order_id, no, sku_id, qty, unit_price, amount, rule, lots) \
         select $1, o.id, l.no, l.sku, l.qty, l.price, l.qty * l.price, l.rule, l.lots from unnest($2, $3, $4, $5, $6, $7, $8) as l(order_no, no, sku, qty, price, rule, lots) \
         join orders o on o.merchant_id = $1 and o.order_no = l.order_no",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.0.draft.order_no.as_str()).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(lines.iter().map(|l| l.1).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|l| l.2.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|l| l.2.qty).collect::<Vec<_>>())
    .bind::<Array<Numeric>, _>(lines.iter().map(|l| l.2.price).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.2.rule).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(lines.iter().map(|l| lots.get(&(l.2.sku, l.0.shop)).cloned().unwrap_or_else(no_lots)).collect::<Vec<_>>())
    .prepared().execute(tx)?;
    Ok(())
}
