//! What the list is asked for, as its address says it.

use crate::clock::china;
use crate::ids::ShopId;
use crate::orders::list::{Search, View};
use crate::orders::model::Sync;
use crate::orders::rules::Rules;
use crate::orders::waits::Why;
use crate::web::Cursor;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;

/// One of several values a filter may have.
pub struct Choice {
    pub href: String,
    pub name: String,
    pub on: bool,
}

#[derive(Deserialize, Clone, Default, Debug)]
pub struct Filter {
    #[serde(default)]
    pub view: String,
    #[serde(default)]
    pub q: String,
    /// The first and the last day of placing, both included.
    #[serde(default)]
    pub from: String,
    #[serde(default)]
    pub until: String,
    /// The same of the payment.
    #[serde(default)]
    pub paid_from: String,
    #[serde(default)]
    pub paid_until: String,
    /// A state of the way into the ERP, or [`LATE`].
    #[serde(default)]
    pub sync: String,
    #[serde(default)]
    pub why: String,
    #[serde(default)]
    pub shop: String,
    /// A customer group by its code.
    #[serde(default)]
    pub group: String,
    #[serde(default)]
    pub least: String,
    #[serde(default)]
    pub most: String,
    #[serde(default)]
    pub sku: String,
    #[serde(default)]
    pub lot: String,
    #[serde(default)]
    pub customer: String,
    #[serde(default)]
    pub after: String,
    /// What was just done to how many orders.
    #[serde(default)]
    pub done: String,
    #[serde(default)]
    pub n: i64,
}

/// The start of a day in China.
fn day(text: &str) -> Option<DateTime<Utc>> {
    let day: NaiveDate = text.trim().parse().ok()?;
    day.and_hms_opt(0, 0, 0)?.and_local_timezone(china()).single().map(|at| at.to_utc())
}

/// The way into the ERP that takes longer than the merchant thinks right.
pub const LATE: &str = "late";

impl Filter {
    pub fn search(&self, now: DateTime<Utc>, rules: &Rules) -> Search {
        let money = |text: &str| text.trim().parse::<Decimal>().ok();
        Search {
            view: View::of(&self.view),
            q: self.q.trim().to_owned(),
            from: day(&self.from),
            until: day(&self.until).map(|at| at + Duration::days(1)),
            paid_from: day(&self.paid_from),
            paid_until: day(&self.paid_until).map(|at| at + Duration::days(1)),
            late: (self.sync == LATE).then(|| now - Duration::minutes(i64::from(rules.alert_minutes))),
            sync: Sync::of(&self.sync),
            why: Why::of(&self.why),
            shop: self.shop.parse().ok().map(ShopId),
            group: self.group.clone(),
            least: money(&self.least),
            most: money(&self.most),
            sku: self.sku.trim().to_owned(),
            lot: self.lot.trim().to_owned(),
            customer: self.customer.trim().to_owned(),
            after: Cursor::read(&self.after),
        }
    }
    /// All that it finds, from the start; to be picked, without a tab: what has to leave.
    pub fn all(&self, now: DateTime<Utc>, rules: &Rules, to_pick: bool) -> Search {
        let search = Search { after: None, ..self.search(now, rules) };
        if to_pick && search.view == View::All { Search { view: View::ToShip, ..search } } else { search }
    }
    /// The list's query with some fields changed; the place in the list starts over.
    pub fn query(&self, change: &[(&str, &str)]) -> String {
        let fields = [
            ("view", self.view.as_str()),
            ("q", self.q.trim()),
            ("from", &self.from),
            ("until", &self.until),
            ("paid_from", &self.paid_from),
            ("paid_until", &self.paid_until),
            ("sync", &self.sync),
            ("why", &self.why),
            ("shop", &self.shop),
            ("group", &self.group),
            ("least", &self.least),
            ("most", &self.most),
            ("sku", &self.sku),
            ("lot", &self.lot),
            ("customer", &self.customer),
        ];
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in fields {
            let value = change.iter().find(|(changed, _)| *changed == name).map_or(value, |(_, value)| *value);
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    pub fn href(&self, change: &[(&str, &str)]) -> String {
        let query = self.query(change);
        if query.is_empty() { "/orders".to_owned() } else { format!("/orders?{query}") }
    }
    pub fn is_set(&self) -> bool {
        !self.query(&[("view", "")]).is_empty()
    }
    /// The filters behind the button that are in use: name, value, the address without.
    pub fn chips(&self) -> Vec<(&'static str, String, String)> {
        let span = |from: &str, until: &str| match (from, until) {
            ("", "") => String::new(),
            (from, until) => format!("{from} – {until}"),
        };
        let money =
            if self.least.is_empty() && self.most.is_empty() { String::new() } else { format!("¥{} – {}", self.least, self.most) };
        let all: [(&str, String, &[&str]); 6] = [
            ("orders-filter-placed", span(&self.from, &self.until), &["from", "until"]),
            ("orders-filter-paid", span(&self.paid_from, &self.paid_until), &["paid_from", "paid_until"]),
            ("orders-filter-amount", money, &["least", "most"]),
            ("orders-filter-sku-short", self.sku.clone(), &["sku"]),
            ("orders-filter-lot", self.lot.clone(), &["lot"]),
            ("orders-filter-customer-short", self.customer.clone(), &["customer"]),
        ];
        let chip = |(name, value, fields): (&'static str, String, &[&str])| {
            let without: Vec<(&str, &str)> = fields.iter().map(|f| (*f, "")).collect();
            (!value.is_empty()).then(|| (name, value, self.href(&without)))
        };
        all.into_iter().filter_map(chip).collect()
    }
    /// The last days as a choice: name, address, whether it is the one in force.
    pub fn spans(&self, now: DateTime<Utc>) -> Vec<Choice> {
        let today = now.with_timezone(&china()).date_naive();
        let span = |(key, days): (&'static str, i64)| {
            let from = (today - Duration::days(days - 1)).to_string();
            Choice {
                href: self.href(&[("from", &from), ("until", "")]),
                on: self.from == from && self.until.is_empty(),
                name: key.to_owned(),
            }
        };
        [("orders-span-today", 1), ("orders-span-week", 7), ("orders-span-month", 30)].into_iter().map(span).collect()
    }
}
