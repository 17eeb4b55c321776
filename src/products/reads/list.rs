use super::sql::{LOOKED_AT, Sql, lack, scan};
use super::{From, Search, View};
use crate::Result;
use crate::ids::{MerchantId, ProductId};
use crate::products::sellable::Condition;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Numeric, SmallInt, Text, Timestamptz};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::HashMap;

/// A product in a list.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub id: ProductId,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub erp_code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub brand: String,
    #[diesel(sql_type = Text)]
    pub unit: String,
    #[diesel(sql_type = Text)]
    pub listing: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub unlisted_by: Option<String>,
    /// The person who took it down.
    #[diesel(sql_type = Nullable<Text>)]
    pub unlister: Option<String>,
    #[diesel(sql_type = Text)]
    pub audit_status: String,
    #[diesel(sql_type = Text)]
    pub match_kind: String,
    #[diesel(sql_type = Bool)]
    pub wish: bool,
    /// The code of the base product.
    #[diesel(sql_type = Nullable<Text>)]
    pub base: Option<String>,
    /// What is missing first before it may be listed.
    #[diesel(sql_type = Nullable<Text>)]
    pub lack: Option<String>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub price: Option<Decimal>,
    #[diesel(sql_type = BigInt)]
    pub skus: i64,
    #[diesel(sql_type = BigInt)]
    pub available: i64,
    #[diesel(sql_type = BigInt)]
    pub shops: i64,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// One page and whether there is more on either side; `limit + 1` ids are read to know.
