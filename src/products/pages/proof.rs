//! What speaks for a match, read from what was kept with the decision or the question. P-16
//!
//! Snapshots are kept for ever in the shape of their day; what cannot be read any more is left out, never an error.

use crate::products::evidence::Evidence;
use crate::products::reads::{Asked, Decided};
use crate::text::Text;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::borrow::Cow;

/// A decision as its merchant sees it.
pub(super) struct Past {
    pub at: DateTime<Utc>,
    /// Text key.
    pub what: &'static str,
    pub tone: &'static str,
    pub icon: &'static str,
    pub base: Option<String>,
    pub reason: Option<Text>,
    pub note: Option<String>,
}

/// A base product an auditor was asked about.
pub(super) struct Candidate {
    pub code: String,
    pub name: String,
    pub evidence: Evidence,
    pub score: i64,
}

/// The question that is open.
pub(super) struct Question {
    pub since: String,
    pub difficult: bool,
    pub why: Text,
}

#[derive(Default)]
pub(super) struct Judged {
    pub question: Option<Question>,
    /// Of the decision in force.
    pub evidence: Option<Evidence>,
    pub base: Option<String>,
    pub candidates: Vec<Candidate>,
    pub past: Vec<Past>,
}

impl Judged {
    pub fn of(decided: Vec<Decided>, asked: Option<Asked>) -> Self {
        let mut judged = Self::default();
        if let Some(latest) = decided.iter().find(|d| matches!(d.decision.as_str(), "approved" | "new_base" | "automatic")) {
            judged.evidence = latest.snapshot.get("evidence").and_then(evidence);
            judged.base = latest.base.clone();
        }
        judged.past = decided.into_iter().filter_map(past).collect();
        if let Some(asked) = asked {
            judged.candidates = candidates(&asked.candidates);
            judged.evidence = None;
            judged.question = Some(Question {
                since: crate::clock::on_the_wire(asked.submitted_at),
                difficult: asked.state == "difficult",
                why: Text::keyed(Cow::Owned(asked.ask)),
            });
        }
        judged
    }

    /// Of the match in force, or of the best candidate.
    pub fn score(&self) -> Option<i64> {
        self.evidence.as_ref().map(|e| e.score.into()).or_else(|| self.candidates.first().map(|c| c.score))
    }
}

fn past(d: Decided) -> Option<Past> {
    let (what, tone, icon) = match d.decision.as_str() {
        "approved" => ("shelf-decided-approved", "ok", "check"),
        "new_base" => ("shelf-decided-new-base", "ok", "plus"),
        "automatic" => ("shelf-decided-automatic", "plat", "wand"),
        "returned" => ("shelf-decided-returned", "bad", "arrow-back-up"),
        "rejected" => ("shelf-decided-rejected", "bad", "ban"),
        "undone" => ("shelf-decided-undone", "", "rotate-clockwise"),
        // That a case was put aside is the platform's own affair.
        _ => return None,
    };
    Some(Past {
        at: d.at,
        what,
        tone,
        icon,
        base: d.base,
        reason: d.reason.as_deref().and_then(reason),
        note: d.note.filter(|n| !n.is_empty()),
    })
}

/// Auditors' reasons are codes, those of the automatic match are text keys.
pub(super) fn reason(code: &str) -> Option<Text> {
    match code {
        "" | "other" => None,
        key if key.contains('-') => Some(Text::keyed(Cow::Owned(key.to_owned()))),
        code => Some(Text::keyed(Cow::Owned(format!("audit-reason-{}", code.replace('_', "-"))))),
    }
}

fn evidence(value: &Value) -> Option<Evidence> {
    serde_json::from_value(value.clone()).ok()
}

fn candidates(value: &Value) -> Vec<Candidate> {
    let text = |value: &Value, names: &[&str]| {
        let found = names.iter().find_map(|name| value.get(*name).or_else(|| value.get("base").and_then(|b| b.get(*name)))?.as_str());
        found.unwrap_or_default().to_owned()
    };
    let read = |one: &Value| {
        let evidence = one.get("evidence").and_then(evidence)?;
        Some(Candidate { code: text(one, &["code"]), name: text(one, &["name"]), score: evidence.score.into(), evidence })
    };
    value.as_array().map(|all| all.iter().filter_map(read).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_what_was_kept_and_leaves_out_what_it_cannot() {
        let line = json!({ "field": "barcode", "verdict": "same", "points": 40, "max": 40, "theirs": [], "ours": [] });
        let kept = json!([{ "code": "BP-1", "name": "蒙脱石散", "evidence": { "score": 93, "lines": [line] } }, { "code": "BP-2" }, 7]);
        let read = candidates(&kept);
        assert_eq!(read.iter().map(|c| (c.code.as_str(), c.score)).collect::<Vec<_>>(), [("BP-1", 93)]);
        assert!(candidates(&json!({ "a": 1 })).is_empty());
    }

    #[test]
    fn codes_and_keys_are_reasons() {
        assert_eq!(reason("pack_and_approval").map(|t| t.key().to_owned()).as_deref(), Some("audit-reason-pack-and-approval"));
        assert_eq!(reason("products-matched-by-barcode").map(|t| t.key().to_owned()).as_deref(), Some("products-matched-by-barcode"));
        assert_eq!(reason("other"), None);
    }
}
