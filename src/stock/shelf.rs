//! What the lots of a row make of it: units in lots that are expired or stopped are there and not for sale (B-06).
//!
//! A row of stock carries what its lots say, as of a day: `withheld` is right up to and including `lots_until`. Whoever sells
//! compares that day with the clock and catches up under the row's lock, so that an expired lot is never sold, whether the
//! worker has come by yet or not. The lots themselves are kept by the room above; from here their rows are only read.

use super::model::Row;
use super::rows::{self, Change};
use crate::Result;
use crate::clock;
use crate::db::Prepare;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::merchants;
use crate::trail::Cause;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Nullable, Text};
use std::collections::HashMap;

/// More than can be there: every unit, where it is not known how many a lot holds.
pub const EVERY_UNIT: i64 = 1 << 40;
/// Rows brought up to date in one transaction.
const AT_ONCE: i64 = 1000;

/// Which of the lots an ERP tells are kept (B-03, B-04).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LotMode {
    /// All of them.
    #[default]
    All,
    /// The one made last.
    Newest,
    /// The one with most units.
    Largest,
}

impl LotMode {
    pub const ALL: [LotMode; 3] = [LotMode::All, LotMode::Newest, LotMode::Largest];
    pub fn as_str(self) -> &'static str {
        match self {
            LotMode::All => "replace_all",
            LotMode::Newest => "newest",
            LotMode::Largest => "largest",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name)
    }
}

/// How a merchant's ERP tells its lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LotRules {
    pub mode: LotMode,
    /// A row's number is the sum of its lots (B-05, Q-22).
    pub carry: bool,
}

/// What matters of a lot here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The last day on which it may be sold.
    pub expires_on: Option<NaiveDate>,
    pub stopped: bool,
    pub qty: Option<i64>,
}

impl Unit {
    fn is_for_sale(&self, today: NaiveDate) -> bool {
        !self.stopped && self.expires_on.is_none_or(|day| day >= today)
    }
}

/// What a row knows of its lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    pub withheld: i64,
    /// The last day for which that is right.
    pub until: Option<NaiveDate>,
    /// The sum of all lots, where each tells its quantity and all of them are told.
    pub qty: Option<i64>,
}

/// Adds the lots up as of a day. A lot off sale whose quantity is not known holds, for all we know, everything that no other lot
/// is there for; and when the newest lot has expired, so has whatever is older.
pub fn reckon(mode: LotMode, lots: &[Unit], today: NaiveDate) -> Shelf {
    let (good, bad): (Vec<&Unit>, Vec<&Unit>) = lots.iter().partition(|lot| lot.is_for_sale(today));
    let all_gone = good.is_empty() && !bad.is_empty();
    let outlived = mode == LotMode::Newest && bad.iter().any(|lot| !lot.stopped);
    let unknown = bad.iter().any(|lot| lot.qty.is_none());
    let counted = bad.iter().filter_map(|lot| lot.qty).sum();
    Shelf {
        withheld: if all_gone && (unknown || outlived) { EVERY_UNIT } else { counted },
        until: good.iter().filter_map(|lot| lot.expires_on).min(),
        qty: (mode == LotMode::All).then(|| lots.iter().map(|lot| lot.qty).sum::<Option<i64>>()).flatten(),
    }
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    sku: SkuId,
    #[diesel(sql_type = BigInt)]
    shop: ShopId,
    /// A SKU whose lots are told and none is left has one row without a lot.
    #[diesel(sql_type = Bool)]
    there: bool,
    #[diesel(sql_type = Nullable<Date>)]
    expires_on: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    stopped: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    qty: Option<i64>,
}

/// What the lots make of these rows today, for those that are behind; the rows are locked.
pub(super) fn catch_up<'a>(
    tx: &mut PgConnection,
    cause: &Cause,
    mode: LotMode,
    rows: impl Iterator<Item = &'a Row>,
) -> Result<HashMap<(SkuId, ShopId), Shelf>> {
    let today = clock::day(cause.now);
    let late: Vec<(SkuId, ShopId)> = rows.filter(|r| r.lots_until.is_some_and(|until| until < today)).map(|r| (r.sku, r.shop)).collect();
    of_places(tx, cause.merchant, mode, &late, today)
}

