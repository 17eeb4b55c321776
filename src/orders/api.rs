//! The open platform's words for orders: the storefront's (create, pay, cancel, receive) and the ERP's (list, get, ack, status).

use super::delivery::{self, AckMode, Asked, Moment, Page};
use super::events::Origin;
use super::intake::{self, Intake};
use super::model::{self, Order, Sync};
use super::state::{Event, State};
use super::status::{self, Heard, Said};
use super::steps::{self, Ended, Payment, Saying};
use super::{ack, draft, shipments, waits, wire};
use crate::clock::on_the_wire;
use crate::customers;
use crate::error::Code;
use crate::gate::switches;
use crate::stock::push::Shops;
use crate::text::Text;
use crate::trail::Cause;
use crate::wire::{Field, Kind, Line, LineCode, LineResult, Method, Module, Outcome, Problem, Scope, Verb};
use crate::{Error, Result};
use diesel::PgConnection;
use serde_json::{Value, json};
use std::collections::HashMap;

const ORDER_NO: Field = Field::always("orderNo", Kind::Text(64), "order-field-order-no");
const EVENT_ID: Field = Field::optional("eventId", Kind::Text(64), "order-field-event-id");
const REASON: Field = Field::optional("reason", Kind::Text(200), "order-field-reason");
const PAGE_MOST: i64 = 100;
/// What a line that nobody has explained waits for.
pub const WAITS_FOR: &str = "erp_status";

const ONE: &str = r#"{"feedId": "9101", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261122-000017", "outcome": "applied", "now": {"orderStatus": "to_ship", "syncStatus": "unsynced", "seq": "41", "payableAmount": "111.20"}}]}"#;

/// An order is placed: prices, lots and units in one transaction.
pub static CREATE: Method = Method {
    name: "order.create",
    module: Module::Order,
    about: "order-api-create",
    source: "S-04 S-05 O-04 O-05 R-08 U-01 U-07",
    fields: draft::FIELDS,
    verb: Verb::Sell(create),
    example: r#"{"orderNo": "SO20261122-000017", "shopId": "1", "customer": {"customerId": "C00001", "name": "康泽大药房", "kind": "pharmacy", "uscc": "91350100M000100Y43"},
 "items": [{"skuId": "KZ-100382-1", "quantity": 12, "price": "8.60"}], "freightAmount": "8.00", "payableAmount": "111.20",
 "delivery": {"consignee": "陈思", "phone": "10000000001", "regionCode": "440100", "address": "天河路 1 号"}, "invoice": {"title": "康泽大药房", "taxNo": "91350100M000100Y43"}}"#,
    answer: r#"{"feedId": "9100", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261122-000017", "outcome": "applied", "now": {"orderStatus": "unpaid", "syncStatus": "none", "seq": null, "payableAmount": "111.20"}}]}"#,
};

/// It is paid.
pub static PAY: Method = Method {
    name: "order.pay",
    module: Module::Order,
    about: "order-api-pay",
    source: "S-05 O-01 Q-17 Q-29 G9",
    fields: &[
        ORDER_NO,
        Field::optional("amount", Kind::Money, "order-field-paid-amount"),
        Field::optional("paidTime", Kind::Time, "order-field-paid"),
        Field::optional("paymentId", Kind::Text(64), "order-field-payment-id"),
    ],
    verb: Verb::Sell(pay),
    example: r#"{"orderNo": "SO20261122-000017", "amount": "111.20", "paidTime": "2026-11-22 14:32:08", "paymentId": "P-771"}"#,
    answer: ONE,
};

/// It is cancelled while nothing has left.
pub static CANCEL: Method = Method {
    name: "order.cancel",
    module: Module::Order,
    about: "order-api-cancel",
    source: "S-05 O-07 Q-36",
    fields: &[ORDER_NO, REASON, EVENT_ID],
    verb: Verb::Sell(cancel),
    example: r#"{"orderNo": "SO20261122-000017", "reason": "客户取消"}"#,
    answer: ONE,
};

