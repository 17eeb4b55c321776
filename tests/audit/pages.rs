//! The pages: three faces, both languages, keys, strangers, emptiness, leases, past reviews.

use super::{approve, decide, open, unclear, upload};
use crate::support::cast::{ADMIN, AUDITOR, OWNER, READER, STRANGER};
use chrono::Duration;
use serde_json::json;

#[tokio::test]
async fn the_queue_has_three_faces() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    for path in [
        "/audit",
        "/audit/jia/P1",
        "/audit/jia/P1/candidates?q=%E9%98%BF%E8%8E%AB",
        "/audit/jia/P1/base-product",
        "/audit/jia/P1/return",
        "/audit/done",
        "/audit/rules",
    ] {
        let page = house.get(path).by(AUDITOR).send().await.expect(200);
        assert!(page.body.starts_with("<!doctype html>"), "{path}");
        let part = house.get(path).by(AUDITOR).part().send().await.expect(200);
        assert!(!part.body.contains("<!doctype"), "{path}");
        let data = house.get(path).by(AUDITOR).json().send().await.expect(200).value();
        assert_eq!(data["success"], true, "{path}");
    }
    let data = house.get("/audit/jia/P1").by(AUDITOR).json().send().await.expect(200).value();
    assert_eq!(data["data"]["item"]["review"]["choices"][0]["base"]["code"], "BP-0018342", "{data}");
    assert_eq!(data["data"]["item"]["submitted"]["prod_id"], "P1");
}

#[tokio::test]
async fn the_keys_are_on_the_buttons() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2")])).await;
    let page = house.get("/audit/jia/P1").by(AUDITOR).send().await.expect(200).body;
    for key in ["a", "n", "r", "f", "s", "z", "j", "k", "1", "/"] {
        assert!(page.contains(&format!("data-key=\"{key}\"")), "{key}");
    }
    for n in 1..=6 {
        assert!(page.contains(&format!("class=\"rej\" data-key=\"{n}\"")), "{n}");
    }
    for form in ["/audit/jia/P1/approval", "/audit/jia/P1/return", "/audit/jia/P1/difficulty", "/audit/jia/P1/skip"] {
        assert!(page.contains(&format!("method=\"post\" action=\"{form}\"")), "works without scripts: {form}");
    }
}

#[tokio::test]
async fn differences_are_shown_character_by_character() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let page = house.get("/audit/jia/P1").by(AUDITOR).send().await.expect(200).body;
    for piece in [
        "江州<ins>恒安</ins>药业有限公司",
        "cmp-df",
        "只差生产企业：平台多「恒安」。",
        "按 A 之后",
        "甲医药的 KZ-P1 关联到 BP-0018342",
        "库存为 0",
    ] {
        assert!(page.contains(piece), "{piece}\n{page}");
    }
}

#[tokio::test]
async fn both_languages() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let english = house.get("/audit/jia/P1").by(AUDITOR).header("accept-language", "en").send().await.expect(200).body;
    assert!(english.contains("Review queue") && english.contains("After pressing A") && english.contains("Approve as BP-0018342"));
    assert!(!english.contains("audit-"), "no bare keys");
    let chinese = house.get("/audit/jia/P1").by(AUDITOR).send().await.expect(200).body;
    assert!(chinese.contains("审核队列") && chinese.contains("通过并关联 BP-0018342"));
}

#[tokio::test]
async fn merchants_people_do_not_find_it() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    for who in [OWNER, READER, STRANGER] {
        for path in [
            "/audit",
            "/audit/jia/P1",
            "/audit/jia/P1/candidates",
            "/audit/jia/P1/base-product",
            "/audit/jia/P1/return",
            "/audit/done",
            "/audit/done/jia/1",
        ] {
            house.get(path).by(who).send().await.expect(404);
        }
        for noun in ["lease", "approval", "base-product", "return", "difficulty", "skip"] {
            house
                .post(&format!("/audit/jia/P1/{noun}"))
                .by(who)
                .form(&[("version", "1"), ("base", "BP-0018342"), ("reason", "other")])
                .send()
                .await
                .expect(404);
        }
        for noun in ["approval", "base-product", "return", "difficulty", "skip"] {
            house.delete(&format!("/audit/jia/P1/{noun}")).by(who).send().await.expect(404);
        }
    }
    assert_eq!(house.get("/audit").send().await.status, 303, "nobody is asked to log in");
    for path in ["/audit/jia/NONE", "/audit/zz/P1", "/audit/done/jia/999"] {
        house.get(path).by(AUDITOR).send().await.expect(404);
    }
}

