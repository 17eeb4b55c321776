//! Specifications (规格): `0.25g*24粒` = `0.25g×24粒/盒` = `250mg×24`, `12粒×2板/盒` = 24 粒.
//!
//! A specification is read into amounts (what one unit holds), levels (how many, packed in what) and notes. A word
//! that is not understood becomes a note and part of the key, so that two texts are never equal by accident.

use serde::{Deserialize, Serialize};

use super::keys::{fold, is_blank};

mod amount;
mod reader;

use amount::Amount;
use reader::Reader;

/// What is counted. Within one product the counting word carries no identity beyond this: 片, 粒 and `s` are used
/// for the same tablets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    Any,
    Dose,
    Puff,
    Vessel,
    Pack,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Level {
    count: u64,
    counted: Counted,
    word: String,
}

/// A specification as read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    text: String,
    amounts: Vec<Amount>,
    levels: Vec<Level>,
    holders: Vec<String>,
    notes: Vec<String>,
    /// A note was dropped because the names explain it.
    explained: bool,
    key: String,
}

/// How two specifications stand to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecRelation {
    /// The same text.
    Same,
    /// The same figures in another spelling.
    Spelled,
    /// Other figures that come to the same: units converted or levels multiplied out.
    Converts,
    /// Nothing contradicts, but one side says more than the other.
    Partial,
    /// A figure contradicts.
    Different,
    /// One side or both say nothing.
    Missing,
}

impl SpecRelation {
    /// Fully and equally specified.
    #[must_use]
    pub fn is_equal(self) -> bool {
        matches!(self, Self::Same | Self::Spelled | Self::Converts)
    }
}

