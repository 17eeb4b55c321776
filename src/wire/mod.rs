//! The open platform's words: methods, their fields, and lines read by them.
//!
//! Every method is one constant ([`Method`]) in its feature's `api.rs`: its fields with shape, need and example. The same
//! constant reads and checks what ERPs send ([`Line`]) and makes the documentation and the OpenAPI file, so they cannot drift.

mod field;
mod line;
mod live;
pub mod manual;
pub mod openapi;
mod outcome;
mod problem;

pub use field::{Field, Kind, Need};
pub use line::{Line, Patch, key_of};
pub use live::{Live, Said};
pub use outcome::{LineResult, Outcome, Parked, Withheld};
pub use problem::{LineCode, Problem};

use crate::Result;
use crate::ids::{MerchantId, ShopId};
use crate::text::Lang;
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// The most lines one call may carry.
pub const MAX_LINES: usize = 1000;

/// What switches, scopes and clocks are kept per (W-04).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Module {
    Product,
    Category,
    Price,
    Lot,
    Listing,
    Stock,
    Customer,
    Order,
    Shipment,
}

impl Module {
    pub const ALL: [Module; 9] = [
        Module::Product,
        Module::Category,
        Module::Price,
        Module::Lot,
        Module::Listing,
        Module::Stock,
        Module::Customer,
        Module::Order,
        Module::Shipment,
    ];
    /// Those that have a method.
    pub const SERVED: [Module; 9] = Self::ALL;
    pub fn as_str(self) -> &'static str {
        match self {
            Module::Product => "product",
            Module::Category => "category",
            Module::Price => "price",
            Module::Lot => "lot",
            Module::Listing => "listing",
            Module::Stock => "stock",
            Module::Customer => "customer",
            Module::Order => "order",
            Module::Shipment => "shipment",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name)
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Module::Product => "module-product",
            Module::Category => "module-category",
            Module::Price => "module-price",
            Module::Lot => "module-lot",
            Module::Listing => "module-listing",
            Module::Stock => "module-stock",
            Module::Customer => "module-customer",
            Module::Order => "module-order",
            Module::Shipment => "module-shipment",
        }
    }
}

/// What a read may see.
#[derive(Clone, Debug)]
pub struct Scope {
    pub merchant: MerchantId,
    /// `None`: every shop of the merchant.
    pub shops: Option<Vec<ShopId>>,
    /// `None`: every channel (G-05).
    pub channel: Option<String>,
    pub lang: Lang,
    /// What counts as now: a hold may be over.
    pub now: DateTime<Utc>,
    /// What the ERP said a moment ago of what is to be sold, where it was asked (S-04).
    pub live: Option<Arc<Live>>,
}

impl Scope {
    /// All there is of a merchant.
    pub fn whole(merchant: MerchantId, lang: Lang, now: DateTime<Utc>) -> Self {
        Self { merchant, shops: None, channel: None, lang, now, live: None }
    }
    /// Whether what came by a channel is the caller's business.
    pub fn hears(&self, channel: &str) -> bool {
        self.channel.as_ref().is_none_or(|own| own == channel)
    }
    pub fn sees(&self, shop: ShopId) -> bool {
        self.shops.as_ref().is_none_or(|all| all.contains(&shop))
    }
}

/// Applies lines; one result per line, in the order given. Runs inside the call's transaction.
pub type Apply = fn(&mut PgConnection, &Cause, &Scope, Vec<Line>) -> Result<Vec<LineResult>>;
/// What is in force of the values that lines speak of, by line number: told where a line is kept and not applied. A line about
/// something that is not there yet has nothing.
pub type InForce = fn(&mut PgConnection, &Scope, &[Line]) -> Result<HashMap<i32, Map<String, Value>>>;
/// What a credential that sees only some of the shops may not say, by the number of the line.
pub type Reach = fn(&mut PgConnection, &Scope, &[Line]) -> Result<HashMap<i32, Problem>>;
/// Answers a query with the envelope's `data`.
pub type Answer = fn(&mut PgConnection, &Scope, Line) -> Result<Value>;

