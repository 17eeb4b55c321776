//! What must be known to judge the lines of a call, for all of them at once.

use crate::Result;
use crate::catalog::base;
use crate::catalog::categories::{self, Category};
use crate::gate::{self, Cover, Guarded, switches};
use crate::ids::{MerchantId, ProductId};
use crate::products::ids::{self, Kind};
use crate::products::model::{self, Product};
use crate::trail::{Cause, Kind as Who};
use crate::wire::{Line, Module};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Numeric};
use rust_decimal::Decimal;
use std::collections::{HashMap, HashSet};

/// The price of a SKU of a product whose line brings a price.
#[derive(QueryableByName, Clone, Debug)]
pub(super) struct SkuPrice {
    #[diesel(sql_type = BigInt)]
    pub product_id: ProductId,
    #[diesel(sql_type = Bool)]
    pub is_default: bool,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub base_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub cost_price: Option<Decimal>,
}

#[derive(Default)]
pub(super) struct Known {
    /// Grows as lines claim ids.
    pub ids: HashMap<String, Kind>,
    pub products: HashMap<String, Product>,
    pub categories: HashMap<String, Category>,
    pub bases: HashSet<String>,
    pub sku_prices: HashMap<ProductId, Vec<SkuPrice>>,
    /// Exceptions and locks on the products there are.
    pub guarded: Guarded,
    /// Prices are switched off.
    pub no_price: Option<Cover>,
}

/// The SKU a new product gets, as the line wants it or by rule.
pub(super) fn default_sku(line: &Line) -> String {
    let wanted = line.text_or_empty("skuId");
    if wanted.is_empty() { format!("{}-1", line.text_or_empty("prodId")) } else { wanted }
}

impl Known {
    pub fn load(tx: &mut PgConnection, cause: &Cause, lines: &[Line]) -> Result<Self> {
        let merchant = cause.merchant;
        let prod_ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("prodId")).collect();
        let prod_ids: Vec<&str> = prod_ids.iter().map(String::as_str).collect();
        let sku_ids: Vec<String> = lines.iter().map(default_sku).collect();
        let sku_ids: Vec<&str> = sku_ids.iter().map(String::as_str).collect();
        let ids = ids::known_or_claimed(tx, merchant, &prod_ids, &sku_ids)?;
        let products = model::lock_by_prod_id(tx, merchant, &prod_ids)?;
        let mut categories: HashSet<String> = lines.iter().map(|l| l.text_or_empty("catalogId")).filter(|id| !id.is_empty()).collect();
        categories.extend(products.values().map(|p| p.category_id.clone()));
        let categories: Vec<String> = categories.into_iter().collect();
        let bases: HashSet<String> = lines.iter().map(|l| l.text_or_empty("baseProdId")).filter(|code| !code.is_empty()).collect();
        let bases: Vec<String> = bases.into_iter().collect();
        let priced: Vec<ProductId> =
            lines.iter().filter(|l| l.has("price")).filter_map(|l| products.get(&l.text_or_empty("prodId"))).map(|p| p.id).collect();
        let there: Vec<ProductId> = products.values().map(|p| p.id).collect();
        Ok(Self {
            guarded: gate::guarded(tx, cause, &[Module::Product, Module::Price], &there)?,
            no_price: if priced.is_empty() { None } else { no_price(tx, cause)? },
            categories: categories::by_ids(tx, merchant, &categories)?,
            bases: if bases.is_empty() { HashSet::new() } else { base::by_codes(tx, &bases)?.into_keys().collect() },
            sku_prices: sku_prices(tx, merchant, &priced)?,
            ids,
            products,
        })
    }
}

/// Whether prices are switched off for what comes by itself.
pub fn no_price(tx: &mut PgConnection, cause: &Cause) -> Result<Option<Cover>> {
    if cause.kind == Who::Person {
        return Ok(None);
    }
    Ok(switches::why_off(tx, cause.merchant, Module::Price, cause.now)?.as_ref().map(Cover::from))
}

fn sku_prices(tx: &mut PgConnection, merchant: MerchantId, products: &[ProductId]) -> Result<HashMap<ProductId, Vec<SkuPrice>>> {
    let mut found: HashMap<ProductId, Vec<SkuPrice>> = HashMap::new();
    if products.is_empty() {
        return Ok(found);
    }
    let rows: Vec<SkuPrice> = diesel::sql_query(
        "select product_id, is_default, base_price, cost_price from skus where merchant_id = $1 and product_id = any($2) order by id for no key update",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(products)
    .load(tx)?;
    for row in rows {
        found.entry(row.product_id).or_default().push(row);
    }
    Ok(found)
}
