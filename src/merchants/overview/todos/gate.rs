//! What ends by itself in a moment: pauses and exceptions (W-04).

use super::{LOOKED_AT, Todo, rank};
use crate::Result;
use crate::clock::{WARNED_MINUTES, china};
use crate::ids::MerchantId;
use crate::text::Text;
use crate::wire::Module;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text as SqlText, Timestamptz};

pub(super) fn todos(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let mut all = ending(c, merchant, now)?;
    all.extend(exceptions(c, merchant, now)?);
    Ok(all)
}

#[derive(QueryableByName)]
struct Ending {
    #[diesel(sql_type = SqlText)]
    module: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// Pauses that end by themselves in a moment.
fn ending(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let rows: Vec<Ending> =
        diesel::sql_query("select module, until as at from switches where merchant_id = $1 and until > $2 and until <= $3 order by until")
            .bind::<BigInt, _>(merchant)
            .bind::<Timestamptz, _>(now)
            .bind::<Timestamptz, _>(now + Duration::minutes(WARNED_MINUTES))
            .load(c)?;
    let todo = |row: Ending| Todo {
        tone: "hold",
        icon: "clock",
        lead: Text::new(Module::of(&row.module).map_or("sync-everything", Module::label)),
        cause: Text::new("overview-pause-ending").with(row.at.with_timezone(&china()).format("%H:%M").to_string()),
        then: Text::new("overview-pause-ending-then"),
        at: row.at,
        expires: true,
        href: "/sync".to_owned(),
        action: Text::new("overview-pause-ending-go"),
        weight: rank::ENDING,
    };
    Ok(rows.into_iter().map(todo).collect())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = Nullable<SqlText>)]
    examples: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// Goods that follow the ERP again in a moment.
fn exceptions(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Option<Todo>> {
    let row: Found = diesel::sql_query(
        "with soon as (select product_id, until from exceptions where merchant_id = $1 and until > $2 and until <= $3 order by until limit $4) \
         select count(*) as n, array_to_string((array_agg(distinct p.name))[1:3], ' · ') as examples, min(s.until) as at from soon s \
         join products p on p.merchant_id = $1 and p.id = s.product_id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + Duration::minutes(WARNED_MINUTES))
    .bind::<BigInt, _>(LOOKED_AT)
    .get_result(c)?;
    let Found { n, examples: Some(examples), at: Some(at) } = row else { return Ok(None) };
    Ok(Some(Todo {
        tone: "hold",
        icon: "hand-stop",
        lead: Text::new("overview-exceptions").with(n),
        cause: Text::new("overview-exceptions-ending").with(examples),
        then: Text::new("overview-exceptions-ending-then"),
        at,
        expires: true,
        href: "/sync/exceptions?view=ending".to_owned(),
        action: Text::new("overview-holds-go"),
        weight: rank::ENDING + n,
    }))
}
