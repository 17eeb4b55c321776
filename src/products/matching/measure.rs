//! How well matching does on rows whose answer is known (P-04, Q-26). Used by the evaluation test and the benches;
//! the index here stands for the one set-based query of the real upload.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use super::{Aliases, Candidate, Decision, LookupKeys, Submitted, Texts, decide, lookup_keys};

/// What is right for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected<I> {
    /// This base product, without asking.
    Match(I),
    /// A person has to see it.
    Ask,
}

/// A row with its answer.
#[derive(Debug, Clone)]
pub struct Case<I> {
    /// How to find the row again.
    pub code: String,
    pub submitted: Submitted<I>,
    pub expected: Expected<I>,
}

/// A row that did not come out right.
#[derive(Debug, Clone)]
pub struct Miss<I> {
    pub code: String,
    pub expected: Expected<I>,
    pub decision: Decision<I>,
}

/// The result.
#[derive(Debug, Clone)]
pub struct Measured<I> {
    /// Rows that have to match.
    pub to_match: usize,
    /// Of these, matched with the right base product.
    pub matched: usize,
    /// Rows a person has to see.
    pub to_ask: usize,
    /// Should have matched; a person is asked instead. Costs work.
    pub asked_needlessly: Vec<Miss<I>>,
    /// Matched with the wrong base product, or matched where a person should have been asked. Never acceptable.
    pub wrong: Vec<Miss<I>>,
}

impl<I> Measured<I> {
    /// The share of rows matched of those that have to match; 1.0 if there are none.
    #[must_use]
    pub fn recall(&self) -> f64 {
        if self.to_match == 0 { 1.0 } else { self.matched as f64 / self.to_match as f64 }
    }
}

/// Decides every case and compares.
pub fn measure<I>(cases: &[Case<I>], bases: &[Candidate<I>], aliases: &Aliases) -> Measured<I>
where
    I: Clone + Eq + Hash + Debug,
{
    let index = Index::of(bases);
    let mut result = Measured { to_match: 0, matched: 0, to_ask: 0, asked_needlessly: Vec::new(), wrong: Vec::new() };
    for case in cases {
        let candidates = index.candidates(&lookup_keys(&case.submitted, aliases), case.submitted.explicit_base.as_ref());
        let decision = decide(&case.submitted, &candidates, aliases);
        match &case.expected {
            Expected::Match(_) => result.to_match += 1,
            Expected::Ask => result.to_ask += 1,
        }
        let miss = || Miss { code: case.code.clone(), expected: case.expected.clone(), decision: decision.clone() };
        match (&case.expected, &decision) {
            (Expected::Match(right), Decision::Match { base, .. }) if base == right => result.matched += 1,
            (_, Decision::Match { .. }) => result.wrong.push(miss()),
            (Expected::Match(_), _) => result.asked_needlessly.push(miss()),
            (Expected::Ask, _) => {}
        }
    }
    result
}

/// Base products by their keys, as the database's indexes have them.
pub struct Index<'a, I> {
    bases: &'a [Candidate<I>],
    by_id: HashMap<&'a I, usize>,
    by_gtin: HashMap<String, Vec<usize>>,
    by_approval: HashMap<&'a str, Vec<usize>>,
    by_name: HashMap<&'a str, Vec<usize>>,
}

impl<'a, I: Eq + Hash> Index<'a, I> {
    /// How many base products with only the name in common are looked at.
    const ALIKE: usize = 20;

    /// Builds it.
    #[must_use]
    pub fn of(bases: &'a [Candidate<I>]) -> Self {
        let mut index =
            Self { bases, by_id: HashMap::new(), by_gtin: HashMap::new(), by_approval: HashMap::new(), by_name: HashMap::new() };
        for (at, base) in bases.iter().enumerate() {
            index.by_id.insert(&base.base_id, at);
            for gtin in base.item.gtin().into_iter().chain(base.carton) {
                index.by_gtin.entry(gtin.to_string()).or_default().push(at);
            }
            if let Some(key) = base.item.approval_key() {
                index.by_approval.entry(key).or_default().push(at);
            }
            index.by_name.entry(base.item.name_key()).or_default().push(at);
        }
        index
    }

    /// What the query finds.
    #[must_use]
    pub fn candidates(&self, keys: &LookupKeys, explicit: Option<&I>) -> Vec<&'a Candidate<I>> {
        let mut found: Vec<usize> = Vec::new();
        let base = |at: &usize| self.bases.get(*at);
        found.extend(explicit.and_then(|id| self.by_id.get(id)));
        found.extend(keys.gtins.iter().filter_map(|k| self.by_gtin.get(k)).flatten());
        found.extend(keys.approval_key.iter().filter_map(|k| self.by_approval.get(k.as_str())).flatten());
        let mut named: Vec<usize> = keys.name_keys.iter().filter_map(|k| self.by_name.get(k.as_str())).flatten().copied().collect();
        let maker_known = |at: &usize| base(at).is_some_and(|b| keys.maker_keys.iter().any(|k| k == b.item.maker_key()));
        found.extend(named.iter().filter(|at| maker_known(at)));
        named.sort_by_key(|at| base(at).is_none_or(|b| keys.spec_key.as_deref() != Some(b.item.spec().key())));
        found.extend(named.into_iter().take(Self::ALIKE));
        found.sort_unstable();
        found.dedup();
        found.iter().filter_map(base).collect()
    }
}

/// Reads a base product from a row; `field` gives a column's text, empty if there is none.
pub fn base_from_row<'a, I>(id: I, field: impl Fn(&str) -> &'a str) -> Candidate<I> {
    Candidate::new(id, texts(&field), field("carton_barcode"))
}

/// Reads an uploaded product and its answer from a row. `id` reads a base product's id.
pub fn case_from_row<'a, I>(field: impl Fn(&str) -> &'a str, id: impl Fn(&str) -> I) -> Case<I> {
    let explicit = Some(field("explicit_base_id").trim()).filter(|text| !text.is_empty()).map(&id);
    let expected = match field("expect") {
        "match" => Expected::Match(id(field("expected_base_id"))),
        _ => Expected::Ask,
    };
    Case { code: field("erp_prod_code").to_owned(), submitted: Submitted::new(texts(&field), explicit), expected }
}

fn texts<'a>(field: &impl Fn(&str) -> &'a str) -> Texts {
    let text = |column: &str| field(column).to_owned();
    Texts {
        name: text("name"),
        trade_name: text("trade_name"),
        spec: text("spec"),
        manufacturer: text("manufacturer"),
        approval_no: text("approval_no"),
        barcode: text("barcode"),
        dosage_form: text("dosage_form"),
    }
}
