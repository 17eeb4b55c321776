use super::{amoxicillin, create, platform_tree};
use crate::support::cast::{ADMIN, AUDITOR, OWNER, READER, STRANGER};
use crate::support::{Cast, House};
use duijie::catalog::base::Draft;
use serde_json::json;

async fn opened() -> (House, Cast) {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    (house, cast)
}

/// Page, part and JSON, in both languages, without a key shown instead of its sentence.
async fn three_faces(house: &House, path: &str, who: &str) {
    for lang in ["zh-CN", "en"] {
        let ask = || house.get(path).by(who).header("accept-language", lang);
        let page = ask().send().await.expect(200);
        assert!(page.body.contains("<html") && page.body.contains("id=\"main\""), "{path}");
        let part = ask().part().send().await.expect(200);
        assert!(!part.body.contains("<html"), "{path}");
        for body in [&page.body, &part.body] {
            for family in ["base-", "category-", "alias-", "block-", "catalog-", "trail-"] {
                assert!(!body.contains(&format!(">{family}")), "{path} {lang}: a key of {family}");
            }
        }
    }
    let json = house.get(path).by(who).json().send().await.expect(200).value();
    assert_eq!((&json["code"], &json["success"]), (&json!(200), &json!(true)), "{path}");
}

#[actix_web::test]
async fn every_page_has_three_faces_empty_and_full() {
    let (house, cast) = opened().await;
    let lists = [
        "/base-products",
        "/base-products?view=disabled",
        "/base-products?view=merged",
        "/base-products?view=duplicates",
        "/platform-categories",
        "/aliases",
        "/aliases?view=revoked",
        "/blocklist",
        "/blocklist?view=lifted",
    ];
    for path in lists {
        three_faces(&house, path, AUDITOR).await;
    }
    three_faces(&house, "/categories", READER).await;
    platform_tree(&house);
    let one = create(&house, Draft { category_id: Some("90101".into()), ..amoxicillin() }).await;
    create(&house, amoxicillin()).await;
    house
        .api(&cast.erp, "catalog.add_or_edit", json!({ "id": "a", "name": "药", "type": 1, "parentId": "0", "enable": 0 }))
        .send()
        .await
        .expect(200);
    for path in lists.into_iter().chain([
        "/base-products/new",
        "/base-products/import",
        "/platform-categories/new?parent=1",
        "/platform-categories/10101/edit",
    ]) {
        three_faces(&house, path, ADMIN).await;
    }
    for path in ["", "/edit", "/merge", "/merge?with=BP-0000002"] {
        three_faces(&house, &format!("/base-products/{}{path}", one.id), ADMIN).await;
    }
    three_faces(&house, "/categories?q=%E8%8D%AF", READER).await;
}

// I-13
#[actix_web::test]
async fn strangers_do_not_find_the_platform_and_auditors_may_not_manage_it() {
    let (house, _) = opened().await;
    platform_tree(&house);
    let one = create(&house, amoxicillin()).await;
    let detail = format!("/base-products/{}", one.id);
    for path in [
        "/base-products",
        "/base-products/new",
        "/base-products/import",
        &detail,
        "/platform-categories",
        "/platform-categories/new",
        "/aliases",
        "/blocklist",
    ] {
        for who in [OWNER, STRANGER] {
            house.get(path).by(who).send().await.expect(404);
        }
    }
    house.get("/categories").by(AUDITOR).send().await.expect(404);
    house.get("/base-products").send().await.expect(303);
    house.get("/base-products/4711").by(AUDITOR).send().await.expect(404);
    for (path, fields) in [
        (format!("{detail}?_method=put"), vec![("name", "x"), ("version", "1")]),
        (format!("{detail}/suspension"), vec![("reason", "x")]),
        ("/base-products/import".into(), vec![("csv", "name\nx")]),
        ("/platform-categories".into(), vec![("id", "7"), ("name", "x"), ("parent_id", "0")]),
        ("/platform-categories/1/ban".into(), vec![("reason", "x")]),
        ("/blocklist".into(), vec![("kind", "name"), ("text", "xx"), ("reason", "x")]),
    ] {
        house.post(&path).by(AUDITOR).form(&fields).send().await.expect(403);
        house.post(&path).by(OWNER).form(&fields).send().await.expect(404);
    }
    let page = house.get(&detail).by(AUDITOR).send().await.expect(200);
    assert!(!page.body.contains("/edit\"") && !page.body.contains("/suspension"), "what one may not do is not shown");
}

