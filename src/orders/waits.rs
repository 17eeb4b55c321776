//! Why an order is not in the ERP yet: a closed list, each reason with the way out (O-11, Q-29).

use super::events::{self, Event, Origin};
use super::feed;
use super::model::{Order, Sync};
use super::steps::Desk;
use crate::customers::{self, Customer, Scheme};
use crate::ids::{CustomerId, MerchantId};
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use serde_json::json;
use std::collections::HashMap;

/// What keeps an order back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The buyer has no customer code of the ERP.
    CustomerUnmapped,
    /// Nor can it get one by itself: its credit code cannot be right.
    UsccInvalid,
    /// The ERP said no, and why.
    ErpRefused,
    /// Somebody keeps it back.
    ByHand,
}

impl Why {
    pub const ALL: [Why; 4] = [Why::CustomerUnmapped, Why::UsccInvalid, Why::ErpRefused, Why::ByHand];
    pub fn as_str(self) -> &'static str {
        match self {
            Why::CustomerUnmapped => "customer_unmapped",
            Why::UsccInvalid => "uscc_invalid",
            Why::ErpRefused => "erp_refused",
            Why::ByHand => "by_hand",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.as_str() == name)
    }
    /// The text key of the reason.
    pub fn label(self) -> &'static str {
        match self {
            Why::CustomerUnmapped => "order-waits-customer-unmapped",
            Why::UsccInvalid => "order-waits-uscc-invalid",
            Why::ErpRefused => "order-waits-erp-refused",
            Why::ByHand => "order-waits-by-hand",
        }
    }
    /// The text key of the way out.
    pub fn remedy(self) -> &'static str {
        match self {
            Why::CustomerUnmapped => "order-fix-customer-unmapped",
            Why::UsccInvalid => "order-fix-uscc-invalid",
            Why::ErpRefused => "order-fix-erp-refused",
            Why::ByHand => "order-fix-by-hand",
        }
    }
    /// Goes away when the buyer gets a code.
    pub(super) fn is_the_customers(self) -> bool {
        matches!(self, Why::CustomerUnmapped | Why::UsccInvalid)
    }
}

/// What stands before the orders of some buyers.
pub(super) struct Obstacles {
    scheme: Scheme,
    customers: HashMap<CustomerId, Customer>,
}

impl Obstacles {
    pub fn of(c: &mut PgConnection, merchant: MerchantId, customers: &[CustomerId]) -> Result<Self> {
        let scheme = customers::scheme(c, merchant)?;
        let customers = if scheme == Scheme::None { HashMap::new() } else { customers::by_ids(c, merchant, customers)? };
        Ok(Self { scheme, customers })
    }
    /// whether an order of this buyer has to wait.
    pub fn before(&self, customer: CustomerId) -> Option<Why> {
        if self.scheme == Scheme::None {
            return None;
        }
        let customer = self.customers.get(&customer)?;
        if customer.erp_code.is_some() || customer.match_kind() == customers::Match::NotNeeded {
            return None;
        }
        let hopeless = self.scheme == Scheme::Presync && !customer.uscc.is_empty() && !customer.uscc_ok;
        Some(if hopeless { Why::UsccInvalid } else { Why::CustomerUnmapped })
    }
}

/// Where an order is on its way into the ERP, for page, list and API alike; pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// In the ERP's books, under this number if it told one.
    In(Option<String>),
    /// Not for the ERP: unpaid, or over before it got there.
    NotYet,
    /// Next time the ERP asks.
    Next {
        overdue: bool,
    },
    /// Handed over, its acknowledgement is awaited until then.
    Handed {
        until: Option<DateTime<Utc>>,
    },
    /// The merchant has switched orders off.
    SwitchedOff,
    Waits {
        why: Why,
        note: Option<String>,
    },
}

/// Why an order is not in the ERP.
pub fn why_not_in_erp(order: &Order, switched_off: bool, alert_minutes: i32, now: DateTime<Utc>) -> Way {
    match order.sync() {
        Sync::Synced => Way::In(order.erp_order_no.clone()),
        Sync::None => Way::NotYet,
        Sync::Blocked => {
            let why = order.waits.as_deref().and_then(Why::of).unwrap_or(Why::ByHand);
            Way::Waits { why, note: order.waits_note.clone() }
        }
        Sync::Delivered if order.leased_until.is_some_and(|until| until > now) => Way::Handed { until: order.leased_until },
        Sync::Unsynced | Sync::Delivered if switched_off => Way::SwitchedOff,
        Sync::Unsynced | Sync::Delivered => {
            let since = order.paid_at.unwrap_or(order.placed_at);
            Way::Next { overdue: since + Duration::minutes(i64::from(alert_minutes)) < now }
        }
    }
}

/// Keeps an order back by hand. One that the ERP has is beyond that.
pub fn hold(tx: &mut PgConnection, cause: &Cause, no: &str, reason: &str) -> Result<()> {
    if hold_all(tx, cause, &[no], reason)?.is_empty() {
        let known = super::model::by_no(tx, cause.merchant, no)?.is_some();
        return Err(if known { Error::Conflict(crate::text::Text::new("order-cannot-hold")) } else { Error::NotFound });
    }
    Ok(())
}

