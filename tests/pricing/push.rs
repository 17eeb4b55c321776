use super::{market, priced};
use crate::stock::OWNER;
use crate::support::{Cast, House};
use chrono::Duration;
use serde_json::{Value, json};

impl House {
    async fn reprice(&self, cast: &Cast, lines: Value) -> Value {
        self.api(&cast.erp, "prod.price.update", lines).send().await.value()
    }
}
/// The codes of all problems of a line, with their fields.
fn told(answer: &Value, line: usize) -> Vec<String> {
    let problems = answer["data"]["lines"][line]["problems"].as_array().cloned().unwrap_or_default();
    problems.iter().map(|p| format!("{} {}", p["code"].as_str().unwrap_or_default(), p["field"].as_str().unwrap_or_default())).collect()
}

// several kinds in one line, all of it or nothing; blank goes back to what is inherited, never to zero.
#[actix_web::test]
async fn one_call_changes_many_kinds() {
    let (house, cast) = market(4).await;
    let line = json!({
        "skuId": "S1", "price": "9.00", "retailPrice": 12, "referencePrice": "11.5", "originalPurchasePrice": "6.00", "vipPrice": "8.80",
        "regionPrices": [{ "regionGroup": "HN", "price": "8.50" }, { "regionGroup": "SZ", "price": 8.4, "validFrom": "2026-12-01 00:00:00", "validUntil": "2027-01-01 00:00:00" }],
        "customerPrices": [{ "customerGroup": "VIP", "price": "8.00" }, { "customerGroup": "CHAIN", "regionGroup": "HN", "price": "7.90" }, { "customerId": "C3", "price": "7.00" }],
        "sourceTime": "2026-11-22 11:00:00",
    });
    let all = house.reprice(&cast, json!([line, { "prodId": "P2", "price": "9.50" }])).await;
    assert_eq!(all["data"]["applied"], 2, "{all}");
    assert_eq!(
        priced(&house, &cast, "S1"),
        "9.00 12.00 11.50 6.00 8.80 | customer:C3 7.00, group:CHAIN@HN 7.90, group:VIP 8.00, region:HN 8.50, region:SZ 8.40 2026-12-01–2027-01-01"
    );
    assert_eq!(priced(&house, &cast, "S2"), "9.50 - - - - | ");
    assert_eq!(house.pays(&cast, "C3", "", "S1").await, "7.00 customer");
    let again = house.reprice(&cast, json!([line])).await;
    assert_eq!(again["data"]["unchanged"], 1, "{again}");
    // Blank and null are the same; what is not spoken of stays.
    let less = json!({ "skuId": "S1", "retailPrice": "", "regionPrices": [{ "regionGroup": "HN", "price": null }], "customerPrices": [{ "customerId": "C3", "price": "" }] });
    assert_eq!(house.reprice(&cast, less).await["data"]["applied"], 1);
    assert_eq!(
        priced(&house, &cast, "S1"),
        "9.00 - 11.50 6.00 8.80 | group:CHAIN@HN 7.90, group:VIP 8.00, region:SZ 8.40 2026-12-01–2027-01-01"
    );
    // One bad entry spoils its line, and only its line.
    let bad = json!([
        { "skuId": "S1", "price": "1.00", "regionPrices": [{ "regionGroup": "SZ", "price": 8.3, "validFrom": "2026-12-31 00:00:00" }] },
        { "skuId": "S2", "price": "9.60", "regionPrices": [] },
        { "skuId": "S3", "price": null, "retailPrice": "9.999" },
        { "retailPrice": "9.99" },
        { "skuId": "S4", "regionPrices": [{ "regionGroup": "HN", "price": "9.001" }, { "price": "-1" }, 7, { "regionGroup": "HN" }],
          "customerPrices": [{ "price": 1 }, { "customerGroup": "VIP", "customerId": "C1", "price": 1 }, { "customerGroup": "VIP", "price": 1, "validFrom": "2026-12-02 00:00:00", "validUntil": "2026-12-02 00:00:00" }] },
    ]);
    let answer = house.reprice(&cast, bad).await;
    assert_eq!((answer["data"]["applied"].as_i64(), answer["data"]["rejected"].as_i64()), (Some(1), Some(4)), "{answer}");
    assert_eq!(told(&answer, 0), ["OVERLAP regionPrices[0].price"]);
    let said = answer["data"]["lines"][0]["problems"][0]["msg"].as_str().unwrap_or_default();
    assert!(said.contains("2026-12-31 00:00:00 ~") && said.contains("2026-12-01 00:00:00 ~ 2027-01-01 00:00:00"), "both ranges: {said}");
    assert_eq!(told(&answer, 1), ["DECIMALS retailPrice"], "{answer}");
    assert_eq!(told(&answer, 2), ["MISSING skuId"]);
    assert_eq!(
        told(&answer, 3),
        [
            "DECIMALS regionPrices[0].price",
            "MISSING regionPrices[1].regionGroup",
            "NEGATIVE regionPrices[1].price",
            "NOT_AN_OBJECT regionPrices[2]",
            "MISSING regionPrices[3].price",
            "MISSING customerPrices[0].customerGroup",
            "BAD_CHOICE customerPrices[1].customerGroup",
            "BAD_SPAN customerPrices[2].validUntil",
        ]
    );
    assert_eq!(told(&house.reprice(&cast, json!({ "skuId": "S3", "price": null })).await, 0), ["EMPTY price"]);
    assert!(priced(&house, &cast, "S1").starts_with("9.00 -"), "nothing of the line was taken");
    // With onError=all nothing of the call is.
    let all = json!({ "onError": "all", "lines": [{ "skuId": "S2", "price": "9.70" }, { "skuId": "S3", "price": "x" }] });
    house.reprice(&cast, all).await;
    assert!(priced(&house, &cast, "S2").starts_with("9.60"));
}

