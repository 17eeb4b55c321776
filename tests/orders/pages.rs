//! The pages of orders: what is stuck and how to get past it, what is done to many at once, what a sheet of paper says.

use super::shop;
use crate::stock::{OWNER, READER, STRANGER};
use crate::support::{Cast, House};
use serde_json::{Value, json};

/// Paid orders A1 (C1), A2 (C2, code wrong), A3 (C1, unpaid), of a merchant that needs its ERP's codes.
async fn scene() -> (House, Cast) {
    let (house, cast) = shop(4, 100).await;
    house.sql(&format!("insert into customer_rules values ({}, 'on_order')", cast.a));
    let order = |no: &str, customer: Value, sku: &str, qty: i64| {
        json!({
            "orderNo": no, "shopId": "1", "customer": customer, "remark": "=1+1", "freightAmount": "8.00",
            "items": [{ "skuId": sku, "quantity": qty }, { "skuId": "S4", "quantity": 2 }],
            "delivery": { "consignee": "陈思", "phone": "10000000001", "address": "天河路 1 号" },
            "invoice": { "title": "康泽大药房", "taxNo": "91350100M000100Y43" },
        })
    };
    let c1 = json!({ "customerId": "C1", "name": "康泽大药房", "kind": "pharmacy" });
    let c2 = json!({ "customerId": "C2", "name": "惠群诊所", "uscc": "123" });
    for (no, customer, sku, qty) in [("A1", c1.clone(), "S1", 3), ("A2", c2, "S2", 40), ("A3", c1, "S3", 1)] {
        house.sells(&cast, "create", order(no, customer, sku, qty)).await.expect(200);
        house.later(chrono::Duration::minutes(1));
    }
    house.pay(&cast, "A1").await;
    house.pay(&cast, "A2").await;
    (house, cast)
}

fn nos(answer: &Value) -> Vec<&str> {
    answer["data"]["rows"].as_array().unwrap().iter().map(|r| r["basic"]["orderNo"].as_str().unwrap()).collect()
}

// O-10, O-11: three faces, tabs with counts, the reason beside the way out.
#[actix_web::test]
async fn the_list_says_what_is_stuck_and_why() {
    let (house, _) = scene().await;
    let page = house.get("/orders").by(OWNER).send().await.expect(200).body;
    assert!(
        page.contains("<html")
            && page.contains("客户没有 ERP 客户编码")
            && page.contains("匹配客户")
            && page.contains("/customers?c=C1#one"),
        "{page}"
    );
    assert!(page.contains("蒙脱石散1号") && page.contains("2 种 · 5"));
    let part = house.get("/orders?view=waiting").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html") && part.contains("A1") && !part.contains(">A3<"));
    let data = house.get("/orders").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(data["data"]["counts"], json!([3, 1, 2, 2, 0, 0, 0, 0]));
    assert_eq!(nos(&data), ["A3", "A2", "A1"]);
    let waiting = house.get("/orders?view=waiting").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(nos(&waiting), ["A1", "A2"], "what waits longest comes first");
    for (query, expected) in [
        ("q=A2", vec!["A2"]),
        ("q=hqzs", vec!["A2"]),
        ("q=nobody", vec![]),
        ("customer=C1", vec!["A3", "A1"]),
        ("sku=S2", vec!["A2"]),
        ("least=100", vec!["A2"]),
        ("most=100&view=to_ship", vec!["A1"]),
        ("sync=blocked", vec!["A2", "A1"]),
        ("why=by_hand", vec![]),
        ("shop=2", vec![]),
        ("from=2026-11-22&until=2026-11-22", vec!["A3", "A2", "A1"]),
        ("until=2026-11-21", vec![]),
    ] {
        let found = house.get(&format!("/orders?{query}")).by(OWNER).json().send().await.expect(200).value();
        assert_eq!(nos(&found), expected, "{query}");
    }
    let english = house.get("/orders").by(OWNER).header("accept-language", "en").send().await.expect(200).body;
    assert!(english.contains("Ship to"));
    let read = house.get("/orders").by(READER).send().await.expect(200).body;
    assert!(read.contains("A1") && !read.contains("/orders/bulk"));
    let other = house.get("/orders").by(STRANGER).send().await.expect(200).body;
    assert!(other.contains("还没有订单"));
}