/// Keeps those of these orders back that the ERP may still be kept from; which, by number.
pub fn hold_all(tx: &mut PgConnection, cause: &Cause, nos: &[&str], reason: &str) -> Result<Vec<String>> {
    let mut desk = Desk::lock(tx, cause, nos.iter().copied())?;
    let mut going: Vec<Order> = desk.orders.values().filter(|o| matches!(o.sync(), Sync::Unsynced | Sync::Delivered)).cloned().collect();
    going.sort_by_key(|o| o.id);
    feed::leave(tx, cause, going.iter())?;
    for order in &going {
        desk.change(&order.order_no, |order| {
            order.turn(Sync::Blocked);
            order.waits = Some(Why::ByHand.as_str().to_owned());
            order.waits_note = Some(reason.to_owned()).filter(|r| !r.is_empty());
        });
        desk.tell(Event::new(order.id, cause, "held", Origin::of(cause)).with(json!({ "reason": reason })));
    }
    desk.write(tx, cause)?;
    let entries: Vec<Entry> = going.iter().map(|o| Entry::new("order.held", "order", &o.order_no).note(reason)).collect();
    trail::record(tx, cause, &entries)?;
    Ok(going.into_iter().map(|o| o.order_no).collect())
}

/// Lets waiting orders go to the ERP, or sends them there again: `order.sync.reset`, and the page's buttons. An order that
/// still lacks its buyer's code stays; which went, by number.
pub fn release(tx: &mut PgConnection, cause: &Cause, nos: &[&str]) -> Result<Vec<String>> {
    let mut desk = Desk::lock(tx, cause, nos.iter().copied())?;
    let customers: Vec<CustomerId> = desk.orders.values().map(|o| o.customer).collect();
    let obstacles = Obstacles::of(tx, cause.merchant, &customers)?;
    let from_the_start = super::rules::of(tx, cause.merchant)?.from_the_start();
    let may = |o: &Order| {
        let for_the_erp = o.paid_at.is_some() || (from_the_start && !o.state().is_over()) || o.handed > 0;
        o.sync() != Sync::Unsynced && for_the_erp && obstacles.before(o.customer).is_none()
    };
    let mut going: Vec<Order> = desk.orders.values().filter(|o| may(o)).cloned().collect();
    going.sort_by_key(|o| o.id);
    // What the ERP has booked keeps its number: its units are inside the ERP's figure.
    let (fresh, again): (Vec<&Order>, Vec<&Order>) = going.iter().partition(|o| o.synced_at.is_none());
    let numbers = |orders: Vec<&Order>| orders.into_iter().map(|o| o.order_no.clone()).collect::<Vec<_>>();
    let (fresh, again) = (numbers(fresh), numbers(again));
    for order in &going {
        desk.change(&order.order_no, |_| {});
        desk.tell(Event::new(order.id, cause, "resent", Origin::of(cause)));
    }
    feed::enter(tx, cause, desk.changed_mut(&fresh), true)?;
    feed::enter(tx, cause, desk.changed_mut(&again), false)?;
    desk.write(tx, cause)?;
    let entries: Vec<Entry> = going.iter().map(|o| Entry::new("order.resent", "order", &o.order_no)).collect();
    trail::record(tx, cause, &entries)?;
    Ok(going.into_iter().map(|o| o.order_no).collect())
}

/// Of orders about to be handed over, those whose buyer has lost its code since they were let out wait again: a second
/// customer of the ERP's with the same credit code, say, has withdrawn the match. The others come back. One that is in the ERP's
/// books already stays there.
pub(super) fn keep_back(tx: &mut PgConnection, cause: &Cause, orders: Vec<Order>) -> Result<Vec<Order>> {
    let customers: Vec<CustomerId> = orders.iter().map(|o| o.customer).collect();
    let obstacles = Obstacles::of(tx, cause.merchant, &customers)?;
    // Taken over a moment ago is not in the books yet.
    let new = |o: &Order| o.synced_at.is_none_or(|at| at == cause.now);
    let (mut back, going): (Vec<Order>, Vec<Order>) = orders.into_iter().partition(|o| new(o) && obstacles.before(o.customer).is_some());
    if back.is_empty() {
        return Ok(going);
    }
    feed::leave(tx, cause, back.iter())?;
    let mut told = Vec::with_capacity(back.len());
    for order in &mut back {
        let Some(why) = obstacles.before(order.customer) else { continue };
        order.turn(Sync::Blocked);
        order.waits = Some(why.as_str().to_owned());
        (order.synced_at, order.handed) = (None, order.handed - 1);
        told.push(Event::new(order.id, cause, "held", Origin::System).with(json!({ "why": why.as_str() })));
    }
    super::model::write(tx, cause, &back)?;
    events::record(tx, cause, &told)?;
    Ok(going)
}

/// The orders that waited for these buyers' codes go their way; how many.
pub fn release_unmapped(tx: &mut PgConnection, cause: &Cause, customers: &[CustomerId]) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Waiting {
        #[diesel(sql_type = Text)]
        order_no: String,
    }
    let whys: Vec<&str> = Why::ALL.into_iter().filter(|w| w.is_the_customers()).map(Why::as_str).collect();
    let waiting: Vec<Waiting> = diesel::sql_query(
        "select order_no from orders where merchant_id = $1 and sync = 'blocked' and waits = any($2) and customer_id = any($3) order by id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(whys)
    .bind::<Array<BigInt>, _>(customers)
    .load(tx)?;
    let nos: Vec<&str> = waiting.iter().map(|w| w.order_no.as_str()).collect();
    Ok(release(tx, cause, &nos)?.len())
}

/// Unpaid orders whose units have been given back.
pub(super) fn unpaid_without_units(c: &mut PgConnection, merchant: MerchantId, limit: i64) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        order_no: String,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select o.order_no from orders o join reservations r on r.merchant_id = o.merchant_id and r.no = o.order_no \
         where o.merchant_id = $1 and o.state = 'unpaid' and r.state = 'released' order by o.order_no limit $2",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(limit)
    .load(c)?;
    Ok(rows.into_iter().map(|r| r.order_no).collect())
}
