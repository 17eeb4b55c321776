//! The house rules on who may know whom. Read with docs/ARCHITECTURE.md.

use std::{fs, path::Path};

fn files(dir: &Path, out: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().flatten().map(|e| e.path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|x| x == "rs") {
            out.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

fn sources() -> Vec<(String, String)> {
    let mut all = vec![];
    files(Path::new("src"), &mut all);
    all
}

/// The code without its tests.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// From the ground up: a room may use those before it.
const FLOORS: &[&str] = &[
    "trail",
    "merchants",
    "accounts",
    "erp",
    "gate",
    "feeds",
    "guards",
    "catalog",
    "products",
    "customers",
    "pricing",
    "stock",
    "lots",
    "orders",
    "reconcile",
    "sync",
    "search",
    "demo",
];

#[test]
fn features_know_one_another_downwards_only() {
    let mut broken = vec![];
    for (path, text) in sources() {
        let Some(room) = path.strip_prefix("src/").and_then(|p| p.split('/').next()) else {
            continue;
        };
        let Some(floor) = FLOORS.iter().position(|f| *f == room) else {
            continue;
        };
        for above in FLOORS.iter().skip(floor + 1) {
            if code(&text).contains(&format!("crate::{above}::")) || code(&text).contains(&format!("crate::{above};")) {
                broken.push(format!("{path} knows {above}, which is above it"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn nobody_knows_more_than_they_should() {
    // Pages and APIs speak with people and machines; everything else in a feature thinks and must not know the web.
    let speaks = |path: &str| {
        [
            "pages",
            "api.rs",
            "gateway",
            "session",
            "identify",
            "/web/",
            "server.rs",
            "error.rs",
            "routes.rs",
            "start.rs",
            "main.rs",
            "mod.rs",
            "demo/",
            "sync/",
        ]
        .iter()
        .any(|s| path.contains(s))
    };
    let mut broken = vec![];
    for (path, text) in sources() {
        let text = code(&text);
        let mut refuse = |words: &[&str], why: &str| {
            for word in words {
                if text.contains(word) {
                    broken.push(format!("{path} mentions `{word}`: {why}"));
                }
            }
        };
        if !speaks(&path) {
            refuse(&["actix_web", "askama::", "crate::web::{", "crate::web::C"], "a model knows nothing of the web");
        }
        if path.starts_with("src/web/") {
            let rooms: Vec<String> = FLOORS.iter().filter(|f| **f != "trail").map(|f| format!("crate::{f}::")).collect();
            let rooms: Vec<&str> = rooms.iter().map(String::as_str).collect();
            refuse(&rooms, "the web layer knows no feature");
            refuse(&["diesel::"], "the web layer knows no tables");
        }
        if path.ends_with("pages.rs") || path.contains("/pages/") {
            refuse(&["diesel::"], "only models touch tables");
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn files_stay_short_enough_to_read() {
    let mut all = sources();
    files(Path::new("tests"), &mut all);
    let long: Vec<_> = all.iter().map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > 400).collect();
    assert!(long.is_empty(), "time to split: {long:?}");
}

#[test]
fn templates_hold_no_inline_script_or_style() {
    let mut broken = vec![];
    let mut folders = vec![Path::new("templates").to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().flatten().map(|e| e.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            // The macros write out attributes that templates give them as literals; nothing else may skip escaping.
            let text = text.replace("{{ attrs|safe }}", "").replace("{{ select_attrs|safe }}", "");
            for word in ["<script>", "<style", " style=\"", "hx-on", " onclick=", " onchange=", " onsubmit=", "|safe"] {
                if text.contains(word) {
                    broken.push(format!("{} holds `{word}`", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
