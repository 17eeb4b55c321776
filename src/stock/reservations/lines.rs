//! Locked rows of stock that a call changes step by step, and writes once.

use crate::Result;
use crate::ids::{HoldId, ShopId, SkuId};
use crate::stock::model::Row;
use crate::stock::rows::{self, Change};
use crate::stock::shelf::{self, LotMode};
use crate::trail::Cause;
use diesel::PgConnection;
use std::collections::BTreeMap;

pub(super) struct Rows {
    rows: BTreeMap<(SkuId, ShopId), (Row, Vec<Change>)>,
}

impl Rows {
    /// Locks the rows there are, in their order.
    pub fn lock(tx: &mut PgConnection, cause: &Cause, places: impl Iterator<Item = (SkuId, ShopId)>) -> Result<Self> {
        let mut places: Vec<_> = places.collect();
        places.sort_unstable();
        places.dedup();
        let rows = rows::lock(tx, cause.merchant, &places)?;
        Ok(Self { rows: rows.into_iter().map(|r| ((r.sku, r.shop), (r, Vec::new()))).collect() })
    }

    /// Rows whose lots have expired since somebody last looked: what is expired is not sold, whenever the worker comes by (B-06).
    pub fn catch_up(&mut self, tx: &mut PgConnection, cause: &Cause, mode: LotMode) -> Result<()> {
        for ((sku, shop), shelf) in shelf::catch_up(tx, cause, mode, self.rows.values().map(|(row, _)| row))? {
            self.change(sku, shop, |before, after| {
                let now = after.clone().with_shelf(Some(shelf)).changed(cause.now);
                Change::new("lot_expiry", before, now)
            });
        }
        Ok(())
    }

    /// The rows as this call has left them so far.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.rows.values().map(|(row, _)| row)
    }

    /// A row as this call has left it so far.
    pub fn now(&self, sku: SkuId, shop: ShopId) -> Option<&Row> {
        self.rows.get(&(sku, shop)).map(|(row, _)| row)
    }

    /// Changes a row; gives back the hold that was on.
    pub fn change(&mut self, sku: SkuId, shop: ShopId, step: impl FnOnce(Row, &mut Row) -> Change) -> Option<HoldId> {
        let (row, changes) = self.rows.get_mut(&(sku, shop))?;
        let before = row.clone();
        let hold = before.hold_id;
        let change = step(before, row);
        row.clone_from(&change.after);
        let used = change.after.hold_used != change.before.hold_used;
        changes.push(change);
        hold.filter(|_| used)
    }

    /// Writes all rows with their ledger.
    pub fn write(self, tx: &mut PgConnection, cause: &Cause, reason: Option<&str>, low_stock: i64) -> Result<()> {
        let changes: Vec<Change> = self.rows.into_values().flat_map(|(_, changes)| changes).collect();
        rows::write(tx, cause, &changes, reason, low_stock)
    }
}