// Q-29, U-03: the code is typed where its lack is told, and everything that waited for it goes.
#[actix_web::test]
async fn a_waiting_order_is_freed_where_its_reason_stands() {
    let (house, cast) = scene().await;
    let page = house.get("/orders/A1").by(OWNER).send().await.expect(200).body;
    assert!(
        page.contains("客户没有 ERP 客户编码") && page.contains("action=\"/orders/A1/customer\"") && page.contains("发票抬头"),
        "{page}"
    );
    assert!(page.contains("买家付款 ¥51.00") && page.contains("进入 ERP"), "{page}");
    let bad = house.post("/orders/A1/customer").by(OWNER).form(&[("code", " ")]).send().await.expect(422).body;
    assert!(bad.contains("ERP 客户编码要 1 到 50 个字"));
    let done = house.post("/orders/A1/customer").by(OWNER).form(&[("code", "K1")]).send().await.expect(303);
    assert_eq!((done.header("location"), house.order("A1").as_str()), ("/orders/A1?done=mapped&n=1", "to_ship unsynced"));
    assert_eq!(house.buyers(), "C1 person K1, C2 none");
    let after = house.get("/orders/A1?done=mapped&n=1").by(OWNER).send().await.expect(200).body;
    assert!(after.contains("客户已匹配，放行 1 笔订单") && after.contains("匹配了 ERP 客户") && after.contains("K1"), "{after}");
    assert_eq!(house.pull(&cast, json!({})).await.0, ["A1"]);
    house.erp(&cast, "ack", json!({ "orderNo": "A1", "erpOrderNo": "XS-1" })).await.expect(200);
    house.erp(&cast, "status.update", json!({ "orderNo": "A1", "status": "accepted" })).await.expect(200);
    let seen = house.get("/orders/A1?trace=visible").by(OWNER).send().await.expect(200).body;
    assert!(seen.contains("订单已处理，商家拣货中") && !seen.contains("取走订单") && seen.contains("XS-1"), "{seen}");
    // The page of customers frees orders as well, and says how many wait and went.
    let customers = house.get("/customers?c=C2").by(OWNER).send().await.expect(200).body;
    assert!(customers.contains("1 笔订单在等这个客户的 ERP 编码，共 ¥369.20"), "{customers}");
    let freed = house.post("/customers/C2/match").by(OWNER).form(&[("code", "K2")]).send().await.expect(303);
    assert_eq!((freed.header("location"), house.order("A2").as_str()), ("/customers?done=matched&of=C2&n=1", "to_ship unsynced"));
    for path in ["/orders/A1/hold", "/orders/A1/steps", "/orders/A1/customer"] {
        house.post(path).by(READER).form(&[("code", "K"), ("step", "sent"), ("reason", "x")]).send().await.expect(403);
        house.post(path).by(STRANGER).form(&[("code", "K"), ("step", "sent"), ("reason", "x")]).send().await.expect(404);
    }
}

// a scheme that asks for no code lets everything go that waited for one.
#[actix_web::test]
async fn another_scheme_frees_what_waited_for_the_old_one() {
    let (house, _) = scene().await;
    house.post("/settings/customers").by(OWNER).form(&[("scheme", "none")]).send().await.expect(303);
    assert_eq!((house.order("A1").as_str(), house.order("A2").as_str()), ("to_ship unsynced", "to_ship unsynced"));
}

