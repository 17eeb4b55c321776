use super::*;
use crate::text::Lang;
use proptest::prelude::*;

fn good() -> Facts {
    Facts {
        product: ProductId(1),
        prod_id: "KZ-100382".into(),
        base: Some("BP-0021440".into()),
        match_kind: "auto".into(),
        audit: "approved".into(),
        audited_at: None,
        reason: None,
        price: Some(Decimal::new(1280, 2)),
        enabled: true,
        base_active: true,
        category_allowed: true,
        blocked: None,
        available: 344,
        shops: 4,
        listing: "listed".into(),
        unlisted_by: None,
        auto_list: true,
        wish: false,
    }
}

prop_compose! {
    fn any_facts()(
        (base, kind, audit) in (any::<bool>(), 0..4usize, 0..4usize),
        (price, enabled, category, blocked, active) in (proptest::option::of(0i64..100_000), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        (available, shops) in (0i64..500, 0i64..5),
        (listing, by, auto, wish) in (0..3usize, 0..3usize, any::<bool>(), any::<bool>()),
    ) -> Facts {
        let pick = |all: &[&str], n: usize| all.get(n).copied().unwrap_or_default().to_owned();
        let listing = pick(&["pending", "listed", "unlisted"], listing);
        Facts {
            base: base.then(|| "BP-0000001".to_owned()),
            match_kind: pick(&["none", "auto", "explicit", "person"], kind),
            audit: pick(&["pending", "approved", "changes_requested", "rejected"], audit),
            price: price.map(|cents| Decimal::new(cents, 2)),
            enabled,
            base_active: active,
            category_allowed: category,
            blocked: blocked.then(|| "假药公告".to_owned()),
            available,
            shops,
            unlisted_by: (listing == "unlisted").then(|| pick(&["person", "erp", "rule"], by)),
            listing,
            auto_list: auto,
            wish,
            ..good()
        }
    }
}

#[test]
fn what_is_listed_and_in_stock_is_on_sale() {
    let checks = explain(&good());
    assert!(checks.iter().all(|c| c.ok && c.fix.is_none()), "{checks:?}");
    assert_eq!(verdict(&checks), Verdict::OnSale);
}

#[test]
fn each_lack_is_told_by_its_own_line() {
    let lacks: [(Condition, fn(&mut Facts)); 8] = [
        (Condition::Enabled, |f| f.enabled = false),
        (Condition::Permitted, |f| f.blocked = Some("公告".into())),
        (Condition::Category, |f| f.category_allowed = false),
        (Condition::Matched, |f| f.base = None),
        (Condition::Approved, |f| f.audit = "pending".into()),
        (Condition::Priced, |f| f.price = None),
        (Condition::InStock, |f| f.available = 0),
        (Condition::Switch, |f| f.listing = "pending".into()),
    ];
    for (condition, spoil) in lacks {
        let mut facts = good();
        spoil(&mut facts);
        let failing: Vec<_> = explain(&facts).into_iter().filter(|c| !c.ok).map(|c| c.condition).collect();
        assert_eq!(failing, [condition]);
        assert_eq!(may_list(&facts), !condition.is_wall(&facts), "{condition:?}");
    }
}

// P-08: without the rule, stock is no condition.
#[test]
fn stock_is_needed_where_the_rule_would_take_it_down_again() {
    let sold_out = Facts { available: 0, listing: "pending".into(), ..good() };
    assert_eq!(verdict(&explain(&sold_out)), Verdict::Missing(Condition::InStock));
    let by_hand = Facts { auto_list: false, ..sold_out };
    assert_eq!(verdict(&explain(&by_hand)), Verdict::Ready);
    assert_eq!(verdict(&explain(&Facts { listing: "listed".into(), ..by_hand })), Verdict::SoldOut);
}

#[test]
fn what_a_person_took_down_no_rule_puts_back() {
    let facts = Facts { listing: "unlisted".into(), unlisted_by: Some("person".into()), wish: true, ..good() };
    assert!(may_list(&facts) && !rule_lists(&facts));
}

#[test]
fn an_address_survives_any_id() {
    assert_eq!(escaped("a/b c?药"), "a%2Fb%20c%3F%E8%8D%AF");
}

proptest! {
    #[test]
    fn the_answer_and_the_lines_agree(facts in any_facts()) {
        let checks = explain(&facts);
        prop_assert_eq!(checks.iter().map(|c| c.condition).collect::<Vec<_>>(), Condition::ALL.to_vec());
        let walls = checks.iter().filter(|c| c.required).all(|c| c.ok);
        prop_assert_eq!(may_list(&facts), walls);
        match verdict(&checks) {
            Verdict::OnSale => prop_assert!(checks.iter().all(|c| c.ok)),
            Verdict::SoldOut => prop_assert!(facts.listing == "listed" && facts.available == 0),
            Verdict::Ready => prop_assert!(walls && facts.listing != "listed"),
            Verdict::Missing(what) => {
                let first = checks.iter().find(|c| c.required && !c.ok).map(|c| c.condition);
                prop_assert_eq!(first, Some(what));
            }
        }
        prop_assert!(checks.iter().all(|c| !c.ok || c.fix.is_none()), "a fix for what is not broken");
    }

    /// Mending one more thing never makes a product less sellable.
    #[test]
    fn mending_never_hurts(facts in any_facts()) {
        let good = good();
        let before = may_list(&facts);
        for mended in [
            Facts { enabled: true, ..facts.clone() },
            Facts { base: good.base.clone(), base_active: true, ..facts.clone() },
            Facts { audit: "approved".into(), ..facts.clone() },
            Facts { price: good.price, ..facts.clone() },
            Facts { blocked: None, ..facts.clone() },
            Facts { category_allowed: true, ..facts.clone() },
        ] {
            prop_assert!(!before || may_list(&mended));
            prop_assert!(!rule_lists(&facts) || rule_lists(&mended));
        }
    }

    /// The rule lists only what a person could list and nobody took down, and by itself only what is in stock.
    #[test]
    fn the_rule_is_never_bolder_than_a_person(facts in any_facts()) {
        if rule_lists(&facts) {
            prop_assert!(may_list(&facts) && !matches!(facts.unlisted_by.as_deref(), Some("person" | "erp")));
            prop_assert!(!facts.auto_list || facts.available > 0);
        }
    }

    #[test]
    fn every_sentence_exists_in_both_languages(facts in any_facts()) {
        let checks = explain(&facts);
        let mut texts: Vec<Text> = checks.iter().map(|c| c.detail.clone()).collect();
        texts.extend(checks.iter().filter_map(|c| c.fix.clone()).map(|(text, _)| text));
        texts.extend([rule(&facts), Text::new(verdict(&checks).label())]);
        for text in texts {
            for lang in [Lang::Zh, Lang::En] {
                prop_assert_ne!(text.say(lang), text.key().to_owned());
            }
        }
    }
}
