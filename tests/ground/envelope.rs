//! What every answer of the open platform looks like, to new clients and to old ones.

use crate::support::{Cast, House};
use serde_json::{Value, json};

/// Reads and writes, right and wrong, with the honest status of each.
fn calls() -> Vec<(&'static str, Value, u16)> {
    vec![
        ("catalog.add_or_edit", json!([{ "id": "C1", "name": "化学药品", "type": 1, "parentId": "0" }]), 200),
        ("catalog.list.get", json!({}), 200),
        ("prod.list.get", json!({}), 200),
        ("sku.detail", json!({ "skuId": "NONE" }), 404),
        ("catalog.add_or_edit", json!([{ "id": "" }]), 422),
        ("catalog.add_or_edit", json!(7), 400),
        ("no.such.method", json!({}), 404),
    ]
}

// V-01, Q-02, Q-03: methods go by their names, and whatever is asked comes back in one envelope.
#[actix_web::test]
async fn every_answer_has_one_shape() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    for (method, body, status) in calls() {
        let told = house.api(&cast.erp, method, body).send().await.expect(status).value();
        assert_eq!((&told["code"], &told["success"]), (&json!(status), &json!(status == 200)), "{method}: {told}");
        assert!(told["msg"].as_str().is_some_and(|msg| !msg.is_empty()) && told.get("data").is_some(), "{method}: {told}");
        assert_eq!(told.get("error").is_some(), status != 200, "{method}: {told}");
    }
}

// V-01, V-02: a list is an array, a page says how much there is, ids are strings and times have no zone.
#[actix_web::test]
async fn data_has_the_seeds_shapes() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let lines = json!([{ "id": 11, "name": "化学药品", "type": 1, "parentId": 0 }, { "id": "1101", "name": "抗感染药", "type": "2", "parentId": "11" }]);
    house.api(&cast.erp, "catalog.add_or_edit", lines).send().await.expect(200);
    let all = house.api(&cast.erp, "catalog.list.get", json!({})).send().await.expect(200).value()["data"].clone();
    let first = &all.as_array().expect("an array")[0];
    assert_eq!((&first["id"], &first["parentId"], &first["type"]), (&json!("11"), &json!("0"), &json!(1)), "{first}");
    assert_eq!((&first["createTime"], &first["updateTime"]), (&json!("2026-11-22 12:00:00"), &json!("2026-11-22 12:00:00")));
    let page = house.api(&cast.erp, "prod.list.get", json!({})).send().await.expect(200).value()["data"].clone();
    assert_eq!((&page["records"], &page["total"], &page["current"]), (&json!([]), &json!(0), &json!(1)), "{page}");
    assert!(page["pages"].is_i64(), "{page}");
}

// an old ERP that takes any other status for a broken line is told the truth in the body.
#[actix_web::test]
async fn old_clients_may_have_200_always() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    house.sql(&format!("update apps set always_200 = true where merchant_id = {}", cast.a));
    for (method, body, status) in calls() {
        let told = house.api(&cast.erp, method, body).send().await.expect(200).value();
        assert_eq!((&told["code"], &told["success"]), (&json!(status), &json!(status == 200)), "{method}: {told}");
    }
    // Who has not been let in has no such wish.
    let stranger = house.api(&cast.erp, "catalog.list.get", json!({})).header("x-signature", &"0".repeat(64)).send().await.expect(401);
    assert_eq!(stranger.value()["code"], 401);
    // The other merchant's credential has not asked for it.
    house.api(&cast.other_erp, "sku.detail", json!({ "skuId": "NONE" })).send().await.expect(404);
}
