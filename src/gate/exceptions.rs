//! Goods whose module stays as it is whatever is pushed (W-03, W-04), and locks: the same for one field alone (UI §4.4).

use super::cover::Place;
use super::held;
use super::switches::shut;
use super::terms::Term;
use crate::clock::{WARNED_MINUTES, on_the_wire};
use crate::ids::{MerchantId, ProductId, ShopId, SkuId};
use crate::trail::{self, Cause, Entry};
use crate::wire::Module;
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// The modules that know goods.
pub const MODULES: [Module; 5] = [Module::Product, Module::Price, Module::Lot, Module::Listing, Module::Stock];
/// Fields of a product that can be locked, by their wire names, with the text key of what they are called.
pub const PRODUCT_FIELDS: [(&str, &str); 8] = [
    ("prodName", "gate-field-name"),
    ("catalogId", "gate-field-category"),
    ("spec", "gate-field-spec"),
    ("manufacturer", "gate-field-maker"),
    ("approvalNo", "gate-field-approval"),
    ("barCode", "gate-field-barcode"),
    ("unit", "gate-field-unit"),
    ("brand", "gate-field-brand"),
];
/// Prices of a SKU that can be locked.
pub const PRICE_FIELDS: [(&str, &str); 7] = [
    ("price", "gate-field-price"),
    ("originalPurchasePrice", "gate-field-cost"),
    ("retailPrice", "gate-field-retail"),
    ("vipPrice", "gate-field-member"),
    ("referencePrice", "gate-field-reference"),
    ("regionPrices", "gate-field-regions"),
    ("customerPrices", "gate-field-customers"),
];

/// The text key of a field's name; the field itself has none only if it cannot be locked.
pub fn field_label(field: &str) -> Option<&'static str> {
    PRODUCT_FIELDS.iter().chain(&PRICE_FIELDS).find(|(name, _)| *name == field).map(|(_, label)| *label)
}

/// An exception in force.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = BigInt)]
    pub product_id: ProductId,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub sku_id: Option<SkuId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub shop_id: Option<ShopId>,
    /// Empty: all of the module.
    #[diesel(sql_type = Text)]
    pub field: String,
    #[diesel(sql_type = Text)]
    pub reason: String,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
    /// The ids by which people know the goods.
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub sku: Option<String>,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub shop: Option<String>,
}

const COLUMNS: &str = "e.id, e.module, e.product_id, e.sku_id, e.shop_id, e.field, e.reason, e.by_name, e.since, e.until, p.prod_id, k.sku_id as sku, \
     p.name, h.name as shop";
const FROM: &str = "exceptions e join products p on p.merchant_id = e.merchant_id and p.id = e.product_id \
     left join skus k on k.merchant_id = e.merchant_id and k.id = e.sku_id left join shops h on h.merchant_id = e.merchant_id and h.id = e.shop_id";
/// `$2` is now.
const LIVE: &str = "e.merchant_id = $1 and (e.until is null or e.until > $2)";

impl Exception {
    /// How the trail names it.
    fn subject(&self) -> String {
        let mut name = self.sku.as_ref().unwrap_or(&self.prod_id).clone();
        for part in [self.shop_id.map(|s| s.to_string()), Some(self.field.clone()).filter(|f| !f.is_empty())].into_iter().flatten() {
            name.push('/');
            name.push_str(&part);
        }
        name
    }
    fn told(&self) -> Value {
        json!({ "module": self.module, "until": self.until.map(on_the_wire), "reason": self.reason })
    }
    /// The text key of its module.
    pub fn label(&self) -> &'static str {
        Module::of(&self.module).map_or("module-product", Module::label)
    }
    pub fn field_label(&self) -> Option<&'static str> {
        field_label(&self.field)
    }
    /// It ends by itself in a moment.
    pub fn is_ending(&self, now: &DateTime<Utc>) -> bool {
        self.until.is_some_and(|until| until <= *now + Duration::minutes(WARNED_MINUTES))
    }
    pub fn is_lock(&self) -> bool {
        !self.field.is_empty()
    }
    fn entry(&self, verb: (&'static str, &'static str)) -> Entry {
        Entry::new(if self.is_lock() { verb.1 } else { verb.0 }, if self.sku.is_some() { "sku" } else { "product" }, self.subject())
    }
}

