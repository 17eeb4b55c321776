//! Groups that were deleted, and how they come back: with their members, their divisions and their prices, as far as nobody has
//! taken their place (I-9).

use super::groups::{self, Count, KEY};
use crate::ids::MerchantId;
use crate::text::Text as Sentence;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, SmallInt, Text, Timestamptz};
use serde_json::{Value, json};

/// For so long a deleted group can come back, and a removed price keeps its clock.
pub const KEPT_DAYS: i64 = 90;
/// Deleted groups that are offered to come back.
const SHOWN: i64 = 20;

/// Which of the two kinds of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Region,
    Customer,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Region => "region",
            Kind::Customer => "customer",
        }
    }
    fn table(self) -> &'static str {
        match self {
            Kind::Region => "region_groups",
            Kind::Customer => "customer_groups",
        }
    }
    /// The column of a price that names such a group.
    fn column(self) -> &'static str {
        match self {
            Kind::Region => "region_group_id",
            Kind::Customer => "customer_group_id",
        }
    }
}

/// A deleted group.
#[derive(QueryableByName, Clone, Debug, serde::Serialize)]
pub struct Gone {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = SmallInt)]
    #[serde(skip)]
    level: i16,
    #[diesel(sql_type = Int4)]
    #[serde(skip)]
    priority: i32,
    #[diesel(sql_type = Int4)]
    #[serde(skip)]
    version: i32,
    #[diesel(sql_type = Array<Text>)]
    #[serde(skip)]
    regions: Vec<String>,
    /// Prices that went with it.
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub gone_at: DateTime<Utc>,
}

const SELECT: &str = "select id, code::text, name::text, level, priority, version, regions, held, by_name, gone_at from gone_groups where merchant_id = $1 and kind = $2";

/// What came back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Back {
    pub prices: usize,
    /// Prices, divisions and members that could not: what they named is gone, or belongs to another group by now.
    pub left: usize,
}

/// The groups deleted last that can come back.
pub fn list(c: &mut PgConnection, merchant: MerchantId, kind: Kind) -> Result<Vec<Gone>> {
    Ok(diesel::sql_query(format!("{SELECT} order by gone_at desc, id desc limit $3"))
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(kind.as_str())
        .bind::<BigInt, _>(SHOWN)
        .load(c)?)
}

/// Keeps what a group is before it is deleted; its prices are kept by [`groups::drop_prices`].
pub(super) fn keep(tx: &mut PgConnection, cause: &Cause, kind: Kind, id: i64, prices: usize) -> Result<()> {
    let sql = match kind {
        Kind::Region => {
            "insert into gone_groups (merchant_id, kind, id, code, name, version, regions, held, by_name, gone_at) \
             select merchant_id, $3, id, code, name, version, coalesce((select array_agg(m.region_code order by m.region_code) \
               from region_group_members m where m.merchant_id = $1 and m.group_id = $2), '{}'), $4, $5, $6 from region_groups where merchant_id = $1 and id = $2"
        }
        Kind::Customer => {
            "insert into gone_groups (merchant_id, kind, id, code, name, level, priority, version, customers, held, by_name, gone_at) \
             select merchant_id, $3, id, code, name, level, priority, version, coalesce((select array_agg(m.customer_id order by m.customer_id) \
               from customer_group_members m where m.merchant_id = $1 and m.group_id = $2), '{}'), $4, $5, $6 from customer_groups where merchant_id = $1 and id = $2"
        }
    };
    diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .bind::<Text, _>(kind.as_str())
        .bind::<BigInt, _>(i64::try_from(prices).unwrap_or(i64::MAX))
        .bind::<Text, _>(&cause.actor_name)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    Ok(())
}

/// Brings a deleted group back, under the id it had.
///
/// # Errors
/// `NotFound` for one that was never there, is back already, or was deleted too long ago; `Conflict` when another has its code.
pub fn restore(tx: &mut PgConnection, cause: &Cause, kind: Kind, id: i64) -> Result<Back> {
    lock(tx, cause, kind, id)?;
    groups::shut(tx, cause.merchant)?;
    let gone: Gone = diesel::sql_query(format!("{SELECT} and id = $3"))
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(kind.as_str())
        .bind::<BigInt, _>(id)
        .get_result(tx)?;
    if groups::code_taken(tx, cause.merchant, kind.table(), &gone.code, None)? {
        return Err(Error::Conflict(Sentence::new("groups-code-reused").with(&gone.code)));
    }
    insert(tx, cause, kind, &gone)?;
    let (inside, wanted) = members(tx, cause, kind, &gone)?;
    let prices = prices(tx, cause, kind, id)?;
    diesel::sql_query("delete from gone_groups where merchant_id = $1 and kind = $2 and id = $3")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(kind.as_str())
        .bind::<BigInt, _>(id)
        .execute(tx)?;
    let lost = usize::try_from(gone.held).unwrap_or(usize::MAX).saturating_sub(prices);
    let back = Back { prices, left: lost + wanted.saturating_sub(inside) };
    let (verb, subject) = match kind {
        Kind::Region => ("region_group.restored", "region_group"),
        Kind::Customer => ("customer_group.restored", "customer_group"),
    };
    let told = json!({ "name": gone.name, "prices": back.prices, "left": back.left });
    trail::record(tx, cause, &[Entry::new(verb, subject, &gone.code).change(Value::Null, told)])?;
    Ok(back)
}

