//! Lines that named a carrier nobody knew are applied when somebody has said who that is.

use super::api::{LOGISTICS_UPDATE, SHIPMENT_ADD};
use super::carriers::WAITS_FOR;
use crate::Result;
use crate::feeds::replay::{self, Wanted};
use crate::ids::MerchantId;
use chrono::{DateTime, Utc};
use diesel::PgConnection;

/// Lines of one transaction.
const AT_ONCE: usize = 500;

/// Replays a merchant's lines whose carrier is known by now; how many there were.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    let there = "exists (select 1 from carriers c where c.code = coalesce( \
       (select m.ours from code_maps m where m.merchant_id = w.merchant_id and m.kind = 'carrier' and m.theirs = w.code), upper(w.code)))";
    let mut settled = 0;
    for method in [&LOGISTICS_UPDATE, &SHIPMENT_ADD] {
        let wanted = Wanted { methods: &[method], waits_for: WAITS_FOR, there, newest_first: false, limit: AT_ONCE };
        let ready = replay::ready(tx, merchant, &wanted)?;
        settled += replay::replay(tx, merchant, method, ready, &[], now)?;
    }
    Ok(settled)
}
