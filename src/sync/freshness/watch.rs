//! What is expected of each module, and whether it is met.

use super::outage;
use crate::Result;
use crate::ids::MerchantId;
use crate::merchants;
use crate::stock;
use crate::trail::{self, Cause, Entry};
use crate::wire::Module;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::{Value, json};

/// Batches from which the usual interval is seen.
const OBSERVED: i64 = 100;
/// So many gaps make a habit.
const HABIT: i64 = 5;
/// Nobody wants to be told sooner than that.
const LEAST_MINUTES: i32 = 5;

/// One module's expectation and state.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Watched {
    #[diesel(sql_type = Text)]
    pub module: String,
    #[diesel(sql_type = Bool)]
    pub watched: bool,
    #[diesel(sql_type = Nullable<Int4>)]
    pub every_minutes: Option<i32>,
    #[diesel(sql_type = BigInt)]
    pub extra_safety: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub overdue_since: Option<DateTime<Utc>>,
    /// When something was last taken.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub last: Option<DateTime<Utc>>,
    /// In minutes: nine in ten silences were no longer than half of this.
    #[diesel(sql_type = Nullable<Int4>)]
    pub suggested: Option<i32>,
}

impl Watched {
    /// The text key of its name.
    pub fn label(&self) -> &'static str {
        Module::of(&self.module).map_or("module-stock", Module::label)
    }
    /// Only stock has pieces to keep back.
    pub fn has_pieces(&self) -> bool {
        self.module == Module::Stock.as_str()
    }
    pub fn tone(&self) -> &'static str {
        match (self.watched, self.overdue_since, self.last) {
            (true, Some(_), _) => "bad",
            (true, None, Some(_)) => "ok",
            _ => "",
        }
    }
    /// What stands in the field: what is set, what is suggested, or an hour.
    pub fn proposal(&self) -> i32 {
        self.every_minutes.or(self.suggested).unwrap_or(60)
    }
}

/// The newest batch of a module that was not refused as a whole.
const LAST: &str = "(select f.at from feeds f where f.merchant_id = w.merchant_id and f.module = w.module and f.channel = 'api' \
     and f.rejected < f.total order by f.at desc limit 1)";

/// Every module there are methods for, in their order.
pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Watched>> {
    let sql = format!(
        "select w.module, coalesce(x.watched, false) as watched, x.every_minutes, coalesce(x.extra_safety, 0) as extra_safety, \
         case when x.watched then x.overdue_since end as overdue_since, {LAST} as last, \
         (select greatest({LEAST_MINUTES}, ceil(2 * percentile_disc(0.9) within group (order by gap) / 60))::int from ( \
            select extract(epoch from at - lag(at) over (order by at)) as gap from (select at from feeds f where f.merchant_id = w.merchant_id \
              and f.module = w.module and f.channel = 'api' and f.rejected < f.total order by at desc limit {OBSERVED}) heard) gaps \
          where gap > 0 having count(*) >= {HABIT}) as suggested \
         from unnest($2) with ordinality as m(module, place) cross join lateral (select $1::bigint as merchant_id, m.module) w \
         left join freshness x on x.merchant_id = $1 and x.module = m.module order by m.place"
    );
    let modules: Vec<&str> = Module::SERVED.iter().map(|m| m.as_str()).collect();
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(modules).load(c)?)
}

/// What somebody expects of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    pub watched: bool,
    pub every_minutes: i32,
    pub extra_safety: i64,
}

