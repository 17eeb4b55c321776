//! What happened to orders, by whom: kept for good, partly shown to the buyer.

use crate::Result;
use crate::db::Prepare;
use crate::ids::{MerchantId, OrderId};
use crate::trail::{Cause, Kind};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use std::collections::HashSet;

/// Who says something of an order. A change is never sent back to where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Storefront,
    Erp,
    Person,
    System,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Storefront => "storefront",
            Origin::Erp => "erp",
            Origin::Person => "person",
            Origin::System => "system",
        }
    }
    /// Who speaks through a method of the ERP's: a person who fills in its table, else the ERP, also where its line waited.
    pub fn of_method(cause: &Cause) -> Self {
        if cause.kind == Kind::Person { Origin::Person } else { Origin::Erp }
    }
    /// Who acts by the back office's own cause; a storefront says so itself.
    pub fn of(cause: &Cause) -> Self {
        match cause.kind {
            Kind::Person => Origin::Person,
            Kind::Erp => Origin::Erp,
            Kind::System => Origin::System,
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Event {
    pub order: OrderId,
    pub at: DateTime<Utc>,
    /// `placed`, `paid`, `handed`, `synced`, … ; its text key is `order-event-<kind>`.
    pub kind: &'static str,
    pub origin: Origin,
    /// Its id at its origin.
    pub source_id: Option<String>,
    pub visible: bool,
    /// What the buyer reads, where it is not the kind's own sentence.
    pub sentence: String,
    pub data: Value,
}

impl Event {
    pub fn new(order: OrderId, cause: &Cause, kind: &'static str, origin: Origin) -> Self {
        Self { order, at: cause.now, kind, origin, source_id: None, visible: false, sentence: String::new(), data: json!({}) }
    }
    #[must_use]
    pub fn at(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.at = at.unwrap_or(self.at);
        self
    }
    #[must_use]
    pub fn source(mut self, id: Option<&str>) -> Self {
        self.source_id = id.map(ToOwned::to_owned);
        self
    }
    #[must_use]
    pub fn shown(mut self, visible: bool) -> Self {
        self.visible = visible;
        self
    }
    #[must_use]
    pub fn saying(mut self, sentence: &str) -> Self {
        sentence.clone_into(&mut self.sentence);
        self
    }
    #[must_use]
    pub fn with(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}

/// Writes what happened, with one statement.
pub fn record(tx: &mut PgConnection, cause: &Cause, events: &[Event]) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    fn column<T>(events: &[Event], pick: impl Fn(&Event) -> T) -> Vec<T> {
        events.iter().map(pick).collect()
    }
    diesel::sql_query(
        "insert into order_events (merchant_id, actor_name, request_id, order_id, at, kind, origin, source_id, visible, sentence, data) \
         select $1, $2, $3, e.* from unnest($4, $5, $6, $7, $8, $9, $10, $11) as e(order_id, at, kind, origin, source_id, visible, sentence, data) \
         on conflict (merchant_id, order_id, origin, source_id) where source_id is not null do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Array<BigInt>, _>(column(events, |e| e.order))
    .bind::<Array<Timestamptz>, _>(column(events, |e| e.at))
    .bind::<Array<Text>, _>(column(events, |e| e.kind))
    .bind::<Array<Text>, _>(column(events, |e| e.origin.as_str()))
    .bind::<Array<Nullable<Text>>, _>(column(events, |e| e.source_id.clone()))
    .bind::<Array<Bool>, _>(column(events, |e| e.visible))
    .bind::<Array<Text>, _>(column(events, |e| e.sentence.clone()))
    .bind::<Array<Jsonb>, _>(column(events, |e| e.data.clone()))
    .prepared().execute(tx)?;
    Ok(())
}

/// An event as stored.
#[derive(QueryableByName, Clone, Debug)]
pub struct Happened {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub origin: String,
    #[diesel(sql_type = Bool)]
    pub visible: bool,
    #[diesel(sql_type = Text)]
    pub sentence: String,
    #[diesel(sql_type = Jsonb)]
    pub data: Value,
    #[diesel(sql_type = Text)]
    pub actor_name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<uuid::Uuid>,
}

/// The newest events of an order, newest first.
pub fn of_order(c: &mut PgConnection, merchant: MerchantId, order: OrderId, limit: i64) -> Result<Vec<Happened>> {
    Ok(diesel::sql_query(
        // What was withdrawn the buyer does not see.
        "select e.id, e.at, e.kind, e.origin, e.visible and not exists (select from order_withdrawals w where w.merchant_id = $1 and w.order_id = $2 \
           and ((e.kind = 'shipped' and w.kind = 'shipment' and e.data->>'shipment' = w.no::text) \
             or (e.kind = 'logistics' and w.kind = 'package' and e.data->>'package' = w.no::text))) as visible, e.sentence, e.data, e.actor_name, e.request_id \
         from order_events e where e.merchant_id = $1 and e.order_id = $2 order by e.at desc, e.id desc limit $3",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(order)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// Which of these (order, event id at that origin) have been said before.
pub fn said(c: &mut PgConnection, merchant: MerchantId, origin: Origin, asked: &[(OrderId, &str)]) -> Result<HashSet<(OrderId, String)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        order_id: OrderId,
        #[diesel(sql_type = Text)]
        source_id: String,
    }
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select e.order_id, e.source_id from unnest($3, $4) as l(id, source) join order_events e \
           on e.merchant_id = $1 and e.order_id = l.id and e.origin = $2 and e.source_id = l.source",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(origin.as_str())
    .bind::<Array<BigInt>, _>(asked.iter().map(|a| a.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(asked.iter().map(|a| a.1).collect::<Vec<_>>())
    .load(c)?;
    Ok(rows.into_iter().map(|r| (r.order_id, r.source_id)).collect())
}