#[actix_web::test]
async fn an_auditor_creates_and_an_admin_edits() {
    let (house, _) = opened().await;
    platform_tree(&house);
    let bad =
        house.post("/base-products").by(AUDITOR).form(&[("name", "布洛芬片"), ("barcodes", "6901234000017\n123")]).send().await.expect(422);
    assert!(
        bad.body.contains("6901234000017\n123</textarea>")
            && bad.body.contains("最后一位应为 6")
            && bad.body.contains("value=\"布洛芬片\""),
        "{}",
        bad.body
    );
    let told = house
        .post("/base-products")
        .by(AUDITOR)
        .json()
        .header("content-type", "application/json")
        .body(json!({ "name": "", "category_id": "1" }))
        .send()
        .await
        .expect(422)
        .value();
    assert!(told["data"]["name"].is_string() && told["data"]["category_id"].is_string(), "{told}");
    let made = house
        .post("/base-products")
        .by(AUDITOR)
        .form(&[("name", "布洛芬片"), ("barcodes", "6901234000016, 6901234000054"), ("category_id", "10101")])
        .send()
        .await
        .expect(303);
    assert_eq!(made.header("location"), "/base-products/1?done=created");
    let page = house.get("/base-products/1?done=created").by(AUDITOR).send().await.expect(200);
    assert!(
        page.body.contains("西药 › 抗感染 › 青霉素类") && page.body.contains("6901234000054") && page.body.contains("已新建"),
        "{}",
        page.body
    );
    let save = |version: &'static str, name: &'static str| {
        house
            .post("/base-products/1?_method=put")
            .by(ADMIN)
            .form(&[("name", name), ("version", version), ("barcodes", "6901234000016")])
            .send()
    };
    save("1", "布洛芬缓释片").await.expect(303);
    let late = save("1", "布洛芬分散片").await.expect(409);
    assert!(
        late.body.contains("被别人改过")
            && late.body.contains("value=\"布洛芬分散片\"")
            && late.body.contains("name=\"version\" value=\"2\""),
        "{}",
        late.body
    );
    save("2", "布洛芬分散片").await.expect(303);
    let page = house.get("/base-products/1").by(AUDITOR).send().await.expect(200);
    assert!(page.body.contains("<del>布洛芬缓释片</del>") && page.body.contains("<ins>布洛芬分散片</ins>"));
    house.post("/base-products/1/suspension").by(ADMIN).form(&[("reason", "")]).send().await.expect(422);
    house.post("/base-products/1/suspension").by(ADMIN).form(&[("reason", "停产")]).send().await.expect(303);
    assert!(house.get("/base-products?view=disabled").by(AUDITOR).send().await.expect(200).body.contains("布洛芬分散片"));
    house.post("/base-products/1/suspension?_method=delete").by(ADMIN).form(&[]).send().await.expect(303);
    assert_eq!(house.ask("select status from base_products"), "active");
}

#[actix_web::test]
async fn the_list_filters_and_pages_without_losing_or_doubling_a_row() {
    let (house, _) = opened().await;
    platform_tree(&house);
    for n in 0..55 {
        let category = if n < 3 { Some("10101".to_owned()) } else { None };
        create(&house, Draft { name: format!("商品{n:02}"), barcodes: vec![], category_id: category, ..amoxicillin() }).await;
    }
    let list = |path: String| {
        let call = house.get(&path).by(AUDITOR).json().send();
        async move { call.await.expect(200).value()["data"].clone() }
    };
    let first = list("/base-products".into()).await;
    let second = list(format!("/base-products?after={}", first["next"].as_str().unwrap())).await;
    let names =
        |v: &serde_json::Value| v["rows"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let mut all = [names(&first), names(&second)].concat();
    assert_eq!((names(&first).len(), all.len(), second["next"].is_null()), (50, 55, true));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 55);
    assert_eq!(names(&list("/base-products?category=1".into()).await).len(), 3);
    assert_eq!(names(&list("/base-products?category=101&q=%E5%95%86%E5%93%8101".into()).await), ["商品01"]);
    house.get("/base-products?category=nowhere").by(AUDITOR).send().await.expect(404);
    assert!(house.get("/base-products?q=nothing").by(AUDITOR).send().await.expect(200).body.contains("清除筛选"));
    let radar = list("/base-products?view=duplicates".into()).await;
    assert_eq!(radar["duplicates"].as_array().unwrap().len(), 1, "one approval number and spec for all");
    assert_eq!(radar["duplicates"][0]["members"].as_array().unwrap().len(), 6, "and only so many of them");
}

