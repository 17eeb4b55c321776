//! What is found in the tables; every look is one index probe with a small limit.

use crate::Result;
use crate::catalog::grams;
use crate::ids::MerchantId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use uuid::Uuid;

/// Lines of a group.
const SHOWN: i64 = 8;
/// Candidates looked at before the best are chosen.
const CANDIDATES: i64 = 64;
/// Longer text finds nothing more.
const LONGEST: usize = 60;

/// A product of a merchant, or one of the platform's.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Product {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    /// The code by which people know it.
    #[diesel(sql_type = Text)]
    pub code: String,
    /// Further codes it may have been asked for by.
    #[serde(skip)]
    #[diesel(sql_type = Text)]
    pub codes: String,
    /// How many can be bought; for the merchant's own.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub sellable: Option<i64>,
}

/// A logged call.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Call {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
}

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Merchant {
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
}

/// A merchant's products. The owner's token stands in the same index, so that other merchants' rows are never read.
pub fn products(c: &mut PgConnection, merchant: MerchantId, text: &str) -> Result<Vec<Product>> {
    let found = by_grams(
        c,
        text,
        Some(grams::owner(merchant)),
        "select p.id, p.name, p.spec, p.prod_id as code, concat_ws(' ', p.prod_id, p.erp_code, p.barcode, p.approval_no) as codes, \
         null::bigint as sellable from products p where p.merchant_id = $2 and p.grams @> $1 order by p.id desc limit $3",
        merchant,
    )?;
    let ids: Vec<i64> = found.iter().map(|p| p.id).collect();
    let sums: Vec<Sum> = diesel::sql_query(
        "select k.product_id as id, sum(greatest(0, stock_available(s)))::bigint as sellable from skus k \
         join stock s on s.merchant_id = $1 and s.sku_id = k.id where k.merchant_id = $1 and k.product_id = any($2) group by k.product_id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(ids)
    .load(c)?;
    Ok(found.into_iter().map(|p| Product { sellable: sums.iter().find(|s| s.id == p.id).map(|s| s.sellable), ..p }).collect())
}

#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    sellable: i64,
}

/// The platform's products.
pub fn base_products(c: &mut PgConnection, text: &str) -> Result<Vec<Product>> {
    by_grams(
        c,
        text,
        None,
        "select p.id, p.name, p.spec, p.code, concat_ws(' ', p.code, p.approval_no, \
         (select string_agg(barcode, ' ') from base_barcodes where base_id = p.id)) as codes, null::bigint as sellable from base_products p \
         where $2 = $2 and p.grams @> $1 and p.status = 'active' order by p.id desc limit $3",
        MerchantId::PLATFORM,
    )
}

fn by_grams(c: &mut PgConnection, text: &str, owner: Option<String>, sql: &str, merchant: MerchantId) -> Result<Vec<Product>> {
    let text: String = text.chars().take(LONGEST).collect();
    let mut found: Vec<Product> = Vec::new();
    for mut way in grams::query(&text) {
        way.extend(owner.clone());
        let more: Vec<Product> =
            diesel::sql_query(sql).bind::<Array<Text>, _>(way).bind::<BigInt, _>(merchant).bind::<BigInt, _>(CANDIDATES).load(c)?;
        for product in more {
            if !found.iter().any(|f| f.id == product.id) {
                found.push(product);
            }
        }
    }
    let wanted = bare(&text);
    // The index keeps beginnings of codes only: a long code is compared itself.
    if wanted.is_ascii() && wanted.len() > 12 {
        found.retain(|p| bare(&p.codes).contains(&wanted) || bare(&p.name).contains(&wanted));
    }
    found.sort_by_key(|p| (distance(p, &wanted), p.name.chars().count()));
    found.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    Ok(found)
}

/// What was meant most likely comes first: the very code, a name that begins so, a name that holds it, the rest.
fn distance(product: &Product, wanted: &str) -> u8 {
    let name = bare(&product.name);
    if product.codes.split(' ').any(|code| bare(code) == wanted) || name == wanted {
        0
    } else if name.starts_with(wanted) || grams::initials(&product.name).starts_with(wanted) {
        1
    } else if name.contains(wanted) {
        2
    } else {
        3
    }
}

fn bare(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The call of this number. The number's own time narrows the search to one partition.
pub fn call(c: &mut PgConnection, merchant: MerchantId, text: &str) -> Result<Option<Call>> {
    let Ok(id) = text.trim().parse::<Uuid>() else {
        return Ok(None);
    };
    let Some(made) = id.get_timestamp().and_then(|t| {
        let (seconds, nanos) = t.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    }) else {
        return Ok(None);
    };
    Ok(diesel::sql_query("select id, method, at from calls where merchant_id = $1 and id = $2 and at between $3 and $4")
        .bind::<BigInt, _>(merchant)
        .bind::<SqlUuid, _>(id)
        .bind::<Timestamptz, _>(made - Duration::seconds(2))
        .bind::<Timestamptz, _>(made + Duration::seconds(2))
        .get_result(c)
        .optional()?)
}

/// Merchants whose name or code holds the text; there are thousands at most.
pub fn merchants(c: &mut PgConnection, text: &str) -> Result<Vec<Merchant>> {
    Ok(diesel::sql_query(
        "select code, name from merchants where id <> 0 and (strpos(lower(name), lower($1)) > 0 or strpos(code, lower($1)) > 0) order by code limit $2",
    )
    .bind::<Text, _>(text)
    .bind::<BigInt, _>(SHOWN)
    .load(c)?)
}
