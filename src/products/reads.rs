//! What the product pages read: lists by keyset, capped counts, one product with everything about it.
//!
//! Lists run in the order of ids, newest first: an id never changes, so a page stays where it is while an ERP pushes.
//! Every filter is a range of one index that ends in the id; `tests/shelf/scale.rs` looks at the plans.

mod detail;
mod list;
mod sql;

pub use detail::{Asked, Decided, LotRow, Sku, StockRow, asked, decided, events, find, lots, skus, stock};
pub use list::{Cat, Chosen, Row, Tally, brands, categories, category, chosen, ids_of, lacks, named, neighbours, page, tally, within};

use super::sellable::Condition;
use crate::ids::ProductId;

/// Products one bulk action may take: as many as a call.
pub const BULK: i64 = crate::wire::MAX_LINES as i64;

/// A saved view. Those of the products page may overlap; those of the listing page divide all products among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    All,
    Listed,
    Unlisted,
    /// No base product yet.
    Unmatched,
    InAudit,
    /// Sent back, or turned down for good.
    Returned,
    /// Never listed, and nothing is missing.
    Ready,
    /// Never listed, and this (or anything) is missing first.
    Missing(Option<Condition>),
    /// Taken down by the rule, a person, the ERP.
    ByRule,
    ByPerson,
    ByErp,
}

impl View {
    pub const PRODUCTS: [View; 6] = [View::All, View::Listed, View::Unlisted, View::Unmatched, View::InAudit, View::Returned];
    pub const LISTING: [View; 6] = [View::Listed, View::Ready, View::Missing(None), View::ByRule, View::ByPerson, View::ByErp];

    /// Its name in an address.
    pub fn name(self) -> &'static str {
        match self {
            View::All => "all",
            View::Listed => "listed",
            View::Unlisted => "unlisted",
            View::Unmatched => "unmatched",
            View::InAudit => "audit",
            View::Returned => "returned",
            View::Ready => "ready",
            View::Missing(_) => "missing",
            View::ByRule => "rule",
            View::ByPerson => "person",
            View::ByErp => "erp",
        }
    }
    /// Its text key.
    pub fn label(self) -> &'static str {
        match self {
            View::All => "shelf-view-all",
            View::Listed => "shelf-view-listed",
            View::Unlisted => "shelf-view-unlisted",
            View::Unmatched => "shelf-view-unmatched",
            View::InAudit => "shelf-view-audit",
            View::Returned => "shelf-view-returned",
            View::Ready => "shelf-view-ready",
            View::Missing(_) => "shelf-view-missing",
            View::ByRule => "shelf-view-rule",
            View::ByPerson => "shelf-view-person",
            View::ByErp => "shelf-view-erp",
        }
    }
    /// The colour of its count, where there is work to do.
    pub fn tone(self) -> &'static str {
        match self {
            View::Returned | View::Missing(_) => "bad",
            View::Unmatched | View::Ready => "warn",
            View::ByPerson => "hold",
            _ => "",
        }
    }
}

/// Listed, never listed, or taken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    Listed,
    Pending,
    Unlisted,
}

impl Listing {
    pub const ALL: [Listing; 3] = [Listing::Listed, Listing::Pending, Listing::Unlisted];
    pub fn as_str(self) -> &'static str {
        match self {
            Listing::Listed => "listed",
            Listing::Pending => "pending",
            Listing::Unlisted => "unlisted",
        }
    }
    pub fn label(self) -> &'static str {
        match self {
            Listing::Listed => "shelf-listing-listed",
            Listing::Pending => "shelf-listing-pending",
            Listing::Unlisted => "shelf-listing-unlisted",
        }
    }
}

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub view: View,
    /// Part of a name, its initials, or a code.
    pub q: String,
    /// The leaves under the chosen category; empty when none is chosen.
    pub leaves: Vec<String>,
    /// C-05
    pub brand: String,
    pub listing: Option<Listing>,
}

impl Search {
    /// Nothing but a view.
    pub fn is_plain(&self) -> bool {
        self.q.is_empty() && self.leaves.is_empty() && self.brand.is_empty() && self.listing.is_none()
    }
}

/// Where a page starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    #[default]
    Top,
    /// Older than this one.
    Below(ProductId),
    /// Newer than this one.
    Above(ProductId),
}
