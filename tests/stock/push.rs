use super::{house, line, lines};
use chrono::Duration;
use serde_json::json;

// S-01 S-03 Q-04 Q-05
#[actix_web::test]
async fn a_push_sets_the_number_and_keeps_its_story() {
    let (house, cast) = house(3).await;
    let answer = house.push(&cast, json!({ "skuId": "S1", "inventory": "112", "saled": 0, "freeze": 0 })).await.expect(200).value();
    assert_eq!((answer["data"]["applied"].as_i64(), answer["data"]["lines"].as_array().map(Vec::len)), (Some(1), Some(0)));
    house
        .push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 90 }, { "skuId": "S1", "shopId": "2", "inventory": 5 }]))
        .await
        .expect(200);
    assert_eq!((house.row("S1", 1), house.row("S1", 2)), ("90 erp v2".into(), "5 erp v1".into()));
    assert_eq!(house.movements(), "erp_set 0→112 112 ERP, erp_set 112→90 90 ERP, erp_set 0→5 5 ERP");
    let cause = house.ask("select bool_and(request_id is not null and feed_id is not null and line_no is not null and actor_kind = 'erp') from stock_movements");
    assert_eq!(cause, "true");

    let told = house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1" })).send().await.expect(200).value();
    let data = &told["data"];
    assert_eq!((&data["shopId"], &data["inventory"], &data["version"]), (&json!("1"), &json!(90), &json!("2")));
    assert_eq!(data["reportedAt"], "2026-11-22 12:00:00");
    assert_eq!(data["shops"].as_array().map(Vec::len), Some(2));
    let one = house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1", "shopId": 2 })).send().await.expect(200).value();
    assert_eq!((&one["data"]["inventory"], one["data"].get("shops")), (&json!(5), None));
    house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S9" })).send().await.expect(404);
    house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1", "shopId": 9 })).send().await.expect(404);
}

#[actix_web::test]
async fn saying_the_same_again_changes_nothing_but_freshness() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    house.later(Duration::seconds(20));
    let again = house.push(&cast, lines(1, |_| 30)).await.expect(200).value();
    assert_eq!(again["data"]["unchanged"], 1);
    assert_eq!(house.ask("select reported_at from stock"), "2026-11-22 04:00:00+00");
    house.later(Duration::minutes(3));
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    assert_eq!(
        house.ask("select concat_ws(' ', reported_at, updated_at, version) from stock"),
        "2026-11-22 04:03:20+00 2026-11-22 04:00:00+00 1"
    );
    assert_eq!(house.movements(), "erp_set 0→30 30 ERP");
}

// Q-15, I-5
#[actix_web::test]
async fn an_older_number_never_replaces_a_newer_one() {
    let (house, cast) = house(1).await;
    let at = |time: &str, qty: i64| json!({ "skuId": "S1", "inventory": qty, "sourceTime": format!("2026-11-22 {time}") });
    house.push(&cast, at("11:50:00", 8)).await.expect(200);
    let late = house.push(&cast, at("11:49:00", 99)).await.expect(200);
    assert_eq!(late.lines(), [line(1, "stale", "STALE")]);
    assert_eq!(
        late.value()["data"]["lines"][0]["now"],
        json!({ "inventory": 8, "automatic": 8, "quantity": 8, "version": "1", "sourceTime": "2026-11-22 11:50:00" })
    );
    assert_eq!(house.push(&cast, at("12:06:00", 1)).await.expect(422).lines(), [line(1, "rejected", "CLOCK_AHEAD")]);
    house.push(&cast, at("11:51:00", 7)).await.expect(200);
    assert_eq!(house.row("S1", 1), "7 erp v2");
}

#[actix_web::test]
async fn compare_and_set_refuses_what_has_moved() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 8)).await.expect(200);
    let wrong = house.push(&cast, json!({ "skuId": "S1", "inventory": 3, "ifVersion": 7 })).await.expect(422);
    assert_eq!(wrong.lines(), [line(1, "rejected", "CONFLICT")]);
    house.push(&cast, json!({ "skuId": "S1", "inventory": 3, "ifVersion": "1" })).await.expect(200);
    assert_eq!(house.row("S1", 1), "3 erp v2");
}

