//! What of one product follows pushes, and what a person keeps from it: a switch per module, a lock per field (W-03, UI §4.4).

use super::facts::Fact;
use crate::form::Form;
use crate::gate::exceptions::Exception;
use crate::gate::switches::Off;
use crate::web::{Permission, Person};
use crate::wire::Module;

/// The modules that have a method today.
const SHOWN: [Module; 4] = [Module::Product, Module::Price, Module::Listing, Module::Stock];

pub(super) struct Gate {
    all: Vec<Exception>,
    off: Vec<Off>,
    /// A form nobody has typed into.
    pub blank: Form,
}

/// The wire name of a field, by the text key of its label.
pub(super) fn field_of(label: &str) -> Option<&'static str> {
    Some(match label {
        "shelf-field-name" => "prodName",
        "shelf-field-category" => "catalogId",
        "shelf-field-spec" => "spec",
        "shelf-field-maker" => "manufacturer",
        "shelf-field-approval" => "approvalNo",
        "shelf-field-barcode" => "barCode",
        "shelf-field-unit" => "unit",
        "shelf-field-brand" => "brand",
        _ => return None,
    })
}

impl Gate {
    pub fn of(all: Vec<Exception>, off: Vec<Off>) -> Self {
        Self { all, off, blank: Form::filled([("span", "30m".to_owned())]) }
    }
    pub fn modules(&self) -> [Module; 4] {
        SHOWN
    }
    /// The exception on the product as a whole.
    pub fn whole(&self, module: &Module) -> Option<&Exception> {
        self.all.iter().find(|e| e.module == module.as_str() && e.field.is_empty() && e.sku_id.is_none() && e.shop_id.is_none())
    }
    /// Exceptions on some of it: one SKU, one shop, one field.
    pub fn parts(&self, module: &Module) -> usize {
        self.all.iter().filter(|e| e.module == module.as_str()).count() - usize::from(self.whole(module).is_some())
    }
    /// The switch that is off for the whole merchant.
    pub fn off(&self, module: &Module) -> Option<&Off> {
        self.off.iter().find(|o| o.module == module.as_str() || o.module == "all")
    }
    /// Whether a fact's field can be locked.
    pub fn lockable(&self, fact: &Fact) -> Option<&'static str> {
        field_of(fact.label)
    }
    pub fn lock(&self, fact: &Fact) -> Option<&Exception> {
        let field = field_of(fact.label)?;
        self.all.iter().find(|e| e.module == "product" && e.field == field)
    }
    /// Whoever may change the goods, or answers for the connection.
    pub fn may(&self, person: &Person, module: &Module) -> bool {
        let own = match module {
            Module::Stock => Permission::EditStock,
            Module::Listing => Permission::EditListing,
            Module::Price => Permission::EditPrices,
            _ => Permission::EditProducts,
        };
        person.may(own) || person.may(Permission::ManageKeys)
    }
}
