//! What the storefront says of a buyer, kept with each order (U-01, U-02).

use super::model::{Customer, Kind, lock};
use super::settle::{self, Side, settle};
use super::uscc;
use crate::catalog::{grams, keys};
use crate::ids::{CustomerId, MerchantId};
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz};
use serde_json::{Map, Value, json};

/// A buyer as the storefront describes it. What is `None` stays as it was; a new buyer starts without.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The platform's own id, at most 64 characters.
    pub customer_id: String,
    pub name: String,
    pub kind: Option<Kind>,
    /// In any spelling.
    pub uscc: Option<String>,
    /// A division code; one we do not know is left out.
    pub region_code: Option<String>,
    pub contact: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    /// Array of `{kind, no, validUntil}`: business, drug and practice licences.
    pub licences: Option<Value>,
}

/// The content of a buyer.
#[derive(Clone, Debug, PartialEq)]
struct Content {
    name: String,
    kind: Kind,
    uscc: String,
    region: Option<String>,
    contact: String,
    phone: String,
    address: String,
    licences: Value,
}

impl Content {
    fn of(row: &Customer) -> Self {
        Self {
            name: row.name.clone(),
            kind: row.kind(),
            uscc: row.uscc.clone(),
            region: row.region_code.clone(),
            contact: row.contact.clone(),
            phone: row.phone.clone(),
            address: row.address.clone(),
            licences: row.licences.clone(),
        }
    }

    fn with(self, draft: &Draft) -> Self {
        let over = |new: &Option<String>, old: String| new.as_ref().map_or(old, |v| v.trim().to_owned());
        let name = draft.name.trim();
        Self {
            name: if name.is_empty() { self.name } else { name.to_owned() },
            kind: draft.kind.unwrap_or(self.kind),
            uscc: draft.uscc.as_deref().map_or(self.uscc, uscc::fold),
            region: draft.region_code.clone().or(self.region),
            contact: over(&draft.contact, self.contact),
            phone: over(&draft.phone, self.phone),
            address: over(&draft.address, self.address),
            licences: draft.licences.clone().unwrap_or(self.licences),
        }
    }

    /// For the trail. How to reach a buyer is nobody's business there: it only says that it changed.
    fn told(&self, other: Option<&Self>) -> Value {
        let mut map = Map::new();
        let mut tell = |name: &str, differs: bool, value: Value| {
            if differs {
                map.insert(name.to_owned(), value);
            }
        };
        tell("name", other.is_none_or(|o| o.name != self.name), json!(self.name));
        tell("kind", other.is_none_or(|o| o.kind != self.kind), json!(self.kind.as_str()));
        tell("uscc", other.is_none_or(|o| o.uscc != self.uscc), json!(self.uscc));
        tell("regionCode", other.is_none_or(|o| o.region != self.region), json!(self.region));
        tell("licences", other.is_none_or(|o| o.licences != self.licences), self.licences.clone());
        let reached = |c: &Self| (c.contact.clone(), c.phone.clone(), c.address.clone());
        tell("contact", other.is_some_and(|o| reached(o) != reached(self)), json!("…"));
        Value::Object(map)
    }
}

/// Makes or updates a buyer, and matches it by its USCC where that decides. A buyer nothing has changed about is only read.
pub fn keep(tx: &mut PgConnection, cause: &Cause, draft: &Draft) -> Result<Customer> {
    if let Some(found) = find(tx, cause.merchant, &draft.customer_id)? {
        let after = content(tx, Content::of(&found), draft)?;
        if after == Content::of(&found) {
            return Ok(found);
        }
    }
    settle::lock(tx, cause.merchant, Side::Buyers)?;
    let id = make(tx, cause, draft)?;
    let ids = [draft.customer_id.clone()];
    let row = lock(tx, cause.merchant, &ids)?.remove(&draft.customer_id).ok_or(Error::NotFound)?;
    let before = Content::of(&row);
    let after = content(tx, before.clone(), draft)?;
    if id.is_some() || after != before {
        let uscc_changed = id.is_some() || after.uscc != before.uscc;
        write(tx, cause, &row, &after, uscc_changed)?;
        let entry = match id {
            Some(_) => Entry::new("customer.created", "customer", &row.customer_id).change(Value::Null, after.told(None)),
            None => {
                Entry::new("customer.changed", "customer", &row.customer_id).change(before.told(Some(&after)), after.told(Some(&before)))
            }
        };
        trail::record(tx, cause, &[entry])?;
        if uscc_changed {
            settle(tx, cause, &[row.id], &[])?;
        }
    }
    find(tx, cause.merchant, &draft.customer_id)?.ok_or(Error::NotFound)
}

