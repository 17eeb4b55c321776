//! The methods an ERP answers when the platform calls it (requirements §1.13, "Out"): what its programmer builds.

/// A method of the ERP's.
pub struct Listened {
    /// Called at `POST <address>/<name>`.
    pub name: &'static str,
    /// Text key of one sentence: when it is called and what is expected.
    pub about: &'static str,
    pub source: &'static str,
    /// What we send.
    pub example: &'static str,
    /// What it answers, enveloped or bare.
    pub answer: &'static str,
}

/// S-04: what can be bought right now.
pub const INVENTORY_GET: &str = "sku.inventory.get";
pub const FREEZE: &str = "sku.inventory.freeze";
pub const DEDUCT: &str = "sku.inventory.deduct";
pub const ROLLBACK: &str = "sku.inventory.rollback";
/// O-06: a new order.
pub const ORDER_PUSH: &str = "order.push";
/// O-07: what became of one it has.
pub const ORDER_STATUS_PUSH: &str = "order.status.push";

const DONE: &str = r#"{"code": 200, "msg": "success", "success": true}"#;

pub static ALL: [Listened; 6] = [
    Listened {
        name: INVENTORY_GET,
        about: "erp-listens-inventory-get",
        source: "S-02 S-04 Q-03 Q-14 Q-30",
        example: r#"{"skuId": "KZ-100382-1", "shopId": "1"}"#,
        answer: r#"{"skuId": "KZ-100382-1", "shopId": "1", "inventory": 112, "saled": 48, "freeze": 36, "ackSeq": 41}"#,
    },
    Listened {
        name: ORDER_PUSH,
        about: "erp-listens-order-push",
        source: "O-04 O-05 O-06 Q-17 G9",
        example: r#"{"basic": {"orderNo": "SO20261122-000017", "seq": "41", "channel": "b2b", "shopId": "1", "orderStatus": "to_ship", "erpCustomerCode": "K7001"},
 "amounts": {"goodsAmount": "103.20", "freightAmount": "8.00", "payableAmount": "111.20"}, "delivery": {"consignee": "陈思", "regionCode": "440100"}, "invoice": null,
 "items": [{"lineNo": 1, "skuId": "KZ-100382-1", "erpProdCode": "100382", "quantity": 12, "price": "8.60", "amount": "103.20"}]}"#,
        answer: r#"{"code": 200, "msg": "success", "success": true, "data": {"erpOrderNo": "XS26112200312"}}"#,
    },
    Listened {
        name: ORDER_STATUS_PUSH,
        about: "erp-listens-order-status-push",
        source: "O-07 Q-32",
        example: r#"{"orderNo": "SO20261122-000017", "erpOrderNo": "XS26112200312", "orderStatus": "completed", "receivedTime": "2026-11-25 10:12:00", "version": 9,
 "events": [{"eventId": "88213", "kind": "received", "origin": "storefront", "time": "2026-11-25 10:12:00", "reason": null}]}"#,
        answer: DONE,
    },
    Listened {
        name: FREEZE,
        about: "erp-listens-freeze",
        source: "S-05 Q-13",
        example: r#"[{"reservationId": "SO20261122-000017", "skuId": "KZ-100382-1", "shopId": "1", "quantity": 12, "orderNo": "SO20261122-000017"}]"#,
        answer: DONE,
    },
    Listened {
        name: DEDUCT,
        about: "erp-listens-deduct",
        source: "S-05 Q-13",
        example: r#"[{"reservationId": "SO20261122-000017"}]"#,
        answer: DONE,
    },
    Listened {
        name: ROLLBACK,
        about: "erp-listens-rollback",
        source: "S-05 Q-13",
        example: r#"[{"reservationId": "SO20261122-000017", "skuId": "KZ-100382-1", "shopId": "1", "quantity": 12, "reason": "expiry"}]"#,
        answer: DONE,
    },
];
