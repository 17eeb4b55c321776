//! From the prices there are to the one a buyer pays: pure, total, deterministic (I-12, Q-27, R-08).

use crate::ids::{CustomerGroupId, RegionGroupId, ShopId};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use std::cmp::Ordering;

/// Whom a price is for, the most specific first: the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// This customer, when it ships to this region group.
    CustomerRegion,
    Customer,
    /// A group of customers, when it ships to this region group.
    GroupRegion,
    Group,
    Region,
    /// Members, in one shop.
    MemberShop,
    /// Members, in every shop.
    Member,
    /// Everybody.
    Default,
}

impl Rule {
    pub const ALL: [Rule; 8] =
        [Rule::CustomerRegion, Rule::Customer, Rule::GroupRegion, Rule::Group, Rule::Region, Rule::MemberShop, Rule::Member, Rule::Default];
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::CustomerRegion => "customerRegion",
            Rule::Customer => "customer",
            Rule::GroupRegion => "groupRegion",
            Rule::Group => "group",
            Rule::Region => "region",
            Rule::MemberShop => "memberShop",
            Rule::Member => "member",
            Rule::Default => "default",
        }
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Rule::CustomerRegion => "pricing-rule-customer-region",
            Rule::Customer => "pricing-rule-customer",
            Rule::GroupRegion => "pricing-rule-group-region",
            Rule::Group => "pricing-rule-group",
            Rule::Region => "pricing-rule-region",
            Rule::MemberShop => "pricing-rule-member-shop",
            Rule::Member => "pricing-rule-member",
            Rule::Default => "pricing-rule-default",
        }
    }
    fn is_member(self) -> bool {
        matches!(self, Rule::MemberShop | Rule::Member)
    }
}

/// Where a buyer buys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    #[default]
    B2b,
    /// Members buy here.
    MicroShop,
}

/// Which of the prices that apply counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The most specific, in the order of [`Rule`].
    #[default]
    Specific,
    /// The lowest of all that apply.
    Lowest,
}

impl Policy {
    pub const ALL: [Policy; 2] = [Policy::Specific, Policy::Lowest];
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::Specific => "specific",
            Policy::Lowest => "lowest",
        }
    }
    pub fn of(name: &str) -> Self {
        if name == "lowest" { Policy::Lowest } else { Policy::Specific }
    }
    pub fn label(self) -> &'static str {
        match self {
            Policy::Specific => "pricing-policy-specific",
            Policy::Lowest => "pricing-policy-lowest",
        }
    }
}

/// Whether members pay the same in every shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Member {
    #[default]
    Uniform,
    PerShop,
}

impl Member {
    pub const ALL: [Member; 2] = [Member::Uniform, Member::PerShop];
    pub fn as_str(self) -> &'static str {
        match self {
            Member::Uniform => "uniform",
            Member::PerShop => "per_shop",
        }
    }
    pub fn of(name: &str) -> Self {
        if name == "per_shop" { Member::PerShop } else { Member::Uniform }
    }
    pub fn label(self) -> &'static str {
        match self {
            Member::Uniform => "pricing-member-uniform",
            Member::PerShop => "pricing-member-per-shop",
        }
    }
}

/// A customer group as far as it decides: the smaller number counts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Standing {
    pub priority: i32,
    pub id: CustomerGroupId,
}

/// A price that names this buyer, or everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    pub rule: Rule,
    pub amount: Decimal,
    /// For the rules of groups.
    pub group: Option<Standing>,
    /// For the rules of regions.
    pub region: Option<RegionGroupId>,
    /// For [`Rule::MemberShop`].
    pub shop: Option<ShopId>,
    /// Inclusive.
    pub from: Option<DateTime<Utc>>,
    /// Exclusive: what is until midnight is over at midnight.
    pub until: Option<DateTime<Utc>>,
}

impl Offer {
    pub fn new(rule: Rule, amount: Decimal) -> Self {
        Self { rule, amount, group: None, region: None, shop: None, from: None, until: None }
    }
    /// One with dates stands above the standing price of the same place while it is in force.
    pub fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }
    /// Whom it is for: of two offers of one place only one can be in force.
    fn place(&self) -> (Rule, Option<Standing>, Option<RegionGroupId>, Option<ShopId>) {
        (self.rule, self.group, self.region, self.shop)
    }
    /// An order in which no two different offers are equal.
    fn order(&self, other: &Self) -> Ordering {
        let dates = |o: &Self| (!o.is_dated(), std::cmp::Reverse(o.from), o.until.is_none(), o.until);
        self.place().cmp(&other.place()).then_with(|| dates(self).cmp(&dates(other))).then_with(|| self.amount.cmp(&other.amount))
    }
}

/// What decides beside the prices themselves.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub policy: Policy,
    pub member: Member,
    pub channel: Channel,
    pub at: DateTime<Utc>,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// This is what the buyer pays.
    Won,
    /// Something more specific applies.
    LessSpecific,
    /// Another group of the customer comes first.
    LaterGroup,
    /// Something lower applies.
    Higher,
    /// The same in all respects; the group that was there first counts.
    Same,
    /// A price with dates stands above it.
    Covered,
    /// It begins later.
    NotYet,
    Over,
    /// Members buy in the micro shop.
    OtherChannel,
    /// Members pay the same in all shops.
    OneForAllShops,
}

