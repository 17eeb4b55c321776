//! Units that buyers take (S-05, S-07): frozen, paid, given back, run out of time.

use super::{house, line};
use crate::support::{Answer, Cast, House};
use chrono::Duration;
use duijie::sync;
use serde_json::{Value, json};

impl House {
    /// The storefront's call at merchant A.
    pub async fn shop_says(&self, cast: &Cast, what: &str, lines: Value) -> Answer {
        self.api(&cast.erp, &format!("sku.inventory.{what}"), lines).send().await
    }
    /// ERP's number, frozen, paid and open, sold of a SKU of A at shop 1.
    pub fn counters(&self, sku: &str) -> String {
        self.ask(&format!(
            "select concat_ws(' ', s.erp_qty, s.frozen, s.sold_open, s.sold) from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id \
             where k.sku_id = '{sku}' and s.shop_id = 1 order by s.merchant_id limit 1"
        ))
    }
    pub async fn counters_are_proven(&self, cast: &Cast) {
        let merchant = cast.a;
        let found = self.platform.db.snapshot(move |c| duijie::stock::verify::check(c, merchant)).await.expect("check");
        assert_eq!(found.differences, []);
    }
    async fn available(&self, cast: &Cast, sku: &str) -> i64 {
        let read = self.api(&cast.erp, "sku.inventory.get", json!({ "skuId": sku })).send().await;
        read.expect(200).value()["data"]["available"].as_i64().expect("a number")
    }
}

fn take(reservation: &str, sku: &str, quantity: i64) -> Value {
    json!({ "reservationId": reservation, "skuId": sku, "shopId": "1", "quantity": quantity })
}

fn told(answer: &Answer) -> Value {
    answer.value()["data"]["lines"][0]["now"].clone()
}

// S-05, and §4.5 E1–E3 in the words of the wire.
#[actix_web::test]
async fn an_order_is_frozen_paid_booked_and_leaves_the_erps_number() {
    let (house, cast) = house(1).await;
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, 'cursor')", cast.a));
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 10 })).await.expect(200);
    let frozen = house.shop_says(&cast, "freeze", take("R1", "S1", 3)).await.expect(200);
    assert_eq!(told(&frozen), json!({ "state": "frozen", "expiresAt": "2026-11-22 12:30:00" }));
    assert_eq!((house.counters("S1").as_str(), house.available(&cast, "S1").await), ("10 3 0 0", 7));
    // The ERP knows nothing of it and says 10 once more.
    house.later(Duration::minutes(2));
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 10 })).await.expect(200);
    assert_eq!(house.available(&cast, "S1").await, 7);
    let paid = house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200);
    assert_eq!(told(&paid), json!({ "state": "paid", "seq": "1" }));
    assert_eq!((house.counters("S1").as_str(), house.available(&cast, "S1").await), ("10 0 3 3", 7));
    // E4: read before it was booked.
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 10, "ackSeq": 0 })).await.expect(200);
    assert_eq!(house.available(&cast, "S1").await, 7);
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 7, "ackSeq": 1 })).await.expect(200);
    assert_eq!((house.counters("S1").as_str(), house.available(&cast, "S1").await), ("7 0 0 3", 7));
    // E7: a refund after that comes back with the ERP's own next push.
    house.shop_says(&cast, "rollback", json!({ "reservationId": "R1", "reason": "退款" })).await.expect(200);
    assert_eq!((house.counters("S1").as_str(), house.available(&cast, "S1").await), ("7 0 0 0", 7));
    house.counters_are_proven(&cast).await;
    let story = house.ask("select string_agg(kind, ' ' order by id) from stock_movements");
    assert_eq!(story, "erp_set reserve confirm erp_set restock");
}

// Mode bare: what was acknowledged before the previous push arrived is inside.
#[actix_web::test]
async fn a_bare_number_takes_off_what_was_acknowledged_two_pushes_ago() {
    let (house, cast) = house(1).await;
    let push = |n: i64| house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": n }));
    push(10).await.expect(200);
    house.shop_says(&cast, "freeze", take("R1", "S1", 4)).await.expect(200);
    house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200);
    house.later(Duration::minutes(1));
    house.shop_says(&cast, "ack", json!({ "reservationId": "R1" })).await.expect(200);
    for (minutes, number, available) in [(1, 6, 2), (1, 6, 6)] {
        house.later(Duration::minutes(minutes));
        push(number).await.expect(200);
        assert_eq!(house.available(&cast, "S1").await, available, "in doubt outside: hidden for one push, never sold twice");
    }
    house.counters_are_proven(&cast).await;
}

