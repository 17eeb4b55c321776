//! What follows from the pass, written at once.

use super::{Ended, Found};
use crate::Result;
use crate::ids::ProductId;
use crate::trail::{self, Cause, Entry};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Timestamptz};
use serde_json::{Value, json};

/// Hands to an auditor, settles what was asked and is answered, keeps the automatic decisions. The products' own rows say
/// [`Ended::moved`] by now.
pub fn record(tx: &mut PgConnection, cause: &Cause, ended: &[(ProductId, &Ended)]) -> Result<()> {
    let rows: Vec<Value> = ended.iter().map(|(id, e)| row(*id, e)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "with done as materialized (select * from jsonb_to_recordset($2) as d(id bigint, base bigint, status text, \
             ask text, score smallint, candidates jsonb, decision jsonb, reason text)), \
         asked as (insert into audit_items (merchant_id, product_id, state, submitted_at, ask, score, candidates) \
             select $1, d.id, 'waiting', $3, d.ask, d.score, d.candidates from done d where d.status = 'pending' \
             on conflict (merchant_id, product_id) do update set state = 'waiting', ask = excluded.ask, score = excluded.score, \
             candidates = excluded.candidates, leased_by = null, leased_until = null, version = audit_items.version + 1, \
             submitted_at = case when audit_items.state = 'settled' then excluded.submitted_at else audit_items.submitted_at end), \
         answered as (update audit_items a set state = 'settled', leased_by = null, leased_until = null, version = a.version + 1 from done d \
             where a.merchant_id = $1 and a.product_id = d.id and d.status = 'approved' and a.state <> 'settled') \
         insert into audit_decisions (merchant_id, product_id, at, decision, base_product_id, reason, snapshot) \
         select $1, d.id, $3, 'automatic', d.base, d.reason, d.decision from done d where d.decision is not null",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Jsonb, _>(Value::Array(rows))
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let entries: Vec<Entry> = ended.iter().filter_map(|(_, e)| entry(e)).collect();
    trail::record(tx, cause, &entries)
}

fn row(id: ProductId, ended: &Ended) -> Value {
    let best = ended.shown.first();
    match &ended.found {
        Found::Kept => json!({ "id": id, "status": "approved" }),
        Found::Matched { base, by } => {
            let decision = json!({
                "product": ended.subject.snapshot, "base": { "id": base, "code": ended.code }, "by": by, "evidence": best.map(|b| &b.evidence),
            });
            json!({ "id": id, "base": base, "status": "approved", "decision": decision, "reason": by.text_key() })
        }
        Found::Asked { .. } | Found::Forbidden { .. } => json!({
            "id": id, "status": "pending", "ask": ended.ask, "score": best.map(|b| b.evidence.score), "candidates": ended.shown,
        }),
    }
}

/// What determined a match, or why a person is asked.
fn entry(ended: &Ended) -> Option<Entry> {
    let (s, was) = (&ended.subject, &ended.subject.standing);
    let was = json!({ "auditStatus": was.audit_status, "base": was.base, "listing": was.listing });
    match &ended.found {
        Found::Kept => None,
        Found::Matched { base, by } => {
            Some(Entry::new("product.matched", "product", &s.prod_id).change(was, json!({ "base": base, "code": ended.code, "by": by })))
        }
        Found::Asked { .. } | Found::Forbidden { .. } => Some(
            Entry::new("product.audit_asked", "product", &s.prod_id)
                .change(was, json!({ "why": ended.ask, "candidates": ended.shown.len() })),
        ),
    }
}
