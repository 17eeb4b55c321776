//! What somebody finds when logging in: is everything flowing, and what needs me.
//!
//! This room counts rows of the rooms above it by SQL, all set-based, and changes none of them. What the page costs is
//! bounded, whatever the size of the tables: counts stop at [`CAP`] inside an index (the `limit` is in the subquery), what
//! happened today is a range of an index by merchant and time, and to-dos look at the newest rows only.

mod chart;
mod lanes;
mod platform;
mod sales;
mod todos;

pub use chart::{Chart, Column};
pub use lanes::Lane;
pub use platform::{Platform, Troubled, of_platform};
pub use sales::{Money, OPEN_CAP, Open, Risk, Sales};
pub use todos::Todo;

use crate::Result;
use crate::clock::china;
use crate::ids::MerchantId;
use chrono::{DateTime, Duration, NaiveTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use uuid::Uuid;

/// Counts stop here and read “100,000+”: an index-only scan of that many rows takes some milliseconds.
pub const CAP: i64 = 100_000;

/// The numbers of the strip at the top.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Figures {
    #[diesel(sql_type = BigInt)]
    pub products: i64,
    #[diesel(sql_type = BigInt)]
    pub listed: i64,
    /// To match, or in review.
    #[diesel(sql_type = BigInt)]
    pub pending: i64,
    #[diesel(sql_type = BigInt)]
    pub returned: i64,
    /// SKUs × shops.
    #[diesel(sql_type = BigInt)]
    pub places: i64,
    #[diesel(sql_type = BigInt)]
    pub out: i64,
    #[diesel(sql_type = BigInt)]
    pub low: i64,
}

impl Figures {
    pub fn in_stock(&self) -> i64 {
        (self.places - self.out).max(0)
    }
}

/// Products by state from the indexes of the product list, places by mark from the few rows kept for the stock page's tabs.
fn figures(c: &mut PgConnection, merchant: MerchantId) -> Result<Figures> {
    let capped = |from: &str| format!("(select count(*) from (select 1 from {from} limit {CAP}) capped)");
    let sql = format!(
        "select {} as products, {} as listed, {} as pending, {} as returned, {} as places, {} as out, {} as low",
        capped("products where merchant_id = $1"),
        capped("products where merchant_id = $1 and listing = 'listed'"),
        capped("products where merchant_id = $1 and audit_status = 'pending'"),
        capped("products where merchant_id = $1 and audit_status in ('changes_requested', 'rejected')"),
        capped("stock where merchant_id = $1"),
        capped("stock_marks where merchant_id = $1 and mark in ('out', 'short')"),
        capped("stock_marks where merchant_id = $1 and mark = 'low'"),
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).get_result(c)?)
}

/// What came in since midnight in China.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Today {
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub last_failed: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    pub lines: i64,
    #[diesel(sql_type = BigInt)]
    pub applied: i64,
}

impl Today {
    /// Hundredths of a per cent, rounded down, so that one failure never reads as 100 %.
    pub fn rate(&self) -> Option<String> {
        if self.calls == 0 {
            return None;
        }
        let parts = (self.calls - self.failed) * 10_000 / self.calls;
        Some(if parts % 100 == 0 { (parts / 100).to_string() } else { format!("{}.{:02}", parts / 100, parts % 100) })
    }
}

/// Calls from the key of the log, failures from its partial index, lines from the narrow table of batches.
fn today(c: &mut PgConnection, merchant: MerchantId, since: DateTime<Utc>) -> Result<Today> {
    Ok(diesel::sql_query(
        "select (select count(*) from calls where merchant_id = $1 and at >= $2) as calls, \
         (select count(*) from calls where merchant_id = $1 and at >= $2 and (status >= 400 or rejected > 0)) as failed, \
         (select id from calls where merchant_id = $1 and at >= $2 and (status >= 400 or rejected > 0) order by at desc limit 1) as last_failed, \
         f.lines, f.applied from (select coalesce(sum(total), 0)::bigint as lines, coalesce(sum(applied), 0)::bigint as applied from feeds \
           where merchant_id = $1 and module = any($3) and at >= $2) f",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(since)
    .bind::<diesel::sql_types::Array<diesel::sql_types::Text>, _>(lanes::modules())
    .get_result(c)?)
}

/// How far a new merchant has come.
#[derive(QueryableByName, Clone, Copy, Debug, Serialize)]
pub struct Steps {
    #[diesel(sql_type = Bool)]
    pub key: bool,
    #[diesel(sql_type = Bool)]
    pub products: bool,
    #[diesel(sql_type = Bool)]
    pub approved: bool,
    #[diesel(sql_type = Bool)]
    pub stock: bool,
}

impl Steps {
    pub fn done(&self) -> bool {
        self.key && self.products && self.approved && self.stock
    }
    pub fn count(&self) -> i64 {
        [self.key, self.products, self.approved, self.stock].into_iter().map(i64::from).sum()
    }
}

fn steps(c: &mut PgConnection, merchant: MerchantId) -> Result<Steps> {
    Ok(diesel::sql_query(
        "select exists (select 1 from apps where merchant_id = $1 and revoked_at is null) as key, \
         exists (select 1 from products where merchant_id = $1) as products, \
         exists (select 1 from products where merchant_id = $1 and audit_status = 'approved') as approved, \
         exists (select 1 from stock where merchant_id = $1) as stock",
    )
    .bind::<BigInt, _>(merchant)
    .get_result(c)?)
}

/// Everything on a merchant's overview.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    pub figures: Figures,
    /// For merchants that have orders.
    pub sales: Option<Sales>,
    pub money: Option<Money>,
    pub risks: Vec<Risk>,
    pub today: Today,
    pub lanes: Vec<Lane>,
    pub todos: Vec<Todo>,
    pub chart: Chart,
    pub steps: Steps,
}

pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Overview> {
    let since = midnight(now);
    let (sales, money) = sales::of_merchant(c, merchant, now)?.unzip();
    Ok(Overview {
        figures: figures(c, merchant)?,
        money,
        risks: if sales.is_some() { sales::risks(c, merchant)? } else { Vec::new() },
        sales,
        today: today(c, merchant, since)?,
        lanes: lanes::of_merchant(c, merchant, now)?,
        todos: todos::of_merchant(c, merchant, now)?,
        chart: Chart::of(&lanes::hours(c, merchant, since)?),
        steps: steps(c, merchant)?,
    })
}

/// The last midnight in China.
pub fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let here = now.with_timezone(&china());
    here.date_naive().and_time(NaiveTime::MIN).and_local_timezone(china()).single().map_or(now - Duration::days(1), |t| t.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_is_never_a_hundred_per_cent() {
        let rate = |calls, failed| Today { calls, failed, last_failed: None, lines: 0, applied: 0 }.rate();
        assert_eq!(rate(0, 0), None);
        assert_eq!(rate(8412, 0).as_deref(), Some("100"));
        assert_eq!(rate(8412, 3).as_deref(), Some("99.96"));
        assert_eq!(rate(1_000_000, 1).as_deref(), Some("99.99"));
        assert_eq!(rate(2, 1).as_deref(), Some("50"));
    }

    #[test]
    fn a_day_begins_in_china() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        assert_eq!(midnight(at("2026-11-22T04:00:00Z")), at("2026-11-21T16:00:00Z"));
        assert_eq!(midnight(at("2026-11-22T16:00:00Z")), at("2026-11-22T16:00:00Z"));
    }
}
