//! Cells of a grid of prices, wherever it stands: what is set, what is inherited, what is worth a look.

use super::grid::Line;
use super::locks::Locks;
use super::place::{PROMOTION, Place, Span};
use super::quote::{Known, Offers, all_offers};
use super::resolve::{Channel, Offer, Standing, Terms, resolve};
use super::rows::{self, Stored};
use super::rules::{Rules, rules};
use super::{customer_groups, region_groups};
use crate::Result;
use crate::ids::{CustomerGroupId, RegionGroupId, SkuId};
use crate::products::draft::two_places;
use crate::text::{Lang, Text};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::HashMap;

/// One input.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// The name of the input: `v|<place>|<SKU>`.
    pub name: String,
    /// Of which column, for those who do not see it.
    pub label: String,
    /// What is set; empty where it is inherited.
    pub value: String,
    /// What a buyer pays (or reads) while nothing is set.
    pub inherited: String,
    /// `bad` below the floor, `warn` below cost, `hold` locked, `erp` where the ERP has sent another that waits, or empty.
    pub tone: &'static str,
    /// Who keeps it from the ERP, and why.
    pub lock: Option<Text>,
    /// What the ERP has sent and waits; `-` for no price of its own.
    pub erp: String,
    /// Prices with dates, in force or to come.
    pub dates: Vec<(String, String)>,
}

impl Cell {
    /// What the form sends along, so that an untouched cell is known for one.
    pub fn was(&self) -> String {
        format!("{}={}", self.name, self.value)
    }
}

/// All that cells of some SKUs are made of.
pub struct Source {
    pub rules: Rules,
    pub regions: Vec<region_groups::Group>,
    pub groups: Vec<customer_groups::Group>,
    stored: HashMap<(SkuId, Place, Span), Decimal>,
    offers: HashMap<SkuId, Offers>,
    pub locks: Locks,
    now: DateTime<Utc>,
}

impl Source {
    pub fn load(c: &mut PgConnection, merchant: crate::ids::MerchantId, lines: &[Line], now: DateTime<Utc>) -> Result<Self> {
        let skus: Vec<SkuId> = lines.iter().map(|l| l.id).collect();
        let all: Vec<Stored> = rows::of_skus(c, merchant, &skus, rows::MOST)?;
        Ok(Self {
            rules: rules(c, merchant)?,
            regions: region_groups::list(c, merchant)?,
            groups: customer_groups::list(c, merchant)?,
            stored: all.into_iter().map(|r| ((r.sku, r.place(), r.span()), r.amount)).collect(),
            offers: all_offers(c, merchant, &skus, &[], now)?,
            locks: Locks::load(c, merchant, lines.iter(), now)?,
            now,
        })
    }

    fn set(&self, line: &Line, place: Place) -> Option<Decimal> {
        match place {
            Place::Default => line.base_price,
            Place::Retail => line.retail_price,
            Place::Reference => line.reference_price,
            Place::Cost => line.cost_price,
            Place::Member => line.member_price,
            row => self.stored.get(&(line.id, row, Span::STANDING)).copied(),
        }
    }

    /// What a buyer of this place would pay without it.
    pub fn inherited(&self, line: &Line, place: Place) -> Option<Decimal> {
        let (group, region) = match place {
            Place::Region(region) => (None, Some(region)),
            Place::Group(group, region) => (Some(group), region),
            Place::Member => (None, None),
            _ => return None,
        };
        let found = self.pays(line, group, region, if place == Place::Member { Channel::MicroShop } else { Channel::B2b }, Some(place));
        found.map(|(price, _)| price)
    }

    /// What somebody of a group (or none) in a region group (or none) pays now, but for one place; and by which offer.
    pub fn pays(
        &self,
        line: &Line,
        group: Option<CustomerGroupId>,
        region: Option<RegionGroupId>,
        channel: Channel,
        but: Option<Place>,
    ) -> Option<(Decimal, Offer)> {
        let standing = group.and_then(|id| self.groups.iter().find(|g| g.id == id)).map(|g| Standing { priority: g.priority, id: g.id });
        let known = Known { policy: self.rules.policy, member: self.rules.member, groups: standing.into_iter().collect(), region };
        let terms = Terms { policy: known.policy, member: known.member, channel, at: self.now };
        let mut offers = self.offers.get(&line.id)?.of(&known, None);
        offers.retain(|o| o.is_dated() || place_of(o) != but);
        let found = resolve(&terms, &offers);
        found.price.zip(found.ladder.first().map(|step| step.offer))
    }

