//! The order feed's numbers (G9, G10).
//!
//! A number is taken under the merchant's row lock in the transaction that lets the order out, so that no reader ever sees 42
//! before 41 is there. An order that may not be handed over has none: what an ERP says it has booked "up to 45" never covers it.

use super::model::{Order, Sync};
use crate::Result;
use crate::stock::reservations;
use crate::trail::Cause;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// Puts orders at the end of the feed. `units` says whose paid units get the same number: those of orders the ERP has not
/// booked yet.
///
/// Locks the merchant's row: the last lock of a transaction.
pub(super) fn enter<'a>(tx: &mut PgConnection, cause: &Cause, orders: impl Iterator<Item = &'a mut Order>, units: bool) -> Result<()> {
    #[derive(QueryableByName)]
    struct Last {
        #[diesel(sql_type = BigInt)]
        order_seq: i64,
    }
    let orders: Vec<&mut Order> = orders.collect();
    let Ok(count @ 1..) = i64::try_from(orders.len()) else { return Ok(()) };
    if units {
        let paid: Vec<&str> = orders.iter().filter(|o| o.paid_at.is_some()).map(|o| o.order_no.as_str()).collect();
        reservations::lock(tx, cause.merchant, &paid)?;
    }
    let last: Last = diesel::sql_query("update merchants set order_seq = order_seq + $2 where id = $1 returning order_seq")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<BigInt, _>(count)
        .get_result(tx)?;
    let mut renumbered = Vec::new();
    for (seq, order) in (last.order_seq - count + 1..).zip(orders) {
        order.turn(Sync::Unsynced);
        order.seq = Some(seq);
        if units && order.paid_at.is_some() {
            renumbered.push((order.order_no.clone(), Some(seq)));
        }
    }
    reservations::renumber(tx, cause.merchant, &renumbered)
}

/// Keeps orders out of the feed: their units have no number either.
pub(super) fn leave<'a>(tx: &mut PgConnection, cause: &Cause, orders: impl Iterator<Item = &'a Order>) -> Result<()> {
    let nos: Vec<(String, Option<i64>)> = orders.map(|o| (o.order_no.clone(), None)).collect();
    reservations::renumber(tx, cause.merchant, &nos)
}
