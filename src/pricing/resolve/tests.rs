use super::*;
use chrono::Duration;
use proptest::prelude::*;

fn noon() -> DateTime<Utc> {
    "2026-11-22T04:00:00Z".parse().unwrap()
}
fn d(text: &str) -> Decimal {
    text.parse().unwrap()
}
fn terms() -> Terms {
    Terms { policy: Policy::Specific, member: Member::PerShop, channel: Channel::MicroShop, at: noon() }
}
fn of(rule: Rule, amount: &str) -> Offer {
    let mut offer = Offer::new(rule, d(amount));
    if matches!(rule, Rule::GroupRegion | Rule::Group) {
        offer.group = Some(Standing { priority: 10, id: CustomerGroupId(1) });
    }
    if matches!(rule, Rule::CustomerRegion | Rule::GroupRegion | Rule::Region) {
        offer.region = Some(RegionGroupId(1));
    }
    if rule == Rule::MemberShop {
        offer.shop = Some(ShopId(1));
    }
    offer
}
fn group(amount: &str, priority: i32, id: i64) -> Offer {
    Offer { group: Some(Standing { priority, id: CustomerGroupId(id) }), ..of(Rule::Group, amount) }
}
fn whys(resolution: &Resolution) -> Vec<(Rule, Why)> {
    resolution.ladder.iter().map(|c| (c.offer.rule, c.why)).collect()
}

// customer × region > customer > group × region > group > region > member > default.
#[test]
fn the_more_specific_price_counts_whatever_it_costs() {
    let all: Vec<Offer> = (10..).zip(Rule::ALL).map(|(n, rule)| of(rule, &format!("{}.00", 30 - n))).collect();
    for (skip, rule) in Rule::ALL.into_iter().enumerate() {
        let found = resolve(&terms(), &all[skip..]);
        assert_eq!((found.rule, found.price), (Some(rule), Some(all[skip].amount)));
        assert!(found.ladder[1..].iter().all(|c| c.why == Why::LessSpecific), "{found:?}");
    }
}

#[test]
fn or_the_lowest_where_the_merchant_says_so() {
    let terms = Terms { policy: Policy::Lowest, ..terms() };
    let found = resolve(&terms, &[of(Rule::Customer, "19.00"), of(Rule::Region, "17.50"), of(Rule::Default, "18.00")]);
    assert_eq!(whys(&found), [(Rule::Region, Why::Won), (Rule::Default, Why::Higher), (Rule::Customer, Why::Higher)]);
    // Of two that cost the same the more specific is named.
    let found = resolve(&terms, &[of(Rule::Default, "17.50"), of(Rule::Region, "17.50")]);
    assert_eq!(whys(&found), [(Rule::Region, Why::Won), (Rule::Default, Why::LessSpecific)]);
}

//
#[test]
fn a_customer_in_several_groups_pays_by_the_first_then_the_lowest() {
    let found = resolve(&terms(), &[group("9.00", 20, 1), group("12.00", 10, 2), group("11.00", 10, 3), group("11.00", 10, 4)]);
    assert_eq!(found.price, Some(d("11.00")));
    assert_eq!(found.ladder[0].offer.group.unwrap().id, CustomerGroupId(3));
    assert_eq!(whys(&found).into_iter().map(|w| w.1).collect::<Vec<_>>(), [Why::Won, Why::Same, Why::Higher, Why::LaterGroup]);
}

// from inclusive, until exclusive; what has dates stands above what has none.
#[test]
fn dates_begin_at_their_second_and_end_before_theirs() {
    let week = |from: i64, until: i64| Offer {
        from: Some(noon() + Duration::seconds(from)),
        until: Some(noon() + Duration::seconds(until)),
        ..of(Rule::Region, "15.00")
    };
    let at = |from: i64, until: i64| {
        let found = resolve(&terms(), &[of(Rule::Region, "20.00"), week(from, until), of(Rule::Default, "30.00")]);
        (found.price.unwrap().to_string(), whys(&found)[1..].to_vec())
    };
    let below = vec![(Rule::Default, Why::LessSpecific), (Rule::Region, Why::Covered)];
    assert_eq!(at(0, 1), ("15.00".into(), below.clone()));
    assert_eq!(at(-10, 1), ("15.00".into(), below));
    assert_eq!(at(-10, 0), ("20.00".into(), vec![(Rule::Default, Why::LessSpecific), (Rule::Region, Why::Over)]));
    assert_eq!(at(1, 10), ("20.00".into(), vec![(Rule::Default, Why::LessSpecific), (Rule::Region, Why::NotYet)]));
    // Also where the lowest wins: a price with dates is the price of its place.
    let lowest = Terms { policy: Policy::Lowest, ..terms() };
    let dearer = Offer { amount: d("25.00"), ..week(0, 1) };
    assert_eq!(resolve(&lowest, &[of(Rule::Region, "20.00"), dearer]).price, Some(d("25.00")));
}

//
#[test]
fn members_pay_by_the_shop_where_shops_differ() {
    let all = [of(Rule::MemberShop, "8.00"), of(Rule::Member, "9.00"), of(Rule::Default, "10.00")];
    assert_eq!(resolve(&terms(), &all).price, Some(d("8.00")));
    let uniform = Terms { member: Member::Uniform, ..terms() };
    assert_eq!(resolve(&uniform, &all).price, Some(d("9.00")));
    assert_eq!(whys(&resolve(&uniform, &all))[2], (Rule::MemberShop, Why::OneForAllShops));
    let b2b = Terms { channel: Channel::B2b, ..terms() };
    assert_eq!(resolve(&b2b, &all).price, Some(d("10.00")));
}

