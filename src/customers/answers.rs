//! What ERPs read back: who buys here, and what the ERP calls them. By cursor nothing is missed while rows change.

use super::model::{COLUMNS, Customer};
use crate::Result;
use crate::clock::on_the_wire;
use crate::products::model::Window;
use crate::wire::{Line, Scope};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use serde_json::{Value, json};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// `$1` merchant, `$2`/`$3` the time window, `$4`/`$5` the row before, `$6` the state, `$7` ids.
fn wanted(by_match: bool, by_ids: bool) -> String {
    let state = if by_match { "c.match_kind = $6" } else { "$6 = ''" };
    let ids = if by_ids { "c.customer_id = any($7)" } else { "cardinality($7) = 0" };
    format!(
        "c.merchant_id = $1 and (c.updated_at >= $2 or $2::timestamptz is null) and (c.updated_at <= $3 or $3::timestamptz is null) \
         and ($4::timestamptz is null or (c.updated_at, c.id) > ($4, $5)) and {state} and {ids}"
    )
}

/// `customer.list.get`
pub fn list(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let (current, limit) = (line.number_or_default("pageNum"), line.number_or_default("pageSize"));
    let cursor = line.text_or_empty("cursor");
    let after = if cursor.is_empty() { None } else { Some(Window::read_cursor(&cursor)?) };
    let offset = if after.is_some() { 0 } else { (current - 1) * limit };
    let (state, ids) = (line.text_or_empty("match"), line.many("customerIds").value().unwrap_or_default());
    let wanted = wanted(!state.is_empty(), !ids.is_empty());
    let (from, to) = (line.time("startUpdateTime").value(), line.time("endUpdateTime").value());
    let sql = format!("select {COLUMNS} from customers c where {wanted} order by c.updated_at, c.id offset $8 limit $9");
    let rows: Vec<Customer> = diesel::sql_query(sql)
        .bind::<BigInt, _>(scope.merchant)
        .bind::<Nullable<Timestamptz>, _>(from)
        .bind::<Nullable<Timestamptz>, _>(to)
        .bind::<Nullable<Timestamptz>, _>(after.map(|a| a.0))
        .bind::<Nullable<BigInt>, _>(after.map(|a| a.1))
        .bind::<Text, _>(&state)
        .bind::<Array<Text>, _>(&ids)
        .bind::<BigInt, _>(offset)
        .bind::<BigInt, _>(limit)
        .load(c)?;
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= limit;
    let next = rows.last().filter(|_| full).map(|row| Window::cursor(row.updated_at, row.id.0));
    let mut told = json!({ "records": rows.iter().map(on_wire).collect::<Vec<_>>(), "cursor": next });
    if let (Some(map), None) = (told.as_object_mut(), after) {
        let total: Count = diesel::sql_query(format!("select count(*) as n from customers c where {wanted}"))
            .bind::<BigInt, _>(scope.merchant)
            .bind::<Nullable<Timestamptz>, _>(from)
            .bind::<Nullable<Timestamptz>, _>(to)
            .bind::<Nullable<Timestamptz>, _>(None::<DateTime<Utc>>)
            .bind::<Nullable<BigInt>, _>(None::<i64>)
            .bind::<Text, _>(&state)
            .bind::<Array<Text>, _>(&ids)
            .get_result(c)?;
        map.insert("total".into(), total.n.into());
        map.insert("current".into(), current.into());
        map.insert("pages".into(), ((total.n + limit - 1) / limit).into());
    }
    Ok(told)
}

/// A buyer as the ERP reads it, with all it needs to open an account of its own for it.
pub fn on_wire(row: &Customer) -> Value {
    json!({
        "customerId": row.customer_id, "name": row.name, "customerKind": row.kind().as_str(), "uscc": row.uscc, "usccValid": u8::from(row.uscc_ok),
        "regionCode": row.region_code, "contact": row.contact, "phone": row.phone, "address": row.address, "licences": row.licences,
        "match": row.match_kind().as_str(), "erpCustomerCode": row.erp_code, "matchTime": row.matched_at.map(on_the_wire),
        "version": row.version, "createTime": on_the_wire(row.created_at), "updateTime": on_the_wire(row.updated_at),
    })
}
