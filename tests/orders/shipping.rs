//! What leaves: packages, lots, in part and finally.

use super::{now_of, order, shop};
use crate::stock::line;
use crate::support::cast::{OWNER, READER, STRANGER};
use chrono::Duration;
use duijie::sync;
use serde_json::{Value, json};

fn lots(quantities: &[(&str, &str, i64)]) -> Value {
    quantities.iter().map(|(no, end, n)| json!({ "lotNo": no, "expiresOn": end, "quantity": n })).collect()
}

// L-03 L-04 L-05 Q-21 Q-39 I-11
#[actix_web::test]
async fn an_order_leaves_in_parts_lots_and_packages() {
    let (house, cast) = shop(2, 20).await;
    house
        .tell(&cast, json!({ "skuId": "S1", "shopId": "1", "lots": lots(&[("A", "2028-03", 6), ("B", "2028-09", 14)]) }))
        .await
        .expect(200);
    house.buy(&cast, "SO1", &[("S1", 8), ("S2", 3)]).await;
    let first = json!({
        "orderNo": "SO1", "shipmentId": "CK1",
        "packages": [{ "carrierCode": "sf", "trackingNo": "SF1234567890123" }, { "carrierCode": "ZTO", "trackingNo": "75312345678901" }],
        "items": [{ "lineNo": 1, "lots": lots(&[("A", "2028-03", 4), ("C", "2028-01-05", 2)]), "package": 1 }, { "skuId": "E2", "quantity": 1, "package": 2 }]
    });
    let answer = house.erp(&cast, "shipment.add", first.clone()).await.expect(200);
    assert_eq!(answer.lines(), [line(1, "applied", "SHORTER_EXPIRY")]);
    let now = now_of(&answer);
    assert_eq!((&now["orderStatus"], &now["shipmentNo"]), (&json!("partly_shipped"), &json!(1)));
    assert_eq!(now["lines"][0], json!({ "lineNo": 1, "quantity": 8, "shippedQuantity": 6, "closedQuantity": 0, "remainingQuantity": 2 }));
    assert_eq!(
        house.ask("select string_agg(concat_ws(' ', line_no, part, lot_no, qty, package_no, promise, days), ', ' order by line_no, part) from order_shipped"),
        "1 1 A 4 1 kept, 1 2 C 2 1 shorter 86, 2 1  1 2 none"
    );
    // The same delivery note once more is no news.
    let again = house.erp(&cast, "shipment.add", first).await.expect(200);
    assert_eq!((again.lines(), house.ask("select count(*) from order_shipped")), (vec![line(1, "unchanged", "")], "3".into()));
    // More than is left does not leave, and nothing of that note does.
    let much = json!({ "orderNo": "SO1", "shipmentId": "CK2", "items": [{ "lineNo": 2, "quantity": 1 }, { "lineNo": 1, "quantity": 3 }] });
    let refused = house.erp(&cast, "shipment.add", much).await.expect(422);
    assert_eq!(refused.lines(), [line(1, "rejected", "OVER_SHIPPED")]);
    assert_eq!(refused.value()["data"]["lines"][0]["problems"][0]["field"], "items[1].quantity");
    assert_eq!(house.order("SO1"), "partly_shipped unsynced");
    // The rest of one line, and what is missing will not come.
    let last = json!({ "orderNo": "SO1", "shipmentId": "CK2", "final": 1, "items": [{ "lineNo": 1, "quantity": 2, "lots": lots(&[("B", "2028-09", 2)]) }] });
    assert_eq!(now_of(&house.erp(&cast, "shipment.add", last).await.expect(200))["orderStatus"], "shipped");
    assert_eq!(house.ask("select string_agg(shipped || '+' || closed, ' ' order by no) from order_lines"), "8+0 1+2");
    assert_eq!(house.happened("SO1"), "placed storefront, paid storefront, shipped erp, shipped erp");
    let over = json!({ "orderNo": "SO1", "shipmentId": "CK3", "items": [{ "lineNo": 2, "quantity": 1 }] });
    assert_eq!(house.erp(&cast, "shipment.add", over).await.expect(422).lines(), [line(1, "rejected", "OVER_SHIPPED")]);
}

