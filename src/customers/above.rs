//! What the room of orders above does for this one, given as data of the app, since nobody here may know it.

use crate::Result;
use crate::ids::{CustomerId, MerchantId};
use crate::trail::Cause;
use diesel::PgConnection;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Orders of one buyer that wait for its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub orders: i64,
    pub amount: Decimal,
}

/// The orders that wait for a customer of the ERP.
#[derive(Clone, Copy)]
pub struct WaitingOrders {
    /// Of these buyers, or of all that have any, up to so many.
    pub of: fn(&mut PgConnection, MerchantId, Option<&[CustomerId]>, i64) -> Result<HashMap<CustomerId, Waiting>>,
    /// Lets the orders of these buyers go, in the transaction that gave them a code; how many went.
    pub release: fn(&mut PgConnection, &Cause, &[CustomerId]) -> Result<usize>,
}