// O-10, O-11: many at once, told before.
#[actix_web::test]
async fn many_orders_are_held_released_and_sent_again() {
    let (house, cast) = scene().await;
    house.post("/orders/A1/customer").by(OWNER).form(&[("code", "K1")]).send().await.expect(303);
    let all = [("id", "A1"), ("id", "A2"), ("id", "A3"), ("back", "view=to_ship&evil=1")];
    let with = |what: &'static str, reason: &'static str| [&all[..], &[("what", what), ("reason", reason)]].concat();
    let asked = house.post("/orders/bulk").by(OWNER).json().form(&with("hold", "")).send().await.expect(200).value();
    assert_eq!(asked["data"]["goes"], json!(["A1"]));
    assert_eq!(asked["data"]["stays"][0], json!({ "orderNo": "A2", "why": "已经挂起" }));
    let page = house.post("/orders/bulk").by(OWNER).form(&with("hold", "")).send().await.expect(200).body;
    assert!(page.contains("1 笔可以，2 笔不变") && page.contains("还不能进 ERP"), "{page}");
    assert_eq!(house.order("A1"), "to_ship unsynced", "nothing is done by asking");
    let done = house.post("/orders/handing").by(OWNER).form(&with("hold", "客户改地址")).send().await.expect(303);
    assert_eq!(done.header("location"), "/orders?done=hold&n=1&view=to_ship");
    assert_eq!(house.order("A1"), "to_ship blocked by_hand");
    assert!(house.get("/orders?view=waiting").by(OWNER).send().await.expect(200).body.contains("人工挂起：客户改地址"));
    house.post("/orders/handing").by(OWNER).form(&with("release", "")).send().await.expect(303);
    assert_eq!(house.order("A1"), "to_ship unsynced");
    house.pull(&cast, json!({})).await;
    house.erp(&cast, "ack", json!({ "orderNo": "A1" })).await.expect(200);
    house.post("/orders/handing").by(OWNER).form(&with("resend", "")).send().await.expect(303);
    assert_eq!(house.order("A1"), "to_ship unsynced");
    house.post("/orders/bulk").by(OWNER).form(&[("what", "burn"), ("id", "A1")]).send().await.expect(409);
    house.post("/orders/handing").by(READER).form(&with("hold", "x")).send().await.expect(403);
    // Another merchant's orders are not there.
    let none = house.post("/orders/bulk").by(STRANGER).json().form(&with("hold", "")).send().await.expect(200).value();
    assert_eq!(none["data"]["goes"], json!([]));
}

// O-10: one order by hand; what cannot be taken back says so before.
#[actix_web::test]
async fn a_person_confirms_what_nobody_reports() {
    let (house, _) = scene().await;
    let page = house.get("/orders/A1").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("确认已发货") && page.contains("不能撤回"));
    let held = house.post("/orders/A1/hold").by(OWNER).form(&[("reason", "x")]).send().await;
    assert_eq!(held.status.as_u16(), 409, "it waits already");
    house.post("/orders/A1/steps").by(OWNER).form(&[("step", "sent"), ("reason", "自己送")]).send().await.expect(303);
    assert!(house.order("A1").starts_with("shipped"), "{}", house.order("A1"));
    house.post("/orders/A1/steps").by(OWNER).form(&[("step", "cancelled")]).send().await.expect(409);
    house.post("/orders/A1/steps").by(OWNER).form(&[("step", "received")]).send().await.expect(303);
    assert!(house.order("A1").starts_with("completed"));
    house.post("/orders/A3/steps").by(OWNER).form(&[("step", "cancelled"), ("reason", "客户不要了")]).send().await.expect(303);
    assert!(house.order("A3").starts_with("cancelled"));
    let over = house.get("/orders?view=over").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(nos(&over), ["A3"]);
    let trace = house.get("/orders/A3").by(OWNER).send().await.expect(200).body;
    assert!(trace.contains("客户不要了") && trace.contains("王店长"), "{trace}");
    assert_eq!(house.post("/orders/A3/steps").by(OWNER).form(&[("step", "fly")]).send().await.status.as_u16(), 409);
}

// O-10: exactly what is filtered, by order and by line; and a sheet of paper.
#[actix_web::test]
async fn orders_go_into_a_table_and_on_paper() {
    let (house, _) = scene().await;
    let table = house.get("/orders/export?view=waiting").by(OWNER).send().await.expect(200);
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"orders-20261122.csv\"");
    let rows: Vec<&str> = table.body.lines().collect();
    assert_eq!(rows.len(), 3, "{}", table.body);
    assert!(
        rows[0].contains("订单号,下单时间") && rows[1].starts_with("A1,2026-11-22 12:00:00") && rows[1].contains(",51.00,"),
        "{}",
        table.body
    );
    assert!(rows[1].ends_with("'=1+1"), "what a buyer wrote is not run: {}", rows[1]);
    let lines = house.get("/orders/export?layout=lines&customer=C1").by(OWNER).send().await.expect(200).body;
    assert_eq!(lines.lines().count(), 5, "{lines}");
    assert!(lines.contains("A1,") && lines.contains(",S1,") && !lines.contains("A2,"));
    assert_eq!(house.get("/orders/export").by(STRANGER).send().await.expect(200).body.lines().count(), 1);
    let paper = house.get("/orders/A1/print").by(OWNER).send().await.expect(200).body;
    assert!(paper.contains("天河路 1 号") && paper.contains("蒙脱石散1号") && paper.contains("¥51.00"), "{paper}");
    house.get("/orders/A9").by(OWNER).send().await.expect(404);
    house.get("/orders/A1").by(STRANGER).send().await.expect(404);
}

