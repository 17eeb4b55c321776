//! `/merchants` for the platform, `/settings` for a merchant's owner.

use super::seed;
use crate::support::House;
use crate::support::cast::{ADMIN, AUDITOR, Cast, OWNER, READER, STRANGER};

#[tokio::test]
async fn the_platform_lists_its_merchants() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    seed::call(&house, cast.a, "stock", "sku.inventory.update", 5, 10, 2);
    let page = house.get("/merchants").by(ADMIN).send().await.expect(200);
    assert!(
        page.body.contains("甲医药") && page.body.contains("乙百货") && page.body.contains("5 分钟前") && page.body.contains("还没有收到"),
        "{}",
        page.body
    );
    let one = house.get("/merchants?q=%E4%B9%99").by(ADMIN).json().send().await.expect(200).value();
    assert_eq!((one["data"]["merchants"].as_array().map(Vec::len), &one["data"]["merchants"][0]["code"]), (Some(1), &"yi".into()));
    assert!(house.get("/merchants?q=zz").by(ADMIN).part().send().await.expect(200).body.contains("没有符合这些筛选条件的结果"));
    assert!(house.get("/merchants").by(ADMIN).header("accept-language", "en").send().await.body.contains("Nothing received yet"));
    house.get("/merchants").by(AUDITOR).send().await.expect(403);
    house.get("/merchants").by(OWNER).send().await.expect(404);
    house.get("/merchants/jia").by(OWNER).send().await.expect(404);
}

#[tokio::test]
async fn pages_of_merchants_follow_their_codes() {
    let house = House::open().await;
    Cast::enter(&house).await;
    house.sql(
        "insert into merchants (code, name, kind) select 'm' || lpad(n::text, 3, '0'), '商家' || n, 'goods' from generate_series(1, 60) n",
    );
    let first = house.get("/merchants").by(ADMIN).json().send().await.expect(200).value();
    let next = first["data"]["next"].as_str().expect("a second page");
    let second = house.get(&format!("/merchants?after={next}")).by(ADMIN).json().send().await.expect(200).value();
    assert_eq!(
        (first["data"]["merchants"].as_array().map(Vec::len), second["data"]["merchants"].as_array().map(Vec::len)),
        (Some(50), Some(12))
    );
}

