//! `/lots`: what expires when, what has expired, what a person took off sale, and what each list of the ERP said.

mod list;
mod place;
mod rules;

use super::list::Item;
use crate::products::look;
use actix_web::web::{self, ServiceConfig};
use chrono::NaiveDate;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/lots").get(list::show))
        .service(web::resource("/lots/{sku}/{shop}").get(place::show))
        .service(web::resource("/lots/{sku}/{shop}/stop").post(place::stop).delete(place::resume))
        .service(web::resource("/settings/lots").get(rules::show).post(rules::choose));
}

/// What expires within so many days may be sold for less.
const SOON_DAYS: i64 = 180;
/// Days of a shelf life of which no beginning is known.
const USUAL_DAYS: i64 = 730;

/// A lot as pages show it.
struct Line {
    item: Item,
    today: NaiveDate,
    kind: &'static str,
    hue: &'static str,
}

impl Line {
    fn of(item: Item, today: NaiveDate) -> Self {
        let (kind, hue) = look::of(&item.name, &item.spec);
        Self { item, today, kind, hue }
    }
    fn left(&self) -> Option<i64> {
        self.item.expires.map(|day| (day - self.today).num_days())
    }
    /// How much of its shelf life is left, in per cent.
    fn percent(&self) -> i64 {
        let whole = self.item.expires.zip(self.item.produced).map_or(USUAL_DAYS, |(end, made)| (end - made).num_days().max(1));
        self.left().map_or(0, |left| (left * 100 / whole).clamp(0, 100))
    }
    fn tone(&self) -> &'static str {
        match self.left() {
            Some(left) if left <= 30 => "bad",
            Some(left) if left <= SOON_DAYS => "warn",
            _ => "ok",
        }
    }
    fn is_expired(&self) -> bool {
        self.left().is_some_and(|left| left < 0)
    }
    fn days_over(&self) -> i64 {
        self.left().map_or(0, |left| -left)
    }
    fn is_stopped(&self) -> bool {
        self.item.stopped_at.is_some()
    }
    fn base(&self) -> String {
        base(&self.item.ext, self.item.shop)
    }
    /// Where goods that expire soon get a price for the days that are left; prices are the SKU's, not the lot's.
    fn promotion(&self) -> Option<String> {
        let soon = self.left().is_some_and(|left| (0..=SOON_DAYS).contains(&left));
        let until = self.item.expires.filter(|_| soon && self.item.there && !self.is_stopped())?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("sku", &self.item.ext).append_pair("lot", &self.item.lot_no).append_pair("until", &until.to_string());
        Some(format!("/prices/promotion?{}", query.finish()))
    }
    fn stopped_by(&self) -> &str {
        self.item.stopped_by.as_deref().unwrap_or_default()
    }
    fn reason(&self) -> &str {
        self.item.reason.as_deref().unwrap_or_default()
    }
}

/// The address of a place.
fn base(ext: &str, shop: crate::ids::ShopId) -> String {
    format!("/lots/{}/{shop}", crate::products::sellable::escaped(ext))
}
