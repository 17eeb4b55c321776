//! Text keys: two spellings of one thing become the same string, two things never do.
//!
//! Everything here is pure and deterministic, because the keys are stored beside the base products and compared
//! by the database (P-04): a change to a rule means recomputing the stored keys.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// Folds spelling without losing a word: NFKC (full width, Roman numerals), lower case, one sign for "times"
/// (`×`, `✕`, `x` between digits, `*`), one for "micro". White space and punctuation stay.
#[must_use]
pub fn fold(text: &str) -> String {
    let once = nfkc(text);
    // Lower-casing can leave the normal form (İ, ẞ and friends); a second pass makes the result a fixed point.
    let lower: String = once.chars().flat_map(char::to_lowercase).collect();
    let mut folded = String::with_capacity(lower.len());
    let settled = nfkc(&lower);
    let mut previous = ' ';
    for (at, c) in settled.char_indices() {
        let next_is_digit = || {
            let rest = settled.get(at + 1..).unwrap_or_default();
            rest.chars().find(|c| !is_blank(*c)).is_some_and(|c| c.is_ascii_digit())
        };
        let c = match c {
            '×' | '✕' | '✖' | '╳' | '⨯' | '∗' | '﹡' => '*',
            'x' if previous.is_ascii_digit() && next_is_digit() => '*',
            '〔' | '【' | '〖' | '[' | '{' | '⟨' => '(',
            '〕' | '】' | '〗' | ']' | '}' | '⟩' => ')',
            other => other,
        };
        folded.push(c);
        if !is_blank(c) {
            previous = c;
        }
    }
    folded
}

fn nfkc(text: &str) -> Cow<'_, str> {
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes { Cow::Borrowed(text) } else { Cow::Owned(text.nfkc().collect()) }
}

/// The general text key: [`fold`], then without white space and punctuation. Signs that carry a number
/// (`0.9`, `7:1`, `12*2`, `130/0.4`, `5%`) stay, so that `1.5` and `15` remain two things.
#[must_use]
pub fn text_key(text: &str) -> String {
    let key = strip(text);
    // What was dropped may have parted an `x` from its digit, or an accent from its letter.
    let settled = !key.contains('x') && key.chars().all(|c| c.is_ascii() || is_han(c));
    if settled { key } else { strip(&key) }
}

fn strip(text: &str) -> String {
    let folded: Vec<char> = fold(text).chars().filter(|c| !is_blank(*c)).collect();
    let mut key = String::with_capacity(text.len());
    for (at, &c) in folded.iter().enumerate() {
        let digit = |other: Option<&char>| other.is_some_and(char::is_ascii_digit);
        let before = digit(at.checked_sub(1).and_then(|i| folded.get(i)));
        let after = digit(folded.get(at + 1));
        let keep = c.is_alphanumeric() || (c == '%' && before) || (matches!(c, '.' | ':' | '/' | '*') && before && after);
        if keep {
            key.push(c);
        }
    }
    nfkc(&key).into_owned()
}

/// White space in the wide sense: also zero-width characters and the byte-order mark that spreadsheets leave behind.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// What a product is called: the whole name as one key. Marks that the trade puts behind a name and that say
/// nothing about the product (`®`, `△`, `(R)`, `(NR)`) are dropped; every other bracket stays, because `(Ⅱ)`,
/// `(无糖型)` or `(糖衣)` is another product.
#[must_use]
pub fn name_key(name: &str) -> String {
    let (outside, brackets) = split_brackets(&fold(name));
    let brackets = brackets.iter().map(|bracket| text_key(bracket)).filter(|bracket| !is_mark(bracket));
    let whole: String = [text_key(&outside)].into_iter().chain(brackets).collect();
    text_key(&whole)
}

/// A registration mark rather than a part of the name.
#[must_use]
pub fn is_mark(key: &str) -> bool {
    matches!(key, "" | "r" | "nr" | "tm" | "otc" | "rx" | "甲" | "乙" | "甲类" | "乙类" | "处方药" | "非处方药")
}

