//! A shipment as it is told, read with everything that is wrong with it.

use crate::lots::told::{self, Told};
use crate::stock::shelf::LotRules;
use crate::wire::{Line as Sent, LineCode, Problem};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

const MAX_ITEMS: usize = 500;
const MAX_PACKAGES: usize = 50;
const ITEM: [&str; 6] = ["lineNo", "skuId", "quantity", "lots", "package", "final"];
const PACKAGE: [&str; 2] = ["carrierCode", "trackingNo"];

/// Which line of the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    No(i32),
    /// The SKU's id, or what the ERP calls the product.
    Sku(String),
}

/// Some units of one line.
#[derive(Clone, Debug)]
pub struct Item {
    pub line: Line,
    pub qty: i64,
    /// With their quantities, which add up to `qty`; none when no lot is told.
    pub lots: Vec<Told>,
    /// In which of the packages, counted from 1.
    pub package: Option<usize>,
    /// Nothing more of this line follows.
    pub closes: bool,
}

/// A package: the carrier as named by whoever speaks, and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub carrier: String,
    pub tracking_no: String,
}

/// What leaves together.
#[derive(Clone, Debug)]
pub struct Draft {
    pub no: i32,
    pub order_no: String,
    pub source_id: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// Nothing follows: what is left is closed short.
    pub is_final: bool,
    pub note: String,
    pub packages: Vec<Parcel>,
    pub items: Vec<Item>,
}

