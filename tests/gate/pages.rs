use super::{OWNER, READER, minutes, scene};
use crate::stock::lines;
use crate::support::House;
use serde_json::json;

// I-8: what the page foretells is what happens.
#[actix_web::test]
async fn the_difference_shown_is_what_becomes_of_it() {
    let (house, cast) = scene(3).await;
    house.off("stock", "2h").await.expect(200);
    house.push(&cast, lines(3, |i| if i == 3 { 100 } else { i })).await.expect(200);
    let before = house.ask("select (select count(*) from stock_movements) + (select count(*) from feeds)");
    let shown = house.get("/sync/waiting?m=stock").by(OWNER).json().send().await.expect(200).value();
    let changes: Vec<_> = shown["data"]["lines"].as_array().unwrap().iter().map(|l| l["changes"].clone()).collect();
    assert_eq!(changes, [json!([["inventory", "100", "1"]]), json!([["inventory", "100", "2"]]), json!([])]);
    assert_eq!(
        house.ask("select (select count(*) from stock_movements) + (select count(*) from feeds)"),
        before,
        "looking changes nothing"
    );
    house.on("stock", "all", &[]).await.expect(200);
    house.release().await;
    assert_eq!((house.row("S1", 1), house.row("S2", 1), house.row("S3", 1)), ("1 erp v2".into(), "2 erp v2".into(), "100 erp v1".into()));
}

#[actix_web::test]
async fn the_pages_have_three_faces_in_every_state() {
    let (house, cast) = scene(2).await;
    for path in ["/sync", "/sync/waiting", "/sync/exceptions"] {
        house.get(path).by(READER).send().await.expect(200);
        house.get(path).by(OWNER).part().send().await.expect(200);
        house.get(path).by(OWNER).json().send().await.expect(200);
    }
    house.off("stock", "30m").await.expect(200);
    house.off("all", "tonight").await.expect(200);
    house.push(&cast, lines(2, |_| 1)).await.expect(200);
    house.except(OWNER, &[("module", "product/spec"), ("prodId", "P1")]).await.expect(200);
    house.except(OWNER, &[("module", "stock"), ("skuId", "S1"), ("shopId", "2")]).await.expect(200);
    house.later(minutes(20));
    let page = house.get("/sync").by(OWNER).send().await.expect(200).body;
    for words in ["全部暂停", "盘点", "王店长", "1 个锁定字段", "再暂停 2 小时", "2 行等待"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(house.get("/").by(OWNER).send().await.expect(200).body.contains("暂停将在 12:30 到期"));
    let page = house.get("/sync/waiting").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("恢复并写入全部 2 行") && page.contains("<del>100</del>"), "{page}");
    assert!(!house.get("/sync/waiting").by(READER).send().await.expect(200).body.contains("恢复并写入"));
    let page = house.get("/sync/exceptions").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("二号店") && page.contains("规格"), "{page}");
    let page = house.get("/sync/exceptions").by(OWNER).header("accept-language", "en").send().await.expect(200).body;
    assert!(page.contains("Release and apply"), "{page}");
    assert!(house.get("/sync/pulse").by(OWNER).part().send().await.expect(200).body.contains("同步已全部暂停"));
    // A form that is not accepted comes back with what was typed.
    let bad = [("module", "price"), ("span", "custom"), ("at", "2026-12-24T08:00"), ("reason", "过节"), ("seen", "0")];
    let again = house.post("/sync/switch").by(OWNER).form(&bad).send().await.expect(422).body;
    assert!(again.contains("最长 7 天") && again.contains("过节"), "{again}");
    house.post("/sync/switch").by(OWNER).form(&[("module", "nothing"), ("span", "30m")]).send().await.expect(404);
    house.get("/sync/waiting?m=nothing").by(OWNER).send().await.expect(404);
    house
        .delete("/sync/waiting")
        .by(OWNER)
        .json()
        .form(&[("module", "stock"), ("line", "sku.inventory.update|S1/1")])
        .send()
        .await
        .expect(200);
    assert_eq!(house.ask("select count(*) from held_lines"), "1");
}

