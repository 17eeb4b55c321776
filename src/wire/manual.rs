//! The manual of the open platform as Markdown, made from the methods themselves; the pages under /docs show the same facts.

use super::{Field, Kind, LineCode, Method, Need};
use crate::error::Code;
use crate::text::{Lang, Text};
use std::fmt::Write;

/// One file for a language.
pub fn write(methods: &[&Method], lang: Lang) -> String {
    let say = |key: &str| lang.say(key, &[]);
    let mut out =
        format!("# {}\n\n{}\n\n## {}\n\n{}\n", say("docs-title"), say("docs-intro"), say("docs-signing"), say("docs-signing-how"));
    let _ = write!(out, "\n```\n{CANONICAL}\n```\n\n## {}\n\n{}\n", say("docs-merchant"), say("docs-merchant-how"));
    let _ = write!(out, "\n## {}\n\n{}\n", say("docs-envelope"), say("docs-envelope-how"));
    for method in methods {
        let _ = write!(out, "\n## {}\n\n{}\n\n", method.name, say(method.about));
        let _ = writeln!(out, "`POST /api/{}` · {} `{}` · {}\n", method.name, say("docs-scope"), method.scopes(), method.source);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |\n|---|---|---|---|",
            say("docs-field"),
            say("docs-shape"),
            say("docs-need"),
            say("docs-meaning")
        );
        for field in method.fields {
            let _ = writeln!(out, "| `{}` | {} | {} | {} |", field.name, shape(field.kind).say(lang), say(need(field)), say(field.about));
        }
        let _ = write!(
            out,
            "\n{}\n\n```json\n{}\n```\n\n{}\n\n```json\n{}\n```\n",
            say("docs-example"),
            pretty(method.example),
            say("docs-answer"),
            pretty(method.answer)
        );
    }
    let _ = write!(out, "\n## {}\n\n| | HTTP |\n|---|---|\n", say("docs-call-errors"));
    for code in Code::ALL {
        let _ = writeln!(out, "| `{}` | {} |", code.wire(), code.status().as_u16());
    }
    let _ = write!(out, "\n## {}\n\n| | |\n|---|---|\n", say("docs-line-errors"));
    for code in LineCode::ALL {
        let _ = writeln!(out, "| `{}` | {} |", code.wire(), sample(*code, lang));
    }
    out
}

/// What is signed.
pub const CANONICAL: &str =
    "X-Signature = hex(HMAC-SHA256(secret,\n    METHOD \\n PATH?QUERY \\n X-Timestamp \\n X-Nonce \\n hex(SHA256(body)) \\n))";

/// A line's sentence with placeholders.
pub fn sample(code: LineCode, lang: Lang) -> String {
    Text::new(code.text()).with("field").with("…").with("…").with("…").say(lang)
}

/// The example as people read it.
pub fn pretty(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).and_then(|v| serde_json::to_string_pretty(&v)).unwrap_or_else(|_| json.to_owned())
}

pub fn need(field: &Field) -> &'static str {
    match field.need {
        Need::Always => "docs-need-always",
        Need::Either => "docs-need-either",
        Need::Insert => "docs-need-insert",
        Need::Part | Need::Optional => "docs-need-optional",
    }
}

/// The shape of a field in words.
pub fn shape(kind: Kind) -> Text {
    match kind {
        Kind::Text(max) => Text::new("docs-shape-text").with(max),
        Kind::Id => Text::new("docs-shape-id"),
        Kind::Shop => Text::new("docs-shape-shop"),
        Kind::ShopOrAll => Text::new("docs-shape-shop-or-all"),
        Kind::Money => Text::new("docs-shape-money"),
        Kind::Price => Text::new("docs-shape-price"),
        Kind::Weight => Text::new("docs-shape-weight"),
        Kind::Count => Text::new("docs-shape-count"),
        Kind::Bit => Text::new("docs-shape-bit"),
        Kind::Time => Text::new("docs-shape-time"),
        Kind::Json(max) => Text::new("docs-shape-json").with(max),
        Kind::Number { min, max, default } => Text::new("docs-shape-number").with(min).with(max).with(default),
        Kind::OneOf(choices) => Text::new("docs-shape-one-of").with(choices.join(" | ")),
        Kind::Ids => Text::new("docs-shape-ids"),
    }
}
