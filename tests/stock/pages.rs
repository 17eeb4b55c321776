use super::{OWNER, READER, STRANGER, house, lines};
use serde_json::json;

/// A query as a browser sends it.
fn address(query: &str) -> String {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    format!("/stock?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

#[actix_web::test]
async fn the_page_has_three_faces_and_two_languages() {
    let (house, cast) = house(60).await;
    let empty = house.get("/stock").by(OWNER).send().await.expect(200).body;
    assert!(empty.contains("还没有库存"));
    house.push(&cast, lines(60, |i| i - 1)).await.expect(200);
    let page = house.get("/stock").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("<html") && page.contains("蒙脱石散1号") && page.contains("缺货") && page.contains("/stock/S1/1/why"), "{page}");
    assert_eq!(page.matches("<tr id=").count(), 50);
    let part = house.get("/stock").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html") && part.contains("蒙脱石散1号"));
    let data = house.get("/stock").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(data["data"]["counts"], json!([60, 20, 1, 0, 0, 0, 0]));
    assert_eq!(data["data"]["rows"][0]["marks"], json!(["out"]));
    assert_eq!(data["data"]["rows"][1]["skuId"], "S2");
    let english = house.get("/stock").by(OWNER).header("accept-language", "en").send().await.expect(200).body;
    assert!(english.contains("Out of stock"));
    // A stranger sees their own stock only.
    let other = house.get("/stock").by(STRANGER).json().send().await.expect(200).value();
    assert_eq!(other["data"]["rows"], json!([]));
    house.get("/stock").send().await.expect(303);
}

#[actix_web::test]
async fn pages_follow_one_another_without_gaps() {
    let (house, cast) = house(120).await;
    house.push(&cast, lines(120, |i| i)).await.expect(200);
    let both = (1..=120).map(|i| json!({ "skuId": format!("S{i}"), "shopId": 2, "inventory": 7 })).collect::<Vec<_>>();
    house.push(&cast, json!(both)).await.expect(200);
    for (query, expected) in
        [("", 240), ("shop=2", 120), ("view=low", 140), ("view=low&shop=1", 20), ("q=mtss", 240), ("q=蒙脱石散&shop=1", 120)]
    {
        let mut seen = Vec::new();
        let mut after = String::new();
        loop {
            let page = house.get(&address(&format!("{query}&after={after}"))).by(OWNER).json().send().await.expect(200).value();
            let rows = page["data"]["rows"].as_array().unwrap();
            seen.extend(rows.iter().map(|r| format!("{}/{}", r["skuId"], r["shopId"])));
            match page["data"]["next"].as_str() {
                Some(next) => after = next.to_owned(),
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (expected, expected), "{query}");
    }
}

#[actix_web::test]
async fn filters_find_rows_and_say_when_there_are_none() {
    let (house, cast) = house(12).await;
    house.push(&cast, lines(12, |i| i * 10)).await.expect(200);
    house.sql(&format!("update stock set qty_by = 'person' where merchant_id = {} and erp_qty = 10", cast.a));
    let lot = |no: &str, expires: &str| json!({ "lotNo": no, "expiresOn": expires, "quantity": 4 });
    let told = [lot("B1", "2027-01-31"), lot("B2", "2028-01-31"), lot("B3", "2026-11-01")];
    let lots = json!([{ "skuId": "S7", "shopId": "1", "lots": told }, { "skuId": "S8", "shopId": "1", "lots": [lot("B9", "2028-01-31")] }]);
    house.api(&cast.erp, "prod.batch.replace", lots).send().await.expect(200);
    let few = "prod_id in ('P1', 'P2', 'P9')";
    let listing =
        format!("listing = case when {few} then 'listed' else 'unlisted' end, unlisted_by = case when {few} then null else 'rule' end");
    house.sql(&format!("update products set {listing} where merchant_id = {}", cast.a));
    let found = |answer: crate::support::Answer| answer.value()["data"]["rows"].as_array().map(Vec::len).unwrap_or_default();
    for (query, rows) in [
        ("q=S3", 1),
        ("q=E12", 1),
        ("q=脱石", 12),
        ("q=阿莫西林", 0),
        ("q=……", 0),
        ("view=low", 2),
        ("view=short", 0),
        ("shop=2", 0),
        ("view=low&q=S2", 1),
        ("after=zz", 12),
        ("cat=c1", 12),
        ("cat=c3&q=S2", 1),
        ("cat=nowhere", 0),
        ("listing=listed", 3),
        ("listing=listed&q=S5", 0),
        ("listing=pending&view=low", 0),
        ("src=person", 1),
        ("src=erp", 11),
        ("src=person&view=low", 1),
        ("src=erp&listing=listed", 2),
        ("view=near", 1),
        ("view=near&shop=2", 0),
        ("view=near&src=person", 0),
    ] {
        assert_eq!(found(house.get(&address(query)).by(OWNER).json().send().await.expect(200)), rows, "{query}");
    }
    let none = house.get(&address("q=阿莫西林")).by(OWNER).send().await.expect(200).body;
    assert!(none.contains("没有符合这些筛选条件的结果") && none.contains("阿莫西林"));
}

#[actix_web::test]
async fn the_drawer_tells_how_the_number_came_about() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "inventory": 112, "saled": 9 })).await.expect(200);
    house.sql("update stock set frozen = 36, sold_open = 4, safety = 12");
    let page = house.get("/stock/S1/1/why").by(OWNER).send().await.expect(200).body;
    for said in [
        "<html",
        "ERP 上报数量",
        "平台冻结",
        ">36<",
        "已付款、ERP 还没扣减",
        "安全库存",
        "当前对外可售",
        ">60<",
        "/sync/calls/",
        "第 1 行",
        "ERP 上报已售 9",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let part = house.get("/stock/S1/1/why").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html") && part.contains("drawer-h") && part.contains("data-close"));
    let data = house.get("/stock/S1/1/why").by(OWNER).json().send().await.expect(200).value();
    let terms: i64 =
        data["data"]["terms"].as_array().unwrap().iter().map(|t| t["sign"].as_i64().unwrap() * t["qty"].as_i64().unwrap()).sum();
    assert_eq!((terms, data["data"]["row"]["available"].as_i64()), (60, Some(60)));
    house.get("/stock/S9/1/why").by(OWNER).send().await.expect(404);
    house.get("/stock/S1/2/why").by(OWNER).send().await.expect(404);
    // The call that caused it can be opened.
    let call = page.split("/sync/calls/").nth(1).and_then(|rest| rest.split('"').next()).expect("a call").to_owned();
    house.get(&format!("/sync/calls/{call}")).by(OWNER).send().await.expect(200);
}

