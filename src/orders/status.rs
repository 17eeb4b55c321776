//! What the ERP says of an order's way through its house (L-06, L-07, O-08, O-09): a sentence for the buyer, and what follows.
//!
//! The platform knows the trade's usual steps, in English and Chinese. A merchant may say what its own codes mean, and may give
//! the usual ones other words. A code nobody has explained waits for somebody who does.

use super::events::{self, Event as Happening, Origin};
use super::state::{self, Event, State, Verdict};
use super::steps::{Desk, Ended};
use crate::Result;
use crate::ids::{MerchantId, OrderId};
use crate::stock::reservations::{self, Back};
use crate::trail::{self, Cause, Entry};
use crate::wire::{LineCode, Outcome, Problem};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text};
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::HashMap;

/// What follows from a step of the ERP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// A line in the trace, no more.
    Nothing,
    /// All of it has left.
    Sent,
    /// The buyer has it.
    Received,
    Cancelled,
    /// Money went back (O-09): the amount told, or all of it.
    Refunded,
}

impl Means {
    pub const ALL: [Means; 5] = [Means::Nothing, Means::Sent, Means::Received, Means::Cancelled, Means::Refunded];
    pub fn as_str(self) -> &'static str {
        match self {
            Means::Nothing => "nothing",
            Means::Sent => "sent",
            Means::Received => "received",
            Means::Cancelled => "cancelled",
            Means::Refunded => "refunded",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name)
    }
    /// The text key of what it does.
    pub fn label(self) -> &'static str {
        match self {
            Means::Nothing => "order-means-nothing",
            Means::Sent => "order-means-sent",
            Means::Received => "order-means-received",
            Means::Cancelled => "order-means-cancelled",
            Means::Refunded => "order-means-refunded",
        }
    }
    fn event(self) -> Option<Event> {
        match self {
            Means::Nothing => None,
            Means::Sent => Some(Event::Sent),
            Means::Received => Some(Event::Received),
            Means::Cancelled => Some(Event::Cancelled),
            Means::Refunded => Some(Event::Refunded),
        }
    }
}

/// A code of the ERP's explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    pub code: String,
    /// What the buyer reads.
    pub sentence: String,
    pub means: Means,
    pub visible: bool,
}

/// The trade's usual steps: codes, the buyer's sentence, what follows.
const USUAL: [(&[&str], &str, Means); 9] = [
    (&["accepted", "提单", "已提单"], "订单已处理，商家拣货中", Means::Nothing),
    (&["picking", "分拣", "拣货"], "商家正在拣货", Means::Nothing),
    (&["outbound", "出库", "已出库"], "商品已出库", Means::Nothing),
    (&["delivering", "配送", "配送中"], "商品配送中", Means::Sent),
    (&["signed", "签收", "已签收"], "已签收，交易完成", Means::Received),
    (&["picked_up", "自提", "已自提"], "已自提，交易完成", Means::Received),
    (&["cancelled", "取消", "已取消"], "订单已取消", Means::Cancelled),
    (&["refunded", "退款", "已退款"], "已退款", Means::Refunded),
    (&["returned", "退货", "已退货"], "已退货退款", Means::Refunded),
];

/// The platform's own meaning of a code.
pub fn usual(code: &str) -> Option<Meaning> {
    let (_, sentence, means) = USUAL.iter().find(|(codes, _, _)| codes.contains(&code))?;
    Some(Meaning { code: code.to_owned(), sentence: (*sentence).to_owned(), means: *means, visible: true })
}

/// The codes the platform knows by itself, the English ones first.
pub fn all_usual() -> impl Iterator<Item = Meaning> {
    USUAL.iter().filter_map(|(codes, _, _)| usual(codes.first()?))
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    sentence: String,
    #[diesel(sql_type = Text)]
    means: String,
    #[diesel(sql_type = Bool)]
    visible: bool,
}

impl From<Stored> for Meaning {
    fn from(s: Stored) -> Self {
        Self { means: Means::of(&s.means).unwrap_or(Means::Nothing), code: s.code, sentence: s.sentence, visible: s.visible }
    }
}

/// What a merchant has explained.
pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Meaning>> {
    let stored: Vec<Stored> =
        diesel::sql_query("select code, sentence, means, visible from erp_statuses where merchant_id = $1 order by code")
            .bind::<BigInt, _>(merchant)
            .load(c)?;
    Ok(stored.into_iter().map(Meaning::from).collect())
}

