//! Barcodes as identity: GTIN-8, -12, -13 and -14 in one canonical form of 14 digits (P-04).

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::keys::is_blank;

/// A checked GTIN, 14 digits, zero-filled from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gtin([u8; 14]);

/// Why a barcode is no GTIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GtinError {
    /// Nothing there.
    Empty,
    /// Something other than digits, e.g. `6.90129E+12`, what a spreadsheet makes of a barcode.
    NotDigits,
    /// Not 8, 12, 13 or 14 digits.
    Length(usize),
    /// The last digit does not follow from the others.
    CheckDigit { expected: u8, found: u8 },
    /// Zeros only.
    Blank,
}

impl GtinError {
    /// The key of the sentence that tells it; positional arguments: expected digit or length, found digit.
    #[must_use]
    pub fn text_key(self) -> &'static str {
        match self {
            Self::Empty => "catalog-gtin-empty",
            Self::NotDigits => "catalog-gtin-not-digits",
            Self::Length(_) => "catalog-gtin-length",
            Self::CheckDigit { .. } => "catalog-gtin-check-digit",
            Self::Blank => "catalog-gtin-blank",
        }
    }
}

impl Gtin {
    /// Reads a barcode. Full width, spaces and hyphens are forgiven; a wrong check digit is not.
    ///
    /// # Errors
    /// [`GtinError`] says what is wrong, with the digit that was expected.
    pub fn parse(text: &str) -> Result<Self, GtinError> {
        let bare: String = text.nfkc().filter(|c| !is_blank(*c) && *c != '-' && *c != '\'').collect();
        if bare.is_empty() {
            return Err(GtinError::Empty);
        }
        let digits: Vec<u8> = bare.bytes().map(|b| b.wrapping_sub(b'0')).collect();
        if digits.iter().any(|d| *d > 9) {
            return Err(GtinError::NotDigits);
        }
        if !matches!(digits.len(), 8 | 12 | 13 | 14) {
            return Err(GtinError::Length(digits.len()));
        }
        if digits.iter().all(|d| *d == 0) {
            return Err(GtinError::Blank);
        }
        let mut all = [0_u8; 14];
        for (slot, digit) in all.iter_mut().rev().zip(digits.iter().rev()) {
            *slot = *digit;
        }
        let (expected, found) = (check_digit(&all), all.last().copied().unwrap_or_default());
        if expected != found {
            return Err(GtinError::CheckDigit { expected, found });
        }
        Ok(Self(all))
    }

    /// Whether the number identifies a product in the world. In-store and variable-measure numbers (EAN-13
    /// beginning with 2 or 02/04, EAN-8 beginning with 0 or 2), coupons and vouchers (98, 99) do not: every shop
    /// gives them out anew.
    #[must_use]
    pub fn is_identity(self) -> bool {
        let [indicator, first, second, ..] = self.0;
        if indicator == 9 {
            return false; // variable measure
        }
        if let [0, 0, 0, 0, 0, 0, eighth, ..] = self.0 {
            // A GTIN-8: no GTIN-13 is given out with five zeros in front.
            return !matches!(eighth, 0 | 2);
        }
        !matches!((first, second), (2, _) | (0, 2 | 4) | (9, 8 | 9))
    }

    /// A case or inner carton number (indicator 1–8) holds other GTINs: the number of the unit inside.
    #[must_use]
    pub fn unit_inside(self) -> Option<Self> {
        let [indicator, ..] = self.0;
        if !(1..=8).contains(&indicator) {
            return None;
        }
        let mut unit = self.0;
        if let Some(first) = unit.first_mut() {
            *first = 0;
        }
        let check = check_digit(&unit);
        if let Some(last) = unit.last_mut() {
            *last = check;
        }
        Some(Self(unit))
    }

    /// The number as printed: 8, 12 (never, it reads as 13), 13 or 14 digits.
    #[must_use]
    pub fn printed(self) -> String {
        let all = self.to_string();
        let bare = all.trim_start_matches('0').len();
        let keep = if bare > 13 {
            14
        } else if bare > 8 {
            13
        } else {
            8
        };
        all.chars().skip(14 - keep).collect()
    }
}

