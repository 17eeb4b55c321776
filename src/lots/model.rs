//! The lots of a SKU at a shop, replaced as a whole (B-03), and those that may be sold (B-02, B-06).

use super::told::{Told, kept};
use super::{Day, snapshots};
use crate::Result;
use crate::clock::{self, on_the_wire};
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::stock::model::{self as stock, Set};
use crate::stock::rules;
use crate::stock::shelf::{LotRules, Unit, reckon};
use crate::trail::Cause;
use crate::wire::{LineCode, Outcome, Problem};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Date, Jsonb, Nullable, Text, Timestamptz};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// One lot on sale.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    #[diesel(sql_type = BigInt, column_name = "sku_id")]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    pub shop: ShopId,
    #[diesel(sql_type = Text)]
    pub lot_no: String,
    #[diesel(sql_type = Nullable<Date>)]
    pub produced_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    pub expires_on: Option<NaiveDate>,
    /// The expiry is known to the month.
    #[diesel(sql_type = Bool, column_name = "expires_month")]
    pub month: bool,
    /// Missing where the ERP keeps no quantity per lot.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub qty: Option<i64>,
}

/// The lots of these places that may be sold on a day, what expires first at the front of each place (FEFO): not expired, and
/// not taken off sale by a person.
pub fn sellable(c: &mut PgConnection, merchant: MerchantId, places: &[(SkuId, ShopId)], today: NaiveDate) -> Result<Vec<Lot>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    Ok(diesel::sql_query(
        "select o.sku_id, o.shop_id, o.lot_no, o.produced_on, o.expires_on, o.expires_month, o.qty \
         from (select distinct sku, shop from unnest($2, $3) as l(sku, shop)) l \
         cross join lateral (select * from lots where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop offset 0) o \
         where (o.expires_on is null or o.expires_on >= $4) and not exists \
           (select 1 from lot_stops p where p.merchant_id = $1 and p.sku_id = o.sku_id and p.shop_id = o.shop_id and p.lot_no = o.lot_no) \
         order by o.sku_id, o.shop_id, o.expires_on nulls last, o.produced_on nulls last, o.lot_no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .bind::<Date, _>(today)
    .load(c)?)
}

/// All lots of one SKU at one shop, as somebody says they are now.
#[derive(Clone, Debug)]
pub struct Replace {
    pub no: i32,
    pub sku: SkuId,
    pub shop: ShopId,
    /// With those that have nothing left.
    pub lots: Vec<Told>,
    /// Older than what is stored does not count.
    pub source_time: Option<DateTime<Utc>>,
    /// Where the lots carry the stock: what its ERP's number contains (see `stock::modes`).
    pub ack_seq: Option<i64>,
    pub as_of: Option<DateTime<Utc>>,
}

/// How one [`Replace`] ended.
#[derive(Clone, Debug)]
pub struct Done {
    pub no: i32,
    pub outcome: Outcome,
    pub problems: Vec<Problem>,
    /// What is in force.
    pub head: Option<Head>,
    /// The quarantine in which it waits.
    pub quarantine: Option<i64>,
}

/// The last replacement at a place, and what it left.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub version: i64,
    pub source_time: Option<DateTime<Utc>>,
    pub lots: Vec<Told>,
}

/// A replacement on its way.
struct Plan {
    new: Replace,
    head: Head,
    /// What will be on sale.
    kept: Vec<Told>,
    /// The lots of the list that a person has stopped.
    stopped: HashSet<String>,
}

