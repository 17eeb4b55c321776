//! The trail of a product in words.

use crate::text::{Lang, Text};
use crate::trail::{self, Change, Event};
use chrono::{DateTime, Utc};
use std::borrow::Cow;

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

pub(super) fn told(e: Event, lang: Lang) -> Happened {
    let (tone, icon) = match e.actor_kind.as_str() {
        "erp" => ("info", "plug-connected"),
        "person" => ("hold", "user"),
        _ => ("plat", "settings"),
    };
    let request = e.request_id.map(|id| id.to_string()).filter(|_| e.actor_kind == "erp").unwrap_or_default();
    let changes = e.changes().into_iter().map(|c| c.in_words(lang)).collect();
    Happened {
        at: e.at,
        tone,
        icon,
        what: Text::keyed(Cow::Owned(e.key())),
        actor: if e.actor_kind == "system" { lang.say("shelf-log-system", &[]) } else { e.actor_name },
        sku: if e.subject_kind == "sku" { e.subject_id } else { String::new() },
        changes,
        note: trail::note_in_words(lang, e.note.unwrap_or_default()),
        feed: if request.is_empty() { e.feed_id.map(|id| id.to_string()).unwrap_or_default() } else { String::new() },
        call: request,
        line: e.line_no,
    }
}
