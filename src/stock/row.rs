//! The row of one SKU at one shop, as stored.

use super::availability::{Figures, Hold};
use super::place::{Place, Tid};
use super::shelf::Shelf;
use crate::ids::{HoldId, ShopId, SkuId};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Timestamptz};

/// The stock of one SKU at one shop.
#[derive(Queryable, QueryableByName, Clone, Debug, PartialEq, Eq)]
pub struct Row {
    #[diesel(sql_type = BigInt, column_name = "sku_id")]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    pub shop: ShopId,
    #[diesel(sql_type = BigInt)]
    pub erp_qty: i64,
    #[diesel(sql_type = Bool)]
    pub by_person: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reported_qty: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reported_sold: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reported_frozen: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub frozen: i64,
    #[diesel(sql_type = BigInt)]
    pub sold: i64,
    #[diesel(sql_type = BigInt)]
    pub sold_open: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub sold_offset: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub safety: i64,
    /// Kept back from every row of the merchant while its figures are overdue.
    #[diesel(sql_type = BigInt)]
    pub extra: i64,
    /// Units in lots that are expired or stopped, as of `lots_until`.
    #[diesel(sql_type = BigInt)]
    pub withheld: i64,
    /// The last day for which `withheld` is right.
    #[diesel(sql_type = Nullable<Date>)]
    pub lots_until: Option<NaiveDate>,
    /// The sum over the row's lots, where each tells its quantity.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub lots_qty: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub oversell: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub source_time: Option<DateTime<Utc>>,
    /// Goes up when the ERP's clock and tokens have begun anew, as after a restore from a backup.
    #[diesel(sql_type = BigInt)]
    pub epoch: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub ack_seq: Option<i64>,
    /// When the ERP read its number, by its own clock.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub as_of: Option<DateTime<Utc>>,
    /// When the ERP last reported this row, changed or not.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub reported_at: Option<DateTime<Utc>>,
    /// When the last push of the number arrived; exact while paid units are open.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub received_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub hold_id: Option<HoldId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub hold_qty: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub hold_used: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub hold_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    pub hold_keeps: bool,
    /// Goes up whenever a figure changes.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When a figure last changed.
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    /// Where the row lies while it is locked; missing when it was only read.
    #[diesel(sql_type = Nullable<Tid>)]
    pub place: Option<Place>,
}

/// The types of a [`Row`]'s columns in their order, for a thousand rows at once: looking each up by its name takes its time.
pub(super) type Columns = (
    BigInt,
    BigInt,
    BigInt,
    Bool,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    BigInt,
    Nullable<Date>,
    Nullable<BigInt>,
    BigInt,
    Nullable<Timestamptz>,
    BigInt,
    Nullable<BigInt>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    Nullable<Timestamptz>,
    Bool,
    BigInt,
    Timestamptz,
    Nullable<Tid>,
);

/// The columns of a [`Row`], of a table called `s`, of the merchant `$1`.
pub(super) const COLUMNS: &str = "s.sku_id, s.shop_id, s.erp_qty, s.qty_by = 'person' as by_person, s.reported_qty, s.reported_sold, s.reported_frozen, \
     s.frozen, s.sold, s.sold_open, s.sold_offset, s.safety, coalesce((select stale_extra from stock_rules where merchant_id = $1), 0) as extra, s.withheld, s.lots_until, s.lots_qty, s.oversell, \
     s.source_time, s.epoch, s.ack_seq, s.as_of, s.reported_at, s.received_at, s.hold_id, s.hold_qty, s.hold_used, s.hold_until, s.hold_keeps, s.version, s.updated_at";

impl Row {
    pub fn figures(&self, now: DateTime<Utc>) -> Figures {
        Figures {
            erp_qty: self.erp_qty,
            by_person: self.by_person,
            frozen: self.frozen,
            sold_open: self.sold_open,
            safety: self.safety,
            extra: self.extra,
            withheld: self.withheld,
            oversell: self.oversell,
            hold: self.hold_qty.filter(|_| !self.is_due(now)).map(|qty| Hold { qty, used: self.hold_used }),
        }
    }

    /// The hold that is on.
    pub fn held_by(&self, now: DateTime<Utc>) -> Option<HoldId> {
        self.hold_id.filter(|_| !self.is_due(now))
    }

    /// The hold's time is over, and nobody has taken it off yet.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        !self.hold_keeps && self.hold_until.is_some_and(|until| until <= now)
    }

    /// The hold's time is over and it waits for the next push.
    pub fn gives_way(&self, now: DateTime<Utc>) -> bool {
        self.hold_keeps && self.hold_until.is_some_and(|until| until <= now)
    }

    #[must_use]
    pub(super) fn without_hold(self) -> Self {
        Self { hold_id: None, hold_qty: None, hold_used: 0, hold_until: None, hold_keeps: false, ..self }
    }

    #[must_use]
    pub(super) fn with_shelf(self, shelf: Option<Shelf>) -> Self {
        match shelf {
            Some(shelf) => Self { withheld: shelf.withheld, lots_until: shelf.until, lots_qty: shelf.qty, ..self },
            None => self,
        }
    }

    /// The same row in the ERP's epoch: in a new one nothing that was said in the old one orders what comes.
    #[must_use]
    pub(super) fn in_epoch(self, epoch: i64) -> Self {
        if epoch == self.epoch {
            return self;
        }
        Self { epoch, source_time: None, ack_seq: None, as_of: None, received_at: None, ..self }
    }

    /// The same row, changed now.
    #[must_use]
    pub(super) fn changed(self, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self }
    }

    /// The ERP's counters that differ from ours: wire name, reported, ours.
    pub fn drift(&self) -> impl Iterator<Item = (&'static str, i64, i64)> {
        let reported = [("saled", self.reported_sold, self.sold), ("freeze", self.reported_frozen, self.frozen)];
        reported.into_iter().filter_map(|(name, theirs, ours)| theirs.filter(|n| *n != ours).map(|n| (name, n, ours)))
    }

    /// The row is made in this transaction and holds nothing yet.
    pub(super) fn is_new(&self) -> bool {
        self.version == 0
    }
}
