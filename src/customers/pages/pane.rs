//! One buyer: what is known of it, what the ERP may call it, and what can be done.

use super::escaped;
use crate::customers::above::Waiting;
use crate::customers::candidates::Candidate;
use crate::customers::sight::Sight;
use crate::customers::{Customer, Match, uscc};
use crate::form::Form;
use crate::text::Text;
use serde_json::{Value, json};

/// A licence as the storefront has it.
pub struct Licence {
    pub kind: &'static str,
    pub no: String,
    pub until: String,
}

/// What the page shows of it.
pub struct Pane {
    pub row: Customer,
    pub waiting: Option<Waiting>,
    pub bound: Option<Candidate>,
    pub candidates: Vec<Candidate>,
    pub find: String,
    pub form: Form,
    /// What is wrong with its USCC.
    pub flaw: Option<Text>,
    /// The buyer to open when this one is done.
    pub next: String,
}

impl Pane {
    pub fn of(opened: Sight, waiting: Option<Waiting>, form: Option<Form>, next: String) -> Self {
        let row = opened.row;
        let flaw = if row.uscc.is_empty() { None } else { uscc::check(&row.uscc).err().map(uscc::Flaw::text) };
        Self {
            waiting,
            bound: opened.bound,
            candidates: opened.candidates,
            find: opened.find,
            form: form.unwrap_or_default(),
            flaw,
            next,
            row,
        }
    }
    pub fn path(&self) -> String {
        format!("/customers/{}", escaped(&self.row.customer_id))
    }
    pub fn is_matched(&self) -> bool {
        self.row.erp_code.is_some()
    }
    pub fn is_auto(&self) -> bool {
        self.row.match_kind() == Match::Auto
    }
    pub fn is_conflict(&self) -> bool {
        self.row.match_kind() == Match::Conflict
    }
    pub fn is_exempt(&self) -> bool {
        self.row.match_kind() == Match::NotNeeded
    }
    pub fn tone(&self) -> &'static str {
        match self.row.match_kind() {
            Match::Auto | Match::Person => "ok",
            Match::None => "warn",
            Match::Conflict => "bad",
            Match::NotNeeded => "",
        }
    }
    /// Whom to call.
    pub fn reach(&self) -> String {
        [self.row.contact.as_str(), self.row.phone.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
    }
    /// How many orders wait for its code.
    pub fn orders(&self) -> i64 {
        self.waiting.map_or(0, |w| w.orders)
    }
    pub fn licences(&self) -> Vec<Licence> {
        let word = |v: &Value, name: &str| v.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let all = self.row.licences.as_array().map_or(&[][..], Vec::as_slice);
        let kind = |v: &Value| match word(v, "kind").as_str() {
            "business" => "customers-licence-business",
            "drug" => "customers-licence-drug",
            "practice" => "customers-licence-practice",
            _ => "customers-licence-other",
        };
        all.iter().map(|v| Licence { kind: kind(v), no: word(v, "no"), until: word(v, "validUntil") }).collect()
    }
    pub fn data(&self) -> Value {
        let candidate = |c: &Candidate| json!({ "erpCustomer": c.theirs, "score": c.score, "signs": c.signs.iter().map(|s| s.text.key().to_owned()).collect::<Vec<_>>() });
        json!({
            "customerId": self.row.customer_id, "erpCustomer": self.bound.as_ref().map(|b| &b.theirs),
            "candidates": self.candidates.iter().map(candidate).collect::<Vec<_>>(),
        })
    }
}
