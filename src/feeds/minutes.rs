//! The call log counted by minute as it is written: what the sync centre shows costs the same with any number of calls.

use super::calls::CallRow;
use crate::Result;
use crate::db::Prepare;
use crate::ids::MerchantId;
use chrono::{DateTime, Duration, DurationRound, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, SmallInt, Text, Timestamptz};

/// Each step of the histogram is a quarter longer than the one before; the last holds everything beyond seven seconds.
const STEPS: usize = 40;
const FACTOR: f64 = 1.25;
const KEPT_DAYS: i64 = 2;
/// Rows a minute, so that calls at the same time do not queue for one: the request's id says which.
const SPREAD: u8 = 16;
/// Bars of the last hour, five minutes each.
pub const SLOTS: usize = 12;

/// The step a duration falls into, from zero.
fn step(ms: i32) -> usize {
    let mut end = 1.0;
    (0..STEPS - 1)
        .find(|_| {
            let inside = f64::from(ms) <= end;
            end *= FACTOR;
            inside
        })
        .unwrap_or(STEPS - 1)
}

/// The longest duration of a step, in milliseconds.
fn end_of(step: i32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "at most some thousands")]
    let end = FACTOR.powi(step).ceil() as i64;
    end
}

pub(super) fn count(tx: &mut PgConnection, row: &CallRow) -> Result<()> {
    if row.module.is_empty() {
        return Ok(());
    }
    let minute = row.at.duration_trunc(Duration::minutes(1)).map_err(crate::Error::broken)?;
    let step = step(row.ms);
    let slow: Vec<i32> = (0..STEPS).map(|n| i32::from(n == step)).collect();
    diesel::sql_query(
        "insert into call_minutes as m (merchant_id, minute, module, slot, calls, failed, lines, slow) values ($1, $2, $3, $8, 1, $4, $5, $6) \
         on conflict (merchant_id, minute, module, slot) do update set calls = m.calls + 1, failed = m.failed + excluded.failed, \
         lines = m.lines + excluded.lines, slow[$7] = m.slow[$7] + 1",
    )
    .bind::<BigInt, _>(row.merchant)
    .bind::<Timestamptz, _>(minute)
    .bind::<Text, _>(&row.module)
    .bind::<Int4, _>(i32::from(row.status >= 400 || row.counts.rejected > 0))
    .bind::<BigInt, _>(i64::from(row.counts.total))
    .bind::<Array<Int4>, _>(slow)
    .bind::<Int4, _>(i32::try_from(step + 1).unwrap_or(i32::MAX))
    .bind::<SmallInt, _>(row.id.as_bytes().last().map_or(0, |byte| i16::from(byte % SPREAD)))
    .prepared().execute(tx)?;
    Ok(())
}

/// Any number will do that no other lock of one number uses.
const FOLDING: i64 = 7213;
/// By then nobody counts into a minute any more.
const SETTLED_MINUTES: i64 = 3;

