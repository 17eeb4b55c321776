//! A base product as somebody wants it, and what is wrong with it.

use crate::catalog::approval::{Approval, Implausible, approval_key};
use crate::catalog::grams;
use crate::catalog::gtin::{Gtin, GtinError};
use crate::catalog::keys;
use crate::catalog::spec::Spec;
use crate::form::Form;
use crate::text::Text;

/// The longest text of a field.
const LONGEST: usize = 200;
/// The most barcodes of one base product.
const MOST_BARCODES: usize = 20;

/// A base product to create, or what an existing one shall become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Given out by us when `None`; never changes afterwards.
    pub code: Option<String>,
    pub name: String,
    pub trade_name: String,
    pub spec: String,
    pub dosage_form: String,
    pub unit: String,
    pub manufacturer: String,
    pub brand: String,
    pub approval_no: String,
    pub barcodes: Vec<String>,
    /// A level-3 category of the platform.
    pub category_id: Option<String>,
    pub origin: String,
}

/// What matching and search compare; a change to the texts means computing them anew.
pub(super) struct Keys {
    pub name: String,
    pub spec: String,
    pub maker: String,
    pub approval: String,
    pub grams: Vec<String>,
}

impl Draft {
    /// The plain texts by their column.
    pub fn texts(&self) -> [(&'static str, &str); 9] {
        [
            ("name", &self.name),
            ("trade_name", &self.trade_name),
            ("spec", &self.spec),
            ("dosage_form", &self.dosage_form),
            ("unit", &self.unit),
            ("manufacturer", &self.manufacturer),
            ("brand", &self.brand),
            ("approval_no", &self.approval_no),
            ("origin", &self.origin),
        ]
    }

    /// Without stray white space, empty texts as absent, each barcode once and as printed.
    #[must_use]
    pub fn tidy(&self) -> Self {
        let clean = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let some = |text: &Option<String>| text.as_deref().map(str::trim).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
        let mut barcodes: Vec<String> = Vec::new();
        for barcode in self.barcodes.iter().map(|b| b.trim()).filter(|b| !b.is_empty()) {
            let printed = Gtin::parse(barcode).map_or_else(|_| barcode.to_owned(), Gtin::printed);
            if !barcodes.contains(&printed) {
                barcodes.push(printed);
            }
        }
        Self {
            code: some(&self.code).map(|c| c.to_uppercase()),
            name: clean(&self.name),
            trade_name: clean(&self.trade_name),
            spec: clean(&self.spec),
            dosage_form: clean(&self.dosage_form),
            unit: clean(&self.unit),
            manufacturer: clean(&self.manufacturer),
            brand: clean(&self.brand),
            approval_no: clean(&self.approval_no),
            barcodes,
            category_id: some(&self.category_id),
            origin: clean(&self.origin),
        }
    }

    /// Everything that is wrong and can be seen without looking elsewhere, by field. Expects a tidy draft.
    pub(super) fn check(&self) -> Form {
        let mut form = Form::default();
        if self.name.is_empty() {
            form.complain("name", Text::new("form-missing"));
        }
        for (field, text) in self.texts() {
            if text.chars().count() > LONGEST {
                form.complain(field, Text::new("form-too-long").with(LONGEST));
            }
            if text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
                form.complain(field, Text::new("base-bad-character"));
            }
        }
        if let Some(code) = &self.code
            && !(is_code(code) && (3..=40).contains(&code.len()))
        {
            form.complain("code", Text::new("base-code-shape"));
        }
        if self.barcodes.len() > MOST_BARCODES {
            form.complain("barcodes", Text::new("base-too-many-barcodes").with(MOST_BARCODES));
        }
        for barcode in &self.barcodes {
            if let Err(why) = Gtin::parse(barcode) {
                form.complain("barcodes", Text::new("base-barcode-bad").with(barcode).with(gtin_text(why)));
            }
        }
        if let Some(why) = self.approval_doubt().filter(|why| is_typo(*why)) {
            form.complain("approval_no", Text::new("base-approval-bad").with(&self.approval_no).with(Text::new(why.text_key())));
        }
        form
    }

    /// What is odd about the approval number. A register or letter we do not know is worth a look, not a refusal.
    pub fn approval_doubt(&self) -> Option<Implausible> {
        Approval::parse(&self.approval_no).and_then(|a| a.plausible().err())
    }

    /// Expects a tidy draft with its code.
    pub(super) fn keys(&self) -> Keys {
        let approval = approval_key(&self.approval_no).unwrap_or_default();
        let mut codes: Vec<&str> = vec![self.code.as_deref().unwrap_or_default(), &self.approval_no, &approval];
        codes.extend(self.barcodes.iter().map(String::as_str));
        Keys {
            name: keys::name_key(&self.name),
            spec: Spec::parse(&self.spec).key().to_owned(),
            maker: keys::maker_key(&self.manufacturer),
            grams: grams::of(&[&self.name, &self.trade_name, &self.manufacturer, &self.brand], &codes),
            approval,
        }
    }

    /// The barcodes as canonical number and as printed, and whether each is a carton's.
    pub(super) fn gtins(&self) -> Vec<(String, String, bool)> {
        self.barcodes.iter().filter_map(|b| Gtin::parse(b).ok()).map(|g| (g.to_string(), g.printed(), g.unit_inside().is_some())).collect()
    }
}

/// Letters, digits and the signs that survive in a file name and a URL.
fn is_code(code: &str) -> bool {
    code.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')) && code.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Surely mistyped, rather than of a register we do not know.
fn is_typo(why: Implausible) -> bool {
    match why {
        Implausible::NoNumber | Implausible::Digits { .. } | Implausible::LetterForDigit | Implausible::LicenceDigits { .. } => true,
        Implausible::UnknownLetter | Implausible::UnknownOrigin | Implausible::UnknownRegister => false,
    }
}

/// What is wrong with a barcode, with the digit that was expected.
pub(crate) fn gtin_text(why: GtinError) -> Text {
    let text = Text::new(why.text_key());
    match why {
        GtinError::CheckDigit { expected, found } => text.with(i64::from(expected)).with(i64::from(found)),
        GtinError::Length(found) => text.with(found),
        GtinError::Empty | GtinError::NotDigits | GtinError::Blank => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn a_wrong_check_digit_names_the_right_one() {
        let draft = Draft { name: "阿莫西林胶囊".into(), barcodes: vec!["6901234000055".into()], ..Draft::default() };
        let form = draft.tidy().check();
        let said = form.error("barcodes").unwrap().say(Lang::Zh);
        assert!(said.contains("6901234000055") && said.contains("应为 4"), "{said}");
    }

    #[test]
    fn tidy_knows_one_barcode_in_two_dresses() {
        let draft = Draft {
            barcodes: vec![" 6901234000054".into(), "06901234000054".into(), String::new()],
            name: " 阿莫  西林 ".into(),
            ..Draft::default()
        };
        let tidy = draft.tidy();
        assert_eq!((tidy.barcodes, tidy.name.as_str()), (vec!["6901234000054".to_owned()], "阿莫 西林"));
    }

    #[test]
    fn typos_in_approval_numbers_are_refused_and_unknown_registers_are_not() {
        let of = |no: &str| Draft { name: "x".into(), approval_no: no.into(), ..Draft::default() }.check().is_bad();
        assert!(of("国药准字H2099041"));
        assert!(of("国药准字H2O990417"));
        assert!(!of("国药准字H20990417"));
        assert!(!of("见包装"));
    }
}
