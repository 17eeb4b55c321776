use super::{house, line};
use chrono::Duration;
use duijie::stock::push::replay_parked;
use serde_json::json;

fn product(id: &str) -> serde_json::Value {
    json!({ "prodId": id, "erpProdCode": id, "prodName": "板蓝根颗粒", "catalogId": "c3", "price": "12.50" })
}

// P-07
#[actix_web::test]
async fn a_product_may_bring_its_first_stock() {
    let (house, cast) = house(1).await;
    let mut sent = product("N1");
    sent["inventory"] = json!(40);
    house.api(&cast.erp, "prod.add_or_edit", sent.clone()).send().await.expect(200);
    assert_eq!(house.row("N1-1", 1), "40 erp v1");
    sent["inventory"] = json!(41);
    let again = house.api(&cast.erp, "prod.add_or_edit", sent).send().await.expect(200).value();
    assert_eq!((again["data"]["applied"].as_i64(), house.row("N1-1", 1)), (Some(1), "41 erp v2".into()));
    house.api(&cast.erp, "prod.add_or_edit", product("N2")).send().await.expect(200);
    assert_eq!(house.ask("select count(*) from stock"), "1");
}

// The law of stock: UNKNOWN_SKU is kept and written when the SKU arrives.
#[actix_web::test]
async fn stock_that_came_first_waits_for_its_sku() {
    let (house, cast) = house(1).await;
    let early = house.push(&cast, json!([{ "skuId": "N1-1", "inventory": 7 }, { "skuId": "S1", "inventory": 3 }])).await.expect(200);
    assert_eq!(early.lines(), [line(1, "parked", "UNKNOWN_SKU")]);
    house.push(&cast, json!({ "skuId": "N1-1", "inventory": 9 })).await.expect(200);
    house.api(&cast.erp, "prod.add_or_edit", product("N1")).send().await.expect(200);
    assert_eq!(house.row("N1-1", 1), "9 erp v1");
    assert_eq!(house.ask("select string_agg(outcome, ' ' order by id) from parked_lines"), "stale applied");
}

#[actix_web::test]
async fn the_worker_replays_what_waits() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "LATER", "shopId": 2, "inventory": 7 })).await.expect(200);
    let (a, now) = (cast.a, house.now());
    let replay = || house.platform.db.write(move |tx| replay_parked(tx, a, now + Duration::seconds(1)));
    assert_eq!(replay().await.unwrap(), 0);
    house.sql(&format!("insert into skus (merchant_id, sku_id, product_id, created_at, updated_at) select merchant_id, 'LATER', id, now(), now() from products where merchant_id = {a}"));
    assert_eq!(replay().await.unwrap(), 1);
    assert_eq!(replay().await.unwrap(), 0);
    assert_eq!(house.row("LATER", 2), "7 erp v1");
    assert_eq!(house.ask("select channel from feeds order by id desc limit 1"), "replay");
}

// P-08
#[actix_web::test]
async fn stock_lists_and_unlists_by_the_rule() {
    let (house, cast) = house(2).await;
    let listing = || house.ask(&format!("select string_agg(listing, ' ' order by id) from products where merchant_id = {}", cast.a));
    house.push(&cast, json!([{ "skuId": "S1", "inventory": 5 }, { "skuId": "S2", "inventory": 0 }])).await.expect(200);
    assert_eq!(listing(), "listed pending");
    house.push(&cast, json!({ "skuId": "S1", "inventory": 0 })).await.expect(200);
    assert_eq!(listing(), "unlisted pending");
    // One shop is short and swallows what another gets, until it is enough.
    house
        .push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 3 }, { "skuId": "S1", "shopId": 2, "inventory": 1 }]))
        .await
        .expect(200);
    house.sql("update stock set frozen = 9 where shop_id = 2");
    let merchant = cast.a;
    house.platform.db.write(move |tx| duijie::stock::remark(tx, merchant)).await.expect("remark");
    house.push(&cast, json!([{ "skuId": "S1", "shopId": 2, "inventory": 2 }])).await.expect(200);
    house.push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 4 }])).await.expect(200);
    assert_eq!(listing(), "unlisted pending");
    house.push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 8 }])).await.expect(200);
    assert_eq!(listing(), "listed pending");
}
