//! One buyer beside the ERP's customers: whom it is matched with, and whom it might be.

use super::candidates::{self, Candidate};
use super::model::Customer;
use crate::Result;
use crate::ids::MerchantId;
use diesel::PgConnection;

/// What is known of it.
pub(super) struct Sight {
    pub row: Customer,
    /// The ERP's customer it is matched with, where the ERP has pushed one.
    pub bound: Option<Candidate>,
    pub candidates: Vec<Candidate>,
    /// What was looked for among the ERP's customers; empty for suggestions.
    pub find: String,
}

pub(super) fn of(c: &mut PgConnection, merchant: MerchantId, row: Customer, find: &str) -> Result<Sight> {
    let find = find.trim().to_owned();
    let bound = match &row.erp_code {
        Some(code) => candidates::by_code(c, merchant, &row, code)?,
        None => None,
    };
    let mut found = if find.is_empty() { candidates::of(c, merchant, &row)? } else { candidates::search(c, merchant, &row, &find)? };
    found.retain(|candidate| Some(&candidate.theirs.code) != row.erp_code.as_ref());
    Ok(Sight { row, bound, candidates: found, find })
}
