//! Is this the product we know? Pure thinking, no I/O (P-04, P-05, Q-25, Q-26).
//!
//! A match is made only where keys determine identity: the barcode, the approval number with the specification, or
//! name, specification and manufacturer together. Keys that disagree, several products that fit, or one fact that
//! contradicts, and a person is asked, with every candidate and the evidence. Likeness ranks; it never decides.

mod compare;
mod item;
mod lookup;
pub mod measure;
mod names;

use std::borrow::Borrow;

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Verdict};
use crate::catalog::spec::SpecRelation;
use compare::Marks;
pub use item::{Aliases, Candidate, Item, Submitted, Texts};
pub use lookup::{LookupKeys, lookup_keys};
use names::NameRelation;

/// How many candidates a person is shown.
pub const SHOWN: usize = 5;

/// What is to be done with an uploaded product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Decision<I> {
    /// The keys determine one base product.
    Match { base: I, by: MatchedBy, evidence: Evidence },
    /// A person decides; the best candidates first.
    Ask { candidates: Vec<Ranked<I>>, why: AskReason },
    /// Nothing alike is known (P-09).
    None,
}

/// Which keys determined the match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// The merchant named the base product and nothing contradicts.
    ExplicitId,
    Barcode,
    ApprovalAndSpec,
    NameSpecAndManufacturer,
}

impl MatchedBy {
    /// In the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::ExplicitId, Self::Barcode, Self::ApprovalAndSpec, Self::NameSpecAndManufacturer];

    /// The key of its name.
    #[must_use]
    pub fn text_key(self) -> &'static str {
        match self {
            Self::ExplicitId => "products-matched-by-explicit",
            Self::Barcode => "products-matched-by-barcode",
            Self::ApprovalAndSpec => "products-matched-by-approval",
            Self::NameSpecAndManufacturer => "products-matched-by-name",
        }
    }
}

/// A candidate for a person to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranked<I> {
    pub base: I,
    pub evidence: Evidence,
}

/// Why a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskReason {
    /// The base product named by the merchant does not exist.
    ExplicitUnknown,
    /// The base product named by the merchant is contradicted by another field.
    ExplicitDisagrees,
    /// One key says A, another says B.
    KeysDisagree,
    /// Several base products fit equally.
    SeveralFit,
    /// The barcode is the one of a carton of this product.
    CartonBarcode,
    BarcodeDiffers,
    ApprovalDiffers,
    /// The merchant states an approval number the base product lacks.
    ApprovalUnconfirmed,
    SpecDiffers,
    /// One side specifies less than the other, or nothing.
    SpecIncomplete,
    /// Equal, but only when rearranged, and no number vouches for it.
    SpecToConfirm,
    NameDiffers,
    DosageFormDiffers,
    /// One side is sugar-free, film-coated, for children …
    VariantDiffers,
    TradeNameDiffers,
    ManufacturerDiffers,
    ManufacturerMissing,
    /// Alike, but no key determines it.
    NotEnough,
}

impl AskReason {
    /// Every reason, for the catalogue of texts.
    pub const ALL: [Self; 18] = [
        Self::ExplicitUnknown,
        Self::ExplicitDisagrees,
        Self::KeysDisagree,
        Self::SeveralFit,
        Self::CartonBarcode,
        Self::BarcodeDiffers,
        Self::ApprovalDiffers,
        Self::ApprovalUnconfirmed,
        Self::SpecDiffers,
        Self::SpecIncomplete,
        Self::SpecToConfirm,
        Self::NameDiffers,
        Self::DosageFormDiffers,
        Self::VariantDiffers,
        Self::TradeNameDiffers,
        Self::ManufacturerDiffers,
        Self::ManufacturerMissing,
        Self::NotEnough,
    ];

    /// The key of the sentence that tells it.
    #[must_use]
    pub fn text_key(self) -> &'static str {
        match self {
            Self::ExplicitUnknown => "products-match-why-explicit-unknown",
            Self::ExplicitDisagrees => "products-match-why-explicit-disagrees",
            Self::KeysDisagree => "products-match-why-keys-disagree",
            Self::SeveralFit => "products-match-why-several-fit",
            Self::CartonBarcode => "products-match-why-carton-barcode",
            Self::BarcodeDiffers => "products-match-why-barcode-differs",
            Self::ApprovalDiffers => "products-match-why-approval-differs",
            Self::ApprovalUnconfirmed => "products-match-why-approval-unconfirmed",
            Self::SpecDiffers => "products-match-why-spec-differs",
            Self::SpecIncomplete => "products-match-why-spec-incomplete",
            Self::SpecToConfirm => "products-match-why-spec-to-confirm",
            Self::NameDiffers => "products-match-why-name-differs",
            Self::DosageFormDiffers => "products-match-why-dosage-form-differs",
            Self::VariantDiffers => "products-match-why-variant-differs",
            Self::TradeNameDiffers => "products-match-why-trade-name-differs",
            Self::ManufacturerDiffers => "products-match-why-manufacturer-differs",
            Self::ManufacturerMissing => "products-match-why-manufacturer-missing",
            Self::NotEnough => "products-match-why-not-enough",
        }
    }
}

