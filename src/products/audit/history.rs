//! Looking back: the records page by page, one of them, how fast somebody works, how a merchant fares.

use super::record::{DECIDED, Decided};
use crate::Result;
use crate::clock::china;
use crate::ids::{MerchantId, UserId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use serde::Serialize;

/// Which records.
#[derive(Clone, Debug, Default)]
pub struct Past {
    pub reviewer: Option<UserId>,
    pub decision: Option<String>,
    /// A merchant's code.
    pub merchant: Option<String>,
}

/// People's decisions, newest first, older than a place.
pub fn past(c: &mut PgConnection, past: &Past, after: Option<(DateTime<Utc>, i64)>, limit: i64) -> Result<Vec<Decided>> {
    let (at, id) = after.map_or((None, 0), |(at, id)| (Some(at), id));
    Ok(diesel::sql_query(format!(
        "{DECIDED} where d.reviewer_id is not null and ($1::bigint is null or d.reviewer_id = $1) and ($2::text is null or d.decision = $2) and ($3::text is null or m.code = $3) \
         and ($4::timestamptz is null or (d.at, d.id) < ($4, $5)) order by d.at desc, d.id desc limit $6"
    ))
    .bind::<Nullable<BigInt>, _>(past.reviewer)
    .bind::<Nullable<Text>, _>(past.decision.as_deref())
    .bind::<Nullable<Text>, _>(past.merchant.as_deref())
    .bind::<Nullable<Timestamptz>, _>(at)
    .bind::<BigInt, _>(id)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// One record.
pub fn one(c: &mut PgConnection, merchant: &str, id: i64) -> Result<Decided> {
    Ok(diesel::sql_query(format!("{DECIDED} where m.code = $1 and d.id = $2"))
        .bind::<Text, _>(merchant)
        .bind::<BigInt, _>(id)
        .get_result(c)?)
}

/// Somebody who reviews.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Reviewer {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
}

pub fn reviewers(c: &mut PgConnection) -> Result<Vec<Reviewer>> {
    Ok(diesel::sql_query("select id, name from users where role in ('auditor', 'admin') order by name, id limit 100").load(c)?)
}

/// What somebody did today.
#[derive(QueryableByName, Clone, Copy, Debug, Default, Serialize)]
pub struct Today {
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Average seconds of those that were opened before being decided.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub seconds: Option<i64>,
}

/// Since midnight in China, without what was taken back and what was settled along.
pub fn today(c: &mut PgConnection, me: UserId, now: DateTime<Utc>) -> Result<Today> {
    let midnight = now.with_timezone(&china()).date_naive().and_hms_opt(0, 0, 0).and_then(|t| t.and_local_timezone(china()).single());
    Ok(diesel::sql_query(
        "select count(*) as count, round(avg(d.seconds))::bigint as seconds from audit_decisions d where d.reviewer_id = $1 and d.at >= $2 \
         and d.decision in ('approved', 'new_base', 'returned', 'rejected') and coalesce((d.snapshot->>'along')::boolean, false) = false \
         and not exists (select 1 from audit_decisions x where x.merchant_id = d.merchant_id and x.product_id = d.product_id and x.undoes = d.id)",
    )
    .bind::<BigInt, _>(me)
    .bind::<Timestamptz, _>(midnight.map_or(now, |t| t.to_utc()))
    .get_result(c)?)
}

/// How a merchant's submissions fared.
#[derive(QueryableByName, Clone, Copy, Debug, Default, Serialize)]
pub struct Fared {
    #[diesel(sql_type = BigInt)]
    pub approved: i64,
    #[diesel(sql_type = BigInt)]
    pub returned: i64,
}

/// The last 90 days of people's decisions, without what was taken back.
pub fn fared(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Fared> {
    Ok(diesel::sql_query(
        "select count(*) filter (where d.decision in ('approved', 'new_base')) as approved, count(*) filter (where d.decision in ('returned', 'rejected')) as returned \
         from audit_decisions d where d.merchant_id = $1 and d.at >= $2 and d.reviewer_id is not null \
         and not exists (select 1 from audit_decisions x where x.merchant_id = d.merchant_id and x.product_id = d.product_id and x.undoes = d.id)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now - Duration::days(90))
    .get_result(c)?)
}