/// Answers a question by handing something over.
pub type Pull = fn(&mut PgConnection, &Cause, &Scope, Line) -> Result<Value>;

#[derive(Clone, Copy)]
pub enum Verb {
    /// Up to [`MAX_LINES`] lines of what the ERP knows, each with an outcome; switches and holds stand before it.
    Write(Apply, InForce),
    /// The same, where what a line says may count in shops its caller does not see: that is refused before it is applied or kept.
    Within(Apply, InForce, Reach),
    /// The same for what has happened anyhow, such as a receipt: no switch holds it back.
    Act(Apply),
    /// The same for a change by so much, which must not happen twice and cannot be merged with another: it needs an
    /// idempotency key, and what stands before it turns it down instead of keeping it.
    Step(Apply),
    /// The same for what buyers do; only a storefront's credential may say it.
    Sell(Apply),
    Read(Answer),
    /// A question that takes something over, such as orders: answered in a transaction that writes.
    Pull(Pull),
}

/// The scope of a storefront's credential: to sell in the merchant's name. No ERP needs it; the platform's credentials have no
/// other.
pub const STOREFRONT: &str = "storefront:write";

/// What a storefront asks before it sells, and how it takes units: methods that [`STOREFRONT`] opens beside its own.
pub const FOR_STOREFRONTS: [&str; 12] = [
    "catalog.list.get",
    "prod.list.get",
    "sku.list.get",
    "sku.detail",
    "explain.sellable",
    "explain.price",
    "sku.inventory.get",
    "sku.inventory.freeze",
    "sku.inventory.deduct",
    "sku.inventory.rollback",
    "order.get",
    "carrier.list.get",
];

/// One method of the open platform.
pub struct Method {
    /// The seed's name, e.g. `sku.inventory.update`; served at `POST /api/<name>`.
    pub name: &'static str,
    pub module: Module,
    /// Text key of one sentence: what it does.
    pub about: &'static str,
    /// Requirement ids.
    pub source: &'static str,
    pub fields: &'static [Field],
    pub verb: Verb,
    /// JSON of one line (writes) or of the parameters (reads).
    pub example: &'static str,
    /// JSON of the envelope's `data`.
    pub answer: &'static str,
}

impl Method {
    pub fn writes(&self) -> bool {
        self.is_told() || matches!(self.verb, Verb::Step(_) | Verb::Act(_) | Verb::Sell(_))
    }
    /// What the ERP knows: switches, exceptions and locks stand before it.
    pub fn is_told(&self) -> bool {
        matches!(self.verb, Verb::Write(..) | Verb::Within(..))
    }
    /// What knows the values that stay while a line of it is kept.
    pub fn in_force(&self) -> Option<InForce> {
        match self.verb {
            Verb::Write(_, in_force) | Verb::Within(_, in_force, _) => Some(in_force),
            _ => None,
        }
    }
    /// Whether a credential with these scopes may call it.
    pub fn opens_to(&self, scopes: &[String]) -> bool {
        scopes.contains(&self.scope()) || (FOR_STOREFRONTS.contains(&self.name) && scopes.iter().any(|s| s == STOREFRONT))
    }
    /// Every scope that opens it, for the manual.
    pub fn scopes(&self) -> String {
        let own = self.scope();
        if FOR_STOREFRONTS.contains(&self.name) { format!("{own} | {STOREFRONT}") } else { own }
    }
    /// The scope a credential needs, e.g. `stock:write`.
    pub fn scope(&self) -> String {
        match self.verb {
            Verb::Sell(_) => STOREFRONT.to_owned(),
            Verb::Write(..) | Verb::Within(..) | Verb::Step(_) | Verb::Act(_) => format!("{}:write", self.module.as_str()),
            Verb::Read(_) | Verb::Pull(_) => format!("{}:read", self.module.as_str()),
        }
    }
}