/// Whether a merchant has any exception of these modules.
pub(super) fn any(c: &mut PgConnection, merchant: MerchantId, modules: &[Module], now: DateTime<Utc>) -> Result<bool> {
    #[derive(QueryableByName)]
    struct One {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        any: bool,
    }
    let one: One = diesel::sql_query(
        "select exists (select 1 from exceptions where merchant_id = $1 and module = any($3) and (until is null or until > $2)) as any",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(modules.iter().map(|m| m.as_str()).collect::<Vec<_>>())
    .get_result(c)?;
    Ok(one.any)
}

/// The places, by their position, that exceptions of a module cover as a whole.
pub(super) fn at_places(
    c: &mut PgConnection,
    merchant: MerchantId,
    module: Module,
    places: &[Place],
    now: DateTime<Utc>,
) -> Result<Vec<(usize, Exception)>> {
    #[derive(QueryableByName)]
    struct At {
        #[diesel(sql_type = BigInt)]
        place: i64,
        #[diesel(embed)]
        exception: Exception,
    }
    let sql = format!(
        "with l as (select * from unnest($4, $5, $6) with ordinality as l(product, sku, shop, place)), \
         x as (select {COLUMNS} from {FROM} where {LIVE} and e.module = $3 and e.field = '') \
         select l.place, x.* from l left join skus s on s.merchant_id = $1 and s.id = l.sku \
         join x on x.product_id = coalesce(l.product, s.product_id) and (x.sku_id is null or x.sku_id = l.sku) \
         and (x.shop_id is null or x.shop_id = l.shop)"
    );
    let rows: Vec<At> = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(module.as_str())
        .bind::<Array<Nullable<BigInt>>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
        .bind::<Array<Nullable<BigInt>>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
        .bind::<Array<Nullable<BigInt>>, _>(places.iter().map(|p| p.2).collect::<Vec<_>>())
        .load(c)?;
    Ok(rows.into_iter().filter_map(|row| Some((usize::try_from(row.place - 1).ok()?, row.exception))).collect())
}

/// The exceptions and locks of some products and their SKUs.
pub fn of_products(c: &mut PgConnection, merchant: MerchantId, products: &[ProductId], now: DateTime<Utc>) -> Result<Vec<Exception>> {
    let sql = format!("select {COLUMNS} from {FROM} where {LIVE} and e.product_id = any($3) order by e.id");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Timestamptz, _>(now).bind::<Array<BigInt>, _>(products).load(c)?)
}

/// Which exceptions are asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Empty: of every module.
    pub module: String,
    /// Only those that end in a moment.
    pub ending: bool,
    /// Older than this one.
    pub before: Option<i64>,
}

/// Exceptions in force, newest first.
pub fn list(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64, now: DateTime<Utc>) -> Result<Vec<Exception>> {
    let soon = search.ending.then_some(now + Duration::minutes(WARNED_MINUTES));
    let sql = format!(
        "select {COLUMNS} from {FROM} where {LIVE} and ($3 = '' or e.module = $3) and ($4::bigint is null or e.id < $4) \
         and ($6::timestamptz is null or e.until <= $6) order by e.id desc limit $5"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(&search.module)
        .bind::<Nullable<BigInt>, _>(search.before)
        .bind::<BigInt, _>(limit)
        .bind::<Nullable<Timestamptz>, _>(soon)
        .load(c)?)
}