/// Sets what is expected of a module; whether it is overdue is looked at once.
pub fn set(tx: &mut PgConnection, cause: &Cause, module: Module, e: Expectation) -> Result<()> {
    #[derive(QueryableByName)]
    struct Before {
        #[diesel(sql_type = Bool)]
        watched: bool,
        #[diesel(sql_type = Int4)]
        every_minutes: i32,
        #[diesel(sql_type = BigInt)]
        extra_safety: i64,
    }
    let before: Option<Before> =
        diesel::sql_query("select watched, every_minutes, extra_safety from freshness where merchant_id = $1 and module = $2 for update")
            .bind::<BigInt, _>(cause.merchant)
            .bind::<Text, _>(module.as_str())
            .get_result(tx)
            .optional()?;
    diesel::sql_query(
        "insert into freshness (merchant_id, module, watched, every_minutes, extra_safety, updated_at) values ($1, $2, $3, $4, $5, $6) \
         on conflict (merchant_id, module) do update set watched = $3, every_minutes = $4, extra_safety = $5, updated_at = $6, \
         overdue_since = case when $3 then freshness.overdue_since end",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(module.as_str())
    .bind::<Bool, _>(e.watched)
    .bind::<Int4, _>(e.every_minutes)
    .bind::<BigInt, _>(e.extra_safety)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    let told = |watched: bool, every: i32, extra: i64| json!({ "watched": watched, "everyMinutes": every, "extraSafety": extra });
    let was = before.map_or(Value::Null, |b| told(b.watched, b.every_minutes, b.extra_safety));
    let is = told(e.watched, e.every_minutes, e.extra_safety);
    if was != is {
        trail::record(tx, cause, &[Entry::new("freshness.changed", "module", module.as_str()).change(was, is)])?;
    }
    look(tx, cause.merchant, cause.now)?;
    keep_back(tx, cause)
}

/// Merchants whose state is not what the clock says: the few the worker must look at.
pub fn due(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    let sql = format!(
        "select distinct w.merchant_id from freshness w where w.watched \
         and coalesce({LAST} < $1 - make_interval(mins => w.every_minutes), false) is distinct from (w.overdue_since is not null)"
    );
    merchants::due(c, &sql, now)
}

#[derive(QueryableByName)]
struct Turned {
    #[diesel(sql_type = Text)]
    module: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    overdue_since: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last: Option<DateTime<Utc>>,
}

/// Compares what was expected of a merchant's modules with what was heard; how many turned overdue or fresh.
pub fn look(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    let turned: Vec<Turned> = diesel::sql_query(format!(
        "with state as (select w.module, w.every_minutes, w.overdue_since, {LAST} as last from freshness w where w.merchant_id = $1 and w.watched for update), \
         want as (select module, last, case when last < $2 - make_interval(mins => every_minutes) then last + make_interval(mins => every_minutes) end as since, \
           overdue_since from state) \
         update freshness x set overdue_since = want.since from want where x.merchant_id = $1 and x.module = want.module \
         and (want.since is null) <> (want.overdue_since is null) returning x.module, x.overdue_since, want.last"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .load(tx)?;
    if turned.is_empty() {
        return Ok(0);
    }
    let cause = Cause::system(merchant, "freshness", now);
    let entry = |t: &Turned| match t.overdue_since {
        Some(since) => Entry::new("freshness.overdue", "module", &t.module).change(json!({ "last": t.last }), json!({ "since": since })),
        None => Entry::new("freshness.heard", "module", &t.module).change(Value::Null, json!({ "last": t.last })),
    };
    let entries: Vec<Entry> = turned.iter().map(entry).collect();
    trail::record(tx, &cause, &entries)?;
    keep_back(tx, &cause)?;
    Ok(turned.len())
}

/// What must be kept back of every row now: the merchant's extra safety while stock is overdue or the ERP is down.
pub fn wanted_extra(c: &mut PgConnection, merchant: MerchantId) -> Result<i64> {
    #[derive(QueryableByName)]
    struct Extra {
        #[diesel(sql_type = BigInt)]
        extra: i64,
    }
    let down = outage::open(c, merchant)?.is_some();
    let found: Option<Extra> = diesel::sql_query(
        "select extra_safety as extra from freshness where merchant_id = $1 and module = 'stock' and ($2 or (watched and overdue_since is not null))",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Bool, _>(down)
    .get_result(c)
    .optional()?;
    Ok(found.map_or(0, |f| f.extra))
}

/// Makes availability follow.
pub(super) fn keep_back(tx: &mut PgConnection, cause: &Cause) -> Result<()> {
    let extra = wanted_extra(tx, cause.merchant)?;
    stock::rules::keep_back(tx, cause, extra).map(drop)
}

/// The modules that are overdue at a merchant, worst first, with how long.
pub fn overdue(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<(String, DateTime<Utc>)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        module: String,
        #[diesel(sql_type = Timestamptz)]
        since: DateTime<Utc>,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select module, overdue_since as since from freshness where merchant_id = $1 and watched and overdue_since is not null order by overdue_since",
    )
    .bind::<BigInt, _>(merchant)
    .load(c)?;
    Ok(rows.into_iter().map(|r| (r.module, r.since)).collect())
}

/// How long ago something should have come.
pub fn late(since: DateTime<Utc>, now: DateTime<Utc>) -> i64 {
    (now - since).max(Duration::zero()).num_minutes()
}
