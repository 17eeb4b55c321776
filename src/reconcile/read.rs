//! Reconciliations and their rows, by index alone.

use crate::Result;
use crate::ids::{MerchantId, ShopId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use serde::Serialize;

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Reconciliation {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub heard_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub closed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    pub equal: i64,
    #[diesel(sql_type = BigInt)]
    pub different: i64,
    #[diesel(sql_type = BigInt)]
    pub missing_here: i64,
    #[diesel(sql_type = BigInt)]
    pub missing_there: i64,
}

impl Reconciliation {
    pub fn count(&self, state: State) -> i64 {
        match state {
            State::Different => self.different,
            State::MissingHere => self.missing_here,
            State::MissingThere => self.missing_there,
        }
    }
}

/// How a row differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Different,
    MissingHere,
    MissingThere,
}

impl State {
    pub const ALL: [State; 3] = [State::Different, State::MissingHere, State::MissingThere];
    pub fn as_str(self) -> &'static str {
        match self {
            State::Different => "different",
            State::MissingHere => "missing_here",
            State::MissingThere => "missing_there",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            State::Different => "reconcile-different",
            State::MissingHere => "reconcile-missing-here",
            State::MissingThere => "reconcile-missing-there",
        }
    }
}

const COLUMNS: &str = "id, name, at, heard_at, by_name, closed_at, equal, different, missing_here, missing_there";

/// Newest first, below `before`.
pub fn list(c: &mut PgConnection, merchant: MerchantId, before: Option<i64>, limit: i64) -> Result<Vec<Reconciliation>> {
    let sql = format!("select {COLUMNS} from reconciliations where merchant_id = $1 and id < $2 order by id desc limit $3");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(before.unwrap_or(i64::MAX)).bind::<BigInt, _>(limit).load(c)?)
}

pub fn find(c: &mut PgConnection, merchant: MerchantId, id: i64) -> Result<Reconciliation> {
    let sql = format!("select {COLUMNS} from reconciliations where merchant_id = $1 and id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(c)?)
}

/// A row that differs, with the names people know its goods by.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Row {
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = BigInt)]
    pub shop_id: ShopId,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub theirs: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub ours: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub taken: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub taken_by: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub taken_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub name: Option<String>,
}

impl Row {
    /// How a form names it.
    pub fn place(&self) -> String {
        format!("{}/{}", self.sku_id, self.shop_id)
    }
    /// The text key of what was decided.
    pub fn decided(&self) -> Option<&'static str> {
        self.taken.as_deref().map(|taken| match taken {
            "theirs" => "reconcile-took-theirs",
            "ours" => "reconcile-kept-ours",
            _ => "reconcile-took-stale",
        })
    }
}

/// The rows of one state after `after`, by SKU and shop.
pub fn rows(c: &mut PgConnection, merchant: MerchantId, id: i64, state: State, after: &(String, ShopId), limit: i64) -> Result<Vec<Row>> {
    Ok(diesel::sql_query(
        "select r.sku_id, r.shop_id, r.state, r.theirs, r.ours, r.taken, r.taken_by, r.taken_at, p.name from (select * from reconciliation_rows \
           where merchant_id = $1 and reconciliation_id = $2 and state = $3 and (sku_id, shop_id) > ($4, $5) order by sku_id, shop_id limit $6) r \
         left join lateral (select product_id from skus where merchant_id = $1 and sku_id = r.sku_id) k on true \
         left join lateral (select name from products where merchant_id = $1 and id = k.product_id) p on true order by r.sku_id, r.shop_id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(id)
    .bind::<Text, _>(state.as_str())
    .bind::<Text, _>(&after.0)
    .bind::<BigInt, _>(after.1)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// The reconciliation of that name.
pub fn by_name(c: &mut PgConnection, merchant: MerchantId, name: &str) -> Result<Reconciliation> {
    let sql = format!("select {COLUMNS} from reconciliations where merchant_id = $1 and name = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(name).get_result(c)?)
}
