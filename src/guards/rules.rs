//! Where a merchant draws the line.

use crate::Result;
use crate::db::Prepare;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int2, Int4, Timestamptz};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// When changes by machines wait for a person.
#[derive(QueryableByName, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rules {
    #[diesel(sql_type = Bool)]
    pub zero_on: bool,
    /// So many rows to zero, in a call or in ten minutes …
    #[diesel(sql_type = Int4)]
    pub zero_rows: i32,
    /// … and at least this share of what is in stock, in per cent.
    #[diesel(sql_type = Int2)]
    pub zero_share: i16,
    #[diesel(sql_type = Bool)]
    pub swing_on: bool,
    /// So many prices, in a call or in ten minutes …
    #[diesel(sql_type = Int4)]
    pub swing_rows: i32,
    /// … that move by more than this, up or down, in per cent.
    #[diesel(sql_type = Int2)]
    pub swing_percent: i16,
    /// A price of zero or below cost waits by itself.
    #[diesel(sql_type = Bool)]
    pub floor_on: bool,
    /// The last lot of a SKU does not go by itself while buyers have frozen units of it.
    #[diesel(sql_type = Bool)]
    pub lots_on: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            zero_on: true,
            zero_rows: 30,
            zero_share: 20,
            swing_on: true,
            swing_rows: 10,
            swing_percent: 50,
            floor_on: true,
            lots_on: true,
        }
    }
}

const COLUMNS: &str = "zero_on, zero_rows, zero_share, swing_on, swing_rows, swing_percent, floor_on, lots_on";

/// The merchant's own lines, or the defaults.
pub fn rules(c: &mut PgConnection, merchant: MerchantId) -> Result<Rules> {
    let own: Option<Rules> = diesel::sql_query(format!("select {COLUMNS} from guard_rules where merchant_id = $1"))
        .bind::<BigInt, _>(merchant)
        .prepared()
        .get_result(c)
        .optional()?;
    Ok(own.unwrap_or_default())
}

/// Draws new lines; the trail tells what differs. Whether anything did.
pub fn set_rules(tx: &mut PgConnection, cause: &Cause, new: Rules) -> Result<bool> {
    let old = rules(tx, cause.merchant)?;
    if old == new {
        return Ok(false);
    }
    diesel::sql_query(
        "insert into guard_rules (merchant_id, zero_on, zero_rows, zero_share, swing_on, swing_rows, swing_percent, floor_on, updated_at, lots_on) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (merchant_id) do update set zero_on = $2, zero_rows = $3, zero_share = $4, \
         swing_on = $5, swing_rows = $6, swing_percent = $7, floor_on = $8, updated_at = $9, lots_on = $10",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Bool, _>(new.zero_on)
    .bind::<Int4, _>(new.zero_rows)
    .bind::<Int2, _>(new.zero_share)
    .bind::<Bool, _>(new.swing_on)
    .bind::<Int4, _>(new.swing_rows)
    .bind::<Int2, _>(new.swing_percent)
    .bind::<Bool, _>(new.floor_on)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Bool, _>(new.lots_on)
    .execute(tx)?;
    let (before, after) = differing(&json!(old), &json!(new));
    trail::record(tx, cause, &[Entry::new("guards.changed", "guards", cause.merchant).change(before, after)])?;
    Ok(true)
}

/// The fields of two objects that are not the same.
fn differing(old: &Value, new: &Value) -> (Value, Value) {
    let (mut before, mut after) = (Map::new(), Map::new());
    for (name, is) in new.as_object().into_iter().flatten() {
        let was = old.get(name).cloned().unwrap_or(Value::Null);
        if was != *is {
            before.insert(name.clone(), was);
            after.insert(name.clone(), is.clone());
        }
    }
    (before.into(), after.into())
}
