//! What a merchant keeps back of a row, and how far below zero it may be sold on purpose (S-06, S-07).

use super::edit::subject;
use super::model::Row;
use super::rows::{self, Change};
use crate::ids::{ShopId, SkuId};
use crate::merchants;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use serde_json::{Value, json};

/// A row whose limits change.
#[derive(Clone, Debug)]
pub struct Place {
    pub sku: SkuId,
    pub shop: ShopId,
    /// The id by which people know the SKU.
    pub ext: String,
}

/// What changes; what is missing stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Kept back from buyers.
    pub safety: Option<i64>,
    /// How far below zero may be sold.
    pub oversell: Option<i64>,
}

impl Limits {
    fn over(self, row: &Row) -> Row {
        Row { safety: self.safety.unwrap_or(row.safety), oversell: self.oversell.unwrap_or(row.oversell), ..row.clone() }
    }
}

/// Sets the limits of these rows; how many of them had others.
///
/// # Errors
/// `NotFound` when a shop was never told of a SKU.
pub fn set(tx: &mut PgConnection, cause: &Cause, mut places: Vec<Place>, limits: Limits, reason: &str) -> Result<usize> {
    places.sort_by_key(|p| (p.sku, p.shop));
    places.dedup_by_key(|p| (p.sku, p.shop));
    let rows = rows::lock(tx, cause.merchant, &places.iter().map(|p| (p.sku, p.shop)).collect::<Vec<_>>())?;
    if rows.len() != places.len() {
        return Err(Error::NotFound);
    }
    let mut changes = Vec::with_capacity(rows.len());
    let mut entries = Vec::with_capacity(rows.len());
    for (place, row) in places.iter().zip(rows) {
        let after = limits.over(&row);
        if after == row {
            continue;
        }
        let after = after.changed(cause.now);
        entries
            .push(Entry::new("stock.limits_set", "stock", subject(&place.ext, place.shop)).change(told(&row), told(&after)).note(reason));
        changes.push(Change::new("rule", row, after));
    }
    let low_stock = merchants::find(tx, cause.merchant)?.low_stock;
    rows::write(tx, cause, &changes, Some(reason), low_stock)?;
    trail::record(tx, cause, &entries)?;
    Ok(changes.len())
}

fn told(row: &Row) -> Value {
    json!({ "safety": row.safety, "oversell": row.oversell })
}
