//! Shipments, packages and shipped lots as rows.

use super::Promise;
use super::draft::Parcel;
use super::found::{PACKAGE_STANDS, STANDS};
use crate::Result;
use crate::ids::{MerchantId, OrderId, SkuId};
use crate::lots::told::Told;
use crate::orders::events::Origin;
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use std::collections::HashMap;

/// A shipment to write down.
pub(super) struct Shipment {
    pub order: OrderId,
    pub no: i32,
    pub source_id: Option<String>,
    pub at: DateTime<Utc>,
    pub is_final: bool,
    pub note: String,
    /// Line → units it closes short, as JSON.
    pub closed: Value,
}

/// A part of a line that left: so many units, of a lot or of none in particular.
pub(super) struct Shipped {
    pub order: OrderId,
    pub shipment: i32,
    pub line: i32,
    pub part: i32,
    pub sku: SkuId,
    pub qty: i64,
    pub lot: Option<Told>,
    pub package: Option<i32>,
    pub promise: Promise,
    pub days: Option<i32>,
}

/// A package to write down.
pub(super) struct Package {
    pub order: OrderId,
    pub no: i32,
    pub parcel: Parcel,
    pub shipment: Option<i32>,
    pub at: DateTime<Utc>,
}

/// What is there already of some orders.
#[derive(Default)]
pub(super) struct There {
    /// Order → the number of its last shipment.
    pub last: HashMap<OrderId, i32>,
    /// Order → the last shipment that stands.
    pub stands: HashMap<OrderId, i32>,
    /// (Order, number at its origin) → shipment, and whether it stands.
    pub known: HashMap<(OrderId, String), (i32, bool)>,
    /// Order → its packages: number, carrier, tracking number.
    pub packages: HashMap<OrderId, Vec<(i32, Parcel)>>,
    /// Packages that were withdrawn: their numbers are used up.
    withdrawn: HashMap<OrderId, Vec<(i32, Parcel)>>,
}

impl There {
    /// The number of a package an order has already.
    pub fn package(&self, order: OrderId, parcel: &Parcel) -> Option<i32> {
        self.packages.get(&order)?.iter().find(|(_, p)| p == parcel).map(|(no, _)| *no)
    }
    /// Adds a package; its number.
    pub fn add(&mut self, order: OrderId, parcel: &Parcel) -> i32 {
        let used = self.withdrawn.get(&order).into_iter().flatten().map(|(no, _)| *no).max().unwrap_or(0);
        let all = self.packages.entry(order).or_default();
        let no = all.iter().map(|(no, _)| *no).max().unwrap_or(0).max(used) + 1;
        all.push((no, parcel.clone()));
        no
    }
}

