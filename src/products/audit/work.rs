//! One product under review: in full, opened by somebody, put aside by somebody.

use super::queue::Place;
use crate::ids::{BaseId, MerchantId, ProductId, UserId};
use crate::trail::Cause;
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use serde::Serialize;

/// How long an opened item is shown as being looked at.
pub const LEASE: Duration = Duration::minutes(5);

/// A product under review, with everything a decision needs and an undo must restore.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Work {
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
    #[diesel(sql_type = Bool)]
    pub auto_list: bool,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub erp_code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub trade_name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub dosage_form: String,
    #[diesel(sql_type = Text)]
    pub unit: String,
    #[diesel(sql_type = Text)]
    pub manufacturer: String,
    #[diesel(sql_type = Text)]
    pub brand: String,
    #[diesel(sql_type = Text)]
    pub approval_no: String,
    #[diesel(sql_type = Text)]
    pub barcode: String,
    #[diesel(sql_type = Text)]
    pub category_id: String,
    /// The three names, `西药 › 抗感染 › 青霉素类`.
    #[diesel(sql_type = Text)]
    pub category: String,
    #[diesel(sql_type = Bool)]
    pub category_allowed: bool,
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub explicit_base: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub base_product_id: Option<BaseId>,
    #[diesel(sql_type = Text)]
    pub match_kind: String,
    #[diesel(sql_type = Text)]
    pub audit_status: String,
    #[diesel(sql_type = Text)]
    pub listing: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub unlisted_by: Option<String>,
    #[diesel(sql_type = Bool)]
    pub list_wish: bool,
    #[diesel(sql_type = Int4)]
    pub product_version: i32,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Timestamptz)]
    pub submitted_at: DateTime<Utc>,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    #[serde(skip)]
    pub leased_by: Option<UserId>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub leased_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub leaseholder: Option<String>,
}

/// The columns of [`Work`].
pub(super) const WORK: &str = "select p.merchant_id, p.id as product_id, m.code as merchant, m.name as merchant_name, m.auto_list, p.prod_id, p.erp_code, p.name, \
    coalesce(p.details->>'tradeName', '') as trade_name, p.spec, coalesce(p.details->>'dosageForm', '') as dosage_form, p.unit, p.manufacturer, p.brand, p.approval_no, \
    p.barcode, p.category_id, concat_ws(' › ', l1.name, l2.name, l3.name) as category, \
    l3.allowed and coalesce(l2.allowed, true) and coalesce(l1.allowed, true) as category_allowed, p.enabled, p.explicit_base, p.base_product_id, p.match_kind, \
    p.audit_status, p.listing, p.unlisted_by, p.list_wish, p.version as product_version, i.state, i.submitted_at, i.version, i.leased_by, i.leased_until, u.name as leaseholder \
    from products p join audit_items i on (i.merchant_id, i.product_id) = (p.merchant_id, p.id) join merchants m on m.id = p.merchant_id \
    join categories l3 on (l3.merchant_id, l3.id) = (p.merchant_id, p.category_id) \
    left join categories l2 on (l2.merchant_id, l2.id) = (l3.merchant_id, l3.parent_id) \
    left join categories l1 on (l1.merchant_id, l1.id) = (l2.merchant_id, l2.parent_id) \
    left join users u on u.id = i.leased_by";

/// One product by its merchant's code and its id there.
///
/// # Errors
/// `NotFound` when it was never queued.
pub fn find(c: &mut PgConnection, merchant: &str, prod_id: &str) -> Result<Work> {
    Ok(diesel::sql_query(format!("{WORK} where m.code = $1 and p.prod_id = $2"))
        .bind::<Text, _>(merchant)
        .bind::<Text, _>(prod_id)
        .get_result(c)?)
}

/// The columns of a set of products, for `unnest`.
pub(super) fn columns(works: &[Work]) -> (Vec<i64>, Vec<i64>) {
    (works.iter().map(|w| w.merchant_id.0).collect(), works.iter().map(|w| w.product_id.0).collect())
}

/// Several products, locked in id order until the transaction ends: first their rows, as uploads do, then their items.
pub(super) fn lock(tx: &mut PgConnection, keys: &[(MerchantId, ProductId)]) -> Result<Vec<Work>> {
    let merchants: Vec<i64> = keys.iter().map(|(m, _)| m.0).collect();
    let products: Vec<i64> = keys.iter().map(|(_, p)| p.0).collect();
    for sql in [
        "select 1 from products where (merchant_id, id) in (select * from unnest($1::bigint[], $2::bigint[])) order by merchant_id, id for update",
        "select 1 from audit_items where (merchant_id, product_id) in (select * from unnest($1::bigint[], $2::bigint[])) order by merchant_id, product_id for update",
    ] {
        diesel::sql_query(sql).bind::<Array<BigInt>, _>(&merchants).bind::<Array<BigInt>, _>(&products).execute(tx)?;
    }
    load(tx, &merchants, &products)
}

