//! What pages ask of shipments: those of one order, and the latest of all.

use super::found::{PACKAGE_STANDS, STANDS};
use crate::Result;
use crate::clock::on_the_wire;
use crate::ids::{MerchantId, OrderId};
use crate::lots::Day;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Int4, Jsonb, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// A shipment as it was told, whatever left with it.
#[derive(Clone, Debug)]
pub struct Told {
    pub no: i32,
    pub at: DateTime<Utc>,
    /// Line → units of it that will not come.
    pub closed: Vec<(i32, i64)>,
}

/// The shipments of an order that stand, in the order they were told: one may have closed short what was left, and no more.
pub fn told(c: &mut PgConnection, merchant: MerchantId, order: OrderId) -> Result<Vec<Told>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Int4)]
        no: i32,
        #[diesel(sql_type = Timestamptz)]
        at: DateTime<Utc>,
        #[diesel(sql_type = Jsonb)]
        closed: Value,
    }
    let rows: Vec<Row> = diesel::sql_query(format!(
        "select s.no, s.at, coalesce(s.closed, '{{}}') as closed from order_shipments s where s.merchant_id = $1 and s.order_id = $2 and {STANDS} order by s.no"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(order)
    .load(c)?;
    let units = |closed: &Value| -> Vec<(i32, i64)> {
        let lines = closed.as_object().into_iter().flatten();
        let mut units: Vec<_> = lines.filter_map(|(line, n)| Some((line.parse().ok()?, n.as_i64()?))).collect();
        units.sort_unstable();
        units
    };
    Ok(rows.into_iter().map(|r| Told { no: r.no, at: r.at, closed: units(&r.closed) }).collect())
}

/// A package of an order.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Package {
    #[diesel(sql_type = Int4)]
    pub no: i32,
    #[diesel(sql_type = Text)]
    pub carrier: String,
    #[diesel(sql_type = Text)]
    pub carrier_name: String,
    #[diesel(sql_type = Text)]
    pub website: String,
    #[diesel(sql_type = Text)]
    pub tracking_no: String,
    #[diesel(sql_type = Nullable<Int4>)]
    pub shipment_no: Option<i32>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub actor_name: String,
}

