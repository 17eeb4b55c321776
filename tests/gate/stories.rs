use super::{OWNER, READER, STRANGER, minutes, scene};
use crate::stock::{line, lines};
use serde_json::json;

// W-01 W-02 Q-28 G11: off → held → still the old value → on → applied.
#[actix_web::test]
async fn what_is_pushed_while_stock_is_off_is_kept_and_applied_afterwards() {
    let (house, cast) = scene(2).await;
    house.off("stock", "2h").await.expect(200);
    let told = house.push(&cast, json!([{ "skuId": "S1", "inventory": 7 }, { "skuId": "S2", "inventory": -1 }])).await.expect(200);
    assert_eq!(told.lines(), [line(1, "held", "SYNC_OFF"), line(2, "rejected", "NEGATIVE")]);
    let first = &told.value()["data"]["lines"][0];
    assert_eq!(first["now"]["heldUntil"], "2026-11-22 14:00:00");
    assert!(first["problems"][0]["msg"].as_str().unwrap().contains("盘点"), "{first}");
    assert_eq!(house.can_buy(&cast, "S1").await, 100);
    // Newest wins, by arrival; the shop is the default one whether it is named or not.
    house.later(minutes(1));
    house.push(&cast, json!({ "skuId": "S1", "shopId": 1, "inventory": 5 })).await.expect(200);
    assert_eq!(house.held(), r#"stock S1/1 {"inventory": 5} x2"#);
    assert_eq!(house.release().await, 0);
    let state = house.switches(&cast, json!({})).await;
    let stock = state["modules"].as_array().unwrap().iter().find(|m| m["module"] == "stock").unwrap().clone();
    assert_eq!(stock, json!({ "module": "stock", "on": 0, "until": "2026-11-22 14:00:00", "reason": "盘点", "waiting": 1 }));
    house.on("stock", "all", &[]).await.expect(200);
    assert_eq!(house.release().await, 1);
    assert_eq!((house.can_buy(&cast, "S1").await, house.held()), (5, String::new()));
    assert_eq!(house.verbs(), "switch.turned_off switch.turned_on");
    // Once more changes nothing: the list is empty.
    assert_eq!(house.release().await, 0);
}

// W-04: the end is part of the question; the worker only writes it down and catches up.
#[actix_web::test]
async fn a_pause_ends_at_its_time() {
    let (house, cast) = scene(1).await;
    house.off("stock", "30m").await.expect(200);
    house.push(&cast, lines(1, |_| 8)).await.expect(200);
    house.later(minutes(29));
    assert_eq!(house.push(&cast, lines(1, |_| 9)).await.expect(200).lines(), [line(1, "held", "SYNC_OFF")]);
    house.later(minutes(1));
    // Nobody has come by yet, and it is on: the direct push takes the place of what waits.
    assert_eq!(house.push(&cast, lines(1, |_| 3)).await.expect(200).lines(), []);
    assert_eq!((house.can_buy(&cast, "S1").await, house.held()), (3, String::new()));
    house.release().await;
    assert_eq!(house.verbs(), "switch.turned_off switch.expired");
    assert_eq!(house.can_buy(&cast, "S1").await, 3);
}

// §4.6: the day-old shadow is not applied by itself; a person may still want it.
#[actix_web::test]
async fn what_is_a_day_old_needs_a_word() {
    for (how, stock) in [("", 100), ("all", 8)] {
        let (house, cast) = scene(1).await;
        house.off("stock", "open").await.expect(200);
        house.push(&cast, lines(1, |_| 8)).await.expect(200);
        house.later(minutes(25 * 60));
        house.log_in(OWNER).await;
        house.on("stock", how, &[]).await.expect(200);
        assert_eq!(house.release().await, 1);
        assert_eq!((house.can_buy(&cast, "S1").await, house.held()), (stock, String::new()), "{how}");
    }
}

#[actix_web::test]
async fn a_person_applies_some_and_discards_the_rest() {
    let (house, cast) = scene(3).await;
    house.off("stock", "2h").await.expect(200);
    house.push(&cast, lines(3, |i| i)).await.expect(200);
    house.on("stock", "chosen", &["sku.inventory.update|S2/1"]).await.expect(200);
    house.release().await;
    assert_eq!((house.row("S1", 1), house.row("S2", 1), house.held()), ("100 erp v1".into(), "2 erp v2".into(), String::new()));
    house.off("stock", "2h").await.expect(200);
    house.push(&cast, lines(3, |_| 50)).await.expect(200);
    house.on("stock", "none", &[]).await.expect(200);
    house.release().await;
    assert_eq!(house.row("S1", 1), "100 erp v1");
    assert!(house.verbs().contains("held.discarded"));
    // The next push counts as ever.
    house.push(&cast, lines(1, |_| 49)).await.expect(200);
    assert_eq!(house.row("S1", 1), "49 erp v2");
}

// G-01, G-07: AND, not "most specific wins": pause, switch and exception each stop a value alone.
#[actix_web::test]
async fn each_of_three_stops_a_push() {
    let (house, cast) = scene(1).await;
    let pushed = async |qty: i64| house.push(&cast, lines(1, |_| qty)).await.expect(200).lines();
    house.except(OWNER, &[("module", "stock"), ("skuId", "S1")]).await.expect(200);
    house.off("stock", "2h").await.expect(200);
    house.off("all", "2h").await.expect(200);
    assert_eq!(pushed(1).await, [line(1, "held", "SYNC_OFF")]);
    house.on("all", "all", &[]).await.expect(200);
    house.release().await;
    assert_eq!(pushed(2).await, [line(1, "held", "SYNC_OFF")]);
    house.on("stock", "all", &[]).await.expect(200);
    house.release().await;
    assert_eq!(house.row("S1", 1), "100 erp v1", "the exception still stands");
    assert_eq!(pushed(3).await, [line(1, "held", "HELD")]);
    house.end_exception("apply").await.expect(200);
    house.release().await;
    assert_eq!((house.row("S1", 1), house.held()), ("3 erp v2".into(), String::new()));
    // Everything off needs the name typed only when there is no end.
    let open = [("module", "all"), ("span", "open"), ("seen", "0")];
    house.post("/sync/switch").by(OWNER).json().form(&open).send().await.expect(422);
    let named = [("module", "all"), ("span", "open"), ("seen", "0"), ("name", "甲医药")];
    house.post("/sync/switch").by(OWNER).json().form(&named).send().await.expect(200);
}

// W-03: one shop alone.
#[actix_web::test]
async fn an_exception_on_one_shop_leaves_the_other_alone() {
    let (house, cast) = scene(1).await;
    house.push(&cast, json!({ "skuId": "S1", "shopId": 2, "inventory": 50 })).await.expect(200);
    house.except(OWNER, &[("module", "stock"), ("skuId", "S1"), ("shopId", "2")]).await.expect(200);
    let told =
        house.push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 1 }, { "skuId": "S1", "shopId": 2, "inventory": 2 }])).await;
    assert_eq!(told.expect(200).lines(), [line(2, "held", "HELD")]);
    assert_eq!((house.row("S1", 1), house.row("S1", 2)), ("1 erp v2".into(), "50 erp v1".into()));
    let state = house.switches(&cast, json!({ "skuIds": ["S1"] })).await;
    assert_eq!(state["exceptions"][0]["shopId"], "2");
    // Kept until the next push, as the person chose.
    house.end_exception("keep").await.expect(200);
    house.release().await;
    assert_eq!((house.row("S1", 2), house.held()), ("50 erp v1".into(), String::new()));
    // …and by its time.
    house.except(OWNER, &[("module", "stock"), ("prodId", "P1"), ("span", "30m")]).await.expect(200);
    house.push(&cast, json!({ "skuId": "S1", "shopId": 2, "inventory": 3 })).await.expect(200);
    house.later(minutes(31));
    house.release().await;
    assert_eq!((house.row("S1", 2), house.held()), ("3 erp v2".into(), String::new()));
    assert!(house.verbs().ends_with("exception.added exception.expired"), "{}", house.verbs());
}

