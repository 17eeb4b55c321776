//! Fixed-window counters that hold across instances.

use crate::db::Prepare;
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Int4, Text, Timestamptz};

/// All limits of this kind are per minute.
const WINDOW: i64 = 60;

/// What a window still holds after this use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub remaining: i32,
    /// Seconds until the window starts anew.
    pub resets_in: u64,
}

#[derive(QueryableByName)]
struct Used {
    #[diesel(sql_type = Int4)]
    used: i32,
}

/// Counts one use of `name` in the current minute.
///
/// # Errors
/// `TooMany` beyond the limit; that use is not kept, since its transaction ends here.
pub fn take(tx: &mut PgConnection, name: &str, limit: i32, now: DateTime<Utc>) -> Result<Left> {
    let into = now.timestamp().rem_euclid(WINDOW);
    let start = now - Duration::seconds(into) - Duration::nanoseconds(now.timestamp_subsec_nanos().into());
    let Used { used } = diesel::sql_query(
        "insert into buckets as b (name, window_start, used) values ($1, $2, 1) \
         on conflict (name) do update set used = case when b.window_start = excluded.window_start then b.used + 1 else 1 end, \
         window_start = excluded.window_start returning used",
    )
    .bind::<Text, _>(name)
    .bind::<Timestamptz, _>(start)
    .prepared()
    .get_result(tx)?;
    let resets_in = u64::try_from(WINDOW - into).unwrap_or(1);
    if used > limit {
        return Err(Error::TooMany { retry_after: resets_in, limit });
    }
    Ok(Left { remaining: limit - used, resets_in })
}

/// Drops windows nobody has touched for a day.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::sql_query("delete from buckets where window_start < $1").bind::<Timestamptz, _>(now - Duration::days(1)).execute(tx)?)
}
