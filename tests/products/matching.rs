use super::scene::{APPROVAL, MAKER, Scene, codes, ean, outcome, with};
use crate::support::House;
use duijie::catalog::base::{self, Draft};
use duijie::ids::MerchantId;
use duijie::trail::Cause;
use serde_json::{Value, json};

fn asked(house: &House) -> String {
    house.ask("select string_agg(state || ' ' || ask || ' ' || jsonb_array_length(candidates), ',') from audit_items")
}

// P-04
#[actix_web::test]
async fn each_key_that_determines_identity_matches() {
    let s = Scene::open().await;
    let lines = json!([
        with("BAR", json!({ "approvalNo": null, "manufacturer": null })),
        with("NUM", json!({ "barCode": null, "spec": "250mg×36粒" })),
        with("NAME", json!({ "barCode": null, "spec": "0.25g×24粒", "approvalNo": null })),
    ]);
    let answer = s.upload(lines).await;
    assert_eq!(answer.value()["data"]["applied"], 3);
    let linked = |id: &str| s.product(id, "concat_ws(' ', match_kind, (select code from base_products b where b.id = base_product_id))");
    assert_eq!((linked("BAR").as_str(), linked("NUM").as_str()), ("auto BP-24", "auto BP-36"));
    assert_eq!(s.product("NAME", "audit_status"), "approved", "{}", asked(&s.house));
}

// P-09
#[actix_web::test]
async fn what_is_unknown_waits_for_a_person() {
    let s = Scene::open().await;
    let answer =
        s.upload(with("P1", json!({ "prodName": "江州参片", "spec": "10片", "approvalNo": null, "barCode": ean("690123499999") }))).await;
    assert_eq!((outcome(&answer).as_str(), codes(&answer)), ("applied", vec!["IN_AUDIT".to_owned()]));
    assert_eq!(asked(&s.house), "waiting products-ask-nothing-alike 0");
    assert_eq!(s.product("P1", "audit_status || ' ' || match_kind"), "pending none");
    // Known by name, not by pack: the candidates are shown with what is different.
    s.upload(with("P2", json!({ "spec": "0.25g×100粒", "barCode": null }))).await;
    let shown: Value = serde_json::from_str(&s.house.ask("select candidates from audit_items order by product_id desc limit 1")).unwrap();
    assert!(shown.as_array().unwrap().len() >= 2 && shown[0]["evidence"]["score"].as_i64().unwrap() > 0, "{shown}");
}

/// Packs of 10 to 40 tablets in nine strengths, all of one name and one approval number, each of a maker of its own.
async fn packs(s: &Scene) {
    let pack = |strength: i32, count: i32| Draft {
        code: Some(format!("BP-{strength}-{count}")),
        name: "江州片".into(),
        spec: format!("0.{strength}g×{count}片"),
        manufacturer: format!("江州第{strength}{count}药厂"),
        approval_no: "国药准字H20990555".into(),
        ..Draft::default()
    };
    let drafts: Vec<Draft> = (1..=9).flat_map(|strength| (10..=40).map(move |count| pack(strength, count))).collect();
    let cause = Cause::system(MerchantId::PLATFORM, "tests", s.house.now());
    s.house.platform.db.write(move |tx| base::create_many(tx, &cause, &drafts).map(drop)).await.expect("packs");
}

// P-04, P-09: however many share a name, what is nearest to the submission is shown.
#[actix_web::test]
async fn of_many_packs_a_person_sees_the_nearest() {
    let s = Scene::open().await;
    packs(&s).await;
    let shown = |id: &str| {
        s.house.ask(&format!(
            "select string_agg(b.code, ' ' order by c.no) from audit_items a join products p on p.id = a.product_id \
             cross join jsonb_array_elements(a.candidates) with ordinality c(shown, no) join base_products b on b.id = (c.shown->>'base')::bigint \
             where p.prod_id = '{id}'"
        ))
    };
    let unknown = json!({ "prodName": "江州片", "manufacturer": "甲药厂", "approvalNo": null, "barCode": null });
    let spec = |spec: &str| {
        let mut changes = unknown.clone();
        changes["spec"] = spec.into();
        changes
    };
    s.upload(json!([with("NEW", spec("0.5g×100片")), with("OLD", spec("0.9g×40片")), with("NONE", spec("片"))])).await;
    let codes = shown("NEW");
    assert!(codes.split(' ').count() == 5 && codes.split(' ').all(|code| code.starts_with("BP-5-")), "{codes}");
    assert!(shown("OLD").starts_with("BP-9-40 "), "{}", shown("OLD"));
    assert_eq!(shown("NONE").split(' ').count(), 5);
}

