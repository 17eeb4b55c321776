//! An ERP that tells steps instead of numbers, and one that begins anew (§4.3).

use super::{OWNER, house, line, lines};
use crate::support::{Answer, Cast, House};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};

async fn steps(house: &House, cast: &Cast, lines: Value) -> Answer {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let key = format!("step-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    house.api(&cast.erp, "sku.inventory.adjust", lines).header("idempotency-key", &key).send().await
}

fn step(sku: &str, delta: i64) -> Value {
    json!({ "skuId": sku, "delta": delta })
}

// I-2: a change sent twice happens once, and one that could not be recognised is not taken at all.
#[actix_web::test]
async fn a_step_needs_its_key_and_happens_once() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 10)).await.expect(200);
    let bare = house.api(&cast.erp, "sku.inventory.adjust", step("S1", -3)).send().await.expect(422);
    assert_eq!(bare.value()["error"], "KEY_MISSING");
    let call = || house.api(&cast.erp, "sku.inventory.adjust", json!({ "requestId": "a1", "lines": [step("S1", -3)] })).send();
    let first = call().await.expect(200);
    assert_eq!(first.value()["data"]["lines"][0]["now"], json!({ "inventory": 7, "automatic": 7, "quantity": 7, "version": "2" }));
    assert_eq!(call().await.expect(200).body, first.body);
    let preview = json!({ "preview": true, "lines": [step("S1", -7)] });
    assert_eq!(house.api(&cast.erp, "sku.inventory.adjust", preview).send().await.expect(200).value()["data"]["applied"], 1);
    assert_eq!(house.row("S1", 1), "7 erp v2");
    assert_eq!(house.movements(), "erp_set 0→10 10 ERP, erp_step 10→7 7 ERP");
    house.counters_are_proven(&cast).await;
}

#[actix_web::test]
async fn a_step_never_goes_below_nothing_and_needs_a_number() {
    let (house, cast) = house(2).await;
    house.push(&cast, lines(1, |_| 10)).await.expect(200);
    let told = steps(&house, &cast, json!([step("S1", -11), step("S2", 5), step("S9", 1), { "skuId": "S1", "shopId": "2" }])).await;
    let expected = [
        line(1, "rejected", "BELOW_ZERO"),
        line(2, "rejected", "NO_NUMBER"),
        line(3, "rejected", "UNKNOWN_SKU"),
        line(4, "rejected", "MISSING"),
    ];
    assert_eq!(told.expect(422).lines(), expected);
    let twins = steps(&house, &cast, json!([step("S1", -1), { "skuId": "S1", "shopId": "1", "delta": -1 }])).await;
    assert_eq!(twins.expect(422).lines(), [line(1, "rejected", "DUPLICATE_IN_BATCH"), line(2, "rejected", "DUPLICATE_IN_BATCH")]);
    steps(&house, &cast, json!([step("S1", -10)])).await.expect(200);
    assert_eq!((house.row("S1", 1), house.marks()), ("0 erp v2".into(), "S1/1 out".into()));
}

// the number that is there was read after the change was booked, so it contains it.
#[actix_web::test]
async fn a_step_older_than_the_number_is_in_it_already() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "inventory": 10, "sourceTime": "2026-11-22 11:50:00" })).await.expect(200);
    let at = |time: &str| json!({ "skuId": "S1", "delta": -2, "sourceTime": format!("2026-11-22 {time}") });
    assert_eq!(steps(&house, &cast, at("11:49:00")).await.expect(200).lines(), [line(1, "stale", "STALE")]);
    steps(&house, &cast, at("11:51:00")).await.expect(200);
    assert_eq!(house.row("S1", 1), "8 erp v2");
    let moved = json!({ "skuId": "S1", "delta": -2, "ifVersion": 1 });
    assert_eq!(steps(&house, &cast, moved).await.expect(422).lines(), [line(1, "rejected", "CONFLICT")]);
}

// A step says nothing of our orders: what was paid stays outside until a whole number has taken it off.
#[actix_web::test]
async fn a_step_takes_no_order_of_ours_off() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 10)).await.expect(200);
    house.later(chrono::Duration::seconds(30));
    house.shop_says(&cast, "freeze", json!({ "reservationId": "R1", "skuId": "S1", "quantity": 4 })).await.expect(200);
    house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200);
    house.shop_says(&cast, "ack", json!({ "reservationId": "R1" })).await.expect(200);
    house.later(chrono::Duration::minutes(5));
    steps(&house, &cast, step("S1", -1)).await.expect(200);
    assert_eq!(house.counters("S1"), "9 0 4 4");
    // Nor does it count as the push before this one (mode bare).
    house.push(&cast, lines(1, |_| 9)).await.expect(200);
    assert_eq!(house.counters("S1"), "9 0 4 4");
    house.later(chrono::Duration::minutes(5));
    house.push(&cast, lines(1, |_| 5)).await.expect(200);
    assert_eq!(house.counters("S1"), "5 0 0 4");
    house.counters_are_proven(&cast).await;
}

