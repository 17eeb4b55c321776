//! The rules, one by one, on goods of our own invention.

use super::*;
use crate::products::evidence::Field;

const CODE: &str = "6901234000016";

fn texts() -> Texts {
    Texts {
        name: "阿莫西林胶囊".into(),
        spec: "0.25g×24粒/盒".into(),
        manufacturer: "江州药业股份有限公司".into(),
        approval_no: "国药准字H20990417".into(),
        barcode: CODE.into(),
        ..Texts::default()
    }
}

fn base(id: i64, change: impl FnOnce(&mut Texts)) -> Candidate {
    let mut texts = texts();
    change(&mut texts);
    Candidate::new(id, texts, "")
}

fn upload(change: impl FnOnce(&mut Texts)) -> Submitted {
    let mut texts = texts();
    change(&mut texts);
    Submitted::new(texts, None)
}

fn matched(submitted: &Submitted, bases: &[Candidate]) -> Result<(i64, MatchedBy), Option<AskReason>> {
    match decide(submitted, bases, &Aliases::default()) {
        Decision::Match { base, by, .. } => Ok((base, by)),
        Decision::Ask { why, .. } => Err(Some(why)),
        Decision::None => Err(None),
    }
}

fn no_numbers(t: &mut Texts) {
    t.barcode.clear();
    t.approval_no.clear();
}

#[test]
fn barcode_alone_is_believed_while_nothing_contradicts() {
    let bases = [base(1, |_| ()), base(2, |t| t.barcode.clear())];
    assert_eq!(matched(&upload(|t| t.approval_no.clear()), &bases), Ok((1, MatchedBy::Barcode)));
    assert_eq!(matched(&upload(|t| t.approval_no = "国药准字H20990418".into()), &bases), Err(Some(AskReason::KeysDisagree)));
    assert_eq!(matched(&upload(|t| t.spec = "0.25g*36粒".into()), &bases), Err(Some(AskReason::SpecDiffers)));
    assert_eq!(matched(&upload(|t| t.name = "头孢克肟片".into()), &bases), Err(Some(AskReason::NameDiffers)));
}

#[test]
fn keys_that_disagree_are_asked() {
    // The barcode says 1, approval number and specification say 2.
    let bases = [base(1, |t| (t.approval_no, t.barcode) = (String::new(), CODE.into())), base(2, |t| t.barcode.clear())];
    let Decision::Ask { candidates, why } = decide(&upload(|_| ()), &bases, &Aliases::default()) else { panic!() };
    assert_eq!(why, AskReason::KeysDisagree);
    assert_eq!(candidates.len(), 2);
}

#[test]
fn approval_needs_the_pack_and_a_witness() {
    let bases = [base(1, |t| t.barcode.clear()), base(2, |t| (t.spec, t.barcode) = ("0.25g*36粒".into(), String::new()))];
    let two_plates = upload(|t| (t.spec, t.manufacturer) = ("250mg*12s*2板".into(), "江州新药有限公司".into()));
    assert_eq!(matched(&two_plates, &bases), Ok((1, MatchedBy::ApprovalAndSpec)));
    assert_eq!(matched(&upload(|t| t.spec.clear()), &bases), Err(Some(AskReason::SpecIncomplete)));
    assert_eq!(matched(&upload(|t| t.spec = "0.25g*48粒".into()), &bases), Err(Some(AskReason::SpecDiffers)));
    let stranger = upload(|t| (t.name, t.manufacturer) = ("维生素口服液".into(), "海东制药厂".into()));
    assert_eq!(matched(&stranger, &bases), Err(Some(AskReason::DosageFormDiffers)));
    let slow = upload(|t| t.name = "阿莫西林缓释胶囊".into());
    assert_eq!(matched(&slow, &bases), Err(Some(AskReason::DosageFormDiffers)));
    let twins = [base(1, |t| t.barcode.clear()), base(3, |t| t.barcode.clear())];
    assert_eq!(matched(&upload(|_| ()), &twins), Err(Some(AskReason::SeveralFit)));
}

