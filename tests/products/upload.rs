use super::scene::{Scene, codes, good, outcome, with};
use serde_json::json;

// P-01, P-03, P-04, P-07, P-14, P-15
#[actix_web::test]
async fn a_new_product_is_matched_and_has_a_sku_with_its_price() {
    let s = Scene::open().await;
    let answer = s.upload(good("P1")).await;
    assert_eq!((outcome(&answer).as_str(), answer.lines().len()), ("applied", 0), "{}", answer.body);
    assert_eq!(s.product("P1", "concat_ws(' ', audit_status, match_kind, listing)"), "approved auto pending");
    assert_eq!(s.product("P1", "(select code from base_products b where b.id = base_product_id)"), "BP-24");
    let a = s.cast.a;
    assert_eq!(
        s.house.ask(&format!("select sku_id || ' ' || base_price || ' ' || is_default from skus where merchant_id = {a}")),
        "P1-1 8.60 true"
    );
    assert_eq!(
        s.house.ask(&format!("select string_agg(ext_id || ':' || kind, ' ' order by ext_id) from external_ids where merchant_id = {a}")),
        "P1:product P1-1:sku"
    );
    assert_eq!(s.house.ask("select approval_key || ' ' || name_key from product_keys"), "H20990417 阿莫西林胶囊");
    assert_eq!(
        s.house.ask("select decision || ' ' || reason || ' ' || (snapshot->'product'->>'prodName') from audit_decisions"),
        "automatic products-matched-by-barcode 阿莫西林胶囊"
    );
    assert_eq!(
        s.house.ask(&format!("select string_agg(verb, ' ' order by id) from trail where merchant_id = {a} and subject_id = 'P1'")),
        "product.created product.matched"
    );
    assert_eq!(s.house.ask("select 'P1' from products where grams @> array['@' || merchant_id]"), "P1");
}

