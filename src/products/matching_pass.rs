//! Matching as one pass over many products: candidates for all of them in one query by numbers, and in another by name for those
//! still open, each decided by [`super::matching::decide`] (P-04, P-05, P-09, Q-25, Q-26).
//!
//! The decision comes before the product is written, so that a new one is written once, with its match; [`record`] writes what
//! follows from it at once, when the products are there.
//!
//! What the keys determine is linked and approved, with the evidence in an `automatic` decision (P-16). Everything else goes
//! to an auditor with the candidates and the reason, as does whatever may be forbidden: a match never makes such goods
//! saleable by itself. A product that loses its approval this way leaves the shelf, and its listing is remembered as a wish.

mod candidates;
mod subjects;
mod write;

use super::matching::{Aliases, Decision, MatchedBy, Ranked, Submitted};
use crate::Result;
use crate::catalog;
use crate::ids::BaseId;
use crate::text::Text;
use candidates::Pool;
use diesel::PgConnection;
pub use subjects::{Standing, Subject};
pub use write::record;

/// How the pass ended for a product.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Linked and approved by itself.
    Matched { base: BaseId, by: MatchedBy },
    /// It was approved with this base product before, and still is.
    Kept,
    /// Waits for an auditor; the text key says why.
    Asked { why: &'static str },
    /// May be forbidden; waits for an auditor.
    Forbidden { reason: Text },
}

/// Why a product waits although its keys say what it is; the reasons of [`super::matching::AskReason`] come beside these.
pub const ASK_NOTHING_ALIKE: &str = "products-ask-nothing-alike";
pub const ASK_BLOCK_LIST: &str = "products-ask-block-list";
pub const ASK_OWN_CATEGORY: &str = "products-ask-own-category";
pub const ASK_BASE_CATEGORY: &str = "products-ask-base-category";
pub const ASK_BASE_DISABLED: &str = "products-ask-base-disabled";
pub const ASK_REFUSED_BEFORE: &str = "products-ask-refused-before";

/// One product with how it ended.
pub struct Ended {
    pub subject: Subject,
    pub found: Found,
    /// For the automatic decision, or the candidates for a person.
    shown: Vec<Ranked<BaseId>>,
    ask: &'static str,
    /// The code of the base product it is matched with.
    code: Option<String>,
}

/// What the product's own row says of its match.
pub struct Match {
    pub base: Option<BaseId>,
    pub kind: &'static str,
    pub audit_status: &'static str,
}

impl Ended {
    /// What is to be written; nothing when it stays as it is.
    pub fn moved(&self) -> Option<Match> {
        match &self.found {
            Found::Kept => None,
            Found::Matched { base, by: MatchedBy::ExplicitId } => {
                Some(Match { base: Some(*base), kind: "explicit", audit_status: "approved" })
            }
            Found::Matched { base, .. } => Some(Match { base: Some(*base), kind: "auto", audit_status: "approved" }),
            Found::Asked { .. } | Found::Forbidden { .. } => Some(Match { base: None, kind: "none", audit_status: "pending" }),
        }
    }
}

/// Decides these products of one merchant, in the order given. Those that are stored must be locked.
pub fn run(tx: &mut PgConnection, mut subjects: Vec<Subject>) -> Result<Vec<Ended>> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    subjects::find_blocked(tx, &mut subjects)?;
    let aliases = aliases(tx)?;
    let subjects: Vec<(usize, Subject)> = subjects.into_iter().enumerate().collect();
    let mut pool = Pool::default();
    pool.fetch_by_numbers(tx, &subjects, &aliases)?;
    let mut open = Vec::new();
    let mut ended = Vec::with_capacity(subjects.len());
    for (no, subject) in subjects {
        match decide(no, &subject, &mut pool, &aliases) {
            decision @ Decision::Match { .. } => ended.push((no, end(subject, decision, &pool))),
            Decision::Ask { .. } | Decision::None => open.push((no, subject)),
        }
    }
    // Only for those that no number settles. The numbers come first in a decision, so a name would not change the others.
    pool.fetch_by_name(tx, &open, &aliases)?;
    for (no, subject) in open {
        let decision = decide(no, &subject, &mut pool, &aliases);
        ended.push((no, end(subject, decision, &pool)));
    }
    ended.sort_by_key(|(no, _)| *no);
    Ok(ended.into_iter().map(|(_, ended)| ended).collect())
}

