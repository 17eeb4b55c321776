//! Handing orders to the ERP so that none is lost (O-01…O-03, Q-16): a lease, not a mark.
//!
//! What is asked for as `unsynced` is a queue: the oldest that nobody holds, handed over for some minutes under the call's
//! own id. The ERP says that it has them (`order.ack`), or asks for the next page with the last one's cursor, or its
//! credential says that asking is enough. What was not acknowledged in time comes again. Every other question only reads.

use super::ack;
use super::events::{self, Event, Origin};
use super::model::{COLUMNS, Order, Sync};
use super::{rules, waits};
use crate::ids::MerchantId;
use crate::trail::Cause;
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::json;
use uuid::Uuid;

/// When an order counts as taken over by the ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckMode {
    /// When it says so (`order.ack`).
    Explicit,
    /// When it asks for the next page with this one's cursor.
    PullThrough,
    /// At once: what the seed describes, and what loses orders when an answer is lost.
    Auto,
}

/// The credential that asks.
#[derive(Clone, Debug)]
pub struct Asker {
    pub mode: AckMode,
    /// May take orders over; without, every question only reads.
    pub takes: bool,
    /// Orders of its channel only (G-05); `None`: of all, where the platform pushes.
    pub channel: Option<String>,
}

/// What a credential is for.
pub fn asker(c: &mut PgConnection, cause: &Cause) -> Result<Asker> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        ack_mode: String,
        #[diesel(sql_type = Text)]
        channel: String,
        #[diesel(sql_type = Bool)]
        takes: bool,
    }
    let row: Row = diesel::sql_query(
        "select ack_mode, channel, 'order:write' = any(scopes) as takes from apps where merchant_id in (0, $1) and id = $2",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(cause.actor_id.ok_or(Error::NotFound)?)
    .get_result(c)?;
    let mode = match row.ack_mode.as_str() {
        "auto" => AckMode::Auto,
        "pull_through" => AckMode::PullThrough,
        _ => AckMode::Explicit,
    };
    Ok(Asker { mode, takes: row.takes, channel: Some(row.channel) })
}

/// Which moment a window of time is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    #[default]
    Placed,
    Paid,
    Updated,
}

/// What is asked for (O-02, O-03).
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub order_no: Option<String>,
    /// `None`: whatever its way.
    pub sync: Option<&'static [Sync]>,
    pub states: Vec<String>,
    pub moment: Moment,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Shops the credential sees; `None`: all.
    pub shops: Option<Vec<i64>>,
    pub after: Option<i64>,
    pub skip: i64,
    pub limit: i64,
}

/// A page of orders.
#[derive(Debug)]
pub struct Page {
    pub orders: Vec<Order>,
    /// How many there are in all, counted up to [`COUNTED`].
    pub total: i64,
    pub cursor: Option<String>,
}

/// Totals beyond this are told as this.
pub const COUNTED: i64 = 10_000;

type Query = BoxedSqlQuery<'static, Pg, SqlQuery>;

/// `o` of the merchant, the channel and the filters; parameters 1 to 9.
const WHERE: &str = "o.merchant_id = $1 and ($2 is null or o.channel = $2) and ($3 is null or o.order_no = $3) and ($4 is null or o.state = any($4)) \
     and ($5 is null or o.shop_id = any($5)) and ($6 is null or (case $8 when 'paid' then o.paid_at when 'updated' then o.updated_at else o.placed_at end) >= $6) \
     and ($7 is null or (case $8 when 'paid' then o.paid_at when 'updated' then o.updated_at else o.placed_at end) <= $7)";

