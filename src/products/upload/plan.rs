//! One line judged: how it ends, or what is to be written for it.

use super::known::{Known, default_sku};
use super::withheld;
use crate::guards;
use crate::ids::ProductId;
use crate::products::draft::{Draft, two_places};
use crate::products::ids::Kind;
use crate::products::matching::Item;
use crate::products::matching_pass::{Ended, Standing, Subject};
use crate::products::model::Product;
use crate::text::Lang;
use crate::wire::{Line, LineCode, LineResult, Outcome, Problem};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::json;

/// The longest external id (P-14).
const LONGEST_ID: usize = 20;

/// A line that will be written.
pub(super) struct Job {
    pub line_no: i32,
    pub draft: Draft,
    pub old: Option<Old>,
    /// The SKU to make for a new product.
    pub sku_id: String,
    /// The price for SKUs without one of their own, when it is to change.
    pub price: Option<Decimal>,
    pub source_time: Option<DateTime<Utc>>,
    /// The content differs.
    pub changed: bool,
    /// The content or the source time differs.
    pub touched: bool,
    pub rematch: bool,
    /// How matching ended, once it has.
    pub ended: Option<Ended>,
    pub result: LineResult,
}

pub(super) struct Old {
    pub id: ProductId,
    pub version: i32,
    pub draft: Draft,
}

impl Job {
    /// The product as matching sees it: what it is to be, and where it stood.
    pub fn subject(&self, known: &Known) -> Subject {
        let draft = &self.draft;
        let standing = known.products.get(&draft.prod_id).map_or_else(Standing::default, |p| Standing {
            base: p.base_product_id,
            audit_status: p.audit_status.clone(),
            listing: p.listing.clone(),
        });
        let snapshot = json!({
            "prodId": draft.prod_id, "prodName": draft.name, "tradeName": draft.details.get("tradeName"), "spec": draft.spec,
            "manufacturer": draft.manufacturer, "approvalNo": draft.approval_no, "barCode": draft.barcode, "brand": draft.brand,
            "unit": draft.unit, "catalogId": draft.category_id, "baseProdId": draft.explicit_base,
            "version": self.old.as_ref().map_or(1, |old| old.version + 1),
        });
        Subject {
            prod_id: draft.prod_id.clone(),
            item: Item::new(draft.texts()),
            explicit_base: draft.explicit_base.clone(),
            category_id: draft.category_id.clone(),
            category_allowed: known.categories.get(&draft.category_id).is_some_and(|c| c.allowed),
            snapshot,
            standing,
            blocked: None,
        }
    }

    /// Everything but the price is taken.
    pub fn stop_price(&mut self, quarantine: i64) {
        let (Some(old), Some(sent)) = (&self.old, self.price.take()) else {
            return;
        };
        let before = old.draft.detail("price").to_owned();
        self.draft.details.insert("price".to_owned(), before.clone().into());
        self.changed = self.draft != old.draft;
        self.rematch &= self.changed;
        self.result = guards::stopped(self.result.clone(), quarantine, "price", &two_places(sent), before);
    }
}

type End = Box<LineResult>;

/// Judges a line. What it claims of the id space is noted in `known`, so that the next line sees it.
pub(super) fn plan(mut line: Line, known: &mut Known, lang: Lang) -> Result<Job, End> {
    let prod_id = line.text_or_empty("prodId");
    let stored = known.products.get(&prod_id).cloned();
    if stored.is_none() {
        if let Some(kind) = known.ids.get(&prod_id) {
            return Err(taken(&line, "prodId", &prod_id, *kind, lang));
        }
        line.needs_for_insert();
        if !line.is_good() {
            return Err(Box::new(LineResult::unreadable(&line)));
        }
    }
    in_time(&line, stored.as_ref())?;
    let before = stored.as_ref().map(Draft::of);
    let kept = match (&stored, &before) {
        (Some(p), Some(before)) => withheld::withhold(&mut line, p, before, known, lang)?,
        _ => withheld::Kept::default(),
    };
    let mut draft = before.clone().unwrap_or_else(|| Draft::new(&prod_id));
    draft.take(&line).map_err(|problem| Box::new(LineResult::rejected(&line, problem)))?;
    let mut result = LineResult::of(&line, Outcome::Applied);
    result = in_category(&line, &draft, known, result)?;
    if let Some(code) = line.text("baseProdId").value().filter(|code| !code.is_empty() && !known.bases.contains(code)) {
        return Err(Box::new(LineResult::rejected(&line, Problem::new(LineCode::UnknownBase, "baseProdId", code))));
    }
    if line.has("barCode") {
        result.problems.extend(draft.barcode_warning(lang));
    }
    let sku_id = if stored.is_none() { claim(&line, &prod_id, known, lang)? } else { String::new() };
    let price = priced(&line, &mut draft, stored.as_ref(), known, &mut result);
    let source_time = line.time("sourceTime").value().or(stored.as_ref().and_then(|p| p.source_time));
    let changed = price.is_some() || before.as_ref() != Some(&draft);
    // Another category may allow what was forbidden. What is approved stays so: the listing rule minds its category.
    let again = |p: &Product| p.audit_status == "changes_requested" || (p.audit_status != "approved" && p.category_id != draft.category_id);
    let asked_for = stored.as_ref().is_some_and(again);
    let touched = changed || source_time != stored.as_ref().and_then(|p| p.source_time);
    let rematch = changed && (asked_for || before.as_ref().is_none_or(|b| draft.matches_otherwise(b)));
    if !changed {
        result.outcome = if kept.parts.is_empty() { Outcome::Unchanged } else { Outcome::Held };
    }
    result.problems.extend(kept.told);
    result.withheld.extend(kept.parts);
    let old = stored.zip(before).map(|(p, draft)| Old { id: p.id, version: p.version, draft });
    Ok(Job { line_no: line.no, draft, old, sku_id, price, source_time, changed, touched, rematch, ended: None, result })
}

