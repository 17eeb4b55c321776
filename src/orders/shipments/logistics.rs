//! A package is on its way (L-01, L-02, Q-20).

use super::carriers::Carrier;
use super::draft::Parcel;
use super::rows::{self, Package};
use crate::Result;
use crate::ids::OrderId;
use crate::orders::events::{Event as Happening, Origin};
use crate::orders::state::{self, Event, State, Verdict};
use crate::orders::steps::{self, Desk, Ended};
use crate::trail::Cause;
use crate::wire::Outcome;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde_json::json;

/// What is said of one order.
#[derive(Clone, Debug)]
pub struct Said {
    pub no: i32,
    pub order_no: String,
    pub carrier: Carrier,
    pub tracking_no: String,
    pub at: Option<DateTime<Utc>>,
    /// The event's id where it comes from.
    pub source_id: Option<String>,
}

/// Adds packages to orders. That one is on its way means that all of the order is, unless its shipments are told line by line.
pub fn tell(tx: &mut PgConnection, cause: &Cause, all: &[Said], origin: Origin) -> Result<Vec<Ended>> {
    let mut desk = Desk::lock(tx, cause, all.iter().map(|s| s.order_no.as_str()))?;
    let ids: Vec<OrderId> = desk.orders.values().map(|o| o.id).collect();
    let mut there = rows::there(tx, cause.merchant, &ids, origin)?;
    let mut packages = Vec::new();
    let mut ended = Vec::with_capacity(all.len());
    let mut news: Vec<String> = Vec::new();
    for said in all {
        let Some(order) = desk.get(&said.order_no).cloned() else {
            ended.push(Ended::unknown(said.no, &said.order_no));
            continue;
        };
        let by_line = there.stands.get(&order.id).copied();
        let event = if by_line.is_some() { Event::Shipped } else { Event::Sent };
        // A number that comes when the buyer has the goods already is still worth having.
        let late = order.state() == State::Completed;
        let verdict = if late { Verdict::Known } else { state::judge(order.state(), order.facts(), event) };
        if verdict == Verdict::Refused {
            ended.push(Ended::wrong(said.no, &order));
            continue;
        }
        let parcel = Parcel { carrier: said.carrier.code.clone(), tracking_no: said.tracking_no.clone() };
        let known = there.package(order.id, &parcel).is_some();
        let at = said.at.filter(|at| *at <= cause.now).unwrap_or(cause.now);
        if !known {
            let no = there.add(order.id, &parcel);
            packages.push(Package { order: order.id, no, parcel, shipment: by_line, at });
            let event = Happening::new(order.id, cause, "logistics", origin).at(Some(at)).source(said.source_id.as_deref()).shown(true);
            let sentence = format!("{} {}", said.carrier.name, said.tracking_no);
            desk.tell(
                event.saying(sentence.trim()).with(json!({ "carrier": said.carrier.code, "trackingNo": said.tracking_no, "package": no })),
            );
        }
        let sent = event == Event::Sent && verdict == Verdict::News;
        let outcome = if known && !sent { Outcome::Unchanged } else { Outcome::Applied };
        if outcome == Outcome::Applied {
            desk.change(&said.order_no, |order| {
                if sent {
                    order.note(Event::Sent, at);
                }
            });
            news.push(said.order_no.clone());
        }
        if let Some(order) = desk.get(&said.order_no) {
            ended.push(Ended::well(said.no, outcome, order));
        }
    }
    rows::keep_packages(tx, cause, origin, &packages)?;
    steps::tell_stock(tx, cause, &desk, origin)?;
    steps::retell(tx, cause, &mut desk, &news, origin)?;
    desk.write(tx, cause)?;
    Ok(ended)
}
