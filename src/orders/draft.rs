//! An order as the storefront sends it, read with everything that is wrong with it.

use crate::customers;
use crate::ids::ShopId;
use crate::wire::{Field, Kind, Line, LineCode, Problem};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Lines an order may have.
pub const MAX_ITEMS: usize = 500;
const MAX_QTY: i64 = 2_147_483_647;
const MAX_CARDS: usize = 20;

pub(super) const FIELDS: &[Field] = &[
    Field::always("orderNo", Kind::Text(64), "order-field-order-no"),
    Field::insert("customer", Kind::Json(8000), "order-field-customer"),
    Field::optional("shopId", Kind::Shop, "order-field-shop"),
    Field::insert("items", Kind::Json(200_000), "order-field-items"),
    Field::optional("freightAmount", Kind::Money, "order-field-freight"),
    Field::optional("discountAmount", Kind::Money, "order-field-discount"),
    Field::optional("goodsAmount", Kind::Money, "order-field-goods"),
    Field::optional("payableAmount", Kind::Money, "order-field-payable"),
    Field::optional("cards", Kind::Json(8000), "order-field-cards"),
    Field::insert("delivery", Kind::Json(4000), "order-field-delivery"),
    Field::optional("invoice", Kind::Json(4000), "order-field-invoice"),
    Field::optional("remark", Kind::Text(500), "order-field-remark"),
    Field::optional("placedTime", Kind::Time, "order-field-placed"),
    Field::optional("minutes", Kind::Number { min: 1, max: 10_080, default: 30 }, "order-field-minutes"),
];

const ITEM: &[Field] = &[
    Field::always("skuId", Kind::Id, "order-field-items"),
    Field::always("quantity", Kind::Number { min: 1, max: MAX_QTY, default: 1 }, "order-field-items"),
    Field::optional("price", Kind::Money, "order-field-items"),
];

const DELIVERY: &[Field] = &[
    Field::always("consignee", Kind::Text(100), "order-field-delivery"),
    Field::always("phone", Kind::Text(40), "order-field-delivery"),
    Field::optional("regionCode", Kind::Text(12), "order-field-delivery"),
    Field::optional("address", Kind::Text(300), "order-field-delivery"),
    Field::optional("kind", Kind::OneOf(&["express", "pickup"]), "order-field-delivery"),
];

/// kept with the order, nowhere else.
const CARD: &[Field] = &[
    Field::always("cardNo", Kind::Text(64), "order-field-cards"),
    Field::optional("cardName", Kind::Text(100), "order-field-cards"),
    Field::always("amount", Kind::Money, "order-field-cards"),
];

/// One line of it.
#[derive(Clone, Debug)]
pub struct Item {
    pub sku: String,
    pub qty: i64,
    /// What the storefront showed; compared with what counts.
    pub price: Option<Decimal>,
}

/// An order as sent.
#[derive(Clone, Debug)]
pub struct Draft {
    pub no: i32,
    pub order_no: String,
    pub customer: customers::Draft,
    pub shop: Option<ShopId>,
    pub items: Vec<Item>,
    pub freight: Decimal,
    pub discount: Decimal,
    pub card_amount: Decimal,
    pub goods: Option<Decimal>,
    pub payable: Option<Decimal>,
    pub cards: Option<Value>,
    pub delivery: Value,
    pub region: Option<String>,
    pub invoice: Option<Value>,
    pub remark: String,
    pub placed_at: Option<DateTime<Utc>>,
    pub minutes: Option<i32>,
}

/// Reads what is nested; problems name the place (`items[2].skuId`).
fn nested(fields: &'static [Field], place: &str, value: &Value, problems: &mut Vec<Problem>) -> Line {
    let line = Line::read(0, fields, value.clone());
    problems.extend(line.problems.iter().cloned().map(|mut p| {
        p.field = if p.field.is_empty() { place.to_owned() } else { format!("{place}.{}", p.field) };
        p
    }));
    line
}

/// An array of nested objects.
fn each(fields: &'static [Field], name: &str, value: &Value, most: usize, problems: &mut Vec<Problem>) -> Vec<Line> {
    let Some(all) = value.as_array() else {
        problems.push(Problem::new(LineCode::WrongType, name, value.to_string()));
        return Vec::new();
    };
    if all.len() > most {
        problems.push(Problem::new(LineCode::TooLong, name, all.len().to_string()).detail(most));
        return Vec::new();
    }
    all.iter().enumerate().map(|(i, one)| nested(fields, &format!("{name}[{i}]"), one, problems)).collect()
}

/// Reads an order.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(line: &Line) -> Result<Draft, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut part = |name: &str| {
        let value = line.json(name).value();
        if value.is_none() {
            problems.push(Problem::new(LineCode::Missing, name, ""));
        }
        value.unwrap_or_default()
    };
    let (customer, items, delivery) = (part("customer"), part("items"), part("delivery"));
    if !problems.is_empty() {
        return Err(problems);
    }
    let customer = nested(customers::register::FIELDS, "customer", &customer, &mut problems);
    let items = each(ITEM, "items", &items, MAX_ITEMS, &mut problems);
    if items.is_empty() && problems.is_empty() {
        problems.push(Problem::new(LineCode::Empty, "items", "[]"));
    }
    let delivery = nested(DELIVERY, "delivery", &delivery, &mut problems);
    let cards = line.json("cards").value().map(|cards| each(CARD, "cards", &cards, MAX_CARDS, &mut problems)).unwrap_or_default();
    let invoice = line.json("invoice").value();
    if let Some(odd) = invoice.as_ref().filter(|i| !i.is_object()) {
        problems.push(Problem::new(LineCode::WrongType, "invoice", odd.to_string()));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let items = items.iter().map(|l| Item {
        sku: l.text_or_empty("skuId"),
        qty: l.number_or_default("quantity"),
        price: l.decimal("price").value(),
    });
    let card = |l: &Line| json!({ "cardNo": l.text("cardNo").value(), "cardName": l.text("cardName").value(), "amount": l.decimal("amount").value().map(|a| format!("{a:.2}")) });
    Ok(Draft {
        no: line.no,
        order_no: line.text_or_empty("orderNo"),
        customer: customers::register::read(&customer),
        shop: line.shop("shopId").value(),
        items: items.collect(),
        freight: line.decimal("freightAmount").value().unwrap_or_default(),
        discount: line.decimal("discountAmount").value().unwrap_or_default(),
        card_amount: cards.iter().filter_map(|c| c.decimal("amount").value()).sum(),
        goods: line.decimal("goodsAmount").value(),
        payable: line.decimal("payableAmount").value(),
        cards: (!cards.is_empty()).then(|| cards.iter().map(card).collect()),
        region: delivery.text("regionCode").value(),
        delivery: json!({
            "consignee": delivery.text_or_empty("consignee"), "phone": delivery.text_or_empty("phone"), "address": delivery.text_or_empty("address"),
            "kind": delivery.text("kind").value().unwrap_or_else(|| "express".into()),
        }),
        invoice,
        remark: line.text_or_empty("remark"),
        placed_at: line.time("placedTime").value(),
        minutes: line.number("minutes").value().and_then(|n| i32::try_from(n).ok()),
    })
}
