//! Matching by itself (U-05): what the USCC alone decides.
//!
//! The outcome is a function of what both sides say now, whoever spoke first: the ERP has a valid code once, it is matched; more
//! than once, it is a conflict that a person resolves; not at all, it waits. What a person or the ERP decided is left alone, and a
//! similar name never matches anything. Whoever changes a USCC on either side calls [`settle`] in the same transaction, behind
//! [`lock`], so that two sides that arrive at once see each other.

use crate::Result;
use crate::ids::{CustomerId, MerchantId};
use crate::trail::{self, Cause, Entry};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use serde_json::json;

/// Which side is about to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Buyers do not stand in each other's way.
    Buyers,
    /// The ERP's customers: nobody changes a buyer meanwhile.
    Erp,
}

/// Makes both sides take turns; ends with the transaction.
pub(super) fn lock(tx: &mut PgConnection, merchant: MerchantId, side: Side) -> Result<()> {
    let how = match side {
        Side::Buyers => "pg_advisory_xact_lock_shared",
        Side::Erp => "pg_advisory_xact_lock",
    };
    diesel::sql_query(format!("select {how}(hashtextextended('customers', $1))")).bind::<BigInt, _>(merchant).execute(tx)?;
    Ok(())
}

/// A match that has come or gone by itself.
#[derive(QueryableByName, Clone, Debug, PartialEq)]
pub struct Settled {
    #[diesel(sql_type = BigInt)]
    pub id: CustomerId,
    #[diesel(sql_type = Text)]
    pub customer_id: String,
    #[diesel(sql_type = Text)]
    pub uscc: String,
    #[diesel(sql_type = Text)]
    before_kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    before_code: Option<String>,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub code: Option<String>,
}

/// Looks again at these buyers and at all with one of these USCCs; what has changed comes back.
pub(super) fn settle(tx: &mut PgConnection, cause: &Cause, ids: &[CustomerId], usccs: &[String]) -> Result<Vec<Settled>> {
    let settled: Vec<Settled> = diesel::sql_query(
        "with w as materialized (select c.id, c.customer_id, c.uscc, c.match_kind, c.erp_code, c.uscc_ok and not c.hands_off as free from customers c \
           where c.merchant_id = $1 and c.match_kind in ('none', 'auto', 'conflict') and c.id in \
             (select unnest($3) union select id from customers where merchant_id = $1 and uscc = any($4) and uscc <> '') \
           order by c.id for no key update), \
         n as (select w.*, case cardinality(k.codes) when 0 then 'none' when 1 then 'auto' else 'conflict' end as kind, \
             case when cardinality(k.codes) = 1 then k.codes[1] end as code \
           from w cross join lateral (select array(select e.code from erp_customers e where w.free and e.merchant_id = $1 and e.uscc = w.uscc \
             and e.uscc <> '' and e.uscc_ok and e.enabled order by e.code limit 2) as codes) k), \
         u as (update customers c set match_kind = n.kind, erp_code = n.code, matched_at = case when n.code is not null then $2 end, matched_by = null, \
             version = c.version + 1, updated_at = $2 from n where c.merchant_id = $1 and c.id = n.id \
             and (n.match_kind, n.erp_code) is distinct from (n.kind, n.code) returning c.id) \
         select n.id, n.customer_id, n.uscc, n.match_kind as before_kind, n.erp_code as before_code, n.kind, n.code from n join u on u.id = n.id order by n.id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<Text>, _>(usccs)
    .load(tx)?;
    let entries: Vec<Entry> = settled
        .iter()
        .map(|s| {
            let verb = match (s.kind.as_str(), s.code.is_some()) {
                (_, true) => "customer.matched",
                ("conflict", _) => "customer.conflicted",
                _ => "customer.unmatched",
            };
            let told = |kind: &str, code: &Option<String>| json!({ "match": kind, "erpCustomerCode": code });
            Entry::new(verb, "customer", &s.customer_id).change(told(&s.before_kind, &s.before_code), told(&s.kind, &s.code))
        })
        .collect();
    trail::record(tx, cause, &entries)?;
    Ok(settled)
}
