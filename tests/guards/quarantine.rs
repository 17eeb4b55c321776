use super::{OWNER, READER, STRANGER, lines, one, stocked};
use chrono::Duration;
use serde_json::json;

// DESIGN of the guards: 30 rows and a fifth of what is in stock, in one call. Only the rows that go to zero wait.
#[actix_web::test]
async fn a_call_that_empties_the_shelves_waits_for_a_person() {
    let (house, cast) = stocked(100).await;
    let answer = house.push(&cast, lines(60, |i| if i <= 40 { 0 } else { 11 })).await.expect(200).value();
    assert_eq!((answer["data"]["parked"].as_i64(), answer["data"]["applied"].as_i64()), (Some(40), Some(20)), "{answer}");
    let line = &answer["data"]["lines"][0];
    assert_eq!((line["outcome"].as_str(), line["problems"][0]["code"].as_str()), (Some("parked"), Some("QUARANTINED")), "{line}");
    assert_eq!(line["now"]["inventory"], 10);
    assert!(line["problems"][0]["msg"].as_str().unwrap().contains("现在仍是 10"), "{line}");
    assert_eq!(house.ask("select count(*) from stock where erp_qty = 0"), "0");
    assert_eq!(house.ends(), "-×40");

    let list = house.get("/sync/quarantine").by(OWNER).send().await.expect(200).body;
    assert!(list.contains("大批清零") && list.contains("40 行要清零，在库共 100 行"), "{list}");
    let page = house.get("/sync/quarantine/1").by(READER).send().await.expect(200).body;
    assert!(page.contains("<del>10</del>") && page.contains("<ins>0</ins>") && page.contains("放行需要库存或商品权限"), "{page}");
    let next = house.get("/sync/quarantine/1").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(next["data"]["lines"].as_array().map(Vec::len), Some(50_usize.min(40)));
    house.get("/sync/quarantine/1").by(OWNER).part().send().await.expect(200);
    assert!(house.get("/").by(OWNER).send().await.expect(200).body.contains("/sync/quarantine"), "a to-do");
    assert!(house.get("/sync/pulse").by(OWNER).part().send().await.expect(200).body.contains("40 行被隔离"));

    // Who may not, or says nothing, changes nothing.
    house.post("/sync/quarantine/1/approval").by(READER).form(&[("all", "1"), ("reason", "x")]).json().send().await.expect(403);
    house.post("/sync/quarantine/1/approval").by(STRANGER).form(&[("all", "1"), ("reason", "x")]).json().send().await.expect(404);
    house.post("/sync/quarantine/1/approval").by(OWNER).form(&[("all", "1")]).send().await.expect(422);
    let none = house.post("/sync/quarantine/1/approval").by(OWNER).form(&[("reason", "x")]).send().await.expect(422).body;
    assert!(none.contains("先勾选要处理的行"), "{none}");

    house.decide("/sync/quarantine/1/approval", "1", &[]).await.expect(303);
    assert_eq!(house.ends(), "applied×40");
    assert_eq!(house.ask("select count(*) from stock where erp_qty = 0 and qty_by = 'erp'"), "40", "the number is the ERP's");
    assert_eq!(
        house.ask("select verb || ' ' || (after->>'applied') || ' ' || note || ' ' || actor_name from trail where verb like 'quarantine%'"),
        "quarantine.released 40 盘点后停售 王店长"
    );
    // Pressing again does nothing twice.
    let again = house.decide("/sync/quarantine/1/approval", "1", &[]).await.expect(303);
    assert!(again.header("location").ends_with("done=none"));
    assert_eq!(house.ask("select count(*) from trail where verb like 'quarantine%'"), "1");
    house.marks_are_right(cast.a).await;
}

// The same sent one by one: the first 29 pass, the rest of the window waits; the window slides.
#[actix_web::test]
async fn fifty_single_pushes_are_one_slip() {
    let (house, cast) = stocked(60).await;
    for i in 1..=50 {
        house.later(Duration::seconds(5));
        let outcome = house.push(&cast, one(i, 0)).await.expect(200).value();
        let parked = outcome["data"]["parked"].as_i64();
        assert_eq!(parked, Some(i64::from(i >= 30)), "push {i}: {outcome}");
    }
    assert_eq!(house.ask("select count(*) || ' ' || max(earlier) from quarantines"), "1 29");
    assert_eq!(house.ends(), "-×21");
    let page = house.get("/sync/quarantine/1").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("之前 10 分钟里的 29 行已经写入"), "{page}");
    house.later(Duration::minutes(11));
    house.push(&cast, one(51, 0)).await.expect(200);
    assert!(house.quantities().contains("S51:0"), "another day");
}

