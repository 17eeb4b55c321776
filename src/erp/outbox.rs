//! What an ERP is still to be told.
//!
//! A row is written in the transaction that makes it true, and goes when the ERP has taken it. Rows of one key are told one after
//! the other: a deduction never before its freeze. Whoever takes a row moves its next try ahead, which is its lease: should the
//! process die, somebody tries again. An ERP may thus hear something twice; the reservation's id tells it.

use crate::Result;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Jsonb, Nullable, Text, Timestamptz};
use serde_json::{Value, json};

/// Longer than any call may take.
const LEASE_SECONDS: i64 = 60;

/// Something to tell.
#[derive(Clone, Debug)]
pub struct Letter {
    pub key: String,
    pub method: &'static str,
    pub body: Value,
}

/// A row of the outbox.
#[derive(QueryableByName, Clone, Debug)]
pub struct Waiting {
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub key: String,
    #[diesel(sql_type = Text)]
    pub method: String,
    #[diesel(sql_type = Jsonb)]
    pub body: Value,
    #[diesel(sql_type = Timestamptz)]
    pub made_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Int4)]
    pub attempts: i32,
    #[diesel(sql_type = Timestamptz)]
    pub next_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    pub problem: Option<String>,
}

const COLUMNS: &str = "o.id, o.key, o.method, o.body, o.made_at, o.state, o.attempts, o.next_at, o.problem";

/// Writes letters, with one statement.
pub fn put(tx: &mut PgConnection, cause: &Cause, letters: &[Letter]) -> Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into outbox (merchant_id, made_at, next_at, key, method, body) \
         select $1, $2, $2, l.key, l.method, l.body from unnest($3, $4, $5) with ordinality as l(key, method, body, place) order by l.place",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(letters.iter().map(|l| l.key.as_str()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(letters.iter().map(|l| l.method).collect::<Vec<_>>())
    .bind::<Array<Jsonb>, _>(letters.iter().map(|l| l.body.clone()).collect::<Vec<_>>())
    .execute(tx)?;
    Ok(())
}

/// The merchants with letters that may be tried now.
pub fn merchants_due(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        merchant_id: MerchantId,
    }
    let rows: Vec<Row> = diesel::sql_query("select distinct merchant_id from outbox where state = 'waiting' and next_at <= $1")
        .bind::<Timestamptz, _>(now)
        .load(c)?;
    Ok(rows.into_iter().map(|r| r.merchant_id).collect())
}

/// Takes the next letters of a merchant, the first of each key, the oldest first.
pub fn take(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>, limit: i64) -> Result<Vec<Waiting>> {
    let sql = format!(
        "with next as (select o.id from outbox o where o.merchant_id = $1 and o.state = 'waiting' and o.next_at <= $2 \
           and not exists (select from outbox e where e.merchant_id = $1 and e.key = o.key and e.id < o.id) \
           order by o.id limit $4 for update skip locked) \
         update outbox o set next_at = $3, attempts = o.attempts + 1 from next where o.merchant_id = $1 and o.id = next.id returning {COLUMNS}"
    );
    let mut taken: Vec<Waiting> = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now + Duration::seconds(LEASE_SECONDS))
        .bind::<BigInt, _>(limit)
        .load(tx)?;
    taken.sort_by_key(|w| w.id);
    Ok(taken)
}

/// The ERP has taken it.
pub fn taken(tx: &mut PgConnection, merchant: MerchantId, id: i64) -> Result<()> {
    diesel::sql_query("delete from outbox where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(id)
        .execute(tx)?;
    Ok(())
}

/// The ERP will not: a person decides. What follows under the same key waits.
pub fn refused(tx: &mut PgConnection, merchant: MerchantId, id: i64, words: &str) -> Result<()> {
    diesel::sql_query("update outbox set state = 'refused', problem = $3 where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(id)
        .bind::<Text, _>(words)
        .execute(tx)?;
    Ok(())
}

/// No answer: once more, later.
pub fn later(tx: &mut PgConnection, merchant: MerchantId, letter: &Waiting, why: &str, now: DateTime<Utc>) -> Result<()> {
    diesel::sql_query("update outbox set problem = $3, next_at = $4 where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(letter.id)
        .bind::<Text, _>(why)
        .bind::<Timestamptz, _>(now + pause(letter.attempts))
        .execute(tx)?;
    Ok(())
}

/// How long after so many tries the next one comes: 2 s, 4 s, 8 s, … 10 minutes.
pub fn pause(attempts: i32) -> Duration {
    const LONGEST: i64 = 600;
    let doublings = u32::try_from(attempts.clamp(1, 10)).unwrap_or(1);
    Duration::seconds(2_i64.pow(doublings).min(LONGEST))
}

/// How much waits, and how much was refused.
#[derive(QueryableByName, Clone, Copy, Debug, Default)]
pub struct Counts {
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    #[diesel(sql_type = BigInt)]
    pub refused: i64,
}

pub fn counts(c: &mut PgConnection, merchant: MerchantId) -> Result<Counts> {
    Ok(diesel::sql_query(
        "select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'refused') as refused from outbox where merchant_id = $1",
    )
    .bind::<BigInt, _>(merchant)
    .get_result(c)?)
}

/// A page of what is still to be told, refused ones first, then the oldest; after so many.
pub fn list(c: &mut PgConnection, merchant: MerchantId, after: Option<(bool, i64)>, limit: i64) -> Result<Vec<Waiting>> {
    let (waiting, id) = after.map_or((None, None), |(waiting, id)| (Some(waiting), Some(id)));
    let sql = format!(
        "select {COLUMNS} from outbox o where o.merchant_id = $1 and ($2::bool is null or (o.state = 'waiting', o.id) > ($2, $3)) \
         order by o.state = 'waiting', o.id limit $4"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Nullable<diesel::sql_types::Bool>, _>(waiting)
        .bind::<Nullable<BigInt>, _>(id)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// A person has it tried again now; whether it was there.
pub fn again(tx: &mut PgConnection, cause: &Cause, id: i64) -> Result<bool> {
    let n = diesel::sql_query("update outbox set state = 'waiting', next_at = $3 where merchant_id = $1 and id = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .bind::<Timestamptz, _>(cause.now)
        .execute(tx)?;
    Ok(n > 0)
}

/// A person has it told to nobody; whether it was there.
pub fn discard(tx: &mut PgConnection, cause: &Cause, id: i64) -> Result<bool> {
    let sql = format!("delete from outbox o where o.merchant_id = $1 and o.id = $2 returning {COLUMNS}");
    let gone: Option<Waiting> = diesel::sql_query(sql).bind::<BigInt, _>(cause.merchant).bind::<BigInt, _>(id).get_result(tx).optional()?;
    let Some(gone) = gone else { return Ok(false) };
    let told = json!({ "method": gone.method, "key": gone.key, "body": gone.body, "problem": gone.problem });
    trail::record(tx, cause, &[Entry::new("erp.discarded", "erp", cause.merchant).change(told, Value::Null)])?;
    Ok(true)
}