/// What is there of these orders, which are locked.
pub(super) fn there(c: &mut PgConnection, merchant: MerchantId, orders: &[OrderId], origin: Origin) -> Result<There> {
    #[derive(QueryableByName)]
    struct Ship {
        #[diesel(sql_type = BigInt)]
        order_id: OrderId,
        #[diesel(sql_type = Int4)]
        no: i32,
        #[diesel(sql_type = Nullable<Text>)]
        source_id: Option<String>,
        #[diesel(sql_type = Bool)]
        stands: bool,
    }
    #[derive(QueryableByName)]
    struct Pack {
        #[diesel(sql_type = BigInt)]
        order_id: OrderId,
        #[diesel(sql_type = Int4)]
        no: i32,
        #[diesel(sql_type = Text)]
        carrier: String,
        #[diesel(sql_type = Text)]
        tracking_no: String,
        #[diesel(sql_type = Bool)]
        stands: bool,
    }
    let mut there = There::default();
    if orders.is_empty() {
        return Ok(there);
    }
    let ships: Vec<Ship> = diesel::sql_query(format!(
        "select order_id, no, case when origin = $3 then source_id end as source_id, {STANDS} as stands from order_shipments s where merchant_id = $1 and order_id = any($2)"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(orders)
    .bind::<Text, _>(origin.as_str())
    .load(c)?;
    for ship in ships {
        let last = there.last.entry(ship.order_id).or_default();
        *last = (*last).max(ship.no);
        if ship.stands {
            let last = there.stands.entry(ship.order_id).or_default();
            *last = (*last).max(ship.no);
        }
        if let Some(source) = ship.source_id {
            there.known.insert((ship.order_id, source), (ship.no, ship.stands));
        }
    }
    let packs: Vec<Pack> = diesel::sql_query(format!(
        "select order_id, no, carrier, tracking_no, {PACKAGE_STANDS} as stands from order_packages p where merchant_id = $1 and order_id = any($2) order by no"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(orders)
    .load(c)?;
    for pack in packs {
        let parcel = Parcel { carrier: pack.carrier, tracking_no: pack.tracking_no };
        let of = if pack.stands { &mut there.packages } else { &mut there.withdrawn };
        of.entry(pack.order_id).or_default().push((pack.no, parcel));
    }
    Ok(there)
}

fn column<R, T>(rows: &[R], pick: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(pick).collect()
}

pub(super) fn keep_shipments(tx: &mut PgConnection, cause: &Cause, origin: Origin, rows: &[Shipment]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into order_shipments (merchant_id, told_at, origin, actor_name, request_id, order_id, no, source_id, at, final, note, closed) \
         select $1, $2, $3, $4, $5, l.* from unnest($6, $7, $8, $9, $10, $11, $12) as l(order_id, no, source_id, at, final, note, closed)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(origin.as_str())
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Array<BigInt>, _>(column(rows, |r| r.order))
    .bind::<Array<Int4>, _>(column(rows, |r| r.no))
    .bind::<Array<Nullable<Text>>, _>(column(rows, |r| r.source_id.clone()))
    .bind::<Array<Timestamptz>, _>(column(rows, |r| r.at))
    .bind::<Array<Bool>, _>(column(rows, |r| r.is_final))
    .bind::<Array<Text>, _>(column(rows, |r| r.note.clone()))
    .bind::<Array<Jsonb>, _>(column(rows, |r| r.closed.clone()))
    .execute(tx)?;
    Ok(())
}

pub(super) fn keep_packages(tx: &mut PgConnection, cause: &Cause, origin: Origin, rows: &[Package]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into order_packages (merchant_id, told_at, origin, actor_name, request_id, order_id, no, carrier, tracking_no, shipment_no, at) \
         select $1, $2, $3, $4, $5, l.* from unnest($6, $7, $8, $9, $10, $11) as l(order_id, no, carrier, tracking_no, shipment_no, at)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(origin.as_str())
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Array<BigInt>, _>(column(rows, |r| r.order))
    .bind::<Array<Int4>, _>(column(rows, |r| r.no))
    .bind::<Array<Text>, _>(column(rows, |r| r.parcel.carrier.clone()))
    .bind::<Array<Text>, _>(column(rows, |r| r.parcel.tracking_no.clone()))
    .bind::<Array<Nullable<Int4>>, _>(column(rows, |r| r.shipment))
    .bind::<Array<Timestamptz>, _>(column(rows, |r| r.at))
    .execute(tx)?;
    Ok(())
}

pub(super) fn keep_shipped(tx: &mut PgConnection, cause: &Cause, rows: &[Shipped]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into order_shipped (merchant_id, order_id, shipment_no, line_no, part, sku_id, qty, lot_no, produced_on, expires_on, produced_month, \
           expires_month, package_no, promise, days) select $1, l.* from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
           as l(order_id, shipment, line, part, sku, qty, lot, made, ends, made_month, ends_month, package, promise, days)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(column(rows, |r| r.order))
    .bind::<Array<Int4>, _>(column(rows, |r| r.shipment))
    .bind::<Array<Int4>, _>(column(rows, |r| r.line))
    .bind::<Array<Int4>, _>(column(rows, |r| r.part))
    .bind::<Array<BigInt>, _>(column(rows, |r| r.sku))
    .bind::<Array<BigInt>, _>(column(rows, |r| r.qty))
    .bind::<Array<Text>, _>(column(rows, |r| r.lot.as_ref().map(|l| l.lot_no.clone()).unwrap_or_default()))
    .bind::<Array<Nullable<Date>>, _>(column(rows, |r| r.lot.as_ref().and_then(Told::produced)))
    .bind::<Array<Nullable<Date>>, _>(column(rows, |r| r.lot.as_ref().and_then(Told::expires)))
    .bind::<Array<Bool>, _>(column(rows, |r| r.lot.as_ref().and_then(|l| l.produced_on).is_some_and(|d| d.month)))
    .bind::<Array<Bool>, _>(column(rows, |r| r.lot.as_ref().and_then(|l| l.expires_on).is_some_and(|d| d.month)))
    .bind::<Array<Nullable<Int4>>, _>(column(rows, |r| r.package))
    .bind::<Array<Text>, _>(column(rows, |r| r.promise.as_str()))
    .bind::<Array<Nullable<Int4>>, _>(column(rows, |r| r.days))
    .execute(tx)?;
    Ok(())
}

/// A line whose units have moved: order, line, shipped, closed.
pub(super) type Moved = (OrderId, i32, i64, i64);

pub(super) fn move_lines(tx: &mut PgConnection, cause: &Cause, moved: &[Moved]) -> Result<()> {
    if moved.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update order_lines o set shipped = l.shipped, closed = l.closed from unnest($2, $3, $4, $5) as l(order_id, no, shipped, closed) \
         where o.merchant_id = $1 and o.order_id = l.order_id and o.no = l.no",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(column(moved, |m| m.0))
    .bind::<Array<Int4>, _>(column(moved, |m| m.1))
    .bind::<Array<BigInt>, _>(column(moved, |m| m.2))
    .bind::<Array<BigInt>, _>(column(moved, |m| m.3))
    .execute(tx)?;
    Ok(())
}
