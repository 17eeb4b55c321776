//! Mending a cause, or putting it aside.

use super::read::Which;
use crate::catalog::categories;
use crate::form::Form;
use crate::guards::codes;
use crate::orders::shipments::carriers;
use crate::pricing::codes::Codes;
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text as SqlText, Timestamptz};
use serde_json::{Value, json};

/// Their code means ours, whatever it is of.
///
/// # Errors
/// As [`pair`], [`pair_group`] and [`pair_carrier`].
pub fn say(tx: &mut PgConnection, cause: &Cause, kind: codes::Kind, theirs: &str, ours: &str) -> Result<()> {
    match kind {
        codes::Kind::Category => pair(tx, cause, theirs, ours),
        codes::Kind::RegionGroup | codes::Kind::CustomerGroup => pair_group(tx, cause, kind, theirs, ours),
        codes::Kind::Carrier => pair_carrier(tx, cause, theirs, ours),
    }
}

/// Their code of a group means ours. Lines that wait for it come back within a second.
///
/// # Errors
/// `Invalid` when ours is no group, or theirs is one by itself.
fn pair_group(tx: &mut PgConnection, cause: &Cause, kind: codes::Kind, theirs: &str, ours: &str) -> Result<()> {
    let known = Codes::by_customers(tx, cause.merchant, &[])?;
    let is_one = |code: &str| match kind {
        codes::Kind::RegionGroup => known.region_by(code).is_some(),
        _ => known.group_by(code).is_some(),
    };
    let wrong = |field: &str, text: Text| {
        let typed = Form::filled([("theirs", theirs.to_owned()), ("ours", ours.to_owned())]);
        Err(Error::invalid(typed.with_error(field, text)))
    };
    if is_one(theirs) {
        return wrong("theirs", Text::new("failures-own-group").with(theirs));
    }
    if !is_one(ours) {
        return wrong("ours", Text::new("failures-no-group").with(ours));
    }
    codes::pair(tx, cause, kind, theirs, ours)
}

/// Their category means ours: a leaf of this merchant. Lines that wait for it come back within a second.
///
/// # Errors
/// `Invalid` when ours is not a leaf, or theirs is a category by itself.
fn pair(tx: &mut PgConnection, cause: &Cause, theirs: &str, ours: &str) -> Result<()> {
    let known = categories::by_ids(tx, cause.merchant, &[theirs.to_owned(), ours.to_owned()])?;
    let wrong = |field: &str, text: Text| {
        let typed = Form::filled([("theirs", theirs.to_owned()), ("ours", ours.to_owned())]);
        Err(Error::invalid(typed.with_error(field, text)))
    };
    if known.contains_key(theirs) {
        return wrong("theirs", Text::new("failures-own-category").with(theirs));
    }
    match known.get(ours) {
        None => wrong("ours", Text::new("failures-no-category").with(ours)),
        Some(leaf) if leaf.level != 3 => wrong("ours", Text::new("failures-no-leaf").with(ours)),
        Some(_) => codes::pair(tx, cause, codes::Kind::Category, theirs, ours),
    }
}

/// Their carrier means ours. Lines that wait for it come back within a second.
///
/// # Errors
/// `Invalid` when ours is no carrier of the platform.
fn pair_carrier(tx: &mut PgConnection, cause: &Cause, theirs: &str, ours: &str) -> Result<()> {
    let ours = ours.to_ascii_uppercase();
    if !carriers::search(tx, &ours)?.iter().any(|c| c.code == ours) {
        let typed = Form::filled([("theirs", theirs.to_owned()), ("ours", ours.clone())]);
        return Err(Error::invalid(typed.with_error("ours", Text::new("failures-no-carrier").with(&ours))));
    }
    codes::pair(tx, cause, codes::Kind::Carrier, theirs, &ours)
}

/// Puts a cause aside: its waiting lines are settled, its refused ones not shown again. What comes later shows again.
pub fn dismiss(tx: &mut PgConnection, cause: &Cause, which: &Which, why: &str) -> Result<usize> {
    let lines = if which.waits {
        diesel::sql_query(
            "update parked_lines set settled_at = $5, outcome = 'dismissed' \
             where merchant_id = $1 and method = $2 and waits_for = $3 and code = $4 and settled_at is null and waits_for <> 'quarantine'",
        )
        .bind::<BigInt, _>(cause.merchant)
        .bind::<SqlText, _>(&which.method)
        .bind::<SqlText, _>(&which.problem)
        .bind::<SqlText, _>(&which.code)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?
    } else {
        diesel::sql_query(
            "insert into dismissals (merchant_id, method, problem, code, at, by_name, reason) values ($1, $2, $3, $4, $5, $6, $7) \
             on conflict (merchant_id, method, problem, code) do update set at = $5, by_name = $6, reason = $7",
        )
        .bind::<BigInt, _>(cause.merchant)
        .bind::<SqlText, _>(&which.method)
        .bind::<SqlText, _>(&which.problem)
        .bind::<SqlText, _>(&which.code)
        .bind::<Timestamptz, _>(cause.now)
        .bind::<SqlText, _>(&cause.actor_name)
        .bind::<SqlText, _>(why)
        .execute(tx)?
    };
    if lines > 0 {
        let told = json!({ "problem": which.problem, "code": which.code, "lines": lines });
        trail::record(tx, cause, &[Entry::new("lines.dismissed", "method", &which.method).change(Value::Null, told).note(why)])?;
    }
    Ok(lines)
}