/// The buyer has it.
pub static RECEIVE: Method = Method {
    name: "order.receive",
    module: Module::Order,
    about: "order-api-receive",
    source: "O-07 L-07",
    fields: &[ORDER_NO, Field::optional("receivedTime", Kind::Time, "order-field-received"), EVENT_ID],
    verb: Verb::Sell(receive),
    example: r#"{"orderNo": "SO20261122-000017"}"#,
    answer: ONE,
};

const LIST_ANSWER: &str = r#"{"records": [{"basic": {"orderNo": "SO20261122-000017", "seq": "41", "channel": "b2b", "shopId": "1", "orderStatus": "to_ship", "syncStatus": "delivered", "customerId": "C00001", "customerName": "康泽大药房", "erpCustomerCode": "K7001", "placedTime": "2026-11-22 14:30:51", "paidTime": "2026-11-22 14:32:08"},
  "amounts": {"goodsAmount": "103.20", "freightAmount": "8.00", "discountAmount": "0.00", "cardAmount": "0.00", "payableAmount": "111.20"},
  "delivery": {"consignee": "陈思", "phone": "10000000001", "regionCode": "440100", "address": "天河路 1 号", "kind": "express"},
  "invoice": {"title": "康泽大药房", "taxNo": "91350100M000100Y43"},
  "items": [{"lineNo": 1, "skuId": "KZ-100382-1", "erpProdCode": "100382", "prodName": "阿莫西林胶囊", "quantity": 12, "price": "8.60", "amount": "103.20", "lots": [{"lotNo": "A2601", "expiresOn": "2028-01-31", "quantity": 400}], "shippedQuantity": 0, "remainingQuantity": 12}]}],
 "total": 1, "current": 1, "pages": 1, "cursor": "p0199b2c4-8e1f-7c3a-b6d2-5f0e4a1c9d37", "msg": ""}"#;

/// O-01…O-05: orders for the ERP.
pub static LIST_GET: Method = Method {
    name: "order.list.get",
    module: Module::Order,
    about: "order-api-list-get",
    source: "O-01 O-02 O-03 O-04 O-05 Q-16 Q-28 G9 G10",
    fields: &[
        Field::optional("orderNo", Kind::Text(64), "order-field-order-no"),
        Field::optional("syncStatus", Kind::OneOf(&["unsynced", "delivered", "synced", "blocked", "all"]), "order-field-sync-status"),
        Field::optional("orderStatus", Kind::Ids, "order-field-order-status"),
        Field::optional("startTime", Kind::Time, "order-field-start"),
        Field::optional("endTime", Kind::Time, "order-field-end"),
        Field::optional("timeType", Kind::OneOf(&["placed", "paid", "updated"]), "order-field-time-type"),
        Field::optional("cursor", Kind::Text(64), "order-field-cursor"),
        Field::optional("pageNum", Kind::Number { min: 1, max: 10_000, default: 1 }, "order-field-page-num"),
        Field::optional("pageSize", Kind::Number { min: 1, max: PAGE_MOST, default: 20 }, "order-field-page-size"),
    ],
    verb: Verb::Pull(list),
    example: r#"{"syncStatus": "unsynced", "pageSize": 100}"#,
    answer: LIST_ANSWER,
};

/// O-03: one order by its number; never changes anything.
pub static GET: Method = Method {
    name: "order.get",
    module: Module::Order,
    about: "order-api-get",
    source: "O-03 O-04 Q-16",
    fields: &[ORDER_NO],
    verb: Verb::Read(get),
    example: r#"{"orderNo": "SO20261122-000017"}"#,
    answer: r#"{"basic": {"orderNo": "SO20261122-000017", "orderStatus": "to_ship", "syncStatus": "synced", "erpOrderNo": "XS26112200312"}, "amounts": {"payableAmount": "111.20"}, "delivery": {"consignee": "陈思"}, "invoice": null, "items": []}"#,
};