/// The packages of an order, in the order they were told (L-05: the buyer sees them).
pub fn packages(c: &mut PgConnection, merchant: MerchantId, order: OrderId) -> Result<Vec<Package>> {
    Ok(diesel::sql_query(format!(
        "select p.no, p.carrier, c.name as carrier_name, c.website, p.tracking_no, p.shipment_no, p.at, p.actor_name \
         from order_packages p join carriers c on c.code = p.carrier where p.merchant_id = $1 and p.order_id = $2 and {PACKAGE_STANDS} order by p.no"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(order)
    .load(c)?)
}

/// A part of a line that left.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    #[diesel(sql_type = Int4)]
    pub shipment_no: i32,
    #[diesel(sql_type = Int4)]
    pub line_no: i32,
    #[diesel(sql_type = BigInt, column_name = "qty")]
    pub quantity: i64,
    /// Empty where no lot was told.
    #[diesel(sql_type = Text)]
    pub lot_no: String,
    #[diesel(sql_type = Nullable<Date>, column_name = "expires_on")]
    #[serde(rename = "expiresOn")]
    pub expires: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    pub expires_month: bool,
    #[diesel(sql_type = Nullable<Int4>)]
    pub package_no: Option<i32>,
    /// See [`super::Promise`].
    #[diesel(sql_type = Text)]
    pub promise: String,
    #[diesel(sql_type = Nullable<Int4>)]
    pub days: Option<i32>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

impl Part {
    pub fn expires_on(&self) -> Option<Day> {
        self.expires.map(|date| Day { date, month: self.expires_month })
    }
    /// It keeps shorter than what the buyer saw.
    pub fn is_shorter(&self) -> bool {
        self.promise == "shorter"
    }
    pub fn is_longer(&self) -> bool {
        self.promise == "longer"
    }
}

/// What of an order's lines left, in the order it did.
pub fn parts(c: &mut PgConnection, merchant: MerchantId, order: OrderId) -> Result<Vec<Part>> {
    Ok(diesel::sql_query(format!(
        "select p.shipment_no, p.line_no, p.qty, p.lot_no, p.expires_on, p.expires_month, p.package_no, p.promise, p.days, s.at from order_shipped p \
         join order_shipments s on s.merchant_id = $1 and s.order_id = p.order_id and s.no = p.shipment_no \
         where p.merchant_id = $1 and p.order_id = $2 and {STANDS} order by p.shipment_no, p.line_no, p.part"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(order)
    .load(c)?)
}

/// Tells an order's packages, and beside each of its items the lots that left (L-05).
pub fn tell(c: &mut PgConnection, merchant: MerchantId, order: OrderId, told: &mut Value) -> Result<()> {
    let (packages, parts) = (packages(c, merchant, order)?, parts(c, merchant, order)?);
    let lot = |p: &&Part| json!({ "lotNo": p.lot_no, "expiresOn": p.expires_on().map(|d| d.to_string()), "quantity": p.quantity, "package": p.package_no, "shippedTime": on_the_wire(p.at) });
    for item in told.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
        let no = item.get("lineNo").and_then(Value::as_i64);
        let own: Vec<Value> = parts.iter().filter(|p| Some(i64::from(p.line_no)) == no).map(|p| lot(&p)).collect();
        if let Some(map) = item.as_object_mut() {
            map.insert("shippedLots".into(), own.into());
        }
    }
    let package = |p: &Package| json!({ "no": p.no, "carrierCode": p.carrier, "carrierName": p.carrier_name, "trackingNo": p.tracking_no, "shippedTime": on_the_wire(p.at) });
    if let Some(map) = told.as_object_mut() {
        map.insert("packages".into(), packages.iter().map(package).collect());
    }
    Ok(())
}

/// A shipment in the list of the latest.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recent {
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub order_id: OrderId,
    #[diesel(sql_type = Text)]
    pub order_no: String,
    #[diesel(sql_type = Int4)]
    pub no: i32,
    #[diesel(sql_type = Timestamptz)]
    pub told_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub origin: String,
    #[diesel(sql_type = Text)]
    pub actor_name: String,
    #[diesel(sql_type = Bool, column_name = "final")]
    #[serde(rename = "final")]
    pub is_final: bool,
    #[diesel(sql_type = BigInt)]
    pub units: i64,
    /// Parts that keep shorter than what the buyer saw.
    #[diesel(sql_type = BigInt)]
    pub shorter: i64,
    /// Carrier and number of its packages.
    #[diesel(sql_type = Text)]
    pub packages: String,
    #[diesel(sql_type = Text)]
    pub state: String,
}

impl Recent {
    pub fn place(&self) -> (DateTime<Utc>, OrderId, i32) {
        (self.told_at, self.order_id, self.no)
    }
    /// The text key of where its order stands.
    pub fn state_label(&self) -> &'static str {
        crate::orders::state::State::of(&self.state).map_or("order-state-to-ship", crate::orders::state::State::label)
    }
}

/// The latest shipments, newest first, those of one package or order where one is looked for.
pub fn recent(
    c: &mut PgConnection,
    merchant: MerchantId,
    before: Option<(DateTime<Utc>, OrderId, i32)>,
    limit: i64,
) -> Result<Vec<Recent>> {
    let (at, order, no) = before.unwrap_or((DateTime::<Utc>::MAX_UTC, OrderId(0), 0));
    let older = if before.is_some() {
        "(s.told_at < $2 or (s.told_at = $2 and (s.order_id, s.no) > ($3, $4)))"
    } else {
        "$2::timestamptz is null and $3 = 0 and $4 = 0"
    };
    let sql = format!(
        "select s.order_id, o.order_no, s.no, s.told_at, s.origin, s.actor_name, s.final, coalesce(p.units, 0)::bigint as units, \
           coalesce(p.shorter, 0) as shorter, coalesce(k.packages, '') as packages, o.state \
         from (select * from order_shipments s where s.merchant_id = $1 and {older} and {STANDS} order by s.told_at desc, s.order_id, s.no limit $5) s \
         join orders o on o.merchant_id = $1 and o.id = s.order_id \
         left join lateral (select sum(qty) as units, count(*) filter (where promise = 'shorter') as shorter from order_shipped \
           where merchant_id = $1 and order_id = s.order_id and shipment_no = s.no) p on true \
         left join lateral (select string_agg(trim(c.name || ' ' || k.tracking_no), ' · ' order by k.no) as packages from order_packages k \
           join carriers c on c.code = k.carrier where k.merchant_id = $1 and k.order_id = s.order_id and k.shipment_no = s.no) k on true \
         order by s.told_at desc, s.order_id, s.no"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<Timestamptz>, _>(before.map(|_| at))
        .bind::<BigInt, _>(order)
        .bind::<Int4, _>(no)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// Who got a lot: the orders a recall is about.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recalled {
    #[diesel(sql_type = Text)]
    pub order_no: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub quantity: i64,
    #[diesel(sql_type = Text)]
    pub customer_id: String,
    #[diesel(sql_type = Text)]
    pub customer: String,
    #[diesel(sql_type = Text)]
    pub contact: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub address: String,
}

/// Everybody a lot of a SKU went to, latest first.
pub fn recall(c: &mut PgConnection, merchant: MerchantId, sku: &str, lot_no: &str, limit: i64) -> Result<Vec<Recalled>> {
    Ok(diesel::sql_query(format!(
        "select o.order_no, max(s.at) as at, sum(p.qty)::bigint as quantity, b.customer_id, b.name as customer, \
           coalesce(nullif(o.delivery->>'consignee', ''), b.contact) as contact, coalesce(nullif(o.delivery->>'phone', ''), b.phone) as phone, \
           coalesce(nullif(o.delivery->>'address', ''), b.address) as address \
         from skus k join order_shipped p on p.merchant_id = $1 and p.sku_id = k.id and p.lot_no = $3 \
         join order_shipments s on s.merchant_id = $1 and s.order_id = p.order_id and s.no = p.shipment_no \
         join orders o on o.merchant_id = $1 and o.id = p.order_id join customers b on b.merchant_id = $1 and b.id = o.customer_id \
         where k.merchant_id = $1 and k.sku_id = $2 and {STANDS} group by o.id, o.order_no, o.delivery, b.customer_id, b.name, b.contact, b.phone, b.address \
         order by at desc, o.order_no limit $4"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(sku)
    .bind::<Text, _>(lot_no)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}
