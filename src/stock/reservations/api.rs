//! The storefront's words for taking units (S-05), and the ERP's for having seen them.

use super::{Ack, Back, Ended, State, Told, Want};
use crate::Result;
use crate::clock::on_the_wire;
use crate::stock::push::{Shops, resolve};
use crate::trail::Cause;
use crate::wire::{Field, Kind, Line, LineCode, LineResult, Method, Module, Problem, Scope, Verb};
use diesel::PgConnection;
use std::collections::HashMap;

const RESERVATION: Field = Field::always("reservationId", Kind::Text(64), "stock-field-reservation");
const SHOP: Field = Field::optional("shopId", Kind::Shop, "stock-field-shop");
/// A week at most.
const LONGEST_MINUTES: i64 = 10_080;

/// S-05: order placed.
pub static FREEZE: Method = Method {
    name: "sku.inventory.freeze",
    module: Module::Order,
    about: "stock-api-freeze",
    source: "S-05 S-07 I-2 I-3",
    fields: &[
        RESERVATION,
        Field::always("skuId", Kind::Id, "stock-field-sku"),
        SHOP,
        Field::insert("quantity", Kind::Number { min: 1, max: 2_147_483_647, default: 0 }, "stock-field-take"),
        Field::optional("orderNo", Kind::Text(64), "stock-field-order"),
        Field::optional("minutes", Kind::Number { min: 1, max: LONGEST_MINUTES, default: 30 }, "stock-field-minutes"),
    ],
    verb: Verb::Act(freeze),
    example: r#"[{"reservationId": "SO20261120-004193", "skuId": "KZ-100382-1", "shopId": "1", "quantity": 12}]"#,
    answer: r#"{"feedId": "8214", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261120-004193/KZ-100382-1/1", "outcome": "applied", "now": {"state": "frozen", "expiresAt": "2026-11-22 15:02:08"}}]}"#,
};

/// S-05: paid.
pub static DEDUCT: Method = Method {
    name: "sku.inventory.deduct",
    module: Module::Order,
    about: "stock-api-deduct",
    source: "S-05 S-07 I-2 G-10",
    fields: &[RESERVATION],
    verb: Verb::Act(deduct),
    example: r#"{"reservationId": "SO20261120-004193"}"#,
    answer: r#"{"feedId": "8215", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261120-004193", "outcome": "applied", "now": {"state": "paid", "seq": "41"}}]}"#,
};

/// S-05: cancelled.
pub static ROLLBACK: Method = Method {
    name: "sku.inventory.rollback",
    module: Module::Order,
    about: "stock-api-rollback",
    source: "S-05 S-07 I-2 Q-36",
    fields: &[
        RESERVATION,
        Field::optional("skuId", Kind::Id, "stock-field-back-sku"),
        Field::optional("reason", Kind::Text(200), "stock-field-reason"),
    ],
    verb: Verb::Act(rollback),
    example: r#"{"reservationId": "SO20261120-004171", "reason": "客户取消"}"#,
    answer: r#"{"feedId": "8216", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261120-004171", "outcome": "applied", "now": {"state": "released"}}]}"#,
};

/// Q-14: the ERP says that it has booked, or shipped, what was paid.
pub static ACK: Method = Method {
    name: "sku.inventory.ack",
    module: Module::Order,
    about: "stock-api-ack",
    source: "Q-14 S-05",
    fields: &[
        RESERVATION,
        Field::optional("importedAt", Kind::Time, "stock-field-imported"),
        Field::optional("shippedAt", Kind::Time, "stock-field-shipped"),
    ],
    verb: Verb::Act(ack),
    example: r#"{"reservationId": "SO20261120-004193", "importedAt": "2026-11-22 14:35:00"}"#,
    answer: r#"{"feedId": "8217", "preview": false, "total": 1, "applied": 1, "unchanged": 0, "held": 0, "stale": 0, "parked": 0, "rejected": 0,
 "lines": [{"line": 1, "key": "SO20261120-004193", "outcome": "applied", "now": {"state": "paid", "seq": "41"}}]}"#,
};

