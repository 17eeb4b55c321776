//! Goods leave, line by line (L-03, L-04, Q-39).

use super::Promise;
use super::carriers::Carrier;
use super::draft::{Draft, Item, Line, Parcel};
use super::promise::judge;
use super::rows::{self, Moved, Package, Shipment, Shipped, There};
use crate::Result;
use crate::clock::day;
use crate::ids::OrderId;
use crate::lots::told::Told;
use crate::orders::events::{Event as Happening, Origin};
use crate::orders::model::{self, Order, OrderLine};
use crate::orders::state::{self, Event, Units, Verdict};
use crate::orders::steps::{self, Desk, Ended};
use crate::trail::Cause;
use crate::wire::{LineCode, Outcome, Problem};
use diesel::PgConnection;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};

/// How a shipment ended.
pub struct Done {
    pub ended: Ended,
    /// All that is wrong with it, or worth telling.
    pub problems: Vec<Problem>,
    /// Its number within the order.
    pub shipment: Option<i32>,
    /// The order's lines: number, units.
    pub lines: Vec<(i32, Units)>,
}

impl Done {
    fn plain(ended: Ended) -> Self {
        Self { ended, problems: Vec::new(), shipment: None, lines: Vec::new() }
    }
}

/// What one shipment does to its order.
struct Plan {
    parts: Vec<Part>,
    warnings: Vec<Problem>,
}

/// Units of one line, of one lot.
struct Part {
    at: usize,
    qty: i64,
    lot: Option<Told>,
    package: Option<usize>,
    promise: Promise,
    days: Option<i32>,
}

/// Takes shipments, each all or nothing, in the order told. `carriers` knows every carrier the drafts name.
pub fn ship(
    tx: &mut PgConnection,
    cause: &Cause,
    drafts: &[Draft],
    carriers: &HashMap<String, Carrier>,
    origin: Origin,
) -> Result<Vec<Done>> {
    let mut desk = Desk::lock(tx, cause, drafts.iter().map(|d| d.order_no.as_str()))?;
    let ids: Vec<OrderId> = desk.orders.values().map(|o| o.id).collect();
    let mut lines = model::lines_of(tx, cause.merchant, &ids)?;
    let mut there = rows::there(tx, cause.merchant, &ids, origin)?;
    let mut book = Book::default();
    let mut done = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let Some(order) = desk.get(&draft.order_no).cloned() else {
            done.push(Done::plain(Ended::unknown(draft.no, &draft.order_no)));
            continue;
        };
        let own = lines.entry(order.id).or_default();
        if let Some(no) = draft.source_id.as_ref().and_then(|id| there.known.get(&(order.id, id.clone()))) {
            let (no, stands) = *no;
            let ended = if stands {
                Ended::well(draft.no, Outcome::Unchanged, &order)
            } else {
                Ended::badly(
                    draft.no,
                    Problem::new(LineCode::Withdrawn, "shipmentId", draft.source_id.clone().unwrap_or_default()),
                    Some(&order),
                )
            };
            done.push(Done { shipment: Some(no), lines: told(own), ..Done::plain(ended) });
            continue;
        }
        if state::judge(order.state(), order.facts(), Event::Shipped) == Verdict::Refused {
            done.push(Done::plain(Ended::wrong(draft.no, &order)));
            continue;
        }
        let mut after = own.clone();
        let plan = match plan(draft, &mut after, cause) {
            Ok(plan) => plan,
            Err(problems) => {
                let ended = Ended { no: draft.no, outcome: Outcome::Rejected, problem: None, order: Some(order) };
                done.push(Done { problems, lines: told(own), ..Done::plain(ended) });
                continue;
            }
        };
        let closed = closing(&after, own);
        book.moved.extend(after.iter().zip(own.iter()).filter(|(a, b)| a != b).map(|(a, _)| (order.id, a.no)));
        *own = after;
        let no = book.write_down(cause, draft, &order, plan.parts, own, closed, carriers, &mut there);
        desk.put(order.id, own.iter().map(OrderLine::units).collect());
        desk.change(&draft.order_no, |order| order.note(Event::Shipped, cause.now));
        let units: i64 = draft.items.iter().map(|i| i.qty).sum();
        let event = Happening::new(order.id, cause, "shipped", origin).at(draft.at.filter(|at| *at <= cause.now)).shown(true);
        desk.tell(event.with(json!({ "shipment": no, "units": units, "final": draft.is_final, "shipmentId": draft.source_id })));
        if let Some(order) = desk.get(&draft.order_no) {
            let ended = Ended::well(draft.no, Outcome::Applied, order);
            done.push(Done { ended, problems: plan.warnings, shipment: Some(no), lines: told(own) });
        }
    }
    let moved: Vec<Moved> = book.moved.iter().filter_map(|(order, no)| units_of(&lines, *order, *no)).collect();
    rows::move_lines(tx, cause, &moved)?;
    rows::keep_shipments(tx, cause, origin, &book.shipments)?;
    rows::keep_packages(tx, cause, origin, &book.packages)?;
    rows::keep_shipped(tx, cause, &book.shipped)?;
    let touched: BTreeSet<String> = done
        .iter()
        .filter(|d| d.ended.outcome == Outcome::Applied)
        .filter_map(|d| Some(d.ended.order.as_ref()?.order_no.clone()))
        .collect();
    steps::tell_stock(tx, cause, &desk, origin)?;
    steps::retell(tx, cause, &mut desk, &touched.into_iter().collect::<Vec<_>>(), origin)?;
    desk.write(tx, cause)?;
    Ok(done)
}

