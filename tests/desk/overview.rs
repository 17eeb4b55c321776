//! `/`: the numbers are those of the rows, and every row that needs somebody has one place to go.

use super::seed;
use crate::support::House;
use crate::support::cast::{ADMIN, AUDITOR, Cast, OWNER, READER, STRANGER};
use serde_json::{Value, json};

async fn seen(house: &House, who: &str) -> Value {
    house.get("/").by(who).json().send().await.expect(200).value()["data"].clone()
}

#[tokio::test]
async fn a_new_merchant_is_told_the_four_steps() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    // The cast's ERP has its key already: one of four.
    let page = house.get("/").by(OWNER).send().await.expect(200);
    for said in ["开始对接", "4 步中完成了 1 步", "还没有收到", "没有要处理的事", r#"hx-trigger="every 15s""#] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(!page.body.contains("class=\"card kpis\""), "no figures before there are products");
    house.sql("update apps set revoked_at = now()");
    assert_eq!(seen(&house, OWNER).await["steps"], json!({ "key": false, "products": false, "approved": false, "stock": false }));
    // Only those who may make a credential are sent to make one.
    let link = r#"<a class="btn sm" href="/api-keys">"#;
    assert!(house.get("/").by(OWNER).send().await.body.contains(link));
    assert!(!house.get("/").by(READER).send().await.body.contains(link));
    house.sql("update apps set revoked_at = null");
    seed::products(&house, cast.a, &[("approved", "listed")]);
    seed::stock(&house, cast.a, "P1", 1, 5, None);
    let page = house.get("/").by(OWNER).send().await.expect(200);
    assert!(!page.body.contains("开始对接") && page.body.contains("class=\"card kpis\""), "{}", page.body);
}

#[tokio::test]
async fn the_figures_are_those_of_the_rows_of_ones_own_merchant() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    seed::products(
        &house,
        cast.a,
        &[
            ("approved", "listed"),
            ("approved", "listed"),
            ("approved", "unlisted"),
            ("pending", "pending"),
            ("changes_requested", "pending"),
            ("rejected", "pending"),
        ],
    );
    seed::products(&house, cast.b, &[("approved", "listed")]);
    for (prod, shop, qty, mark) in [("P1", 1, 50, None), ("P1", 2, 3, Some("low")), ("P2", 1, 0, Some("out")), ("P3", 1, 0, Some("short"))]
    {
        seed::stock(&house, cast.a, prod, shop, qty, mark);
    }
    for (minutes, total, rejected) in [(3, 100, 0), (4, 10, 2), (50, 5, 5), (300, 7, 0)] {
        seed::call(&house, cast.a, "stock", "sku.inventory.update", minutes, total, rejected);
    }
    // Yesterday in China, though the same day in UTC would not be: start_of_time is noon there.
    seed::call(&house, cast.a, "stock", "sku.inventory.update", 13 * 60, 9, 0);
    seed::call(&house, cast.b, "product", "prod.add_or_edit", 1, 3, 0);
    let see = seen(&house, OWNER).await;
    assert_eq!(see["figures"], json!({ "products": 6, "listed": 2, "pending": 1, "returned": 2, "places": 4, "out": 2, "low": 1 }));
    let today = &see["today"];
    assert_eq!(
        (&today["calls"], &today["failed"], &today["lines"], &today["applied"]),
        (&json!(4), &json!(2), &json!(122), &json!(115)),
        "{today}"
    );
    let lanes = see["lanes"].as_array().expect("lanes");
    let lane = lanes.iter().find(|l| l["module"] == "module-stock").expect("stock");
    assert_eq!(
        (&lane["module"], &lane["calls"], &lane["failed"], &lane["lines"]),
        (&json!("module-stock"), &json!(3), &json!(2), &json!(115)),
        "{lane}"
    );
    assert_eq!(see["lanes"][0]["last"], Value::Null);
    let hours: Vec<_> = see["chart"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["calls"] != 0)
        .map(|c| (c["hour"].as_i64(), c["calls"].as_i64(), c["failed"].as_i64()))
        .collect();
    assert_eq!(hours, [(Some(7), Some(1), Some(0)), (Some(11), Some(3), Some(2))]);
    let page = house.get("/?data=1").by(OWNER).send().await.expect(200);
    for said in ["50<small>%</small>", "2 次失败", "11:00", "2 处缺货", "低库存 1 · 共 4 处"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    let other = seen(&house, STRANGER).await;
    assert_eq!((&other["figures"]["products"], &other["today"]["calls"], &other["lanes"][4]["calls"]), (&json!(1), &json!(1), &json!(0)));
}

