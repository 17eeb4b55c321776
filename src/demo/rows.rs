//! The files of `fixtures/demo`, carried inside the program.

use crate::{Error, Result};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[derive(RustEmbed)]
#[folder = "fixtures/demo"]
#[include = "*.csv"]
#[exclude = "answers_*.csv"]
struct Files;

#[derive(Deserialize)]
pub struct MerchantRow {
    pub code: String,
    pub name: String,
    pub kind: String,
    pub channel: String,
}
#[derive(Deserialize)]
pub struct ShopRow {
    pub merchant_code: String,
    pub shop_id: i64,
    pub name: String,
    pub is_default: u8,
}
#[derive(Deserialize)]
pub struct UserRow {
    pub login: String,
    pub name: String,
    pub role: String,
    pub merchant_code: String,
}
#[derive(Deserialize)]
pub struct CategoryRow {
    pub id: String,
    pub name: String,
    pub level: i16,
    pub parent_id: String,
    pub allowed: u8,
}
#[derive(Deserialize)]
pub struct BaseRow {
    pub code: String,
    pub name: String,
    pub trade_name: String,
    pub spec: String,
    pub dosage_form: String,
    pub unit: String,
    pub manufacturer: String,
    pub brand: String,
    pub approval_no: String,
    pub barcodes: String,
    pub category_id: String,
    pub origin: String,
}
#[derive(Deserialize)]
pub struct BlockedRow {
    pub kind: String,
    pub value: String,
    pub reason: String,
}

/// A file's rows as a type of their own.
pub fn read<T: DeserializeOwned>(name: &str) -> Result<Vec<T>> {
    let file = Files::get(name).ok_or_else(|| Error::broken(format!("{name} is not part of this program")))?;
    let rows: std::result::Result<Vec<T>, csv::Error> = csv::Reader::from_reader(file.data.as_ref()).deserialize().collect();
    rows.map_err(|why| Error::broken(format!("{name}: {why}")))
}

/// A file's rows as an ERP would send them: an empty cell is a field not sent.
pub fn lines(name: &str) -> Result<Vec<Value>> {
    let rows: Vec<Map<String, Value>> = read::<std::collections::BTreeMap<String, String>>(name)?
        .into_iter()
        .map(|row| row.into_iter().filter(|(_, cell)| !cell.is_empty()).map(|(name, cell)| (name, Value::String(cell))).collect())
        .collect();
    Ok(rows.into_iter().map(Value::Object).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cell_is_not_sent() {
        let products = lines("products_sg.csv").unwrap();
        assert_eq!(products.len(), 239);
        assert_eq!(products[0].get("prodId"), Some(&Value::from("SG10001")));
        assert!(products[0].get("brand").is_none());
    }

    #[test]
    fn what_is_not_loaded_is_not_carried() {
        assert!(lines("answers_kz.csv").is_err());
    }
}
