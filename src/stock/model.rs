//! The one verb by which the ERP's number changes.

use super::absorb::{self, Open};
use super::guard;
use super::holds;
use super::modes::{Mode, Triple, Watermark};
pub use super::row::Row;
use super::rows::{Change, lock, make, write};
use super::rules::{self, Rules};
use super::shelf::{self, Shelf};
use crate::Result;
use crate::clock::on_the_wire;
use crate::ids::{ShopId, SkuId};
use crate::trail::{Cause, Kind};
use crate::wire::{LineCode, Outcome, Patch, Problem};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// Within this time a repeated report of the same figures does not touch the row again: its freshness (G-04) is told to the minute.
const FRESH_SECONDS: i64 = 60;

/// What somebody says about one row.
#[derive(Clone, Debug)]
pub struct Set {
    pub no: i32,
    pub sku: SkuId,
    pub shop: ShopId,
    /// Missing: only the counters are reported; a new row needs it.
    pub qty: Option<i64>,
    /// So many more or fewer than there are, in the place of a quantity.
    pub step: Option<i64>,
    pub reported_sold: Patch<i64>,
    pub reported_frozen: Patch<i64>,
    /// older than what is stored does not count.
    pub source_time: Option<DateTime<Utc>>,
    /// A higher one than the row's: the ERP has begun anew. Missing: as before.
    pub epoch: Option<i64>,
    /// The highest order number the ERP had booked when it read its number.
    pub ack_seq: Option<i64>,
    /// When it read it, by its own clock.
    pub as_of: Option<DateTime<Utc>>,
    /// Compare and set: only if this is the row's version.
    pub if_version: Option<i64>,
    /// What the row's lots make of it, where lots have just been told. Without a quantity only this changes.
    pub shelf: Option<Shelf>,
    /// The last of its lots goes.
    pub empties_lots: bool,
}

impl Set {
    /// Just the number.
    pub fn quantity(no: i32, sku: SkuId, shop: ShopId, qty: i64) -> Self {
        Self {
            no,
            sku,
            shop,
            qty: Some(qty),
            step: None,
            reported_sold: Patch::Missing,
            reported_frozen: Patch::Missing,
            source_time: None,
            epoch: None,
            ack_seq: None,
            as_of: None,
            if_version: None,
            shelf: None,
            empties_lots: false,
        }
    }
    /// In which order sets are taken: that of their rows' locks.
    fn order(&self) -> (SkuId, ShopId, i32) {
        (self.sku, self.shop, self.no)
    }
    /// Nothing but what the lots make of the row; one that does not exist is none the worse for it.
    fn is_shelf_alone(&self) -> bool {
        self.qty.is_none() && self.shelf.is_some()
    }
    /// When the ERP read what it says.
    fn read_at(&self) -> Option<DateTime<Utc>> {
        self.source_time.or(self.as_of)
    }
    /// What the row's number becomes by it, if it says so.
    fn number_over(&self, row: &Row) -> Option<i64> {
        self.step.map_or(self.qty, |step| Some(row.erp_qty.saturating_add(step)))
    }
    /// The quantity is the sum of the lots (B-05).
    fn is_lot_sum(&self) -> bool {
        self.qty.is_some() && self.shelf.is_some()
    }
}

/// How one [`Set`] ended.
#[derive(Clone, Debug)]
pub struct Done {
    pub no: i32,
    pub outcome: Outcome,
    pub problems: Vec<Problem>,
    /// The row as it now is, where there is one.
    pub row: Option<Box<Row>>,
    /// The quarantine in which the set waits, when it was stopped.
    pub quarantine: Option<i64>,
}

/// Takes in what was reported, up to a thousand rows with a handful of statements, whatever their number.
///
/// Rows are locked in the order of (SKU, shop), so that two calls about the same rows wait for each other and never in a
/// circle. The ERP's `saled` and `freeze` are kept as reported and compared; our own counters are never overwritten.
pub fn set(tx: &mut PgConnection, cause: &Cause, mut sets: Vec<Set>) -> Result<Vec<Done>> {
    sets.sort_by_key(Set::order);
    let rows = lock(tx, cause.merchant, &places(&sets))?;
    set_locked(tx, cause, sets, rows)
}

