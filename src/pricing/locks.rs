//! Prices that people keep from the ERP, as the price book tells them: all of a SKU's, or single ones (W-03, UI §4.9).

use super::grid::Line;
use super::place::Place;
use crate::Result;
use crate::gate::exceptions::{self, Exception};
use crate::ids::MerchantId;
use crate::text::Text;
use crate::wire::Module;
use chrono::{DateTime, Utc};
use diesel::PgConnection;

/// The exceptions and locks of some SKUs. One of a single shop keeps no price that stands in the book.
pub struct Locks(Vec<Exception>);

impl Locks {
    pub fn load<'a>(c: &mut PgConnection, merchant: MerchantId, lines: impl Iterator<Item = &'a Line>, now: DateTime<Utc>) -> Result<Self> {
        let mut products: Vec<_> = lines.map(|l| l.product).collect();
        products.sort_unstable();
        products.dedup();
        let all = exceptions::of_products(c, merchant, &products, now)?;
        Ok(Self(all.into_iter().filter(|e| e.module == Module::Price.as_str() && e.shop_id.is_none()).collect()))
    }

    fn of<'a>(&'a self, line: &'a Line) -> impl Iterator<Item = &'a Exception> {
        self.0.iter().filter(move |e| e.product_id == line.product && e.sku_id.is_none_or(|id| id == line.id))
    }
    /// Why all prices of a SKU stay as they are whatever the ERP sends.
    pub fn whole<'a>(&'a self, line: &'a Line) -> Option<&'a Exception> {
        self.of(line).find(|e| e.field.is_empty())
    }
    /// The locks on single prices of a SKU.
    pub fn single<'a>(&'a self, line: &'a Line) -> impl Iterator<Item = &'a Exception> {
        self.of(line).filter(|e| e.is_lock())
    }
    /// What keeps this price, in words.
    pub fn on(&self, line: &Line, place: Place) -> Option<Text> {
        self.of(line).find(|e| e.field.is_empty() || e.field == place.field()).map(words)
    }
}

fn words(e: &Exception) -> Text {
    if e.reason.is_empty() {
        return Text::new("prices-locked-by").with(&e.by_name);
    }
    Text::new("prices-locked-because").with(&e.by_name).with(&e.reason)
}
