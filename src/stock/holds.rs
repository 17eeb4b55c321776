//! A person's number over the result (W-02): what buyers can take until a time, whatever the ERP reports meanwhile.
//!
//! A hold is an overlay and never a pause. Pushes keep arriving in the row below, which is its shadow; when the hold ends, the
//! row shows again what it has become. Whether a hold is on is asked with the clock at every sale; the worker only takes the
//! overlay off and writes down that it ended. A hold may also stay at its end until the next push (`keeps`), for an ERP
//! whose last report is old.

pub mod list;

use super::edit::subject;
use super::model::Row;
use super::rows::{self, Change};
use crate::db::Prepare;
use crate::ids::{HoldId, MerchantId, ShopId, SkuId};
use crate::merchants;
use crate::text::Text as Said;
use crate::trail::{self, Cause, Entry, Kind};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use serde_json::{Value, json};

/// The longest a hold with an end may last.
pub const LONGEST_DAYS: i64 = 7;
/// A shadow older than this had better not come back by itself.
pub const OLD_HOURS: i64 = 24;
/// Holds ended in one transaction by the worker.
const AT_ONCE: i64 = 500;

/// A row to hold.
#[derive(Clone, Debug)]
pub struct Place {
    pub sku: SkuId,
    pub shop: ShopId,
    /// The id by which people know the SKU.
    pub ext: String,
    /// What buyers can take from now on.
    pub qty: i64,
    /// The version the person saw; `None` for many rows at once.
    pub version: Option<i64>,
}

/// How they are held.
#[derive(Clone, Debug)]
pub struct Terms {
    /// `None`: until somebody ends it.
    pub until: Option<DateTime<Utc>>,
    /// At the end the number stays until the next push.
    pub keeps: bool,
    pub reason: String,
}

/// Holds these rows; a hold that is on gives way to the new one.
///
/// # Errors
/// `NotFound` when a shop was never told of a SKU, `Conflict` when a row has changed since the person looked, `Invalid` for a
/// time that is over or too far ahead.
pub fn start(tx: &mut PgConnection, cause: &Cause, mut places: Vec<Place>, terms: &Terms) -> Result<Vec<Row>> {
    check_end(terms.until, cause.now)?;
    places.sort_by_key(|p| (p.sku, p.shop));
    places.dedup_by_key(|p| (p.sku, p.shop));
    let rows = rows::lock(tx, cause.merchant, &places.iter().map(|p| (p.sku, p.shop)).collect::<Vec<_>>())?;
    if rows.len() != places.len() {
        return Err(Error::NotFound);
    }
    let seen = |(place, row): (&Place, &Row)| place.version.is_none_or(|v| v == row.version);
    if let Some(row) = places.iter().zip(&rows).find(|pair| !seen(*pair)).map(|(_, row)| row) {
        return Err(Error::Conflict(Said::new("stock-conflict").with(row.erp_qty)));
    }
    let old: Vec<HoldId> = rows.iter().filter_map(|r| r.hold_id).collect();
    close(tx, cause, &old, "replaced")?;
    let ids = open(tx, cause, &places, &rows, terms)?;
    let mut changes = Vec::with_capacity(rows.len());
    let mut entries = Vec::with_capacity(rows.len());
    for ((place, row), id) in places.iter().zip(rows).zip(ids) {
        let held = Row {
            hold_id: Some(id),
            hold_qty: Some(place.qty),
            hold_used: 0,
            hold_until: terms.until,
            hold_keeps: terms.keeps,
            ..row.clone()
        };
        let after = held.changed(cause.now);
        let entry = Entry::new("stock.held", "stock", subject(&place.ext, place.shop));
        entries.push(entry.change(told(&row, cause.now), told(&after, cause.now)).note(&terms.reason));
        changes.push(Change::new("hold", row, after));
    }
    keep(tx, cause, &changes, Some(&terms.reason))?;
    trail::record(tx, cause, &entries)?;
    Ok(changes.into_iter().map(|c| *c.after).collect())
}

/// An end must lie ahead, and not too far.
pub fn check_end(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    match until {
        Some(until) if until <= now => Err(Error::Conflict(Said::new("stock-hold-over"))),
        Some(until) if until > now + Duration::days(LONGEST_DAYS) => {
            Err(Error::Conflict(Said::new("stock-hold-too-long").with(LONGEST_DAYS)))
        }
        _ => Ok(()),
    }
}