// W-04: announced a quarter of an hour before, made to last longer, and over within seconds of its time.
#[actix_web::test]
async fn an_exception_is_announced_extended_and_ends_at_its_time() {
    let (house, cast) = scene(2).await;
    house.except(OWNER, &[("module", "stock"), ("skuId", "S1"), ("span", "30m")]).await.expect(200);
    house.except(OWNER, &[("module", "stock"), ("skuId", "S2"), ("span", "2h")]).await.expect(200);
    let quiet = house.get("/sync/exceptions").by(OWNER).send().await.expect(200).body;
    assert!(!quiet.contains("即将到期"), "{quiet}");
    house.later(minutes(16));
    for path in ["/", "/sync", "/sync/exceptions"] {
        let page = house.get(path).by(OWNER).send().await.expect(200).body;
        assert!(page.contains("即将到期") && page.contains("/sync/exceptions?view=ending"), "{path}: {page}");
    }
    let ending = house.get("/sync/exceptions?view=ending").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(ending["data"]["exceptions"].as_array().map(Vec::len), Some(1));
    let id = ending["data"]["exceptions"][0]["id"].as_i64().expect("an id");
    let extend =
        async |who: &str, form: &[(&str, &str)]| house.post(&format!("/sync/exceptions/{id}/extension")).by(who).form(form).send().await;
    extend(READER, &[("span", "2h")]).await.expect(403);
    let again = extend(OWNER, &[("span", "custom"), ("at", "2026-12-24T08:00")]).await.expect(422).body;
    assert!(again.contains("最长 7 天") && again.contains("2026-12-24T08:00"), "{again}");
    extend(OWNER, &[("span", "2h")]).await.expect(303);
    assert!(!house.get("/").by(OWNER).send().await.expect(200).body.contains("个单品例外"));
    assert_eq!(house.ask(&format!("select until = '2026-11-22 06:16Z' and reason = '直播专供' from exceptions where id = {id}")), "true");
    assert!(house.verbs().ends_with("exception.added exception.added exception.extended"), "{}", house.verbs());
    // What was pushed under it is applied by the round after its end.
    house.push(&cast, lines(1, |_| 7)).await.expect(200);
    house.later(minutes(120));
    assert_eq!(house.can_buy(&cast, "S1").await, 100);
    house.release().await;
    assert_eq!((house.can_buy(&cast, "S1").await, house.ask("select count(*) from exceptions")), (7, "0".into()));
    house.log_in(OWNER).await;
    extend(OWNER, &[("span", "2h")]).await.expect(404);
}

// UI §4.4, §4.16: a locked field against what the ERP says: theirs, ours, or ours for good.
#[actix_web::test]
async fn locked_fields_are_conflicts_with_three_ways_out() {
    for (then, name, waiting, locks) in [("apply", "丙", "0", "0"), ("refuse", "乙", "0", "1"), ("keep", "乙", "0", "0")] {
        let (house, cast) = scene(1).await;
        let upload = async |name: &str| {
            house.api(&cast.erp, "prod.add_or_edit", json!({ "prodId": "P1", "prodName": name })).send().await.expect(200)
        };
        upload("乙").await;
        house.later(minutes(1));
        house.except(OWNER, &[("module", "product/prodName"), ("prodId", "P1")]).await.expect(200);
        house.except(OWNER, &[("module", "price/price"), ("skuId", "S1")]).await.expect(200);
        let none = house.get("/sync/conflicts?view=locked").by(OWNER).send().await.expect(200).body;
        assert!(none.contains("没有冲突"), "a lock nobody contradicts is none: {none}");
        house.later(minutes(1));
        upload("丙").await;
        let data = house.get("/sync/conflicts?view=locked").by(OWNER).json().send().await.expect(200).value();
        let one = data["data"]["conflicts"][0].clone();
        assert_eq!(
            (&one["field"], &one["ours"], &one["theirs"], &one["agreed"]),
            (&json!("prodName"), &json!("乙"), &json!("丙"), &json!("乙"))
        );
        let page = house.get("/sync/conflicts?view=locked").by(OWNER).send().await.expect(200).body;
        for words in ["锁定的字段", "用 ERP 的值并解锁", "用我们的，继续锁定", "品名", "王店长"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!house.get("/sync/conflicts?view=locked").by(READER).send().await.expect(200).body.contains("用 ERP 的值并解锁"));
        let form = [("then", then), ("back", "conflicts")];
        let gone = house.delete(&format!("/sync/exceptions/{}", one["id"])).by(OWNER).json().form(&form).send().await.expect(200).value();
        assert!(gone["data"]["location"].as_str().expect("a place").starts_with("/sync/conflicts?view=locked"), "{gone}");
        house.release().await;
        let is = house.ask(&format!("select name from products where merchant_id = {} and prod_id = 'P1'", cast.a));
        let left = house.ask("select count(*) from exceptions where field = 'prodName'");
        assert_eq!((is.as_str(), house.ask("select count(*) from held_lines").as_str(), left.as_str()), (name, waiting, locks), "{then}");
    }
}

// UI §4.4: a price is locked where it stands.
#[actix_web::test]
async fn a_price_is_locked_beside_the_price() {
    let (house, cast) = scene(1).await;
    let page = house.get("/products/P1/prices").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("不随 ERP 变的价格") && page.contains("value=\"price/vipPrice\""), "{page}");
    let back = [("module", "price/vipPrice"), ("skuId", "S1"), ("back", "prices")];
    let answer = house.except(OWNER, &back).await.expect(200).value();
    assert_eq!(answer["data"]["location"], "/products/P1/prices?sku=S1");
    house.api(&cast.erp, "sku.price.update", json!({ "skuId": "S1", "vipPrice": "7.00" })).send().await.expect(200);
    let page = house.get("/products/P1/prices").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("已锁定") && page.contains("解除并写入"), "{page}");
    let page = house.get("/products/P1/prices").by(READER).send().await.expect(200).body;
    assert!(page.contains("已锁定") && !page.contains("解除并写入") && !page.contains("锁定："), "{page}");
    let data = house.get("/sync/conflicts?view=locked").by(OWNER).json().send().await.expect(200).value();
    assert_eq!((&data["data"]["conflicts"][0]["sku"], &data["data"]["conflicts"][0]["theirs"]), (&json!("S1"), &json!("7.00")));
}