// §4.5 E8
#[actix_web::test]
async fn the_mirrored_triple_never_brings_a_unit_back_to_life() {
    let (house, cast) = house(1).await;
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, 'triple')", cast.a));
    let lone = house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 10 })).await;
    assert_eq!(lone.expect(422).lines(), [line(1, "rejected", "MISSING")], "one number is not three");
    let push = |i: i64, f: i64, s: i64| house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": i, "freeze": f, "saled": s }));
    push(10, 0, 0).await.expect(200);
    house.shop_says(&cast, "freeze", json!([take("R1", "S1", 3), take("R2", "S1", 1), take("R3", "S1", 1)])).await.expect(200);
    house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200);
    assert_eq!(house.available(&cast, "S1").await, 5);
    // It has heard of the sale and of one freeze.
    push(6, 1, 3).await.expect(200);
    assert_eq!(house.available(&cast, "S1").await, 5);
    // It has heard of nothing at all.
    push(10, 0, 0).await.expect(200);
    assert_eq!(house.available(&cast, "S1").await, 5);
    house.counters_are_proven(&cast).await;
}

// I-2: each step can be repeated, and ends in exactly one of paid and released.
#[actix_web::test]
async fn every_step_can_be_repeated_and_none_undone_by_repeating() {
    let (house, cast) = house(2).await;
    house
        .push(&cast, json!([{ "skuId": "S1", "shopId": "1", "inventory": 10 }, { "skuId": "S2", "shopId": "1", "inventory": 10 }]))
        .await
        .expect(200);
    for outcome in ["applied", "unchanged", "unchanged"] {
        assert_eq!(house.shop_says(&cast, "freeze", take("R1", "S1", 3)).await.expect(200).value()["data"][outcome], 1);
    }
    let other = house.shop_says(&cast, "freeze", take("R1", "S1", 4)).await;
    assert_eq!(other.expect(422).lines(), [line(1, "rejected", "OTHER_LINES")]);
    for outcome in ["applied", "unchanged"] {
        assert_eq!(house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200).value()["data"][outcome], 1);
    }
    for outcome in ["applied", "unchanged"] {
        assert_eq!(house.shop_says(&cast, "rollback", json!({ "reservationId": "R1" })).await.expect(200).value()["data"][outcome], 1);
    }
    for (what, sent) in [("deduct", json!({ "reservationId": "R1" })), ("freeze", take("R1", "S1", 3))] {
        assert_eq!(house.shop_says(&cast, what, sent).await.expect(422).lines(), [line(1, "rejected", "WRONG_STATE")], "{what}");
    }
    for what in ["deduct", "rollback", "ack"] {
        let unknown = house.shop_says(&cast, what, json!({ "reservationId": "R9" })).await;
        assert_eq!(unknown.expect(422).lines(), [line(1, "rejected", "UNKNOWN_RESERVATION")], "{what}");
    }
    assert_eq!(house.counters("S1"), "10 0 0 0");
    house.counters_are_proven(&cast).await;
}

// S-05: several lines at once, all or nothing; other reservations of the call stand for themselves.
#[actix_web::test]
async fn one_line_too_many_takes_its_reservation_with_it() {
    let (house, cast) = house(2).await;
    house
        .push(&cast, json!([{ "skuId": "S1", "shopId": "1", "inventory": 5 }, { "skuId": "S2", "shopId": "1", "inventory": 5 }]))
        .await
        .expect(200);
    let wanted = json!([
        take("R1", "S1", 2),
        take("R1", "S2", 6),
        take("R2", "S1", 4),
        take("R3", "S1", 2),
        take("R4", "S9", 1),
        take("R4", "S2", 1)
    ]);
    let answer = house.shop_says(&cast, "freeze", wanted).await.expect(200);
    let of = |outcome: &str| answer.value()["data"][outcome].clone();
    assert_eq!((of("applied"), of("rejected")), (json!(1), json!(5)));
    let codes: Vec<String> = answer.lines().into_iter().map(|(_, _, code)| code).collect();
    assert_eq!(codes, ["ALL_OR_NOTHING", "NOT_ENOUGH", "", "NOT_ENOUGH", "UNKNOWN_SKU", "ALL_OR_NOTHING"]);
    assert_eq!((house.counters("S1"), house.counters("S2")), ("5 4 0 0".into(), "5 0 0 0".into()));
    assert_eq!(house.ask("select count(*) from reservations"), "1", "nothing is left of those that could not be had");
    let preview = json!({ "preview": true, "lines": [take("R5", "S2", 5)] });
    assert_eq!(house.shop_says(&cast, "freeze", preview).await.expect(200).value()["data"]["applied"], 1);
    assert_eq!(house.counters("S2"), "5 0 0 0");
    house.counters_are_proven(&cast).await;
}