fn told(row: &Row, now: DateTime<Utc>) -> Value {
    let figures = row.figures(now);
    let hold = figures.hold.map(|h| json!({ "quantity": h.qty, "until": row.hold_until, "keeps": row.hold_keeps }));
    json!({ "available": figures.available(), "automatic": figures.automatic(), "hold": hold })
}

fn keep(tx: &mut PgConnection, cause: &Cause, changes: &[Change], reason: Option<&str>) -> Result<()> {
    let low_stock = merchants::find(tx, cause.merchant)?.low_stock;
    rows::write(tx, cause, changes, reason, low_stock)
}

/// Ids in the order of the rows.
fn open(tx: &mut PgConnection, cause: &Cause, places: &[Place], rows: &[Row], terms: &Terms) -> Result<Vec<HoldId>> {
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = BigInt)]
        id: HoldId,
    }
    let made: Vec<Made> = diesel::sql_query(
        "with made as (insert into holds (merchant_id, sku_id, shop_id, qty, shadow, until, keeps, reason, by_user, by_name, started_at) \
           select $1, l.sku, l.shop, l.qty, l.shadow, $6, $7, $8, $9, $10, $11 from unnest($2, $3, $4, $5) as l(sku, shop, qty, shadow) \
           returning id, sku_id, shop_id) \
         select id from made order by sku_id, shop_id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.shop).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.qty).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.figures(cause.now).automatic()).collect::<Vec<_>>())
    .bind::<Nullable<Timestamptz>, _>(terms.until)
    .bind::<Bool, _>(terms.keeps)
    .bind::<Text, _>(&terms.reason)
    .bind::<Nullable<BigInt>, _>(cause.actor_id.filter(|_| cause.kind == Kind::Person))
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Timestamptz, _>(cause.now)
    .load(tx)?;
    Ok(made.into_iter().map(|m| m.id).collect())
}

/// Writes down that holds ended, with what was taken under them; their rows are locked.
fn close(tx: &mut PgConnection, cause: &Cause, ids: &[HoldId], why: &str) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update holds h set ended_at = $3, ended_why = $4, ended_by = $5, used = s.hold_used from stock s \
         where h.merchant_id = $1 and h.id = any($2) and h.ended_at is null \
           and s.merchant_id = h.merchant_id and s.sku_id = h.sku_id and s.shop_id = h.shop_id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(why)
    .bind::<Text, _>(&cause.actor_name)
    .execute(tx)?;
    Ok(())
}

/// Moves the end of a hold that is on.
///
/// # Errors
/// `Conflict` when the row is not held any more.
pub fn extend(tx: &mut PgConnection, cause: &Cause, sku: SkuId, ext: &str, shop: ShopId, until: Option<DateTime<Utc>>) -> Result<Row> {
    check_end(until, cause.now)?;
    let row = rows::lock_one(tx, cause.merchant, sku, shop)?;
    let Some(id) = row.held_by(cause.now) else { return Err(Error::Conflict(Said::new("stock-hold-gone"))) };
    diesel::sql_query("update holds set until = $3 where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .bind::<Nullable<Timestamptz>, _>(until)
        .execute(tx)?;
    let after = Row { hold_until: until, ..row.clone() }.changed(cause.now);
    let entry = Entry::new("stock.hold_extended", "stock", subject(ext, shop)).change(told(&row, cause.now), told(&after, cause.now));
    keep(tx, cause, &[Change::new("hold_change", row, after.clone())], None)?;
    trail::record(tx, cause, &[entry])?;
    Ok(after)
}

/// What a person does with a hold that is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The automatic value counts again at once.
    Now,
    /// The number stays until the next push.
    AtNextPush,
}

/// # Errors
/// `Conflict` when the row is not held any more.
pub fn release(tx: &mut PgConnection, cause: &Cause, sku: SkuId, ext: &str, shop: ShopId, how: Release) -> Result<Row> {
    let mut rows = release_all(tx, cause, vec![(sku, shop, ext.to_owned())], how)?;
    rows.pop().ok_or_else(|| Error::Conflict(Said::new("stock-hold-gone")))
}

