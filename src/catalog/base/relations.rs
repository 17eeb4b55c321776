//! What a base product has to do with others: products linked to it, and base products that look like the same.

use super::{BaseProduct, SELECT, by_ids};
use crate::Result;
use crate::ids::{BaseId, MerchantId, ProductId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use serde::Serialize;
use std::collections::HashMap;

/// A merchant's product that is this base product.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Linked {
    #[diesel(sql_type = BigInt)]
    pub merchant_id: MerchantId,
    #[diesel(sql_type = Text)]
    pub merchant: String,
    #[diesel(sql_type = BigInt)]
    pub id: ProductId,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    /// `pending`, `listed` or `unlisted`.
    #[diesel(sql_type = Text)]
    pub listing: String,
    /// `auto`, `explicit` or `person`.
    #[diesel(sql_type = Text)]
    pub match_kind: String,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// Linked products by merchant, at most `limit`.
pub fn linked(c: &mut PgConnection, base: BaseId, limit: i64) -> Result<Vec<Linked>> {
    Ok(diesel::sql_query(
        "select p.merchant_id, m.name as merchant, p.id, p.prod_id, p.name, p.spec, p.listing, p.match_kind, p.updated_at \
         from (select * from products where base_product_id = $1 order by merchant_id, id limit $2) p join merchants m on m.id = p.merchant_id \
         order by p.merchant_id, p.id",
    )
    .bind::<BigInt, _>(base)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

/// How far a base product reaches.
#[derive(QueryableByName, Clone, Copy, Debug, Default, Serialize)]
pub struct Links {
    #[diesel(sql_type = BigInt)]
    pub products: i64,
    #[diesel(sql_type = BigInt)]
    pub merchants: i64,
}

pub fn links(c: &mut PgConnection, base: BaseId) -> Result<Links> {
    Ok(diesel::sql_query("select count(*) as products, count(distinct merchant_id) as merchants from products where base_product_id = $1")
        .bind::<BigInt, _>(base)
        .get_result(c)?)
}

/// Base products that look like one, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// They share a barcode; its canonical form.
    pub gtin: Option<String>,
    /// They share approval number and spec.
    pub approval: Option<String>,
    pub members: Vec<BaseProduct>,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Array<BigInt>)]
    ids: Vec<BaseId>,
}

/// The most members of a group that are shown.
const MEMBERS: i32 = 6;

/// The duplicate radar: base products in use with the same barcode, or with the same approval number and spec. A licence
/// of a company (SC, QS) stands for many products and is no sign.
pub fn duplicates(c: &mut PgConnection, limit: i64) -> Result<Vec<Group>> {
    let found: Vec<Found> = diesel::sql_query(format!(
        "(select 'gtin' as kind, x.gtin as key, (array_agg(b.id order by b.id))[1:{MEMBERS}] as ids \
          from base_barcodes x join base_products b on b.id = x.base_id and b.status = 'active' group by x.gtin having count(*) > 1 order by min(b.id) limit $1) \
         union all \
         (select 'approval', b.approval_key, (array_agg(b.id order by b.id))[1:{MEMBERS}] \
          from base_products b where b.status = 'active' and b.approval_key <> '' and b.spec_key <> '' and b.approval_key !~ '^(SC|QS)[0-9]' \
          group by b.approval_key, b.spec_key having count(*) > 1 order by min(b.id) limit $1)"
    ))
    .bind::<BigInt, _>(limit)
    .load(c)?;
    let mut groups: Vec<(Vec<BaseId>, Option<String>, Option<String>)> = Vec::new();
    for Found { kind, key, ids } in found {
        let place = groups.iter().position(|(have, _, _)| *have == ids).unwrap_or_else(|| {
            groups.push((ids, None, None));
            groups.len() - 1
        });
        if let Some((_, gtin, approval)) = groups.get_mut(place) {
            *(if kind == "gtin" { gtin } else { approval }) = Some(key);
        }
    }
    groups.sort_by_key(|(ids, _, _)| ids.first().copied());
    groups.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let all: Vec<BaseId> = groups.iter().flat_map(|(ids, _, _)| ids.iter().copied()).collect();
    let rows: HashMap<BaseId, BaseProduct> = by_ids(c, &all)?.into_iter().map(|b| (b.id, b)).collect();
    let members = |ids: &[BaseId]| ids.iter().filter_map(|id| rows.get(id).cloned()).collect();
    Ok(groups.iter().map(|(ids, gtin, approval)| Group { gtin: gtin.clone(), approval: approval.clone(), members: members(ids) }).collect())
}

/// Others in use that look like this one, by the rules of [`duplicates`].
pub fn twins(c: &mut PgConnection, base: &BaseProduct, limit: i64) -> Result<Vec<BaseProduct>> {
    Ok(diesel::sql_query(format!(
        "{SELECT} where b.status = 'active' and b.id in ( \
           select y.base_id from base_barcodes x join base_barcodes y on y.gtin = x.gtin and y.base_id <> x.base_id where x.base_id = $1 \
           union select s.id from base_products s where s.approval_key = $2 and s.spec_key = $3 and $2 <> '' and $3 <> '' and $2 !~ '^(SC|QS)[0-9]' and s.id <> $1) \
         order by b.id limit $4"
    ))
    .bind::<BigInt, _>(base.id)
    .bind::<Text, _>(&base.approval_key)
    .bind::<Text, _>(&base.spec_key)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}