impl Plan {
    fn changes(&self) -> bool {
        self.head.version == 0 || self.kept != self.head.lots
    }
    /// What goes off sale with it: told with nothing left, or told no more.
    fn gone(&self) -> Option<Value> {
        let is_kept = |no: &str| self.kept.iter().any(|lot| lot.lot_no == no);
        let nothing = self.new.lots.iter().filter(|lot| lot.quantity == Some(0));
        let untold = self.head.lots.iter().filter(|old| !is_kept(&old.lot_no) && !self.new.lots.iter().any(|lot| lot.lot_no == old.lot_no));
        let gone: Vec<&Told> = nothing.chain(untold).collect();
        (!gone.is_empty()).then(|| serde_json::to_value(gone).unwrap_or_default())
    }
    fn snapshot(&self) -> snapshots::New<'_> {
        let (new, version) = (&self.new, self.head.version + 1);
        snapshots::New { no: new.no, sku: new.sku, shop: new.shop, version, source_time: new.source_time, lots: &new.lots }
    }
    fn set(&self, rules: LotRules, today: NaiveDate) -> Set {
        let units: Vec<Unit> = self.kept.iter().map(|lot| lot.unit(self.stopped.contains(&lot.lot_no))).collect();
        let sum = self.kept.iter().filter_map(|lot| lot.quantity).sum();
        Set {
            qty: rules.carry.then_some(sum),
            ack_seq: self.new.ack_seq,
            as_of: self.new.as_of,
            shelf: Some(reckon(rules.mode, &units, today)),
            empties_lots: self.kept.is_empty() && !self.head.lots.is_empty(),
            ..Set::quantity(self.new.no, self.new.sku, self.new.shop, 0)
        }
    }
}

/// Replaces the lots of up to a thousand places with a handful of statements, whatever their number; stock follows in the same
/// transaction (I-7). A list that says nothing new is kept as heard, and nothing is written but that.
pub fn replace(tx: &mut PgConnection, cause: &Cause, mut all: Vec<Replace>) -> Result<Vec<Done>> {
    all.sort_by_key(|r| (r.sku, r.shop, r.no));
    let mut done = Vec::with_capacity(all.len());
    let all = take_out_twins(all, &mut done);
    let heads = lock(tx, cause, &all)?;
    let stopped = super::stops::of_places(tx, cause.merchant, &places(&all))?;
    let rules = rules::of(tx, cause.merchant)?.lots;
    let today = clock::day(cause.now);
    let mut plans = Vec::with_capacity(all.len());
    for (new, head) in all.into_iter().zip(heads) {
        if let (Some(sent), Some(known)) = (new.source_time, head.source_time)
            && sent < known
        {
            let problem = Problem::new(LineCode::Stale, "sourceTime", on_the_wire(sent)).detail(on_the_wire(known));
            done.push(Done { no: new.no, outcome: Outcome::Stale, problems: vec![problem], head: Some(head), quarantine: None });
            continue;
        }
        let kept: Vec<Told> = in_order(kept(rules.mode, &new.lots).into_iter().cloned().collect());
        let stopped = stopped.get(&(new.sku, new.shop)).cloned().unwrap_or_default();
        plans.push(Plan { new, head, kept, stopped });
    }
    let sets = plans.iter().filter(|p| rules.carry || p.changes()).map(|p| p.set(rules, today)).collect();
    let mut numbers: HashMap<i32, stock::Done> = stock::set(tx, cause, sets)?.into_iter().map(|d| (d.no, d)).collect();
    let mut good = Vec::with_capacity(plans.len());
    for plan in plans {
        let number = numbers.remove(&plan.new.no);
        let (no, changes) = (plan.new.no, plan.changes());
        if let Some(number) = number.as_ref().filter(|n| matches!(n.outcome, Outcome::Parked | Outcome::Rejected)) {
            let end = Done {
                no,
                outcome: number.outcome,
                problems: number.problems.clone(),
                head: Some(plan.head),
                quarantine: number.quarantine,
            };
            done.push(end);
            continue;
        }
        let moved = number.as_ref().is_some_and(|n| n.outcome == Outcome::Applied);
        let outcome = if changes || moved { Outcome::Applied } else { Outcome::Unchanged };
        done.push(Done { no, outcome, problems: number.map(|n| n.problems).unwrap_or_default(), head: None, quarantine: None });
        good.push(plan);
    }
    let (changed, heard): (Vec<Plan>, Vec<Plan>) = good.into_iter().partition(Plan::changes);
    write_lots(tx, cause, &changed)?;
    write_heads(tx, cause, &changed, &heard)?;
    snapshots::keep(tx, cause, &changed.iter().map(Plan::snapshot).collect::<Vec<_>>())?;
    done.sort_by_key(|d| d.no);
    Ok(done)
}

fn places(all: &[Replace]) -> Vec<(SkuId, ShopId)> {
    all.iter().map(|r| (r.sku, r.shop)).collect()
}

/// As the database gives them back.
fn in_order(mut lots: Vec<Told>) -> Vec<Told> {
    lots.sort_by(|a, b| a.lot_no.cmp(&b.lot_no));
    lots
}