// Q-15: by source time, where there is one.
#[actix_web::test]
async fn an_older_report_never_replaces_a_kept_newer_one() {
    let (house, cast) = scene(1).await;
    house.off("stock", "2h").await.expect(200);
    let at = |time: &str, qty: i64| json!({ "skuId": "S1", "inventory": qty, "sourceTime": format!("2026-11-22 {time}") });
    house.push(&cast, at("11:50:00", 8)).await.expect(200);
    assert_eq!(house.push(&cast, at("11:40:00", 99)).await.expect(200).lines(), [line(1, "stale", "STALE")]);
    house.on("stock", "all", &[]).await.expect(200);
    // A late one comes directly: it is applied, and then overtaken by what waited.
    house.push(&cast, at("11:45:00", 77)).await.expect(200);
    house.release().await;
    assert_eq!((house.can_buy(&cast, "S1").await, house.held()), (8, String::new()));
}

// Two lines about one row, with the shop named and not.
#[actix_web::test]
async fn twins_and_strange_shops_do_not_come_in_by_waiting() {
    let (house, cast) = scene(1).await;
    house.off("stock", "2h").await.expect(200);
    let told =
        house.push(&cast, json!([{ "skuId": "S1", "inventory": 1 }, { "skuId": "S1", "shopId": 1, "inventory": 2 }])).await.expect(422);
    assert_eq!(told.lines(), [line(1, "rejected", "DUPLICATE_IN_BATCH"), line(2, "rejected", "DUPLICATE_IN_BATCH")]);
    house.sql(&format!("update apps set shops = '{{2}}' where merchant_id = {}", cast.a));
    let told =
        house.push(&cast, json!([{ "skuId": "S1", "inventory": 1 }, { "skuId": "S1", "shopId": 9, "inventory": 2 }])).await.expect(422);
    assert_eq!(told.lines(), [line(1, "rejected", "UNKNOWN_SHOP"), line(2, "rejected", "UNKNOWN_SHOP")]);
    assert_eq!(house.held(), "");
    // A preview keeps nothing either.
    house.push(&cast, json!({ "preview": true, "lines": [{ "skuId": "S1", "shopId": 2, "inventory": 2 }] })).await.expect(200);
    assert_eq!(house.held(), "");
}