#[actix_web::test]
async fn a_sku_with_any_letters_has_an_address() {
    let (house, cast) = house(1).await;
    house.sql(&format!("update skus set sku_id = '甲/ 1%?' where merchant_id = {}", cast.a));
    house.push(&cast, json!({ "skuId": "甲/ 1%?", "inventory": 3 })).await.expect(200);
    let page = house.get("/stock").by(OWNER).send().await.expect(200).body;
    let href = page.split("href=\"/stock/").nth(1).and_then(|rest| rest.split('"').next()).expect("a link").to_owned();
    house.get(&format!("/stock/{href}")).by(OWNER).send().await.expect(200);
}

// UI §4.12: exactly what is filtered, for a spreadsheet, and nothing in it is run.
#[actix_web::test]
async fn what_is_filtered_is_exported() {
    let (house, cast) = house(1200).await;
    house.push(&cast, lines(1000, |i| i)).await.expect(200);
    house
        .push(&cast, (1001..=1200).map(|i| json!({ "skuId": format!("S{i}"), "shopId": "1", "inventory": i })).collect())
        .await
        .expect(200);
    house.sql(&format!("update products set name = '=1+1' where merchant_id = {} and prod_id = 'P3'", cast.a));
    let sheet = house.get("/stock/export").by(READER).send().await.expect(200);
    assert!(sheet.header("content-disposition").contains("stock-20261122.csv"));
    assert!(sheet.body.starts_with("\u{feff}SKU 编号,") && sheet.body.lines().count() == 1201, "{}", sheet.body.lines().count());
    assert!(sheet.body.contains(",'=1+1,"), "a formula is a text");
    let few = house.get(&address("q=S3").replace("/stock?", "/stock/export?")).by(OWNER).send().await.expect(200).body;
    let line = few.lines().nth(1).expect("a line");
    assert_eq!((few.lines().count(), line.split(',').next()), (2, Some("S3")));
    assert!(line.contains(",1,一号店,3,ERP,3,3,0,0,0,0,"), "{line}");
    let chosen = house.post("/stock/bulk").by(OWNER).form(&[("what", "export"), ("id", "S5/1"), ("id", "S6/1")]).send().await.expect(200);
    assert_eq!(chosen.body.lines().count(), 3);
    let other = house.get("/stock/export").by(STRANGER).send().await.expect(200).body;
    assert_eq!(other.lines().count(), 1, "a stranger's own stock is empty");
}