fn find(c: &mut PgConnection, merchant: MerchantId, customer_id: &str) -> Result<Option<Customer>> {
    super::model::find(c, merchant, customer_id).map(Some).or_else(|e| if matches!(e, Error::NotFound) { Ok(None) } else { Err(e) })
}

/// The content with the draft over it; a region we do not know leaves the one there was.
fn content(c: &mut PgConnection, before: Content, draft: &Draft) -> Result<Content> {
    let mut after = before.clone().with(draft);
    if after.region != before.region && !known_regions(c, after.region.as_slice())?.iter().any(|known| Some(known) == after.region.as_ref())
    {
        after.region = before.region;
    }
    Ok(after)
}

/// Those of the division codes that we know.
pub(super) fn known_regions(c: &mut PgConnection, codes: &[String]) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct Code {
        #[diesel(sql_type = Text)]
        code: String,
    }
    let known: Vec<Code> = diesel::sql_query("select code from regions where code = any($1)").bind::<Array<Text>, _>(codes).load(c)?;
    Ok(known.into_iter().map(|k| k.code).collect())
}

/// An empty row for a buyer that is not there; its id when this call made it.
fn make(tx: &mut PgConnection, cause: &Cause, draft: &Draft) -> Result<Option<CustomerId>> {
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = BigInt)]
        id: CustomerId,
    }
    let made: Option<Made> = diesel::sql_query(
        "insert into customers (merchant_id, customer_id, name, name_key, created_at, updated_at) values ($1, $2, '', '', $3, $3) \
         on conflict (merchant_id, customer_id) do nothing returning id",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(&draft.customer_id)
    .bind::<Timestamptz, _>(cause.now)
    .get_result(tx)
    .optional()?;
    Ok(made.map(|m| m.id))
}

/// A new USCC is a new question: what a person took away may match again.
fn write(tx: &mut PgConnection, cause: &Cause, row: &Customer, content: &Content, uscc_changed: bool) -> Result<()> {
    let mut tokens = grams::of(&[&content.name], &[&row.customer_id, &content.uscc, &content.phone]);
    tokens.push(grams::owner(cause.merchant));
    diesel::sql_query(
        "update customers set name = $3, kind = $4, uscc = $5, uscc_ok = $6, region_code = $7, contact = $8, phone = $9, address = $10, licences = $11, \
         name_key = $12, grams = $13, hands_off = hands_off and not $14, version = version + 1, updated_at = $15 where merchant_id = $1 and id = $2",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(row.id)
    .bind::<Text, _>(&content.name)
    .bind::<Text, _>(content.kind.as_str())
    .bind::<Text, _>(&content.uscc)
    .bind::<Bool, _>(uscc::is_valid(&content.uscc))
    .bind::<Nullable<Text>, _>(content.region.as_ref())
    .bind::<Text, _>(&content.contact)
    .bind::<Text, _>(&content.phone)
    .bind::<Text, _>(&content.address)
    .bind::<Jsonb, _>(&content.licences)
    .bind::<Text, _>(keys::text_key(&content.name))
    .bind::<Array<Text>, _>(tokens)
    .bind::<Bool, _>(uscc_changed)
    .bind::<Timestamptz, _>(cause.now)
    .execute(tx)?;
    Ok(())
}
