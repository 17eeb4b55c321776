//! What the lines of a call would do, weighed with what the last minutes have done.

use super::rules::{Rules, rules};
use crate::Result;
use crate::trail::{Cause, Kind};
use crate::wire::{LineCode, LineResult, Outcome, Problem};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int4, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What a quarantined line waits for, with the quarantine's number as the code.
pub const WAITS_FOR: &str = "quarantine";
/// The system actor that carries out what a person has released.
pub const REPLAYER: &str = "quarantine";
/// The system actor that carries out what a person has taken from a reconciliation.
pub const RECONCILER: &str = "reconciliation";
/// The sliding window.
const WINDOW_MINUTES: i64 = 10;
/// Within this time more of the same joins a quarantine nobody has decided yet.
const JOINS_MINUTES: i64 = 60;

/// What is guarded against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// A row in stock goes to zero.
    Zero,
    /// A price moves far.
    Swing,
    /// A price becomes zero or falls below cost.
    Floor,
    /// A SKU of which buyers have frozen units loses its last lot.
    Lots,
}

impl Guard {
    pub const ALL: [Guard; 4] = [Guard::Zero, Guard::Swing, Guard::Floor, Guard::Lots];
    /// Each line is weighed by itself, whatever happened before it.
    fn is_single(self) -> bool {
        matches!(self, Guard::Floor | Guard::Lots)
    }
    pub fn as_str(self) -> &'static str {
        match self {
            Guard::Zero => "zero",
            Guard::Swing => "swing",
            Guard::Floor => "floor",
            Guard::Lots => "lots",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Guard::Zero => "guard-zero",
            Guard::Swing => "guard-swing",
            Guard::Floor => "guard-floor",
            Guard::Lots => "guard-lots",
        }
    }
}

/// A line that would do something worth a second look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Danger {
    /// The line's number in its call.
    pub no: i32,
    pub guard: Guard,
}

/// What is known when a guard decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Scale {
    /// Dangerous lines of this call.
    here: i64,
    /// Those of the window before it that were applied.
    passed: i64,
    /// Those of the window before it that were stopped.
    caught: i64,
}

impl Scale {
    fn total(self) -> i64 {
        self.here + self.passed + self.caught
    }
    /// The largest number of rows in stock at which the share is still reached.
    fn reaches(self, share: i16) -> Option<i64> {
        (share > 0).then(|| self.total() * 100 / i64::from(share) - self.passed)
    }
}

/// Whether enough lines have come together; the share of stock is asked for only then.
fn is_many(rules: &Rules, guard: Guard, scale: Scale) -> bool {
    match guard {
        Guard::Zero => rules.zero_on && scale.total() >= i64::from(rules.zero_rows),
        Guard::Swing => rules.swing_on && scale.total() >= i64::from(rules.swing_rows),
        Guard::Floor => rules.floor_on && scale.here > 0,
        Guard::Lots => rules.lots_on && scale.here > 0,
    }
}

/// Which lines must wait, and in which quarantine. Costs nothing when no line is dangerous.
///
/// Takes no lock and waits for nobody: the window's counters are rows of their own, so two calls at the same moment may each
/// not see the other; the next one sees both.
pub fn weigh(tx: &mut PgConnection, cause: &Cause, dangers: &[Danger]) -> Result<HashMap<i32, i64>> {
    if dangers.is_empty() || is_decided(cause) {
        return Ok(HashMap::new());
    }
    let rules = rules(tx, cause.merchant)?;
    let mut caught = HashMap::new();
    for guard in Guard::ALL {
        let lines: Vec<i32> = dangers.iter().filter(|d| d.guard == guard).map(|d| d.no).collect();
        if lines.is_empty() {
            continue;
        }
        if let Some((scale, stock)) = trips(tx, cause, &rules, guard, lines.len())? {
            let id = quarantine(tx, cause, &rules, guard, scale, stock)?;
            caught.extend(lines.into_iter().map(|no| (no, id)));
        }
    }
    Ok(caught)
}

