//! `stock.reconcile`: the ERP's whole picture, in as many calls as it takes; compared, never applied.
//!
//! The first line of a new `reconciliationId` begins it, `final` ends it. A row the ERP does not name and of which we have none
//! is no difference, and neither is one of which it has none and we have never heard.

use crate::ids::ShopId;
use crate::stock::push::Shops;
use crate::trail::{self, Cause, Entry};
use crate::wire::{Field, Kind, Line, LineCode, LineResult, Method, Module, Outcome, Problem, Scope, Verb};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

pub static STOCK_RECONCILE: Method = Method {
    name: "stock.reconcile",
    module: Module::Stock,
    about: "reconcile-api-compare",
    source: "G-04 S-01",
    fields: &[
        Field::always("reconciliationId", Kind::Text(40), "reconcile-field-id"),
        Field::always("skuId", Kind::Id, "stock-field-sku"),
        Field::optional("shopId", Kind::Shop, "stock-field-shop"),
        Field::always("inventory", Kind::Count, "reconcile-field-inventory"),
        Field::optional("final", Kind::Bit, "reconcile-field-final"),
    ],
    // It changes nothing, so nothing holds it back.
    verb: Verb::Act(apply),
    example: r#"{"lines": [{"reconciliationId": "2026-11-22", "skuId": "KZ-100382-1", "shopId": "1", "inventory": 112}, {"reconciliationId": "2026-11-22", "skuId": "KZ-100383-1", "shopId": "1", "inventory": 0, "final": 1}]}"#,
    answer: r#"{"feedId": "8215", "preview": false, "total": 2, "applied": 0, "unchanged": 2, "held": 0, "stale": 0, "parked": 0, "rejected": 0, "lines": [{"line": 1, "key": "2026-11-22/KZ-100382-1/1/112", "outcome": "unchanged", "problems": [{"code": "DIFFERS", "field": "inventory", "value": "112", "msg": "inventory：ERP 是 112，平台是 110。没有改动，记在对账里"}], "now": {"inventory": 110}}]}"#,
};

#[derive(QueryableByName)]
struct Open {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    closed_at: Option<DateTime<Utc>>,
}

fn apply(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let shops = Shops::of(tx, scope)?;
    let mut results = Vec::with_capacity(lines.len());
    // In the order of their names, so that two calls never wait for each other in a circle.
    let mut named: BTreeMap<String, Vec<(Line, ShopId)>> = BTreeMap::new();
    for line in lines {
        match shops.named(&line) {
            Ok(shop) => named.entry(line.text_or_empty("reconciliationId")).or_default().push((line, shop)),
            Err(problem) => results.push(LineResult::rejected(&line, problem)),
        }
    }
    for (name, lines) in named {
        let open = begin(tx, cause, &name)?;
        if open.closed_at.is_some() {
            let closed = |line: &Line| LineResult::rejected(line, Problem::new(LineCode::Closed, "reconciliationId", name.clone()));
            results.extend(lines.iter().map(|(line, _)| closed(line)));
            continue;
        }
        let last = lines.iter().any(|(line, _)| line.bit("final").value().unwrap_or(false));
        results.extend(compare(tx, cause, open.id, &lines)?);
        if last {
            close(tx, cause, open.id, &name)?;
        }
    }
    Ok(results)
}

