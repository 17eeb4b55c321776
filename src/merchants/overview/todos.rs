//! What needs me: every row a count, its cause, what follows from it, how long already, and one place to go.

mod erp;
mod gate;
mod orders;
mod stock;

use crate::Result;
use crate::ids::{FeedId, MerchantId};
use crate::text::Text;
use crate::wire::{LineCode, Module, Problem};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// More than that nobody works off in one go; the lists have the rest.
const SHOWN: usize = 7;
/// How many rows are looked at per kind of to-do.
const LOOKED_AT: i64 = 5000;
const EXPIRY_DAYS: i64 = 14;

#[derive(Clone, Debug, Serialize)]
pub struct Todo {
    pub tone: &'static str,
    pub icon: &'static str,
    /// The count, in bold.
    pub lead: Text,
    pub cause: Text,
    pub then: Text,
    /// Since when; for what will expire, when it does.
    pub at: DateTime<Utc>,
    pub expires: bool,
    pub href: String,
    pub action: Text,
    /// Orders the list: how bad, then how many.
    #[serde(skip)]
    weight: i64,
}

/// How bad the kinds are, worst first. Counts stay below the distance.
mod rank {
    pub const ORDERS: i64 = 9_500_000;
    pub const LATE: i64 = 9_200_000;
    pub const DIFFERING: i64 = 9_000_000;
    pub const SILENT: i64 = 8_000_000;
    pub const HOLD_ENDING: i64 = 7_500_000;
    pub const URGENT: i64 = 7_000_000;
    pub const ENDING: i64 = 6_500_000;
    pub const OPEN: i64 = 6_200_000;
    pub const EXPIRED: i64 = 6_000_000;
    pub const REJECTED: i64 = 5_000_000;
    pub const PARKED: i64 = 4_000_000;
    pub const OUT: i64 = 3_000_000;
    pub const RETURNED: i64 = 2_000_000;
    pub const EXPIRING: i64 = 1_000_000;
}

pub(super) fn of_merchant(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let mut all = rejected(c, merchant, now)?;
    all.extend(parked(c, merchant, now)?);
    all.extend(silent(c, merchant)?);
    all.extend(returned(c, merchant)?);
    all.extend(expiring(c, merchant, now)?);
    all.extend(gate::todos(c, merchant, now)?);
    all.extend(erp::todos(c, merchant, now)?);
    all.extend(out_of_stock(c, merchant)?);
    all.extend(stock::todos(c, merchant, now)?);
    all.extend(orders::todos(c, merchant, now)?);
    all.sort_by_key(|t| std::cmp::Reverse((t.weight, t.at)));
    all.truncate(SHOWN);
    Ok(all)
}

#[derive(QueryableByName)]
struct Rejected {
    #[diesel(sql_type = SqlText)]
    method: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    feed: FeedId,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    call: Option<Uuid>,
    #[diesel(sql_type = Jsonb)]
    problem: Value,
}

/// Rejected lines of the last 24 hours by what was wrong and where, with the newest as the example. Lines that were given
/// up only because another one was bad say nothing of their own.
fn rejected(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let rows: Vec<Rejected> = diesel::sql_query(
        "with newest as (select at, feed_id, line_no, outcome, problems from feed_lines where merchant_id = $1 and at >= $2 order by at desc limit $3), \
         bad as (select n.at, n.feed_id, n.line_no, n.problems->0 as problem, f.method, case when f.channel = 'api' then f.request_id end as call \
           from newest n join feeds f on f.merchant_id = $1 and f.id = n.feed_id \
           where n.outcome = 'rejected' and n.problems->0->>'code' <> $4), \
         ranked as (select *, count(*) over kind as n, row_number() over (kind order by at desc, feed_id desc, line_no) as nth from bad \
           window kind as (partition by method, problem->>'code')) \
         select method, n, at, feed_id as feed, call, problem from ranked where nth = 1 order by n desc limit $5",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now - Duration::hours(24))
    .bind::<BigInt, _>(LOOKED_AT)
    .bind::<SqlText, _>(LineCode::AllOrNothing.wire())
    .bind::<BigInt, _>(7)
    .load(c)?;
    let todo = |row: Rejected| {
        let why = serde_json::from_value::<Problem>(row.problem).map_err(crate::Error::broken)?;
        Ok(Todo {
            tone: "bad",
            icon: "alert-circle",
            lead: Text::new("overview-lines").with(row.n),
            cause: Text::new("overview-rejected").with(why.text()),
            then: Text::new("overview-rejected-then").with(row.method),
            at: row.at,
            expires: false,
            href: row.call.map_or_else(|| format!("/sync/feeds/{}", row.feed), |id| format!("/sync/calls/{id}?view=failed")),
            action: Text::new("overview-rejected-go"),
            weight: rank::REJECTED + row.n,
        })
    };
    rows.into_iter().map(todo).collect()
}

