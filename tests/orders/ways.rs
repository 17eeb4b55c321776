//! The whole way of orders into an ERP, for every way of knowing customers and every way of taking receipts: workers that poll in
//! parallel, crash before their receipt, repeat it, and page while orders arrive and buyers become known. Every order is seen at
//! least once, with its buyer's code, and is in the books exactly once (G9, I-10, U-03, U-04, Q-16, Q-29).

use super::{order, shop};
use crate::support::{Cast, House};
use chrono::Duration;
use duijie::sync;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const BUYERS: [(&str, &str); 4] =
    [("C1", "91350100M000100Y43"), ("C2", "91110000802100433B"), ("C3", "914403001922038216"), ("C4", "91330100799655058B")];
const ORDERS: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Receipt {
    Explicit,
    PullThrough,
    Auto,
}

/// How a worker of the ERP fares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Every third answer is lost on its way.
    Loses,
    /// Says everything twice.
    Repeats,
    /// Books nothing of what it got: it crashes first.
    Crashes,
}

/// One page as the ERP gets it: numbers, and the cursor of the next.
async fn page(house: &House, cast: &Cast, cursor: Option<&String>) -> (Vec<String>, Option<String>) {
    let answer = house.erp(cast, "list.get", json!({ "pageSize": 3, "cursor": cursor })).await.expect(200).value();
    let orders = answer["data"]["records"].as_array().expect("records").clone();
    for one in &orders {
        let (buyer, code) = (&one["basic"]["customerId"], &one["basic"]["erpCustomerCode"]);
        assert_eq!(code, &json!(format!("K-{}", buyer.as_str().unwrap())), "handed over without its buyer's code");
    }
    let no = |o: &Value| o["basic"]["orderNo"].as_str().expect("a number").to_owned();
    (orders.iter().map(no).collect(), answer["data"]["cursor"].as_str().map(ToOwned::to_owned))
}

async fn acknowledge(house: &House, cast: &Cast, nos: &[String]) {
    if !nos.is_empty() {
        let acks: Vec<Value> = nos.iter().map(|no| json!({ "orderNo": no, "erpOrderNo": format!("XS-{no}") })).collect();
        house.erp(cast, "ack", acks.into()).await.expect(200);
    }
}

/// A worker's day; what it has booked.
async fn work(house: &House, cast: &Cast, receipt: Receipt, mood: Mood) -> Vec<String> {
    let (mut booked, mut cursor) = (Vec::new(), None);
    for round in 0..8 {
        let (nos, next) = page(house, cast, cursor.as_ref()).await;
        if mood == Mood::Loses && round % 3 == 0 || mood == Mood::Crashes {
            // It starts again from the cursor it had kept, and knows nothing of this page.
            continue;
        }
        booked.extend(nos.clone());
        match receipt {
            Receipt::Explicit => {
                acknowledge(house, cast, &nos).await;
                if mood == Mood::Repeats {
                    acknowledge(house, cast, &nos).await;
                }
            }
            Receipt::PullThrough => cursor = next.or(cursor),
            Receipt::Auto => {}
        }
    }
    booked
}

/// Orders arrive, one after another, by buyers the ERP may not know yet.
async fn trade(house: &House, cast: &Cast) {
    for n in 0..ORDERS {
        let (buyer, uscc) = BUYERS[n % BUYERS.len()];
        let mut wanted = order(&format!("SO{n:02}"), &[("S1", 1)]);
        wanted["customer"] = json!({ "customerId": buyer, "name": format!("药房 {buyer}"), "uscc": uscc });
        house.sells(cast, "create", wanted).await.expect(200);
        house.pay(cast, &format!("SO{n:02}")).await;
    }
}