#[tokio::test]
async fn what_needs_somebody_comes_ranked_with_cause_and_one_place_to_go() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    seed::products(
        &house,
        cast.a,
        &[("approved", "listed"), ("approved", "listed"), ("changes_requested", "pending"), ("changes_requested", "pending")],
    );
    // P1 is empty everywhere; P2 has some in the second shop.
    for (prod, shop, qty, mark) in [("P1", 1, 0, Some("out")), ("P1", 2, 0, Some("out")), ("P2", 1, 0, Some("out")), ("P2", 2, 9, None)] {
        seed::stock(&house, cast.a, prod, shop, qty, mark);
    }
    house.sql(&format!(
        "insert into audit_decisions (merchant_id, product_id, at, decision, reason, snapshot) select merchant_id, id, '2026-11-22T03:00:00Z', 'returned', 'picture', '{{}}' \
         from products where merchant_id = {} and audit_status = 'changes_requested'",
        cast.a
    ));
    seed::call(&house, cast.a, "stock", "sku.inventory.update", 10, 8, 3);
    // More than a day ago: no longer said.
    seed::call(&house, cast.a, "price", "sku.add_or_edit", 25 * 60, 8, 8);
    house.sql(&format!(
        "insert into parked_lines (merchant_id, at, feed_id, line_no, method, key, waits_for, code, line) values \
         ({a}, '2026-11-22T03:30:00Z', 1, 1, 'prod.add_or_edit', 'X1', 'category', '30215', '{{}}'), ({a}, '2026-11-22T03:40:00Z', 1, 2, 'prod.add_or_edit', 'X2', 'category', '30216', '{{}}')",
        a = cast.a
    ));
    house.sql(&format!("update apps set expires_at = '2026-11-30T04:00:00Z' where name = 'ERP' and merchant_id = {}", cast.a));
    let see = seen(&house, OWNER).await;
    let rows: Vec<_> =
        see["todos"].as_array().unwrap().iter().map(|t| (t["icon"].as_str().unwrap(), t["lead"]["args"][0].as_i64().unwrap())).collect();
    assert_eq!(rows, [("alert-circle", 3), ("hourglass-high", 2), ("building-warehouse", 1), ("clipboard-x", 2), ("key", 1)], "{see}");
    let page = house.get("/").by(OWNER).send().await.expect(200);
    for said in [
        "<b>3 行</b>被拒绝，例如：inventory 的值「-1」不能是负数",
        "在等 2 个平台还不知道的类目：30215 · 30216",
        "<b>1 个商品</b>在售但所有门店都没货：商品1",
        "<b>2 个商品</b>审核被退回",
        "（2 个）",
        "到期 11-30 12:00",
        "/products?view=returned",
        "/stock?view=out",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert_eq!(page.body.matches("btn sm pri").count(), 1);
    assert!(
        house
            .get(&format!("/sync/calls/{}", house.ask(&format!("select id from calls where merchant_id = {} and rejected = 3", cast.a))))
            .by(OWNER)
            .send()
            .await
            .status
            .as_u16()
            != 500
    );
    // Staff cannot rotate a credential: told, without a button.
    let staff = house.get("/").by(READER).send().await.expect(200);
    assert!(staff.body.contains("到期 11-30 12:00") && !staff.body.contains("data-key=\"5\""), "{}", staff.body);
    house.sql(&format!("update apps set expires_at = '2026-11-22T03:00:00Z' where name = 'ERP' and merchant_id = {}", cast.a));
    assert_eq!(seen(&house, OWNER).await["todos"][0]["icon"], "key", "what has expired comes first");
    let english = house.get("/").by(OWNER).header("accept-language", "en").send().await.expect(200);
    for said in ["<b>3 lines</b> rejected, for example:", "Needs attention", "<b>1 credential</b> past expiry: ERP"] {
        assert!(english.body.contains(said), "{said}: {}", english.body);
    }
    assert_eq!(seen(&house, STRANGER).await["todos"], json!([]));
}

