//! `/freezes`, `/settings/stock` and `duijie verify`: S-05, Q-14, G14, I-1.

use super::{OWNER, READER, STRANGER, house, lines};
use crate::support::house::MASTER_KEY;
use crate::support::{Cast, House};
use chrono::Duration;
use duijie::sync;
use serde_json::{Value, json};
use std::process::Command;

async fn freeze(house: &House, cast: &Cast, no: &str, qty: i64) {
    let line =
        json!([{ "reservationId": no, "skuId": "S1", "shopId": "1", "quantity": qty, "minutes": 10_000, "orderNo": format!("O-{no}") }]);
    house.api(&cast.erp, "sku.inventory.freeze", line).send().await.expect(200);
}

async fn scene() -> (House, Cast) {
    let (house, cast) = house(2).await;
    house.push(&cast, lines(2, |_| 50)).await.expect(200);
    freeze(&house, &cast, "R1", 4).await;
    freeze(&house, &cast, "R2", 6).await;
    house.api(&cast.erp, "sku.inventory.deduct", json!({ "reservationId": "R2" })).send().await.expect(200);
    (house, cast)
}

#[actix_web::test]
async fn what_lies_frozen_is_listed_and_released_with_a_reason() {
    let (house, _) = scene().await;
    let page = house.get("/freezes").by(OWNER).send().await.expect(200).body;
    assert!(
        page.contains("<html") && page.contains("R1") && page.contains("O-R1") && page.contains("蒙脱石散1号") && !page.contains(">R2<"),
        "{page}"
    );
    assert!(!page.contains("超过 24 小时"));
    house.later(Duration::hours(25));
    house.log_in(OWNER).await;
    let page = house.get("/freezes").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("本页有 1 笔冻结超过 24 小时"), "{page}");
    let part = house.get("/freezes?sku=S1&shop=1").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html") && part.contains("R1"));
    assert_eq!(house.get("/freezes?sku=S2&shop=1").by(OWNER).json().send().await.expect(200).value()["data"]["rows"], json!([]));
    let data = house.get("/freezes").by(OWNER).json().send().await.expect(200).value();
    assert_eq!((&data["data"]["counts"], &data["data"]["rows"][0]["lines"][0]["qty"]), (&json!([1, 1]), &json!(4)));

    let again = house.post("/freezes/R1?_method=delete").by(OWNER).form(&[("reason", " ")]).send().await.expect(422).body;
    assert!(again.contains("写明原因") && again.contains("details class=\"more\" open"), "{again}");
    house.delete("/freezes/R1").by(READER).json().form(&[("reason", "x")]).send().await.expect(403);
    house.delete("/freezes/R1").by(STRANGER).json().form(&[("reason", "x")]).send().await.expect(404);
    let back = house.post("/freezes/R1?_method=delete").by(OWNER).form(&[("reason", "商城已取消")]).send().await.expect(303);
    assert_eq!(back.header("location"), "/freezes?done=released");
    assert_eq!(house.ask("select frozen || ' ' || sold_open from stock where frozen + sold_open > 0"), "0 6");
    assert_eq!(house.ask("select ended_by || ' ' || reason from reservations where no = 'R1'"), "person 商城已取消");
    assert_eq!(house.ask("select verb || ' ' || note from trail order by id desc limit 1"), "reservation.released 商城已取消");
    house.delete("/freezes/R1").by(OWNER).json().form(&[("reason", "x")]).send().await.expect(409);
}

#[actix_web::test]
async fn what_is_paid_and_not_in_the_erp_is_settled_by_hand() {
    let (house, cast) = scene().await;
    house.later(Duration::hours(25));
    let overview = house.get("/").by(OWNER).send().await.expect(200).body;
    assert!(overview.contains("ERP 还没扣减（R2）") && overview.contains("/freezes?view=open"), "{overview}");
    let page = house.get("/freezes?view=open").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("R2") && page.contains("流水号 1") && page.contains("未接单") && page.contains("ERP 还没扣减"), "{page}");
    let why = house.get("/stock/S1/1/why").by(OWNER).send().await.expect(200).body;
    for said in ["下单冻结 <b>6</b>", "付款，冻结转已售 <b>6</b>", "预留 R2", "1 笔，最早 11-22 12:00 付款", "view=open&#38;sku=S1"]
    {
        assert!(why.contains(said), "{said}: {why}");
    }
    house.post("/freezes/R2/settlement").by(OWNER).form(&[("reason", "")]).send().await.expect(422);
    house.post("/freezes/R2/settlement").by(READER).json().form(&[("reason", "x")]).send().await.expect(403);
    house.post("/freezes/R2/settlement").by(STRANGER).json().form(&[("reason", "x")]).send().await.expect(404);
    let back = house.post("/freezes/R2/settlement").by(OWNER).form(&[("reason", "已核对 ERP")]).send().await.expect(303);
    assert_eq!(back.header("location"), "/freezes?view=open&done=settled");
    assert_eq!(house.ask("select sum(sold_open) || ' ' || sum(sold) from stock"), "0 6");
    house.post("/freezes/R2/settlement").by(OWNER).json().form(&[("reason", "x")]).send().await.expect(409);
    assert!(house.get("/freezes?view=open").by(OWNER).send().await.body.contains("已付款的都已由 ERP 扣减"));
    assert_eq!(sync::verify(&house.platform.db, None, house.now()).await.expect("verify").differences(), 0);
    house.marks_are_right(cast.a).await;
}