fn filtered(sql: String, merchant: MerchantId, channel: Option<&str>, asked: &Asked) -> Query {
    let moment = match asked.moment {
        Moment::Placed => "placed",
        Moment::Paid => "paid",
        Moment::Updated => "updated",
    };
    diesel::sql_query(sql)
        .into_boxed::<Pg>()
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<Text>, _>(channel.map(ToOwned::to_owned))
        .bind::<Nullable<Text>, _>(asked.order_no.clone())
        .bind::<Nullable<Array<Text>>, _>((!asked.states.is_empty()).then(|| asked.states.clone()))
        .bind::<Nullable<Array<BigInt>>, _>(asked.shops.clone())
        .bind::<Nullable<Timestamptz>, _>(asked.from)
        .bind::<Nullable<Timestamptz>, _>(asked.until)
        .bind::<Text, _>(moment)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// In the queue: nobody holds it.
const FREE: &str = "(o.sync = 'unsynced' or (o.sync = 'delivered' and o.leased_until <= $9))";

/// Hands the next orders over. Two that ask at once get different ones.
pub fn take(tx: &mut PgConnection, cause: &Cause, asker: &Asker, asked: &Asked) -> Result<Page> {
    let rules = rules::of(tx, cause.merchant)?;
    let count = format!(
        "select count(*) as n from (select 1 from orders o where {WHERE} and {FREE} and o.sync in ('unsynced', 'delivered') limit $10) q"
    );
    let count =
        filtered(count, cause.merchant, asker.channel.as_deref(), asked).bind::<Timestamptz, _>(cause.now).bind::<BigInt, _>(COUNTED);
    let total: Count = count.get_result(tx)?;
    let lease = cause.request_id.unwrap_or_default();
    let until = cause.now + Duration::minutes(i64::from(rules.lease_minutes));
    let mut orders = grab(tx, cause, asker, asked, lease, until)?;
    let mut some = !orders.is_empty();
    orders = waits::keep_back(tx, cause, orders)?;
    // A page of nothing but what waits again is no end of the queue: whoever asks until it is empty would stop here.
    while some && orders.is_empty() {
        orders = grab(tx, cause, asker, asked, lease, until)?;
        some = !orders.is_empty();
        orders = waits::keep_back(tx, cause, orders)?;
    }
    let told = |o: &Order| {
        Event::new(o.id, cause, "handed", Origin::System)
            .with(json!({ "by": cause.actor_name, "time": o.handed, "pushed": asker.channel.is_none() }))
    };
    events::record(tx, cause, &orders.iter().map(told).collect::<Vec<_>>())?;
    if asker.mode == AckMode::Auto {
        ack::note_units(tx, cause, &orders.iter().map(|o| (o.order_no.as_str(), None)).collect::<Vec<_>>())?;
    }
    let cursor = (!orders.is_empty()).then(|| format!("p{lease}"));
    Ok(Page { orders, total: total.n, cursor })
}

/// Takes the next of the queue under a lease, in the order of the feed.
fn grab(tx: &mut PgConnection, cause: &Cause, asker: &Asker, asked: &Asked, lease: Uuid, until: DateTime<Utc>) -> Result<Vec<Order>> {
    let outcome = if asker.mode == AckMode::Auto {
        "sync = 'synced', synced_at = $9, lease = null, leased_by = null, leased_until = null"
    } else {
        "sync = 'delivered', lease = $11, leased_by = $12, leased_until = $13"
    };
    // Every parameter stands in the statement, whichever the mode.
    let sql = format!(
        "with next as (select o.id from orders o where {WHERE} and {FREE} and o.sync in ('unsynced', 'delivered') and $11::uuid is not null \
           and $12::int8 is not null and $13::timestamptz is not null order by o.seq limit $10 for no key update skip locked) \
         update orders o set {outcome}, handed = o.handed + 1, version = o.version + 1 from next where o.merchant_id = $1 and o.id = next.id returning {COLUMNS}"
    );
    let mut orders: Vec<Order> = filtered(sql, cause.merchant, asker.channel.as_deref(), asked)
        .bind::<Timestamptz, _>(cause.now)
        .bind::<BigInt, _>(asked.limit)
        .bind::<SqlUuid, _>(lease)
        .bind::<BigInt, _>(cause.actor_id.unwrap_or_default())
        .bind::<Timestamptz, _>(until)
        .load(tx)?;
    orders.sort_by_key(|o| o.seq);
    Ok(orders)
}

/// Acknowledges what was handed over under a page's cursor; how many orders. A cursor that says nothing any more, because the
/// orders were acknowledged or handed to somebody else since, is no mistake.
pub fn pull_through(tx: &mut PgConnection, cause: &Cause, cursor: &str) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        order_no: String,
    }
    let Some(lease) = cursor.strip_prefix('p').and_then(|id| Uuid::parse_str(id).ok()) else { return Ok(0) };
    let rows: Vec<Row> =
        diesel::sql_query("select order_no from orders where merchant_id = $1 and lease = $2 and leased_by = $3 order by id")
            .bind::<BigInt, _>(cause.merchant)
            .bind::<SqlUuid, _>(lease)
            .bind::<BigInt, _>(cause.actor_id.unwrap_or_default())
            .load(tx)?;
    let acks: Vec<ack::Ack> = (1..)
        .zip(rows)
        .map(|(no, r)| ack::Ack { no, order_no: r.order_no, erp_order_no: None, refused: None, imported_at: None })
        .collect();
    Ok(ack::acknowledge(tx, cause, &acks)?.len())
}

/// Reads orders in the order of the feed; the cursor is the last one's number, and nothing is missed by following it (G10).
pub fn look(c: &mut PgConnection, merchant: MerchantId, channel: Option<&str>, asked: &Asked) -> Result<Page> {
    let syncs: Option<Vec<String>> = asked.sync.map(|all| all.iter().map(|s| s.as_str().to_owned()).collect());
    // What waits has no number in the feed; it is told when asked for.
    let waiting = asked.order_no.is_some() || asked.sync.is_some_and(|all| all.contains(&Sync::Blocked));
    let which = if waiting { "true" } else { "o.seq is not null" };
    let sql = format!(
        "select count(*) as n from (select 1 from orders o where {WHERE} and {which} and ($9 is null or o.sync = any($9)) limit $10) q"
    );
    let count = filtered(sql, merchant, channel, asked).bind::<Nullable<Array<Text>>, _>(syncs.clone()).bind::<BigInt, _>(COUNTED);
    let total: Count = count.get_result(c)?;
    let sql = format!(
        "select {COLUMNS} from orders o where {WHERE} and {which} and ($9 is null or o.sync = any($9)) and ($10 is null or o.seq > $10) \
         order by o.seq, o.id offset $11 limit $12"
    );
    let orders: Vec<Order> = filtered(sql, merchant, channel, asked)
        .bind::<Nullable<Array<Text>>, _>(syncs)
        .bind::<Nullable<BigInt>, _>(asked.after)
        .bind::<BigInt, _>(asked.skip)
        .bind::<BigInt, _>(asked.limit)
        .load(c)?;
    let full = i64::try_from(orders.len()).is_ok_and(|n| n == asked.limit);
    let cursor = orders.last().and_then(|o| o.seq).filter(|_| full).map(|seq| format!("s{seq}"));
    Ok(Page { orders, total: total.n, cursor })
}
