//! What region groups and customer groups have in common.

use crate::Result;
use crate::error::Error;
use crate::ids::MerchantId;
use crate::text::Text as Sentence;
use crate::trail::Cause;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int4, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use serde::Serialize;

/// Uses are counted no further.
pub const COUNTED: i64 = 1000;
/// Prices that a deletion shows.
const SHOWN: i64 = 20;
/// Any number will do that no other lock of two numbers uses.
const GROUPING: i32 = 7211;

/// What ERPs send must be plain: no spaces, and nothing that names of prices are put together with.
pub(super) fn is_code(code: &str) -> bool {
    (1..=20).contains(&code.chars().count())
        && !code.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | ':' | '~' | '\u{FFFD}'))
}

/// The key of a price, one that is gone as well.
pub(super) const KEY: &str = "merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from";

#[derive(QueryableByName)]
pub(super) struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

impl Count {
    pub fn rows(&self) -> usize {
        usize::try_from(self.n).unwrap_or(usize::MAX)
    }
}

pub(super) fn moved_on() -> Error {
    Error::Conflict(Sentence::new("pricing-group-moved-on"))
}

/// One change of a merchant's groups at a time.
pub(super) fn shut(tx: &mut PgConnection, merchant: MerchantId) -> Result<()> {
    diesel::sql_query("select pg_advisory_xact_lock($1, hashint8($2))")
        .bind::<Int4, _>(GROUPING)
        .bind::<BigInt, _>(merchant)
        .execute(tx)?;
    Ok(())
}

pub(super) fn code_taken(c: &mut PgConnection, merchant: MerchantId, table: &'static str, code: &str, but: Option<i64>) -> Result<bool> {
    #[derive(QueryableByName)]
    struct One {
        #[diesel(sql_type = Bool)]
        taken: bool,
    }
    let sql = format!("select exists (select 1 from {table} where merchant_id = $1 and code = $2 and id <> $3) as taken");
    let one: One =
        diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(code).bind::<BigInt, _>(but.unwrap_or(0)).get_result(c)?;
    Ok(one.taken)
}

/// A price that would go, and what it would leave.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Fallback {
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Numeric)]
    pub amount: Decimal,
    /// The most specific standing price below it: of the group alone where it was for a group in a region, else the default.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub below: Option<Decimal>,
    #[diesel(sql_type = Text)]
    pub rule: String,
}

impl Fallback {
    /// The text key of what it falls back to.
    pub fn label(&self) -> &'static str {
        match self.rule.as_str() {
            "customer" => "pricing-rule-customer",
            "group" => "pricing-rule-group",
            "region" => "pricing-rule-region",
            _ => "pricing-rule-default",
        }
    }
}

/// The first prices of a group, in the order of SKUs, with what each would fall back to.
pub(super) fn fallback(c: &mut PgConnection, merchant: MerchantId, column: &'static str, id: i64) -> Result<Vec<Fallback>> {
    let sql = format!(
        "select k.sku_id, o.name, p.amount, coalesce(b.amount, k.base_price) as below, coalesce(b.rule, 'default') as rule \
         from (select * from prices where merchant_id = $1 and {column} = $2 and {column} > 0 order by sku_id, customer_id, customer_group_id limit $3) p \
         join skus k on k.merchant_id = $1 and k.id = p.sku_id join products o on o.merchant_id = $1 and o.id = k.product_id \
         left join lateral (select q.amount, case when q.customer_id > 0 then 'customer' when q.customer_group_id > 0 then 'group' else 'region' end as rule \
           from prices q where q.merchant_id = $1 and q.sku_id = p.sku_id and q.{column} = 0 and q.shop_id = 0 and not isfinite(q.valid_from) \
             and q.customer_id = p.customer_id and q.customer_group_id in (0, p.customer_group_id) and q.region_group_id in (0, p.region_group_id) \
             and (q.customer_id, q.customer_group_id, q.region_group_id) <> (p.customer_id, p.customer_group_id, p.region_group_id) \
           order by q.customer_id desc, q.customer_group_id desc limit 1) b on true order by p.sku_id"
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).bind::<BigInt, _>(SHOWN).load(c)?)
}

/// Prices change under their SKU's lock, deleted ones too; SKUs by id, as everybody locks them.
pub(super) fn lock_prices(tx: &mut PgConnection, merchant: MerchantId, column: &'static str, id: i64) -> Result<()> {
    let sql = format!(
        "select 1 from skus where merchant_id = $1 and id in (select sku_id from prices where merchant_id = $1 and {column} = $2 and {column} > 0) \
         order by id for no key update"
    );
    diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).execute(tx)?;
    Ok(())
}

/// Drops all prices of a group; each of its SKUs counts that as a change. They are kept with the group, to come back with it.
pub(super) fn drop_prices(tx: &mut PgConnection, cause: &Cause, column: &'static str, id: i64) -> Result<usize> {
    let sql = format!(
        "with gone as (delete from prices where merchant_id = $1 and {column} = $2 and {column} > 0 returning *), \
         kept as (insert into gone_prices ({KEY}, source_time, with_group, valid_until, amount, owner, gone_at) \
           select {KEY}, source_time, true, valid_until, amount, owner, $3 from gone on conflict do nothing), \
         moved as (update skus set quote_version = quote_version + 1 where merchant_id = $1 and id in (select sku_id from gone)) \
         select count(*) as n from gone"
    );
    let gone: Count =
        diesel::sql_query(sql).bind::<BigInt, _>(cause.merchant).bind::<BigInt, _>(id).bind::<Timestamptz, _>(cause.now).get_result(tx)?;
    Ok(gone.rows())
}
