//! What stock hears of orders that leave, in whichever words they do (§4.2, Q-14, Q-39).

use super::{OWNER, shop};
use crate::support::{Cast, House};
use chrono::Duration;
use duijie::clock::on_the_wire;
use serde_json::json;

fn mode(house: &House, cast: &Cast, mode: &str) {
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, '{mode}')", cast.a));
}

/// A's ERP says what it counts now.
async fn counts(house: &House, cast: &Cast, n: i64) {
    house.later(Duration::minutes(5));
    let line = json!({ "skuId": "S1", "shopId": "1", "inventory": n, "asOf": on_the_wire(house.now()) });
    house.push(cast, line).await.expect(200);
}

// Q-14, mode "physical": a unit leaves our counter when a count follows its leaving, whoever told that it left.
#[actix_web::test]
async fn a_count_of_the_shelf_contains_what_has_left() {
    for who in ["status", "logistics", "shipment", "person"] {
        let (house, cast) = shop(1, 10).await;
        mode(&house, &cast, "physical");
        house.buy(&cast, "SO1", &[("S1", 3)]).await;
        counts(&house, &cast, 10).await;
        assert_eq!(house.counters("S1"), "10 0 3 3", "{who}: still on the shelf");
        match who {
            "status" => house.erp(&cast, "status.update", json!({ "orderNo": "SO1", "status": "delivering" })).await.expect(200),
            "logistics" => {
                let told = json!({ "orderNo": "SO1", "carrierCode": "SF", "trackingNo": "SF1234567890123" });
                house.erp(&cast, "logistics.update", told).await.expect(200)
            }
            "shipment" => {
                let told = json!({ "orderNo": "SO1", "items": [{ "lineNo": 1, "quantity": 3 }] });
                house.erp(&cast, "shipment.add", told).await.expect(200)
            }
            _ => house.post("/orders/SO1/steps").by(OWNER).form(&[("step", "sent"), ("reason", "自己送")]).send().await.expect(303),
        };
        counts(&house, &cast, 7).await;
        assert_eq!(house.counters("S1"), "7 0 0 3", "{who}");
        house.counters_are_proven(&cast).await;
    }
}

// §4.3: that goods have left does not mean that the ERP has booked them. A number from before it did still contains them.
#[actix_web::test]
async fn what_a_person_sends_is_not_booked_by_that() {
    let (house, cast) = shop(1, 10).await;
    house.buy(&cast, "SO1", &[("S1", 3)]).await;
    house.post("/orders/SO1/steps").by(OWNER).form(&[("step", "sent"), ("reason", "自己送")]).send().await.expect(303);
    // The ERP has not taken the order over: its numbers go on without it.
    for _ in 0..3 {
        counts(&house, &cast, 10).await;
        assert_eq!(house.counters("S1"), "10 0 3 3");
    }
    house.pull(&cast, json!({})).await;
    house.erp(&cast, "ack", json!({ "orderNo": "SO1" })).await.expect(200);
    counts(&house, &cast, 7).await;
    counts(&house, &cast, 7).await;
    assert_eq!(house.counters("S1"), "7 0 0 3");
    house.counters_are_proven(&cast).await;
}

// Q-39, §4.2: an order of which nothing will come is over like a cancelled one, in every mode, and no unit stays counted for it.
#[actix_web::test]
async fn an_order_closed_short_as_a_whole_gives_its_units_back() {
    for way in ["cursor", "erp_clock", "our_clock", "physical", "bare"] {
        let (house, cast) = shop(2, 10).await;
        mode(&house, &cast, way);
        house.buy(&cast, "SO1", &[("S1", 3), ("S2", 1)]).await;
        let none = json!({ "orderNo": "SO1", "shipmentId": "CK1", "final": 1 });
        house.erp(&cast, "shipment.add", none).await.expect(200);
        assert_eq!(house.order("SO1").split(' ').next(), Some("cancelled"), "{way}");
        assert_eq!((house.counters("S1").as_str(), house.counters("S2").as_str()), ("10 0 0 0", "10 0 0 0"), "{way}");
        house.counters_are_proven(&cast).await;
    }
}

// of a line closed in part, what was paid stays outside until the number contains the order, and then all of it is inside.
#[actix_web::test]
async fn units_closed_short_come_back_with_the_number_that_contains_their_order() {
    let (house, cast) = shop(1, 10).await;
    mode(&house, &cast, "cursor");
    house.buy(&cast, "SO1", &[("S1", 5)]).await;
    let three = json!({ "orderNo": "SO1", "final": 1, "items": [{ "lineNo": 1, "quantity": 3 }] });
    house.erp(&cast, "shipment.add", three).await.expect(200);
    assert_eq!((house.order("SO1").as_str(), house.counters("S1").as_str()), ("shipped unsynced", "10 0 5 5"));
    // The ERP counted seven, and had booked the order by then.
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 7, "ackSeq": 1 })).await.expect(200);
    assert_eq!(house.counters("S1"), "7 0 0 5");
    house.counters_are_proven(&cast).await;
}
