//! The open platform's methods on categories and base products.

use super::base::{self, BaseProduct, Query};
use super::categories::{self, Node};
use crate::clock::on_the_wire;
use crate::error::Code;
use crate::text::Text;
use crate::wire::{Field, Kind, Line, Method, Module, Scope, Verb};
use crate::{Error, Result};
use diesel::PgConnection;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

const CATEGORY_FIELDS: &[Field] = &[
    Field::always("id", Kind::Id, "api-field-category-id"),
    Field::insert("name", Kind::Text(100), "api-field-category-name"),
    Field::insert("type", Kind::Number { min: 1, max: 3, default: 1 }, "api-field-category-type"),
    Field::insert("parentId", Kind::Id, "api-field-category-parent"),
    Field::optional("enable", Kind::Bit, "api-field-category-enable"),
    Field::optional("createTime", Kind::Time, "api-field-create-time"),
    Field::optional("updateTime", Kind::Time, "api-field-update-time"),
    Field::optional("sourceTime", Kind::Time, "api-field-source-time"),
];

/// C-03
pub const CATALOG_ADD_OR_EDIT: Method = Method {
    name: "catalog.add_or_edit",
    module: Module::Category,
    about: "api-catalog-add-or-edit",
    source: "C-02 C-03 C-04 C-06 Q-09 Q-15",
    fields: CATEGORY_FIELDS,
    verb: Verb::Write(categories::apply, in_force),
    example: r#"{"id":"101","name":"消化系统","type":2,"parentId":"1","sourceTime":"2026-11-22 14:32:08"}"#,
    answer: r#"{"feedId":"1204","preview":false,"total":1,"applied":1,"unchanged":0,"held":0,"stale":0,"parked":0,"rejected":0,"lines":[]}"#,
};

/// C-03: for an ERP that keeps adding and editing apart; both take either.
pub const CATALOG_ADD: Method = Method { name: "catalog.add", about: "api-catalog-add", ..CATALOG_ADD_OR_EDIT };
pub const CATALOG_EDIT: Method =
    Method {
        name: "catalog.edit", about: "api-catalog-edit", example: r#"{"id":"101","name":"消化系统用药"}"#, ..CATALOG_ADD_OR_EDIT
    };

/// C-01
pub const CATALOG_LIST_GET: Method = Method {
    name: "catalog.list.get",
    module: Module::Category,
    about: "api-catalog-list-get",
    source: "C-01 C-02",
    fields: &[Field::optional("parentId", Kind::Id, "api-field-category-parent-filter")],
    verb: Verb::Read(list),
    example: r#"{"parentId":"1"}"#,
    answer: r#"[{"id":"101","name":"消化系统","type":2,"parentId":"1","enable":1,"catalogChain":"1-101","createTime":"2026-11-22 12:00:00","updateTime":"2026-11-22 12:00:00"}]"#,
};

/// Finds the base product whose code goes into `baseProdId` (P-05).
pub const BASE_PROD_SEARCH: Method = Method {
    name: "base_prod.search",
    module: Module::Product,
    about: "api-base-prod-search",
    source: "P-02 P-05",
    fields: &[
        Field::optional("keyword", Kind::Text(100), "api-field-base-keyword"),
        Field::optional("barCode", Kind::Text(20), "api-field-base-bar-code"),
        Field::optional("approvalNo", Kind::Text(100), "api-field-base-approval-no"),
        Field::optional("pageSize", Kind::Number { min: 1, max: 50, default: 20 }, "api-field-base-page-size"),
    ],
    verb: Verb::Read(search),
    example: r#"{"barCode":"6901234000054"}"#,
    answer: r#"[{"baseProdId":"BP-0018206","prodName":"阿莫西林胶囊","tradeName":"","spec":"0.25g×12粒/盒","dosageForm":"胶囊剂","unit":"盒","manufacturer":"江州药业股份有限公司","brand":"江州","approvalNo":"国药准字H20990417","barCodes":["6901234000054"],"originPlace":"国产"}]"#,
};

fn list(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let parent = line.text("parentId").value().filter(|p| !p.is_empty());
    let all = categories::list(c, scope.merchant, parent.as_deref())?;
    Ok(all.iter().map(category).collect())
}

/// Of the categories that lines are about, the fields they name.
fn in_force(c: &mut PgConnection, scope: &Scope, lines: &[Line]) -> Result<HashMap<i32, Map<String, Value>>> {
    let ids: Vec<String> = lines.iter().map(|l| l.text_or_empty("id")).collect();
    let nodes = categories::nodes(c, scope.merchant, &ids)?;
    let told = |(line, id): (&Line, &String)| match category(nodes.get(id)?) {
        Value::Object(record) => Some((line.no, line.spoken_of(record))),
        _ => None,
    };
    Ok(lines.iter().zip(&ids).filter_map(told).collect())
}

/// C-02. The times are the ERP's own where it sent them.
fn category(node: &Node) -> Value {
    json!({
        "id": node.id,
        "name": node.name,
        "type": node.level,
        "parentId": node.parent_id,
        "enable": i32::from(node.enabled),
        "catalogChain": node.path,
        "createTime": on_the_wire(node.erp_created_at.unwrap_or(node.created_at)),
        "updateTime": on_the_wire(node.erp_updated_at.unwrap_or(node.updated_at)),
    })
}

fn search(c: &mut PgConnection, _: &Scope, line: Line) -> Result<Value> {
    let query = Query {
        text: line.text_or_empty("keyword"),
        barcode: line.text_or_empty("barCode"),
        approval_no: line.text_or_empty("approvalNo"),
    };
    if query.is_empty() {
        return Err(Error::Call(Code::BadField, Text::new("base-search-empty")));
    }
    let found = base::look_up(c, &query, line.number_or_default("pageSize"))?;
    Ok(found.iter().map(base_product).collect())
}

/// Our number stays inside: the code is what the world calls it (Q-07).
fn base_product(base: &BaseProduct) -> Value {
    json!({
        "baseProdId": base.code,
        "prodName": base.name,
        "tradeName": base.trade_name,
        "spec": base.spec,
        "dosageForm": base.dosage_form,
        "unit": base.unit,
        "manufacturer": base.manufacturer,
        "brand": base.brand,
        "approvalNo": base.approval_no,
        "barCodes": base.barcodes,
        "originPlace": base.origin,
    })
}