// G-03, Q-06: where members pay one price everywhere the last one counts, and shops that say otherwise are told.
#[actix_web::test]
async fn member_prices_of_shops() {
    let (house, cast) = market(1).await;
    let member = async |shop: Value, price: Value| {
        let mut line = json!({ "skuId": "S1", "vipPrice": price });
        if !shop.is_null() {
            line["shopId"] = shop;
        }
        house.api(&cast.erp, "sku.price.update", line).send().await.value()
    };
    assert_eq!(told(&member(json!("1"), json!("8.10")).await, 0), Vec::<String>::new());
    let differs = member(json!("2"), json!("8.20")).await;
    assert_eq!((differs["data"]["applied"].as_i64(), told(&differs, 0)), (Some(1), vec!["SHOPS_DIFFER vipPrice".to_owned()]), "{differs}");
    assert_eq!(house.member_pays(&cast, 1, "S1").await, "8.20 member");
    let got = house.api(&cast.erp, "sku.price.get", json!({ "skuId": "S1", "shopId": 1 })).send().await.expect(200).value();
    assert_eq!((got["data"]["shopId"].as_str(), got["data"]["vipPrice"].as_f64()), (Some("1"), Some(8.2)), "{got}");
    house.sql(&format!("insert into price_rules (merchant_id, member, updated_at) values ({}, 'per_shop', now())", cast.a));
    assert_eq!(house.member_pays(&cast, 1, "S1").await, "8.10 memberShop");
    let got = house.api(&cast.erp, "sku.price.get", json!({ "skuId": "S1", "shopId": "1" })).send().await.expect(200).value();
    assert_eq!(got["data"]["vipPrice"].as_f64(), Some(8.1));
    member(json!("1"), Value::Null).await;
    assert_eq!(house.member_pays(&cast, 1, "S1").await, "8.20 member", "back to all shops'");
    assert_eq!(told(&member(json!("9"), json!("1.00")).await, 0), ["UNKNOWN_SHOP shopId"]);
    assert_eq!(told(&house.api(&cast.erp, "sku.price.update", json!({ "skuId": "S1" })).send().await.value(), 0), ["MISSING vipPrice"]);
    assert_eq!(house.api(&cast.erp, "sku.price.get", json!({ "skuId": "S9" })).send().await.value()["error"], "NOT_FOUND");
    // The clocks of two shops are two.
    let at = |shop: &str, price: &str, time: &str| json!({ "skuId": "S1", "shopId": shop, "vipPrice": price, "sourceTime": time });
    house.api(&cast.erp, "sku.price.update", at("1", "8.00", "2026-11-22 10:00:00")).send().await.expect(200);
    let older = house.api(&cast.erp, "sku.price.update", at("2", "7.90", "2026-11-22 09:00:00")).send().await.expect(200).value();
    assert_eq!(older["data"]["applied"], 1, "{older}");
    let stale = house.api(&cast.erp, "sku.price.update", at("1", "7.00", "2026-11-22 09:59:59")).send().await.expect(200).value();
    assert_eq!(
        (stale["data"]["stale"].as_i64(), stale["data"]["lines"][0]["now"]["vipPrice"].as_str()),
        (Some(1), Some("8.00")),
        "{stale}"
    );
}

