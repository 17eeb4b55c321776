//! The check with the ERP when a buyer orders (S-04, Q-30, law of stock §4.3, G17).

use super::{link, shop};
use crate::orders::{now_of, order};
use crate::support::erp::{Erp, Mood};
use crate::support::{Answer, House};
use chrono::Duration as Minutes;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const CHECKS: [(&str, &str); 1] = [("checks", "1")];

/// The error of the first line, with its field and what it names.
fn why(answer: &Answer) -> String {
    let line = &answer.value()["data"]["lines"][0];
    format!("{} {}", line["problems"][0]["code"].as_str().unwrap_or_default(), line["problems"][0]["field"].as_str().unwrap_or_default())
}

/// What the order remembers of its check.
fn check(house: &House, no: &str) -> Value {
    let told = house.ask(&format!(
        "select data->'check' from order_events e join orders o on o.id = e.order_id where o.order_no = '{no}' and kind = 'placed'"
    ));
    serde_json::from_str(&told).unwrap_or_default()
}

// S-04: the lesser of what is here and what the ERP says counts.
#[actix_web::test]
async fn the_copy_here_is_checked_with_the_erp() {
    let (house, cast, erp) = shop(2, 10, &CHECKS).await;
    erp.has("S1", json!({ "inventory": 2 }));
    erp.has("S2", json!({ "inventory": "500" }));
    let short = house.sells(&cast, "create", order("A1", &[("S1", 3)])).await.expect(422);
    assert_eq!(why(&short), "NOT_ENOUGH items[0].quantity");
    assert!(short.body.contains('2'), "{}", short.body);
    house.place(&cast, "A2", &[("S1", 2), ("S2", 9)]).await;
    let told = check(&house, "A2");
    assert_eq!((&told["answered"], &told["silent"], &told["rule"]), (&json!(2), &json!(0), &json!("open")), "{told}");
    // The ERP has plenty, here one is left.
    let short = house.sells(&cast, "create", order("A3", &[("S2", 2)])).await.expect(422);
    assert_eq!(why(&short), "NOT_ENOUGH items[0].quantity");
    assert_eq!(erp.unsigned(), 0);
    house.counters_are_proven(&cast).await;
}

// S-05: the same for a storefront that keeps its orders to itself.
#[actix_web::test]
async fn freezes_are_checked_too_and_say_so() {
    let (house, cast, erp) = shop(1, 10, &CHECKS).await;
    erp.is(Mood::Bare);
    erp.has("S1", json!({ "skuId": "S1", "inventory": 4 }));
    let freeze = |id: &str, quantity: i64| json!({ "reservationId": id, "skuId": "S1", "shopId": 1, "quantity": quantity });
    let taken = house.api(&cast.storefront, "sku.inventory.freeze", freeze("R1", 4)).send().await.expect(200);
    assert_eq!(now_of(&taken)["checked"], "erp");
    // What is frozen here the ERP knows nothing of: its four are these four.
    let refused = house.api(&cast.storefront, "sku.inventory.freeze", freeze("R2", 1)).send().await.expect(422);
    assert_eq!(why(&refused), "NOT_ENOUGH quantity");
    // Of two reservations of one call the second gets what the first has left.
    erp.has("S1", json!({ "inventory": 7 }));
    let both = house.api(&cast.storefront, "sku.inventory.freeze", json!([freeze("R3", 2), freeze("R4", 2)])).send().await.expect(200);
    assert_eq!(both.lines().iter().map(|l| l.1.clone()).collect::<Vec<_>>(), ["applied", "rejected"]);
}

// §4.3: paid units the ERP has booked are in its figure already, others are taken off.
#[actix_web::test]
async fn paid_units_are_taken_off_until_the_erp_knows_them() {
    let (house, cast, erp) = shop(1, 10, &CHECKS).await;
    erp.has("S1", json!({ "inventory": 10 }));
    house.buy(&cast, "B1", &[("S1", 3)]).await;
    // It has not booked B1: ten less three.
    house.sells(&cast, "create", order("B2", &[("S1", 8)])).await.expect(422);
    // It has: its seven are seven.
    house.pull(&cast, json!({})).await;
    house.erp(&cast, "ack", json!({ "orderNo": "B1" })).await.expect(200);
    erp.has("S1", json!({ "inventory": 7 }));
    house.place(&cast, "B3", &[("S1", 7)]).await;
    // A number of the feed says it exactly, whatever was acknowledged.
    house.erp(&cast, "sync.reset", json!({ "orderNo": "B1" })).await;
    house.sells(&cast, "cancel", json!({ "orderNo": "B3" })).await.expect(200);
    erp.has("S1", json!({ "inventory": 7, "ackSeq": 0 }));
    house.sells(&cast, "create", order("B4", &[("S1", 5)])).await.expect(422);
    erp.has("S1", json!({ "inventory": 7, "ackSeq": 1 }));
    house.place(&cast, "B5", &[("S1", 7)]).await;
    house.counters_are_proven(&cast).await;
}

