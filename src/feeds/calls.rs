//! The call log: every API call with what it sent and got, secrets and personal data masked.

use super::run::Counts;
use crate::Result;
use crate::db::Prepare;
use crate::ids::{AppId, FeedId, MerchantId};
use crate::wire::Module;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::Value;
use std::borrow::Cow;
use std::time::Duration;
use uuid::Uuid;

/// What is kept of a body; longer ones end in a line that says how long they were.
const KEPT: usize = 16 * 1024;

/// A call to log.
#[derive(Clone, Debug)]
pub struct CallRow {
    pub merchant: MerchantId,
    pub at: DateTime<Utc>,
    pub id: Uuid,
    pub app: AppId,
    pub channel: String,
    pub method: String,
    pub module: String,
    pub status: u16,
    pub ms: i32,
    pub ip: Option<String>,
    pub feed: Option<FeedId>,
    pub counts: Counts,
    pub problem: Option<String>,
    pub request: String,
    pub response: String,
    pub request_bytes: usize,
    pub response_bytes: usize,
    /// We called the merchant's ERP; else a credential called us.
    pub outward: bool,
}

pub fn record(tx: &mut PgConnection, row: &CallRow) -> Result<()> {
    let c = row.counts;
    diesel::sql_query(
        "insert into calls (merchant_id, at, id, app_id, channel, method, module, status, ms, ip, feed_id, total, applied, unchanged, held, stale, \
         parked, rejected, problem, request, response, request_bytes, response_bytes, outward) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
    )
    .bind::<BigInt, _>(row.merchant)
    .bind::<Timestamptz, _>(row.at)
    .bind::<SqlUuid, _>(row.id)
    .bind::<BigInt, _>(row.app)
    .bind::<Text, _>(&row.channel)
    .bind::<Text, _>(&row.method)
    .bind::<Text, _>(&row.module)
    .bind::<Int4, _>(i32::from(row.status))
    .bind::<Int4, _>(row.ms)
    .bind::<Nullable<Text>, _>(&row.ip)
    .bind::<Nullable<BigInt>, _>(row.feed)
    .bind::<Int4, _>(c.total)
    .bind::<Int4, _>(c.applied)
    .bind::<Int4, _>(c.unchanged)
    .bind::<Int4, _>(c.held)
    .bind::<Int4, _>(c.stale)
    .bind::<Int4, _>(c.parked)
    .bind::<Int4, _>(c.rejected)
    .bind::<Nullable<Text>, _>(&row.problem)
    .bind::<Text, _>(&row.request)
    .bind::<Text, _>(&row.response)
    .bind::<Int4, _>(i32::try_from(row.request_bytes).unwrap_or(i32::MAX))
    .bind::<Int4, _>(i32::try_from(row.response_bytes).unwrap_or(i32::MAX))
    .bind::<Bool, _>(row.outward)
    .prepared().execute(tx)?;
    // The lanes show what the ERP sends.
    if row.outward { Ok(()) } else { super::minutes::count(tx, row) }
}

/// A call of ours to a merchant's ERP, for the log.
#[derive(Clone, Debug)]
pub struct Outward<'a> {
    pub merchant: MerchantId,
    pub at: DateTime<Utc>,
    pub method: &'a str,
    pub module: Module,
    pub sent: &'a Value,
    pub answer: &'a [u8],
    /// HTTP's; 0 where no answer came.
    pub status: u16,
    pub took: Duration,
    pub problem: Option<String>,
}

impl From<Outward<'_>> for CallRow {
    fn from(call: Outward<'_>) -> Self {
        let sent = call.sent.to_string();
        let seconds = u64::try_from(call.at.timestamp()).unwrap_or_default();
        Self {
            merchant: call.merchant,
            at: call.at,
            id: Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, call.at.timestamp_subsec_nanos())),
            app: AppId(0),
            channel: String::new(),
            method: call.method.to_owned(),
            module: call.module.as_str().to_owned(),
            status: call.status,
            ms: i32::try_from(call.took.as_millis()).unwrap_or(i32::MAX),
            ip: None,
            feed: None,
            // One thing said: taken, or not.
            counts: Counts {
                total: 1,
                applied: i32::from(call.problem.is_none()),
                rejected: i32::from(call.problem.is_some()),
                ..Counts::default()
            },
            problem: call.problem,
            request: masked(sent.as_bytes()),
            response: masked(call.answer),
            request_bytes: sent.len(),
            response_bytes: call.answer.len(),
            outward: true,
        }
    }
}

/// A logged call as lists and its page show it. Its credential is the merchant's own or the platform's.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Call {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    pub app: Option<String>,
    #[diesel(sql_type = Text)]
    pub channel: String,
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = Int4)]
    pub status: i32,
    #[diesel(sql_type = Int4)]
    pub ms: i32,
    #[diesel(sql_type = Nullable<Text>)]
    pub ip: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub feed_id: Option<FeedId>,
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
    #[diesel(sql_type = Nullable<Text>)]
    pub problem: Option<String>,
    #[diesel(sql_type = Text)]
    pub request: String,
    #[diesel(sql_type = Text)]
    pub response: String,
    #[diesel(sql_type = Int4)]
    pub request_bytes: i32,
    #[diesel(sql_type = Int4)]
    pub response_bytes: i32,
    /// We called the ERP.
    #[diesel(sql_type = Bool)]
    pub outward: bool,
}

