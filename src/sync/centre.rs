//! The sync centre: is each flow on, fresh and clean; if not, what does one press? (W-01, UI §4.16)
//!
//! Nothing here reads the call log: calls are counted by minute as they are written, exceptions and kept lines are few.

use crate::Result;
use crate::clock::WARNED_MINUTES;
use crate::feeds::minutes::{self, SLOTS, Slot};
use crate::gate::exceptions;
use crate::gate::held::{self, Count};
use crate::gate::switches::{self, Off};
use crate::ids::MerchantId;
use crate::merchants::overview::midnight;
use crate::stock::holds::list as holds;
use crate::text::Text;
use crate::wire::Module;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text as SqlText, Timestamptz};
use serde::Serialize;

/// The tallest bar; silence still shows a line.
const TALL: i64 = 17;

/// One module.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub module: &'static str,
    #[serde(skip)]
    pub label: &'static str,
    /// The platform has methods for it.
    pub served: bool,
    pub off: Option<Off>,
    /// Everything is paused, whatever this switch says.
    pub paused: bool,
    pub last: Option<DateTime<Utc>>,
    pub p95: Option<i64>,
    pub bars: Vec<(i64, i64)>,
    pub hour: i64,
    pub today: i64,
    pub failed: i64,
    pub exceptions: i64,
    pub locks: i64,
    /// Numbers that people hold; of stock alone.
    pub holds: i64,
    pub waiting: i64,
}

impl Row {
    pub const TOP: i64 = TALL + 1;
    pub fn is_on(&self) -> bool {
        self.off.is_none() && !self.paused
    }
    /// 0 while it is on.
    pub fn mark(&self) -> i64 {
        self.off.as_ref().map_or(0, |o| o.mark)
    }
    /// Orders go out, everything else comes in.
    pub fn goes_out(&self) -> bool {
        self.module == Module::Order.as_str()
    }
    pub fn pace(&self) -> Option<Text> {
        self.p95.map(|ms| {
            if ms < 1000 {
                Text::new("sync-ms").with(ms)
            } else {
                Text::new("sync-seconds").with(format!("{}.{}", ms / 1000, ms % 1000 / 100))
            }
        })
    }
}

/// What the strip says: only what exists.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Strip {
    #[diesel(sql_type = BigInt)]
    pub keys: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub used_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    pub hands: i64,
    #[diesel(sql_type = BigInt)]
    pub hand_lines: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Centre {
    pub rows: Vec<Row>,
    /// The merchant as a whole.
    pub pause: Option<Off>,
    pub strip: Strip,
    pub calls: i64,
    pub failed: i64,
    pub exceptions: i64,
    /// Exceptions that end in a moment, and when the first of them does.
    pub ending: (i64, Option<DateTime<Utc>>),
    pub waiting: i64,
}

impl Centre {
    pub fn pause_mark(&self) -> i64 {
        self.pause.as_ref().map_or(0, |o| o.mark)
    }
    /// How many exceptions end in a moment, and when the first does.
    pub fn exceptions_ending(&self) -> Option<(i64, DateTime<Utc>)> {
        self.ending.1.map(|at| (self.ending.0, at))
    }
    /// What will be on again soon, by itself.
    pub fn ending(&self, now: &DateTime<Utc>) -> impl Iterator<Item = &Off> {
        let soon = *now + Duration::minutes(WARNED_MINUTES);
        self.pause.iter().chain(self.rows.iter().filter_map(|r| r.off.as_ref())).filter(move |o| o.until.is_some_and(|end| end <= soon))
    }
}

pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Centre> {
    let off = switches::all_off(c, merchant, now)?;
    let sums = minutes::since(c, merchant, midnight(now))?;
    let slots = minutes::last_hour(c, merchant, now)?;
    let p95 = minutes::p95(c, merchant, now)?;
    let lasts = lasts(c, merchant)?;
    let items = items(c, merchant, now)?;
    let waiting = held::counts(c, merchant)?;
    let held = holds::counts(c, merchant, now)?.active;
    let pause = off.iter().find(|o| o.module == "all").cloned();
    let row = |module: Module| {
        let name = module.as_str();
        let mine: Vec<&Slot> = slots.iter().filter(|s| s.module == name).collect();
        let sum = sums.iter().find(|s| s.module == name);
        let item = items.iter().find(|i| i.module == name);
        Row {
            module: name,
            label: module.label(),
            served: Module::SERVED.contains(&module),
            off: off.iter().find(|o| o.module == name).cloned(),
            paused: pause.is_some(),
            last: lasts.iter().find(|l| l.module == name).and_then(|l| l.at),
            p95: p95.iter().find(|(m, _)| m == name).map(|(_, ms)| *ms),
            bars: bars(&mine),
            hour: mine.iter().map(|s| s.calls).sum(),
            today: sum.map_or(0, |s| s.calls),
            failed: sum.map_or(0, |s| s.failed),
            exceptions: item.map_or(0, |i| i.wholes),
            locks: item.map_or(0, |i| i.locks),
            holds: if module == Module::Stock { held } else { 0 },
            waiting: lines(&waiting, name),
        }
    };
    Ok(Centre {
        rows: Module::ALL.into_iter().map(row).collect(),
        strip: strip(c, merchant, midnight(now))?,
        calls: sums.iter().map(|s| s.calls).sum(),
        failed: sums.iter().map(|s| s.failed).sum(),
        exceptions: items.iter().map(|i| i.wholes + i.locks).sum(),
        ending: exceptions::ending(c, merchant, now)?,
        waiting: waiting.iter().map(|w| w.lines).sum(),
        pause,
    })
}

