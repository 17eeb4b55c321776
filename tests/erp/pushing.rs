//! Orders pushed to an ERP that listens (O-06, O-07, Q-17, Q-32, G9).

use super::{link, shop};
use crate::orders::order;
use crate::support::House;
use crate::support::erp::Mood;
use chrono::Duration;
use duijie::sync::tell_all;
use serde_json::json;

const PUSHES: [(&str, &str); 1] = [("pushes", "1")];

async fn tell(house: &House) -> usize {
    tell_all(&house.platform).await.expect("told")
}

// O-06, Q-17: an order goes to the ERP when it is placed, with all five sections; its number there is kept.
#[actix_web::test]
async fn an_order_is_pushed_when_it_is_placed() {
    let (house, cast, erp) = shop(1, 10, &PUSHES).await;
    house.place(&cast, "P1", &[("S1", 2)]).await;
    assert_eq!(tell(&house).await, 1);
    let heard = erp.heard();
    assert_eq!(heard.len(), 1);
    let (method, body) = &heard[0];
    assert_eq!(method, "order.push");
    for section in ["basic", "amounts", "delivery", "invoice", "items"] {
        assert!(body.get(section).is_some(), "{section}: {body}");
    }
    assert_eq!((&body["basic"]["orderStatus"], &body["items"][0]["quantity"]), (&json!("unpaid"), &json!(2)));
    assert!(!body.to_string().contains("cost"), "{body}");
    assert_eq!(house.order("P1"), "unpaid synced");
    assert_eq!(house.ask("select erp_order_no from orders"), "X-P1");
    assert_eq!(tell(&house).await, 0, "once is enough");
    assert_eq!(house.ask("select string_agg(method || ' ' || status, ', ' order by method) from calls where outward"), "order.push 200");
    // Only when it is paid, where the merchant says so.
    house
        .post("/settings/orders")
        .by(crate::orders::OWNER)
        .form(&[("sync_from", "paid"), ("lease_minutes", "10"), ("alert_minutes", "30")])
        .send()
        .await
        .expect(303);
    house.place(&cast, "P2", &[("S1", 1)]).await;
    assert_eq!(tell(&house).await, 0);
    house.pay(&cast, "P2").await;
    assert_eq!(tell(&house).await, 1);
}

