//! Buyers before orders, orders before units: whoever needs both takes them in that order.

use super::{order, shop};
use duijie::ids::CustomerId;
use duijie::trail::Cause;
use duijie::{customers, orders};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

// U-03, Q-29: a call that repeats an order of a buyer and brings another, with news of the buyer, while a person says who the
// buyer is. Neither waits for what the other holds.
#[actix_web::test]
async fn placing_orders_and_matching_their_buyer_do_not_stand_in_each_others_way() {
    let (house, cast) = shop(1, 100).await;
    house.sql(&format!("insert into customer_rules (merchant_id, scheme) values ({}, 'on_order')", cast.a));
    house.buy(&cast, "SO1", &[("S1", 1)]).await;
    assert_eq!(house.order("SO1"), "to_ship blocked customer_unmapped");
    let buyer = CustomerId(house.ask("select id from customers where customer_id = 'C1'").parse().unwrap());

    let held = Arc::new(AtomicBool::new(false));
    let (matching, db) = (Arc::clone(&held), house.platform.db.clone());
    let cause = Cause::system(cast.a, "matching", house.now());
    let page = async {
        db.write(move |tx| {
            customers::bind(tx, &cause, buyer, "K7001", None)?;
            matching.store(true, Ordering::SeqCst);
            // Long enough for the call to come as far as it can.
            std::thread::sleep(Duration::from_millis(700));
            orders::release_unmapped(tx, &cause, &[buyer])
        })
        .await
    };
    let call = async {
        while !held.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut fresh = order("SO2", &[("S1", 2)]);
        fresh["customer"]["phone"] = json!("10000000009");
        house.sells(&cast, "create", json!([order("SO1", &[("S1", 1)]), fresh])).await
    };
    let (released, placed) = tokio::join!(page, call);
    assert_eq!(released.expect("the matching page"), 1);
    assert_eq!(placed.expect(200).lines(), [(1, "unchanged".into(), String::new()), (2, "applied".into(), String::new())]);
    assert_eq!((house.order("SO1"), house.order("SO2")), ("to_ship unsynced".into(), "unpaid none".into()));
    assert_eq!(house.ask("select concat_ws(' ', erp_code, phone) from customers where customer_id = 'C1'"), "K7001 10000000009");
}

// Two calls about the same two buyers, each naming them the other way round.
#[actix_web::test]
async fn calls_about_the_same_buyers_take_them_in_one_order() {
    let (house, cast) = shop(1, 1000).await;
    let of = |no: String, buyer: &str, round: i32| {
        let mut order = order(&no, &[("S1", 1)]);
        order["customer"] = json!({ "customerId": buyer, "name": "康泽大药房", "phone": format!("1000000{round:04}") });
        order
    };
    for round in 0..8 {
        let calls = [("A", ["C1", "C2"]), ("B", ["C2", "C1"])].map(|(call, buyers)| {
            let orders: Vec<_> = buyers.iter().map(|b| of(format!("{call}{round}{b}"), b, round * 2 + i32::from(call == "A"))).collect();
            house.sells(&cast, "create", orders.into())
        });
        for answer in futures_util::future::join_all(calls).await {
            answer.expect(200);
        }
    }
    assert_eq!(house.ask("select count(*) from orders"), "32");
}
