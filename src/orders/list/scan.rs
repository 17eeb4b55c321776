//! From what is asked to the ids that answer it: conditions over ranges of an index, every value bound.

use super::{FEW, Search, View};
use crate::Result;
use crate::customers;
use crate::ids::{CustomerId, MerchantId, OrderId, SkuId};
use crate::orders::shipments::STANDS;
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
    Many(Vec<String>),
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
            Bound::Many(all) => query.bind::<Array<Text>, _>(all),
        })
    }
}

/// The same of orders named by their numbers.
pub(super) fn named(sql: &mut Sql, merchant: MerchantId, nos: &[String]) -> String {
    let (mine, nos) = (sql.bind(Bound::Number(merchant.0)), sql.bind(Bound::Many(nos.to_vec())));
    format!("select o.id, o.placed_at from orders o where o.merchant_id = {mine} and o.order_no = any({nos})")
}

/// How many of the newest orders are looked at one by one where several filters have no index together.
const LOOKED_AT: i64 = 3_000;

/// `select id, placed_at …` of the orders asked for, in the order of the list, at most `limit`.
///
/// A tab, the way into the ERP or a shop is one range of an index (two for what is over), with or without a span of days, and
/// reads nothing that it does not show. Other filters, and several at once, have no index in the order of the list: the newest
/// rows of the narrowest range are looked through, and only when they do not fill the page, all that the filters find together
/// is fetched and sorted. Either is bounded where the other is not: what many orders have is among the newest, what few have
/// is quickly fetched by the index of its own filter.
pub(super) fn scan(sql: &mut Sql, merchant: MerchantId, search: &Search, found: &Found, limit: i64) -> String {
    let mine = sql.bind(Bound::Number(merchant.0));
    let place = place(sql, search, &mine);
    let (mut ranges, mut others) = ranges(sql, search);
    others.extend(conditions(sql, search, found, &mine));
    let way = if search.view.oldest_first() { "asc" } else { "desc" };
    if others.is_empty() {
        let ranges: Vec<String> = ranges
            .iter()
            .map(|range| format!("(select o.id, o.placed_at from orders o where {place} and {range} order by o.placed_at {way}, o.id {way} limit {limit})"))
            .collect();
        return format!("select id, placed_at from ({}) r order by placed_at {way}, id {way} limit {limit}", ranges.join(" union all "));
    }
    let others = others.join(" and ");
    // Few orders answer to a number: they are simply fetched.
    let window = if found.orders.is_some() { 0 } else { LOOKED_AT };
    let near: Vec<String> = ranges
        .iter()
        .map(|range| format!("(select * from orders o where {place} and {range} order by o.placed_at {way}, o.id {way} limit {window})"))
        .collect();
    let all = if ranges.len() == 1 { ranges.remove(0) } else { format!("({})", ranges.join(" or ")) };
    // `placed_at + 0` has no index: the second look goes in by the filters and sorts what they find. Its place beside the count
    // keeps it from being begun when the first look was enough.
    format!(
        "with near as materialized (select o.id, o.placed_at from ({}) o where {others} order by o.placed_at {way}, o.id {way} limit {limit}), \
         far as materialized (select x.* from (select count(*) as n from near) k cross join lateral \
           (select o.id, o.placed_at from orders o where {place} and {all} and {others} and k.n < {limit} order by o.placed_at + interval '0' {way}, o.id {way} limit {limit}) x) \
         select id, placed_at from near where (select count(*) from near) >= {limit} union all select id, placed_at from far",
        near.join(" union all ")
    )
}

/// Where in the list, and between which days.
fn place(sql: &mut Sql, search: &Search, mine: &str) -> String {
    let mut place = format!("o.merchant_id = {mine}");
    if let Some(from) = search.from {
        place.push_str(&format!(" and o.placed_at >= {}", sql.bind(Bound::Time(from))));
    }
    if let Some(until) = search.until {
        place.push_str(&format!(" and o.placed_at < {}", sql.bind(Bound::Time(until))));
    }
    if let Some((at, id)) = search.after {
        let sign = if search.view.oldest_first() { ">" } else { "<" };
        let (at, id) = (sql.bind(Bound::Time(at)), sql.bind(Bound::Number(id.0)));
        place.push_str(&format!(" and (o.placed_at, o.id) {sign} ({at}, {id})"));
    }
    place
}

