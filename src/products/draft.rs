//! What a product is to be after a line: the stored row, or none, with the line's fields over it.

use super::matching::{Item, Texts};
use super::model::Product;
use crate::catalog::grams;
use crate::catalog::gtin::{Gtin, GtinError};
use crate::ids::MerchantId;
use crate::text::Lang;
use crate::wire::{Line, LineCode, Patch, Problem};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::str::FromStr;

/// Texts kept in `products.details` under their wire names.
const DETAILS: [&str; 6] = ["album", "description", "shippingPlace", "originPlace", "supplier", "tradeName"];

/// The content of a product.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Draft {
    pub prod_id: String,
    pub erp_code: String,
    pub name: String,
    pub category_id: String,
    pub brand: String,
    pub spec: String,
    pub manufacturer: String,
    pub approval_no: String,
    pub barcode: String,
    pub unit: String,
    pub enabled: bool,
    pub details: Map<String, Value>,
    pub explicit_base: Option<String>,
    pub erp_created_at: Option<DateTime<Utc>>,
    pub erp_updated_at: Option<DateTime<Utc>>,
}

impl Draft {
    pub fn new(prod_id: &str) -> Self {
        Self { prod_id: prod_id.to_owned(), enabled: true, ..Self::default() }
    }

    pub fn of(stored: &Product) -> Self {
        let p = stored.clone();
        let details = if let Value::Object(map) = p.details { map } else { Map::new() };
        Self {
            prod_id: p.prod_id,
            erp_code: p.erp_code,
            name: p.name,
            category_id: p.category_id,
            brand: p.brand,
            spec: p.spec,
            manufacturer: p.manufacturer,
            approval_no: p.approval_no,
            barcode: p.barcode,
            unit: p.unit,
            enabled: p.enabled,
            details,
            explicit_base: p.explicit_base,
            erp_created_at: p.erp_created_at,
            erp_updated_at: p.erp_updated_at,
        }
    }

    /// Lays a line over it: missing keys leave what is there, null clears. The price is not taken here.
    ///
    /// # Errors
    /// When a field is cleared that cannot be empty.
    pub fn take(&mut self, line: &Line) -> Result<(), Problem> {
        let texts = [
            ("erpProdCode", &mut self.erp_code),
            ("prodName", &mut self.name),
            ("catalogId", &mut self.category_id),
            ("brand", &mut self.brand),
            ("spec", &mut self.spec),
            ("manufacturer", &mut self.manufacturer),
            ("approvalNo", &mut self.approval_no),
            ("barCode", &mut self.barcode),
            ("unit", &mut self.unit),
        ];
        for (name, slot) in texts {
            if line.has(name) {
                *slot = line.text_or_empty(name);
            }
        }
        for name in DETAILS.iter().filter(|name| line.has(name)) {
            let text = line.text_or_empty(name);
            self.put(name, Some(text).filter(|t| !t.is_empty()));
        }
        if line.has("grossWeight") {
            self.put("grossWeight", line.decimal("grossWeight").value().map(two_places));
        }
        match line.bit("enable") {
            Patch::Missing => {}
            Patch::Null => return Err(Problem::new(LineCode::Empty, "enable", "null")),
            Patch::Value(on) => self.enabled = on,
        }
        self.explicit_base = line.text("baseProdId").over(self.explicit_base.take()).filter(|code| !code.is_empty());
        self.erp_created_at = line.time("createTime").over(self.erp_created_at);
        self.erp_updated_at = line.time("updateTime").over(self.erp_updated_at);
        Ok(())
    }

    fn put(&mut self, name: &str, value: Option<String>) {
        match value {
            Some(text) => drop(self.details.insert(name.to_owned(), Value::String(text))),
            None => drop(self.details.shift_remove(name)),
        }
    }

