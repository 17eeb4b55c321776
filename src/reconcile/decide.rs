//! A person's word on a difference: the ERP's number or ours.

use super::read::{self, State};
use crate::Result;
use crate::guards::RECONCILER;
use crate::ids::{ShopId, SkuId};
use crate::stock::model::{self, Set};
use crate::trail::{self, Cause, Entry};
use crate::wire::Outcome;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Rows of one transaction.
pub const AT_ONCE: i64 = 500;

/// Which rows are meant: all undecided ones of a state, or those named.
#[derive(Clone, Debug)]
pub struct Chosen {
    pub state: State,
    pub places: Option<Vec<(String, ShopId)>>,
}

/// What became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub rows: usize,
    pub taken: usize,
    /// Something newer had come since the comparison.
    pub stale: usize,
}

#[derive(QueryableByName)]
struct Wanted {
    #[diesel(sql_type = Text)]
    ext: String,
    #[diesel(sql_type = BigInt)]
    sku: SkuId,
    #[diesel(sql_type = BigInt)]
    shop: ShopId,
    /// A row the ERP does not have is one of which it has none.
    #[diesel(sql_type = BigInt)]
    theirs: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    version: Option<i64>,
    /// Ours is still what was compared.
    #[diesel(sql_type = Bool)]
    same: bool,
}

/// Takes the ERP's number for up to [`AT_ONCE`] of the chosen rows; call again until it says none. Rows of goods we do not
/// know stay undecided: there is nothing to put the number on.
pub fn take_theirs(tx: &mut PgConnection, cause: &Cause, id: i64, chosen: &Chosen) -> Result<Taken> {
    let name = read::find(tx, cause.merchant, id)?.name;
    let wanted = wanted(tx, cause, id, chosen)?;
    if wanted.is_empty() {
        return Ok(Taken::default());
    }
    let decided = Cause { request_id: cause.request_id, ..Cause::system(cause.merchant, RECONCILER, cause.now) };
    let sets = (1..).zip(&wanted).filter(|(_, w)| w.same);
    let sets = sets.map(|(no, w)| Set { if_version: Some(w.version.unwrap_or(0)), ..Set::quantity(no, w.sku, w.shop, w.theirs) });
    let ends: HashMap<i32, Outcome> = model::set(tx, &decided, sets.collect())?.into_iter().map(|d| (d.no, d.outcome)).collect();
    let good = |no: i32| matches!(ends.get(&no), Some(Outcome::Applied | Outcome::Unchanged));
    let ends: Vec<&str> = (1..).zip(&wanted).map(|(no, _)| if good(no) { "theirs" } else { "stale" }).collect();
    diesel::sql_query(
        "update reconciliation_rows r set taken = l.taken, taken_by = $6, taken_at = $7 from unnest($3, $4, $5) as l(sku, shop, taken) \
         where r.merchant_id = $1 and r.reconciliation_id = $2 and r.sku_id = l.sku and r.shop_id = l.shop",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .bind::<Array<Text>, _>(wanted.iter().map(|w| w.ext.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(wanted.iter().map(|w| w.shop).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(&ends)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let taken = ends.iter().filter(|e| **e == "theirs").count();
    let done = Taken { rows: wanted.len(), taken, stale: wanted.len() - taken };
    let told = json!({ "state": chosen.state.as_str(), "taken": done.taken, "stale": done.stale });
    trail::record(tx, cause, &[Entry::new("reconciliation.taken", "reconciliation", name).change(Value::Null, told)])?;
    Ok(done)
}

fn wanted(tx: &mut PgConnection, cause: &Cause, id: i64, chosen: &Chosen) -> Result<Vec<Wanted>> {
    let (skus, shops) = named(chosen);
    Ok(diesel::sql_query(
        "select r.sku_id as ext, k.id as sku, r.shop_id as shop, coalesce(r.theirs, 0) as theirs, s.version, s.erp_qty is not distinct from r.ours as same \
         from (select * from reconciliation_rows where merchant_id = $1 and reconciliation_id = $2 and state = $3 and taken is null \
           and ($4::text[] is null or (sku_id, shop_id) in (select * from unnest($4, $5))) and exists (select 1 from skus where merchant_id = $1 and sku_id = reconciliation_rows.sku_id) \
           order by sku_id, shop_id limit $6 for update) r \
         join skus k on k.merchant_id = $1 and k.sku_id = r.sku_id \
         left join stock s on s.merchant_id = $1 and s.sku_id = k.id and s.shop_id = r.shop_id order by k.id, r.shop_id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .bind::<Text, _>(chosen.state.as_str())
    .bind::<Nullable<Array<Text>>, _>(skus)
    .bind::<Nullable<Array<BigInt>>, _>(shops)
    .bind::<BigInt, _>(AT_ONCE)
    .load(tx)?)
}

type Named<'a> = (Option<Vec<&'a str>>, Option<Vec<ShopId>>);

fn named(chosen: &Chosen) -> Named<'_> {
    let places = chosen.places.as_ref();
    (places.map(|all| all.iter().map(|p| p.0.as_str()).collect()), places.map(|all| all.iter().map(|p| p.1).collect()))
}

/// Notes that ours is right; nothing changes. How many rows.
pub fn keep_ours(tx: &mut PgConnection, cause: &Cause, id: i64, chosen: &Chosen) -> Result<usize> {
    let name = read::find(tx, cause.merchant, id)?.name;
    let (skus, shops) = named(chosen);
    let rows = diesel::sql_query(
        "update reconciliation_rows set taken = 'ours', taken_by = $6, taken_at = $7 where merchant_id = $1 and reconciliation_id = $2 and state = $3 \
         and taken is null and ($4::text[] is null or (sku_id, shop_id) in (select * from unnest($4, $5)))",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .bind::<Text, _>(chosen.state.as_str())
    .bind::<Nullable<Array<Text>>, _>(skus)
    .bind::<Nullable<Array<BigInt>>, _>(shops)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    if rows > 0 {
        let told = json!({ "state": chosen.state.as_str(), "rows": rows });
        trail::record(tx, cause, &[Entry::new("reconciliation.kept", "reconciliation", name).change(Value::Null, told)])?;
    }
    Ok(rows)
}
