//! Logging in: is it they, and how often may one guess.
//!
//! An attempt is counted before the password is looked at and the count is taken back when it was right: a hundred guesses
//! at once see each other. From the fifth wrong one on, an account waits: 5 s, 10 s, 20 s… at most 15 minutes, and it
//! unlocks by itself, so that a stranger cannot keep its owner out for long. Logins nobody has are counted alike, so that
//! they cannot be told from others.

use super::password;
use crate::accounts::{buckets, sealing};
use crate::ids::{MerchantId, UserId};
use crate::trail::{self, Cause, Entry, Kind};
use crate::{Db, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use serde_json::{Value, json};
use std::net::IpAddr;
use uuid::Uuid;

/// Guesses that cost nothing.
const FREE: i32 = 4;
const FIRST_WAIT: i64 = 5;
const LONGEST_WAIT: i64 = 15 * 60;
/// After this long without a guess the count starts anew.
const FORGIVEN_AFTER: i64 = 60 * 60;
/// Attempts from one address in a minute, whoever they are for.
const PER_ADDRESS: i32 = 30;

/// What somebody typed, and where from.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub login: String,
    pub password: String,
    pub ip: Option<IpAddr>,
    pub request_id: Option<Uuid>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Right(UserId),
    /// Login or password: which one is not told.
    Wrong,
    /// Too many guesses: try again in so many seconds.
    Wait(u64),
}

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = BigInt)]
    id: UserId,
    #[diesel(sql_type = BigInt)]
    merchant_id: MerchantId,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = Bool)]
    may_enter: bool,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Int4)]
    failed: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    until: Option<DateTime<Utc>>,
}

enum Guess {
    Allowed { account: Option<Account>, wait: i64 },
    Refused(u64),
}

/// # Errors
/// `TooMany` for too many attempts from one address, `Busy` when too many passwords wait to be checked.
pub async fn verify_login(db: &Db, attempt: Attempt, now: DateTime<Utc>) -> Result<Verdict> {
    let login = attempt.login.trim().to_lowercase();
    let ip = attempt.ip;
    let guess = db.write(move |tx| count_guess(tx, &login, ip, now)).await?;
    let (account, wait) = match guess {
        Guess::Refused(seconds) => return Ok(Verdict::Wait(seconds)),
        Guess::Allowed { account, wait } => (account, wait),
    };
    let whose = account.as_ref().map(|a| (a.merchant_id, a.id));
    let fits = password::fits(attempt.password.clone(), account.as_ref().map(|a| a.password_hash.clone())).await?;
    let ip = attempt.ip.map(|ip| ip.to_string());
    let Some(account) = account.filter(|account| fits && account.may_enter) else {
        if wait > 0 {
            note_wait(db, whose, wait, ip, attempt.request_id, now).await?;
        }
        return Ok(wrong(wait));
    };
    let cause = Cause {
        merchant: account.merchant_id,
        kind: Kind::Person,
        actor_id: Some(account.id.0),
        actor_name: account.name.clone(),
        now,
        request_id: attempt.request_id,
        feed: None,
    };
    let fresh = if password::is_outdated(&account.password_hash) { Some(password::hash(attempt.password).await?) } else { None };
    let id = account.id;
    db.write(move |tx| let_in(tx, &cause, &account, fresh, ip)).await?;
    Ok(Verdict::Right(id))
}

