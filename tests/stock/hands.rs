use super::{OWNER, READER, STRANGER, house, lines};
use chrono::Duration;
use serde_json::json;

const AT: &str = "/stock/S1/1/quantity";

// S-06
#[actix_web::test]
async fn a_person_sets_a_number_says_why_and_takes_it_back() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    house.later(Duration::minutes(1));
    let back =
        house.post(AT).by(OWNER).form(&[("quantity", "12"), ("chosen", "stock-reason-count"), ("version", "1")]).send().await.expect(303);
    assert_eq!(back.header("location"), "/stock/S1/1/why");
    assert_eq!(house.row("S1", 1), "12 person v2");
    assert_eq!(house.marks(), "S1/1 low");
    assert_eq!(house.ask("select reason || ' ' || actor_name from stock_movements order by id desc limit 1"), "盘点修正 王店长");
    assert_eq!(
        house.ask("select verb || ' ' || subject_id || ' ' || (after ->> 'quantity') from trail order by id desc limit 1"),
        "stock.set_by_hand S1/1 12"
    );
    let page = house.get("/stock/S1/1/why").by(OWNER).send().await.expect(200).body;
    assert!(
        page.contains("人工改的数量")
            && page.contains("ERP 下次上报会替换它")
            && page.contains("盘点修正")
            && page.contains("_method=delete"),
        "{page}"
    );

    house.later(Duration::minutes(9));
    house.post("/stock/S1/1/quantity?_method=delete").by(OWNER).form(&[]).send().await.expect(303);
    assert_eq!(house.row("S1", 1), "30 erp v3");
    assert_eq!(house.marks(), "");
    assert_eq!(house.movements(), "erp_set 0→30 30 ERP, manual_set 30→12 12 王店长, undo 12→30 30 王店长");
    // Once is enough.
    house.delete(AT).by(OWNER).json().send().await.expect(409);
}

#[actix_web::test]
async fn an_edit_cannot_be_taken_back_late_or_after_the_erp_has_spoken() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    house
        .post(AT)
        .by(OWNER)
        .json()
        .body(json!({ "quantity": 12, "reason": "x", "version": 1 }))
        .header("content-type", "application/json")
        .send()
        .await
        .expect(200);
    house.later(Duration::minutes(11));
    house.delete(AT).by(OWNER).json().send().await.expect(409);
    house
        .post(AT)
        .by(OWNER)
        .json()
        .body(json!({ "quantity": 13, "reason": "y", "version": 2 }))
        .header("content-type", "application/json")
        .send()
        .await
        .expect(200);
    house.later(Duration::seconds(5));
    // The next push replaces it, even with the same figure: the number is the ERP's again.
    house.push(&cast, lines(1, |_| 13)).await.expect(200);
    assert_eq!(house.row("S1", 1), "13 erp v4");
    house.delete(AT).by(OWNER).json().send().await.expect(409);
}

#[actix_web::test]
async fn a_conflict_shows_what_is_there_and_keeps_what_was_typed() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    house.push(&cast, lines(1, |_| 31)).await.expect(200);
    let again =
        house.post(AT).by(OWNER).part().form(&[("quantity", "12"), ("reason", "盘亏"), ("version", "1")]).send().await.expect(409).body;
    assert!(
        again.contains("现在是 31")
            && again.contains("value=\"12\"")
            && again.contains("盘亏")
            && again.contains("name=\"version\" value=\"2\""),
        "{again}"
    );
    assert_eq!(house.row("S1", 1), "31 erp v2");
}

#[actix_web::test]
async fn the_form_says_what_is_missing() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    let no_reason = house.post(AT).by(OWNER).part().form(&[("quantity", "12"), ("version", "1")]).send().await.expect(422).body;
    assert!(no_reason.contains("选一个原因，或写明原因") && no_reason.contains("value=\"12\""));
    house.post(AT).by(OWNER).part().form(&[("quantity", "-1"), ("reason", "x"), ("version", "1")]).send().await.expect(422);
    let no_number =
        house.post(AT).by(OWNER).part().form(&[("quantity", "十"), ("reason", "x"), ("version", "1")]).send().await.expect(422).body;
    assert!(no_number.contains("value=\"十\""), "{no_number}");
    assert_eq!(house.row("S1", 1), "30 erp v1");
}

#[actix_web::test]
async fn only_who_may_and_only_their_own() {
    let (house, cast) = house(1).await;
    house.push(&cast, lines(1, |_| 30)).await.expect(200);
    let edit = |who: &str| {
        house
            .post(AT)
            .by(who)
            .json()
            .body(json!({ "quantity": 1, "reason": "x", "version": 1 }))
            .header("content-type", "application/json")
            .send()
    };
    edit(READER).await.expect(403);
    edit(STRANGER).await.expect(404);
    house.delete(AT).by(READER).json().send().await.expect(403);
    house.get("/stock/S1/1/why").by(STRANGER).send().await.expect(404);
    let readers = house.get("/stock/S1/1/why").by(READER).send().await.expect(200).body;
    assert!(!readers.contains("name=\"quantity\""), "no control that would do nothing");
    assert_eq!(house.row("S1", 1), "30 erp v1");
}
