//! The only place that asks what time it is. Everything else is told.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use std::sync::{Arc, Mutex};

/// A clock that tests can set.
#[derive(Clone, Default)]
pub enum Clock {
    #[default]
    System,
    Set(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Clock::System => Utc::now(),
            Clock::Set(at) => *at.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        }
    }
}

/// How long before it ends by itself people are told of a hold, a pause, an exception (W-02, W-04).
pub const WARNED_MINUTES: i64 = 15;

/// times on the wire carry no zone and mean +08:00, which has no summer time.
pub fn china() -> FixedOffset {
    const HOURS_8: i32 = 8 * 3600;
    FixedOffset::east_opt(HOURS_8).unwrap_or_else(|| chrono::Offset::fix(&Utc))
}

/// The day it is in China: when something expires.
pub fn day(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&china()).date_naive()
}

/// V-02: `yyyy-MM-dd HH:mm:ss` at +08:00.
pub fn on_the_wire(at: DateTime<Utc>) -> String {
    at.with_timezone(&china()).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads the wire's format, and RFC 3339 with a zone of its own.
pub fn off_the_wire(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(zoned) = DateTime::parse_from_rfc3339(text) {
        return Some(zoned.to_utc());
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok()?;
    naive.and_local_timezone(china()).single().map(|t| t.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    //
    #[test]
    fn wire_times_are_chinese_times() {
        let at = off_the_wire("2026-11-22 08:00:00").unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-22T00:00:00+00:00");
        assert_eq!(on_the_wire(at), "2026-11-22 08:00:00");
        assert_eq!(off_the_wire("2026-11-22T00:00:00Z"), Some(at));
        assert_eq!(off_the_wire("22.11.2026"), None);
    }
}