/// Two lists for one place: which of them counts cannot be told.
fn take_out_twins(all: Vec<Replace>, done: &mut Vec<Done>) -> Vec<Replace> {
    let mut single = Vec::with_capacity(all.len());
    for same in all.chunk_by(|a, b| (a.sku, a.shop) == (b.sku, b.shop)) {
        match same {
            [one] => single.push(one.clone()),
            many => done.extend(many.iter().map(|r| Done {
                no: r.no,
                outcome: Outcome::Rejected,
                problems: vec![Problem::new(LineCode::DuplicateInBatch, "shopId", r.shop.to_string())],
                head: None,
                quarantine: None,
            })),
        }
    }
    single
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    source_time: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Text)]
    lot_no: String,
    #[diesel(sql_type = Nullable<Date>)]
    produced_on: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    expires_on: Option<NaiveDate>,
    #[diesel(sql_type = Bool)]
    produced_month: bool,
    #[diesel(sql_type = Bool)]
    expires_month: bool,
    #[diesel(sql_type = Nullable<BigInt>)]
    qty: Option<i64>,
}

impl From<Stored> for Told {
    fn from(s: Stored) -> Self {
        Self {
            lot_no: s.lot_no,
            produced_on: s.produced_on.map(|date| Day { date, month: s.produced_month }),
            expires_on: s.expires_on.map(|date| Day { date, month: s.expires_month }),
            quantity: s.qty,
        }
    }
}

/// Locks the heads of these places, making those that are missing, with the lots each has; side by side with `all`.
fn lock(tx: &mut PgConnection, cause: &Cause, all: &[Replace]) -> Result<Vec<Head>> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let places = places(all);
    let skus = || places.iter().map(|p| p.0).collect::<Vec<_>>();
    let shops = || places.iter().map(|p| p.1).collect::<Vec<_>>();
    diesel::sql_query(
        "insert into lot_heads (merchant_id, sku_id, shop_id, at, told_at) select $1, l.sku, l.shop, $4, $4 \
         from unnest($2, $3) with ordinality as l(sku, shop, place) \
         where not exists (select 1 from lot_heads h where h.merchant_id = $1 and h.sku_id = l.sku and h.shop_id = l.shop) \
         order by l.place on conflict do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(skus())
    .bind::<Array<BigInt>, _>(shops())
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let locked: Vec<Locked> = diesel::sql_query(
        "select h.version, h.source_time from unnest($2, $3) with ordinality as l(sku, shop, place) cross join lateral \
         (select version, source_time from lot_heads where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop for no key update) h order by l.place",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(skus())
    .bind::<Array<BigInt>, _>(shops())
    .load(tx)?;
    let mut lots = lots_of(tx, cause.merchant, &places)?;
    let head =
        |(place, l): (i64, Locked)| Head { version: l.version, source_time: l.source_time, lots: lots.remove(&place).unwrap_or_default() };
    Ok((1..).zip(locked).map(head).collect())
}

/// The last replacement at some places, as it stands now; places that were never told of lots are absent.
pub(super) fn heads(c: &mut PgConnection, merchant: MerchantId, places: &[(SkuId, ShopId)]) -> Result<HashMap<(SkuId, ShopId), Head>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        place: i64,
        #[diesel(embed)]
        head: Locked,
    }
    if places.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<Found> = diesel::sql_query(
        "select l.place, h.version, h.source_time from unnest($2, $3) with ordinality as l(sku, shop, place) \
         join lot_heads h on h.merchant_id = $1 and h.sku_id = l.sku and h.shop_id = l.shop",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .load(c)?;
    let mut lots = lots_of(c, merchant, places)?;
    let mut found: HashMap<i64, Locked> = found.into_iter().map(|f| (f.place, f.head)).collect();
    let head = |(place, at): (i64, &(SkuId, ShopId))| {
        let l = found.remove(&place)?;
        Some((*at, Head { version: l.version, source_time: l.source_time, lots: lots.remove(&place).unwrap_or_default() }))
    };
    Ok((1..).zip(places).filter_map(head).collect())
}

