use super::{OWNER, house};
use chrono::Duration;
use serde_json::{Value, json};

fn prices(n: i64, price: &str) -> Value {
    (1..=n).map(|i| json!({ "skuId": format!("S{i}"), "price": price, "code": format!("c{i}") })).collect()
}

// ten prices that move by more than half wait; the rest of their lines is taken.
#[actix_web::test]
async fn prices_that_move_far_wait_and_the_rest_of_the_line_does_not() {
    let (house, cast) = house(12).await;
    let nine = house.api(&cast.erp, "sku.add_or_edit", prices(9, "12.91")).send().await.expect(200).value();
    assert_eq!(nine["data"]["applied"], 9, "{nine}");
    house.later(Duration::minutes(11));
    let all = house.api(&cast.erp, "sku.add_or_edit", prices(12, "99.00")).send().await.expect(200).value();
    assert_eq!(all["data"]["parked"], 12, "{all}");
    assert_eq!(all["data"]["lines"][0]["now"]["price"], "12.91");
    assert_eq!(
        house.ask(&format!(
            "select string_agg(distinct base_price::text || code, ' ') from skus where merchant_id = {} and sku_id = 'S12'",
            cast.a
        )),
        "8.60c12"
    );
    // A newer line that says nothing of the price leaves it waiting; one that does takes its place.
    house.api(&cast.erp, "sku.add_or_edit", json!({ "skuId": "S1", "code": "new" })).send().await.expect(200);
    assert_eq!(house.ends(), "-×12");
    house.api(&cast.erp, "sku.add_or_edit", json!({ "skuId": "S2", "price": "13.00" })).send().await.expect(200);
    assert_eq!(house.ends(), "-×11 stale×1");
    house.decide("/sync/quarantine/1/approval", "1", &[]).await.expect(303);
    assert_eq!(house.ends(), "applied×11 stale×1");
    assert_eq!(
        house.ask(&format!("select base_price::text || code from skus where merchant_id = {} and sku_id = 'S1'", cast.a)),
        "99.00new"
    );
    assert_eq!(house.ask(&format!("select base_price from skus where merchant_id = {} and sku_id = 'S2'", cast.a)), "13.00");
}

// Zero and below cost wait one by one, by product as well as by SKU.
#[actix_web::test]
async fn a_price_of_nothing_waits_alone() {
    let (house, cast) = house(3).await;
    house.sql("update skus set cost_price = 6.10; update products set details = jsonb_build_object('price', '8.60')");
    let answer = house
        .api(
            &cast.erp,
            "sku.add_or_edit",
            json!([{ "skuId": "S1", "price": "0" }, { "skuId": "S2", "price": "6.00" }, { "skuId": "S3", "code": "c" }]),
        )
        .send()
        .await
        .expect(200);
    let outcomes: Vec<_> = answer.lines().into_iter().map(|(no, outcome, code)| (no, outcome + " " + &code)).collect();
    assert_eq!(outcomes, [(1, "parked QUARANTINED".to_owned()), (2, "parked QUARANTINED".to_owned())], "{}", answer.body);
    let product =
        house.api(&cast.erp, "prod.add_or_edit", json!({ "prodId": "P3", "price": "0.00", "prodName": "新名" })).send().await.expect(200);
    assert_eq!(product.lines()[0].1, "parked", "{}", product.body);
    assert_eq!(
        house.ask(&format!("select name from products where merchant_id = {} and prod_id = 'P3'", cast.a)),
        "新名",
        "the rest is taken"
    );
    let page = house.get("/sync/quarantine").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("价格变成零或低于采购价"), "{page}");
    house.decide("/sync/quarantine/1/approval", "1", &[]).await.expect(303);
    assert_eq!(
        house.ends(),
        "applied×3",
        "{}",
        house.ask("select string_agg(coalesce(outcome,'-') || line::text || now::text, ' ') from parked_lines")
    );
    assert_eq!(
        house.ask(&format!("select string_agg(base_price::text, ' ' order by id) from skus where merchant_id = {}", cast.a)),
        "0.00 6.00 0.00"
    );
}

// P-07: quantities that come with products are weighed like any other.
#[actix_web::test]
async fn products_cannot_smuggle_zeros_in() {
    let (house, cast) = super::stocked(40).await;
    let zeros: Value = (1..=40).map(|i| json!({ "prodId": format!("P{i}"), "inventory": 0, "brand": "江州" })).collect();
    let answer = house.api(&cast.erp, "prod.add_or_edit", zeros).send().await.expect(200).value();
    assert_eq!(answer["data"]["parked"], 40, "{answer}");
    assert_eq!(house.ask(&format!("select count(*) from products where merchant_id = {} and brand = '江州'", cast.a)), "40");
    assert_eq!(house.ask("select count(*) from stock where erp_qty = 0"), "0");
    house.decide("/sync/quarantine/1/approval", "1", &[]).await.expect(303);
    assert_eq!((house.ends().as_str(), house.ask("select count(*) from stock where erp_qty = 0").as_str()), ("applied×40", "40"));
}
