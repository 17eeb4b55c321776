//! Where a price stands: which value of a SKU, for whom, from when until when.

use super::codes::Codes;
use crate::clock::{off_the_wire, on_the_wire};
use crate::ids::{CustomerGroupId, CustomerId, RegionGroupId, ShopId};
use chrono::{DateTime, Utc};

/// See [`Place::Promotion`] and [`Place::name`].
pub const PROMOTION: &str = "promotion";

/// A value of a SKU. The first five stand on the SKU itself, the others are rows of `prices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    Default,
    Retail,
    Reference,
    /// seen by the merchant's own people only.
    Cost,
    /// Members, in every shop.
    Member,
    /// Everybody, for a time: stands above the default price.
    Promotion,
    Shop(ShopId),
    Region(RegionGroupId),
    Group(CustomerGroupId, Option<RegionGroupId>),
    Customer(CustomerId, Option<RegionGroupId>),
}

impl Place {
    /// Those that stand on the SKU, with their wire names.
    pub const PLAIN: [(Place, &'static str); 5] = [
        (Place::Default, "price"),
        (Place::Retail, "retailPrice"),
        (Place::Reference, "referencePrice"),
        (Place::Cost, "originalPurchasePrice"),
        (Place::Member, "vipPrice"),
    ];

    pub fn is_plain(self) -> bool {
        Self::PLAIN.iter().any(|(place, _)| *place == self)
    }
    /// Somebody may pay it; retail, reference and cost are only told.
    pub fn is_paid(self) -> bool {
        !matches!(self, Place::Retail | Place::Reference | Place::Cost)
    }
    /// The field of a line that it comes by: what a lock names, and what a waiting line keeps.
    pub fn field(self) -> &'static str {
        match self {
            Place::Shop(_) => "vipPrice",
            Place::Promotion => "price",
            Place::Region(_) => "regionPrices",
            Place::Group(..) | Place::Customer(..) => "customerPrices",
            plain => Self::PLAIN.iter().find(|(place, _)| *place == plain).map_or("price", |(_, field)| field),
        }
    }
    /// Customer, customer group, region group and shop as the table has them: 0 for none.
    pub(super) fn columns(self) -> [i64; 4] {
        let or_none = |region: Option<RegionGroupId>| region.map_or(0, |id| id.0);
        match self {
            Place::Customer(customer, region) => [customer.0, 0, or_none(region), 0],
            Place::Group(group, region) => [0, group.0, or_none(region), 0],
            Place::Region(region) => [0, 0, region.0, 0],
            Place::Shop(shop) => [0, 0, 0, shop.0],
            _ => [0; 4],
        }
    }
    pub(super) fn of_columns(columns: [i64; 4]) -> Self {
        let region = |id: i64| (id > 0).then_some(RegionGroupId(id));
        match columns {
            [0, 0, 0, 0] => Place::Promotion,
            [0, 0, 0, shop] => Place::Shop(ShopId(shop)),
            [0, 0, id, _] => Place::Region(RegionGroupId(id)),
            [0, group, id, _] => Place::Group(CustomerGroupId(group), region(id)),
            [customer, _, id, _] => Place::Customer(CustomerId(customer), region(id)),
        }
    }

    /// How the trail and forms name it, by the codes people and ERPs know: `price`, `region:HN`, `group:VIP@HN`, `shop:2`.
    pub fn name(self, codes: &Codes) -> String {
        let at = |region: Option<RegionGroupId>| region.map(|id| format!("@{}", codes.region(id))).unwrap_or_default();
        match self {
            Place::Promotion => PROMOTION.to_owned(),
            Place::Shop(shop) => format!("shop:{shop}"),
            Place::Region(id) => format!("region:{}", codes.region(id)),
            Place::Group(id, region) => format!("group:{}{}", codes.group(id), at(region)),
            Place::Customer(id, region) => format!("customer:{}{}", codes.customer(id), at(region)),
            plain => plain.field().to_owned(),
        }
    }
    /// The other way round; `None` for what names nothing of this merchant.
    pub fn named(name: &str, codes: &Codes) -> Option<Self> {
        if let Some((place, _)) = Self::PLAIN.iter().find(|(_, field)| *field == name) {
            return Some(*place);
        }
        if name == PROMOTION {
            return Some(Place::Promotion);
        }
        let (kind, who) = name.split_once(':')?;
        let one = |who: &str, region: Option<RegionGroupId>| match kind {
            "shop" => who.parse().ok().filter(|id| *id > 0).map(|id| Place::Shop(ShopId(id))),
            "region" => codes.region_by(who).map(Place::Region),
            "group" => codes.group_by(who).map(|id| Place::Group(id, region)),
            "customer" => codes.customer_by(who).map(|id| Place::Customer(id, region)),
            _ => None,
        };
        // The platform's ids of customers may hold anything: the whole is tried first.
        one(who, None).or_else(|| {
            let (who, region) = who.rsplit_once('@')?;
            one(who, Some(codes.region_by(region)?))
        })
    }
}

