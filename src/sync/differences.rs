//! What would become of what, field by field: read from the trail and the ledger of a change that is then taken back.

use crate::feeds::Report;
use crate::gate::held::Ready;
use crate::ids::MerchantId;
use crate::lots::snapshots;
use crate::lots::told::Told;
use crate::trail::{self, Change};
use crate::wire::{Module, Outcome, Problem};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Int4, Timestamptz};
use serde::Serialize;

/// One kept line and what applying it would change.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    #[serde(flatten)]
    pub line: Ready,
    #[serde(skip)]
    pub outcome: Outcome,
    #[serde(skip)]
    pub problems: Vec<Problem>,
    /// Field, now, would become.
    #[serde(serialize_with = "fields")]
    pub changes: Vec<Change>,
}

fn fields<S: serde::Serializer>(changes: &[Change], to: S) -> std::result::Result<S::Ok, S::Error> {
    to.collect_seq(changes.iter().map(|c| (&c.field, &c.before, &c.after)))
}

#[derive(QueryableByName)]
struct Moved {
    #[diesel(sql_type = Int4)]
    line_no: i32,
    #[diesel(sql_type = BigInt)]
    before: i64,
    #[diesel(sql_type = BigInt)]
    after: i64,
}

/// The differences a feed has just made, line by line.
pub(super) fn of(
    tx: &mut PgConnection,
    merchant: MerchantId,
    module: Module,
    report: &Report,
    lines: &[Ready],
    now: DateTime<Utc>,
) -> Result<Vec<Difference>> {
    let feed = report.feed.ok_or_else(|| Error::broken("a change without a feed"))?;
    let told = trail::of_feed(tx, merchant, feed, now)?;
    let moved: Vec<Moved> = diesel::sql_query(
        "select line_no, before, after from stock_movements where merchant_id = $1 and at = $2 and feed_id = $3 and line_no is not null and kind in ('erp_set', 'lot_sum')",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(feed)
    .load(tx)?;
    let lots = if module == Module::Lot { snapshots::of_feed(tx, merchant, feed)? } else { Vec::new() };
    let one = |(no, (line, result)): (i32, (&Ready, &crate::wire::LineResult))| {
        let mut changes: Vec<Change> = told.iter().filter(|e| e.line_no == Some(no)).flat_map(trail::Event::changes).collect();
        if module == Module::Stock {
            changes.extend(moved.iter().filter(|m| m.line_no == no).map(|m| Change {
                field: "inventory".into(),
                before: Some(m.before.to_string()),
                after: Some(m.after.to_string()),
            }));
        }
        for moved in lots.iter().filter(|m| m.line_no == no) {
            changes.extend(snapshots::difference(&moved.before, &moved.after).iter().map(of_lot));
        }
        Difference { line: line.clone(), outcome: result.outcome, problems: result.problems.clone(), changes }
    };
    Ok((1..).zip(lines.iter().zip(&report.results)).map(one).collect())
}

/// One lot, as `yyyy-MM-dd × 12`.
fn of_lot(lot: &snapshots::Difference) -> Change {
    let told = |lot: &Told| {
        let parts = [lot.expires_on.map(|day| day.to_string()), lot.quantity.map(|n| format!("× {n}"))];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    Change { field: lot.lot_no.clone(), before: lot.before.as_ref().map(told), after: lot.after.as_ref().map(told) }
}

/// Does the work and takes it back, whatever it found.
pub(super) fn tried<T>(tx: &mut PgConnection, work: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
    enum Back<T> {
        Wanted(T),
        Failed(Error),
    }
    impl<T> From<diesel::result::Error> for Back<T> {
        fn from(e: diesel::result::Error) -> Self {
            Back::Failed(e.into())
        }
    }
    let never: std::result::Result<(), Back<T>> = tx.transaction(|tx| match work(tx) {
        Ok(found) => Err(Back::Wanted(found)),
        Err(e) => Err(Back::Failed(e)),
    });
    match never {
        Err(Back::Wanted(found)) => Ok(found),
        Err(Back::Failed(e)) => Err(e),
        Ok(()) => Err(Error::broken("a trial was kept")),
    }
}
