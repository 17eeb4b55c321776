//! `/audit/rules`: what is decided without a person, and why the rest is asked. There is no line a score must pass: keys
//! decide, the score only ranks, so there is nothing to tune here and the page says so.

use super::auditor;
use crate::products::audit::rules::{self, LOOKED_AT, Matched, Waiting};
use crate::products::evidence::Field;
use crate::products::matching::MatchedBy;
use crate::show;
use crate::web::{Ctx, Frame, Reply, filters};
use askama::Template;
use serde_json::json;

#[derive(Template)]
#[template(path = "audit/rules.html", blocks = ["part"])]
struct Rules {
    frame: Frame,
    ways: Vec<Way>,
    waiting: Vec<Waiting>,
    /// Only the newest were counted.
    capped: bool,
}
show!(Rules, |v| json!({
    "automatic": v.ways.iter().map(|w| json!({ "by": w.label, "lastWeek": w.count, "overruled": w.overruled })).collect::<Vec<_>>(),
    "waiting": v.waiting,
    "weights": Field::ALL.map(|f| json!({ "field": f, "points": f.weight() })),
}));

/// One way in which keys determine a match.
struct Way {
    /// Text keys.
    label: &'static str,
    note: &'static str,
    count: i64,
    overruled: i64,
}

/// `GET /audit/rules`
pub async fn page(ctx: Ctx) -> Reply {
    auditor(&ctx)?;
    let now = ctx.now;
    let (matched, waiting) = ctx.db.snapshot(move |c| Ok((rules::matched(c, now)?, rules::waiting(c)?))).await?;
    let ways: Vec<Way> = MatchedBy::ALL.into_iter().map(|by| way(by, &matched)).collect();
    let looked_at = ways.iter().map(|w| w.count).sum::<i64>().max(waiting.iter().map(|w| w.count).sum());
    ctx.reply(Rules { frame: ctx.frame("audit-rules"), capped: looked_at >= LOOKED_AT, ways, waiting })
}

fn way(by: MatchedBy, matched: &[Matched]) -> Way {
    let label = by.text_key();
    let note = match by {
        MatchedBy::ExplicitId => "audit-rules-explicit",
        MatchedBy::Barcode => "audit-rules-barcode",
        MatchedBy::ApprovalAndSpec => "audit-rules-approval",
        MatchedBy::NameSpecAndManufacturer => "audit-rules-name",
    };
    let found = matched.iter().find(|m| m.by == label);
    Way { label, note, count: found.map_or(0, |m| m.count), overruled: found.map_or(0, |m| m.overruled) }
}
