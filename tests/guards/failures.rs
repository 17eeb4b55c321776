use super::{OWNER, READER, STRANGER, house, lines};
use crate::support::House;
use chrono::Duration;
use duijie::sync;
use serde_json::json;

async fn replay(house: &House) -> usize {
    sync::replay_parked(&house.platform.db, house.now()).await.expect("replay")
}

fn product(id: &str, category: &str) -> serde_json::Value {
    json!({ "prodId": id, "erpProdCode": id, "prodName": "围栏", "catalogId": category, "catalogChain": "x-y-z", "unit": "盒", "price": "8.60", "enable": 1 })
}

// one word about a code settles all of its lines, and those to come.
#[actix_web::test]
async fn a_code_is_mapped_once_and_its_lines_come_back() {
    let (house, cast) = house(1).await;
    let sent =
        house.api(&cast.erp, "prod.add_or_edit", json!([product("N1", "X-9"), product("N2", "X-9")])).send().await.expect(200).value();
    assert_eq!(sent["data"]["parked"], 2, "{sent}");
    house.push(&cast, json!({ "skuId": "NIL", "shopId": "1", "inventory": 3 })).await.expect(200);
    house.later(Duration::minutes(61));
    let page = house.get("/sync/failures").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("在等类目「X-9」") && page.contains("在等 SKU「NIL」") && page.contains("抗生素"), "{page}");
    assert!(page.contains("sev bad"), "an hour is too long");
    let todo = house.get("/").by(OWNER).send().await.expect(200).body;
    assert!(todo.contains("/sync/failures"), "{todo}");
    let read_only = house.get("/sync/failures").by(READER).send().await.expect(200).body;
    assert!(!read_only.contains("对应并重放"), "{read_only}");
    house.get("/sync/failures").by(OWNER).part().send().await.expect(200);
    let lines = house
        .get("/sync/failures/lines?waits=1&method=prod.add_or_edit&problem=category&code=X-9")
        .by(OWNER)
        .json()
        .send()
        .await
        .expect(200);
    assert_eq!(lines.value()["data"]["lines"].as_array().map(Vec::len), Some(2), "{}", lines.body);
    house.get("/sync/failures/lines?waits=1&method=prod.add_or_edit&problem=category&code=X-9").by(OWNER).send().await.expect(200);

    house.post("/sync/failures/codes").by(READER).form(&[("theirs", "X-9"), ("ours", "c3")]).json().send().await.expect(403);
    for (ours, why) in [("nowhere", "没有类目"), ("c2", "不是三级类目")] {
        let refused = house.post("/sync/failures/codes").by(OWNER).form(&[("theirs", "X-9"), ("ours", ours)]).send().await.expect(422).body;
        assert!(refused.contains(why), "{refused}");
    }
    house.post("/sync/failures/codes").by(OWNER).form(&[("theirs", "X-9"), ("ours", "c3")]).send().await.expect(303);
    assert_eq!(replay(&house).await, 2);
    assert_eq!(
        house.ask(&format!(
            "select string_agg(prod_id || category_id, ' ' order by id) from products where merchant_id = {} and prod_id like 'N%'",
            cast.a
        )),
        "N1c3 N2c3"
    );
    let next = house.api(&cast.erp, "prod.add_or_edit", product("N3", "X-9")).send().await.expect(200).value();
    assert_eq!(next["data"]["applied"], 1, "{next}");
    assert_eq!(next["data"]["lines"][0]["problems"][0]["code"], "IN_AUDIT", "no word about a chain that is of another tree: {next}");

    house.post("/sync/failures/codes?_method=delete").by(OWNER).form(&[("theirs", "X-9")]).send().await.expect(303);
    house.post("/sync/failures/codes?_method=delete").by(OWNER).form(&[("theirs", "X-9")]).json().send().await.expect(404);
    let gone = house.api(&cast.erp, "prod.add_or_edit", product("N4", "X-9")).send().await.expect(200).value();
    assert_eq!(gone["data"]["parked"], 1);
    assert_eq!(house.ask("select string_agg(verb, ' ' order by id) from trail where subject_kind = 'code'"), "code.paired code.unpaired");
    // The other merchant's X-9 is another matter.
    assert!(!house.get("/sync/failures").by(STRANGER).send().await.expect(200).body.contains("X-9"));
}