#[actix_web::test]
async fn what_is_wrong_with_a_shipment_is_told_by_place() {
    let (house, cast) = shop(1, 20).await;
    house.buy(&cast, "SO1", &[("S1", 8)]).await;
    house.place(&cast, "SO2", &[("S1", 1)]).await;
    let add = async |body: Value| house.erp(&cast, "shipment.add", body).await;
    let wrong = json!({ "orderNo": "SO1", "items": [{ "lineNo": 9, "quantity": 1 }] });
    assert_eq!(add(wrong).await.lines(), [line(1, "rejected", "UNKNOWN_ORDER_LINE")]);
    let differ =
        json!({ "orderNo": "SO1", "items": [{ "lineNo": 1, "quantity": 3, "lots": lots(&[("A", "2028-01", 1), ("B", "2028-02", 1)]) }] });
    assert_eq!(add(differ).await.lines(), [line(1, "rejected", "LOTS_DIFFER")]);
    let bare = json!({ "orderNo": "SO1", "items": [{ "lineNo": 1, "quantity": 1 }], "carrierCode": "SF" });
    assert_eq!(add(bare).await.lines(), [line(1, "rejected", "MISSING")]);
    assert_eq!(add(json!({ "orderNo": "SO1" })).await.lines(), [line(1, "rejected", "MISSING")]);
    // Nothing leaves that nobody has paid, nor of an order that is not there.
    let one = |no: &str| json!({ "orderNo": no, "items": [{ "lineNo": 1, "quantity": 1 }] });
    assert_eq!(add(one("SO2")).await.lines(), [line(1, "rejected", "ORDER_STATE")]);
    assert_eq!(add(one("SO9")).await.lines(), [line(1, "rejected", "UNKNOWN_ORDER")]);
    assert_eq!(house.ask("select (select count(*) from order_shipments) + (select sum(shipped) from order_lines)"), "0");
    let expired = json!({ "orderNo": "SO1", "items": [{ "lineNo": 1, "lots": lots(&[("A", "2026-10", 1)]) }] });
    assert_eq!(add(expired).await.expect(200).lines(), [line(1, "applied", "EXPIRED_LOT")]);
}

// L-01 L-02 Q-20: logistics alone means shipped; beside shipments told line by line it only adds a package.
#[actix_web::test]
async fn logistics_send_an_order_and_know_its_packages() {
    let (house, cast) = shop(1, 20).await;
    for no in ["SO1", "SO2", "SO3"] {
        house.buy(&cast, no, &[("S1", 2)]).await;
    }
    let tell = async |no: &str, carrier: &str, number: &str| {
        house.erp(&cast, "logistics.update", json!({ "orderNo": no, "carrierCode": carrier, "trackingNo": number })).await
    };
    let sent = tell("SO1", "SF", "SF1234567890123").await.expect(200);
    assert_eq!((now_of(&sent)["orderStatus"].clone(), house.order("SO1")), (json!("shipped"), "shipped unsynced".into()));
    assert_eq!(tell("SO1", "SF", "SF1234567890123").await.lines(), [line(1, "unchanged", "")]);
    assert_eq!(tell("SO1", "SF", "12").await.expect(200).lines(), [line(1, "applied", "ODD_TRACKING")]);
    assert_eq!(house.happened("SO1"), "placed storefront, paid storefront, logistics erp, logistics erp");
    assert_eq!(tell("SO2", "SF", "").await.lines(), [line(1, "rejected", "MISSING")]);
    assert_eq!(tell("SO2", "SELF", "").await.expect(200).lines(), [line(1, "applied", "")]);
    // In parts: what is on its way is what the shipments say.
    house.erp(&cast, "shipment.add", json!({ "orderNo": "SO3", "items": [{ "lineNo": 1, "quantity": 1 }] })).await.expect(200);
    tell("SO3", "SF", "SF1234567890124").await.expect(200);
    assert_eq!(
        (house.order("SO3"), house.ask("select max(shipment_no) from order_packages")),
        ("partly_shipped unsynced".into(), "1".into())
    );
    house.place(&cast, "SO4", &[("S1", 1)]).await;
    assert_eq!(tell("SO4", "SF", "SF1234567890125").await.lines(), [line(1, "rejected", "ORDER_STATE")]);
}

