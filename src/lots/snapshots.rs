//! What each full replacement said, and what two of them differ in.

use super::told::Told;
use crate::Result;
use crate::ids::{FeedId, MerchantId, ShopId, SkuId};
use crate::trail::Cause;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How long they are kept: a recall may look back over a year.
const KEPT_DAYS: i64 = 400;
/// Forgotten at most in one go.
const AT_ONCE: i64 = 10_000;

/// A replacement to write down.
pub(super) struct New<'a> {
    pub no: i32,
    pub sku: SkuId,
    pub shop: ShopId,
    pub version: i64,
    pub source_time: Option<DateTime<Utc>>,
    pub lots: &'a [Told],
}

pub(super) fn keep(tx: &mut PgConnection, cause: &Cause, new: &[New<'_>]) -> Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let lots = new.iter().map(|n| serde_json::to_value(n.lots).map_err(crate::Error::broken)).collect::<Result<Vec<Value>>>()?;
    diesel::sql_query(
        "insert into lot_snapshots (merchant_id, sku_id, shop_id, version, at, source_time, lots, actor_name, request_id, feed_id, line_no) \
         select $1, l.sku, l.shop, l.version, $2, l.source_time, l.lots, $3, $4, $5, l.no \
         from unnest($6, $7, $8, $9, $10, $11) as l(sku, shop, version, source_time, lots, no)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Nullable<BigInt>, _>(cause.feed)
    .bind::<Array<BigInt>, _>(new.iter().map(|n| n.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.iter().map(|n| n.shop).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.iter().map(|n| n.version).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(new.iter().map(|n| n.source_time).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(lots)
    .bind::<Array<Int4>, _>(new.iter().map(|n| n.no).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    source_time: Option<DateTime<Utc>>,
    #[diesel(sql_type = Jsonb)]
    lots: Value,
    #[diesel(sql_type = Text)]
    actor_name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    request_id: Option<Uuid>,
}

/// One replacement as it was told.
#[derive(Clone, Debug, Serialize)]
pub struct Snapshot {
    pub version: i64,
    pub at: DateTime<Utc>,
    pub source_time: Option<DateTime<Utc>>,
    pub lots: Vec<Told>,
    pub actor_name: String,
    pub request_id: Option<Uuid>,
}

impl Snapshot {
    fn of(s: Stored) -> Result<Self> {
        let lots = serde_json::from_value(s.lots).map_err(crate::Error::broken)?;
        Ok(Self { version: s.version, at: s.at, source_time: s.source_time, lots, actor_name: s.actor_name, request_id: s.request_id })
    }
    pub fn units(&self) -> i64 {
        self.lots.iter().filter_map(|lot| lot.quantity).sum()
    }
}

/// The replacements of one place, newest first, below `before`.
pub fn of_place(
    c: &mut PgConnection,
    merchant: MerchantId,
    sku: SkuId,
    shop: ShopId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Snapshot>> {
    let stored: Vec<Stored> = diesel::sql_query(
        "select version, at, source_time, lots, actor_name, request_id from lot_snapshots \
         where merchant_id = $1 and sku_id = $2 and shop_id = $3 and version < $4 order by version desc limit $5",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(sku)
    .bind::<BigInt, _>(shop)
    .bind::<BigInt, _>(before.unwrap_or(i64::MAX))
    .bind::<BigInt, _>(limit)
    .load(c)?;
    stored.into_iter().map(Snapshot::of).collect()
}

/// One of them.
///
/// # Errors
/// `NotFound` when there is no such version, or it has been forgotten.
pub fn one(c: &mut PgConnection, merchant: MerchantId, sku: SkuId, shop: ShopId, version: i64) -> Result<Snapshot> {
    let found = of_place(c, merchant, sku, shop, version.checked_add(1), 1)?.into_iter().next();
    found.filter(|s| s.version == version).ok_or(crate::Error::NotFound)
}

/// What became of one lot between two lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    pub lot_no: String,
    pub before: Option<Told>,
    pub after: Option<Told>,
}

/// The lots that differ, by number.
pub fn difference(before: &[Told], after: &[Told]) -> Vec<Difference> {
    let mut lots: BTreeMap<&str, (Option<&Told>, Option<&Told>)> = BTreeMap::new();
    for lot in before {
        lots.entry(&lot.lot_no).or_default().0 = Some(lot);
    }
    for lot in after {
        lots.entry(&lot.lot_no).or_default().1 = Some(lot);
    }
    let differing = lots.into_iter().filter(|(_, (was, is))| was != is);
    differing.map(|(no, (was, is))| Difference { lot_no: no.to_owned(), before: was.cloned(), after: is.cloned() }).collect()
}

/// What one feed changed: line, what was on the shelf before, what is now.
#[derive(Clone, Debug)]
pub struct Moved {
    pub line_no: i32,
    pub before: Vec<Told>,
    pub after: Vec<Told>,
}

/// The replacements of a feed, each with the one before it.
pub fn of_feed(c: &mut PgConnection, merchant: MerchantId, feed: FeedId) -> Result<Vec<Moved>> {
    #[derive(QueryableByName)]
    struct Pair {
        #[diesel(sql_type = Int4)]
        line_no: i32,
        #[diesel(sql_type = Jsonb)]
        before: Value,
        #[diesel(sql_type = Jsonb)]
        after: Value,
    }
    let pairs: Vec<Pair> = diesel::sql_query(
        "select n.line_no, coalesce(o.lots, '[]') as before, n.lots as after from lot_snapshots n left join lot_snapshots o \
         on o.merchant_id = $1 and o.sku_id = n.sku_id and o.shop_id = n.shop_id and o.version = n.version - 1 \
         where n.merchant_id = $1 and n.feed_id = $2 and n.line_no is not null order by n.line_no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(feed)
    .load(c)?;
    let lots = |value: Value| serde_json::from_value::<Vec<Told>>(value).map_err(crate::Error::broken);
    pairs.into_iter().map(|p| Ok(Moved { line_no: p.line_no, before: lots(p.before)?, after: lots(p.after)? })).collect()
}

/// Housekeeping: drops what is older than anybody asks for. The last of each place stays, whatever its age.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::sql_query(
        "delete from lot_snapshots where (merchant_id, sku_id, shop_id, version) in (select s.merchant_id, s.sku_id, s.shop_id, s.version \
           from lot_snapshots s join lot_heads h on h.merchant_id = s.merchant_id and h.sku_id = s.sku_id and h.shop_id = s.shop_id \
           where s.at < $1 and s.version < h.version limit $2)",
    )
    .bind::<Timestamptz, _>(now - Duration::days(KEPT_DAYS))
    .bind::<BigInt, _>(AT_ONCE)
    .execute(tx)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lists_differ_lot_by_lot() {
        let lot = |no: &str, quantity| Told { lot_no: no.into(), produced_on: None, expires_on: None, quantity: Some(quantity) };
        let told: Vec<(String, Option<i64>, Option<i64>)> =
            difference(&[lot("A", 1), lot("B", 2), lot("C", 3)], &[lot("C", 3), lot("B", 5), lot("D", 4)])
                .into_iter()
                .map(|d| (d.lot_no, d.before.and_then(|l| l.quantity), d.after.and_then(|l| l.quantity)))
                .collect();
        assert_eq!(told, [("A".into(), Some(1), None), ("B".into(), Some(2), Some(5)), ("D".into(), None, Some(4))]);
    }
}
