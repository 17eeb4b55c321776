use super::scene::{Scene, codes, good, outcome};
use serde_json::{Value, json};

// K-01, K-04, Q-09
#[actix_web::test]
async fn a_sku_is_added_changed_and_read_back() {
    let s = Scene::open().await;
    s.upload(good("P1")).await;
    let sku = json!({ "skuId": "S1", "prodId": "P1", "code": "C-1", "price": "82", "originalPurchasePrice": 61.5, "vipPrice": "79.90", "skuAttr": "[{\"name\":\"规格\",\"value\":\"10盒\"}]" });
    assert_eq!(outcome(&s.erp("sku.add_or_edit", sku.clone()).await.expect(200)), "applied");
    assert_eq!(outcome(&s.erp("sku.add_or_edit", sku).await.expect(200)), "unchanged");
    let edit = s
        .erp("sku.add_or_edit", json!({ "skuId": "S1", "vipPrice": null, "skuPic": "a.jpg", "sourceTime": "2026-11-22 11:00:00" }))
        .await
        .expect(200);
    assert_eq!((outcome(&edit).as_str(), edit.lines().len()), ("applied", 0));
    let stale = s.erp("sku.add_or_edit", json!({ "skuId": "S1", "price": 1, "sourceTime": "2026-11-22 10:00:00" })).await.expect(200);
    assert_eq!(codes(&stale), ["STALE"]);
    let list = s.erp("sku.list.get", json!({ "prodId": "P1" })).await.expect(200).value()["data"].clone();
    assert_eq!((list["total"].clone(), list["pages"].clone()), (json!(2), json!(1)));
    let read: Vec<&Value> = list["records"].as_array().unwrap().iter().filter(|r| r["skuId"] == "S1").collect();
    assert_eq!(
        (read[0]["price"].clone(), read[0]["originalPurchasePrice"].clone(), read[0]["vipPrice"].clone(), read[0]["skuPic"].clone()),
        (json!(82), json!(61.5), json!(null), json!("a.jpg"))
    );
    assert_eq!(read[0]["skuAttr"], r#"[{"name":"规格","value":"10盒"}]"#);
    let page = s.erp("sku.list.get", json!({ "pageSize": 1 })).await.expect(200).value()["data"].clone();
    let next = s.erp("sku.list.get", json!({ "pageSize": 1, "cursor": page["cursor"] })).await.expect(200).value()["data"].clone();
    assert_ne!(page["records"][0]["skuId"], next["records"][0]["skuId"]);
}

// K-02, Q-01, Q-04
#[actix_web::test]
async fn the_detail_has_the_stock_of_every_shop() {
    let s = Scene::open().await;
    s.upload(good("P1")).await;
    s.stock("P1", 10);
    s.house.sql("update stock set frozen = 2, sold = 5, sold_open = 1, safety = 1");
    let detail = s.erp("sku.detail", json!({ "skuId": "P1-1" })).await.expect(200).value()["data"].clone();
    assert_eq!(
        (detail["shopId"].clone(), detail["inventory"].clone(), detail["saled"].clone(), detail["freeze"].clone()),
        (json!("1"), json!(6), json!(5), json!(2))
    );
    assert_eq!(
        (detail["shops"].as_array().unwrap().len(), detail["prodId"].clone(), detail["createTime"].clone()),
        (2, json!("P1"), json!("2026-11-22 12:00:00"))
    );
    let second = s.erp("sku.detail", json!({ "skuId": "P1-1", "shopId": 2 })).await.expect(200).value()["data"].clone();
    assert_eq!((second["shopId"].clone(), second["inventory"].clone(), second.get("shops")), (json!("2"), json!(0), None));
    for wrong in [json!({ "skuId": "nope" }), json!({ "skuId": "P1-1", "shopId": 77 })] {
        assert_eq!(s.erp("sku.detail", wrong).await.expect(404).value()["error"], "NOT_FOUND");
    }
    assert_eq!(s.by(&s.cast.other_erp.clone(), "sku.detail", json!({ "skuId": "P1-1" })).await.expect(404).value()["error"], "NOT_FOUND");
}

#[actix_web::test]
async fn what_is_wrong_with_a_sku_is_named() {
    let s = Scene::open().await;
    s.upload(json!([good("P1"), good("P2")])).await;
    let bad = s
        .erp(
            "sku.add_or_edit",
            json!([
                { "skuId": "P2", "prodId": "P1" },
                { "skuId": "S1" },
                { "skuId": "S2", "prodId": "P404" },
                { "skuId": "P1-1", "prodId": "P2" },
                { "skuId": "S3", "prodId": "P1", "skuAttr": { "a": 1 } },
                { "skuId": "S4", "prodId": "P1", "price": "1.234" },
                { "skuId": "S5", "prodId": "P1", "price": 1 },
            ]),
        )
        .await
        .expect(200);
    let codes: Vec<_> = bad.lines().into_iter().map(|l| l.2).collect();
    assert_eq!(codes, ["ID_TAKEN", "MISSING", "UNKNOWN_PRODUCT", "OTHER_PRODUCT", "WRONG_TYPE", "DECIMALS"]);
    assert_eq!(s.house.ask("select string_agg(sku_id, ',' order by sku_id) from skus"), "P1-1,P2-1,S5");
}