// Everything the filter finds: first what that is, row by row; then those rows and no others.
#[actix_web::test]
async fn all_that_is_filtered_is_held_in_two_steps() {
    let (house, cast) = house(60).await;
    house.push(&cast, lines(60, |i| if i <= 55 { 5 } else { 500 })).await.expect(200);
    let list = house.get("/stock?view=low").by(OWNER).send().await.expect(200).body;
    assert!(list.contains("包括这个视图的全部 55 个"), "{list}");
    let asked = [("what", "hold"), ("all", "1"), ("filter", "view=low"), ("id", "S1/1")];
    let seen = house.post("/stock/bulk").by(OWNER).json().form(&asked).send().await.expect(200).value();
    assert_eq!(seen["data"]["rows"].as_array().map(Vec::len), Some(55));
    let page = house.post("/stock/bulk").by(OWNER).form(&asked).send().await.expect(200).body;
    assert_eq!(page.matches("name=\"id\" value=").count(), 55, "the second step names what was seen");
    // Another row has become low meanwhile: it was not seen, and is not held.
    house.push(&cast, json!({ "skuId": "S60", "shopId": "1", "inventory": 2 })).await.expect(200);
    let ids: Vec<String> = (1..=55).map(|i| format!("S{i}/1")).collect();
    let mut form = vec![("amount", "now"), ("lasts", "2h"), ("end", "auto"), ("reason", "盘点")];
    form.extend(ids.iter().map(|id| ("id", id.as_str())));
    house.post("/stock/holds").by(OWNER).form(&form).send().await.expect(303);
    assert_eq!(house.ask("select count(*) from stock where hold_id is not null"), "55");
    house.post("/stock/bulk").by(OWNER).form(&[("what", "hold"), ("all", "1"), ("filter", "view=short")]).send().await.expect(404);
}

// After a hold over the list its counts and its banner are told again, for the filter one is looking through.
#[actix_web::test]
async fn a_hold_over_the_list_tells_the_tabs() {
    let (house, cast) = house(3).await;
    house.push(&cast, lines(3, |_| 50)).await.expect(200);
    let form = [("quantity", "40"), ("lasts", "2h"), ("end", "auto"), ("reason", "盘点"), ("within", "pop")];
    let post = |page: &str| house.post("/stock/S1/1/hold").by(OWNER).part().header("hx-current-url", page).form(&form);
    let told = post("http://localhost/stock?shop=1&q=S1").send().await.expect(200).body;
    assert!(
        told.contains("hx-target=\"#views\"") && told.contains("hx-target=\"#held-now\"") && told.contains("1 个库存正在人工保持"),
        "{told}"
    );
    assert!(told.contains("/stock?view=held&#38;q=S1&#38;shop=1") || told.contains("/stock?view=held&amp;q=S1&amp;shop=1"), "{told}");
    let elsewhere = post("http://localhost/holds").send().await.expect(200).body;
    assert!(!elsewhere.contains("#views"));
    let gone = house.delete("/stock/S1/1/hold").by(OWNER).part().header("hx-current-url", "http://localhost/stock");
    let gone = gone.form(&[("how", "now"), ("within", "drawer")]).send().await.expect(200).body;
    assert!(gone.contains("hx-target=\"#views\"") && !gone.contains("个库存正在人工保持"), "{gone}");
}

// UI §4.12: what was paid for since midnight, less what was given back.
#[actix_web::test]
async fn today_is_what_was_sold_since_midnight() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 50)).await.expect(200);
    let sell = async |no: &str, n: i64| {
        let line = json!({ "reservationId": no, "skuId": "S1", "shopId": "1", "quantity": n });
        house.api(&cast.erp, "sku.inventory.freeze", line).send().await.expect(200);
        house.api(&cast.erp, "sku.inventory.deduct", json!({ "reservationId": no })).send().await.expect(200);
    };
    let today = async || house.get("/stock").by(OWNER).json().send().await.expect(200).value()["data"]["rows"][0]["soldToday"].clone();
    sell("R1", 4).await;
    sell("R2", 3).await;
    house.api(&cast.erp, "sku.inventory.rollback", json!({ "reservationId": "R2" })).send().await.expect(200);
    assert_eq!(today().await, json!(4));
    house.later(chrono::Duration::hours(12));
    house.log_in(OWNER).await;
    assert_eq!(today().await, json!(0));
    sell("R3", 2).await;
    assert_eq!(today().await, json!(2));
}
