//! From the click to the receipt, over HTTP.

use super::{now_of, order, shop};
use chrono::Duration;
use duijie::sync;
use serde_json::json;

// S-05, O-01, O-04, O-11, P-10, L-06, L-07: the whole road.
#[actix_web::test]
async fn an_order_is_placed_paid_booked_sent_and_received() {
    let (house, cast) = shop(2, 10).await;
    let mut wanted = order("SO1", &[("S1", 3), ("S2", 1)]);
    wanted["freightAmount"] = json!("8.00");
    wanted["payableAmount"] = json!("42.40");
    wanted["invoice"] = json!({ "title": "康泽大药房", "taxNo": "91350100M000100Y43" });
    let placed = house.sells(&cast, "create", wanted.clone()).await.expect(200);
    assert_eq!(now_of(&placed), json!({ "orderStatus": "unpaid", "syncStatus": "none", "seq": null, "payableAmount": "42.40" }));
    assert_eq!((house.counters("S1").as_str(), house.counters("S2").as_str()), ("10 3 0 0", "10 1 0 0"));
    // The same once more is no news; nothing is frozen twice.
    assert_eq!(house.sells(&cast, "create", wanted).await.expect(200).lines(), [(1, "unchanged".into(), String::new())]);
    assert_eq!(house.counters("S1"), "10 3 0 0");
    assert_eq!(house.pull(&cast, json!({})).await.0, [""; 0], "nobody has paid yet");

    let paid = house.sells(&cast, "pay", json!({ "orderNo": "SO1", "amount": "42.40", "paymentId": "P1" })).await.expect(200);
    assert_eq!(now_of(&paid), json!({ "orderStatus": "to_ship", "syncStatus": "unsynced", "seq": "1", "payableAmount": "42.40" }));
    assert_eq!(house.sells(&cast, "pay", json!({ "orderNo": "SO1" })).await.expect(200).lines(), [(1, "unchanged".into(), String::new())]);
    assert_eq!(house.counters("S1"), "10 0 3 3");

    let page = house.erp(&cast, "list.get", json!({ "pageSize": 100 })).await.expect(200).value()["data"].clone();
    let told = &page["records"][0];
    assert_eq!((&page["total"], &told["basic"]["orderNo"], &told["basic"]["syncStatus"]), (&json!(1), &json!("SO1"), &json!("delivered")));
    assert_eq!(told["amounts"]["goodsAmount"], "34.40");
    assert_eq!(told["delivery"]["consignee"], "陈思");
    assert_eq!(told["invoice"]["taxNo"], "91350100M000100Y43");
    assert_eq!(
        (&told["items"][0]["erpProdCode"], &told["items"][0]["quantity"], &told["items"][1]["amount"]),
        (&json!("E1"), &json!(3), &json!("8.60"))
    );

    house.erp(&cast, "ack", json!({ "orderNo": "SO1", "erpOrderNo": "XS1" })).await.expect(200);
    assert_eq!(house.order("SO1"), "to_ship synced");
    for (status, state) in [("accepted", "to_ship"), ("出库", "to_ship"), ("delivering", "shipped"), ("signed", "completed")] {
        house.later(Duration::minutes(5));
        let said = house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": status })).await.expect(200);
        assert_eq!(now_of(&said)["orderStatus"], state, "{status}");
    }
    // what the ERP said is not sent back to it.
    assert_eq!(house.order("SO1"), "completed synced");
    assert_eq!(house.pull(&cast, json!({})).await.0, [""; 0]);
    assert_eq!(
        house.happened("SO1"),
        "placed storefront, paid storefront, handed system, synced erp, status erp, status erp, status erp, status erp"
    );
    let read = house.erp(&cast, "get", json!({ "orderNo": "SO1" })).await.expect(200).value();
    assert_eq!(read["data"]["basic"]["erpOrderNo"], "XS1");
    house.counters_are_proven(&cast).await;
}

// O-04, Q-10, R-08, K-03: what the storefront reckoned is compared to the cent, and nothing of a wrong order stays behind.
#[actix_web::test]
async fn a_wrong_order_says_what_is_wrong_and_leaves_nothing() {
    let (house, cast) = shop(2, 10).await;
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut wanted = order("SO1", &[("S1", 3)]);
        change(&mut wanted);
        wanted
    };
    let cases = [
        (with(&|o| o["payableAmount"] = json!("25.81")), "AMOUNT"),
        (with(&|o| o["items"][0]["price"] = json!("8.50")), "PRICE_CHANGED"),
        (with(&|o| o["items"][0]["quantity"] = json!(11)), "NOT_ENOUGH"),
        (with(&|o| o["items"][0]["skuId"] = json!("S99")), "UNKNOWN_SKU"),
        (with(&|o| o["items"] = json!([])), "EMPTY"),
        (with(&|o| o["items"] = json!([{ "skuId": "S1", "quantity": 1 }, { "skuId": "S1", "quantity": 2 }])), "DUPLICATE_IN_BATCH"),
        (with(&|o| o["shopId"] = json!("77")), "UNKNOWN_SHOP"),
        (with(&|o| o["discountAmount"] = json!("999")), "TOO_BIG"),
        (with(&|o| o["freightAmount"] = json!("8.005")), "DECIMALS"),
        (with(&|o| o["delivery"] = json!({ "phone": "1" })), "MISSING"),
        (with(&|o| o["customer"] = json!({ "customerId": "", "name": "康泽" })), "EMPTY"),
    ];
    for (wanted, code) in cases {
        let refused = house.sells(&cast, "create", wanted.clone()).await.expect(422);
        assert_eq!(refused.lines(), [(1, "rejected".into(), code.to_owned())], "{wanted}");
    }
    let named = house.sells(&cast, "create", with(&|o| o["items"][0]["price"] = json!("8.50"))).await.expect(422);
    let problem = &named.value()["data"]["lines"][0]["problems"][0];
    assert_eq!((&problem["field"], &problem["value"]), (&json!("items[0].price"), &json!("8.50")));
    assert_eq!((house.ask("select count(*)::text from orders"), house.counters("S1")), ("0".into(), "10 0 0 0".into()));
    // Others of the same call are not harmed.
    let both = house.sells(&cast, "create", json!([order("SO1", &[("S1", 99)]), order("SO2", &[("S1", 1)])])).await.expect(200);
    assert_eq!(both.lines(), [(1, "rejected".into(), "NOT_ENOUGH".into()), (2, "applied".into(), String::new())]);
}

