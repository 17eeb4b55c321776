//! What an exception keeps from being changed by itself.

use super::exceptions::{self, Exception};
use super::switches::Off;
use crate::Result;
use crate::clock::on_the_wire;
use crate::ids::{ProductId, ShopId, SkuId};
use crate::text::Lang;
use crate::trail::{Cause, Kind};
use crate::wire::{Line, LineCode, LineResult, Module, Problem};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::HashMap;

/// Where a value stands: as much of it as is known.
pub type Place = (Option<ProductId>, Option<SkuId>, Option<ShopId>);

/// What stands before a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// A switch, rather than an exception or a lock.
    pub switch: bool,
    /// Whose exception it is.
    pub product: Option<ProductId>,
    pub until: Option<DateTime<Utc>>,
    pub reason: String,
    pub by: String,
}

impl Cover {
    /// Told to the ERP: since when it need not worry, and until when.
    pub fn problem(&self, field: &str, value: impl Into<String>, lang: Lang) -> Problem {
        let code = if self.switch { LineCode::SyncOff } else { LineCode::Held };
        let until = self.until.map_or_else(|| lang.say("gate-no-end", &[]), on_the_wire);
        let why = if self.reason.is_empty() { &self.by } else { &self.reason };
        Problem::new(code, field, value).detail(until).detail(why)
    }
    /// Told of a change that cannot wait.
    pub fn turning_down(&self, line: &Line) -> LineResult {
        let until = self.until.map_or_else(|| "—".to_owned(), on_the_wire);
        let why = if self.reason.is_empty() { &self.by } else { &self.reason };
        LineResult::rejected(line, Problem::new(LineCode::CannotWait, "", why).detail(until))
    }
    pub fn why(&self) -> &'static str {
        if self.switch { "switch" } else { "item" }
    }
}

impl From<&Off> for Cover {
    fn from(off: &Off) -> Self {
        Self { switch: true, product: None, until: off.until, reason: off.reason.clone(), by: off.by_name.clone() }
    }
}
impl From<&Exception> for Cover {
    fn from(e: &Exception) -> Self {
        Self { switch: false, product: Some(e.product_id), until: e.until, reason: e.reason.clone(), by: e.by_name.clone() }
    }
}

/// Which of these places an exception covers as a whole. What a person does passes; so does everything where there is no
/// exception at all, for the price of one look at an index.
pub fn covering(tx: &mut PgConnection, cause: &Cause, module: Module, places: &[Place]) -> Result<Vec<Option<Cover>>> {
    let mut covers = vec![None; places.len()];
    if cause.kind == Kind::Person || places.is_empty() || !exceptions::any(tx, cause.merchant, &[module], cause.now)? {
        return Ok(covers);
    }
    for (at, exception) in exceptions::at_places(tx, cause.merchant, module, places, cause.now)? {
        if let Some(slot) = covers.get_mut(at) {
            *slot = Some(Cover::from(&exception));
        }
    }
    Ok(covers)
}

/// The exceptions and locks of some products, loaded once for all lines of a call.
#[derive(Clone, Debug, Default)]
pub struct Guarded(HashMap<ProductId, Vec<Exception>>);

/// # Errors
/// Only for faults of the database.
pub fn guarded(tx: &mut PgConnection, cause: &Cause, modules: &[Module], products: &[ProductId]) -> Result<Guarded> {
    if cause.kind == Kind::Person || products.is_empty() || !exceptions::any(tx, cause.merchant, modules, cause.now)? {
        return Ok(Guarded::default());
    }
    let mut found: HashMap<ProductId, Vec<Exception>> = HashMap::new();
    for exception in exceptions::of_products(tx, cause.merchant, products, cause.now)? {
        found.entry(exception.product_id).or_default().push(exception);
    }
    Ok(Guarded(found))
}

impl Guarded {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    fn of(&self, module: Module, product: ProductId) -> impl Iterator<Item = &Exception> {
        self.0.get(&product).into_iter().flatten().filter(move |e| e.module == module.as_str())
    }
    /// The exception that covers a product, or one of its SKUs, as a whole.
    pub fn whole(&self, module: Module, product: ProductId, sku: Option<SkuId>) -> Option<Cover> {
        self.of(module, product).find(|e| e.field.is_empty() && (e.sku_id.is_none() || e.sku_id == sku)).map(Cover::from)
    }
    /// The lock on one field.
    pub fn field(&self, module: Module, product: ProductId, sku: Option<SkuId>, field: &str) -> Option<Cover> {
        self.of(module, product).find(|e| e.field == field && (e.sku_id.is_none() || e.sku_id == sku)).map(Cover::from)
    }
    /// Anything at all about a module of a product, whichever SKU or field it is on.
    pub fn anything(&self, module: Module, product: ProductId) -> Option<Cover> {
        self.of(module, product).next().map(Cover::from)
    }
}
