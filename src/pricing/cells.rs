//! Cells of a grid of prices, wherever it stands: what is set, what is inherited, what is worth a look.

use super::grid::Line;
use super::place::{Place, Span};
use super::quote::{Known, Offers, all_offers};
use super::resolve::{Channel, Offer, Standing, Terms, resolve};
use super::rows::{self, Stored};
use super::rules::{Rules, rules};
use super::{customer_groups, region_groups};
use crate::gate::exceptions::Exception;
use crate::ids::{CustomerGroupId, RegionGroupId, SkuId};
use crate::products::draft::two_places;
use crate::text::Lang;
use crate::{Result, gate};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use rust_decimal::Decimal;
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
    /// `bad` below the floor, `warn` below cost, `hold` locked, or empty.
    pub tone: &'static str,
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
    locks: Vec<Exception>,
    now: DateTime<Utc>,
}

impl Source {
    pub fn load(c: &mut PgConnection, merchant: crate::ids::MerchantId, lines: &[Line], now: DateTime<Utc>) -> Result<Self> {
        let skus: Vec<SkuId> = lines.iter().map(|l| l.id).collect();
        let mut products: Vec<_> = lines.iter().map(|l| l.product).collect();
        products.dedup();
        let all: Vec<Stored> = rows::of_skus(c, merchant, &skus, rows::MOST)?;
        Ok(Self {
            rules: rules(c, merchant)?,
            regions: region_groups::list(c, merchant)?,
            groups: customer_groups::list(c, merchant)?,
            stored: all.into_iter().filter_map(|r| Some(((r.sku, r.place()?, r.span()), r.amount))).collect(),
            offers: all_offers(c, merchant, &skus, &[], now)?,
            locks: gate::exceptions::of_products(c, merchant, &products, now)?.into_iter().filter(|e| e.module == "price").collect(),
            now,
        })
    }

    /// Why prices of a SKU stay as they are whatever the ERP sends.
    pub fn lock(&self, line: &Line) -> Option<&Exception> {
        self.locks.iter().find(|e| e.field.is_empty() && e.product_id == line.product && e.sku_id.is_none_or(|id| id == line.id))
    }
    /// The locks on single prices of a SKU.
    pub fn locks<'a>(&'a self, line: &'a Line) -> impl Iterator<Item = &'a Exception> {
        let mine = move |e: &Exception| e.product_id == line.product && e.sku_id.is_none_or(|id| id == line.id) && e.shop_id.is_none();
        self.locks.iter().filter(move |e| e.is_lock() && mine(e))
    }
    fn locked(&self, line: &Line, place: Place) -> bool {
        let on = |e: &&Exception| {
            e.product_id == line.product && e.sku_id.is_none_or(|id| id == line.id) && (e.field.is_empty() || e.field == place.field())
        };
        self.locks.iter().any(|e| on(&e))
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
        let tone = if self.rules.floor_percent.is_some_and(|p| low(Decimal::from(p))) {
            "bad"
        } else if low(Decimal::ONE_HUNDRED) {
            "warn"
        } else if self.locked(line, place) {
            "hold"
        } else {
            ""
        };
        let mut dates: Vec<(Span, Decimal)> = self
            .stored
            .iter()
            .filter(|((sku, at, span), _)| {
                *sku == line.id && *at == place && span.is_dated() && span.until.is_none_or(|until| until > self.now)
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
            dates: dates.into_iter().map(|(span, amount)| (two_places(amount), span.words())).collect(),
        }
    }
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
    let said = if let Some((plain, _)) = Place::PLAIN.iter().find(|(_, field)| *field == place) {
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
