//! The open platform's words for stock (S-01…S-03).

use super::{adjust, push, read};
use crate::wire::{Field, Kind, Method, Module, Verb};

const SKU: Field = Field::always("skuId", Kind::Id, "stock-field-sku");
const SHOP: Field = Field::optional("shopId", Kind::Shop, "stock-field-shop");

const EPOCH: Field = Field::optional("epoch", Kind::Number { min: 0, max: i64::MAX, default: 0 }, "stock-field-epoch");

/// S-03
pub static INVENTORY_UPDATE: Method = Method {
    name: "sku.inventory.update",
    module: Module::Stock,
    about: "stock-api-update",
    source: "S-01 S-03 Q-05 Q-13 Q-14 Q-15",
    fields: &[
        SKU,
        SHOP,
        Field::insert("inventory", Kind::Count, "stock-field-inventory"),
        Field::optional("saled", Kind::Count, "stock-field-saled"),
        Field::optional("freeze", Kind::Count, "stock-field-freeze"),
        Field::optional("sourceTime", Kind::Time, "stock-field-source-time"),
        Field::optional("asOf", Kind::Time, "stock-field-as-of"),
        EPOCH,
        Field::optional("ackSeq", Kind::Number { min: 0, max: i64::MAX, default: 0 }, "stock-field-ack-seq"),
        Field::optional("ifVersion", Kind::Number { min: 0, max: i64::MAX, default: 0 }, "stock-field-if-version"),
    ],
    verb: Verb::Write(push::apply, read::in_force),
    example: r#"{"skuId": "KZ-100382-1", "shopId": "1", "inventory": 112, "saled": 48, "freeze": 36, "sourceTime": "2026-11-22 14:32:08"}"#,
    answer: r#"{"feedId": "8214", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0, "lines": []}"#,
};

/// S-03 as a change, for an ERP that counts what goes and comes (§4.3).
pub static INVENTORY_ADJUST: Method = Method {
    name: "sku.inventory.adjust",
    module: Module::Stock,
    about: "stock-api-adjust",
    source: "S-03 S-07 Q-13 Q-15 I-2",
    fields: &[
        SKU,
        SHOP,
        Field::insert("delta", Kind::Number { min: -2_147_483_648, max: 2_147_483_647, default: 0 }, "stock-field-delta"),
        Field::optional("sourceTime", Kind::Time, "stock-field-step-time"),
        EPOCH,
        Field::optional("ifVersion", Kind::Number { min: 0, max: i64::MAX, default: 0 }, "stock-field-if-version"),
    ],
    verb: Verb::Step(adjust::apply),
    example: r#"{"requestId": "adj-20261122-0042", "lines": [{"skuId": "KZ-100382-1", "shopId": "1", "delta": -3}]}"#,
    answer: r#"{"feedId": "8218", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "KZ-100382-1/1", "outcome": "applied", "now": {"inventory": 73, "automatic": 73, "quantity": 109, "version": "13"}}]}"#,
};

/// S-02; we serve it too, so that an ERP can read back what was applied (Q-01, Q-04).
pub static INVENTORY_GET: Method = Method {
    name: "sku.inventory.get",
    module: Module::Stock,
    about: "stock-api-get",
    source: "S-01 S-02 G-04 Q-04 Q-05",
    fields: &[SKU, SHOP],
    verb: Verb::Read(read::answer),
    example: r#"{"skuId": "KZ-100382-1"}"#,
    answer: r#"{"skuId": "KZ-100382-1", "shopId": "1", "inventory": 76, "available": 76, "automatic": 76, "quantity": 112, "hold": null, "saled": 48, "freeze": 36, "withheld": 0, "version": "12", "reportedAt": "2026-11-22 14:32:08", "updatedAt": "2026-11-22 14:32:08",
 "shops": [{"shopId": "1", "inventory": 76, "available": 76, "automatic": 76, "quantity": 112, "hold": null, "saled": 48, "freeze": 36, "withheld": 0, "version": "12", "reportedAt": "2026-11-22 14:32:08", "updatedAt": "2026-11-22 14:32:08"}]}"#,
};
