//! Orders found by what is in them, and what is made of several at once: pick lists, sheets, tables.

use super::{order, shop};
use crate::stock::{OWNER, READER, STRANGER};
use crate::support::{Cast, House};
use chrono::Duration;
use duijie::sync;
use serde_json::{Value, json};

fn nos(answer: &Value) -> Vec<&str> {
    answer["data"]["rows"].as_array().expect("rows").iter().map(|r| r["basic"]["orderNo"].as_str().expect("a number")).collect()
}

async fn found(house: &House, who: &str, query: &str) -> Vec<String> {
    let answer = house.get(&format!("/orders?{query}")).by(who).json().send().await.expect(200).value();
    nos(&answer).into_iter().map(ToOwned::to_owned).collect()
}

/// B1 (S1, S2; in the ERP as XS-7, lot L-9 of S1 sent), B2 (S2; handed over), B3 (S3; unpaid), and a day later B4 (S1).
async fn scene() -> (House, Cast) {
    let (house, cast) = shop(4, 100).await;
    house.buy(&cast, "B1", &[("S1", 2), ("S2", 1)]).await;
    house.later(Duration::minutes(1));
    house.buy(&cast, "B2", &[("S2", 2)]).await;
    house.later(Duration::minutes(1));
    house.place(&cast, "B3", &[("S3", 3)]).await;
    house.pull(&cast, json!({})).await;
    house.erp(&cast, "ack", json!({ "orderNo": "B1", "erpOrderNo": "XS-7" })).await.expect(200);
    let sent = json!({ "orderNo": "B1", "items": [{ "lineNo": 1, "lots": [{ "lotNo": "L-9", "expiresOn": "2028-01", "quantity": 1 }] }] });
    house.erp(&cast, "shipment.add", sent).await.expect(200);
    house.later(Duration::hours(26));
    house.buy(&cast, "B4", &[("S1", 4)]).await;
    (house, cast)
}

