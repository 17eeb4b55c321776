//! Leaving somebody alone who does not answer; pure, time is an argument.

use std::time::{Duration, Instant};

/// Failures in a row after which nobody calls for a while.
const PATIENCE: u32 = 5;
/// The first rest; each further failure doubles it.
const REST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(120);

/// Whether somebody may be called.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// Failures since the last success.
    failures: u32,
    /// Nobody calls before this; then one tries.
    rests_until: Option<Instant>,
}

impl Breaker {
    /// Asked before each call. When the rest is over, one caller goes ahead and the others wait for what becomes of it.
    pub fn admits(&mut self, now: Instant) -> bool {
        match self.rests_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                self.rests_until = Some(now + REST);
                true
            }
        }
    }

    /// Whether a call would be turned away; asking changes nothing.
    pub fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        if let Some(beyond) = self.failures.checked_sub(PATIENCE) {
            self.rests_until = Some(now + (REST * 2_u32.pow(beyond.min(5))).min(LONGEST));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_failures_in_a_row_bring_a_rest_and_one_success_ends_it() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..4 {
            breaker.failed(now);
            assert!(breaker.admits(now));
        }
        breaker.succeeded();
        for _ in 0..4 {
            breaker.failed(now);
        }
        assert!(breaker.admits(now), "only failures in a row count");
        breaker.failed(now);
        assert!(!breaker.admits(now) && !breaker.admits(now + REST - Duration::from_millis(1)));
        assert!(breaker.admits(now + REST), "one tries");
        assert!(!breaker.admits(now + REST), "the others wait for it");
        breaker.succeeded();
        assert!(breaker.admits(now + REST) && breaker.admits(now + REST));
    }

    #[test]
    fn the_rest_grows_and_ends() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for _ in 0..6 {
            breaker.failed(now);
        }
        assert!(!breaker.admits(now + REST) && breaker.admits(now + REST * 2));
        for _ in 0..1000 {
            breaker.failed(now);
        }
        assert!(!breaker.admits(now + LONGEST - Duration::from_secs(1)) && breaker.admits(now + LONGEST));
    }
}