// open, by the local number less the buffer; closed, not at all. Either way it is written down.
#[actix_web::test]
async fn silence_is_decided_by_the_merchants_rule() {
    let (house, cast, erp) = shop(1, 10, &[("checks", "1"), ("buffer", "4")]).await;
    for mood in [Mood::Status(500), Mood::Garbage, Mood::Redirect(erp.url.clone() + "/x"), Mood::Long(11 << 20)] {
        erp.is(mood.clone());
        let refused = house.sells(&cast, "create", order("C0", &[("S1", 7)])).await.expect(422);
        assert_eq!(why(&refused), "NOT_ENOUGH items[0].quantity", "{mood:?}");
    }
    house.later(Minutes::minutes(1));
    house.place(&cast, "C1", &[("S1", 6)]).await;
    let told = check(&house, "C1");
    assert_eq!((&told["answered"], &told["silent"], &told["buffer"]), (&json!(0), &json!(1), &json!(4)), "{told}");
    assert!(house.ask("select failing_since is not null from erp_links").contains('t'));
    house.later(Minutes::minutes(5));
    let overview = house.get("/").by(crate::support::cast::OWNER).send().await.expect(200);
    assert!(overview.body.contains("ERP 没有答复"), "{}", overview.body);
    assert_ne!(house.ask("select count(*) from calls where outward and rejected = 1"), "0");
    link(&house, &erp, &[("checks", "1"), ("when_silent", "closed")]).await.expect(303);
    let refused = house.sells(&cast, "create", order("C2", &[("S1", 1)])).await.expect(422);
    assert_eq!(why(&refused), "ERP_SILENT items[0].quantity");
}

// S-04: "whether the SKU is valid": the ERP says it sells this no more.
#[actix_web::test]
async fn what_the_erp_does_not_sell_is_not_sold() {
    let (house, cast, erp) = shop(1, 10, &CHECKS).await;
    erp.is(Mood::Refuses("停售"));
    let refused = house.sells(&cast, "create", order("D1", &[("S1", 1)])).await.expect(422);
    assert_eq!(why(&refused), "ERP_REFUSES items[0].skuId");
    assert!(refused.body.contains("停售"), "{}", refused.body);
}

// G17: an answer that comes too late is none, and costs a buyer 0.8 seconds and nobody else anything.
#[actix_web::test]
async fn a_slow_erp_harms_its_own_merchant_alone_and_not_for_long() {
    let (house, cast, erp) = shop(1, 50, &CHECKS).await;
    house.api(&cast.other_erp, "sku.inventory.update", crate::stock::lines(1, |_| 50)).send().await.expect(200);
    erp.is(Mood::Slow(Duration::from_secs(30)));
    let began = Instant::now();
    house.place(&cast, "E1", &[("S1", 1)]).await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(700) && took < Duration::from_secs(5), "{took:?}");
    assert_eq!(check(&house, "E1")["why"], "timed_out");
    // After five in a row it is left alone: the buyer does not wait any more, and it is not called.
    for n in 2..=5 {
        house.place(&cast, &format!("E{n}"), &[("S1", 1)]).await;
    }
    erp.heard();
    house.place(&cast, "E6", &[("S1", 1)]).await;
    assert_eq!(check(&house, "E6")["why"], "resting");
    assert_eq!(erp.methods(), Vec::<String>::new());
    house.counters_are_proven(&cast).await;
}

// W-02: a number a person holds is the person's decision.
#[actix_web::test]
async fn a_held_number_is_not_asked_for() {
    let (house, cast, erp) = shop(1, 10, &CHECKS).await;
    erp.has("S1", json!({ "inventory": 1 }));
    house.sql("update stock set hold_id = 1, hold_qty = 40, hold_used = 0, hold_until = null, hold_keeps = false");
    house.place(&cast, "F1", &[("S1", 30)]).await;
    assert_eq!(erp.methods(), Vec::<String>::new());
}

// Q-13, mode triple: available, frozen and sold of the ERP mirror ours.
#[actix_web::test]
async fn a_triple_is_read_as_a_triple() {
    let (house, cast, erp) = shop(1, 0, &CHECKS).await;
    house.post("/settings/stock").by(crate::support::cast::OWNER).form(&[("mode", "triple"), ("minutes", "30")]).send().await.expect(303);
    house.push(&cast, json!({ "skuId": "S1", "shopId": 1, "inventory": 10, "freeze": 0, "saled": 0 })).await.expect(200);
    erp.has("S1", json!({ "inventory": 10, "freeze": 0, "saled": 0 }));
    house.place(&cast, "G1", &[("S1", 4)]).await;
    // The ERP has heard of that freeze: six left and four frozen are ten.
    erp.has("S1", json!({ "inventory": 6, "freeze": 4, "saled": 0 }));
    house.place(&cast, "G2", &[("S1", 6)]).await;
    // It has sold one elsewhere.
    house.sells(&cast, "cancel", json!({ "orderNo": "G2" })).await.expect(200);
    erp.has("S1", json!({ "inventory": 5, "freeze": 4, "saled": 0 }));
    house.sells(&cast, "create", order("G3", &[("S1", 6)])).await.expect(422);
    house.place(&cast, "G4", &[("S1", 5)]).await;
}

// Nothing is asked that cannot be sold, nor of an ERP nobody has connected.
#[actix_web::test]
async fn only_what_is_known_is_asked_for() {
    let (house, cast, erp) = shop(1, 10, &CHECKS).await;
    house.sells(&cast, "create", order("H1", &[("NOPE", 1)])).await.expect(422);
    assert_eq!(erp.methods(), Vec::<String>::new());
    // The platform withdraws the host: the link is there and leads nowhere.
    house.sql("delete from erp_hosts");
    house.place(&cast, "H2", &[("S1", 1)]).await;
    assert_eq!(check(&house, "H2")["why"], "forbidden");
    assert_eq!(erp.methods(), Vec::<String>::new());
    let other = Erp::open().await;
    other.has("S1", json!({ "inventory": 10 }));
    assert_eq!(link(&house, &other, &CHECKS).await.status.as_u16(), 303);
    house.place(&cast, "H3", &[("S1", 1)]).await;
    assert_eq!(other.methods(), ["sku.inventory.get"]);
}
