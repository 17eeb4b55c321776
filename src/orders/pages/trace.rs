//! What has happened to an order, from every side in one line of time: the buyer's clicks, the ERP's steps and calls, what people
//! decided about it and about its buyer; and the part of it that the buyer sees (L-06).

use crate::erp;
use crate::orders::events::Happened;
use crate::orders::model::Order;
use crate::text::Text;
use crate::trail;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// One thing that happened.
pub struct Moment {
    pub at: DateTime<Utc>,
    pub what: Text,
    pub tone: &'static str,
    pub icon: &'static str,
    /// Who owns it, as a source chip: `erp`, `hold`, `plat` or empty.
    pub source: &'static str,
    pub by: String,
    /// What the buyer reads, when the buyer sees it.
    pub sentence: String,
    pub visible: bool,
    /// Words that were given with it.
    pub note: String,
    /// How the goods were checked with the ERP.
    pub check: Vec<Text>,
    /// The call it came by.
    pub call: Option<Uuid>,
}

/// What the trade calls the usual steps of an ERP; other codes stay as they are.
const STEPS: [(&str, &str); 9] = [
    ("accepted", "order-step-accepted"),
    ("picking", "order-step-picking"),
    ("outbound", "order-step-outbound"),
    ("delivering", "order-step-delivering"),
    ("signed", "order-step-signed"),
    ("picked_up", "order-step-picked-up"),
    ("cancelled", "order-step-cancelled"),
    ("refunded", "order-step-refunded"),
    ("returned", "order-step-returned"),
];

/// A step's name.
pub fn step(code: &str) -> Text {
    match STEPS.iter().find(|(known, _)| *known == code) {
        Some((_, key)) => Text::new(key),
        None => Text::new("order-stage-status").with(code),
    }
}

/// Text, colour and drawing of a kind.
fn kind(happened: &Happened) -> (Text, &'static str, &'static str) {
    let data = &happened.data;
    let word = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match happened.kind.as_str() {
        "placed" => (Text::new("order-event-placed"), "plat", "receipt"),
        "paid" => (Text::new("order-event-paid").with(word("amount")), "ok", "currency-yuan"),
        "handed" if data.get("pushed").and_then(Value::as_bool) == Some(true) => {
            let time = data.get("time").and_then(Value::as_i64).unwrap_or(1);
            (Text::new("order-event-pushed").with(time), "info", "arrows-exchange")
        }
        "handed" => {
            let time = data.get("time").and_then(Value::as_i64).unwrap_or(1);
            (Text::new("order-event-handed").with(word("by")).with(time), "info", "arrows-exchange")
        }
        "synced" if word("erpOrderNo").is_empty() => (Text::new("order-event-synced"), "ok", "check"),
        "synced" => (Text::new("order-event-synced-no").with(word("erpOrderNo")), "ok", "check"),
        "refused" => (Text::new("order-event-refused"), "bad", "alert-circle"),
        "held" => (Text::new("order-event-held"), "hold", "player-pause"),
        "resent" => (Text::new("order-event-resent"), "info", "refresh"),
        "cancelled" => (Text::new("order-event-cancelled"), "", "ban"),
        "sent" => (Text::new("order-event-sent"), "ok", "truck-delivery"),
        "received" => (Text::new("order-event-received"), "ok", "circle-check"),
        "status" => (Text::new("order-event-status").with(step(&word("code"))), "info", "plug-connected"),
        "shipped" => {
            let number = |name: &str| data.get(name).and_then(Value::as_i64).unwrap_or_default();
            (Text::new("order-event-shipped").with(number("shipment")).with(number("units")), "ok", "package-export")
        }
        "withdrawn" => match data.get("shipment").and_then(Value::as_i64) {
            Some(no) => (Text::new("order-event-shipment-withdrawn").with(no), "warn", "arrow-back-up"),
            None => (Text::new("order-event-package-withdrawn"), "warn", "arrow-back-up"),
        },
        "logistics" => (Text::new("order-event-package"), "info", "truck-delivery"),
        other => (Text::new("order-event-other").with(other), "", "history"),
    }
}

fn source(origin: &str) -> &'static str {
    match origin {
        "erp" => "erp",
        "person" => "hold",
        "system" => "plat",
        _ => "",
    }
}

/// What the ERP answered when the order was placed, and what was decided where it did not.
fn checked(check: &Value) -> Vec<Text> {
    let number = |name: &str| check.get(name).and_then(Value::as_i64).unwrap_or_default();
    let mut told = Vec::new();
    if number("answered") > 0 {
        told.push(Text::new("order-check-answered").with(number("answered")).with(number("ms")));
    }
    if number("silent") > 0 {
        told.push(Text::new("order-check-silent").with(number("silent")).with(number("buffer")));
        told.extend(check.get("why").and_then(Value::as_str).map(erp::why));
    }
    told
}

impl Moment {
    fn of_order(happened: Happened) -> Self {
        let (what, tone, icon) = kind(&happened);
        let word = |name: &str| happened.data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let note = [word("reason"), word("note")].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(" ");
        let refund = happened.data.get("refund").and_then(Value::as_str).map(|amount| format!("¥{amount}")).unwrap_or_default();
        Self {
            at: happened.at,
            what,
            tone,
            icon,
            source: if happened.kind == "handed" { "" } else { source(&happened.origin) },
            by: if happened.origin == "person" { happened.actor_name } else { String::new() },
            sentence: happened.sentence,
            visible: happened.visible,
            note: [note, refund].into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join(" · "),
            check: happened.data.get("check").map(checked).unwrap_or_default(),
            // Only what machines sent stands in the log of calls.
            call: happened.request_id.filter(|_| happened.origin == "erp" || happened.origin == "storefront"),
        }
    }

    fn of_customer(event: trail::Event) -> Self {
        let code = event.after.as_ref().and_then(|v| v.get("erpCustomerCode")).and_then(Value::as_str).unwrap_or_default().to_owned();
        let person = event.actor_kind == "person";
        Self {
            at: event.at,
            what: Text::keyed(event.key().into()),
            tone: if person { "hold" } else { "info" },
            icon: "user-check",
            source: match event.actor_kind.as_str() {
                "person" => "hold",
                "erp" => "erp",
                _ => "plat",
            },
            by: if person { event.actor_name } else { String::new() },
            sentence: String::new(),
            visible: false,
            note: code,
            check: Vec::new(),
            call: None,
        }
    }
}

/// What was said about the buyer's code, and not about its address.
fn about_code(event: &trail::Event) -> bool {
    [
        "customer.matched",
        "customer.unmatched",
        "customer.conflicted",
        "customer.bound",
        "customer.unbound",
        "customer.not_needed",
        "customer.needed",
    ]
    .contains(&event.verb.as_str())
}

/// Everything in the order of time, the newest first; only what the buyer sees, if that is asked for.
pub fn merged(order: &Order, happened: Vec<Happened>, customer: Vec<trail::Event>, only_visible: bool) -> Vec<Moment> {
    let mut all: Vec<Moment> = happened.into_iter().map(Moment::of_order).collect();
    all.extend(customer.into_iter().filter(|e| about_code(e) && e.at >= order.placed_at).map(Moment::of_customer));
    all.retain(|m| m.visible || !only_visible);
    all.sort_by_key(|m| std::cmp::Reverse(m.at));
    all
}
