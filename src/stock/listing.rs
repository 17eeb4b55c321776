//! What follows for the shelf: a product whose sellable sum crosses zero is listed or unlisted by the rule (P-08, Q-24).

use super::rows::Span;
use crate::Result;
use crate::db::Prepare;
use crate::ids::{ProductId, SkuId};
use crate::products;
use crate::trail::Cause;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};

#[derive(QueryableByName)]
struct Touched {
    #[diesel(sql_type = BigInt)]
    product_id: ProductId,
}

/// Hands the products that may have crossed zero to the rule.
pub(super) fn follow(tx: &mut PgConnection, cause: &Cause, spans: &[Span<'_>]) -> Result<()> {
    let products = crossing(tx, cause, spans)?;
    if products.is_empty() {
        return Ok(());
    }
    // Two calls that empty two rows of one product must not each see the other's row full: who is second looks again.
    diesel::sql_query("select 1 from products where merchant_id = $1 and id = any((select $2)::bigint[]) order by id for no key update")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Array<BigInt>, _>(&products)
        .prepared()
        .execute(tx)?;
    products::listing::settle(tx, cause, &products).map(drop)
}

/// A product's sum crosses zero only when one of its rows does, or when another of its rows is short and swallows the change.
fn crossing(tx: &mut PgConnection, cause: &Cause, spans: &[Span<'_>]) -> Result<Vec<ProductId>> {
    // What a hold whose time is over had made of a row is anybody's guess by now: looked at again.
    let sellable = |s: &Span<'_>| (s.before.figures(cause.now).available(), s.after.figures(cause.now).available());
    let unsure = |s: &Span<'_>| s.before.is_due(cause.now);
    let rows = |wanted: &dyn Fn(&Span<'_>) -> bool| spans.iter().filter(|s| wanted(s)).map(|s| s.after.sku).collect::<Vec<SkuId>>();
    let moved = rows(&|s| unsure(s) || sellable(s).0 != sellable(s).1);
    let crossed = rows(&|s| unsure(s) || (sellable(s).0 > 0) != (sellable(s).1 > 0));
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let touched: Vec<Touched> = diesel::sql_query(
        "select product_id from skus where merchant_id = $1 and id = any((select $2)::bigint[]) \
         union select k.product_id from stock_marks m join skus k on k.merchant_id = m.merchant_id and k.id = m.sku_id \
         where m.merchant_id = $1 and m.mark = 'short' and exists \
           (select 1 from skus other where other.merchant_id = $1 and other.product_id = k.product_id and other.id = any((select $3)::bigint[])) \
         order by product_id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(crossed)
    .bind::<Array<BigInt>, _>(moved)
    .prepared()
    .load(tx)?;
    Ok(touched.into_iter().map(|t| t.product_id).collect())
}
