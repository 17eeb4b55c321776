//! The platform's own storefronts: one credential that sells for many merchants, and for nobody it does not serve (I-13).

use crate::orders::order;
use crate::stock;
use crate::support::cast::{ADMIN, AUDITOR, OWNER};
use crate::support::house::Key;
use crate::support::{Answer, Cast, House};
use duijie::routes::METHODS;
use duijie::wire::FOR_STOREFRONTS;
use serde_json::{Value, json};

/// An admin makes a credential through the page: with the codes of the merchants it serves, or for all.
async fn issue(house: &House, merchants: &str) -> (Key, String) {
    let fields = [("name", "总店"), ("channel", "b2b"), ("merchants", merchants)];
    let answer = house.post("/storefronts").by(ADMIN).json().form(&fields).send().await.expect(200).value();
    let text = |name: &str| answer["data"][name].as_str().unwrap_or_default().to_owned();
    (Key { app_key: text("app_key"), secret: text("secret") }, answer["data"]["id"].to_string())
}

/// Goods S1 at both merchants, ten of each.
async fn shop() -> (House, Cast) {
    let (house, cast) = stock::house(1).await;
    for key in [&cast.erp, &cast.other_erp] {
        house.api(key, "sku.inventory.update", stock::lines(1, |_| 10)).send().await.expect(200);
    }
    (house, cast)
}

impl House {
    async fn mall(&self, key: &Key, method: &str, code: &str, body: Value) -> Answer {
        self.api(key, &format!("{method}?merchant={code}"), body).send().await
    }
}

// S-05, G-05, I-4: two merchants, one credential; everything stands in the books of the one it was said for.
#[actix_web::test]
async fn one_storefront_sells_for_many_merchants() {
    let (house, cast) = shop().await;
    let (mall, _) = issue(&house, "").await;
    // The same number, at two merchants: two orders. The code's case does not matter.
    for (code, merchant) in [("jia", cast.a), ("YI", cast.b)] {
        let wanted = order("M1", &[("S1", 3)]);
        let placed =
            house.api(&mall, &format!("order.create?merchant={code}"), wanted.clone()).header("idempotency-key", "K1").send().await;
        assert_eq!(placed.expect(200).lines(), [(1, "applied".into(), String::new())]);
        let again = house.api(&mall, &format!("order.create?merchant={code}"), wanted).header("idempotency-key", "K1").send().await;
        assert_eq!(again.header("idempotent-replay"), "true");
        house.mall(&mall, "order.pay", code, json!({ "orderNo": "M1" })).await.expect(200);
        let of = |what: &str| house.ask(&what.replace("{m}", &merchant.to_string()));
        assert_eq!(of("select concat_ws(' ', state, sync, channel) from orders where merchant_id = {m}"), "to_ship unsynced b2b");
        assert_eq!(of("select concat_ws(' ', frozen, sold_open, sold) from stock where merchant_id = {m}"), "0 3 3");
        assert_eq!(
            of(
                "select string_agg(method || ' ' || status, ', ' order by method) from calls where merchant_id = {m} and method like 'order.%'"
            ),
            "order.create 200, order.create 200, order.pay 200"
        );
        assert_eq!(of("select count(*) from replies where merchant_id = {m} and key = 'K1'"), "1");
        assert_eq!(of("select count(*) from order_events where merchant_id = {m} and origin = 'storefront' and actor_name = '总店'"), "2");
        assert_eq!(of("select count(*) from buckets where name like 'app:%:{m}'"), "1");
    }
    assert_eq!(house.ask("select count(*) from calls where merchant_id = 0"), "0");
    // Its name stands in the merchant's call log.
    let log = house.get("/sync/calls?method=order.pay").by(OWNER).send().await.expect(200);
    assert!(log.body.contains("总店"), "{}", log.body);
    // Each ERP takes over its own.
    for key in [&cast.erp, &cast.other_erp] {
        let page = house.api(key, "order.list.get", json!({})).send().await.expect(200).value();
        assert_eq!(page["data"]["total"], 1);
    }
    house.counters_are_proven(&cast).await;
}

// S-05, R-07: what a storefront asks and says beside orders, and what it is not told.
#[actix_web::test]
async fn it_may_all_that_a_storefront_needs_and_nothing_else() {
    let (house, _) = shop().await;
    house.sql("update skus set cost_price = 1.23");
    let (mall, _) = issue(&house, "jia").await;
    for name in FOR_STOREFRONTS {
        assert!(METHODS.iter().any(|m| m.name == name), "{name} is no method");
    }
    for method in METHODS {
        let answer = house.mall(&mall, method.name, "jia", json!({})).await;
        let sells = FOR_STOREFRONTS.contains(&method.name) || method.scope() == "storefront:write";
        assert_eq!(answer.status.as_u16() != 403, sells, "{}: {}", method.name, answer.body);
    }
    let seen = house.mall(&mall, "sku.detail", "jia", json!({ "skuId": "S1" })).await.expect(200);
    assert!(!seen.body.contains("1.23"), "{}", seen.body);
    let priced = house.mall(&mall, "explain.price", "jia", json!({ "skuId": "S1" })).await.expect(200).value();
    assert_eq!(priced["data"]["rule"], "default");
    let freeze = json!({ "reservationId": "R1", "skuId": "S1", "shopId": 1, "quantity": 2 });
    house.mall(&mall, "sku.inventory.freeze", "jia", freeze).await.expect(200);
    house.mall(&mall, "sku.inventory.deduct", "jia", json!({ "reservationId": "R1" })).await.expect(200);
    house.mall(&mall, "sku.inventory.rollback", "jia", json!({ "reservationId": "R1" })).await.expect(200);
    house.mall(&mall, "customer.register", "jia", json!({ "customerId": "C9", "name": "康泽大药房" })).await.expect(200);
}

