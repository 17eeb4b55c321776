//! Lines that waited for a category are applied when it has arrived.

use crate::Result;
use crate::feeds::replay::{self, Wanted};
use crate::ids::MerchantId;
use crate::wire::Method;
use chrono::{DateTime, Utc};
use diesel::PgConnection;

/// Lines of one transaction.
const AT_ONCE: usize = 500;

/// Replays a merchant's lines of `method` whose category is known by now; how many there were. Call again until it is none.
/// Lines whose category is still missing do not stand in the way of younger ones.
pub fn replay_parked(tx: &mut PgConnection, merchant: MerchantId, method: &'static Method, now: DateTime<Utc>) -> Result<usize> {
    let there = "exists (select 1 from categories c where c.merchant_id = w.merchant_id and c.id = coalesce( \
       (select m.ours from code_maps m where m.merchant_id = w.merchant_id and m.kind = 'category' and m.theirs = w.code), w.code))";
    let wanted = Wanted { methods: &[method], waits_for: "category", there, newest_first: false, limit: AT_ONCE };
    let ready = replay::ready(tx, merchant, &wanted)?;
    replay::replay(tx, merchant, method, ready, &[], now)
}
