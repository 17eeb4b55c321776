//! Matching measured on real uploads: runs where DUIJIE_DATA names the folder with base_products.csv and
//! merchant_products.csv; any other data in the same format will do.

use super::scene::Scene;
use diesel::prelude::*;
use diesel::sql_types::Jsonb;
use duijie::catalog::gtin::Gtin;
use duijie::products::matching::{Item, Texts};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

type Row = HashMap<String, String>;

fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

#[expect(clippy::disallowed_methods, reason = "tests read their one setting here")]
fn data() -> Option<PathBuf> {
    std::env::var_os("DUIJIE_DATA").map(PathBuf::from)
}

/// A base product with the keys the catalogue stores.
fn base(row: &Row) -> Value {
    let texts = Texts {
        name: row["name"].clone(),
        trade_name: row["trade_name"].clone(),
        spec: row["spec"].clone(),
        manufacturer: row["manufacturer"].clone(),
        approval_no: row["approval_no"].clone(),
        barcode: row["barcode"].clone(),
        dosage_form: row["dosage_form"].clone(),
    };
    let item = Item::new(texts);
    let gtin = |text: &str| Gtin::parse(text).map(|g| g.to_string()).unwrap_or_default();
    json!({
        "code": row["base_id"], "name": row["name"], "trade_name": row["trade_name"], "spec": row["spec"], "dosage_form": row["dosage_form"],
        "unit": row["unit"], "manufacturer": row["manufacturer"], "brand": row["brand"], "approval_no": row["approval_no"],
        "name_key": item.name_key(), "spec_key": item.spec().key(), "maker_key": item.maker_key(), "approval_key": item.approval_key().unwrap_or_default(),
        "barcode": row["barcode"], "gtin": gtin(&row["barcode"]), "carton_barcode": row["carton_barcode"], "carton": gtin(&row["carton_barcode"]),
    })
}

async fn load_bases(s: &Scene, bases: Vec<Value>) {
    let sql = "with want as materialized (select * from jsonb_to_recordset($1) as w(code text, name text, trade_name text, spec text, dosage_form text, \
         unit text, manufacturer text, brand text, approval_no text, name_key text, spec_key text, maker_key text, approval_key text, barcode text, \
         gtin text, carton_barcode text, carton text)), \
         made as (insert into base_products (code, name, trade_name, spec, dosage_form, unit, manufacturer, brand, approval_no, name_key, spec_key, \
         maker_key, approval_key) select code, name, trade_name, spec, dosage_form, unit, manufacturer, brand, approval_no, name_key, spec_key, \
         maker_key, approval_key from want returning id, code) \
         insert into base_barcodes (gtin, base_id, barcode, carton) \
         select w.gtin, m.id, w.barcode, false from want w join made m using (code) where w.gtin <> '' \
         union all select w.carton, m.id, w.carton_barcode, true from want w join made m using (code) where w.carton <> ''";
    s.house
        .platform
        .db
        .write(move |tx| Ok(diesel::sql_query(sql).bind::<Jsonb, _>(Value::Array(bases)).execute(tx)?))
        .await
        .expect("base products");
}

/// A merchant's row as its ERP would send it. A price is given where there is none that could be read, so that matching is
/// what is measured.
fn line(at: usize, row: &Row) -> Value {
    let mut line =
        json!({ "prodId": format!("R{at}"), "erpProdCode": row["erp_prod_code"], "prodName": row["name"], "catalogId": "110101" });
    let price = row["price"].parse::<f64>().map_or("1.00".to_owned(), |price| format!("{:.2}", price.abs()));
    line["price"] = price.into();
    let optional = [
        ("tradeName", "trade_name"),
        ("spec", "spec"),
        ("unit", "unit"),
        ("manufacturer", "manufacturer"),
        ("approvalNo", "approval_no"),
        ("barCode", "barcode"),
        ("baseProdId", "explicit_base_id"),
    ];
    for (field, column) in optional {
        if !row[column].is_empty() {
            line[field] = row[column].as_str().into();
        }
    }
    line
}

// P-04, P-05, Q-25, Q-26
#[actix_web::test]
async fn real_uploads_are_matched_and_never_wrongly() {
    let Some(folder) = data() else {
        println!("skipped: DUIJIE_DATA names no data folder");
        return;
    };
    let s = Scene::open().await;
    load_bases(&s, rows(&folder.join("base_products.csv")).iter().map(base).collect()).await;
    let uploads = rows(&folder.join("merchant_products.csv"));
    let lines: Vec<Value> = uploads.iter().enumerate().map(|(at, row)| line(at, row)).collect();
    for call in lines.chunks(1000) {
        let answer = s.erp("prod.add_or_edit", Value::Array(call.to_vec())).await.expect(200);
        let counts = answer.value()["data"].clone();
        assert_eq!((counts["applied"].clone(), counts["rejected"].clone()), (json!(call.len()), json!(0)), "{}", answer.body);
    }
    let found = s.house.ask(
        "select jsonb_object_agg(p.prod_id, jsonb_build_array(p.audit_status, b.code, a.state)) from products p \
         left join base_products b on b.id = p.base_product_id left join audit_items a on a.product_id = p.id",
    );
    let found: Value = serde_json::from_str(&found).expect("json");
    let (mut counts, mut missed, mut wrong) = (BTreeMap::<&str, (usize, usize)>::new(), Vec::new(), Vec::new());
    for (at, row) in uploads.iter().enumerate() {
        let end = &found[format!("R{at}")];
        let (approved, base, waits) = (end[0] == "approved", end[1].as_str().unwrap_or_default(), end[2] == "waiting");
        let right = match row["expect"].as_str() {
            "match" => approved && base == row["expected_base_id"],
            _ => !approved && waits,
        };
        let count = counts.entry(row["expect"].as_str()).or_default();
        count.0 += 1;
        count.1 += usize::from(right);
        if approved && !right {
            wrong.push(format!("{at} {} {}: {base} instead of {} {}", row["name"], row["spec"], row["expect"], row["expected_base_id"]));
        } else if !right {
            missed.push(format!("{at} {} {}: {}", row["name"], row["spec"], row["mess"]));
        }
        assert!(approved || waits, "{at} is nowhere: {end}");
    }
    println!("expected (rows, right): {counts:?}; missed: {missed:#?}");
    assert!(wrong.is_empty(), "matched wrongly: {wrong:#?}");
    let (all, right) = counts.get("match").copied().unwrap_or_default();
    assert!(right * 100 >= all * 99, "only {right} of {all} matched: {missed:#?}");
    assert!(counts.iter().filter(|(expect, _)| **expect != "match").all(|(_, (all, right))| all == right), "{counts:?} {missed:#?}");
}
