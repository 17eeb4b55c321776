//! Everything about one order, from one moment.

use super::events::{self, Happened};
use super::list::place;
use super::model::{Order, OrderLine, by_no, lines_of};
use super::rules;
use super::shipments::list::{Package, Part, Told, packages, parts, told};
use crate::customers::{self, Customer};
use crate::ids::MerchantId;
use crate::trail;
use crate::wire::Module;
use crate::{Error, Result, gate};
use chrono::{DateTime, Utc};
use diesel::PgConnection;

/// Events shown of one order, and of its buyer.
const EVENTS: i64 = 200;

/// What is known of it.
pub(super) struct Sight {
    pub order: Order,
    pub lines: Vec<OrderLine>,
    pub customer: Option<Customer>,
    pub shop: String,
    /// Where it goes, from the largest division down.
    pub region: Vec<String>,
    pub events: Vec<Happened>,
    /// What was decided about the buyer.
    pub decided: Vec<trail::Event>,
    pub shipments: Vec<Told>,
    pub packages: Vec<Package>,
    /// What of its lines left.
    pub parts: Vec<Part>,
    /// The merchant has switched orders off.
    pub off: bool,
    pub alert: i32,
}

pub(super) fn of(c: &mut PgConnection, merchant: MerchantId, no: &str, now: DateTime<Utc>) -> Result<Sight> {
    let order = by_no(c, merchant, no)?.ok_or(Error::NotFound)?;
    let customer = customers::by_ids(c, merchant, &[order.customer])?.remove(&order.customer);
    let decided = match &customer {
        Some(customer) => trail::of_subject(c, merchant, "customer", &customer.customer_id, EVENTS)?,
        None => Vec::new(),
    };
    let (shop, region) = place(c, merchant, &order)?;
    Ok(Sight {
        lines: lines_of(c, merchant, &[order.id])?.remove(&order.id).unwrap_or_default(),
        events: events::of_order(c, merchant, order.id, EVENTS)?,
        off: gate::switches::why_off(c, merchant, Module::Order, now)?.is_some(),
        alert: rules::of(c, merchant)?.alert_minutes,
        shipments: told(c, merchant, order.id)?,
        packages: packages(c, merchant, order.id)?,
        parts: parts(c, merchant, order.id)?,
        decided,
        customer,
        shop,
        region,
        order,
    })
}
