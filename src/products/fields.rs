//! The fields of the product and SKU methods.

use crate::wire::{Field, Kind};

/// P-14, P-15, P-07. What a new product must have: an id, a code, a name, a category and a price (P-07).
pub const PROD_ADD_OR_EDIT: &[Field] = &[
    Field::always("prodId", Kind::Id, "api-field-prod-id"),
    Field::insert("erpProdCode", Kind::Text(50), "api-field-erp-prod-code"),
    Field::insert("prodName", Kind::Text(255), "api-field-prod-name"),
    Field::insert("catalogId", Kind::Id, "api-field-catalog-id"),
    Field::insert("price", Kind::Money, "api-field-prod-price"),
    Field::optional("catalogChain", Kind::Text(255), "api-field-catalog-chain"),
    Field::optional("brand", Kind::Text(255), "api-field-brand"),
    Field::optional("tradeName", Kind::Text(255), "api-field-trade-name"),
    Field::optional("spec", Kind::Text(255), "api-field-spec"),
    Field::optional("unit", Kind::Text(20), "api-field-unit"),
    Field::optional("manufacturer", Kind::Text(255), "api-field-manufacturer"),
    Field::optional("approvalNo", Kind::Text(100), "api-field-approval-no"),
    Field::optional("barCode", Kind::Text(20), "api-field-bar-code"),
    Field::optional("baseProdId", Kind::Text(50), "api-field-base-prod-id"),
    Field::optional("album", Kind::Text(500), "api-field-album"),
    Field::optional("description", Kind::Text(20_000), "api-field-description"),
    Field::optional("shippingPlace", Kind::Text(50), "api-field-shipping-place"),
    Field::optional("originPlace", Kind::Text(50), "api-field-origin-place"),
    Field::optional("grossWeight", Kind::Weight, "api-field-gross-weight"),
    Field::optional("supplier", Kind::Text(255), "api-field-supplier"),
    Field::optional("enable", Kind::Bit, "api-field-enable"),
    Field::optional("skuId", Kind::Id, "api-field-default-sku-id"),
    Field::optional("inventory", Kind::Count, "api-field-prod-inventory"),
    Field::optional("createTime", Kind::Time, "api-field-create-time"),
    Field::optional("updateTime", Kind::Time, "api-field-update-time"),
    SOURCE_TIME,
    IF_VERSION,
];

const SOURCE_TIME: Field = Field::optional("sourceTime", Kind::Time, "api-field-source-time");
const IF_VERSION: Field = Field::optional("ifVersion", Kind::Number { min: 0, max: 2_147_483_647, default: 0 }, "api-field-if-version");

/// K-02, K-04
pub const SKU_ADD_OR_EDIT: &[Field] = &[
    Field::always("skuId", Kind::Id, "api-field-sku-id"),
    Field::insert("prodId", Kind::Id, "api-field-sku-prod-id"),
    Field::optional("code", Kind::Text(20), "api-field-sku-code"),
    Field::optional("barCode", Kind::Text(20), "api-field-bar-code"),
    Field::optional("skuPic", Kind::Text(100), "api-field-sku-pic"),
    Field::optional("skuAttr", Kind::Json(200), "api-field-sku-attr"),
    Field::optional("price", Kind::Money, "api-field-sku-price"),
    Field::optional("originalPurchasePrice", Kind::Money, "api-field-cost-price"),
    Field::optional("retailPrice", Kind::Money, "api-field-retail-price"),
    Field::optional("vipPrice", Kind::Money, "api-field-vip-price"),
    Field::optional("referencePrice", Kind::Money, "api-field-reference-price"),
    Field::optional("enable", Kind::Bit, "api-field-enable"),
    Field::optional("createTime", Kind::Time, "api-field-create-time"),
    Field::optional("updateTime", Kind::Time, "api-field-update-time"),
    SOURCE_TIME,
    IF_VERSION,
];

/// P-11
pub const SHELF_UPDATE: &[Field] = &[
    Field::always("prodId", Kind::Id, "api-field-prod-id"),
    Field { need: crate::wire::Need::Insert, ..Field::optional("listed", Kind::Bit, "api-field-listed") },
];

const START: Field = Field::optional("startUpdateTime", Kind::Time, "api-field-start-update-time");
const END: Field = Field::optional("endUpdateTime", Kind::Time, "api-field-end-update-time");
const PAGE_NUM: Field = Field::optional("pageNum", Kind::Number { min: 1, max: 1_000_000, default: 1 }, "api-field-page-num");
const PAGE_SIZE: Field = Field::optional("pageSize", Kind::Number { min: 1, max: 200, default: 20 }, "api-field-page-size");
const CURSOR: Field = Field::optional("cursor", Kind::Text(60), "api-field-cursor");

/// P-12
pub const PROD_LIST_GET: &[Field] = &[START, END, PAGE_NUM, PAGE_SIZE, CURSOR];

/// K-01
pub const SKU_LIST_GET: &[Field] =
    &[Field::optional("prodId", Kind::Id, "api-field-filter-prod-id"), START, END, PAGE_NUM, PAGE_SIZE, CURSOR];

/// K-02, Q-04
pub const SKU_DETAIL: &[Field] =
    &[Field::always("skuId", Kind::Id, "api-field-sku-id"), Field::optional("shopId", Kind::Shop, "api-field-detail-shop-id")];
