//! Approval numbers (批准文号): one licence, one key, however it is written (P-04, P-15).

use serde::{Deserialize, Serialize};

use super::keys::{fold, is_blank, text_key};

/// The register a number belongs to, as far as the text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// 国药准字
    DomesticDrug,
    /// 进口药品注册证(号), 注册证号
    ImportedDrug,
    /// 医药产品注册证: Hong Kong, Macao, Taiwan
    RegionalDrug,
    /// A drug's letters and digits without the words before them
    Drug,
    /// 国食健字, 卫食健字, 食健备
    HealthFood,
    /// 械注准, 械注进, 械备, 药监械
    Device,
    /// SC and 14 digits, formerly QS and 12
    FoodLicence,
    /// 国妆准字, 妆网备字 …
    Cosmetic,
    /// 卫消证字, 卫消字
    Disinfectant,
    /// Anything else: kept as text
    Other,
}

/// Why a number cannot be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Implausible {
    /// A drug's number without its letters and digits.
    NoNumber,
    /// A drug's number has eight digits.
    Digits { found: usize },
    /// A letter O, I or L where a digit belongs.
    LetterForDigit,
    /// No such kind of drug.
    UnknownLetter,
    /// The first two digits name neither a year (19, 20), nor the ministry (10), nor a province (11–65).
    UnknownOrigin,
    /// No register is known that writes its numbers so.
    UnknownRegister,
    /// A food licence has 14 digits after SC.
    LicenceDigits { found: usize },
}

impl Implausible {
    /// The key of the sentence that tells it.
    #[must_use]
    pub fn text_key(self) -> &'static str {
        match self {
            Self::NoNumber => "catalog-approval-no-number",
            Self::Digits { .. } => "catalog-approval-digits",
            Self::LetterForDigit => "catalog-approval-letter-for-digit",
            Self::UnknownLetter => "catalog-approval-unknown-letter",
            Self::UnknownOrigin => "catalog-approval-unknown-origin",
            Self::UnknownRegister => "catalog-approval-unknown-register",
            Self::LicenceDigits { .. } => "catalog-approval-licence-digits",
        }
    }
}

/// A number as read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Approval {
    /// What is compared: for drugs the letters and digits alone (`H20050299`), since the words before them are
    /// often left out or mixed up; for everything else the whole number without spaces and punctuation.
    pub key: String,
    /// The register named by the words, if any.
    pub register: Register,
    plausible: Result<(), Implausible>,
}

/// Kinds of drug: chemical, Chinese, biological, imported for repacking, (former) health drug, diagnostic, excipient,
/// X (early import certificates).
const LETTERS: &str = "HZSJBTFX";

impl Approval {
    /// Reads a number; `None` if there is none. A number in brackets behind the first (`J20150102(H20150197)`, the
    /// registration of the bulk goods) does not take part: the same bulk goods are sold under several numbers.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = fold(text).to_ascii_uppercase();
        let all: String = all.chars().filter(|c| !is_blank(*c)).collect();
        let bare = text_key(&all).to_ascii_uppercase();
        let bare: String = bare.chars().filter(|c| c.is_alphanumeric()).collect();
        if bare.is_empty() {
            return None;
        }
        let register = register_of(&bare);
        let approval = match register {
            Register::DomesticDrug | Register::ImportedDrug | Register::RegionalDrug => drug(&all, &bare, register),
            Register::Other if is_drug_code(&bare) => drug(&all, &bare, Register::Drug),
            Register::FoodLicence => food(bare),
            Register::Other => Self { key: bare, register, plausible: Err(Implausible::UnknownRegister) },
            _ if bare.chars().any(|c| c.is_ascii_digit()) => Self { key: bare, register, plausible: Ok(()) },
            _ => Self { key: bare, register, plausible: Err(Implausible::NoNumber) },
        };
        Some(approval)
    }

    /// Whether such a number can exist.
    ///
    /// # Errors
    /// [`Implausible`], the reason why not.
    pub fn plausible(&self) -> Result<(), Implausible> {
        self.plausible
    }

    /// Whether the number can stand for one product. Licences of a company (food, disinfectants) and numbers that
    /// cannot be right stand for none.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.plausible.is_ok() && !matches!(self.register, Register::FoodLicence | Register::Disinfectant | Register::Other)
    }

    /// A drug imported in bulk and repacked in the country (letter J), so a named repacker is no surprise.
    #[must_use]
    pub fn is_repacked_import(&self) -> bool {
        self.plausible.is_ok() && self.key.starts_with('J')
    }

    /// Both name a register and not the same: 国药准字H20140688 and 进口药品注册证H20140688 are usually one number
    /// with the wrong words, but the two registers count for themselves, so the name must agree as well.
    #[must_use]
    pub fn registers_differ(&self, other: &Self) -> bool {
        self.register != other.register && self.register != Register::Drug && other.register != Register::Drug
    }
}

fn register_of(bare: &str) -> Register {
    const WORDS: [(&str, Register); 14] = [
        ("国药准字", Register::DomesticDrug),
        ("国药试字", Register::DomesticDrug),
        ("国药健字", Register::DomesticDrug),
        ("医药产品注册", Register::RegionalDrug),
        ("食健", Register::HealthFood),
        ("械注", Register::Device),
        ("械备", Register::Device),
        ("药监械", Register::Device),
        ("妆", Register::Cosmetic),
        ("卫消", Register::Disinfectant),
        ("进口药品", Register::ImportedDrug),
        ("进口注册", Register::ImportedDrug),
        ("注册证", Register::ImportedDrug),
        ("药准字", Register::DomesticDrug),
    ];
    if let Some((_, register)) = WORDS.iter().find(|(word, _)| bare.contains(word)) {
        return *register;
    }
    let digits = |lead: &str| bare.strip_prefix(lead).map_or(0, |rest| rest.chars().filter(char::is_ascii_digit).count());
    if digits("SC") > 10 || digits("QS") > 10 { Register::FoodLicence } else { Register::Other }
}

