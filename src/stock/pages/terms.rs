//! How long, why and what then: what a person says about a hold, on one row or on many.

use super::moment;
use crate::clock::{WARNED_MINUTES, china, off_the_wire};
use crate::form::Form;
use crate::stock::holds::{self, LONGEST_DAYS, OLD_HOURS, Terms};
use crate::text::Text;
use crate::web::{Ctx, Role, Seat};
use crate::{Error, Result};
use chrono::{DateTime, Days, Duration, NaiveDateTime, NaiveTime, Utc};
use serde::Deserialize;

/// Why somebody holds a number, to choose from; the words of the chosen one are kept.
pub(super) const REASONS: [&str; 3] = ["hold-reason-coming", "hold-reason-reserved", "hold-reason-counting"];
const REASON_LENGTH: usize = 200;

/// As typed.
#[derive(Deserialize, Default, Clone)]
pub(super) struct Asked {
    /// `30m`, `2h`, `today`, `custom`, `open`.
    #[serde(default)]
    pub lasts: String,
    /// The end when `custom`: what a browser's field sends, or a time as on the wire.
    #[serde(default)]
    pub until: String,
    /// At the end: `auto` or `push`.
    #[serde(default)]
    pub end: String,
    /// One of [`REASONS`].
    #[serde(default)]
    pub chosen: String,
    #[serde(default)]
    pub reason: String,
}

/// A way to say how long.
pub(super) struct Choice {
    pub value: &'static str,
    pub label: &'static str,
    /// What follows, in a sentence.
    pub hint: Text,
}

/// The choices somebody has; only owners may leave the end open.
pub(super) fn choices(now: DateTime<Utc>, role: Role) -> Vec<Choice> {
    let at = |label, value| {
        let until = fixed(value, now).unwrap_or(now);
        Choice { value, label, hint: Text::new("hold-hint").with(moment(until, now)).with(WARNED_MINUTES) }
    };
    let mut all = vec![at("hold-30m", "30m"), at("hold-2h", "2h"), at("hold-today", "today")];
    all.push(Choice { value: "custom", label: "hold-custom", hint: Text::new("hold-hint-custom").with(LONGEST_DAYS) });
    if role == Role::Owner {
        all.push(Choice { value: "open", label: "hold-open", hint: Text::new("hold-hint-open") });
    }
    all
}

fn fixed(lasts: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match lasts {
        "30m" => Some(now + Duration::minutes(30)),
        "2h" => Some(now + Duration::hours(2)),
        "today" => {
            let tomorrow = now.with_timezone(&china()).date_naive().checked_add_days(Days::new(1))?;
            tomorrow.and_time(NaiveTime::MIN).and_local_timezone(china()).single().map(|t| t.to_utc())
        }
        _ => None,
    }
}

/// What a browser's date field sends, or the wire's format.
fn typed_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    off_the_wire(text).or_else(|| {
        let naive =
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S"));
        naive.ok()?.and_local_timezone(china()).single().map(|t| t.to_utc())
    })
}

/// What was typed cannot be taken: the field and why.
pub(super) type Wrong = (&'static str, Text);

impl Asked {
    /// What a form begins with. A shadow that is old had better not come back by itself.
    pub fn fresh(reported_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let old = reported_at.is_none_or(|at| now - at > Duration::hours(OLD_HOURS));
        Self { lasts: "2h".to_owned(), end: if old { "push" } else { "auto" }.to_owned(), ..Self::default() }
    }

    /// The end, `None` for none.
    ///
    /// # Errors
    /// `Forbidden` for an open end when the person is no owner.
    pub fn end_of(&self, seat: &Seat, now: DateTime<Utc>) -> Result<std::result::Result<Option<DateTime<Utc>>, Wrong>> {
        if self.lasts == "open" {
            return if seat.person.role == Role::Owner { Ok(Ok(None)) } else { Err(Error::Forbidden(Text::new("hold-open-owner"))) };
        }
        let Some(until) = fixed(&self.lasts, now).or_else(|| typed_time(&self.until)) else {
            return Ok(Err(("until", Text::new("hold-until-missing"))));
        };
        Ok(match holds::check_end(Some(until), now) {
            Ok(()) => Ok(Some(until)),
            Err(Error::Conflict(why)) => Err(("until", why)),
            Err(e) => return Err(e),
        })
    }

    /// The reason in the reader's words.
    pub fn why(&self, ctx: &Ctx) -> std::result::Result<String, Wrong> {
        let written = self.reason.trim();
        if written.chars().count() > REASON_LENGTH {
            return Err(("reason", Text::new("form-too-long").with(REASON_LENGTH)));
        }
        let chosen = REASONS.into_iter().find(|key| *key == self.chosen).map(|key| ctx.lang.say(key, &[]));
        match (chosen, written) {
            (None, "") => Err(("reason", Text::new("stock-reason-needed"))),
            (None, written) => Ok(written.to_owned()),
            (Some(chosen), "") => Ok(chosen),
            (Some(chosen), written) => Ok(format!("{chosen} {written}")),
        }
    }

    /// All of it.
    pub fn terms(&self, ctx: &Ctx, seat: &Seat) -> Result<std::result::Result<Terms, Wrong>> {
        let until = match self.end_of(seat, ctx.now)? {
            Ok(until) => until,
            Err(wrong) => return Ok(Err(wrong)),
        };
        // Without an end there is nothing to happen at the end.
        Ok(self.why(ctx).map(|reason| Terms { until, keeps: self.end == "push" && until.is_some(), reason }))
    }

    /// What was typed, to be shown again.
    pub fn onto(&self, form: Form) -> Form {
        let pairs =
            [("lasts", &self.lasts), ("until", &self.until), ("end", &self.end), ("chosen", &self.chosen), ("reason", &self.reason)];
        pairs.into_iter().fold(form, |form, (name, value)| form.with_value(name, value.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_reckoned_in_chinese_time() {
        let now = off_the_wire("2026-11-22 14:32:00").unwrap();
        let at = |lasts| fixed(lasts, now).map(crate::clock::on_the_wire);
        assert_eq!(at("30m").as_deref(), Some("2026-11-22 15:02:00"));
        assert_eq!(at("2h").as_deref(), Some("2026-11-22 16:32:00"));
        assert_eq!(at("today").as_deref(), Some("2026-11-23 00:00:00"));
        assert_eq!(at("custom"), None);
        assert_eq!(typed_time("2026-11-23T09:00"), off_the_wire("2026-11-23 09:00:00"));
        assert_eq!(typed_time(" 2026-11-23 09:00:00 "), off_the_wire("2026-11-23 09:00:00"));
        assert_eq!(typed_time("morgen"), None);
    }

    #[test]
    fn an_old_shadow_does_not_come_back_by_itself() {
        let now = off_the_wire("2026-11-22 14:32:00").unwrap();
        assert_eq!(Asked::fresh(Some(now - Duration::hours(1)), now).end, "auto");
        assert_eq!(Asked::fresh(Some(now - Duration::hours(25)), now).end, "push");
        assert_eq!(Asked::fresh(None, now).end, "push");
    }
}