// O-10: each filter alone and several together, in the address.
#[actix_web::test]
async fn orders_are_found_by_what_is_in_them() {
    let (house, _) = scene().await;
    for (query, expected) in [
        ("q=XS-7", vec!["B1"]),
        ("sku=S2", vec!["B2", "B1"]),
        ("sku=P2", vec!["B2", "B1"]),
        ("sku=E2&view=to_ship", vec!["B2"]),
        ("sku=nothing", vec![]),
        ("lot=L-9", vec!["B1"]),
        ("lot=L-9&view=completed", vec![]),
        ("lot=L-9&sku=S2&shop=1", vec!["B1"]),
        ("paid_from=2026-11-23", vec!["B4"]),
        ("paid_until=2026-11-22", vec!["B2", "B1"]),
        ("from=2026-11-22&until=2026-11-22&sku=S3", vec!["B3"]),
        ("sync=late", vec!["B2"]),
        ("sync=late&shop=2", vec![]),
        ("sync=synced&least=2", vec!["B1"]),
        ("sync=delivered&view=to_ship&customer=C1", vec!["B2"]),
        ("sync=blocked", vec![]),
    ] {
        assert_eq!(found(&house, OWNER, query).await, expected, "{query}");
        assert_eq!(found(&house, STRANGER, query).await, Vec::<String>::new(), "{query}");
    }
    let page = house.get("/orders?lot=L-9&paid_until=2026-11-22").by(OWNER).send().await.expect(200).body;
    assert!(
        page.contains("含批号：<b>L-9</b>") && page.contains(r#"href="/orders?lot=L-9""#),
        "each chip shows its value and goes: {page}"
    );
}

// O-11: what does not reach the ERP is told where people look at orders, with the way to it.
#[actix_web::test]
async fn what_does_not_reach_the_erp_is_told_above_the_list() {
    let (house, _) = scene().await;
    let page = house.get("/orders").by(OWNER).send().await.expect(200).body;
    for said in ["1 笔订单超过 30 分钟没进 ERP", "其中 1 笔已取走、没有回执", r#"href="/orders?sync=late""#] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let data = house.get("/orders").by(OWNER).json().send().await.expect(200).value();
    assert_eq!((&data["data"]["overdue"], &data["data"]["unacknowledged"]), (&json!(1), &json!(1)));
    assert!(!house.get("/orders").by(STRANGER).send().await.expect(200).body.contains("没进 ERP"));
    assert!(house.get("/").by(OWNER).send().await.expect(200).body.contains(r#"href="/orders?sync=late""#));
}

// O-10, B-03: what several orders take from the shelf, by SKU, in lots that expire first.
#[actix_web::test]
async fn a_pick_list_adds_up_orders_and_takes_the_lots_that_expire_first() {
    let (house, cast) = shop(2, 100).await;
    let lot = |no: &str, ends: &str, n: i64| json!({ "lotNo": no, "expiresOn": ends, "quantity": n });
    house.tell(&cast, json!({ "skuId": "S1", "shopId": "1", "lots": [lot("B", "2028-09", 5), lot("A", "2028-03", 6)] })).await.expect(200);
    house.buy(&cast, "P1", &[("S1", 8)]).await;
    house.buy(&cast, "P2", &[("S1", 1), ("S2", 3)]).await;
    house.place(&cast, "P3", &[("S1", 1)]).await;
    let list = house.get("/orders/picks").by(READER).json().send().await.expect(200).value()["data"].clone();
    let told = |n: usize| {
        let pick = &list["picks"][n];
        (pick["skuId"].clone(), pick["quantity"].clone(), pick["missing"].clone(), pick["lots"].clone(), pick["orders"].clone())
    };
    let taken = |no: &str, ends: &str, n: i64| json!({ "lotNo": no, "expiresOn": ends, "quantity": n });
    let of = |no: &str, n: i64| json!({ "orderNo": no, "quantity": n });
    assert_eq!(
        told(0),
        (json!("S1"), json!(9), json!(0), json!([taken("A", "2028-03", 6), taken("B", "2028-09", 3)]), json!([of("P1", 8), of("P2", 1)]))
    );
    assert_eq!(told(1), (json!("S2"), json!(3), json!(3), json!([]), json!([of("P2", 3)])));
    assert_eq!(list["orders"], json!(["P1", "P2"]));
    let paper = house.get("/orders/picks").by(OWNER).send().await.expect(200).body;
    assert!(paper.contains("拣货单") && paper.contains("2 笔订单 · 2 种商品 · 共 12 件") && paper.contains("P1 × 8"), "{paper}");
    let none = house.get("/orders/picks").by(STRANGER).send().await.expect(200).body;
    assert!(none.contains("没有要拣的商品") && !none.contains("P1"), "{none}");

    let chosen = async |what: &str, more: &[(&str, &str)]| {
        let fields = [&[("what", what), ("id", "P1"), ("id", "P3")][..], more].concat();
        house.post("/orders/bulk").by(OWNER).form(&fields).send().await
    };
    let some = chosen("picking", &[]).await.expect(200).body;
    assert!(some.contains("1 笔没有要拣的商品，没算进来：P3") && !some.contains("P2"), "{some}");
    let sheets = chosen("print", &[]).await.expect(200).body;
    assert!(sheets.contains("打印 2 笔订单") && sheets.matches("class=\"sheet stack\"").count() == 2, "{sheets}");
    let table = chosen("picks", &[]).await.expect(200);
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"picks-20261122.csv\"");
    assert_eq!(table.body.lines().count(), 3, "{}", table.body);
    assert!(table.body.contains(",A,2028-03,6,") && table.body.contains(",B,2028-09,2,") && table.body.contains("P1×8"), "{}", table.body);
    let lines = chosen("lines", &[]).await.expect(200).body;
    assert_eq!((lines.lines().count(), lines.contains("P3,")), (3, true), "{lines}");
    let all = house.get("/orders/export?layout=picks&view=to_ship").by(OWNER).send().await.expect(200).body;
    assert_eq!(all.lines().count(), 4, "{all}");
    let desk = chosen("ship", &[]).await.expect(303);
    assert_eq!(desk.header("location"), "/shipments/import?no=P1&no=P3");
    let ready = house.get(desk.header("location")).by(OWNER).send().await.expect(200).body;
    assert!(ready.contains("订单号\t物流公司\t物流单号\nP1\t\t\nP3\t\t\n"), "{ready}");
}

// UI.md §5: all that the list finds, as it was when somebody looked at it.
#[actix_web::test]
async fn all_of_a_list_is_what_it_showed() {
    let (house, cast) = shop(1, 100).await;
    for no in ["A1", "A2", "A3"] {
        house.buy(&cast, no, &[("S1", 1)]).await;
    }
    house.place(&cast, "A4", &[("S1", 1)]).await;
    let page = house.get("/orders?view=to_ship").by(OWNER).send().await.expect(200).body;
    let seen = page.split_once("name=\"seen\" value=\"").and_then(|(_, rest)| rest.split_once('"')).expect("the moment").0.to_owned();
    house.later(Duration::minutes(1));
    house.buy(&cast, "A5", &[("S1", 1)]).await;
    let fields = |what: &'static str| {
        vec![("what", what), ("id", "A1"), ("all", "1"), ("back", "view=to_ship"), ("seen", seen.as_str()), ("reason", "盘点")]
    };
    let asked = house.post("/orders/bulk").by(OWNER).json().form(&fields("hold")).send().await.expect(200).value();
    assert_eq!(asked["data"]["goes"], json!(["A1", "A2", "A3"]), "neither what is unpaid nor what came afterwards");
    let done = house.post("/orders/handing").by(OWNER).form(&fields("hold")).send().await.expect(303);
    assert_eq!(done.header("location"), "/orders?done=hold&n=3&view=to_ship");
    assert_eq!((house.order("A3").as_str(), house.order("A5").as_str()), ("to_ship blocked by_hand", "to_ship unsynced"));
    house.post("/orders/bulk").by(STRANGER).form(&fields("hold")).send().await.expect(409);
}

// UI.md §4.2: what sells faster than it lasts, and today beside yesterday at the same time.
#[actix_web::test]
async fn the_overview_tells_what_runs_out_and_how_today_goes() {
    let (house, cast) = shop(3, 10).await;
    house.buy(&cast, "R1", &[("S1", 8), ("S2", 1)]).await;
    let seen = async || house.get("/").by(OWNER).json().send().await.expect(200).value()["data"].clone();
    assert_eq!(seen().await["risks"], json!([]));
    assert_eq!(sync::reckon_risks(&house.platform.db, house.now()).await.expect("reckoned"), 1);
    let risks = seen().await["risks"].clone();
    assert_eq!(
        (&risks[0]["sku_id"], &risks[0]["available"], &risks[0]["a_day"], &risks[1]),
        (&json!("S1"), &json!(2), &json!(8.0), &Value::Null)
    );
    assert_eq!(sync::reckon_risks(&house.platform.db, house.now()).await.expect("reckoned"), 0, "not twice in ten minutes");
    // What is there counts when the page is made, not when it was reckoned.
    house.push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 1000 }])).await.expect(200);
    assert_eq!(seen().await["risks"], json!([]));
    let paid = seen().await["sales"]["today"].clone();
    assert_eq!(paid, json!(house.ask("select payable_amount from orders")));
    house.later(Duration::hours(23));
    house.log_in(OWNER).await;
    assert_eq!(seen().await["sales"]["before"], json!("0.00"), "yesterday it had not been paid yet at this time");
    house.later(Duration::hours(2));
    house.log_in(OWNER).await;
    assert_eq!((&seen().await["sales"]["before"], &seen().await["sales"]["orders_before"]), (&paid, &json!(1)));
    house.buy(&cast, "R2", &[("S3", 1)]).await;
    assert_eq!(seen().await["sales"]["orders"], json!(1));
}

