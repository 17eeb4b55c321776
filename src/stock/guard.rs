//! Rows that would go to zero, weighed before they do.

use super::model::Verdict;
use crate::Result;
use crate::guards::{self, Danger, Guard};
use crate::trail::Cause;
use crate::wire::Outcome;
use diesel::PgConnection;

/// Takes back what must wait for a person; the rest of the call goes on. Costs nothing when no row goes to zero.
pub(super) fn stop(tx: &mut PgConnection, cause: &Cause, verdicts: &mut [Verdict]) -> Result<()> {
    let empties = |v: &Verdict| v.change.as_ref().is_some_and(|c| c.before.erp_qty > 0 && c.after.erp_qty <= 0);
    let dangers: Vec<Danger> = verdicts.iter().filter(|v| empties(v)).map(|v| Danger { no: v.done.no, guard: Guard::Zero }).collect();
    let caught = guards::weigh(tx, cause, &dangers)?;
    if caught.is_empty() {
        return Ok(());
    }
    for verdict in verdicts {
        if let (Some(quarantine), Some(change)) =
            (caught.get(&verdict.done.no), verdict.change.take_if(|_| caught.contains_key(&verdict.done.no)))
        {
            verdict.inside.clear();
            verdict.done.outcome = Outcome::Parked;
            verdict.done.problems.clear();
            verdict.done.quarantine = Some(*quarantine);
            verdict.done.row = Some(change.before);
        }
    }
    Ok(())
}
