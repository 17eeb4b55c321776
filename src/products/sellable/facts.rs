use super::Facts;
use crate::Result;
use crate::catalog::blocklist;
use crate::ids::{MerchantId, ProductId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: ProductId,
    #[diesel(sql_type = Text)]
    prod_id: String,
    #[diesel(sql_type = Nullable<Text>)]
    base: Option<String>,
    #[diesel(sql_type = Text)]
    match_kind: String,
    #[diesel(sql_type = Text)]
    audit_status: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    audited_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Numeric>)]
    price: Option<Decimal>,
    #[diesel(sql_type = Bool)]
    enabled: bool,
    #[diesel(sql_type = Bool)]
    base_active: bool,
    #[diesel(sql_type = Bool)]
    category_allowed: bool,
    #[diesel(sql_type = Nullable<Text>)]
    blocked: Option<String>,
    #[diesel(sql_type = BigInt)]
    available: i64,
    #[diesel(sql_type = BigInt)]
    shops: i64,
    #[diesel(sql_type = Text)]
    listing: String,
    #[diesel(sql_type = Nullable<Text>)]
    unlisted_by: Option<String>,
    #[diesel(sql_type = Bool)]
    auto_list: bool,
    #[diesel(sql_type = Bool)]
    wish: bool,
}

/// The facts about these products, in the order asked for; a stranger's id yields nothing. One query for any number.
pub fn facts(c: &mut PgConnection, merchant: MerchantId, products: &[ProductId]) -> Result<Vec<Facts>> {
    let hits = blocklist::HITS;
    let rows: Vec<Row> = diesel::sql_query(format!(
        "select p.id, p.prod_id, b.code as base, p.match_kind, p.audit_status, d.at as audited_at, d.reason, s.price, p.enabled, \
         (b.id is null or b.status = 'active') as base_active, (coalesce(c3.allowed, true) and coalesce(c2.allowed, true) and coalesce(c1.allowed, true) \
         and coalesce(d3.allowed, true) and coalesce(d2.allowed, true) and coalesce(d1.allowed, true)) as category_allowed, \
         l.reason as blocked, greatest(coalesce(q.available, 0), 0)::bigint as available, coalesce(q.shops, 0) as shops, \
         p.listing, p.unlisted_by, m.auto_list, p.list_wish as wish \
         from unnest($2) with ordinality as w(id, n) \
         join products p on p.merchant_id = $1 and p.id = w.id \
         join merchants m on m.id = p.merchant_id \
         left join base_products b on b.id = p.base_product_id \
         left join categories c3 on c3.merchant_id = p.merchant_id and c3.id = p.category_id \
         left join categories c2 on c2.merchant_id = p.merchant_id and c2.id = c3.parent_id \
         left join categories c1 on c1.merchant_id = p.merchant_id and c1.id = c2.parent_id \
         left join categories d3 on d3.merchant_id = b.category_merchant and d3.id = b.category_id \
         left join categories d2 on d2.merchant_id = d3.merchant_id and d2.id = d3.parent_id \
         left join categories d1 on d1.merchant_id = d2.merchant_id and d1.id = d2.parent_id \
         left join product_keys k on k.merchant_id = p.merchant_id and k.product_id = p.id \
         left join lateral (select x.reason from block_list x where {hits} order by x.id limit 1) l on true \
         left join lateral (select a.at, coalesce(nullif(a.note, ''), a.reason) as reason from audit_decisions a \
            where a.merchant_id = p.merchant_id and a.product_id = p.id and a.decision not in ('undone', 'difficult') order by a.id desc limit 1) d on true \
         left join lateral (select (array_agg(k.base_price order by k.is_default desc, k.base_price))[1] as price from skus k \
            where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled and k.base_price is not null) s on true \
         left join lateral (select sum(stock_available(t)) as available, count(distinct t.shop_id) as shops \
            from skus k join stock t on t.merchant_id = k.merchant_id and t.sku_id = k.id \
            where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled) q on true \
         order by w.n"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(products)
    .load(c)?;
    Ok(rows
        .into_iter()
        .map(|r| Facts {
            product: r.id,
            prod_id: r.prod_id,
            base: r.base,
            match_kind: r.match_kind,
            audit: r.audit_status,
            audited_at: r.audited_at,
            reason: r.reason,
            price: r.price,
            enabled: r.enabled,
            base_active: r.base_active,
            category_allowed: r.category_allowed,
            blocked: r.blocked,
            available: r.available,
            shops: r.shops,
            listing: r.listing,
            unlisted_by: r.unlisted_by,
            auto_list: r.auto_list,
            wish: r.wish,
        })
        .collect())
}
