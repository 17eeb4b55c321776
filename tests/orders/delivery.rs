//! Into the ERP's books: nothing lost, nothing twice (Q-16, G9, I-10).

use super::{OWNER, now_of, order, shop};
use chrono::Duration;
use duijie::sync;
use serde_json::json;

// an answer that is lost costs nothing.
#[actix_web::test]
async fn an_erp_that_crashes_before_its_receipt_gets_the_order_again() {
    let (house, cast) = shop(1, 100).await;
    for no in ["SO1", "SO2", "SO3"] {
        house.buy(&cast, no, &[("S1", 1)]).await;
    }
    assert_eq!(house.pull(&cast, json!({ "pageSize": 2 })).await.0, ["SO1", "SO2"]);
    // Somebody else gets the next one, never the same.
    assert_eq!(house.pull(&cast, json!({ "pageSize": 2 })).await.0, ["SO3"]);
    assert_eq!(house.pull(&cast, json!({})).await.0, [""; 0]);
    house.erp(&cast, "ack", json!([{ "orderNo": "SO2", "erpOrderNo": "XS2" }])).await.expect(200);
    house.later(Duration::minutes(11));
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1", "SO3"]);
    // Said twice, it is no news; said differently, it is a conflict for a person.
    let again = house.erp(&cast, "ack", json!({ "orderNo": "SO2", "erpOrderNo": "XS2" })).await.expect(200);
    assert_eq!(again.lines(), [(1, "unchanged".into(), String::new())]);
    let other = house.erp(&cast, "ack", json!({ "orderNo": "SO2", "erpOrderNo": "XS9" })).await.expect(422);
    assert_eq!(other.lines(), [(1, "rejected".into(), "OTHER_ERP_ORDER".into())]);
    // A read by number or by status takes nothing over.
    house.erp(&cast, "get", json!({ "orderNo": "SO1" })).await.expect(200);
    assert_eq!(house.pull(&cast, json!({ "syncStatus": "synced" })).await.0, ["SO2"]);
    assert_eq!(house.pull(&cast, json!({ "syncStatus": "all" })).await.0, ["SO1", "SO2", "SO3"]);
    assert_eq!(house.order("SO1"), "to_ship delivered");
}

// asking for the next page is the receipt of the last.
#[actix_web::test]
async fn a_cursor_acknowledges_exactly_its_page() {
    let (house, cast) = shop(1, 100).await;
    house.sql("update apps set ack_mode = 'pull_through'");
    for n in 1..=5 {
        house.buy(&cast, &format!("SO{n}"), &[("S1", 1)]).await;
    }
    let (first, cursor) = house.pull(&cast, json!({ "pageSize": 2 })).await;
    assert_eq!(first, ["SO1", "SO2"]);
    let (second, next) = house.pull(&cast, json!({ "pageSize": 2, "cursor": cursor })).await;
    assert_eq!((second, house.order("SO1")), (vec!["SO3".to_owned(), "SO4".to_owned()], "to_ship synced".into()));
    // It crashes here and comes back with the cursor it had stored: the second page was not booked.
    house.later(Duration::minutes(11));
    let (again, _) = house.pull(&cast, json!({ "pageSize": 3, "cursor": cursor })).await;
    assert_eq!(again, ["SO3", "SO4", "SO5"]);
    // The old page's cursor says nothing any more: its orders are in other hands.
    house.pull(&cast, json!({ "cursor": next })).await;
    assert_eq!(house.order("SO3"), "to_ship delivered");
}

// G-05, Q-37: what is sold in one channel is no business of the other channel's ERP.
#[actix_web::test]
async fn an_erp_gets_the_orders_of_its_channel_only() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    let channel = |name: &str| house.sql(&format!("update apps set channel = '{name}' where app_key = '{}'", cast.erp.app_key));
    channel("micro_shop");
    for asked in [json!({}), json!({ "syncStatus": "all" }), json!({ "orderNo": "SO1" })] {
        assert_eq!(house.pull(&cast, asked).await.0, [""; 0]);
    }
    let one = || house.api(&cast.erp, "order.get", json!({ "orderNo": "SO1" })).send();
    one().await.expect(404);
    channel("b2b");
    one().await.expect(200);
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
}