// W-02, Q-28: a hold lies over it, a switch or an exception turns it down; nothing is kept that would be lost later.
#[actix_web::test]
async fn a_step_goes_below_a_hold_and_waits_for_nothing() {
    let (house, cast) = house(2).await;
    house.push(&cast, lines(2, |_| 10)).await.expect(200);
    let hold = [("quantity", "20"), ("lasts", "2h"), ("end", "auto"), ("chosen", "hold-reason-coming"), ("version", "1")];
    house.post("/stock/S1/1/hold").by(OWNER).form(&hold).send().await;
    assert_eq!(house.ask("select count(*) from holds"), "1");
    assert_eq!(steps(&house, &cast, step("S1", -3)).await.expect(200).lines(), [line(1, "held", "HELD")]);
    assert_eq!(house.counters("S1"), "7 0 0 0");
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'stock', '盘点', '王', now())",
        cast.a
    ));
    assert_eq!(steps(&house, &cast, step("S2", -3)).await.expect(422).lines(), [line(1, "rejected", "CANNOT_WAIT")]);
    house.push(&cast, json!({ "skuId": "S2", "inventory": 6 })).await.expect(200);
    house.sql("delete from switches");
    // On again, and the number kept meanwhile is about to be applied: a step before it would be undone.
    assert_eq!(steps(&house, &cast, step("S2", -3)).await.expect(422).lines(), [line(1, "rejected", "CANNOT_WAIT")]);
    assert_eq!(house.ask("select count(*) from parked_lines"), "0");
}

// §4.6: the number that waits for a person is what the ERP steps from, be it released or not; nothing is added to the old one beside it.
#[actix_web::test]
async fn a_step_does_not_pass_a_number_in_quarantine() {
    let (house, cast) = house(42).await;
    house.push(&cast, lines(42, |_| 10)).await.expect(200);
    house.later(chrono::Duration::hours(1));
    let zeros = house.push(&cast, lines(40, |_| 0)).await.expect(200);
    assert_eq!(zeros.value()["data"]["parked"], 40);
    // One that came with its product waits just the same.
    house.api(&cast.erp, "prod.add_or_edit", json!({ "prodId": "P42", "inventory": 0 })).send().await.expect(200);
    assert_eq!(steps(&house, &cast, step("S42", -1)).await.expect(422).lines(), [line(1, "rejected", "CANNOT_WAIT")]);
    let both = json!([step("S1", 5), { "skuId": "S2", "shopId": "1", "delta": -1 }, step("S41", -1)]);
    let told = steps(&house, &cast, both).await.expect(200);
    assert_eq!(told.lines()[..2], [line(1, "rejected", "CANNOT_WAIT"), line(2, "rejected", "CANNOT_WAIT")]);
    let said = told.value()["data"]["lines"][0]["problems"][0]["msg"].as_str().unwrap_or_default().to_owned();
    assert!(said.contains("隔离 1 等人确认"), "{said}");
    assert_eq!((house.row("S1", 1), house.row("S41", 1)), ("10 erp v1".into(), "9 erp v2".into()));
    // Somebody decides: from then on steps count again, from what is in force then.
    let (first, second) = ("select id from parked_lines where key = 'S1/1'", "select id from parked_lines where key = 'S2/1'");
    house
        .post("/sync/quarantine/1/approval")
        .by(OWNER)
        .form(&[("reason", "清仓"), ("id", house.ask(first).as_str())])
        .send()
        .await
        .expect(303);
    house
        .post("/sync/quarantine/1/refusal")
        .by(OWNER)
        .form(&[("reason", "误传"), ("id", house.ask(second).as_str())])
        .send()
        .await
        .expect(303);
    steps(&house, &cast, json!([step("S1", 5), step("S2", -1)])).await.expect(200);
    assert_eq!((house.row("S1", 1), house.row("S2", 1)), ("5 erp v3".into(), "9 erp v2".into()));
    // A whole number takes the place of the one that waits.
    house.push(&cast, json!({ "skuId": "S3", "shopId": "1", "inventory": 4 })).await.expect(200);
    steps(&house, &cast, step("S3", -1)).await.expect(200);
    assert_eq!(house.row("S3", 1), "3 erp v3");
    house.counters_are_proven(&cast).await;
}

#[actix_web::test]
async fn many_steps_to_zero_are_turned_down() {
    let (house, cast) = house(60).await;
    house.push(&cast, lines(60, |_| 10)).await.expect(200);
    let all: Value = (1..=40).map(|n| step(&format!("S{n}"), if n == 40 { -9 } else { -10 })).collect();
    let told = steps(&house, &cast, all).await.expect(200);
    assert_eq!(told.lines()[0], line(1, "rejected", "MASS_CHANGE"));
    assert_eq!((&told.value()["data"]["rejected"], &told.value()["data"]["applied"]), (&json!(39), &json!(1)));
    assert_eq!(house.ask("select count(*) from quarantines"), "0", "there is nothing to decide about");
}