// P-13, Q-09
#[actix_web::test]
async fn an_edit_changes_what_it_names() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "brand": "江州", "album": "a.jpg,b.jpg", "grossWeight": "0.4", "enable": "1" }))).await;
    let same = s.upload(good("P1")).await;
    assert_eq!(outcome(&same), "unchanged");
    let edit = s.upload(json!({ "prodId": "P1", "brand": "江州牌", "album": null, "enable": 0 })).await;
    assert_eq!((outcome(&edit).as_str(), edit.lines().len()), ("applied", 0), "{}", edit.body);
    assert_eq!(
        s.product("P1", "concat_ws('|', name, brand, enabled, details->>'album', details->>'grossWeight', version, audit_status)"),
        "阿莫西林胶囊|江州牌|f|0.40|2|approved"
    );
    let trail = s
        .house
        .ask("select before || '→'::text || after from (select before::text, after::text from trail where verb = 'product.changed') t");
    assert!(trail.contains(r#""brand": "江州""#) && trail.contains(r#""brand": "江州牌""#) && !trail.contains("erp_code"), "{trail}");
    let empty = s.erp("prod.add_or_edit", json!({ "prodId": "P1", "prodName": "" })).await.expect(422);
    assert_eq!(empty.lines(), [(1, "rejected".into(), "EMPTY".into())]);
    let null = s.erp("prod.add_or_edit", json!({ "prodId": "P1", "catalogId": null })).await.expect(422);
    assert_eq!(null.lines(), [(1, "rejected".into(), "EMPTY".into())]);
}

// P-07, Q-09
#[actix_web::test]
async fn an_insert_needs_everything_and_is_told_all_of_it() {
    let s = Scene::open().await;
    let answer = s.erp("prod.add_or_edit", json!({ "prodId": "P1", "prodName": "阿莫西林胶囊" })).await.expect(422);
    let missing: Vec<_> = answer.value()["data"]["lines"][0]["problems"].as_array().unwrap().iter().map(|p| p["field"].clone()).collect();
    assert_eq!(missing, ["erpProdCode", "catalogId", "price"]);
    assert_eq!(s.house.ask("select count(*) from products"), "0");
    assert_eq!(s.house.ask("select count(*) from external_ids"), "0");
}

// P-14, Q-07, I-14
#[actix_web::test]
async fn products_and_skus_share_one_id_space() {
    let s = Scene::open().await;
    s.upload(json!([good("P1"), with("P2", json!({ "skuId": "S-2" }))])).await;
    let taken = s
        .erp(
            "prod.add_or_edit",
            json!([good("P1-1"), good("S-2"), with("P3", json!({ "skuId": "P1" })), with("P4", json!({ "skuId": "P4" }))]),
        )
        .await;
    let codes: Vec<_> = taken.lines().into_iter().map(|l| (l.0, l.2)).collect();
    assert_eq!(codes, [(1, "ID_TAKEN".to_owned()), (2, "ID_TAKEN".into()), (3, "ID_TAKEN".into()), (4, "ID_TAKEN".into())]);
    assert!(taken.body.contains("「P1-1」已被SKU使用"), "{}", taken.body);
    // Within one call, the earlier line has it.
    let both = s.erp("prod.add_or_edit", json!([good("Q"), good("Q-1")])).await.expect(200);
    assert_eq!(both.lines(), [(2, "rejected".into(), "ID_TAKEN".into())]);
    let long = s.erp("prod.add_or_edit", good("12345678901234567890")).await.expect(422);
    assert_eq!(codes_of(&long), ["NO_DEFAULT_SKU"]);
    s.upload(with("12345678901234567890", json!({ "skuId": "short" }))).await;
    // Another merchant's ids are another space.
    s.by(&s.cast.other_erp.clone(), "prod.add_or_edit", good("P1-1")).await.expect(200);
}

fn codes_of(answer: &crate::support::Answer) -> Vec<String> {
    codes(answer)
}

// Q-12, C-04
#[actix_web::test]
async fn categories_are_waited_for_corrected_or_refused() {
    let s = Scene::open().await;
    let parked = s.upload(with("P1", json!({ "catalogId": "110199" }))).await;
    assert_eq!(parked.lines(), [(1, "parked".into(), "UNKNOWN_CATEGORY".into())]);
    assert_eq!(s.house.ask("select waits_for || ' ' || code || ' ' || key from parked_lines"), "category 110199 P1");
    let branch = s.erp("prod.add_or_edit", with("P1", json!({ "catalogId": "1101" }))).await.expect(422);
    assert_eq!(codes(&branch), ["NOT_A_LEAF"]);
    let chain = s.upload(with("P1", json!({ "catalogChain": "11-1102-110101" }))).await;
    assert_eq!(
        (codes(&chain), chain.value()["data"]["lines"][0]["now"]["catalogChain"].clone()),
        (vec!["CATEGORY_CHAIN".to_owned()], json!("11-1101-110101"))
    );
    let right = s.upload(json!({ "prodId": "P1", "catalogChain": "11-1101-110101-" })).await;
    assert_eq!((outcome(&right).as_str(), right.lines().len()), ("unchanged", 0));
}

// Q-15, I-5
#[actix_web::test]
async fn what_is_older_never_overwrites() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "sourceTime": "2026-11-22 11:00:00" }))).await;
    let stale = s.upload(json!({ "prodId": "P1", "brand": "旧", "sourceTime": "2026-11-22 10:59:59" })).await;
    assert_eq!((stale.lines(), s.product("P1", "brand").as_str()), (vec![(1, "stale".into(), "STALE".into())], ""));
    assert_eq!(stale.value()["data"]["lines"][0]["now"]["sourceTime"], "2026-11-22 11:00:00");
    // The same again, read later: nothing changes but the clock.
    let same = s.upload(with("P1", json!({ "sourceTime": "2026-11-22 11:30:00" }))).await;
    assert_eq!((outcome(&same).as_str(), s.product("P1", "version").as_str()), ("unchanged", "1"));
    let between = s.upload(json!({ "prodId": "P1", "brand": "旧", "sourceTime": "2026-11-22 11:15:00" })).await;
    assert_eq!(outcome(&between), "stale");
    let ahead = s.erp("prod.add_or_edit", json!({ "prodId": "P1", "brand": "新", "sourceTime": "2026-11-22 13:00:00" })).await.expect(422);
    assert_eq!(codes(&ahead), ["CLOCK_AHEAD"]);
}

