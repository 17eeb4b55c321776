//! The immutable record of every review: who decided what, when, and what was before their eyes (P-16).

use super::work::{self, Work};
use crate::Result;
use crate::ids::{BaseId, MerchantId, ProductId, UserId};
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Jsonb, Nullable, Text, Timestamptz};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Everything about a product that a decision can change, so that an undo can restore it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    pub base_product_id: Option<BaseId>,
    pub match_kind: String,
    pub audit_status: String,
    pub listing: String,
    pub unlisted_by: Option<String>,
    pub list_wish: bool,
    pub item_state: String,
    pub product_version: i32,
}

impl State {
    pub fn of(work: &Work) -> Self {
        Self {
            base_product_id: work.base_product_id,
            match_kind: work.match_kind.clone(),
            audit_status: work.audit_status.clone(),
            listing: work.listing.clone(),
            unlisted_by: work.unlisted_by.clone(),
            list_wish: work.list_wish,
            item_state: work.state.clone(),
            product_version: work.product_version,
        }
    }
    /// What the merchant's trail shows of it.
    pub(super) fn shown(&self) -> Value {
        json!({ "audit": self.audit_status, "match": self.match_kind, "listing": self.listing })
    }
}

/// One row to write. The snapshot gets the submission, the states and the act's id added.
pub(super) struct New<'a> {
    pub was: &'a Work,
    pub is: &'a Work,
    pub seconds: Option<i32>,
    pub snapshot: Value,
}

/// Writes the rows of one act with one statement; their ids in the same order.
#[expect(clippy::too_many_arguments, reason = "the columns of the record")]
pub(super) fn write(
    tx: &mut PgConnection,
    cause: &Cause,
    reviewer: UserId,
    decision: &str,
    base: Option<BaseId>,
    reason: Option<&str>,
    note: Option<&str>,
    rows: &[New<'_>],
) -> Result<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Written {
        #[diesel(sql_type = BigInt)]
        product_id: ProductId,
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let works: Vec<Work> = rows.iter().map(|r| r.was.clone()).collect();
    let (merchants, products) = work::columns(&works);
    let snapshots: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut snapshot = row.snapshot.clone();
            if let Some(map) = snapshot.as_object_mut() {
                map.insert("submitted".into(), json!(row.was));
                map.insert("before".into(), json!(State::of(row.was)));
                map.insert("after".into(), json!(State::of(row.is)));
                map.insert("act".into(), json!(cause.request_id));
            }
            snapshot
        })
        .collect();
    let written: Vec<Written> = diesel::sql_query(
        "insert into audit_decisions (merchant_id, product_id, at, decision, reviewer_id, base_product_id, reason, note, snapshot, seconds) \
         select w.m, w.p, $1, $2, $3, $4, $5, $6, w.s, w.t from unnest($7::bigint[], $8::bigint[], $9::jsonb[], $10::int[]) as w(m, p, s, t) returning product_id, id",
    )
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(decision)
    .bind::<BigInt, _>(reviewer)
    .bind::<Nullable<BigInt>, _>(base)
    .bind::<Nullable<Text>, _>(reason)
    .bind::<Nullable<Text>, _>(note)
    .bind::<Array<BigInt>, _>(merchants)
    .bind::<Array<BigInt>, _>(products)
    .bind::<Array<Jsonb>, _>(snapshots)
    .bind::<Array<Nullable<Int4>>, _>(rows.iter().map(|r| r.seconds).collect::<Vec<_>>())
    .load(tx)?;
    Ok(rows.iter().map(|row| written.iter().find(|w| w.product_id == row.was.product_id).map_or(0, |w| w.id)).collect())
}

/// A record as pages show it.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Decided {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub merchant_id: MerchantId,
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub product_id: ProductId,
    #[diesel(sql_type = Text)]
    pub merchant: String,
    #[diesel(sql_type = Text)]
    pub merchant_name: String,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub erp_code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub decision: String,
    /// Empty when the rules decided.
    #[diesel(sql_type = Text)]
    pub reviewer: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    #[serde(skip)]
    pub reviewer_id: Option<UserId>,
    #[diesel(sql_type = Text)]
    pub base: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub note: Option<String>,
    #[diesel(sql_type = Jsonb)]
    pub snapshot: Value,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub undoes: Option<i64>,
    /// The record that took this one back.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub undone_by: Option<i64>,
    #[diesel(sql_type = Nullable<Int4>)]
    pub seconds: Option<i32>,
}

impl Decided {
    /// The text key of what was decided.
    pub fn label(&self) -> &'static str {
        match self.decision.as_str() {
            "approved" => "audit-decision-approved",
            "new_base" => "audit-decision-new-base",
            "returned" => "audit-decision-returned",
            "rejected" => "audit-decision-rejected",
            "difficult" => "audit-decision-difficult",
            "automatic" => "audit-decision-automatic",
            _ => "audit-decision-undone",
        }
    }
    /// The badge's colour.
    pub fn tone(&self) -> &'static str {
        match self.decision.as_str() {
            "approved" | "new_base" | "automatic" => "ok",
            "returned" => "warn",
            "rejected" => "bad",
            _ => "",
        }
    }
    /// Settled because the same product was decided elsewhere.
    pub fn along(&self) -> bool {
        self.snapshot.get("along").and_then(Value::as_bool).unwrap_or_default()
    }
    /// The text key of the reason.
    pub fn reason_key(&self) -> Option<&'static str> {
        super::decide::Reason::of(self.reason.as_deref()?).map(super::decide::Reason::text_key)
    }
}

pub(super) const DECIDED: &str = "select d.id, d.merchant_id, d.product_id, m.code as merchant, m.name as merchant_name, p.prod_id, p.erp_code, p.name, d.at, d.decision, \
    coalesce(u.name, '') as reviewer, d.reviewer_id, coalesce(b.code, '') as base, d.reason, d.note, d.snapshot, d.undoes, \
    (select x.id from audit_decisions x where x.merchant_id = d.merchant_id and x.product_id = d.product_id and x.undoes = d.id limit 1) as undone_by, d.seconds \
    from audit_decisions d join merchants m on m.id = d.merchant_id join products p on (p.merchant_id, p.id) = (d.merchant_id, d.product_id) \
    left join users u on u.id = d.reviewer_id left join base_products b on b.id = d.base_product_id";

/// The latest record of a product.
pub fn last(c: &mut PgConnection, merchant: MerchantId, product: ProductId) -> Result<Option<Decided>> {
    Ok(diesel::sql_query(format!("{DECIDED} where d.merchant_id = $1 and d.product_id = $2 order by d.id desc limit 1"))
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(product)
        .get_result(c)
        .optional()?)
}

/// The latest decisions of some of a merchant's products that still stand: what its pages tell about a return.
pub fn standing(c: &mut PgConnection, merchant: MerchantId, products: &[ProductId]) -> Result<Vec<Decided>> {
    let ids: Vec<i64> = products.iter().map(|p| p.0).collect();
    Ok(diesel::sql_query(format!(
        "{DECIDED} join (select product_id, max(id) as id from audit_decisions where merchant_id = $1 and product_id = any($2) group by product_id) l \
         on l.id = d.id where d.merchant_id = $1 and d.decision <> 'undone'"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(ids)
    .load(c)?)
}
