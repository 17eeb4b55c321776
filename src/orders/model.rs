//! Orders and their lines as rows: locked, read and written.

use super::state::{self, Facts, State, Units};
use crate::db::Prepare;
use crate::ids::{CustomerId, MerchantId, OrderId, ShopId, SkuId};
use crate::trail::Cause;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Jsonb, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// How far an order has come on its way into the ERP (O-02, Q-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sync {
    /// Not for the ERP yet.
    None,
    Unsynced,
    /// Handed over, and not acknowledged yet.
    Delivered,
    Synced,
    /// Something stands in the way; [`super::waits`] knows what and how to get past it.
    Blocked,
}

impl Sync {
    pub const ALL: [Sync; 5] = [Sync::None, Sync::Unsynced, Sync::Delivered, Sync::Synced, Sync::Blocked];
    pub fn as_str(self) -> &'static str {
        match self {
            Sync::None => "none",
            Sync::Unsynced => "unsynced",
            Sync::Delivered => "delivered",
            Sync::Synced => "synced",
            Sync::Blocked => "blocked",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Sync::None => "order-sync-none",
            Sync::Unsynced => "order-sync-unsynced",
            Sync::Delivered => "order-sync-delivered",
            Sync::Synced => "order-sync-synced",
            Sync::Blocked => "order-sync-blocked",
        }
    }
}

/// An order.
#[derive(QueryableByName, Clone, Debug, PartialEq)]
pub struct Order {
    #[diesel(sql_type = BigInt)]
    pub id: OrderId,
    #[diesel(sql_type = Text)]
    pub order_no: String,
    #[diesel(sql_type = Text)]
    pub channel: String,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    pub shop: ShopId,
    #[diesel(sql_type = BigInt, column_name = "customer_id")]
    pub customer: CustomerId,
    #[diesel(sql_type = Text, column_name = "state")]
    state: String,
    #[diesel(sql_type = Timestamptz)]
    pub placed_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub paid_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub received_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub cancelled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub refunded_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub cancel_reason: Option<String>,
    #[diesel(sql_type = Numeric, column_name = "goods_amount")]
    pub goods: Decimal,
    #[diesel(sql_type = Numeric, column_name = "freight_amount")]
    pub freight: Decimal,
    #[diesel(sql_type = Numeric, column_name = "discount_amount")]
    pub discount: Decimal,
    #[diesel(sql_type = Numeric, column_name = "card_amount")]
    pub cards_paid: Decimal,
    #[diesel(sql_type = Numeric, column_name = "payable_amount")]
    pub payable: Decimal,
    #[diesel(sql_type = Numeric, column_name = "refunded_amount")]
    pub refunded: Decimal,
    #[diesel(sql_type = Int4)]
    pub line_count: i32,
    #[diesel(sql_type = Jsonb)]
    pub delivery: Value,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub invoice: Option<Value>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub cards: Option<Value>,
    #[diesel(sql_type = Nullable<Text>)]
    pub region_code: Option<String>,
    #[diesel(sql_type = Text)]
    pub remark: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub seq: Option<i64>,
    #[diesel(sql_type = Text, column_name = "sync")]
    sync: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub waits: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub waits_note: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub lease: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub leased_by: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub leased_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Int4)]
    pub handed: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub synced_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub erp_order_no: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub erp_status: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub erp_status_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// The columns of an [`Order`], of a table called `o`.
pub(super) const COLUMNS: &str = "o.id, o.order_no, o.channel, o.shop_id, o.customer_id, o.state, o.placed_at, o.paid_at, o.sent_at, o.received_at, \
     o.cancelled_at, o.refunded_at, o.cancel_reason, o.goods_amount, o.freight_amount, o.discount_amount, o.card_amount, o.payable_amount, \
     o.refunded_amount, o.line_count, o.delivery, o.invoice, o.cards, o.region_code, o.remark, o.seq, o.sync, o.waits, o.waits_note, o.lease, \
     o.leased_by, o.leased_until, o.handed, o.synced_at, o.erp_order_no, o.erp_status, o.erp_status_at, o.version, o.updated_at";

