use super::{explain, facts, rule, verdict};
use crate::error::Code;
use crate::ids::ProductId;
use crate::text::Text;
use crate::wire::{Field, Kind, Line, Method, Module, Scope, Verb};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text as SqlText};
use serde_json::{Value, json};

/// The checklist of the product's page for programs.
pub static EXPLAIN_SELLABLE: Method = Method {
    name: "explain.sellable",
    module: Module::Product,
    about: "shelf-api-explain",
    source: "P-08, P-16, Q-24",
    fields: &[Field::always("prodId", Kind::Id, "shelf-api-explain-prod-id")],
    verb: Verb::Read(answer),
    example: r#"{"prodId":"KZ-100382"}"#,
    answer: r#"{"prodId":"KZ-100382","verdict":"missing","msg":"缺价格","listing":"pending","available":120,"rule":"规则：可售为 0 时自动下架，恢复后自动上架","checks":[{"code":"enabled","ok":true,"required":true,"msg":"在 ERP 里是启用状态"},{"code":"priced","ok":false,"required":true,"msg":"没有默认单价"}]}"#,
};

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: ProductId,
}

fn answer(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let prod_id = line.text_or_empty("prodId");
    let unknown = || Error::Call(Code::NotFound, Text::new("shelf-api-unknown").with(&prod_id));
    let found: Option<Found> = diesel::sql_query("select id from products where merchant_id = $1 and prod_id = $2")
        .bind::<BigInt, _>(scope.merchant)
        .bind::<SqlText, _>(&prod_id)
        .get_result(c)
        .optional()?;
    let id = found.ok_or_else(unknown)?.id;
    let facts = facts(c, scope.merchant, &[id])?.into_iter().next().ok_or_else(unknown)?;
    let checks = explain(&facts);
    let verdict = verdict(&checks);
    let lines: Vec<Value> = checks
        .iter()
        .map(|check| {
            json!({ "code": check.condition.code(), "ok": check.ok, "required": check.required, "msg": check.detail.say(scope.lang) })
        })
        .collect();
    Ok(json!({
        "prodId": facts.prod_id,
        "verdict": verdict.code(),
        "msg": Text::new(verdict.label()).say(scope.lang),
        "listing": facts.listing,
        "available": facts.available,
        "rule": rule(&facts).say(scope.lang),
        "checks": lines,
    }))
}