/// What a list of calls is asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Only calls that failed as a whole or rejected lines.
    pub failed: bool,
    pub method: String,
    /// Part of the request or the response, or a whole request id.
    pub q: String,
    pub before: Option<(DateTime<Utc>, Uuid)>,
}

const LIST: &str = "select c.at, c.id, a.name as app, c.channel, c.method, c.module, c.status, c.ms, c.ip, c.feed_id, c.total, c.applied, c.unchanged, \
     c.held, c.stale, c.parked, c.rejected, c.problem, c.request_bytes, c.response_bytes, c.outward";

/// One page of calls, newest first. The bodies come with [`find`] only.
pub fn search(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64) -> Result<Vec<Call>> {
    let (at, id) = search.before.map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let wanted: Option<Uuid> = search.q.trim().parse().ok();
    let sql = format!(
        "{LIST}, '' as request, '' as response from calls c left join apps a on a.merchant_id in (0, c.merchant_id) and a.id = c.app_id \
         where c.merchant_id = $1 and (not $2 or c.status >= 400 or c.rejected > 0) and ($3 = '' or c.method = $3) \
         and ($4 = '' or c.id = $5 or strpos(c.request, $4) > 0 or strpos(c.response, $4) > 0) \
         and ($6::timestamptz is null or (c.at, c.id) < ($6, $7)) order by c.at desc, c.id desc limit $8"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Bool, _>(search.failed)
        .bind::<Text, _>(&search.method)
        .bind::<Text, _>(search.q.trim())
        .bind::<Nullable<SqlUuid>, _>(wanted)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<Nullable<SqlUuid>, _>(id)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// One call with its bodies. The id's own time narrows the search to one partition.
pub fn find(c: &mut PgConnection, merchant: MerchantId, id: Uuid) -> Result<Call> {
    let at = made_at(id).ok_or(crate::Error::NotFound)?;
    let sql = format!(
        "{LIST}, c.request, c.response from calls c left join apps a on a.merchant_id in (0, c.merchant_id) and a.id = c.app_id \
         where c.merchant_id = $1 and c.id = $2 and c.at between $3 and $4"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<SqlUuid, _>(id)
        .bind::<Timestamptz, _>(at - chrono::Duration::seconds(2))
        .bind::<Timestamptz, _>(at + chrono::Duration::seconds(2))
        .get_result(c)?)
}

fn made_at(id: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

/// Field names whose values nobody needs to read in a log.
const SECRET: [&str; 7] = ["secret", "password", "signature", "token", "idcard", "licence", "license"];
const PERSONAL: [&str; 7] = ["phone", "mobile", "tel", "contact", "consignee", "address", "email"];

/// A body with secrets and personal data masked, cut to what is kept.
pub fn masked(body: &[u8]) -> String {
    let plain = String::from_utf8_lossy(body);
    // Most bodies name nothing of the kind, or not where it would be kept: those need not be taken apart.
    let text = match may_hide(head(&plain)).then(|| serde_json::from_slice::<Value>(body)) {
        Some(Ok(value)) => Cow::Owned(mask(value).to_string()),
        _ => plain,
    };
    let shown = head(&text).replace('\0', "␀");
    let kept = head(&shown);
    if text.len() <= KEPT && kept.len() == shown.len() {
        return shown;
    }
    format!("{kept}\n… {} bytes", body.len())
}

/// As much of a text as is kept.
fn head(text: &str) -> &str {
    text.get(..text.floor_char_boundary(KEPT)).unwrap_or_default()
}

/// Whether a name to be masked may be in there; an escape may spell one.
fn may_hide(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains("\\u") || SECRET.iter().chain(&PERSONAL).any(|word| lower.contains(word))
}

fn mask(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(name, value)| {
                    let lower = name.to_lowercase();
                    let hidden =
                        SECRET.iter().chain(&PERSONAL).any(|word| lower.contains(word)) && (value.is_string() || value.is_number());
                    let value = if hidden { Value::String("•••".into()) } else { mask(value) };
                    (name, value)
                })
                .collect(),
        ),
        Value::Array(all) => Value::Array(all.into_iter().map(mask).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_what_nobody_needs_to_read() {
        let shown = masked(r#"{"mobile":"13800000000","lines":[{"appSecret":"x","skuId":"1"}]}"#.as_bytes());
        assert_eq!(shown, r#"{"mobile":"•••","lines":[{"appSecret":"•••","skuId":"1"}]}"#);
    }

    #[test]
    fn says_how_much_was_cut() {
        let long = masked("鱼".repeat(KEPT).as_bytes());
        assert!(long.ends_with(&format!("… {} bytes", KEPT * 3)) && long.len() < KEPT + 40);
        let begun = masked(format!(r#"{{"mobile":"13800000000","lines":"{}"}}"#, "x".repeat(KEPT)).as_bytes());
        assert!(begun.starts_with(r#"{"mobile":"•••","lines":"xx"#) && begun.ends_with(" bytes"));
    }
}