/// From when (inclusive) until when (exclusive); without either it is the standing price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

impl Span {
    pub const STANDING: Span = Span { from: None, until: None };

    pub fn is_dated(self) -> bool {
        self != Self::STANDING
    }
    /// The beginning as the table has it: none for the standing price, the epoch for what only ends.
    pub(super) fn since(self) -> Option<DateTime<Utc>> {
        self.from.or(self.until.map(|_| DateTime::UNIX_EPOCH))
    }
    /// Both are of one moment.
    pub fn overlaps(self, other: Self) -> bool {
        let before = |until: Option<DateTime<Utc>>, from: Option<DateTime<Utc>>| until.zip(from).is_some_and(|(until, from)| until <= from);
        !before(self.until, other.from) && !before(other.until, self.from)
    }
    /// For people and the trail: `2026-12-01 00:00:00 ~ 2027-01-01 00:00:00`; an open end is left out.
    pub fn words(self) -> String {
        if !self.is_dated() {
            return String::new();
        }
        let told = |at: Option<DateTime<Utc>>| at.map(on_the_wire).unwrap_or_default();
        format!("{} ~ {}", told(self.from), told(self.until)).trim().to_owned()
    }
    /// Reads [`Span::words`].
    pub fn of_words(words: &str) -> Option<Self> {
        if words.is_empty() {
            return Some(Self::STANDING);
        }
        let (from, until) = words.split_once('~')?;
        let read = |text: &str| match text.trim() {
            "" => Some(None),
            text => off_the_wire(text).map(Some),
        };
        Some(Self { from: read(from)?, until: read(until)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes() -> Codes {
        let mut codes = Codes::default();
        codes.add_region(RegionGroupId(5), "HN");
        codes.add_group(CustomerGroupId(7), "V@IP");
        codes.add_customer(CustomerId(9), "C:1");
        codes
    }

    #[test]
    fn names_and_columns_lead_back() {
        let region = Some(RegionGroupId(5));
        let rows = [
            Place::Promotion,
            Place::Shop(ShopId(2)),
            Place::Region(RegionGroupId(5)),
            Place::Group(CustomerGroupId(7), region),
            Place::Customer(CustomerId(9), None),
            Place::Group(CustomerGroupId(7), None),
            Place::Customer(CustomerId(9), region),
        ];
        for place in rows {
            assert_eq!(Place::of_columns(place.columns()), place);
            assert_eq!(Place::named(&place.name(&codes()), &codes()), Some(place), "{place:?}");
        }
        for (place, name) in Place::PLAIN {
            assert_eq!(Place::named(name, &codes()), Some(place));
        }
        for nothing in ["", "cost", "region:", "region:XX", "shop:0", "shop:x", "group:VIP"] {
            assert_eq!(Place::named(nothing, &codes()), None, "{nothing}");
        }
    }

    // what ends as the other begins does not overlap.
    #[test]
    fn spans_that_touch_do_not_overlap() {
        let span = |words: &str| Span::of_words(words).unwrap();
        let december = span("2026-12-01 00:00:00 ~ 2027-01-01 00:00:00");
        assert!(!december.overlaps(span("2027-01-01 00:00:00 ~")));
        assert!(!december.overlaps(span("~ 2026-12-01 00:00:00")));
        assert!(december.overlaps(span("2026-12-31 23:59:59 ~")));
        assert!(december.overlaps(december) && december.overlaps(Span::STANDING));
        for words in ["", "2026-12-01 00:00:00 ~ 2027-01-01 00:00:00", "~ 2027-01-01 00:00:00", "2026-12-01 00:00:00 ~"] {
            assert_eq!(span(words).words(), words);
        }
        assert_eq!(Span::of_words("soon ~"), None);
    }
}