fn freeze(tx: &mut PgConnection, cause: &Cause, scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let skus = resolve(tx, cause.merchant, &lines)?;
    let shops = Shops::of(tx, scope)?;
    let mut wants = Vec::with_capacity(lines.len());
    let mut bad: HashMap<String, Vec<(i32, Problem)>> = HashMap::new();
    for line in &lines {
        let reservation = line.text_or_empty("reservationId");
        let quantity = line.number("quantity").value().ok_or_else(|| Problem::new(LineCode::Missing, "quantity", ""));
        let sku = skus.get(&line.no).copied();
        let sku = sku.ok_or_else(|| Problem::new(LineCode::UnknownSku, "skuId", line.text_or_empty("skuId")));
        match (sku, shops.named(line), quantity) {
            (Ok(sku), Ok(shop), Ok(qty)) => wants.push(Want {
                no: line.no,
                reservation,
                sku,
                shop,
                qty,
                order_no: line.text("orderNo").value(),
                minutes: line.number("minutes").value().and_then(|n| i32::try_from(n).ok()),
            }),
            (sku, shop, quantity) => {
                let problem = sku.err().or(shop.err()).or(quantity.err());
                bad.entry(reservation).or_default().extend(problem.map(|p| (line.no, p)));
            }
        }
    }
    // All or nothing: a line that names nothing we know takes its reservation with it.
    let (spoiled, wants): (Vec<Want>, Vec<Want>) = wants.into_iter().partition(|w| bad.contains_key(&w.reservation));
    let mut ended = super::freeze(tx, cause, wants, scope.live.as_deref())?;
    ended.extend(spoiled.iter().map(|w| Ended::badly(w.no, Problem::new(LineCode::AllOrNothing, "", ""))));
    ended.extend(bad.into_values().flatten().map(|(no, problem)| Ended::badly(no, problem)));
    Ok(told(&lines, ended))
}

fn deduct(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let wanted: Vec<(i32, String)> = lines.iter().map(|l| (l.no, l.text_or_empty("reservationId"))).collect();
    let ended = super::confirm(tx, cause, &wanted)?;
    Ok(told(&lines, ended))
}

fn rollback(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let mut wanted = Vec::with_capacity(lines.len());
    let mut ended = Vec::new();
    let named = resolve(tx, cause.merchant, &lines)?;
    for line in &lines {
        let sku = line.text("skuId").value();
        let known = named.get(&line.no).copied();
        match sku.filter(|_| known.is_none()) {
            Some(unknown) => ended.push(Ended::badly(line.no, Problem::new(LineCode::UnknownSku, "skuId", unknown))),
            None => wanted.push(Back { no: line.no, reservation: line.text_or_empty("reservationId"), sku: known }),
        }
    }
    let reason = lines.iter().find_map(|l| l.text("reason").value());
    ended.extend(super::release(tx, cause, &wanted, "storefront", reason.as_deref())?);
    Ok(told(&lines, ended))
}

fn ack(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let ack = |l: &Line| Ack {
        no: l.no,
        reservation: l.text_or_empty("reservationId"),
        imported_at: l.time("importedAt").value(),
        shipped_at: l.time("shippedAt").value(),
    };
    let acks: Vec<Ack> = lines.iter().map(ack).collect();
    let ended = super::acknowledge(tx, cause, &acks)?;
    Ok(told(&lines, ended))
}

fn told(lines: &[Line], ended: Vec<Ended>) -> Vec<LineResult> {
    let mut by_no: HashMap<i32, Ended> = ended.into_iter().map(|e| (e.no, e)).collect();
    let result = |line: &Line| {
        let ended = by_no.remove(&line.no)?;
        let mut result = LineResult::of(line, ended.outcome);
        result.problems.splice(0..0, ended.problem);
        if let Some(how) = ended.checked {
            result = result.telling("checked", how);
        }
        Some(ended.now.map_or(result.clone(), |now| tell(result, now)))
    };
    lines.iter().filter_map(result).collect()
}

fn tell(result: LineResult, now: Told) -> LineResult {
    let result = result.telling("state", now.state.as_str());
    let result = match now.seq {
        Some(seq) => result.telling("seq", seq.to_string()),
        None => result,
    };
    match now.expires_at.filter(|_| now.state == State::Frozen) {
        Some(at) => result.telling("expiresAt", on_the_wire(at)),
        None => result,
    }
}