//
#[actix_web::test]
async fn the_erps_counters_are_compared_and_never_copied() {
    let (house, cast) = house(2).await;
    let pushed = house
        .push(&cast, json!([{ "skuId": "S1", "inventory": 50, "saled": 4, "freeze": 0 }, { "skuId": "S2", "inventory": 50, "saled": 0 }]))
        .await
        .expect(200);
    assert_eq!(pushed.lines(), [line(1, "applied", "COUNTER_DRIFT")]);
    assert_eq!(
        house.ask("select concat_ws(' ', frozen, sold, sold_open, reported_sold, reported_frozen) from stock order by sku_id limit 1"),
        "0 0 0 4 0"
    );
    assert_eq!(house.marks(), "S1/1 drift");
    // What we froze and sold is taken off, whatever the ERP thinks of it.
    house.sql("update stock set frozen = 3, sold = 4, sold_open = 1, safety = 2");
    house.push(&cast, json!({ "skuId": "S1", "inventory": 40, "saled": 4, "freeze": 3 })).await.expect(200);
    let told = house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1" })).send().await.expect(200).value();
    assert_eq!((&told["data"]["inventory"], &told["data"]["freeze"], &told["data"]["saled"]), (&json!(34), &json!(3), &json!(4)));
    assert_eq!(house.marks(), "");
}

#[actix_web::test]
async fn marks_follow_the_figures() {
    let (house, cast) = house(5).await;
    house.push(&cast, lines(5, |i| [0, 1, 20, 21, 500][usize::try_from(i - 1).unwrap()])).await.expect(200);
    assert_eq!(house.marks(), "S1/1 out, S2/1 low, S3/1 low");
    house.sql("update stock set frozen = 3");
    house.marks_are_right_after_a_push(&cast).await;
    assert_eq!(house.marks(), "S1/1 low, S2/1 out, S3/1 short");
}

impl crate::support::House {
    async fn marks_are_right_after_a_push(&self, cast: &crate::support::Cast) {
        let merchant = cast.a;
        self.platform.db.write(move |tx| duijie::stock::remark(tx, merchant)).await.expect("remark");
        self.push(cast, lines(5, |i| [4, 3, 2, 900, 500][usize::try_from(i - 1).unwrap()])).await.expect(200);
        self.marks_are_right(merchant).await;
    }
}

// S-06: more promised than there is
#[actix_web::test]
async fn a_push_below_what_is_promised_leaves_us_short() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 10)).await.expect(200);
    house.sql("update stock set frozen = 3");
    house.push(&cast, lines(1, |_| 2)).await.expect(200);
    assert_eq!(
        (house.marks(), house.ask("select available from stock_movements order by id desc limit 1")),
        ("S1/1 short".into(), "-1".into())
    );
    let told = house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1" })).send().await.expect(200).value();
    assert_eq!((&told["data"]["inventory"], &told["data"]["available"]), (&json!(0), &json!(-1)));
}

#[actix_web::test]
async fn bad_lines_are_named_and_the_others_applied() {
    let (house, cast) = house(3).await;
    let sent = json!([
        { "skuId": "S1", "inventory": 5 },
        { "skuId": "S2", "inventory": -1 },
        { "skuId": "S2", "shopId": 9, "inventory": 5 },
        { "skuId": "S3", "shopId": 1, "inventory": 5 },
        { "skuId": "S3", "inventory": 6 },
        { "skuId": "S4", "inventory": 6 },
        { "skuId": "S2", "shopId": 2 },
        { "skuId": "S1", "shopId": 2, "inventory": 1, "inventroy": 2 },
        { "skuId": "S1\u{0}", "inventory": 1 },
    ]);
    let answer = house.push(&cast, sent).await.expect(200);
    let expected = [
        line(2, "rejected", "NEGATIVE"),
        line(3, "rejected", "UNKNOWN_SHOP"),
        line(4, "rejected", "DUPLICATE_IN_BATCH"),
        line(5, "rejected", "DUPLICATE_IN_BATCH"),
        line(6, "parked", "UNKNOWN_SKU"),
        line(7, "rejected", "MISSING"),
        line(8, "applied", "UNKNOWN_FIELD"),
        line(9, "rejected", "BAD_CHARACTER"),
    ];
    assert_eq!(answer.lines(), expected);
    let first = &answer.value()["data"]["lines"][0]["problems"][0];
    assert_eq!((&first["field"], &first["value"]), (&json!("inventory"), &json!("-1")));
    assert_eq!(house.ask("select count(*) from stock"), "2");
    assert_eq!(house.row("S1", 1), "5 erp v1");
}

