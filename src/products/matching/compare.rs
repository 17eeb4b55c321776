//! Field by field: what agrees, what differs, what is missing.

use super::item::{Aliases, Candidate, Item};
use super::names::{NameRelation, family};
use crate::catalog::approval::{Approval, Register};
use crate::catalog::keys::{likeness, text_key};
use crate::catalog::spec::SpecRelation;
use crate::products::evidence::{Evidence, Field, Line, Verdict, diff, score};

/// What was found out about one candidate.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    pub(super) barcode: Verdict,
    /// The submitted barcode is that of this product's carton, or of a case of it.
    pub(super) carton: bool,
    pub(super) approval: Verdict,
    /// The number names a product, not a company.
    pub(super) approval_is_identity: bool,
    pub(super) registers_differ: bool,
    pub(super) name: NameRelation,
    pub(super) spec: SpecRelation,
    /// The specification can tell products of one approval, or one name and maker, apart: by its figures, or by the model
    /// of a registered device.
    pub(super) spec_tells: bool,
    /// The specifications are equal without rearranging, or an auditor has said so.
    pub(super) spec_is_plain: bool,
    /// Who does not state a specification, if not both do.
    silent: Option<Verdict>,
    pub(super) maker: Verdict,
    pub(super) forms_differ: bool,
    pub(super) variants_differ: bool,
    pub(super) trades_differ: bool,
    strength_fits: bool,
    pack: SpecRelation,
    form: Verdict,
    maker_alike: bool,
}

/// Its approval number is in the register of devices.
fn is_device(item: &Item) -> bool {
    item.approval.as_ref().is_some_and(|approval| approval.register == Register::Device)
}

/// `None` when both sides say something.
fn missing(theirs: bool, ours: bool) -> Option<Verdict> {
    match (theirs, ours) {
        (true, true) => Some(Verdict::MissingBoth),
        (true, false) => Some(Verdict::MissingThere),
        (false, true) => Some(Verdict::MissingHere),
        (false, false) => None,
    }
}

fn spelled(theirs: &str, ours: &str) -> Verdict {
    if theirs.trim() == ours.trim() { Verdict::Same } else { Verdict::SpelledDifferently }
}

impl Marks {
    pub(super) fn of<I>(theirs: &Item, candidate: &Candidate<I>, aliases: &Aliases) -> Self {
        let ours = &candidate.item;
        let (barcode, carton) = barcode(theirs, candidate);
        let approvals = theirs.approval.as_ref().zip(ours.approval.as_ref());
        let form = form(theirs, ours);
        let maker = maker(theirs, ours, aliases);
        let mut spec = theirs.spec.relation(&ours.spec);
        let taught = aliases.same_spec(ours.name_key(), theirs.spec.key(), ours.spec.key());
        if taught && !spec.is_equal() {
            spec = SpecRelation::Spelled;
        }
        Self {
            barcode,
            carton,
            approval: match (approvals, missing(theirs.approval.is_none(), ours.approval.is_none())) {
                (_, Some(verdict)) => verdict,
                (Some((a, b)), None) if a.key == b.key => spelled(&theirs.texts.approval_no, &ours.texts.approval_no),
                _ => Verdict::Different,
            },
            approval_is_identity: theirs.approval.as_ref().is_some_and(Approval::is_identity),
            registers_differ: approvals.is_some_and(|(a, b)| a.registers_differ(b)),
            name: theirs.names.relation(&ours.names),
            spec,
            spec_tells: theirs.spec.has_figures() || (is_device(theirs) && theirs.spec.names_a_model()),
            spec_is_plain: taught || spec == SpecRelation::Same || theirs.spec.is_stated_alike(&ours.spec),
            maker_alike: maker == Verdict::Different && likeness(&theirs.maker.key, &ours.maker.key) >= 0.6,
            silent: missing(theirs.spec.is_missing(), ours.spec.is_missing()),
            maker,
            forms_differ: form == Verdict::Different,
            variants_differ: theirs.names.variants_differ(&ours.names),
            trades_differ: theirs.names.trades_differ(&ours.names),
            strength_fits: theirs.spec.strength_fits(&ours.spec),
            pack: theirs.spec.pack_relation(&ours.spec),
            form,
        }
    }

    fn name_verdict(&self, theirs: &Item, ours: &Item) -> Verdict {
        match self.name {
            NameRelation::Missing => missing(theirs.names.is_missing(), ours.names.is_missing()).unwrap_or(Verdict::MissingBoth),
            NameRelation::Different | NameRelation::Related => Verdict::Different,
            NameRelation::Spelled | NameRelation::Same => spelled(&theirs.texts.name, &ours.texts.name),
        }
    }