// O-07, Q-32: what becomes of it is pushed as a change; what the ERP said itself is not.
#[actix_web::test]
async fn what_becomes_of_an_order_is_pushed_and_nothing_is_echoed() {
    let (house, cast, erp) = shop(1, 10, &PUSHES).await;
    house.place(&cast, "Q1", &[("S1", 2)]).await;
    tell(&house).await;
    erp.heard();
    house.pay(&cast, "Q1").await;
    tell(&house).await;
    let heard = erp.heard();
    assert_eq!(heard.len(), 1);
    assert_eq!(
        (heard[0].0.as_str(), &heard[0].1["orderStatus"], &heard[0].1["erpOrderNo"]),
        ("order.status.push", &json!("to_ship"), &json!("X-Q1"))
    );
    let kinds = |n: usize, heard: &[(String, serde_json::Value)]| -> Vec<String> {
        heard[n].1["events"].as_array().expect("events").iter().map(|e| e["kind"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(kinds(0, &heard), ["paid"]);
    // Its own steps come back to nobody.
    house.erp(&cast, "status.update", json!({ "orderNo": "Q1", "status": "accepted" })).await.expect(200);
    house.erp(&cast, "status.update", json!({ "orderNo": "Q1", "status": "delivering" })).await.expect(200);
    assert_eq!(tell(&house).await, 0);
    house.sells(&cast, "receive", json!({ "orderNo": "Q1" })).await.expect(200);
    tell(&house).await;
    let heard = erp.heard();
    assert_eq!((kinds(0, &heard), &heard[0].1["orderStatus"]), (vec!["received".to_owned()], &json!("completed")));
    assert_eq!(house.order("Q1"), "completed synced");
}

// G9: an answer that gets lost brings the order again; in the ERP's books it is once.
#[actix_web::test]
async fn a_lost_answer_brings_the_order_again() {
    let (house, cast, erp) = shop(1, 10, &PUSHES).await;
    erp.is(Mood::Forgets);
    house.buy(&cast, "R1", &[("S1", 1)]).await;
    assert_eq!(tell(&house).await, 0);
    assert_eq!(house.order("R1"), "to_ship delivered");
    assert_eq!(tell(&house).await, 0, "not at once");
    assert_eq!(erp.methods(), ["order.push"]);
    erp.is(Mood::Well);
    house.later(Duration::seconds(10));
    assert_eq!(tell(&house).await, 1);
    assert_eq!((erp.methods(), erp.orders()), (vec!["order.push".to_owned()], vec!["R1".to_owned()]));
    assert_eq!(house.order("R1"), "to_ship synced");
}

// G9: what happens while the ERP is reading an order is not lost by its receipt.
#[actix_web::test]
async fn a_change_meanwhile_still_goes_its_way() {
    let (house, cast, erp) = shop(1, 10, &[]).await;
    house.buy(&cast, "S1", &[("S1", 1)]).await;
    let (taken, _) = house.pull(&cast, json!({})).await;
    assert_eq!(taken, ["S1"]);
    house.sells(&cast, "cancel", json!({ "orderNo": "S1" })).await.expect(200);
    house.erp(&cast, "ack", json!({ "orderNo": "S1", "erpOrderNo": "X1" })).await.expect(200);
    assert_eq!(house.order("S1"), "cancelled unsynced", "the receipt was for the order as it was");
    link(&house, &erp, &PUSHES).await.expect(303);
    assert_eq!(tell(&house).await, 1);
    let heard = erp.heard();
    assert_eq!(
        (heard[0].0.as_str(), &heard[0].1["orderStatus"], &heard[0].1["events"][0]["kind"]),
        ("order.status.push", &json!("cancelled"), &json!("cancelled"))
    );
    assert_eq!(house.order("S1"), "cancelled synced");
}

// O-11: what the ERP will not have waits for a person, with its own words.
#[actix_web::test]
async fn a_refusal_waits_with_its_reason() {
    let (house, cast, erp) = shop(1, 10, &PUSHES).await;
    erp.is(Mood::Refuses("客户已停用"));
    house.buy(&cast, "T1", &[("S1", 1)]).await;
    tell(&house).await;
    assert_eq!(house.order("T1"), "to_ship blocked erp_refused");
    assert_eq!(house.ask("select waits_note from orders"), "客户已停用");
    assert_eq!(tell(&house).await, 0);
    erp.is(Mood::Well);
    house.erp(&cast, "sync.reset", json!({ "orderNo": "T1" })).await.expect(200);
    assert_eq!(tell(&house).await, 1);
    assert_eq!(house.order("T1"), "to_ship synced");
}

// a switch that is off holds pushes back, and so does a buyer without a code.
#[actix_web::test]
async fn switches_and_missing_codes_hold_pushes_back() {
    let (house, cast, erp) = shop(1, 10, &PUSHES).await;
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'order', '盘点', '王店长', now())",
        cast.a
    ));
    house.buy(&cast, "U1", &[("S1", 1)]).await;
    assert_eq!(tell(&house).await, 0);
    house.sql("delete from switches");
    house.sql(&format!("insert into customer_rules (merchant_id, scheme) values ({}, 'on_order')", cast.a));
    assert_eq!(tell(&house).await, 0);
    assert_eq!(house.order("U1"), "to_ship blocked customer_unmapped");
    assert_eq!(erp.methods(), Vec::<String>::new());
}

// G17: five failures in a row and it is left alone; then it is tried with one order, and gets all of them when it is back.
#[actix_web::test]
async fn an_erp_that_is_down_gets_everything_when_it_is_back() {
    let (house, cast, erp) = shop(1, 100, &PUSHES).await;
    erp.is(Mood::Status(503));
    for n in 0..8 {
        house.sells(&cast, "create", order(&format!("V{n}"), &[("S1", 1)])).await.expect(200);
    }
    assert_eq!(tell(&house).await, 0);
    assert!(erp.methods().len() <= 8);
    house.later(Duration::minutes(20));
    assert_eq!(tell(&house).await, 0, "left alone");
    assert_eq!(erp.methods(), Vec::<String>::new());
    assert_eq!(house.ask("select problem from erp_links"), "unreadable");
    erp.is(Mood::Well);
    // Another process has not met the failures.
    let mut other = house;
    other.starts_anew();
    let mut told = 0;
    for _ in 0..4 {
        told += tell(&other).await;
        other.later(Duration::minutes(20));
    }
    assert_eq!((told, erp.orders().len()), (8, 8));
    assert_eq!(other.ask("select count(*) from orders where sync = 'synced'"), "8");
    assert_eq!(other.ask("select failing_since is null and answered_at is not null from erp_links"), "true");
}
