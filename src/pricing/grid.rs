//! What the price book shows: SKUs with their prices, in the order of their ids, newest first.

use crate::Result;
use crate::catalog::grams;
use crate::ids::{MerchantId, ProductId, SkuId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::query_builder::BoxedSqlQuery;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Jsonb, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;

/// Rows of a merchant's changes of today that are looked through.
const LOOKED_AT: i64 = 20_000;

/// A saved view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    All,
    /// Nobody has set a default price.
    Missing,
    /// The default price is below cost.
    BelowCost,
    /// The ERP has sent something else that waits.
    Waiting,
    /// Changed since midnight.
    Today,
}

impl View {
    pub const ALL: [View; 5] = [View::All, View::Missing, View::BelowCost, View::Waiting, View::Today];
    pub fn name(self) -> &'static str {
        match self {
            View::All => "all",
            View::Missing => "missing",
            View::BelowCost => "below",
            View::Waiting => "waiting",
            View::Today => "today",
        }
    }
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|v| v.name() == name).unwrap_or_default()
    }
    pub fn label(self) -> &'static str {
        match self {
            View::All => "prices-view-all",
            View::Missing => "prices-view-missing",
            View::BelowCost => "prices-view-below",
            View::Waiting => "prices-view-waiting",
            View::Today => "prices-view-today",
        }
    }
    pub fn tone(self) -> &'static str {
        match self {
            View::All | View::Today => "",
            View::Missing | View::BelowCost => "warn",
            View::Waiting => "hold",
        }
    }
    /// `$4` is midnight.
    fn condition(self) -> &'static str {
        match self {
            View::All => "true",
            View::Missing => "k.base_price is null",
            View::BelowCost => "k.base_price < k.cost_price",
            View::Waiting => {
                "k.id in (select h.sku_id from held_lines h where h.merchant_id = $1 and h.module = 'price' and h.sku_id is not null)"
            }
            View::Today => {
                "k.sku_id in (select t.subject_id from (select verb, subject_id from trail where merchant_id = $1 and at >= $4 order by at desc limit 20000) t \
                 where t.verb = 'price.changed')"
            }
        }
    }
}

/// A SKU with what stands on itself.
#[derive(QueryableByName, Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub id: SkuId,
    #[diesel(sql_type = Text)]
    pub sku_id: String,
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub product: ProductId,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub base_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub retail_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub reference_price: Option<Decimal>,
    /// shown to the merchant's own people only.
    #[diesel(sql_type = Nullable<Numeric>)]
    pub cost_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    pub member_price: Option<Decimal>,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    /// The ERP has sent something that waits.
    #[diesel(sql_type = Bool)]
    pub waiting: bool,
    /// That line.
    #[diesel(sql_type = Nullable<Jsonb>)]
    #[serde(skip)]
    pub held: Option<Value>,
}

const COLUMNS: &str = "k.id, k.sku_id, k.product_id as product, p.prod_id, p.name, p.spec, k.base_price, k.retail_price, k.reference_price, k.cost_price, \
     k.member_price, k.quote_version as version, h.line is not null as waiting, h.line as held";
const FROM: &str = "skus k join products p on p.merchant_id = k.merchant_id and p.id = k.product_id \
     left join held_lines h on h.merchant_id = k.merchant_id and h.module = 'price' and h.method = 'prod.price.update' and h.key = k.sku_id";

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub view: View,
    /// A SKU, a product's code, part of a name.
    pub q: String,
    pub midnight: DateTime<Utc>,
}

/// SKUs below `after`, at most `limit`.
pub fn list(c: &mut PgConnection, merchant: MerchantId, search: &Search, after: Option<SkuId>, limit: i64) -> Result<Vec<Line>> {
    let (found, tokens) = found(merchant, &search.q);
    let sql = format!(
        "select {COLUMNS} from {FROM} where k.merchant_id = $1 and k.id < $2 and $4 = $4 and {} and {found} order by k.id desc limit $3",
        search.view.condition()
    );
    let query = diesel::sql_query(sql)
        .into_boxed()
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(after.map_or(i64::MAX, |id| id.0))
        .bind::<BigInt, _>(limit)
        .bind::<Timestamptz, _>(search.midnight)
        .bind::<Text, _>(search.q.clone());
    Ok(tokens.into_iter().fold(query, BoxedSqlQuery::bind::<Array<Text>, _>).load(c)?)
}

/// The condition of a search, and the tokens it binds from `$6` on.
fn found(merchant: MerchantId, q: &str) -> (String, Vec<Vec<String>>) {
    if q.is_empty() {
        return ("$5 = ''".to_owned(), Vec::new());
    }
    let ways: Vec<Vec<String>> = grams::query(q)
        .into_iter()
        .map(|mut tokens| {
            tokens.push(grams::owner(merchant));
            tokens
        })
        .collect();
    let mut any: Vec<String> = vec!["k.sku_id = $5".to_owned(), "p.prod_id = $5".to_owned()];
    any.extend(
        (6..).zip(&ways).map(|(n, _)| format!("p.id in (select g.id from products g where g.merchant_id = $1 and g.grams @> ${n})")),
    );
    (format!("({})", any.join(" or ")), ways)
}

/// How many a view holds, counted up to `cap`.
pub fn count(c: &mut PgConnection, merchant: MerchantId, view: View, midnight: DateTime<Utc>, cap: i64) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let sql = format!(
        "select count(*) as n from (select 1 from skus k where k.merchant_id = $1 and $2 > 0 and $4 = $4 and {} limit $3) c",
        view.condition()
    );
    let count: Count = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(LOOKED_AT)
        .bind::<BigInt, _>(cap)
        .bind::<Timestamptz, _>(midnight)
        .get_result(c)?;
    Ok(count.n)
}

/// These SKUs, by the ids the ERP uses; those that are not the merchant's are absent.
pub fn of_skus(c: &mut PgConnection, merchant: MerchantId, sku_ids: &[String]) -> Result<Vec<Line>> {
    let sql = format!("select {COLUMNS} from {FROM} where k.merchant_id = $1 and k.sku_id = any($2) order by k.id desc");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(sku_ids).load(c)?)
}

/// The SKUs of one product, the default one first.
pub fn of_product(c: &mut PgConnection, merchant: MerchantId, prod_id: &str) -> Result<Vec<Line>> {
    let sql =
        format!("select {COLUMNS} from {FROM} where k.merchant_id = $1 and p.prod_id = $2 order by k.is_default desc, k.id limit 200");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(prod_id).load(c)?)
}
