use crate::Result;
use crate::db::Prepare;
use crate::ids::{MerchantId, ShopId};
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};
use serde::Serialize;
use serde_json::json;

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Merchant {
    #[diesel(sql_type = BigInt)]
    pub id: MerchantId,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Text)]
    pub status: String,
    /// P-08
    #[diesel(sql_type = Bool)]
    pub auto_list: bool,
    /// At or below this many sellable pieces a stock counts as low.
    #[diesel(sql_type = BigInt)]
    pub low_stock: i64,
}

impl Merchant {
    /// The text key of what it trades in.
    pub fn kind_label(&self) -> &'static str {
        kind_label(&self.kind)
    }
}

pub(super) fn kind_label(kind: &str) -> &'static str {
    match kind {
        "goods" => "merchant-kind-goods",
        "wholesale" => "merchant-kind-wholesale",
        _ => "merchant-kind-pharma",
    }
}

/// A merchant to create.
pub struct NewMerchant<'a> {
    pub code: &'a str,
    pub name: &'a str,
    /// `pharma`, `goods` or `wholesale`.
    pub kind: &'a str,
}

const COLUMNS: &str = "id, code, name, kind, status, auto_list, low_stock";

pub fn find(c: &mut PgConnection, id: MerchantId) -> Result<Merchant> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from merchants where id = $1")).bind::<BigInt, _>(id).prepared().get_result(c)?)
}

/// The merchants that a query names as `merchant_id`, `$1` being a time: how the worker asks who has something due.
pub fn due(c: &mut PgConnection, sql: &str, at: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    #[derive(QueryableByName)]
    struct Due {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
    }
    let due: Vec<Due> = diesel::sql_query(sql).bind::<Timestamptz, _>(at).load(c)?;
    Ok(due.into_iter().map(|d| d.merchant_id).collect())
}

/// Every merchant but the platform itself, by code, after `after`.
pub fn all(c: &mut PgConnection, after: &str, limit: i64) -> Result<Vec<Merchant>> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from merchants where id <> 0 and code > $1 order by code limit $2"))
        .bind::<Text, _>(after)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// Those of these codes that are merchants; codes are lower case.
pub fn by_codes(c: &mut PgConnection, codes: &[String]) -> Result<Vec<Merchant>> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from merchants where id <> 0 and code = any($1) order by code"))
        .bind::<Array<Text>, _>(codes)
        .load(c)?)
}

pub fn create(tx: &mut PgConnection, cause: &Cause, new: &NewMerchant<'_>) -> Result<Merchant> {
    let merchant: Merchant = diesel::sql_query(format!("insert into merchants (code, name, kind) values ($1, $2, $3) returning {COLUMNS}"))
        .bind::<Text, _>(new.code)
        .bind::<Text, _>(new.name)
        .bind::<Text, _>(new.kind)
        .get_result(tx)?;
    let entry =
        Entry::new("merchant.created", "merchant", &merchant.code).change(json!(null), json!({ "name": new.name, "kind": new.kind }));
    trail::record(tx, &cause.at(merchant.id), &[entry])?;
    Ok(merchant)
}

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Shop {
    #[diesel(sql_type = BigInt)]
    pub id: ShopId,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Bool)]
    pub is_default: bool,
    #[diesel(sql_type = Bool)]
    pub active: bool,
}

/// A merchant's shops by number.
pub fn shops(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Shop>> {
    Ok(diesel::sql_query("select id, name, is_default, active from shops where merchant_id = $1 order by id")
        .bind::<BigInt, _>(merchant)
        .prepared()
        .load(c)?)
}

/// The merchant has shops that are not among these.
pub fn has_more_shops(c: &mut PgConnection, merchant: MerchantId, these: &[ShopId]) -> Result<bool> {
    #[derive(QueryableByName)]
    struct More {
        #[diesel(sql_type = Bool)]
        more: bool,
    }
    let found: More = diesel::sql_query("select exists (select 1 from shops where merchant_id = $1 and id <> all($2)) as more")
        .bind::<BigInt, _>(merchant)
        .bind::<Array<BigInt>, _>(these)
        .get_result(c)?;
    Ok(found.more)
}

pub fn add_shop(tx: &mut PgConnection, cause: &Cause, id: ShopId, name: &str, is_default: bool) -> Result<()> {
    diesel::sql_query("insert into shops (merchant_id, id, name, is_default) values ($1, $2, $3, $4)")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .bind::<Text, _>(name)
        .bind::<Bool, _>(is_default)
        .execute(tx)?;
    trail::record(tx, cause, &[Entry::new("shop.created", "shop", id).change(json!(null), json!({ "name": name, "default": is_default }))])
}