fn decide(no: usize, subject: &Subject, pool: &mut Pool, aliases: &Aliases) -> Decision<BaseId> {
    let submitted = Submitted { item: subject.item.clone(), explicit_base: pool.explicit(no, subject) };
    super::matching::decide(&submitted, &pool.candidates(no, subject), aliases)
}

/// What follows from a decision, given what is forbidden (P-09, P-16).
fn end(subject: Subject, decision: Decision<BaseId>, pool: &Pool) -> Ended {
    let (found, ask, shown) = match decision {
        Decision::Match { base, by, evidence } => {
            let shown = vec![Ranked { base, evidence }];
            match against(&subject, base, pool) {
                Some((ask, found)) => (found, ask, shown),
                None if subject.is_approved_with(base) => (Found::Kept, "", shown),
                None => (Found::Matched { base, by }, "", shown),
            }
        }
        Decision::Ask { candidates, why } => waits(&subject, why.text_key(), candidates),
        Decision::None => waits(&subject, ASK_NOTHING_ALIKE, Vec::new()),
    };
    let code = match &found {
        Found::Matched { base, .. } => pool.base(*base).map(|b| b.code.clone()),
        _ => None,
    };
    Ended { subject, found, shown, ask, code }
}

fn waits(subject: &Subject, why: &'static str, shown: Vec<Ranked<BaseId>>) -> (Found, &'static str, Vec<Ranked<BaseId>>) {
    match forbidden(subject) {
        Some((ask, found)) => (found, ask, shown),
        None => (Found::Asked { why }, why, shown),
    }
}

fn forbidden(subject: &Subject) -> Option<(&'static str, Found)> {
    if let Some(reason) = &subject.blocked {
        return Some((ASK_BLOCK_LIST, Found::Forbidden { reason: Text::new("products-forbidden-listed").with(reason) }));
    }
    (!subject.category_allowed)
        .then(|| (ASK_OWN_CATEGORY, Found::Forbidden { reason: Text::new("products-forbidden-category").with(&subject.category_id) }))
}

/// Reasons not to approve what the keys determine.
fn against(subject: &Subject, base: BaseId, pool: &Pool) -> Option<(&'static str, Found)> {
    if let Some(refusal) = forbidden(subject) {
        return Some(refusal);
    }
    let base = pool.base(base)?;
    if !base.category_allowed {
        return Some((ASK_BASE_CATEGORY, Found::Forbidden { reason: Text::new("products-forbidden-base").with(&base.code) }));
    }
    if base.status != "active" {
        return Some((ASK_BASE_DISABLED, Found::Asked { why: ASK_BASE_DISABLED }));
    }
    (subject.standing.audit_status == "rejected").then_some((ASK_REFUSED_BEFORE, Found::Asked { why: ASK_REFUSED_BEFORE }))
}

/// Parts the name from the specification in the keys of a spec alias: names have no such sign in their keys.
pub const SPEC_ALIAS_SEPARATOR: char = '|';

/// What auditors have taught and nobody has taken back; a spec alias holds for one name.
pub fn aliases(c: &mut PgConnection) -> Result<Aliases> {
    let mut aliases = Aliases::default();
    for alias in catalog::aliases::live(c)? {
        match alias.within() {
            Some((name, theirs, ours)) => aliases.learn_spec(name, theirs, ours),
            None => aliases.learn_maker(&alias.from_key, &alias.to_key),
        }
    }
    Ok(aliases)
}