/// O-11: the ERP has it, or will not have it.
pub static ACK: Method = Method {
    name: "order.ack",
    module: Module::Order,
    about: "order-api-ack",
    source: "O-02 O-11 Q-16 G9",
    fields: &[
        ORDER_NO,
        Field::optional("erpOrderNo", Kind::Text(64), "order-field-erp-order-no"),
        Field::optional("ok", Kind::Bit, "order-field-ok"),
        REASON,
        Field::optional("importedAt", Kind::Time, "order-field-imported"),
    ],
    verb: Verb::Act(acknowledge),
    example: r#"[{"orderNo": "SO20261122-000017", "erpOrderNo": "XS26112200312"}, {"orderNo": "SO20261122-000018", "ok": 0, "reason": "客户已停用"}]"#,
    answer: ONE,
};

/// O-11: hand it over again.
pub static SYNC_RESET: Method = Method {
    name: "order.sync.reset",
    module: Module::Order,
    about: "order-api-sync-reset",
    source: "O-11 Q-16",
    fields: &[ORDER_NO],
    verb: Verb::Act(reset),
    example: r#"{"orderNo": "SO20261122-000017"}"#,
    answer: ONE,
};

/// L-06, L-07, O-08, O-09: the order's way through the ERP.
pub static STATUS_UPDATE: Method = Method {
    name: "order.status.update",
    module: Module::Order,
    about: "order-api-status-update",
    source: "L-06 L-07 O-08 O-09 Q-21 Q-32 Q-36",
    fields: &[
        ORDER_NO,
        Field::always("status", Kind::Text(60), "order-field-status"),
        Field::optional("time", Kind::Time, "order-field-status-time"),
        Field::optional("refundAmount", Kind::Money, "order-field-refund"),
        Field::optional("note", Kind::Text(200), "order-field-note"),
        EVENT_ID,
    ],
    verb: Verb::Write(hear, wire::in_force),
    example: r#"{"orderNo": "SO20261122-000017", "status": "accepted", "time": "2026-11-22 14:40:00", "eventId": "E-9917"}"#,
    answer: ONE,
};

fn create(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let shops = Shops::of(tx, scope)?;
    let channel = delivery::asker(tx, cause)?.channel.ok_or(Error::NotFound)?;
    let shop = |wanted| shops.pick(wanted);
    let intake = Intake { channel: &channel, shop: &shop, live: scope.live.as_deref() };
    let (mut good, mut ended) = (Vec::with_capacity(lines.len()), Vec::new());
    for line in &lines {
        match draft::read(line) {
            Ok(draft) => good.push(draft),
            Err(problems) => ended.push(LineResult { problems, ..LineResult::of(line, Outcome::Rejected) }),
        }
    }
    let done = intake::place(tx, cause, &intake, &good)?;
    ended.extend(told(&lines, done));
    Ok(ended)
}

fn pay(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let payment = |l: &Line| Payment {
        no: l.no,
        order_no: l.text_or_empty("orderNo"),
        amount: l.decimal("amount").value(),
        paid_at: l.time("paidTime").value().filter(|at| *at <= cause.now),
        source_id: l.text("paymentId").value(),
    };
    let payments: Vec<Payment> = lines.iter().map(payment).collect();
    let done = steps::pay(tx, cause, &payments)?;
    Ok(told(&lines, done))
}

fn sayings(lines: &[Line], time: &str, cause: &Cause) -> Vec<Saying> {
    let saying = |l: &Line| Saying {
        no: l.no,
        order_no: l.text_or_empty("orderNo"),
        at: l.time(time).value().filter(|at| *at <= cause.now),
        source_id: l.text("eventId").value(),
        reason: l.text("reason").value(),
    };
    lines.iter().map(saying).collect()
}

fn cancel(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let done = steps::cancel(tx, cause, &sayings(&lines, "", cause), Origin::Storefront)?;
    Ok(told(&lines, done))
}

fn receive(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let done = steps::note(tx, cause, &sayings(&lines, "receivedTime", cause), Event::Received, Origin::Storefront)?;
    Ok(told(&lines, done))
}

