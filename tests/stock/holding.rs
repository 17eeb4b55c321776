//! A person's number over the result, told by the clock over HTTP: W-02, W-04, S-06, Q-30, §4.6.

use super::{OWNER, READER, STRANGER, house, lines};
use crate::support::{Answer, Cast, House};
use chrono::Duration;
use duijie::sync;
use serde_json::{Value, json};

const AT: &str = "/stock/S1/1/hold";
const EXTEND: &str = "/stock/S1/1/hold/extension";

/// The form as a browser sends it, with some of it changed.
fn form<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all =
        vec![("quantity", "260"), ("lasts", "2h"), ("end", "auto"), ("chosen", "hold-reason-coming"), ("reason", "PO-20261119-07")];
    all.retain(|(name, _)| !changed.iter().any(|(n, _)| n == name));
    all.extend_from_slice(changed);
    all
}

impl House {
    async fn read_back(&self, cast: &Cast) -> Value {
        self.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1", "shopId": "1" })).send().await.expect(200).value()["data"].clone()
    }
    async fn listed(&self) -> Value {
        self.get("/stock").by(OWNER).json().send().await.expect(200).value()["data"]["rows"][0].clone()
    }
    /// Time passes; a session has run out by then.
    async fn wait(&self, by: Duration) {
        self.later(by);
        self.log_in(OWNER).await;
    }
    async fn end_in_time(&self) -> usize {
        sync::end_in_time(&self.platform.db, self.now()).await.expect("ended")
    }
}

/// 112 reported, 36 frozen, 12 kept back: 64 by itself.
async fn scene() -> (House, Cast) {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 112)).await.expect(200);
    house
        .api(
            &cast.erp,
            "sku.inventory.freeze",
            json!([{ "reservationId": "SO1", "skuId": "S1", "shopId": "1", "quantity": 36, "minutes": 600 }]),
        )
        .send()
        .await
        .expect(200);
    let limits = [("id", "S1/1"), ("safety", "12"), ("reason", "常规药留存")];
    let back = house.post("/stock/limits").by(OWNER).form(&limits).send().await.expect(303);
    assert_eq!(back.header("location"), "/stock?done=limits&n=1");
    assert_eq!(house.listed().await["available"], 64);
    (house, cast)
}

fn held(answer: &Answer) -> (String, String, String) {
    let line = &answer.value()["data"]["lines"][0];
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), ToOwned::to_owned);
    (text(&line["outcome"]), text(&line["now"]["inventory"]), text(&line["now"]["automatic"]))
}