// a carrier nobody knows waits for somebody who does.
#[actix_web::test]
async fn an_unknown_carrier_waits_until_it_is_explained() {
    let (house, cast) = shop(1, 20).await;
    house.buy(&cast, "SO1", &[("S1", 2)]).await;
    house.buy(&cast, "SO2", &[("S1", 2)]).await;
    let packed =
        json!({ "orderNo": "SO1", "carrierCode": "顺丰标快", "trackingNo": "SF1234567890123", "items": [{ "lineNo": 1, "quantity": 2 }] });
    assert_eq!(house.erp(&cast, "shipment.add", packed).await.expect(200).lines(), [line(1, "parked", "UNKNOWN_CARRIER")]);
    let on_its_way = json!({ "orderNo": "SO2", "carrierCode": "顺丰标快", "trackingNo": "SF1234567890124" });
    assert_eq!(house.erp(&cast, "logistics.update", on_its_way).await.expect(200).lines(), [line(1, "parked", "UNKNOWN_CARRIER")]);
    assert_eq!((house.order("SO1"), house.order("SO2")), ("to_ship unsynced".into(), "to_ship unsynced".into()));
    let inbox = house.get("/sync/failures").by(OWNER).send().await.expect(200);
    assert!(inbox.body.contains("顺丰标快") && inbox.body.contains("顺丰速运"), "{}", inbox.body);
    let pair = |ours: &str| {
        vec![("kind", "carrier"), ("theirs", "顺丰标快"), ("ours", ours)]
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect::<Vec<_>>()
    };
    let say = async |who: &str, ours: &str| {
        let fields = pair(ours);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        house.post("/sync/failures/codes").by(who).form(&fields).send().await.status.as_u16()
    };
    assert_eq!((say(READER, "SF").await, say(OWNER, "NOBODY").await, say(OWNER, "sf").await), (403, 422, 303));
    sync::replay_parked(&house.platform.db, house.now()).await.expect("replay");
    assert_eq!((house.order("SO1"), house.order("SO2")), ("shipped unsynced".into(), "shipped unsynced".into()));
    assert_eq!(house.ask("select string_agg(carrier, ' ') from order_packages"), "SF SF");
    let table = house.api(&cast.erp, "carrier.list.get", json!({ "keyword": "顺丰" })).send().await.expect(200).value();
    assert_eq!(table["data"]["records"][0]["carrierCode"], "SF");
    assert_eq!(table["data"]["mappings"], json!([{ "theirs": "顺丰标快", "carrierCode": "SF" }]));
}

