//! Fields a person has locked while the ERP says something else: ours, theirs, and what the ERP said before the lock.

use super::read::COUNTED;
use crate::Result;
use crate::gate::exceptions::field_label;
use crate::ids::MerchantId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz};
use serde::Serialize;

/// A longer value is cut.
const SHOWN: i64 = 60;

/// One locked field for which something waits.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Locked {
    /// The lock.
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub module: String,
    /// Wire name.
    #[diesel(sql_type = Text)]
    pub field: String,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub sku: Option<String>,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub by_name: String,
    #[diesel(sql_type = Timestamptz)]
    pub since: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub until: Option<DateTime<Utc>>,
    /// `None`: a list that only its own page shows.
    #[diesel(sql_type = Nullable<Text>)]
    pub ours: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub theirs: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub said_at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub pushes: i64,
    /// What the ERP set before the lock, and the platform took.
    #[diesel(sql_type = Nullable<Text>)]
    pub agreed: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub agreed_at: Option<DateTime<Utc>>,
}

impl Locked {
    /// The text key of the field's name.
    pub fn label(&self) -> &'static str {
        field_label(&self.field).unwrap_or("conflicts-field")
    }
    /// Where the goods are told.
    pub fn href(&self) -> String {
        let tab = if self.module == "price" { "/prices" } else { "" };
        format!("/products/{}{tab}", crate::products::sellable::escaped(&self.prod_id))
    }
}

/// A lock `e` and the newest line `h` that waits under it with its field.
const WAITING: &str = "join lateral (select line, last_at, count, sku_id from held_lines where merchant_id = e.merchant_id and product_id = e.product_id \
     and why = 'item' and module = e.module and line ? e.field and (e.sku_id is null or sku_id is null or sku_id = e.sku_id) \
     and (e.shop_id is null or shop_id = e.shop_id) order by last_at desc limit 1) h on true";

/// Newest locks first, older than `before`.
pub fn list(c: &mut PgConnection, merchant: MerchantId, before: Option<i64>, now: DateTime<Utc>, limit: i64) -> Result<Vec<Locked>> {
    let sql = format!(
        "select e.id, e.module, e.field, p.prod_id, k.sku_id as sku, p.name, e.by_name, e.since, e.until, left(v.ours, {SHOWN}) as ours, \
         left(h.line->>e.field, {SHOWN}) as theirs, h.last_at as said_at, h.count as pushes, left(a.said, {SHOWN}) as agreed, a.at as agreed_at \
         from exceptions e {WAITING} join products p on p.merchant_id = e.merchant_id and p.id = e.product_id \
         left join lateral (select * from skus where merchant_id = e.merchant_id and product_id = e.product_id and (id = coalesce(e.sku_id, h.sku_id) \
           or coalesce(e.sku_id, h.sku_id) is null and is_default) limit 1) k on e.module = 'price' \
         left join lateral (select told, ours from (values ('prodName', 'name', p.name), ('catalogId', 'category_id', p.category_id), ('spec', 'spec', p.spec), \
           ('manufacturer', 'manufacturer', p.manufacturer), ('approvalNo', 'approval_no', p.approval_no), ('barCode', 'barcode', p.barcode), \
           ('unit', 'unit', p.unit), ('brand', 'brand', p.brand), ('price', 'price', k.base_price::text), \
           ('originalPurchasePrice', 'originalPurchasePrice', k.cost_price::text), ('retailPrice', 'retailPrice', k.retail_price::text), \
           ('vipPrice', 'vipPrice', k.member_price::text), ('referencePrice', 'referencePrice', k.reference_price::text)) as v(field, told, ours) \
           where v.field = e.field) v on true \
         left join lateral (select at, after->>v.told as said from trail where merchant_id = e.merchant_id \
           and subject_kind = case when e.module = 'price' then 'sku' else 'product' end \
           and subject_id = case when e.module = 'price' then k.sku_id else p.prod_id end and at <= e.since and actor_kind = 'erp' and after ? v.told \
           order by at desc, id desc limit 1) a on true \
         where e.merchant_id = $1 and e.field <> '' and (e.until is null or e.until > $2) and ($3::bigint is null or e.id < $3) order by e.id desc limit $4"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<BigInt>, _>(before)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// How many there are, for the tab.
pub fn count(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let sql = format!(
        "select count(*) as n from (select 1 from exceptions e {WAITING} where e.merchant_id = $1 and e.field <> '' \
         and (e.until is null or e.until > $2) limit {COUNTED}) x"
    );
    let count: Count = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Timestamptz, _>(now).get_result(c)?;
    Ok(count.n)
}
