//! Batches taken back: rows that nothing has touched since are as they were before, the others as they are now, and named (I-9).

use super::{OWNER, READER, STRANGER, minutes, scene};
use crate::support::{Cast, House};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

const ROWS: usize = 5;
const CASES: usize = 8;

/// What the batches are about: how a value is told, and how it is read.
struct Subject {
    method: &'static str,
    line: fn(usize, i64) -> Value,
    /// The values of all rows as they stand, in order.
    read: &'static str,
    /// What people call a row.
    name: fn(usize) -> String,
}

const SUBJECTS: [Subject; 3] = [
    Subject {
        method: "sku.inventory.update",
        line: |row, value| json!({ "skuId": format!("S{row}"), "shopId": 1, "inventory": 80 + value }),
        read: "select string_agg(concat_ws(' ', s.erp_qty, s.qty_by), ',' order by k.id) from skus k join stock s on s.merchant_id = k.merchant_id and s.sku_id = k.id where k.merchant_id = {a}",
        name: |row| format!("S{row}/1"),
    },
    Subject {
        method: "prod.price.update",
        line: |row, value| json!({ "skuId": format!("S{row}"), "price": format!("8.{:02}", 10 + value), "vipPrice": format!("7.{:02}", 10 + value) }),
        read: "select string_agg(concat_ws(' ', base_price, member_price), ',' order by id) from skus where merchant_id = {a}",
        name: |row| format!("S{row}"),
    },
    Subject {
        method: "prod.shelf.update",
        line: |row, value| json!({ "prodId": format!("P{row}"), "listed": value % 2 }),
        read: "select string_agg(concat_ws(' ', listing, unlisted_by, list_wish), ',' order by id) from products where merchant_id = {a}",
        name: |row| format!("P{row}"),
    },
];

/// Which rows a call is about, and what it says of each.
fn call() -> impl Strategy<Value = Vec<Option<i64>>> {
    vec(proptest::option::weighted(0.6, 0..20_i64), ROWS)
}

impl House {
    fn values(&self, cast: &Cast, subject: &Subject) -> Vec<String> {
        self.ask(&subject.read.replace("{a}", &cast.a.to_string())).split(',').map(ToOwned::to_owned).collect()
    }
    /// A's ERP says it; the batch's number.
    async fn says(&self, cast: &Cast, subject: &Subject, said: &[Option<i64>]) -> Option<String> {
        self.later(minutes(1));
        let lines: Vec<Value> = said.iter().enumerate().filter_map(|(i, value)| Some((subject.line)(i + 1, (*value)?))).collect();
        if lines.is_empty() {
            return None;
        }
        let told = self.api(&cast.erp, subject.method, Value::from(lines)).send().await.expect(200).value();
        told["data"]["feedId"].as_str().map(ToOwned::to_owned)
    }
}

// I-9: undo(feed) ∘ apply(feed) = identity on rows untouched since.
#[actix_web::test]
async fn what_nothing_has_touched_since_is_as_it_was() {
    for subject in &SUBJECTS {
        let (house, cast) = scene(5).await;
        let mut runner = TestRunner::deterministic();
        for case in 0..CASES {
            let mut draw = || call().new_tree(&mut runner).expect("a call").current();
            let (first, batch, since) = (draw(), draw(), draw());
            house.says(&cast, subject, &first).await;
            let before = house.values(&cast, subject);
            let Some(feed) = house.says(&cast, subject, &batch).await else { continue };
            let applied = house.values(&cast, subject);
            house.says(&cast, subject, &since).await;
            let now = house.values(&cast, subject);
            house.later(minutes(1));
            let path = format!("/sync/feeds/{feed}/changes");
            let asked = house.get(&path).by(OWNER).json().send().await.expect(200).value();
            assert_eq!(house.values(&cast, subject), now, "asking changes nothing");
            let told = house.delete(&path).by(OWNER).json().send().await.expect(200).value();
            // I-8: what was asked is what became of it.
            assert_eq!((&asked["data"]["back"], &asked["data"]["stays"]), (&told["data"]["back"], &told["data"]["stays"]));
            let after = house.values(&cast, subject);
            for row in 0..ROWS {
                let label = format!(
                    "{} case {case} row {}: {} → {} → {} → {}",
                    subject.method,
                    row + 1,
                    before[row],
                    applied[row],
                    now[row],
                    after[row]
                );
                let name = (subject.name)(row + 1);
                let back = told["data"]["back"].as_array().expect("back").contains(&json!(name));
                let stays = told["data"]["stays"].as_array().expect("stays").iter().any(|s| s["row"] == json!(name));
                match (before[row] == applied[row], since[row].is_some()) {
                    // The batch did not change it.
                    (true, _) => assert_eq!(after[row], now[row], "{label}"),
                    // Said once more, be it the same, it is somebody's newer word.
                    (false, true) => assert!(after[row] == now[row] && stays && !back, "{label}"),
                    (false, false) => assert!(after[row] == before[row] && back && !stays, "{label}"),
                }
            }
            // Once more there is nothing left to take back.
            let again = house.delete(&path).by(OWNER).json().send().await.expect(200).value();
            assert_eq!(again["data"]["back"], json!([]));
            assert_eq!(house.values(&cast, subject), after);
        }
        house.counters_are_proven(&cast).await;
    }
}