// Pages by cursor leave nobody out, in both directions of the list.
#[actix_web::test]
async fn pages_follow_one_another_without_gaps() {
    let (house, cast) = shop(1, 100).await;
    house.buy(&cast, "B0", &[("S1", 1)]).await;
    house.sql(
        "insert into orders (merchant_id, order_no, channel, shop_id, customer_id, state, placed_at, paid_at, goods_amount, freight_amount, discount_amount, \
           card_amount, payable_amount, line_count, delivery, sync, updated_at) \
         select merchant_id, 'B' || n, channel, shop_id, customer_id, case when n % 3 = 0 then 'cancelled' when n % 3 = 1 then 'refunded' else 'to_ship' end, \
           placed_at + (n / 4) * interval '1 minute', paid_at, goods_amount, freight_amount, discount_amount, card_amount, payable_amount, line_count, delivery, \
           'none', updated_at from orders, generate_series(1, 180) n where order_no = 'B0'",
    );
    for (query, expected) in [("", 181), ("view=over", 120), ("view=to_ship", 61)] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = house.get(&format!("/orders?{query}&after={after}")).by(OWNER).json().send().await.expect(200).value();
            seen.extend(nos(&page).into_iter().map(ToOwned::to_owned));
            match page["data"]["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (expected, expected), "{query}");
    }
}

// UI.md §4: the box on top finds an order by its number and by its buyer, and the buyer.
#[actix_web::test]
async fn the_box_on_top_finds_orders_and_buyers() {
    let (house, _) = scene().await;
    let by_no = house.get("/search?q=A2").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(by_no["data"]["orders"][0]["orderNo"], "A2");
    let by_buyer = house.get("/search?q=kzdyf").by(OWNER).part().send().await.expect(200).body;
    assert!(by_buyer.contains("/orders/A1") && by_buyer.contains("/customers?c=C1#one") && !by_buyer.contains("/orders/A2"), "{by_buyer}");
    let other = house.get("/search?q=A2").by(STRANGER).json().send().await.expect(200).value();
    assert_eq!(other["data"]["orders"], json!([]));
}

// L-03, L-05: what left is held against what the buyer saw, package by package.
#[actix_web::test]
async fn what_left_stands_beside_what_was_promised() {
    let (house, cast) = scene().await;
    house.post("/orders/A1/customer").by(OWNER).form(&[("code", "K1")]).send().await.expect(303);
    let ready = house.get("/orders?view=to_ship").by(OWNER).send().await.expect(200).body;
    assert!(ready.contains("/shipments?no=A1"), "{ready}");
    house.sql("update order_lines l set lots = '[{\"lotNo\": \"L1\", \"expiresOn\": \"2027-08-19\", \"quantity\": 3}]' from orders o where o.id = l.order_id and o.order_no = 'A1' and l.no = 1");
    let shipment = json!({
        "orderNo": "A1", "shipmentId": "CK-1", "packages": [{ "carrierCode": "SF", "trackingNo": "SF1590000004187" }],
        "items": [{ "lineNo": 1, "quantity": 2, "lots": [{ "lotNo": "L0", "expiresOn": "2027-08-09", "quantity": 2 }] }],
    });
    house.erp(&cast, "shipment.add", shipment).await.expect(200);
    assert!(house.order("A1").starts_with("partly_shipped"), "{}", house.order("A1"));
    let page = house.get("/orders/A1").by(OWNER).send().await.expect(200).body;
    for said in ["第 1 次发货", "顺丰速运", "SF1590000004187", "换批，效期更短 10 天", "2 / 3", "2 / 5", "第 1 次出库，2 件"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
}
