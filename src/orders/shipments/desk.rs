//! An order on the desk of whoever packs: what is left of each line, and from which lots to take it.

use super::list;
use crate::Result;
use crate::clock::day;
use crate::customers;
use crate::ids::{MerchantId, SkuId};
use crate::lots::told::Told;
use crate::lots::{self, Day, Lot};
use crate::orders;
use crate::orders::model::{self, Order, OrderLine};
use crate::orders::state::{Event, Verdict, judge};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::HashMap;

/// One lot of a line in the form.
pub struct Part {
    pub lot: String,
    pub ends: String,
    pub qty: String,
}

/// A line of the order in the form.
pub struct Row {
    pub line: OrderLine,
    pub left: i64,
    /// The lots the buyer saw.
    pub shown: Vec<Told>,
    pub parts: Vec<Part>,
}

impl Row {
    /// The shortest day the buyer was shown.
    pub fn promised(&self) -> Option<String> {
        self.shown.iter().filter_map(|lot| lot.expires_on).min_by_key(|day| day.date).map(|day| day.to_string())
    }
}

/// The order on the desk.
pub struct Entry {
    pub order: Order,
    pub customer: String,
    pub consignee: String,
    pub address: String,
    pub rows: Vec<Row>,
    pub packages: Vec<list::Package>,
    /// It is paid, and something of it can still leave.
    pub open: bool,
}

/// FEFO: what expires first goes first, until the line is full.
fn suggested(left: i64, lots: &[&Lot]) -> Vec<Part> {
    let (taken, _) = lots::fefo(left, lots);
    let part = |t: &lots::Take| Part {
        lot: t.lot.lot_no.clone(),
        ends: t.lot.expires_on.map(|date| Day { date, month: t.lot.month }.to_string()).unwrap_or_default(),
        qty: t.qty.to_string(),
    };
    let mut parts: Vec<Part> = taken.iter().map(part).collect();
    if parts.is_empty() {
        parts.push(Part { lot: String::new(), ends: String::new(), qty: left.to_string() });
    }
    parts
}

/// The order somebody scanned: the platform's number, or the ERP's where that names just one.
fn by_any_no(c: &mut PgConnection, merchant: MerchantId, no: &str) -> Result<Option<Order>> {
    if let Some(order) = model::by_no(c, merchant, no)? {
        return Ok(Some(order));
    }
    let ids = orders::list::ids_of_no(c, merchant, no)?;
    Ok(if let [id] = ids.as_slice() { model::by_id(c, merchant, *id)? } else { None })
}

/// The order as the form shows it; with what was typed, if anything was.
pub fn entry(
    c: &mut PgConnection,
    merchant: MerchantId,
    no: &str,
    now: DateTime<Utc>,
    typed: Option<HashMap<i32, Vec<Part>>>,
) -> Result<Option<Entry>> {
    let Some(order) = by_any_no(c, merchant, no)? else { return Ok(None) };
    let lines = model::lines_of(c, merchant, &[order.id])?.remove(&order.id).unwrap_or_default();
    let places: Vec<_> = lines.iter().map(|l| (l.sku, order.shop)).collect();
    let lots = lots::sellable(c, merchant, &places, day(now))?;
    let mut by_sku: HashMap<SkuId, Vec<&Lot>> = HashMap::new();
    for lot in &lots {
        by_sku.entry(lot.sku).or_default().push(lot);
    }
    let fresh = typed.is_none();
    let mut typed = typed.unwrap_or_default();
    let row = |line: OrderLine| {
        let left = line.units().left();
        let parts = match typed.remove(&line.no) {
            Some(parts) => parts,
            None if fresh && left > 0 => suggested(left, by_sku.get(&line.sku).map_or(&[], Vec::as_slice)),
            None => Vec::new(),
        };
        Row { shown: serde_json::from_value(line.lots.clone()).unwrap_or_default(), parts, left, line }
    };
    let rows: Vec<Row> = lines.into_iter().map(row).collect();
    let customer = customers::by_ids(c, merchant, &[order.customer])?.remove(&order.customer);
    let word = |name: &str| order.delivery.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    Ok(Some(Entry {
        customer: customer.map(|c| c.name).unwrap_or_default(),
        consignee: word("consignee"),
        address: word("address"),
        packages: list::packages(c, merchant, order.id)?,
        open: judge(order.state(), order.facts(), Event::Shipped) != Verdict::Refused && rows.iter().any(|r| r.left > 0),
        rows,
        order,
    }))
}
