//! Base products that may be meant, for many products in one query.

use super::subjects::Subject;
use crate::catalog::base;
use crate::ids::BaseId;
use crate::products::matching::{Aliases, Candidate, LookupKeys, Submitted, Texts, lookup_keys};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Jsonb, Text};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A base product as candidates are made from it.
#[derive(QueryableByName, Clone, Debug)]
pub(super) struct Base {
    #[diesel(sql_type = BigInt)]
    pub id: BaseId,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    trade_name: String,
    #[diesel(sql_type = Text)]
    spec: String,
    #[diesel(sql_type = Text)]
    dosage_form: String,
    #[diesel(sql_type = Text)]
    manufacturer: String,
    #[diesel(sql_type = Text)]
    approval_no: String,
    #[diesel(sql_type = Text)]
    pub status: String,
    #[diesel(sql_type = Bool)]
    pub category_allowed: bool,
    #[diesel(sql_type = Array<Text>)]
    barcodes: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    gtins: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    cartons: Vec<String>,
}

#[derive(QueryableByName)]
struct Hit {
    #[diesel(sql_type = Int4)]
    no: i32,
    #[diesel(sql_type = BigInt)]
    base: BaseId,
    /// By the code the merchant named.
    #[diesel(sql_type = Bool)]
    named: bool,
}

/// All base products fetched so far, and who may be meant by which subject. Reading the keys of a candidate costs more than fetching
/// it, so candidates are kept: one per base product and the barcode of it that is compared.
#[derive(Default)]
pub(super) struct Pool {
    bases: HashMap<BaseId, Base>,
    hits: HashMap<usize, Vec<BaseId>>,
    named: HashMap<usize, BaseId>,
    read: HashMap<(BaseId, usize, usize), Rc<Candidate<BaseId>>>,
}

/// So many to each side of the specification are compared of those that share an approval number, or name and maker: one number
/// is held by all packs of a medicine.
const BY_KEY: usize = 24;
/// So many to each side that share only the name: a person looks at them.
const BY_NAME: usize = 8;
/// A base product the merchant names and we do not know: nobody's id, so that the decision says so.
const UNKNOWN: BaseId = BaseId(-1);

impl Pool {
    pub fn base(&self, id: BaseId) -> Option<&Base> {
        self.bases.get(&id)
    }

    /// The base product the merchant names.
    pub fn explicit(&self, no: usize, subject: &Subject) -> Option<BaseId> {
        subject.explicit_base.as_ref().map(|_| self.named.get(&no).copied().unwrap_or(UNKNOWN))
    }

    /// The candidates of a product.
    pub fn candidates(&mut self, no: usize, subject: &Subject) -> Vec<Rc<Candidate<BaseId>>> {
        let wanted: Vec<String> =
            subject.item.gtin().into_iter().flat_map(|g| [Some(g), g.unit_inside()]).flatten().map(|g| g.to_string()).collect();
        let ids = self.hits.get(&no).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::with_capacity(ids.len());
        for base in ids.iter().filter_map(|id| self.bases.get(id)) {
            let meant = |codes: &[String]| codes.iter().position(|g| wanted.contains(g)).unwrap_or(0);
            let (at, carton) = (meant(&base.gtins), meant(&base.cartons));
            let read = self.read.entry((base.id, at, carton)).or_insert_with(|| Rc::new(candidate(base, at, carton)));
            found.push(Rc::clone(read));
        }
        found
    }

    /// Those that share a number, a barcode or an approval number, and those the merchant names. Where these determine the
    /// match, names are not asked.
    pub fn fetch_by_numbers(&mut self, tx: &mut PgConnection, subjects: &[(usize, Subject)], aliases: &Aliases) -> Result<()> {
        let approved = base::nearest("p.approval_key = w.approval and p.approval_key <> ''", "w.spec", BY_KEY);
        let sql = format!(
            "with want as materialized (select * from jsonb_to_recordset($1) as w(no integer, gtins text[], approval text, spec text, explicit text)) \
             select w.no, b.base_id as base, false as named from want w join base_barcodes b on b.gtin = any(w.gtins) \
             union select w.no, x.id, false from want w cross join lateral ({approved}) x \
             union select w.no, coalesce(p.merged_into, p.id), true from want w join base_products p on p.code = w.explicit"
        );
        self.fetch(tx, &sql, subjects, aliases)
    }

