//! How a merchant's orders find the ERP's customer.

use super::model::closed;
use crate::Result;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::json;

closed! {
    /// What an order needs of its buyer before it may go to the ERP.
    Scheme {
        /// Nothing: consignee, phone, address and invoice are enough (U-01).
        None "none" "customer-scheme-none"
        /// A code that somebody fills in when the order is there (U-03).
        OnOrder "on_order" "customer-scheme-on-order"
        /// A code matched with the customers the ERP pushes beforehand (U-04).
        Presync "presync" "customer-scheme-presync"
    }
}

impl Scheme {
    /// An order waits until its buyer has the ERP's code.
    pub fn needs_code(self) -> bool {
        self != Scheme::None
    }
    /// The text key of what it means.
    pub fn about(self) -> &'static str {
        match self {
            Scheme::None => "customer-scheme-none-about",
            Scheme::OnOrder => "customer-scheme-on-order-about",
            Scheme::Presync => "customer-scheme-presync-about",
        }
    }
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    scheme: String,
}

/// A merchant that has chosen nothing needs no code.
pub fn scheme(c: &mut PgConnection, merchant: MerchantId) -> Result<Scheme> {
    let stored: Option<Stored> = diesel::sql_query("select scheme from customer_rules where merchant_id = $1")
        .bind::<BigInt, _>(merchant)
        .get_result(c)
        .optional()?;
    Ok(stored.and_then(|s| Scheme::of(&s.scheme)).unwrap_or(Scheme::None))
}

/// Chooses one; whether that was news. Orders that wait for a code are the business of the room above.
pub fn choose(tx: &mut PgConnection, cause: &Cause, scheme: Scheme) -> Result<bool> {
    let before = self::scheme(tx, cause.merchant)?;
    if before == scheme {
        return Ok(false);
    }
    diesel::sql_query(
        "insert into customer_rules (merchant_id, scheme) values ($1, $2) on conflict (merchant_id) do update set scheme = excluded.scheme",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(scheme.as_str())
    .execute(tx)?;
    let entry = Entry::new("customer.scheme_chosen", "merchant", cause.merchant)
        .change(json!({ "scheme": before.as_str() }), json!({ "scheme": scheme.as_str() }));
    trail::record(tx, cause, &[entry])?;
    Ok(true)
}