// The seed's story: 260 by hand over an automatic 64, until 14:00.
#[actix_web::test]
async fn a_number_is_held_until_a_time_and_gives_way_to_the_shadow() {
    let (house, cast) = scene().await;
    let asked = house.get(AT).by(OWNER).send().await.expect(200).body;
    for said in [
        "<html",
        "对外可售",
        "ERP 112 · 冻结 36",
        "30 分钟",
        "今天内",
        "无期限",
        "14:00 到期",
        "保持到下次上报",
        "在途补货",
        "只影响此门店的这一个 SKU",
    ] {
        assert!(asked.contains(said), "{said}: {asked}");
    }
    let back = house.post(AT).by(OWNER).form(&form(&[])).send().await.expect(303);
    assert_eq!(back.header("location"), "/stock/S1/1/why?done=held");
    let page = house.get("/stock/S1/1/why?done=held").by(OWNER).send().await.expect(200).body;
    for said in [
        "已保持为 260",
        "自动计算值（影子值）",
        ">64<",
        "人工保持为 260",
        "+196",
        "王店长 · 12:00 · 在途补货 PO-20261119-07",
        "14:00 到期，还剩 2:00",
        "续期 2 小时",
        "改数量",
        "立即恢复同步",
        "恢复后可售由 260 变为 64",
        "1 笔，最早 12:00 冻结",
        "SO1",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }

    // W-02: a push is taken as the shadow, and is told so, with the value in force.
    house.later(Duration::minutes(10));
    let pushed = house.push(&cast, lines(1, |_| 90)).await.expect(200);
    assert_eq!(held(&pushed), ("held".into(), "260".into(), "42".into()), "{}", pushed.body);
    let list = house.listed().await;
    assert_eq!(
        (&list["available"], &list["automatic"], &list["quantity"], &list["marks"]),
        (&json!(260), &json!(42), &json!(90), &json!(["held"]))
    );
    let read = house.read_back(&cast).await;
    assert_eq!((&read["inventory"], &read["automatic"], &read["hold"]["quantity"]), (&json!(260), &json!(42), &json!(260)));
    let page = house.get("/stock").by(OWNER).send().await.expect(200).body;
    for said in ["人工保持", "至 14:00 · 剩 1:50", "自动应为 42", "1 个库存正在人工保持", "最早一个 14:00 到期"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(house.get("/stock/S1/1/why").by(OWNER).send().await.expect(200).body.contains("人工保持中，只记为影子值"));

    // Its last half hour is red, its last quarter of an hour stands in the overview.
    house.wait(Duration::minutes(96)).await;
    assert!(house.get("/stock").by(OWNER).send().await.body.contains("neg\">至 14:00 · 剩 0:14"));
    assert_eq!(house.get("/holds?view=ending").by(OWNER).json().send().await.expect(200).value()["data"]["rows"][0]["sku"], "S1");
    let overview = house.get("/").by(OWNER).send().await.expect(200).body;
    assert!(overview.contains("的人工保持即将到期（S1）") && overview.contains("/holds?view=ending"), "{overview}");

    // At its time it is over for everybody, before the worker has come round and after.
    house.wait(Duration::minutes(14)).await;
    assert_eq!(house.listed().await["available"], 42);
    assert_eq!(house.end_in_time().await, 1);
    assert_eq!((&house.listed().await["available"], &house.listed().await["marks"]), (&json!(42), &json!([])));
    assert_eq!(house.read_back(&cast).await["hold"], Value::Null);
    house.marks_are_right(cast.a).await;
    let over = house.get("/holds?view=ended").by(OWNER).json().send().await.expect(200).value();
    assert_eq!((&over["data"]["rows"][0]["ended_why"], &over["data"]["rows"][0]["shadow"]), (&json!("expired"), &json!(64)));
    let ended = house.get("/holds?view=ended").by(OWNER).send().await.expect(200).body;
    assert!(ended.contains("到期") && ended.contains("在途补货 PO-20261119-07") && ended.contains("王店长"), "{ended}");
}

#[actix_web::test]
async fn a_number_may_stay_until_the_next_report() {
    let (house, cast) = scene().await;
    house.post(AT).by(OWNER).form(&form(&[("lasts", "30m"), ("end", "push")])).send().await.expect(303);
    house.wait(Duration::minutes(31)).await;
    house.end_in_time().await;
    assert_eq!(house.listed().await["available"], 260);
    assert!(house.get("/stock").by(OWNER).send().await.body.contains("等 ERP 下次上报"));
    let pushed = house.push(&cast, lines(1, |_| 90)).await.expect(200);
    assert_eq!(pushed.value()["data"]["applied"], 1, "{}", pushed.body);
    assert_eq!(house.listed().await["available"], 42);
    assert_eq!(house.ask("select ended_why from holds"), "pushed");
    // Long after its last report the number is kept by default.
    house.wait(Duration::hours(25)).await;
    let asked = house.get(AT).by(OWNER).send().await.expect(200).body;
    assert!(asked.contains("value=\"push\" checked"), "{asked}");
}

#[actix_web::test]
async fn a_hold_is_extended_changed_and_taken_back() {
    let (house, _) = scene().await;
    // The dialog over the list: it closes, the row behind it and a message with undo arrive.
    let done = house.post(AT).by(OWNER).part().form(&form(&[("within", "pop")])).send().await.expect(200).body;
    for said in ["data-done", "<hx-partial hx-target=\"#s", "人工保持", "撤销", "hold?_method=delete"] {
        assert!(done.contains(said), "{said}: {done}");
    }
    let drawer = house.post(EXTEND).by(OWNER).part().form(&[("within", "drawer")]).send().await.expect(200).body;
    assert!(drawer.contains("16:00 到期，还剩 4:00") && drawer.contains("drawer-h"), "{drawer}");
    let custom = [("lasts", "custom"), ("until", "2026-11-23T09:00"), ("within", "holds")];
    assert_eq!(house.post(EXTEND).by(OWNER).form(&custom).send().await.expect(303).header("location"), "/holds?done=extended");
    assert_eq!(
        house.ask("select hold_until at time zone '+08' from stock").replace('T', " "),
        house.ask("select (timestamptz '2026-11-23 09:00:00+08') at time zone '+08'")
    );
    house.post(EXTEND).by(OWNER).json().form(&[("lasts", "custom"), ("until", "2026-12-23T09:00")]).send().await.expect(422);
    // Another number takes the place of the first.
    house.post(AT).by(OWNER).form(&form(&[("quantity", "100")])).send().await.expect(303);
    assert_eq!(
        house.ask("select string_agg(qty || ' ' || coalesce(ended_why, 'on'), ', ' order by id) from holds"),
        "260 replaced, 100 on"
    );
    // Undo is release; what the row would have been by itself counts again.
    let undone = house.post("/stock/S1/1/hold?_method=delete").by(OWNER).part().form(&[("within", "pop")]).send().await.expect(200).body;
    assert!(undone.contains("已恢复同步，现在可售 64") && !undone.contains("撤销"), "{undone}");
    house.delete(AT).by(OWNER).json().send().await.expect(409);
    house.post(EXTEND).by(OWNER).json().form(&[]).send().await.expect(409);
    // Or the number stays until the next report.
    house.post(AT).by(OWNER).form(&form(&[])).send().await.expect(303);
    house.post("/stock/S1/1/hold?_method=delete").by(OWNER).form(&[("how", "push")]).send().await.expect(303);
    assert_eq!(house.listed().await["hold"]["keeps"], true);
    assert_eq!(
        house.ask("select string_agg(verb, ' ' order by id) from trail where verb like 'stock.hold%' or verb = 'stock.held'"),
        "stock.held stock.hold_extended stock.hold_extended stock.held stock.hold_released stock.held stock.hold_released"
    );
}

#[actix_web::test]
async fn what_was_typed_stays_and_what_is_there_is_shown() {
    let (house, cast) = scene().await;
    let version = house.ask("select version from stock");
    for (changed, said) in [
        (vec![("quantity", "-5")], "value=\"-5\""),
        (vec![("quantity", "很多")], "value=\"很多\""),
        (vec![("chosen", ""), ("reason", "")], "选一个原因，或写明原因"),
        (vec![("lasts", "custom"), ("until", "")], "选择保持到什么时候"),
        (vec![("lasts", "custom"), ("until", "2026-11-22T11:00")], "结束时间已经过去"),
        (vec![("lasts", "custom"), ("until", "2026-12-22T11:00")], "有期限的保持最长 7 天"),
    ] {
        let again = house.post(AT).by(OWNER).part().form(&form(&changed)).send().await.expect(422).body;
        assert!(again.contains(said) && !again.contains("<html"), "{said}: {again}");
    }
    let again = house.post(AT).by(OWNER).part().form(&form(&[("lasts", "custom"), ("until", "x")])).send().await.expect(422).body;
    for kept in ["value=\"260\"", "value=\"x\"", "PO-20261119-07", "value=\"custom\" checked", "比自动值多卖", "<b>196</b>"] {
        assert!(again.contains(kept), "{kept}: {again}");
    }
    house.push(&cast, lines(1, |_| 90)).await.expect(200);
    let conflict = house.post(AT).by(OWNER).part().form(&form(&[("version", &version)])).send().await.expect(409).body;
    assert!(conflict.contains("现在是 90") && conflict.contains("value=\"260\"") && conflict.contains("ERP 90"), "{conflict}");
    assert_eq!(house.ask("select count(*) from holds"), "0");
}

#[actix_web::test]
async fn only_who_may_and_no_end_only_for_owners() {
    let (house, cast) = scene().await;
    for who in [(READER, 403), (STRANGER, 404)] {
        house.get(AT).by(who.0).send().await.expect(who.1);
        house.post(AT).by(who.0).json().form(&form(&[])).send().await.expect(who.1);
        house.delete(AT).by(who.0).json().send().await.expect(who.1);
        house.post(EXTEND).by(who.0).json().form(&[]).send().await.expect(who.1);
        house.post("/stock/holds").by(who.0).json().form(&form(&[("id", "S1/1")])).send().await.expect(who.1);
    }
    assert_eq!(house.ask(&format!("select count(*) from holds where merchant_id = {}", cast.a)), "0");
    let page = house.get("/stock").by(READER).send().await.expect(200).body;
    assert!(!page.contains("name=\"id\"") && !page.contains("/hold\""), "no control that would do nothing: {page}");
    house.sql("update users set permissions = '{stock}' where login = 'xiaoli'");
    let asked = house.get(AT).by(READER).send().await.expect(200).body;
    assert!(!asked.contains("无期限"), "{asked}");
    house.post(AT).by(READER).json().form(&form(&[("lasts", "open")])).send().await.expect(403);
    house.post(AT).by(READER).json().form(&form(&[])).send().await.expect(200);
    house.post(AT).by(OWNER).json().form(&form(&[("lasts", "open")])).send().await.expect(200);
    let list = house.get("/stock").by(OWNER).send().await.expect(200).body;
    assert!(list.contains("无期限") && list.contains("都没有期限"), "{list}");
    house.post(EXTEND).by(OWNER).json().form(&[]).send().await.expect(409);
}

#[actix_web::test]
async fn many_rows_are_held_let_go_and_limited_at_once() {
    let (house, cast) = house(20).await;
    house.push(&cast, lines(20, |i| i * 10)).await.expect(200);
    let ids: Vec<String> = (1..=20).map(|i| format!("S{i}/1")).collect();
    let chosen = |more: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
        let more = more.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        ids.iter().map(|id| ("id".to_owned(), id.clone())).chain(more).collect()
    };
    let send = async |path: &str, pairs: Vec<(String, String)>| {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        house.post(path).by(OWNER).form(&pairs).send().await
    };
    let ask = send("/stock/bulk", chosen(&[("what", "hold")])).await.expect(200).body;
    assert!(ask.contains("人工保持 20 个库存") && ask.contains("还有 8 个没有列出") && ask.contains("value=\"S20/1\""), "{ask}");
    send("/stock/holds", chosen(&[("amount", "same"), ("quantity", "x"), ("lasts", "2h"), ("reason", "盘点")])).await.expect(422);
    // Each at what it has now.
    let back = send("/stock/holds", chosen(&[("amount", "now"), ("lasts", "2h"), ("reason", "盘点")])).await.expect(303);
    assert_eq!(back.header("location"), "/stock?done=held&n=20");
    assert!(house.get("/stock?done=held&n=20").by(OWNER).send().await.body.contains("已人工保持 20 个库存"));
    house.push(&cast, lines(20, |_| 1)).await.expect(200);
    assert_eq!(house.ask("select sum(hold_qty) || ' ' || count(*) from stock where hold_id is not null"), "2100 20");
    let held = house.get("/stock?view=held").by(OWNER).json().send().await.expect(200).value();
    assert_eq!((held["data"]["rows"].as_array().map(Vec::len), &held["data"]["counts"][3]), (Some(20), &json!(20)));
    let ask = send("/stock/bulk", chosen(&[("what", "release")])).await.expect(200).body;
    assert!(ask.contains("恢复同步 20 个库存"), "{ask}");
    send("/stock/holds?_method=delete", chosen(&[])).await.expect(303);
    assert_eq!(house.ask("select sum(erp_qty) || ' ' || count(hold_id) from stock"), "20 0");

    // Safety stock and how far below zero: marks follow, the ledger tells, what stays empty stays.
    let ask = send("/stock/bulk", chosen(&[("what", "limits")])).await.expect(200).body;
    assert!(ask.contains("安全库存") && ask.contains("允许负卖"), "{ask}");
    send("/stock/limits", chosen(&[("safety", "3")])).await.expect(422);
    send("/stock/limits", chosen(&[("reason", "x")])).await.expect(422);
    send("/stock/limits", chosen(&[("safety", "-3"), ("reason", "x")])).await.expect(422);
    send("/stock/limits", chosen(&[("safety", "3"), ("reason", "常规")])).await.expect(303);
    send("/stock/limits", chosen(&[("oversell", "5"), ("reason", "可欠")])).await.expect(303);
    assert_eq!(house.ask("select distinct safety || ' ' || oversell from stock"), "3 5");
    assert_eq!(house.ask("select count(*) from stock_movements where kind = 'rule'"), "40");
    assert_eq!(house.ask("select count(*) from trail where verb = 'stock.limits_set'"), "40");
    assert_eq!(house.ask("select count(*) from stock_marks where mark = 'short'"), "20");
    house.marks_are_right(cast.a).await;
    let page = house.get("/stock/S1/1/why").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("允许负卖到 −5") && page.contains("规则变更"), "{page}");
    // Nobody's rows are not found.
    house.post("/stock/bulk").by(OWNER).form(&[("id", "S99/1"), ("what", "hold")]).send().await.expect(404);
    house.post("/stock/bulk").by(READER).form(&[("id", "S1/1"), ("what", "hold")]).send().await.expect(403);
}

