//! What a credential of some shops may not say of SKUs: other prices than they have, which count in all shops.

use crate::products::draft::two_places;
use crate::wire::{Line, LineCode, Problem, Scope};
use crate::{Result, merchants};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Numeric, Text};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// The fields of prices, and where they stand.
const PRICES: [(&str, &str); 5] = [
    ("price", "base_price"),
    ("retailPrice", "retail_price"),
    ("referencePrice", "reference_price"),
    ("originalPurchasePrice", "cost_price"),
    ("vipPrice", "member_price"),
];

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    sku_id: String,
    /// In the order of [`PRICES`].
    #[diesel(sql_type = Array<Nullable<Numeric>>)]
    prices: Vec<Option<Decimal>>,
}

/// The lines that would change a price of a SKU that is there already.
pub fn beyond(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Problem>> {
    let Some(seen) = scope.shops.as_ref() else { return Ok(HashMap::new()) };
    let priced: Vec<String> =
        lines.iter().filter(|l| PRICES.iter().any(|(field, _)| l.has(field))).map(|l| l.text_or_empty("skuId")).collect();
    if priced.is_empty() || !merchants::has_more_shops(c, scope.merchant, seen)? {
        return Ok(HashMap::new());
    }
    let stored: Vec<Stored> = diesel::sql_query(format!(
        "select sku_id, array[{}] as prices from skus where merchant_id = $1 and sku_id = any($2)",
        PRICES.map(|(_, column)| column).join(", ")
    ))
    .bind::<BigInt, _>(scope.merchant)
    .bind::<Array<Text>, _>(priced)
    .load(c)?;
    let stored: HashMap<String, Vec<Option<Decimal>>> = stored.into_iter().map(|s| (s.sku_id, s.prices)).collect();
    let shops = seen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let shared = |line: &Line| {
        let now = stored.get(&line.text_or_empty("skuId"))?;
        let other = |(field, now): &(&str, &Option<Decimal>)| line.has(field) && line.decimal(field).value() != **now;
        let (field, _) = PRICES.iter().map(|(field, _)| *field).zip(now).find(other)?;
        let value = line.decimal(field).value().map(two_places).unwrap_or_default();
        Some((line.no, Problem::new(LineCode::SharedPrice, field, value).detail(&shops)))
    };
    Ok(lines.iter().filter_map(shared).collect())
}
