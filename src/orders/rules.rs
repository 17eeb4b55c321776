//! How a merchant's orders travel: what starts their way, how long a hand-over lasts, when waiting is too long.

use crate::Result;
use crate::erp;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int4, Text};
use serde_json::json;

/// A merchant's rules; [`Rules::default`] without a row.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `paid` or `created`.
    #[diesel(sql_type = Text)]
    pub sync_from: String,
    /// After this an order that was handed over and not acknowledged is handed over again.
    #[diesel(sql_type = Int4)]
    pub lease_minutes: i32,
    /// A paid order that is not in the ERP after this many minutes needs somebody.
    #[diesel(sql_type = Int4)]
    pub alert_minutes: i32,
    ///
    #[diesel(sql_type = Bool)]
    pub restock: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { sync_from: "paid".into(), lease_minutes: 10, alert_minutes: 30, restock: false }
    }
}

impl Rules {
    /// Orders go to the ERP when they are placed.
    pub fn from_the_start(&self) -> bool {
        self.sync_from == "created"
    }
}

pub fn of(c: &mut PgConnection, merchant: MerchantId) -> Result<Rules> {
    let found = diesel::sql_query("select sync_from, lease_minutes, alert_minutes, restock from order_rules where merchant_id = $1")
        .bind::<BigInt, _>(merchant)
        .get_result(c)
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    // an ERP that is pushed to hears of an order when it is placed, one that asks when it is paid.
    let pushed = erp::link::of(c, merchant)?.is_some_and(|link| link.pushes);
    let sync_from = if pushed { "created" } else { "paid" };
    Ok(Rules { sync_from: sync_from.into(), ..Rules::default() })
}

/// Sets the rules; what orders have become already stays.
pub fn set(tx: &mut PgConnection, cause: &Cause, rules: &Rules) -> Result<()> {
    let before = of(tx, cause.merchant)?;
    if before == *rules {
        return Ok(());
    }
    diesel::sql_query(
        "insert into order_rules (merchant_id, sync_from, lease_minutes, alert_minutes, restock) values ($1, $2, $3, $4, $5) \
         on conflict (merchant_id) do update set sync_from = excluded.sync_from, lease_minutes = excluded.lease_minutes, \
           alert_minutes = excluded.alert_minutes, restock = excluded.restock",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(&rules.sync_from)
    .bind::<Int4, _>(rules.lease_minutes)
    .bind::<Int4, _>(rules.alert_minutes)
    .bind::<Bool, _>(rules.restock)
    .execute(tx)?;
    let told = |r: &Rules| json!({ "syncFrom": r.sync_from, "leaseMinutes": r.lease_minutes, "alertMinutes": r.alert_minutes, "restock": r.restock });
    let entry = Entry::new("order-rules.changed", "order-rules", cause.merchant).change(told(&before), told(rules));
    trail::record(tx, cause, &[entry])
}
