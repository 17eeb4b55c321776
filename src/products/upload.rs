//! `prod.add_or_edit`: products as the ERP has them (P-01, P-13, P-14, P-15).
//!
//! Everything a call of a thousand lines needs to know is read with a handful of statements ([`known`]), each line is judged
//! without touching the database ([`plan`]), those whose match may change are matched, and all that changes is written at once
//! ([`write`]).

mod known;
mod plan;
mod withheld;
mod write;

use super::guard;
use super::matching_pass::{self, Found};
use crate::Result;
use crate::guards::{self, codes};
use crate::trail::Cause;
use crate::wire::{Line, LineCode, LineResult, Problem, Scope};
use diesel::PgConnection;
use known::Known;
pub(super) use known::no_price;
use plan::Job;

/// Applies lines, in any order; one result each. Listing is settled by the caller, after stock.
///
/// # Errors
/// Only for faults of the whole call.
pub fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, mut lines: Vec<Line>) -> Result<Vec<LineResult>> {
    translate(tx, cause, &mut lines)?;
    let mut known = Known::load(tx, cause, &lines)?;
    let mut ends = Vec::with_capacity(lines.len());
    let mut jobs = Vec::with_capacity(lines.len());
    for line in lines {
        match plan::plan(line, &mut known, scope.lang) {
            Ok(job) => jobs.push(job),
            Err(end) => ends.push(*end),
        }
    }
    stop_wild_prices(tx, cause, &known, &mut jobs)?;
    let subjects = jobs.iter().filter(|job| job.rematch).map(|job| job.subject(&known)).collect();
    let ended = matching_pass::run(tx, subjects)?;
    for (job, ended) in jobs.iter_mut().filter(|job| job.rematch).zip(ended) {
        job.ended = Some(ended);
    }
    let ids = write::write(tx, cause, &jobs)?;
    let ended: Vec<_> = ids.into_iter().zip(&jobs).filter_map(|(id, job)| Some((id, job.ended.as_ref()?))).collect();
    matching_pass::record(tx, cause, &ended)?;
    ends.extend(jobs.into_iter().map(|job| match job.ended {
        Some(ended) => tell(job.result, &ended.found, scope),
        None => job.result,
    }));
    Ok(ends)
}

/// Categories the ERP calls by another name. The chain it sends beside one is of its own tree and says nothing here.
fn translate(tx: &mut PgConnection, cause: &Cause, lines: &mut [Line]) -> Result<()> {
    let theirs: Vec<String> = lines.iter().map(|l| l.text_or_empty("catalogId")).filter(|id| !id.is_empty()).collect();
    let ours = codes::ours(tx, cause.merchant, codes::Kind::Category, &theirs)?;
    for line in lines {
        if let Some(ours) = ours.get(&line.text_or_empty("catalogId")) {
            line.put("catalogId", ours);
            line.forget("catalogChain");
        }
    }
    Ok(())
}

/// Prices that move too far, or too many of them, stay as they are until a person has looked; the rest of the line is taken.
fn stop_wild_prices(tx: &mut PgConnection, cause: &Cause, known: &Known, jobs: &mut [Job]) -> Result<()> {
    if !jobs.iter().any(|job| job.old.is_some() && job.price.is_some()) {
        return Ok(());
    }
    let rules = guards::rules(tx, cause.merchant)?;
    let danger = |job: &Job| {
        let old = job.old.as_ref()?;
        let sku = known.sku_prices.get(&old.id).and_then(|all| all.iter().find(|s| s.is_default));
        let before = sku.and_then(|s| s.base_price).or(old.draft.price());
        guard::price(&rules, job.line_no, before, job.price, sku.and_then(|s| s.cost_price))
    };
    let dangers: Vec<_> = jobs.iter().filter_map(danger).collect();
    let caught = guards::weigh(tx, cause, &dangers)?;
    for job in jobs {
        if let Some(quarantine) = caught.get(&job.line_no) {
            job.stop_price(*quarantine);
        }
    }
    Ok(())
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
