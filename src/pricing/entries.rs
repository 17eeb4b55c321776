//! The nested lists of a price line: `regionPrices[…]` and `customerPrices[…]`, read like lines of their own.

use super::place::Span;
use crate::clock::on_the_wire;
use crate::wire::{Field, Kind, Line, LineCode, Patch, Problem};
use rust_decimal::Decimal;
use serde_json::Value;

/// Everything of a line that is a price.
pub const FIELDS: [&str; 7] =
    ["price", "retailPrice", "referencePrice", "originalPurchasePrice", "vipPrice", "regionPrices", "customerPrices"];
/// Entries of one list.
const MOST: usize = 500;

const REGION: &str = "pricing-field-region-group";
const PRICE: Field = Field::optional("price", Kind::Price, "pricing-field-entry-price");
const FROM: Field = Field::optional("validFrom", Kind::Time, "pricing-field-valid-from");
const UNTIL: Field = Field::optional("validUntil", Kind::Time, "pricing-field-valid-until");
const BY_REGION: &[Field] = &[Field::always("regionGroup", Kind::Id, REGION), PRICE, FROM, UNTIL];
const BY_CUSTOMER: &[Field] = &[
    Field::either("customerGroup", Kind::Id, "pricing-field-customer-group"),
    Field::either("customerId", Kind::Text(64), "pricing-field-customer"),
    Field::optional("regionGroup", Kind::Id, REGION),
    PRICE,
    FROM,
    UNTIL,
];

/// One entry, as sent.
#[derive(Clone, Debug)]
pub struct Entry {
    /// E.g. `regionPrices[2]`.
    pub path: String,
    pub region: Option<String>,
    pub group: Option<String>,
    pub customer: Option<String>,
    pub span: Span,
    pub to: Option<Decimal>,
}

/// The entries of a line, with what is worth noting; or everything that is wrong with them.
pub fn read(line: &Line) -> Result<(Vec<Entry>, Vec<Problem>), Vec<Problem>> {
    let (mut entries, mut problems, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for (name, fields) in [("regionPrices", BY_REGION), ("customerPrices", BY_CUSTOMER)] {
        let list = match line.json(name) {
            Patch::Missing | Patch::Null => continue,
            Patch::Value(Value::Array(list)) if list.len() <= MOST => list,
            Patch::Value(Value::Array(list)) => {
                problems.push(Problem::new(LineCode::TooBig, name, list.len().to_string()).detail(MOST));
                continue;
            }
            Patch::Value(other) => {
                problems.push(Problem::new(LineCode::WrongType, name, other.to_string()).detail("[{…}]"));
                continue;
            }
        };
        for (at, sent) in list.into_iter().enumerate() {
            let path = format!("{name}[{at}]");
            let mut inner = Line::read(line.no, fields, sent);
            if inner.is_good() && !inner.has("price") {
                inner.problems.push(Problem::new(LineCode::Missing, "price", ""));
            }
            let placed = |p: Problem| Problem { field: if p.field.is_empty() { path.clone() } else { format!("{path}.{}", p.field) }, ..p };
            warnings.extend(inner.warnings.drain(..).map(placed));
            if inner.is_good() {
                match entry(&inner, &path) {
                    Ok(entry) => entries.push(entry),
                    Err(problem) => problems.push(placed(problem)),
                }
            } else {
                problems.extend(inner.problems.drain(..).map(placed));
            }
        }
    }
    if problems.is_empty() { Ok((entries, warnings)) } else { Err(problems) }
}

fn entry(inner: &Line, path: &str) -> Result<Entry, Problem> {
    let span = Span { from: inner.time("validFrom").value(), until: inner.time("validUntil").value() };
    if let (Some(from), Some(until)) = (span.from, span.until)
        && until <= from
    {
        return Err(Problem::new(LineCode::BadSpan, "validUntil", on_the_wire(until)).detail(on_the_wire(from)));
    }
    let text = |name: &str| inner.text(name).value().filter(|text| !text.is_empty());
    let (group, customer) = (text("customerGroup"), text("customerId"));
    if let (Some(group), Some(_)) = (&group, &customer) {
        return Err(Problem::new(LineCode::BadChoice, "customerGroup", group).detail("customerGroup | customerId"));
    }
    Ok(Entry { path: path.to_owned(), region: text("regionGroup"), group, customer, span, to: inner.decimal("price").value() })
}
