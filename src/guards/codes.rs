//! What an ERP calls by another name: its code and ours, per kind.
//!
//! A person says once that their `X-9` is our `C3`; from then on every line that says `X-9` means `C3`, and lines that
//! waited for it come back by themselves. A pair stands until a person takes it back, even if the ERP sends an `X-9` of its
//! own later.

use crate::Result;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What codes are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Category,
    RegionGroup,
    CustomerGroup,
    Carrier,
}

impl Kind {
    pub const ALL: [Kind; 4] = [Kind::Category, Kind::RegionGroup, Kind::CustomerGroup, Kind::Carrier];
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Category => "category",
            Kind::RegionGroup => "region_group",
            Kind::CustomerGroup => "customer_group",
            Kind::Carrier => "carrier",
        }
    }
}

/// One pair.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Pair {
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub theirs: String,
    #[diesel(sql_type = Text)]
    pub ours: String,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

/// Their code → ours, for those that have a pair.
pub fn ours(c: &mut PgConnection, merchant: MerchantId, kind: Kind, theirs: &[String]) -> Result<HashMap<String, String>> {
    if theirs.is_empty() {
        return Ok(HashMap::new());
    }
    let pairs: Vec<Pair> = diesel::sql_query(
        "select kind, theirs, ours, by_name, at from code_maps where merchant_id = $1 and kind = $2 and theirs = any($3)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(kind.as_str())
    .bind::<Array<Text>, _>(theirs)
    .load(c)?;
    Ok(pairs.into_iter().map(|p| (p.theirs, p.ours)).collect())
}

/// A merchant's pairs by kind and code, after `after`.
pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId, after: (&str, &str), limit: i64) -> Result<Vec<Pair>> {
    Ok(diesel::sql_query(
        "select kind, theirs, ours, by_name, at from code_maps where merchant_id = $1 and (kind, theirs) > ($2, $3) order by kind, theirs limit $4",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(after.0)
    .bind::<Text, _>(after.1)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

fn find(tx: &mut PgConnection, merchant: MerchantId, kind: Kind, theirs: &str) -> Result<Option<String>> {
    Ok(ours(tx, merchant, kind, &[theirs.to_owned()])?.remove(theirs))
}

fn told(ours: Option<&str>) -> Value {
    ours.map_or(Value::Null, |code| json!({ "ours": code }))
}

/// Says that their code means ours. Whether `ours` exists is the caller's to know.
pub fn pair(tx: &mut PgConnection, cause: &Cause, kind: Kind, theirs: &str, ours: &str) -> Result<()> {
    let before = find(tx, cause.merchant, kind, theirs)?;
    if before.as_deref() == Some(ours) {
        return Ok(());
    }
    diesel::sql_query(
        "insert into code_maps (merchant_id, kind, theirs, ours, by_name, at) values ($1, $2, $3, $4, $5, $6) \
         on conflict (merchant_id, kind, theirs) do update set ours = $4, by_name = $5, at = $6",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(kind.as_str())
    .bind::<Text, _>(theirs)
    .bind::<Text, _>(ours)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    trail::record(tx, cause, &[Entry::new("code.paired", "code", theirs).change(told(before.as_deref()), told(Some(ours)))])
}

/// Takes a pair back; what was applied by it stays.
///
/// # Errors
/// `NotFound` when there is none.
pub fn unpair(tx: &mut PgConnection, cause: &Cause, kind: Kind, theirs: &str) -> Result<()> {
    let before = find(tx, cause.merchant, kind, theirs)?.ok_or(crate::Error::NotFound)?;
    diesel::sql_query("delete from code_maps where merchant_id = $1 and kind = $2 and theirs = $3")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(kind.as_str())
        .bind::<Text, _>(theirs)
        .execute(tx)?;
    trail::record(tx, cause, &[Entry::new("code.unpaired", "code", theirs).change(told(Some(&before)), Value::Null)])
}
