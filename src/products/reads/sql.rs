//! SQL put together from conditions, every value bound.

use super::{From, Search, View};
use crate::catalog::{blocklist, grams};
use crate::ids::MerchantId;
use diesel::pg::Pg;
use diesel::query_builder::BoxedSqlQuery;
use diesel::query_builder::SqlQuery;
use diesel::sql_types::{Array, BigInt, Text};

enum Bound {
    Number(i64),
    Words(String),
    Many(Vec<String>),
}

/// A statement under construction.
#[derive(Default)]
pub(super) struct Sql {
    binds: Vec<Bound>,
}

impl Sql {
    pub(super) fn number(&mut self, n: i64) -> String {
        self.bind(Bound::Number(n))
    }
    pub(super) fn words(&mut self, text: &str) -> String {
        self.bind(Bound::Words(text.to_owned()))
    }
    pub(super) fn many(&mut self, all: &[String]) -> String {
        self.bind(Bound::Many(all.to_vec()))
    }
    fn bind(&mut self, value: Bound) -> String {
        self.binds.push(value);
        format!("${}", self.binds.len())
    }
    pub(super) fn finish(self, text: String) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
        self.binds.into_iter().fold(diesel::sql_query(text).into_boxed::<Pg>(), |query, bound| match bound {
            Bound::Number(n) => query.bind::<BigInt, _>(n),
            Bound::Words(text) => query.bind::<Text, _>(text),
            Bound::Many(all) => query.bind::<Array<Text>, _>(all),
        })
    }
}

/// How many of the newest products are looked at one by one where no index knows the answer: what those that wait to be
/// listed lack (worked out for this window and no more), and several filters at once.
pub(super) const LOOKED_AT: i64 = 5_000;

/// The first wall a product runs into, by its name; null when there is none. The order is that of `Condition`.
pub(super) fn lack() -> String {
    let hits = blocklist::HITS;
    format!(
        "case when not p.enabled then 'enabled' \
     when exists (select 1 from product_keys k join block_list x on {hits} where k.merchant_id = p.merchant_id and k.product_id = p.id) then 'permitted' \
     when exists (select 1 from categories c3 left join categories c2 on c2.merchant_id = c3.merchant_id and c2.id = c3.parent_id \
        left join categories c1 on c1.merchant_id = c2.merchant_id and c1.id = c2.parent_id \
        where c3.merchant_id = p.merchant_id and c3.id = p.category_id and not (c3.allowed and coalesce(c2.allowed, true) and coalesce(c1.allowed, true))) \
      or exists (select 1 from base_products b join categories d3 on d3.merchant_id = b.category_merchant and d3.id = b.category_id \
        left join categories d2 on d2.merchant_id = d3.merchant_id and d2.id = d3.parent_id \
        left join categories d1 on d1.merchant_id = d2.merchant_id and d1.id = d2.parent_id \
        where b.id = p.base_product_id and not (d3.allowed and coalesce(d2.allowed, true) and coalesce(d1.allowed, true))) then 'category' \
     when not exists (select 1 from base_products b where b.id = p.base_product_id and b.status = 'active') then 'matched' \
     when p.audit_status <> 'approved' then 'approved' \
     when not exists (select 1 from skus k where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled and k.base_price is not null) then 'priced' \
     when (select m.auto_list from merchants m where m.id = p.merchant_id) and coalesce((select sum(stock_available(t)) \
        from skus k join stock t on t.merchant_id = k.merchant_id and t.sku_id = k.id \
        where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled), 0) <= 0 then 'in_stock' end"
    )
}

/// A range of one index that ends in the id: what it holds comes out in the order of the ids.
struct Door {
    /// What the index demands beside the column.
    also: &'static str,
    column: &'static str,
    /// Each value is a range of its own; none: the column is null.
    values: Vec<String>,
}

impl Door {
    fn new(column: &'static str, values: &[&str]) -> Self {
        Self { also: "", column, values: values.iter().map(|v| (*v).to_owned()).collect() }
    }
    fn also(self, also: &'static str) -> Self {
        Self { also, ..self }
    }
    /// The range that is just this view; `None` is the whole table.
    fn of(view: View) -> Option<Self> {
        let by = |who| Door::new("p.unlisted_by", &[who]).also("p.listing = 'unlisted' and ");
        Some(match view {
            View::All | View::Ready | View::Missing(_) => return None,
            View::Listed => Door::new("p.listing", &["listed"]),
            View::Unlisted => Door::new("p.listing", &["pending", "unlisted"]),
            View::Unmatched => Door::new("p.base_product_id", &[]),
            View::InAudit => Door::new("p.audit_status", &["pending"]),
            View::Returned => Door::new("p.audit_status", &["changes_requested", "rejected"]),
            View::ByRule => by("rule"),
            View::ByPerson => by("person"),
            View::ByErp => by("erp"),
        })
    }
    fn is_one_range(&self) -> bool {
        self.values.len() < 2
    }
    fn condition(&self, sql: &mut Sql) -> String {
        let (also, column) = (self.also, self.column);
        match self.values.as_slice() {
            [] => format!("{also}{column} is null"),
            [one] => format!("{also}{column} = {}", sql.words(one)),
            many => format!("{also}{column} = any({})", sql.many(many)),
        }
    }
}

