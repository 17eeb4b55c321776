//! What an ERP tells of one lot, and which of several are kept.

use super::Day;
use crate::stock::shelf::{LotMode, LotRules, Unit};
use crate::wire::{LineCode, Problem};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The longest number of a lot.
const LONGEST: usize = 40;
const FIELDS: [&str; 4] = ["lotNo", "producedOn", "expiresOn", "quantity"];

/// One lot as told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Told {
    pub lot_no: String,
    #[serde(default)]
    pub produced_on: Option<Day>,
    /// The last day on which it may be sold.
    #[serde(default, deserialize_with = "end")]
    pub expires_on: Option<Day>,
    #[serde(default)]
    pub quantity: Option<i64>,
}

fn end<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Day>, D::Error> {
    Ok(Option::<Day>::deserialize(from)?.map(Day::at_its_end))
}

impl Told {
    pub fn unit(&self, stopped: bool) -> Unit {
        Unit { expires_on: self.expires(), stopped, qty: self.quantity }
    }
    pub fn produced(&self) -> Option<NaiveDate> {
        self.produced_on.map(|d| d.date)
    }
    pub fn expires(&self) -> Option<NaiveDate> {
        self.expires_on.map(|d| d.date)
    }
}

/// Everything about a list of lots: what was read, what is wrong, what is worth telling.
#[derive(Debug, Default)]
pub struct Read {
    pub lots: Vec<Told>,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Problem>,
}

/// Reads the lots of one line. Problems name their place as `lots[2].expiresOn`, counted from 0 as JSON does.
pub fn read(sent: &Value, rules: LotRules) -> Read {
    let mut out = Read::default();
    let Value::Array(all) = sent else {
        out.problems.push(Problem::new(LineCode::WrongType, "lots", sent.to_string()).detail("array"));
        return out;
    };
    let mut seen = HashSet::new();
    for (at, one) in all.iter().enumerate() {
        let mut lot = Reader { at, out: &mut out };
        let Value::Object(map) = one else {
            lot.problem(LineCode::NotAnObject, "", one);
            continue;
        };
        if let Some(told) = lot.read(map, rules) {
            if seen.insert(told.lot_no.clone()) {
                out.lots.push(told);
            } else {
                out.problems.push(Problem::new(LineCode::DuplicateLot, &format!("lots[{at}].lotNo"), told.lot_no));
            }
        }
    }
    out
}

struct Reader<'a> {
    at: usize,
    out: &'a mut Read,
}

impl Reader<'_> {
    fn path(&self, name: &str) -> String {
        if name.is_empty() { format!("lots[{}]", self.at) } else { format!("lots[{}].{name}", self.at) }
    }
    fn problem(&mut self, code: LineCode, name: &str, value: &Value) {
        self.detailed(code, name, value, None);
    }
    fn detailed(&mut self, code: LineCode, name: &str, value: &Value, detail: Option<String>) {
        let shown = match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut problem = Problem::new(code, &self.path(name), shown);
        problem.details.extend(detail);
        self.out.problems.push(problem);
    }

    /// A lot without a mistake.
    fn read(&mut self, map: &Map<String, Value>, rules: LotRules) -> Option<Told> {
        let before = self.out.problems.len();
        for name in map.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            let path = self.path(name);
            self.out.warnings.push(Problem::new(LineCode::UnknownField, &path, ""));
        }
        let get = |name: &str| map.get(name).unwrap_or(&Value::Null);
        let lot_no = self.lot_no(get("lotNo"));
        let produced_on = self.day("producedOn", get("producedOn"));
        let expires_on = self.day("expiresOn", get("expiresOn")).map(Day::at_its_end);
        let quantity = self.quantity(get("quantity"));
        if let (Some(made), Some(end)) = (produced_on, expires_on)
            && end.date < made.date
        {
            self.detailed(LineCode::ExpiryBeforeProduction, "expiresOn", get("expiresOn"), Some(made.to_string()));
        }
        if quantity.is_none() && get("quantity").is_null() && (rules.carry || rules.mode == LotMode::Largest) {
            self.problem(LineCode::Missing, "quantity", &Value::Null);
        }
        let told = Told { lot_no: lot_no?, produced_on, expires_on, quantity };
        (self.out.problems.len() == before).then_some(told)
    }

    fn lot_no(&mut self, value: &Value) -> Option<String> {
        let text = match value {
            Value::String(s) => s.trim().to_owned(),
            Value::Number(n) => n.to_string(),
            Value::Null => String::new(),
            _ => {
                self.detailed(LineCode::WrongType, "lotNo", value, Some("text".into()));
                return None;
            }
        };
        let wrong = if text.is_empty() {
            Some((LineCode::Missing, None))
        } else if text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
            Some((LineCode::BadCharacter, None))
        } else if text.chars().count() > LONGEST {
            Some((LineCode::TooLong, Some(LONGEST.to_string())))
        } else {
            None
        };
        match wrong {
            Some((code, detail)) => {
                self.detailed(code, "lotNo", value, detail);
                None
            }
            None => Some(text),
        }
    }

    fn day(&mut self, name: &str, value: &Value) -> Option<Day> {
        let text = match value {
            Value::Null => return None,
            Value::String(s) if s.trim().is_empty() => return None,
            Value::String(s) => s.trim().to_owned(),
            other => other.to_string(),
        };
        let day = Day::read(&text);
        if day.is_none() {
            self.problem(LineCode::BadDate, name, value);
        }
        day
    }

    fn quantity(&mut self, value: &Value) -> Option<i64> {
        let text = match value {
            Value::Null => return None,
            Value::String(s) => s.trim().to_owned(),
            other => other.to_string(),
        };
        match text.parse::<i64>() {
            Ok(n) if n < 0 => {
                self.problem(LineCode::Negative, "quantity", value);
                None
            }
            Ok(n) if n > i64::from(i32::MAX) => {
                self.detailed(LineCode::TooBig, "quantity", value, Some(i32::MAX.to_string()));
                None
            }
            Ok(n) => Some(n),
            Err(_) => {
                self.detailed(LineCode::WrongType, "quantity", value, Some("integer".into()));
                None
            }
        }
    }
}

