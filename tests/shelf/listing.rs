//! On and off sale by hand: preview, do, undo, and who has the last word.

use super::goods::stock_up;
use crate::support::cast::{OWNER, READER};
use crate::support::{Cast, House};
use serde_json::{Value, json};

fn state(house: &House, id: &str) -> String {
    house.ask(&format!("select listing || ':' || coalesce(unlisted_by, '') || ':' || list_wish from products where prod_id = '{id}'"))
}

async fn put(house: &House, path: &str, body: Value) -> Value {
    house.post(path).by(OWNER).json().header("content-type", "application/json").body(body).send().await.expect(200).value()["data"].clone()
}

const SOME: [&str; 6] = ["KZ-100382", "KZ-300214", "KZ-100144", "KZ-200018", "KZ-300071", "nobody"];

// I-8
#[actix_web::test]
async fn the_preview_tells_exactly_what_doing_it_does() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    for way in ["list", "unlist"] {
        let before: Vec<_> = SOME.iter().map(|id| state(&house, id)).collect();
        let trail = house.ask("select count(*) from trail where subject_kind = 'product'");
        let preview = put(&house, "/products/listing/preview", json!({ "id": SOME, "way": way })).await;
        assert_eq!(SOME.iter().map(|id| state(&house, id)).collect::<Vec<_>>(), before, "a preview changes nothing");
        assert_eq!(house.ask("select count(*) from trail where subject_kind = 'product'"), trail);
        let done = put(&house, "/products/listing", json!({ "id": SOME, "way": way })).await;
        for field in ["total", "changed", "unchanged", "wished", "kept"] {
            assert_eq!(preview[field], done[field], "{way} {field}");
        }
    }
}

#[actix_web::test]
async fn what_keeps_products_back_is_counted_by_what_to_mend() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let told = put(&house, "/products/listing/preview", json!({ "id": SOME, "way": "list" })).await;
    assert_eq!((told["changed"].clone(), told["unchanged"].clone(), told["wished"].clone()), (json!(2), json!(1), json!(2)));
    let kept: Vec<_> = told["kept"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| (k["reason"].as_str().unwrap_or_default().to_owned(), k["count"].as_i64()))
        .collect();
    assert!(
        kept.contains(&("shelf-missing-priced".into(), Some(1))) && kept.contains(&("shelf-missing-matched".into(), Some(1))),
        "{kept:?}"
    );
    // Without script: the ticks and a button of a plain form.
    let form = [("id", "KZ-300214"), ("id", "KZ-100144"), ("way", "list"), ("filter", "view=unlisted")];
    let page = house.post("/products/listing/preview").by(OWNER).form(&form).send().await.expect(200);
    assert!(
        page.body.contains("上架 1 个") && page.body.contains("缺价格") && page.body.contains("href=\"/products?view=unlisted\""),
        "{}",
        page.body
    );
}

#[actix_web::test]
async fn everything_a_filter_finds_can_be_taken_at_once() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let told = put(&house, "/products/listing", json!({ "all": "1", "filter": "view=listed", "way": "unlist" })).await;
    assert_eq!((told["total"].clone(), told["changed"].clone()), (json!(4), json!(4)));
    assert_eq!(house.ask("select count(*) from products where listing = 'listed'"), "0");
    // I-9
    let back = house.post("/products/listing?_method=delete").by(OWNER).json().header("content-type", "application/json");
    let back = back.body(json!({ "id": told["ids"], "way": "unlist", "act": told["act"] })).send().await.expect(200).value();
    assert_eq!(back["data"]["changed"], json!(4));
    assert_eq!(house.ask("select count(*) from products where listing = 'listed'"), "4");
    assert_eq!(house.ask("select count(*) from feeds where channel = 'page' and method = 'prod.shelf.update'"), "1");
}

