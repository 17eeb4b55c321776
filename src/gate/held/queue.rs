//! What waits, whose wait is over, and what people decide about it.

use crate::Result;
use crate::gate::exceptions::Exception;
use crate::gate::switches::What;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::trail::{self, Cause, Entry};
use crate::wire::Module;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// Older than this is not applied unless a person says so: the value in force stays until the next push (§4.6).
pub const OLD_HOURS: i64 = 24;

/// Replayed in this order: what can be sold first, what it costs, whether it is on sale, then what it is.
pub const ORDER: [Module; 9] = [
    Module::Stock,
    Module::Price,
    Module::Lot,
    Module::Listing,
    Module::Category,
    Module::Product,
    Module::Customer,
    Module::Order,
    Module::Shipment,
];

/// Lines that wait, per module.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Count {
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = BigInt)]
    pub lines: i64,
    #[diesel(sql_type = Timestamptz)]
    pub oldest: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub newest: DateTime<Utc>,
}

/// A merchant's waiting lines, module by module.
pub fn counts(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Count>> {
    Ok(diesel::sql_query(
        "select module, count(*) as lines, min(last_at) as oldest, max(last_at) as newest from held_lines where merchant_id = $1 group by module",
    )
    .bind::<BigInt, _>(merchant)
    .load(c)?)
}

/// A line that waits, as lists show it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Shown {
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Jsonb)]
    pub line: Value,
    #[diesel(sql_type = Text)]
    pub why: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub sku_id: Option<SkuId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub shop_id: Option<ShopId>,
    #[diesel(sql_type = Timestamptz)]
    pub first_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub last_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = Bool)]
    pub wanted: bool,
    #[diesel(sql_type = BigInt)]
    pub version: i64,
}

impl Shown {
    pub fn is_old(&self, now: &DateTime<Utc>) -> bool {
        *now - self.last_at > Duration::hours(OLD_HOURS)
    }
    /// How forms name it.
    pub fn name(&self) -> String {
        format!("{}|{}", self.method, self.key)
    }
}

const COLUMNS: &str = "h.method, h.module, h.key, h.line, h.why, h.sku_id, h.shop_id, h.first_at, h.last_at, h.count, h.wanted, h.version";

