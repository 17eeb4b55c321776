use crate::support::{Answer, Cast, House};
use duijie::catalog::categories;
use serde_json::{Value, json};

async fn opened() -> (House, Cast) {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    (house, cast)
}

async fn send(house: &House, cast: &Cast, body: Value) -> Answer {
    house.api(&cast.erp, "catalog.add_or_edit", body).send().await
}

fn line(id: &str, level: i64, parent: &str) -> Value {
    json!({ "id": id, "name": format!("类目{id}"), "type": level, "parentId": parent })
}

fn paths(house: &House) -> String {
    house.ask("select string_agg(path, ' ' order by id) from categories where merchant_id > 0")
}

// C-03, C-04
#[actix_web::test]
async fn parents_and_children_in_one_call_in_any_order() {
    let (house, cast) = opened().await;
    let answer = send(&house, &cast, json!([line("c", 3, "b"), line("a", 1, "0"), line("b", 2, "a")])).await.expect(200);
    assert_eq!((answer.value()["data"]["applied"].as_i64(), answer.lines()), (Some(3), vec![]));
    assert_eq!(paths(&house), "a a-b a-b-c");
    let again = send(&house, &cast, json!({ "lines": [line("c", 3, "b"), line("a", 1, "0")] })).await.expect(200);
    assert_eq!(again.value()["data"]["unchanged"], 2);
    assert_eq!(house.ask("select count(*) from trail where verb like 'category.%' and actor_kind = 'erp' and line_no is not null"), "3");
}