#[actix_web::test]
async fn the_list_of_holds_has_three_faces() {
    let (house, cast) = house(60).await;
    let empty = house.get("/holds").by(OWNER).send().await.expect(200).body;
    assert!(empty.contains("<html") && empty.contains("现在没有人工保持"));
    house.push(&cast, lines(60, |_| 5)).await.expect(200);
    let ids: Vec<(String, String)> = (1..=60).map(|i| ("id".to_owned(), format!("S{i}/1"))).collect();
    let mut pairs: Vec<(&str, &str)> = ids.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    pairs.extend([("amount", "same"), ("quantity", "9"), ("lasts", "today"), ("reason", "盘点")]);
    house.post("/stock/holds").by(OWNER).form(&pairs).send().await.expect(303);
    // Seven taken: five there were, two more than the automatic value would have given.
    house
        .api(&cast.erp, "sku.inventory.freeze", json!([{ "reservationId": "SO7", "skuId": "S60", "shopId": "1", "quantity": 7 }]))
        .send()
        .await
        .expect(200);
    let first = house.get("/holds").by(OWNER).json().send().await.expect(200).value();
    assert_eq!((first["data"]["rows"].as_array().map(Vec::len), &first["data"]["counts"]), (Some(50), &json!([60, 0, null])));
    let next = first["data"]["next"].as_str().expect("more");
    let second = house.get(&format!("/holds?after={next}")).by(OWNER).json().send().await.expect(200).value();
    assert_eq!((second["data"]["rows"].as_array().map(Vec::len), &second["data"]["next"]), (Some(10), &Value::Null));
    let part = house.get("/holds").by(OWNER).part().send().await.expect(200).body;
    assert!(!part.contains("<html") && part.contains("期间占用 7") && part.contains("<b class=\"neg\">2</b>"), "{part}");
    assert!(!house.get("/holds").by(READER).send().await.expect(200).body.contains("hold/extension"));
    assert_eq!(house.get("/holds").by(STRANGER).json().send().await.expect(200).value()["data"]["rows"], json!([]));
    assert!(house.get("/holds").by(OWNER).header("accept-language", "en").send().await.body.contains("Oversold"));
}
