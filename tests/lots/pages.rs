use super::{house, lot, told};
use crate::support::cast::{OWNER, READER, STRANGER};
use serde_json::json;

// UI §4.11, B-02, B-06
#[actix_web::test]
async fn the_list_says_what_expires_when() {
    let (house, cast) = house(4).await;
    house.push(&cast, json!([{ "skuId": "S1", "inventory": 20 }, { "skuId": "S2", "inventory": 9 }])).await.expect(200);
    let lines = json!([
        told("S1", &[lot("SOON", "2026-12-10", 6), lot("LATER", "2027-02", 14), lot("NONE", "2026-12-01", 0)]),
        told("S2", &[lot("OVER", "2026-11-21", 5)]),
        told("S3", &[json!({ "lotNo": "OPEN" })]),
    ]);
    house.tell(&cast, lines).await.expect(200);
    let rows = async |query: &str| {
        let page = house.get(&format!("/lots{query}")).by(OWNER).json().send().await.expect(200).value();
        page["data"]["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|r| r["lotNo"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(rows("").await, "OVER SOON LATER OPEN");
    assert_eq!(
        (rows("?view=30").await, rows("?view=90").await, rows("?view=180").await),
        ("SOON".into(), "SOON".into(), "SOON LATER".into())
    );
    assert_eq!(
        (rows("?view=expired").await, rows("?view=gone").await, rows("?view=differs").await),
        ("OVER".into(), "NONE".into(), "OVER".into())
    );
    assert_eq!((rows("?q=LATER").await, rows("?q=S1").await, rows("?shop=2").await), ("LATER".into(), "SOON LATER".into(), String::new()));
    let counts = house.get("/lots").by(OWNER).json().send().await.expect(200).value()["data"]["counts"].clone();
    assert_eq!(counts, json!([4, 1, 1, 2, 1, 1, 1]));
    for path in [
        "/lots",
        "/lots?view=gone",
        "/lots?view=differs",
        "/lots?q=nothing",
        "/lots/S1/1",
        "/lots/S1/1?to=1",
        "/products/P1/lots",
        "/stock",
        "/stock/S2/1/why",
    ] {
        for face in [house.get(path).by(OWNER), house.get(path).by(READER).part(), house.get(path).by(OWNER).json()] {
            face.send().await.expect(200);
        }
    }
    assert!(house.get("/lots").by(STRANGER).send().await.expect(200).body.contains("还没有批号"));
    house.get("/lots/S1/1").by(STRANGER).send().await.expect(404);
    assert!(house.get("/stock").by(OWNER).send().await.expect(200).body.contains("SOON"));
    let why = house.get("/stock/S2/1/why").by(OWNER).send().await.expect(200).body;
    assert!(why.contains("过期或停售批号") && why.contains("OVER"), "{why}");
}

#[actix_web::test]
async fn a_lot_is_stopped_with_a_reason_and_put_back() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!([{ "skuId": "S1", "inventory": 20 }, { "skuId": "S1", "shopId": 2, "inventory": 20 }])).await.expect(200);
    let at = |shop: &str| json!({ "skuId": "S1", "shopId": shop, "lots": [lot("B1", "2028-01", 20)] });
    house.tell(&cast, json!([at("1"), at("2")])).await.expect(200);
    let stop = async |who: &str, fields: &[(&str, &str)]| house.post("/lots/S1/1/stop").by(who).form(fields).send().await;
    stop(READER, &[("lot", "B1"), ("reason", "召回")]).await.expect(403);
    let asked = stop(OWNER, &[("lot", "B1"), ("reason", " ")]).await.expect(422);
    assert!(asked.body.contains("写明停售原因"), "{}", asked.body);
    stop(OWNER, &[("lot", "B1"), ("reason", "召回 2026-114"), ("every", "1"), ("back", "list")]).await.expect(303);
    assert_eq!(house.ask("select string_agg(stock_available(s)::text, ' ' order by shop_id) from stock s"), "0 0");
    assert!(house.get("/lots").by(OWNER).send().await.expect(200).body.contains("召回 2026-114"));
    stop(OWNER, &[("lot", "B1"), ("reason", "再来")]).await.expect(409);
    house.delete("/lots/S1/1/stop").by(OWNER).form(&[("lot", "B1")]).send().await.expect(303);
    assert_eq!(house.ask("select string_agg(stock_available(s)::text, ' ' order by shop_id) from stock s"), "20 0");
    assert!(house.movements().contains("lots 20→20 0 王店长"), "{}", house.movements());
    house.nothing_differs(&cast).await;
}

#[actix_web::test]
async fn two_lists_are_compared() {
    let (house, cast) = house(1).await;
    for n in [5, 7, 9] {
        house.tell(&cast, told("S1", &[lot("B1", "2028-01", n), lot(&format!("X{n}"), "2028-02", 1)])).await.expect(200);
    }
    let difference = async |query: &str| {
        house.get(&format!("/lots/S1/1{query}")).by(OWNER).json().send().await.expect(200).value()["data"]["difference"].clone()
    };
    let last = difference("?to=3").await;
    assert_eq!(
        (&last["from"], &last["lots"][0]["before"]["quantity"], &last["lots"][0]["after"]["quantity"]),
        (&json!(2), &json!(7), &json!(9))
    );
    assert_eq!(last["lots"].as_array().map(Vec::len), Some(3));
    assert_eq!(difference("?from=1&to=3").await["lots"][0]["before"]["quantity"], 5);
    house.get("/lots/S1/1?to=9").by(OWNER).send().await.expect(404);
}

//
#[actix_web::test]
async fn the_rules_of_lots_are_chosen_by_the_owner() {
    let (house, _) = house(1).await;
    house.get("/settings/lots").by(READER).send().await.expect(403);
    house.get("/settings/lots").by(OWNER).send().await.expect(200);
    let choose = async |fields: &[(&str, &str)]| house.post("/settings/lots").by(OWNER).form(fields).send().await;
    let refused = choose(&[("mode", "newest"), ("carry", "1")]).await.expect(422);
    assert!(refused.body.contains("需要 ERP 传来全部批号"), "{}", refused.body);
    choose(&[("mode", "other")]).await.expect(422);
    choose(&[("mode", "replace_all"), ("carry", "1")]).await.expect(303);
    assert_eq!(house.ask("select mode || ' ' || carries_stock from lot_rules"), "replace_all true");
    let shown = house.get("/settings/lots").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(shown["data"]["carry"], true);
}
