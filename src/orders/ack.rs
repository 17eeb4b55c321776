//! What the ERP says about an order it was handed: that it has it, under which number, or why not (O-11).

use super::events::{Event, Origin};
use super::feed;
use super::model::Sync;
use super::steps::{Desk, Ended};
use super::waits::Why;
use crate::Result;
use crate::stock::reservations;
use crate::trail::Cause;
use crate::wire::{LineCode, Outcome, Problem};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde_json::json;

/// One order's receipt.
#[derive(Clone, Debug)]
pub struct Ack {
    pub no: i32,
    pub order_no: String,
    pub erp_order_no: Option<String>,
    /// The ERP would not have it: its own words.
    pub refused: Option<String>,
    /// When it booked it, by its own clock.
    pub imported_at: Option<DateTime<Utc>>,
}

/// Takes receipts. An order is in the ERP's books once; a receipt for another number of the ERP's is a conflict for a person.
pub fn acknowledge(tx: &mut PgConnection, cause: &Cause, acks: &[Ack]) -> Result<Vec<Ended>> {
    let mut desk = Desk::lock(tx, cause, acks.iter().map(|a| a.order_no.as_str()))?;
    let mut ended = Vec::with_capacity(acks.len());
    let (mut booked, mut unnumbered, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for ack in acks {
        let Some(order) = desk.get(&ack.order_no).cloned() else {
            ended.push(Ended::unknown(ack.no, &ack.order_no));
            continue;
        };
        let other = order.erp_order_no.clone().filter(|old| ack.erp_order_no.as_ref().is_some_and(|new| new != old));
        match (order.sync(), &ack.refused, other) {
            (Sync::None, _, _) | (Sync::Synced, Some(_), _) => ended.push(Ended::wrong(ack.no, &order)),
            (_, None, Some(old)) => {
                let problem = Problem::new(LineCode::OtherErpOrder, "erpOrderNo", ack.erp_order_no.clone().unwrap_or_default()).detail(old);
                ended.push(Ended::badly(ack.no, problem, Some(&order)));
            }
            (Sync::Synced, None, None) if order.erp_order_no == ack.erp_order_no || ack.erp_order_no.is_none() => {
                ended.push(Ended::well(ack.no, Outcome::Unchanged, &order));
            }
            (_, None, None) => {
                if order.seq.is_none() {
                    unnumbered.push(ack.order_no.clone());
                }
                booked.push(ack);
            }
            (_, Some(_), _) => refused.push((ack, order)),
        }
    }
    feed::enter(tx, cause, desk.changed_mut(&unnumbered), true)?;
    for ack in &booked {
        desk.change(&ack.order_no, |order| {
            // Something has become of it since it was handed over: the receipt is for what it was, and the news still goes its way.
            if order.sync() != Sync::Unsynced || order.handed == 0 {
                order.turn(Sync::Synced);
            }
            order.synced_at.get_or_insert(cause.now);
            order.erp_order_no = ack.erp_order_no.clone().or(order.erp_order_no.take());
        });
    }
    feed::leave(tx, cause, refused.iter().map(|(_, order)| order))?;
    for (ack, _) in &refused {
        desk.change(&ack.order_no, |order| {
            order.turn(Sync::Blocked);
            order.waits = Some(Why::ErpRefused.as_str().to_owned());
            order.waits_note.clone_from(&ack.refused);
        });
    }
    for (ack, kind) in booked.iter().map(|a| (*a, "synced")).chain(refused.iter().map(|(a, _)| (*a, "refused"))) {
        if let Some(order) = desk.get(&ack.order_no) {
            let data = json!({ "erpOrderNo": ack.erp_order_no, "reason": ack.refused });
            let event = Event::new(order.id, cause, kind, Origin::of(cause)).at(ack.imported_at.filter(|at| *at <= cause.now)).with(data);
            desk.tell(event);
        }
    }
    note_units(tx, cause, &booked.iter().map(|a| (a.order_no.as_str(), a.imported_at)).collect::<Vec<_>>())?;
    desk.write(tx, cause)?;
    ended.extend(
        booked
            .iter()
            .chain(refused.iter().map(|(a, _)| a))
            .filter_map(|a| Some(Ended::well(a.no, Outcome::Applied, desk.get(&a.order_no)?))),
    );
    Ok(ended)
}

/// Tells stock that the ERP has booked these orders' units: what later pushes are measured against.
pub(super) fn note_units(tx: &mut PgConnection, cause: &Cause, booked: &[(&str, Option<DateTime<Utc>>)]) -> Result<()> {
    let ack = |(no, (order_no, imported_at)): (i32, &(&str, Option<DateTime<Utc>>))| reservations::Ack {
        no,
        reservation: (*order_no).to_owned(),
        imported_at: *imported_at,
        shipped_at: None,
    };
    let acks: Vec<reservations::Ack> = (1..).zip(booked).map(ack).collect();
    reservations::acknowledge(tx, cause, &acks).map(drop)
}