/// Problems and warnings met while reading.
#[derive(Default)]
struct Notes {
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Notes {
    fn bad(&mut self, code: LineCode, field: String, value: &Value) {
        self.problems.push(Problem::new(code, &field, shown(value)));
    }
    fn unknown(&mut self, map: &Map<String, Value>, known: &[&str], at: &str) {
        let odd = map.keys().filter(|k| !known.contains(&k.as_str()));
        self.warnings.extend(odd.map(|k| Problem::new(LineCode::UnknownField, &format!("{at}.{k}"), "")));
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn spelled(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// Reads a line of `order.shipment.add`; its warnings are added to the line.
pub(super) fn read(line: &mut Sent) -> Result<Draft, Vec<Problem>> {
    let mut notes = Notes::default();
    let packages = packages(line, &mut notes);
    let items = items(line, packages.len(), &mut notes);
    line.warnings.append(&mut notes.warnings);
    if !notes.problems.is_empty() {
        return Err(notes.problems);
    }
    Ok(Draft {
        no: line.no,
        order_no: line.text_or_empty("orderNo"),
        source_id: line.text("shipmentId").value(),
        at: line.time("shippedTime").value(),
        is_final: line.bit("final").value() == Some(true),
        note: line.text_or_empty("note"),
        packages,
        items,
    })
}

/// The flat carrier and number, or a list of them.
fn packages(line: &Sent, notes: &mut Notes) -> Vec<Parcel> {
    let mut found = Vec::new();
    let flat = (line.text_or_empty("carrierCode"), line.text_or_empty("trackingNo"));
    if !flat.0.is_empty() || !flat.1.is_empty() {
        found.extend(parcel(Some(flat.0), Some(flat.1), "", notes));
    }
    let sent = line.json("packages").value().unwrap_or_default();
    let all = match &sent {
        Value::Array(all) if all.len() <= MAX_PACKAGES => all.as_slice(),
        Value::Null => &[],
        other => {
            notes.problems.push(Problem::new(LineCode::WrongType, "packages", shown(other)).detail("array"));
            &[]
        }
    };
    for (at, one) in all.iter().enumerate() {
        let path = format!("packages[{at}]");
        let Value::Object(map) = one else {
            notes.bad(LineCode::NotAnObject, path, one);
            continue;
        };
        notes.unknown(map, &PACKAGE, &path);
        found.extend(parcel(spelled(map.get("carrierCode")), spelled(map.get("trackingNo")), &format!("{path}."), notes));
    }
    found
}

/// A carrier always; a number unless nobody carries it.
fn parcel(carrier: Option<String>, tracking_no: Option<String>, path: &str, notes: &mut Notes) -> Option<Parcel> {
    let carrier = carrier.filter(|c| !c.is_empty());
    let tracking_no = tracking_no.unwrap_or_default();
    let Some(carrier) = carrier else {
        notes.bad(LineCode::Missing, format!("{path}carrierCode"), &Value::Null);
        return None;
    };
    if tracking_no.chars().count() > 64 || carrier.chars().count() > 60 {
        let field = if tracking_no.chars().count() > 64 { "trackingNo" } else { "carrierCode" };
        notes.problems.push(Problem::new(LineCode::TooLong, &format!("{path}{field}"), "").detail(64));
        return None;
    }
    Some(Parcel { carrier, tracking_no })
}

fn items(line: &Sent, packages: usize, notes: &mut Notes) -> Vec<Item> {
    let sent = line.json("items").value().unwrap_or_default();
    let all = match &sent {
        Value::Array(all) if all.len() <= MAX_ITEMS => all.as_slice(),
        Value::Null => &[],
        other => {
            notes.problems.push(Problem::new(LineCode::WrongType, "items", shown(other)).detail("array"));
            &[]
        }
    };
    if all.is_empty() && notes.problems.is_empty() && line.bit("final").value() != Some(true) {
        notes.bad(LineCode::Missing, "items".into(), &Value::Null);
    }
    all.iter().enumerate().filter_map(|(at, one)| item(one, at, packages, notes)).collect()
}

fn item(one: &Value, at: usize, packages: usize, notes: &mut Notes) -> Option<Item> {
    let path = format!("items[{at}]");
    let Value::Object(map) = one else {
        notes.bad(LineCode::NotAnObject, path, one);
        return None;
    };
    let before = notes.problems.len();
    notes.unknown(map, &ITEM, &path);
    let get = |name: &str| map.get(name).unwrap_or(&Value::Null);
    let line = match (get("lineNo"), spelled(map.get("skuId"))) {
        (Value::Null, Some(sku)) => Some(Line::Sku(sku)),
        (Value::Null, None) => {
            notes.bad(LineCode::Missing, format!("{path}.lineNo"), &Value::Null);
            None
        }
        (no, _) => {
            let read = spelled(Some(no)).and_then(|n| n.parse().ok());
            if read.is_none() {
                notes.problems.push(Problem::new(LineCode::WrongType, &format!("{path}.lineNo"), shown(no)).detail("integer"));
            }
            read.map(Line::No)
        }
    };
    let mut read = match get("lots") {
        Value::Null => told::Read::default(),
        sent => told::read(sent, LotRules::default()),
    };
    let within = |mut problem: Problem| {
        problem.field = format!("{path}.{}", problem.field);
        problem
    };
    notes.problems.extend(read.problems.drain(..).map(within));
    notes.warnings.extend(read.warnings.drain(..).map(within));
    let quantity = count(get("quantity"), &format!("{path}.quantity"), notes);
    let mut lots = read.lots;
    // One lot without a quantity is all of it.
    if let [one] = lots.as_mut_slice() {
        one.quantity = one.quantity.or(quantity);
    }
    for (n, lot) in lots.iter().enumerate().filter(|(_, lot)| lot.quantity.is_none()) {
        notes.problems.push(Problem::new(LineCode::Missing, &format!("{path}.lots[{n}].quantity"), lot.lot_no.clone()));
    }
    lots.retain(|lot| lot.quantity != Some(0));
    let sum: i64 = lots.iter().filter_map(|lot| lot.quantity).sum();
    if let Some(n) = quantity.filter(|n| !lots.is_empty() && *n != sum) {
        notes.problems.push(Problem::new(LineCode::LotsDiffer, &format!("{path}.quantity"), n.to_string()).detail(sum));
    }
    let package = match count(get("package"), &format!("{path}.package"), notes).map(usize::try_from) {
        Some(Ok(n)) if (1..=packages).contains(&n) => Some(n),
        Some(_) => {
            notes.bad(LineCode::BadChoice, format!("{path}.package"), get("package"));
            None
        }
        None => (packages == 1).then_some(1),
    };
    let closes = matches!(get("final"), Value::Bool(true)) || spelled(map.get("final")).as_deref() == Some("1");
    let qty = quantity.unwrap_or(sum);
    if qty == 0 && !closes && notes.problems.len() == before {
        notes.bad(LineCode::Missing, format!("{path}.quantity"), get("quantity"));
    }
    let item = Item { line: line?, qty, lots, package, closes };
    (notes.problems.len() == before).then_some(item)
}

/// Whole pieces, zero or more.
fn count(value: &Value, field: &str, notes: &mut Notes) -> Option<i64> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    match text.parse::<i64>() {
        Ok(n) if (0..=i64::from(i32::MAX)).contains(&n) => Some(n),
        Ok(n) if n < 0 => {
            notes.bad(LineCode::Negative, field.to_owned(), value);
            None
        }
        Ok(_) => {
            notes.problems.push(Problem::new(LineCode::TooBig, field, text).detail(i32::MAX));
            None
        }
        Err(_) => {
            notes.problems.push(Problem::new(LineCode::WrongType, field, text).detail("integer"));
            None
        }
    }
}