// §4.3: a number that contains sold units is not replaced by one that does not; a freeze since is a touch.
#[actix_web::test]
async fn a_number_that_contains_what_was_sold_stays() {
    let (house, cast) = scene(3).await;
    house.sql(&format!("insert into stock_rules (merchant_id, mode) values ({}, 'cursor')", cast.a));
    let freeze = |id: &str, sku: &str| json!({ "reservationId": id, "skuId": sku, "shopId": 1, "quantity": 2 });
    house.api(&cast.erp, "sku.inventory.freeze", freeze("R1", "S1")).send().await.expect(200);
    house.api(&cast.erp, "sku.inventory.deduct", json!({ "reservationId": "R1" })).send().await.expect(200);
    house.later(minutes(1));
    let lines = json!([{ "skuId": "S1", "shopId": 1, "inventory": 98, "ackSeq": 1 }, { "skuId": "S2", "shopId": 1, "inventory": 97 }, { "skuId": "S3", "shopId": 1, "inventory": 96 }]);
    let feed = house.push(&cast, lines).await.expect(200).value()["data"]["feedId"].as_str().unwrap().to_owned();
    house.later(minutes(1));
    house.api(&cast.erp, "sku.inventory.freeze", freeze("R2", "S2")).send().await.expect(200);
    house.later(minutes(1));
    let page = house.get(&format!("/sync/feeds/{feed}/changes")).by(OWNER).send().await.expect(200);
    assert!(page.body.contains("恢复 1 行") && page.body.contains("退回旧数会重复卖"), "{}", page.body);
    let told = house.post(&format!("/sync/feeds/{feed}/changes?_method=delete")).by(OWNER).send().await.expect(200);
    assert!(told.body.contains("已撤销"), "{}", told.body);
    assert_eq!((house.row("S1", 1), house.row("S2", 1)), ("98 erp v4".into(), "97 erp v3".into()));
    assert!(house.row("S3", 1).starts_with("100 erp"), "{}", house.row("S3", 1));
    assert_eq!(
        house.ask("select concat_ws(' ', verb, after) from trail where subject_kind = 'feed'"),
        r#"feed.undone {"back": 1, "stays": 2}"#
    );
    house.counters_are_proven(&cast).await;
}

// I-9: what went away and came back is not untouched, nor is what was said again beside something new.
#[actix_web::test]
async fn what_came_back_since_stays() {
    let (house, cast) = scene(2).await;
    house.sql("update products set listing = 'listed'");
    let say = async |method: &str, line: Value| {
        house.later(minutes(1));
        let told = house.api(&cast.erp, method, line).send().await.expect(200).value();
        format!("/sync/feeds/{}/changes", told["data"]["feedId"].as_str().unwrap_or_default())
    };
    let price = |price: &str| json!({ "skuId": "S1", "price": price });
    let batch = say("prod.price.update", price("9.00")).await;
    say("prod.price.update", price("9.50")).await;
    say("prod.price.update", price("9.00")).await;
    let both = |vip: &str| json!({ "skuId": "S2", "price": "9.00", "vipPrice": vip });
    let beside = say("prod.price.update", both("7.00")).await;
    say("prod.price.update", both("7.10")).await;
    let shelf = say("prod.shelf.update", json!({ "prodId": "P1", "listed": 0 })).await;
    say("prod.shelf.update", json!({ "prodId": "P1", "listed": 1 })).await;
    say("prod.shelf.update", json!({ "prodId": "P1", "listed": 0 })).await;
    for path in [batch, beside, shelf] {
        let told = house.delete(&path).by(OWNER).json().send().await.expect(200).value();
        assert_eq!((&told["data"]["back"], told["data"]["stays"].as_array().map(Vec::len)), (&json!([]), Some(1)), "{path}: {told}");
    }
    assert_eq!(house.ask("select string_agg(concat_ws(' ', base_price, member_price), ', ' order by id) from skus where merchant_id = (select min(merchant_id) from skus)"), "9.00, 9.00 7.10");
    assert_eq!(house.ask("select listing from products where prod_id = 'P1' order by merchant_id limit 1"), "unlisted");
}