#[actix_web::test]
async fn the_way_of_connecting_is_explained_advised_and_chosen() {
    let (house, _) = scene().await;
    let page = house.get("/settings/stock").by(OWNER).send().await.expect(200).body;
    for said in ["<html", "流水号（推荐）", "ackSeq", "只有一个数", "正在使用", "还没有核对过", "现在核对"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let advised = house.get("/settings/stock?orders=yes&time=seq&number=sellable").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(
        (&advised["data"]["advised"], &advised["data"]["mode"], &advised["data"]["freezeMinutes"]),
        (&json!("cursor"), &json!("bare"), &json!(30))
    );
    let told = house.get("/settings/stock?orders=yes&time=seq&number=sellable").by(OWNER).part().send().await.expect(200).body;
    assert!(!told.contains("<html") && told.contains("建议用："), "{told}");
    for bad in [[("mode", "magic"), ("minutes", "30")], [("mode", "cursor"), ("minutes", "0")]] {
        let again = house.post("/settings/stock").by(OWNER).form(&bad).send().await.expect(422).body;
        assert!(again.contains(&format!("value=\"{}\"", bad[1].1)), "{again}");
    }
    house.post("/settings/stock").by(OWNER).form(&[("mode", "cursor"), ("minutes", "45")]).send().await.expect(303);
    assert_eq!(house.ask("select mode || ' ' || freeze_minutes from stock_rules"), "cursor 45");
    house.get("/settings/stock").by(READER).send().await.expect(403);
    house.post("/settings/stock").by(READER).json().form(&[("mode", "bare"), ("minutes", "30")]).send().await.expect(403);
    house.post("/settings/stock/check").by(READER).json().send().await.expect(403);
}

// G14: found, told, never repaired.
#[actix_web::test]
async fn counters_that_do_not_hold_are_told_everywhere_and_left_alone() {
    let (house, cast) = scene().await;
    let fine = sync::verify(&house.platform.db, Some("jia".into()), house.now()).await.expect("verify");
    assert_eq!((fine.differences(), fine.to_string()), (0, "2026-11-22 12:00:00: 1 merchants, 2 rows, 0 differences".to_owned()));
    assert!(sync::verify(&house.platform.db, Some("nobody".into()), house.now()).await.is_err());
    house.sql(&format!("update stock set frozen = 9 where merchant_id = {} and frozen = 4", cast.a));
    house.later(Duration::minutes(1));
    let report = sync::verify(&house.platform.db, None, house.now()).await.expect("verify");
    assert_eq!(report.differences(), 2, "{report}");
    let table = report.to_string();
    assert!(table.contains("jia") && table.contains("frozen") && table.contains("reservations") && table.contains("ledger"), "{table}");
    assert_eq!(house.ask("select max(frozen) from stock"), "9");
    assert!(house.get("/").by(OWNER).send().await.body.contains("库存计数与流水不一致"));
    house.later(Duration::minutes(1));
    house.post("/settings/stock/check").by(OWNER).form(&[]).send().await.expect(303);
    let page = house.get("/settings/stock").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("2 处差异（2026-11-22 12:02:00）") && page.contains("reservations"), "{page}");
    let seen = house.get("/settings/stock").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(seen["data"]["check"]["differences"].as_array().map(Vec::len), Some(2));
    assert_ne!(seen["data"]["check"]["at"], Value::Null);
}

/// The program's own word: its exit code, and what it prints.
fn verify(house: &House, merchant: &str) -> (Option<i32>, String) {
    let key: String = MASTER_KEY.iter().map(|b| format!("{b:02x}")).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_duijie"));
    command.args(["--database-url", &house.url(), "--master-key", &key, "--log", "off", "verify", "--merchant", merchant]);
    let told = command.env_remove("DATABASE_URL").output().expect("the program runs");
    (told.status.code(), String::from_utf8(told.stdout).expect("text"))
}

// G14: what a scheduled job sees.
#[actix_web::test]
async fn the_program_exits_with_one_when_a_counter_differs() {
    let (house, cast) = scene().await;
    let (code, told) = verify(&house, "jia");
    assert_eq!((code, told.contains("1 merchants, 2 rows, 0 differences")), (Some(0), true), "{told}");
    house.sql(&format!("update stock set frozen = 9 where merchant_id = {} and frozen = 4", cast.a));
    let (code, told) = verify(&house, "jia");
    assert_eq!((code, told.contains("frozen") && told.contains("2 differences")), (Some(1), true), "{told}");
    assert_eq!(house.ask("select max(frozen) from stock"), "9", "it only looks");
    // The other merchant's counters hold.
    assert_eq!(verify(&house, "yi").0, Some(0));
    assert_eq!(verify(&house, "nobody").0, Some(1));
}
