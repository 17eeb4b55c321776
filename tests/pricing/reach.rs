//! What must not change prices: messages that come late, and credentials that speak for other shops.

use super::{market, priced};
use crate::support::Cast;
use crate::support::House;
use crate::support::house::{Key, MASTER_KEY};
use duijie::accounts::apps;
use duijie::ids::ShopId;
use duijie::trail::Cause;
use serde_json::{Value, json};

fn told(answer: &Value) -> Vec<String> {
    let problem = |p: &Value| format!("{} {}", p["code"].as_str().unwrap_or_default(), p["field"].as_str().unwrap_or_default());
    let lines = answer["data"]["lines"].as_array().cloned().unwrap_or_default();
    lines.iter().flat_map(|l| l["problems"].as_array().cloned().unwrap_or_default()).map(|p| problem(&p)).collect()
}

// I-5, Q-15: a price that was taken away stays away when an older message comes late; a newer one brings it back.
#[actix_web::test]
async fn a_removed_price_is_not_brought_back_by_an_older_message() {
    let region = |price: Value| json!({ "regionPrices": [{ "regionGroup": "HN", "price": price }] });
    let dated = |price: Value| json!({ "customerPrices": [{ "customerGroup": "VIP", "price": price, "validFrom": "2026-12-01 00:00:00", "validUntil": "2027-01-01 00:00:00" }] });
    let member = |price: Value| json!({ "shopId": "2", "vipPrice": price });
    for what in [&region as &dyn Fn(Value) -> Value, &dated, &member] {
        // 9 o'clock sets it, 10 o'clock takes it away; they arrive in either order, and the first one once more.
        for order in [[9, 10, 9], [10, 9, 9], [9, 9, 10]] {
            let (house, cast) = market(1).await;
            house.sql(&format!("insert into price_rules (merchant_id, member, updated_at) values ({}, 'per_shop', now())", cast.a));
            for hour in order {
                let mut line = what(if hour == 9 { json!("8.00") } else { Value::Null });
                line["skuId"] = json!("S1");
                line["sourceTime"] = json!(format!("2026-11-22 {hour:02}:00:00"));
                house.api(&cast.erp, "prod.price.update", line).send().await.expect(200);
            }
            assert_eq!(priced(&house, &cast, "S1"), "8.60 - - - - | ", "{order:?}");
            let mut newer = what(json!("7.90"));
            newer["skuId"] = json!("S1");
            newer["sourceTime"] = json!("2026-11-22 11:00:00");
            house.api(&cast.erp, "prod.price.update", newer).send().await.expect(200);
            assert!(priced(&house, &cast, "S1").contains("7.90"), "{order:?}");
            assert_eq!(house.ask("select count(*) from gone_prices"), "0", "a price that stands has its clock itself");
        }
    }
}

/// A credential of A's ERP for shop 2 alone.
async fn limited(house: &House, cast: &Cast) -> Key {
    let (a, now) = (cast.a, house.now());
    let new = apps::NewApp {
        name: "二号店".into(),
        scopes: vec!["price:write".into(), "sku:write".into(), "product:write".into()],
        shops: Some(vec![ShopId(2)]),
        ..apps::NewApp::default()
    };
    let issued =
        house.platform.db.write(move |tx| apps::create(tx, &Cause::system(a, "tests", now), &MASTER_KEY, new)).await.expect("a key");
    Key { app_key: issued.app_key, secret: issued.secret }
}

// Q-06, V-03: whoever speaks for one shop changes nothing that buyers of another shop pay, not by waiting either.
#[actix_web::test]
async fn a_credential_of_one_shop_leaves_the_others_alone() {
    let (house, cast) = market(2).await;
    let key = limited(&house, &cast).await;
    let send = async |method: &str, line: Value| house.api(&key, method, line).send().await.value();
    let lines = [
        json!({ "skuId": "S1", "shopId": "2", "vipPrice": "8.00" }),
        json!({ "skuId": "S1", "vipPrice": "8.00" }),
        json!({ "skuId": "S1", "price": "7.00" }),
        json!({ "skuId": "S1", "shopId": "2", "retailPrice": "12.00" }),
        json!({ "skuId": "S1", "regionPrices": [{ "regionGroup": "HN", "price": "7.00" }] }),
    ];
    for (line, field) in lines.iter().zip(["vipPrice", "vipPrice", "price", "retailPrice", "regionPrices"]) {
        let answer = send("prod.price.update", line.clone()).await;
        assert_eq!(told(&answer), [format!("SHARED_PRICE {field}")], "{line}: {answer}");
        let said = answer["data"]["lines"][0]["problems"][0]["msg"].as_str().unwrap_or_default();
        assert!(said.contains("只管门店 2") && said.contains("不限门店的凭证"), "cause and remedy: {said}");
    }
    assert_eq!(told(&send("sku.price.update", lines[0].clone()).await), ["SHARED_PRICE vipPrice"]);
    // Whole goods it may describe, but not price anew.
    let sku = |price: &str| json!({ "skuId": "S1", "prodId": "P1", "price": price });
    assert_eq!(told(&send("sku.add_or_edit", sku("7.00")).await), ["SHARED_PRICE price"]);
    assert!(told(&send("sku.add_or_edit", sku("8.60")).await).iter().all(|t| !t.contains("SHARED_PRICE")));
    // Nor while prices are switched off.
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'price', '盘点', '王店长', now())",
        cast.a
    ));
    assert_eq!(told(&send("prod.price.update", lines[0].clone()).await), ["SHARED_PRICE vipPrice"]);
    house.sql("delete from switches");
    duijie::sync::release(&house.platform.db, duijie::routes::METHODS, house.now()).await.expect("release");
    assert_eq!(priced(&house, &cast, "S1"), "8.60 - - - - | ");
    // Where members pay by shop, its own shop is its own.
    house.sql(&format!("insert into price_rules (merchant_id, member, updated_at) values ({}, 'per_shop', now())", cast.a));
    assert_eq!(told(&send("prod.price.update", lines[0].clone()).await), Vec::<String>::new());
    assert_eq!(
        told(&send("prod.price.update", json!({ "skuId": "S1", "shopId": "1", "vipPrice": "8.00" })).await),
        ["UNKNOWN_SHOP shopId"]
    );
    assert_eq!(told(&send("prod.price.update", lines[1].clone()).await), ["SHARED_PRICE vipPrice"]);
    assert_eq!(
        (house.member_pays(&cast, 2, "S1").await, house.member_pays(&cast, 1, "S1").await),
        ("8.00 memberShop".into(), "8.60 default".into())
    );
    // And where its shop is all there is, so is everything.
    house.sql(&format!("update apps set shops = '{{1,2}}' where app_key = '{}'", key.app_key));
    assert_eq!(send("prod.price.update", lines[2].clone()).await["data"]["applied"], 1);
}
