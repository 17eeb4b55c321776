//! Whose orders wait for a code of the ERP's: what the room of customers below asks for.

use super::waits::Why;
use crate::Result;
use crate::customers::above::Waiting;
use crate::ids::{CustomerId, MerchantId};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Numeric, Text};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// Orders and their amount, of these buyers or of all that have any, those that wait longest first, up to so many buyers.
pub fn by_customer(
    c: &mut PgConnection,
    merchant: MerchantId,
    of: Option<&[CustomerId]>,
    limit: i64,
) -> Result<HashMap<CustomerId, Waiting>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        customer_id: CustomerId,
        #[diesel(sql_type = BigInt)]
        orders: i64,
        #[diesel(sql_type = Numeric)]
        amount: Decimal,
    }
    let whys: Vec<&str> = Why::ALL.into_iter().filter(|w| w.is_the_customers()).map(Why::as_str).collect();
    let these = if of.is_some() { "customer_id = any($4)" } else { "$4::bigint[] is not null" };
    let rows: Vec<Row> = diesel::sql_query(format!(
        "select customer_id, count(*) as orders, sum(payable_amount) as amount from orders \
         where merchant_id = $1 and sync = 'blocked' and waits = any($2) and {these} group by customer_id order by min(id) limit $3"
    ))
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(whys)
    .bind::<BigInt, _>(limit)
    .bind::<Array<BigInt>, _>(of.unwrap_or_default())
    .load(c)?;
    Ok(rows.into_iter().map(|r| (r.customer_id, Waiting { orders: r.orders, amount: r.amount })).collect())
}
