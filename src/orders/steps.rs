//! What buyers do with an order after they have placed it: pay, cancel, receive (S-05, O-07). Each step can be repeated.

use super::events::{self, Event as Happening, Origin};
use super::feed;
use super::model::{self, Order, Sync};
use super::rules;
use super::state::{self, Event, State, Units, Verdict};
use super::waits;
use crate::Result;
use crate::ids::OrderId;
use crate::stock::reservations::{self, Ack, Back};
use crate::trail::Cause;
use crate::wire::{LineCode, Outcome, Problem};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// How one line of a call about an order ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub no: i32,
    pub outcome: Outcome,
    pub problem: Option<Problem>,
    /// The order as it now is.
    pub order: Option<Order>,
}

impl Ended {
    pub(super) fn well(no: i32, outcome: Outcome, order: &Order) -> Self {
        Self { no, outcome, problem: None, order: Some(order.clone()) }
    }
    pub(super) fn badly(no: i32, problem: Problem, order: Option<&Order>) -> Self {
        Self { no, outcome: Outcome::Rejected, problem: Some(problem), order: order.cloned() }
    }
    pub(super) fn unknown(no: i32, order_no: &str) -> Self {
        Self::badly(no, Problem::new(LineCode::UnknownOrder, "orderNo", order_no), None)
    }
    pub(super) fn wrong(no: i32, order: &Order) -> Self {
        let problem = Problem::new(LineCode::OrderState, "orderNo", &order.order_no).detail(order.state().as_str());
        Self::badly(no, problem, Some(order))
    }
}

/// Orders of one call, locked, with the units of their lines; changed step by step and written once.
pub(super) struct Desk {
    pub orders: HashMap<String, Order>,
    units: HashMap<OrderId, Vec<Units>>,
    /// Where each stood when it was locked.
    was: HashMap<String, State>,
    changed: HashSet<String>,
    happened: Vec<Happening>,
}

impl Desk {
    pub fn lock<'a>(tx: &mut PgConnection, cause: &Cause, nos: impl Iterator<Item = &'a str>) -> Result<Self> {
        let nos: Vec<&str> = nos.collect();
        let orders = model::lock(tx, cause.merchant, &nos)?;
        let ids: Vec<OrderId> = orders.values().map(|o| o.id).collect();
        let units = model::units_of(tx, cause.merchant, &ids)?;
        let was = orders.values().map(|o| (o.order_no.clone(), o.state())).collect();
        Ok(Self { orders, units, was, changed: HashSet::new(), happened: Vec::new() })
    }
    pub fn get(&self, no: &str) -> Option<&Order> {
        self.orders.get(no)
    }
    /// The units of an order's lines, as whoever keeps the lines has left them.
    pub fn put(&mut self, order: OrderId, units: Vec<Units>) {
        self.units.insert(order, units);
    }
    /// Changes an order; its state follows.
    pub fn change(&mut self, no: &str, step: impl FnOnce(&mut Order)) {
        let Some(order) = self.orders.get_mut(no) else { return };
        step(order);
        order.settle(self.units.get(&order.id).map_or(&[], Vec::as_slice));
        self.changed.insert(no.to_owned());
    }
    /// It had left when it was locked, and has not any more.
    pub fn came_back(&self, no: &str) -> bool {
        let had = self.was.get(no).is_some_and(|was| *was == State::Shipped);
        had && self.orders.get(no).is_some_and(|o| o.state() < State::Shipped)
    }
    pub fn tell(&mut self, event: Happening) {
        self.happened.push(event);
    }
    /// Those of these orders that were changed.
    pub fn changed_mut<'a>(&'a mut self, which: &'a [String]) -> impl Iterator<Item = &'a mut Order> {
        self.orders.iter_mut().filter(|(no, _)| which.contains(no)).map(|(_, order)| order)
    }
    pub fn write(&mut self, tx: &mut PgConnection, cause: &Cause) -> Result<()> {
        let mut changed: Vec<Order> = self.orders.iter().filter(|(no, _)| self.changed.contains(*no)).map(|(_, o)| o.clone()).collect();
        changed.sort_by_key(|o| o.id);
        model::write(tx, cause, &changed)?;
        for no in self.changed.drain() {
            if let Some(order) = self.orders.get_mut(&no) {
                order.version += 1;
                order.updated_at = cause.now;
            }
        }
        events::record(tx, cause, &std::mem::take(&mut self.happened))
    }
}

