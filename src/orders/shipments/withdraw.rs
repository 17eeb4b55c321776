//! What was told by mistake and never left, taken back: a shipment, or a package that was told alone.
//!
//! Nothing an order has been told is erased, and by what happens to it an order never goes back (Q-21, I-11). A mistake did not
//! happen: it is answered by a row of its own, the order is reckoned without it, and the trace says so to those inside; the buyer
//! sees neither. That is honest only while nothing follows from it: no later shipment, nothing said of the order's way since, no
//! unit in a number of the ERP's that counts it as gone. What came of it otherwise is a return or a refund (O-09).

use super::found::{self, Packed, Shipment};
use super::rows;
use crate::Result;
use crate::ids::OrderId;
use crate::orders::events::{Event as Happening, Origin};
use crate::orders::model::{self, Order, OrderLine};
use crate::orders::state::State;
use crate::orders::steps::{self, Desk, Ended};
use crate::stock::modes::Mode;
use crate::stock::{reservations, rules};
use crate::trail::{self, Cause, Entry};
use crate::wire::{LineCode, Outcome, Problem};
use diesel::PgConnection;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::HashSet;

/// What is taken back, of one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A shipment by its number within the order.
    Shipment(i32),
    /// A shipment by its number where it comes from.
    Named(String),
    /// A package by its number within the order.
    Package(i32),
    /// A package by carrier and tracking number.
    Parcel(String, String),
}

#[derive(Clone, Debug)]
pub struct Said {
    pub no: i32,
    pub order_no: String,
    pub what: What,
    pub reason: String,
}

/// What a withdrawal found.
enum Target {
    Shipment(Shipment),
    Package(Packed),
}

impl Target {
    fn is_gone(&self) -> bool {
        match self {
            Target::Shipment(s) => s.gone,
            Target::Package(p) => p.gone,
        }
    }
    fn origin(&self) -> &str {
        match self {
            Target::Shipment(s) => &s.origin,
            Target::Package(p) => &p.origin,
        }
    }
    /// Kind and number, as withdrawals are kept.
    fn key(&self) -> (&'static str, i32) {
        match self {
            Target::Shipment(s) => ("shipment", s.no),
            Target::Package(p) => ("package", p.no),
        }
    }
}

/// Takes shipments and packages back, each by itself. An ERP takes back what it told itself; a person, whatever was told.
pub fn withdraw(tx: &mut PgConnection, cause: &Cause, all: &[Said], origin: Origin) -> Result<Vec<Ended>> {
    let mut desk = Desk::lock(tx, cause, all.iter().map(|s| s.order_no.as_str()))?;
    let ids: Vec<OrderId> = desk.orders.values().map(|o| o.id).collect();
    let mut lines = model::lines_of(tx, cause.merchant, &ids)?;
    let mut ships = found::shipments(tx, cause.merchant, &ids)?;
    let mut packs = found::packages(tx, cause.merchant, &ids)?;
    // Where the ERP counts its shelf, a number may know already that the goods are not on it.
    let by_shelf = rules::of(tx, cause.merchant)?.mode == Mode::Physical;
    let nos: Vec<&str> = all.iter().map(|s| s.order_no.as_str()).collect();
    let counted: HashSet<String> = if by_shelf { reservations::absorbed(tx, cause.merchant, &nos)? } else { HashSet::new() };
    let (mut ended, mut kept, mut moved, mut news) = (Vec::with_capacity(all.len()), Vec::new(), Vec::new(), Vec::new());
    for said in all {
        let Some(order) = desk.get(&said.order_no).cloned() else {
            ended.push(Ended::unknown(said.no, &said.order_no));
            continue;
        };
        let (own_ships, own_packs) = (ships.entry(order.id).or_default(), packs.entry(order.id).or_default());
        let own = lines.entry(order.id).or_default();
        let target = find(&said.what, own_ships, own_packs).filter(|t| origin != Origin::Erp || t.origin() == Origin::Erp.as_str());
        let Some(target) = target else {
            ended.push(Ended::badly(said.no, Problem::new(LineCode::UnknownShipment, "orderNo", &said.order_no), Some(&order)));
            continue;
        };
        if target.is_gone() {
            ended.push(Ended::well(said.no, Outcome::Unchanged, &order));
            continue;
        }
        if !may_go(&order, &target, own_ships, own, counted.contains(&said.order_no)) {
            ended.push(Ended::badly(said.no, Problem::new(LineCode::ShipmentStays, "orderNo", &said.order_no), Some(&order)));
            continue;
        }
        match &target {
            Target::Shipment(shipment) => {
                moved.extend(without(shipment, own).into_iter().map(|(no, shipped, closed)| (order.id, no, shipped, closed)));
                own_ships.iter_mut().filter(|s| s.no == shipment.no).for_each(|s| s.gone = true);
                own_packs.iter_mut().filter(|p| p.shipment_no == Some(shipment.no)).for_each(|p| p.gone = true);
                desk.put(order.id, own.iter().map(OrderLine::units).collect());
                desk.change(&said.order_no, |_| {});
            }
            Target::Package(package) => {
                own_packs.iter_mut().filter(|p| p.no == package.no).for_each(|p| p.gone = true);
                let others = own_packs.iter().any(|p| !p.gone && p.shipment_no.is_none());
                // It had said that all of the order was on its way.
                let said_so = package.shipment_no.is_none() && order.sent_at == Some(package.at) && !others;
                desk.change(&said.order_no, |order| {
                    if said_so {
                        order.sent_at = None;
                    }
                });
            }
        }
        let (kind, number) = target.key();
        kept.push((order.id, kind, number, said.reason.clone()));
        let data = json!({ kind: number, "reason": said.reason });
        desk.tell(Happening::new(order.id, cause, "withdrawn", origin).with(data));
        news.push(said);
    }
    rows::move_lines(tx, cause, &moved)?;
    found::keep(tx, cause, origin, &kept)?;
    let back: Vec<&str> = news.iter().filter(|s| desk.came_back(&s.order_no)).map(|s| s.order_no.as_str()).collect();
    reservations::still_here(tx, cause, &back)?;
    let nos: Vec<String> = news.iter().map(|s| s.order_no.clone()).collect();
    steps::retell(tx, cause, &mut desk, &nos, origin)?;
    desk.write(tx, cause)?;
    let entries: Vec<Entry> = news
        .iter()
        .zip(&kept)
        .map(|(said, (_, kind, number, _))| {
            let entry = Entry::new("order.withdrawn", "order", &said.order_no).change(json!({ *kind: number }), json!(null));
            if said.reason.is_empty() { entry } else { entry.note(&said.reason) }
        })
        .collect();
    trail::record(tx, cause, &entries)?;
    ended.extend(news.iter().filter_map(|s| Some(Ended::well(s.no, Outcome::Applied, desk.get(&s.order_no)?))));
    Ok(ended)
}

