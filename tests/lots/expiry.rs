use super::{house, line, lot, told};
use chrono::Duration;
use duijie::ids::{ShopId, SkuId};
use duijie::lots::{rules, stops};
use duijie::stock::shelf::{LotMode, LotRules};
use duijie::sync;
use duijie::trail::{Cause, Kind};
use serde_json::json;

// B-06
#[actix_web::test]
async fn an_expired_lot_is_not_sold_whenever_the_worker_comes() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "inventory": 10 })).await.expect(200);
    house.tell(&cast, told("S1", &[lot("B1", "2026-11-22", 6), lot("B2", "2026-12", 4)])).await.expect(200);
    assert_eq!(house.shelf("S1"), "10 0 2026-11-22 10");
    let freeze = |no: &str, n: i64| json!({ "reservationId": no, "skuId": "S1", "quantity": n });
    house.api(&cast.erp, "sku.inventory.freeze", freeze("R1", 2)).send().await.expect(200);
    // Noon in China; twelve hours later it is tomorrow, and nobody has swept.
    house.later(Duration::hours(12));
    let refused = house.api(&cast.erp, "sku.inventory.freeze", freeze("R2", 3)).send().await.expect(422);
    assert_eq!(refused.lines(), [line(1, "rejected", "NOT_ENOUGH")]);
    assert_eq!(house.shelf("S1"), "10 6 2026-12-31 10");
    house.api(&cast.erp, "sku.inventory.freeze", freeze("R3", 2)).send().await.expect(200);
    assert_eq!(house.ask("select stock_available(s) from stock s"), "0");
    house.nothing_differs(&cast).await;
}

#[actix_web::test]
async fn at_midnight_what_has_expired_goes_off_sale() {
    let (house, cast) = house(2).await;
    house.push(&cast, json!([{ "skuId": "S1", "inventory": 6 }, { "skuId": "S2", "inventory": 6 }])).await.expect(200);
    house.tell(&cast, json!([told("S1", &[lot("B1", "2026-11-22", 6)]), told("S2", &[lot("B1", "2026-11", 6)])])).await.expect(200);
    let sweep = async || sync::end_in_time(&house.platform.db, house.now()).await.expect("sweep");
    assert_eq!(sweep().await, 0);
    house.later(Duration::hours(12));
    assert_eq!((sweep().await, sweep().await), (1, 0));
    assert_eq!((house.shelf("S1"), house.shelf("S2")), ("6 6 - 6".into(), "6 0 2026-11-30 6".into()));
    assert_eq!(house.marks(), "S1/1 out, S2/1 low");
    assert!(house.movements().ends_with("lot_expiry 6→6 0 lot-expiry"), "{}", house.movements());
    house.marks_are_right(cast.a).await;
    house.nothing_differs(&cast).await;
}

#[actix_web::test]
async fn a_stopped_lot_stays_stopped_whatever_is_told() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "inventory": 10 })).await.expect(200);
    house.tell(&cast, told("S1", &[lot("B1", "2027-11", 6), lot("B2", "2026-12", 4)])).await.expect(200);
    let sku = SkuId(house.ask(&format!("select id from skus where merchant_id = {} and sku_id = 'S1'", cast.a)).parse().expect("id"));
    let merchant = cast.a;
    let cause = Cause { kind: Kind::Person, ..Cause::system(merchant, "王店长", house.now()) };
    let which = stops::Which { sku, ext: "S1".into(), lot_no: "B1".into(), shop: None };
    let stop = async |on: bool| {
        let (cause, which) = (cause.clone(), which.clone());
        house
            .platform
            .db
            .write(move |tx| if on { stops::stop(tx, &cause, &which, "召回") } else { stops::resume(tx, &cause, &which) })
            .await
    };
    assert_eq!(stop(true).await.expect("stop"), 1);
    assert!(stop(true).await.is_err());
    assert_eq!(house.shelf("S1"), "10 6 2026-12-31 10");
    let today = duijie::clock::day(house.now());
    let sellable = async || {
        let lots = house.platform.db.read(move |c| duijie::lots::sellable(c, merchant, &[(sku, ShopId(1))], today)).await.expect("lots");
        lots.into_iter().map(|l| l.lot_no).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(sellable().await, "B2");
    // Told no more, and then again: still stopped.
    house.tell(&cast, told("S1", &[lot("B2", "2026-12", 4)])).await.expect(200);
    assert_eq!(house.shelf("S1"), "10 0 2026-12-31 4");
    house.tell(&cast, told("S1", &[lot("B1", "2027-11", 3), lot("B2", "2026-12", 4)])).await.expect(200);
    assert_eq!(house.shelf("S1"), "10 3 2026-12-31 7");
    assert_eq!(stop(false).await.expect("resume"), 1);
    assert_eq!((house.shelf("S1"), sellable().await), ("10 0 2026-12-31 7".into(), "B2 B1".into()));
    assert_eq!(
        house.ask("select string_agg(verb || ' ' || subject_id, ', ' order by id) from trail where subject_kind = 'lot'"),
        "lot.stopped S1/B1/1, lot.resumed S1/B1/1"
    );
    house.nothing_differs(&cast).await;
}

#[actix_web::test]
async fn other_rules_have_every_row_looked_at_again() {
    let (house, cast) = house(1).await;
    house.push(&cast, json!({ "skuId": "S1", "inventory": 10 })).await.expect(200);
    house.tell(&cast, told("S1", &[lot("B1", "2026-11-01", 3)])).await.expect(200);
    let cause = Cause { kind: Kind::Person, ..Cause::system(cast.a, "王店长", house.now()) };
    let wanted = LotRules { mode: LotMode::Newest, carry: false };
    assert!(house.platform.db.write(move |tx| rules::set(tx, &cause, wanted)).await.expect("rules"));
    sync::end_in_time(&house.platform.db, house.now()).await.expect("sweep");
    // The newest lot has expired, and so has whatever is older.
    assert_eq!(house.ask("select stock_available(s) || ' ' || (s.lots_qty is null) from stock s"), "0 true");
}
