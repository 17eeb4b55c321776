//! An order's amounts, to the cent (O-04, Q-10).

use rust_decimal::Decimal;

/// What an order costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Sum of the lines.
    pub goods: Decimal,
    pub freight: Decimal,
    pub discount: Decimal,
    /// Paid by shopping cards (U-07).
    pub cards: Decimal,
    pub payable: Decimal,
}

/// An amount that is not what the others make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The wire name of the field.
    pub field: &'static str,
    pub sent: Decimal,
    pub expected: Decimal,
}

impl Amounts {
    /// The amounts that follow from lines and what is added and taken off; `None` when more is taken off than there is.
    pub fn reckon(lines: impl IntoIterator<Item = (i64, Decimal)>, freight: Decimal, discount: Decimal, cards: Decimal) -> Option<Self> {
        let goods =
            lines.into_iter().try_fold(Decimal::ZERO, |sum, (qty, price)| sum.checked_add(Decimal::from(qty).checked_mul(price)?))?;
        let payable = goods.checked_add(freight)?.checked_sub(discount)?.checked_sub(cards)?;
        (payable >= Decimal::ZERO).then_some(Self { goods, freight, discount, cards, payable })
    }

    /// Compares with what the storefront reckoned, where it said so.
    pub fn compare(&self, goods: Option<Decimal>, payable: Option<Decimal>) -> Option<Mismatch> {
        let differs = |field, sent: Option<Decimal>, expected: Decimal| {
            sent.filter(|sent| *sent != expected).map(|sent| Mismatch { field, sent, expected })
        };
        differs("goodsAmount", goods, self.goods).or_else(|| differs("payableAmount", payable, self.payable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cents(n: i64) -> Decimal {
        Decimal::new(n, 2)
    }

    // O-04
    #[test]
    fn every_cent_is_told() {
        let amounts = Amounts::reckon([(12, cents(860)), (3, cents(1999))], cents(800), cents(500), cents(2000)).unwrap();
        assert_eq!((amounts.goods, amounts.payable), (cents(16317), cents(14617)));
        assert_eq!(amounts.compare(Some(cents(16317)), Some(cents(14617))), None);
        let off = amounts.compare(None, Some(cents(14618))).unwrap();
        assert_eq!((off.field, off.expected), ("payableAmount", cents(14617)));
        assert_eq!(Amounts::reckon([(1, cents(100))], Decimal::ZERO, cents(101), Decimal::ZERO), None);
        assert_eq!(Amounts::reckon([(i64::MAX, Decimal::MAX)], Decimal::ZERO, Decimal::ZERO, Decimal::ZERO), None);
    }

    proptest! {
        #[test]
        fn what_is_added_and_taken_off_is_in_the_end(lines in prop::collection::vec((1..1000i64, 0..100_000i64), 1..20), freight in 0..5000i64, off in 0..100i64) {
            let goods: i64 = lines.iter().map(|(qty, price)| qty * price).sum();
            let reckoned = Amounts::reckon(lines.iter().map(|(qty, price)| (*qty, cents(*price))), cents(freight), cents(off), Decimal::ZERO);
            match reckoned {
                Some(a) => prop_assert_eq!((a.goods, a.payable), (cents(goods), cents(goods + freight - off))),
                None => prop_assert!(goods + freight < off),
            }
        }
    }
}
