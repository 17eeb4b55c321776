//! What exceptions, locks and the price switch keep out of a line about a product that is there already.

use super::known::Known;
use crate::gate::exceptions::PRODUCT_FIELDS;
use crate::products::draft::Draft;
use crate::products::model::Product;
use crate::text::Lang;
use crate::wire::{Line, LineResult, Module, Outcome, Problem, Withheld};
use serde_json::{Map, Value};

/// What was taken out of a line: what the ERP is told about it, and the parts that wait.
#[derive(Default)]
pub(super) struct Kept {
    pub told: Vec<Problem>,
    pub parts: Vec<Withheld>,
}

/// Takes out what may not be changed by itself. A field that would not change anything is left: there is nothing to keep.
///
/// # Errors
/// The end of the line, when the product as a whole is an exception.
pub(super) fn withhold(line: &mut Line, stored: &Product, before: &Draft, known: &Known, lang: Lang) -> Result<Kept, Box<LineResult>> {
    let place = (Some(stored.id), None, None);
    let part = |module, why, line| Withheld { module, why, line, under: None, place };
    if let Some(cover) = known.guarded.whole(Module::Product, stored.id, None) {
        let held = LineResult::of(line, Outcome::Held).because(cover.problem("", "", lang));
        return Err(Box::new(held.keeping(part(Module::Product, cover.why(), None))));
    }
    let mut kept = Kept::default();
    let mut locked = Map::new();
    for (field, _) in PRODUCT_FIELDS {
        let Some(cover) = known.guarded.field(Module::Product, stored.id, None, field).filter(|_| line.has(field)) else {
            continue;
        };
        let mut with = before.clone();
        if with.take(&line.only(field)).is_err() || with == *before {
            continue;
        }
        let taken = line.take_out(&[field]);
        kept.told.push(cover.problem(field, shown(&taken), lang));
        locked.extend(taken);
    }
    if !locked.is_empty() {
        // The chain belongs to the category; alone it says nothing.
        if locked.contains_key("catalogId") {
            locked.extend(line.take_out(&["catalogChain"]));
        }
        kept.parts.push(part(Module::Product, "item", Some(as_line(locked, line, &stored.prod_id))));
    }
    let price = known.no_price.clone().or_else(|| known.guarded.anything(Module::Price, stored.id));
    if let Some(cover) = price.filter(|_| line.decimal("price").value().is_some_and(|sent| before.price() != Some(sent))) {
        let taken = line.take_out(&["price"]);
        kept.told.push(cover.problem("price", shown(&taken), lang));
        kept.parts.push(part(Module::Price, cover.why(), Some(as_line(taken, line, &stored.prod_id))));
    }
    Ok(kept)
}

fn shown(taken: &Map<String, Value>) -> String {
    taken.values().next().map(|v| v.as_str().map_or_else(|| v.to_string(), ToOwned::to_owned)).unwrap_or_default()
}

/// The part as a line of its own: which product, when, and these fields.
fn as_line(mut fields: Map<String, Value>, line: &Line, prod_id: &str) -> Value {
    fields.insert("prodId".into(), prod_id.into());
    if let Some(at) = line.sent.get("sourceTime") {
        fields.insert("sourceTime".into(), at.clone());
    }
    Value::Object(fields)
}
