//! The unified social credit code on a business licence (U-05, GB 32100-2015).
//!
//! It is the one thing both sides copy from the same paper, so it alone may match a buyer with an ERP's customer. People type it
//! in full width, in small letters and with spaces, and they mistype it: the last character proves the other seventeen.

use crate::catalog::keys::is_blank;
use crate::text::Text;
use unicode_normalization::UnicodeNormalization;

/// What a code is written in: digits and capital letters without I, O, S, V and Z. A character's place is its value.
const CHARSET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH: usize = 18;

/// What is wrong with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It has so many characters instead of 18.
    Length(usize),
    /// A character no code has, and its place counted from one.
    Character(char, usize),
    /// The last character does not prove the others; they would need this one.
    CheckDigit(char),
}

impl Flaw {
    /// What to tell whoever typed it.
    pub fn text(self) -> Text {
        match self {
            Flaw::Length(n) => Text::new("customer-uscc-length").with(n),
            Flaw::Character(c, place) => Text::new("customer-uscc-character").with(place).with(c.to_string()),
            Flaw::CheckDigit(_) => Text::new("customer-uscc-digit"),
        }
    }
}

/// One spelling for all ways to type it: half width, capitals, no spaces, no hyphens.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkc().filter(|c| !is_blank(*c) && *c != '-').flat_map(char::to_uppercase).collect()
}

/// Looks at a folded code.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check(code: &str) -> Result<(), Flaw> {
    let count = code.chars().count();
    if count != LENGTH {
        return Err(Flaw::Length(count));
    }
    let mut values = Vec::with_capacity(LENGTH);
    for (place, c) in (1..).zip(code.chars()) {
        match CHARSET.iter().position(|known| char::from(*known) == c) {
            Some(value) => values.push(value),
            None => return Err(Flaw::Character(c, place)),
        }
    }
    let last = values.pop();
    let proof = check_value(&values);
    if last == Some(proof) { Ok(()) } else { Err(Flaw::CheckDigit(CHARSET.get(proof).map_or('?', |c| char::from(*c)))) }
}

#[must_use]
pub fn is_valid(code: &str) -> bool {
    check(code).is_ok()
}

/// Weights are powers of three modulo 31, a prime: any single changed character changes the sum.
fn check_value(values: &[usize]) -> usize {
    let (sum, _) = values.iter().fold((0, 1), |(sum, weight), value| ((sum + value * weight) % 31, weight * 3 % 31));
    (31 - sum) % 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> impl Strategy<Value = String> {
        proptest::collection::vec(0_usize..31, LENGTH - 1).prop_map(|mut values| {
            values.push(check_value(&values));
            values.into_iter().map(|v| char::from(CHARSET[v])).collect()
        })
    }

    // The four codes of the requirements, and what people do to them.
    #[test]
    fn knows_real_codes_and_their_spellings() {
        for real in ["91350100M000100Y43", "91110000802100433B", "914403001922038216", "91330100799655058B"] {
            assert_eq!(check(real), Ok(()), "{real}");
        }
        for typed in ["9111 0000 8021 0043 3b", "９１１１００００８０２１００４３３Ｂ", "\u{feff}91110000-802100433B\t"] {
            assert_eq!(fold(typed), "91110000802100433B");
        }
        assert_eq!(check("91110000802100434B"), Err(Flaw::CheckDigit('E')));
        assert_eq!(check("9111000080210043"), Err(Flaw::Length(16)));
        assert_eq!(check("9144O300192317458F"), Err(Flaw::Character('O', 5)));
    }

    // U-05: a slice of codes found in public documents; fixtures/customers/README.md names the source.
    #[test]
    fn agrees_with_the_samples() {
        let mut samples = csv::Reader::from_reader(include_str!("../../fixtures/customers/uscc_samples.csv").as_bytes());
        let mut seen = 0;
        for row in samples.records() {
            let row = row.unwrap();
            assert_eq!(is_valid(&row[0]), &row[1] == "1", "as it is: {:?}", &row);
            assert_eq!(is_valid(&fold(&row[0])), &row[2] == "1", "folded: {:?}", &row);
            seen += 1;
        }
        assert_eq!(seen, 42);
    }

    proptest! {
        #[test]
        fn one_changed_character_is_found(code in code(), place in 0..LENGTH, by in 1_usize..31) {
            prop_assert_eq!(check(&code), Ok(()));
            let mut bytes = code.clone().into_bytes();
            let value = CHARSET.iter().position(|c| *c == bytes[place]).unwrap();
            bytes[place] = CHARSET[(value + by) % 31];
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert!(matches!(check(&changed), Err(Flaw::CheckDigit(_))));
        }

        #[test]
        fn folding_twice_is_folding_once(text in "[0-9A-Za-z０-９ａ-ｚ　 -]{0,30}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
