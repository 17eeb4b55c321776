use crate::Result;
use crate::ids::{MerchantId, UserId};
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Jsonb, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// A session ends after this long without a request…
const IDLE_MINUTES: i64 = 30;
/// …and after this long in any case.
const HOURS: i64 = 8;
/// Those who asked to stay logged in have this long instead of both.
pub const KEEP_DAYS: i64 = 7;
/// The time of the last request is written at most this often.
const SEEN_NOTED_EVERY: i64 = 60;

/// What a session knows, as JSON values by name: `uid`, `csrf`, `sid` (its public name), `keep`, `ip`, `agent`.
pub type State = Map<String, Value>;

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Jsonb)]
    state: Value,
    #[diesel(sql_type = Timestamptz)]
    seen_at: DateTime<Utc>,
}

/// The state of a live session, and whether it is time to [`touch`] it.
pub fn load(c: &mut PgConnection, token_hash: &[u8], now: DateTime<Utc>) -> Result<Option<(State, bool)>> {
    let stored: Option<Stored> = diesel::sql_query(
        "select state, seen_at from sessions where token_hash = $1 and expires_at > $2 and (seen_at > $3 or state ->> 'keep' = 'true')",
    )
    .bind::<Bytea, _>(token_hash)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - Duration::minutes(IDLE_MINUTES))
    .get_result(c)
    .optional()?;
    Ok(stored.map(|s| {
        let state = if let Value::Object(map) = s.state { map } else { State::new() };
        (state, now - s.seen_at >= Duration::seconds(SEEN_NOTED_EVERY))
    }))
}

/// Whether a user's session, by its public name, is still alive: for what stays open longer than a request.
pub fn is_logged_in(c: &mut PgConnection, user: UserId, sid: &str, now: DateTime<Utc>) -> Result<bool> {
    #[derive(QueryableByName)]
    struct One {
        #[diesel(sql_type = Bool)]
        live: bool,
    }
    let one: One = diesel::sql_query(
        "select exists (select 1 from sessions s join users u on u.id = s.user_id where s.user_id = $1 and s.state ->> 'sid' = $2 and u.active \
         and s.expires_at > $3 and (s.seen_at > $4 or s.state ->> 'keep' = 'true')) as live",
    )
    .bind::<BigInt, _>(user)
    .bind::<Text, _>(sid)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - Duration::minutes(IDLE_MINUTES))
    .get_result(c)?;
    Ok(one.live)
}

pub fn touch(tx: &mut PgConnection, token_hash: &[u8], now: DateTime<Utc>) -> Result<()> {
    diesel::sql_query("update sessions set seen_at = $2 where token_hash = $1")
        .bind::<Bytea, _>(token_hash)
        .bind::<Timestamptz, _>(now)
        .execute(tx)?;
    Ok(())
}

/// A new session. Its end is fixed now; requests only keep it from falling asleep.
pub fn start(tx: &mut PgConnection, token_hash: &[u8], state: &State, now: DateTime<Utc>) -> Result<()> {
    let words = |name: &str| state.get(name).and_then(Value::as_str);
    let keep = state.get("keep").and_then(Value::as_bool).unwrap_or_default();
    let end = now + if keep { Duration::days(KEEP_DAYS) } else { Duration::hours(HOURS) };
    diesel::sql_query("insert into sessions (token_hash, user_id, state, created_at, seen_at, expires_at, ip, agent) values ($1, $2, $3, $4, $4, $5, $6, $7)")
        .bind::<Bytea, _>(token_hash)
        .bind::<Nullable<BigInt>, _>(state.get("uid").and_then(Value::as_i64))
        .bind::<Jsonb, _>(Value::Object(state.clone()))
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(end)
        .bind::<Nullable<Text>, _>(words("ip"))
        .bind::<Nullable<Text>, _>(words("agent"))
        .execute(tx)?;
    Ok(())
}

/// Changes what a session knows. A session that is gone stays gone: else a request on its way would revive it after logout.
pub fn change(tx: &mut PgConnection, token_hash: &[u8], state: &State) -> Result<()> {
    diesel::sql_query("update sessions set state = $2 where token_hash = $1")
        .bind::<Bytea, _>(token_hash)
        .bind::<Jsonb, _>(Value::Object(state.clone()))
        .execute(tx)?;
    Ok(())
}