/// These codes' meanings: the merchant's own before the platform's.
pub fn meanings(c: &mut PgConnection, merchant: MerchantId, codes: &[&str]) -> Result<HashMap<String, Meaning>> {
    let own: Vec<Stored> =
        diesel::sql_query("select code, sentence, means, visible from erp_statuses where merchant_id = $1 and code = any($2)")
            .bind::<BigInt, _>(merchant)
            .bind::<Array<Text>, _>(codes)
            .load(c)?;
    let mut found: HashMap<String, Meaning> = codes.iter().filter_map(|code| Some(((*code).to_owned(), usual(code)?))).collect();
    found.extend(own.into_iter().map(|s| (s.code.clone(), Meaning::from(s))));
    Ok(found)
}

/// Explains a code; lines that waited for it come back by themselves.
pub fn explain(tx: &mut PgConnection, cause: &Cause, meaning: &Meaning) -> Result<()> {
    let before = meanings(tx, cause.merchant, &[&meaning.code])?.remove(&meaning.code);
    if before.as_ref() == Some(meaning) {
        return Ok(());
    }
    diesel::sql_query(
        "insert into erp_statuses (merchant_id, code, sentence, means, visible) values ($1, $2, $3, $4, $5) on conflict (merchant_id, code) \
         do update set sentence = excluded.sentence, means = excluded.means, visible = excluded.visible",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(&meaning.code)
    .bind::<Text, _>(&meaning.sentence)
    .bind::<Text, _>(meaning.means.as_str())
    .bind::<Bool, _>(meaning.visible)
    .execute(tx)?;
    let told = |m: &Meaning| json!({ "sentence": m.sentence, "means": m.means.as_str(), "visible": m.visible });
    let entry = Entry::new("erp-status.explained", "erp-status", &meaning.code).change(before.as_ref().map(told).into(), told(meaning));
    trail::record(tx, cause, &[entry])
}

/// Codes that lines wait for, and how many lines each; the most first.
pub fn waiting(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<(String, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        code: String,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select code, count(*) as n from (select code from parked_lines where merchant_id = $1 and waits_for = $2 and settled_at is null limit 5000) w \
         group by code order by n desc, code limit 20",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(super::api::WAITS_FOR)
    .load(c)?;
    Ok(rows.into_iter().map(|r| (r.code, r.n)).collect())
}

/// Takes an explanation back: the platform's own meaning counts again, or nobody's.
///
/// # Errors
/// `NotFound` when there is none.
pub fn forget(tx: &mut PgConnection, cause: &Cause, code: &str) -> Result<()> {
    let before = of_merchant(tx, cause.merchant)?.into_iter().find(|m| m.code == code).ok_or(crate::Error::NotFound)?;
    diesel::sql_query("delete from erp_statuses where merchant_id = $1 and code = $2")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(code)
        .execute(tx)?;
    let told = json!({ "sentence": before.sentence, "means": before.means.as_str(), "visible": before.visible });
    trail::record(tx, cause, &[Entry::new("erp-status.forgotten", "erp-status", code).change(told, serde_json::Value::Null)])
}

/// What an ERP says of one order.
#[derive(Clone, Debug)]
pub struct Said {
    pub no: i32,
    pub order_no: String,
    pub code: String,
    pub at: Option<DateTime<Utc>>,
    /// The event's id at the ERP; the same once more is no news.
    pub source_id: Option<String>,
    pub note: Option<String>,
    /// For money that went back; missing: all that is left.
    pub refund: Option<Decimal>,
}

/// How a status ended: on its order, or waiting for somebody to explain it.
#[derive(Clone, Debug)]
pub enum Heard {
    Ended(Box<Ended>),
    Unexplained(i32),
}

/// Takes what an ERP says of its orders, in the order said. A status older than the newest one is told in the trace, and does not
/// become the order's current one; facts are added whenever they come.
pub fn hear(tx: &mut PgConnection, cause: &Cause, all: &[Said], origin: Origin) -> Result<Vec<Heard>> {
    let meanings = meanings(tx, cause.merchant, &all.iter().map(|s| s.code.as_str()).collect::<Vec<_>>())?;
    let restock = super::rules::of(tx, cause.merchant)?.restock;
    let mut desk = Desk::lock(tx, cause, all.iter().map(|s| s.order_no.as_str()))?;
    let ids: HashMap<&str, OrderId> = desk.orders.iter().map(|(no, o)| (no.as_str(), o.id)).collect();
    let asked: Vec<(OrderId, &str)> = all.iter().filter_map(|s| Some((*ids.get(s.order_no.as_str())?, s.source_id.as_deref()?))).collect();
    let mut known = events::said(tx, cause.merchant, origin, &asked)?;
    let mut heard = Vec::with_capacity(all.len());
    let mut backs: Vec<Back> = Vec::new();
    for said in all {
        let Some(order) = desk.get(&said.order_no).cloned() else {
            heard.push(Heard::Ended(Box::new(Ended::unknown(said.no, &said.order_no))));
            continue;
        };
        let Some(meaning) = meanings.get(&said.code) else {
            heard.push(Heard::Unexplained(said.no));
            continue;
        };
        let again = said.source_id.as_ref().is_some_and(|id| !known.insert((order.id, id.clone())))
            || (said.source_id.is_none() && order.erp_status.as_deref() == Some(said.code.as_str()) && meaning.means != Means::Refunded);
        if again {
            heard.push(Heard::Ended(Box::new(Ended::well(said.no, Outcome::Unchanged, &order))));
            continue;
        }
        let at = said.at.filter(|at| *at <= cause.now).unwrap_or(cause.now);
        let refund = match refund(said, meaning, order.payable - order.refunded) {
            Ok(refund) => refund,
            Err(problem) => {
                heard.push(Heard::Ended(Box::new(Ended::badly(said.no, problem, Some(&order)))));
                continue;
            }
        };
        // Part of the money back is money, not an end.
        let event = meaning.means.event().filter(|e| *e != Event::Refunded || refund == Some(order.payable - order.refunded));
        let verdict = event.map_or(Verdict::News, |e| state::judge(order.state(), order.facts(), e));
        let too_early = refund.is_some() && order.paid_at.is_none();
        if verdict == Verdict::Refused || too_early {
            heard.push(Heard::Ended(Box::new(Ended::wrong(said.no, &order))));
            continue;
        }
        let all_back = matches!(event, Some(Event::Cancelled | Event::Refunded)) && (order.state() <= State::ToShip || restock);
        if verdict == Verdict::News && all_back {
            backs.push(Back { no: said.no, reservation: said.order_no.clone(), sku: None });
        }
        desk.change(&said.order_no, |order| {
            if let Some(event) = event {
                order.note(event, at);
            }
            if let (Some(Event::Cancelled), Some(note)) = (event, &said.note) {
                order.cancel_reason = Some(note.clone());
            }
            order.refunded += refund.unwrap_or_default();
            if order.erp_status_at.is_none_or(|before| before <= at) {
                order.erp_status = Some(said.code.clone());
                order.erp_status_at = Some(at);
            }
        });
        let told = Happening::new(order.id, cause, "status", origin).at(Some(at)).source(said.source_id.as_deref()).shown(meaning.visible);
        desk.tell(
            told.saying(&meaning.sentence).with(json!({ "code": said.code, "note": said.note, "refund": refund.map(|r| r.to_string()) })),
        );
        if let Some(order) = desk.get(&said.order_no) {
            heard.push(Heard::Ended(Box::new(Ended::well(said.no, Outcome::Applied, order))));
        }
    }
    let back = if restock { reservations::restock } else { reservations::refund };
    back(tx, cause, &backs)?;
    super::steps::tell_stock(tx, cause, &desk, origin)?;
    let nos: Vec<String> = backs.iter().map(|b| b.reservation.clone()).collect();
    super::steps::retell(tx, cause, &mut desk, &nos, origin)?;
    desk.write(tx, cause)?;
    Ok(heard)
}

/// How much went back; `None` when the status is not about money.
fn refund(said: &Said, meaning: &Meaning, left: Decimal) -> std::result::Result<Option<Decimal>, Problem> {
    if meaning.means != Means::Refunded {
        return Ok(None);
    }
    let amount = said.refund.unwrap_or(left);
    let wrong = || Problem::new(LineCode::Amount, "refundAmount", format!("{amount:.2}")).detail(format!("{left:.2}"));
    if amount <= left && (amount > Decimal::ZERO || left.is_zero()) { Ok(Some(amount)) } else { Err(wrong()) }
}