/// The merchant makes its buyers known, each by the scheme's own way, while all this goes on.
async fn know(house: &House, cast: &Cast, scheme: &str) {
    for (buyer, uscc) in BUYERS {
        let code = format!("K-{buyer}");
        if scheme == "presync" {
            let told = json!({ "erpCustomerCode": code, "name": format!("药房{buyer}（ERP）"), "uscc": uscc });
            house.api(&cast.erp, "customer.add_or_edit", told).send().await.expect(200);
        } else {
            // Scheme 1 fills the code in when an order has appeared.
            while house.ask(&format!("select count(*) from customers where customer_id = '{buyer}'")) == "0" {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            let told = json!({ "customerId": buyer, "erpCustomerCode": code });
            house.api(&cast.erp, "customer.bind", told).send().await.expect(200);
        }
        sync::move_orders(&house.platform.db, house.now()).await.expect("worker");
    }
}

async fn story(scheme: &str, receipt: Receipt) {
    let (house, cast) = shop(1, 1000).await;
    let (house, cast) = (&house, &cast);
    let mode = match receipt {
        Receipt::Explicit => "explicit",
        Receipt::PullThrough => "pull_through",
        Receipt::Auto => "auto",
    };
    house.sql(&format!("insert into customer_rules (merchant_id, scheme) values ({}, '{scheme}')", cast.a));
    house.sql(&format!("update apps set ack_mode = '{mode}' where merchant_id = {}", cast.a));
    let work = |mood| work(house, cast, receipt, mood);
    let (.., a, b, c) =
        tokio::join!(trade(house, cast), know(house, cast, scheme), work(Mood::Loses), work(Mood::Repeats), work(Mood::Crashes));
    let mut booked = [a, b, c].concat();
    sync::move_orders(&house.platform.db, house.now()).await.expect("worker");

    // The next day one worker goes on until nothing comes any more.
    let mut cursor = None;
    loop {
        house.later(Duration::minutes(11));
        let (nos, next) = page(house, cast, cursor.as_ref()).await;
        if nos.is_empty() {
            break;
        }
        if receipt == Receipt::Explicit {
            acknowledge(house, cast, &nos).await;
        }
        cursor = next.or(cursor).filter(|_| receipt == Receipt::PullThrough);
        booked.extend(nos);
    }
    let expected: BTreeSet<String> = (0..ORDERS).map(|n| format!("SO{n:02}")).collect();
    if receipt == Receipt::Auto {
        // What the seed describes loses what is lost on its way. Whoever compares finds it, and asks for it again.
        let (all, _) = house.pull(cast, json!({ "syncStatus": "all", "pageSize": 100 })).await;
        let lost: Vec<String> = all.into_iter().filter(|no| !booked.contains(no)).collect();
        for no in &lost {
            house.erp(cast, "sync.reset", json!({ "orderNo": no })).await.expect(200);
        }
        let (again, _) = house.pull(cast, json!({ "pageSize": 100 })).await;
        assert_eq!(again.iter().collect::<BTreeSet<_>>(), lost.iter().collect::<BTreeSet<_>>());
        booked.extend(again);
        let twice = booked.iter().collect::<BTreeSet<_>>().len();
        assert_eq!(twice, booked.len(), "handed over twice, though it was taken over at once");
    }
    assert_eq!(booked.iter().cloned().collect::<BTreeSet<_>>(), expected, "{scheme} {mode}");
    assert_eq!(house.ask("select count(*) from orders where sync = 'synced'"), ORDERS.to_string(), "{scheme} {mode}");
    let receipts = if receipt == Receipt::Auto { 0 } else { ORDERS };
    assert_eq!(house.ask("select count(*) from order_events where kind = 'synced'"), receipts.to_string(), "{scheme} {mode}");
    assert_eq!(house.ask("select count(distinct seq) from orders"), ORDERS.to_string());
    house.counters_are_proven(cast).await;
}

#[actix_web::test]
async fn codes_filled_in_and_receipts() {
    story("on_order", Receipt::Explicit).await;
}

#[actix_web::test]
async fn codes_filled_in_and_pages_as_receipts() {
    story("on_order", Receipt::PullThrough).await;
}

#[actix_web::test]
async fn codes_filled_in_and_no_receipts() {
    story("on_order", Receipt::Auto).await;
}

#[actix_web::test]
async fn customers_pushed_and_receipts() {
    story("presync", Receipt::Explicit).await;
}

#[actix_web::test]
async fn customers_pushed_and_pages_as_receipts() {
    story("presync", Receipt::PullThrough).await;
}

#[actix_web::test]
async fn customers_pushed_and_no_receipts() {
    story("presync", Receipt::Auto).await;
}
