//! The list, one product, the listing page: three faces, strangers, empty and wrong.

use super::goods::{GOODS, stock_up};
use crate::support::cast::{AUDITOR, OWNER, READER, STRANGER};
use crate::support::{Cast, House};
use serde_json::{Value, json};

fn ids(value: &Value) -> Vec<String> {
    value["data"]["products"]
        .as_array()
        .map(|all| all.iter().filter_map(|p| p["prodId"].as_str().map(str::to_owned)).collect())
        .unwrap_or_default()
}

async fn listed(house: &House, path: &str) -> Vec<String> {
    let mut found = ids(&house.get(path).by(OWNER).json().send().await.expect(200).value());
    found.sort();
    found
}

#[actix_web::test]
async fn three_faces_of_every_page_in_both_languages() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let mut paths = vec!["/products".to_owned(), "/listing".to_owned(), "/listing?view=missing".to_owned()];
    for tab in ["", "/skus", "/match", "/stock", "/log"] {
        for (id, ..) in GOODS {
            paths.push(format!("/products/{id}{tab}"));
        }
    }
    for path in paths {
        let page = house.get(&path).by(OWNER).send().await.expect(200);
        assert!(page.body.contains("<!doctype html>") && page.body.contains("</html>"), "{path}");
        assert!(!page.body.contains("shelf-") && !page.body.contains(">products-"), "a key without a sentence on {path}");
        let part = house.get(&path).by(OWNER).part().send().await.expect(200);
        assert!(!part.body.contains("<!doctype"), "{path}");
        assert_eq!(house.get(&path).by(OWNER).json().send().await.expect(200).value()["success"], json!(true), "{path}");
    }
    let english = house.get("/products/KZ-100382").by(OWNER).header("accept-language", "en").send().await.expect(200);
    assert!(english.body.contains("Can it be sold now?"), "{}", english.body);
}

#[actix_web::test]
async fn views_and_filters_find_what_they_say() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    for (path, count) in [
        ("/products", 12),
        ("/products?view=listed", 4),
        ("/products?view=unlisted", 8),
        ("/products?view=unmatched", 4),
        ("/products?view=audit", 2),
        ("/products?view=returned", 2),
        ("/products?cat=111", 6),
        ("/products?cat=1", 12),
        ("/products?cat=nowhere", 0),
        ("/products?brand=%E5%B2%AD%E5%8C%97", 3),
        ("/products?listing=pending&view=unmatched", 4),
        ("/products?q=%E8%92%99%E8%84%B1", 1),
        ("/products?q=mtss", 1),
        ("/products?q=KZ-100382", 1),
        ("/products?q=KZ-3002&cat=11", 1),
        ("/products?q=%00%27%22", 0),
        ("/products?view=nonsense&after=zz", 12),
        ("/listing", 4),
        ("/listing?view=person", 1),
        ("/listing?view=rule", 1),
        ("/listing?view=erp", 1),
        ("/listing?view=missing", 5),
        ("/listing?view=missing&lack=priced", 1),
        ("/listing?view=ready", 0),
    ] {
        assert_eq!(listed(&house, path).await.len(), count, "{path}");
    }
}

// Exactly what the list finds, over as many steps as it takes, and nothing that a spreadsheet would run.
#[actix_web::test]
async fn what_the_list_finds_goes_into_a_table() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    house.sql("update products set name = '=HYPERLINK(\"http://x\")' where prod_id = 'KZ-100144'");
    let page = house.get("/products?cat=111&listing=pending").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("href=\"/products/export?cat=111&#38;listing=pending\""), "the button takes the filters along: {page}");
    for path in ["", "?view=unlisted", "?view=listed&cat=111", "?brand=%E5%B2%AD%E5%8C%97", "?q=mtss", "?cat=nowhere"] {
        let table = house.get(&format!("/products/export{path}")).by(OWNER).send().await.expect(200);
        assert_eq!(table.header("content-disposition"), "attachment; filename=\"products-20261122.csv\"");
        assert!(table.body.starts_with("\u{feff}商品编号,ERP 编码,商品,"), "{}", table.body);
        let mut ids: Vec<&str> = table.body.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
        ids.sort_unstable();
        assert_eq!(ids, listed(&house, &format!("/products{path}")).await, "{path}");
    }
    let all = house.get("/products/export").by(OWNER).send().await.expect(200).body;
    assert!(
        all.contains("\"'=HYPERLINK(\"\"http://x\"\")\"") && all.contains("人工下架,王店长,") && all.contains(",12.80,1,260,1,"),
        "{all}"
    );
    assert_eq!(house.get("/products/export").by(STRANGER).send().await.expect(200).body.lines().count(), 1);
    // More than one step reads: none is lost, none comes twice.
    house.sql(&format!(
        "insert into products (merchant_id, prod_id, erp_code, name, category_id, unit, grams, created_at, updated_at) \
         select {}, 'N' || n, 'N' || n, '新品', '111', '盒', '{{}}', now(), now() from generate_series(1, 2100) n",
        cast.a.0
    ));
    let all = house.get("/products/export").by(OWNER).send().await.expect(200).body;
    let ids: std::collections::BTreeSet<&str> = all.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!((ids.len(), all.lines().count()), (2112, 2113));
}

