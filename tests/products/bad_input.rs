//! What ERPs get wrong: each mistake is named by line, field, value and remedy, and costs nobody else anything.

use super::scene::{Scene, codes, good, with};
use serde_json::{Value, json};

/// A line's mistake: what is sent, and the code and field that must come back.
fn mistakes() -> Vec<(Value, &'static str, &'static str)> {
    let long = "长".repeat(256);
    vec![
        (json!("text"), "NOT_AN_OBJECT", ""),
        (with("M1", json!({ "prodName": 7.5, "enable": "maybe" })), "WRONG_TYPE", "enable"),
        (with("M2", json!({ "price": "eight" })), "WRONG_TYPE", "price"),
        (with("M3", json!({ "prodName": ["a"] })), "WRONG_TYPE", "prodName"),
        (with("M4", json!({ "price": null })), "MISSING", "price"),
        (json!({ "erpProdCode": "E" }), "MISSING", "prodId"),
        (with("M5", json!({ "prodName": long })), "TOO_LONG", "prodName"),
        (with("123456789012345678901", json!({})), "TOO_LONG", "prodId"),
        (with("M6", json!({ "price": "8.605" })), "DECIMALS", "price"),
        (with("M7", json!({ "grossWeight": 0.123 })), "DECIMALS", "grossWeight"),
        (with("M8", json!({ "price": -1 })), "NEGATIVE", "price"),
        (with("M9", json!({ "inventory": -5 })), "NEGATIVE", "inventory"),
        (with("M10", json!({ "price": "10000000000" })), "TOO_BIG", "price"),
        (with("M11", json!({ "sourceTime": "昨天" })), "BAD_TIME", "sourceTime"),
        (with("M12", json!({ "prodName": "a\u{0}b" })), "BAD_CHARACTER", "prodName"),
        (with("M13", json!({ "catalogId": "1101" })), "NOT_A_LEAF", "catalogId"),
        (with("M14", json!({ "baseProdId": "BP-404" })), "UNKNOWN_BASE", "baseProdId"),
        (with("OK-1", json!({})), "ID_TAKEN", "prodId"),
    ]
}

#[actix_web::test]
async fn each_mistake_is_named_and_the_other_lines_are_applied() {
    let s = Scene::open().await;
    s.upload(good("OK")).await;
    let mut lines: Vec<Value> = mistakes().into_iter().map(|(line, _, _)| line).collect();
    let sent = lines.clone();
    lines.push(good("FINE"));
    let answer = s.erp("prod.add_or_edit", Value::Array(lines)).await.expect(200);
    let data = answer.value()["data"].clone();
    assert_eq!((data["applied"].clone(), data["rejected"].clone()), (json!(1), json!(mistakes().len())));
    for (at, (_, code, field)) in mistakes().into_iter().enumerate() {
        let line = &data["lines"][at];
        assert_eq!((line["line"].clone(), line["outcome"].clone()), (json!(at + 1), json!("rejected")), "{line}");
        let named = line["problems"].as_array().unwrap().iter().find(|p| p["code"] == code && p["field"] == field);
        let named = named.unwrap_or_else(|| panic!("{code} {field}: {line}"));
        assert!(named["msg"].as_str().unwrap().chars().count() > 5, "{named}");
        // The value stands there as it was sent, so that it is found in the ERP.
        let value = match &sent[at][field] {
            Value::String(text) if !text.contains('\0') => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => continue,
        };
        assert_eq!(named["value"], if value.chars().count() > 60 { format!("{}…", "长".repeat(59)) } else { value }, "{named}");
    }
    assert_eq!(s.product("FINE", "audit_status"), "approved");
}

#[actix_web::test]
async fn all_or_nothing_applies_nothing() {
    let s = Scene::open().await;
    let mut lines: Vec<Value> = (0..5).map(|n| good(&format!("P{n}"))).collect();
    lines.push(with("BAD", json!({ "price": "8.605" })));
    let answer = s.erp("prod.add_or_edit", json!({ "onError": "all", "lines": lines })).await.expect(422);
    let codes: Vec<_> = answer.lines().into_iter().map(|l| l.2).collect();
    assert_eq!((codes.iter().filter(|c| *c == "ALL_OR_NOTHING").count(), codes.last().map(String::as_str)), (5, Some("DECIMALS")));
    for table in ["products", "skus", "external_ids", "audit_decisions", "product_keys"] {
        assert_eq!(s.house.ask(&format!("select count(*) from {table}")), "0", "{table}");
    }
}

