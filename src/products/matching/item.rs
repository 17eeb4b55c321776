//! A product as matching sees it: its texts, and the keys read from them once.

use std::collections::{HashMap, HashSet};

use crate::catalog::approval::Approval;
use crate::catalog::gtin::{Gtin, GtinError};
use crate::catalog::keys::{self, Maker};
use crate::catalog::spec::Spec;

use super::names::Names;

/// The texts that are compared; an empty text is "not stated".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts {
    pub name: String,
    pub trade_name: String,
    pub spec: String,
    pub manufacturer: String,
    pub approval_no: String,
    pub barcode: String,
    pub dosage_form: String,
}

/// Texts with their keys. Reading costs some microseconds: keep items of base products that are compared often.
#[derive(Debug, Clone)]
pub struct Item {
    pub texts: Texts,
    pub(super) names: Names,
    pub(super) spec: Spec,
    pub(super) maker: Maker,
    pub(super) approval: Option<Approval>,
    pub(super) gtin: Result<Gtin, GtinError>,
}

impl Item {
    /// Reads the keys.
    #[must_use]
    pub fn new(texts: Texts) -> Self {
        let names = Names::read(&texts.name, &texts.trade_name, &texts.spec);
        let spec = Spec::parse(&texts.spec).without_notes(|note| names.explain(note));
        Self {
            spec,
            maker: keys::maker(&texts.manufacturer),
            approval: Approval::parse(&texts.approval_no),
            gtin: Gtin::parse(&texts.barcode),
            names,
            texts,
        }
    }

    /// The key of the name, as stored and indexed with a base product.
    #[must_use]
    pub fn name_key(&self) -> &str {
        self.names.key()
    }

    /// The key of the manufacturer, as stored and indexed with a base product; empty if not stated.
    #[must_use]
    pub fn maker_key(&self) -> &str {
        &self.maker.key
    }

    /// The key of the approval number, as stored and indexed with a base product.
    #[must_use]
    pub fn approval_key(&self) -> Option<&str> {
        self.approval.as_ref().map(|approval| approval.key.as_str())
    }

    /// The specification as read.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The barcode as identity; in-store numbers and wrong ones are none.
    #[must_use]
    pub fn gtin(&self) -> Option<Gtin> {
        self.gtin.ok().filter(|gtin| gtin.is_identity())
    }
}

/// An uploaded product.
#[derive(Debug, Clone)]
pub struct Submitted<I = i64> {
    pub item: Item,
    /// The base product the merchant names (P-05).
    pub explicit_base: Option<I>,
}

impl<I> Submitted<I> {
    #[must_use]
    pub fn new(texts: Texts, explicit_base: Option<I>) -> Self {
        Self { item: Item::new(texts), explicit_base }
    }
}

/// A base product that may be meant.
#[derive(Debug, Clone)]
pub struct Candidate<I = i64> {
    pub base_id: I,
    pub item: Item,
    /// The barcode of the carton: it names the product, but not the unit that is sold.
    pub carton: Option<Gtin>,
}

impl<I> Candidate<I> {
    #[must_use]
    pub fn new(base_id: I, texts: Texts, carton_barcode: &str) -> Self {
        Self { base_id, item: Item::new(texts), carton: Gtin::parse(carton_barcode).ok() }
    }
}

/// What auditors have taught: the merchant's spelling on the left means ours on the right.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    makers: HashMap<String, HashSet<String>>,
    specs: HashMap<(String, String), HashSet<String>>,
}

impl Aliases {
    /// Two maker keys name one company.
    pub fn learn_maker(&mut self, theirs: &str, ours: &str) {
        self.makers.entry(theirs.to_owned()).or_default().insert(ours.to_owned());
    }

    /// Two spec keys mean one pack *of the product with this name key*: `100片` is `0.1g×100片` of one drug only.
    pub fn learn_spec(&mut self, name_key: &str, theirs: &str, ours: &str) {
        let key = (name_key.to_owned(), theirs.to_owned());
        self.specs.entry(key).or_default().insert(ours.to_owned());
    }

    /// Other keys under which this maker is known here.
    pub fn makers_of(&self, theirs: &str) -> impl Iterator<Item = &str> {
        self.makers.get(theirs).into_iter().flatten().map(String::as_str)
    }

    pub(super) fn same_maker(&self, theirs: &str, ours: &str) -> bool {
        self.makers.get(theirs).is_some_and(|all| all.contains(ours))
    }

    pub(super) fn same_spec(&self, name_key: &str, theirs: &str, ours: &str) -> bool {
        if self.specs.is_empty() {
            return false;
        }
        let key = (name_key.to_owned(), theirs.to_owned());
        self.specs.get(&key).is_some_and(|all| all.contains(ours))
    }
}