/// The check digit of the first 13 digits (GS1 mod 10, weights 3 and 1).
fn check_digit(all: &[u8; 14]) -> u8 {
    let sum: u32 = all.iter().take(13).zip([3_u32, 1].iter().cycle()).map(|(d, w)| u32::from(*d) * w).sum();
    u8::try_from((10 - sum % 10) % 10).unwrap_or_default()
}

impl std::fmt::Display for Gtin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

impl std::fmt::Display for GtinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("no barcode"),
            Self::NotDigits => f.write_str("a barcode has digits only"),
            Self::Length(n) => write!(f, "{n} digits; a barcode has 8, 12, 13 or 14"),
            Self::CheckDigit { expected, found } => {
                write!(f, "check digit {found} should be {expected}")
            }
            Self::Blank => f.write_str("zeros only"),
        }
    }
}

impl std::error::Error for GtinError {}

impl TryFrom<String> for Gtin {
    type Error = GtinError;

    fn try_from(text: String) -> Result<Self, GtinError> {
        Self::parse(&text)
    }
}

impl From<Gtin> for String {
    fn from(gtin: Gtin) -> Self {
        gtin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_number_in_every_dress() {
        let thirteen = Gtin::parse("6901294171213").unwrap();
        assert_eq!(Gtin::parse(" ６９０１２９４１７１２１３\u{3000}"), Ok(thirteen));
        assert_eq!(Gtin::parse("06901294171213"), Ok(thirteen));
        assert_eq!(Gtin::parse("036000291452"), Gtin::parse("0036000291452"));
        assert_eq!(thirteen.printed(), "6901294171213");
        assert_eq!(Gtin::parse("96385074").unwrap().printed(), "96385074");
    }

    #[test]
    fn the_error_tells_the_digit() {
        assert_eq!(Gtin::parse("6901294171214"), Err(GtinError::CheckDigit { expected: 3, found: 4 }));
        assert_eq!(Gtin::parse("6.90129E+12"), Err(GtinError::NotDigits));
        assert_eq!(Gtin::parse("69012941712"), Err(GtinError::Length(11)));
        assert_eq!(Gtin::parse(" "), Err(GtinError::Empty));
        assert_eq!(Gtin::parse("0000000000000"), Err(GtinError::Blank));
    }

    #[test]
    fn shop_numbers_are_no_identity() {
        for own in ["20008990", "22002500", "2012345678900", "0212345678903"] {
            let bare = own.get(..own.len() - 1).unwrap();
            let code = (0..10).find_map(|d| Gtin::parse(&format!("{bare}{d}")).ok()).unwrap();
            assert!(!code.is_identity(), "{own}");
        }
        assert!(Gtin::parse("6901294171213").unwrap().is_identity());
        assert!(Gtin::parse("96385074").unwrap().is_identity());
    }

    #[test]
    fn a_case_holds_units() {
        let case = Gtin::parse("16901294171210").unwrap();
        assert_eq!(case.unit_inside(), Gtin::parse("6901294171213").ok());
        assert_eq!(Gtin::parse("6901294171213").unwrap().unit_inside(), None);
    }

    proptest! {
        #[test]
        fn canonical_form_reads_back(body in "[1-9][0-9]{11}") {
            let code = (0..10).find_map(|d| Gtin::parse(&format!("{body}{d}")).ok()).unwrap();
            prop_assert_eq!(Gtin::parse(&code.to_string()), Ok(code));
            prop_assert_eq!(Gtin::parse(&code.printed()), Ok(code));
        }

        #[test]
        fn one_wrong_digit_is_seen(body in "[1-9][0-9]{11}", at in 0_usize..12, by in 1_u8..10) {
            let good = (0..10).find_map(|d| Gtin::parse(&format!("{body}{d}")).ok()).unwrap().printed();
            let mut bytes = good.into_bytes();
            let digit = bytes.get_mut(at).unwrap();
            *digit = b'0' + (*digit - b'0' + by) % 10;
            prop_assume!(bytes.iter().any(|b| *b != b'0'));
            prop_assert!(Gtin::parse(&String::from_utf8(bytes).unwrap()).is_err());
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,20}") {
            let _ = Gtin::parse(&text).map(|g| (g.is_identity(), g.unit_inside(), g.printed()));
        }
    }
}
