use super::{house, line, lot, told};
use crate::support::cast::OWNER;
use chrono::Duration;
use serde_json::json;

// B-01 B-03 I-7
#[actix_web::test]
async fn a_list_replaces_the_one_before_without_residue() {
    let (house, cast) = house(2).await;
    let first = house.tell(&cast, told("S1", &[lot("B1", "2028-04", 64), lot("B2", "20270101", 48), lot("B0", "2026-12-01", 0)])).await;
    assert_eq!(first.expect(200).value()["data"]["applied"], 1);
    assert_eq!(house.lots("S1"), "B1 64 2028-04-30, B2 48 2027-01-01");
    assert_eq!(house.ask("select gone->0->>'lotNo' from lot_heads"), "B0");
    // The same again is no news; it was heard.
    house.later(Duration::minutes(1));
    let again = house.tell(&cast, told("S1", &[lot("B2", "2027-01-01", 48), lot("B1", "2028-04", 64)])).await.expect(200).value();
    assert_eq!(again["data"]["unchanged"], 1);
    assert_eq!(house.ask("select version || ' ' || told_at from lot_heads"), "1 2026-11-22 04:01:00+00");
    // Another list, by the product's number: what it does not say is gone.
    let other = json!({ "prodId": "P1", "lots": [lot("B3", "2029-01", 5)] });
    house.tell(&cast, other).await.expect(200);
    assert_eq!(house.lots("S1"), "B3 5 2029-01-31");
    assert_eq!(house.ask("select count(*) || ' ' || max(version) from lot_snapshots"), "2 2");
    house.tell(&cast, told("S1", &[])).await.expect(200);
    assert_eq!((house.lots("S1"), house.ask("select jsonb_array_length(gone) from lot_heads")), (String::new(), "1".into()));
    // Nobody told stock, so there is none.
    assert_eq!(house.ask("select count(*) from stock"), "0");
}

#[actix_web::test]
async fn what_is_wrong_is_told_by_line_and_place() {
    let (house, cast) = house(2).await;
    let lines = json!([
        told("S1", &[lot("B1", "2027-01", 1), json!({ "lotNo": "B2", "producedOn": "2026-05-01", "expiresOn": "2026-04-30" })]),
        { "shopId": "1", "lots": [] }, { "skuId": "S9", "shopId": "1", "lots": [] }, { "skuId": "S1", "shopId": "9", "lots": [] },
        { "skuId": "S1", "shopId": "2" }, { "skuId": "S2", "shopId": "1", "lots": [], "extra": 1, "prodId": "P2" },
    ]);
    let answer = house.tell(&cast, lines).await.expect(200);
    let expected = [
        line(1, "rejected", "EXPIRY_BEFORE_PRODUCTION"),
        line(2, "rejected", "MISSING"),
        line(3, "parked", "UNKNOWN_SKU"),
        line(4, "rejected", "UNKNOWN_SHOP"),
        line(5, "rejected", "MISSING"),
        line(6, "applied", "UNKNOWN_FIELD"),
    ];
    assert_eq!(answer.lines(), expected);
    let value = answer.value();
    let problem = &value["data"]["lines"][0]["problems"][0];
    assert_eq!((&problem["field"], &problem["value"]), (&json!("lots[1].expiresOn"), &json!("2026-04-30")));
    // The two names of one place are one place.
    let twins = json!([{ "skuId": "S1", "lots": [] }, { "prodId": "P1", "lots": [] }]);
    let twice = [line(1, "rejected", "DUPLICATE_IN_BATCH"), line(2, "rejected", "DUPLICATE_IN_BATCH")];
    assert_eq!(house.tell(&cast, twins).await.expect(422).lines(), twice);
}

//
#[actix_web::test]
async fn an_older_list_never_replaces_a_newer_one() {
    let (house, cast) = house(1).await;
    let at = |time: &str, n| json!({ "skuId": "S1", "sourceTime": format!("2026-11-22 {time}"), "lots": [lot("B1", "2028-04", n)] });
    house.tell(&cast, at("11:50:00", 8)).await.expect(200);
    let late = house.tell(&cast, at("11:49:00", 99)).await.expect(200);
    assert_eq!(late.lines(), [line(1, "stale", "STALE")]);
    assert_eq!(late.value()["data"]["lines"][0]["now"]["lots"][0]["quantity"], 8);
    assert_eq!(house.lots("S1"), "B1 8 2028-04-30");
}

// lots that come before their SKU wait for it.
#[actix_web::test]
async fn lots_wait_for_their_sku() {
    let (house, cast) = house(1).await;
    house.tell(&cast, told("S7", &[lot("B1", "2028-04", 3)])).await.expect(200);
    house.tell(&cast, told("S7", &[lot("B1", "2028-04", 4)])).await.expect(200);
    house.sql(&format!(
        "insert into skus (merchant_id, sku_id, product_id, is_default, created_at, updated_at) \
         select {0}, 'S7', id, false, now(), now() from products where merchant_id = {0} and prod_id = 'P1'",
        cast.a
    ));
    let settled = duijie::sync::replay_parked(&house.platform.db, house.now()).await.expect("replay");
    assert_eq!((settled, house.lots("S7")), (1, "B1 4 2028-04-30".into()));
}