/// A buyer has paid.
#[derive(Clone, Debug)]
pub struct Payment {
    pub no: i32,
    pub order_no: String,
    /// What was paid; missing: what was due.
    pub amount: Option<Decimal>,
    pub paid_at: Option<DateTime<Utc>>,
    /// The payment's id at the storefront.
    pub source_id: Option<String>,
}

/// Takes payments: frozen units turn into sold ones, and the order is let out to the ERP or kept back with a reason.
pub fn pay(tx: &mut PgConnection, cause: &Cause, payments: &[Payment]) -> Result<Vec<Ended>> {
    let mut desk = Desk::lock(tx, cause, payments.iter().map(|p| p.order_no.as_str()))?;
    let mut ended: Vec<Ended> = Vec::with_capacity(payments.len());
    let mut paying: Vec<&Payment> = Vec::new();
    for payment in payments {
        let Some(order) = desk.get(&payment.order_no) else {
            ended.push(Ended::unknown(payment.no, &payment.order_no));
            continue;
        };
        match state::judge(order.state(), order.facts(), Event::Paid) {
            Verdict::Known => ended.push(Ended::well(payment.no, Outcome::Unchanged, order)),
            Verdict::Refused => ended.push(Ended::wrong(payment.no, order)),
            Verdict::News => match payment.amount.filter(|sent| *sent != order.payable) {
                Some(sent) => {
                    let problem = Problem::new(LineCode::Amount, "amount", format!("{sent:.2}")).detail(format!("{:.2}", order.payable));
                    ended.push(Ended::badly(payment.no, problem, Some(order)));
                }
                None => paying.push(payment),
            },
        }
    }
    let confirmed: Vec<(i32, String)> = paying.iter().map(|p| (p.no, p.order_no.clone())).collect();
    let mut seqs = HashMap::new();
    for done in reservations::confirm(tx, cause, &confirmed)? {
        match (done.outcome, done.now.and_then(|n| n.seq)) {
            (Outcome::Rejected, _) | (_, None) => {
                let no = done.no;
                let order = paying.iter().find(|p| p.no == no).and_then(|p| desk.get(&p.order_no));
                let code = Problem::new(LineCode::UnitsGone, "orderNo", order.map_or("", |o| o.order_no.as_str()));
                ended.push(Ended::badly(no, code, order));
            }
            (_, Some(seq)) => {
                seqs.insert(done.no, seq);
            }
        }
    }
    paying.retain(|p| seqs.contains_key(&p.no));
    let customers: Vec<_> = paying.iter().filter_map(|p| desk.get(&p.order_no)).map(|o| o.customer).collect();
    let obstacles = waits::Obstacles::of(tx, cause.merchant, &customers)?;
    let mut kept_back = Vec::new();
    for payment in &paying {
        let why = desk.get(&payment.order_no).and_then(|o| obstacles.before(o.customer));
        let seq = seqs.get(&payment.no).copied();
        desk.change(&payment.order_no, |order| {
            order.note(Event::Paid, payment.paid_at.unwrap_or(cause.now));
            match why {
                None => {
                    order.turn(Sync::Unsynced);
                    order.seq = seq;
                }
                Some(why) => {
                    order.turn(Sync::Blocked);
                    order.waits = Some(why.as_str().to_owned());
                }
            }
        });
        if let Some(order) = desk.get(&payment.order_no) {
            if order.sync() == Sync::Blocked {
                kept_back.push(order.clone());
            }
            let event =
                Happening::new(order.id, cause, "paid", Origin::Storefront).at(payment.paid_at).source(payment.source_id.as_deref());
            let event = event.shown(true).with(json!({ "amount": order.payable.to_string() }));
            ended.push(Ended::well(payment.no, Outcome::Applied, order));
            desk.tell(event);
        }
    }
    feed::leave(tx, cause, kept_back.iter())?;
    desk.write(tx, cause)?;
    Ok(ended)
}

