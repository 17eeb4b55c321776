use super::{OWNER, STRANGER, house, lines};
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
    assert_eq!(data["data"]["counts"], json!([60, 20, 1, 0, 0, 0]));
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
