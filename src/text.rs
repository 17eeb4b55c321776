//! What we say to people, in two languages.
//!
//! A model never writes a sentence: it names one ([`Text`]) with its arguments, and the edge says it in the reader's
//! language. The sentences live in `locales/<language>/<feature>.ftl`; arguments are `$a`, `$b`, `$c` in order.

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid, static_loader};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

static_loader! {
    static CATALOGUE = {
        locales: "./locales",
        fallback_language: "zh-CN",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

const ZH: LanguageIdentifier = langid!("zh-CN");
const EN: LanguageIdentifier = langid!("en");
const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// A language we speak. Chinese first, English complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

impl Lang {
    pub fn tag(self) -> &'static str {
        match self {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Reads a language tag or an Accept-Language header; anything we do not speak is Chinese.
    pub fn read(tag: &str) -> Self {
        if tag.trim_start().to_ascii_lowercase().starts_with("en") { Lang::En } else { Lang::Zh }
    }

    /// The sentence for a key; the key itself if there is none (a test keeps that from happening).
    pub fn say(self, key: &str, args: &[Arg]) -> String {
        let id = match self {
            Lang::Zh => &ZH,
            Lang::En => &EN,
        };
        let found = if args.is_empty() {
            CATALOGUE.try_lookup(id, key)
        } else {
            let named: HashMap<Cow<'static, str>, FluentValue<'_>> =
                NAMES.iter().zip(args).map(|(name, arg)| (Cow::Borrowed(*name), arg.value(self))).collect();
            CATALOGUE.try_lookup_with_args(id, key, &named)
        };
        found.unwrap_or_else(|| key.to_owned())
    }
}

/// An argument of a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    Number(i64),
    Words(String),
    Text(Text),
}

impl Arg {
    fn value(&self, lang: Lang) -> FluentValue<'static> {
        match self {
            Arg::Number(n) => FluentValue::from(*n),
            Arg::Words(s) => FluentValue::from(s.clone()),
            Arg::Text(t) => FluentValue::from(t.say(lang)),
        }
    }
}
impl From<i64> for Arg {
    fn from(n: i64) -> Self {
        Arg::Number(n)
    }
}
impl From<usize> for Arg {
    fn from(n: usize) -> Self {
        Arg::Number(i64::try_from(n).unwrap_or(i64::MAX))
    }
}
impl From<i32> for Arg {
    fn from(n: i32) -> Self {
        Arg::Number(n.into())
    }
}
impl From<&str> for Arg {
    fn from(s: &str) -> Self {
        Arg::Words(s.to_owned())
    }
}
impl From<String> for Arg {
    fn from(s: String) -> Self {
        Arg::Words(s)
    }
}
impl From<&String> for Arg {
    fn from(s: &String) -> Self {
        Arg::Words(s.clone())
    }
}
impl From<Text> for Arg {
    fn from(t: Text) -> Self {
        Arg::Text(t)
    }
}

/// A sentence by its key, with arguments; said in a language at the edge, kept as JSON in feed lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Text {
    key: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    args: Vec<Arg>,
}

impl Text {
    pub const fn new(key: &'static str) -> Self {
        Self { key: Cow::Borrowed(key), args: Vec::new() }
    }
    /// For keys that arrive as data, such as a validator's message.
    pub fn keyed(key: Cow<'static, str>) -> Self {
        Self { key, args: Vec::new() }
    }
    #[must_use]
    pub fn with(mut self, arg: impl Into<Arg>) -> Self {
        self.args.push(arg.into());
        self
    }
    pub fn key(&self) -> &str {
        &self.key
    }
    pub fn say(&self, lang: Lang) -> String {
        lang.say(&self.key, &self.args)
    }
}

/// An amount as people read it: 1,075.40, without the currency sign.
pub fn money(amount: Decimal) -> String {
    let text = format!("{amount:.2}");
    match text.split_once('.') {
        Some((whole, cents)) => format!("{}.{cents}", grouped(whole)),
        None => grouped(&text),
    }
}

/// Digits in threes: 1,842.
pub fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |d| ("−", d));
    let mut out = String::from(sign);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped("1842"), "1,842");
        assert_eq!(grouped("-1234567"), "−1,234,567");
        assert_eq!(money(Decimal::new(107_540, 2)), "1,075.40");
        assert_eq!(money(Decimal::new(5, 0)), "5.00");
    }

    #[test]
    fn speaks_both_languages_and_counts() {
        assert_eq!(Text::new("form-too-long").with(20).say(Lang::Zh), "最多 20 个字");
        assert_eq!(Text::new("form-too-long").with(20).say(Lang::En), "At most 20 characters");
    }

    #[test]
    fn survives_the_journey_through_json() {
        let text = Text::new("form-between").with(2).with("60");
        let kept = serde_json::to_value(&text).unwrap();
        assert_eq!(serde_json::from_value::<Text>(kept).unwrap(), text);
    }

    #[test]
    fn reads_accept_language() {
        assert_eq!(Lang::read("en-GB,en;q=0.9"), Lang::En);
        assert_eq!(Lang::read("zh-CN,zh;q=0.9,en;q=0.8"), Lang::Zh);
        assert_eq!(Lang::read(""), Lang::Zh);
    }
}
