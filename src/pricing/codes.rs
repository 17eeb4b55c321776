//! What groups and customers are called by people and ERPs, and back.

use crate::Result;
use crate::ids::{CustomerGroupId, CustomerId, MerchantId, RegionGroupId};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use std::collections::HashMap;

/// The codes of one merchant's groups, and of the customers that are spoken of.
#[derive(Clone, Debug, Default)]
pub struct Codes {
    regions: Pairs,
    groups: Pairs,
    customers: Pairs,
}

#[derive(Clone, Debug, Default)]
struct Pairs {
    ids: HashMap<String, i64>,
    codes: HashMap<i64, String>,
}

impl Pairs {
    fn add(&mut self, id: i64, code: &str) {
        self.ids.insert(code.to_owned(), id);
        self.codes.insert(id, code.to_owned());
    }
    fn code(&self, id: i64) -> &str {
        self.codes.get(&id).map_or("?", String::as_str)
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = Text)]
    kind: String,
}

const GROUPS: &str = "select id, code::text, 'region' as kind from region_groups where merchant_id = $1 union all \
     select id, code::text, 'group' from customer_groups where merchant_id = $1 union all \
     select id, customer_id::text, 'customer' from customers where merchant_id = $1";

impl Codes {
    fn of(rows: Vec<Row>) -> Self {
        let mut codes = Self::default();
        for row in rows {
            match row.kind.as_str() {
                "region" => codes.regions.add(row.id, &row.code),
                "group" => codes.groups.add(row.id, &row.code),
                _ => codes.customers.add(row.id, &row.code),
            }
        }
        codes
    }

    /// All groups, and the customers with these ids of the platform's.
    pub fn by_customer_codes(c: &mut PgConnection, merchant: MerchantId, customers: &[String]) -> Result<Self> {
        let sql = format!("{GROUPS} and customer_id = any($2)");
        Ok(Self::of(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<Text>, _>(customers).load(c)?))
    }

    /// All groups, and these customers.
    pub fn by_customers(c: &mut PgConnection, merchant: MerchantId, customers: &[CustomerId]) -> Result<Self> {
        let sql = format!("{GROUPS} and id = any($2)");
        Ok(Self::of(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Array<BigInt>, _>(customers).load(c)?))
    }

    pub fn region(&self, id: RegionGroupId) -> &str {
        self.regions.code(id.0)
    }
    pub fn group(&self, id: CustomerGroupId) -> &str {
        self.groups.code(id.0)
    }
    pub fn customer(&self, id: CustomerId) -> &str {
        self.customers.code(id.0)
    }
    pub fn region_by(&self, code: &str) -> Option<RegionGroupId> {
        self.regions.ids.get(code).copied().map(RegionGroupId)
    }
    pub fn group_by(&self, code: &str) -> Option<CustomerGroupId> {
        self.groups.ids.get(code).copied().map(CustomerGroupId)
    }
    pub fn customer_by(&self, code: &str) -> Option<CustomerId> {
        self.customers.ids.get(code).copied().map(CustomerId)
    }

    #[cfg(test)]
    pub(super) fn add_region(&mut self, id: RegionGroupId, code: &str) {
        self.regions.add(id.0, code);
    }
    #[cfg(test)]
    pub(super) fn add_group(&mut self, id: CustomerGroupId, code: &str) {
        self.groups.add(id.0, code);
    }
    #[cfg(test)]
    pub(super) fn add_customer(&mut self, id: CustomerId, code: &str) {
        self.customers.add(id.0, code);
    }
}
