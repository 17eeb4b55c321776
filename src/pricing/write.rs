//! All that the wishes of a call change, in a handful of statements.

use super::place::{Place, Span};
use super::sheet::{Cell, Sheet};
use crate::Result;
use crate::ids::SkuId;
use crate::trail::{Cause, Kind};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

type Sheets = BTreeMap<SkuId, Sheet>;

pub(super) fn write(tx: &mut PgConnection, cause: &Cause, before: &Sheets, after: &Sheets) -> Result<()> {
    let pairs: Vec<(&Sheet, &Sheet)> = after.iter().filter_map(|(sku, new)| Some((before.get(sku)?, new))).collect();
    own(tx, cause, &pairs)?;
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    let (mut forgotten, mut remembered) = (Vec::new(), Vec::new());
    for (old, new) in pairs {
        let rows = |sheet: &Sheet| -> BTreeMap<(Place, Option<DateTime<Utc>>), (Option<DateTime<Utc>>, Cell)> {
            let rows = sheet.cells.iter().filter(|((place, _), _)| !place.is_plain());
            rows.map(|((place, span), cell)| ((*place, span.since()), (span.until, *cell))).collect()
        };
        let (was, is) = (rows(old), rows(new));
        gone.extend(was.keys().filter(|key| !is.contains_key(key)).map(|key| Row::of(old.sku, *key, None)));
        kept.extend(is.iter().filter(|(key, value)| was.get(key) != Some(*value)).map(|(key, value)| Row::of(new.sku, *key, Some(*value))));
        forgotten.extend(old.gone.keys().filter(|key| !new.gone.contains_key(key)).map(|key| Row::of(old.sku, *key, None)));
        let clocks = new.gone.iter().filter(|(key, clock)| old.gone.get(key) != Some(*clock));
        remembered.extend(clocks.map(|(key, clock)| (Row::of(new.sku, *key, None), *clock)));
    }
    delete(tx, cause, "prices", &gone)?;
    delete(tx, cause, "gone_prices", &forgotten)?;
    remember(tx, cause, remembered)?;
    upsert(tx, cause, &mut kept)
}

/// What becomes of the SKU itself.
struct Own<'a> {
    sheet: &'a Sheet,
    /// Any of its prices is another one.
    moved: bool,
    /// One that stands on the SKU is.
    own: bool,
    /// A price was said once more, and nobody had since prices changed last.
    again: bool,
}

/// What stands on the SKU itself, its clock, the number that any change of its prices moves, and that a price was said again.
fn own<'a>(tx: &mut PgConnection, cause: &Cause, pairs: &[(&'a Sheet, &'a Sheet)]) -> Result<()> {
    let amounts = |sheet: &Sheet| -> Vec<((Place, Span), Decimal)> { sheet.cells.iter().map(|(key, cell)| (*key, cell.amount)).collect() };
    let plain = |sheet: &Sheet| Place::PLAIN.map(|(place, _)| sheet.plain(place));
    let becomes = |(old, new): &(&'a Sheet, &'a Sheet)| {
        let moved = amounts(old) != amounts(new);
        let again = new.again && (moved || old.said_again != Some(old.version));
        let clock = old.quoted_at != new.quoted_at;
        (moved || again || clock).then(|| Own { sheet: new, moved, own: plain(old) != plain(new), again })
    };
    let touched: Vec<Own<'a>> = pairs.iter().filter_map(becomes).collect();
    if touched.is_empty() {
        return Ok(());
    }
    let amount = |place: Place| touched.iter().map(|t| t.sheet.plain(place)).collect::<Vec<Option<Decimal>>>();
    let is = |pick: fn(&Own) -> bool| touched.iter().map(pick).collect::<Vec<bool>>();
    diesel::sql_query(
        "update skus s set base_price = w.base, retail_price = w.retail, reference_price = w.reference, cost_price = w.cost, member_price = w.member, \
         quoted_at = w.quoted_at, quote_version = s.quote_version + w.moved::int, version = s.version + w.own::int, \
         updated_at = case when w.own then $2 else s.updated_at end, said_again_at = case when w.again then $2 else s.said_again_at end, \
         said_again_version = case when w.again then s.quote_version + w.moved::int else s.said_again_version end \
         from unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as w(id, base, retail, reference, cost, member, quoted_at, moved, own, again) \
         where s.merchant_id = $1 and s.id = w.id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(touched.iter().map(|t| t.sheet.sku).collect::<Vec<_>>())
    .bind::<Array<Nullable<Numeric>>, _>(amount(Place::Default))
    .bind::<Array<Nullable<Numeric>>, _>(amount(Place::Retail))
    .bind::<Array<Nullable<Numeric>>, _>(amount(Place::Reference))
    .bind::<Array<Nullable<Numeric>>, _>(amount(Place::Cost))
    .bind::<Array<Nullable<Numeric>>, _>(amount(Place::Member))
    .bind::<Array<Nullable<Timestamptz>>, _>(touched.iter().map(|t| t.sheet.quoted_at).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(is(|t| t.moved))
    .bind::<Array<Bool>, _>(is(|t| t.own))
    .bind::<Array<Bool>, _>(is(|t| t.again))
    .execute(tx)?;
    Ok(())
}

struct Row {
    sku: SkuId,
    columns: [i64; 4],
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    cell: Option<Cell>,
}

impl Row {
    fn of(sku: SkuId, (place, since): (Place, Option<DateTime<Utc>>), value: Option<(Option<DateTime<Utc>>, Cell)>) -> Self {
        Self { sku, columns: place.columns(), since, until: value.and_then(|(until, _)| until), cell: value.map(|(_, cell)| cell) }
    }
}

fn column<T>(rows: &[Row], pick: impl Fn(&Row) -> T) -> Vec<T> {
    rows.iter().map(pick).collect()
}

fn place(rows: &[Row], pick: impl Fn(&[i64; 4]) -> &i64) -> Vec<i64> {
    rows.iter().map(|row| *pick(&row.columns)).collect()
}

fn delete(tx: &mut PgConnection, cause: &Cause, table: &'static str, rows: &[Row]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(format!(
        "delete from {table} p using unnest($2, $3, $4, $5, $6, $7) as w(sku, customer, customers, region, shop, since) where p.merchant_id = $1 \
         and p.sku_id = w.sku and p.customer_id = w.customer and p.customer_group_id = w.customers and p.region_group_id = w.region \
         and p.shop_id = w.shop and p.valid_from = coalesce(w.since, '-infinity')"
    ))
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(column(rows, |r| r.sku))
    .bind::<Array<BigInt>, _>(place(rows, |[id, _, _, _]| id))
    .bind::<Array<BigInt>, _>(place(rows, |[_, id, _, _]| id))
    .bind::<Array<BigInt>, _>(place(rows, |[_, _, id, _]| id))
    .bind::<Array<BigInt>, _>(place(rows, |[_, _, _, id]| id))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.since))
    .execute(tx)?;
    Ok(())
}

