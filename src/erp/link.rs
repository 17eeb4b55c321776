//! How a merchant's ERP is called, and for what.

use crate::Result;
use crate::accounts::sealing;
use crate::ids::{MerchantId, ShopId};
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz};
use reqwest::Url;
use serde_json::{Value, json};

/// A success is noted this often at most: it is a hint for people.
const NOTED_EVERY_SECONDS: i64 = 60;

/// A merchant's ERP.
#[derive(QueryableByName, Clone, Debug)]
pub struct Link {
    #[diesel(sql_type = BigInt, column_name = "merchant_id")]
    pub merchant: MerchantId,
    #[diesel(sql_type = Text)]
    pub url: String,
    #[diesel(sql_type = Text)]
    pub app_key: String,
    #[diesel(sql_type = Binary)]
    secret: Vec<u8>,
    /// Its stock is asked for when a buyer orders (S-04).
    #[diesel(sql_type = Bool)]
    pub checks: bool,
    /// `open` or `closed`.
    #[diesel(sql_type = Text)]
    pub when_silent: String,
    /// Pieces that stay unsold where only the local number is known.
    #[diesel(sql_type = BigInt)]
    pub buffer: i64,
    /// Orders and their changes are pushed to it (O-06, O-07).
    #[diesel(sql_type = Bool)]
    pub pushes: bool,
    /// Freezes, deductions and rollbacks are mirrored to it.
    #[diesel(sql_type = Bool)]
    pub mirrors: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub answered_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub failing_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub problem: Option<String>,
    /// Whether its host may stand in the platform's own network; `None`: the platform does not let it be called (any more).
    #[diesel(sql_type = Nullable<Bool>)]
    pub inside: Option<bool>,
}

/// What a merchant chooses.
#[derive(Clone, Debug)]
pub struct Choice {
    pub url: Url,
    pub app_key: String,
    /// `None`: as it was.
    pub secret: Option<String>,
    pub checks: bool,
    pub closed: bool,
    pub buffer: i64,
    pub pushes: bool,
    pub mirrors: bool,
}

/// A host that may be called.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq)]
pub struct Host {
    #[diesel(sql_type = Text)]
    pub host: String,
    /// In the platform's own network, and without TLS if need be.
    #[diesel(sql_type = Bool)]
    pub inside: bool,
}

const SELECT: &str = "select l.merchant_id, l.url, l.app_key, l.secret, l.checks, l.when_silent, l.buffer, l.pushes, l.mirrors, l.answered_at, \
     l.failing_since, l.problem, h.inside from erp_links l left join erp_hosts h on h.merchant_id = l.merchant_id and h.host = l.host";

fn owner(merchant: MerchantId) -> String {
    format!("erp:{merchant}")
}

impl Link {
    /// The address of a method; `None` where it may not be called.
    pub fn address(&self, method: &str) -> Option<Url> {
        let inside = self.inside?;
        let mut url = Url::parse(&self.url).ok().filter(|url| url.scheme() == "https" || inside)?;
        url.path_segments_mut().ok()?.pop_if_empty().push(method);
        Some(url)
    }
    pub(super) fn secret(&self, master_key: &[u8; 32]) -> Option<String> {
        sealing::open(master_key, &owner(self.merchant), &self.secret)
    }
    /// without an answer nothing is sold.
    pub fn fails_closed(&self) -> bool {
        self.when_silent == "closed"
    }
}

pub fn of(c: &mut PgConnection, merchant: MerchantId) -> Result<Option<Link>> {
    let sql = format!("{SELECT} where l.merchant_id = $1");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).get_result(c).optional()?)
}

/// Links over which something is pushed or mirrored, or was and is still to be told.
pub fn all_that_tell(c: &mut PgConnection) -> Result<Vec<Link>> {
    let sql = format!(
        "{SELECT} join merchants m on m.id = l.merchant_id and m.status = 'active' \
         where l.pushes or l.mirrors or exists (select from outbox o where o.merchant_id = l.merchant_id) order by l.merchant_id"
    );
    Ok(diesel::sql_query(sql).load(c)?)
}

