//! Buyers as a merchant knows them.

use crate::ids::{CustomerId, MerchantId};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Jsonb, Nullable, Text, Timestamptz};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;

macro_rules! closed {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $case:ident $wire:literal $label:literal)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$about])* $case,)* }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$case,)*];
            pub const WIRE: &'static [&'static str] = &[$($wire,)*];
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$case => $wire,)* }
            }
            pub fn of(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == name)
            }
            /// The text key of its name.
            pub fn label(self) -> &'static str {
                match self { $(Self::$case => $label,)* }
            }
        }
    };
}
pub(super) use closed;

closed! {
    /// What kind of buyer it is, in the words of the medicine trade (`customer_kind`).
    Kind {
        Pharmacy "pharmacy" "customer-kind-pharmacy"
        ThirdTerminal "third_terminal" "customer-kind-third-terminal"
        ChainDirect "chain_direct" "customer-kind-chain-direct"
        ChainFranchise "chain_franchise" "customer-kind-chain-franchise"
        ChainHead "chain_head" "customer-kind-chain-head"
        Distributor "distributor" "customer-kind-distributor"
        PrivateHospital "private_hospital" "customer-kind-private-hospital"
        Shop "shop" "customer-kind-shop"
        Person "person" "customer-kind-person"
        Other "other" "customer-kind-other"
    }
}

closed! {
    /// How a buyer stands to the ERP's customers.
    Match {
        /// The ERP does not know it yet, as far as we can tell.
        None "none" "customer-match-none"
        /// By its USCC, which the ERP has once (U-05).
        Auto "auto" "customer-match-auto"
        /// By somebody who said so: a person (U-03, U-06) or the ERP itself.
        Person "person" "customer-match-person"
        /// The ERP has its USCC under several codes.
        Conflict "conflict" "customer-match-conflict"
        /// A person said that the ERP need not know it.
        NotNeeded "not_needed" "customer-match-not-needed"
    }
}

pub(super) const COLUMNS: &str = "c.id, c.customer_id, c.name, c.kind, c.uscc, c.uscc_ok, c.region_code, c.contact, c.phone, c.address, c.licences, \
     c.match_kind, c.hands_off, c.erp_code, c.matched_at, c.matched_by, c.version, c.created_at, c.updated_at";

/// A buyer of a merchant.
#[derive(QueryableByName, Clone, Debug, PartialEq, Serialize)]
pub struct Customer {
    #[diesel(sql_type = BigInt)]
    pub id: CustomerId,
    /// The platform's own id of it.
    #[diesel(sql_type = Text)]
    pub customer_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    /// Folded; empty when it has none.
    #[diesel(sql_type = Text)]
    pub uscc: String,
    /// Its check digit is right.
    #[diesel(sql_type = Bool)]
    pub uscc_ok: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub region_code: Option<String>,
    #[diesel(sql_type = Text)]
    pub contact: String,
    #[diesel(sql_type = Text)]
    pub phone: String,
    #[diesel(sql_type = Text)]
    pub address: String,
    /// Array of `{kind, no, validUntil}`.
    #[diesel(sql_type = Jsonb)]
    pub licences: Value,
    #[diesel(sql_type = Text)]
    match_kind: String,
    /// A person took an automatic match away.
    #[diesel(sql_type = Bool)]
    pub hands_off: bool,
    /// What the ERP calls it (`erp_customer_code`, U-02).
    #[diesel(sql_type = Nullable<Text>)]
    pub erp_code: Option<String>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub matched_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub matched_by: Option<String>,
    #[diesel(sql_type = Int4)]
    pub version: i32,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub updated_at: DateTime<Utc>,
}

impl Customer {
    pub fn kind(&self) -> Kind {
        Kind::of(&self.kind).unwrap_or(Kind::Other)
    }
    pub fn match_kind(&self) -> Match {
        Match::of(&self.match_kind).unwrap_or(Match::None)
    }
}

/// One of a merchant's buyers, by the platform's id.
///
/// # Errors
/// `NotFound`
pub fn find(c: &mut PgConnection, merchant: MerchantId, customer_id: &str) -> Result<Customer> {
    Ok(diesel::sql_query(format!("select {COLUMNS} from customers c where c.merchant_id = $1 and c.customer_id = $2"))
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(customer_id)
        .get_result(c)?)
}

/// Those of a merchant's buyers that are there.
pub fn by_ids(c: &mut PgConnection, merchant: MerchantId, ids: &[CustomerId]) -> Result<HashMap<CustomerId, Customer>> {
    let rows: Vec<Customer> = diesel::sql_query(format!("select {COLUMNS} from customers c where c.merchant_id = $1 and c.id = any($2)"))
        .bind::<BigInt, _>(merchant)
        .bind::<Array<BigInt>, _>(ids)
        .load(c)?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The same by the platform's ids.
pub(super) fn by_customer_ids(c: &mut PgConnection, merchant: MerchantId, customer_ids: &[String]) -> Result<HashMap<String, Customer>> {
    load(c, merchant, customer_ids, "")
}

/// The same, locked in one order.
pub(super) fn lock(tx: &mut PgConnection, merchant: MerchantId, customer_ids: &[String]) -> Result<HashMap<String, Customer>> {
    load(tx, merchant, customer_ids, "order by c.customer_id collate \"C\" for no key update")
}

fn load(c: &mut PgConnection, merchant: MerchantId, customer_ids: &[String], lock: &str) -> Result<HashMap<String, Customer>> {
    let sql = format!("select {COLUMNS} from customers c where c.merchant_id = $1 and c.customer_id = any($2) {lock}");
    let rows: Vec<Customer> = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(customer_ids).load(c)?;
    Ok(rows.into_iter().map(|row| (row.customer_id.clone(), row)).collect())
}

pub(super) fn lock_one(tx: &mut PgConnection, merchant: MerchantId, id: CustomerId) -> Result<Customer> {
    let sql = format!("select {COLUMNS} from customers c where c.merchant_id = $1 and c.id = $2 for no key update");
    diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(id).get_result(tx).map_err(Error::from)
}

/// Our ids of buyers by the platform's; those that are not there are left out.
pub fn ids_of(c: &mut PgConnection, merchant: MerchantId, customer_ids: &[String]) -> Result<Vec<CustomerId>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: CustomerId,
    }
    let rows: Vec<Id> = diesel::sql_query("select id from customers where merchant_id = $1 and customer_id = any($2) order by id")
        .bind::<BigInt, _>(merchant)
        .bind::<Array<Text>, _>(customer_ids)
        .load(c)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
