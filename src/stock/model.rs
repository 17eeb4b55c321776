//! The row of one SKU at one shop, and the one verb by which the ERP's number changes.

use super::absorb::{self, Open};
use super::availability::{Figures, Hold};
use super::guard;
use super::holds;
use super::modes::{Mode, Triple, Watermark};
use super::rows::{Change, lock, make, write};
use super::rules::{self, Rules};
use crate::Result;
use crate::clock::on_the_wire;
use crate::ids::{HoldId, ShopId, SkuId};
use crate::trail::{Cause, Kind};
use crate::wire::{LineCode, Outcome, Patch, Problem};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};

/// Within this time a repeated report of the same figures does not touch the row again: its freshness (G-04) is told to the minute.
const FRESH_SECONDS: i64 = 60;

/// The stock of one SKU at one shop.
#[derive(Queryable, QueryableByName, Clone, Debug, PartialEq, Eq)]
pub struct Row {
    #[diesel(sql_type = BigInt, column_name = "sku_id")]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    pub shop: ShopId,
    #[diesel(sql_type = BigInt)]
    pub erp_qty: i64,
    #[diesel(sql_type = Bool)]
    pub by_person: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reported_qty: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reported_sold: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reported_frozen: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub frozen: i64,
    #[diesel(sql_type = BigInt)]
    pub sold: i64,
    #[diesel(sql_type = BigInt)]
    pub sold_open: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub sold_offset: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub safety: i64,
    /// Kept back from every row of the merchant while its figures are overdue.
    #[diesel(sql_type = BigInt)]
    pub extra: i64,
    #[diesel(sql_type = BigInt)]
    pub oversell: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub source_time: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub ack_seq: Option<i64>,
    /// When the ERP read its number, by its own clock.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub as_of: Option<DateTime<Utc>>,
    /// When the ERP last reported this row, changed or not.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub reported_at: Option<DateTime<Utc>>,
    /// When the last push of the number arrived; exact while paid units are open.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub received_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub hold_id: Option<HoldId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub hold_qty: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub hold_used: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub hold_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    pub hold_keeps: bool,
    /// Goes up whenever a figure changes.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When a figure last changed.
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    /// Where the row lies while it is locked; empty when it was only read.
    #[diesel(sql_type = Text)]
    pub place: String,
}

/// The types of a [`Row`]'s columns in their order, for a thousand rows at once: looking each up by its name takes its time.
pub(super) type Columns = (
    BigInt,
    BigInt,
    BigInt,
    Bool,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    BigInt,
    Nullable<BigInt>,
    BigInt,
    BigInt,
    BigInt,
    Nullable<Timestamptz>,
    Nullable<BigInt>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    BigInt,
    Nullable<Timestamptz>,
    Bool,
    BigInt,
    Timestamptz,
    Text,
);

/// The columns of a [`Row`], of a table called `s`, of the merchant `$1`.
pub(super) const COLUMNS: &str = "s.sku_id, s.shop_id, s.erp_qty, s.qty_by = 'person' as by_person, s.reported_qty, s.reported_sold, s.reported_frozen, \
     s.frozen, s.sold, s.sold_open, s.sold_offset, s.safety, coalesce((select stale_extra from stock_rules where merchant_id = $1), 0) as extra, s.oversell, \
     s.source_time, s.ack_seq, s.as_of, s.reported_at, s.received_at, s.hold_id, s.hold_qty, s.hold_used, s.hold_until, s.hold_keeps, s.version, s.updated_at";

impl Row {
    pub fn figures(&self, now: DateTime<Utc>) -> Figures {
        Figures {
            erp_qty: self.erp_qty,
            by_person: self.by_person,
            frozen: self.frozen,
            sold_open: self.sold_open,
            safety: self.safety,
            extra: self.extra,
            oversell: self.oversell,
            hold: self.hold_qty.filter(|_| !self.is_due(now)).map(|qty| Hold { qty, used: self.hold_used }),
        }
    }

    /// The hold that is on.
    pub fn held_by(&self, now: DateTime<Utc>) -> Option<HoldId> {
        self.hold_id.filter(|_| !self.is_due(now))
    }

