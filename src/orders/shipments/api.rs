//! The open platform's words for shipping (L-01…L-05).

use super::carriers::{self, BY_HAND, Carrier, WAITS_FOR};
use super::draft::{self, Draft};
use super::logistics::{self, Said};
use super::ship::{self, Done};
use super::withdraw::{self, What};
use crate::Result;
use crate::guards::codes;
use crate::orders::events::Origin;
use crate::orders::steps::Ended;
use crate::trail::Cause;
use crate::wire::{Field, Kind, Line, LineCode, LineResult, Method, Module, Outcome, Problem, Scope, Verb};
use diesel::PgConnection;
use serde_json::{Value, json};
use std::collections::HashMap;

const ORDER_NO: Field = Field::always("orderNo", Kind::Text(64), "order-field-order-no");

/// L-01: the codes packages are told by.
pub static CARRIER_LIST_GET: Method = Method {
    name: "carrier.list.get",
    module: Module::Shipment,
    about: "ship-api-carriers",
    source: "L-01 Q-20",
    fields: &[Field::optional("keyword", Kind::Text(60), "ship-field-keyword")],
    verb: Verb::Read(list),
    example: r#"{"keyword": "顺丰"}"#,
    answer: r#"{"records": [{"carrierCode": "SF", "carrierName": "顺丰速运", "aliases": ["顺丰", "顺丰快递"], "website": "http://www.sf-express.com", "phone": "400-811-1111", "active": true}],
 "mappings": [{"theirs": "SFEXP", "carrierCode": "SF"}]}"#,
};

/// 1.4.2 of the seed.
pub static LOGISTICS_UPDATE: Method = Method {
    name: "order.logistics.update",
    module: Module::Shipment,
    about: "ship-api-logistics",
    source: "L-01 L-02 Q-20 Q-21",
    fields: &[
        ORDER_NO,
        Field::always("carrierCode", Kind::Text(60), "ship-field-carrier"),
        Field::part("trackingNo", Kind::Text(64), "ship-field-tracking"),
        Field::optional("shippedTime", Kind::Time, "ship-field-shipped"),
        Field::optional("eventId", Kind::Text(64), "order-field-event-id"),
    ],
    verb: Verb::Write(logistics),
    example: r#"{"orderNo": "SO20261122-000017", "carrierCode": "SF", "trackingNo": "SF1234567890123", "shippedTime": "2026-11-22 16:05:00"}"#,
    answer: r#"{"feedId": "9120", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261122-000017/SF/SF1234567890123", "outcome": "applied", "now": {"orderStatus": "shipped"}}]}"#,
};

/// 1.4.3 of the seed.
pub static SHIPMENT_ADD: Method = Method {
    name: "order.shipment.add",
    module: Module::Shipment,
    about: "ship-api-add",
    source: "L-02 L-03 L-04 L-05 Q-21 Q-39",
    fields: &[
        ORDER_NO,
        Field::part("shipmentId", Kind::Text(64), "ship-field-id"),
        Field::optional("items", Kind::Json(200_000), "ship-field-items"),
        Field::optional("packages", Kind::Json(20_000), "ship-field-packages"),
        Field::optional("carrierCode", Kind::Text(60), "ship-field-carrier-flat"),
        Field::optional("trackingNo", Kind::Text(64), "ship-field-tracking"),
        Field::optional("final", Kind::Bit, "ship-field-final"),
        Field::optional("shippedTime", Kind::Time, "ship-field-shipped"),
        Field::optional("note", Kind::Text(200), "ship-field-note"),
    ],
    verb: Verb::Write(add),
    example: r#"{"orderNo": "SO20261122-000017", "shipmentId": "CK26112200871", "packages": [{"carrierCode": "SF", "trackingNo": "SF1234567890123"}], "final": 0,
 "items": [{"lineNo": 1, "lots": [{"lotNo": "B2605017", "producedOn": "2026-05-17", "expiresOn": "2028-04", "quantity": 8}, {"lotNo": "B2609003", "expiresOn": "2028-09-02", "quantity": 2}]}]}"#,
    answer: r#"{"feedId": "9121", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261122-000017/CK26112200871", "outcome": "applied", "now": {"orderStatus": "partly_shipped", "shipmentNo": 1,
  "lines": [{"lineNo": 1, "quantity": 12, "shippedQuantity": 10, "closedQuantity": 0, "remainingQuantity": 2}]}}]}"#,
};

