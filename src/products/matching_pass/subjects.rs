//! The products to be matched.

use crate::Result;
use crate::catalog::blocklist::{self, Probe};
use crate::ids::{BaseId, MerchantId, ProductId};
use crate::products::matching::{Item, Texts};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text};
use serde_json::Value;

#[derive(QueryableByName, Clone, Debug)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: ProductId,
    #[diesel(sql_type = Text)]
    prod_id: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    trade_name: String,
    #[diesel(sql_type = Text)]
    spec: String,
    #[diesel(sql_type = Text)]
    manufacturer: String,
    #[diesel(sql_type = Text)]
    approval_no: String,
    #[diesel(sql_type = Text)]
    barcode: String,
    #[diesel(sql_type = Nullable<Text>)]
    explicit_base: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    base_product_id: Option<BaseId>,
    #[diesel(sql_type = Text)]
    match_kind: String,
    #[diesel(sql_type = Text)]
    audit_status: String,
    #[diesel(sql_type = Text)]
    listing: String,
    #[diesel(sql_type = Text)]
    category_id: String,
    #[diesel(sql_type = Bool)]
    category_allowed: bool,
    #[diesel(sql_type = Jsonb)]
    snapshot: Value,
}

/// A product to be matched, with its keys read once.
pub(super) struct Subject {
    pub id: ProductId,
    pub prod_id: String,
    pub item: Item,
    pub explicit_base: Option<String>,
    pub base: Option<BaseId>,
    pub match_kind: String,
    pub audit_status: String,
    pub listing: String,
    pub category_id: String,
    pub category_allowed: bool,
    /// The reason on the block list.
    pub blocked: Option<String>,
    /// What is reviewed, for the record (P-16).
    pub snapshot: Value,
}

impl Subject {
    pub fn is_approved_with(&self, base: BaseId) -> bool {
        self.audit_status == "approved" && self.base == Some(base)
    }
}

/// Loads and locks.
pub(super) fn load(tx: &mut PgConnection, merchant: MerchantId, products: &[ProductId]) -> Result<Vec<Subject>> {
    let rows: Vec<Row> = diesel::sql_query(
        "select p.id, p.prod_id, p.name, coalesce(p.details->>'tradeName', '') as trade_name, p.spec, p.manufacturer, p.approval_no, p.barcode, \
         p.explicit_base, p.base_product_id, p.match_kind, p.audit_status, p.listing, p.category_id, \
         (c.allowed and coalesce(m.allowed, true) and coalesce(t.allowed, true)) as category_allowed, \
         jsonb_build_object('prodId', p.prod_id, 'prodName', p.name, 'tradeName', p.details->'tradeName', 'spec', p.spec, \
             'manufacturer', p.manufacturer, 'approvalNo', p.approval_no, 'barCode', p.barcode, 'brand', p.brand, 'unit', p.unit, \
             'catalogId', p.category_id, 'baseProdId', p.explicit_base, 'version', p.version) as snapshot \
         from products p join categories c on c.merchant_id = p.merchant_id and c.id = p.category_id \
         left join categories m on m.merchant_id = c.merchant_id and m.id = c.parent_id \
         left join categories t on t.merchant_id = m.merchant_id and t.id = m.parent_id \
         where p.merchant_id = $1 and p.id = any($2) order by p.id for no key update of p",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(products)
    .load(tx)?;
    let mut subjects: Vec<Subject> = rows.into_iter().map(subject).collect();
    let probes: Vec<Probe> = subjects.iter().map(|s| probe(&s.item)).collect();
    for (subject, reason) in subjects.iter_mut().zip(blocklist::hits(tx, &probes)?) {
        subject.blocked = reason;
    }
    Ok(subjects)
}

fn probe(item: &Item) -> Probe {
    Probe {
        approval_key: item.approval_key().unwrap_or_default().to_owned(),
        gtin: item.gtin().map(|g| g.to_string()).unwrap_or_default(),
        name_key: item.name_key().to_owned(),
    }
}

fn subject(row: Row) -> Subject {
    let texts = Texts {
        name: row.name,
        trade_name: row.trade_name,
        spec: row.spec,
        manufacturer: row.manufacturer,
        approval_no: row.approval_no,
        barcode: row.barcode,
        dosage_form: String::new(),
    };
    Subject {
        id: row.id,
        prod_id: row.prod_id,
        item: Item::new(texts),
        explicit_base: row.explicit_base,
        base: row.base_product_id,
        match_kind: row.match_kind,
        audit_status: row.audit_status,
        listing: row.listing,
        category_id: row.category_id,
        category_allowed: row.category_allowed,
        blocked: None,
        snapshot: row.snapshot,
    }
}
