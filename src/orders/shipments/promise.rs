//! What the buyer saw when ordering, held against what went out (L-05).

use crate::lots::told::Told;
use serde::Serialize;

/// How a lot that left stands to those the buyer saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Promise {
    /// No lot was shown.
    None,
    /// It is one of them.
    Kept,
    /// Another, which keeps at least as long as the shortest of them.
    Longer,
    /// Another, which keeps shorter than all of them.
    Shorter,
    /// A day is missing.
    Unknown,
}

impl Promise {
    pub fn as_str(self) -> &'static str {
        match self {
            Promise::None => "none",
            Promise::Kept => "kept",
            Promise::Longer => "longer",
            Promise::Shorter => "shorter",
            Promise::Unknown => "unknown",
        }
    }
}

/// Judges a lot, with how many days it keeps longer or shorter than the shortest that was shown.
pub fn judge(shown: &[Told], lot: &Told) -> (Promise, Option<i32>) {
    if shown.is_empty() {
        return (Promise::None, None);
    }
    if shown.iter().any(|s| s.lot_no == lot.lot_no) {
        return (Promise::Kept, None);
    }
    let Some((least, sent)) = shown.iter().filter_map(Told::expires).min().zip(lot.expires()) else {
        return (Promise::Unknown, None);
    };
    let days = i32::try_from((sent - least).num_days()).unwrap_or(i32::MAX);
    (if days < 0 { Promise::Shorter } else { Promise::Longer }, Some(days.abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lots::Day;

    #[test]
    fn another_lot_is_held_against_the_shortest_shown() {
        let lot = |no: &str, day: Option<&str>| Told {
            lot_no: no.into(),
            produced_on: None,
            expires_on: day.and_then(Day::read).map(Day::at_its_end),
            quantity: Some(1),
        };
        let shown = [lot("A", Some("2028-03-31")), lot("B", Some("2028-09"))];
        assert_eq!(judge(&shown, &lot("B", None)), (Promise::Kept, None));
        assert_eq!(judge(&shown, &lot("C", Some("2028-04-23"))), (Promise::Longer, Some(23)));
        assert_eq!(judge(&shown, &lot("C", Some("2028-03"))), (Promise::Longer, Some(0)));
        assert_eq!(judge(&shown, &lot("C", Some("2028-03-01"))), (Promise::Shorter, Some(30)));
        assert_eq!(judge(&shown, &lot("C", None)), (Promise::Unknown, None));
        assert_eq!(judge(&[], &lot("C", None)), (Promise::None, None));
    }
}
