//! Lots a person has taken off sale: a recall, damage, a doubt. A stop outlives the lists an ERP sends.

use crate::clock::day;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::stock::shelf;
use crate::text::Text as Said;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use serde_json::json;
use std::collections::{HashMap, HashSet};

#[derive(QueryableByName)]
struct Stopped {
    #[diesel(sql_type = BigInt)]
    sku_id: SkuId,
    #[diesel(sql_type = BigInt)]
    shop_id: ShopId,
    #[diesel(sql_type = Text)]
    lot_no: String,
}

/// The stopped lots of these places.
pub(super) fn of_places(
    c: &mut PgConnection,
    merchant: MerchantId,
    places: &[(SkuId, ShopId)],
) -> Result<HashMap<(SkuId, ShopId), HashSet<String>>> {
    let mut by_place: HashMap<_, HashSet<String>> = HashMap::new();
    if places.is_empty() {
        return Ok(by_place);
    }
    let stopped: Vec<Stopped> = diesel::sql_query(
        "select p.sku_id, p.shop_id, p.lot_no from unnest($2, $3) as l(sku, shop) \
         join lot_stops p on p.merchant_id = $1 and p.sku_id = l.sku and p.shop_id = l.shop",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .load(c)?;
    for s in stopped {
        by_place.entry((s.sku_id, s.shop_id)).or_default().insert(s.lot_no);
    }
    Ok(by_place)
}

/// Which lot, and where.
#[derive(Clone, Debug)]
pub struct Which {
    pub sku: SkuId,
    /// The id by which people know the SKU.
    pub ext: String,
    pub lot_no: String,
    /// `None`: in every shop that has it.
    pub shop: Option<ShopId>,
}

/// The places where the lot lies, their heads locked, so that no list comes in between.
fn lock(tx: &mut PgConnection, cause: &Cause, which: &Which, stopped: bool) -> Result<Vec<(SkuId, ShopId)>> {
    let table = if stopped { "lot_stops" } else { "lots" };
    let other = if stopped {
        ""
    } else {
        " and not exists (select 1 from lot_stops p where p.merchant_id = $1 and p.sku_id = h.sku_id and p.shop_id = h.shop_id and p.lot_no = $3)"
    };
    let sql = format!(
        "select h.sku_id, h.shop_id, $3 as lot_no from lot_heads h where h.merchant_id = $1 and h.sku_id = $2 and ($4::bigint is null or h.shop_id = $4) \
         and exists (select 1 from {table} o where o.merchant_id = $1 and o.sku_id = h.sku_id and o.shop_id = h.shop_id and o.lot_no = $3){other} \
         order by h.shop_id for no key update"
    );
    let found: Vec<Stopped> = diesel::sql_query(sql)
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(which.sku)
        .bind::<Text, _>(&which.lot_no)
        .bind::<Nullable<BigInt>, _>(which.shop)
        .load(tx)?;
    Ok(found.into_iter().map(|s| (s.sku_id, s.shop_id)).collect())
}

fn subject(which: &Which, shop: ShopId) -> String {
    format!("{}/{}/{shop}", which.ext, which.lot_no)
}

/// Takes a lot off sale; in how many shops. Its units are there, and nobody can buy them.
///
/// # Errors
/// `Conflict` when the lot is not on sale there (any more).
pub fn stop(tx: &mut PgConnection, cause: &Cause, which: &Which, reason: &str) -> Result<usize> {
    let places = lock(tx, cause, which, false)?;
    if places.is_empty() {
        return Err(Error::Conflict(Said::new("lots-not-there").with(&which.lot_no)));
    }
    diesel::sql_query(
        "insert into lot_stops (merchant_id, sku_id, shop_id, lot_no, at, by_name, reason) select $1, $2, l.shop, $4, $5, $6, $7 \
         from unnest($3) as l(shop) on conflict do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(which.sku)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .bind::<Text, _>(&which.lot_no)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Text, _>(reason)
    .execute(tx)?;
    shelf::bring_up_to_date(tx, cause, &places, "lots", Some(reason))?;
    let entry = |(_, shop): &(SkuId, ShopId)| {
        Entry::new("lot.stopped", "lot", subject(which, *shop)).change(json!({ "onSale": true }), json!({ "onSale": false })).note(reason)
    };
    trail::record(tx, cause, &places.iter().map(entry).collect::<Vec<_>>())?;
    Ok(places.len())
}

/// Puts a lot back on sale; in how many shops. One that has expired meanwhile stays off by itself.
///
/// # Errors
/// `Conflict` when nobody has stopped it there.
pub fn resume(tx: &mut PgConnection, cause: &Cause, which: &Which) -> Result<usize> {
    let places = lock(tx, cause, which, true)?;
    if places.is_empty() {
        return Err(Error::Conflict(Said::new("lots-not-stopped").with(&which.lot_no)));
    }
    diesel::sql_query("delete from lot_stops where merchant_id = $1 and sku_id = $2 and shop_id = any($3) and lot_no = $4")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(which.sku)
        .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
        .bind::<Text, _>(&which.lot_no)
        .execute(tx)?;
    shelf::bring_up_to_date(tx, cause, &places, "lots", None)?;
    let today = day(cause.now).to_string();
    let entry = |(_, shop): &(SkuId, ShopId)| {
        Entry::new("lot.resumed", "lot", subject(which, *shop)).change(json!({ "onSale": false }), json!({ "onSale": true, "day": today }))
    };
    trail::record(tx, cause, &places.iter().map(entry).collect::<Vec<_>>())?;
    Ok(places.len())
}