// C-04, C-06, P-16
#[actix_web::test]
async fn the_platform_tree_is_kept_on_its_page() {
    let (house, _) = opened().await;
    let add = |id: &'static str, parent: &'static str| {
        house.post("/platform-categories").by(ADMIN).form(&[("id", id), ("name", "类目"), ("parent_id", parent)]).send()
    };
    add("1", "0").await.expect(303);
    add("11", "1").await.expect(303);
    add("111", "11").await.expect(303);
    add("2", "0").await.expect(303);
    assert!(add("1", "0").await.expect(422).body.contains("这个编号已被使用"));
    assert!(add("1111", "111").await.expect(422).body.contains("三级类目"));
    assert!(add("x", "nowhere").await.expect(422).body.contains("找不到"));
    house.post("/platform-categories/11?_method=put").by(ADMIN).form(&[("name", "改名"), ("parent_id", "2")]).send().await.expect(303);
    assert_eq!(house.ask("select path || name from categories where id = '111'"), "2-11-111类目");
    house.post("/platform-categories/nope?_method=put").by(ADMIN).form(&[("name", "改名"), ("parent_id", "2")]).send().await.expect(404);
    house.post("/platform-categories/11/ban").by(ADMIN).form(&[("reason", "")]).send().await.expect(422);
    house.post("/platform-categories/11/ban").by(ADMIN).form(&[("reason", "禁")]).send().await.expect(303);
    house.post("/platform-categories/2/suspension").by(ADMIN).form(&[]).send().await.expect(303);
    add("112", "11").await.expect(303);
    assert_eq!(
        house.ask("select string_agg(id, ' ' order by id) from categories where not allowed"),
        "11 111 112",
        "a new one below is forbidden too"
    );
    let page = house.get("/platform-categories").by(AUDITOR).send().await.expect(200);
    assert!(page.body.contains("禁售") && !page.body.contains("/ban"));
    house.post("/platform-categories/11/ban?_method=delete").by(ADMIN).form(&[]).send().await.expect(303);
    house.post("/platform-categories/2/suspension?_method=delete").by(ADMIN).form(&[]).send().await.expect(303);
    assert_eq!(house.ask("select count(*) from categories where allowed and enabled"), "5");
    assert_eq!(house.ask("select count(*) from feeds where channel = 'page' and merchant_id = 0 and applied = 1"), "6");
}

// C-05
#[actix_web::test]
async fn a_merchant_sees_its_own_tree_with_counts() {
    let (house, cast) = opened().await;
    let tree = json!([
        { "id": "a", "name": "西药", "type": 1, "parentId": "0" }, { "id": "b", "name": "抗感染", "type": 2, "parentId": "a" },
        { "id": "c", "name": "青霉素", "type": 3, "parentId": "b" }, { "id": "d", "name": "停用的", "type": 3, "parentId": "b", "enable": 0 },
    ]);
    house.api(&cast.erp, "catalog.add_or_edit", tree).send().await.expect(200);
    house.sql(&format!(
        "insert into products (merchant_id, prod_id, erp_code, name, category_id, created_at, updated_at) select {}, 'p' || n, '', '货', 'c', now(), now() from generate_series(1, 7) n",
        cast.a
    ));
    let data = house.get("/categories").by(OWNER).json().send().await.expect(200).value()["data"].clone();
    let rows: Vec<_> = data
        .as_array()
        .unwrap()
        .iter()
        .map(|n| (n["id"].as_str().unwrap(), n["goods"].as_i64().unwrap(), n["enabled"].as_bool().unwrap()))
        .collect();
    assert_eq!(rows, [("a", 0, true), ("b", 0, true), ("c", 7, true), ("d", 0, false)]);
    let found = house.get("/categories?q=%E9%9D%92%E9%9C%89").by(OWNER).json().send().await.expect(200).value()["data"].clone();
    assert_eq!(found.as_array().unwrap().len(), 3, "with the way down to it");
    assert!(house.get("/categories?q=zzz").by(OWNER).send().await.expect(200).body.contains("清除筛选"));
    assert_eq!(house.get("/categories").by(STRANGER).json().send().await.expect(200).value()["data"], json!([]));
}
