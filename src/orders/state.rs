//! Where an order stands: a function of its facts and lines (Q-21, I-11).
//!
//! Four parties can say "shipped": logistics, shipments, the ERP's status and a person. None of them sets a state. Each adds a
//! fact, facts are only ever added, and the state follows from them; so it cannot matter who spoke first, or twice, and nothing
//! goes back.

use serde::Serialize;

/// Where an order stands, from the buyer's click to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Unpaid,
    ToShip,
    PartlyShipped,
    Shipped,
    Completed,
    Cancelled,
    Refunded,
}

impl State {
    pub const ALL: [State; 7] =
        [State::Unpaid, State::ToShip, State::PartlyShipped, State::Shipped, State::Completed, State::Cancelled, State::Refunded];
    pub fn as_str(self) -> &'static str {
        match self {
            State::Unpaid => "unpaid",
            State::ToShip => "to_ship",
            State::PartlyShipped => "partly_shipped",
            State::Shipped => "shipped",
            State::Completed => "completed",
            State::Cancelled => "cancelled",
            State::Refunded => "refunded",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            State::Unpaid => "order-state-unpaid",
            State::ToShip => "order-state-to-ship",
            State::PartlyShipped => "order-state-partly-shipped",
            State::Shipped => "order-state-shipped",
            State::Completed => "order-state-completed",
            State::Cancelled => "order-state-cancelled",
            State::Refunded => "order-state-refunded",
        }
    }
    /// Nothing more will be sent.
    pub fn is_over(self) -> bool {
        matches!(self, State::Completed | State::Cancelled | State::Refunded)
    }
}

/// One line's units: ordered, shipped, and those that will not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    pub ordered: i64,
    pub shipped: i64,
    pub closed: i64,
}

impl Units {
    pub fn left(self) -> i64 {
        self.ordered - self.shipped - self.closed
    }
}

/// What has happened. Only ever more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub paid: bool,
    /// Somebody says that all of it has left.
    pub sent: bool,
    pub received: bool,
    pub cancelled: bool,
    /// The whole amount went back.
    pub refunded: bool,
}

/// The state that follows.
pub fn state(facts: Facts, lines: &[Units]) -> State {
    if facts.refunded {
        return State::Refunded;
    }
    if facts.cancelled {
        return State::Cancelled;
    }
    if !facts.paid {
        return State::Unpaid;
    }
    if facts.received {
        return State::Completed;
    }
    let some = lines.iter().any(|l| l.shipped > 0);
    let all = lines.iter().all(|l| l.left() <= 0);
    match (facts.sent, some, all) {
        (true, _, _) | (_, true, true) => State::Shipped,
        // Nothing was sent and nothing will be.
        (false, false, true) => State::Cancelled,
        (false, true, false) => State::PartlyShipped,
        (false, false, false) => State::ToShip,
    }
}

/// Something that is said of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Paid,
    /// Units of lines leave or are closed short; the lines are checked by whoever keeps them.
    Shipped,
    Sent,
    Received,
    Cancelled,
    Refunded,
}

/// Whether an event may be said of an order now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It adds a fact.
    News,
    /// It is so already.
    Known,
    /// It cannot be any more, or not yet.
    Refused,
}

/// Judges an event against where the order stands.
pub fn judge(now: State, facts: Facts, event: Event) -> Verdict {
    use State::{Cancelled, Completed, PartlyShipped, Refunded, Shipped, ToShip, Unpaid};
    let known = match event {
        Event::Paid => facts.paid,
        Event::Sent => facts.sent || now == Shipped || (facts.received && now == Completed),
        Event::Received => facts.received,
        Event::Cancelled => now == Cancelled,
        Event::Refunded => facts.refunded,
        Event::Shipped => false,
    };
    let possible = match event {
        Event::Paid => now == Unpaid,
        Event::Shipped => matches!(now, ToShip | PartlyShipped | Shipped),
        Event::Sent => matches!(now, ToShip | PartlyShipped),
        Event::Received => matches!(now, ToShip | PartlyShipped | Shipped),
        // What has left cannot be cancelled any more; it comes back as a refund (O-09).
        Event::Cancelled => matches!(now, Unpaid | ToShip),
        Event::Refunded => facts.paid && now != Refunded,
    };
    match (known, possible) {
        (true, _) => Verdict::Known,
        (false, true) => Verdict::News,
        (false, false) => Verdict::Refused,
    }
}