    /// Verdict and points of every field.
    fn judged(&self, theirs: Option<(&Item, &Item)>) -> [(Field, Verdict, u8); 7] {
        let name = theirs.map_or(
            match self.name {
                NameRelation::Missing => Verdict::MissingBoth,
                NameRelation::Different | NameRelation::Related => Verdict::Different,
                NameRelation::Spelled | NameRelation::Same => Verdict::Same,
            },
            |(theirs, ours)| self.name_verdict(theirs, ours),
        );
        let said =
            |relation: SpecRelation| self.silent.filter(|_| relation == SpecRelation::Missing).unwrap_or_else(|| verdict_of(relation));
        let (spec, pack) = (said(self.spec), said(self.pack));
        // A field that differs, but is close, gives a third of its points, so that the nearest stands first.
        let close = |field: Field, verdict: Verdict, near: bool| match verdict {
            _ if verdict.agrees() => field.weight(),
            Verdict::Different if near => field.weight() * 2 / 5,
            _ => 0,
        };
        [
            (Field::Barcode, self.barcode, close(Field::Barcode, self.barcode, false)),
            (Field::ApprovalNo, self.approval, close(Field::ApprovalNo, self.approval, false)),
            (Field::Name, name, close(Field::Name, name, self.name == NameRelation::Related)),
            (Field::Spec, spec, close(Field::Spec, spec, self.strength_fits)),
            (Field::Pack, pack, close(Field::Pack, pack, false)),
            (Field::Manufacturer, self.maker, close(Field::Manufacturer, self.maker, self.maker_alike)),
            (Field::DosageForm, self.form, close(Field::DosageForm, self.form, false)),
        ]
    }

    /// The score alone.
    pub(super) fn score(&self) -> u8 {
        score(self.judged(None).into_iter())
    }

    /// The whole comparison, with the texts cut into stretches.
    pub(super) fn evidence(&self, theirs: &Item, ours: &Item) -> Evidence {
        let lines = self.judged(Some((theirs, ours))).into_iter().map(|(field, verdict, points)| {
            let (left, right) = match field {
                Field::Barcode => diff(theirs.texts.barcode.trim(), ours.texts.barcode.trim()),
                Field::ApprovalNo => diff(theirs.texts.approval_no.trim(), ours.texts.approval_no.trim()),
                Field::Name => diff(theirs.texts.name.trim(), ours.texts.name.trim()),
                Field::Spec => diff(theirs.spec.text(), ours.spec.text()),
                Field::Pack => diff(&theirs.spec.pack(), &ours.spec.pack()),
                Field::Manufacturer => diff(theirs.texts.manufacturer.trim(), ours.texts.manufacturer.trim()),
                Field::DosageForm => diff(form_text(theirs), form_text(ours)),
            };
            Line { field, verdict, points, max: field.weight(), theirs: left, ours: right }
        });
        Evidence::of(lines.collect())
    }
}

fn verdict_of(relation: SpecRelation) -> Verdict {
    match relation {
        SpecRelation::Same => Verdict::Same,
        SpecRelation::Spelled => Verdict::SpelledDifferently,
        SpecRelation::Converts => Verdict::ConvertsEqual,
        SpecRelation::Partial | SpecRelation::Different => Verdict::Different,
        SpecRelation::Missing => Verdict::MissingBoth,
    }
}

fn barcode<I>(theirs: &Item, candidate: &Candidate<I>) -> (Verdict, bool) {
    let (a, b) = (theirs.gtin(), candidate.item.gtin());
    let carton = a.is_some_and(|a| candidate.carton == Some(a) || (a.unit_inside().is_some() && a.unit_inside() == b));
    // A wrong number is a number: against a known one it speaks. A number of the shop's own says nothing.
    let own = theirs.gtin.is_ok() && a.is_none();
    let verdict = match missing(own || theirs.texts.barcode.trim().is_empty(), b.is_none()) {
        Some(verdict) => verdict,
        None if a == b => spelled(&theirs.texts.barcode, &candidate.item.texts.barcode),
        None => Verdict::Different,
    };
    (verdict, carton)
}

fn maker(theirs: &Item, ours: &Item, aliases: &Aliases) -> Verdict {
    let (a, b) = (&theirs.maker, &ours.maker);
    if let Some(verdict) = missing(a.key.is_empty(), b.key.is_empty()) {
        return verdict;
    }
    let same_company = a.key == b.key || aliases.same_maker(&a.key, &b.key);
    // A repacker named on one side only is consistent with an approval for repacking, and with nothing else.
    let repacked = ours.approval.as_ref().is_some_and(Approval::is_repacked_import);
    let same_packing = match (&a.repacker, &b.repacker) {
        (Some(x), Some(y)) => x == y || aliases.same_maker(x, y),
        (None, None) => true,
        _ => repacked,
    };
    if same_company && same_packing { spelled(&theirs.texts.manufacturer, &ours.texts.manufacturer) } else { Verdict::Different }
}

/// The form as stated, or as the name tells it.
fn form_text(item: &Item) -> &str {
    let stated = item.texts.dosage_form.trim();
    if stated.is_empty() { item.names.form().unwrap_or_default() } else { stated }
}

fn form(theirs: &Item, ours: &Item) -> Verdict {
    if theirs.names.forms_differ(&ours.names) {
        return Verdict::Different;
    }
    let (a, b) = (theirs.texts.dosage_form.trim(), ours.texts.dosage_form.trim());
    match (family(a), family(b)) {
        // Only what both sides state can contradict; a form read from a name is compared with a name's above.
        _ if a.is_empty() || b.is_empty() => match (theirs.names.form(), ours.names.form()) {
            (Some(_), Some(_)) => Verdict::Same,
            _ => missing(form_text(theirs).is_empty(), form_text(ours).is_empty()).unwrap_or(Verdict::SpelledDifferently),
        },
        (Some(x), Some(y)) if x != y => Verdict::Different,
        _ if text_key(a) == text_key(b) => spelled(a, b),
        _ => Verdict::SpelledDifferently,
    }
}
