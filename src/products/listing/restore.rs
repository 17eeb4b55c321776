//! Undo of a change of listings (I-9): each product gets back exactly what it had before, as the trail remembers it.

use super::facts::{self, Facts};
use super::{Next, settle, write};
use crate::Result;
use crate::ids::ProductId;
use crate::trail::Cause;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Text, Uuid as SqlUuid};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// What an undo came to; ids as the ERP knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub back: Vec<String>,
    /// Changed since, or said once more: they stay as they are.
    pub moved_on: Vec<String>,
}

/// A side of a trail row of listing.
#[derive(Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct State {
    listing: String,
    unlisted_by: Option<String>,
    wish: bool,
}

impl State {
    fn is(&self, f: &Facts) -> bool {
        (self.listing.as_str(), self.unlisted_by.as_deref(), self.wish) == (f.listing.as_str(), f.unlisted_by.as_deref(), f.list_wish)
    }
    fn next(&self) -> Option<Next> {
        let listing = ["pending", "listed", "unlisted"].into_iter().find(|l| *l == self.listing)?;
        let by = self.unlisted_by.as_deref();
        Some(Next { listing, unlisted_by: ["person", "erp", "rule"].into_iter().find(|who| Some(*who) == by), wish: self.wish })
    }
}

#[derive(QueryableByName)]
struct Was {
    #[diesel(sql_type = Text)]
    prod_id: String,
    #[diesel(sql_type = Jsonb)]
    before: Value,
    #[diesel(sql_type = Jsonb)]
    after: Value,
    /// Somebody has had a newer word, be it the same.
    #[diesel(sql_type = Bool)]
    touched: bool,
}

/// What the trail calls a change of a listing.
const VERBS: &str = "('product.listed', 'product.unlisted', 'product.listing_wished')";

/// Restores what the request `act` changed among these products of the cause's merchant. The rule then looks at them: what
/// may not be sold any more does not come back on sale.
pub fn restore(tx: &mut PgConnection, cause: &Cause, act: Uuid, products: &[ProductId]) -> Result<Restored> {
    let facts = facts::load(tx, cause.merchant, products, true)?;
    let ids: Vec<&str> = facts.iter().map(|f| f.prod_id.as_str()).collect();
    let rows: Vec<Was> = diesel::sql_query(format!(
        "select t.subject_id as prod_id, t.before, t.after, coalesce(p.listing_said_again_at > t.at, false) or exists (select 1 from trail x \
           where x.merchant_id = $1 and x.subject_kind = 'product' and x.subject_id = t.subject_id and x.verb in {VERBS} and x.id > t.id \
           and x.at > t.at - interval '1 hour' and x.request_id is distinct from $3) as touched \
         from trail t left join products p on p.merchant_id = t.merchant_id and p.prod_id = t.subject_id \
         where t.merchant_id = $1 and t.subject_kind = 'product' and t.subject_id = any($2) \
         and t.request_id = $3 and t.verb in {VERBS} and t.before is not null and t.after is not null"
    ))
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(ids)
    .bind::<SqlUuid, _>(act)
    .load(tx)?;
    let mut states = HashMap::with_capacity(rows.len());
    for row in rows {
        let before: State = serde_json::from_value(row.before).map_err(crate::Error::broken)?;
        let after: State = serde_json::from_value(row.after).map_err(crate::Error::broken)?;
        states.insert(row.prod_id, (before, after, row.touched));
    }
    let (mut restored, mut changes) = (Restored::default(), Vec::new());
    for f in &facts {
        let Some((before, after, touched)) = states.get(&f.prod_id) else { continue };
        // Only what is approved can stand listed.
        let possible = !touched && after.is(f) && (before.listing != "listed" || f.audit_status == "approved");
        match before.next().filter(|_| possible) {
            Some(next) => {
                restored.back.push(f.prod_id.clone());
                changes.push((f, next));
            }
            None => restored.moved_on.push(f.prod_id.clone()),
        }
    }
    write(tx, cause, &changes, "undo")?;
    settle(tx, cause, &changes.iter().map(|(f, _)| f.id).collect::<Vec<_>>())?;
    Ok(restored)
}