#[actix_web::test]
async fn an_ordinary_day_and_a_person_are_left_alone() {
    let (house, cast) = stocked(200).await;
    // 39 of 200 are less than a fifth.
    house.push(&cast, lines(39, |_| 0)).await.expect(200);
    assert_eq!(house.ask("select count(*) from quarantines"), "0");
    house.later(Duration::minutes(11));
    // Off is off.
    let off = [("zero_rows", "30"), ("zero_share", "20"), ("swing_rows", "10"), ("swing_percent", "50")];
    house.post("/settings/guards").by(READER).form(&off).json().send().await.expect(403);
    house.post("/settings/guards").by(OWNER).form(&[("zero_rows", "0"), off[1], off[2], off[3]]).send().await.expect(422);
    house.post("/settings/guards").by(OWNER).form(&off).send().await.expect(303);
    assert_eq!(house.ask("select after->>'zero_on' from trail where verb = 'guards.changed'"), "false");
    house.push(&cast, lines(200, |_| 0)).await.expect(200);
    assert_eq!(house.ask("select count(*) from stock where erp_qty > 0"), "0");
    let page = house.get("/settings/guards").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("大批清零"), "{page}");
}

// Approve part, discard part; what is newer is not overwritten.
#[actix_web::test]
async fn part_passes_and_newer_things_stay() {
    let (house, cast) = stocked(40).await;
    house.push(&cast, lines(40, |_| 0)).await.expect(200);
    let id = |sku: i64| house.ask(&format!("select id from parked_lines where key = 'S{sku}/1'"));
    house.decide("/sync/quarantine/1/approval", "", &[&id(1), &id(2)]).await.expect(303);
    assert_eq!(house.ends(), "-×38 applied×2");
    house.decide("/sync/quarantine/1/refusal", "", &[&id(3)]).await.expect(303);
    assert_eq!(house.ends(), "-×37 applied×2 dismissed×1");

    // A newer push of the same row: what waits of it is old news.
    house.later(Duration::minutes(1));
    house.push(&cast, one(4, 7)).await.expect(200);
    assert_eq!(house.ends(), "-×36 applied×2 dismissed×1 stale×1");
    // The same row in quarantine again: the newer line waits in its place.
    house.push(&cast, one(5, 0)).await.expect(200);
    assert_eq!(house.ends(), "-×36 applied×2 dismissed×1 stale×2");
    // A person has counted row 6 meanwhile.
    let version =
        house.ask("select s.version from stock s join skus k on k.id = s.sku_id where k.sku_id = 'S6' and s.merchant_id = k.merchant_id");
    let form = [("quantity", "3"), ("chosen", "stock-reason-count"), ("version", version.as_str())];
    house.post("/stock/S6/1/quantity").by(OWNER).form(&form).send().await.expect(303);

    let done = house.decide("/sync/quarantine/1/approval", "1", &[]).await.expect(303);
    assert!(done.header("location").ends_with("n=35-1-0"), "{}", done.header("location"));
    assert_eq!((house.row("S6", 1).as_str(), house.row("S4", 1).starts_with("7 erp")), ("3 person v2", true));
    assert_eq!(house.row("S3", 1).split(' ').next(), Some("10"));
    let page = house.get("/sync/quarantine/1").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("已有更新的值") && page.contains("已忽略") && page.contains("都已处理"), "{page}");
}

// V-03, I-4, I-8: a repeated request is answered alike and stops nothing twice; a preview stops nothing at all.
#[actix_web::test]
async fn asking_again_or_asking_first_changes_nothing() {
    let (house, cast) = stocked(40).await;
    let body = json!({ "lines": lines(40, |_| 0), "preview": true });
    let preview = house.api(&cast.erp, "sku.inventory.update", body).send().await.expect(200).value();
    assert_eq!(preview["data"]["parked"], 40);
    assert_eq!(house.ask("select count(*) from quarantines"), "0");
    let call = || house.api(&cast.erp, "sku.inventory.update", lines(40, |_| 0)).header("idempotency-key", "once");
    let (first, second) = (call().send().await.expect(200), call().send().await.expect(200));
    assert_eq!(first.value()["data"]["lines"], second.value()["data"]["lines"]);
    assert_eq!((house.ends(), house.ask("select count(*) from quarantines")), ("-×40".to_owned(), "1".to_owned()));
}
