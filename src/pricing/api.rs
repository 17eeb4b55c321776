//! The open platform's words for prices (R-01…R-08).

use super::{answers, push};
use crate::wire::{Field, Kind, Method, Module, Verb};

const SKU: Field = Field::either("skuId", Kind::Id, "pricing-field-sku");
const PROD: Field = Field::either("prodId", Kind::Id, "pricing-field-prod");
const SHOP: Field = Field::optional("shopId", Kind::ShopOrAll, "pricing-field-shop");
const VIP: Field = Field::optional("vipPrice", Kind::Price, "pricing-field-vip");
const SOURCE_TIME: Field = Field::optional("sourceTime", Kind::Time, "api-field-source-time");
const IF_VERSION: Field = Field::optional("ifVersion", Kind::Number { min: 0, max: i64::MAX, default: 0 }, "pricing-field-if-version");
const ONE_SKU: Field = Field::always("skuId", Kind::Id, "pricing-field-sku");

const REPORT: &str = r#"{"feedId": "8220", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0, "lines": []}"#;

/// R-01
pub static PROD_PRICE_UPDATE: Method = Method {
    name: "prod.price.update",
    module: Module::Price,
    about: "pricing-api-update",
    source: "R-01 R-02 R-03 R-07 R-08 Q-10 Q-15",
    fields: &[
        SKU,
        PROD,
        Field::optional("price", Kind::Price, "pricing-field-price"),
        Field::optional("retailPrice", Kind::Price, "api-field-retail-price"),
        Field::optional("referencePrice", Kind::Price, "api-field-reference-price"),
        Field::optional("originalPurchasePrice", Kind::Price, "api-field-cost-price"),
        VIP,
        SHOP,
        Field::optional("regionPrices", Kind::Json(60_000), "pricing-field-region-prices"),
        Field::optional("customerPrices", Kind::Json(60_000), "pricing-field-customer-prices"),
        SOURCE_TIME,
        IF_VERSION,
    ],
    verb: Verb::Write(push::apply, answers::in_force),
    example: r#"{"skuId": "KZ-100382-1", "price": "19.80", "retailPrice": "25.00", "regionPrices": [{"regionGroup": "HN", "price": "18.60"},
 {"regionGroup": "HB", "price": "17.90", "validFrom": "2026-12-01 00:00:00", "validUntil": "2027-01-01 00:00:00"}],
 "customerPrices": [{"customerGroup": "VIP", "price": "17.50"}, {"customerGroup": "CHAIN", "regionGroup": "HN", "price": null}], "sourceTime": "2026-11-22 14:32:08"}"#,
    answer: REPORT,
};

/// R-06
pub static SKU_PRICE_UPDATE: Method = Method {
    name: "sku.price.update",
    module: Module::Price,
    about: "pricing-api-member-update",
    source: "R-06 G-03 Q-06",
    fields: &[ONE_SKU, SHOP, VIP, SOURCE_TIME, IF_VERSION],
    verb: Verb::Write(push::apply_member, answers::in_force),
    example: r#"{"skuId": "KZ-100382-1", "shopId": "1", "vipPrice": "18.80"}"#,
    answer: REPORT,
};

/// R-05
pub static SKU_PRICE_GET: Method = Method {
    name: "sku.price.get",
    module: Module::Price,
    about: "pricing-api-get",
    source: "R-05 Q-06",
    fields: &[ONE_SKU, SHOP],
    verb: Verb::Read(answers::prices),
    example: r#"{"skuId": "KZ-100382-1", "shopId": "1"}"#,
    answer: r#"{"skuId": "KZ-100382-1", "shopId": "1", "vipPrice": 18.8, "price": 19.8, "retailPrice": 25.0, "referencePrice": null, "version": 4,
 "regionPrices": [{"regionGroup": "HN", "price": 18.6, "validFrom": null, "validUntil": null}],
 "customerPrices": [{"customerGroup": "VIP", "customerId": null, "regionGroup": null, "price": 17.5, "validFrom": null, "validUntil": null}]}"#,
};

/// R-02, R-03
pub static REGION_GROUPS: Method = Method {
    name: "region_group.list.get",
    module: Module::Price,
    about: "pricing-api-region-groups",
    source: "R-02 R-03 Q-27",
    fields: &[],
    verb: Verb::Read(answers::region_groups),
    example: "{}",
    answer: r#"{"records": [{"code": "HN", "name": "华南", "regions": ["440000", "450000"]}]}"#,
};

/// R-02
pub static CUSTOMER_GROUPS: Method = Method {
    name: "customer_group.list.get",
    module: Module::Price,
    about: "pricing-api-customer-groups",
    source: "R-02 Q-27",
    fields: &[],
    verb: Verb::Read(answers::customer_groups),
    example: "{}",
    answer: r#"{"records": [{"code": "VIP", "name": "金牌客户", "level": 1, "priority": 10, "members": 42}]}"#,
};

/// R-08, I-12
pub static EXPLAIN_PRICE: Method = Method {
    name: "explain.price",
    module: Module::Price,
    about: "pricing-api-explain",
    source: "R-08 Q-27 I-12",
    fields: &[
        ONE_SKU,
        Field::optional("customerId", Kind::Text(64), "pricing-field-customer"),
        Field::optional("regionCode", Kind::Text(12), "pricing-field-region-code"),
        Field::optional("shopId", Kind::Shop, "pricing-field-in-shop"),
        Field::optional("channel", Kind::OneOf(&["b2b", "micro_shop"]), "pricing-field-channel"),
        Field::optional("at", Kind::Time, "pricing-field-at"),
    ],
    verb: Verb::Read(answers::explain),
    example: r#"{"skuId": "KZ-100382-1", "customerId": "C1024", "regionCode": "440300"}"#,
    answer: r#"{"skuId": "KZ-100382-1", "price": 17.5, "rule": "group", "reason": null, "msg": "客户组价", "ladder": [
 {"rule": "group", "price": 17.5, "customerGroup": "VIP", "regionGroup": null, "shopId": null, "validFrom": null, "validUntil": null, "why": "won", "msg": "就是这个价"},
 {"rule": "default", "price": 19.8, "customerGroup": null, "regionGroup": null, "shopId": null, "validFrom": null, "validUntil": null, "why": "lessSpecific", "msg": "有更具体的价格"}]}"#,
};