// Q-12 for prices: a group nobody knows waits, and its lines come back by themselves once it is there, or is said to mean another.
#[actix_web::test]
async fn unknown_groups_are_waited_for() {
    let (house, cast) = market(2).await;
    let lines = json!([
        { "skuId": "S1", "price": "9.00", "regionPrices": [{ "regionGroup": "XN", "price": "8.00" }] },
        { "skuId": "S2", "customerPrices": [{ "customerGroup": "K1", "regionGroup": "HN", "price": "7.00" }] },
        { "skuId": "LATER", "price": "5.00" },
        { "skuId": "S2", "shopId": "1", "vipPrice": "8.00", "customerPrices": [{ "customerId": "NOBODY", "price": "7.00" }] },
    ]);
    let answer = house.reprice(&cast, lines).await;
    assert_eq!(answer["data"]["parked"], 3, "{answer}");
    assert_eq!(told(&answer, 0), ["UNKNOWN_REGION_GROUP regionPrices[0].regionGroup"]);
    assert_eq!(told(&answer, 1), ["UNKNOWN_CUSTOMER_GROUP customerPrices[0].customerGroup"]);
    assert_eq!(told(&answer, 3), ["UNKNOWN_CUSTOMER customerPrices[0].customerId"]);
    assert!(priced(&house, &cast, "S1").starts_with("8.60"), "the whole line waits");
    let replay = async || duijie::sync::replay_parked(&house.platform.db, house.now()).await.expect("replay");
    assert_eq!(replay().await, 0);
    // What is newer and speaks of the same takes the waiting line's place; what speaks of something else does not.
    house.reprice(&cast, json!({ "skuId": "S1", "retailPrice": "10.00" })).await;
    assert_eq!(house.ask("select count(*) from parked_lines where settled_at is null"), "3");
    let page = house.get("/sync/failures").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("XN") && page.contains("K1"), "{page}");
    house
        .post("/sync/failures/codes")
        .by(OWNER)
        .form(&[("kind", "region_group"), ("theirs", "XN"), ("ours", "nix")])
        .send()
        .await
        .expect(422);
    house
        .post("/sync/failures/codes")
        .by(OWNER)
        .form(&[("kind", "region_group"), ("theirs", "XN"), ("ours", "SZ")])
        .send()
        .await
        .expect(303);
    house.sql(&format!(
        "insert into customer_groups (merchant_id, code, name, created_at, updated_at) values ({}, 'K1', '连锁二', now(), now())",
        cast.a
    ));
    assert_eq!(replay().await, 2);
    assert_eq!(priced(&house, &cast, "S1"), "9.00 10.00 - - - | region:SZ 8.00");
    assert_eq!(priced(&house, &cast, "S2"), "8.60 - - - - | group:K1@HN 7.00");
    assert_eq!(
        house.reprice(&cast, json!({ "skuId": "S2", "regionPrices": [{ "regionGroup": "XN", "price": "8.10" }] })).await["data"]["applied"],
        1
    );
}