/// One or two letters followed by digits and nothing before.
fn is_drug_code(bare: &str) -> bool {
    let letters = bare.chars().take_while(char::is_ascii_uppercase).count();
    let digits = bare.chars().skip(letters).take_while(char::is_ascii_digit).count();
    (1..=2).contains(&letters) && (6..=10).contains(&digits)
}

fn drug(all: &str, bare: &str, register: Register) -> Approval {
    let unreadable = |why| Approval { key: bare.to_owned(), register, plausible: Err(why) };
    // The code begins at the first letter; the words before it are Chinese.
    let Some(start) = all.find(|c: char| c.is_ascii_uppercase()) else {
        return unreadable(Implausible::NoNumber);
    };
    let code: String = all
        .chars()
        .skip(all.chars().position(|c| c.is_ascii_uppercase()).unwrap_or(start))
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    let letters: String = code.chars().take_while(char::is_ascii_uppercase).collect();
    let number: String = code.chars().skip(letters.len()).collect();
    if letters.len() > 2 || !letters.chars().all(|c| LETTERS.contains(c) || c == 'C') || letters.starts_with('C') {
        let slip = letters.chars().skip(1).any(|c| "OIL".contains(c));
        return unreadable(if slip { Implausible::LetterForDigit } else { Implausible::UnknownLetter });
    }
    if number.chars().any(|c| !c.is_ascii_digit()) {
        return unreadable(if number.contains(['O', 'I', 'L']) { Implausible::LetterForDigit } else { Implausible::NoNumber });
    }
    if number.len() != 8 {
        return unreadable(Implausible::Digits { found: number.len() });
    }
    let origin = number.get(..2).and_then(|two| two.parse::<u8>().ok());
    let plausible = match origin {
        Some(10..=65) => Ok(()),
        _ => Err(Implausible::UnknownOrigin),
    };
    Approval { key: code, register, plausible }
}

fn food(bare: String) -> Approval {
    let found = bare.chars().filter(char::is_ascii_digit).count();
    let wanted = if bare.starts_with("SC") { 14 } else { 12 };
    let plausible = if found == wanted { Ok(()) } else { Err(Implausible::LicenceDigits { found }) };
    Approval { key: bare, register: Register::FoodLicence, plausible }
}

/// The key alone, as stored and indexed; empty text has none.
#[must_use]
pub fn approval_key(text: &str) -> Option<String> {
    Approval::parse(text).map(|approval| approval.key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> String {
        approval_key(text).unwrap()
    }

    fn why(text: &str) -> Implausible {
        Approval::parse(text).unwrap().plausible().unwrap_err()
    }

    #[test]
    fn one_licence_however_written() {
        for text in [
            "国药准字H20050299",
            "国药准字 h20050299",
            "Ｈ２００５０２９９",
            "H 2005 0299",
            "国药准字-H20050299",
            "进口药品注册证号H20050299",
            "注册证号 H20050299",
            "国药准字H20050299(H20140006/20140185)",
        ] {
            assert_eq!(key(text), "H20050299", "{text}");
            assert_eq!(Approval::parse(text).unwrap().plausible(), Ok(()), "{text}");
        }
        assert_eq!(key("医药产品注册证HC20120411"), "HC20120411");
        assert_eq!(key("进口药品注册证bh20020261"), "BH20020261");
        assert_eq!(key("国药准字HJ20200001"), "HJ20200001");
    }

    #[test]
    fn other_registers_keep_their_words() {
        assert_eq!(key("国食健字 G2011 0123"), "国食健字G20110123");
        assert_eq!(key("卫食健字（2003）第0123号"), "卫食健字2003第0123号");
        assert_eq!(Approval::parse("粤械注准20172640123").unwrap().register, Register::Device);
        assert_eq!(Approval::parse("SC10644010600123").unwrap().plausible(), Ok(()));
        assert_eq!(why("SC106440106001"), Implausible::LicenceDigits { found: 12 });
        assert_ne!(key("国食健字G20110123"), key("国食健字J20110123"));
    }

    #[test]
    fn reasons() {
        assert_eq!(why("国药准字H2005029"), Implausible::Digits { found: 7 });
        assert_eq!(why("国药准字H2OO50299"), Implausible::LetterForDigit);
        assert_eq!(why("国药准字HO050299"), Implausible::LetterForDigit);
        assert_eq!(why("国药准字Q20050299"), Implausible::UnknownLetter);
        assert_eq!(why("国药准字H99050299"), Implausible::UnknownOrigin);
        assert_eq!(why("国药准字"), Implausible::NoNumber);
        assert_eq!(why("见包装"), Implausible::UnknownRegister);
        assert_eq!(Approval::parse(" \u{3000}"), None);
    }

    proptest! {
        #[test]
        fn keys_are_fixed_points(text in "(国药准字|进口药品注册证|SC|国食健字)?[A-Za-z]{0,2}[0-9]{0,15}\\PC{0,4}") {
            if let Some(first) = approval_key(&text) {
                let again = approval_key(&first);
                prop_assert_eq!(again, Some(first));
            }
        }

        #[test]
        fn spelling_does_not_count(letter in "[HZSJB]", digits in "(19|20)[0-9]{6}", word in "(国药准字|进口药品注册证|注册证号|)", gap in "[ \u{3000}]{0,2}") {
            let plain = key(&format!("{letter}{digits}"));
            prop_assert_eq!(key(&format!("{word}{gap}{}{gap}{digits}", letter.to_lowercase())), plain);
        }
    }
}
