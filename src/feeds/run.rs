//! One write path for every channel.

use super::batch::{Batch, Policy};
use super::model::{self, Channel};
use crate::gate::{Cover, held, switches};
use crate::ids::FeedId;
use crate::text::Lang;
use crate::trail::{Cause, Kind};
use crate::wire::{Line, LineCode, LineResult, Method, Outcome, Problem, Scope, Verb};
use crate::{Error, Result};
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

/// How far ahead of our clock a source time may be (§4.3 of the law of stock).
const AHEAD_MINUTES: i64 = 5;
/// The fields by which an ERP's clock orders what it sends: one wrong clock would block all later pushes.
const CLOCKS: [&str; 2] = ["sourceTime", "asOf"];

/// Lines per outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: i32,
    pub applied: i32,
    pub unchanged: i32,
    pub held: i32,
    pub stale: i32,
    pub parked: i32,
    pub rejected: i32,
    /// Lines that were taken, with something to note.
    pub warned: i32,
}

impl Counts {
    pub fn of(results: &[LineResult]) -> Self {
        let mut counts = Self { total: i32::try_from(results.len()).unwrap_or(i32::MAX), ..Self::default() };
        for result in results {
            let slot = match result.outcome {
                Outcome::Applied => &mut counts.applied,
                Outcome::Unchanged => &mut counts.unchanged,
                Outcome::Held => &mut counts.held,
                Outcome::Stale => &mut counts.stale,
                Outcome::Parked => &mut counts.parked,
                Outcome::Rejected => &mut counts.rejected,
            };
            *slot += 1;
            if matches!(result.outcome, Outcome::Applied | Outcome::Unchanged) && !result.problems.is_empty() {
                counts.warned += 1;
            }
        }
        counts
    }
    /// Nothing at all was accepted.
    pub fn all_bad(&self) -> bool {
        self.total > 0 && self.rejected == self.total
    }
}

/// What became of a batch.
#[derive(Clone, Debug)]
pub struct Report {
    /// `None` for a preview.
    pub feed: Option<FeedId>,
    pub counts: Counts,
    /// Every line, in the order sent.
    pub results: Vec<LineResult>,
    pub preview: bool,
}

impl Report {
    /// The `data` of the answer: counts, and the lines there is something to say about.
    pub fn to_wire(&self, lang: Lang) -> Value {
        let c = &self.counts;
        json!({
            "feedId": self.feed.map(|f| f.to_string()),
            "preview": self.preview,
            "total": c.total, "applied": c.applied, "unchanged": c.unchanged, "held": c.held,
            "stale": c.stale, "parked": c.parked, "rejected": c.rejected,
            "lines": self.results.iter().filter(|r| !r.is_plain()).map(|r| r.to_wire(lang)).collect::<Vec<_>>(),
        })
    }
}

/// Applies a batch in the caller's transaction.
///
/// # Errors
/// Only for faults of the whole call; a bad line is a result.
pub fn run(tx: &mut PgConnection, cause: &Cause, scope: &Scope, channel: Channel, method: &Method, batch: Batch) -> Result<Report> {
    let (Verb::Write(apply, _) | Verb::Within(apply, ..) | Verb::Step(apply) | Verb::Act(apply) | Verb::Sell(apply)) = method.verb else {
        return Err(Error::broken(format!("{} does not take lines", method.name)));
    };
    let feed = if batch.preview { None } else { Some(model::open(tx)?) };
    let cause = Cause { feed, ..cause.clone() };
    let lines = read(method, batch.lines, &cause);
    let automatic = (method.is_told() || matches!(method.verb, Verb::Step(_))) && matches!(channel, Channel::Api | Channel::Replay);
    let off = if automatic && !batch.past_gate { closed(tx, &cause, method)? } else { None };
    let past_gate = batch.past_gate;
    let mut results = try_out(tx, batch.preview, batch.policy, |tx| {
        let (good, bad): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(Line::is_good);
        let mut results: Vec<LineResult> = bad.iter().map(LineResult::unreadable).collect();
        let good = within_reach(tx, scope, method, good, &mut results)?;
        if !good.is_empty() {
            results.extend(match &off {
                Some(off) if matches!(method.verb, Verb::Step(_)) => {
                    good.iter().map(|l| Cover::from(off).turning_down(l)).collect::<Vec<_>>()
                }
                Some(off) => held::hold(tx, &cause, scope, method, &good, off)?,
                None => apply_good(tx, &cause, scope, method, apply, good, past_gate)?,
            });
        }
        results.sort_by_key(|r| r.no);
        Ok(results)
    })?;
    if batch.policy == Policy::All && Counts::of(&results).rejected > 0 {
        results = results.into_iter().map(LineResult::given_up).collect();
    }
    let report = Report { feed, counts: Counts::of(&results), results, preview: batch.preview };
    if let Some(feed) = feed {
        model::close(tx, &cause, feed, channel, method, batch.policy, &report)?;
    }
    Ok(report)
}

