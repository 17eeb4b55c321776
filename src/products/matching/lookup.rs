//! Which keys the database is asked for.

use serde::{Deserialize, Serialize};

use super::item::{Aliases, Submitted};

/// The keys of one line. A base product that shares the barcode, the approval key, or a name key together with a
/// maker key must be among the candidates, all of them, or uniqueness cannot be judged. Base products that share
/// only a name key are for a person to look at: a limited number will do, those with the nearest spec key first.
/// Names need be asked only for lines that the numbers did not settle: a decision comes to them last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LookupKeys {
    /// Canonical barcodes (14 digits): the submitted one, and the unit inside if it is a case. To be compared with
    /// the barcode and with the carton's barcode.
    pub gtins: Vec<String>,
    /// The approval number, if it is one.
    pub approval_key: Option<String>,
    /// The name as a whole, without brackets, and the trade names.
    pub name_keys: Vec<String>,
    /// The manufacturer, and what auditors have said it is called here.
    pub maker_keys: Vec<String>,
    /// The specification, to order by.
    pub spec_key: Option<String>,
}

/// The keys for one line; a thousand lines make one set-based query.
#[must_use]
pub fn lookup_keys<I>(submitted: &Submitted<I>, aliases: &Aliases) -> LookupKeys {
    let item = &submitted.item;
    let gtins = item.gtin().into_iter().flat_map(|gtin| [Some(gtin), gtin.unit_inside()]).flatten();
    let mut maker_keys: Vec<String> = aliases.makers_of(item.maker_key()).map(ToOwned::to_owned).collect();
    maker_keys.extend(Some(item.maker_key().to_owned()).filter(|key| !key.is_empty()));
    LookupKeys {
        gtins: gtins.map(|gtin| gtin.to_string()).collect(),
        approval_key: item.approval.as_ref().filter(|a| a.is_identity()).map(|a| a.key.clone()),
        name_keys: item.names.keys(),
        maker_keys,
        spec_key: Some(item.spec.key().to_owned()).filter(|key| !key.is_empty()),
    }
}
