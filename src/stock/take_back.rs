//! A batch of numbers or steps taken back (I-9): each row that nothing has happened to since gets the number and the owner it had
//! before.

use super::edit::subject;
use super::model::Row;
use super::rows::{self, Change};
use crate::Result;
use crate::ids::{FeedId, ShopId, SkuId};
use crate::merchants;
use crate::text::Text;
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text as SqlText, Timestamptz};
use std::collections::HashMap;

/// What taking back came to; rows as the trail calls them, `SKU/shop`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TakenBack {
    pub back: Vec<String>,
    /// Rows that stay as they are, and why.
    pub stays: Vec<(String, Text)>,
}

#[derive(QueryableByName)]
struct Place {
    #[diesel(sql_type = BigInt, column_name = "sku_id")]
    sku: SkuId,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    shop: ShopId,
}

/// What the batch did to a row, and whether it was the last to do anything.
#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = BigInt, column_name = "sku_id")]
    sku: SkuId,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    shop: ShopId,
    #[diesel(sql_type = SqlText)]
    ext: String,
    #[diesel(sql_type = BigInt)]
    before: i64,
    /// It also took paid units into the number.
    #[diesel(sql_type = Bool)]
    contains: bool,
    #[diesel(sql_type = Bool)]
    last: bool,
    /// It was a step: whose number it is has not changed by it.
    #[diesel(sql_type = Bool)]
    stepped: bool,
    /// The kind of movement that had made the number before.
    #[diesel(sql_type = Nullable<SqlText>)]
    made_by: Option<String>,
}

/// The kinds of movement by which a batch sets a number. The sum of lots is not among them: it is as right as the lots are.
const SETS: &str = "('erp_set', 'manual_set')";
/// The one by which it moves a number by so much.
const STEP: &str = "erp_step";

/// Takes back what the batch `feed` of the time `at` set. A row stays where anything has happened since, be it a freeze or the
/// same number once more, and where the number came to contain paid units: the old number beside them would sell them twice.
pub fn take_back(tx: &mut PgConnection, cause: &Cause, feed: FeedId, at: DateTime<Utc>) -> Result<TakenBack> {
    let places: Vec<Place> = diesel::sql_query(format!(
        "select distinct sku_id, shop_id from stock_movements where merchant_id = $1 and at = $2 and feed_id = $3 \
         and (kind in {SETS} or kind = '{STEP}') order by 1, 2"
    ))
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(at)
    .bind::<BigInt, _>(feed)
    .load(tx)?;
    let places: Vec<(SkuId, ShopId)> = places.into_iter().map(|p| (p.sku, p.shop)).collect();
    let rows: HashMap<(SkuId, ShopId), Row> =
        rows::lock(tx, cause.merchant, &places)?.into_iter().map(|row| ((row.sku, row.shop), row)).collect();
    let mut taken = TakenBack::default();
    let mut changes = Vec::new();
    for moved in moved(tx, cause, feed, at, &places)? {
        let Some(row) = rows.get(&(moved.sku, moved.shop)) else { continue };
        let name = subject(&moved.ext, moved.shop);
        let told_again = row.reported_at.is_some_and(|reported| reported > at);
        if !moved.last || told_again {
            taken.stays.push((name, Text::new("undo-touched")));
        } else if moved.contains {
            taken.stays.push((name, Text::new("undo-contains-sold")));
        } else {
            let by_person = if moved.stepped { row.by_person } else { moved.made_by.as_deref() == Some("manual_set") };
            let after = Row { erp_qty: moved.before, by_person, ..row.clone() }.changed(cause.now);
            changes.push(Change::new("undo", row.clone(), after));
            taken.back.push(name);
        }
    }
    let low_stock = merchants::find(tx, cause.merchant)?.low_stock;
    rows::write(tx, cause, &changes, None, low_stock)?;
    Ok(taken)
}

/// By (SKU, shop). Ids of movements are given while the row is locked, so they tell what came after; times may not, by seconds.
fn moved(c: &mut PgConnection, cause: &Cause, feed: FeedId, at: DateTime<Utc>, places: &[(SkuId, ShopId)]) -> Result<Vec<Moved>> {
    Ok(diesel::sql_query(format!(
        "select l.sku as sku_id, l.shop as shop_id, k.sku_id as ext, f.before, f.contains, f.stepped, not exists (select from stock_movements m where m.merchant_id = $1 and m.sku_id = l.sku and m.shop_id = l.shop \
           and m.id > f.last_id and m.at > $2 - interval '1 hour') as last, p.kind as made_by \
         from unnest($4, $5) with ordinality as l(sku, shop, place) join skus k on k.merchant_id = $1 and k.id = l.sku \
         cross join lateral (select (array_agg(m.before order by m.id))[1] as before, min(m.id) as first_id, max(m.id) as last_id, bool_or(m.d_open <> 0) as contains, \
           bool_and(m.kind = '{STEP}') as stepped \
           from stock_movements m where m.merchant_id = $1 and m.sku_id = l.sku and m.shop_id = l.shop and m.at = $2 and m.feed_id = $3) f \
         left join lateral (select m.kind from stock_movements m where m.merchant_id = $1 and m.sku_id = l.sku and m.shop_id = l.shop \
           and (m.at, m.id) < ($2, f.first_id) and m.at <= $2 and m.kind in {SETS} order by m.at desc, m.id desc limit 1) p on true order by l.place"
    ))
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(at)
    .bind::<BigInt, _>(feed)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .load(c)?)
}