// I-9, §4.3: steps are taken back by the same rule, exactly and to whoever the number was of.
#[actix_web::test]
async fn steps_are_taken_back_where_the_row_has_not_moved_since() {
    let (house, cast) = scene(4).await;
    let count = [("quantity", "30"), ("chosen", "stock-reason-count"), ("version", "1")];
    house.post("/stock/S4/1/quantity").by(OWNER).form(&count).send().await.expect(303);
    house.later(minutes(1));
    let steps = async |key: &str, lines: Value| {
        let body = json!({ "requestId": key, "lines": lines });
        house.api(&cast.erp, "sku.inventory.adjust", body).send().await.expect(200).value()
    };
    let step = |sku: &str, delta: i64| json!({ "skuId": sku, "shopId": 1, "delta": delta });
    let told = steps("a", json!([step("S1", -3), step("S2", -5), step("S3", 7), step("S4", 2)])).await;
    let path = format!("/sync/feeds/{}/changes", told["data"]["feedId"].as_str().unwrap_or_default());
    house.later(minutes(1));
    house.push(&cast, json!({ "skuId": "S2", "shopId": 1, "inventory": 95 })).await.expect(200);
    steps("b", json!([step("S3", -1)])).await;
    house.later(minutes(1));
    let page = house.get(&path).by(OWNER).send().await.expect(200);
    assert!(page.body.contains("恢复 2 行") && page.body.contains("S2/1") && page.body.contains("S3/1"), "{}", page.body);
    let told = house.delete(&path).by(OWNER).json().send().await.expect(200).value();
    assert_eq!(told["data"]["back"], json!(["S1/1", "S4/1"]));
    let rows = ["S1", "S2", "S3", "S4"].map(|sku| house.row(sku, 1).rsplit_once(' ').map(|(row, _)| row.to_owned()).unwrap_or_default());
    assert_eq!(rows, ["100 erp", "95 erp", "106 erp", "30 person"]);
    house.counters_are_proven(&cast).await;
}

// Whose batch it is comes first, then what one may do; what cannot be taken back says why.
#[actix_web::test]
async fn not_everybody_and_not_everything() {
    let (house, cast) = scene(1).await;
    let stock = house.ask("select max(id) from feeds where method = 'sku.inventory.update'");
    house.later(minutes(1));
    house.get(&format!("/sync/feeds/{stock}/changes")).by(READER).send().await.expect(200);
    house.delete(&format!("/sync/feeds/{stock}/changes")).by(READER).send().await.expect(403);
    house.get(&format!("/sync/feeds/{stock}/changes")).by(STRANGER).send().await.expect(404);
    assert!(house.get(&format!("/sync/feeds/{stock}")).by(OWNER).send().await.expect(200).body.contains("撤销这一批"));
    house.api(&cast.erp, "prod.add_or_edit", json!({ "prodId": "P1", "prodName": "蒙脱石散（新）" })).send().await.expect(200);
    let goods = house.ask("select max(id) from feeds where method = 'prod.add_or_edit'");
    let page = house.get(&format!("/sync/feeds/{goods}")).by(OWNER).send().await.expect(200);
    assert!(!page.body.contains("撤销这一批") && page.body.contains("不能整批撤销"), "{}", page.body);
    house.delete(&format!("/sync/feeds/{goods}/changes")).by(OWNER).send().await.expect(409);
}