fn lines(waiting: &[Count], module: &str) -> i64 {
    waiting.iter().find(|w| w.module == module).map_or(0, |w| w.lines)
}

fn bars(slots: &[&Slot]) -> Vec<(i64, i64)> {
    let most = slots.iter().map(|s| s.calls).max().unwrap_or(0).max(1);
    let height = |n: i64, least: i64| if n == 0 { 0 } else { (n * TALL / most).max(least) };
    (0..SLOTS)
        .map(|at| match slots.iter().find(|s| usize::try_from(s.slot).is_ok_and(|n| n == at)) {
            None => (1, 0),
            Some(slot) => {
                let failed = height(slot.failed, 4);
                (height(slot.calls - slot.failed, 1).min(TALL - failed), failed)
            }
        })
        .collect()
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = SqlText)]
    module: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// When lines of each module were last taken from an ERP: the first row of an index for each.
fn lasts(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Last>> {
    Ok(diesel::sql_query(
        "select m.module, (select f.at from feeds f where f.merchant_id = $1 and f.module = m.module and f.channel = 'api' and f.rejected < f.total \
         order by f.at desc limit 1) as at from unnest($2) as m(module)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<SqlText>, _>(Module::SERVED.iter().map(|m| m.as_str()).collect::<Vec<_>>())
    .load(c)?)
}

#[derive(QueryableByName)]
struct Items {
    #[diesel(sql_type = SqlText)]
    module: String,
    #[diesel(sql_type = BigInt)]
    wholes: i64,
    #[diesel(sql_type = BigInt)]
    locks: i64,
}

fn items(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Items>> {
    Ok(diesel::sql_query(
        "select module, count(*) filter (where field = '') as wholes, count(*) filter (where field <> '') as locks from exceptions \
         where merchant_id = $1 and (until is null or until > $2) group by module",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .load(c)?)
}

fn strip(c: &mut PgConnection, merchant: MerchantId, since: DateTime<Utc>) -> Result<Strip> {
    Ok(diesel::sql_query(
        "select k.keys, k.used_at, h.hands, h.hand_lines from \
         (select count(*) as keys, max(last_used_at) as used_at from apps where merchant_id = $1 and revoked_at is null) k, \
         (select count(*) as hands, coalesce(sum(total), 0)::bigint as hand_lines from feeds where merchant_id = $1 and at >= $2 \
           and channel in ('page', 'sheet')) h",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(since)
    .get_result(c)?)
}

/// What changes when anything on the page does: asked every two seconds for the merchants somebody is looking at.
pub fn stamps(c: &mut PgConnection, merchants: &[MerchantId], now: DateTime<Utc>) -> Result<Vec<(MerchantId, String)>> {
    #[derive(QueryableByName)]
    struct Stamp {
        #[diesel(sql_type = BigInt)]
        merchant: MerchantId,
        #[diesel(sql_type = SqlText)]
        stamp: String,
    }
    let stamps: Vec<Stamp> = diesel::sql_query(
        "select m.id as merchant, concat_ws('.', \
           (select sum(calls) from call_minutes where merchant_id = m.id and minute >= $2 - interval '2 minutes'), \
           (select sum(mark) from switches where merchant_id = m.id and (until is null or until > $2)), \
           (select sum(id) + count(*) from exceptions where merchant_id = m.id and (until is null or until > $2)), \
           (select max(last_at) from held_lines h where h.merchant_id = m.id and h.module = 'stock'), \
           (select count(*) from (select 1 from held_lines where merchant_id = m.id limit 1000) few)) as stamp from unnest($1) as m(id)",
    )
    .bind::<Array<BigInt>, _>(merchants)
    .bind::<Timestamptz, _>(now)
    .load(c)?;
    Ok(stamps.into_iter().map(|s| (s.merchant, s.stamp)).collect())
}
