//! Base products (基础商品): what the platform knows of goods that can be defined without doubt (P-02).
//!
//! The code is what the world calls one; our number stays inside. Keys for matching are computed here whenever the
//! texts change and stored beside them (P-04). Nothing is deleted: a base product is disabled, or merged into another,
//! which then answers for its code, its barcodes and its linked products.

mod create;
mod draft;
mod edit;
mod lists;
mod merge;
mod relations;
mod sheet;

pub use create::{create, create_many, problems};
pub use draft::Draft;
pub(crate) use draft::gtin_text;
pub use edit::{disable, edit, enable};
pub use lists::{Filter, Listed, View, count, list};
pub use merge::merge;
pub use relations::{Group, Linked, Links, duplicates, linked, links, twins};
pub use sheet::{BadRow, COLUMNS as SHEET_COLUMNS, Imported, MAX_ROWS, import};

use super::approval::{Approval, approval_key};
use super::grams;
use super::gtin::Gtin;
use crate::Result;
use crate::ids::BaseId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use serde::Serialize;
use std::collections::HashMap;

#[derive(QueryableByName, Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BaseProduct {
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
    pub dosage_form: String,
    #[diesel(sql_type = Text)]
    pub unit: String,
    #[diesel(sql_type = Text)]
    pub manufacturer: String,
    #[diesel(sql_type = Text)]
    pub brand: String,
    #[diesel(sql_type = Text)]
    pub approval_no: String,
    /// In the platform's tree.
    #[diesel(sql_type = Nullable<Text>)]
    pub category_id: Option<String>,
    #[diesel(sql_type = Text)]
    pub origin: String,
    #[diesel(sql_type = Text)]
    pub name_key: String,
    #[diesel(sql_type = Text)]
    pub spec_key: String,
    #[diesel(sql_type = Text)]
    pub maker_key: String,
    /// Empty when there is no approval number.
    #[diesel(sql_type = Text)]
    pub approval_key: String,
    /// `active`, `disabled` or `merged`.
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub merged_into: Option<BaseId>,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    /// As printed; each is a valid GTIN.
    #[diesel(sql_type = Array<Text>)]
    pub barcodes: Vec<String>,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

impl BaseProduct {
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
    pub fn is_merged(&self) -> bool {
        self.merged_into.is_some()
    }
    /// What a merchant is shown of it: our number and the keys stay inside.
    pub fn shown(&self) -> serde_json::Value {
        serde_json::json!({
            "code": self.code, "name": self.name, "spec": self.spec, "dosage_form": self.dosage_form, "unit": self.unit,
            "manufacturer": self.manufacturer, "brand": self.brand, "approval_no": self.approval_no, "barcodes": self.barcodes,
        })
    }
    /// The same as a draft, to edit.
    pub fn draft(&self) -> Draft {
        Draft {
            code: Some(self.code.clone()),
            name: self.name.clone(),
            trade_name: self.trade_name.clone(),
            spec: self.spec.clone(),
            dosage_form: self.dosage_form.clone(),
            unit: self.unit.clone(),
            manufacturer: self.manufacturer.clone(),
            brand: self.brand.clone(),
            approval_no: self.approval_no.clone(),
            barcodes: self.barcodes.clone(),
            category_id: self.category_id.clone(),
            origin: self.origin.clone(),
        }
    }
}

const SELECT: &str = "select b.id, b.code, b.name, b.trade_name, b.spec, b.dosage_form, b.unit, b.manufacturer, b.brand, b.approval_no, b.category_id, \
     b.origin, b.name_key, b.spec_key, b.maker_key, b.approval_key, b.status, b.merged_into, b.version, b.created_at, b.updated_at, \
     array(select x.barcode from base_barcodes x where x.base_id = b.id order by x.gtin) as barcodes from base_products b";

pub fn find(c: &mut PgConnection, id: BaseId) -> Result<BaseProduct> {
    Ok(diesel::sql_query(format!("{SELECT} where b.id = $1")).bind::<BigInt, _>(id).get_result(c)?)
}

/// By our number, in the order of the numbers; merged ones as they are.
pub fn by_ids(c: &mut PgConnection, ids: &[BaseId]) -> Result<Vec<BaseProduct>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(diesel::sql_query(format!("{SELECT} where b.id = any($1) order by b.id")).bind::<Array<BigInt>, _>(ids).load(c)?)
}

#[derive(QueryableByName)]
struct Coded {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = BigInt)]
    id: BaseId,
}

/// By the code the world uses. The code of a merged one leads to the survivor. Unknown codes are absent.
pub fn by_codes(c: &mut PgConnection, codes: &[String]) -> Result<HashMap<String, BaseProduct>> {
    if codes.is_empty() {
        return Ok(HashMap::new());
    }
    let coded: Vec<Coded> = diesel::sql_query("select code, coalesce(merged_into, id) as id from base_products where code = any($1)")
        .bind::<Array<Text>, _>(codes)
        .load(c)?;
    let ids: Vec<BaseId> = coded.iter().map(|k| k.id).collect();
    let rows: HashMap<BaseId, BaseProduct> = by_ids(c, &ids)?.into_iter().map(|b| (b.id, b)).collect();
    Ok(coded.into_iter().filter_map(|k| Some((k.code, rows.get(&k.id)?.clone()))).collect())
}

