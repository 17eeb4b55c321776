//! What somebody types at the desk, read with everything that is wrong with it.

use crate::form::Form;
use crate::lots::Day;
use crate::lots::told::Told;
use crate::orders::shipments::carriers::{BY_HAND, Carrier};
use crate::orders::shipments::desk::Part;
use crate::orders::shipments::draft::{Draft, Item, Line as Which, Parcel};
use crate::text::Text;
use crate::wire::{LineCode, Problem};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use validator::Validate;

/// The form: the lots of all lines side by side.
#[derive(Deserialize, Validate, Clone)]
pub struct Typed {
    #[validate(length(min = 1, max = 64))]
    pub no: String,
    /// The version the person saw: sending the form twice is sending it once.
    #[serde(default)]
    version: i32,
    #[serde(default)]
    #[validate(length(max = 2000))]
    line: Vec<i32>,
    #[serde(default)]
    lot: Vec<String>,
    #[serde(default)]
    ends: Vec<String>,
    #[serde(default)]
    qty: Vec<String>,
    #[serde(default)]
    #[validate(length(max = 20))]
    pub carrier: String,
    #[serde(default)]
    #[validate(length(max = 64))]
    tracking: String,
    /// Further packages.
    #[serde(default)]
    #[validate(length(max = 20))]
    also_carrier: Vec<String>,
    #[serde(default)]
    #[validate(length(max = 20))]
    also_tracking: Vec<String>,
    /// The numbers as they were when they looked odd: sent once more unchanged, they are right.
    #[serde(default)]
    sure: String,
    /// Nothing follows.
    #[serde(default)]
    last: String,
}

impl Typed {
    /// The parts as typed: line, lot, last day, quantity.
    fn rows(&self) -> impl Iterator<Item = (i32, &str, &str, &str)> {
        let texts = self.lot.iter().zip(&self.ends).zip(&self.qty);
        self.line.iter().zip(texts).map(|(line, ((lot, ends), qty))| (*line, lot.trim(), ends.trim(), qty.trim()))
    }
    pub fn parts(&self) -> HashMap<i32, Vec<Part>> {
        let mut parts: HashMap<i32, Vec<Part>> = HashMap::new();
        for (line, lot, ends, qty) in self.rows().filter(|r| !(r.1.is_empty() && r.3.is_empty())) {
            parts.entry(line).or_default().push(Part { lot: lot.to_owned(), ends: ends.to_owned(), qty: qty.to_owned() });
        }
        parts
    }
    pub fn form(&self) -> Form {
        Form::filled([
            ("carrier", self.carrier.clone()),
            ("tracking", self.tracking.clone()),
            ("sure", self.numbers()),
            ("last", self.last.clone()),
        ])
    }
    /// Further packages as typed: carrier and number; without a carrier the first one's.
    pub fn also(&self) -> Vec<(String, String)> {
        let typed = self.also_carrier.iter().zip(&self.also_tracking).filter(|(_, no)| !no.trim().is_empty());
        typed.map(|(carrier, no)| (if carrier.is_empty() { &self.carrier } else { carrier }.clone(), no.trim().to_owned())).collect()
    }
    /// All packages: carrier and number.
    pub fn parcels(&self) -> Vec<Parcel> {
        let first = (self.carrier.clone(), self.tracking.trim().to_owned());
        [first].into_iter().chain(self.also()).map(|(carrier, tracking_no)| Parcel { carrier, tracking_no }).collect()
    }
    fn numbers(&self) -> String {
        self.parcels().into_iter().map(|p| p.tracking_no).collect::<Vec<_>>().join(" ")
    }
    /// What is wrong with the packages: a carrier nobody knows, a number that is missing. One that merely looks odd is asked
    /// about once; sent again as it was, it goes.
    pub fn checked(&self, known: &HashMap<String, Carrier>) -> Form {
        let mut form = self.form();
        let sure = self.sure == self.numbers();
        for parcel in self.parcels() {
            match known.get(&parcel.carrier) {
                None => form.complain("carrier", Text::new("ship-choose-carrier")),
                Some(carrier) if parcel.tracking_no.is_empty() && carrier.code != BY_HAND => {
                    form.complain("tracking", Text::new("ship-tracking-needed"));
                }
                Some(carrier) if !sure && carrier.looks_odd(&parcel.tracking_no) => {
                    form.complain("tracking", Text::new("ship-tracking-odd").with(&carrier.name).with(parcel.tracking_no));
                }
                Some(_) => {}
            }
        }
        form
    }

    /// What leaves, or what is wrong with it.
    pub fn draft(&self) -> std::result::Result<Draft, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut items: BTreeMap<i32, Item> = BTreeMap::new();
        let packages = self.parcels();
        // Which of several packages a unit is in, nobody has been asked.
        let package = (packages.len() == 1).then_some(1);
        for (line, lot, ends, qty) in self.rows().filter(|r| !r.3.is_empty() && r.3 != "0") {
            let Some(n) = qty.parse::<i64>().ok().filter(|n| (1..=i64::from(i32::MAX)).contains(n)) else {
                problems.push(Problem::new(LineCode::WrongType, &format!("{line}"), qty).detail("integer"));
                continue;
            };
            let day = Day::read(ends).map(Day::at_its_end);
            if day.is_none() && !ends.is_empty() {
                problems.push(Problem::new(LineCode::BadDate, &format!("{line}"), ends));
                continue;
            }
            if lot.chars().count() > 40 {
                problems.push(Problem::new(LineCode::TooLong, &format!("{line}"), lot).detail(40));
                continue;
            }
            let item =
                items.entry(line).or_insert_with(|| Item { line: Which::No(line), qty: 0, lots: Vec::new(), package: None, closes: false });
            item.qty += n;
            item.package = package;
            if !lot.is_empty() {
                item.lots.push(Told { lot_no: lot.to_owned(), produced_on: None, expires_on: day, quantity: Some(n) });
            }
        }
        for item in items.values_mut() {
            // Of a line with lots, every unit has one.
            if !item.lots.is_empty() && item.lots.iter().filter_map(|l| l.quantity).sum::<i64>() != item.qty {
                let Which::No(no) = item.line else { continue };
                problems.push(Problem::new(LineCode::LotsDiffer, &no.to_string(), item.qty.to_string()));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Draft {
            no: 1,
            order_no: self.no.trim().to_owned(),
            source_id: Some(format!("form-{}", self.version)),
            at: None,
            is_final: self.last == "1",
            note: String::new(),
            packages,
            items: items.into_values().collect(),
        })
    }
}
