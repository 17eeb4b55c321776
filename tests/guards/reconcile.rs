use super::{OWNER, READER, STRANGER, lines, one, stocked};
use chrono::Duration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// As an ERP would compute it from the description alone.
fn digest(rows: &[(String, i64)], buckets: u8) -> Vec<(usize, String)> {
    let mut sorted: BTreeMap<u8, Vec<String>> = (0..buckets).map(|b| (b, vec![])).collect();
    for (sku, qty) in rows {
        sorted.get_mut(&(Sha256::digest(sku)[0] % buckets)).unwrap().push(format!("{sku}|{qty}\n"));
    }
    sorted
        .into_values()
        .map(|mut lines| {
            lines.sort();
            (lines.len(), hex(&Sha256::digest(lines.concat())))
        })
        .collect()
}

// Item 9: the same bytes on both sides. S1 and S10 sort differently as ids and as lines.
#[actix_web::test]
async fn the_digest_is_what_an_erp_would_compute() {
    let (house, cast) = super::house(60).await;
    house.push(&cast, lines(60, |i| i * 3 % 7)).await.expect(200);
    let rows: Vec<(String, i64)> = (1..=60).map(|i| (format!("S{i}"), i * 3 % 7)).collect();
    for buckets in [1_u8, 7, 16, 255] {
        let told = house.api(&cast.erp, "stock.digest", json!({ "buckets": buckets })).send().await.expect(200).value();
        let theirs: Vec<(usize, String)> = told["data"]["digest"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| (usize::try_from(b["rows"].as_u64().unwrap()).unwrap(), b["hash"].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(theirs, digest(&rows, buckets), "{buckets} buckets");
        assert_eq!((&told["data"]["rows"], &told["data"]["shopId"]), (&json!(60), &json!("1")));
    }
    let empty = house.api(&cast.erp, "stock.digest", json!({ "shopId": 2, "buckets": 1 })).send().await.expect(200).value();
    assert_eq!(empty["data"]["digest"][0]["hash"], hex(&Sha256::digest([])));
    house.api(&cast.erp, "stock.digest", json!({ "shopId": 9 })).send().await.expect(404);
    house.api(&cast.erp, "stock.digest", json!({ "buckets": 257 })).send().await.expect(422);
}

fn said(id: &str, sku: &str, qty: i64) -> Value {
    json!({ "reconciliationId": id, "skuId": sku, "shopId": "1", "inventory": qty })
}

#[actix_web::test]
async fn a_whole_picture_is_compared_and_a_person_takes_or_keeps() {
    let (house, cast) = stocked(6).await;
    house.push(&cast, one(6, 0)).await.expect(200);
    let before = house.quantities();
    // S1 equal, S2 and S3 different, UFO unknown, S4 and S5 not named, S6 empty on both sides.
    let first =
        house.api(&cast.erp, "stock.reconcile", json!([said("r1", "S1", 10), said("r1", "S2", 7)])).send().await.expect(200).value();
    assert_eq!(first["data"]["lines"][0]["problems"][0]["code"], "DIFFERS", "{first}");
    assert_eq!(first["data"]["lines"][0]["now"]["inventory"], 10);
    let open = house.get("/sync/reconciliations/1").by(OWNER).send().await.expect(200).body;
    assert!(open.contains("还在上传"), "{open}");
    house.post("/sync/reconciliations/1/theirs").by(OWNER).form(&[("view", "different"), ("all", "1")]).json().send().await.expect(409);
    let mut last = said("r1", "S3", 0);
    last["final"] = 1.into();
    let second = house.api(&cast.erp, "stock.reconcile", json!([said("r1", "UFO", 3), last])).send().await.expect(200).value();
    assert_eq!(second["data"]["unchanged"], 2, "{second}");
    assert_eq!(house.ask("select concat_ws(' ', equal, different, missing_here, missing_there) from reconciliations"), "1 2 1 2");
    assert_eq!(house.quantities(), before, "comparing changes nothing");
    let late = house.api(&cast.erp, "stock.reconcile", said("r1", "S1", 10)).send().await.expect(422).value();
    assert_eq!(late["data"]["lines"][0]["problems"][0]["code"], "CLOSED", "{late}");

    let page = house.get("/sync/reconciliations/1").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("选中的用 ERP 的数") && page.contains("蒙脱石散2号"), "{page}");
    for view in ["missing_here", "missing_there"] {
        house.get(&format!("/sync/reconciliations/1?view={view}")).by(OWNER).send().await.expect(200);
    }
    house.get("/sync/reconciliations/1").by(OWNER).part().send().await.expect(200);
    assert!(!house.get("/sync/reconciliations/1").by(READER).send().await.expect(200).body.contains("选中的用 ERP 的数"));
    let all = [("view", "different"), ("all", "1")];
    house.post("/sync/reconciliations/1/theirs").by(READER).form(&all).json().send().await.expect(403);
    house.post("/sync/reconciliations/1/theirs").by(STRANGER).form(&all).json().send().await.expect(404);
    house.post("/sync/reconciliations/1/theirs").by(OWNER).form(&[("view", "different")]).json().send().await.expect(422);

    // Something newer has come for S3; S2 is taken as the ERP's own.
    house.later(Duration::minutes(1));
    house.push(&cast, one(3, 4)).await.expect(200);
    let done = house.post("/sync/reconciliations/1/theirs").by(OWNER).form(&all).send().await.expect(303);
    assert!(done.header("location").ends_with("n=1-1"), "{}", done.header("location"));
    assert_eq!((house.row("S2", 1).split(" v").next(), house.row("S3", 1).split(' ').next()), (Some("7 erp"), Some("4")));
    // One that the ERP does not have is taken as none, the other kept.
    house.post("/sync/reconciliations/1/theirs").by(OWNER).form(&[("view", "missing_there"), ("id", "S4/1")]).send().await.expect(303);
    house.post("/sync/reconciliations/1/ours").by(OWNER).form(&[("view", "missing_there"), ("all", "1")]).send().await.expect(303);
    assert!(house.quantities().contains("S4:0 S5:10"), "{}", house.quantities());
    assert_eq!(
        house.ask("select string_agg(sku_id || ':' || coalesce(taken, '-'), ' ' order by sku_id) from reconciliation_rows"),
        "S2:theirs S3:stale S4:theirs S5:ours UFO:-"
    );
    assert_eq!(
        house.ask("select string_agg(verb || ' ' || actor_name, ', ' order by id) from trail where subject_kind = 'reconciliation'"),
        "reconciliation.closed ERP, reconciliation.taken 王店长, reconciliation.taken 王店长, reconciliation.kept 王店长"
    );
    house.marks_are_right(cast.a).await;
    // A whole picture of nothing, taken on purpose, is not stopped.
    assert_eq!(house.ask("select count(*) from quarantines"), "0");
}

#[actix_web::test]
async fn a_picture_is_pasted_and_mistakes_are_named() {
    let (house, cast) = stocked(40).await;
    let paste = |name: &'static str, rows: &'static str| {
        house.post("/sync/reconciliations").by(OWNER).form(&[("name", name), ("rows", rows)]).send()
    };
    let bad = paste("一", "S1\t5\nS2\t多").await.expect(422).body;
    assert!(bad.contains("第 2 行看不懂") && bad.contains("S2\t多"), "{bad}");
    let unknown = paste("一", "S1\t5\t77").await.expect(422).body;
    assert!(unknown.contains("77"), "{unknown}");
    let made = paste("一", "编码\t数量\nS1\t10\nS2\t3").await.expect(303);
    assert_eq!(made.header("location"), "/sync/reconciliations/1".replace('1', &house.ask("select max(id) from reconciliations")));
    assert_eq!(
        house.ask("select concat_ws(' ', equal, different, missing_here, missing_there) from reconciliations where name = '一'"),
        "1 1 0 38"
    );
    let list = house.get("/sync/reconciliations").by(READER).send().await.expect(200).body;
    assert!(list.contains("一") && !list.contains("粘贴 ERP 的库存"), "{list}");
    // All 38 to none, because a person says so.
    let id = house.ask("select max(id) from reconciliations");
    house
        .post(&format!("/sync/reconciliations/{id}/theirs"))
        .by(OWNER)
        .form(&[("view", "missing_there"), ("all", "1")])
        .send()
        .await
        .expect(303);
    assert_eq!(house.ask(&format!("select count(*) from stock where merchant_id = {} and erp_qty = 0", cast.a)), "38");
}
