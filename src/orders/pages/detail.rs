//! One order.

use super::list::{self, tone};
use super::trace::{self, Moment};
use super::{escaped, waited};
use crate::customers::{self, Customer};
use crate::form::Form;
use crate::orders::hand::Step;
use crate::orders::model::{Order, OrderLine, Sync};
use crate::orders::shipments::list::{Package, Part, Told};
use crate::orders::sight;
use crate::orders::state::State;
use crate::orders::waits::{Way, Why, why_not_in_erp};
use crate::orders::wire;
use crate::products::look;
use crate::text::Text;
use crate::web::{Ctx, Frame, Permission, Reply, Seat, filters};
use crate::{Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

#[derive(Deserialize, Default, Clone)]
pub struct Asked {
    /// `visible`: only what the buyer sees.
    #[serde(default)]
    trace: String,
    #[serde(default)]
    done: String,
    #[serde(default)]
    n: i64,
}

/// A stage of the track: its look, its name, and what is said under it.
struct Stage {
    class: &'static str,
    name: Text,
    note: String,
}

/// A lot the buyer was promised.
pub struct Lot {
    pub no: String,
    pub expires: String,
}

/// A line of the order as the page shows it.
pub struct Goods {
    pub line: OrderLine,
    pub kind: &'static str,
    pub hue: &'static str,
    pub lots: Vec<Lot>,
}

impl Goods {
    pub fn of(line: OrderLine) -> Self {
        let (kind, hue) = look::of(&line.name, &line.spec);
        let word = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let lots = line.lots.as_array().map_or(&[][..], Vec::as_slice);
        let lots = lots.iter().map(|v| Lot { no: word(v, "lotNo"), expires: word(v, "expiresOn") }).collect();
        Self { kind, hue, lots, line }
    }
    /// How much of it has left, of a hundred.
    fn percent(&self) -> i64 {
        self.line.shipped * 100 / self.line.qty.max(1)
    }
    fn left(&self) -> i64 {
        self.line.units().left()
    }
    fn tone(&self) -> &'static str {
        if self.left() <= 0 && self.line.closed == 0 { "ok" } else { "warn" }
    }
}

/// What left together, and in which packages; without a number: packages of which nothing is told line by line.
pub struct Sent {
    pub no: Option<i32>,
    pub at: DateTime<Utc>,
    pub packages: Vec<Package>,
    pub parts: Vec<Gone>,
    /// What will not come: the goods, and how many units of them.
    pub short: Vec<(String, i64)>,
}

/// A part of a line that left, held against what the buyer was promised (L-05).
pub struct Gone {
    pub name: String,
    pub part: Part,
    /// Look, drawing and words of the verdict.
    pub class: &'static str,
    pub icon: &'static str,
    pub verdict: Text,
}

impl Gone {
    fn of(part: Part, lines: &[Goods]) -> Self {
        let name = name_of(part.line_no, lines);
        let days = part.days.unwrap_or_default().abs();
        let (class, icon, verdict) = match part.promise.as_str() {
            "kept" => ("eq", "equal", Text::new("order-lot-kept")),
            "longer" => ("nm", "arrow-up-right", Text::new("order-lot-longer").with(days)),
            "shorter" => ("df", "arrow-down", Text::new("order-lot-shorter").with(days)),
            "unknown" => ("ms", "help-circle", Text::new("order-lot-unknown")),
            _ => ("ms", "circle-dashed", Text::new("order-lot-none")),
        };
        Self { name, part, class, icon, verdict }
    }
}

fn name_of(line: i32, lines: &[Goods]) -> String {
    lines.iter().find(|g| g.line.no == line).map(|g| g.line.name.clone()).unwrap_or_default()
}

/// Shipments in the order they were told, then packages that stand alone.
fn sent(told: Vec<Told>, packages: Vec<Package>, parts: Vec<Part>, lines: &[Goods]) -> Vec<Sent> {
    let of_package: HashMap<i32, i32> = parts.iter().filter_map(|p| Some((p.package_no?, p.shipment_no))).collect();
    let shipment = |t: Told| {
        let short = t.closed.into_iter().map(|(line, n)| (name_of(line, lines), n)).collect();
        (t.no, Sent { no: Some(t.no), at: t.at, packages: Vec::new(), parts: Vec::new(), short })
    };
    let mut all: BTreeMap<i32, Sent> = told.into_iter().map(shipment).collect();
    for part in parts {
        if let Some(sent) = all.get_mut(&part.shipment_no) {
            sent.parts.push(Gone::of(part, lines));
        }
    }
    let mut alone = Vec::new();
    for package in packages {
        let home = of_package.get(&package.no).copied().or(package.shipment_no);
        match home.and_then(|no| all.get_mut(&no)) {
            Some(sent) => sent.packages.push(package),
            None => alone.push(Sent { no: None, at: package.at, packages: vec![package], parts: Vec::new(), short: Vec::new() }),
        }
    }
    all.into_values().chain(alone).collect()
}