pub fn hosts(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Host>> {
    Ok(diesel::sql_query("select host, inside from erp_hosts where merchant_id = $1 order by host").bind::<BigInt, _>(merchant).load(c)?)
}

fn told(link: &Link) -> Value {
    json!({ "url": link.url, "appKey": link.app_key, "checks": link.checks, "whenSilent": link.when_silent, "buffer": link.buffer,
        "pushes": link.pushes, "mirrors": link.mirrors })
}

/// Sets how a merchant's ERP is called.
///
/// # Errors
/// `Broken` without a secret where none is known yet: the form asks for one.
pub fn set(tx: &mut PgConnection, cause: &Cause, choice: &Choice, master_key: &[u8; 32]) -> Result<()> {
    let before = of(tx, cause.merchant)?;
    let secret = match (&choice.secret, &before) {
        (Some(new), _) => sealing::seal(master_key, &owner(cause.merchant), new)?,
        (None, Some(old)) => old.secret.clone(),
        (None, None) => return Err(crate::Error::broken("an ERP without a secret")),
    };
    diesel::sql_query(
        "insert into erp_links (merchant_id, url, host, app_key, secret, checks, when_silent, buffer, pushes, mirrors) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (merchant_id) do update set url = excluded.url, host = excluded.host, \
           app_key = excluded.app_key, secret = excluded.secret, checks = excluded.checks, when_silent = excluded.when_silent, \
           buffer = excluded.buffer, pushes = excluded.pushes, mirrors = excluded.mirrors, failing_since = null, problem = null",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(choice.url.as_str())
    .bind::<Text, _>(choice.url.host_str().unwrap_or_default().to_lowercase())
    .bind::<Text, _>(&choice.app_key)
    .bind::<Binary, _>(secret)
    .bind::<Bool, _>(choice.checks)
    .bind::<Text, _>(if choice.closed { "closed" } else { "open" })
    .bind::<BigInt, _>(choice.buffer)
    .bind::<Bool, _>(choice.pushes)
    .bind::<Bool, _>(choice.mirrors)
    .execute(tx)?;
    let after = of(tx, cause.merchant)?;
    let mut entry = Entry::new("erp.set", "erp", cause.merchant)
        .change(before.as_ref().map_or(Value::Null, told), after.as_ref().map_or(Value::Null, told));
    if choice.secret.is_some() && before.is_some() {
        entry = entry.note("secret");
    }
    trail::record(tx, cause, &[entry])
}

/// No ERP any more; what it was still to be told is told to nobody. How many such there were.
pub fn remove(tx: &mut PgConnection, cause: &Cause) -> Result<usize> {
    let Some(before) = of(tx, cause.merchant)? else { return Ok(0) };
    diesel::sql_query("delete from erp_links where merchant_id = $1").bind::<BigInt, _>(cause.merchant).execute(tx)?;
    let dropped = diesel::sql_query("delete from outbox where merchant_id = $1").bind::<BigInt, _>(cause.merchant).execute(tx)?;
    let entry = Entry::new("erp.removed", "erp", cause.merchant).change(told(&before), json!({ "dropped": dropped }));
    trail::record(tx, cause, &[entry])?;
    Ok(dropped)
}

/// The platform says which hosts a merchant's ERP may be called at.
pub fn set_hosts(tx: &mut PgConnection, cause: &Cause, wanted: &[Host]) -> Result<bool> {
    let before = hosts(tx, cause.merchant)?;
    if before == wanted {
        return Ok(false);
    }
    diesel::sql_query("delete from erp_hosts where merchant_id = $1").bind::<BigInt, _>(cause.merchant).execute(tx)?;
    diesel::sql_query(
        "insert into erp_hosts (merchant_id, host, inside) select $1, l.host, l.inside from unnest($2, $3) as l(host, inside)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(wanted.iter().map(|h| h.host.as_str()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(wanted.iter().map(|h| h.inside).collect::<Vec<_>>())
    .execute(tx)?;
    let told = |all: &[Host]| json!(all.iter().map(|h| json!({ "host": h.host, "inside": h.inside })).collect::<Vec<_>>());
    trail::record(tx, cause, &[Entry::new("erp.hosts_set", "erp", cause.merchant).change(told(&before), told(wanted))])?;
    Ok(true)
}

/// Whether how the last call went is worth a note: a turn for better or worse, or a success after a while.
pub fn is_news(link: &Link, problem: Option<&str>, now: DateTime<Utc>) -> bool {
    match problem {
        Some(problem) => link.failing_since.is_none() || link.problem.as_deref() != Some(problem),
        None => link.failing_since.is_some() || link.answered_at.is_none_or(|at| now - at > Duration::seconds(NOTED_EVERY_SECONDS)),
    }
}

/// Notes how calls go: `None` when the ERP answered.
pub fn note(tx: &mut PgConnection, merchant: MerchantId, problem: Option<&str>, now: DateTime<Utc>) -> Result<()> {
    diesel::sql_query(
        "update erp_links set problem = $2, failing_since = case when $2::text is null then null else coalesce(failing_since, $3) end, \
           answered_at = case when $2::text is null then $3 else answered_at end where merchant_id = $1",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Nullable<Text>, _>(problem)
    .bind::<Timestamptz, _>(now)
    .execute(tx)?;
    Ok(())
}

/// Whether a merchant's stock is reckoned by the triple, so that what is mirrored is not taken off twice.
pub fn has_triple(c: &mut PgConnection, merchant: MerchantId) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        is: bool,
    }
    let row: Row = diesel::sql_query("select exists (select from stock_rules where merchant_id = $1 and mode = 'triple') as is")
        .bind::<BigInt, _>(merchant)
        .get_result(c)?;
    Ok(row.is)
}

/// A SKU to try a call with, by the ERP's id, and the default shop.
pub fn some_goods(c: &mut PgConnection, merchant: MerchantId) -> Result<Option<(String, ShopId)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        sku_id: String,
        #[diesel(sql_type = BigInt)]
        shop: ShopId,
    }
    let row: Option<Row> = diesel::sql_query(
        "select k.sku_id, s.id as shop from skus k join shops s on s.merchant_id = k.merchant_id and s.is_default where k.merchant_id = $1 \
         order by k.id desc limit 1",
    )
    .bind::<BigInt, _>(merchant)
    .get_result(c)
    .optional()?;
    Ok(row.map(|r| (r.sku_id, r.shop)))
}
