//! Category trees: one per merchant, as its ERP keeps it, and one of the platform (merchant 0).
//!
//! Exactly three levels (C-04). A row is never deleted (C-06): it is disabled, and on the platform a branch can be
//! forbidden (P-16). `path` is the chain of ids from the root, `l1-l2-l3`, as the wire calls it `catalogChain`.

pub mod plan;
mod upload;
mod verbs;

pub use upload::apply;
pub use verbs::{allow, disable, enable, forbid};

use crate::Result;
use crate::ids::MerchantId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz};
use serde::Serialize;
use std::collections::HashMap;

/// The parent of a level-1 category on the wire (C-02).
pub const ROOT: &str = "0";

/// A category as other rooms see it.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Category {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = SmallInt)]
    pub level: i16,
    #[diesel(sql_type = Text)]
    pub parent_id: String,
    /// `l1-l2-l3`, the wire's catalogChain.
    #[diesel(sql_type = Text)]
    pub path: String,
    /// It and everything above it is enabled.
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    /// Neither it nor anything above it is forbidden (P-16).
    #[diesel(sql_type = Bool)]
    pub allowed: bool,
}

const EFFECTIVE: &str = "select c.id, c.name, c.level, c.parent_id, c.path, \
     c.enabled and coalesce(p.enabled, true) and coalesce(g.enabled, true) as enabled, \
     c.allowed and coalesce(p.allowed, true) and coalesce(g.allowed, true) as allowed \
     from categories c \
     left join categories p on p.merchant_id = c.merchant_id and p.id = c.parent_id \
     left join categories g on g.merchant_id = c.merchant_id and g.id = p.parent_id";

/// The categories with these ids, in one look; unknown ids are simply absent.
pub fn by_ids(c: &mut PgConnection, merchant: MerchantId, ids: &[String]) -> Result<HashMap<String, Category>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found: Vec<Category> = diesel::sql_query(format!("{EFFECTIVE} where c.merchant_id = $1 and c.id = any($2)"))
        .bind::<BigInt, _>(merchant)
        .bind::<Array<Text>, _>(ids)
        .load(c)?;
    Ok(found.into_iter().map(|category| (category.id.clone(), category)).collect())
}

/// A category as its tree shows it; the flags are its own.
#[derive(QueryableByName, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = SmallInt)]
    pub level: i16,
    #[diesel(sql_type = Text)]
    pub parent_id: String,
    #[diesel(sql_type = Text)]
    pub path: String,
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    #[diesel(sql_type = Bool)]
    pub allowed: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub erp_created_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub erp_updated_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
    /// What hangs on it: products in a merchant's tree, base products in the platform's. Counted up to [`COUNTED`].
    #[diesel(sql_type = BigInt)]
    pub goods: i64,
}

/// Goods per category are counted up to here.
pub const COUNTED: i64 = 1000;

const NODE: &str =
    "c.id, c.name, c.level, c.parent_id, c.path, c.enabled, c.allowed, c.erp_created_at, c.erp_updated_at, c.created_at, c.updated_at";

/// C-01: everything, or the direct children of one category, in the order of the ids.
pub fn list(c: &mut PgConnection, merchant: MerchantId, parent: Option<&str>) -> Result<Vec<Node>> {
    let sql = format!(
        "select {NODE}, 0::bigint as goods from categories c where c.merchant_id = $1 and ($2::text is null or c.parent_id = $2) order by c.level, c.id"
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Nullable<Text>, _>(parent).load(c)?)
}

/// The whole tree, parents before their children, with what hangs on each leaf.
pub fn tree(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Node>> {
    // One index-only count per leaf, bounded, so that a million products do not slow the page down.
    let goods = if merchant == MerchantId::PLATFORM {
        "select 1 from base_products b where b.category_id = c.id and b.status = 'active'"
    } else {
        "select 1 from products p where p.merchant_id = c.merchant_id and p.category_id = c.id"
    };
    let sql = format!(
        "select {NODE}, n.goods from categories c left join categories p on p.merchant_id = c.merchant_id and p.id = c.parent_id \
         cross join lateral (select count(*) as goods from ({goods} limit {COUNTED}) g) n \
         where c.merchant_id = $1 \
         order by case c.level when 1 then array[c.id] when 2 then array[c.parent_id, c.id] else array[p.parent_id, p.id, c.id] end"
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).load(c)?)
}

/// One category by its id.
pub fn find(c: &mut PgConnection, merchant: MerchantId, id: &str) -> Result<Node> {
    let sql = format!("select {NODE}, 0::bigint as goods from categories c where c.merchant_id = $1 and c.id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(id).get_result(c)?)
}

/// Several by their ids; those that are not there are absent.
pub fn nodes(c: &mut PgConnection, merchant: MerchantId, ids: &[String]) -> Result<HashMap<String, Node>> {
    let sql = format!("select {NODE}, 0::bigint as goods from categories c where c.merchant_id = $1 and c.id = any($2)");
    let found: Vec<Node> = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(ids).load(c)?;
    Ok(found.into_iter().map(|node| (node.id.clone(), node)).collect())
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    names: String,
}

/// The names from the root down, `西药 › 消化系统 › 止泻药`, of these categories.
pub fn chains(c: &mut PgConnection, merchant: MerchantId, ids: &[String]) -> Result<HashMap<String, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let named: Vec<Named> = diesel::sql_query(
        "select c.id, concat_ws(' › ', g.name, p.name, c.name) as names from categories c \
         left join categories p on p.merchant_id = c.merchant_id and p.id = c.parent_id \
         left join categories g on g.merchant_id = c.merchant_id and g.id = p.parent_id \
         where c.merchant_id = $1 and c.id = any($2)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(ids)
    .load(c)?;
    Ok(named.into_iter().map(|n| (n.id, n.names)).collect())
}
