//! The products to be matched.

use crate::Result;
use crate::catalog::blocklist::{self, Probe};
use crate::ids::BaseId;
use crate::products::matching::Item;
use diesel::PgConnection;
use serde_json::Value;

/// A product to be matched, stored or about to be, with its keys read once.
pub struct Subject {
    pub prod_id: String,
    pub item: Item,
    /// The code of the base product the merchant names.
    pub explicit_base: Option<String>,
    pub category_id: String,
    pub category_allowed: bool,
    /// What is reviewed, for the record (P-16).
    pub snapshot: Value,
    pub standing: Standing,
    /// The reason on the block list; [`find_blocked`] fills it in.
    pub blocked: Option<String>,
}

/// Where a product stood before.
pub struct Standing {
    pub base: Option<BaseId>,
    pub audit_status: String,
    pub listing: String,
}

/// As a product begins.
impl Default for Standing {
    fn default() -> Self {
        Self { base: None, audit_status: "pending".to_owned(), listing: "pending".to_owned() }
    }
}

impl Subject {
    pub fn is_approved_with(&self, base: BaseId) -> bool {
        self.standing.audit_status == "approved" && self.standing.base == Some(base)
    }
}

/// Which of them the block list hits.
pub(super) fn find_blocked(tx: &mut PgConnection, subjects: &mut [Subject]) -> Result<()> {
    let probes: Vec<Probe> = subjects.iter().map(|s| probe(&s.item)).collect();
    for (subject, reason) in subjects.iter_mut().zip(blocklist::hits(tx, &probes)?) {
        subject.blocked = reason;
    }
    Ok(())
}

fn probe(item: &Item) -> Probe {
    Probe {
        approval_key: item.approval_key().unwrap_or_default().to_owned(),
        gtin: item.gtin().map(|g| g.to_string()).unwrap_or_default(),
        name_key: item.name_key().to_owned(),
    }
}
