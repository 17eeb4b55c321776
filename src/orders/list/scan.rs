//! From what is asked to the ids that answer it: conditions over ranges of an index, every value bound.

use super::{FEW, Search};
use crate::Result;
use crate::customers;
use crate::ids::{CustomerId, MerchantId, OrderId};
use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;

enum Bound {
    Number(i64),
    Words(String),
    Time(DateTime<Utc>),
    Money(Decimal),
    Numbers(Vec<i64>),
}

/// A statement under construction, every value bound.
#[derive(Default)]
pub(super) struct Sql(Vec<Bound>);

impl Sql {
    fn bind(&mut self, value: Bound) -> String {
        self.0.push(value);
        format!("${}", self.0.len())
    }
    pub(super) fn finish(self, text: String) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
        self.0.into_iter().fold(diesel::sql_query(text).into_boxed::<Pg>(), |query, bound| match bound {
            Bound::Number(n) => query.bind::<BigInt, _>(n),
            Bound::Words(text) => query.bind::<Text, _>(text),
            Bound::Time(at) => query.bind::<Timestamptz, _>(at),
            Bound::Money(amount) => query.bind::<Numeric, _>(amount),
            Bound::Numbers(all) => query.bind::<Array<BigInt>, _>(all),
        })
    }
}

/// The ids and times of the next orders of a search.
pub(super) fn scan(sql: &mut Sql, merchant: MerchantId, search: &Search, found: &Found, limit: i64) -> String {
    let mine = sql.bind(Bound::Number(merchant.0));
    let mut wanted = vec![format!("o.merchant_id = {mine}")];
    if let Some(from) = search.from {
        wanted.push(format!("o.placed_at >= {}", sql.bind(Bound::Time(from))));
    }
    if let Some(until) = search.until {
        wanted.push(format!("o.placed_at < {}", sql.bind(Bound::Time(until))));
    }
    if let Some(sync) = search.sync {
        wanted.push(format!("o.sync = {}", sql.bind(Bound::Words(sync.as_str().to_owned()))));
    }
    if let Some(why) = search.why {
        wanted.push(format!("o.waits = {}", sql.bind(Bound::Words(why.as_str().to_owned()))));
    }
    if let Some(shop) = search.shop {
        wanted.push(format!("o.shop_id = {}", sql.bind(Bound::Number(shop.0))));
    }
    if let Some(least) = search.least {
        wanted.push(format!("o.payable_amount >= {}", sql.bind(Bound::Money(least))));
    }
    if let Some(most) = search.most {
        wanted.push(format!("o.payable_amount <= {}", sql.bind(Bound::Money(most))));
    }
    if let Some(customers) = &found.customers {
        let ids = customers.iter().map(|id| id.0).collect();
        wanted.push(format!("o.customer_id = any({})", sql.bind(Bound::Numbers(ids))));
    }
    if let Some(orders) = &found.orders {
        wanted.push(format!("o.id = any({})", sql.bind(Bound::Numbers(orders.iter().map(|id| id.0).collect()))));
    }
    if !search.group.is_empty() {
        let group = sql.bind(Bound::Words(search.group.clone()));
        wanted.push(format!(
            "exists (select 1 from customer_groups g join customer_group_members m on m.merchant_id = {mine} and m.group_id = g.id and m.customer_id = o.customer_id \
             where g.merchant_id = {mine} and g.code = {group})"
        ));
    }
    if !search.sku.is_empty() {
        let sku = sql.bind(Bound::Words(search.sku.clone()));
        wanted.push(format!(
            "exists (select 1 from skus k join order_lines l on l.merchant_id = {mine} and l.sku_id = k.id and l.order_id = o.id \
             where k.merchant_id = {mine} and k.sku_id = {sku})"
        ));
    }
    let (sign, way) = if search.view.oldest_first() { (">", "asc") } else { ("<", "desc") };
    if let Some((at, id)) = search.after {
        let (at, id) = (sql.bind(Bound::Time(at)), sql.bind(Bound::Number(id.0)));
        wanted.push(format!("(o.placed_at, o.id) {sign} ({at}, {id})"));
    }
    let wanted = wanted.join(" and ");
    let ranges: Vec<String> = search
        .view
        .ranges()
        .iter()
        .map(|range| {
            format!(
                "(select o.id, o.placed_at from orders o where {wanted} and {range} order by o.placed_at {way}, o.id {way} limit {limit})"
            )
        })
        .collect();
    format!("select id, placed_at from ({}) r order by placed_at {way}, id {way} limit {limit}", ranges.join(" union all "))
}

/// What a search's words have found.
#[derive(Default)]
pub(super) struct Found {
    customers: Option<Vec<CustomerId>>,
    orders: Option<Vec<OrderId>>,
}

/// Looks the words up: a number names one order, everything else buyers. `None`: nothing at all has been found.
pub(super) fn look_up(c: &mut PgConnection, merchant: MerchantId, search: &Search) -> Result<Option<Found>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let mut found = Found::default();
    if !search.customer.is_empty() {
        let ids = customers::ids_of(c, merchant, std::slice::from_ref(&search.customer))?;
        if ids.is_empty() {
            return Ok(None);
        }
        found.customers = Some(ids);
    }
    if search.q.is_empty() {
        return Ok(Some(found));
    }
    let orders: Vec<Id> = diesel::sql_query("select id from orders where merchant_id = $1 and order_no = $2")
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(&search.q)
        .load(c)?;
    if !orders.is_empty() {
        found.orders = Some(orders.into_iter().map(|r| OrderId(r.id)).collect());
        return Ok(Some(found));
    }
    let mut ids = customers::ids_named(c, merchant, &search.q, FEW)?;
    if let Some(only) = &found.customers {
        ids.retain(|id| only.contains(id));
    }
    if ids.is_empty() {
        return Ok(None);
    }
    found.customers = Some(ids);
    Ok(Some(found))
}
