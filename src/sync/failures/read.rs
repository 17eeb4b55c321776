//! Causes and their lines, newest first. What a page costs is bounded: the newest lines are looked at, whatever there are.

use crate::Result;
use crate::catalog::categories;
use crate::guards::codes::Kind;
use crate::ids::{FeedId, MerchantId};
use crate::text::Text;
use crate::wire::{LineCode, Problem};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Jsonb, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// The newest lines that are looked at.
pub const LOOKED_AT: i64 = 5000;
/// How far back refused lines are shown.
pub const DAYS: i64 = 7;
/// From this age on, waiting is alarming.
pub const ALARM_MINUTES: i64 = 60;
/// Causes shown at once.
const SHOWN: usize = 100;

/// Lines that have one cause.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Cause {
    /// They wait; otherwise they were refused.
    #[diesel(sql_type = Bool)]
    pub waits: bool,
    #[diesel(sql_type = SqlText)]
    pub method: String,
    #[diesel(sql_type = SqlText)]
    pub module: String,
    /// What they wait for, or the code of what was wrong.
    #[diesel(sql_type = SqlText)]
    pub problem: String,
    /// The code that is not known; empty when the cause has none.
    #[diesel(sql_type = SqlText)]
    pub code: String,
    #[diesel(sql_type = BigInt)]
    pub lines: i64,
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = SqlText)]
    pub examples: String,
    #[diesel(sql_type = BigInt)]
    pub feed: FeedId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub call: Option<Uuid>,
    /// The newest line's problem.
    #[diesel(sql_type = Nullable<Jsonb>)]
    pub why: Option<Value>,
}

impl Cause {
    /// What is wrong, with its remedy.
    pub fn text(&self) -> Text {
        if self.waits {
            let key = match self.kind() {
                Some(Kind::Category) => "failures-category",
                Some(Kind::RegionGroup) => "failures-region-group",
                Some(Kind::CustomerGroup) => "failures-customer-group",
                Some(Kind::Carrier) => "failures-carrier",
                None if self.problem == "erp_status" => "failures-erp-status",
                None => "failures-sku",
            };
            return Text::new(key).with(&self.code);
        }
        let told = self.why.clone().and_then(|why| serde_json::from_value::<Problem>(why).ok());
        told.map_or_else(|| Text::new("failures-refused").with(&self.problem), |problem| problem.text())
    }
    /// What kind of code a person can say the meaning of.
    pub fn kind(&self) -> Option<Kind> {
        Kind::of(&self.problem).filter(|_| self.waits)
    }
    pub fn is_category(&self) -> bool {
        self.kind() == Some(Kind::Category)
    }
    pub fn is_old(&self, now: &DateTime<Utc>) -> bool {
        self.waits && *now - self.since >= Duration::minutes(ALARM_MINUTES)
    }
    pub fn shown(&self) -> String {
        if self.lines >= LOOKED_AT { format!("{}+", LOOKED_AT - 1) } else { self.lines.to_string() }
    }
    /// Where the newest of them is told in full.
    pub fn href(&self) -> String {
        self.call.map_or_else(|| format!("/sync/feeds/{}", self.feed), |id| format!("/sync/calls/{id}"))
    }
    pub fn lines_href(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("waits", if self.waits { "1" } else { "" }).append_pair("method", &self.method);
        query.append_pair("problem", &self.problem).append_pair("code", &self.code);
        format!("/sync/failures/lines?{}", query.finish())
    }
}

/// `code` of a refused line: what was not known, where that is the cause.
const CODE: &str = "case when n.problem->>'code' like 'UNKNOWN%' then coalesce(n.problem->>'value', '') else '' end";

