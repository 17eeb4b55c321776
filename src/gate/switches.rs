//! On or off: a merchant as a whole, and each of its modules (W-01, W-02).

use super::terms::Term;
use crate::clock::on_the_wire;
use crate::db::Prepare;
use crate::ids::MerchantId;
use crate::text::Text as Sentence;
use crate::trail::{self, Cause, Entry};
use crate::wire::Module;
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Int4, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// What a switch switches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Everything,
    One(Module),
}

impl What {
    pub fn as_str(self) -> &'static str {
        match self {
            What::Everything => "all",
            What::One(module) => module.as_str(),
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        if name == "all" { Some(What::Everything) } else { Module::of(name).map(What::One) }
    }
}

/// Something that is off.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Off {
    /// A module, or `all`.
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
    /// Changes with every change.
    #[diesel(sql_type = BigInt)]
    pub mark: i64,
}

const SELECT: &str = "select module, reason, by_name, since, until, mark from switches";

/// Everything that is off at a merchant now.
pub fn all_off(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Off>> {
    let sql = format!("{SELECT} where merchant_id = $1 and (until is null or until > $2) order by module");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Timestamptz, _>(now).load(c)?)
}

/// Why a module is off now, if it is: the merchant's pause before the module's own switch.
pub fn why_off(c: &mut PgConnection, merchant: MerchantId, module: Module, now: DateTime<Utc>) -> Result<Option<Off>> {
    let sql = format!(
        "{SELECT} where merchant_id = $1 and module in ('all', $3) and (until is null or until > $2) order by module <> 'all' limit 1"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(module.as_str())
        .prepared()
        .get_result(c)
        .optional()?)
}

/// Any number will do that no other lock of two numbers uses.
const DOOR: i32 = 7211;

/// Holds the door open until the transaction ends: whoever closes it waits for those who are passing, so that nothing lands
/// any more once “paused” is on the screen. Taken before any row.
pub fn pass(tx: &mut PgConnection, merchant: MerchantId) -> Result<()> {
    door(tx, "pg_advisory_xact_lock_shared", merchant)
}

/// Waits until nobody is passing.
pub(super) fn shut(tx: &mut PgConnection, merchant: MerchantId) -> Result<()> {
    door(tx, "pg_advisory_xact_lock", merchant)
}

fn door(tx: &mut PgConnection, lock: &str, merchant: MerchantId) -> Result<()> {
    diesel::sql_query(format!("select {lock}($1, hashint8($2))"))
        .bind::<Int4, _>(DOOR)
        .bind::<BigInt, _>(merchant)
        .prepared()
        .execute(tx)?;
    Ok(())
}

fn stored(tx: &mut PgConnection, merchant: MerchantId, what: What) -> Result<Option<Off>> {
    let sql = format!("{SELECT} where merchant_id = $1 and module = $2 for update");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(what.as_str()).get_result(tx).optional()?)
}

/// What the person saw is still so. `seen` is 0 for “on”.
fn as_seen(stored: Option<&Off>, seen: i64, now: DateTime<Utc>) -> Result<()> {
    let is = stored.filter(|off| off.until.is_none_or(|end| end > now)).map_or(0, |off| off.mark);
    if is == seen {
        return Ok(());
    }
    Err(Error::Conflict(match stored {
        Some(off) if is != 0 => Sentence::new("gate-changed-by").with(&off.by_name),
        _ => Sentence::new("gate-changed"),
    }))
}

fn told(off: &Off) -> Value {
    json!({ "on": false, "until": off.until.map(on_the_wire), "reason": off.reason })
}

/// Turns something off, or changes how long and why it is off.
///
/// # Errors
/// `Conflict` when it is not as the person saw it.
pub fn turn_off(tx: &mut PgConnection, cause: &Cause, what: What, term: &Term, seen: i64) -> Result<()> {
    shut(tx, cause.merchant)?;
    let before = stored(tx, cause.merchant, what)?;
    as_seen(before.as_ref(), seen, cause.now)?;
    diesel::sql_query(
        "insert into switches (merchant_id, module, reason, by_user, by_name, since, until) values ($1, $2, $3, $4, $5, $6, $7) \
         on conflict (merchant_id, module) do update set reason = excluded.reason, by_user = excluded.by_user, by_name = excluded.by_name, \
         since = case when $8 then excluded.since else switches.since end, until = excluded.until, mark = default",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(what.as_str())
    .bind::<Text, _>(&term.reason)
    .bind::<Nullable<BigInt>, _>(cause.actor_id)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Nullable<Timestamptz>, _>(term.until)
    .bind::<diesel::sql_types::Bool, _>(seen == 0)
    .execute(tx)?;
    let live = before.filter(|_| seen != 0);
    let verb = if live.is_some() { "switch.extended" } else { "switch.turned_off" };
    let was = live.as_ref().map_or_else(|| json!({ "on": true }), told);
    let is = json!({ "on": false, "until": term.until.map(on_the_wire), "reason": term.reason });
    trail::record(tx, cause, &[Entry::new(verb, "switch", what.as_str()).change(was, is).note(&term.reason)])
}

/// Turns something on again. What has waited is applied by the worker.
///
/// # Errors
/// `Conflict` when it is not as the person saw it.
pub fn turn_on(tx: &mut PgConnection, cause: &Cause, what: What, seen: i64) -> Result<()> {
    shut(tx, cause.merchant)?;
    let before = stored(tx, cause.merchant, what)?;
    as_seen(before.as_ref(), seen, cause.now)?;
    let Some(off) = before.filter(|_| seen != 0) else {
        return Ok(());
    };
    drop_row(tx, cause.merchant, &off.module)?;
    trail::record(tx, cause, &[Entry::new("switch.turned_on", "switch", what.as_str()).change(told(&off), json!({ "on": true }))])
}

fn drop_row(tx: &mut PgConnection, merchant: MerchantId, module: &str) -> Result<()> {
    diesel::sql_query("delete from switches where merchant_id = $1 and module = $2")
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(module)
        .execute(tx)?;
    Ok(())
}

/// Writes down what time has ended; it has been on since. How many that were.
pub fn expire(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Over {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
        #[diesel(embed)]
        off: Off,
    }
    let over: Vec<Over> = diesel::sql_query(
        "delete from switches s using (select merchant_id, module from switches where until <= $1 for update skip locked) e \
         where s.merchant_id = e.merchant_id and s.module = e.module returning s.merchant_id, s.module, s.reason, s.by_name, s.since, s.until, s.mark",
    )
    .bind::<Timestamptz, _>(now)
    .load(tx)?;
    for one in &over {
        let cause = Cause::system(one.merchant_id, "timer", now);
        let entry = Entry::new("switch.expired", "switch", &one.off.module).change(told(&one.off), json!({ "on": true }));
        trail::record(tx, &cause, &[entry])?;
    }
    Ok(over.len())
}
