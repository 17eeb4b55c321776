//! What is inside the ERP's number: the six ways of knowing whether a paid unit has been taken off by the ERP already.
//!
//! All of them err to one side. A unit that may be inside counts as outside, which hides stock until the next push; the other
//! way round it would be sold twice. Nothing here looks at a database or a clock.

use chrono::{DateTime, Duration, Utc};

/// How a connection lets us know. Chosen once per merchant, in the wizard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// The push says up to which order number the ERP had booked (`ackSeq`): exact, without any clock.
    Cursor,
    /// The push says when the figure was read, the acknowledgement when the order was booked, both by the ERP's clock: exact.
    ErpClock,
    /// The push says when the figure was read; our own receipt of the acknowledgement is compared, with the lag between the
    /// two clocks taken off.
    OurClock,
    /// The ERP sends what lies on the shelf: a unit is inside once it has been shipped.
    Physical,
    /// The ERP mirrors available, frozen and sold; their sum does not change by our own doings.
    Triple,
    /// A bare number: what was acknowledged before the previous push arrived is inside.
    #[default]
    Bare,
}

impl Mode {
    pub const ALL: [Mode; 6] = [Mode::Cursor, Mode::ErpClock, Mode::OurClock, Mode::Physical, Mode::Triple, Mode::Bare];
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Cursor => "cursor",
            Mode::ErpClock => "erp_clock",
            Mode::OurClock => "our_clock",
            Mode::Physical => "physical",
            Mode::Triple => "triple",
            Mode::Bare => "bare",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name)
    }
}

/// What is known about a paid unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Its order's place in the feed.
    pub seq: i64,
    /// When the ERP's acknowledgement reached us.
    pub acked_at: Option<DateTime<Utc>>,
    /// When the ERP booked it, by its own clock.
    pub imported_at: Option<DateTime<Utc>>,
    /// When it left the shelf, by the ERP's clock.
    pub shipped_at: Option<DateTime<Utc>>,
}

/// Up to where a push knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watermark {
    pub ack_seq: Option<i64>,
    pub as_of: Option<DateTime<Utc>>,
    /// When the push before this one arrived.
    pub previous: Option<DateTime<Utc>>,
    /// The least seen of received minus `asOf`.
    pub lag: Option<Duration>,
}

/// Taken off our clock's comparison: an acknowledgement may overtake a figure that was read before it.
const DOUBT_SECONDS: i64 = 5;

impl Watermark {
    /// Whether the push's number has this unit taken off already.
    pub fn covers(&self, mode: Mode, paid: &Paid) -> bool {
        let before = |at: Option<DateTime<Utc>>, limit: Option<DateTime<Utc>>| at.zip(limit).is_some_and(|(at, limit)| at <= limit);
        match mode {
            Mode::Cursor => self.ack_seq.is_some_and(|seq| paid.seq <= seq),
            Mode::ErpClock => before(paid.imported_at, self.as_of),
            Mode::OurClock => before(paid.acked_at, self.as_of.zip(self.lag).map(|(at, lag)| at + lag - Duration::seconds(DOUBT_SECONDS))),
            Mode::Physical => before(paid.shipped_at, self.as_of),
            // The number is made from the triple so that no paid unit stands outside it: see `Triple`.
            Mode::Triple => true,
            Mode::Bare => before(paid.acked_at, self.previous),
        }
    }
}

/// What the ERP mirrors in mode triple.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triple {
    pub inventory: i64,
    pub freeze: i64,
    pub saled: i64,
}

impl Triple {
    /// Fixed at the first push: how much of what we have sold the ERP's own count does not begin with.
    pub fn offset(&self, sold: i64) -> i64 {
        sold - self.saled
    }
    /// The number that stands for the triple: neither a freeze nor a sale of ours moves the sum, so what we have sold since is
    /// taken off it here, whether the ERP has heard of it or not.
    pub fn number(&self, sold: i64, offset: i64) -> i64 {
        self.inventory + self.freeze + self.saled - (sold - offset)
    }
}

#[cfg(test)]
mod simulation;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(1_795_000_000 + second, 0)
    }
    const PAID: Paid = Paid { seq: 41, acked_at: None, imported_at: None, shipped_at: None };

    // §4.5 E2, E3, E4
    #[test]
    fn the_cursor_is_exact() {
        let push = |seq| Watermark { ack_seq: Some(seq), ..Watermark::default() };
        assert!(!push(40).covers(Mode::Cursor, &PAID));
        assert!(push(41).covers(Mode::Cursor, &PAID));
        assert!(!Watermark::default().covers(Mode::Cursor, &PAID));
    }

    #[test]
    fn in_doubt_a_unit_is_outside() {
        let push = Watermark { as_of: at(100), previous: at(100), lag: Some(Duration::zero()), ..Watermark::default() };
        for mode in Mode::ALL.into_iter().filter(|m| *m != Mode::Triple) {
            assert!(!push.covers(mode, &PAID), "{mode:?}");
        }
        let told = Paid { acked_at: at(96), imported_at: at(100), shipped_at: at(101), ..PAID };
        assert!(push.covers(Mode::ErpClock, &told));
        assert!(!push.covers(Mode::OurClock, &told), "within the doubt");
        assert!(!push.covers(Mode::Physical, &told), "still on the shelf");
        assert!(push.covers(Mode::Bare, &told));
    }

    // §4.5 E8
    #[test]
    fn the_triple_keeps_its_sum() {
        let triple = Triple { inventory: 6, freeze: 1, saled: 3 };
        assert_eq!(triple.number(3, 0) - 2, 5);
        assert_eq!(triple.offset(10), 7);
        assert_eq!(triple.number(10, 7) - 1, 6, "at the first push it is what the ERP says");
    }

    #[test]
    fn modes_are_known_by_their_names() {
        assert!(Mode::ALL.into_iter().all(|m| Mode::of(m.as_str()) == Some(m)));
    }
}
