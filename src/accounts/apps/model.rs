use crate::accounts::sealing;
use crate::db::Prepare;
use crate::error::Code;
use crate::ids::{AppId, MerchantId, ShopId};
use crate::text::{Lang, Text};
use crate::trail::{self, Cause, Entry, Kind};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Bytea, Nullable, Text as SqlText, Timestamptz};
use serde::Serialize;
use serde_json::json;

/// The selling channels a credential can belong to.
pub const CHANNELS: [&str; 2] = ["b2b", "micro_shop"];
/// When an order that is handed over counts as taken.
pub const ACK_MODES: [&str; 3] = ["explicit", "pull_through", "auto"];
/// How long the old secret still opens after a rotation, when nothing else is said.
pub const OVERLAP_HOURS: i64 = 24;

const KEY_LENGTH: usize = 20;
const SECRET_LENGTH: usize = 40;

/// An API credential that has proved itself.
#[derive(Clone, Debug)]
pub struct App {
    pub id: AppId,
    pub merchant: MerchantId,
    pub merchant_name: String,
    pub name: String,
    pub channel: String,
    pub sandbox: bool,
    /// `<module>:read` and `<module>:write`.
    pub scopes: Vec<String>,
    /// `None`: every shop of the merchant.
    pub shops: Option<Vec<ShopId>>,
    ///
    pub always_200: bool,
    pub lang: Lang,
    /// Calls per minute.
    pub limit: i32,
    pub remaining: i32,
    /// Seconds until the window starts anew.
    pub resets_in: u64,
}

/// A credential to create.
#[derive(Clone, Debug)]
pub struct NewApp {
    pub name: String,
    /// One of [`CHANNELS`].
    pub channel: String,
    pub sandbox: bool,
    pub scopes: Vec<String>,
    pub shops: Option<Vec<ShopId>>,
    /// Of a credential of the platform: the merchants it sells for; `None`: every one.
    pub merchants: Option<Vec<MerchantId>>,
    /// Addresses and networks; empty: from anywhere.
    pub ip_allow: Vec<String>,
    pub always_200: bool,
    /// One of [`ACK_MODES`].
    pub ack_mode: String,
    pub expires_at: Option<DateTime<Utc>>,
    pub language: Lang,
}

impl Default for NewApp {
    /// A live B2B credential without a single scope.
    fn default() -> Self {
        Self {
            name: String::new(),
            channel: "b2b".to_owned(),
            sandbox: false,
            scopes: Vec::new(),
            shops: None,
            merchants: None,
            ip_allow: Vec::new(),
            always_200: false,
            ack_mode: "explicit".to_owned(),
            expires_at: None,
            language: Lang::default(),
        }
    }
}

/// What is told once and never again.
#[derive(Clone, Debug, Serialize)]
pub struct Issued {
    pub id: AppId,
    pub app_key: String,
    pub secret: String,
}

/// A credential as its owner sees it; the secret is not among it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Credential {
    #[diesel(sql_type = BigInt)]
    pub id: AppId,
    #[diesel(sql_type = SqlText)]
    pub app_key: String,
    #[diesel(sql_type = SqlText)]
    pub name: String,
    #[diesel(sql_type = SqlText)]
    pub channel: String,
    #[diesel(sql_type = Bool)]
    pub sandbox: bool,
    #[diesel(sql_type = Array<SqlText>)]
    pub scopes: Vec<String>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    pub shops: Option<Vec<ShopId>>,
    /// Codes of the merchants a credential of the platform sells for; absent: every one.
    #[diesel(sql_type = Nullable<Array<SqlText>>)]
    pub merchants: Option<Vec<String>>,
    #[diesel(sql_type = Array<SqlText>)]
    pub ip_allow: Vec<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub revoked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When the secret before the current one stops to open; absent when it has.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub overlap_until: Option<DateTime<Utc>>,
}