/// The same where the rows there are have been locked already; they come in their order.
pub(super) fn set_locked(tx: &mut PgConnection, cause: &Cause, mut sets: Vec<Set>, rows: Vec<Row>) -> Result<Vec<Done>> {
    sets.sort_by_key(Set::order);
    let mut done = Vec::with_capacity(sets.len());
    let pairs = hold(tx, cause, take_out_twins(sets, &mut done), rows, &mut done)?;
    // Asked after the locks are held: whoever moves the low-stock line holds them too.
    let mut rules = rules::of(tx, cause.merchant)?;
    rules.note_lag(cause.now, pairs.iter().filter_map(|(set, _)| set.as_of));
    let mut late = shelf::catch_up(tx, cause, rules.lots.mode, pairs.iter().map(|(_, row)| row))?;
    let mut open = absorb::open_of(tx, cause, pairs.iter().map(|(_, row)| row))?;
    let mut verdicts = Vec::with_capacity(pairs.len());
    for (set, row) in pairs {
        let place = (row.sku, row.shop);
        let paid = open.remove(&place).unwrap_or_default();
        let shelf = set.shelf.or_else(|| late.remove(&place));
        verdicts.push(Verdict { empties_lots: set.empties_lots, ..judge(cause, &rules, &set, row, paid, shelf) });
    }
    guard::stop(tx, cause, &mut verdicts)?;
    let mut changes = Vec::new();
    let mut inside = Vec::new();
    for verdict in verdicts {
        done.push(verdict.done);
        changes.extend(verdict.change);
        inside.extend(verdict.inside);
    }
    write(tx, cause, &changes, None, rules.low_stock)?;
    absorb::settle(tx, cause, &inside)?;
    holds::pushed(tx, cause, &changes)?;
    rules.keep_lag(tx, cause)?;
    done.sort_by_key(|d| d.no);
    Ok(done)
}

fn places(sets: &[Set]) -> Vec<(SkuId, ShopId)> {
    sets.iter().map(|s| (s.sku, s.shop)).collect()
}

fn rejected(set: &Set, problem: Problem) -> Done {
    Done { no: set.no, outcome: Outcome::Rejected, problems: vec![problem], row: None, quarantine: None }
}

/// Two lines about one row: which of them counts cannot be told.
fn take_out_twins(sets: Vec<Set>, done: &mut Vec<Done>) -> Vec<Set> {
    let twins = |a: &Set, b: &Set| (a.sku, a.shop) == (b.sku, b.shop);
    let mut single = Vec::with_capacity(sets.len());
    for same in sets.chunk_by(twins) {
        match same {
            [one] => single.push(one.clone()),
            many => done.extend(many.iter().map(|s| rejected(s, Problem::new(LineCode::DuplicateInBatch, "shopId", s.shop.to_string())))),
        }
    }
    single
}

/// Each set with its row, and those that have none; both come in the order of (SKU, shop).
fn pair(sets: Vec<Set>, rows: Vec<Row>) -> (Vec<(Set, Row)>, Vec<Set>) {
    let mut pairs = Vec::with_capacity(rows.len());
    let mut missing = Vec::new();
    let mut rows = rows.into_iter().peekable();
    for set in sets {
        while rows.next_if(|row| (row.sku, row.shop) < (set.sku, set.shop)).is_some() {}
        match rows.next_if(|row| (row.sku, row.shop) == (set.sku, set.shop)) {
            Some(row) => pairs.push((set, row)),
            None => missing.push(set),
        }
    }
    (pairs, missing)
}

