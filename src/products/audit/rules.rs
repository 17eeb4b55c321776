//! What the machine decides by itself, what it asks, and how that went lately: figures for the page that explains the rules.

use crate::Result;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use serde::Serialize;

/// How far back the figures look.
pub const WEEK: Duration = Duration::days(7);
/// Records and waiting products looked at, at most: the newest.
pub const LOOKED_AT: i64 = 10_000;

/// Automatic matches by one kind of keys.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Matched {
    /// The text key of the kind.
    #[diesel(sql_type = Text)]
    pub by: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    /// Decided otherwise by a person afterwards.
    #[diesel(sql_type = BigInt)]
    pub overruled: i64,
}

/// Products that wait for a person, by why.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Waiting {
    /// The text key of the reason.
    #[diesel(sql_type = Text)]
    pub why: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// The automatic matches of the last week.
pub fn matched(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<Matched>> {
    Ok(diesel::sql_query(
        "select coalesce(d.reason, '') as by, count(*) as count, count(*) filter (where exists (select 1 from audit_decisions x \
             where x.merchant_id = d.merchant_id and x.product_id = d.product_id and x.id > d.id and x.reviewer_id is not null \
             and (x.decision in ('returned', 'rejected') or (x.decision in ('approved', 'new_base') and x.base_product_id <> d.base_product_id)))) as overruled \
         from (select * from audit_decisions where reviewer_id is null and decision = 'automatic' and at > $1 order by at desc limit $2) d group by 1",
    )
    .bind::<Timestamptz, _>(now - WEEK)
    .bind::<BigInt, _>(LOOKED_AT)
    .load(c)?)
}

/// What waits now, the most frequent reason first.
pub fn waiting(c: &mut PgConnection) -> Result<Vec<Waiting>> {
    Ok(diesel::sql_query(
        "select i.ask as why, count(*) as count from (select ask from audit_items where state <> 'settled' limit $1) i group by 1 order by 2 desc, 1",
    )
    .bind::<BigInt, _>(LOOKED_AT)
    .load(c)?)
}