impl Order {
    pub fn state(&self) -> State {
        // The database's check lets nothing else in.
        State::of(&self.state).unwrap_or(State::Unpaid)
    }
    pub fn sync(&self) -> Sync {
        Sync::of(&self.sync).unwrap_or(Sync::None)
    }
    pub fn facts(&self) -> Facts {
        Facts {
            paid: self.paid_at.is_some(),
            sent: self.sent_at.is_some(),
            received: self.received_at.is_some(),
            cancelled: self.cancelled_at.is_some(),
            refunded: self.refunded_at.is_some(),
        }
    }
    /// Leaves the way into the ERP where it is, or changes it; what does not belong to the new place goes.
    pub(super) fn turn(&mut self, sync: Sync) {
        sync.as_str().clone_into(&mut self.sync);
        if sync != Sync::Delivered {
            (self.lease, self.leased_by, self.leased_until) = (None, None, None);
        }
        if sync != Sync::Blocked {
            (self.waits, self.waits_note) = (None, None);
        } else {
            self.seq = None;
        }
    }
    /// The state that follows from facts and lines.
    pub(super) fn settle(&mut self, lines: &[Units]) {
        state::state(self.facts(), lines).as_str().clone_into(&mut self.state);
    }
    /// Adds a fact.
    pub(super) fn note(&mut self, event: state::Event, at: DateTime<Utc>) {
        use state::Event;
        let fact = match event {
            Event::Paid => &mut self.paid_at,
            Event::Sent => &mut self.sent_at,
            Event::Received => &mut self.received_at,
            Event::Cancelled => &mut self.cancelled_at,
            Event::Refunded => &mut self.refunded_at,
            Event::Shipped => return,
        };
        fact.get_or_insert(at);
    }
}

/// Orders by number, locked in the order of their ids.
pub fn lock(tx: &mut PgConnection, merchant: MerchantId, nos: &[&str]) -> Result<HashMap<String, Order>> {
    let sql = format!("select {COLUMNS} from orders o where o.merchant_id = $1 and o.order_no = any($2) order by o.id for no key update");
    let rows: Vec<Order> = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(nos).prepared().load(tx)?;
    Ok(rows.into_iter().map(|o| (o.order_no.clone(), o)).collect())
}

/// Orders by their numbers, not locked.
pub fn by_nos(c: &mut PgConnection, merchant: MerchantId, nos: &[&str]) -> Result<HashMap<String, Order>> {
    let sql = format!("select {COLUMNS} from orders o where o.merchant_id = $1 and o.order_no = any($2)");
    let rows: Vec<Order> = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(nos).prepared().load(c)?;
    Ok(rows.into_iter().map(|o| (o.order_no.clone(), o)).collect())
}

/// One order, locked; nobody's is not found.
pub fn lock_one(tx: &mut PgConnection, merchant: MerchantId, no: &str) -> Result<Order> {
    lock(tx, merchant, &[no])?.remove(no).ok_or(Error::NotFound)
}

/// One order by its number.
pub fn by_no(c: &mut PgConnection, merchant: MerchantId, no: &str) -> Result<Option<Order>> {
    let sql = format!("select {COLUMNS} from orders o where o.merchant_id = $1 and o.order_no = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(no).get_result(c).optional()?)
}

pub fn by_id(c: &mut PgConnection, merchant: MerchantId, id: OrderId) -> Result<Option<Order>> {
    let sql = format!("select {COLUMNS} from orders o where o.merchant_id = $1 and o.id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(c).optional()?)
}

/// These orders, what was placed first at the front.
pub fn of_nos(c: &mut PgConnection, merchant: MerchantId, nos: &[String]) -> Result<Vec<Order>> {
    let sql = format!("select {COLUMNS} from orders o where o.merchant_id = $1 and o.order_no = any($2) order by o.placed_at, o.id");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(nos).load(c)?)
}

/// One line of an order, with what its goods are called.
#[derive(QueryableByName, Clone, Debug, PartialEq)]
pub struct OrderLine {
    #[diesel(sql_type = BigInt)]
    pub order_id: OrderId,
    #[diesel(sql_type = Int4)]
    pub no: i32,
    #[diesel(sql_type = BigInt, column_name = "id")]
    pub sku: SkuId,
    /// The id the ERP knows.
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = Text)]
    pub sku_code: String,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub erp_code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub unit: String,
    #[diesel(sql_type = Text)]
    pub manufacturer: String,
    #[diesel(sql_type = BigInt)]
    pub qty: i64,
    #[diesel(sql_type = Numeric)]
    pub unit_price: Decimal,
    #[diesel(sql_type = Numeric)]
    pub amount: Decimal,
    #[diesel(sql_type = Text)]
    pub rule: String,
    /// As the buyer saw them (O-05).
    #[diesel(sql_type = Jsonb)]
    pub lots: Value,
    #[diesel(sql_type = BigInt)]
    pub shipped: i64,
    #[diesel(sql_type = BigInt)]
    pub closed: i64,
}

impl OrderLine {
    pub fn units(&self) -> Units {
        Units { ordered: self.qty, shipped: self.shipped, closed: self.closed }
    }
}

