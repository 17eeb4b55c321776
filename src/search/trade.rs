//! Orders and buyers among what is found: an order by its number or its buyer, a buyer by name, initials, id, code or phone.

use crate::Result;
use crate::customers::{self, Customer};
use crate::ids::MerchantId;
use crate::orders::list::{self, Item, Search};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use rust_decimal::Decimal;
use serde::Serialize;

/// Lines of a group.
const SHOWN: i64 = 5;

/// An order as a line of what was found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub order_no: String,
    pub buyer: String,
    pub amount: Decimal,
    #[serde(skip)]
    pub state: &'static str,
    pub placed_at: DateTime<Utc>,
}

impl From<Item> for Order {
    fn from(item: Item) -> Self {
        let buyer = item.customer.map(|c| c.name).unwrap_or_default();
        Self {
            buyer,
            amount: item.order.payable,
            state: item.order.state().label(),
            placed_at: item.order.placed_at,
            order_no: item.order.order_no,
        }
    }
}

pub fn orders(c: &mut PgConnection, merchant: MerchantId, text: &str) -> Result<Vec<Order>> {
    let found = list::page(c, merchant, &Search { q: text.to_owned(), ..Search::default() }, SHOWN)?;
    Ok(found.into_iter().map(Order::from).collect())
}

/// A buyer as a line of what was found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Buyer {
    pub customer_id: String,
    pub name: String,
    pub erp_customer_code: Option<String>,
}

impl From<Customer> for Buyer {
    fn from(row: Customer) -> Self {
        Self { customer_id: row.customer_id, name: row.name, erp_customer_code: row.erp_code }
    }
}

pub fn buyers(c: &mut PgConnection, merchant: MerchantId, text: &str) -> Result<Vec<Buyer>> {
    Ok(customers::named(c, merchant, text, SHOWN)?.into_iter().map(Buyer::from).collect())
}