// §4.3: an ERP restored from a backup begins its clock anew.
#[actix_web::test]
async fn a_higher_epoch_begins_anew_and_a_lower_one_is_over() {
    let (house, cast) = house(1).await;
    let says = |inventory: i64, epoch: Value, at: &str| {
        let at = format!("2026-11-22 {at}");
        house.push(&cast, json!({ "skuId": "S1", "inventory": inventory, "epoch": epoch, "sourceTime": at }))
    };
    says(10, Value::Null, "11:50:00").await.expect(200);
    assert_eq!(says(12, Value::Null, "10:00:00").await.expect(200).lines(), [line(1, "stale", "STALE")]);
    assert_eq!(says(12, json!(1), "10:00:00").await.expect(200).value()["data"]["applied"], 1);
    assert_eq!(says(10, json!(0), "11:55:00").await.expect(200).lines(), [line(1, "stale", "OLD_EPOCH")]);
    assert_eq!(
        says(13, Value::Null, "09:59:00").await.expect(200).lines(),
        [line(1, "stale", "STALE")],
        "within the new epoch time counts"
    );
    assert_eq!(says(13, json!("1"), "10:01:00").await.expect(200).value()["data"]["applied"], 1);
    assert_eq!(house.ask("select concat_ws(' ', erp_qty, epoch, source_time) from stock"), "13 1 2026-11-22 02:01:00+00");
}

// Nothing said in the old epoch tells what the new number contains: in doubt units are outside.
#[actix_web::test]
async fn in_a_new_epoch_paid_units_are_outside_until_it_says_otherwise() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 10)).await.expect(200);
    house.later(chrono::Duration::seconds(30));
    house.shop_says(&cast, "freeze", json!({ "reservationId": "R1", "skuId": "S1", "quantity": 4 })).await.expect(200);
    house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200);
    house.shop_says(&cast, "ack", json!({ "reservationId": "R1" })).await.expect(200);
    house.later(chrono::Duration::minutes(1));
    house.push(&cast, lines(1, |_| 6)).await.expect(200);
    house.later(chrono::Duration::minutes(1));
    house.push(&cast, json!({ "skuId": "S1", "inventory": 10, "epoch": 1 })).await.expect(200);
    assert_eq!(house.counters("S1"), "10 0 4 4");
}

// The same while a switch is off: what waits follows the epochs too.
#[actix_web::test]
async fn kept_lines_follow_the_epoch() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 1)).await.expect(200);
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'stock', '盘点', '王', now())",
        cast.a
    ));
    let says = |inventory: i64, epoch: i64, at: &str| {
        let at = format!("2026-11-22 {at}");
        house.push(&cast, json!({ "skuId": "S1", "inventory": inventory, "epoch": epoch, "sourceTime": at }))
    };
    says(10, 0, "11:50:00").await.expect(200);
    assert_eq!(says(12, 1, "10:00:00").await.expect(200).lines(), [line(1, "held", "SYNC_OFF")]);
    assert_eq!(says(11, 0, "11:55:00").await.expect(200).lines(), [line(1, "stale", "OLD_EPOCH")]);
    assert_eq!(house.ask("select line->>'inventory' || ' ' || source_time from held_lines"), "12 2026-11-22 02:00:00+00");
}

// §4.4: what other channels take between two reports is what safety stock has to cover; our own orders are none of it.
#[actix_web::test]
async fn safety_stock_is_suggested_by_what_others_took_and_never_applied() {
    let (house, cast) = house(2).await;
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, 'cursor')", cast.a));
    let says = async |sku: &str, inventory: i64, ack: i64| {
        house.later(chrono::Duration::minutes(2));
        house.push(&cast, json!({ "skuId": sku, "inventory": inventory, "ackSeq": ack })).await.expect(200);
    };
    says("S1", 50, 0).await;
    says("S1", 48, 0).await;
    house.shop_says(&cast, "freeze", json!({ "reservationId": "R1", "skuId": "S1", "quantity": 20 })).await.expect(200);
    house.shop_says(&cast, "deduct", json!({ "reservationId": "R1" })).await.expect(200);
    // 20 of ours and 4 of somebody else's; then goods come in.
    says("S1", 24, 1).await;
    says("S1", 80, 1).await;
    says("S2", 9, 0).await;
    let chosen = [("what", "limits"), ("id", "S1/1"), ("id", "S2/1")];
    let asked = house.post("/stock/bulk").by(OWNER).json().form(&chosen).send().await.expect(200).value();
    assert_eq!(asked["data"]["suggestedSafety"], json!([4, null]));
    assert_eq!(house.ask("select max(safety) from stock"), "0");
    let page = house.post("/stock/bulk").by(OWNER).form(&chosen).send().await.expect(200).body;
    assert!(page.contains("建议留出"));
    // Mode bare cannot tell whose the 24 were: those of ours that were open may be in it.
    house.sql("update stock_rules set mode = 'bare'");
    let bare = house.post("/stock/bulk").by(OWNER).json().form(&chosen).send().await.expect(200).value();
    assert_eq!(bare["data"]["suggestedSafety"], json!([4, null]));
}