// Devices of one registration differ by model, which has no figure.
#[test]
fn the_model_of_a_registered_device_tells_it_apart() {
    let device = |t: &mut Texts, model: &str| {
        (t.name, t.spec, t.barcode) = ("电子体温计".into(), format!("{model}/支"), String::new());
        t.approval_no = "粤械注准20992070127".into();
    };
    let bases = [base(1, |t| device(t, "软头型")), base(2, |t| device(t, "标准型"))];
    assert_eq!(matched(&upload(|t| device(t, "软头型")), &bases), Ok((1, MatchedBy::ApprovalAndSpec)));
    // Without the number, the same name, model and maker.
    let unnumbered = [base(1, |t| {
        device(t, "软头型");
        t.approval_no.clear();
    })];
    assert_eq!(matched(&upload(|t| device(t, "软头型")), &unnumbered), Err(Some(AskReason::ApprovalUnconfirmed)));
    // Words contradict no figure: one side may only say more. A person decides.
    assert_eq!(matched(&upload(|t| device(t, "硬头型")), &bases), Err(Some(AskReason::SpecIncomplete)));
    let vague = [base(1, |t| {
        device(t, "软头型");
        t.spec = "支".into();
    })];
    assert_ne!(
        matched(
            &upload(|t| {
                device(t, "软头型");
                t.spec = "支".into();
            }),
            &vague
        ),
        Ok((1, MatchedBy::ApprovalAndSpec))
    );
    // A drug's pack has figures; a word does not tell it.
    let drug = |t: &mut Texts| (t.spec, t.barcode) = ("普通型/盒".into(), String::new());
    assert!(matched(&upload(drug), &[base(1, drug)]).is_err());
}

#[test]
fn a_wrong_barcode_speaks_against() {
    let bases = [base(1, |_| ())];
    assert_eq!(matched(&upload(|t| t.barcode = "6901234000061".into()), &bases), Err(Some(AskReason::BarcodeDiffers)));
    assert!(matched(&upload(|t| t.barcode = "20008994".into()), &bases).is_ok(), "a shop's own number says nothing");
}

#[test]
fn name_spec_and_company_must_all_be_equal() {
    let bases = [base(1, |t| t.barcode.clear())];
    assert_eq!(matched(&upload(no_numbers), &bases), Ok((1, MatchedBy::NameSpecAndManufacturer)));
    for change in [
        (|t: &mut Texts| t.manufacturer = "江州药业有限公司".into()) as fn(&mut Texts),
        |t| t.manufacturer.clear(),
        |t| t.spec = "0.25g*24粒(无糖型)".into(),
        |t| t.name = "阿莫西林胶囊(Ⅱ)".into(),
        |t| t.name = "复方阿莫西林胶囊".into(),
        |t| t.spec.clear(),
    ] {
        let asked = upload(|t| {
            no_numbers(t);
            change(t);
        });
        assert!(matches!(matched(&asked, &bases), Err(Some(_))), "{:?}", asked.item.texts);
    }
    let unknown = upload(|t| (t.approval_no, t.barcode) = ("国药准字H20990499".into(), String::new()));
    assert_eq!(matched(&unknown, &bases), Err(Some(AskReason::ApprovalDiffers)));
}

#[test]
fn the_merchants_own_word_is_checked() {
    let bases = [base(1, |t| t.barcode.clear()), base(2, |t| (t.approval_no, t.spec) = ("国药准字H20990500".into(), "0.5g*10粒".into()))];
    let says = |id, change: fn(&mut Texts)| Submitted { explicit_base: Some(id), ..upload(change) };
    let short = says(1, |t| {
        no_numbers(t);
        t.name = "阿莫西林".into();
    });
    assert_eq!(matched(&short, &bases), Ok((1, MatchedBy::ExplicitId)));
    assert_eq!(matched(&says(2, |t| t.barcode.clear()), &bases), Err(Some(AskReason::ExplicitDisagrees)));
    assert_eq!(matched(&says(1, |_| ()), &bases), Err(Some(AskReason::ExplicitDisagrees)), "the barcode is that of 2");
    assert_eq!(matched(&says(9, |_| ()), &[]), Err(Some(AskReason::ExplicitUnknown)));
}