fn acknowledge(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let ack = |l: &Line| ack::Ack {
        no: l.no,
        order_no: l.text_or_empty("orderNo"),
        erp_order_no: l.text("erpOrderNo").value(),
        refused: (l.bit("ok").value() == Some(false)).then(|| l.text_or_empty("reason")),
        imported_at: l.time("importedAt").value(),
    };
    let acks: Vec<ack::Ack> = lines.iter().map(ack).collect();
    let done = ack::acknowledge(tx, cause, &acks)?;
    Ok(told(&lines, done))
}

fn reset(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let nos: Vec<String> = lines.iter().map(|l| l.text_or_empty("orderNo")).collect();
    let nos: Vec<&str> = nos.iter().map(String::as_str).collect();
    let sent = waits::release(tx, cause, &nos)?;
    let orders = model::lock(tx, cause.merchant, &nos)?;
    let end = |line: &Line| {
        let no = line.text_or_empty("orderNo");
        let Some(order) = orders.get(&no) else { return Ended::unknown(line.no, &no) };
        match order.sync() {
            Sync::Unsynced if sent.contains(&no) => Ended::well(line.no, Outcome::Applied, order),
            Sync::Unsynced => Ended::well(line.no, Outcome::Unchanged, order),
            _ => Ended::badly(
                line.no,
                Problem::new(LineCode::OrderWaits, "orderNo", no).detail(order.waits.as_deref().unwrap_or("-")),
                Some(order),
            ),
        }
    };
    Ok(told(&lines, lines.iter().map(end).collect()))
}

fn hear(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let said = |l: &Line| Said {
        no: l.no,
        order_no: l.text_or_empty("orderNo"),
        code: l.text_or_empty("status"),
        at: l.time("time").value(),
        source_id: l.text("eventId").value(),
        note: l.text("note").value(),
        refund: l.decimal("refundAmount").value(),
    };
    let said: Vec<Said> = lines.iter().map(said).collect();
    let heard = status::hear(tx, cause, &said, Origin::Erp)?;
    let (mut results, mut ended) = (Vec::new(), Vec::new());
    for one in heard {
        match one {
            Heard::Ended(end) => ended.push(*end),
            Heard::Unexplained(no) => results.extend(lines.iter().find(|l| l.no == no).map(|line| {
                let code = line.text_or_empty("status");
                let problem = Problem::new(LineCode::UnknownStatus, "status", code.clone());
                LineResult::of(line, Outcome::Parked).because(problem).waiting_for(WAITS_FOR, &code)
            })),
        }
    }
    results.extend(told(&lines, ended));
    Ok(results)
}

/// Line results, each with where its order now is.
fn told(lines: &[Line], ended: Vec<Ended>) -> Vec<LineResult> {
    let by_no: HashMap<i32, &Line> = lines.iter().map(|l| (l.no, l)).collect();
    let result = |end: Ended| {
        let line = by_no.get(&end.no)?;
        let mut result = LineResult::of(line, end.outcome);
        result.problems.extend(end.problem);
        if let Some(order) = end.order {
            result = result.telling("orderStatus", order.state().as_str()).telling("syncStatus", order.sync().as_str());
            result = result.telling("seq", order.seq.map(|n| n.to_string())).telling("payableAmount", format!("{:.2}", order.payable));
            if let Some(why) = &order.waits {
                result = result.telling("waits", why.as_str());
            }
        }
        Some(result)
    };
    ended.into_iter().filter_map(result).collect()
}

fn get(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let no = line.text_or_empty("orderNo");
    let order = model::by_no(c, scope.merchant, &no)?.filter(|o| scope.sees(o.shop) && scope.hears(&o.channel));
    let order = order.ok_or_else(|| Error::Call(Code::NotFound, Text::new("order-unknown").with(&no)))?;
    let mut records = records(c, scope, std::slice::from_ref(&order))?;
    let mut told = records.pop().ok_or(Error::NotFound)?;
    shipments::list::tell(c, scope.merchant, order.id, &mut told)?;
    Ok(told)
}