#[tokio::test]
async fn an_opened_item_is_shown_as_being_looked_at() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    house.later(Duration::minutes(1));
    upload(&house, &cast.erp, json!([unclear("P2")])).await;
    house.get("/audit/jia/P1").by(AUDITOR).send().await.expect(200);
    assert_eq!(house.ask("select count(*) from audit_items where leased_by is not null"), "0", "looking changes nothing");
    house.post("/audit/jia/P1/lease").by(AUDITOR).part().send().await.expect(200);
    let other = house.post("/audit/jia/P1/lease").by(ADMIN).part().send().await.expect(200);
    assert!(other.body.contains("陈审核 正在看"), "{}", other.body);
    let page = house.get("/audit").by(ADMIN).send().await.expect(200).body;
    assert!(page.contains("陈审核 正在看") && page.contains("KZ-P2"), "the next free one is opened");
    house.later(Duration::minutes(6));
    let again = house.post("/audit/jia/P1/lease").by(ADMIN).part().send().await.expect(200);
    assert!(!again.body.contains("陈审核"), "{}", again.body);
    house.later(Duration::seconds(20));
    let version = super::version(&house, "P1");
    house.post("/audit/jia/P1/approval").by(ADMIN).form(&[("version", version.as_str()), ("base", "BP-0018342")]).send().await.expect(303);
    assert_eq!(house.ask("select seconds from audit_decisions where reviewer_id is not null"), "20");
}

#[tokio::test]
async fn an_empty_queue_tells_what_was_done_today() {
    let (house, cast) = open().await;
    let nothing = house.get("/audit").by(AUDITOR).send().await.expect(200).body;
    assert!(nothing.contains("队列清空了") && nothing.contains("今日已审 0"));
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    house.post("/audit/jia/P1/lease").by(AUDITOR).part().send().await.expect(200);
    house.later(Duration::seconds(15));
    approve(&house, "jia", "P1").send().await.expect(303);
    let done = house.get("/audit").by(AUDITOR).send().await.expect(200).body;
    assert!(done.contains("今日已审 1 · 平均 15 秒"), "{done}");
    assert!(done.contains("已通过：阿莫西林胶囊"));
}

#[tokio::test]
async fn the_queue_can_be_narrowed() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    let mut other = unclear("Q1");
    other["catalogId"] = "211".into();
    upload(&house, &cast.other_erp, json!([other])).await;
    let names = |path: &str| house.get(path).by(AUDITOR).json();
    let only = names("/audit?merchant=yi").send().await.expect(200).value();
    assert_eq!((only["data"]["queue"].as_array().unwrap().len(), &only["data"]["queue"][0]["prod_id"]), (1, &json!("Q1")));
    let only = names("/audit?cat=%E6%8A%97%E6%84%9F%E6%9F%93").send().await.expect(200).value();
    assert_eq!((only["data"]["queue"].as_array().unwrap().len(), &only["data"]["queue"][0]["prod_id"]), (1, &json!("P1")));
    let none = house.get("/audit?merchant=nobody").by(AUDITOR).send().await.expect(200).body;
    assert!(none.contains("没有符合这些筛选条件的结果"));
}

#[tokio::test]
async fn with_htmx_the_next_one_comes_at_once() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1")])).await;
    house.later(Duration::minutes(1));
    upload(&house, &cast.erp, json!([unclear("P2")])).await;
    let next = decide(&house, "jia", "P1", "approval", &[("base", "BP-0018342")]).part().send().await.expect(200);
    assert!(next.body.contains("id=\"bench\"") && next.body.contains("KZ-P2") && !next.body.contains("<!doctype"));
    assert_eq!(next.header("hx-push-url"), "/audit");
    assert!(next.body.contains("已通过：阿莫西林胶囊"), "a toast comes along");
}

// P-16
#[tokio::test]
async fn past_reviews_keep_what_was_seen() {
    let (house, cast) = open().await;
    upload(&house, &cast.erp, json!([unclear("P1"), unclear("P2")])).await;
    approve(&house, "jia", "P1").send().await.expect(303);
    decide(&house, "jia", "P2", "return", &[("reason", "picture"), ("note", "换一张")]).send().await.expect(303);
    upload(&house, &cast.erp, json!([{ "prodId": "P1", "manufacturer": "后来改的厂" }])).await;
    let list = house.get("/audit/done").by(ADMIN).json().send().await.expect(200).value();
    assert_eq!(list["data"]["rows"].as_array().unwrap().len(), 2, "{list}");
    let returned = house.get("/audit/done?decision=returned").by(ADMIN).json().send().await.expect(200).value();
    assert_eq!(returned["data"]["rows"][0]["prod_id"], "P2");
    house.get("/audit/done?decision=returned&reviewer=4&merchant=jia").by(ADMIN).send().await.expect(200);
    let id = house.ask("select id from audit_decisions where decision = 'approved'");
    let record = house.get(&format!("/audit/done/jia/{id}")).by(ADMIN).send().await.expect(200).body;
    assert!(record.contains("江州药业有限公司") && !record.contains("后来改的厂"), "{record}");
    let record = house.get(&format!("/audit/done/yi/{id}")).by(ADMIN).send().await;
    assert_eq!(record.status, 404, "by the merchant it belongs to");
}
