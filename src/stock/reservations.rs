//! Units that buyers have taken (S-05, S-07): frozen when ordered, sold when paid, given back when not.
//!
//! The storefront names every reservation by an id of its own, so that each step can be repeated (I-2). One reservation may take
//! several SKUs, all or nothing. A freeze lasts as long as it says or the merchant's rule does; then the worker gives it back.
//! What is frozen stays frozen whatever the ERP pushes and whoever holds a number meanwhile: only the counters of the row move,
//! under the row's lock, and `availability` says whether there is enough.
//!
//! Locks: reservations by id, then rows of stock by (SKU, shop), then the merchant's row for the feed's number.

pub mod api;
mod checked;
mod freeze;
mod lines;
pub mod list;
mod mirror;
mod turn;

pub use freeze::{Want, freeze};
pub use turn::{
    Ack, Back, absorbed, acknowledge, confirm, expire, left, merchants_due, refund, release, release_as_told, release_by_hand, renumber,
    restock, settle, still_here,
};

use crate::Result;
use crate::db::Prepare;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::trail::Cause;
use crate::wire::{LineCode, Outcome, Problem};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use std::collections::HashMap;

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Frozen,
    Paid,
    Released,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            State::Frozen => "frozen",
            State::Paid => "paid",
            State::Released => "released",
        }
    }
    fn of(name: &str) -> Self {
        match name {
            "frozen" => State::Frozen,
            "paid" => State::Paid,
            _ => State::Released,
        }
    }
}

/// A reservation as stored.
#[derive(Clone, Debug)]
struct Header {
    state: State,
    seq: Option<i64>,
}

#[derive(QueryableByName)]
struct StoredHeader {
    #[diesel(sql_type = Text)]
    no: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    seq: Option<i64>,
}

/// Locks reservations by id.
fn headers(tx: &mut PgConnection, merchant: MerchantId, nos: &[&str]) -> Result<HashMap<String, Header>> {
    if nos.is_empty() {
        return Ok(HashMap::new());
    }
    let stored: Vec<StoredHeader> = diesel::sql_query(
        "select r.no, r.state, r.seq from (select distinct no from unnest($2) as l(no) order by no) l cross join lateral \
         (select no, state, seq from reservations where merchant_id = $1 and no = l.no for update) r order by r.no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(nos)
    .prepared()
    .load(tx)?;
    Ok(stored.into_iter().map(|s| (s.no, Header { state: State::of(&s.state), seq: s.seq })).collect())
}

/// Locks reservations by id, for whoever changes them later in the transaction than the order of locks allows.
pub fn lock(tx: &mut PgConnection, merchant: MerchantId, nos: &[&str]) -> Result<()> {
    headers(tx, merchant, nos).map(drop)
}

/// How one line of a call ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub no: i32,
    pub outcome: Outcome,
    pub problem: Option<Problem>,
    /// What the reservation is now.
    pub now: Option<Told>,
    /// How a freeze was checked with the ERP, where it was: `erp` or `local` ([`Live`](crate::wire::Live)).
    pub checked: Option<&'static str>,
}

/// What is told of a reservation.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub state: State,
    pub seq: Option<i64>,
    pub expires_at: Option<DateTime<Utc>>,
}

impl Ended {
    fn well(no: i32, outcome: Outcome, now: Told) -> Self {
        Self { no, outcome, problem: None, now: Some(now), checked: None }
    }
    fn badly(no: i32, problem: Problem) -> Self {
        Self { no, outcome: Outcome::Rejected, problem: Some(problem), now: None, checked: None }
    }
    fn unknown(no: i32, reservation: &str) -> Self {
        Self::badly(no, Problem::new(LineCode::UnknownReservation, "reservationId", reservation))
    }
    fn wrong(no: i32, reservation: &str, header: &Header) -> Self {
        let problem = Problem::new(LineCode::WrongState, "reservationId", reservation).detail(header.state.as_str());
        Self { now: Some(Told { state: header.state, seq: header.seq, expires_at: None }), ..Self::badly(no, problem) }
    }
}

/// One line of a reservation.
#[derive(QueryableByName, Clone, Debug)]
struct Taken {
    #[diesel(sql_type = Text)]
    no: String,
    #[diesel(sql_type = BigInt, column_name = "sku_id")]
    sku: SkuId,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    shop: ShopId,
    #[diesel(sql_type = BigInt)]
    qty: i64,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    hold_id: Option<i64>,
}

/// The lines of these reservations, in the order rows of stock are locked.
fn lines_of(c: &mut PgConnection, merchant: MerchantId, nos: &[&str]) -> Result<Vec<Taken>> {
    if nos.is_empty() {
        return Ok(Vec::new());
    }
    Ok(diesel::sql_query(
        "select no, sku_id, shop_id, qty, state, hold_id from reservation_lines where merchant_id = $1 and no = any($2) order by sku_id, shop_id, no",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(nos)
    .prepared().load(c)?)
}

/// Brings reservations into a state in which they stay or end.
fn move_on(tx: &mut PgConnection, cause: &Cause, nos: &[&str], ended_by: &str, reason: Option<&str>) -> Result<()> {
    if nos.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update reservations set state = 'released', expires_at = null, ended_at = $3, ended_by = $4, reason = $5 where merchant_id = $1 and no = any($2)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(nos)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Text, _>(ended_by)
    .bind::<Nullable<Text>, _>(reason)
    .prepared().execute(tx)?;
    Ok(())
}