/// Q-21: what was told by mistake and never left.
pub static SHIPMENT_WITHDRAW: Method = Method {
    name: "order.shipment.withdraw",
    module: Module::Shipment,
    about: "ship-api-withdraw",
    source: "L-02 L-03 Q-21 I-11",
    fields: &[
        ORDER_NO,
        Field::part("shipmentId", Kind::Text(64), "ship-field-withdraw-id"),
        Field::part("carrierCode", Kind::Text(60), "ship-field-withdraw-carrier"),
        Field::part("trackingNo", Kind::Text(64), "ship-field-tracking"),
        Field::optional("reason", Kind::Text(200), "ship-field-withdraw-reason"),
    ],
    verb: Verb::Act(withdraw),
    example: r#"{"orderNo": "SO20261122-000017", "shipmentId": "CK26112200871", "reason": "数量录错"}"#,
    answer: r#"{"feedId": "9122", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261122-000017/CK26112200871", "outcome": "applied", "now": {"orderStatus": "to_ship"}}]}"#,
};

fn list(c: &mut PgConnection, scope: &Scope, line: Line) -> Result<Value> {
    let found = carriers::search(c, &line.text_or_empty("keyword"))?;
    let told = |c: &Carrier| json!({ "carrierCode": c.code, "carrierName": c.name, "aliases": c.aliases().collect::<Vec<_>>(), "website": c.website, "phone": c.phone, "active": c.active });
    let pairs = codes::of_merchant(c, scope.merchant, (codes::Kind::Carrier.as_str(), ""), 1000)?;
    let own = pairs.iter().filter(|p| p.kind == codes::Kind::Carrier.as_str());
    Ok(json!({
        "records": found.iter().map(told).collect::<Vec<_>>(),
        "mappings": own.map(|p| json!({ "theirs": p.theirs, "carrierCode": p.ours })).collect::<Vec<_>>(),
    }))
}

/// A line whose carrier nobody knows: it waits for somebody who does.
fn parked(line: &Line, field: &str, code: &str) -> LineResult {
    let problem = Problem::new(LineCode::UnknownCarrier, field, code);
    LineResult::of(line, Outcome::Parked).because(problem).waiting_for(WAITS_FOR, code)
}

fn logistics(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, mut lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let codes: Vec<String> = lines.iter().map(|l| l.text_or_empty("carrierCode")).collect();
    let known = carriers::named(tx, cause.merchant, &codes)?;
    let mut results = Vec::new();
    let mut said = Vec::with_capacity(lines.len());
    for (line, code) in lines.iter_mut().zip(&codes) {
        let Some(carrier) = known.get(code) else {
            results.push(parked(line, "carrierCode", code));
            continue;
        };
        let tracking_no = line.text_or_empty("trackingNo");
        if tracking_no.is_empty() && carrier.code != BY_HAND {
            results.push(LineResult::rejected(line, Problem::new(LineCode::Missing, "trackingNo", "")));
            continue;
        }
        if carrier.looks_odd(&tracking_no) {
            line.warnings.push(Problem::new(LineCode::OddTracking, "trackingNo", tracking_no.clone()).detail(&carrier.name));
        }
        said.push(Said {
            no: line.no,
            order_no: line.text_or_empty("orderNo"),
            carrier: carrier.clone(),
            tracking_no,
            at: line.time("shippedTime").value(),
            source_id: line.text("eventId").value(),
        });
    }
    let by_no: HashMap<i32, &Line> = lines.iter().map(|l| (l.no, l)).collect();
    for ended in logistics::tell(tx, cause, &said, Origin::of_method(cause))? {
        if let Some(line) = by_no.get(&ended.no) {
            results.push(state_of(LineResult::of(line, ended.outcome), ended));
        }
    }
    Ok(results)
}

