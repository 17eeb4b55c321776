//! An order as the open platform tells it: the five sections of O-04.

use super::model::{self, Order, OrderLine};
use crate::Result;
use crate::clock::on_the_wire;
use crate::customers::Customer;
use crate::wire::{Line, Scope};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

fn money(amount: Decimal) -> String {
    format!("{amount:.2}")
}

fn time(at: Option<DateTime<Utc>>) -> Option<String> {
    at.map(on_the_wire)
}

/// Basics, amounts, delivery, invoice, items. Cost is no part of it.
pub fn order(order: &Order, lines: &[OrderLine], customer: Option<&Customer>) -> Value {
    let mut delivery = order.delivery.clone();
    if let Some(map) = delivery.as_object_mut() {
        map.insert("regionCode".into(), order.region_code.clone().into());
    }
    json!({
        "basic": {
            "orderNo": order.order_no, "seq": order.seq.map(|n| n.to_string()), "channel": order.channel, "shopId": order.shop.to_string(),
            "orderStatus": order.state().as_str(), "syncStatus": order.sync().as_str(), "erpOrderNo": order.erp_order_no, "erpStatus": order.erp_status,
            "customerId": customer.map(|c| c.customer_id.as_str()), "customerName": customer.map(|c| c.name.as_str()),
            "erpCustomerCode": customer.and_then(|c| c.erp_code.as_deref()), "uscc": customer.map(|c| c.uscc.as_str()),
            "placedTime": on_the_wire(order.placed_at), "paidTime": time(order.paid_at), "shippedTime": time(order.sent_at),
            "receivedTime": time(order.received_at), "cancelledTime": time(order.cancelled_at), "refundedTime": time(order.refunded_at),
            "cancelReason": order.cancel_reason, "remark": order.remark, "waits": order.waits, "waitsNote": order.waits_note,
            "updateTime": on_the_wire(order.updated_at), "version": order.version,
        },
        "amounts": {
            "goodsAmount": money(order.goods), "freightAmount": money(order.freight), "discountAmount": money(order.discount),
            "cardAmount": money(order.cards_paid), "payableAmount": money(order.payable), "refundedAmount": money(order.refunded), "cards": order.cards,
        },
        "delivery": delivery,
        "invoice": order.invoice,
        "items": lines.iter().map(item).collect::<Vec<_>>(),
    })
}

fn item(line: &OrderLine) -> Value {
    json!({
        "lineNo": line.no, "skuId": line.sku_id, "code": line.sku_code, "prodId": line.prod_id, "erpProdCode": line.erp_code, "prodName": line.name,
        "spec": line.spec, "unit": line.unit, "manufacturer": line.manufacturer, "quantity": line.qty, "price": money(line.unit_price),
        "amount": money(line.amount), "priceRule": line.rule, "lots": line.lots, "shippedQuantity": line.shipped,
        "closedQuantity": line.closed, "remainingQuantity": line.units().left(),
    })
}

/// Where the orders that lines are about stand.
pub fn in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let nos: Vec<String> = lines.iter().map(|l| l.text_or_empty("orderNo")).collect();
    let orders = model::by_nos(c, scope.merchant, &nos.iter().map(String::as_str).collect::<Vec<_>>())?;
    let told = |(line, no): (&Line, &String)| {
        let pair = ("orderStatus".to_owned(), orders.get(no)?.state().as_str().into());
        Some((line.no, Map::from_iter([pair])))
    };
    Ok(lines.iter().zip(&nos).filter_map(told).collect())
}
