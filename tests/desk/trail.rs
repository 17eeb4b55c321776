//! `/trail`: who changed what, from what to what.

use crate::support::House;
use crate::support::cast::{ADMIN, AUDITOR, Cast, OWNER, READER, STRANGER};

#[expect(clippy::too_many_arguments, reason = "a row of the trail has that many columns")]
fn event(house: &House, merchant: impl std::fmt::Display, n: u32, kind: &str, verb: &str, subject: &str, before: &str, after: &str) {
    let at = (house.now() - chrono::Duration::seconds(n.into())).to_rfc3339();
    house.sql(&format!(
        "insert into trail (merchant_id, at, actor_kind, actor_name, verb, subject_kind, subject_id, before, after, request_id, feed_id, line_no) \
         values ({merchant}, '{at}', '{kind}', 'ERP甲', '{verb}', 'sku', '{subject}', {before}, {after}, gen_random_uuid(), 7, {n})"
    ));
}

#[tokio::test]
async fn every_change_is_told_with_its_cause() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    event(
        &house,
        cast.a,
        1,
        "erp",
        "stock.reported",
        "SKU-9",
        "'{\"erpQty\": 64, \"by\": \"erp\"}'",
        "'{\"erpQty\": 260, \"by\": \"erp\"}'",
    );
    let page = house.get("/trail").by(OWNER).send().await.expect(200);
    // Words where there are some, the verb itself where there are none yet.
    for said in [
        "新增门店",
        "stock.reported",
        "<span class=\"sub\">erpQty</span> <del>64</del> → <ins>260</ins>",
        "SKU-9",
        "/sync/calls/",
        "第 1 行",
        "src erp",
        "<ins>一号店</ins>",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(!page.body.contains("<span class=\"sub\">by</span>"), "what is the same is not told");
    let people = house.get("/trail?view=erp").by(OWNER).send().await.expect(200);
    assert!(people.body.contains("SKU-9") && !people.body.contains("新增门店"));
    let nobody = house.get("/trail?view=erp&q=nobody").by(OWNER).send().await.expect(200);
    assert!(nobody.body.contains("没有符合这些筛选条件的结果"), "{}", nobody.body);
    let one = house.get("/trail?q=SKU-9").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(one["data"]["events"].as_array().map(Vec::len), Some(1));
    let part = house.get("/trail").by(OWNER).part().send().await.expect(200);
    assert!(!part.body.contains("<html") && part.body.contains("SKU-9"));
    let english = house.get("/trail").by(OWNER).header("accept-language", "en").send().await.expect(200);
    assert!(english.body.contains("Added the shop") && english.body.contains("Audit log"), "{}", english.body);
}

#[tokio::test]
async fn pages_neither_repeat_nor_leave_out() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    for n in 1..=60 {
        event(&house, cast.a, n / 3, "system", "x.y", &format!("S{n}"), "null", "null");
    }
    let mut seen = Vec::new();
    let mut path = "/trail?view=system&q=ERP%E7%94%B2".to_owned();
    loop {
        let page = house.get(&path).by(OWNER).json().send().await.expect(200).value();
        seen.extend(page["data"]["events"].as_array().unwrap().iter().map(|e| e["subject_id"].as_str().unwrap().to_owned()));
        let Some(next) = page["data"]["next"].as_str() else {
            break;
        };
        path = format!("/trail?view=system&q=ERP%E7%94%B2&after={next}");
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((count, seen.len()), (60, 60));
}

#[tokio::test]
async fn everybody_sees_their_own() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    event(&house, cast.a, 1, "erp", "stock.reported", "SKU-9", "null", "null");
    assert!(!house.get("/trail").by(STRANGER).send().await.expect(200).body.contains("SKU-9"));
    // A merchant's people have no say in whose trail it is.
    assert!(!house.get("/trail?merchant=jia").by(STRANGER).send().await.expect(200).body.contains("SKU-9"));
    house.get("/trail").by(READER).send().await.expect(403);
    house.get("/trail").by(AUDITOR).send().await.expect(403);
    let platform = house.get("/trail").by(ADMIN).send().await.expect(200);
    assert!(platform.body.contains("平台 · 谁在什么时候") && !platform.body.contains("SKU-9"));
    let theirs = house.get("/trail?merchant=jia").by(ADMIN).send().await.expect(200);
    // The platform has no page of a merchant's calls, so there is no link to one.
    assert!(theirs.body.contains("SKU-9") && !theirs.body.contains("/sync/calls/"), "{}", theirs.body);
    house.get("/trail?merchant=nobody").by(ADMIN).send().await.expect(404);
    house.get("/trail?merchant=platform").by(ADMIN).send().await.expect(404);
}