// Put aside with a reason: out of sight until it happens again.
#[actix_web::test]
async fn a_cause_is_put_aside_until_it_comes_again() {
    let (house, cast) = house(2).await;
    house
        .push(&cast, json!([{ "skuId": "S1", "shopId": "77", "inventory": 3 }, { "skuId": "GHOST", "shopId": "1", "inventory": 3 }]))
        .await
        .expect(200);
    let causes = house.get("/sync/failures").by(OWNER).json().send().await.expect(200).value();
    let told: Vec<_> = causes["data"]["causes"].as_array().unwrap().iter().map(|c| format!("{} {}", c["problem"], c["code"])).collect();
    assert!(told.contains(&"\"UNKNOWN_SHOP\" \"77\"".to_owned()) && told.contains(&"\"sku\" \"GHOST\"".to_owned()), "{told:?}");
    let method = ("method", "sku.inventory.update");
    house
        .post("/sync/failures/dismissal")
        .by(OWNER)
        .form(&[method, ("problem", "UNKNOWN_SHOP"), ("code", "77")])
        .json()
        .send()
        .await
        .expect(422);
    house
        .post("/sync/failures/dismissal")
        .by(READER)
        .form(&[method, ("problem", "UNKNOWN_SHOP"), ("code", "77"), ("reason", "x")])
        .json()
        .send()
        .await
        .expect(403);
    house
        .post("/sync/failures/dismissal")
        .by(OWNER)
        .form(&[method, ("problem", "UNKNOWN_SHOP"), ("code", "77"), ("reason", "旧店")])
        .send()
        .await
        .expect(303);
    house
        .post("/sync/failures/dismissal")
        .by(OWNER)
        .form(&[method, ("waits", "1"), ("problem", "sku"), ("code", "GHOST"), ("reason", "停售")])
        .send()
        .await
        .expect(303);
    let page = house.get("/sync/failures").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("没有待处理的行"), "{page}");
    assert_eq!(house.ask("select outcome from parked_lines"), "dismissed");
    assert_eq!(house.ask("select string_agg(note, ' ' order by id) from trail where verb = 'lines.dismissed'"), "旧店 停售");
    house.later(Duration::minutes(1));
    house.push(&cast, json!({ "skuId": "S1", "shopId": "77", "inventory": 3 })).await;
    assert!(house.get("/sync/failures").by(OWNER).send().await.expect(200).body.contains("77"));
}

// Q-13, W-02: ours, theirs, and what both last said.
#[actix_web::test]
async fn contradictions_are_shown_and_settled() {
    let (house, cast) = house(3).await;
    house.push(&cast, lines(3, |_| 10)).await.expect(200);
    house.later(Duration::minutes(5));
    house.push(&cast, json!({ "skuId": "S1", "shopId": "1", "inventory": 10, "saled": 4, "freeze": 0 })).await.expect(200);
    let page = house.get("/sync/conflicts?view=counters").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("saled") && !page.contains("用 ERP 的"), "{page}");
    house.push(&cast, json!({ "skuId": "S2", "shopId": "1", "inventory": 6, "ifVersion": 9 })).await;
    let page = house.get("/sync/conflicts?view=versions").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("用 ERP 的 6"), "{page}");
    let form = [("view", "versions"), ("sku", "S2"), ("shop", "1"), ("theirs", "6")];
    house.post("/sync/conflicts").by(READER).form(&form).json().send().await.expect(403);
    house.post("/sync/conflicts").by(STRANGER).form(&form).json().send().await;
    house.post("/sync/conflicts").by(OWNER).form(&form).send().await.expect(303);
    assert_eq!(house.row("S2", 1).split(" v").next(), Some("6 erp"));
    assert!(!house.get("/sync/conflicts?view=versions").by(OWNER).send().await.expect(200).body.contains("用 ERP 的"));

    let now = house.now();
    let a = cast.a;
    house
        .platform
        .db
        .write(move |tx| {
            let row = duijie::stock::list::one(tx, a, "S3", duijie::ids::ShopId(1))?.stock;
            let place = duijie::stock::holds::Place { sku: row.sku, shop: row.shop, ext: "S3".into(), qty: 26, version: None };
            let terms = duijie::stock::holds::Terms { until: None, keeps: false, reason: "活动".into() };
            let cause = duijie::trail::Cause::system(a, "tests", now);
            duijie::stock::holds::start(tx, &cause, vec![place], &terms)
        })
        .await
        .expect("hold");
    house.push(&cast, json!({ "skuId": "S3", "shopId": "1", "inventory": 4 })).await.expect(200);
    let page = house.get("/sync/conflicts").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("<b>26</b>") && page.contains("用 ERP 的 4"), "{page}");
    house
        .post("/sync/conflicts")
        .by(OWNER)
        .form(&[("view", "held"), ("sku", "S3"), ("shop", "1"), ("theirs", "4")])
        .send()
        .await
        .expect(303);
    assert!(house.get("/sync/conflicts").by(OWNER).send().await.expect(200).body.contains("没有冲突"));
    house.get("/sync/conflicts").by(OWNER).part().send().await.expect(200);
}