/// Prices change under their SKU's lock, those that come back too.
fn lock(tx: &mut PgConnection, cause: &Cause, kind: Kind, id: i64) -> Result<()> {
    let sql = format!(
        "select 1 from skus where merchant_id = $1 and id in (select sku_id from gone_prices where merchant_id = $1 and with_group and {0} = $2 and {0} > 0) \
         order by id for no key update",
        kind.column()
    );
    diesel::sql_query(sql).bind::<BigInt, _>(cause.merchant).bind::<BigInt, _>(id).execute(tx)?;
    Ok(())
}

fn insert(tx: &mut PgConnection, cause: &Cause, kind: Kind, gone: &Gone) -> Result<()> {
    let sql = match kind {
        Kind::Region => {
            "insert into region_groups (merchant_id, id, code, name, version, created_at, updated_at) overriding system value \
             select $1, $2, $3, $4, $5, $6, $6 where $7 >= 0 and $8 > 0"
        }
        Kind::Customer => {
            "insert into customer_groups (merchant_id, id, code, name, version, created_at, updated_at, level, priority) overriding system value \
             values ($1, $2, $3, $4, $5, $6, $6, $7, $8)"
        }
    };
    diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(gone.id)
        .bind::<Text, _>(&gone.code)
        .bind::<Text, _>(&gone.name)
        .bind::<Int4, _>(gone.version.saturating_add(1))
        .bind::<Timestamptz, _>(cause.now)
        .bind::<SmallInt, _>(gone.level)
        .bind::<Int4, _>(gone.priority)
        .execute(tx)?;
    Ok(())
}

/// Takes its divisions or customers in again; how many, of how many. What another group has by now stays there.
fn members(tx: &mut PgConnection, cause: &Cause, kind: Kind, gone: &Gone) -> Result<(usize, usize)> {
    if kind == Kind::Region {
        let inside = diesel::sql_query(
            "insert into region_group_members (merchant_id, region_code, group_id) select $1, code, $2 from regions where code = any($3) on conflict do nothing",
        )
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(gone.id)
        .bind::<Array<Text>, _>(&gone.regions)
        .execute(tx)?;
        return Ok((inside, gone.regions.len()));
    }
    #[derive(QueryableByName)]
    struct Wanted {
        #[diesel(sql_type = BigInt)]
        wanted: i64,
    }
    let wanted: Wanted = diesel::sql_query(
        "select cardinality(customers)::bigint as wanted from gone_groups where merchant_id = $1 and kind = 'customer' and id = $2",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(gone.id)
    .get_result(tx)?;
    let inside = diesel::sql_query(
        "insert into customer_group_members (merchant_id, customer_id, group_id) select $1, k.id, $2 from customers k where k.merchant_id = $1 \
         and k.id in (select unnest(customers) from gone_groups where merchant_id = $1 and kind = 'customer' and id = $2) on conflict do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(gone.id)
    .execute(tx)?;
    Ok((inside, usize::try_from(wanted.wanted).unwrap_or(usize::MAX)))
}

/// Its prices, where all they name is there; what waits for another deleted group goes on waiting.
fn prices(tx: &mut PgConnection, cause: &Cause, kind: Kind, id: i64) -> Result<usize> {
    let sql = format!(
        "with back as (delete from gone_prices g where g.merchant_id = $1 and g.with_group and g.{0} = $2 and g.{0} > 0 \
           and (g.customer_id = 0 or exists (select 1 from customers k where k.merchant_id = $1 and k.id = g.customer_id)) \
           and (g.customer_group_id = 0 or exists (select 1 from customer_groups k where k.merchant_id = $1 and k.id = g.customer_group_id)) \
           and (g.region_group_id = 0 or exists (select 1 from region_groups k where k.merchant_id = $1 and k.id = g.region_group_id)) returning *), \
         made as (insert into prices ({KEY}, valid_until, amount, owner, source_time, updated_at) \
           select {KEY}, valid_until, amount, owner, source_time, $3 from back), \
         moved as (update skus set quote_version = quote_version + 1 where merchant_id = $1 and id in (select sku_id from back)) \
         select count(*) as n from back",
        kind.column()
    );
    let back: Count =
        diesel::sql_query(sql).bind::<BigInt, _>(cause.merchant).bind::<BigInt, _>(id).bind::<Timestamptz, _>(cause.now).get_result(tx)?;
    Ok(back.rows())
}

/// Forgets what nobody will bring back, and clocks no message is older than.
pub fn forget_old(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    let mut forgotten = 0;
    for table in ["gone_prices", "gone_groups"] {
        forgotten += diesel::sql_query(format!("delete from {table} where gone_at < $1"))
            .bind::<Timestamptz, _>(now - Duration::days(KEPT_DAYS))
            .execute(tx)?;
    }
    Ok(forgotten)
}