/// The same products as they are now, in the same order.
pub(super) fn reload(c: &mut PgConnection, works: &[Work]) -> Result<Vec<Work>> {
    let (merchants, products) = columns(works);
    load(c, &merchants, &products)
}

fn load(c: &mut PgConnection, merchants: &[i64], products: &[i64]) -> Result<Vec<Work>> {
    let sql = format!(
        "{WORK} join unnest($1::bigint[], $2::bigint[]) with ordinality as w(m, p, n) on (w.m, w.p) = (p.merchant_id, p.id) order by w.n"
    );
    Ok(diesel::sql_query(sql).bind::<Array<BigInt>, _>(merchants).bind::<Array<BigInt>, _>(products).load(c)?)
}

impl Work {
    pub fn place(&self) -> Place {
        (self.submitted_at, self.merchant_id.0, self.product_id.0)
    }
    pub fn settled(&self) -> bool {
        self.state == "settled"
    }
    /// Somebody else has it open.
    pub fn held_by_other(&self, me: UserId, now: DateTime<Utc>) -> Option<&str> {
        let live = self.leased_until.is_some_and(|until| until > now) && self.leased_by != Some(me);
        self.leaseholder.as_deref().filter(|_| live)
    }
    /// How long the reviewer had it open.
    pub(super) fn seconds(&self, me: UserId, now: DateTime<Utc>) -> Option<i32> {
        let since = self.leased_until.filter(|until| self.leased_by == Some(me) && *until > now)? - LEASE;
        i32::try_from((now - since).num_seconds().max(1)).ok()
    }
}

/// Opens an item for somebody, unless somebody else has it open; whatever they had open before is free again.
/// Only a courtesy: decisions are kept apart by the item's version.
pub fn lease(tx: &mut PgConnection, cause: &Cause, me: UserId, merchant: &str, prod_id: &str) -> Result<Work> {
    let work = find(tx, merchant, prod_id)?;
    if work.held_by_other(me, cause.now).is_some() || work.settled() {
        return Ok(work);
    }
    diesel::sql_query("update audit_items set leased_by = null, leased_until = null where state <> 'settled' and leased_by = $1 and (merchant_id, product_id) <> ($2, $3)")
        .bind::<BigInt, _>(me)
        .bind::<BigInt, _>(work.merchant_id)
        .bind::<BigInt, _>(work.product_id)
        .execute(tx)?;
    diesel::sql_query(
        "update audit_items set leased_by = $1, leased_until = $2 where merchant_id = $3 and product_id = $4 and state <> 'settled' \
         and (leased_by is null or leased_until <= $5)",
    )
    .bind::<BigInt, _>(me)
    .bind::<Timestamptz, _>(cause.now + LEASE)
    .bind::<BigInt, _>(work.merchant_id)
    .bind::<BigInt, _>(work.product_id)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    find(tx, merchant, prod_id)
}

/// Puts an item aside for this reviewer alone; the others still see it.
pub fn skip(tx: &mut PgConnection, cause: &Cause, me: UserId, merchant: &str, prod_id: &str) -> Result<Work> {
    let work = find(tx, merchant, prod_id)?;
    if work.settled() {
        return Err(Error::Conflict(super::decide::told_settled(tx, &work)?));
    }
    diesel::sql_query("insert into audit_skips (reviewer_id, merchant_id, product_id, at) values ($1, $2, $3, $4) on conflict (reviewer_id, merchant_id, product_id) do update set at = excluded.at")
        .bind::<BigInt, _>(me)
        .bind::<BigInt, _>(work.merchant_id)
        .bind::<BigInt, _>(work.product_id)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    release(tx, me, &work)?;
    Ok(work)
}

/// Takes a skip back.
pub fn unskip(tx: &mut PgConnection, me: UserId, merchant: &str, prod_id: &str) -> Result<Work> {
    let work = find(tx, merchant, prod_id)?;
    diesel::sql_query("delete from audit_skips where reviewer_id = $1 and merchant_id = $2 and product_id = $3")
        .bind::<BigInt, _>(me)
        .bind::<BigInt, _>(work.merchant_id)
        .bind::<BigInt, _>(work.product_id)
        .execute(tx)?;
    Ok(work)
}

fn release(tx: &mut PgConnection, me: UserId, work: &Work) -> Result<()> {
    diesel::sql_query(
        "update audit_items set leased_by = null, leased_until = null where merchant_id = $1 and product_id = $2 and leased_by = $3",
    )
    .bind::<BigInt, _>(work.merchant_id)
    .bind::<BigInt, _>(work.product_id)
    .bind::<BigInt, _>(me)
    .execute(tx)?;
    Ok(())
}