/// How many exceptions end in a moment, and when the first of them does (W-04).
pub fn ending(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<(i64, Option<DateTime<Utc>>)> {
    #[derive(QueryableByName)]
    struct Ending {
        #[diesel(sql_type = BigInt)]
        n: i64,
        #[diesel(sql_type = Nullable<Timestamptz>)]
        first: Option<DateTime<Utc>>,
    }
    let ending: Ending = diesel::sql_query(
        "select count(*) as n, min(until) as first from exceptions where merchant_id = $1 and until > $2 and until <= $3",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now + Duration::minutes(WARNED_MINUTES))
    .get_result(c)?;
    Ok((ending.n, ending.first))
}

pub fn find(c: &mut PgConnection, merchant: MerchantId, id: i64, now: DateTime<Utc>) -> Result<Exception> {
    let sql = format!("select {COLUMNS} from {FROM} where {LIVE} and e.id = $3");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Timestamptz, _>(now).bind::<BigInt, _>(id).get_result(c)?)
}

/// What an exception is to be on.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub prod_id: String,
    /// Empty: the product with all its SKUs.
    pub sku_id: String,
    pub shop: Option<ShopId>,
    /// Empty: all of the module.
    pub field: String,
}

#[derive(QueryableByName)]
struct Target {
    #[diesel(sql_type = BigInt)]
    product: ProductId,
    #[diesel(sql_type = Nullable<BigInt>)]
    sku: Option<SkuId>,
}

/// Makes an exception, or changes how long and why it stands.
///
/// # Errors
/// `NotFound` for goods or shops of somebody else; `Conflict` for a field that cannot be locked.
pub fn add(tx: &mut PgConnection, cause: &Cause, module: Module, wanted: &Wanted, term: &Term) -> Result<Exception> {
    let lockable = match module {
        Module::Product => wanted.sku_id.is_empty() && PRODUCT_FIELDS.iter().any(|(name, _)| *name == wanted.field),
        Module::Price => PRICE_FIELDS.iter().any(|(name, _)| *name == wanted.field),
        _ => false,
    };
    let placed = wanted.shop.is_none() || matches!(module, Module::Stock | Module::Price | Module::Lot);
    if !MODULES.contains(&module) || !(wanted.field.is_empty() || lockable) || !placed {
        return Err(Error::Conflict(crate::text::Text::new("gate-no-such-exception")));
    }
    shut(tx, cause.merchant)?;
    let target: Target = diesel::sql_query(
        "select p.id as product, k.id as sku from products p left join skus k on k.merchant_id = p.merchant_id and k.product_id = p.id and k.sku_id = $3 \
         where p.merchant_id = $1 and ($2 = '' or p.prod_id = $2) and ($3 = '' or k.id is not null) and ($2 <> '' or $3 <> '') \
         and ($4::bigint is null or exists (select 1 from shops h where h.merchant_id = $1 and h.id = $4)) limit 1",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(&wanted.prod_id)
    .bind::<Text, _>(&wanted.sku_id)
    .bind::<Nullable<BigInt>, _>(wanted.shop)
    .get_result(tx)?;
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = BigInt)]
        id: i64,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        new: bool,
    }
    let made: Made = diesel::sql_query(
        "insert into exceptions as e (merchant_id, module, product_id, sku_id, shop_id, field, reason, by_user, by_name, since, until) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         on conflict (merchant_id, module, product_id, coalesce(sku_id, 0), coalesce(shop_id, 0), field) do update set reason = excluded.reason, \
         by_user = excluded.by_user, by_name = excluded.by_name, since = case when e.until <= $10 then $10 else e.since end, until = excluded.until \
         returning id, xmax = 0 as new",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(module.as_str())
    .bind::<BigInt, _>(target.product)
    .bind::<Nullable<BigInt>, _>(target.sku)
    .bind::<Nullable<BigInt>, _>(wanted.shop)
    .bind::<Text, _>(&wanted.field)
    .bind::<Text, _>(&term.reason)
    .bind::<Nullable<BigInt>, _>(cause.actor_id)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Nullable<Timestamptz>, _>(term.until)
    .get_result(tx)?;
    let made_one = find(tx, cause.merchant, made.id, cause.now)?;
    let verb = if made.new { ("exception.added", "field.locked") } else { ("exception.extended", "field.lock_extended") };
    trail::record(tx, cause, &[made_one.entry(verb).change(Value::Null, made_one.told()).note(&term.reason)])?;
    Ok(made_one)
}

