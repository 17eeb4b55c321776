//! `prod.shelf.update`: the ERP lists and unlists many at once (P-11).

use super::{Change, change};
use crate::Result;
use crate::gate::{self, Cover};
use crate::ids::ProductId;
use crate::products::model;
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, Module, Outcome, Problem, Scope, Withheld};
use diesel::PgConnection;

pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, mut lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let prod_ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("prodId")).collect();
    let prod_ids: Vec<&str> = prod_ids.iter().map(String::as_str).collect();
    let ids = model::ids_of(tx, cause.merchant, &prod_ids)?;
    let mut results = Vec::with_capacity(lines.len());
    let mut wishes = Vec::new();
    let mut wishing = Vec::new();
    for line in &mut lines {
        line.needs_for_insert();
        let prod_id = line.text_or_empty("prodId");
        match (ids.get(&prod_id), line.bit("listed").value()) {
            (Some(id), Some(list)) => {
                wishes.push((*id, list));
                wishing.push(&*line);
            }
            (None, Some(_)) => results.push(LineResult::rejected(line, Problem::new(LineCode::UnknownProduct, "prodId", prod_id))),
            (_, None) => results.push(LineResult::unreadable(line)),
        }
    }
    let places: Vec<gate::Place> = wishes.iter().map(|(id, _)| (Some(*id), None, None)).collect();
    let covers = gate::covering(tx, cause, Module::Listing, &places)?;
    let mut free = covers.iter().map(Option::is_none);
    results.extend(
        covers.iter().zip(&wishes).zip(&wishing).filter_map(|((cover, (id, _)), line)| Some(held(line, *id, cover.as_ref()?, scope))),
    );
    wishes.retain(|_| free.next().unwrap_or(true));
    let mut free = covers.iter().map(Option::is_none);
    wishing.retain(|_| free.next().unwrap_or(true));
    let changes = change(tx, cause, &wishes)?;
    results.extend(wishing.into_iter().zip(changes).map(|(line, change)| told(line, change, scope)));
    Ok(results)
}

fn held(line: &Line, product: ProductId, cover: &Cover, scope: &Scope) -> LineResult {
    let part = Withheld { module: Module::Listing, why: cover.why(), line: None, under: None, place: (Some(product), None, None) };
    LineResult::of(line, Outcome::Held).because(cover.problem("listed", "", scope.lang)).keeping(part)
}

fn told(line: &Line, change: Change, scope: &Scope) -> LineResult {
    let prod_id = line.text_or_empty("prodId");
    match change {
        Change::Done => LineResult::of(line, Outcome::Applied),
        Change::Unchanged => LineResult::of(line, Outcome::Unchanged),
        // The wish is kept: applied, with what it waits for.
        Change::Waiting => {
            LineResult::of(line, Outcome::Applied).because(Problem::new(LineCode::WaitsForAudit, "listed", "1")).telling("listed", 0)
        }
        Change::NotSellable(why) => LineResult::of(line, Outcome::Applied)
            .because(Problem::new(LineCode::NotSellable, "listed", "1").detail(why.say(scope.lang)))
            .telling("listed", 0),
        Change::HeldByPerson(name) => LineResult::of(line, Outcome::Held)
            .because(Problem::new(LineCode::UnlistedByPerson, "listed", "1").detail(name))
            .telling("listed", 0),
        Change::Unknown => LineResult::rejected(line, Problem::new(LineCode::UnknownProduct, "prodId", prod_id)),
    }
}