fn find(what: &What, ships: &[Shipment], packs: &[Packed]) -> Option<Target> {
    let ship = |is: &dyn Fn(&Shipment) -> bool| ships.iter().find(|s| is(s)).cloned().map(Target::Shipment);
    // Told again after it was withdrawn, a package is the later one.
    let pack = |is: &dyn Fn(&Packed) -> bool| {
        let of = |gone: bool| packs.iter().rev().find(|p| p.gone == gone && p.alone && is(p)).cloned();
        of(false).or_else(|| of(true)).map(Target::Package)
    };
    match what {
        What::Shipment(no) => ship(&|s| s.no == *no),
        What::Named(id) => ship(&|s| s.source_id.as_deref() == Some(id.as_str())),
        What::Package(no) => pack(&|p| p.no == *no),
        What::Parcel(carrier, tracking_no) => pack(&|p| p.carrier == *carrier && p.tracking_no == *tracking_no),
    }
}

/// Whether nothing follows from it yet.
fn may_go(order: &Order, target: &Target, ships: &[Shipment], lines: &[OrderLine], counted: bool) -> bool {
    let facts = order.facts();
    // One of which nothing will come has given its units back.
    let over = facts.received || facts.cancelled || facts.refunded || order.refunded > Decimal::ZERO || order.state() == State::Cancelled;
    if over || counted {
        return false;
    }
    match target {
        Target::Shipment(s) => {
            let last = ships.iter().filter(|other| !other.gone).all(|other| other.no <= s.no);
            let known = s.closed.is_some() || s.no == 1 || lines.iter().all(|l| l.closed == 0);
            last && known && !s.followed
        }
        Target::Package(p) => !p.followed,
    }
}

/// The lines without a shipment, which is their last; those that change: number, shipped, closed.
fn without(shipment: &Shipment, lines: &mut [OrderLine]) -> Vec<(i32, i64, i64)> {
    let mut moved = Vec::new();
    for line in lines.iter_mut() {
        let shipped: i64 = shipment.units.get(&line.no).copied().unwrap_or_default();
        let closed = match &shipment.closed {
            Some(closed) => closed.get(&line.no).copied().unwrap_or_default(),
            // The first closed whatever is closed.
            None => line.closed,
        };
        if shipped > 0 || closed > 0 {
            line.shipped -= shipped;
            line.closed -= closed;
            moved.push((line.no, line.shipped, line.closed));
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn shipment(no: i32, closed: Option<HashMap<i32, i64>>) -> Shipment {
        let units = HashMap::from([(1, 2)]);
        Shipment { no, origin: "erp".into(), source_id: None, units, closed, gone: false, followed: false }
    }

    #[test]
    fn a_package_or_shipment_is_found_by_any_of_its_names() {
        let ships = [Shipment { source_id: Some("CK1".into()), ..shipment(1, None) }, shipment(2, None)];
        let found = |what| find(&what, &ships, &[]).map(|t| t.key());
        assert_eq!(found(What::Named("CK1".into())), Some(("shipment", 1)));
        assert_eq!(found(What::Shipment(2)), Some(("shipment", 2)));
        assert_eq!(found(What::Shipment(3)), None);
        assert_eq!(found(What::Package(1)), None);
    }
}
