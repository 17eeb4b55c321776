//! Search keys: what people type finds names by any part, by pinyin initials, and codes by their beginning.
//!
//! A row keeps an array of small tokens under a GIN index; a query must find all of its own tokens in it. Chinese (and any
//! other non-ASCII text) is cut into single characters and pairs, Latin words and codes into beginnings.

use pinyin::ToPinyin;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// Beginnings of a code that are kept; a longer query is checked against the text itself.
const PREFIXES: [usize; 7] = [1, 2, 3, 4, 6, 9, 12];
/// Initials longer than this add nothing.
const MAX_INITIALS: usize = 12;

/// The tokens of a row: of its names and of its codes.
pub fn of(names: &[&str], codes: &[&str]) -> Vec<String> {
    let mut tokens = BTreeSet::new();
    for name in names.iter().filter(|n| !n.is_empty()) {
        for run in runs(name) {
            match run {
                Run::Wide(chars) => {
                    tokens.extend(chars.iter().map(char::to_string));
                    tokens.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>()));
                }
                Run::Latin(word) => tokens.extend(beginnings(&word)),
            }
        }
        let initials = initials(name);
        tokens.extend(beginnings(&initials).into_iter().map(|t| format!("py:{t}")));
    }
    for code in codes.iter().filter(|c| !c.is_empty()) {
        let whole: String = fold(code).filter(|c| c.is_alphanumeric()).collect();
        tokens.extend(beginnings(&whole));
        for run in runs(code) {
            if let Run::Latin(word) = run {
                tokens.extend(beginnings(&word));
            }
        }
    }
    tokens.into_iter().collect()
}

/// A row belongs to a merchant by this token, so that one index serves all.
pub fn owner(merchant: crate::ids::MerchantId) -> String {
    format!("@{merchant}")
}

/// What a query's text asks for: every list is one way to be found, all of its tokens must be there.
pub fn query(text: &str) -> Vec<Vec<String>> {
    let mut tokens = Vec::new();
    let mut latin = String::new();
    for run in runs(text) {
        match run {
            Run::Wide(chars) if chars.len() == 1 => tokens.extend(chars.iter().map(char::to_string)),
            Run::Wide(chars) => tokens.extend(chars.windows(2).map(|pair| pair.iter().collect::<String>())),
            Run::Latin(word) => {
                latin.push_str(&word);
                tokens.extend(longest_beginning(&word));
            }
        }
    }
    let mut ways = Vec::new();
    if !tokens.is_empty() {
        ways.push(tokens);
    }
    let whole: String = fold(text).filter(|c| c.is_alphanumeric()).collect();
    if whole.is_ascii() && !whole.is_empty() {
        ways.push(longest_beginning(&whole).into_iter().collect());
        if latin.chars().all(|c| c.is_ascii_lowercase()) {
            ways.push(longest_beginning(&latin).into_iter().map(|t| format!("py:{t}")).collect());
        }
    }
    ways.dedup();
    ways
}

/// The initials of the Chinese characters of a name: 蒙脱石散 is `mtss`.
pub fn initials(name: &str) -> String {
    fold(name)
        .filter_map(|c| if c.is_ascii_alphanumeric() { Some(c) } else { c.to_pinyin().and_then(|p| p.plain().chars().next()) })
        .take(MAX_INITIALS)
        .collect()
}

enum Run {
    Wide(Vec<char>),
    Latin(String),
}

fn fold(text: &str) -> impl Iterator<Item = char> {
    text.nfkc().flat_map(char::to_lowercase)
}

fn runs(text: &str) -> Vec<Run> {
    let mut found: Vec<Run> = Vec::new();
    let mut gap = true;
    for c in fold(text) {
        if !c.is_alphanumeric() {
            gap = true;
            continue;
        }
        match (found.last_mut(), c.is_ascii()) {
            (Some(Run::Wide(chars)), false) if !gap => chars.push(c),
            (Some(Run::Latin(word)), true) if !gap => word.push(c),
            (_, true) => found.push(Run::Latin(c.to_string())),
            (_, false) => found.push(Run::Wide(vec![c])),
        }
        gap = false;
    }
    found
}

fn beginnings(word: &str) -> Vec<String> {
    PREFIXES.iter().filter_map(|n| word.get(..*n)).map(ToOwned::to_owned).chain((!word.is_empty()).then(|| word.to_owned())).collect()
}

/// The token of a query's word: itself when short, its longest kept beginning when long.
fn longest_beginning(word: &str) -> Option<String> {
    let kept = PREFIXES.iter().rev().find(|n| **n <= word.len())?;
    word.get(..*kept).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(tokens: &[String], text: &str) -> bool {
        query(text).iter().any(|way| way.iter().all(|t| tokens.contains(t)))
    }

    #[test]
    fn a_name_is_found_by_any_part_and_by_its_initials() {
        let tokens = of(&["蒙脱石散", "思密达 Smecta"], &["KZ-100382", "6901234003826"]);
        for text in
            ["蒙脱", "脱石散", "散", "mtss", "MTS", "smec", "KZ-1003", "kz100382", "100382", "6901234003826", "69012", "蒙脱 smecta"]
        {
            assert!(finds(&tokens, text), "{text}");
        }
        for text in ["蒙散", "阿莫西林", "mtx", "KZ-200", "6902"] {
            assert!(!finds(&tokens, text), "{text}");
        }
    }
}
