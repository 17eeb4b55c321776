//! The open platform's words for customers (U-03, U-04, Q-29).

use super::model::Kind as CustomerKind;
use super::upload::CODE;
use super::{answers, binding, register, upload};
use crate::wire::{Field, Kind, Method, Module, Verb};

const CUSTOMER_ID: Field = Field::always("customerId", Kind::Text(64), "customer-field-customer-id");

/// U-01: who buys.
pub static CUSTOMER_REGISTER: Method = Method {
    name: "customer.register",
    module: Module::Customer,
    about: "customer-api-register",
    source: "U-01 U-02 U-05",
    fields: register::FIELDS,
    verb: Verb::Sell(register::apply),
    example: r#"{"customerId":"C00002","name":"巴彦淖尔市乌拉特后旗济世大药房","kind":"pharmacy","uscc":"91150825MAUAJW50DX","regionCode":"150825"}"#,
    answer: r#"{"feedId":"8300","preview":false,"total":1,"applied":1,"unchanged":0,"held":0,"stale":0,"parked":0,"rejected":0,"lines":[{"line":1,"key":"C00002","outcome":"applied","now":{"match":"auto","erpCustomerCode":"K7001"}}]}"#,
};

/// U-04: scheme two.
pub static CUSTOMER_ADD_OR_EDIT: Method = Method {
    name: "customer.add_or_edit",
    module: Module::Customer,
    about: "customer-api-add-or-edit",
    source: "U-04 U-05 Q-09 Q-15 Q-29",
    fields: &[
        Field::always(CODE, Kind::Text(super::CODE_MAX), "customer-field-code"),
        Field::insert("name", Kind::Text(100), "customer-field-name"),
        Field::optional("uscc", Kind::Text(40), "customer-field-uscc"),
        Field::optional("regionCode", Kind::Text(12), "customer-field-region"),
        Field::optional("contact", Kind::Text(50), "customer-field-contact"),
        Field::optional("phone", Kind::Text(30), "customer-field-phone"),
        Field::optional("address", Kind::Text(200), "customer-field-address"),
        Field::optional("enable", Kind::Bit, "customer-field-enable"),
        Field::optional("sourceTime", Kind::Time, "api-field-source-time"),
        Field::optional("ifVersion", Kind::Number { min: 0, max: 2_147_483_647, default: 0 }, "api-field-if-version"),
    ],
    verb: Verb::Write(upload::apply, upload::in_force),
    example: r#"{"erpCustomerCode":"K7001","name":"巴彦淖尔市乌拉特后旗济世大药房","uscc":"91150825MAUAJW50DX","regionCode":"150825","phone":"10000000002","sourceTime":"2026-11-22 14:32:08"}"#,
    answer: r#"{"feedId":"8301","preview":false,"total":1,"applied":1,"unchanged":0,"held":0,"stale":0,"parked":0,"rejected":0,"lines":[{"line":1,"key":"K7001","outcome":"applied","now":{"customerIds":["C00002"]}}]}"#,
};

/// U-03: scheme one.
pub static CUSTOMER_BIND: Method = Method {
    name: "customer.bind",
    module: Module::Customer,
    about: "customer-api-bind",
    source: "U-02 U-03 U-06",
    fields: &[CUSTOMER_ID, Field::optional(CODE, Kind::Text(super::CODE_MAX), "customer-field-bind-code")],
    verb: Verb::Write(binding::apply, binding::in_force),
    example: r#"{"customerId":"C00002","erpCustomerCode":"K7001"}"#,
    answer: r#"{"feedId":"8302","preview":false,"total":1,"applied":1,"unchanged":0,"held":0,"stale":0,"parked":0,"rejected":0,"lines":[]}"#,
};

/// Who buys here, and what the ERP calls them.
pub static CUSTOMER_LIST_GET: Method = Method {
    name: "customer.list.get",
    module: Module::Customer,
    about: "customer-api-list-get",
    source: "U-02 U-03 Q-31",
    fields: &[
        Field::optional("match", Kind::OneOf(super::Match::WIRE), "customer-field-match"),
        Field::optional("customerIds", Kind::Ids, "customer-field-customer-ids"),
        Field::optional("startUpdateTime", Kind::Time, "api-field-start-update-time"),
        Field::optional("endUpdateTime", Kind::Time, "api-field-end-update-time"),
        Field::optional("pageNum", Kind::Number { min: 1, max: 1_000_000, default: 1 }, "api-field-page-num"),
        Field::optional("pageSize", Kind::Number { min: 1, max: 200, default: 20 }, "api-field-page-size"),
        Field::optional("cursor", Kind::Text(60), "api-field-cursor"),
    ],
    verb: Verb::Read(answers::list),
    example: r#"{"match":"none","pageSize":100}"#,
    answer: r#"{"records":[{"customerId":"C00003","name":"烟台市蓬莱区百姓卫生院","customerKind":"third_terminal","uscc":"91370614MAFYJED66D","usccValid":1,"regionCode":"370614","contact":"","phone":"10000000003","address":"","licences":[],"match":"none","erpCustomerCode":null,"matchTime":null,"version":1,"createTime":"2026-11-22 12:00:00","updateTime":"2026-11-22 12:00:00"}],"cursor":null,"total":1,"current":1,"pages":1}"#,
};

/// What a buyer may be, for whoever describes one.
pub const KINDS: &[&str] = CustomerKind::WIRE;