#[actix_web::test]
async fn warnings_do_not_stand_in_the_way() {
    let s = Scene::open().await;
    let answer = s.upload(with("P1", json!({ "colour": "red", "barCode": "6901234000017" }))).await;
    let mut found = codes(&answer);
    found.sort();
    assert!(found.contains(&"UNKNOWN_FIELD".to_owned()) && found.contains(&"BAD_BARCODE".to_owned()), "{found:?}");
    assert!(answer.body.contains("colour"));
    assert_eq!(s.product("P1", "barcode"), "6901234000017");
}

#[actix_web::test]
async fn lines_about_the_same_product_are_told_apart_by_nobody() {
    let s = Scene::open().await;
    let answer = s.erp("prod.add_or_edit", json!([good("P1"), good("P2"), with("P1", json!({ "price": 9 }))])).await.expect(200);
    assert_eq!(answer.lines(), [(1, "rejected".into(), "DUPLICATE_IN_BATCH".into()), (3, "rejected".into(), "DUPLICATE_IN_BATCH".into())]);
    assert_eq!(s.house.ask("select string_agg(prod_id, ',') from products"), "P2");
}

#[actix_web::test]
async fn a_call_that_cannot_be_read_changes_nothing() {
    let s = Scene::open().await;
    let many: Vec<Value> = (0..1001).map(|n| good(&format!("P{n}"))).collect();
    for (body, status, error) in [
        (r#"[{"prodId":"P1""#.to_owned(), 400, "BAD_JSON"),
        ("7".to_owned(), 400, "BAD_SHAPE"),
        ("[]".to_owned(), 422, "BAD_COUNT"),
        (Value::Array(many).to_string(), 422, "BAD_COUNT"),
    ] {
        let answer = s.erp("prod.add_or_edit", body.as_str()).await.expect(status);
        assert_eq!(answer.value()["error"], error);
        assert!(!answer.value()["msg"].as_str().unwrap().is_empty());
    }
    let heavy = format!(r#"[{{"prodId":"P1","description":"{}"}}]"#, "x".repeat(11 * 1024 * 1024));
    assert_eq!(s.erp("prod.add_or_edit", heavy.as_str()).await.expect(413).value()["error"], "TOO_LARGE");
    assert_eq!(s.house.ask("select count(*) from products"), "0");
}

// A lone surrogate spoils the field it stands in, not the call.
#[actix_web::test]
async fn lone_surrogates_and_nul_spoil_their_line() {
    let s = Scene::open().await;
    let spoiled = good("P1").to_string().replace("阿莫西林胶囊", "阿莫\\ud800西林");
    let body = format!("[{spoiled},{}]", good("P2"));
    let answer = s.erp("prod.add_or_edit", body.as_str()).await.expect(200);
    assert_eq!(answer.lines(), [(1, "rejected".into(), "BAD_CHARACTER".into())]);
    assert_eq!(s.product("P2", "audit_status"), "approved");
}

// I-13: another merchant's product is neither changed nor betrayed.
#[actix_web::test]
async fn a_strangers_product_is_a_new_one() {
    let s = Scene::open().await;
    s.upload(good("P1")).await;
    let other = s.cast.other_erp.clone();
    let edit = s.by(&other, "prod.add_or_edit", json!({ "prodId": "P1", "brand": "乙" })).await.expect(422);
    assert_eq!(codes(&edit), ["MISSING", "MISSING", "MISSING", "MISSING"]);
    assert_eq!(s.product("P1", "brand"), "");
    let sku = s.by(&other, "sku.add_or_edit", json!({ "skuId": "P1-1", "price": 1 })).await.expect(422);
    assert_eq!(codes(&sku), ["MISSING"]);
    // The other merchant's category is not known here.
    s.house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values ({}, '110177', '甲的', 3, '1101', '11-1101-110177')",
        s.cast.a
    ));
    let parked = s.by(&other, "prod.add_or_edit", with("P9", json!({ "catalogId": "110177" }))).await.expect(200);
    assert_eq!(codes(&parked), ["UNKNOWN_CATEGORY"]);
}
