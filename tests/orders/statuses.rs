//! What the ERP says of an order (L-06, L-07, O-08, O-09).

use super::{OWNER, READER, now_of, shop};
use duijie::orders::status::{self, Meaning, Means};
use duijie::sync;
use duijie::trail::Cause;
use serde_json::json;

// L-06: a code nobody has explained waits, and is replayed once somebody has.
#[actix_web::test]
async fn an_unknown_status_waits_for_its_meaning() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    let said = house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "X9", "eventId": "E1" })).await.expect(200);
    assert_eq!(said.lines(), [(1, "parked".into(), "UNKNOWN_STATUS".into())]);
    let meaning = Meaning { code: "X9".into(), sentence: "已装车".into(), means: Means::Sent, visible: true };
    let cause = Cause::system(cast.a, "tests", house.now());
    house.platform.db.write(move |tx| status::explain(tx, &cause, &meaning)).await.expect("explained");
    sync::replay_parked(&house.platform.db, house.now()).await.expect("replayed");
    assert_eq!(house.order("SO1"), "shipped unsynced");
    assert_eq!(house.ask("select sentence from order_events where kind = 'status'"), "已装车");
}

// the same event twice is no news; an older status is told, and does not become the current one.
#[actix_web::test]
async fn events_count_once_and_late_ones_do_not_go_back() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    let say = |status: &str, time: &str, event: &str| json!({ "orderNo": "SO1", "status": status, "time": time, "eventId": event });
    house.erp(&cast, "status.update", say("signed", "2026-11-22 11:59:00", "E2")).await.expect(200);
    let late = house.erp(&cast, "status.update", say("accepted", "2026-11-22 11:58:00", "E1")).await.expect(200);
    assert_eq!((late.lines(), now_of(&late)["orderStatus"].clone()), (vec![(1, "applied".into(), String::new())], json!("completed")));
    assert_eq!(house.ask("select erp_status from orders"), "signed");
    let again = house.erp(&cast, "status.update", say("accepted", "2026-11-22 11:58:00", "E1")).await.expect(200);
    assert_eq!(again.lines(), [(1, "unchanged".into(), String::new())]);
}

// O-09, Q-36: money goes back in parts; the whole of it ends the order.
#[actix_web::test]
async fn refunds_are_the_erps_and_end_the_order_when_nothing_is_left() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 10)]).await;
    house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "delivering" })).await.expect(200);
    let part = json!({ "orderNo": "SO1", "status": "refunded", "refundAmount": "20.00", "eventId": "R1" });
    house.erp(&cast, "status.update", part).await.expect(200);
    assert_eq!(
        (house.order("SO1").as_str(), house.ask("select refunded_amount::text from orders").as_str()),
        ("shipped unsynced", "20.00")
    );
    let much = json!({ "orderNo": "SO1", "status": "refunded", "refundAmount": "66.01", "eventId": "R2" });
    let refused = house.erp(&cast, "status.update", much).await.expect(422);
    assert_eq!(refused.lines(), [(1, "rejected".into(), "AMOUNT".into())]);
    house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "refunded", "eventId": "R3" })).await.expect(200);
    assert_eq!(
        (house.order("SO1").as_str(), house.ask("select refunded_amount::text from orders").as_str()),
        ("refunded unsynced", "86.00")
    );
    assert_eq!(house.counters("S1"), "100 0 10 10", "what was sent comes back with the ERP's own number");
    // Nothing had left: the units are free at once.
    house.buy(&cast, "SO2", &[("S1", 10)]).await;
    house.erp(&cast, "status.update", json!({ "orderNo": "SO2", "status": "退款" })).await.expect(200);
    assert_eq!(house.counters("S1"), "100 0 10 10");
    house.counters_are_proven(&cast).await;
}

// W-01: the switch of orders holds back what the ERP says, and lets it in later.
#[actix_web::test]
async fn a_status_waits_while_orders_are_switched_off() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'order', '盘点', '王店长', now())",
        cast.a
    ));
    let held = house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "signed" })).await.expect(200);
    assert_eq!(held.lines(), [(1, "held".into(), "SYNC_OFF".into())]);
    assert_eq!(house.order("SO1"), "to_ship unsynced");
}

// where the merchant wants it, what the ERP has deducted comes back at once with the money.
#[actix_web::test]
async fn a_refund_may_restock_at_once() {
    let (house, cast) = shop(1, 100).await;
    house.sql(&format!("insert into order_rules (merchant_id, restock) values ({}, true)", cast.a));
    house.buy(&cast, "SO1", &[("S1", 10)]).await;
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, 'cursor')", cast.a));
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 90, "ackSeq": 1 })).await.expect(200);
    house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "delivering" })).await.expect(200);
    assert_eq!(house.counters("S1"), "90 0 0 10");
    house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "returned" })).await.expect(200);
    assert_eq!(house.counters("S1"), "100 0 0 0");
    house.counters_are_proven(&cast).await;
}

// L-06, L-07: a merchant says what its codes mean, and takes it back.
#[actix_web::test]
async fn codes_are_explained_on_a_page() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "X9" })).await.expect(200);
    let page = house.get("/settings/orders").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("X9") && page.body.contains("有状态没人说明"), "{}", page.body);
    let form = [("code", "X9"), ("sentence", ""), ("means", "received"), ("visible", "1")];
    house.post("/settings/orders/statuses").by(OWNER).form(&form).send().await.expect(422);
    let form = [("code", "X9"), ("sentence", "客户已取货"), ("means", "received"), ("visible", "1")];
    house.post("/settings/orders/statuses").by(READER).form(&form).send().await.expect(403);
    house.post("/settings/orders/statuses").by(OWNER).form(&form).send().await.expect(303);
    sync::replay_parked(&house.platform.db, house.now()).await.expect("replayed");
    assert_eq!(house.order("SO1"), "completed unsynced");
    house.post("/settings/orders/statuses?_method=delete").by(OWNER).form(&[("code", "X9")]).send().await.expect(303);
    assert_eq!(house.ask("select count(*)::text from erp_statuses"), "0");
    let rules = [("sync_from", "created"), ("lease_minutes", "5"), ("alert_minutes", "20"), ("restock", "1")];
    house.post("/settings/orders").by(OWNER).form(&rules).send().await.expect(303);
    assert_eq!(house.ask("select concat_ws(' ', sync_from, lease_minutes, alert_minutes, restock) from order_rules"), "created 5 20 t");
    house
        .post("/settings/orders")
        .by(OWNER)
        .form(&[("sync_from", "created"), ("lease_minutes", "0"), ("alert_minutes", "20")])
        .send()
        .await
        .expect(422);
}
