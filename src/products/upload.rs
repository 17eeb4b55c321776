//! `prod.add_or_edit`: products as the ERP has them (P-01, P-13, P-14, P-15).
//!
//! Everything a call of a thousand lines needs to know is read with a handful of statements ([`known`]), each line is judged
//! without touching the database ([`plan`]), and all that changes is written at once ([`write`]).

mod guard;
mod known;
mod plan;
mod write;

use super::matching_pass::{self, Found};
use crate::Result;
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, Problem, Scope};
use diesel::PgConnection;
use known::Known;
pub(super) use known::no_price;

/// Applies lines, in any order; one result each. Listing is settled by the caller, after stock.
///
/// # Errors
/// Only for faults of the whole call.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let mut known = Known::load(tx, cause, &lines)?;
    let mut ends = Vec::with_capacity(lines.len());
    let mut jobs = Vec::with_capacity(lines.len());
    for line in lines {
        match plan::plan(line, &mut known, scope.lang) {
            Ok(job) => jobs.push(job),
            Err(end) => ends.push(*end),
        }
    }
    let ids = write::write(tx, cause, &jobs)?;
    let again: Vec<_> = jobs.iter().zip(&ids).filter(|(job, _)| job.rematch).map(|(_, id)| *id).collect();
    let found = matching_pass::run(tx, cause, &again)?;
    ends.extend(jobs.into_iter().zip(ids).map(|(job, id)| match found.get(&id) {
        Some(found) => tell(job.result, found, scope),
        None => job.result,
    }));
    Ok(ends)
}

/// What the ERP should know about the match: that a person will look, or that the goods may not be sold.
fn tell(result: LineResult, found: &Found, scope: &Scope) -> LineResult {
    match found {
        Found::Matched { .. } | Found::Kept => result,
        Found::Asked { .. } => result.because(Problem::new(LineCode::InAudit, "", "")),
        Found::Forbidden { reason } => result
            .because(Problem::new(LineCode::Forbidden, "", "").detail(reason.say(scope.lang)))
            .because(Problem::new(LineCode::InAudit, "", "")),
    }
}
