//! Which buyer is which customer of the ERP, said by somebody (U-03, U-06): a person on the page, or the ERP by `customer.bind`.
//!
//! What is said stands: no match by itself lays over it. Taking a code away is said as well, so the same match does not come back.

use super::above::WaitingOrders;
use super::model::{COLUMNS, Customer, Match, lock_one};
use super::settle::{self, Side, settle};
use crate::ids::CustomerId;
use crate::text::Text as Said;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use serde_json::{Value, json};

/// The longest code of the ERP.
pub const CODE_MAX: usize = 50;

/// A code as typed, if it can be one.
pub fn code(text: &str) -> Option<String> {
    let code = text.trim();
    (!code.is_empty() && code.chars().count() <= CODE_MAX && !code.chars().any(char::is_control)).then(|| code.to_owned())
}

/// What is said about a buyer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum To {
    Code(String),
    /// Nothing any more.
    Open,
    NotNeeded,
}

impl To {
    fn kind(&self) -> Match {
        match self {
            To::Code(_) => Match::Person,
            To::Open => Match::None,
            To::NotNeeded => Match::NotNeeded,
        }
    }
    fn code(&self) -> Option<&str> {
        if let To::Code(code) = self { Some(code) } else { None }
    }
    fn verb(&self, before: Match) -> &'static str {
        match (self, before) {
            (To::Code(_), _) => "customer.bound",
            (To::Open, Match::NotNeeded) => "customer.needed",
            (To::Open, _) => "customer.unbound",
            (To::NotNeeded, _) => "customer.not_needed",
        }
    }
    /// Whether saying it changes anything.
    pub(super) fn is_news(&self, row: &Customer) -> bool {
        (self.kind(), self.code()) != (row.match_kind(), row.erp_code.as_deref())
    }
}