// W-03, B-02: what is kept from the ERP, and how long the goods keep, without opening each.
#[actix_web::test]
async fn exceptions_and_the_first_expiry_stand_in_the_list() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let m = cast.a.0;
    house.sql(&format!(
        "insert into exceptions (merchant_id, module, product_id, reason, by_name, since) select {m}, v, id, '直播', '王店长', now() \
           from products, unnest(array['stock', 'price']) v where prod_id = 'KZ-100382'; \
         insert into lot_heads (merchant_id, sku_id, shop_id, at, told_at) select {m}, id, 1, now(), now() from skus where sku_id = 'KZ-100382-1'; \
         insert into lots (merchant_id, sku_id, shop_id, lot_no, expires_on, qty) select {m}, id, 1, v.no, v.day, 5 \
           from skus, (values ('A1', date '2027-08-19'), ('A2', date '2026-12-02')) v(no, day) where sku_id = 'KZ-100382-1'"
    ));
    let data = house.get("/products?q=KZ-100382").by(OWNER).json().send().await.expect(200).value()["data"]["products"][0].clone();
    assert_eq!((&data["expires"], &data["lots"], &data["apart"]), (&json!("2026-12-02"), &json!(2), &json!(["price", "stock"])));
    let page = house.get("/products?q=KZ-100382").by(OWNER).send().await.expect(200).body;
    assert!(
        page.contains("<span class=\"neg m\">2026-12-02</span>") && page.contains("2 个批号") && page.contains("价格 · 库存"),
        "{page}"
    );
}

#[actix_web::test]
async fn what_is_missing_is_said_with_what_to_do() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let priceless = house.get("/products/KZ-100144").by(OWNER).send().await.expect(200);
    assert!(priceless.body.contains("没有默认单价") && priceless.body.contains("/products/KZ-100144/prices"));
    let returned = house.get("/products/KZ-100208").by(OWNER).send().await.expect(200);
    assert!(returned.body.contains("审核退回") && returned.body.contains("请补充生产企业") && returned.body.contains("再推送一次"));
    // The platform's word counts, the ERP's is shown beside it.
    let differs = house.get("/products/KZ-100382").by(OWNER).send().await.expect(200);
    assert!(differs.body.contains("ERP 上报：3g*10袋"));
    let asked = house.get("/products/KZ-200018/match").by(OWNER).send().await.expect(200);
    assert!(asked.body.contains("<del>100</del>") && asked.body.contains("<ins>60</ins>") && asked.body.contains("BP-0021440"));
    let log = house.get("/products/KZ-100382/log").by(OWNER).send().await.expect(200);
    assert!(log.body.contains("<del>3g</del>"));
    let told = house.api(&cast.erp, "explain.sellable", json!({ "prodId": "KZ-100144" })).send().await.expect(200).value();
    assert_eq!(told["data"]["verdict"], "missing");
    let lacks: Vec<_> = told["data"]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["ok"] == false && c["required"] == true)
        .map(|c| c["code"].clone())
        .collect();
    assert_eq!(lacks, [json!("priced")]);
    house.api(&cast.other_erp, "explain.sellable", json!({ "prodId": "KZ-100144" })).send().await.expect(404);
}

// I-13
#[actix_web::test]
async fn a_stranger_finds_nothing() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    for tab in ["", "/skus", "/match", "/prices", "/lots", "/stock", "/log"] {
        house.get(&format!("/products/KZ-100382{tab}")).by(STRANGER).send().await.expect(404);
        house.get(&format!("/products/nobody{tab}")).by(OWNER).send().await.expect(404);
    }
    house.get("/products/KZ-100382/nonsense").by(OWNER).send().await.expect(404);
    house.post("/products/KZ-100382/listing").by(STRANGER).send().await.expect(404);
    house.get("/products").by(AUDITOR).send().await.expect(404);
    let empty = house.get("/products").by(STRANGER).send().await.expect(200);
    assert!(empty.body.contains("还没有商品") && empty.body.contains("/api-keys") && empty.body.contains("/docs/prod.add_or_edit"));
    assert!(!empty.body.contains("蒙脱石散"));
    house.get("/listing").by(STRANGER).send().await.expect(200);
    let reader = house.get("/products").by(READER).send().await.expect(200);
    assert!(!reader.body.contains("data-all"), "who may not list has nothing to tick");
    house.post("/products/KZ-100382/listing").by(READER).send().await.expect(403);
}

#[actix_web::test]
async fn no_result_names_the_way_back_and_neighbours_follow_the_list() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    let nothing = house.get("/products?q=%E6%B2%A1%E6%9C%89%E7%9A%84&view=listed").by(OWNER).send().await.expect(200);
    assert!(nothing.body.contains("没有符合这些筛选条件的结果") && nothing.body.contains("清除筛选"));
    // On sale, newest first: …126, …001, …017, …382.
    let middle = house.get("/products/KZ-100001?view=listed").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(middle["data"]["prev"], "/products/KZ-100126?view=listed");
    assert_eq!(middle["data"]["next"], "/products/KZ-100017?view=listed");
}
