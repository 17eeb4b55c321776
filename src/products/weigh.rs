//! What a change of many products comes to, in groups a person can act on: the same words before and after.

use super::api::SHELF_UPDATE;
use super::listing::{self, Restored};
use crate::Result;
use crate::feeds::{self, Batch, Channel, Report};
use crate::ids::{MerchantId, ProductId};
use crate::products::reads;
use crate::products::sellable::{self, escaped};
use crate::text::{Lang, Text};
use crate::trail::Cause;
use crate::wire::{LineCode, Outcome, Scope};
use diesel::PgConnection;
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Lists or unlists these products through the one write path and weighs what became of it; a preview is the same, rolled back.
pub fn put(tx: &mut PgConnection, cause: &Cause, lang: Lang, ids: &[String], list: bool, preview: bool) -> Result<Weighed> {
    if ids.is_empty() {
        return Ok(Weighed::default());
    }
    let lines = ids.iter().map(|id| json!({ "prodId": id, "listed": i32::from(list) })).collect();
    let scope = Scope::whole(cause.merchant, lang, cause.now);
    let report = feeds::run(tx, cause, &scope, Channel::Page, &SHELF_UPDATE, Batch { lines, preview, ..Batch::default() })?;
    Weighed::of(tx, cause.merchant, &report)
}

/// Takes back what the request `act` did to these products. I-9
pub fn undo(tx: &mut PgConnection, cause: &Cause, act: Uuid, ids: &[String]) -> Result<Weighed> {
    let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
    let names = reads::named(tx, cause.merchant, &asked)?;
    let products: Vec<ProductId> = names.values().map(|(id, _)| *id).collect();
    let Restored { back, moved_on } = listing::restore(tx, cause, act, &products)?;
    let some = |ids: &[String]| ids.iter().take(NAMED).map(|id| Named::of(id, &names)).collect();
    let mut weighed = Weighed { total: back.len() + moved_on.len(), some: some(&back), done: back, ..Weighed::default() };
    if !moved_on.is_empty() {
        weighed.groups = vec![Group { label: Text::new("shelf-bulk-moved-on"), tone: "", count: moved_on.len(), some: some(&moved_on) }];
    }
    Ok(weighed)
}

/// Products a group names; the rest is only counted.
const NAMED: usize = 6;

#[derive(Clone, Debug, Serialize)]
pub struct Named {
    #[serde(rename = "prodId")]
    pub prod_id: String,
    pub name: String,
    #[serde(skip)]
    pub href: String,
}

impl Named {
    fn of(prod_id: &str, names: &HashMap<String, (ProductId, String)>) -> Self {
        let name = names.get(prod_id).map(|(_, name)| name.clone());
        let href = if name.is_some() { format!("/products/{}", escaped(prod_id)) } else { String::new() };
        Self { prod_id: prod_id.to_owned(), name: name.unwrap_or_default(), href }
    }
}

/// Products kept back by the same thing.
#[derive(Clone, Debug)]
pub struct Group {
    pub label: Text,
    /// `warn`: it happens by itself later; `bad`: something must be mended; empty: nothing to do.
    pub tone: &'static str,
    pub count: usize,
    pub some: Vec<Named>,
}

#[derive(Clone, Debug, Default)]
pub struct Weighed {
    pub total: usize,
    /// The ids of those that change, to be undone by.
    pub done: Vec<String>,
    pub some: Vec<Named>,
    pub unchanged: usize,
    /// Kept as a wish: listed by itself when what is missing is mended. Q-24
    pub wished: usize,
    pub groups: Vec<Group>,
}

impl Group {
    /// Those that are only counted.
    pub fn rest(&self) -> usize {
        self.count.saturating_sub(self.some.len())
    }
}

impl Weighed {
    /// Those that change and are only counted.
    pub fn rest(&self) -> usize {
        self.done.len().saturating_sub(self.some.len())
    }

    /// Groups a report by what kept each line back. Listing tells it by the checklist, which knows what to mend.
    pub fn of(c: &mut PgConnection, merchant: MerchantId, report: &Report) -> Result<Self> {
        let ids: Vec<&str> = report.results.iter().map(|r| r.key.as_str()).collect();
        let names = reads::named(c, merchant, &ids)?;
        let kept: Vec<ProductId> =
            report.results.iter().filter(|r| !r.problems.is_empty()).filter_map(|r| names.get(&r.key)).map(|(id, _)| *id).collect();
        let walls: HashMap<ProductId, sellable::Condition> =
            sellable::facts(c, merchant, &kept)?.iter().filter_map(|f| Some((f.product, sellable::first_wall(f)?))).collect();
        let mut weighed = Self { total: report.results.len(), ..Self::default() };
        let mut groups: BTreeMap<(u8, String), Group> = BTreeMap::new();
        for result in &report.results {
            let named = || Named::of(&result.key, &names);
            let problem = result.problems.first();
            let (rank, label, tone) = match (result.outcome, problem) {
                (Outcome::Applied, None) => {
                    if weighed.some.len() < NAMED {
                        weighed.some.push(named());
                    }
                    weighed.done.push(result.key.clone());
                    continue;
                }
                (Outcome::Unchanged, None) => {
                    weighed.unchanged += 1;
                    continue;
                }
                (_, Some(problem)) if matches!(problem.code, LineCode::WaitsForAudit | LineCode::NotSellable) => {
                    weighed.wished += usize::from(result.outcome == Outcome::Applied);
                    let wall = names.get(&result.key).and_then(|(id, _)| walls.get(id));
                    let tone = if problem.code == LineCode::WaitsForAudit { "warn" } else { "bad" };
                    (wall.map_or(90, |w| *w as u8), wall.map_or_else(|| problem.text(), |w| Text::new(w.missing())), tone)
                }
                (_, Some(problem)) => (91, problem.text(), "bad"),
                (outcome, None) => (92, Text::new(outcome.label()), ""),
            };
            // Sentences that name the product would make a group of each: the code tells them apart well enough.
            let key = if rank >= 90 { problem.map(|p| p.code.wire().to_owned()).unwrap_or_default() } else { label.key().to_owned() };
            let group = groups.entry((rank, key)).or_insert_with(|| Group { label, tone, count: 0, some: Vec::new() });
            group.count += 1;
            if group.some.len() < NAMED {
                group.some.push(named());
            }
        }
        weighed.groups = groups.into_values().collect();
        Ok(weighed)
    }
}