pub fn page(c: &mut PgConnection, merchant: MerchantId, search: &Search, from: From, limit: i64) -> Result<(Vec<Row>, bool)> {
    let mut sql = Sql::default();
    let ids = scan(&mut sql, merchant, search, from, limit + 1);
    let (mine, lack) = (sql.number(merchant.0), lack());
    let text = format!(
        "with ids as materialized ({ids}) \
         select p.id, p.prod_id, p.erp_code, p.name, p.spec, p.brand, p.unit, p.listing, p.unlisted_by, u.name as unlister, p.audit_status, p.match_kind, p.list_wish as wish, \
         b.code as base, {lack} as lack, s.price, coalesce(s.skus, 0) as skus, greatest(coalesce(q.available, 0), 0)::bigint as available, coalesce(q.shops, 0) as shops, p.updated_at \
         from ids i join products p on p.merchant_id = {mine} and p.id = i.id left join base_products b on b.id = p.base_product_id \
         left join lateral (select count(*) as skus, (array_agg(k.base_price order by k.is_default desc, k.base_price) \
            filter (where k.enabled and k.base_price is not null))[1] as price \
            from skus k where k.merchant_id = p.merchant_id and k.product_id = p.id) s on true \
         left join lateral (select sum(stock_available(t)) as available, count(distinct t.shop_id) as shops \
            from skus k join stock t on t.merchant_id = k.merchant_id and t.sku_id = k.id \
            where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled) q on true \
         left join lateral (select t.actor_name as name from trail t where p.unlisted_by = 'person' and t.merchant_id = p.merchant_id \
            and t.subject_kind = 'product' and t.subject_id = p.prod_id and t.verb = 'product.unlisted' and t.actor_kind = 'person' \
            order by t.at desc limit 1) u on true \
         order by p.id desc"
    );
    let mut rows: Vec<Row> = sql.finish(text).load(c)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    if more {
        // Going up, the extra row is the newest; going down, the oldest.
        if matches!(from, From::Above(_)) {
            rows.remove(0);
        } else {
            rows.truncate(limit);
        }
    }
    Ok((rows, more))
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

/// The ids by which the ERP knows the newest `limit` products of a search.
pub fn ids_of(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64) -> Result<Vec<String>> {
    let mut sql = Sql::default();
    let ids = scan(&mut sql, merchant, search, From::Top, limit);
    let mine = sql.number(merchant.0);
    let text =
        format!("select p.prod_id as id from ({ids}) i join products p on p.merchant_id = {mine} and p.id = i.id order by p.id desc");
    Ok(sql.finish(text).load::<Id>(c)?.into_iter().map(|r| r.id).collect())
}

/// The products above and below one in a search.
pub fn neighbours(c: &mut PgConnection, merchant: MerchantId, search: &Search, id: ProductId) -> Result<(Option<String>, Option<String>)> {
    let mut one = |from| -> Result<Option<String>> {
        let mut sql = Sql::default();
        let ids = scan(&mut sql, merchant, search, from, 1);
        let mine = sql.number(merchant.0);
        let text = format!("select p.prod_id as id from ({ids}) i join products p on p.merchant_id = {mine} and p.id = i.id");
        Ok(sql.finish(text).load::<Id>(c)?.into_iter().next().map(|r| r.id))
    };
    Ok((one(From::Above(id))?, one(From::Below(id))?))
}

/// A view with its count, which stops at [`crate::wire::MAX_LINES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub view: View,
    pub count: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many products each view holds, counted no further than `cap`.
pub fn tally(c: &mut PgConnection, merchant: MerchantId, views: &[View], cap: i64) -> Result<Vec<Tally>> {
    views
        .iter()
        .map(|view| {
            let mut sql = Sql::default();
            let ids = scan(&mut sql, merchant, &Search { view: *view, ..Search::default() }, From::Top, cap);
            let found: Count = sql.finish(format!("select count(*) as count from ({ids}) x")).get_result(c)?;
            Ok(Tally { view: *view, count: found.count })
        })
        .collect()
}

#[derive(QueryableByName)]
struct Lack {
    #[diesel(sql_type = Nullable<Text>)]
    lack: Option<String>,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What the products that wait to be listed lack first, with counts (`None`: nothing, they are ready), and whether there
/// were more than the newest ones looked at.
pub fn lacks(c: &mut PgConnection, merchant: MerchantId) -> Result<(Vec<(Option<Condition>, i64)>, bool)> {
    let lack = lack();
    let rows: Vec<Lack> = diesel::sql_query(format!(
        "with w as materialized (select * from products p where p.merchant_id = $1 and p.listing = 'pending' order by p.id desc limit $2) \
         select {lack} as lack, count(*) as count from w p group by 1"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(LOOKED_AT)
    .load(c)?;
    let total: i64 = rows.iter().map(|r| r.count).sum();
    let named = |code: Option<String>| code.and_then(|code| Condition::ALL.into_iter().find(|w| w.code() == code));
    let mut found: Vec<_> = rows.into_iter().map(|r| (named(r.lack), r.count)).collect();
    found.sort_by_key(|(what, _)| *what);
    Ok((found, total >= LOOKED_AT))
}

/// A category to filter by.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Cat {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = SmallInt)]
    pub level: i16,
}

/// Categories a menu shows at once.
const MENU: i64 = 300;

/// The merchant's categories directly under one; `0` is the top.
pub fn categories(c: &mut PgConnection, merchant: MerchantId, parent: &str) -> Result<Vec<Cat>> {
    Ok(diesel::sql_query("select id, name, level from categories where merchant_id = $1 and parent_id = $2 order by id limit $3")
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(parent)
        .bind::<BigInt, _>(MENU)
        .load(c)?)
}

/// A chosen category: the way down to it, and the leaves under it.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    pub path: Vec<Cat>,
    pub leaves: Vec<String>,
}

/// The category and what hangs under it, at any level; `None` if there is no such category here.
pub fn category(c: &mut PgConnection, merchant: MerchantId, id: &str) -> Result<Option<Chosen>> {
    let path: Vec<Cat> = diesel::sql_query(
        "with recursive up as (select id, name, level, parent_id from categories where merchant_id = $1 and id = $2 \
         union select x.id, x.name, x.level, x.parent_id from categories x join up on x.merchant_id = $1 and x.id = up.parent_id) \
         select id, name, level from up order by level",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(id)
    .load(c)?;
    if path.is_empty() {
        return Ok(None);
    }
    let leaves: Vec<Id> = diesel::sql_query(
        "with recursive down as (select id, level from categories where merchant_id = $1 and id = $2 \
         union select x.id, x.level from categories x join down on x.merchant_id = $1 and x.parent_id = down.id) \
         select id from down where level = 3 order by id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(id)
    .load(c)?;
    // A branch without leaves holds no product: an id nothing can have keeps the list empty.
    let leaves = if leaves.is_empty() { vec![String::new()] } else { leaves.into_iter().map(|l| l.id).collect() };
    Ok(Some(Chosen { path, leaves }))
}

/// The category a filter names; a category of nobody holds nothing, none at all everything.
pub fn chosen(c: &mut PgConnection, merchant: MerchantId, id: &str) -> Result<Chosen> {
    if id.is_empty() { Ok(Chosen::default()) } else { Ok(category(c, merchant, id)?.unwrap_or_else(Chosen::nowhere)) }
}

/// A search within a category.
pub fn within(c: &mut PgConnection, merchant: MerchantId, search: Search, id: &str) -> Result<(Search, Chosen)> {
    let chosen = chosen(c, merchant, id)?;
    Ok((Search { leaves: chosen.leaves.clone(), ..search }, chosen))
}

/// Brands a menu shows at once.
const BRANDS: i64 = 60;

/// The merchant's brands in order, each found by one step in the index. C-05
pub fn brands(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<String>> {
    let rows: Vec<Id> = diesel::sql_query(
        "with recursive b as ((select brand, 1 as n from products where merchant_id = $1 and brand <> '' order by brand limit 1) \
         union all select (select p.brand from products p where p.merchant_id = $1 and p.brand <> '' and p.brand > b.brand order by p.brand limit 1), b.n + 1 \
         from b where b.brand is not null and b.n < $2) \
         select brand as id from b where brand is not null",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(BRANDS)
    .load(c)?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

impl Chosen {
    /// A category that is not there: nothing is found in it.
    pub fn nowhere() -> Self {
        Self { path: Vec::new(), leaves: vec![String::new()] }
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    id: ProductId,
    #[diesel(sql_type = Text)]
    prod_id: String,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Our ids and the names of these products; strangers' are absent.
pub fn named(c: &mut PgConnection, merchant: MerchantId, prod_ids: &[&str]) -> Result<HashMap<String, (ProductId, String)>> {
    let rows: Vec<Named> = diesel::sql_query("select id, prod_id, name from products where merchant_id = $1 and prod_id = any($2)")
        .bind::<BigInt, _>(merchant)
        .bind::<Array<Text>, _>(prod_ids)
        .load(c)?;
    Ok(rows.into_iter().map(|r| (r.prod_id, (r.id, r.name))).collect())
}
