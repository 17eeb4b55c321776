//! What stock asks of people: holds about to end, orders the ERP never took over, counters that do not hold.

use super::{LOOKED_AT, Todo, rank};
use crate::Result;
use crate::clock::WARNED_MINUTES;
use crate::ids::MerchantId;
use crate::text::Text;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text as SqlText, Timestamptz};

/// How long a paid order may wait for the ERP's number (§4.3).
const OPEN_HOURS: i64 = 24;

pub(super) fn todos(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    Ok([ending(c, merchant, now)?, open(c, merchant, now)?, differing(c, merchant)?].into_iter().flatten().collect())
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

/// Holds that end within a quarter of an hour.
fn ending(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Option<Todo>> {
    let row: Found = diesel::sql_query(
        "with soon as (select h.sku_id, h.until from holds h where h.merchant_id = $1 and h.ended_at is null and h.until > $2 and h.until <= $3 limit $4) \
         select count(*) as n, array_to_string((array_agg(distinct k.sku_id))[1:3], ' · ') as examples, min(s.until) as at from soon s \
         join skus k on k.merchant_id = $1 and k.id = s.sku_id",
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
        lead: Text::new("overview-holds").with(n),
        cause: Text::new("overview-holds-ending").with(examples),
        then: Text::new("overview-holds-ending-then"),
        at,
        expires: true,
        href: "/holds?view=ending".to_owned(),
        action: Text::new("overview-holds-go"),
        weight: rank::HOLD_ENDING + n,
    }))
}

/// Orders paid a day ago whose units the ERP's number still does not contain: they are kept back twice.
fn open(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Option<Todo>> {
    let row: Found = diesel::sql_query(
        "with old as (select r.no, r.paid_at from reservations r where r.merchant_id = $1 and r.state = 'paid' and r.paid_at <= $2 and exists \
           (select 1 from reservation_lines l where l.merchant_id = r.merchant_id and l.no = r.no and l.state = 'paid') order by r.paid_at, r.no limit $3) \
         select count(*) as n, array_to_string((array_agg(no order by paid_at))[1:3], ' · ') as examples, min(paid_at) as at from old",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now - Duration::hours(OPEN_HOURS))
    .bind::<BigInt, _>(LOOKED_AT)
    .get_result(c)?;
    let Found { n, examples: Some(examples), at: Some(at) } = row else { return Ok(None) };
    Ok(Some(Todo {
        tone: "warn",
        icon: "truck-delivery",
        lead: Text::new("overview-orders").with(n),
        cause: Text::new("overview-open-old").with(examples),
        then: Text::new("overview-open-old-then"),
        at,
        expires: false,
        href: "/freezes?view=open".to_owned(),
        action: Text::new("overview-open-go"),
        weight: rank::OPEN + n,
    }))
}

/// What the last check of the counters found (G14).
fn differing(c: &mut PgConnection, merchant: MerchantId) -> Result<Option<Todo>> {
    let row: Option<Found> = diesel::sql_query(
        "select jsonb_array_length(differences)::bigint as n, null::text as examples, at from stock_checks where merchant_id = $1 order by at desc limit 1",
    )
    .bind::<BigInt, _>(merchant)
    .get_result(c)
    .optional()?;
    let Some(Found { n: n @ 1.., at: Some(at), .. }) = row else { return Ok(None) };
    Ok(Some(Todo {
        tone: "bad",
        icon: "equal-not",
        lead: Text::new("overview-differences").with(n),
        cause: Text::new("overview-counters"),
        then: Text::new("overview-counters-then"),
        at,
        expires: false,
        href: "/settings/stock".to_owned(),
        action: Text::new("overview-counters-go"),
        weight: rank::DIFFERING + n,
    }))
}
