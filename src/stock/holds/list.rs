//! Holds as people look at them: those that are on, those about to end, and what became of the others.

use crate::Result;
use crate::clock::WARNED_MINUTES;
use crate::ids::{HoldId, MerchantId, ShopId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use serde::Serialize;

/// A hold that ends sooner than this is about to end: twice the time of the reminder.
pub const SOON_MINUTES: i64 = 2 * WARNED_MINUTES;

/// Which ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// On, the newest first.
    Active,
    /// On and about to end, the next to end first.
    Ending,
    /// Over, the newest first.
    Ended,
}

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Item {
    #[diesel(sql_type = BigInt)]
    pub id: HoldId,
    /// The id by which people know the SKU.
    #[diesel(sql_type = Text)]
    pub sku: String,
    #[diesel(sql_type = BigInt)]
    pub shop: ShopId,
    #[diesel(sql_type = Text)]
    pub shop_name: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = BigInt)]
    pub qty: i64,
    /// What the automatic value was when the hold began.
    #[diesel(sql_type = BigInt)]
    pub shadow: i64,
    /// Units taken under it.
    #[diesel(sql_type = BigInt)]
    pub used: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    pub keeps: bool,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub started_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub ended_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub ended_why: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub ended_by: Option<String>,
}

impl Item {
    /// Units sold that the automatic value would not have given.
    pub fn cost(&self) -> i64 {
        (self.used - self.shadow.max(0)).max(0)
    }
    /// Minutes to its end, while it is on and has one.
    pub fn left(&self, now: DateTime<Utc>) -> Option<i64> {
        self.until.filter(|_| self.ended_at.is_none()).map(|until| (until - now).num_minutes().max(0))
    }
    pub fn is_soon(&self, now: DateTime<Utc>) -> bool {
        self.left(now).is_some_and(|minutes| minutes < SOON_MINUTES)
    }
    /// Over, and the number stays until the next push.
    pub fn waits(&self, now: DateTime<Utc>) -> bool {
        self.keeps && self.ended_at.is_none() && self.until.is_some_and(|until| until <= now)
    }
    /// The text key of why it ended.
    pub fn end(&self) -> &'static str {
        match self.ended_why.as_deref() {
            Some("expired") => "holds-end-expired",
            Some("replaced") => "holds-end-replaced",
            Some("pushed") => "holds-end-pushed",
            _ => "holds-end-released",
        }
    }
}

const COLUMNS: &str = "h.id, k.sku_id as sku, h.shop_id as shop, t.name as shop_name, p.name, p.spec, h.qty, h.shadow, coalesce(h.used, s.hold_used) as used, \
    h.until, h.keeps, h.reason, h.by_name, h.started_at, h.ended_at, h.ended_why, h.ended_by";
const NAMES: &str = "join stock s on s.merchant_id = h.merchant_id and s.sku_id = h.sku_id and s.shop_id = h.shop_id \
    join skus k on k.merchant_id = h.merchant_id and k.id = h.sku_id join products p on p.merchant_id = k.merchant_id and p.id = k.product_id \
    join shops t on t.merchant_id = h.merchant_id and t.id = h.shop_id";

/// One page after a place: when the hold began (or, of those about to end, when it ends) and its id.
pub fn page(
    c: &mut PgConnection,
    merchant: MerchantId,
    which: Which,
    after: Option<(DateTime<Utc>, HoldId)>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Item>> {
    let (wanted, later, order) = match which {
        Which::Active => ("ended_at is null and $5 > $4", "(started_at, id) < ($2, $3)", "started_at desc, id desc"),
        Which::Ending => ("ended_at is null and until <= $5 and until > $4", "(until, id) > ($2, $3)", "until, id"),
        Which::Ended => ("ended_at is not null and $5 > $4", "(started_at, id) < ($2, $3)", "started_at desc, id desc"),
    };
    let later = if after.is_some() { later } else { "$2::timestamptz is null and $3 = 0" };
    let sql = format!(
        "select {COLUMNS} from (select * from holds where merchant_id = $1 and {wanted} and {later} order by {order} limit $6) h {NAMES} order by {}",
        order.replace("started_at", "h.started_at").replace("until", "h.until").replace("id", "h.id")
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<Timestamptz>, _>(after.map(|a| a.0))
        .bind::<BigInt, _>(after.map_or(HoldId(0), |a| a.1))
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now + Duration::minutes(SOON_MINUTES))
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// One hold.
pub fn one(c: &mut PgConnection, merchant: MerchantId, id: HoldId) -> Result<Item> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from holds h {NAMES} where h.merchant_id = $1 and h.id = $2"))
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(id)
        .get_result(c)?)
}

#[derive(QueryableByName, Clone, Copy, Debug, Default)]
pub struct Counts {
    #[diesel(sql_type = BigInt)]
    pub active: i64,
    #[diesel(sql_type = BigInt)]
    pub ending: i64,
    /// The next end of a hold that is on.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub next: Option<DateTime<Utc>>,
}

/// Those that are on; there are few of them beside everything else.
pub fn counts(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Counts> {
    Ok(diesel::sql_query(
        "select count(*) as active, count(*) filter (where until <= $3 and until > $2) as ending, min(until) filter (where until > $2) as next \
         from holds where merchant_id = $1 and ended_at is null",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + Duration::minutes(SOON_MINUTES))
    .get_result(c)?)
}