// I-9: undo is not the opposite wish; each gets back what it had, unless it changed again.
#[actix_web::test]
async fn undoing_a_bulk_change_restores_each_as_it_was() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let all = ["KZ-300071", "KZ-300214", "KZ-200018", "KZ-100382"];
    let states = || all.map(|id| state(&house, id));
    let before = states();
    let told = put(&house, "/products/listing", json!({ "id": all, "way": "list" })).await;
    assert_eq!(states()[0], "listed::false");
    assert_ne!(states()[2], before[2], "a wish is a change too");
    // Somebody takes one off sale in between.
    house.delete("/products/KZ-300214/listing").by(OWNER).send().await.expect(303);
    let undo = |act: serde_json::Value| {
        let call = house.post("/products/listing?_method=delete").by(OWNER).json().header("content-type", "application/json");
        call.body(json!({ "id": told["ids"], "way": "list", "act": act }))
    };
    let back = undo(told["act"].clone()).send().await.expect(200).value();
    assert_eq!(
        (back["data"]["changed"].clone(), back["data"]["kept"][0]["reason"].clone()),
        (json!(2), json!("shelf-bulk-moved-on")),
        "{back}"
    );
    let after = states();
    assert_eq!((&after[0], &after[2], &after[3]), (&before[0], &before[2], &before[3]));
    assert_eq!(after[1], "unlisted:person:false", "what happened since stands");
    // Once is enough; nothing of another request, and nothing without one.
    let again = undo(told["act"].clone()).send().await.expect(200).value();
    assert_eq!(again["data"]["changed"], json!(0));
    undo(json!("00000000-0000-0000-0000-000000000000")).send().await.expect(422);
    undo(json!("")).send().await.expect(422);
    assert_eq!(states(), after);
}

//
#[actix_web::test]
async fn a_person_has_the_last_word_whatever_is_pushed() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let answer = house.delete("/products/KZ-100382/listing").by(OWNER).send().await.expect(303);
    assert_eq!(answer.header("location"), "/products/KZ-100382?done=unlist");
    let page = house.get("/products/KZ-100382?done=unlist").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("已下架") && page.body.contains("人工下架"));
    house.api(&cast.erp, "prod.shelf.update", json!({ "prodId": "KZ-100382", "listed": 1 })).send().await.expect(200);
    house.api(&cast.erp, "sku.inventory.update", json!({ "skuId": "KZ-100382-1", "shopId": 1, "inventory": 500 })).send().await.expect(200);
    assert_eq!(state(&house, "KZ-100382"), "unlisted:person:false");
    house.post("/products/KZ-100382/listing").by(OWNER).send().await.expect(303);
    assert_eq!(state(&house, "KZ-100382"), "listed::false");
}

#[actix_web::test]
async fn what_cannot_be_listed_yet_is_kept_in_mind() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let answer = house.post("/products/KZ-200018/listing").by(OWNER).send().await.expect(303);
    assert_eq!(answer.header("location"), "/products/KZ-200018?done=wish");
    assert_eq!(state(&house, "KZ-200018"), "pending::true");
}

#[actix_web::test]
async fn bad_input_is_told_and_changes_nothing() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let before = house.ask("select count(*) from trail where subject_kind = 'product'");
    let none = house.post("/products/listing/preview").by(OWNER).form(&[("way", "list")]).send().await.expect(422);
    assert!(none.body.contains("没有选中商品"));
    for form in [&[("id", "KZ-100382")][..], &[("id", "KZ-100382"), ("way", "burn")]] {
        house.post("/products/listing").by(OWNER).form(form).send().await.expect(422);
    }
    let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    house
        .post("/products/listing")
        .by(OWNER)
        .json()
        .header("content-type", "application/json")
        .body(json!({ "id": many, "way": "list" }))
        .send()
        .await
        .expect(422);
    house.post("/products/listing").by(READER).form(&[("id", "KZ-100382"), ("way", "unlist")]).send().await.expect(403);
    house
        .post("/products/listing")
        .by(OWNER)
        .without("sec-fetch-site")
        .form(&[("id", "KZ-100382"), ("way", "unlist")])
        .send()
        .await
        .expect(403);
    house.post("/products/nobody/listing").by(OWNER).send().await.expect(404);
    assert_eq!(house.ask("select count(*) from trail where subject_kind = 'product'"), before);
}