    /// The hold's time is over, and nobody has taken it off yet.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        !self.hold_keeps && self.hold_until.is_some_and(|until| until <= now)
    }

    /// The hold's time is over and it waits for the next push.
    pub fn gives_way(&self, now: DateTime<Utc>) -> bool {
        self.hold_keeps && self.hold_until.is_some_and(|until| until <= now)
    }

    #[must_use]
    pub(super) fn without_hold(self) -> Self {
        Self { hold_id: None, hold_qty: None, hold_used: 0, hold_until: None, hold_keeps: false, ..self }
    }

    /// The same row, changed now.
    #[must_use]
    pub(super) fn changed(self, now: DateTime<Utc>) -> Self {
        Self { version: self.version + 1, updated_at: now, ..self }
    }

    /// The ERP's counters that differ from ours: wire name, reported, ours.
    pub fn drift(&self) -> impl Iterator<Item = (&'static str, i64, i64)> {
        let reported = [("saled", self.reported_sold, self.sold), ("freeze", self.reported_frozen, self.frozen)];
        reported.into_iter().filter_map(|(name, theirs, ours)| theirs.filter(|n| *n != ours).map(|n| (name, n, ours)))
    }

    /// The row is made in this transaction and holds nothing yet.
    pub(super) fn is_new(&self) -> bool {
        self.version == 0
    }
}

/// What somebody says about one row.
#[derive(Clone, Debug)]
pub struct Set {
    pub no: i32,
    pub sku: SkuId,
    pub shop: ShopId,
    /// Missing: only the counters are reported; a new row needs it.
    pub qty: Option<i64>,
    pub reported_sold: Patch<i64>,
    pub reported_frozen: Patch<i64>,
    /// older than what is stored does not count.
    pub source_time: Option<DateTime<Utc>>,
    /// The highest order number the ERP had booked when it read its number.
    pub ack_seq: Option<i64>,
    /// When it read it, by its own clock.
    pub as_of: Option<DateTime<Utc>>,
    /// Compare and set: only if this is the row's version.
    pub if_version: Option<i64>,
}

impl Set {
    /// Just the number.
    pub fn quantity(no: i32, sku: SkuId, shop: ShopId, qty: i64) -> Self {
        Self {
            no,
            sku,
            shop,
            qty: Some(qty),
            reported_sold: Patch::Missing,
            reported_frozen: Patch::Missing,
            source_time: None,
            ack_seq: None,
            as_of: None,
            if_version: None,
        }
    }
}

/// How one [`Set`] ended.
#[derive(Clone, Debug)]
pub struct Done {
    pub no: i32,
    pub outcome: Outcome,
    pub problems: Vec<Problem>,
    /// The row as it now is, where there is one.
    pub row: Option<Row>,
    /// The quarantine in which the set waits, when it was stopped.
    pub quarantine: Option<i64>,
}