// W-01, W-03: what is pushed while prices are switched off is kept entry by entry; an exception and a lock hold their part back.
#[actix_web::test]
async fn switches_exceptions_and_locks_hold_prices() {
    let (house, cast) = market(3).await;
    house.sql(&format!(
        "insert into switches (merchant_id, module, reason, by_name, since) values ({}, 'price', '盘点', '王店长', now())",
        cast.a
    ));
    let entry = |code: &str, price: &str| json!({ "skuId": "S1", "regionPrices": [{ "regionGroup": code, "price": price }] });
    for line in [entry("HN", "8.50"), entry("SZ", "8.40"), entry("HN", "8.30"), json!({ "skuId": "S1", "price": "9.00" })] {
        let held = house.reprice(&cast, line).await;
        assert_eq!(held["data"]["held"], 1, "{held}");
    }
    assert_eq!(priced(&house, &cast, "S1"), "8.60 - - - - | ");
    house.sql("delete from switches");
    let release = async || duijie::sync::release(&house.platform.db, duijie::routes::METHODS, house.now()).await.expect("release");
    assert_eq!(release().await, 1);
    assert_eq!(priced(&house, &cast, "S1"), "9.00 - - - - | region:HN 8.30, region:SZ 8.40");
    // A lock on one kind, an exception on a whole SKU.
    let form = |module: &'static str, sku: &'static str, prod: &'static str| {
        [("module", module), ("prodId", prod), ("skuId", sku), ("span", "2h"), ("reason", "活动价"), ("back", "product")]
    };
    house.post("/sync/exceptions").by(OWNER).form(&form("price/retailPrice", "S2", "P2")).send().await.expect(303);
    house.post("/sync/exceptions").by(OWNER).form(&form("price", "S3", "P3")).send().await.expect(303);
    let answer = house
        .reprice(&cast, json!([{ "skuId": "S2", "price": "9.10", "retailPrice": "20.00" }, { "skuId": "S3", "price": "9.10" }, { "prodId": "P2", "shopId": 1, "retailPrice": "21" }]))
        .await;
    assert_eq!((answer["data"]["applied"].as_i64(), answer["data"]["held"].as_i64()), (Some(1), Some(2)), "{answer}");
    assert_eq!(told(&answer, 0), ["HELD retailPrice"]);
    assert_eq!((priced(&house, &cast, "S2"), priced(&house, &cast, "S3")), ("9.10 - - - - | ".into(), "8.60 - - - - | ".into()));
    house.later(Duration::hours(3));
    assert!(release().await >= 2);
    assert!(priced(&house, &cast, "S3").starts_with("9.10") && priced(&house, &cast, "S2").starts_with("9.10 2"));
}

// prices below cost, of nothing, or that move too far wait for a person, line by line.
#[actix_web::test]
async fn wild_prices_wait_for_a_person() {
    let (house, cast) = market(12).await;
    house.sql("update skus set cost_price = 6.00");
    let answer = house
        .reprice(
            &cast,
            json!([
                { "skuId": "S1", "retailPrice": "10.00", "regionPrices": [{ "regionGroup": "HN", "price": "0" }] },
                { "skuId": "S2", "customerPrices": [{ "customerGroup": "VIP", "price": "5.99" }] },
                { "skuId": "S3", "originalPurchasePrice": "8.70" },
            ]),
        )
        .await;
    assert_eq!((answer["data"]["parked"].as_i64(), answer["data"]["applied"].as_i64()), (Some(2), Some(1)), "{answer}");
    assert_eq!(told(&answer, 0)[0], "QUARANTINED regionPrices[0].price");
    assert_eq!(told(&answer, 2), ["COST_ABOVE_PRICE originalPurchasePrice"]);
    assert_eq!(priced(&house, &cast, "S1"), "8.60 - - 6.00 - | ", "a line is taken whole or not at all");
    let page = house.get("/sync/quarantine/1").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("S1") && page.contains("S2"), "{page}");
    house.decide("/sync/quarantine/1/approval", "1", &[]).await.expect(303);
    assert_eq!(house.ends(), "applied×2");
    assert_eq!(priced(&house, &cast, "S1"), "8.60 10.00 - 6.00 - | region:HN 0.00");
    // Ten that move by more than half; what changed meanwhile is not overwritten.
    let all: Value = (1..=12).map(|i| json!({ "prodId": format!("P{i}"), "price": "20.00" })).collect();
    assert_eq!(house.reprice(&cast, all).await["data"]["parked"], 12);
    house.reprice(&cast, json!({ "skuId": "S12", "regionPrices": [{ "regionGroup": "HN", "price": "8.00" }] })).await;
    house.decide("/sync/quarantine/2/approval", "1", &[]).await.expect(303);
    assert_eq!(house.ends(), "applied×13 stale×1");
    assert!(priced(&house, &cast, "S11").starts_with("20.00") && priced(&house, &cast, "S12").starts_with("8.60"));
}

// P-08: a first price makes goods sellable.
#[actix_web::test]
async fn a_first_price_may_put_goods_on_sale() {
    let (house, cast) = market(1).await;
    house.sql("update skus set base_price = null");
    house.push(&cast, crate::stock::lines(1, |_| 10)).await.expect(200);
    let listing = || house.ask(&format!("select listing from products where merchant_id = {}", cast.a));
    let before = listing();
    house.reprice(&cast, json!({ "skuId": "S1", "price": "8.60", "ifVersion": 7 })).await;
    assert_eq!(listing(), before, "another version");
    house.reprice(&cast, json!({ "skuId": "S1", "price": "8.60", "ifVersion": 1 })).await;
    assert!(priced(&house, &cast, "S1").starts_with("8.60"));
}
