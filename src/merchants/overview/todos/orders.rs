//! What orders ask of people: those that wait, by the reason, and those the ERP never took.

use super::{LOOKED_AT, Todo, rank};
use crate::Result;
use crate::ids::MerchantId;
use crate::text::{self, Text};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Numeric, Text as SqlText, Timestamptz};
use rust_decimal::Decimal;

#[derive(QueryableByName)]
struct Waiting {
    #[diesel(sql_type = SqlText)]
    waits: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    customers: i64,
    #[diesel(sql_type = Numeric)]
    sum: Decimal,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
}

pub(super) fn todos(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Todo>> {
    let mut all = waiting(c, merchant)?;
    all.extend(overdue(c, merchant, now)?);
    Ok(all)
}

/// Orders on hold, by the reason (O-11).
fn waiting(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Todo>> {
    let rows: Vec<Waiting> = diesel::sql_query(
        "select waits, count(*) as n, count(distinct customer_id) as customers, sum(payable_amount)::numeric(14, 2) as sum, min(coalesce(paid_at, placed_at)) as at \
         from (select waits, customer_id, payable_amount, paid_at, placed_at from orders where merchant_id = $1 and sync = 'blocked' limit $2) q group by waits",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(LOOKED_AT)
    .load(c)?;
    let todo = |row: Waiting| {
        let (cause, href, action) = match row.waits.as_str() {
            "customer_unmapped" => ("overview-orders-unmapped", "/customers", "overview-orders-unmapped-go"),
            "uscc_invalid" => ("overview-orders-uscc", "/customers", "overview-orders-unmapped-go"),
            "erp_refused" => ("overview-orders-refused", "/orders?view=waiting", "overview-orders-go"),
            _ => ("overview-orders-by-hand", "/orders?view=waiting", "overview-orders-go"),
        };
        Todo {
            tone: "bad",
            icon: "receipt",
            lead: Text::new("overview-orders-n").with(row.n),
            cause: Text::new(cause),
            then: Text::new("overview-orders-then").with(row.customers).with(text::money(row.sum)),
            at: row.at,
            expires: false,
            href: href.to_owned(),
            action: Text::new(action),
            weight: rank::ORDERS + row.n,
        }
    };
    Ok(rows.into_iter().map(todo).collect())
}

#[derive(QueryableByName)]
struct Overdue {
    #[diesel(sql_type = BigInt)]
    n: i64,
    #[diesel(sql_type = BigInt)]
    minutes: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// Paid orders the ERP has not taken for longer than the merchant thinks right.
fn overdue(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Option<Todo>> {
    let row: Overdue = diesel::sql_query(
        "with rule as (select coalesce((select alert_minutes from order_rules where merchant_id = $1), 30)::int8 as minutes), \
           late as (select paid_at from orders, rule where merchant_id = $1 and sync in ('unsynced', 'delivered') and paid_at < $2 - rule.minutes * interval '1 minute' limit $3) \
         select (select count(*) from late) as n, rule.minutes, (select min(paid_at) from late) as at from rule",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(LOOKED_AT)
    .get_result(c)?;
    let Overdue { n, minutes, at: Some(at) } = row else { return Ok(None) };
    Ok(Some(Todo {
        tone: "bad",
        icon: "receipt",
        lead: Text::new("overview-orders-n").with(n),
        cause: Text::new("overview-orders-late").with(minutes),
        then: Text::new("overview-orders-late-then"),
        at,
        expires: false,
        href: "/orders?sync=late".to_owned(),
        action: Text::new("overview-orders-go"),
        weight: rank::LATE + n,
    }))
}