/// The reconciliation of that name, begun if need be, and locked.
fn begin(tx: &mut PgConnection, cause: &Cause, name: &str) -> Result<Open> {
    diesel::sql_query(
        "insert into reconciliations (merchant_id, name, at, heard_at, by_name) values ($1, $2, $3, $3, $4) on conflict do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(name)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(&cause.actor_name)
    .execute(tx)?;
    Ok(diesel::sql_query("select id, closed_at from reconciliations where merchant_id = $1 and name = $2 for update")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(name)
        .get_result(tx)?)
}

#[derive(QueryableByName)]
struct Judged {
    #[diesel(sql_type = Int4)]
    no: i32,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    ours: Option<i64>,
    #[diesel(sql_type = Bool)]
    known: bool,
}

/// Compares and keeps; a row named twice counts as named last.
fn compare(tx: &mut PgConnection, cause: &Cause, id: i64, lines: &[(Line, ShopId)]) -> Result<Vec<LineResult>> {
    let sent = |line: &Line| line.number("inventory").value().unwrap_or_default();
    let judged: Vec<Judged> = diesel::sql_query(
        "with l as (select * from unnest($3, $4, $5, $6) as l(no, sku, shop, theirs)), \
         j as (select l.*, k.id is not null as known, s.erp_qty as ours, case when s.erp_qty = l.theirs or (k.id is not null and s.erp_qty is null and l.theirs = 0) \
             then 'equal' when s.erp_qty is null then 'missing_here' else 'different' end as state from l \
           left join lateral (select id from skus where merchant_id = $1 and sku_id = l.sku offset 0) k on true \
           left join lateral (select erp_qty from stock where merchant_id = $1 and sku_id = k.id and shop_id = l.shop offset 0) s on true), \
         kept as (insert into reconciliation_rows (merchant_id, reconciliation_id, sku_id, shop_id, state, theirs, ours) \
           select distinct on (sku, shop) $1, $2, sku, shop, state, theirs, ours from j order by sku, shop, no desc \
           on conflict (merchant_id, reconciliation_id, sku_id, shop_id) do update set state = excluded.state, theirs = excluded.theirs, ours = excluded.ours) \
         select no, state, ours, known from j order by no",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .bind::<Array<Int4>, _>(lines.iter().map(|(l, _)| l.no).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(lines.iter().map(|(l, _)| l.text_or_empty("skuId")).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|(_, shop)| *shop).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|(l, _)| sent(l)).collect::<Vec<_>>())
    .load(tx)?;
    diesel::sql_query("update reconciliations set heard_at = $3 where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    let judged: HashMap<i32, Judged> = judged.into_iter().map(|j| (j.no, j)).collect();
    let told = |line: &Line| {
        let j = judged.get(&line.no).ok_or_else(|| Error::broken(format!("line {} was not compared", line.no)))?;
        let result = LineResult::of(line, Outcome::Unchanged);
        Ok(match (j.state.as_str(), j.ours) {
            ("equal", _) => result,
            (_, Some(ours)) => {
                let problem = Problem::new(LineCode::Differs, "inventory", sent(line).to_string()).detail(ours);
                result.because(problem).telling("inventory", ours)
            }
            (_, None) if j.known => {
                result.because(Problem::new(LineCode::Differs, "inventory", sent(line).to_string()).detail(0)).telling("inventory", 0)
            }
            (_, None) => result.because(Problem::new(LineCode::UnknownSku, "skuId", line.text_or_empty("skuId"))),
        })
    };
    lines.iter().map(|(line, _)| told(line)).collect()
}

/// Finds what the ERP did not name, counts, and lets go of what is equal.
fn close(tx: &mut PgConnection, cause: &Cause, id: i64, name: &str) -> Result<()> {
    #[derive(QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        equal: i64,
        #[diesel(sql_type = BigInt)]
        different: i64,
        #[diesel(sql_type = BigInt)]
        missing_here: i64,
        #[diesel(sql_type = BigInt)]
        missing_there: i64,
    }
    diesel::sql_query(
        "insert into reconciliation_rows (merchant_id, reconciliation_id, sku_id, shop_id, state, ours) \
         select $1, $2, k.sku_id, s.shop_id, 'missing_there', s.erp_qty from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id \
         where s.merchant_id = $1 and s.erp_qty <> 0 \
         and s.shop_id in (select distinct shop_id from reconciliation_rows where merchant_id = $1 and reconciliation_id = $2) \
         and not exists (select 1 from reconciliation_rows r where r.merchant_id = $1 and r.reconciliation_id = $2 and r.sku_id = k.sku_id and r.shop_id = s.shop_id)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .execute(tx)?;
    let counts: Counts = diesel::sql_query(
        "with n as (select state, count(*) as n from reconciliation_rows where merchant_id = $1 and reconciliation_id = $2 group by state), \
         t as (select coalesce(sum(n) filter (where state = 'equal'), 0)::bigint as equal, coalesce(sum(n) filter (where state = 'different'), 0)::bigint as different, \
           coalesce(sum(n) filter (where state = 'missing_here'), 0)::bigint as missing_here, \
           coalesce(sum(n) filter (where state = 'missing_there'), 0)::bigint as missing_there from n) \
         update reconciliations r set closed_at = $3, equal = t.equal, different = t.different, missing_here = t.missing_here, missing_there = t.missing_there, \
           shops = (select array_agg(distinct shop_id) from reconciliation_rows where merchant_id = $1 and reconciliation_id = $2) \
         from t where r.merchant_id = $1 and r.id = $2 returning r.equal, r.different, r.missing_here, r.missing_there",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(id)
    .bind::<Timestamptz, _>(cause.now)
    .get_result(tx)?;
    diesel::sql_query("delete from reconciliation_rows where merchant_id = $1 and reconciliation_id = $2 and state = 'equal'")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .execute(tx)?;
    let told = json!({ "equal": counts.equal, "different": counts.different, "missingHere": counts.missing_here, "missingThere": counts.missing_there });
    trail::record(tx, cause, &[Entry::new("reconciliation.closed", "reconciliation", name).change(Value::Null, told)])
}
