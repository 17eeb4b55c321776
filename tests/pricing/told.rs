use super::market;
use crate::support::cast::{ADMIN, AUDITOR, STRANGER};
use duijie::accounts::apps;
use duijie::routes::METHODS;
use duijie::trail::Cause;
use duijie::wire::{STOREFRONT, Verb};
use serde_json::{Value, json};

/// A cost that no other number looks like.
const COST: &str = "6137.25";

// what goods cost never leaves the merchant's own scope: no method tells a credential of the selling side, no page anybody else.
#[actix_web::test]
async fn cost_stays_with_the_merchant() {
    let (house, cast) = market(1).await;
    let price = json!({ "skuId": "S1", "price": "9000", "originalPurchasePrice": COST, "sourceTime": "2026-11-22 11:00:00" });
    house.api(&cast.erp, "prod.price.update", price).send().await.expect(200);
    let (a, now) = (cast.a, house.now());
    for (channel, storefront) in [("micro_shop", false), ("b2b", true)] {
        let mut scopes: Vec<String> = METHODS.iter().map(|m| m.scope()).filter(|scope| storefront || scope != STOREFRONT).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let new = apps::NewApp { name: channel.into(), channel: channel.into(), scopes, ..apps::NewApp::default() };
        let key = crate::support::house::MASTER_KEY;
        let issued = house.platform.db.write(move |tx| apps::create(tx, &Cause::system(a, "tests", now), &key, new)).await.expect("a key");
        let key = crate::support::house::Key { app_key: issued.app_key, secret: issued.secret };
        let mut asked = 0;
        for method in METHODS.iter().filter(|m| matches!(m.verb, Verb::Read(_) | Verb::Pull(_))) {
            let params = json!({ "skuId": "S1", "prodId": "P1", "id": "c1", "key": "蒙脱", "name": "蒙脱", "customerId": "C1" });
            let answer = house.api(&key, method.name, params).send().await;
            assert!(
                !answer.body.contains(COST) && !answer.body.contains("originalPurchasePrice"),
                "{} tells it: {}",
                method.name,
                answer.body
            );
            asked += i32::from(answer.status == 200);
        }
        assert!(asked >= 8, "only {asked} methods answered");
        // Not even what stays in force when it sends an old one.
        let old = json!({ "skuId": "S1", "originalPurchasePrice": "1.00", "sourceTime": "2026-11-22 10:00:00" });
        let stale = house.api(&key, "prod.price.update", old).send().await.expect(200);
        assert!(!stale.body.contains(COST), "{}", stale.body);
    }
    // The merchant's own ERP is told.
    let own = house.api(&cast.erp, "sku.detail", json!({ "skuId": "S1" })).send().await.expect(200);
    assert!(own.body.contains("6137.25"), "{}", own.body);
    for who in [STRANGER, AUDITOR, ADMIN] {
        for page in [
            "/products/P1",
            "/products/P1/skus",
            "/products/P1/prices",
            "/products/P1/log",
            "/prices",
            "/prices?q=S1",
            "/prices/preview?sku=S1",
            "/trail",
            "/audit",
            "/merchants/jia",
        ] {
            let answer = house.get(page).by(who).send().await;
            assert!(!answer.body.contains("6137.25") && !answer.body.contains("6,137.25"), "{page} tells {who}");
        }
    }
}

// I-12: groups by API, and why a customer pays what it pays.
#[actix_web::test]
async fn groups_and_reasons_can_be_asked_for() {
    let (house, cast) = market(1).await;
    let ask = async |method: &str, params: Value| house.api(&cast.erp, method, params).send().await.expect(200).value()["data"].clone();
    let regions = ask("region_group.list.get", json!({})).await;
    assert_eq!(regions["records"][0], json!({ "code": "HN", "name": "华南", "regions": ["430000", "440000"] }));
    let customers = ask("customer_group.list.get", json!({})).await;
    assert_eq!(customers["records"][1], json!({ "code": "CHAIN", "name": "连锁", "level": 2, "priority": 20, "members": 2 }));
    let lines = json!({ "skuId": "S1", "vipPrice": "8.00", "regionPrices": [{ "regionGroup": "HN", "price": "8.10" }],
        "customerPrices": [{ "customerGroup": "VIP", "price": "7.50" }, { "customerGroup": "CHAIN", "price": "7.10", "validFrom": "2026-12-01 00:00:00" }] });
    house.api(&cast.erp, "prod.price.update", lines).send().await.expect(200);
    let why = ask("explain.price", json!({ "skuId": "S1", "customerId": "C1", "regionCode": "440100" })).await;
    assert_eq!((why["price"].as_f64(), why["rule"].as_str(), why["reason"].as_str()), (Some(7.5), Some("group"), None), "{why}");
    let ladder: Vec<String> =
        why["ladder"].as_array().unwrap().iter().map(|s| format!("{} {}", s["rule"], s["why"]).replace('"', "")).collect();
    assert_eq!(ladder, ["group won", "region lessSpecific", "default lessSpecific", "group notYet", "member otherChannel"]);
    let later = ask("explain.price", json!({ "skuId": "S1", "customerId": "C2", "at": "2026-12-01 00:00:00" })).await;
    assert_eq!(later["price"].as_f64(), Some(7.1));
    let member = ask("explain.price", json!({ "skuId": "S1", "channel": "micro_shop", "shopId": 1 })).await;
    assert_eq!(member["rule"], "member");
    house.sql("update skus set base_price = null, member_price = null");
    let none = ask("explain.price", json!({ "skuId": "S1" })).await;
    assert_eq!((none["price"].as_f64(), none["reason"].as_str()), (None, Some("unset")), "{none}");
    let nobody = house.api(&cast.erp, "explain.price", json!({ "skuId": "S1", "customerId": "C9" })).send().await;
    assert_eq!(nobody.status, 404, "{}", nobody.body);
    // Another merchant's groups and goods are not found.
    let other = house.api(&cast.other_erp, "region_group.list.get", json!({})).send().await.expect(200).value();
    assert_eq!(other["data"]["records"], json!([]));
}