// S-05, K-03: only what can be bought is sold.
#[actix_web::test]
async fn what_is_not_on_sale_cannot_be_ordered() {
    let (house, cast) = shop(1, 10).await;
    house.api(&cast.erp, "prod.shelf.update", json!({ "prodId": "P1", "listed": 0 })).send().await.expect(200);
    let refused = house.sells(&cast, "create", order("SO1", &[("S1", 1)])).await.expect(422);
    assert_eq!(refused.lines(), [(1, "rejected".into(), "NOT_ON_SALE".into())]);
}

// S-05, S-07: nobody paid in time.
#[actix_web::test]
async fn an_unpaid_order_runs_out_of_time() {
    let (house, cast) = shop(1, 10).await;
    house.place(&cast, "SO1", &[("S1", 4)]).await;
    house.later(Duration::minutes(31));
    sync::end_in_time(&house.platform.db, house.now()).await.expect("worker");
    assert_eq!((house.order("SO1"), house.counters("S1")), ("cancelled none".into(), "10 0 0 0".into()));
    let late = house.sells(&cast, "pay", json!({ "orderNo": "SO1" })).await.expect(422);
    assert_eq!(late.lines(), [(1, "rejected".into(), "ORDER_STATE".into())]);
}

// S-05, O-07, Q-36: cancelled before anything has left.
#[actix_web::test]
async fn a_cancelled_order_gives_its_units_back_and_tells_the_erp_if_it_knew() {
    let (house, cast) = shop(1, 10).await;
    house.place(&cast, "SO1", &[("S1", 4)]).await;
    house.sells(&cast, "cancel", json!({ "orderNo": "SO1", "reason": "不要了" })).await.expect(200);
    assert_eq!((house.order("SO1"), house.counters("S1")), ("cancelled none".into(), "10 0 0 0".into()));
    // Paid and not handed over: the ERP need not know.
    house.buy(&cast, "SO2", &[("S1", 4)]).await;
    house.sells(&cast, "cancel", json!({ "orderNo": "SO2" })).await.expect(200);
    assert_eq!((house.order("SO2"), house.counters("S1")), ("cancelled none".into(), "10 0 0 0".into()));
    // The ERP has it: it hears of the end.
    house.buy(&cast, "SO3", &[("S1", 4)]).await;
    house.pull(&cast, json!({})).await;
    house.erp(&cast, "ack", json!({ "orderNo": "SO3" })).await.expect(200);
    house.sells(&cast, "cancel", json!({ "orderNo": "SO3" })).await.expect(200);
    assert_eq!(house.order("SO3"), "cancelled unsynced");
    assert_eq!(house.pull(&cast, json!({})).await.0, ["SO3"]);
    // What has left cannot be cancelled.
    house.buy(&cast, "SO4", &[("S1", 1)]).await;
    house.erp(&cast, "status.update", json!({ "orderNo": "SO4", "status": "delivering" })).await.expect(200);
    let refused = house.sells(&cast, "cancel", json!({ "orderNo": "SO4" })).await.expect(422);
    assert_eq!(refused.lines(), [(1, "rejected".into(), "ORDER_STATE".into())]);
    house.counters_are_proven(&cast).await;
}

// G-05, V-03: an ERP sells nothing, and a storefront books nothing.
#[actix_web::test]
async fn everybody_does_their_own_part() {
    let (house, cast) = shop(1, 10).await;
    house.api(&cast.erp, "order.create", order("SO1", &[("S1", 1)])).send().await.expect(403);
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    house.api(&cast.storefront, "order.ack", json!({ "orderNo": "SO1" })).send().await.expect(403);
    // It may look, and takes nothing over by looking.
    let seen = house.sells(&cast, "list.get", json!({ "syncStatus": "unsynced" })).await.expect(200);
    assert_eq!((&seen.value()["data"]["total"], house.order("SO1").as_str()), (&json!(1), "to_ship unsynced"));
    // Another merchant sees nothing of it.
    house.api(&cast.other_erp, "order.get", json!({ "orderNo": "SO1" })).send().await.expect(404);
    let other = house.api(&cast.other_erp, "order.list.get", json!({ "syncStatus": "all" })).send().await.expect(200);
    assert_eq!(other.value()["data"]["total"], 0);
    let foreign = house.api(&cast.other_erp, "order.ack", json!({ "orderNo": "SO1" })).send().await.expect(422);
    assert_eq!(foreign.lines(), [(1, "rejected".into(), "UNKNOWN_ORDER".into())]);
}