/// Traces that an account waits; for a login nobody has as well, or the time it takes would tell. The login itself is not
/// kept: people type passwords there.
async fn note_wait(
    db: &Db,
    whose: Option<(MerchantId, UserId)>,
    wait: i64,
    ip: Option<String>,
    request_id: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<()> {
    let (merchant, subject) = whose.map_or((MerchantId::PLATFORM, "unknown".to_owned()), |(merchant, id)| (merchant, id.to_string()));
    tracing::warn!(user = subject, wait, "an account waits after wrong passwords");
    // Who guessed is not known: it need not be the account's owner.
    let cause = Cause { request_id, ..Cause::system(merchant, "login", now) };
    let entry = Entry::new("user.locked", "user", subject).change(Value::Null, json!({ "seconds": wait, "ip": ip }));
    db.write(move |tx| trail::record(tx, &cause, &[entry])).await
}

fn wrong(wait: i64) -> Verdict {
    u64::try_from(wait).ok().filter(|s| *s > 0).map_or(Verdict::Wrong, Verdict::Wait)
}

/// How long to wait after so many wrong guesses.
fn wait_after(failed: i32) -> i64 {
    let doubled =
        u32::try_from(failed - FREE - 1).ok().map(|n| FIRST_WAIT.saturating_mul(1_i64.checked_shl(n.min(20)).unwrap_or(i64::MAX)));
    doubled.map_or(0, |seconds| seconds.min(LONGEST_WAIT))
}

fn count_guess(tx: &mut PgConnection, login: &str, ip: Option<IpAddr>, now: DateTime<Utc>) -> Result<Guess> {
    if let Some(ip) = ip {
        buckets::take(tx, &format!("login:{ip}"), PER_ADDRESS, now)?;
    }
    let account: Option<Account> = diesel::sql_query(
        "select u.id, u.merchant_id, u.name, u.password_hash, u.active and m.status = 'active' as may_enter \
         from users u join merchants m on m.id = u.merchant_id where u.login = $1 for update of u",
    )
    .bind::<Text, _>(login)
    .get_result(tx)
    .optional()?;
    let count: Option<Count> = match &account {
        Some(account) => diesel::sql_query("select failed_logins as failed, locked_until as until from users where id = $1")
            .bind::<BigInt, _>(account.id)
            .get_result(tx)
            .optional()?,
        None => diesel::sql_query("select used as failed, window_start as until from buckets where name = $1 for update")
            .bind::<Text, _>(shadow(login))
            .get_result(tx)
            .optional()?,
    };
    let until = count.as_ref().and_then(|c| c.until);
    if let Some(left) = until.map(|until| until - now).filter(|left| *left > Duration::zero()) {
        return Ok(Guess::Refused(u64::try_from(left.num_seconds() + i64::from(left.subsec_nanos() > 0)).unwrap_or(1)));
    }
    let forgiven = until.is_some_and(|until| now - until > Duration::seconds(FORGIVEN_AFTER));
    let failed = if forgiven { 0 } else { count.map_or(0, |c| c.failed) }.saturating_add(1);
    let wait = wait_after(failed);
    note_guess(tx, account.as_ref(), login, failed, now + Duration::seconds(wait))?;
    Ok(Guess::Allowed { account, wait })
}

/// The place where guesses at a login nobody has are counted.
fn shadow(login: &str) -> String {
    format!("nobody:{}", sealing::hex(&sealing::hmac(b"nobody", &[login.as_bytes()])))
}

/// `until` is the time of the guess itself while guesses are free.
fn note_guess(tx: &mut PgConnection, account: Option<&Account>, login: &str, failed: i32, until: DateTime<Utc>) -> Result<()> {
    match account {
        Some(account) => diesel::sql_query("update users set failed_logins = $2, locked_until = $3 where id = $1")
            .bind::<BigInt, _>(account.id)
            .bind::<Int4, _>(failed)
            .bind::<Timestamptz, _>(until)
            .execute(tx)?,
        None => diesel::sql_query(
            "insert into buckets (name, used, window_start) values ($1, $2, $3) \
             on conflict (name) do update set used = excluded.used, window_start = excluded.window_start",
        )
        .bind::<Text, _>(shadow(login))
        .bind::<Int4, _>(failed)
        .bind::<Timestamptz, _>(until)
        .execute(tx)?,
    };
    Ok(())
}

fn let_in(tx: &mut PgConnection, cause: &Cause, account: &Account, fresh_hash: Option<String>, ip: Option<String>) -> Result<()> {
    // The password may have been changed while this one was compared.
    let entered = diesel::sql_query(
        "update users set failed_logins = 0, locked_until = null, last_login_at = $3, password_hash = coalesce($4, password_hash) \
         where id = $1 and password_hash = $2 and active",
    )
    .bind::<BigInt, _>(account.id)
    .bind::<Text, _>(&account.password_hash)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Nullable<Text>, _>(fresh_hash)
    .execute(tx)?;
    if entered == 0 {
        return Err(crate::Error::Busy);
    }
    trail::record(tx, cause, &[Entry::new("user.logged_in", "user", account.id).change(Value::Null, json!({ "ip": ip }))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stop_growing() {
        assert_eq!([1, 4, 5, 6, 7, 12, 13, 100, i32::MAX].map(wait_after), [0, 0, 5, 10, 20, 640, 900, 900, 900]);
    }
}