impl Spec {
    /// Reads a specification. Any text is accepted; an empty one is "missing".
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let plain: Vec<char> =
            fold(text).chars().filter(|c| !is_blank(*c)).map(|c| if matches!(c, ';' | '、') { ':' } else { c }).collect();
        let mut spec = Reader::read(&plain).unwrap_or_else(|| {
            // Two packs in one (`10mg*20片+5mg*8片`): nothing in it may be multiplied, the text is the key.
            Self { notes: vec![plain.iter().collect()], ..Self::default() }
        });
        text.trim().clone_into(&mut spec.text);
        spec.seal();
        spec
    }

    /// Drops notes that are explained otherwise: the brand in brackets behind the figures is part of the name.
    #[must_use]
    pub fn without_notes(mut self, explained: impl Fn(&str) -> bool) -> Self {
        if self.amounts.is_empty() && self.levels.is_empty() {
            return self;
        }
        let before = self.notes.len();
        self.notes.retain(|note| !explained(note));
        if self.notes.len() != before {
            self.explained = true;
            self.seal();
        }
        self
    }

    fn seal(&mut self) {
        self.notes.sort();
        let mut amounts = self.amounts.clone();
        amounts.sort();
        let amounts: Vec<String> = amounts.iter().map(Amount::to_string).collect();
        self.key = amounts.join(":");
        if let Some(total) = self.counted_total() {
            self.key.push('*');
            self.key.push_str(&total.to_string());
        }
        for note in &self.notes {
            self.key.push('|');
            self.key.push_str(note);
        }
    }

    /// The canonical key; empty when nothing is specified.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The text as submitted, trimmed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is specified.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.key.is_empty()
    }

    /// Whether it has a figure at all (`标准` has none), so that it can tell packs of one product apart.
    #[must_use]
    pub fn has_figures(&self) -> bool {
        let digit = |note: &String| note.contains(|c: char| c.is_ascii_digit());
        !(self.amounts.is_empty() && self.levels.is_empty()) || self.notes.iter().any(digit)
    }

    /// Whether it names a model (`软头型`): what tells devices of one registration apart, as figures tell packs apart.
    #[must_use]
    pub fn names_a_model(&self) -> bool {
        self.notes.iter().any(|note| note.strip_suffix('型').is_some_and(|model| !model.is_empty()))
    }

    /// Whether both sides state the amounts in the same order and nothing had to be explained away: `12g:300ml`
    /// and `300ml:12g` have one key, but where nothing else vouches for it, a person should see it once.
    #[must_use]
    pub fn is_stated_alike(&self, other: &Self) -> bool {
        self.amounts == other.amounts && self.explained == other.explained
    }

    /// How many doses, vessels … the sold unit holds, all levels multiplied.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        if self.levels.is_empty() {
            return None;
        }
        self.levels.iter().try_fold(1_u64, |total, level| total.checked_mul(level.count))
    }

    /// [`Spec::total`], where one tube of 14 g is the same as 14 g.
    fn counted_total(&self) -> Option<u64> {
        let single = self.levels.iter().all(|l| matches!(l.counted, Counted::Vessel | Counted::Pack));
        self.total().filter(|total| !(*total == 1 && single && !self.amounts.is_empty()))
    }

    /// What one unit holds, in canonical units: `0.25g`, `5ml:15mg`.
    #[must_use]
    pub fn strength(&self) -> String {
        let all: Vec<String> = self.amounts.iter().map(Amount::to_string).collect();
        all.join(":")
    }

    /// The levels, multiplied out where there are several: `12粒×2板 = 24粒`.
    #[must_use]
    pub fn pack(&self) -> String {
        let all: Vec<String> = self.levels.iter().map(|l| format!("{}{}", l.count, l.word)).collect();
        let mut pack = all.join("×");
        if let (Some(total), Some(first), true) = (self.total(), self.levels.first(), all.len() > 1) {
            pack.push_str(&format!(" = {total}{}", first.word));
        }
        pack
    }

    /// A canonical spelling for display: `0.25g×24粒`.
    #[must_use]
    pub fn display(&self) -> String {
        let levels: Vec<String> = self.levels.iter().map(|l| format!("{}{}", l.count, l.word)).collect();
        let mut parts = Vec::new();
        parts.extend(Some(self.strength()).filter(|s| !s.is_empty()));
        parts.extend(levels);
        let mut display = parts.join("×");
        for note in &self.notes {
            display.push_str(&format!("({note})"));
        }
        display
    }

    /// Compares two specifications of (supposedly) one product.
    #[must_use]
    pub fn relation(&self, other: &Self) -> SpecRelation {
        if self.is_missing() || other.is_missing() {
            return SpecRelation::Missing;
        }
        if self.text == other.text {
            return SpecRelation::Same;
        }
        if self.key == other.key {
            if self.counts_other_things(other) {
                return SpecRelation::Partial;
            }
            let alike = figures(&self.text) == figures(&other.text);
            return if alike { SpecRelation::Spelled } else { SpecRelation::Converts };
        }
        // `777g` and `24片` do not contradict, but they have nothing in common either.
        let strangers = self.amounts.is_empty() != other.amounts.is_empty() && self.levels.is_empty() != other.levels.is_empty();
        if self.amounts_fit(other) && !strangers && self.pack_relation(other) != SpecRelation::Different {
            return SpecRelation::Partial;
        }
        SpecRelation::Different
    }

    /// Compares the packing alone.
    #[must_use]
    pub fn pack_relation(&self, other: &Self) -> SpecRelation {
        match (self.counted_total(), other.counted_total()) {
            (None, None) if self.levels == other.levels => SpecRelation::Same,
            (None, None) => SpecRelation::Spelled,
            (None, _) | (_, None) => SpecRelation::Missing,
            (a, b) if a != b => SpecRelation::Different,
            _ if self.counts_other_things(other) => SpecRelation::Partial,
            _ if self.levels == other.levels => SpecRelation::Same,
            _ if self.levels.len() == other.levels.len() => SpecRelation::Spelled,
            _ => SpecRelation::Converts,
        }
    }

    /// Compares the strength alone.
    #[must_use]
    pub fn strength_fits(&self, other: &Self) -> bool {
        self.amounts_fit(other)
    }

    /// The amounts of one side are all among those of the other.
    fn amounts_fit(&self, other: &Self) -> bool {
        let (few, many) = if self.amounts.len() <= other.amounts.len() { (self, other) } else { (other, self) };
        let mut rest = many.amounts.clone();
        few.amounts.iter().all(|amount| {
            let place = rest.iter().position(|candidate| candidate == amount);
            place.map(|place| rest.swap_remove(place)).is_some()
        })
    }

    /// Tablets against vials, or a bottle of a hundred against a box of a hundred.
    fn counts_other_things(&self, other: &Self) -> bool {
        let things = |spec: &Self| -> Vec<Counted> {
            spec.levels.iter().map(|l| l.counted).filter(|c| !matches!(c, Counted::Any | Counted::Pack)).collect()
        };
        let (a, b) = (things(self), things(other));
        let apart = !a.is_empty() && !b.is_empty() && !a.iter().any(|thing| b.contains(thing));
        apart || (!self.holders.is_empty() && !other.holders.is_empty() && !self.holders.iter().any(|h| other.holders.contains(h)))
    }
}

fn figures(text: &str) -> Vec<String> {
    fold(text).split(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|f| !f.is_empty()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests;
