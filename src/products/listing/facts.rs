//! What listing depends on.

use super::Next;
use crate::Result;
use crate::catalog::blocklist;
use crate::db::Prepare;
use crate::ids::{MerchantId, ProductId};
use crate::text::Text as Sentence;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};
use std::collections::HashMap;

#[derive(QueryableByName, Clone, Debug)]
pub(super) struct Facts {
    #[diesel(sql_type = BigInt)]
    pub id: ProductId,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub listing: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub unlisted_by: Option<String>,
    #[diesel(sql_type = Bool)]
    pub list_wish: bool,
    #[diesel(sql_type = Text)]
    pub audit_status: String,
    #[diesel(sql_type = Bool)]
    pub enabled: bool,
    /// The merchant's rule (P-08).
    #[diesel(sql_type = Bool)]
    pub auto_list: bool,
    /// Nothing on the block list hits it. P-16
    #[diesel(sql_type = Bool)]
    pub permitted: bool,
    #[diesel(sql_type = Bool)]
    pub category_allowed: bool,
    /// The base product is in use and of an allowed category.
    #[diesel(sql_type = Bool)]
    pub base_ok: bool,
    /// An enabled SKU has a price.
    #[diesel(sql_type = Bool)]
    pub priced: bool,
    /// Pieces that can be sold, all shops together.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
}

impl Facts {
    /// What stands against selling it, beside the audit.
    pub fn missing(&self) -> Option<Sentence> {
        let key = if !self.enabled {
            "products-missing-enabled"
        } else if !self.permitted {
            "products-missing-permitted"
        } else if !self.category_allowed {
            "products-missing-category"
        } else if !self.base_ok {
            "products-missing-base"
        } else if !self.priced {
            "products-missing-price"
        } else {
            return None;
        };
        Some(Sentence::keyed(key.into()))
    }

    pub fn is(&self, next: &Next) -> bool {
        self.listing == next.listing && self.unlisted_by.as_deref() == next.unlisted_by && self.list_wish == next.wish
    }

    /// A product that may be sold.
    #[cfg(test)]
    pub fn sample(total: i64) -> Self {
        Self {
            id: ProductId(1),
            prod_id: "P1".into(),
            listing: "pending".into(),
            unlisted_by: None,
            list_wish: false,
            audit_status: "approved".into(),
            enabled: true,
            auto_list: true,
            permitted: true,
            category_allowed: true,
            base_ok: true,
            priced: true,
            total,
        }
    }
}

/// Strangers' and unknown products are left out.
pub(super) fn load(c: &mut PgConnection, merchant: MerchantId, products: &[ProductId], lock: bool) -> Result<Vec<Facts>> {
    if products.is_empty() {
        return Ok(Vec::new());
    }
    let lock = if lock { "for no key update of p" } else { "" };
    let allowed = |c: &str| format!("coalesce({c}.allowed, true) and coalesce({c}m.allowed, true) and coalesce({c}t.allowed, true)");
    let parents = |c: &str| {
        format!(
            "left join categories {c}m on {c}m.merchant_id = {c}.merchant_id and {c}m.id = {c}.parent_id \
             left join categories {c}t on {c}t.merchant_id = {c}m.merchant_id and {c}t.id = {c}m.parent_id"
        )
    };
    let (own, base) = (allowed("c"), allowed("d"));
    let hits = blocklist::HITS;
    let (own_parents, base_parents) = (parents("c"), parents("d"));
    let sql = format!(
        "select p.id, p.prod_id, p.listing, p.unlisted_by, p.list_wish, p.audit_status, p.enabled, r.auto_list, ({own}) as category_allowed, \
         not exists (select 1 from product_keys k join block_list x on {hits} where k.merchant_id = p.merchant_id and k.product_id = p.id) as permitted, \
         (b.id is null or (b.status = 'active' and {base})) as base_ok, \
         exists (select 1 from skus k where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled and k.base_price is not null) as priced, \
         coalesce((select sum(stock_available(s)) from skus k \
             join stock s on s.merchant_id = k.merchant_id and s.sku_id = k.id \
             where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled), 0)::bigint as total \
         from products p join merchants r on r.id = p.merchant_id \
         join categories c on c.merchant_id = p.merchant_id and c.id = p.category_id {own_parents} \
         left join base_products b on b.id = p.base_product_id \
         left join categories d on d.merchant_id = b.category_merchant and d.id = b.category_id {base_parents} \
         where p.merchant_id = $1 and p.id = any((select $2)::bigint[]) order by p.id {lock}"
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<BigInt>, _>(products).prepared().load(c)?)
}

#[derive(QueryableByName)]
struct Unlister {
    #[diesel(sql_type = Text)]
    prod_id: String,
    #[diesel(sql_type = Text)]
    name: String,
}

/// Who last took these products off sale.
pub(super) fn who_unlisted(c: &mut PgConnection, merchant: MerchantId, prod_ids: &[&str]) -> Result<HashMap<String, String>> {
    if prod_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Unlister> = diesel::sql_query(
        "select w.prod_id, t.actor_name as name from unnest($2) as w(prod_id) cross join lateral (select actor_name from trail t \
         where t.merchant_id = $1 and t.subject_kind = 'product' and t.subject_id = w.prod_id and t.verb = 'product.unlisted' \
         and t.actor_kind = 'person' order by t.at desc limit 1) t",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(prod_ids)
    .load(c)?;
    Ok(rows.into_iter().map(|r| (r.prod_id, r.name)).collect())
}