/// The longest waiting lines of a module, after a place in the list.
pub fn list(
    c: &mut PgConnection,
    merchant: MerchantId,
    module: Module,
    after: Option<&(DateTime<Utc>, String, String)>,
    limit: i64,
) -> Result<Vec<Shown>> {
    let sql = format!(
        "select {COLUMNS} from held_lines h where h.merchant_id = $1 and h.module = $2 \
         and ($3::timestamptz is null or (h.last_at, h.method, h.key) > ($3, $4, $5)) order by h.last_at, h.method, h.key limit $6"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(module.as_str())
        .bind::<Nullable<Timestamptz>, _>(after.map(|a| a.0))
        .bind::<Text, _>(after.map_or("", |a| a.1.as_str()))
        .bind::<Text, _>(after.map_or("", |a| a.2.as_str()))
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// The waiting lines with these keys, whatever the method.
pub fn of_keys(c: &mut PgConnection, merchant: MerchantId, keys: &[String]) -> Result<Vec<Shown>> {
    let sql =
        format!("select {COLUMNS} from held_lines h where h.merchant_id = $1 and h.key = any($2) order by h.last_at, h.method, h.key");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(keys).load(c)?)
}

/// Who has lines of which module that no switch holds back: some steps over an index, however many lines wait.
pub fn pending(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<(MerchantId, Module)>> {
    #[derive(QueryableByName)]
    struct Pair {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
        #[diesel(sql_type = Text)]
        module: String,
    }
    let pairs: Vec<Pair> = diesel::sql_query(
        "with recursive pair as ((select merchant_id, module from held_lines order by merchant_id, module limit 1) \
           union all select n.merchant_id, n.module from pair, lateral (select merchant_id, module from held_lines h \
             where (h.merchant_id, h.module) > (pair.merchant_id, pair.module) order by h.merchant_id, h.module limit 1) n) \
         select p.merchant_id, p.module from pair p where not exists (select 1 from switches s where s.merchant_id = p.merchant_id \
           and s.module in ('all', p.module) and (s.until is null or s.until > $1))",
    )
    .bind::<Timestamptz, _>(now)
    .load(c)?;
    let mut found: Vec<(MerchantId, Module)> = pairs.into_iter().filter_map(|p| Some((p.merchant_id, Module::of(&p.module)?))).collect();
    found.sort_by_key(|(merchant, module)| (*merchant, ORDER.iter().position(|m| m == module)));
    Ok(found)
}

/// A line whose wait is over.
pub type Ready = Shown;

/// Lines of one module nothing stands before, the longest waiting first: those to apply.
pub fn ready(c: &mut PgConnection, merchant: MerchantId, module: Module, now: DateTime<Utc>, limit: i64) -> Result<Vec<Ready>> {
    let sql = format!(
        "select {COLUMNS} from held_lines h where {FREE} and (h.wanted or h.last_at >= $4) order by h.last_at, h.method, h.key limit $5"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(module.as_str())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now - Duration::hours(OLD_HOURS))
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// No switch is off (asked again here: a person may have been quicker), no exception covers it, and not every field is locked.
const FREE: &str = "h.merchant_id = $1 and h.module = $2 and not exists (select 1 from switches s where s.merchant_id = $1 \
     and s.module in ('all', h.module) and (s.until is null or s.until > $3)) \
     and (h.why = 'switch' or not exists (select 1 from exceptions e left join skus k on k.merchant_id = $1 and k.id = h.sku_id \
       where e.merchant_id = $1 and e.module = h.module and (e.until is null or e.until > $3) \
       and e.product_id = coalesce(h.product_id, k.product_id) and (e.sku_id is null or h.sku_id is null or e.sku_id = h.sku_id) \
       and (e.shop_id is null or e.shop_id = h.shop_id) \
       and (e.field = '' or not exists (select 1 from jsonb_object_keys(h.line) f where f <> all('{prodId,skuId,shopId,sourceTime,ifVersion,ackSeq,asOf}') \
         and not exists (select 1 from exceptions o where o.merchant_id = $1 and o.module = h.module and o.product_id = e.product_id \
           and (o.sku_id is null or h.sku_id is null or o.sku_id = h.sku_id) and o.field = f and (o.until is null or o.until > $3))))))";

/// Drops what has waited too long with nobody asking for it: the value in force stays until the next push. How many.
pub fn discard_old(tx: &mut PgConnection, merchant: MerchantId, module: Module, now: DateTime<Utc>) -> Result<usize> {
    let sql = format!("delete from held_lines h where {FREE} and not h.wanted and h.last_at < $4");
    let gone = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(module.as_str())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now - Duration::hours(OLD_HOURS))
        .execute(tx)?;
    tell(tx, &Cause::system(merchant, "timer", now), module.as_str(), gone, "old")?;
    Ok(gone)
}

/// Takes lines off the list that have just been applied; how many were still as they had been read.
pub fn forget(tx: &mut PgConnection, merchant: MerchantId, module: Module, done: &[(String, String, i64)]) -> Result<usize> {
    Ok(diesel::sql_query(
        "with d as (select * from unnest($3, $4, $5) as d(method, key, version)), \
         l as materialized (select h.method, h.key from held_lines h join d on d.method = h.method and d.key = h.key and d.version = h.version \
           where h.merchant_id = $1 and h.module = $2 order by h.method, h.module, h.key for update of h) \
         delete from held_lines h using l where h.merchant_id = $1 and h.module = $2 and h.method = l.method and h.key = l.key",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(module.as_str())
    .bind::<Array<Text>, _>(done.iter().map(|d| d.0.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(done.iter().map(|d| d.1.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(done.iter().map(|d| d.2).collect::<Vec<_>>())
    .execute(tx)?)
}

/// A person's word on what waits for a switch: apply all of it, or only these, and discard the rest. Lines are named by
/// [`Shown::name`]. How many will be applied and how many were discarded.
pub fn decide(tx: &mut PgConnection, cause: &Cause, what: What, only: Option<&[String]>) -> Result<(usize, usize)> {
    let modules: Vec<&str> = match what {
        What::Everything => Module::ALL.iter().map(|m| m.as_str()).collect(),
        What::One(module) => vec![module.as_str()],
    };
    let chosen = "($4 or h.method || '|' || h.key = any($3))";
    let bound = |sql: String| {
        diesel::sql_query(sql)
            .bind::<BigInt, _>(cause.merchant)
            .bind::<Array<Text>, _>(modules.clone())
            .bind::<Array<Text>, _>(only.unwrap_or_default().to_vec())
            .bind::<Bool, _>(only.is_none())
    };
    let wanted = bound(format!(
        "update held_lines h set wanted = true where h.merchant_id = $1 and h.module = any($2) and h.why = 'switch' and {chosen}"
    ))
    .execute(tx)?;
    let gone =
        bound(format!("delete from held_lines h where h.merchant_id = $1 and h.module = any($2) and h.why = 'switch' and not {chosen}"))
            .execute(tx)?;
    tell(tx, cause, what.as_str(), gone, "person")?;
    Ok((wanted, gone))
}

/// Discards these lines of a module, named by [`Shown::name`]. How many.
pub fn discard(tx: &mut PgConnection, cause: &Cause, module: Module, names: &[String]) -> Result<usize> {
    let gone =
        diesel::sql_query("delete from held_lines h where h.merchant_id = $1 and h.module = $2 and h.method || '|' || h.key = any($3)")
            .bind::<BigInt, _>(cause.merchant)
            .bind::<Text, _>(module.as_str())
            .bind::<Array<Text>, _>(names)
            .execute(tx)?;
    tell(tx, cause, module.as_str(), gone, "person")?;
    Ok(gone)
}

fn tell(tx: &mut PgConnection, cause: &Cause, module: &str, gone: usize, why: &str) -> Result<()> {
    if gone == 0 {
        return Ok(());
    }
    trail::record(tx, cause, &[Entry::new("held.discarded", "switch", module).change(Value::Null, json!({ "lines": gone, "why": why }))])
}

/// What waits under one exception; with a lock, only lines that carry its field.
const UNDER: &str = "h.merchant_id = $1 and h.module = $2 and h.why = 'item' and h.product_id = $3 and ($4::bigint is null or h.sku_id is null or h.sku_id = $4) \
     and ($5::bigint is null or h.shop_id = $5) and ($6 = '' or h.line ? $6)";

pub(in crate::gate) fn want_under(tx: &mut PgConnection, cause: &Cause, e: &Exception) -> Result<usize> {
    under(tx, cause, e, format!("update held_lines h set wanted = true where {UNDER}"))
}

/// A lock's field alone is taken out; the rest of the line goes on waiting for whatever it waits for.
pub(in crate::gate) fn discard_under(tx: &mut PgConnection, cause: &Cause, e: &Exception) -> Result<usize> {
    if !e.is_lock() {
        return under(tx, cause, e, format!("delete from held_lines h where {UNDER}"));
    }
    let lines = under(tx, cause, e, format!("update held_lines h set line = line - $6, version = version + 1 where {UNDER}"))?;
    diesel::sql_query(
        "delete from held_lines h where h.merchant_id = $1 and h.module = $2 and h.product_id = $3 and h.why = 'item' \
         and line - '{prodId,skuId,shopId,sourceTime,ifVersion,ackSeq,asOf}'::text[] = '{}'",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(&e.module)
    .bind::<BigInt, _>(e.product_id)
    .execute(tx)?;
    Ok(lines)
}

fn under(tx: &mut PgConnection, cause: &Cause, e: &Exception, sql: String) -> Result<usize> {
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(&e.module)
        .bind::<BigInt, _>(e.product_id)
        .bind::<Nullable<BigInt>, _>(e.sku_id)
        .bind::<Nullable<BigInt>, _>(e.shop_id)
        .bind::<Text, _>(&e.field)
        .execute(tx)?)
}
