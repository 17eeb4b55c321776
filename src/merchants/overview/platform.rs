//! What the platform's people find: the review queue, and merchants whose calls fail.

use super::{CAP, midnight};
use crate::Result;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use serde::Serialize;

/// Merchants in trouble that are shown.
const SHOWN: i64 = 7;

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Platform {
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    #[diesel(sql_type = BigInt)]
    pub difficult: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
    /// By people, since midnight in China.
    #[diesel(sql_type = BigInt)]
    pub decided: i64,
    /// Half of them took no longer.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub median: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub base_products: i64,
    #[diesel(sql_type = BigInt)]
    pub merchants: i64,
}

/// A merchant with failures in the last hour.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Troubled {
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    /// The method that failed last.
    #[diesel(sql_type = Text)]
    pub method: String,
}

/// The queue and its oldest row come from its partial index, decisions of today from the index by reviewer, base products
/// from their key; failures are one probe of a partial index per merchant.
pub fn of_platform(c: &mut PgConnection, now: DateTime<Utc>) -> Result<(Platform, Vec<Troubled>)> {
    let platform = diesel::sql_query(format!(
        "with mine as (select d.seconds from users u join audit_decisions d on d.reviewer_id = u.id and d.at >= $1 \
           where u.merchant_id = 0 and d.decision in ('approved', 'new_base', 'returned', 'rejected')) \
         select (select count(*) from (select 1 from audit_items where state = 'waiting' limit {CAP}) capped) as waiting, \
         (select count(*) from (select 1 from audit_items where state = 'difficult' limit {CAP}) capped) as difficult, \
         (select submitted_at from audit_items where state = 'waiting' order by submitted_at limit 1) as oldest, \
         (select count(*) from mine) as decided, \
         (select percentile_disc(0.5) within group (order by seconds) from mine where seconds is not null)::bigint as median, \
         (select count(*) from (select id from base_products order by id limit {CAP}) capped) as base_products, \
         (select count(*) from merchants where id <> 0) as merchants"
    ))
    .bind::<Timestamptz, _>(midnight(now))
    .get_result(c)?;
    let troubled = diesel::sql_query(
        "select m.code, m.name, f.failed, f.at, l.method from merchants m \
         cross join lateral (select count(*) as failed, max(at) as at from calls \
           where merchant_id = m.id and at >= $1 and (status >= 400 or rejected > 0)) f \
         cross join lateral (select method from calls where merchant_id = m.id and at >= $1 and (status >= 400 or rejected > 0) order by at desc limit 1) l \
         where m.id <> 0 and f.failed > 0 order by f.failed desc, f.at desc limit $2",
    )
    .bind::<Timestamptz, _>(now - Duration::hours(1))
    .bind::<BigInt, _>(SHOWN)
    .load(c)?;
    Ok((platform, troubled))
}
