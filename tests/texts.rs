//! The two catalogues hold the same keys, and the program uses exactly those.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

fn files(dir: &str, ending: &str, out: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(Path::new(dir)).unwrap().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        let name = path.display().to_string();
        if path.is_dir() {
            files(&name, ending, out);
        } else if name.ends_with(ending) {
            out.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Key → the arguments its sentence uses.
fn catalogue(lang: &str) -> BTreeMap<String, BTreeSet<char>> {
    let mut texts = vec![];
    files(&format!("locales/{lang}"), ".ftl", &mut texts);
    let mut found = BTreeMap::new();
    for (file, text) in texts {
        let mut current: Option<String> = None;
        for line in text.lines() {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                let (key, _) = line.split_once('=').unwrap_or_else(|| panic!("{file}: {line}"));
                let key = key.trim().to_owned();
                assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{file}: {key} is defined twice");
                current = Some(key);
            }
            if let Some(key) = &current {
                let used = line.match_indices('$').filter_map(|(at, _)| line[at + 1..].chars().next());
                found.get_mut(key).unwrap().extend(used);
            }
        }
    }
    found
}

/// Every kebab-case literal in the sources and templates.
fn literals() -> BTreeSet<String> {
    let mut texts = vec![];
    files("src", ".rs", &mut texts);
    files("templates", ".html", &mut texts);
    let mut found = BTreeSet::new();
    for (_, text) in texts {
        for quoted in text.split(['"', '\'']) {
            if quoted.contains('-')
                && quoted.starts_with(|c: char| c.is_ascii_lowercase())
                && quoted.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            {
                found.insert(quoted.to_owned());
            }
        }
    }
    found
}

#[test]
fn both_languages_say_the_same_things() {
    let (zh, en) = (catalogue("zh-CN"), catalogue("en"));
    let only = |a: &BTreeMap<String, BTreeSet<char>>, b: &BTreeMap<String, BTreeSet<char>>| {
        a.keys().filter(|k| !b.contains_key(*k)).cloned().collect::<Vec<_>>()
    };
    assert_eq!((only(&zh, &en), only(&en, &zh)), (vec![], vec![]), "keys in one language only (zh, en)");
    let differ: Vec<_> = zh.iter().filter(|(key, args)| en[*key] != **args).map(|(key, _)| key).collect();
    assert!(differ.is_empty(), "these sentences use other arguments in English: {differ:?}");
}

/// Keys put together at run time from a trail's verb.
const BUILT: &[&str] = &["trail-"];

#[test]
fn every_sentence_is_used_and_every_used_one_exists() {
    let (zh, used) = (catalogue("zh-CN"), literals());
    let families: BTreeSet<&str> = zh.keys().filter_map(|k| k.split('-').next()).collect();
    let unused: Vec<_> = zh.keys().filter(|k| !used.contains(*k) && !BUILT.iter().any(|b| k.starts_with(b))).collect();
    assert!(unused.is_empty(), "nobody says these: {unused:?}");
    let mut texts = vec![];
    files("templates", ".html", &mut texts);
    files("src", ".rs", &mut texts);
    let mut missing = vec![];
    for (file, text) in &texts {
        for (before, after) in [("{{ \"", "\"|t"), ("{{\"", "\"|t"), ("Text::new(\"", "\")"), (".say(\"", "\",")] {
            for piece in text.split(before).skip(1) {
                let Some(key) = piece.split('"').next() else {
                    continue;
                };
                if piece[key.len()..].starts_with(after) && !zh.contains_key(key) {
                    missing.push(format!("{file}: {key}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no such sentence: {missing:#?}");
    assert!(families.len() > 3);
}
