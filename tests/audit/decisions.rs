//! What each decision does, to whom, and when it is refused.

use super::{approve, decide, open, state, stock, unclear, upload, version};
use crate::support::cast::{ADMIN, AUDITOR};
use serde_json::json;

// P-05, P-06, P-08, Q-24
#[tokio::test]
async fn approving_links_lists_what_has_stock_and_keeps_what_was_seen() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    stock(&house, "P1", 5);
    assert!(state(&house, "P1").starts_with("pending none - pending"), "{}", state(&house, "P1"));
    approve(&house, "jia", "P1").send().await.expect(303);
    assert!(state(&house, "P1").starts_with("approved person BP-0018342 listed"), "{}", state(&house, "P1"));
    assert_eq!(house.ask("select concat_ws(' ', decision, reviewer_id is not null, snapshot->'submitted'->>'name', snapshot->'base'->>'code', snapshot->'evidence'->>'score' is not null) from audit_decisions where reviewer_id is not null"), "approved t 阿莫西林胶囊 BP-0018342 t");
    assert_eq!(house.ask("select actor_name || ' ' || (after->>'base') from trail where verb = 'product.approved' and subject_id = 'P1' and merchant_id <> 0"), "陈审核 BP-0018342");
}

// P-06: stock comes later.
#[tokio::test]
async fn approving_without_stock_lists_nothing() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    approve(&house, "jia", "P1").send().await.expect(303);
    assert!(state(&house, "P1").starts_with("approved person BP-0018342 pending"), "{}", state(&house, "P1"));
}

// P-09
#[tokio::test]
async fn a_product_without_base_product_is_not_listed_before_approval() {
    let (house, cast) = open().await;
    let strange = json!([{ "prodId": "N1", "erpProdCode": "N-1", "prodName": "一种新器械", "catalogId": "211", "price": "3.00", "spec": "5ml", "manufacturer": "新厂有限公司" }]);
    upload(&house, &cast.erp, strange).await;
    stock(&house, "N1", 5);
    let wished = house.api(&cast.erp, "prod.shelf.update", json!([{ "prodId": "N1", "listed": 1 }])).send().await;
    assert_eq!(wished.status, 200, "{}", wished.body);
    assert!(state(&house, "N1").starts_with("pending none - pending"), "{}", state(&house, "N1"));
    assert_eq!(house.ask("select list_wish from products where prod_id = 'N1'"), "true");
    let fields = [("name", "一种新器械"), ("spec", "5ml"), ("manufacturer", "新厂有限公司"), ("unit", "支"), ("categoryId", "211")];
    decide(&house, "jia", "N1", "base-product", &fields).send().await.expect(303);
    assert!(state(&house, "N1").contains("approved person BP"), "{}", state(&house, "N1"));
    assert!(state(&house, "N1").contains(" listed "), "the wish fires on approval: {}", state(&house, "N1"));
    assert_eq!(house.ask("select decision from audit_decisions where reviewer_id is not null"), "new_base");
}

#[tokio::test]
async fn a_new_base_product_needs_a_name_and_what_was_typed_is_kept() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let answer = decide(&house, "jia", "P1", "base-product", &[("name", ""), ("spec", "7粒")]).send().await.expect(422);
    assert!(answer.body.contains("value=\"7粒\"") && answer.body.contains("aria-invalid=\"true\""));
    assert_eq!(house.ask("select count(*) from base_products"), "2");
}

// P-16
#[tokio::test]
async fn returning_tells_the_merchant_why_and_prohibited_goods_are_rejected() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2")])).await;
    decide(&house, "jia", "P1", "return", &[("reason", "maker_and_approval"), ("note", "请核对盒底")]).send().await.expect(303);
    assert!(state(&house, "P1").starts_with("changes_requested none - pending"), "{}", state(&house, "P1"));
    assert_eq!(
        house.ask("select concat_ws(' ', decision, reason, note) from audit_decisions where reviewer_id is not null"),
        "returned maker_and_approval 请核对盒底"
    );
    assert_eq!(house.ask("select note from trail where verb = 'product.returned'"), "请核对盒底");
    decide(&house, "jia", "P2", "return", &[("reason", "prohibited")]).send().await.expect(303);
    assert!(state(&house, "P2").starts_with("rejected"), "{}", state(&house, "P2"));
}