// B-05 Q-22
#[actix_web::test]
async fn where_lots_carry_the_stock_the_number_is_their_sum() {
    let (house, cast) = house(3).await;
    house.sql(&format!("insert into lot_rules values ({}, 'replace_all', true)", cast.a));
    house.tell(&cast, told("S1", &[lot("B1", "2028-04", 7), lot("B2", "2026-11-21", 5)])).await.expect(200);
    assert_eq!(house.shelf("S1"), "12 5 2028-04-30 12");
    assert_eq!(house.movements(), "lot_sum 0→12 7 ERP");
    let told_back = house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1" })).send().await.expect(200).value();
    assert_eq!((&told_back["data"]["inventory"], &told_back["data"]["withheld"]), (&json!(7), &json!(5)));
    // A number of its own for such a row is refused; for goods without lots it counts.
    let pushed = house.push(&cast, json!([{ "skuId": "S1", "inventory": 90 }, { "skuId": "S2", "inventory": 3 }])).await.expect(200);
    assert_eq!(pushed.lines(), [line(1, "rejected", "LOT_SUM")]);
    assert_eq!(house.shelf("S2"), "3 0 - -");
    // Nor is such a number stepped from: the lots say what there is.
    let steps = json!({ "requestId": "step", "lines": [{ "skuId": "S1", "delta": -1 }, { "skuId": "S2", "delta": -1 }] });
    let stepped = house.api(&cast.erp, "sku.inventory.adjust", steps).send().await.expect(200);
    assert_eq!(stepped.lines()[0], line(1, "rejected", "LOT_SUM"));
    let first = stepped.value()["data"]["lines"][0].clone();
    let said = (&first["problems"][0]["field"], &first["problems"][0]["value"], &first["now"]["quantity"]);
    assert_eq!(said, (&json!("delta"), &json!("-1"), &json!(12)));
    assert_eq!((house.shelf("S1"), house.shelf("S2")), ("12 5 2028-04-30 12".into(), "2 0 - -".into()));
    let missing = house.tell(&cast, told("S3", &[json!({ "lotNo": "B1" })])).await.expect(422);
    assert_eq!(missing.lines(), [line(1, "rejected", "MISSING")]);
    house.tell(&cast, told("S1", &[])).await.expect(200);
    assert_eq!(house.shelf("S1"), "0 0 - 0");
    house.nothing_differs(&cast).await;
}

#[actix_web::test]
async fn beside_a_number_of_its_own_lots_only_keep_things_from_sale() {
    let (house, cast) = house(2).await;
    house.tell(&cast, told("S2", &[lot("B1", "2026-11-01", 4)])).await.expect(200);
    house.push(&cast, json!([{ "skuId": "S1", "inventory": 20 }, { "skuId": "S2", "inventory": 9 }])).await.expect(200);
    // Lots that were there before the number count as soon as it comes.
    assert_eq!((house.shelf("S2"), house.marks()), ("9 4 - 4".into(), "S1/1 low, S2/1 lots, S2/1 low".into()));
    house.tell(&cast, told("S1", &[lot("B1", "2026-11-21", 30), lot("B2", "2027-01-31", 5)])).await.expect(200);
    // Never more than there is.
    assert_eq!((house.shelf("S1"), house.ask("select min(stock_available(s)) from stock s")), ("20 30 2027-01-31 35".into(), "0".into()));
    house.marks_are_right(cast.a).await;
    house.nothing_differs(&cast).await;
}

// B-04
#[actix_web::test]
async fn one_lot_alone_where_the_merchant_says_so() {
    let (house, cast) = house(1).await;
    house.sql(&format!("insert into lot_rules values ({}, 'newest', false)", cast.a));
    let lots =
        json!([{ "lotNo": "A", "producedOn": "2026-01", "quantity": 90 }, { "lotNo": "B", "producedOn": "2026-08-01", "quantity": 2 }]);
    house.tell(&cast, json!({ "skuId": "S1", "lots": lots })).await.expect(200);
    assert_eq!(house.lots("S1"), "B 2");
    house.sql("update lot_rules set mode = 'largest'");
    house.tell(&cast, json!({ "skuId": "S1", "lots": lots })).await.expect(200);
    assert_eq!(house.lots("S1"), "A 90");
}

#[actix_web::test]
async fn an_empty_list_under_frozen_units_waits_for_a_person() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "inventory": 20 })).await.expect(200);
    house.tell(&cast, told("S1", &[lot("B1", "2028-04", 20)])).await.expect(200);
    house.sql("update stock set frozen = 2");
    let stopped = house.tell(&cast, told("S1", &[])).await.expect(200);
    assert_eq!(stopped.lines(), [line(1, "parked", "QUARANTINED")]);
    assert_eq!(house.lots("S1"), "B1 20 2028-04-30");
    let page = house.get("/sync/quarantine/1").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("B1 × 20"), "{}", page.body);
    house.post("/sync/quarantine/1/approval").by(OWNER).form(&[("all", "1"), ("reason", "盘点过")]).send().await.expect(303);
    assert_eq!(house.lots("S1"), "");
}

// W-02 W-04 Q-28: lots that are switched off wait, and what would become of what is shown.
#[actix_web::test]
async fn lots_switched_off_wait_and_come_back() {
    let (house, cast) = house(1).await;
    house.tell(&cast, told("S1", &[lot("B1", "2028-04", 20)])).await.expect(200);
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'lot', '盘点', '王店长', now())",
        cast.a
    ));
    assert_eq!(house.tell(&cast, told("S1", &[lot("B2", "2028-05", 3)])).await.expect(200).lines(), [line(1, "held", "SYNC_OFF")]);
    assert_eq!(house.lots("S1"), "B1 20 2028-04-30");
    let waiting = house.get("/sync/waiting?m=lot").by(OWNER).send().await;
    assert!(waiting.body.contains("B2"), "{}", waiting.body);
    house.sql("delete from switches");
    duijie::sync::release(&house.platform.db, duijie::routes::METHODS, house.now()).await.expect("release");
    assert_eq!(house.lots("S1"), "B2 3 2028-05-31");
}
