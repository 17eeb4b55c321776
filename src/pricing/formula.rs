//! `× 0.95`, `+ 0.50`, rounded: new prices worked out from old ones.

use rust_decimal::{Decimal, RoundingStrategy};

/// What is done to a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Times,
    Plus,
    Set,
    /// Back to what it inherits.
    Clear,
}

impl Op {
    pub const ALL: [Op; 4] = [Op::Times, Op::Plus, Op::Set, Op::Clear];
    pub fn name(self) -> &'static str {
        match self {
            Op::Times => "times",
            Op::Plus => "plus",
            Op::Set => "set",
            Op::Clear => "clear",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }
    pub fn label(self) -> &'static str {
        match self {
            Op::Times => "prices-op-times",
            Op::Plus => "prices-op-plus",
            Op::Set => "prices-op-set",
            Op::Clear => "prices-op-clear",
        }
    }
}

/// The steps a result is rounded to, half a step up.
pub const STEPS: [&str; 4] = ["0.01", "0.1", "0.5", "1"];

/// A formula as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formula {
    pub op: Op,
    pub by: Decimal,
    pub step: Decimal,
}

impl Formula {
    /// What comes of a price; outer `None` where there is nothing to work it out from, or less than nothing would come of it.
    pub fn of(&self, price: Option<Decimal>) -> Option<Option<Decimal>> {
        let raw = match self.op {
            Op::Clear => return Some(None),
            Op::Set => self.by,
            Op::Times => price?.checked_mul(self.by)?,
            Op::Plus => price?.checked_add(self.by)?,
        };
        let steps = raw.checked_div(self.step)?.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
        let rounded = steps.checked_mul(self.step)?.round_dp(2);
        (rounded >= Decimal::ZERO && rounded < Decimal::from(10_000_000_000_i64)).then_some(Some(rounded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn results_are_money_and_never_below_zero() {
        let of = |op, by: &str, step: &str, price: Option<&str>| {
            Formula { op, by: d(by), step: d(step) }.of(price.map(d)).map(|p| p.map(|p| p.to_string()))
        };
        assert_eq!(of(Op::Times, "0.95", "0.01", Some("19.90")), Some(Some("18.91".into())), "18.905 goes up");
        assert_eq!(of(Op::Times, "0.95", "0.1", Some("19.90")), Some(Some("18.9".into())));
        assert_eq!(of(Op::Plus, "0.50", "0.01", Some("8.60")), Some(Some("9.10".into())));
        assert_eq!(of(Op::Plus, "-9", "0.01", Some("8.60")), None);
        assert_eq!(of(Op::Set, "8.74", "0.5", None), Some(Some("8.5".into())));
        assert_eq!(of(Op::Times, "0.9", "0.01", None), None, "blank is not zero");
        assert_eq!(of(Op::Clear, "0", "0.01", Some("8.60")), Some(None));
        assert_eq!(of(Op::Times, "99999999999", "1", Some("9999999999.99")), None);
    }
}