    /// The default unit price of its SKUs (P-07, Q-08).
    pub fn price(&self) -> Option<Decimal> {
        self.detail("price").parse().ok()
    }
    pub fn set_price(&mut self, price: Decimal) {
        self.put("price", Some(two_places(price)));
    }
    pub fn detail(&self, name: &str) -> &str {
        self.details.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// The texts by which it is matched.
    pub fn texts(&self) -> Texts {
        Texts {
            name: self.name.clone(),
            trade_name: self.detail("tradeName").to_owned(),
            spec: self.spec.clone(),
            manufacturer: self.manufacturer.clone(),
            approval_no: self.approval_no.clone(),
            barcode: self.barcode.clone(),
            dosage_form: String::new(),
        }
    }

    /// Whether matching could end differently.
    pub fn matches_otherwise(&self, before: &Self) -> bool {
        self.texts() != before.texts() || self.explicit_base != before.explicit_base
    }

    /// a barcode with a wrong check digit is told and kept, but is no key; a person looks at the product.
    pub fn barcode_warning(&self, lang: Lang) -> Option<Problem> {
        barcode_warning("barCode", &self.barcode, lang)
    }

    /// Tokens by which lists find it.
    pub fn grams(&self, merchant: MerchantId) -> Vec<String> {
        let mut tokens = grams::of(
            &[&self.name, self.detail("tradeName"), &self.brand, &self.manufacturer],
            &[&self.prod_id, &self.erp_code, &self.barcode, &self.approval_no],
        );
        tokens.push(grams::owner(merchant));
        tokens
    }

    /// The row for `jsonb_to_recordset`, with the keys that matching compares: those of `item`, read from [`Draft::texts`].
    pub fn row(&self, merchant: MerchantId, item: &Item) -> Map<String, Value> {
        let mut row = match json!(self) {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        let keys = [
            ("gtin", item.gtin().map(|g| g.to_string()).unwrap_or_default()),
            ("approval_key", item.approval_key().unwrap_or_default().to_owned()),
            ("name_key", item.name_key().to_owned()),
            ("spec_key", item.spec().key().to_owned()),
            ("maker_key", item.maker_key().to_owned()),
        ];
        row.extend(keys.map(|(name, key)| (name.to_owned(), Value::String(key))));
        row.insert("grams".into(), self.grams(merchant).into());
        row
    }
}

/// A barcode that is none: which digit was expected, or what a barcode looks like.
pub fn barcode_warning(field: &str, barcode: &str, lang: Lang) -> Option<Problem> {
    let expected = match Gtin::parse(barcode) {
        Ok(_) | Err(GtinError::Empty) => return None,
        Err(GtinError::CheckDigit { expected, .. }) => expected.to_string(),
        Err(GtinError::NotDigits | GtinError::Blank | GtinError::Length(_)) => lang.say("products-barcode-digits", &[]),
    };
    Some(Problem::new(LineCode::BadBarcode, field, barcode).detail(expected))
}

/// two places, as stored and as answered.
pub fn two_places(amount: Decimal) -> String {
    let mut amount = amount;
    amount.rescale(2);
    amount.to_string()
}

/// Money for the wire: a number, as the seeds have it.
pub fn wire_money(amount: Option<Decimal>) -> Value {
    amount.map_or(Value::Null, |a| serde_json::Number::from_str(&a.normalize().to_string()).map_or(Value::Null, Value::Number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::products::fields::PROD_ADD_OR_EDIT;

    fn line(sent: Value) -> Line {
        Line::read(1, PROD_ADD_OR_EDIT, sent)
    }

    //
    #[test]
    fn missing_leaves_and_null_clears() {
        let mut draft = Draft::new("P1");
        draft.take(&line(json!({ "prodId": "P1", "brand": "江州", "album": "a.jpg", "grossWeight": 1.5, "baseProdId": "BP-1" }))).unwrap();
        assert_eq!((draft.brand.as_str(), draft.detail("album"), draft.detail("grossWeight")), ("江州", "a.jpg", "1.50"));
        draft.take(&line(json!({ "prodId": "P1", "album": null, "baseProdId": null }))).unwrap();
        assert_eq!((draft.brand.as_str(), draft.details.contains_key("album"), draft.explicit_base.clone()), ("江州", false, None));
        let refused = draft.take(&line(json!({ "prodId": "P1", "enable": null }))).unwrap_err();
        assert_eq!((refused.code, refused.field.as_str()), (LineCode::Empty, "enable"));
    }

    #[test]
    fn only_keys_call_for_matching() {
        let mut before = Draft::new("P1");
        before.name = "阿莫西林胶囊".into();
        let mut after = before.clone();
        after.brand = "江州".into();
        after.put("description", Some("新".into()));
        assert!(!after.matches_otherwise(&before));
        after.put("tradeName", Some("再林".into()));
        assert!(after.matches_otherwise(&before));
    }

    #[test]
    fn a_bad_barcode_is_told_with_its_digit() {
        let mut draft = Draft::new("P1");
        draft.barcode = "6901234000017".into();
        assert_eq!(draft.barcode_warning(Lang::Zh).map(|p| p.details), Some(vec!["6".to_owned()]));
        draft.barcode = "6901234000016".into();
        assert_eq!(draft.barcode_warning(Lang::Zh), None);
    }

    #[test]
    fn money_keeps_its_two_places() {
        assert_eq!(two_places(Decimal::new(86, 1)), "8.60");
        assert_eq!(wire_money(Some(Decimal::new(860, 2))).to_string(), "8.6");
        assert_eq!(wire_money(None), Value::Null);
    }
}
