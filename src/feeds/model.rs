use super::batch::Policy;
use super::run::Report;
use super::undoing::Undoing;
use crate::Result;
use crate::db::Prepare;
use crate::ids::{FeedId, MerchantId};
use crate::trail::Cause;
use crate::wire::{LineResult, Method, Outcome, Problem, Verb};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Where a batch came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Api,
    Page,
    /// Parked lines whose missing row has appeared.
    Replay,
    Demo,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Api => "api",
            Channel::Page => "page",
            Channel::Replay => "replay",
            Channel::Demo => "demo",
        }
    }
}

#[derive(QueryableByName)]
struct Opened {
    #[diesel(sql_type = BigInt)]
    id: FeedId,
}

/// The number of a new feed, so that trail and ledger rows can name it; [`close`] writes the feed itself, once.
pub(super) fn open(tx: &mut PgConnection) -> Result<FeedId> {
    let opened: Opened = diesel::sql_query("select nextval(pg_get_serial_sequence('feeds', 'id')) as id").prepared().get_result(tx)?;
    Ok(opened.id)
}

/// Keeps the counts, the lines worth keeping and the parked ones; a newer line for the same row settles an older parked one.
pub(super) fn close(
    tx: &mut PgConnection,
    cause: &Cause,
    feed: FeedId,
    channel: Channel,
    method: &Method,
    policy: Policy,
    report: &Report,
) -> Result<()> {
    let c = report.counts;
    diesel::sql_query(
        "insert into feeds (merchant_id, id, at, channel, actor_kind, actor_id, actor_name, module, method, policy, request_id, \
         total, applied, unchanged, held, stale, parked, rejected, warned) overriding system value \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(feed)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(channel.as_str())
    .bind::<Text, _>(cause.kind.as_str())
    .bind::<Nullable<BigInt>, _>(cause.actor_id)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Text, _>(method.module.as_str())
    .bind::<Text, _>(method.name)
    .bind::<Text, _>(policy.as_str())
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Int4, _>(c.total)
    .bind::<Int4, _>(c.applied)
    .bind::<Int4, _>(c.unchanged)
    .bind::<Int4, _>(c.held)
    .bind::<Int4, _>(c.stale)
    .bind::<Int4, _>(c.parked)
    .bind::<Int4, _>(c.rejected)
    .bind::<Int4, _>(c.warned)
    .prepared()
    .execute(tx)?;
    keep_lines(tx, cause, feed, report)?;
    // What buyers do is never parked.
    if matches!(method.verb, Verb::Act(_) | Verb::Sell(_)) {
        return Ok(());
    }
    supersede_parked(tx, cause, method, report)?;
    keep_parked(tx, cause, feed, method, report)
}

fn keep_lines(tx: &mut PgConnection, cause: &Cause, feed: FeedId, report: &Report) -> Result<()> {
    let kept: Vec<_> = report.results.iter().filter(|r| !r.is_plain()).collect();
    if kept.is_empty() {
        return Ok(());
    }
    let mut problems = Vec::with_capacity(kept.len());
    for result in &kept {
        problems.push(serde_json::to_value(&result.problems).map_err(crate::Error::broken)?);
    }
    diesel::sql_query(
        "insert into feed_lines (merchant_id, at, feed_id, line_no, key, outcome, problems, line) \
         select $1, $2, $3, l.* from unnest($4, $5, $6, $7, $8) as l(no, key, outcome, problems, line)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<BigInt, _>(feed)
    .bind::<Array<Int4>, _>(kept.iter().map(|r| r.no).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(kept.iter().map(|r| storable(&r.key)).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(kept.iter().map(|r| r.outcome.as_str()).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(problems.into_iter().map(storable_json).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(kept.iter().map(|r| storable_json(r.sent.clone())).collect::<Vec<_>>())
    .prepared()
    .execute(tx)?;
    Ok(())
}

/// PostgreSQL stores no NUL; a rejected line that held one is kept with a visible mark in its place.
fn storable(text: &str) -> String {
    text.replace('\0', "␀")
}
fn storable_json(value: Value) -> Value {
    match value {
        Value::String(s) if s.contains('\0') => Value::String(storable(&s)),
        Value::Array(all) => Value::Array(all.into_iter().map(storable_json).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (storable(&k), storable_json(v))).collect()),
        other => other,
    }
}

fn supersede_parked(tx: &mut PgConnection, cause: &Cause, method: &Method, report: &Report) -> Result<()> {
    let newer = |r: &&LineResult| matches!(r.outcome, Outcome::Applied | Outcome::Unchanged | Outcome::Parked);
    let said =
        |r: &LineResult| Value::Array(r.sent.as_object().map(|map| map.keys().cloned().map(Value::String).collect()).unwrap_or_default());
    let values: Vec<&str> = method.fields.iter().filter(|f| !f.names_the_row()).map(|f| f.name).collect();
    let keys: Vec<&str> = report.results.iter().filter(newer).map(|r| r.key.as_str()).collect();
    // Mostly nothing waits, and a thousand keys are not worth sending to hear that.
    if keys.is_empty() || !any_waits(tx, cause.merchant, method.name)? {
        return Ok(());
    }
    // A line that says what stays in force waits for those values alone: a newer one that says nothing of them leaves it waiting.
    diesel::sql_query(
        "update parked_lines p set settled_at = $4, outcome = 'stale' from unnest($3, $5) as n(key, said) \
         where p.merchant_id = $1 and p.method = $2 and p.settled_at is null and p.key = n.key \
         and (p.waits_for not in ('quarantine', 'region_group', 'customer_group') \
           or not exists (select 1 from jsonb_object_keys(coalesce(p.now, '{}')) v where v = any($6) and not n.said ? v))",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(method.name)
    .bind::<Array<Text>, _>(keys)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Jsonb>, _>(report.results.iter().filter(newer).map(said).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(values)
    .prepared()
    .execute(tx)?;
    Ok(())
}

fn any_waits(c: &mut PgConnection, merchant: MerchantId, method: &str) -> Result<bool> {
    #[derive(QueryableByName)]
    struct One {
        #[diesel(sql_type = Bool)]
        any: bool,
    }
    let one: One = diesel::sql_query(
        "select exists (select 1 from parked_lines where merchant_id = $1 and method = $2 and settled_at is null) as any",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(method)
    .prepared()
    .get_result(c)?;
    Ok(one.any)
}

fn keep_parked(tx: &mut PgConnection, cause: &Cause, feed: FeedId, method: &Method, report: &Report) -> Result<()> {
    let parked: Vec<_> = report.results.iter().filter_map(|r| r.parked.as_ref().map(|p| (r, p))).collect();
    if parked.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into parked_lines (merchant_id, at, feed_id, method, line_no, key, waits_for, code, line, now) \
         select $1, $2, $3, $4, l.* from unnest($5, $6, $7, $8, $9, $10) as l(no, key, waits_for, code, line, now)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<BigInt, _>(feed)
    .bind::<Text, _>(method.name)
    .bind::<Array<Int4>, _>(parked.iter().map(|(r, _)| r.no).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(parked.iter().map(|(r, _)| r.key.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(parked.iter().map(|(_, p)| p.waits_for).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(parked.iter().map(|(_, p)| p.code.as_str()).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(parked.iter().map(|(r, _)| r.sent.clone()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(
        parked.iter().map(|(r, _)| (!r.now.is_empty()).then(|| Value::Object(r.now.clone()))).collect::<Vec<_>>(),
    )
    .prepared()
    .execute(tx)?;
    Ok(())
}

/// A parked line whose wait may be over.
#[derive(QueryableByName, Clone, Debug)]
pub struct Waiting {
    #[diesel(sql_type = BigInt)]
    pub merchant_id: MerchantId,
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Jsonb)]
    pub line: Value,
}

/// The merchants with lines that wait for something of this kind.
pub fn merchants_waiting(c: &mut PgConnection, waits_for: &str) -> Result<Vec<MerchantId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
    }
    let rows: Vec<Row> = diesel::sql_query("select distinct merchant_id from parked_lines where waits_for = $1 and settled_at is null")
        .bind::<Text, _>(waits_for)
        .load(c)?;
    Ok(rows.into_iter().map(|r| r.merchant_id).collect())
}

/// The oldest lines of one merchant that wait for any of these codes.
pub fn waiting(c: &mut PgConnection, merchant: MerchantId, waits_for: &str, limit: i64) -> Result<Vec<Waiting>> {
    Ok(diesel::sql_query(
        "select merchant_id, id, method, code, line from parked_lines \
         where merchant_id = $1 and waits_for = $2 and settled_at is null order by id limit $3 for update skip locked",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(waits_for)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// Marks parked lines as done, with how they ended.
pub fn settle_parked(tx: &mut PgConnection, merchant: MerchantId, ended: &[(i64, Outcome)], now: DateTime<Utc>) -> Result<()> {
    diesel::sql_query(
        "update parked_lines p set settled_at = $2, outcome = e.outcome from unnest($3, $4) as e(id, outcome) \
         where p.merchant_id = $1 and p.id = e.id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<BigInt>, _>(ended.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(ended.iter().map(|(_, o)| o.as_str()).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}

/// A feed as lists show it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct FeedRow {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub channel: String,
    #[diesel(sql_type = Text)]
    pub actor_name: String,
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    #[diesel(sql_type = Int4)]
    pub total: i32,
    #[diesel(sql_type = Int4)]
    pub applied: i32,
    #[diesel(sql_type = Int4)]
    pub unchanged: i32,
    #[diesel(sql_type = Int4)]
    pub held: i32,
    #[diesel(sql_type = Int4)]
    pub stale: i32,
    #[diesel(sql_type = Int4)]
    pub parked: i32,
    #[diesel(sql_type = Int4)]
    pub rejected: i32,
    #[diesel(sql_type = Int4)]
    pub warned: i32,
}

impl FeedRow {
    /// Whether it can be taken back as a whole, or the text key of why not.
    pub fn undoing(&self) -> Result<Undoing, &'static str> {
        Undoing::of(&self.method)
    }
    /// The text key of the channel.
    pub fn channel_label(&self) -> &'static str {
        match self.channel.as_str() {
            "api" => "channel-api",
            "page" => "channel-page",
            "sheet" => "channel-sheet",
            "replay" => "channel-replay",
            _ => "channel-demo",
        }
    }
}

const FEED: &str = "select id, at, channel, actor_name, module, method, request_id, total, applied, unchanged, held, stale, parked, rejected, warned from feeds";

/// The latest feeds of a merchant, newest first.
pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId, limit: i64) -> Result<Vec<FeedRow>> {
    let sql = format!("{FEED} where merchant_id = $1 order by id desc limit $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(limit).load(c)?)
}

pub fn find(c: &mut PgConnection, merchant: MerchantId, id: FeedId) -> Result<Option<FeedRow>> {
    let sql = format!("{FEED} where merchant_id = $1 and id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(c).optional()?)
}

/// A kept line of a feed.
#[derive(Clone, Debug)]
pub struct FeedLine {
    pub no: i32,
    pub key: String,
    pub outcome: String,
    pub problems: Vec<Problem>,
    pub line: Value,
}

impl FeedLine {
    /// The text key of the outcome.
    pub fn label(&self) -> &'static str {
        Outcome::ALL.into_iter().find(|o| o.as_str() == self.outcome).map_or("outcome-rejected", Outcome::label)
    }
    /// The badge's tone.
    pub fn tone(&self) -> &'static str {
        match self.outcome.as_str() {
            "rejected" => "bad",
            "applied" => "ok",
            "held" => "hold",
            "unchanged" => "",
            _ => "warn",
        }
    }
}

#[derive(QueryableByName)]
struct StoredLine {
    #[diesel(sql_type = Int4)]
    line_no: i32,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = Jsonb)]
    problems: Value,
    #[diesel(sql_type = Jsonb)]
    line: Value,
}

/// The kept lines of one feed, in the order sent.
pub fn lines_of(c: &mut PgConnection, merchant: MerchantId, feed: FeedId, at: DateTime<Utc>) -> Result<Vec<FeedLine>> {
    let stored: Vec<StoredLine> = diesel::sql_query(
        "select line_no, key, outcome, problems, line from feed_lines where merchant_id = $1 and at = $2 and feed_id = $3 order by line_no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(at)
    .bind::<BigInt, _>(feed)
    .load(c)?;
    stored
        .into_iter()
        .map(|s| {
            let problems = serde_json::from_value(s.problems).map_err(crate::Error::broken)?;
            Ok(FeedLine { no: s.line_no, key: s.key, outcome: s.outcome, problems, line: s.line })
        })
        .collect()
}