/// What the lots of these places make of their rows on a day.
pub fn of_places(
    c: &mut PgConnection,
    merchant: MerchantId,
    mode: LotMode,
    places: &[(SkuId, ShopId)],
    today: NaiveDate,
) -> Result<HashMap<(SkuId, ShopId), Shelf>> {
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let stored: Vec<Stored> = diesel::sql_query(
        "select l.sku, l.shop, o.lot_no is not null as there, o.expires_on, p.lot_no is not null as stopped, o.qty from unnest($2, $3) as l(sku, shop) \
         left join lots o on o.merchant_id = $1 and o.sku_id = l.sku and o.shop_id = l.shop \
         left join lot_stops p on p.merchant_id = $1 and p.sku_id = l.sku and p.shop_id = l.shop and p.lot_no = o.lot_no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .prepared().load(c)?;
    let mut lots: HashMap<_, Vec<Unit>> = HashMap::new();
    for s in stored {
        let units = lots.entry((s.sku, s.shop)).or_default();
        units.extend(s.there.then_some(Unit { expires_on: s.expires_on, stopped: s.stopped, qty: s.qty }));
    }
    Ok(lots.into_iter().map(|(place, units)| (place, reckon(mode, &units, today))).collect())
}

/// The merchants with a lot that has expired since its row was last looked at.
pub fn merchants_due(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
    }
    let due: Vec<Due> =
        diesel::sql_query("select distinct merchant_id from stock where lots_until < $1").bind::<Date, _>(clock::day(now)).load(c)?;
    Ok(due.into_iter().map(|d| d.merchant_id).collect())
}

/// Takes what has expired at one merchant off sale; how many rows were looked at. Nobody could buy it before that either.
pub fn expire(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = BigInt)]
        sku_id: SkuId,
        #[diesel(sql_type = BigInt)]
        shop_id: ShopId,
    }
    let cause = Cause::system(merchant, "lot-expiry", now);
    let due: Vec<Due> = diesel::sql_query(
        "select sku_id, shop_id from (select sku_id, shop_id from stock where merchant_id = $1 and lots_until < $2 limit $3) d order by sku_id, shop_id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Date, _>(clock::day(now))
    .bind::<BigInt, _>(AT_ONCE)
    .load(tx)?;
    bring_up_to_date(tx, &cause, &due.iter().map(|d| (d.sku_id, d.shop_id)).collect::<Vec<_>>(), "lot_expiry", None)
}

/// Reckons rows anew from their lots, those that are not there left out; how many there are. `kind` is one of the ledger's.
pub fn bring_up_to_date(
    tx: &mut PgConnection,
    cause: &Cause,
    places: &[(SkuId, ShopId)],
    kind: &'static str,
    reason: Option<&str>,
) -> Result<usize> {
    let mut places = places.to_vec();
    places.sort_unstable();
    places.dedup();
    let rows = rows::lock(tx, cause.merchant, &places)?;
    let locked: Vec<(SkuId, ShopId)> = rows.iter().map(|r| (r.sku, r.shop)).collect();
    let rules = super::rules::of(tx, cause.merchant)?;
    let shelves = of_places(tx, cause.merchant, rules.lots.mode, &locked, clock::day(cause.now))?;
    let changed = |row: Row| {
        let after = row.clone().with_shelf(shelves.get(&(row.sku, row.shop)).copied());
        (after != row).then(|| Change::new(kind, row, after.changed(cause.now)))
    };
    let changes: Vec<Change> = rows.into_iter().filter_map(changed).collect();
    let low_stock = merchants::find(tx, cause.merchant)?.low_stock;
    rows::write(tx, cause, &changes, reason, low_stock)?;
    Ok(locked.len())
}

/// Has every row that knows lots looked at again by the worker: after the rules of reading them have changed.
pub fn look_again(tx: &mut PgConnection, merchant: MerchantId) -> Result<()> {
    diesel::sql_query("select 1 from stock where merchant_id = $1 order by sku_id, shop_id for no key update")
        .bind::<BigInt, _>(merchant)
        .execute(tx)?;
    diesel::sql_query(
        "update stock s set lots_until = date '0001-01-01' from lot_heads h \
         where s.merchant_id = $1 and h.merchant_id = $1 and h.sku_id = s.sku_id and h.shop_id = s.shop_id",
    )
    .bind::<BigInt, _>(merchant)
    .execute(tx)?;
    Ok(())
}