/// Takes the holds off these rows; the rows that had one, as they are now.
pub fn release_all(tx: &mut PgConnection, cause: &Cause, mut places: Vec<(SkuId, ShopId, String)>, how: Release) -> Result<Vec<Row>> {
    places.sort();
    places.dedup();
    let rows = rows::lock(tx, cause.merchant, &places.iter().map(|p| (p.0, p.1)).collect::<Vec<_>>())?;
    if rows.len() != places.len() {
        return Err(Error::NotFound);
    }
    let held: Vec<(HoldId, &str, Row)> =
        places.iter().zip(rows).filter_map(|(place, row)| Some((row.held_by(cause.now)?, place.2.as_str(), row))).collect();
    let ids: Vec<HoldId> = held.iter().map(|h| h.0).collect();
    let kind = match how {
        Release::Now => {
            close(tx, cause, &ids, "released")?;
            "hold_end"
        }
        Release::AtNextPush => {
            diesel::sql_query("update holds set until = $3, keeps = true where merchant_id = $1 and id = any($2)")
                .bind::<BigInt, _>(cause.merchant)
                .bind::<Array<BigInt>, _>(&ids)
                .bind::<Timestamptz, _>(cause.now)
                .execute(tx)?;
            "hold_change"
        }
    };
    let mut changes = Vec::with_capacity(held.len());
    let mut entries = Vec::with_capacity(held.len());
    for (_, ext, row) in held {
        let after = match how {
            Release::Now => row.clone().without_hold(),
            Release::AtNextPush => Row { hold_until: Some(cause.now), hold_keeps: true, ..row.clone() },
        }
        .changed(cause.now);
        let entry = Entry::new("stock.hold_released", "stock", subject(ext, row.shop));
        entries.push(entry.change(told(&row, cause.now), told(&after, cause.now)));
        changes.push(Change::new(kind, row, after));
    }
    keep(tx, cause, &changes, None)?;
    trail::record(tx, cause, &entries)?;
    Ok(changes.into_iter().map(|c| *c.after).collect())
}

/// Holds that a push has ended are written down so; the rows have been written.
pub(super) fn pushed(tx: &mut PgConnection, cause: &Cause, changes: &[Change]) -> Result<()> {
    let ended: Vec<&Change> = changes.iter().filter(|c| c.after.hold_id.is_none() && c.before.hold_id.is_some()).collect();
    if ended.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update holds h set ended_at = $4, ended_why = 'pushed', ended_by = $5, used = l.used from unnest($2, $3) as l(id, used) \
         where h.merchant_id = $1 and h.id = l.id and h.ended_at is null",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Nullable<BigInt>>, _>(ended.iter().map(|c| c.before.hold_id).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(ended.iter().map(|c| c.before.hold_used).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(&cause.actor_name)
    .prepared()
    .execute(tx)?;
    Ok(())
}

/// The merchants with holds whose time is over.
pub fn merchants_due(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    merchants::due(c, "select distinct merchant_id from holds where ended_at is null and until <= $1 and not keeps", now)
}

#[derive(QueryableByName)]
struct Over {
    #[diesel(sql_type = BigInt)]
    sku_id: SkuId,
    #[diesel(sql_type = BigInt)]
    shop_id: ShopId,
    #[diesel(sql_type = Text)]
    ext: String,
}

/// Takes off what is over at one merchant; how many that were. For sales such a hold has ended already.
pub fn expire(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    let cause = Cause::system(merchant, "hold-end", now);
    let over: Vec<Over> = diesel::sql_query(
        "select h.sku_id, h.shop_id, k.sku_id as ext from (select * from holds where merchant_id = $1 and ended_at is null and until <= $2 \
           and not keeps order by until limit $3) h \
         join skus k on k.merchant_id = h.merchant_id and k.id = h.sku_id order by h.sku_id, h.shop_id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(AT_ONCE)
    .load(tx)?;
    let rows = rows::lock(tx, merchant, &over.iter().map(|o| (o.sku_id, o.shop_id)).collect::<Vec<_>>())?;
    // Somebody may have extended or ended it since we looked.
    let due: Vec<(&Over, Row)> = over.iter().zip(rows).filter(|(_, row)| row.hold_id.is_some() && row.is_due(now)).collect();
    close(tx, &cause, &due.iter().filter_map(|(_, row)| row.hold_id).collect::<Vec<_>>(), "expired")?;
    let mut changes = Vec::with_capacity(due.len());
    let mut entries = Vec::with_capacity(due.len());
    for (over, row) in due {
        let after = row.clone().without_hold().changed(now);
        let was = json!({ "hold": { "quantity": row.hold_qty, "until": row.hold_until } });
        entries.push(Entry::new("stock.hold_expired", "stock", subject(&over.ext, over.shop_id)).change(was, told(&after, now)));
        changes.push(Change::new("hold_end", row, after));
    }
    keep(tx, &cause, &changes, None)?;
    trail::record(tx, &cause, &entries)?;
    Ok(changes.len())
}
