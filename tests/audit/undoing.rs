//! Taking decisions back.

use super::{approve, decide, open, state, stock, unclear, upload};
use crate::support::cast::{ADMIN, AUDITOR};
use chrono::Duration;
use serde_json::json;

/// Every decision, taken back, leaves the product, its listing and its place in the queue as they were.
#[tokio::test]
async fn undo_is_the_identity() {
    let (house, cast) = open().await;
    let noun_and_fields: [(&str, &[(&str, &str)]); 6] = [
        ("approval", &[("base", "BP-0018342"), ("alias", "maker"), ("others", "true")]),
        ("base-product", &[("name", "阿莫西林胶囊"), ("spec", "0.25g×24粒/瓶"), ("manufacturer", "江州药业有限公司")]),
        ("return", &[("reason", "picture")]),
        ("return", &[("reason", "prohibited")]),
        ("difficulty", &[]),
        ("skip", &[]),
    ];
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2")])).await;
    stock(&house, "P1", 5);
    let all = |house: &crate::support::House| format!("{} | {}", state(house, "P1"), state(house, "P2"));
    let before = all(&house);
    for (noun, fields) in noun_and_fields {
        decide(&house, "jia", "P1", noun, fields).send().await.expect(303);
        house.later(Duration::seconds(9));
        let page = house.get("/audit").by(AUDITOR).send().await.expect(200);
        assert!(page.body.contains("data-key=\"z\""), "{noun}");
        house.post(&format!("/audit/jia/P1/{noun}?_method=delete")).by(AUDITOR).send().await.expect(303);
        assert_eq!(all(&house), before, "{noun}");
        house.later(Duration::minutes(5));
    }
    assert_eq!(house.ask("select count(*) from aliases where revoked_at is null"), "0");
    assert_eq!(house.ask("select count(*) from base_products where status = 'active'"), "2");
    assert_eq!(house.ask("select count(*) from audit_decisions where decision = 'undone' and undoes is not null"), "6");
    assert_eq!(house.ask("select count(*) from skus"), "2");
}

#[tokio::test]
async fn undo_is_refused_with_the_reason() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2"), unclear("P3")])).await;
    let undo = |prod: &str, who: &str| house.delete(&format!("/audit/jia/{prod}/approval")).by(who).json();
    let nothing = undo("P1", AUDITOR).send().await;
    assert!(matches!(nothing.status.as_u16(), 404 | 409), "{}", nothing.body);
    approve(&house, "jia", "P1").send().await.expect(303);
    let others = undo("P1", ADMIN).send().await.expect(409);
    assert!(others.body.contains("陈审核"), "{}", others.body);
    house.later(Duration::seconds(61));
    let late = undo("P1", AUDITOR).send().await.expect(409);
    assert!(late.body.contains("60 秒"), "{}", late.body);
    approve(&house, "jia", "P2").send().await.expect(303);
    upload(&house, &cast.erp, json!([{ "prodId": "P2", "prodName": "别的名字" }])).await;
    let changed = undo("P2", AUDITOR).send().await.expect(409);
    assert!(changed.body.contains("不能撤销") || changed.body.contains("可撤销"), "{}", changed.body);
    approve(&house, "jia", "P3").send().await.expect(303);
    undo("P3", AUDITOR).send().await.expect(200);
    let twice = undo("P3", AUDITOR).send().await.expect(409);
    assert!(twice.body.contains("没有可撤销"), "{}", twice.body);
}

#[tokio::test]
async fn a_new_base_product_others_rely_on_stays() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    decide(
        &house,
        "jia",
        "P1",
        "base-product",
        &[("name", "阿莫西林胶囊"), ("spec", "0.25g×24粒"), ("manufacturer", "江州药业有限公司"), ("barcodes", "6901234000023")],
    )
    .send()
    .await
    .expect(303);
    let mut same = unclear("Q1");
    same["barCode"] = "6901234000023".into();
    upload(&house, &cast.other_erp, json!([same])).await;
    assert_eq!(house.ask("select audit_status from products where prod_id = 'Q1'"), "approved");
    let refused = house.delete("/audit/jia/P1/base-product").by(AUDITOR).json().send().await.expect(409);
    assert!(refused.body.contains("已有别的商品关联"), "{}", refused.body);
    assert!(state(&house, "P1").starts_with("approved"));
}

// P-16
#[tokio::test]
async fn records_cannot_be_changed() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    approve(&house, "jia", "P1").send().await.expect(303);
    for sql in ["update audit_decisions set note = 'x'", "delete from audit_decisions"] {
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| house.sql(sql))).is_err(), "{sql}");
    }
}
