//! Buyers and the ERP's customers: who is whom.

mod evaluation;
mod keeping;
mod pages;
mod pushing;
mod scale;

use crate::support::{Answer, Cast, House};
use duijie::customers::{self, Customer, Draft};
use duijie::ids::MerchantId;
use duijie::trail::Cause;
use serde_json::Value;

pub use crate::support::cast::{OWNER, READER, STRANGER};

/// A code with a right check digit, and another.
pub const USCC: &str = "91150825MAUAJW50DX";
pub const OTHER_USCC: &str = "91110000802100433B";

pub async fn house() -> (House, Cast) {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    (house, cast)
}

pub fn buyer(id: &str, name: &str, uscc: &str) -> Draft {
    Draft { customer_id: id.into(), name: name.into(), uscc: Some(uscc.into()), ..Draft::default() }
}

impl House {
    /// The storefront speaks of a buyer.
    pub async fn keep(&self, merchant: MerchantId, draft: Draft) -> Customer {
        let cause = Cause::system(merchant, "storefront", self.now());
        self.platform.db.write(move |tx| customers::keep(tx, &cause, &draft)).await.expect("keep")
    }
    /// A's ERP pushes its customers.
    pub async fn push_customers(&self, cast: &Cast, lines: Value) -> Answer {
        self.api(&cast.erp, "customer.add_or_edit", lines).send().await
    }
    /// All buyers: id, state, code.
    pub fn buyers(&self) -> String {
        self.ask(
            "select string_agg(concat_ws(' ', customer_id, match_kind, erp_code), ', ' order by merchant_id, customer_id) from customers",
        )
    }
    pub fn customer_trail(&self) -> String {
        self.ask(
            "select string_agg(concat_ws(' ', verb, subject_id, actor_name), ', ' order by at, id) from trail where verb like '%customer%'",
        )
    }
}