#[tokio::test]
async fn returning_needs_a_reason_of_the_list_and_other_needs_a_note() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    for fields in [&[][..], &[("reason", "because")], &[("reason", "other"), ("note", "  ")]] {
        let answer = decide(&house, "jia", "P1", "return", fields).send().await.expect(422);
        assert!(answer.body.contains("id=\"return\"") && answer.body.contains(" open>"), "the form stands open: {fields:?}");
    }
    assert_eq!(house.ask("select count(*) from audit_decisions where reviewer_id is not null"), "0");
}

// P-16
#[tokio::test]
async fn forbidden_goods_cannot_be_approved() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    house.sql("insert into block_list (kind, key, text, reason, created_by) select 'name', '阿莫西林', '阿莫西林', '召回 2026-11', id from users where login = 'guanli'");
    let page = approve(&house, "jia", "P1").send().await.expect(422);
    assert!(page.body.contains("召回 2026-11"), "{}", page.body);
    house.sql("delete from block_list; update categories set allowed = false where id = '11' and merchant_id <> 0");
    let refused = approve(&house, "jia", "P1").json().send().await.expect(422);
    assert!(refused.body.contains("禁止销售"), "{}", refused.body);
    house.sql("update categories set allowed = true; update categories set allowed = false where id = '1' and merchant_id = 0");
    approve(&house, "jia", "P1").send().await.expect(422);
    assert!(state(&house, "P1").starts_with("pending"), "{}", state(&house, "P1"));
    assert_eq!(house.ask("select count(*) from audit_decisions where reviewer_id is not null"), "0");
}

#[tokio::test]
async fn only_base_products_in_use_can_be_approved() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    decide(&house, "jia", "P1", "approval", &[("base", "BP-NONE")]).send().await.expect(422);
    house.sql("update base_products set status = 'disabled' where code = 'BP-0018342'");
    approve(&house, "jia", "P1").send().await.expect(422);
}

#[tokio::test]
async fn two_auditors_never_both_decide() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let seen = version(&house, "P1");
    let fields = [("version", seen.as_str()), ("base", "BP-0018342")];
    let (one, other) = tokio::join!(
        house.post("/audit/jia/P1/approval").by(AUDITOR).json().form(&fields).send(),
        house.post("/audit/jia/P1/approval").by(ADMIN).json().form(&fields).send()
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, other.body);
    let late = if one.status == 409 { &one.body } else { &other.body };
    assert!(late.contains("已由") && late.contains("审核"), "{late}");
    assert_eq!(house.ask("select count(*) from audit_decisions where reviewer_id is not null"), "1");
}

#[tokio::test]
async fn who_comes_too_late_reads_by_whom_and_goes_on() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let seen = version(&house, "P1");
    approve(&house, "jia", "P1").send().await.expect(303);
    let late =
        house.post("/audit/jia/P1/return").by(ADMIN).form(&[("version", seen.as_str()), ("reason", "picture")]).send().await.expect(409);
    assert!(late.body.contains("已由 陈审核 于 12:00 审核"), "{}", late.body);
}

/// The submission changed while it was looked at.
#[tokio::test]
async fn changed_data_is_looked_at_anew() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let seen = version(&house, "P1");
    upload(&house, &cast.erp, json!([{ "prodId": "P1", "manufacturer": "江州制药有限公司" }])).await;
    let answer = house
        .post("/audit/jia/P1/approval")
        .by(AUDITOR)
        .json()
        .form(&[("version", seen.as_str()), ("base", "BP-0018342")])
        .send()
        .await
        .expect(409);
    assert!(answer.body.contains("更新"), "{}", answer.body);
}