/// The lots on sale at some places, by the number of the place from 1.
fn lots_of(c: &mut PgConnection, merchant: MerchantId, places: &[(SkuId, ShopId)]) -> Result<HashMap<i64, Vec<Told>>> {
    let stored: Vec<Stored> = diesel::sql_query(
        "select l.place, o.* from unnest($2, $3) with ordinality as l(sku, shop, place) cross join lateral \
         (select lot_no, produced_on, expires_on, produced_month, expires_month, qty from lots \
          where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop offset 0) o",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .load(c)?;
    let mut lots: HashMap<i64, Vec<Told>> = HashMap::new();
    for lot in stored {
        lots.entry(lot.place).or_default().push(lot.into());
    }
    Ok(lots.into_iter().map(|(place, lots)| (place, in_order(lots))).collect())
}

/// Takes away what is not told any more and writes what is new or other; what stays the same is not touched.
fn write_lots(tx: &mut PgConnection, cause: &Cause, plans: &[Plan]) -> Result<()> {
    let mut gone: Vec<(SkuId, ShopId, &str)> = Vec::new();
    let mut new: Vec<(SkuId, ShopId, &Told)> = Vec::new();
    for plan in plans {
        let (sku, shop) = (plan.new.sku, plan.new.shop);
        let missing = plan.head.lots.iter().filter(|old| !plan.kept.iter().any(|lot| lot.lot_no == old.lot_no));
        gone.extend(missing.map(|old| (sku, shop, old.lot_no.as_str())));
        new.extend(plan.kept.iter().filter(|lot| !plan.head.lots.contains(lot)).map(|lot| (sku, shop, lot)));
    }
    if !gone.is_empty() {
        diesel::sql_query(
            "delete from lots o using unnest($2, $3, $4) as l(sku, shop, lot) \
             where o.merchant_id = $1 and o.sku_id = l.sku and o.shop_id = l.shop and o.lot_no = l.lot",
        )
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Array<BigInt>, _>(gone.iter().map(|g| g.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(gone.iter().map(|g| g.1).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(gone.iter().map(|g| g.2).collect::<Vec<_>>())
        .execute(tx)?;
    }
    if new.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into lots (merchant_id, sku_id, shop_id, lot_no, produced_on, expires_on, produced_month, expires_month, qty) \
         select $1, l.* from unnest($2, $3, $4, $5, $6, $7, $8, $9) as l(sku, shop, lot, made, ends, made_month, ends_month, qty) \
         on conflict (merchant_id, sku_id, shop_id, lot_no) do update set produced_on = excluded.produced_on, expires_on = excluded.expires_on, \
           produced_month = excluded.produced_month, expires_month = excluded.expires_month, qty = excluded.qty",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(new.iter().map(|n| n.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(new.iter().map(|n| n.1).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(new.iter().map(|n| n.2.lot_no.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(new.iter().map(|n| n.2.produced()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Date>>, _>(new.iter().map(|n| n.2.expires()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(new.iter().map(|n| n.2.produced_on.is_some_and(|d| d.month)).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(new.iter().map(|n| n.2.expires_on.is_some_and(|d| d.month)).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(new.iter().map(|n| n.2.quantity).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}

/// Every list that counted was heard; those that changed something are another version.
fn write_heads(tx: &mut PgConnection, cause: &Cause, changed: &[Plan], heard: &[Plan]) -> Result<()> {
    let all: Vec<(&Plan, bool)> = changed.iter().map(|p| (p, true)).chain(heard.iter().map(|p| (p, false))).collect();
    if all.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update lot_heads h set told_at = $2, source_time = coalesce(l.source_time, h.source_time), version = h.version + l.changed::int, \
           at = case when l.changed then $2 else h.at end, gone = case when l.changed then l.gone else h.gone end \
         from unnest($3, $4, $5, $6, $7) as l(sku, shop, changed, source_time, gone) \
         where h.merchant_id = $1 and h.sku_id = l.sku and h.shop_id = l.shop",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(all.iter().map(|(p, _)| p.new.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(all.iter().map(|(p, _)| p.new.shop).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(all.iter().map(|(_, changed)| *changed).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(all.iter().map(|(p, _)| p.new.source_time).collect::<Vec<_>>())
    .bind::<Array<Nullable<Jsonb>>, _>(all.iter().map(|(p, changed)| if *changed { p.gone() } else { None }).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}
