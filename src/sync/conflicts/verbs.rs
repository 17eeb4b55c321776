//! Settling a contradiction.

use crate::stock::model::{self, Set};
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::wire::Outcome;
use crate::{Error, Result};
use diesel::PgConnection;
use serde_json::json;

/// Writes the number that was refused, as the ERP's: a person has looked.
///
/// # Errors
/// `Conflict` when the row has moved on again.
pub fn write_after_all(tx: &mut PgConnection, cause: &Cause, sku: &str, row: &model::Row, theirs: i64) -> Result<()> {
    let erp = Cause { request_id: cause.request_id, ..Cause::system(cause.merchant, "conflict", cause.now) };
    let set = Set { if_version: Some(row.version), ..Set::quantity(1, row.sku, row.shop, theirs) };
    let done = model::set(tx, &erp, vec![set])?;
    if done.iter().any(|d| !matches!(d.outcome, Outcome::Applied | Outcome::Unchanged | Outcome::Held)) {
        return Err(Error::Conflict(Text::new("stock-conflict").with(row.erp_qty)));
    }
    let entry = Entry::new("stock.erp_taken", "stock", format!("{}/{}", sku, row.shop));
    trail::record(tx, cause, &[entry.change(json!({ "quantity": row.erp_qty }), json!({ "quantity": theirs }))])
}
