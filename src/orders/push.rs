//! Pushing orders to the ERP (O-06), and what becomes of them (O-07), for merchants whose ERP listens instead of asking.
//!
//! The queue is the one from which [`super::delivery`] hands orders over, with the same lease and the same receipt: an ERP may be
//! pushed to and ask, and gets each order once. What it has in its books already is told as a change of state, with the events
//! that did not come from itself.

use super::ack::{self, Ack};
use super::delivery::{self, AckMode, Asked, Asker};
use super::model::{self, Order};
use super::wire;
use crate::Result;
use crate::clock::on_the_wire;
use crate::customers;
use crate::erp::listened::{ORDER_PUSH, ORDER_STATUS_PUSH};
use crate::erp::outbox;
use crate::gate::switches;
use crate::ids::{MerchantId, OrderId};
use crate::trail::{Cause, Kind};
use crate::wire::{LineCode, Module};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use std::collections::HashMap;
use uuid::Uuid;

/// Orders of one round.
pub const AT_ONCE: i64 = 20;

/// An order on its way.
#[derive(Clone, Debug)]
pub struct Parcel {
    pub order_no: String,
    pub method: &'static str,
    pub body: Value,
    /// How often it has been handed over, this time included.
    pub handed: i32,
}

/// How the ERP took it.
#[derive(Clone, Debug)]
pub enum Taken {
    /// It has it, under this number if it told one.
    Well { erp_order_no: Option<String> },
    /// It will not, in its own words.
    Refused(String),
    /// No answer.
    Later,
}

/// Under whose name a round of pushes acts.
pub fn cause(merchant: MerchantId, lease: Uuid, now: DateTime<Utc>) -> Cause {
    Cause { merchant, kind: Kind::Erp, actor_id: None, actor_name: "ERP".into(), now, request_id: Some(lease), feed: None }
}

/// The merchants with orders to push, of those whose ERP listens.
pub fn merchants_due(c: &mut PgConnection, listening: &[MerchantId], now: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        id: MerchantId,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select m.id from unnest($1) as m(id) where exists (select from orders o where o.merchant_id = m.id \
           and (o.sync = 'unsynced' or (o.sync = 'delivered' and o.leased_until <= $2)) and o.sync in ('unsynced', 'delivered'))",
    )
    .bind::<Array<BigInt>, _>(listening)
    .bind::<Timestamptz, _>(now)
    .load(c)?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// Takes the next orders under the cause's lease, each with what the ERP is to be told.
///
/// Nothing while the merchant has switched orders off.
pub fn take(tx: &mut PgConnection, cause: &Cause, limit: i64) -> Result<Vec<Parcel>> {
    if switches::why_off(tx, cause.merchant, Module::Order, cause.now)?.is_some() {
        return Ok(Vec::new());
    }
    let asker = Asker { mode: AckMode::Explicit, takes: true, channel: None };
    let page = delivery::take(tx, cause, &asker, &Asked { limit, ..Asked::default() })?;
    let ids: Vec<OrderId> = page.orders.iter().map(|o| o.id).collect();
    let lines = model::lines_of(tx, cause.merchant, &ids)?;
    let buyers = customers::by_ids(tx, cause.merchant, &page.orders.iter().map(|o| o.customer).collect::<Vec<_>>())?;
    let known: Vec<OrderId> = page.orders.iter().filter(|o| o.synced_at.is_some()).map(|o| o.id).collect();
    let mut news = news_of(tx, cause.merchant, &known)?;
    let parcel = |order: &Order| {
        let (method, body) = if order.synced_at.is_some() {
            (ORDER_STATUS_PUSH, change(order, news.remove(&order.id).unwrap_or_default()))
        } else {
            let mine = lines.get(&order.id).map_or(&[][..], Vec::as_slice);
            (ORDER_PUSH, wire::order(order, mine, buyers.get(&order.customer)))
        };
        Parcel { order_no: order.order_no.clone(), method, body, handed: order.handed }
    };
    Ok(page.orders.iter().map(parcel).collect())
}

