//! What is sold: money and orders today against yesterday at the same time, what has to leave, how long orders take into the
//! ERP, and what is about to run out.

use super::midnight;
use crate::Result;
use crate::clock::china;
use crate::ids::MerchantId;
use crate::merchants::risks::COVER;
use chrono::{DateTime, Duration, Timelike, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Int4, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

/// How many of the newest tell how fast orders reach the ERP.
const TIMED: i64 = 1000;
/// Orders that wait are counted up to here: their index leads to as many rows as anybody will ever ship in a day.
pub const OPEN_CAP: i64 = 10_000;
const SHOWN: i64 = 5;

/// The numbers of the strip.
#[derive(Clone, Debug, Serialize)]
pub struct Sales {
    pub today: Decimal,
    pub orders: i64,
    /// Yesterday until this time of day.
    pub before: Decimal,
    pub orders_before: i64,
    #[serde(flatten)]
    pub open: Open,
}

/// What has to leave, what is kept back, and how long orders take into the ERP.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Open {
    #[diesel(sql_type = BigInt)]
    pub to_ship: i64,
    #[diesel(sql_type = BigInt)]
    pub on_hold: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
    /// Seconds from payment into the ERP's books.
    #[diesel(sql_type = Nullable<Double>)]
    pub median: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    pub p95: Option<f64>,
}

impl Sales {
    /// Whether it grew, and by how much.
    fn told(change: Option<f64>) -> Option<(bool, String)> {
        change.map(|p| (p >= 0.0, format!("{:.1}%", p.abs())))
    }
    pub fn money_trend(&self) -> Option<(bool, String)> {
        Self::told(self.change())
    }
    pub fn orders_trend(&self) -> Option<(bool, String)> {
        Self::told(self.orders_change())
    }
    /// Per cent more or less than yesterday at this time; nothing to compare with is nothing.
    pub fn change(&self) -> Option<f64> {
        let before = self.before.to_f64().filter(|n| *n > 0.0)?;
        Some((self.today.to_f64()? - before) / before * 100.0)
    }
    pub fn orders_change(&self) -> Option<f64> {
        (self.orders_before > 0).then(|| (self.orders - self.orders_before) as f64 / self.orders_before as f64 * 100.0)
    }
}

/// The strip and the curve; nothing for a merchant that has never had an order.
pub(super) fn of_merchant(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Option<(Sales, Money)>> {
    #[derive(QueryableByName)]
    struct Any {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        any: bool,
    }
    let any: Any = diesel::sql_query("select exists (select 1 from orders where merchant_id = $1) as any")
        .bind::<BigInt, _>(merchant)
        .get_result(c)?;
    if !any.any {
        return Ok(None);
    }
    let (hours, open) = (hours(c, merchant, now)?, open(c, merchant)?);
    let (mut today, mut orders, mut before, mut orders_before) = (Decimal::ZERO, 0, Decimal::ZERO, 0);
    for hour in &hours {
        if hour.today {
            today += hour.sum;
            orders += hour.n;
        } else {
            before += hour.sum_by_now;
            orders_before += hour.n_by_now;
        }
    }
    Ok(Some((Sales { today, orders, before, orders_before, open }, curve(&hours, now))))
}

fn open(c: &mut PgConnection, merchant: MerchantId) -> Result<Open> {
    let capped =
        |range: &str| format!("(select count(*) from (select 1 from orders where merchant_id = $1 and {range} limit {OPEN_CAP}) q)");
    let sql = format!(
        "select least({} + {}, {OPEN_CAP}) as to_ship, {} as on_hold, \
           (select min(paid_at) from (select paid_at from orders where merchant_id = $1 and state = 'to_ship' order by placed_at limit 100) q) as oldest, \
           e.median, e.p95 \
         from (select percentile_cont(0.5) within group (order by s) as median, percentile_cont(0.95) within group (order by s) as p95 from \
           (select extract(epoch from synced_at - paid_at)::float8 as s from orders where merchant_id = $1 and paid_at is not null order by paid_at desc limit $2) q \
           where s >= 0) e",
        capped("state = 'to_ship'"),
        capped("state = 'partly_shipped'"),
        capped("sync = 'blocked'"),
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(TIMED).get_result(c)?)
}

#[derive(QueryableByName)]
struct HourSum {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    today: bool,
    #[diesel(sql_type = Int4)]
    hour: i32,
    #[diesel(sql_type = Numeric)]
    sum: Decimal,
    #[diesel(sql_type = BigInt)]
    n: i64,
    /// Of yesterday: until this time of day.
    #[diesel(sql_type = Numeric)]
    sum_by_now: Decimal,
    #[diesel(sql_type = BigInt)]
    n_by_now: i64,
}

/// Today and yesterday by the hour: one pass over one range of an index that holds all that is asked.
fn hours(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<HourSum>> {
    let (since, day) = (midnight(now), Duration::days(1));
    Ok(diesel::sql_query(
        "select slot >= 24 as today, slot % 24 as hour, sum, n, sum_by_now, n_by_now from (select (extract(epoch from bin - $2) / 3600)::int as slot, q.* from \
           (select date_bin('1 hour', paid_at, $2) as bin, sum(payable_amount)::numeric(14, 2) as sum, count(*) as n, \
              coalesce(sum(payable_amount) filter (where paid_at <= $4), 0)::numeric(14, 2) as sum_by_now, count(*) filter (where paid_at <= $4) as n_by_now \
            from orders where merchant_id = $1 and paid_at >= $2 and paid_at <= $3 group by bin) q) h",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(since - day)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - day)
    .load(c)?)
}

/// Money by the hour, drawn: today as a line, yesterday dashed.
#[derive(Clone, Debug, Serialize)]
pub struct Money {
    /// Hour, today (missing where it has not come), yesterday.
    pub hours: Vec<(u32, Option<Decimal>, Decimal)>,
    #[serde(skip)]
    pub grid: Vec<(String, i64)>,
    #[serde(skip)]
    pub labels: Vec<(String, u32)>,
    /// SVG path data.
    #[serde(skip)]
    pub today: String,
    #[serde(skip)]
    pub yesterday: String,
}

const LEFT: f64 = 42.0;
const RIGHT: f64 = 356.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 170.0;

fn curve(hours: &[HourSum], now: DateTime<Utc>) -> Money {
    let sum = |today: bool, hour: u32| {
        let found = hours.iter().find(|r| r.today == today && u32::try_from(r.hour).is_ok_and(|h| h == hour));
        found.map_or(Decimal::ZERO, |r| r.sum)
    };
    let this_hour = now.with_timezone(&china()).hour();
    draw((0..24).map(|h| (h, (h <= this_hour).then(|| sum(true, h)), sum(false, h))).collect())
}

fn draw(hours: Vec<(u32, Option<Decimal>, Decimal)>) -> Money {
    let most = hours.iter().flat_map(|(_, a, b)| [a.unwrap_or_default(), *b]).max().unwrap_or_default().ceil().to_i64().unwrap_or(0);
    let step = super::chart::step(most);
    let lines = ((most + step - 1) / step).max(1);
    let x = |hour: u32| LEFT + f64::from(hour) * (RIGHT - LEFT) / 23.0;
    let y = |sum: f64| TOP + (BOTTOM - TOP) * (1.0 - sum / (lines * step) as f64);
    let path = |points: Vec<(u32, Decimal)>| {
        let point = |(at, (hour, sum)): (usize, (u32, Decimal))| {
            format!("{}{:.1} {:.1}", if at == 0 { 'M' } else { 'L' }, x(hour), y(sum.to_f64().unwrap_or(0.0)))
        };
        points.into_iter().enumerate().map(point).collect::<String>()
    };
    Money {
        grid: (0..=lines).map(|k| (format!("{:.1}", y((k * step) as f64)), k * step)).collect(),
        labels: (0..24).step_by(4).map(|h| (format!("{:.1}", x(h)), h)).collect(),
        today: path(hours.iter().filter_map(|(h, today, _)| Some((*h, (*today)?))).collect()),
        yesterday: path(hours.iter().map(|(h, _, before)| (*h, *before)).collect()),
        hours,
    }
}

/// Goods that will not last three days at the rate they sell.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Risk {
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = BigInt)]
    pub product: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = Text)]
    pub shop: String,
    #[diesel(sql_type = BigInt)]
    pub available: i64,
    #[diesel(sql_type = Double)]
    pub a_day: f64,
    #[diesel(sql_type = Double)]
    pub days: f64,
}

