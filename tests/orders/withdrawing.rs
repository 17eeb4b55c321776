//! What was told of a shipment by mistake, taken back while nothing follows from it (Q-21, I-11).

use super::{OWNER, READER, now_of, shop};
use crate::stock::{STRANGER, line};
use crate::support::House;
use chrono::Duration;
use duijie::clock::on_the_wire;
use serde_json::{Value, json};

fn units(house: &House) -> String {
    house.ask("select string_agg(shipped || '+' || closed, ' ' order by no) from order_lines")
}

// L-03, Q-39: the order is reckoned as if it had never been told; a corrected note comes under a new number, with the same parcel.
#[actix_web::test]
async fn a_wrong_shipment_is_withdrawn_and_told_again() {
    let (house, cast) = shop(2, 20).await;
    house.buy(&cast, "SO1", &[("S1", 8), ("S2", 3)]).await;
    let told = |id: &str, qty: i64, last: i64| json!({ "orderNo": "SO1", "shipmentId": id, "final": last, "carrierCode": "SF", "trackingNo": "SF1234567890123", "items": [{ "lineNo": 1, "quantity": qty }] });
    let first = json!({ "orderNo": "SO1", "shipmentId": "CK1", "items": [{ "lineNo": 2, "quantity": 1 }] });
    house.erp(&cast, "shipment.add", first).await.expect(200);
    house.erp(&cast, "shipment.add", told("CK2", 6, 1)).await.expect(200);
    assert_eq!((house.order("SO1").as_str(), units(&house).as_str()), ("shipped unsynced", "6+2 1+2"));
    let early = house.erp(&cast, "shipment.withdraw", json!({ "orderNo": "SO1", "shipmentId": "CK1" })).await.expect(422);
    assert_eq!(early.lines(), [line(1, "rejected", "SHIPMENT_STAYS")], "only the last");
    let gone = json!({ "orderNo": "SO1", "shipmentId": "CK2", "reason": "数量录错" });
    assert_eq!(now_of(&house.erp(&cast, "shipment.withdraw", gone.clone()).await.expect(200))["orderStatus"], "partly_shipped");
    assert_eq!((house.order("SO1").as_str(), units(&house).as_str()), ("partly_shipped unsynced", "0+0 1+0"));
    assert_eq!(house.erp(&cast, "shipment.withdraw", gone).await.expect(200).lines(), [line(1, "unchanged", "")]);
    let read = house.erp(&cast, "get", json!({ "orderNo": "SO1" })).await.expect(200).value();
    assert_eq!((&read["data"]["packages"], &read["data"]["items"][0]["shippedLots"]), (&json!([]), &json!([])));
    // Its number is used up; the parcel is not.
    let again = house.erp(&cast, "shipment.add", told("CK2", 4, 0)).await.expect(422);
    assert_eq!(again.lines(), [line(1, "rejected", "WITHDRAWN")]);
    let right = house.erp(&cast, "shipment.add", told("CK3", 4, 0)).await.expect(200);
    assert_eq!((now_of(&right)["shipmentNo"].clone(), units(&house)), (json!(3), "4+0 1+0".into()));
    let read = house.erp(&cast, "get", json!({ "orderNo": "SO1" })).await.expect(200).value();
    assert_eq!(read["data"]["packages"].as_array().map(Vec::len), Some(1));
    // Nothing was erased: both sides of the story are there, and the buyer sees the right one.
    assert_eq!(house.ask("select concat_ws(' ', count(*), (select count(*) from order_withdrawals), (select count(*) from trail where verb = 'order.withdrawn')) from order_shipments"), "3 1 1");
    let trace = |all: &Value| {
        let moments = all["data"]["trace"].as_array().expect("a trace").clone();
        moments.iter().filter(|m| m["visible"] == json!(true)).filter(|m| m["what"] == json!("order-event-shipped")).count()
    };
    let page = house.get("/orders/SO1").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(trace(&page), 2);
    assert!(
        page["data"]["trace"]
            .as_array()
            .unwrap()
            .iter()
            .any(|m| m["what"] == json!("order-event-shipment-withdrawn") && m["visible"] == json!(false))
    );
    house.counters_are_proven(&cast).await;
}

// a note that only says that the rest will not come is a row of its own, and is taken back like any other.
#[actix_web::test]
async fn a_shipment_that_only_closes_short_has_its_row() {
    let (house, cast) = shop(1, 20).await;
    house.buy(&cast, "SO1", &[("S1", 8)]).await;
    let first = json!({ "orderNo": "SO1", "shipmentId": "CK1", "items": [{ "lineNo": 1, "quantity": 6 }] });
    house.erp(&cast, "shipment.add", first).await.expect(200);
    house.erp(&cast, "shipment.add", json!({ "orderNo": "SO1", "shipmentId": "CK2", "final": 1 })).await.expect(200);
    assert_eq!((house.order("SO1").as_str(), units(&house).as_str()), ("shipped unsynced", "6+2"));
    let page = house.get("/orders/SO1").by(OWNER).send().await.expect(200).body;
    let row = page.split("第 2 次发货").nth(1).unwrap_or_else(|| panic!("{page}"));
    assert!(
        row.contains("蒙脱石散1号 <span class=\"neg\">缺货关闭 2</span>") && row.contains("/orders/SO1/shipments/2?_method=delete"),
        "{row}"
    );
    assert!(!page.contains("/orders/SO1/shipments/1?_method=delete"), "only the last");
    house.post("/orders/SO1/shipments/2?_method=delete").by(OWNER).form(&[("reason", "还有货")]).send().await.expect(303);
    assert_eq!((house.order("SO1").as_str(), units(&house).as_str()), ("partly_shipped unsynced", "6+0"));
    let page = house.get("/orders/SO1").by(OWNER).send().await.expect(200).body;
    assert!(!page.contains("第 2 次发货明细") && page.contains("/orders/SO1/shipments/1?_method=delete"), "{page}");
    house.counters_are_proven(&cast).await;
}