fn read(method: &Method, lines: Vec<Value>, cause: &Cause) -> Vec<Line> {
    let limit = cause.now + chrono::Duration::minutes(AHEAD_MINUTES);
    let mut read: Vec<Line> = (1..).zip(lines).map(|(no, sent)| Line::read(no, method.fields, sent)).collect();
    let mut seen = HashSet::with_capacity(read.len());
    let twice: HashSet<String> = read.iter().map(|l| &l.key).filter(|key| !key.is_empty() && !seen.insert(*key)).cloned().collect();
    for line in &mut read {
        if twice.contains(&line.key) {
            line.problems.push(Problem::new(LineCode::DuplicateInBatch, "", line.key.clone()));
        }
        for name in CLOCKS.into_iter().filter(|name| line.time(name).value().is_some_and(|at| at > limit)).collect::<Vec<_>>() {
            let sent = line.sent.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            line.problems.push(Problem::new(LineCode::ClockAhead, name, sent));
        }
    }
    read
}

/// What keeps lines of a method from being applied: a pause or a switch. Whoever turns one off waits for this transaction.
fn closed(tx: &mut PgConnection, cause: &Cause, method: &Method) -> Result<Option<switches::Off>> {
    switches::pass(tx, cause.merchant)?;
    switches::why_off(tx, cause.merchant, method.module, cause.now)
}

/// The lines their caller may say; the others end here.
fn within_reach(tx: &mut PgConnection, scope: &Scope, method: &Method, good: Vec<Line>, ends: &mut Vec<LineResult>) -> Result<Vec<Line>> {
    let (Verb::Within(.., reach), true) = (method.verb, scope.shops.is_some()) else { return Ok(good) };
    let mut beyond = reach(tx, scope, &good)?;
    let mut left = Vec::with_capacity(good.len());
    for line in good {
        match beyond.remove(&line.no) {
            Some(problem) => ends.push(LineResult::rejected(&line, problem)),
            None => left.push(line),
        }
    }
    Ok(left)
}

/// Applies good lines; the gate keeps what exceptions and locks withheld, and forgets what is no longer waiting.
fn apply_good(
    tx: &mut PgConnection,
    cause: &Cause,
    scope: &Scope,
    method: &Method,
    apply: crate::wire::Apply,
    good: Vec<Line>,
    past_gate: bool,
) -> Result<Vec<LineResult>> {
    let expected = good.len();
    let mut results = apply(tx, cause, scope, good)?;
    if results.len() != expected {
        return Err(Error::broken(format!("{expected} lines went in, {} results came out", results.len())));
    }
    // What a person does leaves the ERP's last word waiting; what the gate lets out it takes off its list itself.
    if method.is_told() && cause.kind != Kind::Person && !past_gate {
        held::settle(tx, cause, method, &results)?;
    }
    held::tell(tx, scope, method, &mut results)?;
    Ok(results)
}

/// Runs the work inside a savepoint and takes it back when it is only a preview, or when one bad line spoils all.
fn try_out(
    tx: &mut PgConnection,
    preview: bool,
    policy: Policy,
    work: impl FnOnce(&mut PgConnection) -> Result<Vec<LineResult>>,
) -> Result<Vec<LineResult>> {
    if !preview && policy == Policy::Rows {
        return work(tx);
    }
    let mut told = None;
    let outcome = tx.transaction(|tx| {
        let results = work(tx)?;
        let spoiled = policy == Policy::All && results.iter().any(|r| r.outcome == Outcome::Rejected);
        told = Some(results);
        if preview || spoiled { Err(Undo::Wanted) } else { Ok(()) }
    });
    match (outcome, told) {
        (Ok(()) | Err(Undo::Wanted), Some(results)) => Ok(results),
        (Err(Undo::Failed(e)), _) => Err(e),
        (_, None) => Err(Error::broken("a savepoint ended without results")),
    }
}

enum Undo {
    Wanted,
    Failed(Error),
}
impl From<Error> for Undo {
    fn from(e: Error) -> Self {
        Undo::Failed(e)
    }
}
impl From<diesel::result::Error> for Undo {
    fn from(e: diesel::result::Error) -> Self {
        Undo::Failed(e.into())
    }
}