/// The text outside brackets and the contents of each outermost bracket, in order. Unclosed brackets run to the end.
#[must_use]
pub fn split_brackets(folded: &str) -> (String, Vec<String>) {
    let (mut outside, mut inside, mut depth) = (String::with_capacity(folded.len()), Vec::new(), 0_usize);
    let mut current = String::new();
    for c in folded.chars() {
        match c {
            '(' => {
                if depth > 0 {
                    current.push(c);
                }
                depth += 1;
            }
            ')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    inside.push(std::mem::take(&mut current));
                } else {
                    current.push(c);
                }
            }
            _ if depth > 0 => current.push(c),
            _ => outside.push(c),
        }
    }
    if !current.is_empty() {
        inside.push(current);
    }
    (outside, inside)
}

/// A manufacturer as identity sees it: the company, and who repacked the goods if the text says so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Maker {
    /// The company. Equal keys are the same company.
    pub key: String,
    /// The domestic repacker (分包装), when named. An imported product repacked in the country is another
    /// saleable thing than the one packed abroad.
    pub repacker: Option<String>,
}

/// Reads a manufacturer.
///
/// Dropped: white space and remarks *behind* a complete company name, i.e. a former name (`原…`), a contractor
/// (`受托方：…`), and behind a Latin name its country or Chinese translation.
///
/// Kept, on purpose:
/// - the legal form. 有限公司, 有限责任公司, 股份有限公司 and (集团) are different registered companies; groups
///   regularly have two of them side by side, each with approvals of its own. A renaming looks the same from
///   outside, so a person decides once and the alias is learned.
/// - a place or a branch (`(苏州)`, `(中国)`, `(Singapore Branch)`): sister companies differ in nothing else.
/// - punctuation of Latin names: it separates words and legal forms, and guessing saves one question a company.
#[must_use]
pub fn maker(text: &str) -> Maker {
    let solid: String = fold(text).chars().filter(|c| !is_blank(*c)).collect();
    // Without the blanks an accent may have found its letter.
    let mut rest = nfkc(&solid).into_owned();
    let mut repacker = None;
    while let Some((name, remark)) = trailing_bracket(&rest) {
        if let Some(company) = repacker_in(remark) {
            repacker = Some(maker(&company).key);
        } else if !is_remark(name, remark) {
            break;
        }
        rest = name.to_owned();
    }
    Maker { key: rest, repacker }
}

/// The key of a manufacturer alone, as stored and indexed.
#[must_use]
pub fn maker_key(text: &str) -> String {
    maker(text).key
}

/// `name(remark)` → both, when there is a name before the last balanced bracket.
fn trailing_bracket(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_suffix(')')?;
    let mut depth = 1_usize;
    for (at, c) in body.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => {
                depth -= 1;
                if depth == 0 {
                    let (name, remark) = body.split_at_checked(at)?;
                    return (!name.is_empty()).then_some((name, remark.trim_start_matches('(')));
                }
            }
            _ => {}
        }
    }
    None
}

/// `分包装:甲公司`, `分装厂:甲公司`, `甲公司分装` → `甲公司`.
fn repacker_in(remark: &str) -> Option<String> {
    for lead in ["分包装", "分装"] {
        if let Some(rest) = remark.strip_prefix(lead) {
            let (_, company) = rest.split_once(':').unwrap_or(("", rest));
            return Some(company.to_owned());
        }
    }
    let company = remark.strip_suffix("分包装").or_else(|| remark.strip_suffix("分装"))?;
    Some(company.to_owned())
}

fn is_remark(name: &str, remark: &str) -> bool {
    const LEADS: [&str; 7] = ["原", "曾用名", "受托", "委托", "受委托", "由", "生产"];
    if !has_han(name) {
        // A Latin company followed by its country or its Chinese name.
        return has_han(remark);
    }
    const ENDS: [&str; 7] = ["公司", "厂", "集团", "企业", "会社", "所", "院"];
    ENDS.iter().any(|end| name.ends_with(end)) && LEADS.iter().any(|lead| remark.starts_with(lead))
}

/// Whether the text has a Chinese character.
#[must_use]
pub fn has_han(text: &str) -> bool {
    text.chars().any(is_han)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

/// How alike two keys are, 0.0 to 1.0: the share of common pairs of neighbouring characters (Dice). For ranking
/// what a person is shown, never for deciding alone.
#[must_use]
pub fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (pairs_a, pairs_b) = (pairs(a), pairs(b));
    let all = pairs_a.len() + pairs_b.len();
    if all == 0 {
        return 0.0;
    }
    2.0 * common(&pairs_a, &pairs_b) as f64 / all as f64
}

