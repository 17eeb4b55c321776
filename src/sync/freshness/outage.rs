//! The ERP is down, and somebody says so: nothing that still trickles in is believed until it is back.
//!
//! Everything is paused for that time, so that what arrives is kept; when it is over the worker catches up in the order stock,
//! price, catalogue. A pause that somebody had made before is left to them.

use crate::Result;
use crate::gate::switches::{self, Off, What};
use crate::gate::terms::Term;
use crate::ids::MerchantId;
use crate::text::Text as Said;
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// A time in which the ERP is said to be down.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Outage {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, since, by_name, reason, ended_at";

/// The one that goes on.
pub fn open(c: &mut PgConnection, merchant: MerchantId) -> Result<Option<Outage>> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from outages where merchant_id = $1 and ended_at is null"))
        .bind::<BigInt, _>(merchant)
        .get_result(c)
        .optional()?)
}

/// The latest ones, newest first.
pub fn latest(c: &mut PgConnection, merchant: MerchantId, limit: i64) -> Result<Vec<Outage>> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from outages where merchant_id = $1 order by id desc limit $2"))
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// The pause of everything, if there is one now.
fn pause(c: &mut PgConnection, cause: &Cause) -> Result<Option<Off>> {
    Ok(switches::all_off(c, cause.merchant, cause.now)?.into_iter().find(|off| off.module == What::Everything.as_str()))
}

/// # Errors
/// `Conflict` when somebody has said so already.
pub fn declare(tx: &mut PgConnection, cause: &Cause, reason: &str) -> Result<()> {
    if open(tx, cause.merchant)?.is_some() {
        return Err(crate::Error::Conflict(Said::new("outage-known")));
    }
    // The gate's door comes before any row.
    if pause(tx, cause)?.is_none() {
        switches::turn_off(tx, cause, What::Everything, &Term { until: None, reason: reason.to_owned() }, 0)?;
    }
    let new = diesel::sql_query(
        "insert into outages (merchant_id, since, by_name, reason) values ($1, $2, $3, $4) on conflict (merchant_id) where ended_at is null do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Text, _>(reason)
    .execute(tx)?;
    if new == 0 {
        return Err(crate::Error::Conflict(Said::new("outage-known")));
    }
    let entry = Entry::new("outage.declared", "erp", cause.merchant).change(Value::Null, json!({ "since": cause.now })).note(reason);
    trail::record(tx, cause, &[entry])?;
    super::watch::keep_back(tx, cause)
}

/// # Errors
/// `Conflict` when it is over already.
pub fn end(tx: &mut PgConnection, cause: &Cause) -> Result<()> {
    let ours = open(tx, cause.merchant)?.zip(pause(tx, cause)?).filter(|(outage, off)| off.since == outage.since);
    if let Some((_, off)) = ours {
        switches::turn_on(tx, cause, What::Everything, off.mark)?;
    }
    let ended: Option<Outage> = diesel::sql_query(format!(
        "update outages set ended_at = $2, ended_by = $3 where merchant_id = $1 and ended_at is null returning {COLUMNS}"
    ))
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(&cause.actor_name)
    .get_result(tx)
    .optional()?;
    let Some(outage) = ended else {
        return Err(crate::Error::Conflict(Said::new("outage-over")));
    };
    let entry = Entry::new("outage.ended", "erp", cause.merchant).change(json!({ "since": outage.since }), json!({ "until": cause.now }));
    trail::record(tx, cause, &[entry])?;
    super::watch::keep_back(tx, cause)
}
