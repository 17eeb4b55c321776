//! The product and SKU methods of the open platform.

use super::{answers, fields, listing, skus};
use crate::wire::{Apply, Method, Module, Verb};

/// `prod.add_or_edit`, applied by whoever also knows stock (P-07).
pub const fn prod_add_or_edit(apply: Apply) -> Method {
    Method {
        name: "prod.add_or_edit",
        module: Module::Product,
        about: "api-method-prod-add-or-edit",
        source: "P-01 P-04 P-05 P-07 P-13 P-14 P-15 Q-07 Q-08 Q-09 Q-12 Q-25",
        fields: fields::PROD_ADD_OR_EDIT,
        verb: Verb::Write(apply, answers::product_in_force),
        example: r#"{"prodId": "KZ-100382", "erpProdCode": "100382", "prodName": "阿莫西林胶囊", "catalogId": "112366", "catalogChain": "11-1123-112366", "brand": "江州", "spec": "0.25g*24粒", "unit": "盒", "manufacturer": "江州药业股份有限公司", "approvalNo": "国药准字H20990417", "barCode": "6901234000016", "price": "8.60", "enable": 1, "sourceTime": "2026-11-22 14:32:08"}"#,
        answer: r#"{"feedId": "5021", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0, "lines": [{"line": 1, "key": "KZ-100382", "outcome": "applied", "problems": [{"code": "IN_AUDIT", "field": "", "value": "", "msg": "没能自动匹配到基础商品，已交审核员判断"}]}]}"#,
    }
}

pub static PROD_LIST_GET: Method = Method {
    name: "prod.list.get",
    module: Module::Product,
    about: "api-method-prod-list-get",
    source: "P-12 P-14 Q-31 Q-33",
    fields: fields::PROD_LIST_GET,
    verb: Verb::Read(answers::prod_list),
    example: r#"{"pageNum": 1, "pageSize": 20, "startUpdateTime": "2026-11-22 00:00:00", "endUpdateTime": "2026-11-22 23:59:59"}"#,
    answer: r#"{"records": [{"prodId": "KZ-100382", "erpProdCode": "100382", "prodName": "阿莫西林胶囊", "catalogId": "112366", "catalogChain": "11-1123-112366", "brand": "江州", "spec": "0.25g*24粒", "manufacturer": "江州药业股份有限公司", "approvalNo": "国药准字H20990417", "tradeName": "", "album": "", "description": "", "shippingPlace": "", "originPlace": "", "grossWeight": null, "supplier": "", "enable": 1, "createTime": "2026-11-22 14:32:08", "updateTime": "2026-11-22 14:32:08", "unit": "盒", "barCode": "6901234000016", "price": 8.6, "baseProdId": "BP-0001001", "auditStatus": "approved", "listing": "listed", "listed": 1, "version": 1}], "total": 1, "current": 1, "pages": 1, "cursor": null}"#,
};

pub static SHELF_UPDATE: Method = Method {
    name: "prod.shelf.update",
    module: Module::Listing,
    about: "api-method-prod-shelf-update",
    source: "P-06 P-11 Q-24",
    fields: fields::SHELF_UPDATE,
    verb: Verb::Write(listing::apply, answers::product_in_force),
    example: r#"{"prodId": "KZ-100382", "listed": 1}"#,
    answer: r#"{"feedId": "5022", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0, "lines": [{"line": 1, "key": "KZ-100382", "outcome": "applied", "problems": [{"code": "WAITS_FOR_AUDIT", "field": "listed", "value": "1", "msg": "还在审核，先不上架；通过后自动上架"}], "now": {"listed": 0}}]}"#,
};

pub static SKU_ADD_OR_EDIT: Method = Method {
    name: "sku.add_or_edit",
    module: Module::Product,
    about: "api-method-sku-add-or-edit",
    source: "K-02 K-04 P-14 Q-09 R-07",
    fields: fields::SKU_ADD_OR_EDIT,
    verb: Verb::Write(skus::apply, answers::sku_in_force),
    example: r#"{"skuId": "KZ-100382-2", "prodId": "KZ-100382", "code": "100382-10", "barCode": "6901234000023", "skuAttr": [{"name": "规格", "value": "10盒装"}], "price": "82.00", "originalPurchasePrice": "61.00", "retailPrice": "95.00"}"#,
    answer: r#"{"feedId": "5023", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0, "lines": []}"#,
};

const SKU_RECORD: &str = r#"{"records": [{"skuId": "KZ-100382-1", "prodId": "KZ-100382", "code": "100382", "barCode": "6901234000016", "skuPic": "", "skuAttr": "[]", "price": 8.6, "originalPurchasePrice": 6.1, "retailPrice": 9.5, "vipPrice": null, "referencePrice": null, "enable": 1, "isDefault": 1, "createTime": "2026-11-22 14:32:08", "updateTime": "2026-11-22 14:32:08", "version": 1}], "total": 1, "current": 1, "pages": 1, "cursor": null}"#;

pub static SKU_LIST_GET: Method = Method {
    name: "sku.list.get",
    module: Module::Product,
    about: "api-method-sku-list-get",
    source: "K-01 Q-31",
    fields: fields::SKU_LIST_GET,
    verb: Verb::Read(answers::sku_list),
    example: r#"{"prodId": "KZ-100382", "pageNum": 1, "pageSize": 20}"#,
    answer: SKU_RECORD,
};

pub static SKU_DETAIL: Method = Method {
    name: "sku.detail",
    module: Module::Product,
    about: "api-method-sku-detail",
    source: "K-02 K-03 Q-01 Q-04 R-07",
    fields: fields::SKU_DETAIL,
    verb: Verb::Read(answers::sku_detail),
    example: r#"{"skuId": "KZ-100382-1"}"#,
    answer: r#"{"skuId": "KZ-100382-1", "prodId": "KZ-100382", "code": "100382", "barCode": "6901234000016", "shopId": "1", "inventory": 76, "saled": 48, "freeze": 36, "skuPic": "", "skuAttr": "[]", "price": 8.6, "originalPurchasePrice": 6.1, "retailPrice": 9.5, "vipPrice": null, "referencePrice": null, "enable": 1, "isDefault": 1, "createTime": "2026-11-22 14:32:08", "updateTime": "2026-11-22 14:32:08", "version": 1, "shops": [{"shopId": "1", "inventory": 76, "saled": 48, "freeze": 36}]}"#,
};
