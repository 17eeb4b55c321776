//! `prod.shelf.update`: the ERP lists and unlists many at once (P-11).

use super::{Change, change};
use crate::Result;
use crate::products::model;
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, Outcome, Problem, Scope};
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
    let changes = change(tx, cause, &wishes)?;
    results.extend(wishing.into_iter().zip(changes).map(|(line, change)| told(line, change, scope)));
    Ok(results)
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
