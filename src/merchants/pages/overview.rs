//! `/`: is everything flowing, and what needs me.

use crate::clock::china;
use crate::merchants::overview::{self, CAP, Lane, OPEN_CAP, Overview, Platform, Troubled};
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Frame, Permission, Reply, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Datelike, Utc, Weekday};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Borrow;

#[derive(Deserialize)]
pub struct Shown {
    /// Whether the table behind the chart is open; part of the address, so that it stays open when the page renews itself.
    #[serde(default)]
    data: String,
}

#[derive(Template)]
#[template(path = "overview/merchant.html", blocks = ["part"])]
struct MerchantPage {
    frame: Frame,
    now: DateTime<Utc>,
    as_of: Text,
    see: Overview,
    data: bool,
    may_keys: bool,
}
show!(MerchantPage, |v| &v.see);

impl MerchantPage {
    /// A to-do this person cannot open is told, without a button.
    fn opens(&self, href: &str) -> bool {
        self.may_keys || href != "/api-keys"
    }
    /// The first thing to do that this person can do is the page's one main button.
    fn is_first(&self, index: &usize) -> bool {
        self.see.steps.done() && self.see.todos.iter().position(|t| self.opens(&t.href)) == Some(*index)
    }
    fn top(&self) -> i64 {
        Lane::TOP
    }
    fn count(&self, n: impl Borrow<i64>) -> String {
        capped(*n.borrow(), CAP)
    }
    /// Of orders that wait.
    fn open(&self, n: impl Borrow<i64>) -> String {
        capped(*n.borrow(), OPEN_CAP)
    }
    /// A span of time as people say it.
    fn span(&self, seconds: &f64) -> String {
        let (n, unit) = match *seconds {
            s if s < 60.0 => (format!("{s:.1}"), "overview-lag-seconds"),
            s if s < 3600.0 => (format!("{:.1}", s / 60.0), "overview-minutes"),
            s => (format!("{:.1}", s / 3600.0), "overview-a-few-hours"),
        };
        self.frame.lang.say(unit, &[n.into()])
    }
}

#[derive(Template)]
#[template(path = "overview/platform.html", blocks = ["part"])]
struct PlatformPage {
    frame: Frame,
    now: DateTime<Utc>,
    as_of: Text,
    see: Platform,
    troubled: Vec<Troubled>,
    /// Merchants have pages for those who manage them.
    may_merchants: bool,
}
show!(PlatformPage, |v| json!({ "platform": v.see, "troubled": v.troubled }));

impl PlatformPage {
    fn count(&self, n: impl Borrow<i64>) -> String {
        capped(*n.borrow(), CAP)
    }
}

/// `GET /`
pub async fn page(ctx: Ctx, shown: Query<Shown>) -> Reply {
    let seat = ctx.seat()?;
    let (merchant, now) = (seat.merchant, ctx.now);
    if seat.person.role.is_platform() {
        let (see, troubled) = ctx.db.snapshot(move |c| overview::of_platform(c, now)).await?;
        let may_merchants = seat.person.may(Permission::ManageMerchants);
        return ctx.reply(PlatformPage { frame: ctx.frame("overview"), now, as_of: as_of(now), see, troubled, may_merchants });
    }
    let see = ctx.db.snapshot(move |c| overview::of_merchant(c, merchant, now)).await?;
    let may_keys = seat.person.may(Permission::ManageKeys);
    ctx.reply(MerchantPage { frame: ctx.frame("overview"), now, as_of: as_of(now), see, data: shown.data == "1", may_keys })
}

/// The day, and up to when the numbers are true.
fn as_of(now: DateTime<Utc>) -> Text {
    let here = now.with_timezone(&china());
    let day = Text::new(match here.weekday() {
        Weekday::Mon => "overview-mon",
        Weekday::Tue => "overview-tue",
        Weekday::Wed => "overview-wed",
        Weekday::Thu => "overview-thu",
        Weekday::Fri => "overview-fri",
        Weekday::Sat => "overview-sat",
        Weekday::Sun => "overview-sun",
    });
    Text::new("overview-as-of").with(here.month().to_string()).with(here.day().to_string()).with(day).with(here.format("%H:%M").to_string())
}

fn capped(n: i64, cap: i64) -> String {
    let mut digits: Vec<char> = n.min(cap).to_string().chars().rev().collect();
    for at in (3..digits.len()).step_by(3).rev() {
        digits.insert(at, ',');
    }
    if n >= cap {
        digits.insert(0, '+');
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_stopped_says_so() {
        assert_eq!([0, 999, 1000, 99_999].map(|n| capped(n, CAP)), ["0", "999", "1,000", "99,999"]);
        assert_eq!((capped(CAP, CAP), capped(OPEN_CAP, OPEN_CAP)), ("100,000+".to_owned(), "10,000+".to_owned()));
    }
}
