//! What is in quarantine, and since when.

use crate::Result;
use crate::guards::{Guard, WAITS_FOR};
use crate::ids::MerchantId;
use crate::text::{Text, grouped};
use crate::web::Permission;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Lines are counted up to here.
pub const COUNTED: i64 = 10_000;

/// One quarantine with how many of its lines still wait.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Quarantine {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = SqlText)]
    pub guard: String,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = SqlText)]
    pub actor_name: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    /// Dangerous lines of the call that tripped.
    #[diesel(sql_type = BigInt)]
    pub lines: i64,
    /// Those of the ten minutes before, which had been applied.
    #[diesel(sql_type = BigInt)]
    pub earlier: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub in_stock: Option<i64>,
    #[diesel(sql_type = Jsonb)]
    pub rule: Value,
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
}

impl Quarantine {
    pub fn kind(&self) -> Guard {
        Guard::of(&self.guard).unwrap_or(Guard::Zero)
    }
    /// What tripped, in one sentence.
    pub fn why(&self) -> Text {
        let part = |name: &str| self.rule.get(name).and_then(Value::as_i64).unwrap_or_default();
        let n = self.lines + self.earlier;
        match (self.kind(), self.in_stock) {
            (Guard::Zero, Some(all)) => Text::new("quarantine-why-zero").with(n).with(all).with(part("rows")).with(part("share")),
            (Guard::Zero, None) => Text::new("quarantine-why-zero-rows").with(n).with(part("rows")),
            (Guard::Swing, _) => Text::new("quarantine-why-swing").with(n).with(part("percent")).with(part("rows")),
            (Guard::Floor, _) => Text::new("quarantine-why-floor").with(n),
            (Guard::Lots, _) => Text::new("quarantine-why-lots").with(n),
        }
    }
    /// Who may decide.
    pub fn needs(&self) -> Permission {
        if matches!(self.kind(), Guard::Zero | Guard::Lots) { Permission::EditStock } else { Permission::EditProducts }
    }
}

fn select() -> String {
    format!(
        "select q.id, q.guard, q.at, q.actor_name, q.request_id, q.lines, q.earlier, q.in_stock, q.rule, n.total, n.waiting from quarantines q \
         cross join lateral (select count(*) as total, count(*) filter (where settled_at is null) as waiting from (select settled_at from parked_lines p \
           where p.merchant_id = q.merchant_id and p.waits_for = 'quarantine' and p.code = q.id::text limit {COUNTED}) l) n where q.merchant_id = $1"
    )
}

/// Newest first, below `before`.
pub fn list(c: &mut PgConnection, merchant: MerchantId, before: Option<i64>, limit: i64) -> Result<Vec<Quarantine>> {
    let sql = format!("{} and q.id < $2 order by q.id desc limit $3", select());
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(before.unwrap_or(i64::MAX)).bind::<BigInt, _>(limit).load(c)?)
}

pub fn find(c: &mut PgConnection, merchant: MerchantId, id: i64) -> Result<Quarantine> {
    Ok(diesel::sql_query(format!("{} and q.id = $2", select())).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(c)?)
}

/// A line of a quarantine, with the names people know its goods by.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Stopped {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = SqlText)]
    pub key: String,
    #[diesel(sql_type = SqlText)]
    pub method: String,
    #[diesel(sql_type = Jsonb)]
    pub line: Value,
    #[diesel(sql_type = Jsonb)]
    pub now: Value,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub outcome: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub name: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub spec: Option<String>,
}

fn shown(value: Option<&Value>) -> String {
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), ToOwned::to_owned);
    value.map_or_else(String::new, |v| v.as_i64().map_or_else(|| text(v), |n| grouped(&n.to_string())))
}

impl Stopped {
    /// What was stopped: the quantity, the lots or the price.
    pub fn field(&self) -> &'static str {
        ["inventory", "lots"].into_iter().find(|name| self.now.get(name).is_some()).unwrap_or("price")
    }
    pub fn before(&self) -> String {
        shown(self.now.get(self.field()))
    }
    pub fn after(&self) -> String {
        shown(self.line.get(self.field()))
    }
    /// The text key of how it ended.
    pub fn ended(&self) -> Option<&'static str> {
        self.outcome.as_deref().map(|outcome| match outcome {
            "applied" => "outcome-applied",
            "unchanged" => "outcome-unchanged",
            "held" => "outcome-held",
            "stale" => "quarantine-ended-stale",
            "dismissed" => "quarantine-ended-dismissed",
            "parked" => "outcome-parked",
            _ => "outcome-rejected",
        })
    }
    pub fn tone(&self) -> &'static str {
        match self.outcome.as_deref() {
            None => "warn",
            Some("applied" | "unchanged") => "ok",
            Some("rejected") => "bad",
            Some("held") => "hold",
            Some(_) => "",
        }
    }
}

/// The lines of a quarantine as they came, after `after`.
pub fn lines(c: &mut PgConnection, merchant: MerchantId, id: i64, after: i64, limit: i64) -> Result<Vec<Stopped>> {
    Ok(diesel::sql_query(
        "select l.*, p.name, p.spec from (select id, at, key, method, line, coalesce(now, '{}') as now, outcome from parked_lines \
           where merchant_id = $1 and waits_for = $5 and code = $2 and id > $3 order by id limit $4) l \
         left join lateral (select product_id from skus where merchant_id = $1 and sku_id = l.line->>'skuId') k on true \
         left join lateral (select name, spec from products where merchant_id = $1 and (id = k.product_id or (k.product_id is null and prod_id = l.line->>'prodId')) \
           limit 1) p on true order by l.id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<SqlText, _>(id.to_string())
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .bind::<SqlText, _>(WAITS_FOR)
    .load(c)?)
}