// P-04: one number is held by all packs of a medicine, and the pack tells which.
#[actix_web::test]
async fn among_many_packs_of_a_number_the_right_one_is_matched() {
    let s = Scene::open().await;
    packs(&s).await;
    let by_number = |spec: &str| json!({ "prodName": "江州片", "spec": spec, "approvalNo": "国药准字H20990555", "manufacturer": null, "barCode": null });
    s.upload(json!([with("LOW", by_number("100mg*10片")), with("HIGH", by_number("0.9g×40片/盒")), with("NO", by_number("0.9g×41片"))]))
        .await;
    let linked = |id: &str| s.product(id, "concat_ws(' ', match_kind, (select code from base_products b where b.id = base_product_id))");
    assert_eq!((linked("LOW").as_str(), linked("HIGH").as_str(), linked("NO").as_str()), ("auto BP-1-10", "auto BP-9-40", "none"));
}

//
#[actix_web::test]
async fn keys_that_disagree_are_for_a_person() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "spec": "0.25g×36粒" }))).await;
    assert_eq!(s.product("P1", "audit_status"), "pending");
    assert!(asked(&s.house).starts_with("waiting products-match-why-"), "{}", asked(&s.house));
}

//
#[actix_web::test]
async fn the_merchants_own_word_is_checked() {
    let s = Scene::open().await;
    let named = s
        .upload(json!([
            with("YES", json!({ "baseProdId": "BP-24", "approvalNo": null, "barCode": null, "manufacturer": null })),
            with("NO", json!({ "baseProdId": "BP-36" })),
        ]))
        .await;
    assert_eq!(named.lines(), [(2, "applied".into(), "IN_AUDIT".into())]);
    assert_eq!(s.product("YES", "match_kind || ' ' || audit_status"), "explicit approved");
    assert_eq!(s.product("NO", "match_kind || ' ' || audit_status || ' ' || explicit_base"), "none pending BP-36");
    assert!(asked(&s.house).contains("products-match-why-explicit-disagrees"));
    let unknown = s.erp("prod.add_or_edit", with("P3", json!({ "baseProdId": "BP-404" }))).await.expect(422);
    assert_eq!(codes(&unknown), ["UNKNOWN_BASE"]);
    // Taking the word back is a change of keys.
    s.upload(json!({ "prodId": "NO", "baseProdId": null })).await;
    assert_eq!(s.product("NO", "match_kind || ' ' || audit_status"), "auto approved");
    assert_eq!(s.house.ask("select state from audit_items"), "settled");
}

// A wrong check digit is told; the barcode is kept, and is no key.
#[actix_web::test]
async fn a_bad_barcode_is_told_and_kept() {
    let s = Scene::open().await;
    let mut bad = ean("690123400001");
    bad.replace_range(12.., if bad.ends_with('0') { "1" } else { "0" });
    let answer = s.upload(with("P1", json!({ "barCode": bad, "approvalNo": null, "manufacturer": null }))).await;
    assert_eq!((outcome(&answer).as_str(), codes(&answer)), ("applied", vec!["BAD_BARCODE".to_owned(), "IN_AUDIT".into()]));
    assert!(answer.body.contains(&format!("应为 {}", &ean("690123400001")[12..])), "{}", answer.body);
    assert_eq!((s.product("P1", "barcode"), s.house.ask("select gtin from product_keys")), (bad, String::new()));
}

// P-16
#[actix_web::test]
async fn forbidden_goods_never_approve_themselves() {
    let s = Scene::open().await;
    s.house.sql("insert into block_list (kind, key, text, reason, created_by) select 'name', '电子烟', '电子烟', '烟草制品禁止在平台销售', id from users limit 1");
    let smoke = json!({ "prodName": "江州香烟", "spec": "20支/盒", "manufacturer": "江州烟厂", "approvalNo": null, "barCode": ean("690123400004") });
    let off = json!({ "spec": "0.25g×48粒", "barCode": ean("690123400003") });
    let answer = s
        .upload(json!([
            with("SMOKE", smoke),
            with("VAPE", json!({ "prodName": "江州电子烟" })),
            with("CAT", json!({ "catalogId": "90101" })),
            with("OFF", off),
        ]))
        .await;
    let first: Vec<_> = answer.lines().into_iter().map(|l| l.2).collect();
    assert_eq!(first, ["FORBIDDEN_GOODS", "FORBIDDEN_GOODS", "FORBIDDEN_GOODS", "IN_AUDIT"]);
    assert!(answer.body.contains("烟草制品禁止在平台销售"));
    assert_eq!(s.house.ask("select count(*) from products where audit_status = 'approved' or base_product_id is not null"), "0");
    let asks = s.house.ask("select string_agg(p.prod_id || ' ' || replace(a.ask, 'products-ask-', ''), ',' order by p.id) from audit_items a join products p on p.id = a.product_id");
    assert_eq!(asks, "SMOKE base-category,VAPE block-list,CAT own-category,OFF base-disabled");
}

