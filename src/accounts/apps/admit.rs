use super::address;
use super::model::{App, Door, Secrets, unproved};
use super::served::{Served, served};
use super::signature::{Request, diagnose, sign};
use crate::accounts::{buckets, sealing};
use crate::clock::on_the_wire;
use crate::db::Prepare;
use crate::error::Code;
use crate::ids::AppId;
use crate::text::{Lang, Text};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text as SqlText, Timestamptz};
use std::net::IpAddr;
use subtle::{Choice, ConstantTimeEq};

/// How far a caller's clock may be off.
const SKEW_SECONDS: i64 = 300;
/// How long a nonce is remembered; beyond, the timestamp is too old anyway.
const NONCE_MINUTES: i64 = 10;
const NONCE_LENGTH: std::ops::RangeInclusive<usize> = 8..=64;
/// The time of the last use is a hint for people, not worth a write per call.
const USE_NOTED_EVERY: i64 = 60;

/// Somebody at the door: the signature headers as they came (empty when missing), and what they were to sign.
#[derive(Clone, Debug)]
pub struct Knock {
    pub app_key: String,
    pub timestamp: String,
    pub nonce: String,
    pub signature: String,
    pub method: String,
    pub path_and_query: String,
    /// What the query says `merchant` is; once at most, unless somebody errs.
    pub merchants: Vec<String>,
    pub body_sha256: [u8; 32],
    pub ip: Option<IpAddr>,
}

impl Knock {
    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            path_and_query: &self.path_and_query,
            timestamp: &self.timestamp,
            nonce: &self.nonce,
            body_sha256: &self.body_sha256,
        }
    }
}

/// Lets a call in, or says why not. One transaction's work: a refused call leaves neither nonce nor count behind.
///
/// # Errors
/// `Call` with `BadHeaders`, `OldTimestamp`, `BadSignature`, `BadAddress` or `Replayed`, those of [`served`], and `TooMany`. An unknown key and a
/// wrong signature are told alike and take the same work; only a sandbox credential is told what differs.
pub fn admit(tx: &mut PgConnection, knock: &Knock, now: DateTime<Utc>, master_key: &[u8; 32]) -> Result<App> {
    let sent = well_formed(knock)?;
    in_time(knock, now)?;
    let door = Door::by_key(tx, &knock.app_key)?;
    let secrets = match &door {
        Some(door) => door.secrets(master_key, &knock.app_key, now)?,
        None => nobodys_secrets(master_key, &knock.app_key),
    };
    let fits = secrets.live.iter().fold(Choice::from(0), |fits, secret| fits | sign(secret, &knock.request()).ct_eq(&sent));
    let door = door.ok_or_else(unproved)?;
    if !bool::from(fits) {
        return Err(if door.sandbox {
            Error::Call(Code::BadSignature, diagnose(&knock.request(), None, &sent, &knock.app_key, &secrets.live, &secrets.ended))
        } else {
            unproved()
        });
    }
    still_open(&door, now)?;
    from_allowed_address(&door, knock.ip)?;
    let merchant = served(tx, &door, &knock.merchants)?;
    if !merchant.active {
        return Err(refused("api-sig-suspended"));
    }
    let left = buckets::take(tx, &bucket(&door, &merchant), door.rate_per_minute, now)?;
    spend_nonce(tx, door.id, &knock.nonce, now)?;
    note_use(tx, &door, now)?;
    Ok(App {
        id: door.id,
        merchant: merchant.id,
        merchant_name: merchant.name,
        name: door.name,
        channel: door.channel,
        sandbox: door.sandbox,
        scopes: door.scopes,
        shops: door.shops,
        always_200: door.always_200,
        lang: Lang::read(&door.language),
        limit: door.rate_per_minute,
        remaining: left.remaining,
        resets_in: left.resets_in,
    })
}

fn bad_header(name: &str, example: &str) -> Error {
    Error::Call(Code::BadHeaders, Text::new("api-sig-bad-header").with(name).with(example))
}

/// Checks the four headers' form and returns the signature's bytes.
fn well_formed(knock: &Knock) -> Result<[u8; 32]> {
    const SIGNATURE_EXAMPLE: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if !knock.app_key.starts_with("dj_") || knock.app_key.len() > 64 || !plain(&knock.app_key) {
        return Err(bad_header("X-App-Key", "dj_live_4fK9…"));
    }
    if knock.timestamp.len() == 13 && knock.timestamp.bytes().all(|b| b.is_ascii_digit()) {
        let seconds: String = knock.timestamp.chars().take(10).collect();
        return Err(Error::Call(Code::BadHeaders, Text::new("api-sig-milliseconds").with(&knock.timestamp).with(seconds)));
    }
    if !(1..=11).contains(&knock.timestamp.len()) || !knock.timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad_header("X-Timestamp", "1763769600"));
    }
    if !NONCE_LENGTH.contains(&knock.nonce.len()) || !plain(&knock.nonce) {
        return Err(bad_header("X-Nonce", "6f1c2b0e9d8a4c57"));
    }
    sealing::unhex(&knock.signature).ok_or_else(|| bad_header("X-Signature", SIGNATURE_EXAMPLE))
}