    /// Those that share name and maker, and some of those that share only the name.
    pub fn fetch_by_name(&mut self, tx: &mut PgConnection, subjects: &[(usize, Subject)], aliases: &Aliases) -> Result<()> {
        let made = base::nearest("p.name_key = n.name and p.maker_key = m.maker", "w.spec", BY_KEY);
        let named = base::nearest("p.name_key = n.name", "w.spec", BY_NAME);
        let sql = format!(
            "with want as materialized (select * from jsonb_to_recordset($1) as w(no integer, names text[], makers text[], spec text)) \
             select w.no, x.id as base, false as named from want w cross join unnest(w.names) n(name) cross join unnest(w.makers) m(maker) \
                 cross join lateral ({made}) x \
             union select w.no, x.id, false from want w cross join unnest(w.names) n(name) cross join lateral ({named}) x"
        );
        self.fetch(tx, &sql, subjects, aliases)
    }

    fn fetch(&mut self, tx: &mut PgConnection, sql: &str, subjects: &[(usize, Subject)], aliases: &Aliases) -> Result<()> {
        if subjects.is_empty() {
            return Ok(());
        }
        let hits: Vec<Hit> = diesel::sql_query(sql).bind::<Jsonb, _>(wants(subjects, aliases)).load(tx)?;
        let unknown: HashSet<BaseId> = hits.iter().map(|h| h.base).filter(|id| !self.bases.contains_key(id)).collect();
        self.bases.extend(bases(tx, &unknown.into_iter().collect::<Vec<_>>())?.into_iter().map(|b| (b.id, b)));
        for hit in hits {
            let no = usize::try_from(hit.no).map_err(Error::broken)?;
            if hit.named {
                self.named.insert(no, hit.base);
            }
            let all = self.hits.entry(no).or_default();
            if !all.contains(&hit.base) {
                all.push(hit.base);
            }
        }
        Ok(())
    }
}

/// Merged base products live on in the one they became.
fn bases(tx: &mut PgConnection, ids: &[BaseId]) -> Result<Vec<Base>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(diesel::sql_query(
        "select p.id, p.code, p.name, p.trade_name, p.spec, p.dosage_form, p.manufacturer, p.approval_no, p.status, \
         (coalesce(c.allowed, true) and coalesce(m.allowed, true) and coalesce(t.allowed, true)) as category_allowed, \
         coalesce(b.barcodes, '{}') as barcodes, coalesce(b.gtins, '{}') as gtins, coalesce(b.cartons, '{}') as cartons \
         from base_products p \
         left join categories c on c.merchant_id = p.category_merchant and c.id = p.category_id \
         left join categories m on m.merchant_id = c.merchant_id and m.id = c.parent_id \
         left join categories t on t.merchant_id = m.merchant_id and t.id = m.parent_id \
         left join lateral (select array_agg(barcode order by gtin) filter (where not carton) as barcodes, \
             array_agg(gtin order by gtin) filter (where not carton) as gtins, array_agg(gtin) filter (where carton) as cartons \
             from base_barcodes b where b.base_id = p.id) b on true \
         where p.id = any($1) and p.status <> 'merged'",
    )
    .bind::<Array<BigInt>, _>(ids)
    .load(tx)?)
}

fn candidate(base: &Base, at: usize, carton: usize) -> Candidate<BaseId> {
    let texts = Texts {
        name: base.name.clone(),
        trade_name: base.trade_name.clone(),
        spec: base.spec.clone(),
        manufacturer: base.manufacturer.clone(),
        approval_no: base.approval_no.clone(),
        barcode: base.barcodes.get(at).cloned().unwrap_or_default(),
        dosage_form: base.dosage_form.clone(),
    };
    Candidate::new(base.id, texts, base.cartons.get(carton).map(String::as_str).unwrap_or_default())
}

fn wants(subjects: &[(usize, Subject)], aliases: &Aliases) -> Value {
    let want = |(no, subject): &(usize, Subject)| {
        let submitted: Submitted<BaseId> = Submitted { item: subject.item.clone(), explicit_base: None };
        let LookupKeys { gtins, approval_key, name_keys, maker_keys, spec_key } = lookup_keys(&submitted, aliases);
        json!({
            "no": no, "gtins": gtins, "approval": approval_key, "names": name_keys, "makers": maker_keys,
            "spec": spec_key.unwrap_or_default(), "explicit": subject.explicit_base,
        })
    };
    subjects.iter().map(want).collect()
}
