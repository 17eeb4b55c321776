//! Rows that would go to zero, or lose their last lot while buyers wait for units of it: weighed before they do.

use super::model::Verdict;
use crate::Result;
use crate::guards::{self, Danger, Guard};
use crate::trail::Cause;
use crate::wire::{LineCode, Outcome, Problem};
use diesel::PgConnection;

/// Takes back what must wait for a person; the rest of the call goes on. Costs nothing when no row is emptied.
pub(super) fn stop(tx: &mut PgConnection, cause: &Cause, verdicts: &mut [Verdict]) -> Result<()> {
    let empties = |v: &Verdict| v.change.as_ref().is_some_and(|c| c.before.erp_qty > 0 && c.after.erp_qty <= 0);
    let strands = |v: &Verdict| v.empties_lots && v.done.row.as_ref().is_some_and(|r| r.frozen > 0);
    let steps = |v: &Verdict| v.change.as_ref().is_some_and(|c| c.kind == "erp_step");
    let emptied = verdicts.iter().filter(|v| steps(v) && empties(v)).count();
    if guards::turns_down(tx, cause, Guard::Zero, emptied)? {
        for verdict in verdicts.iter_mut() {
            if steps(verdict) && empties(verdict) {
                turn_down(verdict);
            }
        }
    }
    let of = |v: &Verdict| {
        let zero = (empties(v) && !steps(v)).then_some(Guard::Zero);
        let lots = strands(v).then_some(Guard::Lots);
        [zero, lots].into_iter().flatten().map(|guard| Danger { no: v.done.no, guard }).collect::<Vec<_>>()
    };
    let dangers: Vec<Danger> = verdicts.iter().flat_map(of).collect();
    let caught = guards::weigh(tx, cause, &dangers)?;
    if caught.is_empty() {
        return Ok(());
    }
    for verdict in verdicts {
        let Some(quarantine) = caught.get(&verdict.done.no) else { continue };
        if let Some(change) = verdict.change.take() {
            verdict.done.row = Some(change.before);
        }
        verdict.inside.clear();
        verdict.done.outcome = Outcome::Parked;
        verdict.done.problems.clear();
        verdict.done.quarantine = Some(*quarantine);
    }
    Ok(())
}

/// A step cannot wait for a person: the whole number can.
fn turn_down(verdict: &mut Verdict) {
    let Some(change) = verdict.change.take() else { return };
    let step = change.after.erp_qty - change.before.erp_qty;
    verdict.done.outcome = Outcome::Rejected;
    verdict.done.problems = vec![Problem::new(LineCode::MassChange, "delta", step.to_string())];
    verdict.done.row = Some(change.before);
}