#[test]
fn cartons_and_cases_are_not_the_unit() {
    let bases = [Candidate::new(1, Texts { barcode: "6901234000030".into(), ..texts() }, CODE)];
    assert_eq!(matched(&upload(|_| ()), &bases), Err(Some(AskReason::CartonBarcode)));
    let case = upload(|t| t.barcode = "16901234000013".into());
    assert_eq!(lookup_keys(&case, &Aliases::default()).gtins.len(), 2);
    assert_eq!(matched(&case, &[base(1, |_| ())]), Err(Some(AskReason::CartonBarcode)));
}

#[test]
fn what_auditors_teach_is_used() {
    let bases = [base(1, |t| t.barcode.clear())];
    let mut asked = upload(no_numbers);
    asked.item = Item::new(Texts { manufacturer: "江州药业有限公司".into(), ..asked.item.texts });
    assert_eq!(matched(&asked, &bases), Err(Some(AskReason::ManufacturerDiffers)));
    let mut aliases = Aliases::default();
    aliases.learn_maker("江州药业有限公司", "江州药业股份有限公司");
    assert!(matches!(decide(&asked, &bases, &aliases), Decision::Match { base: 1, .. }));
    assert!(lookup_keys(&asked, &aliases).maker_keys.contains(&"江州药业股份有限公司".to_owned()));
    let tin = upload(|t| (t.spec, t.barcode) = ("大盒装".into(), String::new()));
    assert!(matched(&tin, &bases).is_err());
    aliases.learn_spec("阿莫西林胶囊", tin.item.spec().key(), bases[0].item.spec().key());
    // A pack without a figure stays a matter for a person even so.
    assert!(matches!(decide(&tin, &bases, &aliases), Decision::Ask { .. }));
    let plain = upload(|t| (t.spec, t.barcode) = ("24粒".into(), String::new()));
    aliases.learn_spec("阿莫西林胶囊", plain.item.spec().key(), bases[0].item.spec().key());
    assert!(matches!(decide(&plain, &bases, &aliases), Decision::Match { base: 1, .. }));
}

#[test]
fn the_evidence_is_that_of_the_audit_table() {
    let bases = [base(1, |t| t.spec = "0.25g×12粒×2板/盒".into())];
    let asked = upload(|t| (t.spec, t.manufacturer, t.approval_no) = ("0.25g*24粒".into(), "江州药业有限公司".into(), String::new()));
    let Decision::Ask { candidates, why } = decide(&asked, &bases, &Aliases::default()) else { panic!() };
    assert_eq!(why, AskReason::ManufacturerDiffers);
    let evidence = &candidates.first().unwrap().evidence;
    let of = |field| evidence.line(field).map(|line| (line.verdict, line.points)).unwrap();
    assert_eq!(of(Field::Barcode), (Verdict::Same, 40));
    assert_eq!(of(Field::ApprovalNo), (Verdict::MissingThere, 0));
    assert_eq!(of(Field::Spec), (Verdict::ConvertsEqual, 10));
    assert_eq!(of(Field::Pack), (Verdict::ConvertsEqual, 3));
    assert_eq!(of(Field::Manufacturer), (Verdict::Different, 4));
    assert!(evidence.score < 95);
}

#[test]
fn strangers_are_not_shown() {
    let bases = [base(1, |t| (t.name, t.approval_no, t.barcode) = ("黑芝麻糊".into(), String::new(), String::new()))];
    assert_eq!(matched(&upload(|_| ()), &bases), Err(None));
}
