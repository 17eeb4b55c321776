//! A day as packages print it: sometimes only the month.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A day, and whether only its month was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Day {
    pub date: NaiveDate,
    pub month: bool,
}

impl Day {
    /// `yyyy-MM-dd`, `yyyyMMdd`, or `yyyy-MM`, of which the first day is meant.
    pub fn read(text: &str) -> Option<Self> {
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = text.split('-').collect();
        let (date, month) = match parts.as_slice() {
            [whole] if whole.len() == 8 && digits(whole) => (NaiveDate::parse_from_str(whole, "%Y%m%d").ok()?, false),
            [y, m, d] if y.len() == 4 && m.len() == 2 && d.len() == 2 => (NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?, false),
            [y, m] if y.len() == 4 && m.len() == 2 => (NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?, true),
            _ => return None,
        };
        (1900..2200).contains(&date.year()).then_some(Self { date, month })
    }

    /// A month ends something with its last day.
    #[must_use]
    pub fn at_its_end(self) -> Self {
        let last = self.date.checked_add_months(Months::new(1)).and_then(|next| next.checked_sub_days(Days::new(1)));
        if self.month && self.date.day() == 1 { Self { date: last.unwrap_or(self.date), ..self } } else { self }
    }
}

/// As exact as it was told.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date.format(if self.month { "%Y-%m" } else { "%Y-%m-%d" }).fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("not a day"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    //
    #[test]
    fn a_month_ends_with_its_last_day_and_stays_a_month() {
        let told = |text: &str| Day::read(text).map(|d| (d.at_its_end().date.to_string(), d.at_its_end().to_string()));
        let same = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(told("2028-02"), same("2028-02-29", "2028-02"));
        assert_eq!(told("2026-12"), same("2026-12-31", "2026-12"));
        assert_eq!(told("20261122"), same("2026-11-22", "2026-11-22"));
        assert_eq!(told("2026-11-22"), same("2026-11-22", "2026-11-22"));
        for wrong in ["2026-13", "2026-02-30", "20260230", "202611", "2026-1-2", "26-11-22", "0001-01-01", "2026/11/22", "永久", ""] {
            assert_eq!(told(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_day_is_read_as_it_is_written(n in 0..80_000_u64, month in any::<bool>()) {
            let date = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap() + Days::new(n);
            let day = Day { date: if month { date.with_day(1).unwrap() } else { date }, month };
            prop_assert_eq!(Day::read(&day.to_string()), Some(day));
            prop_assert_eq!(Day::read(&day.at_its_end().to_string()).map(Day::at_its_end), Some(day.at_its_end()));
        }

        #[test]
        fn whatever_is_sent_is_read_or_refused(text in "\\PC{0,12}") {
            let _ = Day::read(&text);
        }
    }
}
