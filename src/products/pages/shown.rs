//! Rows as templates show them: what they look like, where they lead, their states as badges.

use super::ask::Ask;
use crate::clock::day;
use crate::products::look;
use crate::products::reads::Row;
use crate::products::reads::{Tally, View};
use crate::products::sellable::{Condition, escaped};
use crate::text::Text;
use crate::web::Tab;
use crate::wire::Module;
use chrono::{DateTime, Utc};

/// Days before its expiry from which a product's first lot is told in red, as on its own page.
const SHORT_LIFE: i64 = 30;

/// A state in words with its tone and icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Badge {
    pub tone: &'static str,
    pub icon: &'static str,
    /// Text key.
    pub label: &'static str,
}

const fn badge(tone: &'static str, icon: &'static str, label: &'static str) -> Badge {
    Badge { tone, icon, label }
}

/// On sale or not, and who took it down.
pub(super) fn listing_badge(listing: &str, by: Option<&str>) -> Badge {
    match (listing, by) {
        ("listed", _) => badge("ok", "circle-check", "shelf-state-listed"),
        ("unlisted", Some("person")) => badge("hold", "hand-stop", "shelf-state-by-person"),
        ("unlisted", Some("erp")) => badge("info", "plug-connected", "shelf-state-by-erp"),
        ("unlisted", _) => badge("warn", "package", "shelf-state-by-rule"),
        _ => badge("", "", "shelf-state-pending"),
    }
}

pub(super) fn audit_badge(audit: &str) -> Badge {
    match audit {
        "approved" => badge("ok", "check", "shelf-audit-approved"),
        "changes_requested" => badge("bad", "arrow-back-up", "shelf-audit-returned"),
        "rejected" => badge("bad", "ban", "shelf-audit-rejected"),
        _ => badge("warn", "clock", "shelf-audit-pending"),
    }
}

/// How it came to its base product; the text key.
pub(super) fn match_label(kind: &str) -> &'static str {
    match kind {
        "auto" => "shelf-match-kind-auto",
        "explicit" => "shelf-match-kind-explicit",
        "person" => "shelf-match-kind-person",
        _ => "shelf-match-kind-none",
    }
}

/// A product in a list.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub row: Row,
    pub kind: &'static str,
    pub hue: &'static str,
    /// Its page, knowing the list it was reached from.
    pub href: String,
    pub stock_href: String,
    /// Where a form puts it on sale or takes it off.
    pub put_href: String,
    pub listing: Badge,
    pub audit: Badge,
    pub matched: &'static str,
    /// What keeps it from being listed, while it is not.
    pub lack: Option<&'static str>,
    /// The names of the modules with exceptions, as text keys.
    pub apart: Vec<&'static str>,
}

impl Item {
    pub fn of(row: Row, ask: &Ask) -> Self {
        let (kind, hue) = look::of(&row.name, &row.spec);
        let page = format!("/products/{}", escaped(&row.prod_id));
        let lack = row.lack.as_deref().and_then(|code| Condition::ALL.into_iter().find(|c| c.code() == code));
        Self {
            kind,
            hue,
            href: ask.href(&page, &[]),
            put_href: {
                let query = ask.with(&[]);
                let verb = if row.listing == "listed" { "?_method=delete" } else { "" };
                let gap = if query.is_empty() {
                    ""
                } else if verb.is_empty() {
                    "?"
                } else {
                    "&"
                };
                format!("{page}/listing{verb}{gap}{query}")
            },
            stock_href: ask.href(&format!("{page}/stock"), &[]),
            listing: listing_badge(&row.listing, row.unlisted_by.as_deref()),
            audit: audit_badge(&row.audit_status),
            matched: match_label(&row.match_kind),
            // What the review said is told by its own badge.
            lack: lack
                .filter(|_| row.listing != "listed" && matches!(row.audit_status.as_str(), "pending" | "approved"))
                .map(Condition::missing),
            apart: row.apart.iter().filter_map(|name| Module::of(name)).map(Module::label).collect(),
            row,
        }
    }
    /// Little of its shelf life is left, or none.
    pub fn is_old(&self, now: &DateTime<Utc>) -> bool {
        self.row.expires.is_some_and(|on| (on - day(*now)).num_days() <= SHORT_LIFE)
    }
}

/// The tabs of a page: saved views, each without the filters of another.
pub(super) fn tabs(path: &str, counts: &[Tally], current: View) -> Vec<Tab> {
    let same = |a: View, b: View| a == b || (matches!(a, View::Missing(_)) && matches!(b, View::Missing(_)));
    counts
        .iter()
        .enumerate()
        .map(|(n, tally)| Tab {
            label: Text::new(tally.view.label()),
            href: if n == 0 { path.to_owned() } else { format!("{path}?view={}", tally.view.name()) },
            current: same(tally.view, current),
            count: Some(tally.count),
            tone: if tally.count > 0 { tally.view.tone() } else { "" },
        })
        .collect()
}