fn withdraw(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let codes: Vec<String> = lines.iter().map(|l| l.text_or_empty("carrierCode")).collect();
    let known = carriers::named(tx, cause.merchant, &codes)?;
    let (mut results, mut said) = (Vec::new(), Vec::with_capacity(lines.len()));
    for (line, code) in lines.iter().zip(&codes) {
        let carrier = || known.get(code).map_or_else(|| code.clone(), |c| c.code.clone());
        let what = match line.text("shipmentId").value() {
            Some(id) => What::Named(id),
            None if !code.is_empty() => What::Parcel(carrier(), line.text_or_empty("trackingNo")),
            None => {
                results.push(LineResult::rejected(line, Problem::new(LineCode::Missing, "shipmentId", "")));
                continue;
            }
        };
        said.push(withdraw::Said { no: line.no, order_no: line.text_or_empty("orderNo"), what, reason: line.text_or_empty("reason") });
    }
    let by_no: HashMap<i32, &Line> = lines.iter().map(|l| (l.no, l)).collect();
    for ended in withdraw::withdraw(tx, cause, &said, Origin::Erp)? {
        if let Some(line) = by_no.get(&ended.no) {
            results.push(state_of(LineResult::of(line, ended.outcome), ended));
        }
    }
    Ok(results)
}

fn state_of(mut result: LineResult, ended: Ended) -> LineResult {
    result.problems.extend(ended.problem);
    match ended.order {
        Some(order) => result.telling("orderStatus", order.state().as_str()),
        None => result,
    }
}

fn add(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, mut lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let mut results = Vec::new();
    let mut drafts: Vec<Draft> = Vec::with_capacity(lines.len());
    for line in &mut lines {
        match draft::read(line) {
            Ok(draft) => drafts.push(draft),
            Err(problems) => results.push(LineResult { problems, ..LineResult::of(line, Outcome::Rejected) }),
        }
    }
    let codes: Vec<String> = drafts.iter().flat_map(|d| d.packages.iter().map(|p| p.carrier.clone())).collect();
    let known = carriers::named(tx, cause.merchant, &codes)?;
    let by_no: HashMap<i32, Line> = lines.into_iter().map(|l| (l.no, l)).collect();
    let mut good = Vec::with_capacity(drafts.len());
    let mut odd: HashMap<i32, Vec<Problem>> = HashMap::new();
    for draft in drafts {
        let Some(line) = by_no.get(&draft.no) else { continue };
        match check(&draft, &known) {
            Ok(warnings) => {
                odd.insert(draft.no, warnings);
                good.push(draft);
            }
            Err(Wrong::Unknown(code)) => results.push(parked(line, "carrierCode", &code)),
            Err(Wrong::Missing(field)) => results.push(LineResult::rejected(line, Problem::new(LineCode::Missing, &field, ""))),
        }
    }
    for done in ship::ship(tx, cause, &good, &known, Origin::of_method(cause))? {
        if let Some(line) = by_no.get(&done.ended.no) {
            let mut result = tell(line, done);
            result.problems.extend(odd.remove(&line.no).unwrap_or_default());
            results.push(result);
        }
    }
    Ok(results)
}

enum Wrong {
    Unknown(String),
    Missing(String),
}

/// Packages need a carrier that is known, and a number unless nobody carries them.
fn check(draft: &Draft, known: &HashMap<String, Carrier>) -> std::result::Result<Vec<Problem>, Wrong> {
    let mut warnings = Vec::new();
    for (n, parcel) in draft.packages.iter().enumerate() {
        let carrier = known.get(&parcel.carrier).ok_or_else(|| Wrong::Unknown(parcel.carrier.clone()))?;
        let field = format!("packages[{n}].trackingNo");
        if parcel.tracking_no.is_empty() && carrier.code != BY_HAND {
            return Err(Wrong::Missing(field));
        }
        if carrier.looks_odd(&parcel.tracking_no) {
            warnings.push(Problem::new(LineCode::OddTracking, &field, parcel.tracking_no.clone()).detail(&carrier.name));
        }
    }
    Ok(warnings)
}

fn tell(line: &Line, done: Done) -> LineResult {
    let mut result = state_of(LineResult::of(line, done.ended.outcome), done.ended);
    result.problems.extend(done.problems);
    if let Some(no) = done.shipment {
        result = result.telling("shipmentNo", no);
    }
    if !done.lines.is_empty() {
        let units = done.lines.iter().map(|(no, u)| {
            json!({ "lineNo": no, "quantity": u.ordered, "shippedQuantity": u.shipped, "closedQuantity": u.closed, "remainingQuantity": u.left() })
        });
        result = result.telling("lines", units.collect::<Vec<_>>());
    }
    result
}
