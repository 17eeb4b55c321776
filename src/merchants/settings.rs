//! What a merchant has decided about itself, and its card as the platform sees it.

use super::model::{Merchant, Shop};
use super::recheck::{self, About};
use crate::Error;
use crate::Result;
use crate::ids::{MerchantId, ShopId};
use crate::text::Text as Said;
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// What must follow, in the same transaction, when a merchant's low-stock line has moved. Given from above (as data of the
/// app), since this room knows no stock.
#[derive(Clone, Copy)]
pub struct LowStockMoved(pub fn(&mut PgConnection, MerchantId) -> Result<usize>);

/// The rules a merchant sets (P-08; at or below how many pieces a stock is low).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub auto_list: bool,
    pub low_stock: i64,
}

/// What a change of the rules has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub anything: bool,
    pub low_stock: bool,
}

/// Sets the rules of the cause's merchant; the trail tells what differs.
pub fn set_rules(tx: &mut PgConnection, cause: &Cause, rules: Rules) -> Result<Moved> {
    let before: Merchant =
        diesel::sql_query("select id, code, name, kind, status, auto_list, low_stock from merchants where id = $1 for update")
            .bind::<BigInt, _>(cause.merchant)
            .get_result(tx)?;
    let (mut old, mut new) = (Map::new(), Map::new());
    let mut differ = |name: &str, was: Value, is: Value| {
        if was != is {
            old.insert(name.to_owned(), was);
            new.insert(name.to_owned(), is);
        }
    };
    differ("autoList", before.auto_list.into(), rules.auto_list.into());
    differ("lowStock", before.low_stock.into(), rules.low_stock.into());
    if new.is_empty() {
        return Ok(Moved { anything: false, low_stock: false });
    }
    diesel::sql_query("update merchants set auto_list = $2, low_stock = $3 where id = $1")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Bool, _>(rules.auto_list)
        .bind::<BigInt, _>(rules.low_stock)
        .execute(tx)?;
    trail::record(tx, cause, &[Entry::new("merchant.changed", "merchant", &before.code).change(old.into(), new.into())])?;
    if before.auto_list != rules.auto_list {
        recheck::ask(tx, cause, &About::Rule)?;
    }
    Ok(Moved { anything: true, low_stock: before.low_stock != rules.low_stock })
}

/// Gives a shop another name.
///
/// # Errors
/// `NotFound` for a shop of somebody else.
pub fn rename_shop(tx: &mut PgConnection, cause: &Cause, id: ShopId, name: &str) -> Result<bool> {
    let before: Shop = diesel::sql_query("select id, name, is_default, active from shops where merchant_id = $1 and id = $2 for update")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .get_result(tx)?;
    if before.name == name {
        return Ok(false);
    }
    diesel::sql_query("update shops set name = $3 where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .bind::<Text, _>(name)
        .execute(tx)?;
    trail::record(tx, cause, &[Entry::new("shop.renamed", "shop", id).change(json!({ "name": before.name }), json!({ "name": name }))])?;
    Ok(true)
}

/// Opens a shop under the number the ERP uses; the first one is where lines without a shop go.
///
/// # Errors
/// `Conflict` when the number is taken.
pub fn open_shop(tx: &mut PgConnection, cause: &Cause, id: ShopId, name: &str) -> Result<()> {
    let has = super::shops(tx, cause.merchant)?;
    if has.iter().any(|s| s.id == id) {
        return Err(Error::Conflict(Said::new("merchant-shop-taken").with(id.0)));
    }
    super::add_shop(tx, cause, id, name, has.is_empty())
}

/// A line of the platform's list of merchants.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Row {
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = BigInt)]
    pub shops: i64,
    /// Failed calls of the last hour.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_call: Option<DateTime<Utc>>,
}

impl Row {
    /// The text key of what it trades in.
    pub fn kind_label(&self) -> &'static str {
        super::model::kind_label(&self.kind)
    }
}

/// The merchants whose name or code holds `q`, by code, after `after`. Their calls are two index probes a row.
pub fn list(c: &mut PgConnection, q: &str, after: &str, now: DateTime<Utc>, limit: i64) -> Result<Vec<Row>> {
    Ok(diesel::sql_query(
        "select m.code, m.name, m.kind, m.status, (select count(*) from shops where merchant_id = m.id) as shops, \
         (select count(*) from calls where merchant_id = m.id and at >= $3 and (status >= 400 or rejected > 0)) as failed, \
         (select at from calls where merchant_id = m.id order by at desc limit 1) as last_call \
         from (select * from merchants where id <> 0 and code > $1 and ($2 = '' or strpos(lower(name), lower($2)) > 0 or strpos(code, lower($2)) > 0) \
           order by code limit $4) m order by m.code",
    )
    .bind::<Text, _>(after)
    .bind::<Text, _>(q)
    .bind::<Timestamptz, _>(now - Duration::hours(1))
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// What the platform sees of a merchant beside its settings.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Health {
    #[diesel(sql_type = BigInt)]
    pub users: i64,
    #[diesel(sql_type = BigInt)]
    pub credentials: i64,
    #[diesel(sql_type = BigInt)]
    pub products: i64,
    #[diesel(sql_type = BigInt)]
    pub listed: i64,
    #[diesel(sql_type = BigInt)]
    pub calls: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last_call: Option<DateTime<Utc>>,
}

/// Calls of the last 24 hours from the log's indexes alone; products stop counting at the overview's cap.
pub fn health(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Health> {
    let cap = super::overview::CAP;
    Ok(diesel::sql_query(format!(
        "select (select count(*) from users where merchant_id = $1 and active) as users, \
         (select count(*) from apps where merchant_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)) as credentials, \
         (select count(*) from (select 1 from products where merchant_id = $1 limit {cap}) capped) as products, \
         (select count(*) from (select 1 from products where merchant_id = $1 and listing = 'listed' limit {cap}) capped) as listed, \
         (select count(*) from calls where merchant_id = $1 and at >= $3) as calls, \
         (select count(*) from calls where merchant_id = $1 and at >= $3 and (status >= 400 or rejected > 0)) as failed, \
         (select at from calls where merchant_id = $1 order by at desc limit 1) as last_call"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - Duration::hours(24))
    .get_result(c)?)
}

/// A merchant by the code in its address; the platform itself has none.
pub fn by_code(c: &mut PgConnection, code: &str) -> Result<Merchant> {
    Ok(diesel::sql_query("select id, code, name, kind, status, auto_list, low_stock from merchants where code = $1 and id <> 0")
        .bind::<Text, _>(code)
        .get_result(c)?)
}
