//! What was decided: the list, and one record with what the reviewer saw.

use super::{auditor, query_of};
use crate::ids::UserId;
use crate::products::audit::history::{self, Past, Reviewer};
use crate::products::audit::queue::{self, Choice};
use crate::products::audit::record::Decided;
use crate::products::evidence::Evidence;
use crate::show;
use crate::web::{Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Reply, filters};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    reviewer: String,
    decision: String,
    merchant: String,
    after: String,
}

impl Asked {
    fn with(&self, name: &str, value: &str) -> String {
        let pairs = [("reviewer", &self.reviewer), ("decision", &self.decision), ("merchant", &self.merchant)];
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, if *n == name { value } else { v.as_str() })).collect();
        format!("/audit/done{}", query_of(&pairs))
    }
}

/// A filter's entry.
struct Pick {
    label: String,
    /// The label is a text key.
    key: &'static str,
    href: String,
    on: bool,
}

#[derive(Template)]
#[template(path = "audit/done.html", blocks = ["part"])]
struct Done {
    frame: Frame,
    page: Page<Decided>,
    pager: Pager,
    reviewers: Vec<Pick>,
    decisions: Vec<Pick>,
    merchants: Vec<Pick>,
    filtered: bool,
}
show!(Done, |v| &v.page);

impl Done {
    fn chosen(picks: &[Pick]) -> (&str, &str) {
        picks.iter().find(|p| p.on).map_or(("", ""), |p| (p.label.as_str(), p.key))
    }
}

const DECISIONS: [(&str, &str); 6] = [
    ("approved", "audit-decision-approved"),
    ("new_base", "audit-decision-new-base"),
    ("returned", "audit-decision-returned"),
    ("rejected", "audit-decision-rejected"),
    ("difficult", "audit-decision-difficult"),
    ("undone", "audit-decision-undone"),
];

/// `GET /audit/done`
pub async fn list(ctx: Ctx, asked: Query<Asked>) -> Reply {
    auditor(&ctx)?;
    let asked = asked.into_inner();
    let past = Past {
        reviewer: asked.reviewer.parse().ok().map(UserId),
        decision: Some(asked.decision.clone()).filter(|d| !d.is_empty()),
        merchant: Some(asked.merchant.clone()).filter(|m| !m.is_empty()),
    };
    let after = Cursor::read(&asked.after);
    let (rows, people, merchants) =
        ctx.db.snapshot(move |c| Ok((history::past(c, &past, after, PER_PAGE + 1)?, history::reviewers(c)?, queue::merchants(c)?))).await?;
    let page = Page::cut(rows, PER_PAGE, |d| (d.at, d.id));
    let query = asked.with("", "");
    let query = query.split_once('?').map_or("", |(_, q)| q);
    ctx.reply(Done {
        frame: ctx.frame("audited"),
        pager: Pager::of("/audit/done", query, Some(asked.after.as_str()), &page),
        page,
        reviewers: people
            .into_iter()
            .map(|Reviewer { id, name }| Pick {
                href: asked.with("reviewer", &id.to_string()),
                on: asked.reviewer == id.to_string(),
                label: name,
                key: "",
            })
            .collect(),
        decisions: DECISIONS
            .iter()
            .map(|(code, key)| Pick { href: asked.with("decision", code), on: asked.decision == *code, label: String::new(), key })
            .collect(),
        merchants: merchants
            .into_iter()
            .map(|Choice { value, label, .. }| Pick { href: asked.with("merchant", &value), on: asked.merchant == value, label, key: "" })
            .collect(),
        filtered: !query.is_empty(),
    })
}

#[derive(Template)]
#[template(path = "audit/record.html", blocks = ["part"])]
struct Record {
    frame: Frame,
    decided: Decided,
    evidence: Option<Evidence>,
    submitted: Vec<(&'static str, String)>,
    base: Vec<(&'static str, String)>,
}
show!(Record, |v| &v.decided);

/// `GET /audit/done/{merchant}/{id}`
pub async fn one(ctx: Ctx, path: Path<(String, i64)>) -> Reply {
    auditor(&ctx)?;
    let (merchant, id) = path.into_inner();
    let decided = ctx.db.read(move |c| history::one(c, &merchant, id)).await?;
    let evidence = decided.snapshot.get("evidence").cloned().and_then(|v| serde_json::from_value(v).ok());
    let submitted = fields(decided.snapshot.get("submitted").or_else(|| decided.snapshot.get("product")));
    let base = fields(decided.snapshot.get("base"));
    ctx.reply(Record { frame: ctx.frame("audited"), evidence, submitted, base, decided })
}

/// What a snapshot says of a product, as it was then.
fn fields(of: Option<&Value>) -> Vec<(&'static str, String)> {
    const SHOWN: [(&str, &str); 15] = [
        ("code", "audit-field-base-code"),
        ("name", "products-match-field-name"),
        ("trade_name", "audit-field-trade-name"),
        ("spec", "products-match-field-spec"),
        ("manufacturer", "products-match-field-manufacturer"),
        ("approval_no", "products-match-field-approval-no"),
        ("barcode", "products-match-field-barcode"),
        ("dosage_form", "products-match-field-dosage-form"),
        ("unit", "audit-field-unit"),
        ("brand", "audit-field-brand"),
        ("category", "audit-field-category"),
        // As automatic decisions keep them.
        ("prodName", "products-match-field-name"),
        ("tradeName", "audit-field-trade-name"),
        ("approvalNo", "products-match-field-approval-no"),
        ("barCode", "products-match-field-barcode"),
    ];
    let text = |name: &str| of.and_then(|o| o.get(name)).and_then(Value::as_str).map(ToOwned::to_owned).filter(|t| !t.is_empty());
    SHOWN.iter().filter_map(|(name, label)| Some((*label, text(name)?))).collect()
}
