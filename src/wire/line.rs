//! One line as sent, read field by field. Everything wrong with it is collected, nothing is lost.

use super::{Field, Kind, LineCode, Need, Problem};
use crate::clock;
use crate::ids::ShopId;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::str::FromStr;

/// a missing key leaves the value, null clears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch<T> {
    Missing,
    Null,
    Value(T),
}

impl<T> Patch<T> {
    pub fn value(self) -> Option<T> {
        match self {
            Patch::Value(v) => Some(v),
            Patch::Missing | Patch::Null => None,
        }
    }
    pub fn is_missing(&self) -> bool {
        matches!(self, Patch::Missing)
    }
    /// The new value of an optional column, given the old one.
    pub fn over(self, old: Option<T>) -> Option<T> {
        match self {
            Patch::Missing => old,
            Patch::Null => None,
            Patch::Value(v) => Some(v),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Null,
    Text(String),
    Number(i64),
    Decimal(Decimal),
    Bit(bool),
    Time(DateTime<Utc>),
    Json(Value),
    Many(Vec<String>),
}

/// A line read by a method's fields.
#[derive(Clone, Debug)]
pub struct Line {
    /// 1-based, as sent.
    pub no: i32,
    /// The `Always` fields and the shop joined by `/`: how people find the line again.
    pub key: String,
    /// Reasons to reject it.
    pub problems: Vec<Problem>,
    /// Worth telling, not in the way.
    pub warnings: Vec<Problem>,
    /// As sent.
    pub sent: Value,
    fields: &'static [Field],
    cells: BTreeMap<&'static str, Cell>,
}

impl Line {
    /// Reads `sent` by `fields`; look at `problems` before using it.
    pub fn read(no: i32, fields: &'static [Field], sent: Value) -> Self {
        let mut line = Self {
            no,
            key: key_of(fields, &sent),
            problems: Vec::new(),
            warnings: Vec::new(),
            sent: Value::Null,
            fields,
            cells: BTreeMap::new(),
        };
        match &sent {
            Value::Object(map) => line.read_fields(map),
            other => line.problems.push(Problem::new(LineCode::NotAnObject, "", other.to_string())),
        }
        line.sent = sent;
        line
    }

    fn read_fields(&mut self, map: &Map<String, Value>) {
        let blank = |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
        for field in self.fields {
            match map.get(field.name) {
                Some(value) if matches!(field.need, Need::Either | Need::Part) && blank(value) => {}
                Some(value) if field.kind == Kind::Price && field.need == Need::Optional && blank(value) => {
                    self.cells.insert(field.name, Cell::Null);
                }
                None if field.need == Need::Always => self.problems.push(Problem::new(LineCode::Missing, field.name, "")),
                None => {}
                Some(Value::Null) if field.need != Need::Optional => self.problems.push(Problem::new(LineCode::Empty, field.name, "null")),
                Some(Value::Null) => {
                    self.cells.insert(field.name, Cell::Null);
                }
                Some(value) => match read_cell(field.kind, value) {
                    Ok(Cell::Text(text)) if text.is_empty() && field.need != Need::Optional => {
                        self.problems.push(Problem::new(LineCode::Empty, field.name, ""));
                    }
                    Ok(cell) => {
                        self.cells.insert(field.name, cell);
                    }
                    Err((code, details)) => {
                        let shown = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                        let mut problem = Problem::new(code, field.name, shown);
                        problem.details = details;
                        self.problems.push(problem);
                    }
                },
            }
        }
        let mut either = self.fields.iter().filter(|f| f.need == Need::Either).peekable();
        if let Some(first) = either.peek().map(|f| f.name)
            && !either.any(|f| map.get(f.name).is_some_and(|value| !blank(value)))
        {
            self.problems.push(Problem::new(LineCode::Missing, first, ""));
        }
        for name in map.keys().filter(|name| !self.fields.iter().any(|f| f.name == name.as_str())) {
            self.warnings.push(Problem::new(LineCode::UnknownField, name, ""));
        }
    }

    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    /// For a row that turned out to be new: complains about what is missing.
    pub fn needs_for_insert(&mut self) {
        for field in self.fields.iter().filter(|f| f.need == Need::Insert && !self.cells.contains_key(f.name)) {
            self.problems.push(Problem::new(LineCode::Missing, field.name, ""));
        }
    }

    /// The same line with this one field alone.
    #[must_use]
    pub fn only(&self, name: &str) -> Self {
        let mut line = self.clone();
        line.cells.retain(|field, _| *field == name);
        line
    }

    /// Takes fields out, as if they had not been sent; what was sent for them comes back. `sent` stays as it was.
    pub fn take_out(&mut self, names: &[&'static str]) -> Map<String, Value> {
        let mut taken = Map::new();
        for name in names {
            if self.cells.remove(name).is_some()
                && let Some(value) = self.sent.get(name)
            {
                taken.insert((*name).to_owned(), value.clone());
            }
        }
        taken
    }
    /// Another text in the place of the one sent, which stays as it is in `sent`: for codes that have been translated.
    pub fn put(&mut self, name: &'static str, text: &str) {
        self.cells.insert(name, Cell::Text(text.to_owned()));
    }
    /// Goes on as if the field had not been sent.
    pub fn forget(&mut self, name: &str) {
        self.cells.remove(name);
    }

    pub fn has(&self, name: &str) -> bool {
        self.cells.contains_key(name)
    }
    /// Of a record, what the line is about: the fields it names, other than those by which it finds its row, and their version.
    pub fn spoken_of(&self, record: Map<String, Value>) -> Map<String, Value> {
        let says = |name: &str| self.has(name) && self.fields.iter().any(|f| f.name == name && f.need != Need::Always);
        record.into_iter().filter(|(name, _)| name == "version" || says(name)).collect()
    }
    pub fn text(&self, name: &str) -> Patch<String> {
        self.pick(name, |cell| if let Cell::Text(v) = cell { Some(v.clone()) } else { None })
    }
    /// The text, or empty when missing or null: for `Always` fields and plain optional texts.
    pub fn text_or_empty(&self, name: &str) -> String {
        self.text(name).value().unwrap_or_default()
    }
    pub fn number(&self, name: &str) -> Patch<i64> {
        self.pick(name, |cell| if let Cell::Number(v) = cell { Some(*v) } else { None })
    }
    /// A [`Kind::Number`] with its default.
    pub fn number_or_default(&self, name: &str) -> i64 {
        self.number(name).value().unwrap_or_else(|| {
            let kind = self.fields.iter().find(|f| f.name == name).map(|f| f.kind);
            if let Some(Kind::Number { default, .. }) = kind { default } else { 0 }
        })
    }
    pub fn shop(&self, name: &str) -> Patch<ShopId> {
        self.pick(name, |cell| if let Cell::Number(v) = cell { Some(ShopId(*v)) } else { None })
    }
    pub fn decimal(&self, name: &str) -> Patch<Decimal> {
        self.pick(name, |cell| if let Cell::Decimal(v) = cell { Some(*v) } else { None })
    }
    pub fn bit(&self, name: &str) -> Patch<bool> {
        self.pick(name, |cell| if let Cell::Bit(v) = cell { Some(*v) } else { None })
    }
    pub fn time(&self, name: &str) -> Patch<DateTime<Utc>> {
        self.pick(name, |cell| if let Cell::Time(v) = cell { Some(*v) } else { None })
    }
    pub fn json(&self, name: &str) -> Patch<Value> {
        self.pick(name, |cell| if let Cell::Json(v) = cell { Some(v.clone()) } else { None })
    }
    pub fn many(&self, name: &str) -> Patch<Vec<String>> {
        self.pick(name, |cell| if let Cell::Many(v) = cell { Some(v.clone()) } else { None })
    }

    fn pick<T>(&self, name: &str, take: impl Fn(&Cell) -> Option<T>) -> Patch<T> {
        match self.cells.get(name) {
            None => Patch::Missing,
            Some(Cell::Null) => Patch::Null,
            Some(cell) => take(cell).map_or(Patch::Missing, Patch::Value),
        }
    }
}

/// The `Always` fields of something that may not even be readable, and its shop: stock and price are kept per shop (G-02),
/// so that a line about another shop is another line. Where no field is always there, one id or another names the row.
pub fn key_of(fields: &[Field], sent: &Value) -> String {
    let mut named = false;
    let mut parts: Vec<String> = Vec::new();
    let names = |f: &&Field| matches!(f.need, Need::Always | Need::Either | Need::Part) || matches!(f.kind, Kind::Shop | Kind::ShopOrAll);
    for field in fields.iter().filter(names) {
        let part = match sent.get(field.name) {
            Some(Value::String(s)) => s.trim().chars().take(64).collect(),
            Some(Value::Number(n)) => n.to_string(),
            _ => continue,
        };
        // Of those that stand for one another the first counts.
        if field.need == Need::Either && (named || part.is_empty()) {
            continue;
        }
        named |= field.need == Need::Either;
        parts.push(part);
    }
    parts.join("/")
}

type Bad = (LineCode, Vec<String>);

fn read_cell(kind: Kind, value: &Value) -> Result<Cell, Bad> {
    let wrong = |expected: &str| (LineCode::WrongType, vec![expected.to_owned()]);
    let spelled = || match value {
        Value::String(s) => Some(s.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    };
    match kind {
        Kind::Text(max) => {
            let text = spelled().ok_or_else(|| wrong("text"))?;
            checked_text(text, max).map(Cell::Text)
        }
        Kind::Id => {
            let text = spelled().ok_or_else(|| wrong("text"))?;
            checked_text(text, 20).map(Cell::Text)
        }
        Kind::Shop | Kind::ShopOrAll => whole(value).filter(|n| *n > 0).map(Cell::Number).ok_or_else(|| wrong("integer")),
        Kind::Money | Kind::Price | Kind::Weight => read_decimal(spelled().ok_or_else(|| wrong("number"))?),
        Kind::Count => {
            let number = whole(value).ok_or_else(|| wrong("integer"))?;
            if number < 0 {
                return Err((LineCode::Negative, vec![]));
            }
            if number > 2_147_483_647 {
                return Err((LineCode::TooBig, vec!["2147483647".into()]));
            }
            Ok(Cell::Number(number))
        }
        Kind::Number { min, max, .. } => {
            let number = whole(value).ok_or_else(|| wrong("integer"))?;
            if (min..=max).contains(&number) {
                Ok(Cell::Number(number))
            } else {
                Err((LineCode::BadChoice, vec![format!("{min}–{max}")]))
            }
        }
        Kind::Bit => match (value, spelled().as_deref()) {
            (Value::Bool(b), _) => Ok(Cell::Bit(*b)),
            (_, Some("1" | "true")) => Ok(Cell::Bit(true)),
            (_, Some("0" | "false")) => Ok(Cell::Bit(false)),
            _ => Err(wrong("0|1")),
        },
        Kind::Time => {
            let text = value.as_str().ok_or_else(|| wrong("time"))?.trim();
            clock::off_the_wire(text).map(Cell::Time).ok_or((LineCode::BadTime, vec![]))
        }
        Kind::Json(max) => read_json(value, max),
        Kind::OneOf(choices) => {
            let text = spelled().ok_or_else(|| wrong("text"))?;
            if choices.contains(&text.as_str()) { Ok(Cell::Text(text)) } else { Err((LineCode::BadChoice, vec![choices.join(" | ")])) }
        }
        Kind::Ids => {
            let parts: Option<Vec<String>> = match value {
                Value::String(s) => Some(s.split(',').map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()),
                Value::Array(all) => {
                    all.iter().map(|v| v.as_str().map(ToOwned::to_owned).or_else(|| v.as_i64().map(|n| n.to_string()))).collect()
                }
                _ => None,
            };
            parts.map(Cell::Many).ok_or_else(|| wrong("ids"))
        }
    }
}

/// A whole number, as such or as text; `5.0` is none.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::String(s) => s.trim().parse().ok(),
        Value::Number(n) => n.as_i64(),
        _ => None,
    }
}

fn read_decimal(text: String) -> Result<Cell, Bad> {
    let number = Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .map_err(|_| (LineCode::WrongType, vec!["number".to_owned()]))?;
    if number.is_sign_negative() && !number.is_zero() {
        return Err((LineCode::Negative, vec![]));
    }
    let number = number.normalize();
    if number.scale() > 2 {
        return Err((LineCode::Decimals, vec![number.trunc_with_scale(2).to_string()]));
    }
    if number >= Decimal::from(10_000_000_000_i64) {
        return Err((LineCode::TooBig, vec!["9999999999.99".into()]));
    }
    Ok(Cell::Decimal(number))
}

/// The seed sends JSON inside a text (`skuAttr`); a JSON value itself is welcome too.
fn read_json(value: &Value, max: usize) -> Result<Cell, Bad> {
    let parsed = match value {
        Value::String(s) if s.trim().is_empty() => Value::Array(Vec::new()),
        Value::String(s) => serde_json::from_str(s).map_err(|_| (LineCode::WrongType, vec!["JSON".to_owned()]))?,
        other => other.clone(),
    };
    let written = parsed.to_string();
    if written.chars().count() > max {
        return Err((LineCode::TooLong, vec![max.to_string()]));
    }
    if written.contains("\\u0000") {
        return Err((LineCode::BadCharacter, vec![]));
    }
    Ok(Cell::Json(parsed))
}

fn checked_text(text: String, max: usize) -> Result<String, Bad> {
    let breaks = |c: char| max > 255 && matches!(c, '\n' | '\r' | '\t');
    if text.chars().any(|c| (c.is_control() && !breaks(c)) || c == '\u{FFFD}') {
        return Err((LineCode::BadCharacter, vec![]));
    }
    if text.chars().count() > max {
        return Err((LineCode::TooLong, vec![max.to_string()]));
    }
    Ok(text)
}
