//! Freezes, deductions and rollbacks mirrored to the ERP (Q-13, S-05).

use super::{link, shop};
use crate::support::cast::OWNER;
use crate::support::erp::{Erp, Mood};
use crate::support::{Cast, House};
use chrono::Duration;
use duijie::sync::tell_all;
use serde_json::{Value, json};

/// A house whose merchant reckons by the triple and mirrors.
async fn mirrored() -> (House, Cast, Erp) {
    let (house, cast, erp) = shop(2, 10, &[]).await;
    house.post("/settings/stock").by(OWNER).form(&[("mode", "triple"), ("minutes", "30")]).send().await.expect(303);
    link(&house, &erp, &[("mirrors", "1")]).await.expect(303);
    (house, cast, erp)
}

async fn told(house: &House, erp: &Erp) -> Vec<(String, Value)> {
    // Letters of one reservation go one at a time.
    for _ in 0..5 {
        tell_all(&house.platform).await.expect("told");
    }
    erp.heard()
}

#[actix_web::test]
async fn units_are_followed_from_freeze_to_sale() {
    let (house, cast, erp) = mirrored().await;
    house.buy(&cast, "M1", &[("S1", 2), ("S2", 1)]).await;
    house.place(&cast, "M2", &[("S1", 1)]).await;
    house.sells(&cast, "cancel", json!({ "orderNo": "M2", "reason": "不要了" })).await.expect(200);
    let heard = told(&house, &erp).await;
    let of = |no: &str| -> Vec<&str> {
        heard.iter().filter(|(_, body)| body[0]["reservationId"] == no).map(|(method, _)| method.as_str()).collect()
    };
    assert_eq!(of("M1"), ["sku.inventory.freeze", "sku.inventory.deduct"]);
    assert_eq!(of("M2"), ["sku.inventory.freeze", "sku.inventory.rollback"]);
    let first = &heard.iter().find(|(_, body)| body[0]["reservationId"] == "M1").expect("M1").1;
    assert_eq!(first[0], json!({ "reservationId": "M1", "skuId": "S1", "shopId": "1", "quantity": 2, "orderNo": "M1" }));
    assert_eq!(house.ask("select count(*) from outbox"), "0");
    house.counters_are_proven(&cast).await;
}

// in the transaction that moves the units, or not at all; a preview tells nobody.
#[actix_web::test]
async fn what_did_not_happen_is_told_to_nobody() {
    let (house, cast, erp) = mirrored().await;
    let freeze = json!({ "preview": true, "lines": [{ "reservationId": "N1", "skuId": "S1", "shopId": 1, "quantity": 1 }] });
    house.api(&cast.storefront, "sku.inventory.freeze", freeze).send().await.expect(200);
    house
        .api(&cast.storefront, "sku.inventory.freeze", json!({ "reservationId": "N2", "skuId": "S1", "shopId": 1, "quantity": 999 }))
        .send()
        .await
        .expect(422);
    assert_eq!(house.ask("select count(*) from outbox"), "0");
    // Out of time: the worker gives back and says so.
    house.place(&cast, "N3", &[("S1", 1)]).await;
    house.later(Duration::hours(1));
    let now = house.now();
    duijie::sync::end_in_time(&house.platform.db, now).await.expect("ended");
    let heard = told(&house, &erp).await;
    assert_eq!(heard.last().map(|(m, b)| (m.as_str(), b[0]["reason"].clone())), Some(("sku.inventory.rollback", json!("expiry"))));
}

// O-09, Q-32: what the ERP took back itself it is not told.
#[actix_web::test]
async fn a_refund_of_the_erps_is_not_told_to_it() {
    let (house, cast, erp) = mirrored().await;
    house.buy(&cast, "O1", &[("S1", 2)]).await;
    told(&house, &erp).await;
    house.erp(&cast, "status.update", json!({ "orderNo": "O1", "status": "refunded" })).await.expect(200);
    assert_eq!(told(&house, &erp).await, []);
}

#[actix_web::test]
async fn a_letter_is_tried_until_it_is_taken_and_nothing_overtakes_it() {
    let (house, cast, erp) = mirrored().await;
    erp.is(Mood::Forgets);
    house.buy(&cast, "L1", &[("S1", 1)]).await;
    let heard = told(&house, &erp).await;
    assert_eq!(heard.iter().map(|(m, _)| m.as_str()).collect::<Vec<_>>(), ["sku.inventory.freeze"], "the deduction waits behind it");
    erp.is(Mood::Well);
    house.later(Duration::seconds(5));
    assert_eq!(
        told(&house, &erp).await.iter().map(|(m, _)| m.as_str()).collect::<Vec<_>>(),
        ["sku.inventory.freeze", "sku.inventory.deduct"]
    );
    // A refusal waits for a person, with everything behind it.
    erp.is(Mood::Refuses("无此商品"));
    house.buy(&cast, "L2", &[("S1", 1)]).await;
    told(&house, &erp).await;
    assert_eq!(
        house.ask("select string_agg(state || ' ' || coalesce(problem, '-'), ', ' order by id) from outbox"),
        "refused 无此商品, waiting -"
    );
    erp.is(Mood::Well);
    let id = house.ask("select min(id) from outbox");
    let page = house.get("/settings/erp").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("无此商品"), "{}", page.body);
    house.delete(&format!("/settings/erp/outbox/{id}")).by(OWNER).form(&[]).send().await.expect(303);
    assert_eq!(told(&house, &erp).await.iter().map(|(m, _)| m.as_str()).collect::<Vec<_>>(), ["sku.inventory.deduct"]);
    house.delete(&format!("/settings/erp/outbox/{id}")).by(OWNER).form(&[]).send().await.expect(404);
    assert_eq!(house.ask("select count(*) from trail where verb = 'erp.discarded'"), "1");
}

// without the triple a mirrored unit would be taken off twice.
#[actix_web::test]
async fn mirroring_needs_the_triple_and_keeps_it() {
    let (house, _, erp) = shop(1, 10, &[]).await;
    let refused = link(&house, &erp, &[("mirrors", "1")]).await.expect(422);
    assert!(refused.body.contains("三个数"), "{}", refused.body);
    house.post("/settings/stock").by(OWNER).form(&[("mode", "triple"), ("minutes", "30")]).send().await.expect(303);
    link(&house, &erp, &[("mirrors", "1")]).await.expect(303);
    house.post("/settings/stock").by(OWNER).form(&[("mode", "bare"), ("minutes", "30")]).send().await.expect(422);
    assert_eq!(house.ask("select mode from stock_rules"), "triple");
}
