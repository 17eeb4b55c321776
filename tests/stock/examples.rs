//! The worked examples of the law of stock, word for word over HTTP: what the ERP says, what buyers do, what can be bought.

use super::house;
use crate::support::{Cast, House};
use serde_json::{Value, json};

/// One SKU in mode cursor, told of 10.
async fn ten() -> (House, Cast) {
    let (house, cast) = house(1).await;
    mode(&house, &cast, "cursor");
    house.push(&cast, json!({ "skuId": "S1", "inventory": 10 })).await.expect(200);
    (house, cast)
}

fn mode(house: &House, cast: &Cast, mode: &str) {
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, '{mode}')", cast.a));
}

async fn says(house: &House, cast: &Cast, inventory: i64, ack: i64, at: &str) -> Value {
    let push = json!({ "skuId": "S1", "inventory": inventory, "ackSeq": ack, "sourceTime": format!("2026-11-22 {at}") });
    house.push(cast, push).await.expect(200).value()["data"].clone()
}

async fn buys(house: &House, cast: &Cast, no: &str, quantity: i64) {
    house.shop_says(cast, "freeze", json!({ "reservationId": no, "skuId": "S1", "quantity": quantity })).await.expect(200);
}

async fn pays(house: &House, cast: &Cast, no: &str) {
    house.shop_says(cast, "deduct", json!({ "reservationId": no })).await.expect(200);
}

async fn can_be_bought(house: &House, cast: &Cast) -> (i64, i64) {
    let data = house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1" })).send().await.expect(200).value()["data"].clone();
    (data["available"].as_i64().expect("a number"), data["inventory"].as_i64().expect("a number"))
}

// E1: the ERP sends its number again and knows nothing of a freeze.
#[actix_web::test]
async fn e1_a_repeated_number_gives_nothing_back() {
    let (house, cast) = ten().await;
    buys(&house, &cast, "R1", 3).await;
    assert_eq!(can_be_bought(&house, &cast).await, (7, 7));
    says(&house, &cast, 10, 0, "11:50:00").await;
    assert_eq!(can_be_bought(&house, &cast).await, (7, 7));
}

// E2, E3: paid and not pulled yet; then booked. E6: the first of the two arrives once more. E7: a refund after that.
#[actix_web::test]
async fn e2_e3_e6_e7_a_paid_order_is_taken_off_once() {
    let (house, cast) = ten().await;
    house.sql(&format!("update merchants set order_seq = 40 where id = {}", cast.a));
    buys(&house, &cast, "R1", 3).await;
    pays(&house, &cast, "R1").await;
    assert_eq!(house.ask("select seq from reservations"), "41");
    says(&house, &cast, 10, 40, "11:50:00").await;
    assert_eq!(can_be_bought(&house, &cast).await, (7, 7), "E2");
    says(&house, &cast, 7, 41, "11:51:00").await;
    assert_eq!((can_be_bought(&house, &cast).await, house.counters("S1").as_str()), ((7, 7), "7 0 0 3"), "E3: never 4");
    assert_eq!(says(&house, &cast, 10, 40, "11:50:00").await["stale"], 1, "E6");
    assert_eq!(can_be_bought(&house, &cast).await, (7, 7), "E6");
    house.shop_says(&cast, "rollback", json!({ "reservationId": "R1" })).await.expect(200);
    assert_eq!(can_be_bought(&house, &cast).await, (7, 7), "E7");
    says(&house, &cast, 10, 41, "11:52:00").await;
    assert_eq!(can_be_bought(&house, &cast).await, (10, 10), "E7: with the ERP's own next number");
    house.counters_are_proven(&cast).await;
}

// E4: the number was read before the order was booked, and arrives after.
#[actix_web::test]
async fn e4_what_counts_is_when_the_number_was_read() {
    let (house, cast) = ten().await;
    house.sql(&format!("update merchants set order_seq = 40 where id = {}", cast.a));
    buys(&house, &cast, "R1", 3).await;
    pays(&house, &cast, "R1").await;
    house.shop_says(&cast, "ack", json!({ "reservationId": "R1" })).await.expect(200);
    says(&house, &cast, 10, 40, "11:59:58").await;
    assert_eq!(can_be_bought(&house, &cast).await, (7, 7), "by the state on arrival it would be 10");
}

// E5: the ERP has sold elsewhere what buyers have frozen here.
#[actix_web::test]
async fn e5_sold_elsewhere_leaves_us_short_and_cancels_nothing() {
    let (house, cast) = ten().await;
    buys(&house, &cast, "R1", 3).await;
    says(&house, &cast, 2, 0, "11:50:00").await;
    assert_eq!(can_be_bought(&house, &cast).await, (-1, 0));
    let more = house.shop_says(&cast, "freeze", json!({ "reservationId": "R2", "skuId": "S1", "quantity": 1 })).await;
    assert_eq!(more.expect(422).lines()[0].2, "NOT_ENOUGH");
    assert_eq!((house.marks().as_str(), house.counters("S1").as_str()), ("S1/1 short", "2 3 0 0"));
    let why = house.get("/stock/S1/1/why").by(super::OWNER).send().await.expect(200);
    assert!(why.body.contains("R1"), "the orders that are short are named");
}

// E8: the triple mirrors what we did, as far as the ERP has heard of it.
#[actix_web::test]
async fn e8_the_triple_brings_no_unit_back_to_life() {
    let (house, cast) = house(1).await;
    mode(&house, &cast, "triple");
    let push = |i: i64, f: i64, s: i64| house.push(&cast, json!({ "skuId": "S1", "inventory": i, "freeze": f, "saled": s }));
    push(10, 0, 0).await.expect(200);
    for (no, quantity) in [("R1", 3), ("R2", 1), ("R3", 1)] {
        buys(&house, &cast, no, quantity).await;
    }
    pays(&house, &cast, "R1").await;
    push(6, 1, 3).await.expect(200);
    assert_eq!(can_be_bought(&house, &cast).await, (5, 5), "copied, it would be 6");
}
