//! The catalogue page by page.

use super::{MEANT, Meaning};
use crate::Result;
use crate::ids::BaseId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz};
use serde::Serialize;

/// The saved views of the catalogue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Everything that was not merged away.
    #[default]
    All,
    Disabled,
    Merged,
    /// Pairs that look like one; not a list of rows, see [`super::duplicates`].
    Duplicates,
}

impl View {
    pub const ALL: [View; 4] = [View::All, View::Disabled, View::Merged, View::Duplicates];
    pub fn as_str(self) -> &'static str {
        match self {
            View::All => "all",
            View::Disabled => "disabled",
            View::Merged => "merged",
            View::Duplicates => "duplicates",
        }
    }
    /// Text key of its tab.
    pub fn label(self) -> &'static str {
        match self {
            View::All => "base-view-all",
            View::Disabled => "base-view-disabled",
            View::Merged => "base-view-merged",
            View::Duplicates => "base-view-duplicates",
        }
    }
    /// An address somebody made up shows everything.
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|v| v.as_str() == name).unwrap_or_default()
    }
    fn condition(self) -> &'static str {
        match self {
            View::All | View::Duplicates => "b.status <> 'merged'",
            View::Disabled => "b.status = 'disabled'",
            View::Merged => "b.status = 'merged'",
        }
    }
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub view: View,
    pub q: String,
    /// A platform category of any level, with everything below it.
    pub category: Option<String>,
}

/// A row of the list.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Listed {
    #[diesel(sql_type = BigInt)]
    pub id: BaseId,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub trade_name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub manufacturer: String,
    #[diesel(sql_type = Text)]
    pub approval_no: String,
    #[diesel(sql_type = Text)]
    pub status: String,
    /// The survivor's code, for a merged one.
    #[diesel(sql_type = Nullable<Text>)]
    pub merged_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub category_id: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub barcodes: i64,
    /// Merchants with a linked product.
    #[diesel(sql_type = BigInt)]
    pub merchants: i64,
    /// How many of [`PARTS`] are stated.
    #[diesel(sql_type = BigInt)]
    pub stated: i64,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

/// What a complete base product states: spec, unit, manufacturer, brand, approval number, origin, category, barcode.
pub const PARTS: i64 = 8;

impl Listed {
    /// 0–100
    pub fn completeness(&self) -> i64 {
        self.stated * 100 / PARTS
    }
}

/// Category `$1` with everything below it; the tree has three levels.
const IN_CATEGORY: &str = "($1::text is null or b.category_id in ( \
     select c.id from categories c left join categories p on p.merchant_id = 0 and p.id = c.parent_id \
     where c.merchant_id = 0 and $1 in (c.id, c.parent_id, p.parent_id)))";

/// A page of the list, newest first, older than `before`.
pub fn list(c: &mut PgConnection, filter: &Filter, before: Option<i64>, limit: i64) -> Result<Vec<Listed>> {
    let sql = format!(
        "select b.id, b.code, b.name, b.trade_name, b.spec, b.manufacturer, b.approval_no, b.status, m.code as merged_code, b.category_id, b.updated_at, \
         n.barcodes, (select count(distinct p.merchant_id) from products p where p.base_product_id = b.id) as merchants, \
         ((b.spec <> '')::int + (b.unit <> '')::int + (b.manufacturer <> '')::int + (b.brand <> '')::int + (b.approval_no <> '')::int + (b.origin <> '')::int \
          + (b.category_id is not null)::int + (n.barcodes > 0)::int)::bigint as stated \
         from (select b.* from base_products b where {} and {IN_CATEGORY} and ($2::bigint is null or b.id < $2) and (not $3 or b.id in ({MEANT})) \
               order by b.id desc limit $10) b \
         left join base_products m on m.id = b.merged_into \
         cross join lateral (select count(*) as barcodes from base_barcodes x where x.base_id = b.id) n \
         order by b.id desc",
        filter.view.condition()
    );
    let meaning = Meaning::of(&filter.q);
    let [one, two, three] = meaning.ways;
    Ok(diesel::sql_query(sql)
        .bind::<Nullable<Text>, _>(&filter.category)
        .bind::<Nullable<BigInt>, _>(before)
        .bind::<Bool, _>(!filter.q.trim().is_empty())
        .bind::<Text, _>(meaning.gtin)
        .bind::<Text, _>(meaning.approval)
        .bind::<Text, _>(meaning.code)
        .bind::<Nullable<diesel::sql_types::Array<Text>>, _>(one)
        .bind::<Nullable<diesel::sql_types::Array<Text>>, _>(two)
        .bind::<Nullable<diesel::sql_types::Array<Text>>, _>(three)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many a view holds, counted up to `cap`.
pub fn count(c: &mut PgConnection, view: View, cap: i64) -> Result<i64> {
    let sql = format!("select count(*) as n from (select 1 from base_products b where {} limit $1) x", view.condition());
    let counted: Counted = diesel::sql_query(sql).bind::<BigInt, _>(cap).get_result(c)?;
    Ok(counted.n)
}