#[tokio::test]
async fn it_renews_itself_as_a_part() {
    let house = House::open().await;
    Cast::enter(&house).await;
    for who in [OWNER, ADMIN] {
        let part = house.get("/").by(who).part().send().await.expect(200);
        assert!(part.body.trim_start().starts_with(r#"<div class="stack" id="overview""#) && !part.body.contains("<html"), "{}", part.body);
    }
    let gone = house.get("/").send().await.expect(303);
    assert_eq!(gone.header("location"), "/login?next=%2F");
}

#[tokio::test]
async fn the_platform_sees_its_queue_and_merchants_in_trouble() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    let empty = house.get("/").by(AUDITOR).send().await.expect(200);
    for said in ["队列清空了", "近 60 分钟没有失败", "2 个商家"] {
        assert!(empty.body.contains(said), "{said}: {}", empty.body);
    }
    seed::products(&house, cast.a, &[("pending", "pending"), ("pending", "pending"), ("approved", "listed")]);
    house.sql(&format!(
        "insert into audit_items (merchant_id, product_id, state, submitted_at, ask, candidates) select merchant_id, id, \
         case prod_id when 'P1' then 'waiting' when 'P2' then 'difficult' else 'settled' end, '2026-11-22T03:15:00Z', '', '[]' from products where merchant_id = {}",
        cast.a
    ));
    house.sql(&format!(
        "insert into audit_decisions (merchant_id, product_id, at, decision, reviewer_id, snapshot, seconds) \
         select {}, 1, moment::timestamptz, kind, case when kind <> 'automatic' then (select id from users where login = 'chen') end, '{{}}', took \
         from (values ('2026-11-22T01:00:00Z', 'approved', 10), ('2026-11-22T02:00:00Z', 'returned', 14), ('2026-11-22T03:00:00Z', 'new_base', 40), \
           ('2026-11-22T03:10:00Z', 'automatic', 1), ('2026-11-21T03:00:00Z', 'approved', 99)) as d(moment, kind, took)",
        cast.a
    ));
    seed::call(&house, cast.a, "stock", "sku.inventory.update", 5, 10, 1);
    seed::call(&house, cast.b, "stock", "sku.inventory.update", 5, 10, 0);
    seed::call(&house, cast.b, "stock", "sku.inventory.update", 70, 10, 10);
    let see = seen(&house, AUDITOR).await;
    let p = &see["platform"];
    assert_eq!(
        (&p["waiting"], &p["difficult"], &p["decided"], &p["median"], &p["merchants"]),
        (&json!(1), &json!(1), &json!(3), &json!(14), &json!(2)),
        "{p}"
    );
    assert_eq!(
        see["troubled"].as_array().map(|t| t.iter().map(|m| (m["code"].as_str(), m["failed"].as_i64())).collect::<Vec<_>>()),
        Some(vec![(Some("jia"), Some(1))])
    );
    let link = r#"href="/merchants/jia""#;
    assert!(house.get("/").by(ADMIN).send().await.body.contains(link));
    assert!(!house.get("/").by(AUDITOR).send().await.body.contains(link), "auditors have no page of a merchant");
}