impl Credential {
    /// Enough of the key to know it by: `dj_live_…7Q2F`.
    pub fn short_key(&self) -> String {
        let prefix: String = self.app_key.chars().take(8).collect();
        let end: Vec<char> = self.app_key.chars().rev().take(4).collect();
        format!("{prefix}…{}", end.iter().rev().collect::<String>())
    }
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

/// A merchant's credentials: those in use first, then by age.
pub fn all(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Credential>> {
    Ok(diesel::sql_query(
        "select a.id, a.app_key, a.name, a.channel, a.sandbox, a.scopes, a.shops, a.ip_allow, a.expires_at, a.revoked_at, a.last_used_at, a.created_at, \
         case when a.merchants is not null then array(select m.code from merchants m where m.id = any(a.merchants) order by m.code) end as merchants, \
         (select max(s.expires_at) from app_secrets s where s.merchant_id = a.merchant_id and s.app_id = a.id and s.expires_at > $2) as overlap_until \
         from apps a where a.merchant_id = $1 order by a.revoked_at is not null, a.id desc limit 500",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .load(c)?)
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    id: AppId,
    #[diesel(sql_type = SqlText)]
    app_key: String,
    #[diesel(sql_type = SqlText)]
    name: String,
}

/// Creates a credential of the cause's merchant. The secret is in the answer and nowhere else in the clear.
pub fn create(tx: &mut PgConnection, cause: &Cause, master_key: &[u8; 32], new: NewApp) -> Result<Issued> {
    let kind = if new.sandbox { "test" } else { "live" };
    let app_key = format!("dj_{kind}_{}", sealing::random_text(KEY_LENGTH));
    let creator = cause.actor_id.filter(|_| cause.kind == Kind::Person);
    let Named { id, .. } = diesel::sql_query(
        "insert into apps (merchant_id, app_key, name, channel, sandbox, scopes, shops, ip_allow, always_200, language, expires_at, created_by, created_at, ack_mode, merchants) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning id, app_key, name",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<SqlText, _>(&app_key)
    .bind::<SqlText, _>(&new.name)
    .bind::<SqlText, _>(&new.channel)
    .bind::<Bool, _>(new.sandbox)
    .bind::<Array<SqlText>, _>(&new.scopes)
    .bind::<Nullable<Array<BigInt>>, _>(&new.shops)
    .bind::<Array<SqlText>, _>(&new.ip_allow)
    .bind::<Bool, _>(new.always_200)
    .bind::<SqlText, _>(new.language.tag())
    .bind::<Nullable<Timestamptz>, _>(new.expires_at)
    .bind::<Nullable<BigInt>, _>(creator)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<SqlText, _>(&new.ack_mode)
    .bind::<Nullable<Array<BigInt>>, _>(&new.merchants)
    .get_result(tx)?;
    let secret = add_secret(tx, cause, master_key, id, &app_key)?;
    let after = json!({
        "name": new.name, "appKey": app_key, "channel": new.channel, "sandbox": new.sandbox, "scopes": new.scopes, "shops": new.shops, "merchants": new.merchants,
        "ipAllow": new.ip_allow, "ackMode": new.ack_mode, "expiresAt": new.expires_at,
    });
    trail::record(tx, cause, &[Entry::new("app.created", "app", id).change(json!(null), after)])?;
    Ok(Issued { id, app_key, secret })
}

fn add_secret(tx: &mut PgConnection, cause: &Cause, master_key: &[u8; 32], app: AppId, app_key: &str) -> Result<String> {
    let secret = sealing::random_text(SECRET_LENGTH);
    diesel::sql_query("insert into app_secrets (merchant_id, app_id, sealed, created_at) values ($1, $2, $3, $4)")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(app)
        .bind::<Bytea, _>(sealing::seal(master_key, app_key, &secret)?)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    Ok(secret)
}

/// The credential, locked, if it is the cause's merchant's and not revoked.
fn hold(tx: &mut PgConnection, cause: &Cause, id: AppId) -> Result<Named> {
    Ok(diesel::sql_query("select id, app_key, name from apps where merchant_id = $1 and id = $2 and revoked_at is null for update")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .get_result(tx)?)
}

/// A new secret; the one before still opens for `overlap`, so that an ERP can change over without a gap. Older ones end now.
pub fn rotate(tx: &mut PgConnection, cause: &Cause, master_key: &[u8; 32], id: AppId, overlap: Duration) -> Result<Issued> {
    let app = hold(tx, cause, id)?;
    // An ended secret is kept a while: in a sandbox it lets us say "signed with the previous secret".
    diesel::sql_query(
        "update app_secrets set expires_at = case when id = (select max(id) from app_secrets where merchant_id = $1 and app_id = $2) then $4 else $3 end \
         where merchant_id = $1 and app_id = $2 and (expires_at is null or expires_at > $3)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Timestamptz, _>(cause.now + overlap)
    .execute(tx)?;
    let secret = add_secret(tx, cause, master_key, id, &app.app_key)?;
    let entry =
        Entry::new("app.rotated", "app", id).change(json!(null), json!({ "name": app.name, "oldSecretUntil": cause.now + overlap }));
    trail::record(tx, cause, &[entry])?;
    Ok(Issued { id: app.id, app_key: app.app_key, secret })
}

/// Ends a credential for good.
pub fn revoke(tx: &mut PgConnection, cause: &Cause, id: AppId) -> Result<()> {
    let app = hold(tx, cause, id)?;
    diesel::sql_query("update apps set revoked_at = $3 where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    trail::record(tx, cause, &[Entry::new("app.revoked", "app", id).change(json!({ "name": app.name }), json!(null))])
}

/// What knocking needs to know of a credential.
#[derive(QueryableByName)]
pub(super) struct Door {
    #[diesel(sql_type = BigInt)]
    pub id: AppId,
    #[diesel(sql_type = BigInt)]
    pub merchant_id: MerchantId,
    #[diesel(sql_type = SqlText)]
    pub merchant_name: String,
    #[diesel(sql_type = Bool)]
    pub merchant_active: bool,
    #[diesel(sql_type = SqlText)]
    pub name: String,
    #[diesel(sql_type = SqlText)]
    pub channel: String,
    #[diesel(sql_type = Bool)]
    pub sandbox: bool,
    #[diesel(sql_type = Array<SqlText>)]
    pub scopes: Vec<String>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    pub shops: Option<Vec<ShopId>>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    pub merchants: Option<Vec<MerchantId>>,
    #[diesel(sql_type = Array<SqlText>)]
    pub ip_allow: Vec<String>,
    #[diesel(sql_type = Bool)]
    pub always_200: bool,
    #[diesel(sql_type = SqlText)]
    pub language: String,
    #[diesel(sql_type = diesel::sql_types::Int4)]
    pub rate_per_minute: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub expires_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub revoked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_used_at: Option<DateTime<Utc>>,
    /// Newest first; the last few, live or not.
    #[diesel(sql_type = Array<Bytea>)]
    pub sealed: Vec<Vec<u8>>,
    #[diesel(sql_type = Array<Nullable<Timestamptz>>)]
    pub ends: Vec<Option<DateTime<Utc>>>,
}

const DOOR: &str = "select a.id, a.merchant_id, m.name as merchant_name, m.status = 'active' as merchant_active, a.name, a.channel, a.sandbox, a.scopes, a.shops, a.merchants, \
     a.ip_allow, a.always_200, a.language, a.rate_per_minute, a.expires_at, a.revoked_at, a.last_used_at, \
     array(select s.sealed from app_secrets s where s.merchant_id = a.merchant_id and s.app_id = a.id order by s.id desc limit 4) as sealed, \
     array(select s.expires_at from app_secrets s where s.merchant_id = a.merchant_id and s.app_id = a.id order by s.id desc limit 4) as ends \
     from apps a join merchants m on m.id = a.merchant_id where ";

impl Door {
    pub fn by_key(c: &mut PgConnection, app_key: &str) -> Result<Option<Self>> {
        Ok(diesel::sql_query(format!("{DOOR} a.app_key = $1")).bind::<SqlText, _>(app_key).prepared().get_result(c).optional()?)
    }
    /// A sandbox credential of the merchant's own, for the signature checker.
    pub fn own_sandbox(c: &mut PgConnection, merchant: MerchantId, app_key: &str) -> Result<Option<Self>> {
        let sql = format!("{DOOR} a.merchant_id = $1 and a.app_key = $2 and a.sandbox and a.revoked_at is null");
        Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<SqlText, _>(app_key).get_result(c).optional()?)
    }
    /// Secrets that open now, and those that did once.
    pub fn secrets(&self, master_key: &[u8; 32], app_key: &str, now: DateTime<Utc>) -> Result<Secrets> {
        let mut secrets = Secrets::default();
        for (sealed, end) in self.sealed.iter().zip(&self.ends) {
            let secret = sealing::open(master_key, app_key, sealed)
                .ok_or_else(|| Error::broken("a sealed API secret does not open: was the master key changed?"))?;
            if end.is_none_or(|end| end > now) { secrets.live.push(secret) } else { secrets.ended.push(secret) }
        }
        Ok(secrets)
    }
}

#[derive(Default)]
pub(super) struct Secrets {
    pub live: Vec<String>,
    pub ended: Vec<String>,
}

/// The refusal that tells nothing.
pub(super) fn unproved() -> Error {
    Error::Call(Code::BadSignature, Text::new("api-sig-wrong"))
}