/// what is older than what is stored never overwrites it; a version that has moved on is a conflict.
fn in_time(line: &Line, stored: Option<&Product>) -> Result<(), End> {
    let newest = stored.and_then(|p| p.source_time);
    if let (Some(sent), Some(newest)) = (line.time("sourceTime").value(), newest)
        && sent < newest
    {
        let problem =
            Problem::new(LineCode::Stale, "sourceTime", crate::clock::on_the_wire(sent)).detail(crate::clock::on_the_wire(newest));
        return Err(Box::new(
            LineResult::of(line, Outcome::Stale).because(problem).telling("sourceTime", crate::clock::on_the_wire(newest)),
        ));
    }
    let version = stored.map_or(0, |p| i64::from(p.version));
    if let Some(wanted) = line.number("ifVersion").value()
        && wanted != version
    {
        let problem = Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(version);
        return Err(Box::new(LineResult::rejected(line, problem).telling("version", version)));
    }
    Ok(())
}

/// C-04, Q-12: a leaf of level three; an unknown one is waited for; the chain is corrected.
fn in_category(line: &Line, draft: &Draft, known: &Known, result: LineResult) -> Result<LineResult, End> {
    if !line.has("catalogId") && !line.has("catalogChain") {
        return Ok(result);
    }
    let id = &draft.category_id;
    let Some(leaf) = known.categories.get(id) else {
        let problem = Problem::new(LineCode::UnknownCategory, "catalogId", id);
        return Err(Box::new(LineResult::of(line, Outcome::Parked).because(problem).waiting_for("category", id)));
    };
    if leaf.level != 3 {
        return Err(Box::new(LineResult::rejected(line, Problem::new(LineCode::NotALeaf, "catalogId", id))));
    }
    let chain = line.text_or_empty("catalogChain");
    if chain.is_empty() || chain.trim_end_matches('-') == leaf.path {
        return Ok(result);
    }
    let problem = Problem::new(LineCode::CategoryChain, "catalogChain", chain).detail(&leaf.path);
    Ok(result.because(problem).telling("catalogChain", leaf.path.clone()))
}

/// Takes the ids of a new product and its default SKU out of the one id space (P-14).
fn claim(line: &Line, prod_id: &str, known: &mut Known, lang: Lang) -> Result<String, End> {
    let sku_id = default_sku(line);
    let wished = !line.text_or_empty("skuId").is_empty();
    let holder = if sku_id == prod_id { Some(Kind::Product) } else { known.ids.get(&sku_id).copied() };
    match holder {
        Some(kind) if wished => return Err(taken(line, "skuId", &sku_id, kind, lang)),
        None if sku_id.chars().count() <= LONGEST_ID => {}
        _ => {
            return Err(Box::new(LineResult::rejected(line, Problem::new(LineCode::NoDefaultSku, "skuId", prod_id))));
        }
    }
    known.ids.insert(prod_id.to_owned(), Kind::Product);
    known.ids.insert(sku_id.clone(), Kind::Sku);
    Ok(sku_id)
}

fn taken(line: &Line, field: &str, id: &str, kind: Kind, lang: Lang) -> End {
    Box::new(LineResult::rejected(line, Problem::new(LineCode::IdTaken, field, id).detail(lang.say(kind.label(), &[]))))
}

/// P-07, Q-08: the price of a new product is its SKU's; later it is the default of SKUs that follow it.
fn priced(line: &Line, draft: &mut Draft, stored: Option<&Product>, known: &Known, result: &mut LineResult) -> Option<Decimal> {
    let sent = line.decimal("price").value()?;
    let Some(stored) = stored else {
        draft.set_price(sent);
        return Some(sent);
    };
    let before = draft.price();
    let skus = known.sku_prices.get(&stored.id).map(Vec::as_slice).unwrap_or_default();
    let follows = |own: Option<Decimal>, is_default: bool| own.is_none() || (is_default && own == before);
    if before == Some(sent) && skus.iter().all(|s| s.base_price.is_some()) {
        return None;
    }
    if skus.is_empty() || skus.iter().any(|s| follows(s.base_price, s.is_default)) {
        draft.set_price(sent);
        return Some(sent);
    }
    result.problems.push(Problem::new(LineCode::PriceIgnored, "price", two_places(sent)));
    None
}