// O-02: what the seed describes, for ERPs that know no receipt.
#[actix_web::test]
async fn an_automatic_credential_takes_orders_over_by_asking() {
    let (house, cast) = shop(1, 100).await;
    house.sql("update apps set ack_mode = 'auto'");
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
    assert_eq!(house.order("SO1"), "to_ship synced");
    assert_eq!(house.pull(&cast, json!({})).await.0, [""; 0]);
    // The answer was lost: once more.
    let reset = house.erp(&cast, "sync.reset", json!({ "orderNo": "SO1" })).await.expect(200);
    assert_eq!(now_of(&reset)["syncStatus"], "unsynced");
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
}

// O-11, Q-29: refused, and why; sent again by hand.
#[actix_web::test]
async fn a_refused_order_waits_with_the_erps_words() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    house.pull(&cast, json!({})).await;
    house.erp(&cast, "ack", json!({ "orderNo": "SO1", "ok": 0, "reason": "客户已停用" })).await.expect(200);
    assert_eq!(house.order("SO1"), "to_ship blocked erp_refused");
    let page = house.erp(&cast, "list.get", json!({ "syncStatus": "blocked" })).await.expect(200);
    assert_eq!(page.value()["data"]["records"][0]["basic"]["waitsNote"], "客户已停用");
    assert_eq!(house.ask("select count(*)::text from reservations where seq is not null"), "0", "no cursor covers it");
    house.erp(&cast, "sync.reset", json!({ "orderNo": "SO1" })).await.expect(200);
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
}

// U-02, U-03, Q-29: an order waits for its buyer's code, and goes by itself when there is one.
#[actix_web::test]
async fn an_order_of_an_unknown_customer_waits_and_is_released_by_the_mapping() {
    let (house, cast) = shop(1, 100).await;
    house.sql(&format!("insert into customer_rules (merchant_id, scheme) values ({}, 'on_order')", cast.a));
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    assert_eq!(house.order("SO1"), "to_ship blocked customer_unmapped");
    assert_eq!(house.pull(&cast, json!({})).await.0, [""; 0]);
    let reset = house.erp(&cast, "sync.reset", json!({ "orderNo": "SO1" })).await.expect(422);
    assert_eq!(reset.lines(), [(1, "rejected".into(), "ORDER_WAITS".into())]);
    house.api(&cast.erp, "customer.bind", json!({ "customerId": "C1", "erpCustomerCode": "K7001" })).send().await.expect(200);
    sync::move_orders(&house.platform.db, house.now()).await.expect("worker");
    assert_eq!(house.order("SO1"), "to_ship unsynced");
    let page = house.erp(&cast, "list.get", json!({})).await.expect(200);
    assert_eq!(page.value()["data"]["records"][0]["basic"]["erpCustomerCode"], "K7001");
    // The next order of the same buyer does not wait.
    house.buy(&cast, "SO2", &[("S1", 1)]).await;
    assert_eq!(house.order("SO2"), "to_ship unsynced");
}

// a switch that is off is an empty page with a reason.
#[actix_web::test]
async fn a_switch_that_is_off_is_no_error() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'order', '盘点', '王店长', now())",
        cast.a
    ));
    let page = house.erp(&cast, "list.get", json!({})).await.expect(200).value();
    assert_eq!((&page["data"]["total"], page["data"]["msg"].as_str().unwrap().contains("盘点")), (&json!(0), true));
    house.sql("delete from switches");
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
}

