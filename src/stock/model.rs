//! The one verb that changes the ERP's number, and the row it changes.

use super::availability::Figures;
use super::rows::{Change, Telling, lock, make, write};
use crate::Result;
use crate::clock::on_the_wire;
use crate::ids::{ShopId, SkuId};
use crate::merchants;
use crate::trail::{Cause, Kind};
use crate::wire::{LineCode, Outcome, Patch, Problem};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Timestamptz};

/// Within this time a repeated report of the same figures does not touch the row again: its freshness (G-04) is told to the minute.
const FRESH_SECONDS: i64 = 60;

/// The stock of one SKU at one shop.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq)]
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
    pub reported_sold: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub reported_frozen: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub frozen: i64,
    #[diesel(sql_type = BigInt)]
    pub sold: i64,
    #[diesel(sql_type = BigInt)]
    pub sold_open: i64,
    #[diesel(sql_type = BigInt)]
    pub safety: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub source_time: Option<DateTime<Utc>>,
    /// When the ERP last reported this row, changed or not.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub reported_at: Option<DateTime<Utc>>,
    /// Goes up whenever a figure changes.
    #[diesel(sql_type = BigInt)]
    pub version: i64,
    /// When a figure last changed.
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// The columns of a [`Row`], of a table called `s`.
pub(super) const COLUMNS: &str = "s.sku_id, s.shop_id, s.erp_qty, s.qty_by = 'person' as by_person, s.reported_sold, s.reported_frozen, \
     s.frozen, s.sold, s.sold_open, s.safety, s.source_time, s.reported_at, s.version, s.updated_at";

impl Row {
    pub fn figures(&self) -> Figures {
        Figures { erp_qty: self.erp_qty, by_person: self.by_person, frozen: self.frozen, sold_open: self.sold_open, safety: self.safety }
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
}

/// Takes in what was reported, up to a thousand rows with a handful of statements, whatever their number.
///
/// Rows are locked in the order of (SKU, shop), so that two calls about the same rows wait for each other and never in a
/// circle. The ERP's `saled` and `freeze` are kept as reported and compared; our own counters are never overwritten.
pub fn set(tx: &mut PgConnection, cause: &Cause, mut sets: Vec<Set>) -> Result<Vec<Done>> {
    sets.sort_by_key(|s| (s.sku, s.shop, s.no));
    let mut done = Vec::with_capacity(sets.len());
    let (sets, rows) = hold(tx, cause, take_out_twins(sets, &mut done), &mut done)?;
    // Asked after the locks are held: whoever moves the line holds them too.
    let low_stock = merchants::find(tx, cause.merchant)?.low_stock;
    let mut changes = Vec::new();
    for (set, row) in sets.into_iter().zip(rows) {
        let (ended, change) = judge(cause, &set, row);
        done.push(ended);
        changes.extend(change);
    }
    let kind = if cause.kind == Kind::Person { "manual_set" } else { "erp_set" };
    write(tx, cause, &changes, &Telling { kind, reason: None }, low_stock)?;
    done.sort_by_key(|d| d.no);
    Ok(done)
}

fn rejected(set: &Set, problem: Problem) -> Done {
    Done { no: set.no, outcome: Outcome::Rejected, problems: vec![problem], row: None }
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
    let mut rows = lock(tx, cause.merchant, &sets)?;
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
    make(tx, cause, &new)?;
    rows.extend(lock(tx, cause.merchant, &new)?);
    rows.sort_by_key(|r| (r.sku, r.shop));
    there.extend(new);
    there.sort_by_key(|s| (s.sku, s.shop));
    Ok((there, rows))
}

/// What a set does to its row.
fn judge(cause: &Cause, set: &Set, row: Row) -> (Done, Option<Change>) {
    if let Some(wanted) = set.if_version.filter(|v| *v != row.version) {
        let problem = Problem::new(LineCode::Conflict, "ifVersion", wanted.to_string()).detail(row.version);
        return (Done { row: Some(row), ..rejected(set, problem) }, None);
    }
    if let (Some(sent), Some(known)) = (set.source_time, row.source_time)
        && sent < known
    {
        let problem = Problem::new(LineCode::Stale, "sourceTime", on_the_wire(sent)).detail(on_the_wire(known));
        return (Done { no: set.no, outcome: Outcome::Stale, problems: vec![problem], row: Some(row) }, None);
    }
    let by_person = cause.kind == Kind::Person;
    let mut after = row.clone();
    if let Some(qty) = set.qty {
        (after.erp_qty, after.by_person) = (qty, by_person);
    }
    after.reported_sold = set.reported_sold.clone().over(row.reported_sold);
    after.reported_frozen = set.reported_frozen.clone().over(row.reported_frozen);
    let changed = row.is_new() || after != row;
    if changed {
        (after.version, after.updated_at) = (row.version + 1, cause.now);
    }
    after.source_time = set.source_time.or(row.source_time);
    let tired = row.reported_at.is_none_or(|at| cause.now - at >= Duration::seconds(FRESH_SECONDS));
    if !by_person && (changed || tired || after.source_time != row.source_time) {
        after.reported_at = Some(cause.now);
    }
    let said = |name: &str| {
        if name == "saled" { set.reported_sold != Patch::Missing } else { set.reported_frozen != Patch::Missing }
    };
    let drift = after.drift().filter(|(name, ..)| said(name));
    let problems = drift.map(|(name, theirs, ours)| Problem::new(LineCode::CounterDrift, name, theirs.to_string()).detail(ours)).collect();
    let outcome = if changed { Outcome::Applied } else { Outcome::Unchanged };
    let change = (after != row).then(|| Change { before: row, after: after.clone(), no: Some(set.no) });
    (Done { no: set.no, outcome, problems, row: Some(after) }, change)
}