/// The same for `here` lines that cannot wait: whether they must be turned down.
pub fn turns_down(tx: &mut PgConnection, cause: &Cause, guard: Guard, here: usize) -> Result<bool> {
    if here == 0 || is_decided(cause) {
        return Ok(false);
    }
    let rules = rules(tx, cause.merchant)?;
    Ok(trips(tx, cause, &rules, guard, here)?.is_some())
}

/// A person's own doing, by their hand or by ours.
fn is_decided(cause: &Cause) -> bool {
    cause.kind == Kind::Person || (cause.kind == Kind::System && [REPLAYER, RECONCILER].contains(&cause.actor_name.as_str()))
}

/// Counts the lines of this call into the window, and says what they trip over.
fn trips(tx: &mut PgConnection, cause: &Cause, rules: &Rules, guard: Guard, here: usize) -> Result<Option<(Scale, Measured)>> {
    let scale = Scale { here: i64::try_from(here).unwrap_or(i64::MAX), ..window(tx, cause, guard)? };
    let stock = if is_many(rules, guard, scale) { measure(tx, cause, rules, guard, scale)? } else { Measured::Enough };
    let trips = is_many(rules, guard, scale) && stock != Measured::Enough;
    note(tx, cause, guard, scale.here, trips)?;
    Ok(trips.then_some((scale, stock)))
}

/// How the dangerous lines stand to all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measured {
    /// So much is in stock that this is an ordinary day.
    Enough,
    /// All there is in stock, before any of it went.
    Of(i64),
    /// The rule asks for no share.
    Unasked,
}

fn measure(tx: &mut PgConnection, cause: &Cause, rules: &Rules, guard: Guard, scale: Scale) -> Result<Measured> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    if guard != Guard::Zero {
        return Ok(Measured::Unasked);
    }
    let Some(reaches) = scale.reaches(rules.zero_share) else {
        return Ok(Measured::Unasked);
    };
    // One more than may be there says enough.
    let count: Count =
        diesel::sql_query("select count(*) as n from (select 1 from stock where merchant_id = $1 and erp_qty > 0 limit $2) counted")
            .bind::<BigInt, _>(cause.merchant)
            .bind::<BigInt, _>(reaches + 1)
            .get_result(tx)?;
    Ok(if count.n > reaches { Measured::Enough } else { Measured::Of(count.n + scale.passed) })
}

