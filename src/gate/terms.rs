//! For how long something stands: the choices a person has (W-04).

use crate::clock::china;
use crate::form::Form;
use crate::text::Text;
use chrono::{DateTime, Days, Duration, NaiveDateTime, NaiveTime, Utc};

/// The longest a pause, an exception or a lock may stand that has an end.
pub const LONGEST_DAYS: i64 = 7;

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// `None`: until somebody ends it.
    pub until: Option<DateTime<Utc>>,
    pub reason: String,
}

/// Reads `span` (`30m`, `2h`, `tonight`, `custom` with `at` in Chinese time, `open`) and `reason`.
///
/// # Errors
/// The complaints by field. Whether somebody may leave the end open is the caller's to know.
pub fn read(span: &str, at: &str, reason: &str, may_leave_open: bool, now: DateTime<Utc>) -> Result<Term, Form> {
    let mut form = Form::filled([("span", span.to_owned()), ("at", at.to_owned()), ("reason", reason.to_owned())]);
    let until = match span {
        "30m" => Ok(Some(now + Duration::minutes(30))),
        "2h" => Ok(Some(now + Duration::hours(2))),
        "tonight" => midnight(now).map(Some).ok_or(("span", Text::new("form-wrong"))),
        "custom" => custom(at, now).map(Some).map_err(|text| ("at", text)),
        "open" if may_leave_open => Ok(None),
        "open" => Err(("span", Text::new("gate-open-for-owners"))),
        _ => Err(("span", Text::new("gate-choose-span"))),
    };
    let reason = reason.trim();
    if reason.chars().count() > 100 || reason.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        form.complain("reason", Text::new("form-too-long").with(100));
    }
    match until {
        Ok(until) if !form.is_bad() => Ok(Term { until, reason: reason.to_owned() }),
        Ok(_) => Err(form),
        Err((field, text)) => Err(form.with_error(field, text)),
    }
}

/// The end of the Chinese day.
fn midnight(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let tomorrow = now.with_timezone(&china()).date_naive().checked_add_days(Days::new(1))?;
    tomorrow.and_time(NaiveTime::MIN).and_local_timezone(china()).single().map(|t| t.to_utc())
}

fn custom(at: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Text> {
    let naive = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(at.trim(), format).ok())
        .ok_or_else(|| Text::new("gate-bad-time"))?;
    let until = naive.and_local_timezone(china()).single().map(|t| t.to_utc()).ok_or_else(|| Text::new("gate-bad-time"))?;
    if until <= now {
        return Err(Text::new("gate-time-over"));
    }
    if until > now + Duration::days(LONGEST_DAYS) {
        return Err(Text::new("gate-time-far").with(LONGEST_DAYS));
    }
    Ok(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-22T14:30:00Z".parse().unwrap()
    }
    fn end(span: &str, at: &str) -> Result<Option<String>, String> {
        read(span, at, "盘点", false, now())
            .map(|t| t.until.map(crate::clock::on_the_wire))
            .map_err(|form| form.errors().map(|(field, text)| format!("{field} {}", text.key())).collect())
    }

    // W-04
    #[test]
    fn every_choice_has_its_end() {
        assert_eq!(end("30m", ""), Ok(Some("2026-11-22 23:00:00".into())));
        assert_eq!(end("2h", ""), Ok(Some("2026-11-23 00:30:00".into())));
        // 22:30 in China.
        assert_eq!(end("tonight", ""), Ok(Some("2026-11-23 00:00:00".into())));
        assert_eq!(end("custom", "2026-11-24T08:00"), Ok(Some("2026-11-24 08:00:00".into())));
        assert_eq!(end("custom", "2026-11-22T22:00"), Err("at gate-time-over".into()));
        assert_eq!(end("custom", "2026-11-30T08:00"), Err("at gate-time-far".into()));
        assert_eq!(end("custom", "soon"), Err("at gate-bad-time".into()));
        assert_eq!(end("open", ""), Err("span gate-open-for-owners".into()));
        assert_eq!(end("", ""), Err("span gate-choose-span".into()));
        assert_eq!(read("open", "", " 大促 ", true, now()).unwrap(), Term { until: None, reason: "大促".into() });
        assert!(read("30m", "", &"长".repeat(101), false, now()).unwrap_err().error("reason").is_some());
    }
}