/// Brings what is settled together, so that a day of a million calls takes no more rows than one of a thousand: the rows of a
/// minute into one, and those of an hour that no page looks into any more into one without its histogram. One instance at a
/// time; how many rows went.
pub fn fold(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Mine {
        #[diesel(sql_type = Bool)]
        mine: bool,
    }
    let lock: Mine = diesel::sql_query("select pg_try_advisory_xact_lock($1) as mine").bind::<BigInt, _>(FOLDING).get_result(tx)?;
    if !lock.mine {
        return Ok(0);
    }
    let minutes = diesel::sql_query(
        "with spread as (delete from call_minutes where minute < $1 and slot > 0 returning *), \
         sums as (select merchant_id, minute, module, sum(calls) as calls, sum(failed) as failed, sum(lines) as lines from spread group by 1, 2, 3), \
         steps as (select merchant_id, minute, module, s.step, sum(s.n) as n from spread, unnest(slow) with ordinality as s(n, step) group by 1, 2, 3, 4), \
         slow as (select merchant_id, minute, module, array_agg(n::int order by step) as slow from steps group by 1, 2, 3) \
         insert into call_minutes as m (merchant_id, minute, module, slot, calls, failed, lines, slow) \
           select merchant_id, minute, module, 0, calls, failed, lines, slow from sums join slow using (merchant_id, minute, module) \
         on conflict (merchant_id, minute, module, slot) do update set calls = m.calls + excluded.calls, failed = m.failed + excluded.failed, \
           lines = m.lines + excluded.lines, \
           slow = (select array_agg(a.n + b.n order by a.step) from unnest(m.slow) with ordinality as a(n, step) \
             join unnest(excluded.slow) with ordinality as b(n, step) on b.step = a.step)",
    )
    .bind::<Timestamptz, _>(now - Duration::minutes(SETTLED_MINUTES))
    .execute(tx)?;
    let hours = diesel::sql_query(
        "with past as (delete from call_minutes where minute < date_trunc('hour', $1::timestamptz) and slot >= 0 returning *) \
         insert into call_minutes as m (merchant_id, minute, module, slot, calls, failed, lines, slow) \
           select merchant_id, date_trunc('hour', minute), module, -1, sum(calls), sum(failed), sum(lines), '{}' from past group by 1, 2, 3 \
         on conflict (merchant_id, minute, module, slot) do update set calls = m.calls + excluded.calls, failed = m.failed + excluded.failed, \
           lines = m.lines + excluded.lines",
    )
    .bind::<Timestamptz, _>(now - Duration::minutes(60 + SETTLED_MINUTES))
    .execute(tx)?;
    Ok(minutes + hours)
}

/// Housekeeping.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::sql_query("delete from call_minutes where minute < $1")
        .bind::<Timestamptz, _>(now - Duration::days(KEPT_DAYS))
        .execute(tx)?)
}

/// Calls of one module since a moment.
#[derive(QueryableByName, Clone, Debug)]
pub struct Sum {
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
}

pub fn since(c: &mut PgConnection, merchant: MerchantId, from: DateTime<Utc>) -> Result<Vec<Sum>> {
    Ok(diesel::sql_query(
        "select module, sum(calls)::bigint as calls, sum(failed)::bigint as failed from call_minutes where merchant_id = $1 and minute >= $2 group by module",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(from)
    .load(c)?)
}

/// Five minutes of one module.
#[derive(QueryableByName, Clone, Debug)]
pub struct Slot {
    #[diesel(sql_type = Text)]
    pub module: String,
    /// 0 is the oldest.
    #[diesel(sql_type = Int4)]
    pub slot: i32,
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
}

/// The last hour in [`SLOTS`] slots.
pub fn last_hour(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Slot>> {
    Ok(diesel::sql_query(
        "select module, least(11, floor(extract(epoch from minute - $2) / 300))::int as slot, sum(calls)::bigint as calls, sum(failed)::bigint as failed \
         from call_minutes where merchant_id = $1 and minute > $2 and minute <= $3 group by 1, 2",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now - Duration::hours(1))
    .bind::<Timestamptz, _>(now)
    .load(c)?)
}

/// The time within which 95 of 100 calls of the last hour were answered, in milliseconds, per module; a quarter too long at most.
pub fn p95(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<(String, i64)>> {
    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        module: String,
        #[diesel(sql_type = Int4)]
        step: i32,
    }
    let steps: Vec<Step> = diesel::sql_query(
        "with n as (select module, s.step, sum(s.n) as n from call_minutes, unnest(slow) with ordinality as s(n, step) \
           where merchant_id = $1 and minute > $2 and minute <= $3 group by 1, 2), \
         upto as (select module, step, sum(n) over (partition by module order by step) as below, sum(n) over (partition by module) as every from n) \
         select module, min(step)::int as step from upto where below >= 0.95 * every and every > 0 group by module",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now - Duration::hours(1))
    .bind::<Timestamptz, _>(now)
    .load(c)?;
    Ok(steps.into_iter().map(|s| (s.module, end_of(s.step - 1))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_a_quarter_too_long_at_most() {
        for ms in [0, 1, 2, 7, 58, 240, 999, 4321] {
            let told = end_of(i32::try_from(step(ms)).unwrap());
            assert!(told >= i64::from(ms) && told as f64 <= f64::from(ms.max(1)) * FACTOR + 1.0, "{ms} → {told}");
        }
        assert_eq!(step(1_000_000), STEPS - 1);
    }
}
