//! Spellings of packs that are one, and packs that are not.

use super::*;
use proptest::prelude::*;

fn relation(a: &str, b: &str) -> SpecRelation {
    Spec::parse(a).relation(&Spec::parse(b))
}

#[test]
fn one_pack_in_every_spelling() {
    for (a, b) in [
        ("0.25g*24粒", "0.25g×24粒/盒"),
        ("0.25g*24粒", "250mg×24"),
        ("0.25gx24s", "250 mg * 24 #"),
        ("12粒×2板/盒", "24粒"),
        ("0.125g/片*8片/板*4板", "0.125g*32片"),
        ("100ug*60片", "０．１ｍｇ＊６０片"),
        ("15ml:40mg*10支", "15ml;40mg*10瓶"),
        ("60iu*72片", "60单位*72片/盒"),
        ("2万单位*60袋", "20000IU*60袋"),
        ("每粒装0.6g*20粒", "0.6g*20粒"),
        ("每10丸重1.5g*60丸", "每10丸重1.5g,60丸/瓶"),
        (".25g*6片", "0.25g*6片"),
        ("14g/支/盒", "14g"),
        ("125克", "125g"),
        ("(1g:10ml)*6支", "10ml:1g*6支"),
        ("150mg/12.5mg*7片", "150mg:12.5mg*7片/盒"),
        ("复方*30片", "30s"),
        ("10*7cm*4片", "10cm*7cm*4贴"),
        ("1,000ml", "1l"),
        ("20mg*10片(进口)", "20mg*10片"),
        ("5mg/ml*5ml", "5ml(5mg/ml)"),
    ] {
        assert!(relation(a, b).is_equal(), "{a} {b}: {:?} {:?}", Spec::parse(a), Spec::parse(b));
        assert!(relation(b, a).is_equal(), "{b} {a}");
    }
}

#[test]
fn other_packs_stay_other() {
    for (a, b) in [
        ("0.25g*24粒", "0.25g*36粒"),
        ("0.25g*24粒", "0.5g*24粒"),
        ("12粒*2板", "12粒*3板"),
        ("5ml:15mg", "5ml:5mg"),
        ("80mg/5mg*7片", "80mg/10mg*7片"),
        ("10mg*20s+5mg*8s", "10mg*20s+5mg*9s"),
        ("0.1%*10g", "1%*10g"),
        ("每8丸重1.44g*200丸", "每10丸重1.44g*200丸"),
        ("1mg*10片", "1g*10片"),
        ("每10丸重1g*360丸", "0.1g*360丸"),
        ("0.5g*20粒*10袋/盒", "0.5g*20粒/盒"),
    ] {
        assert!(!relation(a, b).is_equal(), "{a} {b}: {:?}", Spec::parse(a));
    }
    assert_eq!(relation("0.25g*24粒", "0.25g*36粒"), SpecRelation::Different);
    assert_eq!(relation("10g*10袋", "10g*10袋(无糖型)"), SpecRelation::Partial);
    assert_eq!(relation("24片", "0.1g*24片"), SpecRelation::Partial);
    assert_eq!(relation("10mg*10片/瓶", "10mg*10片/盒"), SpecRelation::Partial);
    assert_eq!(relation("777g", "24片"), SpecRelation::Different);
    assert_eq!(relation("", "24片"), SpecRelation::Missing);
}

#[test]
fn display_is_canonical() {
    assert_eq!(Spec::parse("250mg*24粒/盒").display(), "0.25g×24粒");
    assert_eq!(Spec::parse("0.05mg * 12片*2板").display(), "50μg×12片×2板");
    assert_eq!(Spec::parse("12粒*2板/盒").pack(), "12粒×2板 = 24粒");
    assert_eq!(Spec::parse("5ml;15mg/支").strength(), "5ml:15mg");
    assert_eq!(Spec::parse("12粒*2板").total(), Some(24));
}

proptest! {
    #[test]
    fn the_key_reads_as_itself(strength in 1_u32..5000, unit in "(mg|g|ug|ml)", count in 1_u32..200, word in "(片|粒|s|支|袋)") {
        let spec = Spec::parse(&format!("{strength}{unit}*{count}{word}/盒"));
        prop_assert_eq!(Spec::parse(spec.key()).key().to_owned(), spec.key());
        prop_assert_eq!(Spec::parse(&spec.display()).key().to_owned(), spec.key());
    }

    #[test]
    fn spelling_does_not_count(milligrams in 1_u32..100_000, inner in 1_u64..50, plates in 1_u64..20, sign in "(\\*|×|✕| x |Ｘ)", gap in "[ \u{3000}]{0,2}") {
        let plain = Spec::parse(&format!("{milligrams}mg*{}片", inner * plates));
        let other = Spec::parse(&format!("{}g{gap}{sign}{gap}{inner}片{sign}{plates}板/盒", f64::from(milligrams) / 1000.0));
        prop_assert_eq!(plain.key(), other.key());
    }

    #[test]
    fn another_count_is_another_key(count in 1_u32..500, by in 1_u32..500) {
        let key = |n: u32| Spec::parse(&format!("0.25g*{n}粒")).key().to_owned();
        prop_assert_ne!(key(count), key(count + by));
    }

    #[test]
    fn words_are_never_lost(a in "[一-龥a-z]{1,6}", b in "[一-龥a-z]{1,6}") {
        let (left, right) = (Spec::parse(&a), Spec::parse(&b));
        prop_assume!(left.has_figures() == right.has_figures() && !left.is_missing() && !right.is_missing());
        prop_assume!(left.holders == right.holders && left.notes != right.notes);
        prop_assert_ne!(left.key(), right.key());
    }

    #[test]
    fn nothing_panics(a in "\\PC{0,24}", b in "[0-9.*x/:;+()每片粒板盒万mgul%, ]{0,24}") {
        let (a, b) = (Spec::parse(&a), Spec::parse(&b));
        prop_assert_eq!(a.relation(&b).is_equal(), b.relation(&a).is_equal());
        let _ = (a.display(), b.display(), a.pack(), b.pack());
    }
}