/// Makes the rows that are missing, and hands back the sets that have one, side by side with it.
fn hold(tx: &mut PgConnection, cause: &Cause, sets: Vec<Set>, rows: Vec<Row>, done: &mut Vec<Done>) -> Result<Vec<(Set, Row)>> {
    let (mut pairs, missing) = pair(sets, rows);
    if missing.is_empty() {
        return Ok(pairs);
    }
    let (new, hopeless): (Vec<Set>, Vec<Set>) = missing.into_iter().partition(|s| s.qty.is_some() && s.if_version.unwrap_or(0) == 0);
    let (bare, hopeless): (Vec<Set>, Vec<Set>) = hopeless.into_iter().partition(Set::is_shelf_alone);
    done.extend(bare.iter().map(|s| Done { no: s.no, outcome: Outcome::Unchanged, problems: Vec::new(), row: None, quarantine: None }));
    done.extend(hopeless.iter().map(|s| match (s.qty, s.if_version) {
        (Some(_), Some(wanted)) => rejected(s, Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(0)),
        _ if s.step.is_some() => rejected(s, Problem::new(LineCode::NoNumber, "delta", s.step.unwrap_or_default().to_string())),
        _ => rejected(s, Problem::new(LineCode::Missing, "inventory", "")),
    }));
    make(tx, cause, &places(&new))?;
    let made = lock(tx, cause.merchant, &places(&new))?;
    pairs.extend(pair(new, made).0);
    pairs.sort_by_key(|(set, _)| set.order());
    Ok(pairs)
}

/// What a set does to its row.
pub(super) struct Verdict {
    pub done: Done,
    pub change: Option<Change>,
    /// The paid units that the new number has taken off.
    pub inside: Vec<Open>,
    pub empties_lots: bool,
}

impl Verdict {
    fn nothing(done: Done) -> Self {
        Self { done, change: None, inside: Vec::new(), empties_lots: false }
    }
}

fn judge(cause: &Cause, rules: &Rules, set: &Set, row: Row, paid: Vec<Open>, shelf: Option<Shelf>) -> Verdict {
    if let Some(wanted) = set.if_version.filter(|v| *v != row.version) {
        let problem = Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(row.version);
        return Verdict::nothing(Done { row: Some(Box::new(row)), ..rejected(set, problem) });
    }
    if let Some(problem) = older(set, &row) {
        return Verdict::nothing(Done {
            no: set.no,
            outcome: Outcome::Stale,
            problems: vec![problem],
            row: Some(Box::new(row)),
            quarantine: None,
        });
    }
    let by_person = cause.kind == Kind::Person;
    let qty = set.number_over(&row);
    if let Some(step) = set.step.filter(|step| *step < 0 && qty.is_some_and(|n| n < 0)) {
        let problem = Problem::new(LineCode::BelowZero, "delta", step.to_string()).detail(row.erp_qty);
        return Verdict::nothing(Done { row: Some(Box::new(row)), ..rejected(set, problem) });
    }
    let mut after = row.clone().with_shelf(shelf).in_epoch(set.epoch.unwrap_or(row.epoch));
    if set.is_shelf_alone() {
        return of_lots(cause, set, row, after);
    }
    if rules.lots.carry && !by_person && qty.is_some() && !set.is_lot_sum() && row.lots_qty.is_some() {
        let (field, said) = set.step.map_or(("inventory", qty), |step| ("delta", Some(step)));
        let problem = Problem::new(LineCode::LotSum, field, said.unwrap_or_default().to_string());
        return Verdict::nothing(Done { row: Some(Box::new(row)), ..rejected(set, problem) });
    }
    after.reported_sold = set.reported_sold.clone().over(row.reported_sold);
    after.reported_frozen = set.reported_frozen.clone().over(row.reported_frozen);
    let mut inside = Vec::new();
    let mut held = None;
    if let Some(qty) = qty {
        match number(rules.mode, by_person || set.is_lot_sum() || set.step.is_some(), qty, &mut after) {
            Ok(number) => after.erp_qty = number,
            Err(field) => return Verdict::nothing(rejected(set, Problem::new(LineCode::Missing, field, ""))),
        }
        // A step tells nothing of what the number contains, nor whose it is.
        if set.step.is_none() {
            after.by_person = by_person;
        }
        if !by_person && set.step.is_none() {
            let watermark = Watermark { ack_seq: set.ack_seq, as_of: set.as_of, previous: after.received_at, lag: rules.lag() };
            inside = paid.into_iter().filter(|p| watermark.covers(rules.mode, &p.paid())).collect();
            after.sold_open -= inside.iter().map(|p| p.qty).sum::<i64>();
            (after.ack_seq, after.as_of) = (set.ack_seq.or(after.ack_seq), set.as_of.or(after.as_of));
        }
        if row.gives_way(cause.now) && !by_person {
            after = after.without_hold();
        }
        held = after.held_by(cause.now);
    }
    let changed = row.is_new() || after != row;
    if changed {
        after = after.changed(cause.now);
    }
    after.source_time = set.read_at().or(after.source_time);
    let tired = row.reported_at.is_none_or(|at| cause.now - at >= Duration::seconds(FRESH_SECONDS));
    if !by_person && (changed || tired || after.source_time != row.source_time) {
        after.reported_at = Some(cause.now);
    }
    if !by_person && set.qty.is_some() && (row.sold_open > 0 || after != row) {
        after.received_at = Some(cause.now);
    }
    let mut problems = drift(set, &after);
    if held.is_some() {
        let until = after.hold_until.map(on_the_wire).unwrap_or_default();
        problems.insert(0, Problem::new(LineCode::Held, "inventory", after.hold_qty.unwrap_or_default().to_string()).detail(until));
    }
    let outcome = match (held, changed) {
        (Some(_), _) => Outcome::Held,
        (None, true) => Outcome::Applied,
        (None, false) => Outcome::Unchanged,
    };
    let kind = match (by_person, set.is_lot_sum(), set.step.is_some()) {
        (true, ..) => "manual_set",
        (false, true, _) => "lot_sum",
        (false, false, true) => "erp_step",
        (false, false, false) => "erp_set",
    };
    let change = (after != row).then(|| Change::new(kind, row, after.clone()).line(set.no));
    Verdict {
        done: Done { no: set.no, outcome, problems, row: Some(Box::new(after)), quarantine: None },
        change,
        inside,
        empties_lots: false,
    }
}