// L-01 L-03 Q-39, UI.md §4.14: a table is checked before it is written, and what is wrong stays in the box.
#[actix_web::test]
async fn a_table_of_shipments_is_checked_and_then_written() {
    let (house, cast) = shop(2, 100).await;
    for no in ["T1", "T2", "T3"] {
        house.sells(&cast, "create", order(no, &[("S1", 4)])).await.expect(200);
        house.pay(&cast, no).await;
    }
    let table = "订单号\t快递公司\t快递单号\t商品编码\t数量\t批号\t有效期至\r\nT1\t顺丰\tSF1234567890123\r\nT2\t中通\t75312345678901\tS1\t3\tL1\t2028-03\r\n\
                 T9\tSF\tSF1234567890124\r\nT3\t谁家快递\t1234567\r\nT3\t\t\r\n";
    let send = async |who: &str, preview: &str| {
        house.post("/shipments/import").by(who).form(&[("table", table), ("preview", preview)]).send().await
    };
    let checked =
        house.post("/shipments/import").by(OWNER).json().form(&[("table", table), ("preview", "1")]).send().await.expect(200).value();
    let counts = |v: &Value| ["applied", "unchanged", "waiting", "rejected"].map(|k| v["data"][k].as_i64().expect("a count"));
    assert_eq!(counts(&checked), [2, 0, 1, 1], "{checked}");
    assert_eq!(checked["data"]["lines"][0]["rows"], json!([4]), "what is wrong comes first, by its row: {checked}");
    assert_eq!(
        (house.order("T1").as_str(), house.order("T2").as_str()),
        ("to_ship unsynced", "to_ship unsynced"),
        "nothing is written yet"
    );
    send(READER, "").await.expect(403);
    assert!(send(STRANGER, "").await.expect(200).body.contains("没有可写入") || house.order("T1") == "to_ship unsynced");

    let page = send(OWNER, "").await.expect(200).body;
    assert!(page.contains("已写入 2 条") && page.contains("1 条先留着") && page.contains(">T9\tSF\tSF1234567890124</textarea>"), "{page}");
    assert_eq!(house.happened("T1"), "placed storefront, paid storefront, logistics person");
    assert_eq!((house.order("T1").as_str(), house.order("T2").as_str()), ("shipped unsynced", "partly_shipped unsynced"));
    assert_eq!(house.ask("select string_agg(concat_ws(' ', lot_no, qty, package_no), ', ') from order_shipped"), "L1 3 1");
    let again = send(OWNER, "").await.expect(200).body;
    assert!(again.contains("已写入 0 条，已有的 2 条"), "the same table is the same shipments: {again}");
    assert_eq!(house.ask("select count(*) from order_shipments"), "1");
    let empty =
        house.post("/shipments/import").by(OWNER).form(&[("table", "订单号,物流公司,物流单号\nT1,,")]).send().await.expect(422).body;
    assert!(empty.contains("没有可写入的行"), "{empty}");
}