/// Keeps the clocks of rows that were taken away.
fn remember(tx: &mut PgConnection, cause: &Cause, gone: Vec<(Row, DateTime<Utc>)>) -> Result<()> {
    if gone.is_empty() {
        return Ok(());
    }
    let (rows, clocks): (Vec<Row>, Vec<DateTime<Utc>>) = gone.into_iter().unzip();
    diesel::sql_query(
        "insert into gone_prices (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from, source_time, gone_at) \
         select $1, w.sku, w.customer, w.customers, w.region, w.shop, coalesce(w.since, '-infinity'), w.clock, $2 \
         from unnest($3, $4, $5, $6, $7, $8, $9) as w(sku, customer, customers, region, shop, since, clock) \
         on conflict (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from) do update \
         set source_time = excluded.source_time, gone_at = excluded.gone_at",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(column(&rows, |r| r.sku))
    .bind::<Array<BigInt>, _>(place(&rows, |[id, _, _, _]| id))
    .bind::<Array<BigInt>, _>(place(&rows, |[_, id, _, _]| id))
    .bind::<Array<BigInt>, _>(place(&rows, |[_, _, id, _]| id))
    .bind::<Array<BigInt>, _>(place(&rows, |[_, _, _, id]| id))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(&rows, |r| r.since))
    .bind::<Array<Timestamptz>, _>(clocks)
    .execute(tx)?;
    Ok(())
}

fn upsert(tx: &mut PgConnection, cause: &Cause, rows: &mut [Row]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // Two calls meet in the same order; the standing price first, then by date.
    rows.sort_by_key(|r| (r.sku, r.columns, r.since));
    let rows = &*rows;
    let owner = if cause.kind == Kind::Person { "person" } else { "erp" };
    diesel::sql_query(
        "insert into prices as p (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from, valid_until, amount, \
           source_time, owner, updated_at) \
         select $1, w.sku, w.customer, w.customers, w.region, w.shop, coalesce(w.since, '-infinity'), coalesce(w.until, 'infinity'), w.amount, \
           w.source_time, $2, $3 from unnest($4, $5, $6, $7, $8, $9, $10, $11, $12) \
           as w(sku, customer, customers, region, shop, since, until, amount, source_time) \
         on conflict (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from) do update \
         set valid_until = excluded.valid_until, amount = excluded.amount, source_time = excluded.source_time, \
           owner = case when p.amount = excluded.amount then p.owner else excluded.owner end, \
           updated_at = case when (p.amount, p.valid_until) = (excluded.amount, excluded.valid_until) then p.updated_at else excluded.updated_at end",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(owner)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(column(rows, |r| r.sku))
    .bind::<Array<BigInt>, _>(place(rows, |[id, _, _, _]| id))
    .bind::<Array<BigInt>, _>(place(rows, |[_, id, _, _]| id))
    .bind::<Array<BigInt>, _>(place(rows, |[_, _, id, _]| id))
    .bind::<Array<BigInt>, _>(place(rows, |[_, _, _, id]| id))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.since))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.until))
    .bind::<Array<Nullable<Numeric>>, _>(column(rows, |r| r.cell.map(|cell| cell.amount)))
    .bind::<Array<Nullable<Timestamptz>>, _>(column(rows, |r| r.cell.and_then(|cell| cell.source_time)))
    .execute(tx)?;
    Ok(())
}
