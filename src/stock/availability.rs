//! How many can be bought, as arithmetic without any I/O: `available = ERP's number − frozen − paid and not in the ERP's
//! number − safety`, less what lies in lots that are expired or stopped. Page, API and tests all ask here.

use serde::Serialize;

/// A person's number over the result (W-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    pub qty: i64,
    /// Units taken under it.
    pub used: i64,
}

/// The figures of one SKU at one shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The one number the ERP, or a person in its place, sets.
    pub erp_qty: i64,
    /// Whose number that is.
    pub by_person: bool,
    /// Ordered, not paid.
    pub frozen: i64,
    /// Paid, not yet taken off in the ERP's number.
    pub sold_open: i64,
    /// Kept back by the merchant's rule.
    pub safety: i64,
    /// Kept back besides, while the ERP's figures are overdue.
    pub extra: i64,
    /// Units in lots that are expired or stopped; see [`Figures::off_sale`].
    pub withheld: i64,
    /// How far below zero may be sold on purpose.
    pub oversell: i64,
    /// The hold that is on now.
    pub hold: Option<Hold>,
}

/// Who owns a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Erp,
    Person,
    Platform,
}

impl Source {
    /// The kind of the source chip.
    pub fn chip(self) -> &'static str {
        match self {
            Source::Erp => "erp",
            Source::Person => "hold",
            Source::Platform => "plat",
        }
    }
}

/// One line of the ledger: the terms, with their signs, add up to what is available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// Text key.
    pub key: &'static str,
    /// `1` or `-1`.
    pub sign: i64,
    pub qty: i64,
    pub source: Source,
}

impl Term {
    pub fn signed(&self) -> i64 {
        self.sign * self.qty
    }
    pub fn op(&self) -> &'static str {
        if self.sign < 0 { "−" } else { "" }
    }
}

impl Figures {
    /// What may be sold; negative when more is promised than there is (负卖, S-06).
    pub fn available(&self) -> i64 {
        self.hold.map_or_else(|| self.automatic(), |hold| hold.qty - hold.used)
    }

    /// What would be available without a hold: the shadow value while one is on.
    pub fn automatic(&self) -> i64 {
        self.erp_qty - self.off_sale() - self.frozen - self.sold_open - self.safety - self.extra
    }

    /// What lots that are expired or stopped take off: never more than there is, for the number may be newer than the lots.
    pub fn off_sale(&self) -> i64 {
        self.withheld.min(self.erp_qty.max(0))
    }

    /// Whether a buyer may take `n`.
    pub fn gives(&self, n: i64) -> bool {
        self.available() >= n - self.oversell
    }

    /// What buyers are shown.
    pub fn shown(&self) -> i64 {
        self.available().max(0)
    }

    /// Pieces promised beyond what there is.
    pub fn short(&self) -> i64 {
        (-self.available()).max(0)
    }

    /// How the number comes about, in the order it is told. Whatever changes the number is a term here, so that the sum stays
    /// the proof; the last term is what a hold makes of the automatic value.
    pub fn waterfall(&self) -> Vec<Term> {
        let (key, source) = if self.by_person { ("stock-term-person", Source::Person) } else { ("stock-term-erp", Source::Erp) };
        let mut terms = vec![Term { key, sign: 1, qty: self.erp_qty, source }];
        if self.off_sale() != 0 {
            terms.push(Term { key: "stock-term-withheld", sign: -1, qty: self.off_sale(), source: Source::Platform });
        }
        terms.extend([
            Term { key: "stock-term-frozen", sign: -1, qty: self.frozen, source: Source::Platform },
            Term { key: "stock-term-paid", sign: -1, qty: self.sold_open, source: Source::Platform },
            Term { key: "stock-term-safety", sign: -1, qty: self.safety, source: Source::Platform },
        ]);
        if self.extra != 0 {
            terms.push(Term { key: "stock-term-extra", sign: -1, qty: self.extra, source: Source::Platform });
        }
        if self.hold.is_some() {
            let over = self.available() - self.automatic();
            terms.push(Term { key: "stock-term-hold", sign: if over < 0 { -1 } else { 1 }, qty: over.abs(), source: Source::Person });
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn figures() -> impl Strategy<Value = Figures> {
        let count = || 0..2_147_483_648_i64;
        let hold = proptest::option::of((count(), count()).prop_map(|(qty, used)| Hold { qty, used }));
        (count(), any::<bool>(), (count(), count(), count(), count(), count()), 0..100_i64, hold).prop_map(
            |(erp_qty, by_person, (frozen, sold_open, safety, extra, withheld), oversell, hold)| Figures {
                erp_qty,
                by_person,
                frozen,
                sold_open,
                safety,
                extra,
                withheld,
                oversell,
                hold,
            },
        )
    }

    proptest! {
        // §4.5 I2
        #[test]
        fn the_terms_add_up_to_what_is_available(f in figures()) {
            prop_assert_eq!(f.waterfall().iter().map(Term::signed).sum::<i64>(), f.available());
        }

        #[test]
        fn buyers_see_what_is_there_and_never_less_than_nothing(f in figures()) {
            prop_assert_eq!(f.shown() - f.short(), f.available());
            prop_assert!(f.shown() >= 0 && f.short() >= 0 && (f.shown() == 0 || f.short() == 0));
        }

        // §4.5 I5: a freeze that is paid moves between counters and changes nothing that can be bought.
        #[test]
        fn paying_changes_nothing_for_others(f in figures(), part in 0.0..1.0_f64) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "any part will do")]
            let n = (f.frozen as f64 * part) as i64;
            let paid = Figures { frozen: f.frozen - n, sold_open: f.sold_open + n, ..f };
            prop_assert_eq!(paid.available(), f.available());
        }

        // §4.5 I3: what the guard gives is exactly what is there and the allowance.
        #[test]
        fn a_buyer_gets_what_is_there_and_the_allowance(f in figures(), n in 1..1000_i64) {
            prop_assert_eq!(f.gives(n), f.available() + f.oversell >= n);
        }
    }

    // B-06: what is expired is not sold, and takes no more off than there is.
    #[test]
    fn an_expired_lot_is_there_and_not_for_sale() {
        let f = Figures { erp_qty: 12, frozen: 2, withheld: 5, ..Figures::default() };
        assert_eq!((f.available(), f.off_sale()), (5, 5));
        assert_eq!(f.waterfall().iter().map(|t| t.key).nth(1), Some("stock-term-withheld"));
        let sold_off = Figures { erp_qty: 3, ..f };
        assert_eq!((sold_off.available(), sold_off.off_sale()), (-2, 3));
    }

    // §4.5 E5
    #[test]
    fn selling_elsewhere_leaves_us_short() {
        let f = Figures { erp_qty: 2, frozen: 3, ..Figures::default() };
        assert_eq!((f.available(), f.shown(), f.short()), (-1, 0, 1));
    }

    // The seed's story (W-02): 260 by hand over an automatic 64.
    #[test]
    fn a_hold_stands_over_the_result_and_shows_its_shadow() {
        let f = Figures { erp_qty: 112, frozen: 36, safety: 12, hold: Some(Hold { qty: 260, used: 0 }), ..Figures::default() };
        assert_eq!((f.available(), f.automatic()), (260, 64));
        assert_eq!(f.waterfall().last().map(Term::signed), Some(196));
    }

    #[test]
    fn a_person_is_named_as_the_source() {
        let f = Figures { erp_qty: 2, by_person: true, ..Figures::default() };
        assert_eq!(f.waterfall().first().map(|t| (t.key, t.source)), Some(("stock-term-person", Source::Person)));
    }
}
