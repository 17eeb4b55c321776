//! What people do to a branch: switch it off and on, forbid and allow its goods (C-06, P-16).

use crate::ids::MerchantId;
use crate::merchants::recheck::{self, About};
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};
use serde_json::json;

/// One writer at a time per tree: a parent must not move while a child is hung under it. The lock ends with the transaction.
pub(super) fn lock(tx: &mut PgConnection, merchant: MerchantId) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock(hashtextextended('categories', $1))").bind::<BigInt, _>(merchant).execute(tx)?;
    Ok(())
}

/// Switches a category off: what hangs on it stays, and cannot be sold until it is on again.
pub fn disable(tx: &mut PgConnection, cause: &Cause, id: &str) -> Result<()> {
    switch(tx, cause, id, false)
}

pub fn enable(tx: &mut PgConnection, cause: &Cause, id: &str) -> Result<()> {
    switch(tx, cause, id, true)
}

fn switch(tx: &mut PgConnection, cause: &Cause, id: &str, on: bool) -> Result<()> {
    lock(tx, cause.merchant)?;
    super::find(tx, cause.merchant, id)?;
    let changed =
        diesel::sql_query("update categories set enabled = $3, updated_at = $4 where merchant_id = $1 and id = $2 and enabled <> $3")
            .bind::<BigInt, _>(cause.merchant)
            .bind::<Text, _>(id)
            .bind::<Bool, _>(on)
            .bind::<Timestamptz, _>(cause.now)
            .execute(tx)?;
    if changed == 0 {
        return Ok(());
    }
    let verb = if on { "category.enabled" } else { "category.disabled" };
    trail::record(tx, cause, &[Entry::new(verb, "category", id).change(json!({ "enable": !on }), json!({ "enable": on }))])
}

/// P-16: goods of these branches, all the way down, must not be sold. Only the platform's tree says so.
pub fn forbid(tx: &mut PgConnection, cause: &Cause, ids: &[String], reason: &str) -> Result<()> {
    permit(tx, cause, ids, false, reason)
}

/// Takes [`forbid`] back for whole branches.
pub fn allow(tx: &mut PgConnection, cause: &Cause, ids: &[String], reason: &str) -> Result<()> {
    permit(tx, cause, ids, true, reason)
}

#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = Text)]
    id: String,
}

fn permit(tx: &mut PgConnection, cause: &Cause, ids: &[String], allowed: bool, reason: &str) -> Result<()> {
    let cause = cause.at(MerchantId::PLATFORM);
    lock(tx, cause.merchant)?;
    let known = super::by_ids(tx, cause.merchant, ids)?;
    if ids.iter().any(|id| !known.contains_key(id)) {
        return Err(Error::NotFound);
    }
    let mut changed: Vec<Changed> = diesel::sql_query(
        "with recursive branch as ( \
           select c.id from categories c where c.merchant_id = $1 and c.id = any($2) \
           union select c.id from branch b join categories c on c.merchant_id = $1 and c.parent_id = b.id) \
         update categories c set allowed = $3, updated_at = $4 from branch b where c.merchant_id = $1 and c.id = b.id and c.allowed <> $3 returning c.id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(ids)
    .bind::<Bool, _>(allowed)
    .bind::<Timestamptz, _>(cause.now)
    .load(tx)?;
    changed.sort_by(|a, b| a.id.cmp(&b.id));
    let verb = if allowed { "category.allowed" } else { "category.forbidden" };
    let entries: Vec<Entry> = changed
        .iter()
        .map(|c| Entry::new(verb, "category", &c.id).change(json!({ "allowed": !allowed }), json!({ "allowed": allowed })).note(reason))
        .collect();
    if !changed.is_empty() {
        recheck::ask(tx, &cause, &About::Categories(ids))?;
    }
    trail::record(tx, &cause, &entries)
}