// UI §4.14
#[actix_web::test]
async fn a_person_scans_an_order_and_sends_it() {
    let (house, cast) = shop(2, 20).await;
    house
        .tell(&cast, json!({ "skuId": "S1", "shopId": "1", "lots": lots(&[("B", "2028-09", 14), ("A", "2028-03", 6)]) }))
        .await
        .expect(200);
    let mut wanted = order("SO/1", &[("S1", 8), ("S2", 1)]);
    wanted["remark"] = json!("小心轻放");
    house.sells(&cast, "create", wanted).await.expect(200);
    house.pay(&cast, "SO/1").await;
    assert!(house.get("/shipments?no=SO9").by(OWNER).send().await.expect(200).body.contains("没有订单"));
    let desk = house.get("/shipments?no=SO%2F1").by(OWNER).json().send().await.expect(200).value();
    // FEFO: the lot that expires first is emptied first.
    assert_eq!(
        desk["data"]["order"]["lines"][0]["lots"],
        json!([{ "lotNo": "A", "expiresOn": "2028-03", "quantity": "6" }, { "lotNo": "B", "expiresOn": "2028-09", "quantity": "2" }])
    );
    for face in [
        house.get("/shipments?no=SO%2F1").by(OWNER),
        house.get("/shipments?no=SO%2F1").by(OWNER).part(),
        house.get("/shipments").by(READER),
    ] {
        face.send().await.expect(200);
    }
    let form = |carrier: &'static str, number: &'static str, qty: &'static str| {
        vec![
            ("no", "SO/1"),
            ("version", "2"),
            ("carrier", carrier),
            ("tracking", number),
            ("line", "1"),
            ("lot", "A"),
            ("ends", "2028-03"),
            ("qty", qty),
            ("line", "1"),
            ("lot", "B"),
            ("ends", "2028-09"),
            ("qty", "2"),
            ("line", "2"),
            ("lot", ""),
            ("ends", ""),
            ("qty", "1"),
        ]
    };
    let send = async |who: &str, fields: Vec<(&str, &str)>| house.post("/shipments").by(who).form(&fields).send().await;
    send(READER, form("SF", "SF1234567890123", "6")).await.expect(403);
    send(STRANGER, form("SF", "SF1234567890123", "6")).await.expect(404);
    assert!(send(OWNER, form("SF", "", "6")).await.expect(422).body.contains("填写物流单号"));
    assert!(send(OWNER, form("SF", "77", "6")).await.expect(422).body.contains("不像顺丰速运的单号"));
    let over = send(OWNER, form("SF", "SF1234567890123", "60")).await.expect(422);
    assert!(over.body.contains("超过这一行还没发的") && over.body.contains("value=\"60\""), "{}", over.body);
    send(OWNER, form("SF", "SF1234567890123", "6")).await.expect(303);
    // A second Enter sends nothing twice.
    send(OWNER, form("SF", "SF1234567890123", "6")).await.expect(303);
    assert_eq!(
        house.ask("select string_agg(concat_ws(' ', lot_no, qty, promise), ', ' order by line_no, part) from order_shipped"),
        "A 6 kept, B 2 kept,  1 none"
    );
    assert_eq!(house.order("SO/1"), "shipped unsynced");
    house.later(Duration::minutes(1));
    let page = house.get("/shipments").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("SO/1") && page.contains("顺丰速运 SF1234567890123"), "{page}");
    assert!(page.find("SF · 顺丰速运").is_none(), "no order is on the desk");
    let detail = house.get("/orders/SO%2F1").by(OWNER).send().await.expect(200).body;
    assert!(detail.contains("一致") && detail.contains("SF1234567890123"), "{detail}");
    let told = house.erp(&cast, "get", json!({ "orderNo": "SO/1" })).await.expect(200).value()["data"].clone();
    assert_eq!(
        (&told["packages"][0]["trackingNo"], &told["items"][0]["shippedLots"][0]["lotNo"]),
        (&json!("SF1234567890123"), &json!("A"))
    );
    let recall = house.get("/shipments/recall?sku=S1&lot=A").by(OWNER).send().await.expect(200).body;
    assert!(recall.contains("SO/1") && recall.contains("康泽大药房"), "{recall}");
    house.get("/shipments/recall?sku=S1&lot=A").by(READER).send().await.expect(403);
    assert!(!house.get("/shipments/recall?sku=S1&lot=A").by(STRANGER).send().await.expect(200).body.contains("SO/1"));
    // Who got the lot.
    let merchant = cast.a;
    let recalled =
        house.platform.db.read(move |c| duijie::orders::shipments::list::recall(c, merchant, "S1", "A", 10)).await.expect("recall");
    assert_eq!(
        recalled.iter().map(|r| (r.order_no.as_str(), r.quantity, r.customer.as_str())).collect::<Vec<_>>(),
        [("SO/1", 6, "康泽大药房")]
    );
}

// Q-29 L-02: what the ERP does not know yet can leave all the same.
#[actix_web::test]
async fn an_order_that_waits_for_the_erp_can_be_shipped() {
    let (house, cast) = shop(1, 20).await;
    house.sql(&format!("insert into customer_rules values ({}, 'on_order')", cast.a));
    house.buy(&cast, "SO1", &[("S1", 2)]).await;
    assert_eq!(house.order("SO1"), "to_ship blocked customer_unmapped");
    let sent = json!({ "orderNo": "SO1", "carrierCode": "SF", "trackingNo": "SF1234567890123", "items": [{ "lineNo": 1, "quantity": 2 }] });
    assert_eq!(house.erp(&cast, "shipment.add", sent).await.expect(200).lines(), [line(1, "applied", "")]);
    assert_eq!(house.order("SO1"), "shipped blocked customer_unmapped");
}
