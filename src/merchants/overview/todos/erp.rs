//! An ERP that the platform calls: whether it answers, and what it would not take.

use super::{Todo, rank};
use crate::Result;
use crate::ids::MerchantId;
use crate::text::Text;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};

/// A hiccup is nobody's task.
const PATIENCE_MINUTES: i64 = 3;
/// Counts beyond this are told as this.
const MOST: i64 = 10_000;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    failing_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    refused: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    refused_since: Option<DateTime<Utc>>,
}

pub(super) fn todos(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let found: Option<Found> = diesel::sql_query(
        "select l.failing_since, o.waiting, o.refused, o.refused_since from erp_links l cross join lateral \
         (select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'refused') as refused, \
            min(made_at) filter (where state = 'refused') as refused_since \
          from (select state, made_at from outbox where merchant_id = $1 limit $2) few) o where l.merchant_id = $1",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(MOST)
    .get_result(c)
    .optional()?;
    let Some(found) = found else { return Ok(Vec::new()) };
    let silent = found.failing_since.filter(|since| now - *since >= Duration::minutes(PATIENCE_MINUTES)).map(|at| Todo {
        tone: "bad",
        icon: "plug-connected",
        lead: Text::new("overview-erp-silent"),
        cause: Text::new("overview-erp-silent-why").with(found.waiting),
        then: Text::new("overview-erp-silent-then"),
        at,
        expires: false,
        href: "/settings/erp".to_owned(),
        action: Text::new("overview-erp-go"),
        weight: rank::SILENT + 1,
    });
    let refused = found.refused_since.map(|at| Todo {
        tone: "bad",
        icon: "alert-circle",
        lead: Text::new("overview-erp-refused").with(found.refused),
        cause: Text::new("overview-erp-refused-why"),
        then: Text::new("overview-erp-refused-then"),
        at,
        expires: false,
        href: "/settings/erp#outbox".to_owned(),
        action: Text::new("overview-erp-go"),
        weight: rank::OPEN + found.refused,
    });
    Ok(silent.into_iter().chain(refused).collect())
}