    pub fn cell(&self, line: &Line, place: Place, name: &str, label: String) -> Cell {
        let set = self.set(line, place);
        let low = |percent: Decimal| {
            let limit = line.cost_price.map(|cost| cost * percent / Decimal::ONE_HUNDRED);
            place.is_paid() && set.zip(limit).is_some_and(|(price, limit)| price < limit)
        };
        let erp = waiting(line, place, name);
        let lock = self.locks.on(line, place);
        let tone = if self.rules.floor_percent.is_some_and(|p| low(Decimal::from(p))) {
            "bad"
        } else if low(Decimal::ONE_HUNDRED) {
            "warn"
        } else if lock.is_some() {
            "hold"
        } else if erp.is_some() {
            "erp"
        } else {
            ""
        };
        // A promotion is a default price with dates.
        let here = |at: &Place| *at == place || (place == Place::Default && *at == Place::Promotion);
        let mut dates: Vec<(Span, Decimal)> = self
            .stored
            .iter()
            .filter(|((sku, at, span), _)| {
                *sku == line.id && here(at) && span.is_dated() && span.until.is_none_or(|until| until > self.now)
            })
            .map(|((_, _, span), amount)| (*span, *amount))
            .collect();
        dates.sort_unstable();
        Cell {
            name: format!("v|{name}|{}", line.sku_id),
            label,
            value: set.map(two_places).unwrap_or_default(),
            inherited: self.inherited(line, place).map(two_places).unwrap_or_default(),
            tone,
            lock,
            erp: erp.unwrap_or_default(),
            dates: dates.into_iter().map(|(span, amount)| (two_places(amount), span.words())).collect(),
        }
    }
}

/// What a waiting line of the ERP says of a place; its own codes where they are called as ours.
fn waiting(line: &Line, place: Place, name: &str) -> Option<String> {
    let held = line.held.as_ref()?;
    let told = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if place.is_plain() {
        return held.get(place.field()).map(told);
    }
    let who = name.split_once(':').map_or("", |(_, who)| who);
    let (who, at) = who.rsplit_once('@').unwrap_or((who, ""));
    let (group, region) = if matches!(place, Place::Region(_)) { ("", who) } else { (who, at) };
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let meant = |entry: &&Value| {
        text(entry, "customerGroup") == group
            && text(entry, "regionGroup") == region
            && text(entry, "customerId").is_empty()
            && text(entry, "validFrom").is_empty()
            && text(entry, "validUntil").is_empty()
    };
    held.get(place.field())?.as_array()?.iter().find(meant).and_then(|entry| entry.get("price")).map(told)
}

/// The place an offer without dates stands for.
fn place_of(offer: &Offer) -> Option<Place> {
    use super::resolve::Rule;
    match (offer.rule, offer.group, offer.region) {
        (Rule::Default, ..) => Some(Place::Default),
        (Rule::Member, ..) => Some(Place::Member),
        (Rule::Region, _, Some(region)) => Some(Place::Region(region)),
        (Rule::Group | Rule::GroupRegion, Some(group), region) => Some(Place::Group(group.id, region)),
        _ => None,
    }
}

/// A column of the price book.
#[derive(Clone, Debug)]
pub struct Column {
    pub place: Place,
    /// See [`Place::name`].
    pub name: String,
    pub title: String,
}

/// The text key of a price that stands on the SKU.
pub fn plain_label(place: Place) -> &'static str {
    match place {
        Place::Retail => "prices-col-retail",
        Place::Reference => "prices-col-reference",
        Place::Cost => "prices-col-cost",
        Place::Member => "prices-col-member",
        _ => "prices-col-default",
    }
}

pub fn plain_column(lang: Lang, place: Place) -> Column {
    Column { place, name: place.field().to_owned(), title: lang.say(plain_label(place), &[]) }
}

/// Place names as people read them: `region:HN` is `华南`, `group:VIP@HN` is `金牌客户 · 华南`.
pub fn words(lang: Lang, name: &str, regions: &[region_groups::Group], groups: &[customer_groups::Group]) -> String {
    let (place, dates) = name.strip_suffix(']').and_then(|n| n.rsplit_once(" [")).map_or((name, ""), |(place, dates)| (place, dates));
    let region = |code: &str| regions.iter().find(|g| g.code == code).map_or_else(|| code.to_owned(), |g| g.name.clone());
    let group = |code: &str| groups.iter().find(|g| g.code == code).map_or_else(|| code.to_owned(), |g| g.name.clone());
    let said = if place == PROMOTION {
        lang.say("prices-col-promotion", &[])
    } else if let Some((plain, _)) = Place::PLAIN.iter().find(|(_, field)| *field == place) {
        lang.say(plain_label(*plain), &[])
    } else if let Some(code) = place.strip_prefix("region:") {
        region(code)
    } else if let Some(who) = place.strip_prefix("group:") {
        who.split_once('@').map_or_else(|| group(who), |(who, at)| format!("{} · {}", group(who), region(at)))
    } else if let Some(who) = place.strip_prefix("customer:") {
        who.to_owned()
    } else {
        place.to_owned()
    };
    if dates.is_empty() { said } else { format!("{said} {dates}") }
}