/// The share of the shorter key's pairs found in the longer one: 1.0 when one contains the other.
#[must_use]
pub fn coverage(a: &str, b: &str) -> f64 {
    let (pairs_a, pairs_b) = (pairs(a), pairs(b));
    let shorter = pairs_a.len().min(pairs_b.len());
    if shorter == 0 {
        return 0.0;
    }
    common(&pairs_a, &pairs_b) as f64 / shorter as f64
}

fn pairs(key: &str) -> Vec<(char, char)> {
    let mut all: Vec<_> = key.chars().zip(key.chars().skip(1)).collect();
    all.sort_unstable();
    all
}

fn common(a: &[(char, char)], b: &[(char, char)]) -> usize {
    let (mut left, mut right, mut count) = (a.iter().peekable(), b.iter().peekable(), 0);
    while let (Some(x), Some(y)) = (left.peek(), right.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                count += 1;
                left.next();
                right.next();
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spelling_does_not_count() {
        assert_eq!(name_key(" 阿莫西林 胶囊（Ⅳ） "), name_key("阿莫西林胶囊(IV)"));
        assert_eq!(name_key("吡嗪酰胺片(R)△"), "吡嗪酰胺片");
        assert_eq!(text_key("12✕2"), text_key("12 x 2"));
        assert_ne!(text_key("0.9%氯化钠"), text_key("9%氯化钠"));
        assert_ne!(name_key("氨酚伪麻片"), name_key("氨酚伪麻片(Ⅱ)"));
    }

    #[test]
    fn companies_stay_apart() {
        assert_ne!(maker_key("江州药业有限公司"), maker_key("江州药业股份有限公司"));
        assert_ne!(maker_key("江州制药(苏州)有限公司"), maker_key("江州制药(北京)有限公司"));
        assert_ne!(maker_key("江州制药有限公司(天津)"), maker_key("江州制药有限公司"));
        assert_ne!(maker_key("Foo GmbH (Singapore Branch)"), maker_key("Foo GmbH"));
        assert_ne!(maker_key("江州(集团)有限公司"), maker_key("江州有限公司"));
    }

    #[test]
    fn remarks_are_not_the_company() {
        assert_eq!(maker_key("江州药业有限公司（原名：江州制药厂(二厂)）"), "江州药业有限公司");
        assert_eq!(maker_key("Foo Pharma SA(瑞士)"), maker_key("ＦＯＯ PharmaSA"));
        let both = maker("Foo Pharma(美国)(江州制药有限公司分装)");
        assert_eq!(both.key, "foopharma");
        assert_eq!(both, maker("foo pharma（分包装：江州制药有限公司）"));
    }

    proptest! {
        #[test]
        fn keys_are_fixed_points(text in "\\PC{0,24}") {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
            prop_assert_eq!(text_key(&text_key(&text)), text_key(&text));
            prop_assert_eq!(name_key(&name_key(&text)), name_key(&text));
            prop_assert_eq!(maker_key(&maker_key(&text)), maker_key(&text));
        }

        #[test]
        fn width_case_and_spaces_do_not_count(text in "[a-zA-Z0-9阿莫西林胶囊]{1,16}", at in 0_usize..16) {
            let wide: String = text.chars().map(|c| match c {
                '!'..='~' => char::from_u32(c as u32 + 0xfee0).unwrap(),
                other => other,
            }).collect();
            prop_assert_eq!(name_key(&wide), name_key(&text));
            prop_assert_eq!(maker_key(&wide), maker_key(&text));
            prop_assert_eq!(name_key(&text.to_uppercase()), name_key(&text));
            let cut = at.min(text.chars().count());
            let spaced: String = text.chars().take(cut).chain(['\u{3000}', ' ']).chain(text.chars().skip(cut)).collect();
            prop_assert_eq!(maker_key(&spaced), maker_key(&text));
        }

        #[test]
        fn likeness_is_a_share(a in "\\PC{0,12}", b in "\\PC{0,12}") {
            for value in [likeness(&a, &b), coverage(&a, &b)] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
            prop_assert_eq!(likeness(&a, &b), likeness(&b, &a));
        }
    }
}
