//! `customer.register`: the storefront says who its buyers are, before or beside their orders (U-01, U-02).

use super::{Draft, Kind as CustomerKind, find, keep};
use crate::trail::Cause;
use crate::wire::{Field, Kind, Line, LineResult, Outcome, Scope};
use crate::{Error, Result};
use diesel::PgConnection;

/// What a storefront may say of a buyer; in an order the same stands under `customer`.
pub const FIELDS: &[Field] = &[
    Field::always("customerId", Kind::Text(64), "customer-field-customer-id"),
    Field::insert("name", Kind::Text(200), "customer-field-buyer-name"),
    Field::optional("kind", Kind::OneOf(CustomerKind::WIRE), "customer-field-kind"),
    Field::optional("uscc", Kind::Text(40), "customer-field-uscc"),
    Field::optional("regionCode", Kind::Text(12), "customer-field-region"),
    Field::optional("contact", Kind::Text(60), "customer-field-contact"),
    Field::optional("phone", Kind::Text(40), "customer-field-phone"),
    Field::optional("address", Kind::Text(300), "customer-field-address"),
    Field::optional("licences", Kind::Json(4000), "customer-field-licences"),
];

/// A buyer as a line describes it.
pub fn read(line: &Line) -> Draft {
    Draft {
        customer_id: line.text_or_empty("customerId"),
        name: line.text_or_empty("name"),
        kind: line.text("kind").value().as_deref().and_then(CustomerKind::of),
        uscc: line.text("uscc").value(),
        region_code: line.text("regionCode").value(),
        contact: line.text("contact").value(),
        phone: line.text("phone").value(),
        address: line.text("address").value(),
        licences: line.json("licences").value(),
    }
}

/// Each buyer is kept by itself: matching one with the ERP's customers looks at all of them that share its code.
pub(super) fn apply(tx: &mut PgConnection, cause: &Cause, _scope: &Scope, lines: Vec<Line>) -> Result<Vec<LineResult>> {
    let mut results = Vec::with_capacity(lines.len());
    let mut lines = lines;
    // Buyers are locked by their id, here as in orders.
    lines.sort_by_cached_key(|line| line.text_or_empty("customerId"));
    for mut line in lines {
        let draft = read(&line);
        let before = match find(tx, cause.merchant, &draft.customer_id) {
            Ok(found) => Some(found),
            Err(Error::NotFound) => None,
            Err(e) => return Err(e),
        };
        if before.is_none() {
            line.needs_for_insert();
        }
        if !line.is_good() {
            results.push(LineResult::unreadable(&line));
            continue;
        }
        let after = keep(tx, cause, &draft)?;
        let outcome = if before.is_some_and(|b| b.version == after.version) { Outcome::Unchanged } else { Outcome::Applied };
        results
            .push(LineResult::of(&line, outcome).telling("match", after.match_kind().as_str()).telling("erpCustomerCode", after.erp_code));
    }
    Ok(results)
}