// C-01, C-02
#[actix_web::test]
async fn reads_all_or_the_direct_children() {
    let (house, cast) = opened().await;
    let mut top = line("a", 1, "0");
    top["createTime"] = json!("2025-01-02 03:04:05");
    send(&house, &cast, json!([top, line("b", 2, "a"), line("b2", 2, "a"), line("c", 3, "b")])).await.expect(200);
    let all = house.api(&cast.erp, "catalog.list.get", "").send().await.expect(200).value();
    assert_eq!(all["data"].as_array().unwrap().len(), 4);
    assert_eq!(all["data"][0]["createTime"], "2025-01-02 03:04:05");
    let below = house.api(&cast.erp, "catalog.list.get", json!({ "parentId": "a" })).send().await.expect(200).value();
    assert_eq!(below["data"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect::<Vec<_>>(), ["b", "b2"]);
    for field in ["id", "name", "type", "parentId", "createTime", "updateTime"] {
        assert!(below["data"][0].get(field).is_some(), "{field}");
    }
    assert_eq!(below["data"][0]["type"], 2);
    let other = house.api(&cast.other_erp, "catalog.list.get", json!({})).send().await.expect(200).value();
    assert_eq!(other["data"], json!([]), "another merchant's tree");
}

// Q-09, Q-11
#[actix_web::test]
async fn an_edit_needs_only_what_changes() {
    let (house, cast) = opened().await;
    send(&house, &cast, json!([line("a", 1, "0"), line("b", 2, "a")])).await.expect(200);
    for method in ["catalog.add_or_edit", "catalog.add", "catalog.edit"] {
        let renamed = house.api(&cast.erp, method, json!({ "id": "b", "name": method })).send().await.expect(200);
        assert_eq!(renamed.value()["data"]["applied"], 1);
    }
    let off = send(&house, &cast, json!({ "id": "b", "enable": "0" })).await.expect(200);
    assert_eq!(off.value()["data"]["applied"], 1);
    assert_eq!(house.ask("select name || enabled || path from categories where id = 'b'"), "catalog.editfalsea-b");
    let told = house.ask("select before::text || ' ' || after::text from trail where verb = 'category.changed' order by id desc limit 1");
    assert_eq!(told, r#"{"enable": true} {"enable": false}"#);
    let bad = send(&house, &cast, json!([{ "id": "x", "name": "新" }, { "id": "b", "name": "" }, { "id": "a", "enable": null }]))
        .await
        .expect(422);
    assert_eq!(
        bad.lines(),
        [(1, "rejected".into(), "MISSING".into()), (2, "rejected".into(), "EMPTY".into()), (3, "rejected".into(), "EMPTY".into())]
    );
}

// C-06
#[actix_web::test]
async fn what_does_not_fit_is_told_line_by_line() {
    let (house, cast) = opened().await;
    send(&house, &cast, json!([line("a", 1, "0"), line("b", 2, "a"), line("c", 3, "b"), line("d", 1, "0")])).await.expect(200);
    let answer = send(
        &house,
        &cast,
        json!([
            line("e", 2, "nowhere"),
            line("f", 3, "e"),
            line("g", 3, "a"),
            line("h", 3, "c"),
            line("a", 1, "a"),
            line("b", 1, "0"),
            line("0", 1, "0"),
            line("ok", 2, "d")
        ]),
    )
    .await
    .expect(200);
    let told: Vec<_> = answer.lines().into_iter().map(|(no, _, code)| (no, code)).collect();
    let expected = [
        (1, "CATEGORY_PARENT"),
        (2, "CATEGORY_PARENT"),
        (3, "CATEGORY_LEVEL"),
        (4, "CATEGORY_TOO_DEEP"),
        (5, "CATEGORY_CYCLE"),
        (6, "CATEGORY_CHILDREN"),
        (7, "BAD_CHOICE"),
    ];
    assert_eq!(told, expected.map(|(no, code)| (no, code.to_owned())));
    assert_eq!(answer.value()["data"]["applied"], 1, "the good line is applied all the same");
    let all = send(&house, &cast, json!({ "onError": "all", "lines": [line("e", 2, "nowhere"), line("ok2", 2, "d")] })).await.expect(422);
    assert_eq!(all.lines().len(), 2);
    assert_eq!(house.ask("select count(*) from categories where id = 'ok2'"), "0");
}

// C-06
#[actix_web::test]
async fn a_branch_moves_with_everything_below() {
    let (house, cast) = opened().await;
    send(&house, &cast, json!([line("a", 1, "0"), line("z", 1, "0"), line("b", 2, "a"), line("c", 3, "b"), line("c2", 3, "b")]))
        .await
        .expect(200);
    send(&house, &cast, json!({ "id": "b", "parentId": "z" })).await.expect(200);
    assert_eq!(paths(&house), "a z-b z-b-c z-b-c2 z");
    // A whole branch one level up, in one call.
    send(&house, &cast, json!([{ "id": "c", "type": 2 }, { "id": "b", "type": 1, "parentId": "0" }, { "id": "c2", "type": 2 }]))
        .await
        .expect(200);
    assert_eq!(paths(&house), "a b b-c b-c2 z");
}

// C-06
#[actix_web::test]
async fn a_category_with_goods_keeps_its_level() {
    let (house, cast) = opened().await;
    send(&house, &cast, json!([line("a", 1, "0"), line("b", 2, "a"), line("c", 3, "b"), line("d", 2, "a")])).await.expect(200);
    house.sql(&format!(
        "insert into products (merchant_id, prod_id, erp_code, name, category_id, created_at, updated_at) values ({}, 'p1', '', '货', 'c', now(), now())",
        cast.a
    ));
    let answer = send(&house, &cast, json!({ "id": "c", "type": 2, "parentId": "a" })).await.expect(422);
    assert_eq!(answer.lines()[0].2, "CATEGORY_IN_USE");
    assert!(answer.body.contains("1 个商品"), "{}", answer.body);
    send(&house, &cast, json!({ "id": "c", "parentId": "d" })).await.expect(200);
    send(&house, &cast, json!({ "id": "c", "enable": 0 })).await.expect(200);
    assert_eq!(house.ask("select path from categories where id = 'c'"), "a-d-c");
    let a = cast.a;
    let found = house.platform.db.read(move |c| categories::by_ids(c, a, &["c".into(), "d".into(), "nope".into()])).await.unwrap();
    assert_eq!((found.len(), found["c"].enabled, found["d"].enabled, found["c"].path.as_str()), (2, false, true, "a-d-c"));
    // Switched off above counts below.
    send(&house, &cast, json!([{ "id": "c", "enable": 1 }, { "id": "a", "enable": 0 }])).await.expect(200);
    let found = house.platform.db.read(move |c| categories::by_ids(c, a, &["c".into()])).await.unwrap();
    assert!(!found["c"].enabled);
}

// Q-15, I-5, I-8
#[actix_web::test]
async fn older_lines_are_stale_and_previews_keep_nothing() {
    let (house, cast) = opened().await;
    let at = |name: &str, time: &str| json!({ "id": "a", "name": name, "type": 1, "parentId": "0", "sourceTime": time });
    send(&house, &cast, at("新", "2026-11-22 11:00:00")).await.expect(200);
    let old = send(&house, &cast, at("旧", "2026-11-22 10:59:59")).await.expect(200);
    assert_eq!(old.lines(), [(1, "stale".into(), "STALE".into())]);
    let preview =
        send(&house, &cast, json!({ "preview": true, "lines": [at("预览", "2026-11-22 11:30:00"), line("p", 2, "a")] })).await.expect(200);
    assert_eq!(preview.value()["data"]["applied"], 2);
    assert_eq!(house.ask("select string_agg(name, ',') from categories where merchant_id > 0"), "新");
    send(&house, &cast, at("新", "2026-11-22 11:40:00")).await.expect(200);
    assert_eq!(
        send(&house, &cast, at("迟", "2026-11-22 11:20:00")).await.expect(200).lines()[0].1,
        "stale",
        "an unchanged line moves the clock too"
    );
}

#[actix_web::test]
async fn a_thousand_lines_take_a_handful_of_statements() {
    let (house, cast) = opened().await;
    let mut lines: Vec<Value> = (0..990).map(|n| line(&format!("leaf{n}"), 3, "m")).collect();
    lines.extend([line("m", 2, "top"), line("top", 1, "0"), line("top2", 1, "0")]);
    let started = std::time::Instant::now();
    let answer = send(&house, &cast, json!(lines)).await.expect(200);
    assert_eq!(answer.value()["data"]["applied"], 993);
    send(&house, &cast, json!({ "id": "m", "parentId": "top2" })).await.expect(200);
    assert_eq!(house.ask("select count(*) from categories where path like 'top2-m-leaf%'"), "990");
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}
