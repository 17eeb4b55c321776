//! Shipments and packages as told, with what has become of them since, for whoever takes them back.

use crate::Result;
use crate::ids::{MerchantId, OrderId};
use crate::orders::events::Origin;
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::Value;
use std::collections::HashMap;

/// Whether `s`, a shipment, stands as it was told.
pub(in crate::orders) const STANDS: &str = "not exists (select from order_withdrawals w where w.merchant_id = s.merchant_id and w.order_id = s.order_id \
     and w.kind = 'shipment' and w.no = s.no)";
/// Whether `p`, a package, does: it may have been told with a shipment.
pub(super) const PACKAGE_STANDS: &str = "not exists (select from order_withdrawals w where w.merchant_id = p.merchant_id and w.order_id = p.order_id \
     and ((w.kind = 'package' and w.no = p.no) or (w.kind = 'shipment' and w.no = p.shipment_no)))";
/// Events after which what was told before them cannot be a mistake any more.
const CONFIRMS: &str = "('status', 'sent', 'received', 'cancelled')";

/// A shipment.
#[derive(Clone, Debug)]
pub(super) struct Shipment {
    pub no: i32,
    pub origin: String,
    pub source_id: Option<String>,
    /// Line → units that left with it.
    pub units: HashMap<i32, i64>,
    /// Line → units it closed short; `None`: told before that was noted.
    pub closed: Option<HashMap<i32, i64>>,
    pub gone: bool,
    /// Something was said of the order's way afterwards.
    pub followed: bool,
}

/// A package.
#[derive(QueryableByName, Clone, Debug)]
pub(super) struct Packed {
    #[diesel(sql_type = BigInt)]
    order_id: OrderId,
    #[diesel(sql_type = Int4)]
    pub no: i32,
    #[diesel(sql_type = Text)]
    pub carrier: String,
    #[diesel(sql_type = Text)]
    pub tracking_no: String,
    #[diesel(sql_type = Nullable<Int4>)]
    pub shipment_no: Option<i32>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub origin: String,
    #[diesel(sql_type = Bool)]
    pub gone: bool,
    #[diesel(sql_type = Bool)]
    pub followed: bool,
    /// Told by itself, not with a shipment.
    #[diesel(sql_type = Bool)]
    pub alone: bool,
}

/// Line → units, as JSON keeps it.
fn units(value: &Value) -> HashMap<i32, i64> {
    let of = |(line, n): (&String, &Value)| Some((line.parse().ok()?, n.as_i64()?));
    value.as_object().into_iter().flatten().filter_map(of).collect()
}

/// The shipments of these orders, which are locked, in the order they were told.
pub(super) fn shipments(c: &mut PgConnection, merchant: MerchantId, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Shipment>>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        order_id: OrderId,
        #[diesel(sql_type = Int4)]
        no: i32,
        #[diesel(sql_type = Text)]
        origin: String,
        #[diesel(sql_type = Nullable<Text>)]
        source_id: Option<String>,
        #[diesel(sql_type = Nullable<Jsonb>)]
        closed: Option<Value>,
        #[diesel(sql_type = Jsonb)]
        units: Value,
        #[diesel(sql_type = Bool)]
        gone: bool,
        #[diesel(sql_type = Bool)]
        followed: bool,
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "select s.order_id, s.no, s.origin, s.source_id, s.closed, not ({STANDS}) as gone, \
           coalesce((select jsonb_object_agg(l.line_no, l.n) from (select line_no, sum(qty) as n from order_shipped \
             where merchant_id = $1 and order_id = s.order_id and shipment_no = s.no group by line_no) l), '{{}}') as units, \
           exists (select from order_events e where e.merchant_id = $1 and e.order_id = s.order_id and e.kind in {CONFIRMS} and e.id > \
             (select max(t.id) from order_events t where t.merchant_id = $1 and t.order_id = s.order_id and t.kind = 'shipped' and t.data->>'shipment' = s.no::text)) as followed \
         from order_shipments s where s.merchant_id = $1 and s.order_id = any($2) order by s.order_id, s.no"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(orders)
    .load(c)?;
    let mut found: HashMap<OrderId, Vec<Shipment>> = HashMap::new();
    for r in rows {
        let closed = r.closed.as_ref().map(units);
        let shipment = Shipment {
            no: r.no,
            origin: r.origin,
            source_id: r.source_id,
            units: units(&r.units),
            closed,
            gone: r.gone,
            followed: r.followed,
        };
        found.entry(r.order_id).or_default().push(shipment);
    }
    Ok(found)
}

/// The packages of these orders, in the order they were told.
pub(super) fn packages(c: &mut PgConnection, merchant: MerchantId, orders: &[OrderId]) -> Result<HashMap<OrderId, Vec<Packed>>> {
    let told = "t.merchant_id = $1 and t.order_id = p.order_id and t.kind = 'logistics' and t.data->>'carrier' = p.carrier and t.data->>'trackingNo' = p.tracking_no";
    let rows: Vec<Packed> = diesel::sql_query(format!(
        "select p.order_id, p.no, p.carrier, p.tracking_no, p.shipment_no, p.at, p.origin, not ({PACKAGE_STANDS}) as gone, \
           exists (select from order_events t where {told}) as alone, \
           exists (select from order_events e where e.merchant_id = $1 and e.order_id = p.order_id and e.kind in {CONFIRMS} \
             and e.id > (select max(t.id) from order_events t where {told})) as followed \
         from order_packages p where p.merchant_id = $1 and p.order_id = any($2) order by p.order_id, p.no"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(orders)
    .load(c)?;
    let mut found: HashMap<OrderId, Vec<Packed>> = HashMap::new();
    for row in rows {
        found.entry(row.order_id).or_default().push(row);
    }
    Ok(found)
}

/// Writes down what was withdrawn: order, kind, number, reason.
pub(super) fn keep(tx: &mut PgConnection, cause: &Cause, origin: Origin, rows: &[(OrderId, &'static str, i32, String)]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into order_withdrawals (merchant_id, told_at, origin, actor_name, request_id, order_id, kind, no, reason) \
         select $1, $2, $3, $4, $5, l.* from unnest($6, $7, $8, $9) as l(order_id, kind, no, reason)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(origin.as_str())
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.0).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.1).collect::<Vec<_>>())
    .bind::<Array<Int4>, _>(rows.iter().map(|r| r.2).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|r| r.3.as_str()).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}
