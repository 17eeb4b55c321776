//! May it be sold at all? What is checked today: the block list and forbidden categories; the price is shown as a fact (P-09, P-16).

use super::review::texts;
use super::work::Work;
use crate::Result;
use crate::catalog::base::BaseProduct;
use crate::catalog::blocklist::{self, Probe};
use crate::catalog::{approval::Approval, gtin::Gtin};
use crate::ids::{MerchantId, ProductId};
use crate::products::matching::Item;
use crate::text::Text;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Numeric};
use rust_decimal::Decimal;
use serde::Serialize;

/// One line of the checks.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// `ok`, `warn` or `bad`.
    pub state: &'static str,
    pub text: Text,
}

/// What the merchant sells it as.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Offer {
    #[diesel(sql_type = BigInt)]
    pub skus: i64,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub price: Option<Decimal>,
    /// Pieces that could be sold now, over all shops.
    #[diesel(sql_type = BigInt)]
    pub stock: i64,
}

/// SKUs, the lowest default price, and what could be sold.
pub fn offer(c: &mut PgConnection, merchant: MerchantId, product: ProductId) -> Result<Offer> {
    Ok(diesel::sql_query(
        "select count(*) as skus, min(s.base_price) as price, coalesce(sum(q.n), 0)::bigint as stock from skus s \
         left join lateral (select sum(stock_available(t)) as n from stock t where (t.merchant_id, t.sku_id) = (s.merchant_id, s.id)) q on true \
         where s.merchant_id = $1 and s.product_id = $2 and s.enabled",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(product)
    .get_result(c)?)
}

/// Why each of these must not be sold, if so. The base product a person links is looked at too: it may be what is forbidden.
pub fn forbidden(c: &mut PgConnection, works: &[Work], base: Option<&BaseProduct>) -> Result<Vec<Option<Text>>> {
    let mut probes: Vec<Probe> = works
        .iter()
        .map(|work| {
            let item = Item::new(texts(work));
            Probe {
                approval_key: item.approval_key().unwrap_or_default().to_owned(),
                gtin: item.gtin().map(|g| g.to_string()).unwrap_or_default(),
                name_key: item.name_key().to_owned(),
            }
        })
        .collect();
    if let Some(base) = base {
        let approval_key = Approval::parse(&base.approval_no).map(|a| a.key).unwrap_or_default();
        let of = |gtin: String| Probe { approval_key: approval_key.clone(), gtin, name_key: base.name_key.clone() };
        probes.push(of(String::new()));
        probes.extend(base.barcodes.iter().filter_map(|code| Gtin::parse(code).ok()).map(|gtin| of(gtin.to_string())));
    }
    let hits = blocklist::hits(c, &probes)?;
    let listed = |reason: &String| Text::new("audit-forbidden-listed").with(reason);
    let of_base = match base {
        Some(base) if !allowed(c, base)? => Some(Text::new("audit-forbidden-base-category").with(&base.code)),
        _ => hits.iter().skip(works.len()).flatten().next().map(listed),
    };
    Ok(works
        .iter()
        .zip(&hits)
        .map(|(work, hit)| {
            let category = (!work.category_allowed).then(|| Text::new("audit-forbidden-category").with(&work.category));
            hit.as_ref().map(listed).or(category).or_else(|| of_base.clone())
        })
        .collect())
}

/// Whether goods of the base product's category, and all above it, may be sold.
fn allowed(c: &mut PgConnection, base: &BaseProduct) -> Result<bool> {
    let Some(category) = &base.category_id else {
        return Ok(true);
    };
    #[derive(QueryableByName)]
    struct Allowed {
        #[diesel(sql_type = Bool)]
        allowed: bool,
    }
    let found: Option<Allowed> = diesel::sql_query(
        "select l3.allowed and coalesce(l2.allowed, true) and coalesce(l1.allowed, true) as allowed from categories l3 \
         left join categories l2 on (l2.merchant_id, l2.id) = (l3.merchant_id, l3.parent_id) \
         left join categories l1 on (l1.merchant_id, l1.id) = (l2.merchant_id, l2.parent_id) where l3.merchant_id = $1 and l3.id = $2",
    )
    .bind::<BigInt, _>(MerchantId::PLATFORM)
    .bind::<diesel::sql_types::Text, _>(category)
    .get_result(c)
    .optional()?;
    Ok(found.is_none_or(|f| f.allowed))
}

/// The checks of one product beside the base product it would become.
pub fn checks(c: &mut PgConnection, work: &Work, base: Option<&BaseProduct>, offer: &Offer) -> Result<Vec<Check>> {
    let mut lines = Vec::new();
    match forbidden(c, std::slice::from_ref(work), base)?.pop().flatten() {
        Some(text) => lines.push(Check { state: "bad", text }),
        None => {
            lines.push(Check { state: "ok", text: Text::new("audit-check-not-blocked") });
            lines.push(Check { state: "ok", text: Text::new("audit-check-category-allowed").with(&work.category) });
        }
    }
    lines.push(match offer.price {
        Some(price) => Check { state: "ok", text: Text::new("audit-check-price").with(crate::text::money(price)) },
        None => Check { state: "warn", text: Text::new("audit-check-no-price") },
    });
    if !work.enabled {
        lines.push(Check { state: "warn", text: Text::new("audit-check-disabled") });
    }
    Ok(lines)
}