/// Something simple that is said of an order.
#[derive(Clone, Debug)]
pub struct Saying {
    pub no: i32,
    pub order_no: String,
    pub at: Option<DateTime<Utc>>,
    pub source_id: Option<String>,
    pub reason: Option<String>,
}

/// Cancels orders of which nothing has left. Their units come back as the law of stock says; an ERP that has heard of the order
/// is told, unless it said so itself.
pub fn cancel(tx: &mut PgConnection, cause: &Cause, sayings: &[Saying], origin: Origin) -> Result<Vec<Ended>> {
    let mut desk = Desk::lock(tx, cause, sayings.iter().map(|s| s.order_no.as_str()))?;
    let mut ended = Vec::with_capacity(sayings.len());
    let mut going: Vec<&Saying> = Vec::new();
    for saying in sayings {
        let Some(order) = desk.get(&saying.order_no) else {
            ended.push(Ended::unknown(saying.no, &saying.order_no));
            continue;
        };
        match state::judge(order.state(), order.facts(), Event::Cancelled) {
            Verdict::Known => ended.push(Ended::well(saying.no, Outcome::Unchanged, order)),
            Verdict::Refused => ended.push(Ended::wrong(saying.no, order)),
            Verdict::News => going.push(saying),
        }
    }
    let by = if origin == Origin::Person { "person" } else { "storefront" };
    let backs: Vec<Back> = going.iter().map(|s| Back { no: s.no, reservation: s.order_no.clone(), sku: None }).collect();
    reservations::release(tx, cause, &backs, by, going.iter().find_map(|s| s.reason.as_deref()))?;
    for saying in &going {
        desk.change(&saying.order_no, |order| {
            order.note(Event::Cancelled, saying.at.unwrap_or(cause.now));
            order.cancel_reason.clone_from(&saying.reason);
        });
        say(&mut desk, cause, saying, "cancelled", origin);
    }
    let nos: Vec<String> = going.iter().map(|s| s.order_no.clone()).collect();
    retell(tx, cause, &mut desk, &nos, origin)?;
    desk.write(tx, cause)?;
    ended.extend(going.iter().filter_map(|s| Some(Ended::well(s.no, Outcome::Applied, desk.get(&s.order_no)?))));
    Ok(ended)
}

/// Adds the fact that all has left, or that the buyer has it.
pub fn note(tx: &mut PgConnection, cause: &Cause, sayings: &[Saying], event: Event, origin: Origin) -> Result<Vec<Ended>> {
    let kind = match event {
        Event::Sent => "sent",
        _ => "received",
    };
    let mut desk = Desk::lock(tx, cause, sayings.iter().map(|s| s.order_no.as_str()))?;
    let mut ended = Vec::with_capacity(sayings.len());
    let mut news = Vec::new();
    for saying in sayings {
        let Some(order) = desk.get(&saying.order_no) else {
            ended.push(Ended::unknown(saying.no, &saying.order_no));
            continue;
        };
        match state::judge(order.state(), order.facts(), event) {
            Verdict::Known => ended.push(Ended::well(saying.no, Outcome::Unchanged, order)),
            Verdict::Refused => ended.push(Ended::wrong(saying.no, order)),
            Verdict::News => {
                desk.change(&saying.order_no, |order| order.note(event, saying.at.unwrap_or(cause.now)));
                say(&mut desk, cause, saying, kind, origin);
                news.push(saying);
            }
        }
    }
    tell_stock(tx, cause, &desk, origin)?;
    let nos: Vec<String> = news.iter().map(|s| s.order_no.clone()).collect();
    retell(tx, cause, &mut desk, &nos, origin)?;
    desk.write(tx, cause)?;
    ended.extend(news.iter().filter_map(|s| Some(Ended::well(s.no, Outcome::Applied, desk.get(&s.order_no)?))));
    Ok(ended)
}