#[actix_web::test]
async fn all_means_all_and_a_preview_keeps_nothing() {
    let (house, cast) = house(2).await;
    let mixed = json!([{ "skuId": "S1", "inventory": 5 }, { "skuId": "S2", "shopId": 9, "inventory": 5 }]);
    let none = house.push(&cast, json!({ "onError": "all", "lines": mixed })).await.expect(422);
    assert_eq!(
        none.lines(),
        [line(1, "rejected", "ALL_OR_NOTHING"), line(2, "rejected", "ALL_OR_NOTHING")].map(|mut l| {
            if l.0 == 2 {
                l.2 = "UNKNOWN_SHOP".into();
            }
            l
        })
    );
    assert_eq!(house.ask("select count(*) from stock"), "0");
    // I-8
    let preview = house.push(&cast, json!({ "preview": true, "lines": mixed })).await.expect(200);
    assert_eq!(
        house.ask("select (select count(*) from stock) + (select count(*) from stock_movements) + (select count(*) from stock_marks)"),
        "0"
    );
    let real = house.push(&cast, mixed).await.expect(200);
    assert_eq!(preview.lines(), real.lines());
    let counts =
        |a: &crate::support::Answer| ["applied", "unchanged", "stale", "parked", "rejected"].map(|k| a.value()["data"][k].as_i64());
    assert_eq!(counts(&preview), counts(&real));
}

#[actix_web::test]
async fn a_credential_writes_only_to_its_shops() {
    let (house, cast) = house(1).await;
    house.sql(&format!("update apps set shops = '{{2}}' where merchant_id = {}", cast.a));
    let answer = house.push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 5 }, { "skuId": "S1", "inventory": 5 }, { "skuId": "S1", "shopId": 2, "inventory": 5 }])).await.expect(200);
    assert_eq!(answer.lines(), [line(1, "rejected", "UNKNOWN_SHOP"), line(2, "rejected", "UNKNOWN_SHOP")]);
    house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1", "shopId": 1 })).send().await.expect(404);
    let told = house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1", "shopId": 2 })).send().await.expect(200).value();
    assert_eq!(told["data"]["inventory"], 5);
}

// I-13
#[actix_web::test]
async fn another_merchants_sku_is_not_known() {
    let (house, cast) = house(1).await;
    house.sql(&format!("update skus set sku_id = 'OURS' where merchant_id = {}", cast.a));
    let answer = house.api(&cast.other_erp, "sku.inventory.update", json!({ "skuId": "OURS", "inventory": 5 })).send().await.expect(200);
    assert_eq!(answer.lines(), [line(1, "parked", "UNKNOWN_SKU")]);
    assert_eq!(house.ask("select count(*) from stock"), "0");
}

// V-03, I-4
#[actix_web::test]
async fn the_same_call_twice_happens_once() {
    let (house, cast) = house(1).await;
    let body = json!({ "requestId": "r-1", "lines": [{ "skuId": "S1", "inventory": 5 }] });
    let first = house.push(&cast, body.clone()).await.expect(200).body;
    let second = house.push(&cast, body).await.expect(200).body;
    assert_eq!(first, second);
    assert_eq!(house.movements(), "erp_set 0→5 5 ERP");
}