fn window(tx: &mut PgConnection, cause: &Cause, guard: Guard) -> Result<Scale> {
    #[derive(QueryableByName)]
    struct Sum {
        #[diesel(sql_type = BigInt)]
        passed: i64,
        #[diesel(sql_type = BigInt)]
        caught: i64,
    }
    if guard.is_single() {
        return Ok(Scale::default());
    }
    let sum: Sum = diesel::sql_query(
        "select coalesce(sum(lines) filter (where not caught), 0)::bigint as passed, coalesce(sum(lines) filter (where caught), 0)::bigint as caught \
         from guard_ticks where merchant_id = $1 and guard = $2 and at > $3",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(guard.as_str())
    .bind::<Timestamptz, _>(cause.now - Duration::minutes(WINDOW_MINUTES))
    .get_result(tx)?;
    Ok(Scale { here: 0, passed: sum.passed, caught: sum.caught })
}

fn note(tx: &mut PgConnection, cause: &Cause, guard: Guard, lines: i64, caught: bool) -> Result<()> {
    if guard.is_single() {
        return Ok(());
    }
    diesel::sql_query("insert into guard_ticks (merchant_id, guard, at, lines, caught) values ($1, $2, $3, $4, $5)")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(guard.as_str())
        .bind::<Timestamptz, _>(cause.now)
        .bind::<Int4, _>(i32::try_from(lines).unwrap_or(i32::MAX))
        .bind::<Bool, _>(caught)
        .execute(tx)?;
    Ok(())
}

/// The undecided quarantine of the same kind that these lines join, or a new one.
fn quarantine(tx: &mut PgConnection, cause: &Cause, rules: &Rules, guard: Guard, scale: Scale, stock: Measured) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let open: Option<Id> = diesel::sql_query(
        "select q.id from quarantines q where q.merchant_id = $1 and q.guard = $2 and q.at > $3 and exists (select 1 from parked_lines p \
         where p.merchant_id = $1 and p.waits_for = 'quarantine' and p.code = q.id::text and p.settled_at is null) order by q.id desc limit 1",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(guard.as_str())
    .bind::<Timestamptz, _>(cause.now - Duration::minutes(JOINS_MINUTES))
    .get_result(tx)
    .optional()?;
    if let Some(open) = open {
        return Ok(open.id);
    }
    let in_stock = if let Measured::Of(n) = stock { Some(n) } else { None };
    let made: Id = diesel::sql_query(
        "insert into quarantines (merchant_id, guard, at, actor_name, request_id, feed_id, lines, earlier, in_stock, rule) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(guard.as_str())
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Nullable<SqlUuid>, _>(cause.request_id)
    .bind::<Nullable<BigInt>, _>(cause.feed)
    .bind::<BigInt, _>(scale.here)
    .bind::<BigInt, _>(scale.passed)
    .bind::<Nullable<BigInt>, _>(in_stock)
    .bind::<Jsonb, _>(rule(rules, guard))
    .get_result(tx)?;
    Ok(made.id)
}

/// The rule as it was when it tripped.
fn rule(rules: &Rules, guard: Guard) -> Value {
    match guard {
        Guard::Zero => json!({ "rows": rules.zero_rows, "share": rules.zero_share }),
        Guard::Swing => json!({ "rows": rules.swing_rows, "percent": rules.swing_percent }),
        Guard::Floor | Guard::Lots => json!({}),
    }
}

/// The end of a line that was stopped: parked, with what stays in force and where a person decides about it.
#[must_use]
pub fn stopped(mut result: LineResult, quarantine: i64, field: &str, sent: &str, in_force: impl Into<Value>) -> LineResult {
    let in_force = in_force.into();
    let shown = in_force.as_str().map_or_else(|| in_force.to_string(), ToOwned::to_owned);
    result.outcome = Outcome::Parked;
    let problem = Problem::new(LineCode::Quarantined, field, sent).detail(quarantine).detail(shown);
    result.problems.insert(0, problem);
    result.telling(field, in_force).waiting_for(WAITS_FOR, &quarantine.to_string())
}

/// Housekeeping: counters no window reaches any more.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::sql_query("delete from guard_ticks where at < $1").bind::<Timestamptz, _>(now - Duration::hours(1)).execute(tx)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_rows_and_a_fifth_of_all_that_is_in_stock() {
        let rules = Rules::default();
        let scale = |here, passed, caught| Scale { here, passed, caught };
        assert!(!is_many(&rules, Guard::Zero, scale(29, 0, 0)));
        assert!(is_many(&rules, Guard::Zero, scale(1, 29, 0)));
        // 30 of 150 are a fifth; 29 of those 150 are gone already, so 121 are left.
        assert_eq!(scale(30, 0, 0).reaches(20), Some(150));
        assert_eq!(scale(1, 29, 0).reaches(20), Some(121));
        // What was stopped is still there.
        assert_eq!(scale(1, 29, 10).reaches(20), Some(171));
        assert_eq!(scale(30, 0, 0).reaches(0), None);
    }

    #[test]
    fn each_guard_has_its_switch() {
        let off = Rules { zero_on: false, swing_on: false, floor_on: false, lots_on: false, ..Rules::default() };
        for guard in Guard::ALL {
            assert!(is_many(&Rules::default(), guard, Scale { here: 1000, ..Scale::default() }));
            assert!(!is_many(&off, guard, Scale { here: 1000, ..Scale::default() }));
            assert_eq!(Guard::of(guard.as_str()), Some(guard));
        }
    }
}
