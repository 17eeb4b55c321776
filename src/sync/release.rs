//! Lets go what the gate has kept: when a switch is on again or an exception is over, kept lines are applied through the
//! method they came by, newest values only, in an order that makes sense to buyers (Q-28, G11).
//!
//! A batch is one transaction: the lines are applied and taken off the list together, so that a death in between leaves both
//! or neither. Whoever changed a kept line meanwhile (a direct push takes its fields out of it) makes the batch start over.

use crate::feeds::{self, Batch, Channel};
use crate::gate::held::{self, Ready};
use crate::gate::{exceptions, switches};
use crate::ids::MerchantId;
use crate::text::{Lang, Text};
use crate::trail::Cause;
use crate::wire::{LineResult, MAX_LINES, Method, Module, Outcome, Scope};
use crate::{Db, Error, Result};
use chrono::{DateTime, Utc};
use diesel::PgConnection;

/// Writes down which ends have come and applies what is free; how many lines were settled.
pub async fn release(db: &Db, methods: &'static [&'static Method], now: DateTime<Utc>) -> Result<usize> {
    db.write(move |tx| Ok(switches::expire(tx, now)? + exceptions::expire(tx, now)?)).await?;
    let mut settled = 0;
    for (merchant, module) in db.read(move |c| held::pending(c, now)).await? {
        settled += db.write(move |tx| held::discard_old(tx, merchant, module, now)).await?;
        loop {
            let done = db.write(move |tx| batch(tx, methods, merchant, module, now)).await;
            match done {
                Ok(0) => break,
                Ok(lines) => settled += lines,
                // Something newer came in between: the next round looks again.
                Err(Error::Conflict(_)) => break,
                Err(e) => return Err(e),
            }
        }
    }
    Ok(settled)
}

/// The longest waiting lines of one method that are free, applied; how many.
fn batch(tx: &mut PgConnection, methods: &[&'static Method], merchant: MerchantId, module: Module, now: DateTime<Utc>) -> Result<usize> {
    switches::pass(tx, merchant)?;
    let limit = i64::try_from(MAX_LINES).unwrap_or(i64::MAX);
    let ready = held::ready(tx, merchant, module, now, limit)?;
    // Lines of two methods may be about one value: in the order they came, one method at a time.
    let Some(first) = ready.first() else {
        return Ok(0);
    };
    let name = first.method.clone();
    let together: Vec<Ready> = ready.into_iter().take_while(|r| r.method == name).collect();
    let method =
        methods.iter().find(|m| m.name == name).ok_or_else(|| Error::broken(format!("kept lines of the unknown method {name}")))?;
    let results = apply(tx, method, merchant, module, &together, now)?;
    // A line that is kept as it was would come up again at once.
    let moved = results.iter().any(|r| r.outcome != Outcome::Held);
    Ok(if moved { together.len() } else { 0 })
}

fn apply(
    tx: &mut PgConnection,
    method: &'static Method,
    merchant: MerchantId,
    module: Module,
    lines: &[Ready],
    now: DateTime<Utc>,
) -> Result<Vec<LineResult>> {
    let cause = Cause::system(merchant, "release", now);
    let scope = Scope::whole(merchant, Lang::Zh, now);
    let batch = Batch { lines: lines.iter().map(|l| l.line.clone()).collect(), past_gate: true, ..Batch::default() };
    let report = feeds::run(tx, &cause, &scope, Channel::Replay, method, batch)?;
    let done: Vec<(String, String, i64)> = lines.iter().map(|l| (l.method.clone(), l.key.clone(), l.version)).collect();
    if held::forget(tx, merchant, module, &done)? != done.len() {
        return Err(Error::Conflict(Text::new("gate-changed")));
    }
    let cause = Cause { feed: report.feed, ..cause };
    held::keep_again(tx, &cause, method, &report.results)?;
    Ok(report.results)
}

/// What letting go of these lines would do, found out by doing it and taking it back (I-8).
pub fn preview(
    tx: &mut PgConnection,
    methods: &[&'static Method],
    merchant: MerchantId,
    module: Module,
    lines: &[Ready],
    now: DateTime<Utc>,
) -> Result<Vec<super::differences::Difference>> {
    let mut found = Vec::new();
    for same in lines.chunk_by(|a, b| a.method == b.method) {
        let Some(method) = same.first().and_then(|f| methods.iter().find(|m| m.name == f.method)) else { continue };
        found.extend(super::differences::tried(tx, |tx| {
            let cause = Cause::system(merchant, "release", now);
            let scope = Scope::whole(merchant, Lang::Zh, now);
            let batch = Batch { lines: same.iter().map(|l| l.line.clone()).collect(), past_gate: true, ..Batch::default() };
            let report = feeds::run(tx, &cause, &scope, Channel::Replay, method, batch)?;
            super::differences::of(tx, merchant, module, &report, same, now)
        })?);
    }
    Ok(found)
}
