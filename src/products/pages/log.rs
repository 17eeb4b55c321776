//! The trail of a product in words.

use crate::text::{Lang, Text};
use crate::trail::Event;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// One field before and after.
pub(super) struct Change {
    pub field: String,
    pub before: String,
    pub after: String,
}

pub(super) struct Happened {
    pub at: DateTime<Utc>,
    pub tone: &'static str,
    pub icon: &'static str,
    pub actor: String,
    pub what: Text,
    /// The SKU, when it is one.
    pub sku: String,
    pub changes: Vec<Change>,
    pub note: String,
    /// The call that caused it.
    pub call: String,
    /// The batch, when a person sent it.
    pub feed: String,
    pub line: Option<i32>,
}

/// Long values (descriptions, albums) are cut: the call holds them whole.
const SHOWN: usize = 80;

pub(super) fn told(e: Event, lang: Lang) -> Happened {
    let (tone, icon) = match e.actor_kind.as_str() {
        "erp" => ("info", "plug-connected"),
        "person" => ("hold", "user"),
        _ => ("plat", "settings"),
    };
    let request = e.request_id.map(|id| id.to_string()).filter(|_| e.actor_kind == "erp").unwrap_or_default();
    Happened {
        at: e.at,
        tone,
        icon,
        what: Text::keyed(Cow::Owned(e.key())),
        actor: if e.actor_kind == "system" { lang.say("shelf-log-system", &[]) } else { e.actor_name },
        sku: if e.subject_kind == "sku" { e.subject_id } else { String::new() },
        changes: changes(e.before.as_ref(), e.after.as_ref()),
        note: if e.note.as_deref() == Some("rule") { lang.say("shelf-log-rule", &[]) } else { e.note.unwrap_or_default() },
        feed: if request.is_empty() { e.feed_id.map(|id| id.to_string()).unwrap_or_default() } else { String::new() },
        call: request,
        line: e.line_no,
    }
}

fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let empty = Map::new();
    let map = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned().unwrap_or_else(|| empty.clone());
    let (before, after) = (map(before), map(after));
    let mut names: Vec<&String> = after.keys().collect();
    names.extend(before.keys().filter(|k| !after.contains_key(*k)));
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Change { field: name.clone(), before: word(before.get(name)), after: word(after.get(name)) })
        .collect()
}

fn word(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return "—".to_owned(),
        Some(Value::String(text)) if text.is_empty() => return "—".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN).chain(std::iter::once('…')).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tells_only_what_changed() {
        let all = changes(Some(&json!({ "name": "a", "spec": "x" })), Some(&json!({ "name": "b", "spec": "x", "unit": "盒" })));
        let told: Vec<_> = all.iter().map(|c| (c.field.as_str(), c.before.as_str(), c.after.as_str())).collect();
        assert_eq!(told, [("name", "a", "b"), ("unit", "—", "盒")]);
    }
}
