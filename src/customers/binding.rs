//! `customer.bind`: the ERP says which of its codes a buyer has (U-03), or takes it back (`null`).

use super::bind::{To, say};
use super::model::{Customer, by_customer_ids, lock};
use super::settle::{self, Side};
use super::upload::CODE;
use crate::Result;
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, Outcome, Patch, Problem, Scope};
use diesel::PgConnection;
use serde_json::{Map, Value};
use std::collections::HashMap;

pub fn apply(tx: &mut PgConnection, cause: &Cause, _: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    settle::lock(tx, cause.merchant, Side::Buyers)?;
    let ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("customerId")).collect();
    let known = lock(tx, cause.merchant, &ids)?;
    let mut results = Vec::with_capacity(lines.len());
    let mut said: Vec<(&Customer, To)> = Vec::new();
    for line in &lines {
        let id = line.text_or_empty("customerId");
        let to = match line.text(CODE) {
            Patch::Missing => Err(Problem::new(LineCode::Missing, CODE, "")),
            Patch::Null => Ok(To::Open),
            Patch::Value(code) if code.is_empty() => Err(Problem::new(LineCode::Empty, CODE, "")),
            Patch::Value(code) => Ok(To::Code(code)),
        };
        match (known.get(&id), to) {
            (_, Err(problem)) => results.push(LineResult::rejected(line, problem)),
            (None, _) => results.push(LineResult::rejected(line, Problem::new(LineCode::UnknownCustomer, "customerId", id))),
            (Some(row), Ok(to)) => {
                let outcome = if to.is_news(row) { Outcome::Applied } else { Outcome::Unchanged };
                results.push(LineResult::of(line, outcome));
                said.push((row, to));
            }
        }
    }
    say(tx, cause, &said)?;
    Ok(results)
}

/// What the buyers that lines are about are called in the ERP now.
pub fn in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("customerId")).collect();
    let known = by_customer_ids(c, scope.merchant, &ids)?;
    let told = |(line, id): (&Line, &String)| {
        let pair = (CODE.to_owned(), known.get(id)?.erp_code.clone().into());
        Some((line.no, Map::from_iter([pair])))
    };
    Ok(lines.iter().zip(&ids).filter_map(told).collect())
}
