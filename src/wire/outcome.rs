//! How one line ended.

use super::{Line, LineCode, Module, Problem};
use crate::ids::{ProductId, ShopId, SkuId};
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The six ways a line can end. All but `rejected` mean that the ERP must not send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Applied,
    Unchanged,
    Held,
    Stale,
    Parked,
    Rejected,
}

impl Outcome {
    pub const ALL: [Outcome; 6] = [Outcome::Applied, Outcome::Unchanged, Outcome::Held, Outcome::Stale, Outcome::Parked, Outcome::Rejected];
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Applied => "applied",
            Outcome::Unchanged => "unchanged",
            Outcome::Held => "held",
            Outcome::Stale => "stale",
            Outcome::Parked => "parked",
            Outcome::Rejected => "rejected",
        }
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Outcome::Applied => "outcome-applied",
            Outcome::Unchanged => "outcome-unchanged",
            Outcome::Held => "outcome-held",
            Outcome::Stale => "outcome-stale",
            Outcome::Parked => "outcome-parked",
            Outcome::Rejected => "outcome-rejected",
        }
    }
}

/// What a parked line waits for: it is replayed when a row of that kind with that code appears.
#[derive(Clone, Debug, PartialEq)]
pub struct Parked {
    /// `category`, …
    pub waits_for: &'static str,
    pub code: String,
}

/// A part of a line that is not applied now and must not be lost: kept by the gate until what stands before it is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Withheld {
    pub module: Module,
    /// `switch` or `item`.
    pub why: &'static str,
    /// The part as a line; `None`: all of it, as sent.
    pub line: Option<Value>,
    /// Another method that applies it, and the key of its row; `None`: the one it came by.
    pub under: Option<(&'static str, String)>,
    pub place: (Option<ProductId>, Option<SkuId>, Option<ShopId>),
}

/// One line's end.
#[derive(Clone, Debug)]
pub struct LineResult {
    /// 1-based, as sent.
    pub no: i32,
    /// The id by which the ERP knows the row.
    pub key: String,
    pub outcome: Outcome,
    /// Reasons (for rejected, parked, stale, held) and warnings (for applied and unchanged).
    pub problems: Vec<Problem>,
    pub parked: Option<Parked>,
    /// Parts the gate keeps.
    pub withheld: Vec<Withheld>,
    /// The values now in force, for lines that were not plainly applied, and anything made on the way (ids, corrected chain).
    pub now: Map<String, Value>,
    /// What was sent.
    pub sent: Value,
}

impl LineResult {
    /// Starts from a line that was read, with the warnings it collected.
    pub fn of(line: &Line, outcome: Outcome) -> Self {
        Self::new(line.no, line.key.clone(), outcome, line.warnings.clone(), line.sent.clone())
    }
    /// The same for a line that nobody asks any more.
    pub fn end(line: Line, outcome: Outcome) -> Self {
        Self::new(line.no, line.key, outcome, line.warnings, line.sent)
    }
    fn new(no: i32, key: String, outcome: Outcome, problems: Vec<Problem>, sent: Value) -> Self {
        Self { no, key, outcome, problems, parked: None, withheld: Vec::new(), now: Map::new(), sent }
    }
    pub fn rejected(line: &Line, problem: Problem) -> Self {
        let mut result = Self::of(line, Outcome::Rejected);
        result.problems.insert(0, problem);
        result
    }
    /// A line that could not even be read.
    pub fn unreadable(line: &Line) -> Self {
        let mut result = Self::of(line, Outcome::Rejected);
        result.problems.splice(0..0, line.problems.iter().cloned());
        result
    }
    #[must_use]
    pub fn because(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self
    }
    #[must_use]
    pub fn telling(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.now.insert(name.to_owned(), value.into());
        self
    }
    #[must_use]
    pub fn waiting_for(mut self, waits_for: &'static str, code: &str) -> Self {
        self.parked = Some(Parked { waits_for, code: code.to_owned() });
        self
    }
    #[must_use]
    pub fn keeping(mut self, part: Withheld) -> Self {
        self.withheld.push(part);
        self
    }
    /// Applied or unchanged, and nothing to say about it.
    pub fn is_plain(&self) -> bool {
        matches!(self.outcome, Outcome::Applied | Outcome::Unchanged) && self.problems.is_empty() && self.now.is_empty()
    }
    /// Turned down because a sibling failed and the call said "all".
    #[must_use]
    pub fn given_up(mut self) -> Self {
        if self.outcome != Outcome::Rejected {
            self.outcome = Outcome::Rejected;
            self.parked = None;
            self.withheld.clear();
            self.now.clear();
            self.problems = vec![Problem::new(LineCode::AllOrNothing, "", "")];
        }
        self
    }
    pub fn to_wire(&self, lang: Lang) -> Value {
        let mut wire = json!({ "line": self.no, "key": self.key, "outcome": self.outcome.as_str() });
        if let Some(map) = wire.as_object_mut() {
            let problems: Vec<Value> = self.problems.iter().map(|p| p.to_wire(lang)).collect();
            if !problems.is_empty() {
                map.insert("problems".into(), Value::Array(problems));
            }
            if !self.now.is_empty() {
                map.insert("now".into(), Value::Object(self.now.clone()));
            }
        }
        wire
    }
}