// W-03, UI §4.4: the goods' own page has their switches and locks.
#[actix_web::test]
async fn a_product_has_its_own_switches() {
    let (house, _) = scene(1).await;
    let back = [("module", "product/spec"), ("prodId", "P1"), ("back", "product")];
    let answer = house.except(OWNER, &back).await.expect(200).value();
    assert_eq!(answer["data"]["location"], "/products/P1");
    house.except(OWNER, &[("module", "stock"), ("prodId", "P1"), ("span", "tonight")]).await.expect(200);
    house.off("price", "2h").await.expect(200);
    let page = house.get("/products/P1").by(OWNER).send().await.expect(200).body;
    for words in ["本商品自动同步", "已锁定", "直播专供", "锁定：", "解除并写入", "同步中心已暂停"] {
        assert!(page.contains(words), "{words}");
    }
    let page = house.get("/products/P1").by(READER).send().await.expect(200).body;
    assert!(page.contains("已锁定") && !page.contains("解除并写入") && !page.contains("锁定："));
}

async fn stock_of(house: &House) -> serde_json::Value {
    let shown = house.get("/sync").by(OWNER).json().send().await.expect(200).value();
    shown["data"]["rows"].as_array().unwrap().iter().find(|r| r["module"] == "stock").unwrap().clone()
}

#[actix_web::test]
async fn calls_are_counted_by_minute() {
    let (house, cast) = scene(1).await;
    house.push(&cast, json!({ "skuId": "S1", "inventory": -1 })).await.expect(422);
    house.later(minutes(2));
    house.push(&cast, lines(1, |_| 9)).await.expect(200);
    let stock = stock_of(&house).await;
    assert_eq!((&stock["today"], &stock["failed"], &stock["hour"]), (&json!(3), &json!(1), &json!(3)));
    assert!(stock["p95"].as_i64().is_some(), "{stock}");
    assert_eq!(house.ask("select count(distinct minute) from call_minutes where module = 'stock'"), "2");
    // What is settled is brought together, and tells the same.
    let told = |of: &serde_json::Value| [&of["today"], &of["failed"], &of["hour"], &of["p95"], &of["bars"]].map(Clone::clone);
    house.later(minutes(4));
    let (before, now) = (stock_of(&house).await, house.now());
    assert!(house.platform.db.write(move |tx| duijie::feeds::minutes::fold(tx, now)).await.expect("folded") > 0);
    assert_eq!(house.ask("select count(*) from call_minutes where module = 'stock' and slot > 0"), "0");
    assert_eq!(told(&stock_of(&house).await), told(&before));
    // An hour later nothing of it is in the last hour, and all of it in the day.
    house.later(minutes(120));
    let now = house.now();
    house.platform.db.write(move |tx| duijie::feeds::minutes::fold(tx, now)).await.expect("folded");
    house.log_in(OWNER).await;
    let late = stock_of(&house).await;
    assert_eq!((&late["today"], &late["failed"], &late["hour"]), (&json!(3), &json!(1), &json!(0)));
    assert_eq!(house.ask("select count(*) from call_minutes where module = 'stock'"), "1");
}

// One stream a tab: it greets at once, and ends when the server goes.
#[actix_web::test]
async fn a_stream_says_hello_and_hears_of_changes() {
    use actix_web::body::MessageBody;
    use actix_web::dev::Service;
    use actix_web::test;
    use std::future::poll_fn;
    use std::pin::Pin;
    let (house, cast) = scene(1).await;
    house.get("/events").json().send().await.expect(401);
    house.get("/sync").by(OWNER).send().await.expect(200);
    let app = test::init_service(duijie::server::app(&house.platform)).await;
    let request = test::TestRequest::with_uri("/events").insert_header(("cookie", house.cookie(OWNER).unwrap())).to_request();
    let answer = app.call(request).await.unwrap();
    assert_eq!(answer.headers().get("content-type").unwrap(), "text/event-stream; charset=utf-8");
    let mut body = Box::pin(answer.into_body());
    let mut next = async || {
        poll_fn(|cx| Pin::as_mut(&mut body).poll_next(cx)).await.map(|chunk| String::from_utf8(chunk.ok().unwrap().to_vec()).unwrap())
    };
    assert!(next().await.unwrap().contains(": here"));
    assert_eq!(house.platform.live.listened(), [cast.a]);
    house.platform.live.tell(cast.b, "1");
    house.platform.live.tell(cast.a, "2");
    assert!(next().await.unwrap().contains("data-n=\"2\""));
    house.platform.live.end();
    assert_eq!(next().await, None);
}