impl Risk {
    /// The meter's part of a hundred.
    pub fn part(&self) -> i64 {
        (self.days / COVER as f64 * 100.0).clamp(2.0, 100.0).to_i64().unwrap_or(0)
    }
    pub fn tone(&self) -> &'static str {
        if self.days < 1.0 { "bad" } else { "warn" }
    }
    pub fn days_text(&self) -> String {
        format!("{:.1}", self.days)
    }
    pub fn a_day_text(&self) -> String {
        format!("{:.1}", self.a_day)
    }
}

/// The worst of what the worker has found, by what is there now.
pub(super) fn risks(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Risk>> {
    Ok(diesel::sql_query(
        "select p.prod_id, p.id as product, p.name, p.spec, k.sku_id, h.name as shop, greatest(a.n, 0) as available, r.a_day::float8, \
           (greatest(a.n, 0) / r.a_day)::float8 as days \
         from stock_risks r join stock s on s.merchant_id = $1 and s.sku_id = r.sku_id and s.shop_id = r.shop_id \
         cross join lateral (select stock_available(s) as n offset 0) a \
         join skus k on k.merchant_id = $1 and k.id = r.sku_id join products p on p.merchant_id = $1 and p.id = k.product_id \
         join shops h on h.merchant_id = $1 and h.id = r.shop_id \
         where r.merchant_id = $1 and a.n < r.a_day * $2 order by days, r.a_day desc limit $3",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(COVER)
    .bind::<BigInt, _>(SHOWN)
    .load(c)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_drawn_up_to_now() {
        let hours = (0..24).map(|h| (h, (h <= 9).then(|| Decimal::from(h * 100)), Decimal::from(50))).collect();
        let money = draw(hours);
        assert_eq!((money.today.matches('L').count(), money.yesterday.matches('L').count()), (9, 23));
        assert_eq!(money.grid.iter().map(|g| g.1).collect::<Vec<_>>(), [0, 500, 1000]);
        assert!(money.today.starts_with("M42.0 170.0"), "{}", money.today);
    }

    #[test]
    fn nothing_to_compare_with_is_no_growth() {
        let sales = |today: i64, before: i64| Sales {
            today: today.into(),
            orders: 3,
            before: before.into(),
            orders_before: 0,
            open: Open { to_ship: 0, on_hold: 0, oldest: None, median: None, p95: None },
        };
        assert_eq!((sales(110, 100).change(), sales(110, 0).change(), sales(1, 1).orders_change()), (Some(10.0), None, None));
    }
}