#[tokio::test]
async fn the_same_product_elsewhere_is_settled_along() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2")])).await;
    upload(&house, &cast.other_erp, json!([unclear("Q1"), { "prodId": "Q2", "erpProdCode": "Q-2", "prodName": "阿莫西林胶囊", "catalogId": "111", "price": "8.00", "spec": "0.25g*36粒", "manufacturer": "江州药业有限公司" }])).await;
    stock(&house, "Q1", 3);
    let page = house.get("/audit/jia/P1").by(AUDITOR).send().await.expect(200);
    assert!(page.body.contains("另有 2 条完全相同的待审商品（2 个商家）一起通过"), "{}", page.body);
    decide(&house, "jia", "P1", "approval", &[("base", "BP-0018342"), ("others", "true")]).send().await.expect(303);
    for prod in ["P1", "P2", "Q1"] {
        assert!(state(&house, prod).starts_with("approved person BP-0018342"), "{prod} {}", state(&house, prod));
    }
    assert!(state(&house, "Q1").contains(" listed "), "each at its own merchant's rule: {}", state(&house, "Q1"));
    assert!(state(&house, "Q2").starts_with("pending"), "another pack is another product");
    assert_eq!(house.ask("select count(*) || ' ' || count(distinct merchant_id) from audit_decisions where decision = 'approved'"), "3 2");
    assert_eq!(house.ask("select count(*) from trail where verb = 'product.approved'"), "3");
}

/// The keys are the same, but its own number says that it is something else.
#[tokio::test]
async fn who_contradicts_the_base_product_is_not_settled_along() {
    let (house, cast) = open().await;
    let mut other = unclear("P2");
    other["approvalNo"] = "国药准字H20990999".into();
    upload(&house, &cast.erp, json!([unclear("P1"), other])).await;
    decide(&house, "jia", "P1", "approval", &[("base", "BP-0018342"), ("others", "true")]).send().await.expect(303);
    assert!(state(&house, "P1").starts_with("approved"));
    assert!(state(&house, "P2").starts_with("pending"), "{}", state(&house, "P2"));
}

#[tokio::test]
async fn others_can_be_left_alone() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2")])).await;
    approve(&house, "jia", "P1").send().await.expect(303);
    assert!(state(&house, "P2").starts_with("pending"));
}

// P-05: learned once, used from then on, and taken back.
#[tokio::test]
async fn a_learned_alias_matches_what_comes_and_can_be_taken_back() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let page = house.get("/audit/jia/P1").by(AUDITOR).send().await.expect(200);
    assert!(page.body.contains("name=\"alias\" value=\"maker\""), "{}", page.body);
    decide(&house, "jia", "P1", "approval", &[("base", "BP-0018342"), ("alias", "maker")]).send().await.expect(303);
    assert_eq!(house.ask("select line->>'verdict' from audit_decisions, jsonb_array_elements(snapshot->'evidence'->'lines') line where line->>'field' = 'manufacturer' and reviewer_id is not null"), "different", "as the reviewer saw it");
    assert_eq!(
        house.ask("select from_text || ' = ' || to_text from aliases where revoked_at is null"),
        "江州药业有限公司 = 江州恒安药业有限公司"
    );
    upload(&house, &cast.other_erp, json!([unclear("Q1")])).await;
    assert_eq!(house.ask("select audit_status || ' ' || match_kind from products where prod_id = 'Q1'"), "approved auto");
    house.sql("update aliases set revoked_at = now(), revoked_by = created_by");
    upload(&house, &cast.other_erp, json!([unclear("Q2")])).await;
    assert_eq!(house.ask("select audit_status || ' ' || match_kind from products where prod_id = 'Q2'"), "pending none");
}

#[tokio::test]
async fn difficult_ones_and_skipped_ones_have_their_own_lists() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2")])).await;
    decide(&house, "jia", "P1", "difficulty", &[]).send().await.expect(303);
    decide(&house, "jia", "P2", "skip", &[]).send().await.expect(303);
    let counts = |body: serde_json::Value| format!("{}", body["data"]["counts"]);
    let mine = house.get("/audit").by(AUDITOR).json().send().await.expect(200).value();
    assert_eq!(counts(mine), r#"{"difficult":1,"skipped":1,"waiting":0}"#);
    let others = house.get("/audit").by(ADMIN).json().send().await.expect(200).value();
    assert_eq!(counts(others), r#"{"difficult":1,"skipped":0,"waiting":1}"#);
    approve(&house, "jia", "P1").send().await.expect(303);
    decide(&house, "jia", "P2", "difficulty", &[]).send().await.expect(303);
    assert!(
        house.post("/audit/jia/P2/difficulty").by(ADMIN).form(&[("version", version(&house, "P2").as_str())]).send().await.status == 409
    );
}