/// One candidate with what was found out about it.
struct Weighed<'a, I> {
    candidate: &'a Candidate<I>,
    marks: Marks,
}

/// Decides. `candidates` are the base products found with [`lookup_keys`]; all that share a key must be among them,
/// since uniqueness is judged here. Others do no harm. Those found by numbers alone are enough for a match by numbers.
pub fn decide<I, C>(submitted: &Submitted<I>, candidates: &[C], aliases: &Aliases) -> Decision<I>
where
    I: Clone + PartialEq,
    C: Borrow<Candidate<I>>,
{
    let weighed: Vec<Weighed<'_, I>> = candidates
        .iter()
        .map(|candidate| {
            let candidate = candidate.borrow();
            Weighed { candidate, marks: Marks::of(&submitted.item, candidate, aliases) }
        })
        .collect();
    match settle(submitted, &weighed) {
        Ok((found, by)) => Decision::Match {
            base: found.candidate.base_id.clone(),
            by,
            evidence: found.marks.evidence(&submitted.item, &found.candidate.item),
        },
        Err(why) => ask(submitted, weighed, why),
    }
}

/// The one base product the keys determine, or why there is none.
fn settle<'a, 'b, I: PartialEq>(submitted: &Submitted<I>, all: &'b [Weighed<'a, I>]) -> Result<(&'b Weighed<'a, I>, MatchedBy), AskReason> {
    let by_barcode: Vec<_> = all.iter().filter(|w| w.marks.barcode.agrees()).collect();
    let by_approval: Vec<_> = all.iter().filter(|w| w.marks.approval_determines()).collect();
    if let Some(wanted) = &submitted.explicit_base {
        let named = all.iter().find(|w| w.candidate.base_id == *wanted).ok_or(AskReason::ExplicitUnknown)?;
        let elsewhere = |keys: &[&Weighed<'a, I>]| !keys.is_empty() && !keys.iter().any(|w| w.candidate.base_id == *wanted);
        if elsewhere(&by_barcode) || elsewhere(&by_approval) || !named.marks.supports_explicit() {
            return Err(AskReason::ExplicitDisagrees);
        }
        return Ok((named, MatchedBy::ExplicitId));
    }
    if all.iter().any(|w| w.marks.carton) {
        return Err(AskReason::CartonBarcode);
    }
    if let Some(found) = only(&by_barcode)? {
        let elsewhere = by_approval.iter().any(|w| w.candidate.base_id != found.candidate.base_id);
        if elsewhere && !found.marks.approval_determines() {
            return Err(AskReason::KeysDisagree);
        }
        return match found.marks.against_barcode() {
            Some(reason) => Err(reason),
            None => Ok((found, MatchedBy::Barcode)),
        };
    }
    if let Some(found) = only(&by_approval)? {
        return match found.marks.against_approval() {
            Some(reason) => Err(reason),
            None => Ok((found, MatchedBy::ApprovalAndSpec)),
        };
    }
    let by_name: Vec<_> = all.iter().filter(|w| w.marks.name_determines()).collect();
    if let Some(found) = only(&by_name)? {
        return match found.marks.against_name() {
            Some(reason) => Err(reason),
            None => Ok((found, MatchedBy::NameSpecAndManufacturer)),
        };
    }
    Err(AskReason::NotEnough)
}

/// One, none, or too many.
fn only<'b, W>(found: &[&'b W]) -> Result<Option<&'b W>, AskReason> {
    match found {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(AskReason::SeveralFit),
    }
}