#[actix_web::test]
async fn a_version_that_has_moved_on_is_a_conflict() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "ifVersion": 0 }))).await;
    let again = s.erp("prod.add_or_edit", with("P1", json!({ "ifVersion": 0, "brand": "甲" }))).await.expect(422);
    assert_eq!((codes(&again), again.value()["data"]["lines"][0]["now"]["version"].clone()), (vec!["CONFLICT".to_owned()], json!(1)));
    s.upload(json!({ "prodId": "P1", "ifVersion": 1, "brand": "甲" })).await;
    assert_eq!(s.product("P1", "brand || version"), "甲2");
}

// Q-08
#[actix_web::test]
async fn the_price_of_a_product_is_for_skus_that_follow_it() {
    let s = Scene::open().await;
    s.upload(good("P1")).await;
    let price = |sku: &str| s.house.ask(&format!("select base_price from skus where sku_id = '{sku}'"));
    let dearer = s.upload(json!({ "prodId": "P1", "price": 9 })).await;
    assert_eq!((outcome(&dearer).as_str(), price("P1-1").as_str()), ("applied", "9.00"));
    // A new SKU without a price has the product's; with one of its own it keeps it.
    s.erp("sku.add_or_edit", json!([{ "skuId": "P1-10", "prodId": "P1" }, { "skuId": "P1-1", "price": "7.50" }])).await.expect(200);
    assert_eq!((price("P1-10").as_str(), price("P1-1").as_str()), ("9.00", "7.50"));
    let ignored = s.upload(json!({ "prodId": "P1", "price": "9.90" })).await;
    assert_eq!((outcome(&ignored).as_str(), codes(&ignored)), ("unchanged", vec!["PRICE_IGNORED".to_owned()]));
    assert_eq!((price("P1-10").as_str(), price("P1-1").as_str()), ("9.00", "7.50"));
}

// I-8
#[actix_web::test]
async fn a_preview_tells_and_keeps_nothing() {
    let s = Scene::open().await;
    let lines = json!([
        good("P1"),
        with("P2", json!({ "price": null })),
        with("P3", json!({ "prodName": "别的", "barCode": null, "approvalNo": null }))
    ]);
    let preview = s.erp("prod.add_or_edit", json!({ "preview": true, "lines": lines })).await.expect(200);
    assert_eq!(s.house.ask("select count(*) from products"), "0");
    assert_eq!(s.house.ask("select count(*) from feeds"), "0");
    let real = s.erp("prod.add_or_edit", json!({ "lines": lines })).await.expect(200);
    assert_eq!(preview.lines(), real.lines());
}

// P-12, Q-31, Q-33
#[actix_web::test]
async fn products_are_read_back_as_applied() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "description": "图文", "supplier": "自营" }))).await;
    s.house.later(chrono::Duration::minutes(10));
    s.upload(json!([good("P2"), good("P3")])).await;
    let all = s.erp("prod.list.get", json!({ "pageSize": 2 })).await.expect(200).value()["data"].clone();
    assert_eq!((all["total"].clone(), all["current"].clone(), all["pages"].clone()), (json!(3), json!(1), json!(2)));
    let first = &all["records"][0];
    assert_eq!(
        (first["prodId"].clone(), first["price"].clone(), first["enable"].clone(), first["updateTime"].clone()),
        (json!("P1"), json!(8.6), json!(1), json!("2026-11-22 12:00:00"))
    );
    assert_eq!(
        (first["catalogChain"].clone(), first["baseProdId"].clone(), first["auditStatus"].clone(), first["description"].clone()),
        (json!("11-1101-110101"), json!("BP-24"), json!("approved"), json!("图文"))
    );
    let next = s.erp("prod.list.get", json!({ "pageSize": 2, "cursor": all["cursor"] })).await.expect(200).value()["data"].clone();
    assert_eq!(
        (next["records"][0]["prodId"].clone(), next["records"].as_array().unwrap().len(), next["cursor"].clone()),
        (json!("P3"), 1, json!(null))
    );
    let window = s.erp("prod.list.get", json!({ "startUpdateTime": "2026-11-22 12:05:00" })).await.expect(200).value()["data"].clone();
    assert_eq!(window["total"], 2);
    let strangers = s.by(&s.cast.other_erp.clone(), "prod.list.get", json!({})).await.expect(200).value()["data"].clone();
    assert_eq!(strangers["total"], 0);
    s.erp("prod.list.get", json!({ "cursor": "x" })).await.expect(422);
}