/// The lines of these orders.
pub fn lines_of(c: &mut PgConnection, merchant: MerchantId, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<OrderLine>>> {
    if orders.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<OrderLine> = diesel::sql_query(
        "select l.order_id, l.no, k.id, k.sku_id, k.code as sku_code, p.prod_id, p.erp_code, p.name, p.spec, p.unit, p.manufacturer, l.qty, \
           l.unit_price, l.amount, l.rule, l.lots, l.shipped, l.closed \
         from unnest($2) as o(id) cross join lateral (select * from order_lines where merchant_id = $1 and order_id = o.id offset 0) l \
         join skus k on k.merchant_id = $1 and k.id = l.sku_id join products p on p.merchant_id = $1 and p.id = k.product_id \
         order by l.order_id, l.no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(orders)
    .prepared().load(c)?;
    let mut by_order: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
    for row in rows {
        by_order.entry(row.order_id).or_default().push(row);
    }
    Ok(by_order)
}

/// The units of these orders' lines, which is what their state depends on.
pub fn units_of(c: &mut PgConnection, merchant: MerchantId, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Units>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        order_id: OrderId,
        #[diesel(sql_type = BigInt)]
        qty: i64,
        #[diesel(sql_type = BigInt)]
        shipped: i64,
        #[diesel(sql_type = BigInt)]
        closed: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select order_id, qty, shipped, closed from order_lines where merchant_id = $1 and order_id = any($2) order by order_id, no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(orders)
    .prepared()
    .load(c)?;
    let mut units: HashMap<OrderId, Vec<Units>> = HashMap::new();
    for row in rows {
        units.entry(row.order_id).or_default().push(Units { ordered: row.qty, shipped: row.shipped, closed: row.closed });
    }
    Ok(units)
}

/// Writes changed orders, which are locked.
pub(super) fn write(tx: &mut PgConnection, cause: &Cause, changed: &[Order]) -> Result<()> {
    if changed.is_empty() {
        return Ok(());
    }
    fn column<T>(rows: &[Order], pick: impl Fn(&Order) -> T) -> Vec<T> {
        rows.iter().map(pick).collect()
    }
    let written = diesel::sql_query(
        "update orders o set state = l.state, paid_at = l.paid_at, sent_at = l.sent_at, received_at = l.received_at, cancelled_at = l.cancelled_at, \
           refunded_at = l.refunded_at, cancel_reason = l.cancel_reason, refunded_amount = l.refunded_amount, seq = l.seq, sync = l.sync, waits = l.waits, \
           waits_note = l.waits_note, lease = l.lease, leased_by = l.leased_by, leased_until = l.leased_until, handed = l.handed, synced_at = l.synced_at, \
           erp_order_no = l.erp_order_no, erp_status = l.erp_status, erp_status_at = l.erp_status_at, version = o.version + 1, updated_at = $2 \
         from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) as l(id, version, state, paid_at, \
           sent_at, received_at, cancelled_at, refunded_at, cancel_reason, refunded_amount, seq, sync, waits, waits_note, lease, leased_by, leased_until, \
           handed, synced_at, erp_order_no, erp_status, erp_status_at) \
         where o.merchant_id = $1 and o.id = l.id and o.version = l.version",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(column(changed, |o| o.id))
    .bind::<Array<Int4>, _>(column(changed, |o| o.version))
    .bind::<Array<Text>, _>(column(changed, |o| o.state.clone()))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.paid_at))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.sent_at))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.received_at))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.cancelled_at))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.refunded_at))
    .bind::<Array<Nullable<Text>>, _>(column(changed, |o| o.cancel_reason.clone()))
    .bind::<Array<Numeric>, _>(column(changed, |o| o.refunded))
    .bind::<Array<Nullable<BigInt>>, _>(column(changed, |o| o.seq))
    .bind::<Array<Text>, _>(column(changed, |o| o.sync.clone()))
    .bind::<Array<Nullable<Text>>, _>(column(changed, |o| o.waits.clone()))
    .bind::<Array<Nullable<Text>>, _>(column(changed, |o| o.waits_note.clone()))
    .bind::<Array<Nullable<SqlUuid>>, _>(column(changed, |o| o.lease))
    .bind::<Array<Nullable<BigInt>>, _>(column(changed, |o| o.leased_by))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.leased_until))
    .bind::<Array<Int4>, _>(column(changed, |o| o.handed))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.synced_at))
    .bind::<Array<Nullable<Text>>, _>(column(changed, |o| o.erp_order_no.clone()))
    .bind::<Array<Nullable<Text>>, _>(column(changed, |o| o.erp_status.clone()))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changed, |o| o.erp_status_at))
    .prepared().execute(tx)?;
    if written != changed.len() {
        return Err(Error::broken(format!("{written} of {} orders were as they had been locked", changed.len())));
    }
    Ok(())
}