/// A lot as a row's story tells it.
#[derive(QueryableByName, Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub shop: ShopId,
    #[diesel(sql_type = Text)]
    pub lot_no: String,
    #[diesel(sql_type = Nullable<Date>)]
    pub expires_on: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    pub expires_month: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub quantity: Option<i64>,
    #[diesel(sql_type = Bool)]
    pub stopped: bool,
}

impl Shown {
    /// The last day to sell it, as exact as it was told.
    pub fn expiry(&self) -> String {
        let format = if self.expires_month { "%Y-%m" } else { "%Y-%m-%d" };
        self.expires_on.map(|day| day.format(format).to_string()).unwrap_or_default()
    }
    pub fn is_expired(&self, today: NaiveDate) -> bool {
        self.expires_on.is_some_and(|day| day < today)
    }
    pub fn is_for_sale(&self, today: NaiveDate) -> bool {
        !self.stopped && !self.is_expired(today)
    }
    pub fn days_left(&self, today: NaiveDate) -> Option<i64> {
        self.expires_on.map(|day| (day - today).num_days())
    }
}

/// The lots of these places, what expires first at the top of each.
pub fn shown(c: &mut PgConnection, merchant: MerchantId, places: &[(SkuId, ShopId)]) -> Result<HashMap<(SkuId, ShopId), Vec<Shown>>> {
    let mut by_place: HashMap<_, Vec<Shown>> = HashMap::new();
    if places.is_empty() {
        return Ok(by_place);
    }
    let lots: Vec<Shown> = diesel::sql_query(
        "select o.sku_id as sku, o.shop_id as shop, o.lot_no, o.expires_on, o.expires_month, o.qty as quantity, p.lot_no is not null as stopped \
         from unnest($2, $3) as l(sku, shop) \
         cross join lateral (select * from lots where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop offset 0) o \
         left join lot_stops p on p.merchant_id = $1 and p.sku_id = o.sku_id and p.shop_id = o.shop_id and p.lot_no = o.lot_no \
         order by o.expires_on nulls last, o.produced_on nulls last, o.lot_no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .load(c)?;
    for lot in lots {
        by_place.entry((lot.sku, lot.shop)).or_default().push(lot);
    }
    Ok(by_place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, d).unwrap()
    }
    fn lot(expires: u32, qty: Option<i64>) -> Unit {
        Unit { expires_on: Some(day(expires)), stopped: false, qty }
    }

    // B-06: the day told is the last one on which it is sold.
    #[test]
    fn a_lot_is_sold_through_its_last_day() {
        let lots = [lot(10, Some(4)), lot(20, Some(6))];
        let of = |d| reckon(LotMode::All, &lots, day(d));
        assert_eq!(of(10), Shelf { withheld: 0, until: Some(day(10)), qty: Some(10) });
        assert_eq!(of(11), Shelf { withheld: 4, until: Some(day(20)), qty: Some(10) });
        assert_eq!(of(21), Shelf { withheld: 10, until: None, qty: Some(10) });
    }

    #[test]
    fn a_stopped_lot_is_off_sale_and_changes_no_day() {
        let lots = [Unit { stopped: true, ..lot(10, Some(4)) }, lot(20, Some(6))];
        assert_eq!(reckon(LotMode::All, &lots, day(1)), Shelf { withheld: 4, until: Some(day(20)), qty: Some(10) });
    }

    #[test]
    fn what_is_not_known_is_taken_for_everything_only_when_nothing_else_is_left() {
        let lots = [lot(10, None), lot(20, Some(6))];
        assert_eq!(reckon(LotMode::All, &lots, day(11)), Shelf { withheld: 0, until: Some(day(20)), qty: None });
        assert_eq!(reckon(LotMode::All, &lots, day(21)).withheld, EVERY_UNIT);
        assert_eq!(reckon(LotMode::Newest, &[lot(10, Some(3))], day(11)).withheld, EVERY_UNIT);
        assert_eq!(reckon(LotMode::Largest, &[lot(10, Some(3))], day(11)).withheld, 3);
        assert_eq!(reckon(LotMode::All, &[], day(1)), Shelf { withheld: 0, until: None, qty: Some(0) });
    }
}