#[derive(Template)]
#[template(path = "orders/detail.html", blocks = ["part"])]
pub struct Detail {
    frame: Frame,
    now: DateTime<Utc>,
    order: Order,
    lines: Vec<Goods>,
    sent: Vec<Sent>,
    customer: Option<Customer>,
    shop: String,
    region: Vec<String>,
    moments: Vec<Moment>,
    way: Way,
    only_visible: bool,
    may_edit: bool,
    /// The form that was not accepted.
    form: Form,
}
show!(Detail, |v| v.data());

impl Detail {
    fn data(&self) -> Value {
        let lines: Vec<OrderLine> = self.lines.iter().map(|g| g.line.clone()).collect();
        let mut told = wire::order(&self.order, &lines, self.customer.as_ref());
        if let Some(map) = told.as_object_mut() {
            let moment =
                |m: &Moment| json!({ "at": m.at, "what": m.what.key(), "sentence": m.sentence, "visible": m.visible, "note": m.note });
            map.insert("trace".into(), self.moments.iter().map(moment).collect());
        }
        told
    }
    fn path(&self) -> String {
        format!("/orders/{}", escaped(&self.order.order_no))
    }
    fn units(&self) -> (i64, i64, i64) {
        self.lines.iter().fold((0, 0, 0), |(all, gone, left), g| (all + g.line.qty, gone + g.line.shipped, left + g.left()))
    }
    fn summary(&self) -> Text {
        let (all, gone, left) = self.units();
        Text::new("order-lines-note").with(self.lines.len()).with(all).with(gone).with(left)
    }
    fn tone(&self) -> &'static str {
        tone(self.order.state())
    }
    fn erp(&self) -> (Text, &'static str) {
        list::told_briefly(&self.way)
    }
    fn place(&self) -> String {
        self.region.join(" ")
    }
    fn delivery(&self, name: &str) -> &str {
        self.order.delivery.get(name).and_then(Value::as_str).unwrap_or_default()
    }
    fn is_pickup(&self) -> bool {
        self.delivery("kind") == "pickup"
    }
    /// What the buyer wants written on the invoice: known names in words, others as they came.
    fn invoice(&self) -> Vec<(Text, String)> {
        let name = |key: &str| match key {
            "title" => Text::new("order-invoice-title"),
            "taxNo" => Text::new("order-invoice-tax-no"),
            "type" | "kind" => Text::new("order-invoice-type"),
            "email" => Text::new("order-invoice-email"),
            other => Text::new("order-invoice-other").with(other),
        };
        let map = self.order.invoice.as_ref().and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .map(|(key, value)| (name(key), value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)))
            .collect()
    }
    fn cards(&self) -> Vec<(String, String)> {
        let all = self.order.cards.as_ref().and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let word =
            |v: &Value, name: &str| v.get(name).map(|v| v.as_str().map_or_else(|| v.to_string(), ToOwned::to_owned)).unwrap_or_default();
        all.iter().map(|v| (word(v, "cardNo"), word(v, "amount"))).collect()
    }
    fn has_refund(&self) -> bool {
        self.order.refunded > Decimal::ZERO
    }
    /// The reason it waits, with the ERP's or the person's words.
    fn waits(&self) -> Option<(Why, String)> {
        match &self.way {
            Way::Waits { why, note } => Some((*why, note.clone().unwrap_or_default())),
            _ => None,
        }
    }
    fn waits_for_code(&self) -> bool {
        self.waits().is_some_and(|(why, _)| matches!(why, Why::CustomerUnmapped | Why::UsccInvalid))
    }
    /// Who said the code.
    fn code_source(&self, customer: &Customer) -> &'static str {
        if customer.match_kind() == customers::Match::Auto { "plat" } else { "hold" }
    }
    fn customer_href(&self) -> String {
        format!("/customers?c={}#one", self.customer.as_ref().map(|c| escaped(&c.customer_id)).unwrap_or_default())
    }
    /// It can be kept from the ERP.
    fn can_hold(&self) -> bool {
        matches!(self.order.sync(), Sync::Unsynced | Sync::Delivered)
    }
    /// Some of it can still leave.
    fn can_ship(&self) -> bool {
        matches!(self.order.state(), State::ToShip | State::PartlyShipped) && self.units().2 > 0
    }
    /// Where this is taken back, while it may be: the last that was told, of an order that is not over.
    fn withdrawal(&self, sent: &Sent) -> Option<String> {
        let last = self.sent.iter().filter_map(|s| s.no).max();
        // What the ERP has said since follows from it.
        let followed = self.order.erp_status_at.is_some_and(|at| at > sent.at);
        let open = !self.order.state().is_over() && !self.has_refund() && !followed;
        match (sent.no, sent.packages.first()) {
            (Some(no), _) if open && Some(no) == last => Some(format!("{}/shipments/{no}", self.path())),
            (None, Some(package)) if open => Some(format!("{}/packages/{}", self.path(), package.no)),
            _ => None,
        }
    }
    fn ship_href(&self) -> String {
        ship_href(&self.order.order_no)
    }
    /// It can be handed to the ERP again.
    fn can_resend(&self) -> bool {
        matches!(self.order.sync(), Sync::Delivered | Sync::Synced)
    }
    fn steps(&self) -> Vec<Step> {
        Step::ALL.into_iter().filter(|s| s.is_possible(&self.order)).collect()
    }
    fn waited(&self) -> Text {
        waited(self.order.paid_at.unwrap_or(self.order.placed_at), self.now)
    }

    /// Where it stands, from the payment to the receipt.
    fn stages(&self) -> Vec<Stage> {
        let o = &self.order;
        let at = |at: Option<DateTime<Utc>>| at.map(|at| moment(at, self.now)).unwrap_or_default();
        let stage = |class, name, note| Stage { class, name: Text::new(name), note };
        let mut all = vec![match o.paid_at {
            Some(_) => stage("done", "order-stage-paid", at(o.paid_at)),
            None => stage(if o.state().is_over() { "mut" } else { "now" }, State::Unpaid.label(), moment(o.placed_at, self.now)),
        }];
        let (erp, _) = self.erp();
        all.push(match (o.sync(), o.paid_at) {
            (Sync::Synced, _) => stage("done", "order-stage-erp", at(o.synced_at)),
            (Sync::None, _) => stage("mut", "order-stage-erp", String::new()),
            (_, None) => stage("mut", "order-stage-erp", erp.say(self.frame.lang)),
            (_, Some(_)) => stage("now", "order-stage-erp", erp.say(self.frame.lang)),
        });
        if o.state() == State::Cancelled || o.state() == State::Refunded {
            all.push(stage("now", o.state().label(), at(o.refunded_at.or(o.cancelled_at))));
            return all;
        }
        // What has left was accepted: the ERP's later steps are told in the trace.
        let left = matches!(o.state(), State::Shipped | State::Completed);
        all.push(match &o.erp_status {
            _ if left => stage("done", "order-stage-accepted", String::new()),
            Some(code) => Stage { class: "done", name: trace::step(code), note: at(o.erp_status_at) },
            None => stage("mut", "order-stage-accepted", String::new()),
        });
        let (units, gone, _) = self.units();
        all.push(match o.state() {
            State::Shipped | State::Completed => stage("done", "order-stage-shipped", at(o.sent_at)),
            State::PartlyShipped => stage("part", State::PartlyShipped.label(), format!("{gone} / {units}")),
            _ => stage("mut", "order-stage-shipped", String::new()),
        });
        all.push(match o.state() {
            State::Completed => stage("done", "order-stage-received", at(o.received_at)),
            _ => stage("mut", "order-stage-received", String::new()),
        });
        all
    }
}