/// What a person or an ERP looks for; what is given must all agree.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Any part of a name, a maker, initials, the beginning of a code, a whole barcode or approval number.
    pub text: String,
    pub barcode: String,
    pub approval_no: String,
}

impl Query {
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.barcode.trim().is_empty() && self.approval_no.trim().is_empty()
    }
}

/// The text of a search box as what it can mean.
#[derive(Clone, Debug, Default)]
struct Meaning {
    /// Canonical barcode, or empty.
    gtin: String,
    /// Approval key, or empty.
    approval: String,
    code: String,
    /// Up to three sets of tokens; see [`grams::query`].
    ways: [Option<Vec<String>>; 3],
}

impl Meaning {
    fn of(text: &str) -> Self {
        let text = text.trim();
        let gtin = Gtin::parse(text).map(|g| g.to_string()).unwrap_or_default();
        let approval = Approval::parse(text).filter(Approval::is_identity).map(|a| a.key).unwrap_or_default();
        let mut ways = grams::query(text).into_iter();
        // A whole barcode names what it names; its beginning would find the neighbours too.
        let ways = if gtin.is_empty() { [ways.next(), ways.next(), ways.next()] } else { [None, None, None] };
        Self { gtin, approval, code: text.to_uppercase(), ways }
    }
}

/// SQL: the ids of base products `p` that fulfil `keys` (an equation for each key before the specification in one of the
/// indexes that end in `spec_key, id`), those of the same specification first, then outward from it to both sides. So many of
/// each side are read and no more, however many share the keys: thousands of packs may be called 阿莫西林胶囊. Keys of one
/// strength stand side by side, so that what is read is also the likest. `spec` must not be null.
pub fn nearest(keys: &str, spec: &str, of_each: usize) -> String {
    format!(
        "(select p.id from base_products p where {keys} and p.spec_key >= {spec} order by p.spec_key, p.id limit {of_each}) \
         union all (select p.id from base_products p where {keys} and p.spec_key < {spec} order by p.spec_key desc, p.id desc limit {of_each})"
    )
}

/// The ids a [`Meaning`] leads to: every way by its own index. A whole code names one row, not those it begins like. Binds $4
/// to $9.
const MEANT: &str = "select x.base_id from base_barcodes x where x.gtin = $4 and $4 <> '' \
     union all select s.id from base_products s where s.approval_key = $5 and $5 <> '' \
     union all select s.id from base_products s where s.code = $6 \
     union all select s.id from base_products s where s.grams @> $7 and not exists (select 1 from base_products x where x.code = $6) \
     union all select s.id from base_products s where s.grams @> $8 and not exists (select 1 from base_products x where x.code = $6) \
     union all select s.id from base_products s where s.grams @> $9 and not exists (select 1 from base_products x where x.code = $6)";

/// Base products in use that a text may mean, the likeliest first.
pub fn search(c: &mut PgConnection, text: &str, limit: i64) -> Result<Vec<BaseProduct>> {
    look_up(c, &Query { text: text.to_owned(), ..Query::default() }, limit)
}

/// Base products in use that fit all that was asked, the likeliest first; nothing for an empty question.
pub fn look_up(c: &mut PgConnection, query: &Query, limit: i64) -> Result<Vec<BaseProduct>> {
    if query.is_empty() {
        return Ok(Vec::new());
    }
    let meaning = Meaning::of(&query.text);
    // What cannot be a barcode or an approval number fits nothing, rather than everything.
    let wanted = |text: &str, key: Option<String>| (!text.trim().is_empty()).then(|| key.unwrap_or_else(|| "-".to_owned()));
    let barcode = wanted(&query.barcode, Gtin::parse(&query.barcode).ok().map(|g| g.to_string()));
    let approval = wanted(&query.approval_no, approval_key(&query.approval_no));
    let text_given = !query.text.trim().is_empty();
    let sql = format!(
        "{SELECT} where b.status = 'active' \
         and ($1::text is null or b.id in (select x.base_id from base_barcodes x where x.gtin = $1)) \
         and ($2::text is null or b.approval_key = $2) \
         and (not $3 or b.id in ({MEANT})) \
         order by b.code = $6 desc, $5 <> '' and b.approval_key = $5 desc, length(b.name), b.id limit $10"
    );
    let [one, two, three] = meaning.ways;
    Ok(diesel::sql_query(sql)
        .bind::<Nullable<Text>, _>(barcode)
        .bind::<Nullable<Text>, _>(approval)
        .bind::<Bool, _>(text_given)
        .bind::<Text, _>(meaning.gtin)
        .bind::<Text, _>(meaning.approval)
        .bind::<Text, _>(meaning.code)
        .bind::<Nullable<Array<Text>>, _>(one)
        .bind::<Nullable<Array<Text>>, _>(two)
        .bind::<Nullable<Array<Text>>, _>(three)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}
