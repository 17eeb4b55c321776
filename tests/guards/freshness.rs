use super::{OWNER, READER, STRANGER, house, lines};
use crate::support::House;
use chrono::Duration;
use duijie::sync;
use serde_json::Value;

async fn watch(house: &House) -> usize {
    sync::watch_silence(&house.platform.db, house.now()).await.expect("watch")
}

async fn available(house: &House, cast: &crate::support::Cast) -> Value {
    let answer = house.api(&cast.erp, "sku.inventory.get", serde_json::json!({ "skuId": "S1", "shopId": "1" })).send().await.expect(200);
    answer.value()["data"]["inventory"].clone()
}

// G-04, G-08: silence is noticed by the clock, keeps pieces back, and ends with the next push.
#[actix_web::test]
async fn silence_keeps_pieces_back_until_it_ends() {
    let (house, cast) = house(1).await;
    for _ in 0..7 {
        house.later(Duration::minutes(4));
        house.push(&cast, lines(1, |_| 30)).await.expect(200);
    }
    let modules = house.get("/sync/freshness").by(OWNER).json().send().await.expect(200).value();
    let stock = modules["data"]["modules"].as_array().unwrap().iter().find(|m| m["module"] == "stock").unwrap().clone();
    assert_eq!((&stock["watched"], &stock["suggested"]), (&Value::from(false), &Value::from(8)), "{stock}");
    let form = [("module", "stock"), ("watched", "1"), ("every_minutes", "10"), ("extra_safety", "25")];
    house.post("/sync/freshness").by(READER).form(&form).json().send().await.expect(403);
    house.post("/sync/freshness").by(OWNER).form(&[("module", "stock"), ("every_minutes", "0")]).send().await.expect(422);
    house.post("/sync/freshness").by(OWNER).form(&[("module", "nothing"), ("every_minutes", "5")]).json().send().await.expect(404);
    house.post("/sync/freshness").by(OWNER).form(&form).send().await.expect(303);

    house.later(Duration::minutes(10));
    assert_eq!((watch(&house).await, available(&house, &cast).await), (0, 30.into()), "not yet over");
    house.later(Duration::seconds(1));
    assert_eq!(watch(&house).await, 1);
    assert_eq!(watch(&house).await, 0, "said once");
    assert_eq!(available(&house, &cast).await, 5);
    assert_eq!(house.marks(), "S1/1 low");
    house.marks_are_right(cast.a).await;
    house.later(Duration::minutes(3));
    let page = house.get("/sync/freshness").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("超时 3 分钟"), "{page}");
    assert!(house.get("/").by(OWNER).send().await.expect(200).body.contains("超过 10 分钟没有收到"));
    assert!(house.get("/sync/pulse").by(OWNER).part().send().await.expect(200).body.contains("库存超时未收到"));
    assert!(house.get("/sync/pulse").by(STRANGER).part().send().await.expect(200).body.contains("同步正常"));

    house.push(&cast, lines(1, |_| 31)).await.expect(200);
    assert_eq!((watch(&house).await, available(&house, &cast).await), (1, 31.into()));
    assert_eq!(
        house.ask("select string_agg(verb, ' ' order by id) from trail where verb like 'freshness%' or verb = 'stock.kept_back'"),
        "freshness.changed freshness.overdue stock.kept_back freshness.heard stock.kept_back"
    );
    // Refused calls are no news.
    house.later(Duration::minutes(11));
    house.push(&cast, serde_json::json!({ "skuId": "S1", "shopId": "99", "inventory": 3 })).await;
    assert_eq!(watch(&house).await, 1);
    // Whoever stops watching gets the pieces back.
    house
        .post("/sync/freshness")
        .by(OWNER)
        .form(&[("module", "stock"), ("every_minutes", "10"), ("extra_safety", "25")])
        .send()
        .await
        .expect(303);
    assert_eq!(available(&house, &cast).await, 31);
}

#[actix_web::test]
async fn a_person_says_that_the_erp_is_down_and_that_it_is_back() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    house
        .post("/sync/freshness")
        .by(OWNER)
        .form(&[("module", "stock"), ("every_minutes", "60"), ("extra_safety", "25")])
        .send()
        .await
        .expect(303);
    house.post("/sync/outage").by(READER).form(&[("reason", "停电")]).json().send().await.expect(403);
    house.post("/sync/outage").by(OWNER).form(&[("reason", "")]).send().await.expect(422);
    house.post("/sync/outage").by(OWNER).form(&[("reason", "停电")]).send().await.expect(303);
    assert_eq!(available(&house, &cast).await, 5);
    house.post("/sync/outage").by(OWNER).form(&[("reason", "停电")]).json().send().await.expect(409);
    let page = house.get("/sync/freshness").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("ERP 恢复了") && page.contains("停电"), "{page}");
    assert!(house.get("/sync/pulse").by(OWNER).part().send().await.expect(200).body.contains("ERP 停机中"));
    // What trickles in is kept, and counts when the ERP is back: stock first, then the catalogue.
    let held = house.push(&cast, lines(1, |_| 44)).await.expect(200);
    assert_eq!(held.value()["data"]["held"], 1);
    assert_eq!(available(&house, &cast).await, 5);
    house.post("/sync/outage?_method=delete").by(OWNER).form(&[]).send().await.expect(303);
    house.delete("/sync/outage").by(OWNER).json().send().await.expect(409);
    assert_eq!(available(&house, &cast).await, 30);
    duijie::sync::release(&house.platform.db, duijie::routes::METHODS, house.now()).await.expect("release");
    assert_eq!(available(&house, &cast).await, 44);
    // A pause that a person made before stays theirs.
    house
        .post("/sync/switch")
        .by(OWNER)
        .form(&[("module", "all"), ("seen", "0"), ("span", "2h"), ("reason", "盘点")])
        .send()
        .await
        .expect(303);
    house.later(chrono::Duration::minutes(1));
    house.post("/sync/outage").by(OWNER).form(&[("reason", "停电")]).send().await.expect(303);
    house.post("/sync/outage?_method=delete").by(OWNER).form(&[]).send().await.expect(303);
    assert_eq!(house.ask("select module || ' ' || reason from switches"), "all 盘点");
}