#[actix_web::test]
async fn changed_keys_are_matched_anew() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({}))).await;
    // Another spelling of the same: it stays what it was, without a word.
    let spelled = s.upload(json!({ "prodId": "P1", "spec": "0.25g x 24粒/盒", "approvalNo": "国药准字h 20990417" })).await;
    assert_eq!((outcome(&spelled).as_str(), spelled.lines().len()), ("applied", 0), "{}", spelled.body);
    assert_eq!(s.house.ask("select count(*) from audit_decisions"), "1");
    s.stock("P1", 5);
    s.upload(json!({ "prodId": "P1", "brand": "甲" })).await;
    assert_eq!(s.product("P1", "listing"), "listed");
    // Another pack: back to a person, off the shelf, and the listing remembered.
    let other = s.upload(json!({ "prodId": "P1", "spec": "0.25g×12粒" })).await;
    assert_eq!(codes(&other), ["IN_AUDIT"]);
    assert_eq!(
        s.product("P1", "concat_ws(' ', audit_status, match_kind, listing, unlisted_by, list_wish, base_product_id)"),
        "pending none unlisted rule t"
    );
    // And back again.
    s.upload(json!({ "prodId": "P1", "spec": "0.25g×24粒" })).await;
    assert_eq!(s.product("P1", "concat_ws(' ', audit_status, listing, list_wish)"), "approved listed f");
    assert_eq!(s.house.ask("select state from audit_items"), "settled");
}

#[actix_web::test]
async fn what_a_person_refused_is_not_approved_by_itself() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "barCode": null, "approvalNo": null, "manufacturer": null }))).await;
    s.house.sql("update products set audit_status = 'rejected'; update audit_items set state = 'settled'");
    s.upload(json!({ "prodId": "P1", "manufacturer": MAKER, "approvalNo": APPROVAL, "barCode": ean("690123400001") })).await;
    assert_eq!((s.product("P1", "audit_status"), asked(&s.house)), ("pending".into(), "waiting products-ask-refused-before 1".into()));
    // Sent back for changes, any change is a new try.
    s.house.sql("update products set audit_status = 'changes_requested'; update audit_items set state = 'settled'");
    s.upload(json!({ "prodId": "P1", "brand": "江州" })).await;
    assert_eq!(s.product("P1", "audit_status"), "approved");
}

// A person's decision survives a move to another category; a forbidden one takes the goods off the shelf.
#[actix_web::test]
async fn a_decision_survives_another_category() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "prodName": "江州参片", "barCode": null, "approvalNo": null }))).await;
    s.house
        .sql("update products set audit_status = 'approved', match_kind = 'person', base_product_id = (select min(id) from base_products)");
    s.stock("P1", 5);
    s.upload(json!({ "prodId": "P1", "brand": "江州" })).await;
    assert_eq!(s.product("P1", "listing"), "listed");
    s.upload(json!({ "prodId": "P1", "catalogId": "90101" })).await;
    assert_eq!(s.product("P1", "concat_ws(' ', audit_status, match_kind, listing, unlisted_by)"), "approved person unlisted rule");
    s.upload(json!({ "prodId": "P1", "catalogId": "110101" })).await;
    assert_eq!(s.product("P1", "concat_ws(' ', audit_status, match_kind, listing)"), "approved person listed");
}

// P-05: what an auditor taught holds for the next upload, until it is taken back.
#[actix_web::test]
async fn learned_aliases_are_used() {
    let s = Scene::open().await;
    let renamed = json!({ "manufacturer": "江州制药厂", "barCode": null, "approvalNo": null });
    s.upload(with("P1", renamed.clone())).await;
    assert_eq!(s.product("P1", "audit_status"), "pending");
    s.house.sql(&format!("insert into aliases (kind, from_key, to_key, from_text, to_text, created_by) select 'maker', '江州制药厂', '{MAKER}', '江州制药厂', '{MAKER}', id from users limit 1"));
    s.upload(with("P2", renamed.clone())).await;
    s.house.sql("update aliases set revoked_at = now(), revoked_by = created_by");
    s.upload(with("P3", renamed)).await;
    let status = |id: &str| s.product(id, "audit_status");
    assert_eq!((status("P2").as_str(), status("P3").as_str()), ("approved", "pending"));
}