/// The facts with one more.
#[must_use]
pub fn add(facts: Facts, event: Event) -> Facts {
    match event {
        Event::Paid => Facts { paid: true, ..facts },
        Event::Shipped => facts,
        Event::Sent => Facts { sent: true, ..facts },
        Event::Received => Facts { received: true, ..facts },
        Event::Cancelled => Facts { cancelled: true, ..facts },
        Event::Refunded => Facts { refunded: true, ..facts },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EVENTS: [Event; 6] = [Event::Paid, Event::Shipped, Event::Sent, Event::Received, Event::Cancelled, Event::Refunded];

    fn lines(units: &[(i64, i64, i64)]) -> Vec<Units> {
        units.iter().map(|&(ordered, shipped, closed)| Units { ordered, shipped, closed }).collect()
    }
    fn paid() -> Facts {
        Facts { paid: true, ..Facts::default() }
    }

    // L-02, L-04, L-07
    #[test]
    fn the_state_follows_from_what_happened() {
        let open = lines(&[(5, 0, 0), (2, 0, 0)]);
        assert_eq!(state(Facts::default(), &open), State::Unpaid);
        assert_eq!(state(paid(), &open), State::ToShip);
        assert_eq!(state(paid(), &lines(&[(5, 3, 0), (2, 0, 0)])), State::PartlyShipped);
        assert_eq!(state(paid(), &lines(&[(5, 3, 2), (2, 2, 0)])), State::Shipped);
        assert_eq!(state(paid(), &lines(&[(5, 0, 5), (2, 0, 2)])), State::Cancelled);
        assert_eq!(state(Facts { sent: true, ..paid() }, &open), State::Shipped);
        assert_eq!(state(Facts { received: true, ..paid() }, &open), State::Completed);
        assert_eq!(state(Facts { refunded: true, received: true, ..paid() }, &open), State::Refunded);
        assert_eq!(state(Facts { cancelled: true, ..Facts::default() }, &open), State::Cancelled);
    }

    // forward only.
    #[test]
    fn what_cannot_be_is_refused() {
        let say = |now: State, facts: Facts, event| judge(now, facts, event);
        assert_eq!(say(State::Cancelled, Facts { cancelled: true, ..Facts::default() }, Event::Paid), Verdict::Refused);
        assert_eq!(say(State::Unpaid, Facts::default(), Event::Sent), Verdict::Refused);
        assert_eq!(say(State::Unpaid, Facts::default(), Event::Refunded), Verdict::Refused);
        assert_eq!(say(State::Shipped, paid(), Event::Cancelled), Verdict::Refused);
        assert_eq!(say(State::Completed, Facts { received: true, ..paid() }, Event::Refunded), Verdict::News);
        assert_eq!(say(State::Shipped, paid(), Event::Sent), Verdict::Known);
        assert_eq!(say(State::ToShip, paid(), Event::Paid), Verdict::Known);
    }

    /// Steps a buyer, an ERP or a clerk may try, with units for the first line.
    fn steps() -> impl Strategy<Value = Vec<(usize, i64, bool)>> {
        prop::collection::vec((0..EVENTS.len(), 1..4i64, any::<bool>()), 0..20)
    }

    proptest! {
        // I-11: states never go back, shipped never exceeds ordered, and the state is what facts and lines say.
        #[test]
        fn no_order_ever_goes_back(steps in steps()) {
            let mut facts = Facts::default();
            let mut units = lines(&[(4, 0, 0), (3, 0, 0)]);
            let mut now = state(facts, &units);
            for (which, qty, close) in steps {
                let event = EVENTS[which];
                if judge(now, facts, event) != Verdict::News {
                    continue;
                }
                if event == Event::Shipped {
                    let line = units.iter_mut().find(|l| l.left() > 0);
                    if let Some(line) = line {
                        let n = qty.min(line.left());
                        if close { line.closed += n } else { line.shipped += n }
                    }
                }
                facts = add(facts, event);
                let next = state(facts, &units);
                prop_assert!(next >= now, "{now:?} went back to {next:?} by {event:?}");
                prop_assert!(units.iter().all(|l| l.left() >= 0));
                // Said again, it is no news.
                if event != Event::Shipped {
                    prop_assert_ne!(judge(next, facts, event), Verdict::News);
                }
                now = next;
            }
        }

        // Whoever says it first: the same facts and lines, the same state.
        #[test]
        fn the_order_of_speakers_does_not_matter(mut events in prop::collection::vec(0..EVENTS.len(), 1..6), seed in any::<u64>()) {
            let reach = |events: &[usize]| state(events.iter().fold(paid(), |f, e| add(f, EVENTS[*e])), &lines(&[(4, 2, 0)]));
            let first = reach(&events);
            let n = events.len();
            events.rotate_left(usize::try_from(seed % n as u64).unwrap());
            prop_assert_eq!(first, reach(&events));
        }
    }
}
