//! Is everything flowing: the last hour of each module and the calls of the day, from the call log.

use crate::Result;
use crate::ids::MerchantId;
use crate::text::Text;
use crate::wire::Module;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Nullable, Text as SqlText, Timestamptz};
use serde::Serialize;

/// Bars of a lane, five minutes each.
const SLOTS: usize = 12;
const SLOT_SECONDS: i64 = 300;
/// The tallest bar of a lane; an empty slot still shows a line.
const TALL: i64 = 21;

/// One module's last hour.
#[derive(Clone, Debug, Serialize)]
pub struct Lane {
    /// Text key.
    pub module: &'static str,
    pub icon: &'static str,
    /// Heights of what went well and what failed, oldest first.
    pub bars: Vec<(i64, i64)>,
    pub calls: i64,
    pub failed: i64,
    pub lines: i64,
    /// When lines were last taken.
    pub last: Option<DateTime<Utc>>,
}

impl Lane {
    pub const TOP: i64 = TALL + 1;

    pub fn tone(&self) -> &'static str {
        match (self.failed, self.calls, self.last) {
            (1.., _, _) => "bad",
            (_, 1.., _) => "ok",
            _ => "",
        }
    }
    pub fn state(&self) -> Text {
        match (self.failed, self.calls, self.last) {
            (failed @ 1.., _, _) => Text::new("overview-lane-failed").with(failed),
            (_, 1.., _) => Text::new("overview-lane-ok"),
            (_, _, Some(_)) => Text::new("overview-lane-quiet"),
            (_, _, None) => Text::new("overview-lane-never"),
        }
    }
}

/// One row of lanes: what moves all day. Categories and customers have theirs in the sync centre.
const SHOWN: [Module; 7] = [Module::Product, Module::Listing, Module::Price, Module::Lot, Module::Stock, Module::Order, Module::Shipment];

pub(super) fn modules() -> Vec<&'static str> {
    Module::SERVED.iter().map(|m| m.as_str()).collect()
}

fn icon(module: Module) -> &'static str {
    match module {
        Module::Product => "package",
        Module::Category => "binary-tree-2",
        Module::Price => "currency-yuan",
        Module::Lot => "calendar-due",
        Module::Listing => "switch-vertical",
        Module::Customer => "users-group",
        Module::Order => "receipt",
        Module::Shipment => "truck-delivery",
        Module::Stock => "building-warehouse",
    }
}

#[derive(QueryableByName)]
struct Slot {
    #[diesel(sql_type = SqlText)]
    module: String,
    #[diesel(sql_type = Int4)]
    slot: i32,
    #[diesel(sql_type = BigInt)]
    calls: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = BigInt)]
    lines: i64,
}

#[derive(QueryableByName)]
struct Last {
    #[diesel(sql_type = SqlText)]
    module: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
}

/// One hour of the log is bounded by the rate limit of the credentials; the last success is the first row of an index
/// (a batch whose lines were all refused is no success).
pub(super) fn of_merchant(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Lane>> {
    let since = now - Duration::seconds(SLOT_SECONDS * 12);
    let slots: Vec<Slot> = diesel::sql_query(
        "select module, least(11, floor(extract(epoch from at - $2) / 300))::int as slot, count(*) as calls, \
         count(*) filter (where status >= 400 or rejected > 0) as failed, sum(total)::bigint as lines \
         from calls where merchant_id = $1 and at > $2 and at <= $3 group by 1, 2",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(since)
    .bind::<Timestamptz, _>(now)
    .load(c)?;
    let lasts: Vec<Last> = diesel::sql_query(
        "select m.module, (select f.at from feeds f where f.merchant_id = $1 and f.module = m.module and f.channel = 'api' and f.rejected < f.total \
         order by f.at desc limit 1) as at from unnest($2) as m(module)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<SqlText>, _>(modules())
    .load(c)?;
    let lane = |module: Module| {
        let mine: Vec<&Slot> = slots.iter().filter(|s| s.module == module.as_str()).collect();
        let sum = |pick: fn(&Slot) -> i64| mine.iter().map(|s| pick(s)).sum();
        Lane {
            module: module.label(),
            icon: icon(module),
            bars: bars(&mine),
            calls: sum(|s| s.calls),
            failed: sum(|s| s.failed),
            lines: sum(|s| s.lines),
            last: lasts.iter().find(|l| l.module == module.as_str()).and_then(|l| l.at),
        }
    };
    Ok(SHOWN.into_iter().map(lane).collect())
}

fn bars(slots: &[&Slot]) -> Vec<(i64, i64)> {
    let most = slots.iter().map(|s| s.calls).max().unwrap_or(0).max(1);
    let height = |n: i64, least: i64| {
        if n == 0 { 0 } else { (n * TALL / most).max(least) }
    };
    (0..SLOTS)
        .map(|at| {
            let Some(slot) = slots.iter().find(|s| usize::try_from(s.slot).is_ok_and(|n| n == at)) else {
                return (1, 0);
            };
            let failed = height(slot.failed, 4);
            (height(slot.calls - slot.failed, 1).min(TALL - failed), failed)
        })
        .collect()
}

/// One hour of today.
#[derive(QueryableByName, Clone, Copy, Debug, Serialize)]
pub struct Hour {
    #[diesel(sql_type = Int4)]
    pub hour: i32,
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
}

/// Both halves read an index alone: the key of the log, and its partial index of failures.
pub(super) fn hours(c: &mut PgConnection, merchant: MerchantId, since: DateTime<Utc>) -> Result<Vec<Hour>> {
    Ok(diesel::sql_query(
        "with every as (select floor(extract(epoch from at - $2) / 3600)::int as hour, count(*) as n from calls where merchant_id = $1 and at >= $2 group by 1), \
         bad as (select floor(extract(epoch from at - $2) / 3600)::int as hour, count(*) as n from calls \
           where merchant_id = $1 and at >= $2 and (status >= 400 or rejected > 0) group by 1) \
         select every.hour, every.n as calls, coalesce(bad.n, 0) as failed from every left join bad using (hour) where hour between 0 and 23 order by hour",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(since)
    .load(c)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_show_silence_and_never_hide_a_failure() {
        let slot = |slot, calls, failed| Slot { module: "stock".into(), slot, calls, failed, lines: 0 };
        let (busy, bad) = (slot(0, 1000, 0), slot(11, 1000, 1));
        let drawn = bars(&[&busy, &bad]);
        assert_eq!((drawn.len(), drawn[0], drawn[5], drawn[11]), (12, (21, 0), (1, 0), (17, 4)));
    }
}
