//! The open platform's words for lots (B-01…B-06).

use super::push;
use crate::wire::{Field, Kind, Method, Module, Verb};

/// The seed's 1.1.3.
pub static BATCH_REPLACE: Method = Method {
    name: "prod.batch.replace",
    module: Module::Lot,
    about: "lots-api-replace",
    source: "B-01 B-03 B-04 B-05 Q-15 Q-22 Q-23",
    fields: &[
        Field::either("skuId", Kind::Id, "lots-field-sku"),
        Field::either("prodId", Kind::Id, "lots-field-product"),
        Field::optional("shopId", Kind::Shop, "lots-field-shop"),
        Field::insert("lots", Kind::Json(20_000), "lots-field-lots"),
        Field::optional("sourceTime", Kind::Time, "lots-field-source-time"),
        Field::optional("asOf", Kind::Time, "lots-field-as-of"),
        Field::optional("ackSeq", Kind::Number { min: 0, max: i64::MAX, default: 0 }, "lots-field-ack-seq"),
    ],
    verb: Verb::Write(push::apply, push::in_force),
    example: r#"{"skuId": "KZ-100382-1", "shopId": "1", "sourceTime": "2026-11-22 14:32:08", "lots": [
 {"lotNo": "B2605017", "producedOn": "2026-05-17", "expiresOn": "2028-04", "quantity": 64},
 {"lotNo": "B2609003", "producedOn": "20260903", "expiresOn": "20280902", "quantity": 48}]}"#,
    answer: r#"{"feedId": "8214", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0, "lines": []}"#,
};