fn told(lines: &[OrderLine]) -> Vec<(i32, Units)> {
    lines.iter().map(|l| (l.no, l.units())).collect()
}

/// Line → units that are closed short and were not.
fn closing(after: &[OrderLine], before: &[OrderLine]) -> Value {
    let news = after.iter().zip(before).filter(|(a, b)| a.closed > b.closed);
    Value::Object(news.map(|(a, b)| (a.no.to_string(), json!(a.closed - b.closed))).collect())
}

fn units_of(lines: &HashMap<OrderId, Vec<OrderLine>>, order: OrderId, no: i32) -> Option<Moved> {
    lines.get(&order)?.iter().find(|l| l.no == no).map(|l| (order, no, l.shipped, l.closed))
}

/// Lays a shipment over the lines of its order, which are changed as it goes.
fn plan(draft: &Draft, lines: &mut [OrderLine], cause: &Cause) -> std::result::Result<Plan, Vec<Problem>> {
    let (mut parts, mut problems, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for (n, item) in draft.items.iter().enumerate() {
        let path = format!("items[{n}]");
        let Some(at) = find(lines, item) else {
            let (field, value) = match &item.line {
                Line::No(no) => ("lineNo", no.to_string()),
                Line::Sku(sku) => ("skuId", sku.clone()),
            };
            problems.push(Problem::new(LineCode::UnknownOrderLine, &format!("{path}.{field}"), value));
            continue;
        };
        let Some(line) = lines.get_mut(at) else { continue };
        let left = line.units().left();
        if item.qty > left {
            problems.push(Problem::new(LineCode::OverShipped, &format!("{path}.quantity"), item.qty.to_string()).detail(left));
            continue;
        }
        line.shipped += item.qty;
        if item.closes {
            line.closed += line.units().left();
        }
        let shown: Vec<Told> = serde_json::from_value(line.lots.clone()).unwrap_or_default();
        if item.lots.is_empty() && item.qty > 0 {
            let promise = if shown.is_empty() { Promise::None } else { Promise::Unknown };
            parts.push(Part { at, qty: item.qty, lot: None, package: item.package, promise, days: None });
        }
        for (k, lot) in item.lots.iter().enumerate() {
            let (promise, days) = judge(&shown, lot);
            let field = format!("{path}.lots[{k}].expiresOn");
            let told = lot.expires_on.map(|d| d.to_string()).unwrap_or_default();
            if promise == Promise::Shorter {
                warnings.push(Problem::new(LineCode::ShorterExpiry, &field, &told).detail(days.unwrap_or_default()).detail(&lot.lot_no));
            }
            if lot.expires().is_some_and(|end| end < day(draft.at.unwrap_or(cause.now))) {
                warnings.push(Problem::new(LineCode::ExpiredLot, &field, &told).detail(&lot.lot_no));
            }
            parts.push(Part { at, qty: lot.quantity.unwrap_or_default(), lot: Some(lot.clone()), package: item.package, promise, days });
        }
    }
    if draft.is_final {
        for line in lines.iter_mut() {
            line.closed += line.units().left();
        }
    }
    if problems.is_empty() { Ok(Plan { parts, warnings }) } else { Err(problems) }
}

/// The line an item means: by number; by SKU or the ERP's product number the first that still has so many to come.
fn find(lines: &[OrderLine], item: &Item) -> Option<usize> {
    let names = |l: &&OrderLine| match &item.line {
        Line::No(no) => l.no == *no,
        Line::Sku(id) => l.sku_id == *id || l.erp_code == *id || l.prod_id == *id,
    };
    let fits = lines.iter().position(|l| names(&l) && l.units().left() >= item.qty);
    fits.or_else(|| lines.iter().position(|l| names(&l)))
}

/// Everything that is written at the end.
#[derive(Default)]
struct Book {
    moved: BTreeSet<(OrderId, i32)>,
    shipments: Vec<Shipment>,
    packages: Vec<Package>,
    shipped: Vec<Shipped>,
}

impl Book {
    /// Notes a shipment with its packages and parts; its number.
    #[expect(clippy::too_many_arguments, reason = "a shipment, its order, and what both are made of")]
    fn write_down(
        &mut self,
        cause: &Cause,
        draft: &Draft,
        order: &Order,
        parts: Vec<Part>,
        lines: &[OrderLine],
        closed: Value,
        carriers: &HashMap<String, Carrier>,
        there: &mut There,
    ) -> i32 {
        let at = draft.at.filter(|at| *at <= cause.now).unwrap_or(cause.now);
        let last = there.last.entry(order.id).or_default();
        *last += 1;
        let no = *last;
        if let Some(id) = &draft.source_id {
            there.known.insert((order.id, id.clone()), (no, true));
        }
        let mut numbers = Vec::with_capacity(draft.packages.len());
        for told in &draft.packages {
            let carrier = carriers.get(&told.carrier).map_or_else(|| told.carrier.clone(), |c| c.code.clone());
            let parcel = Parcel { carrier, tracking_no: told.tracking_no.clone() };
            numbers.push(there.package(order.id, &parcel).unwrap_or_else(|| {
                let number = there.add(order.id, &parcel);
                self.packages.push(Package { order: order.id, no: number, parcel, shipment: Some(no), at });
                number
            }));
        }
        let mut seen: HashMap<i32, i32> = HashMap::new();
        for part in parts {
            let Some(line) = lines.get(part.at) else { continue };
            let count = seen.entry(line.no).or_default();
            *count += 1;
            let package = part.package.and_then(|n| numbers.get(n - 1)).copied();
            self.shipped.push(Shipped {
                order: order.id,
                shipment: no,
                line: line.no,
                part: *count,
                sku: line.sku,
                qty: part.qty,
                lot: part.lot,
                package,
                promise: part.promise,
                days: part.days,
            });
        }
        let note = draft.note.clone();
        self.shipments.push(Shipment {
            order: order.id,
            no,
            source_id: draft.source_id.clone(),
            at,
            is_final: draft.is_final,
            note,
            closed,
        });
        no
    }
}