impl Why {
    pub const ALL: [Why; 10] = [
        Why::Won,
        Why::LessSpecific,
        Why::LaterGroup,
        Why::Higher,
        Why::Same,
        Why::Covered,
        Why::NotYet,
        Why::Over,
        Why::OtherChannel,
        Why::OneForAllShops,
    ];
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Won => "won",
            Why::LessSpecific => "lessSpecific",
            Why::LaterGroup => "laterGroup",
            Why::Higher => "higher",
            Why::Same => "same",
            Why::Covered => "covered",
            Why::NotYet => "notYet",
            Why::Over => "over",
            Why::OtherChannel => "otherChannel",
            Why::OneForAllShops => "oneForAllShops",
        }
    }
    /// The text key of the sentence.
    pub fn label(self) -> &'static str {
        match self {
            Why::Won => "pricing-why-won",
            Why::LessSpecific => "pricing-why-less-specific",
            Why::LaterGroup => "pricing-why-later-group",
            Why::Higher => "pricing-why-higher",
            Why::Same => "pricing-why-same",
            Why::Covered => "pricing-why-covered",
            Why::NotYet => "pricing-why-not-yet",
            Why::Over => "pricing-why-over",
            Why::OtherChannel => "pricing-why-other-channel",
            Why::OneForAllShops => "pricing-why-one-for-all-shops",
        }
    }
}

/// An offer on the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    #[serde(flatten)]
    pub offer: Offer,
    pub why: Why,
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// The merchant has no such SKU.
    UnknownSku,
    /// It has no price this buyer could be meant by.
    Unset,
    /// All there is begins later or is over.
    NotNow,
    /// All there is is for members, in the micro shop.
    OtherChannel,
}

impl Reason {
    pub const ALL: [Reason; 4] = [Reason::UnknownSku, Reason::Unset, Reason::NotNow, Reason::OtherChannel];
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::UnknownSku => "unknownSku",
            Reason::Unset => "unset",
            Reason::NotNow => "notNow",
            Reason::OtherChannel => "otherChannel",
        }
    }
    /// The text key of the sentence.
    pub fn label(self) -> &'static str {
        match self {
            Reason::UnknownSku => "pricing-none-unknown-sku",
            Reason::Unset => "pricing-none-unset",
            Reason::NotNow => "pricing-none-not-now",
            Reason::OtherChannel => "pricing-none-other-channel",
        }
    }
}

/// What a buyer pays for one SKU, and why: either a price with its rule, or a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resolution {
    pub price: Option<Decimal>,
    /// Which kind won.
    pub rule: Option<Rule>,
    pub none: Option<Reason>,
    /// Every price that could have been meant: the winner, those it beat, those that do not apply.
    pub ladder: Vec<Candidate>,
}

impl Resolution {
    pub(super) fn nothing(reason: Reason) -> Self {
        Self { price: None, rule: None, none: Some(reason), ladder: Vec::new() }
    }
}

/// Finds the price among `offers`, in whatever order they come.
pub fn resolve(terms: &Terms, offers: &[Offer]) -> Resolution {
    let mut sorted = offers.to_vec();
    sorted.sort_by(Offer::order);
    let (mut open, mut rest) = (Vec::new(), Vec::new());
    for offer in sorted {
        match shut(terms, &offer) {
            Some(why) => rest.push(Candidate { offer, why }),
            // Of one place the one with dates has come first.
            None if open.last().is_some_and(|last: &Offer| last.place() == offer.place()) => {
                rest.push(Candidate { offer, why: Why::Covered });
            }
            None => open.push(offer),
        }
    }
    open.sort_by(|a, b| contest(terms.policy, a, b).0);
    let Some(winner) = open.first().copied() else {
        return Resolution { none: Some(nothing(&rest)), ladder: rest, ..Resolution::nothing(Reason::Unset) };
    };
    let mut ladder = vec![Candidate { offer: winner, why: Why::Won }];
    ladder.extend(open.into_iter().skip(1).map(|offer| Candidate { offer, why: contest(terms.policy, &winner, &offer).1 }));
    ladder.extend(rest);
    Resolution { price: Some(winner.amount), rule: Some(winner.rule), none: None, ladder }
}

/// Why an offer does not apply at all.
fn shut(terms: &Terms, offer: &Offer) -> Option<Why> {
    if offer.rule.is_member() && terms.channel != Channel::MicroShop {
        return Some(Why::OtherChannel);
    }
    if offer.rule == Rule::MemberShop && terms.member == Member::Uniform {
        return Some(Why::OneForAllShops);
    }
    if offer.from.is_some_and(|from| terms.at < from) {
        return Some(Why::NotYet);
    }
    offer.until.is_some_and(|until| until <= terms.at).then_some(Why::Over)
}

/// Which of two offers in force comes first, and why the other one loses. Never equal for two places.
fn contest(policy: Policy, a: &Offer, b: &Offer) -> (Ordering, Why) {
    let rule = || (a.rule.cmp(&b.rule), Why::LessSpecific);
    let first = |o: &Offer| o.group.map(|g| g.priority);
    let group = || (first(a).cmp(&first(b)), Why::LaterGroup);
    let amount = || (a.amount.cmp(&b.amount), Why::Higher);
    let steps = match policy {
        Policy::Specific => [rule(), group(), amount()],
        Policy::Lowest => [amount(), rule(), group()],
    };
    steps.into_iter().find(|(order, _)| order.is_ne()).unwrap_or_else(|| (a.order(b), Why::Same))
}

fn nothing(shut: &[Candidate]) -> Reason {
    let any = |of: &[Why]| shut.iter().any(|c| of.contains(&c.why));
    if any(&[Why::NotYet, Why::Over]) {
        Reason::NotNow
    } else if any(&[Why::OtherChannel]) {
        Reason::OtherChannel
    } else {
        Reason::Unset
    }
}

#[cfg(test)]
mod tests;
