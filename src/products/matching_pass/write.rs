//! What the pass decided, written at once.

use super::candidates::Pool;
use super::{Ended, Found};
use crate::Result;
use crate::products::matching::MatchedBy;
use crate::trail::{self, Cause, Entry};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Timestamptz};
use serde_json::{Value, json};

/// Links and approves, or hands to an auditor; settles what was asked and is answered; keeps the automatic decisions.
pub(super) fn write(tx: &mut PgConnection, cause: &Cause, ended: &[Ended], pool: &Pool) -> Result<()> {
    let rows: Vec<Value> = ended.iter().map(|e| row(e, pool)).collect();
    diesel::sql_query(
        "with done as materialized (select * from jsonb_to_recordset($2) as d(id bigint, base bigint, kind text, status text, moved boolean, \
             ask text, score smallint, candidates jsonb, decision jsonb, reason text)), \
         asked as (insert into audit_items (merchant_id, product_id, state, submitted_at, ask, score, candidates) \
             select $1, d.id, 'waiting', $3, d.ask, d.score, d.candidates from done d where d.status = 'pending' \
             on conflict (merchant_id, product_id) do update set state = 'waiting', ask = excluded.ask, score = excluded.score, \
             candidates = excluded.candidates, leased_by = null, leased_until = null, version = audit_items.version + 1, \
             submitted_at = case when audit_items.state = 'settled' then excluded.submitted_at else audit_items.submitted_at end), \
         answered as (update audit_items a set state = 'settled', leased_by = null, leased_until = null, version = a.version + 1 from done d \
             where a.merchant_id = $1 and a.product_id = d.id and d.status = 'approved' and a.state <> 'settled'), \
         decided as (insert into audit_decisions (merchant_id, product_id, at, decision, base_product_id, reason, snapshot) \
             select $1, d.id, $3, 'automatic', d.base, d.reason, d.decision from done d where d.decision is not null) \
         update products p set base_product_id = d.base, match_kind = d.kind, audit_status = d.status, updated_at = $3, \
         listing = case when d.status = 'pending' and p.listing = 'listed' then 'unlisted' else p.listing end, \
         unlisted_by = case when d.status = 'pending' and p.listing = 'listed' then 'rule' else p.unlisted_by end, \
         list_wish = p.list_wish or (d.status = 'pending' and p.listing = 'listed') \
         from done d where p.merchant_id = $1 and p.id = d.id and d.moved",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Jsonb, _>(Value::Array(rows))
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let entries: Vec<Entry> = ended.iter().filter_map(|e| entry(e, pool)).collect();
    trail::record(tx, cause, &entries)
}

fn row(ended: &Ended, pool: &Pool) -> Value {
    let s = &ended.subject;
    let best = ended.shown.first();
    match &ended.found {
        Found::Kept => {
            json!({ "id": s.id, "base": s.base, "kind": s.match_kind, "status": "approved", "moved": false })
        }
        Found::Matched { base, by } => {
            let kind = if *by == MatchedBy::ExplicitId { "explicit" } else { "auto" };
            let code = pool.base(*base).map(|b| b.code.as_str());
            let decision =
                json!({ "product": s.snapshot, "base": { "id": base, "code": code }, "by": by, "evidence": best.map(|b| &b.evidence) });
            json!({ "id": s.id, "base": base, "kind": kind, "status": "approved", "moved": true, "decision": decision, "reason": by.text_key() })
        }
        Found::Asked { .. } | Found::Forbidden { .. } => json!({
            "id": s.id, "base": null, "kind": "none", "status": "pending", "moved": true,
            "ask": ended.ask, "score": best.map(|b| b.evidence.score), "candidates": ended.shown,
        }),
    }
}

/// The text key of what determined a match, as kept with the decision.
fn entry(ended: &Ended, pool: &Pool) -> Option<Entry> {
    let s = &ended.subject;
    let was = json!({ "auditStatus": s.audit_status, "base": s.base, "listing": s.listing });
    match &ended.found {
        Found::Kept => None,
        Found::Matched { base, by } => {
            let code = pool.base(*base).map(|b| b.code.as_str());
            Some(Entry::new("product.matched", "product", &s.prod_id).change(was, json!({ "base": base, "code": code, "by": by })))
        }
        Found::Asked { .. } | Found::Forbidden { .. } => Some(
            Entry::new("product.audit_asked", "product", &s.prod_id)
                .change(was, json!({ "why": ended.ask, "candidates": ended.shown.len() })),
        ),
    }
}