/// Why what is said comes too late: the ERP has begun anew since, or has said something newer.
fn older(set: &Set, row: &Row) -> Option<Problem> {
    let epoch = set.epoch.unwrap_or(row.epoch);
    if epoch < row.epoch {
        return Some(Problem::new(LineCode::OldEpoch, "epoch", epoch.to_string()).detail(row.epoch));
    }
    let (sent, known) = set.read_at().zip(row.source_time).filter(|(sent, known)| sent < known && epoch == row.epoch)?;
    Some(Problem::new(LineCode::Stale, "sourceTime", on_the_wire(sent)).detail(on_the_wire(known)))
}

/// Lots beside a number that stands by itself.
fn of_lots(cause: &Cause, set: &Set, row: Row, after: Row) -> Verdict {
    let changed = after != row;
    let after = if changed { after.changed(cause.now) } else { after };
    let outcome = if changed { Outcome::Applied } else { Outcome::Unchanged };
    let change = changed.then(|| Change::new("lots", row, after.clone()).line(set.no));
    let done = Done { no: set.no, outcome, problems: Vec::new(), row: Some(Box::new(after)), quarantine: None };
    Verdict { change, ..Verdict::nothing(done) }
}

/// The one number of the row. In mode triple it stands for three, and a part that was never told is missing; what a person or
/// the lots say stands for itself.
fn number(mode: Mode, alone: bool, qty: i64, after: &mut Row) -> std::result::Result<i64, &'static str> {
    if mode != Mode::Triple || alone {
        return Ok(qty);
    }
    after.reported_qty = Some(qty);
    let triple = Triple { inventory: qty, freeze: after.reported_frozen.ok_or("freeze")?, saled: after.reported_sold.ok_or("saled")? };
    let offset = *after.sold_offset.get_or_insert_with(|| triple.offset(after.sold));
    Ok(triple.number(after.sold, offset))
}

/// the counters just told that differ from ours.
fn drift(set: &Set, after: &Row) -> Vec<Problem> {
    let said = |name: &str| {
        if name == "saled" { set.reported_sold != Patch::Missing } else { set.reported_frozen != Patch::Missing }
    };
    let drift = after.drift().filter(|(name, ..)| said(name));
    drift.map(|(name, theirs, ours)| Problem::new(LineCode::CounterDrift, name, theirs.to_string()).detail(ours)).collect()
}