/// `select p.id …` of the products asked for, newest first (or oldest first, going up), at most `limit`.
///
/// One filter is one range of an index, or a few merged, and reads nothing that it does not show, however many rows there
/// are. Several filters at once have no index of their own: the newest rows of the narrowest range are looked through, and
/// only when they do not fill the page, all that the filters find together is fetched and sorted. Either is bounded where
/// the other is not: what many rows have is among the newest, what few have is quickly fetched.
pub(super) fn scan(sql: &mut Sql, merchant: MerchantId, search: &Search, from: From, limit: i64) -> String {
    let mine = sql.number(merchant.0);
    let (mut place, order) = (format!("p.merchant_id = {mine}"), if matches!(from, From::Above(_)) { "asc" } else { "desc" });
    match from {
        From::Top => {}
        From::Below(id) => place.push_str(&format!(" and p.id < {}", sql.number(id.0))),
        From::Above(id) => place.push_str(&format!(" and p.id > {}", sql.number(id.0))),
    }
    let limit = sql.number(limit);
    let mut doors: Vec<Door> = Vec::new();
    if !search.brand.is_empty() {
        doors.push(Door::new("p.brand", &[&search.brand]).also("p.brand <> '' and "));
    }
    if !search.leaves.is_empty() {
        doors.push(Door { also: "", column: "p.category_id", values: search.leaves.clone() });
    }
    doors.extend(Door::of(search.view));
    doors.extend(search.listing.map(|listing| Door::new("p.listing", &[listing.as_str()])));
    let waits = lacking(sql, search.view);
    let found = (!search.q.is_empty()).then(|| found_by(sql, merchant, &search.q));

    if waits.is_none() && found.is_none() {
        match doors.as_slice() {
            [] => return format!("select p.id from products p where {place} order by p.id {order} limit {limit}"),
            [one] if one.is_one_range() => {
                let range = one.condition(sql);
                return format!("select p.id from products p where {place} and {range} order by p.id {order} limit {limit}");
            }
            [one] => {
                let (values, also, column) = (sql.many(&one.values), one.also, one.column);
                return format!(
                    "select x.id from unnest({values}) as d(v) cross join lateral \
                     (select p.id from products p where {place} and {also}{column} = d.v order by p.id {order} limit {limit}) x \
                     order by x.id {order} limit {limit}"
                );
            }
            _ => {}
        }
    }
    let ranges: Vec<String> = doors.iter().map(|door| door.condition(sql)).collect();
    let all = [place.clone()].into_iter().chain(ranges.iter().cloned()).chain(waits.clone()).chain(found).collect::<Vec<_>>().join(" and ");
    if waits.is_some() {
        return format!(
            "select p.id from (select * from products p where p.merchant_id = {mine} and p.listing = 'pending' order by p.id desc limit {LOOKED_AT}) p \
             where {all} order by p.id {order} limit {limit}"
        );
    }
    // A range of an index leads to rows all over the table; reading what a search compares costs a page each.
    let window = if search.q.is_empty() || doors.is_empty() { LOOKED_AT } else { LOOKED_AT / 5 };
    let narrowest =
        doors.iter().zip(&ranges).find(|(door, _)| door.is_one_range()).map_or_else(String::new, |(_, range)| format!(" and {range}"));
    // `p.id + 0` has no index: the second look goes in by the filters and sorts what they find. Its place beside the count
    // keeps it from being begun, by parallel workers too, when the first look was enough.
    format!(
        "with near as materialized (select p.id from (select * from products p where {place}{narrowest} order by p.id {order} limit {window}) p \
           where {all} order by p.id {order} limit {limit}), \
         far as materialized (select x.id from (select count(*) as n from near) k cross join lateral \
           (select p.id from products p where {all} and k.n < {limit} order by p.id + 0 {order} limit {limit}) x) \
         select id from near where (select count(*) from near) >= {limit} union all select id from far"
    )
}

/// What a view of the products that wait asks of each.
fn lacking(sql: &mut Sql, view: View) -> Option<String> {
    match view {
        View::Ready => Some(format!("({}) is null", lack())),
        View::Missing(None) => Some(format!("({}) is not null", lack())),
        View::Missing(Some(what)) => Some(format!("({}) = {}", lack(), sql.words(what.code()))),
        _ => None,
    }
}

/// By any part of the name, its initials, the beginning of a code, or a whole code.
fn found_by(sql: &mut Sql, merchant: MerchantId, q: &str) -> String {
    let mut ways: Vec<String> = Vec::new();
    for mut tokens in grams::query(q) {
        tokens.push(grams::owner(merchant));
        let tokens = sql.many(&tokens);
        ways.push(format!("p.grams @> {tokens}"));
    }
    let whole = sql.words(q.trim());
    ways.push(format!("p.prod_id = {whole}"));
    ways.push(format!("p.erp_code = {whole}"));
    format!("({})", ways.join(" or "))
}
