//! Rows of stock as the database holds them: locked in one order, changed together with their ledger and marks.

use super::listing;
use super::marks::Changes;
use super::model::{COLUMNS, Row, Set};
use crate::Result;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::trail::Cause;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};

/// One row's change, as written.
pub(super) struct Change {
    pub before: Row,
    pub after: Row,
    pub no: Option<i32>,
}

/// How a change is told in the ledger.
pub(super) struct Telling<'a> {
    /// `erp_set`, `manual_set` or `undo`.
    pub kind: &'static str,
    pub reason: Option<&'a str>,
}

/// Locks in the order given. Each row is looked up by itself in a subquery of its own, so that no plan can change the order.
pub(super) fn lock(tx: &mut PgConnection, merchant: MerchantId, sets: &[Set]) -> Result<Vec<Row>> {
    if sets.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "select {COLUMNS} from unnest($2, $3) with ordinality as l(sku, shop, place) \
         cross join lateral (select * from stock where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop for no key update) s order by l.place"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Array<BigInt>, _>(sets.iter().map(|s| s.sku).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(sets.iter().map(|s| s.shop).collect::<Vec<_>>())
        .load(tx)?)
}

/// Empty rows for the sets; one that somebody else has made meanwhile is as good.
pub(super) fn make(tx: &mut PgConnection, cause: &Cause, sets: &[Set]) -> Result<()> {
    if sets.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into stock (merchant_id, sku_id, shop_id, version, updated_at) select $1, l.sku, l.shop, 0, $4 \
         from unnest($2, $3) with ordinality as l(sku, shop, place) order by l.place on conflict do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(sets.iter().map(|s| s.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(sets.iter().map(|s| s.shop).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    Ok(())
}

/// Writes changed rows with their movements, marks, and whatever listing follows from them. The rows are locked.
///
/// Only columns without an index change, so the update stays on its page (HOT).
pub(super) fn write(tx: &mut PgConnection, cause: &Cause, changes: &[Change], telling: &Telling<'_>, low_stock: i64) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "with l as (select * from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
           as l(sku, shop, qty, by_person, reported_sold, reported_frozen, source_time, reported_at, version, updated_at, before, available, no)), \
         written as (update stock s set erp_qty = l.qty, qty_by = case when l.by_person then 'person' else 'erp' end, reported_sold = l.reported_sold, \
           reported_frozen = l.reported_frozen, source_time = l.source_time, reported_at = l.reported_at, version = l.version, updated_at = l.updated_at \
           from l where s.merchant_id = $1 and s.sku_id = l.sku and s.shop_id = l.shop) \
         insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, available, actor_kind, actor_name, reason, request_id, feed_id, line_no) \
         select $1, $15, l.sku, l.shop, $16, l.before, l.qty, l.available, $17, $18, $19, $20, $21, l.no from l where l.before <> l.qty",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(column(changes, |c| c.after.sku))
    .bind::<Array<BigInt>, _>(column(changes, |c| c.after.shop))
    .bind::<Array<BigInt>, _>(column(changes, |c| c.after.erp_qty))
    .bind::<Array<Bool>, _>(column(changes, |c| c.after.by_person))
    .bind::<Array<Nullable<BigInt>>, _>(column(changes, |c| c.after.reported_sold))
    .bind::<Array<Nullable<BigInt>>, _>(column(changes, |c| c.after.reported_frozen))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changes, |c| c.after.source_time))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(changes, |c| c.after.reported_at))
    .bind::<Array<BigInt>, _>(column(changes, |c| c.after.version))
    .bind::<Array<Timestamptz>, _>(column(changes, |c| c.after.updated_at))
    .bind::<Array<BigInt>, _>(column(changes, |c| c.before.erp_qty))
    .bind::<Array<BigInt>, _>(column(changes, |c| c.after.figures().available()))
    .bind::<Array<Nullable<Int4>>, _>(column(changes, |c| c.no))
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(telling.kind)
    .bind::<Text, _>(cause.kind.as_str())
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<Text>, _>(telling.reason)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Nullable<BigInt>, _>(cause.feed)
    .execute(tx)?;
    let mut marks = Changes::default();
    for change in changes {
        marks.note((!change.before.is_new()).then_some(&change.before), &change.after, low_stock);
    }
    marks.write(tx, cause.merchant)?;
    listing::follow(tx, cause, changes)
}

fn column<T>(changes: &[Change], pick: impl Fn(&Change) -> T) -> Vec<T> {
    changes.iter().map(pick).collect()
}

/// Locks the rows there are, in order, before anything else is locked.
pub(super) fn lock_for(tx: &mut PgConnection, merchant: MerchantId, mut sets: Vec<Set>) -> Result<()> {
    sets.sort_by_key(|s| (s.sku, s.shop));
    lock(tx, merchant, &sets).map(drop)
}

/// One row, locked; nobody's row is not found.
pub(super) fn lock_one(tx: &mut PgConnection, merchant: MerchantId, sku: SkuId, shop: ShopId) -> Result<Row> {
    let mut rows = lock(tx, merchant, &[Set::quantity(0, sku, shop, 0)])?;
    rows.pop().ok_or(crate::Error::NotFound)
}
