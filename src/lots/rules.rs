//! How a merchant's ERP tells its lots (B-03…B-05, Q-22).

use crate::Result;
use crate::stock::rules;
use crate::stock::shelf::{self, LotMode, LotRules};
use crate::text::Text as Said;
use crate::trail::{self, Cause, Entry};
use crate::{Error, ids::MerchantId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use serde_json::json;

pub fn of(c: &mut PgConnection, merchant: MerchantId) -> Result<LotRules> {
    Ok(rules::of(c, merchant)?.lots)
}

/// Chooses them; the worker reckons every row that knows lots anew. Whether that was news.
///
/// # Errors
/// `Conflict` when the lots shall carry the stock without all of them being told.
pub fn set(tx: &mut PgConnection, cause: &Cause, new: LotRules) -> Result<bool> {
    if new.carry && new.mode != LotMode::All {
        return Err(Error::Conflict(Said::new("lots-carry-needs-all")));
    }
    let old = of(tx, cause.merchant)?;
    if old == new {
        return Ok(false);
    }
    shelf::look_again(tx, cause.merchant)?;
    diesel::sql_query(
        "insert into lot_rules (merchant_id, mode, carries_stock) values ($1, $2, $3) \
         on conflict (merchant_id) do update set mode = excluded.mode, carries_stock = excluded.carries_stock",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(new.mode.as_str())
    .bind::<Bool, _>(new.carry)
    .execute(tx)?;
    let told = |r: LotRules| json!({ "lotMode": r.mode.as_str(), "lotsCarryStock": r.carry });
    trail::record(tx, cause, &[Entry::new("lots.rules_set", "merchant", cause.merchant).change(told(old), told(new))])?;
    Ok(true)
}