/// Moves the end of an exception. Without a reason it keeps the one it has.
///
/// # Errors
/// `NotFound` when it is over, or somebody else's.
pub fn extend(tx: &mut PgConnection, cause: &Cause, id: i64, term: &Term) -> Result<Exception> {
    shut(tx, cause.merchant)?;
    let before = find(tx, cause.merchant, id, cause.now)?;
    diesel::sql_query(
        "update exceptions set until = $3, reason = case when $4 = '' then reason else $4 end, by_user = $5, by_name = $6 where merchant_id = $1 and id = $2",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .bind::<Nullable<Timestamptz>, _>(term.until)
    .bind::<Text, _>(&term.reason)
    .bind::<Nullable<BigInt>, _>(cause.actor_id)
    .bind::<Text, _>(&cause.actor_name)
    .execute(tx)?;
    let after = find(tx, cause.merchant, id, cause.now)?;
    let entry = after.entry(("exception.extended", "field.lock_extended")).change(before.told(), after.told()).note(&term.reason);
    trail::record(tx, cause, &[entry])?;
    Ok(after)
}

/// Drops what waits under an exception, which goes on standing: ours is right, and the ERP has been heard.
///
/// # Errors
/// `NotFound` when it is over, or somebody else's.
pub fn refuse(tx: &mut PgConnection, cause: &Cause, id: i64) -> Result<Exception> {
    shut(tx, cause.merchant)?;
    let stands = find(tx, cause.merchant, id, cause.now)?;
    let lines = held::discard_under(tx, cause, &stands)?;
    if lines > 0 {
        let what =
            Entry::new("held.discarded", "switch", &stands.module).change(json!({ "lines": lines, "of": stands.subject() }), Value::Null);
        trail::record(tx, cause, &[what])?;
    }
    Ok(stands)
}

/// Ends an exception. `apply`: what has waited under it is applied by the worker; else it is discarded, and the value stays
/// until the next push. How many kept lines it concerns.
///
/// # Errors
/// `NotFound` when it is over, or somebody else's.
pub fn release(tx: &mut PgConnection, cause: &Cause, id: i64, apply: bool) -> Result<(Exception, usize)> {
    shut(tx, cause.merchant)?;
    let ended = find(tx, cause.merchant, id, cause.now)?;
    let lines = if apply { held::want_under(tx, cause, &ended)? } else { held::discard_under(tx, cause, &ended)? };
    diesel::sql_query("delete from exceptions where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .execute(tx)?;
    let after = json!({ "waiting": lines, "applied": apply });
    trail::record(tx, cause, &[ended.entry(("exception.released", "field.unlocked")).change(ended.told(), after)])?;
    Ok((ended, lines))
}

/// Writes down what time has ended. How many that were.
pub fn expire(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Over {
        #[diesel(sql_type = BigInt)]
        merchant: MerchantId,
        #[diesel(embed)]
        exception: Exception,
    }
    let sql = format!(
        "select e.merchant_id as merchant, {COLUMNS} from {FROM} where e.until <= $1 order by e.merchant_id, e.id limit 1000 for update of e skip locked"
    );
    let over: Vec<Over> = diesel::sql_query(sql).bind::<Timestamptz, _>(now).load(tx)?;
    for same in over.chunk_by(|a, b| a.merchant == b.merchant) {
        let Some(first) = same.first() else { continue };
        let cause = Cause::system(first.merchant, "timer", now);
        let ids: Vec<i64> = same.iter().map(|o| o.exception.id).collect();
        diesel::sql_query("delete from exceptions where merchant_id = $1 and id = any($2)")
            .bind::<BigInt, _>(first.merchant)
            .bind::<Array<BigInt>, _>(ids)
            .execute(tx)?;
        let entry = |o: &Over| o.exception.entry(("exception.expired", "field.lock_expired")).change(o.exception.told(), Value::Null);
        trail::record(tx, &cause, &same.iter().map(entry).collect::<Vec<_>>())?;
    }
    Ok(over.len())
}