#[test]
fn no_price_has_a_name() {
    let none = |terms: &Terms, offers: &[Offer]| resolve(terms, offers).none;
    let late = Offer { from: Some(noon() + Duration::days(1)), ..of(Rule::Customer, "5.00") };
    let b2b = Terms { channel: Channel::B2b, ..terms() };
    assert_eq!(none(&terms(), &[]), Some(Reason::Unset));
    assert_eq!(none(&b2b, &[of(Rule::Member, "5.00")]), Some(Reason::OtherChannel));
    assert_eq!(none(&b2b, &[of(Rule::Member, "5.00"), late]), Some(Reason::NotNow));
    assert_eq!(none(&Terms { member: Member::Uniform, ..terms() }, &[of(Rule::MemberShop, "5.00")]), Some(Reason::Unset));
    // Zero is a price that somebody set; blank is none.
    assert_eq!(resolve(&terms(), &[of(Rule::Default, "0.00")]).price, Some(Decimal::ZERO));
}

fn any_offer() -> impl Strategy<Value = Offer> {
    let date = || prop::option::weighted(0.4, -3_i64..4);
    (0..8_usize, 0_i64..6, 1_i64..4, 1..3_i32, date(), date()).prop_map(|(rule, amount, id, priority, from, until)| {
        let rule = Rule::ALL[rule];
        let at = |n: i64| noon() + Duration::seconds(n);
        let mut offer = of(rule, &format!("{amount}.50"));
        if let Some(group) = &mut offer.group {
            *group = Standing { priority, id: CustomerGroupId(id) };
        }
        offer.from = from.map(at);
        offer.until = until.map(|n| at(n.max(from.unwrap_or(-9) + 1)));
        offer
    })
}
fn any_terms() -> impl Strategy<Value = Terms> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(lowest, per_shop, micro)| Terms {
        policy: if lowest { Policy::Lowest } else { Policy::Specific },
        member: if per_shop { Member::PerShop } else { Member::Uniform },
        channel: if micro { Channel::MicroShop } else { Channel::B2b },
        at: noon(),
    })
}

/// The rule book once more, in other words.
fn by_the_book(terms: &Terms, offers: &[Offer]) -> Option<Decimal> {
    let applies = |o: &&Offer| {
        let member = terms.channel == Channel::MicroShop && (o.rule == Rule::Member || terms.member == Member::PerShop)
            || !matches!(o.rule, Rule::Member | Rule::MemberShop);
        member && o.from.is_none_or(|f| f <= terms.at) && o.until.is_none_or(|u| terms.at < u)
    };
    let open: Vec<&Offer> = offers.iter().filter(applies).collect();
    let same = |a: &Offer, b: &Offer| (a.rule, a.group) == (b.rule, b.group);
    let standing =
        |o: &&&Offer| o.from.is_some() || o.until.is_some() || !open.iter().any(|p| same(p, o) && (p.from.is_some() || p.until.is_some()));
    let in_force = open.iter().filter(standing);
    match terms.policy {
        Policy::Lowest => in_force.map(|o| o.amount).min(),
        Policy::Specific => in_force.min_by_key(|o| (o.rule, o.group.map(|g| g.priority), o.amount)).map(|o| o.amount),
    }
}

/// As the database has it: one standing price a place, and dates that do not overlap.
fn as_stored(offers: Vec<Offer>) -> Vec<Offer> {
    let mut kept: Vec<Offer> = Vec::new();
    for offer in offers {
        let apart = |o: &Offer| {
            let (from, until) = (o.from.max(offer.from), [o.until, offer.until].into_iter().flatten().min());
            o.place() != offer.place()
                || o.is_dated() != offer.is_dated()
                || o.is_dated() && until.is_some_and(|u| from.is_some_and(|f| u <= f))
        };
        if kept.iter().all(apart) {
            kept.push(offer);
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    // I-12: total, the same for every order, and the ladder says the same as the price.
    #[test]
    fn one_price_or_a_named_reason(
        terms in any_terms(),
        (offers, mixed) in prop::collection::vec(any_offer(), 0..9).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let found = resolve(&terms, &offers);
        prop_assert_eq!(&found, &resolve(&terms, &mixed));
        prop_assert_eq!(found.price.is_some(), found.none.is_none());
        prop_assert_eq!(found.price.is_some(), found.rule.is_some());
        prop_assert_eq!(found.ladder.len(), offers.len());
        let won: Vec<&Offer> = found.ladder.iter().filter(|c| c.why == Why::Won).map(|c| &c.offer).collect();
        prop_assert_eq!(won.first().map(|o| o.amount), found.price);
        prop_assert!(won.len() <= 1);
    }

    #[test]
    fn the_price_is_that_of_the_rule_book(terms in any_terms(), offers in prop::collection::vec(any_offer(), 0..9)) {
        let offers = as_stored(offers);
        prop_assert_eq!(resolve(&terms, &offers).price, by_the_book(&terms, &offers));
    }

    // I-12: whoever loses would still lose without the others, and without the winner the next one wins.
    #[test]
    fn the_ladder_is_the_order_of_inheritance(terms in any_terms(), offers in prop::collection::vec(any_offer(), 1..9)) {
        let offers = as_stored(offers);
        let found = resolve(&terms, &offers);
        if let (Some(winner), Some(second)) = (found.ladder.first().filter(|c| c.why == Why::Won), found.ladder.get(1)) {
            let covered = found.ladder.iter().any(|c| c.why == Why::Covered && c.offer.place() == winner.offer.place());
            let heir = matches!(second.why, Why::LessSpecific | Why::LaterGroup | Why::Higher | Why::Same);
            if heir && !covered {
                let without: Vec<Offer> = offers.iter().copied().filter(|o| *o != winner.offer).collect();
                prop_assert_eq!(resolve(&terms, &without).price, Some(second.offer.amount));
            }
        }
    }
}
