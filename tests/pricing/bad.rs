//! Bad prices: each is named by line, field, value and remedy, and the good lines of the same call count.

use super::market;
use serde_json::json;

//
#[actix_web::test]
async fn each_bad_price_is_named_by_line_field_value_and_remedy() {
    let (house, cast) = market(12).await;
    house.sql("update skus set cost_price = 6.00");
    let dated = |price: &str, from: &str, until: &str| json!({ "regionGroup": "HN", "price": price, "validFrom": format!("{from} 00:00:00"), "validUntil": format!("{until} 00:00:00") });
    let lines = json!([
        { "skuId": "S1", "price": "8.70" },
        { "skuId": "S2", "regionPrices": [dated("8.00", "2026-12-01", "2026-12-20"), dated("7.90", "2026-12-10", "2026-12-31")] },
        { "skuId": "S3", "regionPrices": [dated("8.00", "2026-12-20", "2026-12-01")] },
        { "skuId": "S4", "regionPrices": [{ "regionGroup": "XN", "price": "8.00" }] },
        { "skuId": "S5", "customerPrices": [{ "customerGroup": "K1", "price": "8.00" }] },
        { "skuId": "S6", "customerPrices": [{ "customerId": "NIX", "price": "8.00" }] },
        { "skuId": "S7", "price": "-8.60" },
        { "skuId": "S8", "price": "8.605" },
        { "skuId": "S9", "price": "acht" },
        { "skuId": "S10", "price": null },
        { "skuId": "S11", "originalPurchasePrice": "9.90" },
        { "skuId": "S12", "shopId": "9", "vipPrice": "8.00" },
    ]);
    let answer = house.api(&cast.erp, "prod.price.update", lines).send().await.expect(200).value();
    let expected: [(i64, &str, &str, &str, &str, &str); 11] = [
        (2, "rejected", "OVERLAP", "regionPrices[1].price", "2026-12-10 00:00:00 ~ 2026-12-31 00:00:00", "先改短其中一段"),
        (3, "rejected", "BAD_SPAN", "regionPrices[0].validUntil", "2026-12-01 00:00:00", "2026-12-20 00:00:00"),
        (4, "parked", "UNKNOWN_REGION_GROUP", "regionPrices[0].regionGroup", "XN", "新建这个地区组，或把它对应到已有的组"),
        (5, "parked", "UNKNOWN_CUSTOMER_GROUP", "customerPrices[0].customerGroup", "K1", "新建这个客户组，或把它对应到已有的组"),
        (6, "rejected", "UNKNOWN_CUSTOMER", "customerPrices[0].customerId", "NIX", "客户"),
        (7, "rejected", "NEGATIVE", "price", "-8.60", "不能是负数"),
        (8, "rejected", "DECIMALS", "price", "8.605", "请改成两位"),
        (9, "rejected", "WRONG_TYPE", "price", "acht", "price"),
        (10, "rejected", "EMPTY", "price", "null", "price"),
        (11, "applied", "COST_ABOVE_PRICE", "originalPurchasePrice", "9.9", "请确认哪个填错了"),
        (12, "rejected", "UNKNOWN_SHOP", "shopId", "9", "核对门店编号"),
    ];
    let said = answer["data"]["lines"].as_array().expect("lines");
    for (line, (no, outcome, code, field, value, remedy)) in said.iter().zip(expected) {
        let problem = &line["problems"][0];
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        assert_eq!((line["line"].as_i64(), line["outcome"].as_str()), (Some(no), Some(outcome)), "{line}");
        assert_eq!((text("code"), text("field"), text("value")), (code.into(), field.into(), value.into()), "{line}");
        assert!(text("msg").contains(remedy), "{remedy}: {line}");
    }
    assert_eq!((said.len(), answer["data"]["applied"].as_i64()), (11, Some(2)), "{answer}");
    let stands =
        format!("select base_price || ' ' || (select count(*) from prices) from skus where merchant_id = {} and sku_id = 'S1'", cast.a);
    assert_eq!(house.ask(&stands), "8.70 0");
}