// some ERPs want the order when it is placed.
#[actix_web::test]
async fn orders_may_go_to_the_erp_before_they_are_paid() {
    let (house, cast) = shop(1, 100).await;
    house.sql(&format!("insert into order_rules (merchant_id, sync_from) values ({}, 'created')", cast.a));
    house.place(&cast, "SO1", &[("S1", 1)]).await;
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
    house.erp(&cast, "ack", json!({ "orderNo": "SO1", "erpOrderNo": "XS1" })).await.expect(200);
    // O-07: that it was paid is news.
    house.pay(&cast, "SO1").await;
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
    house.erp(&cast, "ack", json!({ "orderNo": "SO1", "erpOrderNo": "XS1" })).await.expect(200);
    assert_eq!(house.order("SO1"), "to_ship synced");
}

// U-05, Q-29: a second customer of the ERP's with the same credit code. The match by itself is gone, and with it the reason to
// hand the buyer's orders over; what is in the books stays there; a person says which of the two it is, and the rest goes.
#[actix_web::test]
async fn a_second_code_for_one_buyer_holds_its_orders_until_somebody_decides() {
    let (house, cast) = shop(1, 100).await;
    house.sql(&format!("insert into customer_rules (merchant_id, scheme) values ({}, 'presync')", cast.a));
    let known = async |code: &str| {
        let told = json!({ "erpCustomerCode": code, "name": "康泽大药房", "uscc": "91350100M000100Y43" });
        house.api(&cast.erp, "customer.add_or_edit", told).send().await.expect(200);
    };
    let buy = async |no: &str| {
        let mut wanted = order(no, &[("S1", 1)]);
        wanted["customer"]["uscc"] = json!("91350100M000100Y43");
        house.sells(&cast, "create", wanted).await.expect(200);
        house.pay(&cast, no).await;
    };
    known("K1").await;
    buy("SO1").await;
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO1"]);
    house.erp(&cast, "ack", json!({ "orderNo": "SO1", "erpOrderNo": "XS1" })).await.expect(200);
    buy("SO2").await;
    assert_eq!(house.order("SO2"), "to_ship unsynced");
    known("K2").await;
    buy("SO3").await;
    house.sells(&cast, "create", order("SO4", &[("S1", 1)])).await.expect(200);
    // Nothing is handed over without a code; what waits says why.
    assert_eq!(house.pull(&cast, json!({ "pageSize": 1 })).await.0, [""; 0]);
    assert_eq!((house.order("SO1"), house.order("SO2")), ("to_ship synced".into(), "to_ship blocked customer_unmapped".into()));
    assert_eq!(house.order("SO3"), "to_ship blocked customer_unmapped");
    assert_eq!(house.ask("select count(*) from reservations where seq is not null"), "1", "no cursor covers what waits");
    // The conflict is on the customers' page, with both codes and the way out; and beside each order.
    let page = house.get("/customers?view=conflict&c=C1").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("K1") && page.body.contains("K2") && page.body.contains("/customers/C1/match"), "{}", page.body);
    let waits = house.get("/orders/SO2").by(OWNER).send().await.expect(200);
    assert!(waits.body.contains("客户没有 ERP 客户编码"), "{}", waits.body);
    house.post("/customers/C1/match").by(OWNER).form(&[("code", "K2")]).send().await.expect(303);
    assert_eq!((house.order("SO2"), house.order("SO3")), ("to_ship unsynced".into(), "to_ship unsynced".into()));
    let page = house.erp(&cast, "list.get", json!({})).await.expect(200).value();
    let codes: Vec<_> = page["data"]["records"].as_array().unwrap().iter().map(|o| o["basic"]["erpCustomerCode"].clone()).collect();
    assert_eq!(codes, [json!("K2"), json!("K2")]);
    // A third one of the kind changes nothing any more: a person has decided.
    known("K3").await;
    assert_eq!(house.ask("select concat_ws(' ', match_kind, erp_code) from customers where customer_id = 'C1'"), "person K2");
    house.counters_are_proven(&cast).await;
}