#[derive(QueryableByName)]
struct ParkedLines {
    #[diesel(sql_type = SqlText)]
    waits_for: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    codes: i64,
    #[diesel(sql_type = SqlText)]
    examples: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// Lines that wait for something that has not come, by what they wait for.
fn parked(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let rows: Vec<ParkedLines> = diesel::sql_query(
        "with waiting as (select waits_for, code, at from parked_lines where merchant_id = $1 and settled_at is null limit $2) \
         select waits_for, count(*) as n, count(distinct code) as codes, \
         array_to_string((array_agg(distinct code))[1:3], ' · ') as examples, min(at) as at from waiting group by waits_for",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(LOOKED_AT)
    .load(c)?;
    let todo = |row: ParkedLines| {
        let (cause, then, href) = match row.waits_for.as_str() {
            "category" => ("overview-parked-category", "overview-parked-category-then", "/sync/failures"),
            "quarantine" => ("overview-quarantined", "overview-quarantined-then", "/sync/quarantine"),
            "sku" => ("overview-parked-sku", "overview-parked-sku-then", "/sync/failures"),
            "erp_status" => ("overview-parked-status", "overview-parked-code-then", "/settings/orders"),
            _ => ("overview-parked-code", "overview-parked-code-then", "/sync/failures"),
        };
        // What is stopped needs a person at once, what waits for its row after an hour.
        let urgent = row.waits_for == "quarantine" || now - row.at >= Duration::hours(1);
        Todo {
            tone: if urgent { "bad" } else { "warn" },
            icon: "hourglass-high",
            lead: Text::new("overview-lines").with(row.n),
            cause: Text::new(cause).with(row.codes).with(row.examples),
            then: Text::new(then),
            at: row.at,
            expires: false,
            href: href.to_owned(),
            action: Text::new("overview-parked-go"),
            weight: if urgent { rank::URGENT } else { rank::PARKED } + row.n,
        }
    };
    Ok(rows.into_iter().map(todo).collect())
}

#[derive(QueryableByName)]
struct Silent {
    #[diesel(sql_type = SqlText)]
    module: String,
    #[diesel(sql_type = Timestamptz)]
    since: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    every: i64,
}

/// Modules that should have been heard of (G-04).
fn silent(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Todo>> {
    let rows: Vec<Silent> = diesel::sql_query(
        "select module, overdue_since as since, every_minutes::bigint as every from freshness where merchant_id = $1 and watched and overdue_since is not null",
    )
    .bind::<BigInt, _>(merchant)
    .load(c)?;
    let todo = |row: Silent| Todo {
        tone: "bad",
        icon: "activity-heartbeat",
        lead: Text::new(Module::of(&row.module).map_or("module-stock", Module::label)),
        cause: Text::new("overview-silent").with(row.every),
        then: Text::new("overview-silent-then"),
        at: row.since,
        expires: false,
        href: "/sync/freshness".to_owned(),
        action: Text::new("overview-silent-go"),
        weight: rank::SILENT,
    };
    Ok(rows.into_iter().map(todo).collect())
}

#[derive(QueryableByName)]
struct Returned {
    #[diesel(sql_type = SqlText)]
    reason: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// Products an auditor has sent back (P-05), with the most frequent reason.
fn returned(c: &mut PgConnection, merchant: MerchantId) -> Result<Option<Todo>> {
    let rows: Vec<Returned> = diesel::sql_query(
        "with back as (select id, updated_at from products where merchant_id = $1 and audit_status in ('changes_requested', 'rejected') limit $2) \
         select coalesce(why.reason, '') as reason, count(*) as n, max(coalesce(why.at, back.updated_at)) as at from back \
         left join lateral (select d.reason, d.at from audit_decisions d where d.merchant_id = $1 and d.product_id = back.id \
           and d.decision in ('returned', 'rejected') order by d.id desc limit 1) why on true group by 1 order by n desc",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(LOOKED_AT)
    .load(c)?;
    let (Some(most), Some(at)) = (rows.first(), rows.iter().map(|r| r.at).max()) else {
        return Ok(None);
    };
    let n: i64 = rows.iter().map(|r| r.n).sum();
    let then = if most.reason.is_empty() {
        Text::new("overview-returned-plain")
    } else {
        // The reasons' words belong to the review, which has a key for each.
        let reason = Text::keyed(format!("audit-reason-{}", most.reason.replace('_', "-")).into());
        Text::new("overview-returned-then").with(reason).with(most.n)
    };
    Ok(Some(Todo {
        tone: "info",
        icon: "clipboard-x",
        lead: Text::new("overview-products").with(n),
        cause: Text::new("overview-returned"),
        then,
        at,
        expires: false,
        href: "/products?view=returned".to_owned(),
        action: Text::new("overview-returned-go"),
        weight: rank::RETURNED + n,
    }))
}

#[derive(QueryableByName)]
struct Expiring {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = SqlText)]
    names: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

/// Credentials that end soon, and those that have ended with nobody taking them away.
fn expiring(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let rows: Vec<Expiring> = diesel::sql_query(
        "select count(*) as n, string_agg(name, ' · ' order by expires_at) as names, min(expires_at) as at from apps \
         where merchant_id = $1 and revoked_at is null and expires_at <= $3 and expires_at > $2 - interval '30 days' group by expires_at <= $2",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + Duration::days(EXPIRY_DAYS))
    .load(c)?;
    let todo = |row: Expiring| {
        let over = row.at <= now;
        let (cause, then) =
            if over { ("overview-expired", "overview-expired-then") } else { ("overview-expiring", "overview-expiring-then") };
        Todo {
            tone: if over { "bad" } else { "warn" },
            icon: "key",
            lead: Text::new("overview-credentials").with(row.n),
            cause: Text::new(cause).with(row.names),
            then: Text::new(then),
            at: row.at,
            expires: true,
            href: "/api-keys".to_owned(),
            action: Text::new("overview-expiring-go"),
            weight: if over { rank::EXPIRED } else { rank::EXPIRING } + row.n,
        }
    };
    Ok(rows.into_iter().map(todo).collect())
}

#[derive(QueryableByName)]
struct Out {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = Nullable<SqlText>)]
    example: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// Listed products nobody can buy: every shop of every SKU is empty. Starts from the few marked places.
fn out_of_stock(c: &mut PgConnection, merchant: MerchantId) -> Result<Option<Todo>> {
    let row: Out = diesel::sql_query(
        "with empty as (select sku_id, shop_id from stock_marks where merchant_id = $1 and mark in ('out', 'short') limit $2), \
         touched as (select distinct k.product_id from empty e join skus k on k.merchant_id = $1 and k.id = e.sku_id) \
         select count(*) as n, min(p.name) as example, max(p.updated_at) as at from touched t \
         join products p on p.merchant_id = $1 and p.id = t.product_id and p.listing = 'listed' \
         where not exists (select 1 from skus k join stock s on s.merchant_id = $1 and s.sku_id = k.id where k.merchant_id = $1 and k.product_id = p.id \
           and not exists (select 1 from stock_marks m where m.merchant_id = $1 and m.sku_id = s.sku_id and m.shop_id = s.shop_id and m.mark in ('out', 'short')))",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(LOOKED_AT)
    .get_result(c)?;
    let (Some(example), Some(at)) = (row.example, row.at) else {
        return Ok(None);
    };
    Ok(Some(Todo {
        tone: "warn",
        icon: "building-warehouse",
        lead: Text::new("overview-products").with(row.n),
        cause: Text::new("overview-out").with(example),
        then: Text::new("overview-out-then"),
        at,
        expires: false,
        href: "/stock?view=out".to_owned(),
        action: Text::new("overview-out-go"),
        weight: rank::OUT + row.n,
    }))
}