// A line that was parked does not slip through while the module is off.
#[actix_web::test]
async fn a_parked_line_waits_for_the_switch_too() {
    let (house, cast) = scene(1).await;
    house.push(&cast, json!({ "skuId": "NEW", "inventory": 4 })).await.expect(200);
    house.off("stock", "2h").await.expect(200);
    house.sql(&format!("update skus set sku_id = 'NEW' where merchant_id = {} and sku_id = 'S1'", cast.a));
    duijie::sync::replay_parked(&house.platform.db, house.now()).await.expect("replay");
    assert_eq!((house.row("NEW", 1), house.held()), ("100 erp v1".into(), r#"stock NEW/1 {"inventory": 4} x1"#.into()));
}

// What buyers do is never held back; nor is a person's hand.
#[actix_web::test]
async fn buyers_and_people_pass() {
    let (house, cast) = scene(1).await;
    house.off("all", "2h").await.expect(200);
    let frozen = json!({ "reservationId": "R1", "items": [{ "skuId": "S1", "shopId": "1", "qty": 3 }] });
    let told = house.api(&cast.erp, "sku.inventory.freeze", frozen).send().await;
    assert!(!told.body.contains("SYNC_OFF"), "{}", told.body);
}

// G-06: who may turn a module off, and who may only look.
#[actix_web::test]
async fn only_those_who_may_switch() {
    let (house, cast) = scene(1).await;
    let form = [("module", "stock"), ("span", "30m"), ("seen", "0")];
    house.post("/sync/switch").by(READER).json().form(&form).send().await.expect(403);
    house.except(READER, &[("module", "stock"), ("skuId", "S1")]).await.expect(403);
    house.colleague(&cast, "cangguan", &["stock"]).await;
    house.except("cangguan", &[("module", "stock"), ("skuId", "S1")]).await.expect(200);
    house.except("cangguan", &[("module", "listing"), ("prodId", "P1")]).await.expect(403);
    // Only owners leave the end open.
    house.except("cangguan", &[("module", "stock"), ("skuId", "S1"), ("span", "open")]).await.expect(422);
    // Another merchant's goods are not there.
    house.sql(&format!("update skus set sku_id = 'OURS' where merchant_id = {} and sku_id = 'S1'", cast.a));
    house.except(STRANGER, &[("module", "stock"), ("skuId", "OURS")]).await.expect(422);
    let id = house.ask("select max(id) from exceptions");
    house.delete(&format!("/sync/exceptions/{id}")).by(STRANGER).json().form(&[("then", "keep")]).send().await.expect(404);
    // Two people at once: the second finds out.
    house.post("/sync/switch").by(OWNER).json().form(&form).send().await.expect(200);
    house.post("/sync/switch").by(OWNER).json().form(&form).send().await.expect(409);
    house.delete("/sync/switch").by(OWNER).json().form(&[("module", "stock"), ("seen", "999")]).send().await.expect(409);
}

// A death in the middle: whatever was committed is, the rest waits, and a second round does the rest.
#[actix_web::test]
async fn a_round_that_dies_leaves_all_or_nothing() {
    let (house, cast) = scene(3).await;
    house.off("stock", "2h").await.expect(200);
    house.push(&cast, lines(3, |i| i)).await.expect(200);
    house.on("stock", "all", &[]).await.expect(200);
    // The ledger refuses a row: the whole batch is taken back, with nothing lost from the list.
    house.sql("create function refuse_three() returns trigger language plpgsql as $$ begin if new.after = 3 then raise exception 'cut'; end if; return new; end $$");
    house.sql("create trigger cut before insert on stock_movements for each row execute function refuse_three()");
    duijie::sync::release(&house.platform.db, duijie::routes::METHODS, house.now()).await.expect_err("cut");
    assert_eq!((house.row("S1", 1), house.ask("select count(*) from held_lines")), ("100 erp v1".into(), "3".into()));
    house.sql("drop trigger cut on stock_movements");
    assert_eq!(house.release().await, 3);
    assert_eq!(house.release().await, 0);
    assert_eq!((house.row("S1", 1), house.row("S3", 1), house.held()), ("1 erp v2".into(), "3 erp v2".into(), String::new()));
}