/// Ranks what is worth showing.
fn ask<I: Clone + PartialEq>(submitted: &Submitted<I>, all: Vec<Weighed<'_, I>>, why: AskReason) -> Decision<I> {
    let mut worth: Vec<(u8, Weighed<'_, I>)> = all
        .into_iter()
        .filter(|w| w.marks.worth_showing() || submitted.explicit_base.as_ref() == Some(&w.candidate.base_id))
        .map(|w| (w.marks.score(), w))
        .collect();
    worth.sort_by(|(a, _), (b, _)| b.cmp(a));
    let why = match (why, worth.first()) {
        // The merchant named a product: a person is asked even if nothing is found.
        (AskReason::ExplicitUnknown, None) => {
            return Decision::Ask { candidates: Vec::new(), why };
        }
        (_, None) => return Decision::None,
        (AskReason::NotEnough, Some((_, best))) => best.marks.what_is_wrong(),
        (other, _) => other,
    };
    let candidates = worth
        .into_iter()
        .take(SHOWN)
        .map(|(_, w)| Ranked { base: w.candidate.base_id.clone(), evidence: w.marks.evidence(&submitted.item, &w.candidate.item) })
        .collect();
    Decision::Ask { candidates, why }
}

impl Marks {
    /// The approval number says which product, the specification which pack of it, and one of name and maker
    /// confirms the number. The maker alone may differ: holders are renamed and licences transferred, the number
    /// stays. Where the two sides name different registers, the name must confirm.
    fn approval_determines(&self) -> bool {
        let confirmed = self.name >= NameRelation::Related || (self.maker.agrees() && !self.registers_differ);
        self.approval_is_identity && self.approval.agrees() && self.spec.is_equal() && self.spec_tells && confirmed
    }

    /// The same name in full, the same pack, the same company.
    fn name_determines(&self) -> bool {
        self.name >= NameRelation::Spelled && self.spec.is_equal() && self.spec_tells && self.maker.agrees()
    }

    fn against_barcode(&self) -> Option<AskReason> {
        if self.approval == Verdict::Different {
            return Some(AskReason::KeysDisagree);
        }
        if self.spec == SpecRelation::Different {
            return Some(AskReason::SpecDiffers);
        }
        if self.name < NameRelation::Related {
            return Some(AskReason::NameDiffers);
        }
        if self.maker == Verdict::Different && !self.approval.agrees() {
            return Some(AskReason::ManufacturerDiffers);
        }
        self.another_kind()
    }

    /// The same name and numbers, and yet another product.
    fn another_kind(&self) -> Option<AskReason> {
        if self.forms_differ {
            return Some(AskReason::DosageFormDiffers);
        }
        self.variants_differ.then_some(AskReason::VariantDiffers)
    }

    fn against_approval(&self) -> Option<AskReason> {
        if self.barcode == Verdict::Different {
            return Some(AskReason::BarcodeDiffers);
        }
        self.another_kind()
    }

    fn against_name(&self) -> Option<AskReason> {
        match self.approval {
            Verdict::Different => return Some(AskReason::ApprovalDiffers),
            Verdict::MissingHere => return Some(AskReason::ApprovalUnconfirmed),
            _ if !self.spec_is_plain => return Some(AskReason::SpecToConfirm),
            _ if self.trades_differ => return Some(AskReason::TradeNameDiffers),
            _ => {}
        }
        self.against_approval()
    }

    /// Nothing contradicts the merchant's own word, and the name is at least alike.
    fn supports_explicit(&self) -> bool {
        let key_agrees = self.approval.agrees() || self.barcode.agrees();
        self.approval != Verdict::Different
            && self.barcode != Verdict::Different
            && self.spec != SpecRelation::Different
            && !self.forms_differ
            && !self.carton
            && (self.name >= NameRelation::Related || (self.name == NameRelation::Missing && key_agrees))
            && (self.maker != Verdict::Different || key_agrees)
    }

    fn worth_showing(&self) -> bool {
        self.barcode.agrees() || self.carton || self.approval.agrees() || self.name >= NameRelation::Related
    }

    /// The first fact that kept the best candidate from matching.
    fn what_is_wrong(&self) -> AskReason {
        match (self.approval, self.spec, self.maker) {
            (_, SpecRelation::Different, _) => AskReason::SpecDiffers,
            (_, SpecRelation::Missing | SpecRelation::Partial, _) => AskReason::SpecIncomplete,
            _ if self.another_kind().is_some() => self.another_kind().unwrap_or(AskReason::DosageFormDiffers),
            _ if self.name < NameRelation::Related => AskReason::NameDiffers,
            (Verdict::Different, _, _) => AskReason::ApprovalDiffers,
            (_, _, Verdict::Different) => AskReason::ManufacturerDiffers,
            (_, _, Verdict::MissingHere | Verdict::MissingThere | Verdict::MissingBoth) => AskReason::ManufacturerMissing,
            _ => AskReason::NotEnough,
        }
    }
}

#[cfg(test)]
mod tests;