/// All causes, what waits first, then newest first.
pub fn causes(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Cause>> {
    let mut all: Vec<Cause> = diesel::sql_query(
        "with w as (select * from parked_lines where merchant_id = $1 and settled_at is null and waits_for <> 'quarantine' order by id desc limit $2), \
         g as (select method, waits_for, code, count(*) as lines, min(at) as since, max(at) as at, max(feed_id) as feed, \
           array_to_string((array_agg(distinct key))[1:3], ' · ') as examples from w group by method, waits_for, code) \
         select true as waits, g.method, coalesce(f.module, '') as module, g.waits_for as problem, g.code, g.lines, g.since, g.at, g.examples, g.feed, \
         case when f.channel = 'api' then f.request_id end as call, null::jsonb as why from g left join feeds f on f.merchant_id = $1 and f.id = g.feed \
         order by g.at desc",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(LOOKED_AT)
    .load(c)?;
    let refused: Vec<Cause> = diesel::sql_query(format!(
        "with newest as (select at, feed_id, line_no, key, outcome, problems->0 as problem from feed_lines where merchant_id = $1 and at >= $3 \
           order by at desc limit $2), \
         n as (select n.*, f.method, f.module, {CODE} as code, case when f.channel = 'api' then f.request_id end as call from newest n \
           join feeds f on f.merchant_id = $1 and f.id = n.feed_id where n.outcome = 'rejected' and n.problem->>'code' <> $4), \
         g as (select n.*, count(*) over kind as lines, min(n.at) over kind as since, row_number() over (kind order by n.at desc, n.feed_id desc, n.line_no) as nth \
           from n where not exists (select 1 from dismissals d where d.merchant_id = $1 and d.method = n.method and d.problem = n.problem->>'code' \
             and d.code = n.code and d.at >= n.at) window kind as (partition by n.method, n.problem->>'code', n.code)) \
         select false as waits, method, module, problem->>'code' as problem, code, lines, since, at, key as examples, feed_id as feed, call, problem as why \
         from g where nth = 1 order by at desc"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(LOOKED_AT)
    .bind::<Timestamptz, _>(now - Duration::days(DAYS))
    .bind::<SqlText, _>(LineCode::AllOrNothing.wire())
    .load(c)?;
    all.extend(refused);
    all.sort_by_key(|cause| std::cmp::Reverse(cause.at));
    all.truncate(SHOWN);
    Ok(all)
}

/// One line of a cause.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Held {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub feed: FeedId,
    #[diesel(sql_type = BigInt)]
    pub no: i64,
    #[diesel(sql_type = SqlText)]
    pub key: String,
    #[diesel(sql_type = Jsonb)]
    pub line: Value,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub call: Option<Uuid>,
}

impl Held {
    pub fn sent(&self) -> String {
        self.line.to_string()
    }
}

/// Where a page of lines goes on: time, feed, line.
pub type From = (DateTime<Utc>, FeedId, i64);

/// The lines of a cause, newest first, below `before`.
pub fn lines(
    c: &mut PgConnection,
    merchant: MerchantId,
    of: &Which,
    before: Option<From>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Held>> {
    let (at, feed, no) = before.unwrap_or((now + Duration::days(1), FeedId(i64::MAX), i64::MAX));
    let sql = if of.waits {
        "select w.at, w.feed_id as feed, w.line_no::bigint as no, w.key, w.line, case when f.channel = 'api' then f.request_id end as call \
         from parked_lines w left join feeds f on f.merchant_id = $1 and f.id = w.feed_id \
         where w.merchant_id = $1 and w.settled_at is null and w.method = $2 and w.waits_for = $3 and w.code = $4 \
         and (w.at, w.feed_id, w.line_no) < ($5, $6, $7) and $8 < w.at order by w.at desc, w.feed_id desc, w.line_no desc limit $9"
            .to_owned()
    } else {
        format!(
            "select n.at, n.feed_id as feed, n.line_no::bigint as no, n.key, n.line, case when f.channel = 'api' then f.request_id end as call \
             from (select at, feed_id, line_no, key, line, outcome, problems->0 as problem from feed_lines \
               where merchant_id = $1 and (at, feed_id, line_no) < ($5, $6, $7) and at >= $8 order by at desc, feed_id desc, line_no desc limit {LOOKED_AT}) n \
             join feeds f on f.merchant_id = $1 and f.id = n.feed_id \
             where n.outcome = 'rejected' and f.method = $2 and n.problem->>'code' = $3 and {CODE} = $4 \
             order by n.at desc, n.feed_id desc, n.line_no desc limit $9"
        )
    };
    // What waits is never too old to be shown.
    let oldest = if of.waits { DateTime::UNIX_EPOCH } else { now - Duration::days(DAYS) };
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<SqlText, _>(&of.method)
        .bind::<SqlText, _>(&of.problem)
        .bind::<SqlText, _>(&of.code)
        .bind::<Timestamptz, _>(at)
        .bind::<BigInt, _>(feed)
        .bind::<BigInt, _>(no)
        .bind::<Timestamptz, _>(oldest)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// Which cause is meant.
#[derive(Clone, Debug, Default)]
pub struct Which {
    pub waits: bool,
    pub method: String,
    pub problem: String,
    pub code: String,
}

/// Leaves a code can be said to mean: id and the names from the root down.
pub fn leaves(c: &mut PgConnection, merchant: MerchantId, limit: usize) -> Result<Vec<(String, String)>> {
    let all = categories::list(c, merchant, None)?;
    let names: HashMap<&str, (&str, &str)> = all.iter().map(|n| (n.id.as_str(), (n.name.as_str(), n.parent_id.as_str()))).collect();
    let chain = |node: &categories::Node| {
        let mut chain = vec![node.name.as_str()];
        let mut parent = node.parent_id.as_str();
        while let Some((name, above)) = names.get(parent).filter(|_| chain.len() < 3) {
            chain.push(name);
            parent = above;
        }
        chain.reverse();
        chain.join(" › ")
    };
    Ok(all.iter().filter(|n| n.level == 3 && n.enabled).take(limit).map(|n| (n.id.clone(), chain(n))).collect())
}