// L-02, Q-20: a package told alone, which had sent the whole order on its way.
#[actix_web::test]
async fn a_wrong_package_is_withdrawn_by_a_person() {
    let (house, cast) = shop(1, 20).await;
    house.buy(&cast, "SO1", &[("S1", 2)]).await;
    house.pull(&cast, json!({})).await;
    house.erp(&cast, "ack", json!({ "orderNo": "SO1" })).await.expect(200);
    let tell = |number: &str| json!({ "orderNo": "SO1", "carrierCode": "SF", "trackingNo": number });
    house.erp(&cast, "logistics.update", tell("SF1234567890123")).await.expect(200);
    let page = house.get("/orders/SO1").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("/orders/SO1/packages/1?_method=delete"), "{}", page.body);
    house.delete("/orders/SO1/packages/1").by(READER).form(&[("reason", "x")]).send().await.expect(403);
    house.delete("/orders/SO1/packages/1").by(STRANGER).form(&[("reason", "x")]).send().await.expect(404);
    house.delete("/orders/SO1/packages/7").by(OWNER).form(&[("reason", "x")]).send().await.expect(404);
    let gone = house.post("/orders/SO1/packages/1?_method=delete").by(OWNER).form(&[("reason", "单号贴错")]).send().await.expect(303);
    assert!(gone.header("location").ends_with("done=withdrawn"));
    // The ERP, which had said it, hears that it is not so.
    assert_eq!(house.order("SO1"), "to_ship unsynced");
    let page = house.get("/orders/SO1?done=withdrawn").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("撤回包裹") && page.body.contains("单号贴错") && page.body.contains("已撤回"), "{}", page.body);
    house.erp(&cast, "logistics.update", tell("SF1234567890123")).await.expect(200);
    assert_eq!(house.order("SO1").split(' ').next(), Some("shipped"), "the same parcel may be told again");
    house.erp(&cast, "shipment.withdraw", tell("SF1234567890123")).await.expect(200);
    assert_eq!(house.order("SO1").split(' ').next(), Some("to_ship"));
}

// Q-21, O-09: what follows from it keeps it.
#[actix_web::test]
async fn a_shipment_that_something_follows_from_stays() {
    let (house, cast) = shop(1, 20).await;
    let refused = async |no: &str| {
        let answer = house.erp(&cast, "shipment.withdraw", json!({ "orderNo": no, "shipmentId": "CK1" })).await.expect(422);
        assert_eq!(answer.lines(), [line(1, "rejected", "SHIPMENT_STAYS")], "{no}");
    };
    for (no, status) in [("SO1", "delivering"), ("SO2", "signed"), ("SO3", "refunded")] {
        house.buy(&cast, no, &[("S1", 2)]).await;
        house
            .erp(&cast, "shipment.add", json!({ "orderNo": no, "shipmentId": "CK1", "items": [{ "lineNo": 1, "quantity": 2 }] }))
            .await
            .expect(200);
        house.erp(&cast, "status.update", json!({ "orderNo": no, "status": status })).await.expect(200);
        refused(no).await;
    }
    house.buy(&cast, "SO4", &[("S1", 2)]).await;
    house.erp(&cast, "shipment.add", json!({ "orderNo": "SO4", "shipmentId": "CK1", "final": 1 })).await.expect(200);
    refused("SO4").await;
    // An ERP takes back what it told itself.
    house.buy(&cast, "SO5", &[("S1", 2)]).await;
    house.post("/orders/SO5/steps").by(OWNER).form(&[("step", "sent"), ("reason", "自己送")]).send().await.expect(303);
    let unknown = house.erp(&cast, "shipment.withdraw", json!({ "orderNo": "SO5", "shipmentId": "CK1" })).await.expect(422);
    assert_eq!(unknown.lines(), [line(1, "rejected", "UNKNOWN_SHIPMENT")]);
    house.counters_are_proven(&cast).await;
}

// Q-14, mode "physical": goods that have not left are counted on the shelf; once a count has taken them off, it is too late.
#[actix_web::test]
async fn a_count_of_the_shelf_knows_whether_it_left() {
    let (house, cast) = shop(1, 10).await;
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, 'physical')", cast.a));
    let count = async |n: i64| {
        house.later(Duration::minutes(5));
        let said = json!({ "skuId": "S1", "shopId": "1", "inventory": n, "asOf": on_the_wire(house.now()) });
        house.push(&cast, said).await.expect(200);
    };
    house.buy(&cast, "SO1", &[("S1", 3)]).await;
    let told = |id: &str| json!({ "orderNo": "SO1", "shipmentId": id, "items": [{ "lineNo": 1, "quantity": 3 }] });
    house.erp(&cast, "shipment.add", told("CK1")).await.expect(200);
    house.erp(&cast, "shipment.withdraw", json!({ "orderNo": "SO1", "shipmentId": "CK1" })).await.expect(200);
    count(10).await;
    assert_eq!(house.counters("S1"), "10 0 3 3", "three of the ten are sold");
    house.erp(&cast, "shipment.add", told("CK2")).await.expect(200);
    count(7).await;
    assert_eq!(house.counters("S1"), "7 0 0 3");
    let late = house.erp(&cast, "shipment.withdraw", json!({ "orderNo": "SO1", "shipmentId": "CK2" })).await.expect(422);
    assert_eq!(late.lines(), [line(1, "rejected", "SHIPMENT_STAYS")]);
    house.counters_are_proven(&cast).await;
}