/// Where an order the ERP has now stands.
fn change(order: &Order, events: Vec<Value>) -> Value {
    let time = |at: Option<DateTime<Utc>>| at.map(on_the_wire);
    json!({
        "orderNo": order.order_no, "erpOrderNo": order.erp_order_no, "orderStatus": order.state().as_str(), "paidTime": time(order.paid_at),
        "shippedTime": time(order.sent_at), "receivedTime": time(order.received_at), "cancelledTime": time(order.cancelled_at),
        "refundedTime": time(order.refunded_at), "cancelReason": order.cancel_reason, "updateTime": on_the_wire(order.updated_at),
        "version": order.version, "events": events,
    })
}

/// What has happened to orders since they were handed over as the ERP last acknowledged them, but for what it said itself.
/// In doubt a thing is told twice: its `eventId` tells it.
fn news_of(c: &mut PgConnection, merchant: MerchantId, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Value>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        order_id: OrderId,
        #[diesel(sql_type = BigInt)]
        id: i64,
        #[diesel(sql_type = Text)]
        kind: String,
        #[diesel(sql_type = Text)]
        origin: String,
        #[diesel(sql_type = Timestamptz)]
        at: DateTime<Utc>,
        #[diesel(sql_type = Jsonb)]
        data: Value,
    }
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select e.order_id, e.id, e.kind, e.origin, e.at, e.data from order_events e where e.merchant_id = $1 and e.order_id = any($2) \
           and e.origin <> 'erp' and e.kind not in ('handed', 'resent', 'held') \
           and e.id > coalesce((select max(h.id) from order_events h where h.merchant_id = $1 and h.order_id = e.order_id and h.kind = 'handed' \
             and h.id < (select max(s.id) from order_events s where s.merchant_id = $1 and s.order_id = e.order_id and s.kind = 'synced')), 0) \
         order by e.order_id, e.id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(orders)
    .load(c)?;
    let mut news: HashMap<OrderId, Vec<Value>> = HashMap::new();
    for row in rows {
        news.entry(row.order_id).or_default().push(json!({
            "eventId": row.id.to_string(), "kind": row.kind, "origin": row.origin, "time": on_the_wire(row.at), "reason": row.data.get("reason"),
        }));
    }
    Ok(news)
}

/// Keeps how the ERP took them. What it did not answer for comes again after a while that grows.
///
/// The receipts name no call: which of the round's calls it was stands in the log.
pub fn settle(tx: &mut PgConnection, round: &Cause, taken: &[(Parcel, Taken)]) -> Result<()> {
    let cause = &Cause { request_id: None, ..round.clone() };
    let ack = |(no, (parcel, taken)): (i32, &(Parcel, Taken))| {
        let (erp_order_no, refused) = match taken {
            Taken::Well { erp_order_no } => (erp_order_no.clone(), None),
            Taken::Refused(words) => (None, Some(words.clone())),
            Taken::Later => return None,
        };
        Some(Ack { no, order_no: parcel.order_no.clone(), erp_order_no, refused, imported_at: None })
    };
    let acks: Vec<Ack> = (1..).zip(taken).filter_map(ack).collect();
    let ended = ack::acknowledge(tx, cause, &acks)?;
    // Another number than it gave before: a person looks at it, like at a refusal.
    let odd = |a: &Ack| {
        let problem = ended.iter().find(|e| e.no == a.no)?.problem.as_ref().filter(|p| p.code == LineCode::OtherErpOrder)?;
        Some(Ack {
            refused: Some(format!("erpOrderNo {} ≠ {}", problem.value, problem.details.first().map_or("", String::as_str))),
            erp_order_no: None,
            ..a.clone()
        })
    };
    let odd: Vec<Ack> = acks.iter().filter_map(odd).collect();
    if !odd.is_empty() {
        ack::acknowledge(tx, cause, &odd)?;
    }
    let late: Vec<&Parcel> = taken.iter().filter(|(_, t)| matches!(t, Taken::Later)).map(|(parcel, _)| parcel).collect();
    if late.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update orders o set leased_until = l.until from unnest($3, $4) as l(no, until) \
         where o.merchant_id = $1 and o.order_no = l.no and o.sync = 'delivered' and o.lease = $2",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<SqlUuid, _>(round.request_id.unwrap_or_default())
    .bind::<Array<Text>, _>(late.iter().map(|p| p.order_no.as_str()).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(late.iter().map(|p| cause.now + outbox::pause(p.handed)).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}