/// Takes in what was reported, up to a thousand rows with a handful of statements, whatever their number.
///
/// Rows are locked in the order of (SKU, shop), so that two calls about the same rows wait for each other and never in a
/// circle. The ERP's `saled` and `freeze` are kept as reported and compared; our own counters are never overwritten.
pub fn set(tx: &mut PgConnection, cause: &Cause, mut sets: Vec<Set>) -> Result<Vec<Done>> {
    sets.sort_by_key(|s| (s.sku, s.shop, s.no));
    let mut done = Vec::with_capacity(sets.len());
    let (sets, rows) = hold(tx, cause, take_out_twins(sets, &mut done), &mut done)?;
    // Asked after the locks are held: whoever moves the low-stock line holds them too.
    let mut rules = rules::of(tx, cause.merchant)?;
    rules.note_lag(cause.now, sets.iter().filter_map(|s| s.as_of));
    let mut open = absorb::open_of(tx, cause, &rows)?;
    let mut verdicts = Vec::with_capacity(rows.len());
    for (set, row) in sets.into_iter().zip(rows) {
        let paid = open.remove(&(row.sku, row.shop)).unwrap_or_default();
        verdicts.push(judge(cause, &rules, &set, row, paid));
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

/// Locks the rows, makes those that are missing, and hands back the sets that have one, side by side with it.
fn hold(tx: &mut PgConnection, cause: &Cause, sets: Vec<Set>, done: &mut Vec<Done>) -> Result<(Vec<Set>, Vec<Row>)> {
    let mut rows = lock(tx, cause.merchant, &places(&sets))?;
    if rows.len() == sets.len() {
        return Ok((sets, rows));
    }
    let known = |rows: &[Row], s: &Set| rows.binary_search_by_key(&(s.sku, s.shop), |r| (r.sku, r.shop)).is_ok();
    let (mut there, missing): (Vec<Set>, Vec<Set>) = sets.into_iter().partition(|s| known(&rows, s));
    let (new, hopeless): (Vec<Set>, Vec<Set>) = missing.into_iter().partition(|s| s.qty.is_some() && s.if_version.unwrap_or(0) == 0);
    done.extend(hopeless.iter().map(|s| match (s.qty, s.if_version) {
        (Some(_), Some(wanted)) => rejected(s, Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(0)),
        _ => rejected(s, Problem::new(LineCode::Missing, "inventory", "")),
    }));
    make(tx, cause, &places(&new))?;
    rows.extend(lock(tx, cause.merchant, &places(&new))?);
    rows.sort_by_key(|r| (r.sku, r.shop));
    there.extend(new);
    there.sort_by_key(|s| (s.sku, s.shop));
    Ok((there, rows))
}

/// What a set does to its row.
pub(super) struct Verdict {
    pub done: Done,
    pub change: Option<Change>,
    /// The paid units that the new number has taken off.
    pub inside: Vec<Open>,
}

impl Verdict {
    fn nothing(done: Done) -> Self {
        Self { done, change: None, inside: Vec::new() }
    }
}

fn judge(cause: &Cause, rules: &Rules, set: &Set, row: Row, paid: Vec<Open>) -> Verdict {
    if let Some(wanted) = set.if_version.filter(|v| *v != row.version) {
        let problem = Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(row.version);
        return Verdict::nothing(Done { row: Some(row), ..rejected(set, problem) });
    }
    let source_time = set.source_time.or(set.as_of);
    if let (Some(sent), Some(known)) = (source_time, row.source_time)
        && sent < known
    {
        let problem = Problem::new(LineCode::Stale, "sourceTime", on_the_wire(sent)).detail(on_the_wire(known));
        return Verdict::nothing(Done { no: set.no, outcome: Outcome::Stale, problems: vec![problem], row: Some(row), quarantine: None });
    }
    let by_person = cause.kind == Kind::Person;
    let mut after = row.clone();
    after.reported_sold = set.reported_sold.clone().over(row.reported_sold);
    after.reported_frozen = set.reported_frozen.clone().over(row.reported_frozen);
    let mut inside = Vec::new();
    let mut held = None;
    if let Some(qty) = set.qty {
        match number(rules.mode, by_person, qty, &mut after) {
            Ok(number) => after.erp_qty = number,
            Err(field) => return Verdict::nothing(rejected(set, Problem::new(LineCode::Missing, field, ""))),
        }
        after.by_person = by_person;
        if !by_person {
            let watermark = Watermark { ack_seq: set.ack_seq, as_of: set.as_of, previous: row.received_at, lag: rules.lag() };
            inside = paid.into_iter().filter(|p| watermark.covers(rules.mode, &p.paid())).collect();
            after.sold_open -= inside.iter().map(|p| p.qty).sum::<i64>();
            (after.ack_seq, after.as_of) = (set.ack_seq.or(row.ack_seq), set.as_of.or(row.as_of));
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
    after.source_time = source_time.or(row.source_time);
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
    let kind = if by_person { "manual_set" } else { "erp_set" };
    let change = (after != row).then(|| Change::new(kind, row, after.clone()).line(set.no));
    Verdict { done: Done { no: set.no, outcome, problems, row: Some(after), quarantine: None }, change, inside }
}

/// The one number of the row. In mode triple it stands for three, and a part that was never told is missing.
fn number(mode: Mode, by_person: bool, qty: i64, after: &mut Row) -> std::result::Result<i64, &'static str> {
    if mode != Mode::Triple || by_person {
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
