//! The trail of one thing as a page tells it.

use crate::text::Text;
use crate::trail::Event;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::borrow::Cow;

/// One thing that happened.
pub struct Moment {
    pub at: DateTime<Utc>,
    pub actor: String,
    /// As in a badge.
    pub tone: &'static str,
    pub icon: &'static str,
    pub what: Text,
    pub changes: Vec<Change>,
    pub note: String,
}

/// A field, before and after; an empty text is "not stated".
pub struct Change {
    /// Text key.
    pub label: &'static str,
    pub before: String,
    pub after: String,
}

impl Moment {
    pub fn of(event: &Event) -> Self {
        let (tone, icon) = match (event.verb.as_str(), event.actor_kind.as_str()) {
            (verb, _) if verb.ends_with("created") => ("ok", "plus"),
            (verb, _) if verb.ends_with("disabled") || verb.ends_with("forbidden") => ("bad", "ban"),
            (verb, _) if verb.contains("merged") || verb.contains("took_over") => ("plat", "git-compare"),
            (_, "erp") => ("info", "plug-connected"),
            (_, "system") => ("", "settings"),
            _ => ("plat", "pencil"),
        };
        Self {
            at: event.at,
            actor: event.actor_name.clone(),
            tone,
            icon,
            what: Text::keyed(Cow::Owned(event.key())),
            // What a new thing began with stands on the page anyway.
            changes: if event.before.is_some() { changes(event.before.as_ref(), event.after.as_ref()) } else { Vec::new() },
            note: event.note.clone().unwrap_or_default(),
        }
    }
}

fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let value = |side: Option<&Value>, name: &str| -> String {
        match side.and_then(|v| v.get(name)) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(s)) => s.clone(),
            Some(other) => other.to_string(),
        }
    };
    let known = LABELS.iter().filter(|(name, _)| [before, after].into_iter().flatten().any(|side| side.get(*name).is_some()));
    known
        .map(|(name, label)| Change { label, before: value(before, name), after: value(after, name) })
        .filter(|c| c.before != c.after)
        .collect()
}

const LABELS: [(&str, &str); 13] = [
    ("name", "base-name"),
    ("trade_name", "base-trade-name"),
    ("spec", "base-spec"),
    ("dosage_form", "base-dosage-form"),
    ("unit", "base-unit"),
    ("manufacturer", "base-manufacturer"),
    ("brand", "base-brand"),
    ("approval_no", "base-approval-no"),
    ("barcodes", "base-barcodes"),
    ("category_id", "base-category"),
    ("origin", "base-origin"),
    ("merged", "base-merged-code"),
    ("merged_into", "base-merged-into"),
];