// I-13: on any method, a merchant it does not serve is not there.
#[actix_web::test]
async fn a_merchant_it_does_not_serve_is_not_found() {
    let (house, cast) = shop().await;
    let (mall, _) = issue(&house, "jia").await;
    let traces = || {
        house.ask(&format!(
            "select (select count(*) from trail where merchant_id = {0}) + (select count(*) from calls where merchant_id = {0})",
            cast.b
        ))
    };
    let before = traces();
    for method in METHODS {
        for code in ["yi", "nobody", "platform", ""] {
            let answer = house.mall(&mall, method.name, code, order("M1", &[("S1", 1)])).await;
            assert_eq!(answer.status.as_u16(), 404, "{} of {code:?}: {}", method.name, answer.body);
            assert!(answer.body.contains("NOT_FOUND"), "{}", answer.body);
        }
    }
    // It says for whom, once; the address is signed, so nobody on the way can say otherwise.
    for address in ["order.pay", "order.pay?merchant=jia&merchant=yi"] {
        let answer = house.api(&mall, address, json!({ "orderNo": "M1" })).send().await.expect(400);
        assert_eq!(answer.value()["error"], "NO_MERCHANT");
    }
    let signed = house.now().timestamp().to_string();
    let body = json!({ "orderNo": "M1" }).to_string().into_bytes();
    let bent = crate::support::house::sign(&mall.secret, "POST", "/api/order.pay?merchant=jia", &signed, "nonce-bent", &body);
    let answer = house.signed(&mall, "/api/order.pay?merchant=yi", body, &signed, "nonce-bent").header("x-signature", &bent).send().await;
    answer.expect(401);
    // A merchant's own credential names nobody, not even itself.
    for key in [&cast.erp, &cast.storefront] {
        for code in ["jia", "yi"] {
            let refused = house.api(key, &format!("sku.detail?merchant={code}"), json!({ "skuId": "S1" })).send().await.expect(403);
            assert_eq!(refused.value()["error"], "OUT_OF_SCOPE");
        }
    }
    assert_eq!(traces(), before);
    // Nor is a merchant served that the platform has suspended.
    house.sql("update merchants set status = 'suspended' where code = 'jia'");
    house.mall(&mall, "sku.detail", "jia", json!({ "skuId": "S1" })).await.expect(401);
}

// G25: a rush at one merchant takes nothing from another's buyers.
#[actix_web::test]
async fn each_merchant_has_its_own_rate() {
    let (house, _) = shop().await;
    let (mall, id) = issue(&house, "").await;
    house.sql(&format!("update apps set rate_per_minute = 2 where id = {id}"));
    let ask = |code: &'static str| house.mall(&mall, "sku.detail", code, json!({ "skuId": "S1" }));
    for status in [200, 200, 429] {
        ask("jia").await.expect(status);
    }
    ask("yi").await.expect(200);
}

// Admins make, change and end them; nobody else finds them.
#[actix_web::test]
async fn admins_keep_the_credentials_of_storefronts() {
    let (house, _) = shop().await;
    let (mall, id) = issue(&house, "yi jia").await;
    let page = house.get("/storefronts").by(ADMIN).send().await.expect(200);
    assert!(page.body.contains("总店") && page.body.contains("jia · yi") && !page.body.contains(&mall.secret), "{}", page.body);
    for (merchants, why) in [("jia,hao", "没有代码为「hao」的商家"), ("platform", "没有代码为「platform」的商家")] {
        let fields = [("name", "分店"), ("channel", "b2b"), ("merchants", merchants)];
        let refused = house.post("/storefronts").by(ADMIN).form(&fields).send().await.expect(422);
        assert!(refused.body.contains(why) && refused.body.contains(&format!(">{merchants}</textarea>")), "{}", refused.body);
    }
    for (who, status) in [(OWNER, 404), (AUDITOR, 403)] {
        house.get("/storefronts").by(who).send().await.expect(status);
        house.post("/storefronts").by(who).form(&[("name", "x"), ("channel", "b2b")]).send().await.expect(status);
        house.post(&format!("/storefronts/{id}/rotation")).by(who).send().await.expect(status);
        house.delete(&format!("/storefronts/{id}")).by(who).send().await.expect(status);
    }
    // A merchant's keys are not theirs, and theirs are no merchant's.
    let own = house.ask("select id from apps where merchant_id <> 0 limit 1");
    house.post(&format!("/storefronts/{own}/rotation")).by(ADMIN).send().await.expect(404);
    house.delete(&format!("/api-keys/{id}")).by(OWNER).send().await.expect(404);

    let renewed = house.post(&format!("/storefronts/{id}/rotation")).by(ADMIN).json().send().await.expect(200).value();
    let fresh = Key { app_key: mall.app_key.clone(), secret: renewed["data"]["secret"].as_str().unwrap().to_owned() };
    for key in [&mall, &fresh] {
        house.mall(key, "sku.detail", "yi", json!({ "skuId": "S1" })).await.expect(200);
    }
    let gone = house.post(&format!("/storefronts/{id}?_method=delete")).by(ADMIN).send().await.expect(303);
    assert_eq!(gone.header("location"), "/storefronts?done=revoked");
    house.mall(&fresh, "sku.detail", "yi", json!({ "skuId": "S1" })).await.expect(401);
    let verbs = house.ask("select string_agg(verb, ' ' order by at, id) from trail where merchant_id = 0 and subject_kind = 'app'");
    assert_eq!(verbs, "app.created app.rotated app.revoked");
}