#[actix_web::test]
async fn a_part_of_an_order_can_be_given_back() {
    let (house, cast) = house(2).await;
    house
        .push(&cast, json!([{ "skuId": "S1", "shopId": "1", "inventory": 5 }, { "skuId": "S2", "shopId": "1", "inventory": 5 }]))
        .await
        .expect(200);
    house.shop_says(&cast, "freeze", json!([take("R1", "S1", 2), take("R1", "S2", 3)])).await.expect(200);
    let part = house.shop_says(&cast, "rollback", json!({ "reservationId": "R1", "skuId": "S2" })).await.expect(200);
    assert_eq!(told(&part)["state"], "frozen");
    assert_eq!((house.counters("S1"), house.counters("S2")), ("5 2 0 0".into(), "5 0 0 0".into()));
    house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200);
    assert_eq!((house.counters("S1"), house.counters("S2")), ("5 0 2 2".into(), "5 0 0 0".into()));
    house.counters_are_proven(&cast).await;
}

// S-07: what nobody pays comes back by itself, and a payment that is a little late still counts.
#[actix_web::test]
async fn a_freeze_runs_out_of_time() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 5 })).await.expect(200);
    house.shop_says(&cast, "freeze", json!([take("R1", "S1", 2), take("R2", "S1", 2)])).await.expect(200);
    house.later(Duration::minutes(30));
    house.shop_says(&cast, "deduct", json!({ "reservationId": "R2" })).await.expect(200);
    assert_eq!(sync::end_in_time(&house.platform.db, house.now()).await.expect("ends"), 1);
    assert_eq!(sync::end_in_time(&house.platform.db, house.now()).await.expect("ends"), 0);
    assert_eq!(house.counters("S1"), "5 0 2 2");
    let late = house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await;
    assert_eq!(late.expect(422).lines(), [line(1, "rejected", "WRONG_STATE")]);
    assert_eq!(house.ask("select kind || ' ' || reservation from stock_movements order by id desc limit 1"), "expire R1");
    house.counters_are_proven(&cast).await;
}

// G8, I-13: another merchant's reservation is unknown, and its id is free.
#[actix_web::test]
async fn reservations_of_two_merchants_do_not_meet() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 5 })).await.expect(200);
    house.shop_says(&cast, "freeze", take("R1", "S1", 2)).await.expect(200);
    for what in ["deduct", "rollback", "ack"] {
        let call = house.api(&cast.other_erp, &format!("sku.inventory.{what}"), json!({ "reservationId": "R1" })).send().await;
        assert_eq!(call.expect(422).lines(), [line(1, "rejected", "UNKNOWN_RESERVATION")]);
    }
    let freeze = house.api(&cast.other_erp, "sku.inventory.freeze", take("R1", "S1", 1)).send().await;
    assert_eq!(freeze.expect(422).lines(), [line(1, "rejected", "NOT_ENOUGH")], "their stock, not ours");
    assert_eq!(house.counters("S1"), "5 2 0 0");
}

#[actix_web::test]
async fn bad_wishes_are_named() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 5 })).await.expect(200);
    let wishes = json!([
        { "reservationId": "R1", "skuId": "S1", "shopId": "1" },
        { "reservationId": "R2", "skuId": "S1", "shopId": "1", "quantity": 0 },
        { "reservationId": "R3", "skuId": "S1", "shopId": "9", "quantity": 1 },
        { "reservationId": "R4".repeat(40), "skuId": "S1", "shopId": "1", "quantity": 1 },
        { "reservationId": "R5", "skuId": "S1", "shopId": "1", "quantity": 1, "minutes": 0 },
        { "reservationId": "R6", "skuId": "S1", "quantity": 1 },
        { "reservationId": "R6", "skuId": "S1", "shopId": "1", "quantity": 1 },
    ]);
    let codes: Vec<String> = house.shop_says(&cast, "freeze", wishes).await.expect(422).lines().into_iter().map(|(_, _, c)| c).collect();
    assert_eq!(codes, ["MISSING", "BAD_CHOICE", "UNKNOWN_SHOP", "TOO_LONG", "BAD_CHOICE", "ALL_OR_NOTHING", "DUPLICATE_IN_BATCH"]);
    assert_eq!(house.counters("S1"), "5 0 0 0");
}
