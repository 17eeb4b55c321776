//! What does not reach the ERP as it should, in numbers: too long on its way, or handed over and not acknowledged (O-11).

use super::rules::Rules;
use crate::Result;
use crate::ids::MerchantId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};

/// Counts stop here.
const CAP: i64 = 1000;

/// The orders on their way into the ERP.
#[derive(QueryableByName, Clone, Debug, Default)]
pub struct Board {
    /// Longer than the merchant thinks right.
    #[diesel(sql_type = BigInt)]
    pub late: i64,
    /// Since when the first of them.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub since: Option<DateTime<Utc>>,
    /// Of those: handed over, and no receipt has come.
    #[diesel(sql_type = BigInt)]
    pub handed: i64,
}

/// From the index of the orders on their way, which is short while all is well.
pub fn of(c: &mut PgConnection, merchant: MerchantId, rules: &Rules, now: DateTime<Utc>) -> Result<Board> {
    Ok(diesel::sql_query(
        "select count(*) as late, min(since) as since, count(*) filter (where handed) as handed from \
           (select coalesce(paid_at, placed_at) as since, sync = 'delivered' as handed from orders where merchant_id = $1 \
              and sync in ('unsynced', 'delivered') and coalesce(paid_at, placed_at) < $2 order by seq limit $3) q",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now - Duration::minutes(i64::from(rules.alert_minutes)))
    .bind::<BigInt, _>(CAP)
    .get_result(c)?)
}