#[tokio::test]
async fn an_admin_sees_and_sets_a_merchants_rules() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    seed::products(&house, cast.a, &[("approved", "listed"), ("pending", "pending")]);
    seed::call(&house, cast.a, "stock", "sku.inventory.update", 5, 10, 2);
    let one = house.get("/merchants/jia").by(ADMIN).json().send().await.expect(200).value();
    let health = &one["data"]["health"];
    assert_eq!(
        (&health["users"], &health["credentials"], &health["products"], &health["listed"], &health["calls"], &health["failed"]),
        (&2.into(), &2.into(), &2.into(), &1.into(), &1.into(), &1.into()),
        "{health}"
    );
    let saved = house.post("/merchants/jia").by(ADMIN).form(&[("low_stock", "35")]).send().await.expect(303);
    assert_eq!(saved.header("location"), "/merchants/jia?done=saved");
    assert_eq!(house.ask("select auto_list::text || low_stock from merchants where code = 'jia'"), "false35");
    let told = house.ask("select actor_name || verb || before::text || after::text from trail where verb = 'merchant.changed'");
    assert_eq!(told, r#"管理merchant.changed{"autoList": true, "lowStock": 20}{"autoList": false, "lowStock": 35}"#);
    assert_eq!(house.ask("select merchant_id from trail where verb = 'merchant.changed'"), cast.a.to_string());
    // The same again changes and tells nothing.
    let same = house.post("/merchants/jia").by(ADMIN).form(&[("low_stock", "35")]).send().await.expect(303);
    assert_eq!(same.header("location"), "/merchants/jia?done=same");
    assert_eq!(house.ask("select count(*) from trail where verb = 'merchant.changed'"), "1");
    let page = house.get("/merchants/jia?done=saved").by(ADMIN).send().await.expect(200);
    assert!(page.body.contains("规则已保存") && page.body.contains(r#"value="35""#), "{}", page.body);
    for (path, status) in [("/merchants/nobody", 404), ("/merchants/platform", 404)] {
        house.get(path).by(ADMIN).send().await.expect(status);
        house.post(path).by(ADMIN).form(&[("low_stock", "1")]).send().await.expect(status);
    }
    house.post("/merchants/jia").by(AUDITOR).form(&[("low_stock", "1")]).send().await.expect(403);
    house.post("/merchants/jia").by(STRANGER).form(&[("low_stock", "1")]).send().await.expect(404);
}

#[tokio::test]
async fn an_owner_sets_the_rules_and_names_the_shops() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let page = house.get("/settings").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("一号店") && page.body.contains("有货自动上架") && page.body.contains(r#"value="20""#), "{}", page.body);
    house.post("/settings").by(OWNER).form(&[("auto_list", "1"), ("low_stock", "5")]).send().await.expect(303);
    house.post("/settings/shops").by(OWNER).form(&[("id", "88"), ("name", " 南海店 ")]).send().await.expect(303);
    house.post("/settings/shops/1").by(OWNER).form(&[("name", "总店")]).send().await.expect(303);
    assert_eq!(
        house.ask(&format!("select string_agg(id || name, ',' order by id) from shops where merchant_id = {}", cast.a)),
        "1总店,2二号店,88南海店"
    );
    assert_eq!(house.ask(&format!("select string_agg(verb, ',' order by id) from trail where merchant_id = {} and actor_kind = 'person' and verb !~ 'user|session'", cast.a)), "merchant.changed,shop.created,shop.renamed");
    // Nobody else's shops have moved.
    assert_eq!(house.ask(&format!("select string_agg(name, ',' order by id) from shops where merchant_id = {}", cast.b)), "一号店,二号店");
    let english = house.get("/settings?done=renamed").by(OWNER).header("accept-language", "en").send().await.expect(200);
    assert!(english.body.contains("Name changed.") && english.body.contains("Low-stock line"), "{}", english.body);
}

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_with_what_was_typed() {
    let house = House::open().await;
    Cast::enter(&house).await;
    for (path, fields, why) in [
        ("/settings", vec![("low_stock", "-1")], "应在 0 到 999999999 之间"),
        ("/settings", vec![("low_stock", "many")], "格式不对"),
        ("/settings/shops", vec![("id", "1"), ("name", "又一家")], "编号 1 已有门店在用"),
        ("/settings/shops", vec![("id", "0"), ("name", "又一家")], "应在 1 到"),
        ("/settings/shops", vec![("id", "9"), ("name", "\u{7}")], "不含控制字符"),
        ("/settings/shops/1", vec![("name", "  ")], "不含控制字符"),
    ] {
        let page = house.post(path).by(OWNER).form(&fields).send().await.expect(422);
        assert!(page.body.contains(why), "{why}: {}", page.body);
        assert!(page.body.contains(r#"aria-invalid="true""#));
    }
    let told = house
        .post("/settings/shops")
        .by(OWNER)
        .json()
        .header("content-type", "application/json")
        .body(serde_json::json!({ "id": 1, "name": "又一家" }))
        .send()
        .await
        .expect(422)
        .value();
    assert!(told["data"]["id"].as_str().is_some_and(|why| why.contains("已有门店")), "{told}");
    assert_eq!(house.ask("select count(*) from shops"), "4");
}

#[tokio::test]
async fn settings_are_the_owners() {
    let house = House::open().await;
    Cast::enter(&house).await;
    house.get("/settings").by(READER).send().await.expect(403);
    house.post("/settings").by(READER).form(&[("low_stock", "5")]).send().await.expect(403);
    house.get("/settings").by(ADMIN).send().await.expect(404);
    house.post("/settings/shops/7").by(OWNER).form(&[("name", "谁")]).send().await.expect(404);
    house.post("/settings/shops/7").by(OWNER).form(&[("name", "")]).send().await.expect(404);
    let staff = house.get("/").by(READER).send().await.expect(200);
    assert!(!staff.body.contains(r#"href="/settings""#) && !staff.body.contains(r#"href="/trail""#));
}