/// The ranges of an index that hold the list, and what they leave to be asked of each row: the tab, else the way into the ERP,
/// else the shop. What is a word of a closed list stands in the statement, so that an index of a part can be used.
fn ranges(sql: &mut Sql, search: &Search) -> (Vec<String>, Vec<String>) {
    let sync = search.sync.map(|sync| format!("o.sync = '{}'", sync.as_str()));
    let shop = search.shop.map(|shop| format!("o.shop_id = {}", sql.bind(Bound::Number(shop.0))));
    let tab = (search.view != View::All).then(|| search.view.ranges().iter().map(|range| (*range).to_owned()).collect());
    let mut rest = [sync, shop].into_iter().flatten();
    let ranges = tab.unwrap_or_else(|| vec![rest.next().unwrap_or_else(|| "true".to_owned())]);
    (ranges, rest.collect())
}

/// What has no index in the order of the list.
fn conditions(sql: &mut Sql, search: &Search, found: &Found, mine: &str) -> Vec<String> {
    let mut wanted = Vec::new();
    if let Some(why) = search.why {
        wanted.push(format!("o.sync = 'blocked' and o.waits = '{}'", why.as_str()));
    }
    if let Some(before) = search.late {
        wanted
            .push(format!("o.sync in ('unsynced', 'delivered') and coalesce(o.paid_at, o.placed_at) < {}", sql.bind(Bound::Time(before))));
    }
    if let Some(from) = search.paid_from {
        wanted.push(format!("o.paid_at >= {}", sql.bind(Bound::Time(from))));
    }
    if let Some(until) = search.paid_until {
        wanted.push(format!("o.paid_at < {}", sql.bind(Bound::Time(until))));
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
    if let Some(skus) = &found.skus {
        let ids = sql.bind(Bound::Numbers(skus.iter().map(|id| id.0).collect()));
        wanted.push(format!(
            "exists (select 1 from order_lines l where l.merchant_id = {mine} and l.order_id = o.id and l.sku_id = any({ids}))"
        ));
    }
    if !search.lot.is_empty() {
        let lot = sql.bind(Bound::Words(search.lot.clone()));
        wanted.push(format!(
            "exists (select 1 from order_shipped p join order_shipments s on s.merchant_id = {mine} and s.order_id = p.order_id and s.no = p.shipment_no \
             where p.merchant_id = {mine} and p.order_id = o.id and p.lot_no = {lot} and p.lot_no <> '' and {STANDS})"
        ));
    }
    wanted
}

/// What a search's words have found.
#[derive(Default)]
pub(super) struct Found {
    customers: Option<Vec<CustomerId>>,
    orders: Option<Vec<OrderId>>,
    skus: Option<Vec<SkuId>>,
}

/// Looks the words up: a number (ours or the ERP's) names its orders, everything else buyers. `None`: nothing at all has been found.
pub(super) fn look_up(c: &mut PgConnection, merchant: MerchantId, search: &Search) -> Result<Option<Found>> {
    let mut found = Found::default();
    if !search.customer.is_empty() {
        let ids = customers::ids_of(c, merchant, std::slice::from_ref(&search.customer))?;
        if ids.is_empty() {
            return Ok(None);
        }
        found.customers = Some(ids);
    }
    if !search.sku.is_empty() {
        let skus = skus_of(c, merchant, &search.sku)?;
        if skus.is_empty() {
            return Ok(None);
        }
        found.skus = Some(skus);
    }
    if search.q.is_empty() {
        return Ok(Some(found));
    }
    let orders = super::ids_of_no(c, merchant, &search.q)?;
    if !orders.is_empty() {
        found.orders = Some(orders);
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

/// The SKUs somebody means: one by its id, or all of a product by its id or its code in the ERP.
fn skus_of(c: &mut PgConnection, merchant: MerchantId, word: &str) -> Result<Vec<SkuId>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: SkuId,
    }
    let rows: Vec<Id> = diesel::sql_query(
        "select id from skus where merchant_id = $1 and sku_id = $2 union select k.id from products p \
         join skus k on k.merchant_id = $1 and k.product_id = p.id where p.merchant_id = $1 and (p.prod_id = $2 or p.erp_code = $2) limit $3",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(word)
    .bind::<BigInt, _>(FEW)
    .load(c)?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}
