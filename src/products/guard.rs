//! Prices worth a second look before they are believed.

use crate::guards::{Danger, Guard, Rules};
use rust_decimal::Decimal;

/// What a price that moves from `before` to `after` is in danger of; `cost` is what the goods cost then.
///
/// A first price is never in danger, and neither is one that stays as it is.
pub fn price(rules: &Rules, no: i32, before: Option<Decimal>, after: Option<Decimal>, cost: Option<Decimal>) -> Option<Danger> {
    let (before, after) = (before.filter(|p| !p.is_zero())?, after?);
    if before == after {
        return None;
    }
    let sunk = after.is_zero() || cost.is_some_and(|cost| after < cost && before >= cost);
    let moved = (after - before).abs() * Decimal::ONE_HUNDRED > before * Decimal::from(rules.swing_percent);
    match (sunk && rules.floor_on, moved) {
        (true, _) => Some(Danger { no, guard: Guard::Floor }),
        (false, true) => Some(Danger { no, guard: Guard::Swing }),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_and_too_low_are_two_things() {
        let rules = Rules::default();
        let d = |text: &str| Some(text.parse::<Decimal>().unwrap());
        let of = |before: &str, after: &str, cost: Option<Decimal>| price(&rules, 1, d(before), d(after), cost).map(|d| d.guard);
        assert_eq!(of("10.00", "15.00", None), None, "half is still allowed");
        assert_eq!(of("10.00", "15.01", None), Some(Guard::Swing));
        assert_eq!(of("10.00", "4.99", None), Some(Guard::Swing));
        assert_eq!(of("10.00", "0.00", None), Some(Guard::Floor));
        assert_eq!(of("10.00", "6.00", d("6.10")), Some(Guard::Floor));
        assert_eq!(of("6.00", "5.00", d("6.10")), None, "it was below cost before");
        assert_eq!(of("0.00", "500.00", None), None, "a price that was never there");
        assert_eq!(price(&rules, 1, None, d("5.00"), None), None);
        let off = Rules { floor_on: false, ..rules };
        assert_eq!(price(&off, 1, d("10.00"), d("0.00"), None).map(|d| d.guard), Some(Guard::Swing), "still a long way");
    }
}