pub fn end(tx: &mut PgConnection, token_hash: &[u8]) -> Result<()> {
    diesel::sql_query("delete from sessions where token_hash = $1").bind::<Bytea, _>(token_hash).execute(tx)?;
    Ok(())
}

/// Ends every session of a user: password changed, account disabled.
pub fn end_all(tx: &mut PgConnection, user: UserId) -> Result<usize> {
    Ok(diesel::sql_query("delete from sessions where user_id = $1").bind::<BigInt, _>(user).execute(tx)?)
}

/// Ends a user's sessions but the one with this public name.
pub fn end_all_but(tx: &mut PgConnection, cause: &Cause, user: UserId, sid: &str) -> Result<usize> {
    let ended = diesel::sql_query("delete from sessions where user_id = $1 and state ->> 'sid' is distinct from $2")
        .bind::<BigInt, _>(user)
        .bind::<Text, _>(sid)
        .execute(tx)?;
    if ended > 0 {
        trail::record(tx, cause, &[Entry::new("session.ended", "user", user).change(json!(ended), Value::Null)])?;
    }
    Ok(ended)
}

/// Ends one session of a user.
///
/// # Errors
/// `NotFound` for somebody else's.
pub fn end_one(tx: &mut PgConnection, cause: &Cause, user: UserId, sid: &str) -> Result<()> {
    let ended = diesel::sql_query("delete from sessions where user_id = $1 and state ->> 'sid' = $2")
        .bind::<BigInt, _>(user)
        .bind::<Text, _>(sid)
        .execute(tx)?;
    if ended == 0 {
        return Err(crate::Error::NotFound);
    }
    trail::record(tx, cause, &[Entry::new("session.ended", "user", user).change(json!(1), Value::Null)])
}

/// A session as its owner sees it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Session {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub ip: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub agent: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub seen_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub expires_at: DateTime<Utc>,
    #[diesel(sql_type = Bool)]
    pub keep: bool,
}

/// A user's live sessions, the most recently used first.
pub fn of_user(c: &mut PgConnection, user: UserId, now: DateTime<Utc>) -> Result<Vec<Session>> {
    Ok(diesel::sql_query(
        "select coalesce(state ->> 'sid', '') as id, ip, agent, created_at, seen_at, expires_at, coalesce(state ->> 'keep' = 'true', false) as keep \
         from sessions where user_id = $1 and expires_at > $2 and (seen_at > $3 or state ->> 'keep' = 'true') order by seen_at desc limit 100",
    )
    .bind::<BigInt, _>(user)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - Duration::minutes(IDLE_MINUTES))
    .load(c)?)
}

/// Somebody who may be logged in: an active user of an active merchant.
#[derive(QueryableByName)]
pub struct Known {
    #[diesel(sql_type = BigInt)]
    pub id: UserId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub login: String,
    #[diesel(sql_type = Text)]
    pub role: String,
    #[diesel(sql_type = Array<Text>)]
    pub permissions: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub language: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub merchant_id: MerchantId,
    #[diesel(sql_type = Text)]
    pub merchant_name: String,
}

pub fn known(c: &mut PgConnection, user: UserId) -> Result<Option<Known>> {
    Ok(diesel::sql_query(
        "select u.id, u.name, u.login, u.role, u.permissions, u.language, u.merchant_id, m.name as merchant_name \
         from users u join merchants m on m.id = u.merchant_id where u.id = $1 and u.active and m.status = 'active'",
    )
    .bind::<BigInt, _>(user)
    .get_result(c)
    .optional()?)
}

/// Keeps the language somebody chose.
pub fn set_language(tx: &mut PgConnection, user: UserId, tag: &str) -> Result<()> {
    diesel::sql_query("update users set language = $2 where id = $1").bind::<BigInt, _>(user).bind::<Text, _>(tag).execute(tx)?;
    Ok(())
}

/// Housekeeping: sessions past their end, and those that fell asleep a day ago.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::sql_query("delete from sessions where expires_at < $1 or (seen_at < $2 and coalesce(state ->> 'keep', 'false') <> 'true')")
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now - Duration::days(1))
        .execute(tx)?)
}