/// The desk where shipments are entered, with this order on it.
pub fn ship_href(no: &str) -> String {
    format!("/shipments?no={}", escaped(no))
}

/// The time of day, with the date where it is another day.
fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let china = crate::clock::china();
    let (at, now) = (at.with_timezone(&china), now.with_timezone(&china));
    at.format(if at.date_naive() == now.date_naive() { "%H:%M" } else { "%m-%d %H:%M" }).to_string()
}

/// The page, or the page again with a form that was not accepted.
pub async fn shown(ctx: &Ctx, seat: &Seat, no: &str, asked: &Asked, form: Form) -> Result<Detail> {
    let (merchant, no, now, only_visible) = (seat.merchant, no.to_owned(), ctx.now, asked.trace == "visible");
    let found = ctx.db.snapshot(move |c| sight::of(c, merchant, &no, now)).await?;
    let said = match asked.done.as_str() {
        "held" => Some(Text::new("order-done-held")),
        "released" => Some(Text::new("order-done-released")),
        "stays" => Some(Text::new("order-done-stays")),
        "mapped" => Some(Text::new("order-done-mapped").with(asked.n)),
        "confirmed" => Some(Text::new("order-done-confirmed")),
        "withdrawn" => Some(Text::new("order-withdrawn-done")),
        _ => None,
    };
    let lines: Vec<Goods> = found.lines.into_iter().map(Goods::of).collect();
    let moments = trace::merged(&found.order, found.events, found.decided, only_visible);
    Ok(Detail {
        frame: Frame { notice: said, ..ctx.frame("orders") },
        now,
        way: why_not_in_erp(&found.order, found.off, found.alert, now),
        order: found.order,
        sent: sent(found.shipments, found.packages, found.parts, &lines),
        lines,
        customer: found.customer,
        shop: found.shop,
        region: found.region,
        moments,
        only_visible,
        may_edit: seat.person.may(Permission::EditOrders),
        form,
    })
}

/// `GET /orders/{no}`
pub async fn show(ctx: Ctx, no: Path<String>, asked: Query<Asked>) -> Reply {
    let seat = ctx.merchant()?;
    let view = shown(&ctx, &seat, &no, &asked, Form::default()).await?;
    ctx.reply(view)
}