fn records(c: &mut PgConnection, scope: &Scope, orders: &[Order]) -> Result<Vec<Value>> {
    let lines = model::lines_of(c, scope.merchant, &orders.iter().map(|o| o.id).collect::<Vec<_>>())?;
    let buyers = customers::by_ids(c, scope.merchant, &orders.iter().map(|o| o.customer).collect::<Vec<_>>())?;
    Ok(orders.iter().map(|o| wire::order(o, lines.get(&o.id).map_or(&[], Vec::as_slice), buyers.get(&o.customer))).collect())
}

fn list(tx: &mut PgConnection, cause: &Cause, scope: &Scope, line: Line) -> Result<Value> {
    let asker = delivery::asker(tx, cause)?;
    let cursor = line.text("cursor").value();
    let page_num = line.number_or_default("pageNum");
    let limit = line.number_or_default("pageSize");
    let wanted = line.text("syncStatus").value();
    let asked = asked(scope, &line, wanted.as_deref(), cursor.as_deref(), limit)?;
    let off = switches::why_off(tx, cause.merchant, Module::Order, cause.now)?;
    let queue = asked.order_no.is_none() && matches!(wanted.as_deref(), None | Some("unsynced"));
    if asker.takes
        && asker.mode == AckMode::PullThrough
        && let Some(cursor) = &cursor
    {
        delivery::pull_through(tx, cause, cursor)?;
    }
    let page = match (&off, queue && asker.takes) {
        // Q-28: a switch that is off is no error of the ERP's.
        (Some(_), true) => Page { orders: Vec::new(), total: 0, cursor: None },
        (None, true) => delivery::take(tx, cause, &asker, &asked)?,
        (_, false) => delivery::look(tx, cause.merchant, asker.channel.as_deref(), &asked)?,
    };
    let msg = off.filter(|_| queue).map(|off| {
        let until = off.until.map(on_the_wire).unwrap_or_default();
        scope.lang.say("order-switched-off", &[off.reason.as_str().into(), until.as_str().into()])
    });
    let left = if queue { page.total.max(0) } else { page.total };
    let pages = if limit > 0 { (left + limit - 1) / limit } else { 0 };
    Ok(json!({
        "records": records(tx, scope, &page.orders)?, "total": page.total, "current": page_num,
        // Of a queue the pages still to come are told, so that whoever counts pages takes them all.
        "pages": if queue && pages > 0 { pages + page_num - 1 } else { pages }, "cursor": page.cursor, "msg": msg.unwrap_or_default(),
    }))
}

fn asked(scope: &Scope, line: &Line, sync: Option<&str>, cursor: Option<&str>, limit: i64) -> Result<Asked> {
    let states = line.many("orderStatus").value().unwrap_or_default();
    if let Some(odd) = states.iter().find(|s| State::of(s).is_none()) {
        return Err(Error::Call(Code::BadField, Text::new("order-unknown-status").with(odd)));
    }
    let sync: Option<&'static [Sync]> = match sync {
        Some("all") => None,
        Some("delivered") => Some(&[Sync::Delivered]),
        Some("synced") => Some(&[Sync::Synced]),
        Some("blocked") => Some(&[Sync::Blocked]),
        _ if line.has("orderNo") => None,
        _ => Some(&[Sync::Unsynced]),
    };
    let after = match cursor.and_then(|c| c.strip_prefix('s')) {
        Some(seq) => Some(seq.parse().map_err(|_| Error::Call(Code::BadField, Text::new("order-bad-cursor")))?),
        None => None,
    };
    Ok(Asked {
        order_no: line.text("orderNo").value(),
        sync,
        states,
        moment: match line.text("timeType").value().as_deref() {
            Some("paid") => Moment::Paid,
            Some("updated") => Moment::Updated,
            _ => Moment::Placed,
        },
        from: line.time("startTime").value(),
        until: line.time("endTime").value(),
        shops: scope.shops.as_ref().map(|shops| shops.iter().map(|s| s.0).collect()),
        after,
        skip: if after.is_some() { 0 } else { (line.number_or_default("pageNum") - 1) * limit },
        limit,
    })
}
