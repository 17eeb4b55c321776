//! Telling the ERP what becomes of units, where the merchant wants its own counters to follow ours.
//!
//! The letters are written in the transaction that moves the units, under the reservation's own id, so that they arrive in
//! their order and can be told apart when they come twice.

use super::{Taken, Want};
use crate::Result;
use crate::erp::listened::{DEDUCT, FREEZE, ROLLBACK};
use crate::erp::outbox::{self, Letter};
use crate::ids::{MerchantId, SkuId};
use crate::trail::Cause;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// The ids by which the ERP knows SKUs.
fn names(c: &mut PgConnection, merchant: MerchantId, skus: Vec<SkuId>) -> Result<HashMap<SkuId, String>> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = BigInt)]
        id: SkuId,
        #[diesel(sql_type = Text)]
        sku_id: String,
    }
    let named: Vec<Named> = diesel::sql_query("select id, sku_id from skus where merchant_id = $1 and id = any($2)")
        .bind::<BigInt, _>(merchant)
        .bind::<Array<BigInt>, _>(skus)
        .load(c)?;
    Ok(named.into_iter().map(|n| (n.id, n.sku_id)).collect())
}

fn letters(method: &'static str, by_reservation: BTreeMap<&str, Vec<Value>>) -> Vec<Letter> {
    by_reservation.into_iter().map(|(no, lines)| Letter { key: no.to_owned(), method, body: Value::Array(lines) }).collect()
}

/// Units were frozen.
pub(super) fn frozen(tx: &mut PgConnection, cause: &Cause, wants: &[&Want]) -> Result<()> {
    if wants.is_empty() {
        return Ok(());
    }
    let names = names(tx, cause.merchant, wants.iter().map(|w| w.sku).collect())?;
    let mut lines: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for w in wants {
        lines.entry(&w.reservation).or_default().push(json!({
            "reservationId": w.reservation, "skuId": names.get(&w.sku), "shopId": w.shop.to_string(), "quantity": w.qty, "orderNo": w.order_no,
        }));
    }
    outbox::put(tx, cause, &letters(FREEZE, lines))
}

/// They were paid.
pub(super) fn deducted(tx: &mut PgConnection, cause: &Cause, nos: &[&str]) -> Result<()> {
    let lines = nos.iter().map(|no| (*no, vec![json!({ "reservationId": no })])).collect();
    outbox::put(tx, cause, &letters(DEDUCT, lines))
}

/// They were given back.
pub(super) fn rolled_back(tx: &mut PgConnection, cause: &Cause, going: &[&Taken], reason: &str) -> Result<()> {
    let names = names(tx, cause.merchant, going.iter().map(|l| l.sku).collect())?;
    let mut lines: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for l in going {
        lines.entry(&l.no).or_default().push(json!({
            "reservationId": l.no, "skuId": names.get(&l.sku), "shopId": l.shop.to_string(), "quantity": l.qty, "reason": reason,
        }));
    }
    outbox::put(tx, cause, &letters(ROLLBACK, lines))
}