/// Says something about locked rows; all at once, those it is no news for are left out.
pub(super) fn say(tx: &mut PgConnection, cause: &Cause, all: &[(&Customer, To)]) -> Result<()> {
    let news: Vec<&(&Customer, To)> = all.iter().filter(|(row, to)| to.is_news(row)).collect();
    if news.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update customers c set match_kind = n.kind, erp_code = n.code, hands_off = n.hands_off, matched_by = case when n.code is not null then $2 end, \
         matched_at = case when n.code is not null then $3 end, version = c.version + 1, updated_at = $3 \
         from unnest($4, $5, $6, $7) as n(id, kind, code, hands_off) where c.merchant_id = $1 and c.id = n.id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(&cause.actor_name)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<BigInt>, _>(news.iter().map(|(row, _)| row.id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(news.iter().map(|(_, to)| to.kind().as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(news.iter().map(|(_, to)| to.code()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(news.iter().map(|(row, to)| *to == To::Open && row.erp_code.is_some()).collect::<Vec<_>>())
    .execute(tx)?;
    let entries: Vec<Entry> = news
        .iter()
        .map(|(row, to)| {
            let before = told(row.match_kind(), row.erp_code.as_deref());
            Entry::new(to.verb(row.match_kind()), "customer", &row.customer_id).change(before, told(to.kind(), to.code()))
        })
        .collect();
    trail::record(tx, cause, &entries)
}

fn told(kind: Match, code: Option<&str>) -> Value {
    json!({ "match": kind.as_str(), "erpCustomerCode": code })
}

/// Says that a buyer is the ERP's customer of this code. `seen` is the version somebody decided on.
///
/// # Errors
/// `NotFound`; `Conflict` when the buyer has changed since, or the text is no code.
pub fn bind(tx: &mut PgConnection, cause: &Cause, id: CustomerId, code: &str, seen: Option<i32>) -> Result<Customer> {
    let code = self::code(code).ok_or_else(|| Error::Conflict(Said::new("customer-code-bad").with(CODE_MAX)))?;
    decide(tx, cause, id, To::Code(code), seen)
}

/// Takes the code away, and with it any match by itself until the USCC changes.
pub fn unbind(tx: &mut PgConnection, cause: &Cause, id: CustomerId, seen: Option<i32>) -> Result<Customer> {
    decide(tx, cause, id, To::Open, seen)
}

/// The ERP need not know this buyer.
pub fn exempt(tx: &mut PgConnection, cause: &Cause, id: CustomerId, seen: Option<i32>) -> Result<Customer> {
    decide(tx, cause, id, To::NotNeeded, seen)
}

/// A buyer's row, locked behind the turn that whoever changes a buyer takes first.
fn hold(tx: &mut PgConnection, cause: &Cause, id: CustomerId) -> Result<Customer> {
    settle::lock(tx, cause.merchant, Side::Buyers)?;
    lock_one(tx, cause.merchant, id)
}

fn decide(tx: &mut PgConnection, cause: &Cause, id: CustomerId, to: To, seen: Option<i32>) -> Result<Customer> {
    let row = hold(tx, cause, id)?;
    if seen.is_some_and(|version| version != row.version) && to.is_news(&row) {
        return Err(Error::Conflict(Said::new("customer-changed").with(&row.name)));
    }
    let back = to == To::Open && row.match_kind() == Match::NotNeeded;
    say(tx, cause, &[(&row, to)])?;
    if back {
        reopen(tx, cause, id)?;
    }
    one(tx, cause, id)
}

/// Takes [`unbind`] back: a match by itself is one again where the USCC still says so, and otherwise somebody's word.
pub fn rebind(tx: &mut PgConnection, cause: &Cause, id: CustomerId, code: &str) -> Result<Customer> {
    let row = reopen(tx, cause, id)?;
    if row.erp_code.as_deref() == Some(code) { Ok(row) } else { bind(tx, cause, id, code, None) }
}

/// Takes a match back as if nobody had said anything: the USCC decides again.
pub fn take_back(tx: &mut PgConnection, cause: &Cause, id: CustomerId) -> Result<Customer> {
    let row = hold(tx, cause, id)?;
    say(tx, cause, &[(&row, To::Open)])?;
    reopen(tx, cause, id)
}

/// Takes [`exempt`] back; a buyer that is not exempt stays as it is.
pub fn take_back_exemption(tx: &mut PgConnection, cause: &Cause, id: CustomerId, seen: Option<i32>) -> Result<Customer> {
    let row = hold(tx, cause, id)?;
    if row.match_kind() == Match::NotNeeded { decide(tx, cause, id, To::Open, seen) } else { Ok(row) }
}

/// What a person says on the page, or takes back there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Say {
    Bind(String),
    Rebind(String),
    Unbind,
    TakeBack,
    Exempt,
    Need,
}

/// Says it of a buyer, and lets the orders go that need no more now; how many went.
pub(super) fn perform(
    tx: &mut PgConnection,
    cause: &Cause,
    id: CustomerId,
    what: &Say,
    seen: Option<i32>,
    above: Option<WaitingOrders>,
) -> Result<usize> {
    let after = match what {
        Say::Bind(code) => bind(tx, cause, id, code, seen)?,
        Say::Rebind(code) => rebind(tx, cause, id, code)?,
        Say::Unbind => unbind(tx, cause, id, seen)?,
        Say::TakeBack => take_back(tx, cause, id)?,
        Say::Exempt => exempt(tx, cause, id, seen)?,
        Say::Need => take_back_exemption(tx, cause, id, seen)?,
    };
    let free = after.erp_code.is_some() || after.match_kind() == Match::NotNeeded;
    match above.filter(|_| free) {
        Some(above) => (above.release)(tx, cause, &[id]),
        None => Ok(0),
    }
}

/// Lets the USCC decide again.
fn reopen(tx: &mut PgConnection, cause: &Cause, id: CustomerId) -> Result<Customer> {
    hold(tx, cause, id)?;
    diesel::sql_query("update customers set hands_off = false where merchant_id = $1 and id = $2 and hands_off")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(id)
        .execute(tx)?;
    settle(tx, cause, &[id], &[])?;
    one(tx, cause, id)
}

fn one(tx: &mut PgConnection, cause: &Cause, id: CustomerId) -> Result<Customer> {
    let sql = format!("select {COLUMNS} from customers c where c.merchant_id = $1 and c.id = $2");
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(cause.merchant).bind::<BigInt, _>(id).get_result(tx)?)
}
