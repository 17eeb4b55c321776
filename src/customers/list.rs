//! What the page asks for: fifty buyers from any place by index alone, and counts that stop at a cap.

use super::model::{COLUMNS, Customer, Match};
use crate::Result;
use crate::catalog::grams;
use crate::ids::{CustomerId, MerchantId};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

/// Up to so many buyers that match a search are looked up one by one; beyond, the list is walked, since every few rows match.
const FEW: i64 = 2000;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Search {
    pub state: Match,
    pub q: String,
    /// The row before.
    pub after: Option<CustomerId>,
    /// Only these: those whose orders wait.
    pub only: Option<Vec<CustomerId>>,
}

/// The newest first. Written out per question, so that no plan has to guess which parameters are set.
pub fn page(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64) -> Result<Vec<Customer>> {
    let ways = Ways::of(merchant, &search.q);
    let found = if search.q.is_empty() { Vec::new() } else { matching(c, merchant, &ways, FEW + 1)? };
    if !search.q.is_empty() && found.is_empty() {
        return Ok(Vec::new());
    }
    let few = i64::try_from(found.len()).unwrap_or(i64::MAX) <= FEW;
    let place = if search.after.is_some() { "c.id < $3" } else { "$3 = 0" };
    let named = match (search.q.is_empty(), few) {
        (true, _) => "cardinality($4) = 0 and $5::text[] is not null and $6::text[] is not null and $7::text[] is not null",
        (false, true) => "c.id = any($4) and $5::text[] is not null and $6::text[] is not null and $7::text[] is not null",
        // `is true` keeps the planner from collecting a large part of all buyers first.
        (false, false) => "$4::bigint[] is not null and (c.grams @> $5 or c.grams @> $6 or c.grams @> $7) is true",
    };
    let only = if search.only.is_some() { "c.id = any($8)" } else { "$8::bigint[] is not null" };
    let sql = format!(
        "select {COLUMNS} from customers c where c.merchant_id = $1 and c.match_kind = $2 and {place} and {named} and {only} order by c.id desc limit {limit}"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(search.state.as_str())
        .bind::<BigInt, _>(search.after.map_or(0, |id| id.0))
        .bind::<Array<BigInt>, _>(found)
        .bind::<Array<Text>, _>(ways.get(0))
        .bind::<Array<Text>, _>(ways.get(1))
        .bind::<Array<Text>, _>(ways.get(2))
        .bind::<Array<BigInt>, _>(search.only.clone().unwrap_or_default())
        .load(c)?)
}

/// Up to three ways in which a text finds a buyer; unused ones repeat the first.
struct Ways(Vec<Vec<String>>);

impl Ways {
    fn of(merchant: MerchantId, q: &str) -> Self {
        Self(grams::query(q).into_iter().map(|way| way.into_iter().chain([grams::owner(merchant)]).collect()).collect())
    }
    fn get(&self, place: usize) -> Vec<String> {
        self.0.get(place).or_else(|| self.0.first()).cloned().unwrap_or_else(|| vec![String::new()])
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: CustomerId,
}

/// Buyers found by their search keys.
fn matching(c: &mut PgConnection, merchant: MerchantId, ways: &Ways, limit: i64) -> Result<Vec<CustomerId>> {
    let found: Vec<Found> =
        diesel::sql_query("select id from customers where merchant_id = $1 and (grams @> $2 or grams @> $3 or grams @> $4) limit $5")
            .bind::<BigInt, _>(merchant)
            .bind::<Array<Text>, _>(ways.get(0))
            .bind::<Array<Text>, _>(ways.get(1))
            .bind::<Array<Text>, _>(ways.get(2))
            .bind::<BigInt, _>(limit)
            .load(c)?;
    Ok(found.into_iter().map(|f| f.id).collect())
}

/// Our ids of buyers a text finds, up to so many.
pub fn ids_named(c: &mut PgConnection, merchant: MerchantId, text: &str, limit: i64) -> Result<Vec<CustomerId>> {
    matching(c, merchant, &Ways::of(merchant, text), limit)
}

/// The newest buyers a text finds, whatever their state: for the box that searches everything.
pub fn named(c: &mut PgConnection, merchant: MerchantId, text: &str, limit: i64) -> Result<Vec<Customer>> {
    let ways = Ways::of(merchant, text);
    Ok(diesel::sql_query(format!(
        "select {COLUMNS} from customers c where c.merchant_id = $1 and c.id in (select id from customers where merchant_id = $1 \
         and (grams @> $2 or grams @> $3 or grams @> $4) limit $5) order by c.id desc limit $6"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(ways.get(0))
    .bind::<Array<Text>, _>(ways.get(1))
    .bind::<Array<Text>, _>(ways.get(2))
    .bind::<BigInt, _>(FEW)
    .bind::<BigInt, _>(limit)
    .load(c)?)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Buyers per state, each counted up to a cap.
pub fn counts(c: &mut PgConnection, merchant: MerchantId, cap: i64) -> Result<Vec<(Match, i64)>> {
    let rows: Vec<Count> = diesel::sql_query(
        "select s.state, n.n from unnest($2) as s(state) cross join lateral (select count(*) as n from (select 1 from customers \
         where merchant_id = $1 and match_kind = s.state order by id limit $3) x) n",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(Match::WIRE)
    .bind::<BigInt, _>(cap)
    .load(c)?;
    Ok(rows.into_iter().filter_map(|row| Some((Match::of(&row.state)?, row.n))).collect())
}