/// Which of the lots are on sale: those with nothing left are not (B-03), and a merchant may want one alone (B-04, Q-22).
pub fn kept(mode: LotMode, told: &[Told]) -> Vec<&Told> {
    let there = || told.iter().filter(|lot| lot.quantity != Some(0));
    match mode {
        LotMode::All => there().collect(),
        LotMode::Newest => there().max_by_key(|lot| (lot.produced(), lot.expires(), &lot.lot_no)).into_iter().collect(),
        LotMode::Largest => there().max_by_key(|lot| (lot.quantity, lot.expires(), &lot.lot_no)).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problems(sent: &Value, rules: LotRules) -> Vec<(String, &'static str)> {
        read(sent, rules).problems.into_iter().map(|p| (p.field, p.code.wire())).collect()
    }

    #[test]
    fn mistakes_are_told_by_place() {
        let sent = json!([
            { "lotNo": "B1", "producedOn": "2026-05-01", "expiresOn": "2026-04", "quantity": 3 },
            { "lotNo": "B1", "quantity": -1 }, { "lotNo": " ", "expiresOn": "soon", "quantity": "1.5" }, "B4",
            { "lotNo": "B5", "quantity": 1 }, { "lotNo": "B5", "quantity": 2 }
        ]);
        let expected = [
            ("lots[0].expiresOn", "EXPIRY_BEFORE_PRODUCTION"),
            ("lots[1].quantity", "NEGATIVE"),
            ("lots[2].lotNo", "MISSING"),
            ("lots[2].expiresOn", "BAD_DATE"),
            ("lots[2].quantity", "WRONG_TYPE"),
            ("lots[3]", "NOT_AN_OBJECT"),
            ("lots[5].lotNo", "DUPLICATE_LOT"),
        ];
        assert_eq!(problems(&sent, LotRules::default()), expected.map(|(f, c)| (f.to_owned(), c)));
        assert_eq!(problems(&json!({}), LotRules::default()), [("lots".to_owned(), "WRONG_TYPE")]);
    }

    //
    #[test]
    fn a_sum_needs_every_quantity() {
        let sent = json!([{ "lotNo": "B1" }, { "lotNo": "B2", "quantity": 0 }]);
        assert_eq!(problems(&sent, LotRules::default()), []);
        let missing = [("lots[0].quantity".to_owned(), "MISSING")];
        assert_eq!(problems(&sent, LotRules { carry: true, ..LotRules::default() }), missing);
        assert_eq!(problems(&sent, LotRules { mode: LotMode::Largest, carry: false }), missing);
    }

    // B-03 B-04
    #[test]
    fn one_lot_or_all_that_are_there() {
        let sent = json!([
            { "lotNo": "A", "producedOn": "2026-01", "expiresOn": "2027-01", "quantity": 9 },
            { "lotNo": "B", "producedOn": "2026-03", "expiresOn": "2028-01", "quantity": 2 },
            { "lotNo": "C", "producedOn": "2026-09", "quantity": 0 }
        ]);
        let lots = read(&sent, LotRules::default()).lots;
        let names = |mode| kept(mode, &lots).into_iter().map(|l| l.lot_no.clone()).collect::<Vec<_>>().join("");
        assert_eq!((names(LotMode::All), names(LotMode::Newest), names(LotMode::Largest)), ("AB".into(), "B".into(), "A".into()));
        // A snapshot says the same when it is read again.
        let again: Vec<Told> = serde_json::from_value(serde_json::to_value(&lots).unwrap()).unwrap();
        assert_eq!(again, lots);
    }
}