fn in_time(knock: &Knock, now: DateTime<Utc>) -> Result<()> {
    let theirs: i64 = knock.timestamp.parse().map_err(|_| bad_header("X-Timestamp", "1763769600"))?;
    if (now.timestamp() - theirs).abs() <= SKEW_SECONDS {
        return Ok(());
    }
    Err(Error::Call(
        Code::OldTimestamp,
        Text::new("api-sig-old").with(&knock.timestamp).with(now.timestamp().to_string()).with(on_the_wire(now)),
    ))
}

/// What a known key would cost, so that time does not tell which keys exist.
fn nobodys_secrets(master_key: &[u8; 32], app_key: &str) -> Secrets {
    let opened = sealing::open(master_key, app_key, &[0; 68]);
    Secrets { live: vec![opened.unwrap_or_default()], ended: Vec::new() }
}

/// The caller holds the secret, so it may know why it is shut out.
fn still_open(door: &Door, now: DateTime<Utc>) -> Result<()> {
    if door.revoked_at.is_some() {
        Err(refused("api-sig-revoked"))
    } else if door.expires_at.is_some_and(|end| end <= now) {
        Err(refused("api-sig-expired"))
    } else {
        Ok(())
    }
}

fn refused(key: &'static str) -> Error {
    Error::Call(Code::BadSignature, Text::new(key))
}

/// What is counted together. A rush at one merchant takes nothing from the buyers of another.
fn bucket(door: &Door, merchant: &Served) -> String {
    if merchant.id == door.merchant_id { format!("app:{}", door.id) } else { format!("app:{}:{}", door.id, merchant.id) }
}

fn from_allowed_address(door: &Door, ip: Option<IpAddr>) -> Result<()> {
    if door.ip_allow.is_empty() || ip.is_some_and(|ip| address::within(ip, &door.ip_allow)) {
        return Ok(());
    }
    let told = ip.map_or_else(|| "?".to_owned(), |ip| ip.to_string());
    Err(Error::Call(Code::BadAddress, Text::new("api-sig-address").with(told)))
}

fn spend_nonce(tx: &mut PgConnection, app: AppId, nonce: &str, now: DateTime<Utc>) -> Result<()> {
    let fresh = diesel::sql_query(
        "insert into nonces as n (app_id, nonce, seen_at) values ($1, $2, $3) \
         on conflict (app_id, nonce) do update set seen_at = excluded.seen_at where n.seen_at < $4",
    )
    .bind::<BigInt, _>(app)
    .bind::<SqlText, _>(nonce)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - Duration::minutes(NONCE_MINUTES))
    .prepared()
    .execute(tx)?;
    if fresh == 1 { Ok(()) } else { Err(Error::Call(Code::Replayed, Text::new("api-sig-replayed").with(nonce))) }
}

fn note_use(tx: &mut PgConnection, door: &Door, now: DateTime<Utc>) -> Result<()> {
    if door.last_used_at.is_some_and(|at| now - at < Duration::seconds(USE_NOTED_EVERY)) {
        return Ok(());
    }
    // To the minute: a write to disk for every call would cost more than it tells.
    diesel::sql_query("update apps set last_used_at = $3 where merchant_id = $1 and id = $2 and (last_used_at is null or last_used_at <= $3 - interval '1 minute')")
        .bind::<BigInt, _>(door.merchant_id)
        .bind::<BigInt, _>(door.id)
        .bind::<Timestamptz, _>(now)
        .prepared().execute(tx)?;
    Ok(())
}

/// Housekeeping: nonces past their time, and secrets that ended more than 30 days ago.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    let nonces = diesel::sql_query("delete from nonces where seen_at < $1")
        .bind::<Timestamptz, _>(now - Duration::minutes(NONCE_MINUTES))
        .execute(tx)?;
    let secrets =
        diesel::sql_query("delete from app_secrets where expires_at < $1").bind::<Timestamptz, _>(now - Duration::days(30)).execute(tx)?;
    Ok(nonces + secrets)
}