fn say(desk: &mut Desk, cause: &Cause, saying: &Saying, kind: &'static str, origin: Origin) {
    if let Some(order) = desk.get(&saying.order_no) {
        let event = Happening::new(order.id, cause, kind, origin).at(saying.at).source(saying.source_id.as_deref()).shown(true);
        desk.tell(event.with(json!({ "reason": saying.reason })));
    }
}

/// Why units go back of which none will leave.
const CLOSED_SHORT: &str = "closed short";

/// Tells stock what the orders on the desk have come to: all of one has left, or, where every line was closed short, none
/// of it will, and its units go back as those of a cancelled one do. Before the feed: the merchant's row is locked last.
pub(super) fn tell_stock(tx: &mut PgConnection, cause: &Cause, desk: &Desk, origin: Origin) -> Result<()> {
    let news = |which: fn(&Order) -> bool| -> Vec<&str> {
        let came = |o: &&Order| which(o) && desk.was.get(&o.order_no).is_some_and(|was| *was < State::Shipped);
        desk.orders.values().filter(came).map(|o| o.order_no.as_str()).collect()
    };
    let gone = news(|o| matches!(o.state(), State::Shipped | State::Completed));
    let short = news(|o| o.state() == State::Cancelled && !o.facts().cancelled);
    if gone.is_empty() && short.is_empty() {
        return Ok(());
    }
    if origin == Origin::Erp {
        // What the ERP sends it has booked.
        let ack = |(no, order): (i32, &&str)| Ack { no, reservation: (*order).to_owned(), imported_at: None, shipped_at: Some(cause.now) };
        reservations::acknowledge(tx, cause, &(1..).zip(&gone).map(ack).collect::<Vec<_>>())?;
    } else {
        reservations::left(tx, cause, &gone)?;
    }
    let back = |(no, order): (i32, &&str)| Back { no, reservation: (*order).to_owned(), sku: None };
    let backs: Vec<Back> = (1..).zip(&short).map(back).collect();
    match origin {
        Origin::Erp => reservations::release_as_told(tx, cause, &backs, CLOSED_SHORT)?,
        Origin::Person => reservations::release(tx, cause, &backs, "person", Some(CLOSED_SHORT))?,
        Origin::Storefront | Origin::System => reservations::release(tx, cause, &backs, "storefront", Some(CLOSED_SHORT))?,
    };
    Ok(())
}

/// After a change that is not the ERP's own: an order the ERP has heard of is handed over again, one it never saw and that is
/// over need not be.
pub(super) fn retell(tx: &mut PgConnection, cause: &Cause, desk: &mut Desk, nos: &[String], origin: Origin) -> Result<()> {
    if origin == Origin::Erp {
        return Ok(());
    }
    let from_the_start = rules::of(tx, cause.merchant)?.from_the_start();
    let mut again = Vec::new();
    for no in nos {
        let Some(order) = desk.get(no) else { continue };
        let heard = order.handed > 0 || order.synced_at.is_some();
        match order.sync() {
            Sync::Unsynced | Sync::Delivered | Sync::Synced if heard => again.push(no.clone()),
            Sync::Unsynced | Sync::Blocked if order.state().is_over() => desk.change(no, |order| {
                order.turn(Sync::None);
                order.seq = None;
            }),
            Sync::None if from_the_start && !order.state().is_over() => again.push(no.clone()),
            _ => {}
        }
    }
    feed::enter(tx, cause, desk.changed_mut(&again), false)
}

/// Cancels orders whose units went back because nobody paid in time; how many.
pub fn follow_expiry(tx: &mut PgConnection, cause: &Cause, limit: i64) -> Result<usize> {
    let nos = waits::unpaid_without_units(tx, cause.merchant, limit)?;
    let saying = |(no, order_no): (i32, String)| Saying { no, order_no, at: None, source_id: None, reason: Some("timeout".into()) };
    let sayings: Vec<Saying> = (1..).zip(nos).map(saying).collect();
    let ended = cancel(tx, cause, &sayings, Origin::System)?;
    Ok(ended.iter().filter(|e| e.outcome == Outcome::Applied).count())
}
