//! A person's hand on the number, and taking it back (S-06).
//!
//! A person's number stands in the place of the ERP's until the ERP reports again: it is not a hold, and the page says so.

use super::ledger;
use super::model::Row;
use super::rows::{self, Change};
use crate::ids::{ShopId, SkuId};
use crate::merchants;
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};

/// How long an edit can be taken back.
pub const UNDO_MINUTES: i64 = 10;

/// A number set by hand.
#[derive(Clone, Debug)]
pub struct Edit {
    pub sku: SkuId,
    /// The id by which people know the SKU.
    pub ext: String,
    pub shop: ShopId,
    pub quantity: i64,
    pub reason: String,
    /// The version the person saw.
    pub version: i64,
}

/// The trail's name of a row.
pub fn subject(ext: &str, shop: ShopId) -> String {
    format!("{ext}/{shop}")
}

/// # Errors
/// `NotFound` when the shop was never told of this SKU, `Conflict` when the row has changed since the person looked.
pub fn set_by_hand(tx: &mut PgConnection, cause: &Cause, edit: &Edit) -> Result<Row> {
    let before = rows::lock_one(tx, cause.merchant, edit.sku, edit.shop)?;
    if before.version != edit.version {
        return Err(Error::Conflict(Text::new("stock-conflict").with(before.erp_qty)));
    }
    if before.by_person && before.erp_qty == edit.quantity {
        return Ok(before);
    }
    let after = Row { erp_qty: edit.quantity, by_person: true, ..before.clone() }.changed(cause.now);
    let told = told(&before);
    keep(tx, cause, Change::new("manual_set", before, after.clone()), Some(&edit.reason))?;
    let entry = Entry::new("stock.set_by_hand", "stock", subject(&edit.ext, edit.shop)).change(told, self::told(&after)).note(&edit.reason);
    trail::record(tx, cause, &[entry])?;
    Ok(after)
}

fn told(row: &Row) -> Value {
    json!({ "quantity": row.erp_qty, "by": if row.by_person { "person" } else { "erp" } })
}

fn keep(tx: &mut PgConnection, cause: &Cause, change: Change, reason: Option<&str>) -> Result<()> {
    let low_stock = merchants::find(tx, cause.merchant)?.low_stock;
    rows::write(tx, cause, &[change], reason, low_stock)
}

/// The edit that may still be taken back: the last thing that happened to the row, a person's, and not long ago.
pub fn undoable(c: &mut PgConnection, cause: &Cause, row: &Row) -> Result<Option<ledger::Movement>> {
    let last = ledger::of_row(c, cause.merchant, row.sku, row.shop, None, 1)?.into_iter().next();
    Ok(last.filter(|m| m.kind == "manual_set" && m.at == row.updated_at && row.by_person && is_recent(m.at, cause.now)))
}

fn is_recent(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at <= Duration::minutes(UNDO_MINUTES)
}

/// Takes the last edit back, with whoever owned the number before.
///
/// # Errors
/// `Conflict` when something has touched the row since, or the time is over.
pub fn undo(tx: &mut PgConnection, cause: &Cause, sku: SkuId, ext: &str, shop: ShopId) -> Result<Row> {
    let before = rows::lock_one(tx, cause.merchant, sku, shop)?;
    let Some(edit) = undoable(tx, cause, &before)? else {
        return Err(Error::Conflict(Text::new("stock-undo-refused").with(UNDO_MINUTES)));
    };
    let subject = subject(ext, shop);
    let known = trail::of_subject(tx, cause.merchant, "stock", &subject, 1)?;
    let owner = known.first().and_then(|e| e.before.as_ref()).and_then(|b| b.get("by")).and_then(Value::as_str);
    let after = Row { erp_qty: edit.before, by_person: owner == Some("person"), ..before.clone() }.changed(cause.now);
    let entry = Entry::new("stock.edit_undone", "stock", subject).change(told(&before), told(&after));
    keep(tx, cause, Change::new("undo", before, after.clone()), None)?;
    trail::record(tx, cause, &[entry])?;
    Ok(after)
}
