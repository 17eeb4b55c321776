//! SQL put together from conditions, every value bound.

use super::{From, Search, View};
use crate::catalog::grams;
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

/// How many of the merchant's newest products that wait to be listed are looked at to say what they lack: that is not kept
/// in any index, so it is worked out for a window and no more.
pub(super) const LOOKED_AT: i64 = 5_000;

/// The first wall a product runs into, by its name; null when there is none. The order is that of `Condition`.
pub(super) const LACK: &str = "case when not p.enabled then 'enabled' \
     when exists (select 1 from product_keys k join block_list x on x.lifted_at is null and x.key <> '' and (x.kind, x.key) in \
        (('approval_no', k.approval_key), ('barcode', k.gtin), ('name', k.name_key)) where k.merchant_id = p.merchant_id and k.product_id = p.id) then 'permitted' \
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
        where k.merchant_id = p.merchant_id and k.product_id = p.id and k.enabled), 0) <= 0 then 'in_stock' end";

/// One way into the table: the values of an indexed column, each a range in the order of ids.
struct Door {
    column: &'static str,
    values: Vec<String>,
}

impl Door {
    fn new(column: &'static str, values: &[&str]) -> Self {
        Self { column, values: values.iter().map(|v| (*v).to_owned()).collect() }
    }
}

/// `select p.id …` of the products asked for, newest first (or oldest first, going up), at most `limit`.
///
/// Several values of one column are that many short range scans, merged; one scan of an index never reads what it does
/// not show, however many rows there are.
pub(super) fn scan(sql: &mut Sql, merchant: MerchantId, search: &Search, from: From, limit: i64) -> String {
    let mine = sql.number(merchant.0);
    let mut conditions = vec![format!("p.merchant_id = {mine}")];
    let mut door = None;
    match search.view {
        View::All => {}
        View::Listed => conditions.push("p.listing = 'listed'".into()),
        View::Unlisted => door = Some(Door::new("p.listing", &["pending", "unlisted"])),
        View::Unmatched => conditions.push("p.base_product_id is null".into()),
        View::InAudit => conditions.push("p.audit_status = 'pending'".into()),
        View::Returned => door = Some(Door::new("p.audit_status", &["changes_requested", "rejected"])),
        View::Ready => conditions.push(format!("({LACK}) is null")),
        View::Missing(None) => conditions.push(format!("({LACK}) is not null")),
        View::Missing(Some(what)) => {
            let what = sql.words(what.code());
            conditions.push(format!("({LACK}) = {what}"));
        }
        View::ByRule => conditions.push("p.listing = 'unlisted' and p.unlisted_by = 'rule'".into()),
        View::ByPerson => conditions.push("p.listing = 'unlisted' and p.unlisted_by = 'person'".into()),
        View::ByErp => conditions.push("p.listing = 'unlisted' and p.unlisted_by = 'erp'".into()),
    }
    if let Some(listing) = search.listing {
        let listing = sql.words(listing.as_str());
        conditions.push(format!("p.listing = {listing}"));
    }
    if !search.brand.is_empty() {
        let brand = sql.words(&search.brand);
        conditions.push(format!("p.brand = {brand} and p.brand <> ''"));
    }
    if !search.leaves.is_empty() {
        // The category is the narrowest way in; what the view wanted becomes a condition.
        conditions.extend(door.take().map(|d| one_of(sql, &d)));
        door = Some(Door { column: "p.category_id", values: search.leaves.clone() });
    }
    if !search.q.is_empty() {
        conditions.extend(door.take().map(|d| one_of(sql, &d)));
        conditions.push(found_by(sql, merchant, &search.q));
    }
    let order = match from {
        From::Top => "desc",
        From::Below(id) => {
            let id = sql.number(id.0);
            conditions.push(format!("p.id < {id}"));
            "desc"
        }
        From::Above(id) => {
            let id = sql.number(id.0);
            conditions.push(format!("p.id > {id}"));
            "asc"
        }
    };
    let limit = sql.number(limit);
    let products = if matches!(search.view, View::Ready | View::Missing(_)) {
        format!("(select * from products w where w.merchant_id = {mine} and w.listing = 'pending' order by w.id desc limit {LOOKED_AT})")
    } else {
        "products".to_owned()
    };
    let conditions = conditions.join(" and ");
    match door {
        None => format!("select p.id from {products} p where {conditions} order by p.id {order} limit {limit}"),
        Some(door) => {
            let values = sql.many(&door.values);
            let column = door.column;
            format!(
                "select x.id from unnest({values}) as d(v) cross join lateral \
                 (select p.id from {products} p where {conditions} and {column} = d.v order by p.id {order} limit {limit}) x order by x.id {order} limit {limit}"
            )
        }
    }
}

fn one_of(sql: &mut Sql, door: &Door) -> String {
    let values = sql.many(&door.values);
    format!("{} = any({values})", door.column)
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
