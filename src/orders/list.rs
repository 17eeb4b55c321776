//! What the page of orders asks for: fifty of them from any place by index alone, and counts that stop at a cap.

mod scan;

use super::model::{COLUMNS, Order, Sync};
use super::state::State;
use super::waits::Why;
use crate::Result;
use crate::customers::{self, Customer};
use crate::ids::{CustomerId, MerchantId, OrderId, ShopId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text};
use rust_decimal::Decimal;
use scan::{Sql, look_up, scan};
use serde_json::Value;

/// Buyers that a search by name looks up at most.
const FEW: i64 = 500;

/// A tab of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    All,
    Unpaid,
    /// Something keeps them from the ERP.
    Waiting,
    ToShip,
    PartlyShipped,
    Shipped,
    Completed,
    /// Cancelled and refunded.
    Over,
}

impl View {
    pub const ALL: [View; 8] =
        [View::All, View::Unpaid, View::Waiting, View::ToShip, View::PartlyShipped, View::Shipped, View::Completed, View::Over];
    pub fn as_str(self) -> &'static str {
        match self {
            View::All => "",
            View::Unpaid => "unpaid",
            View::Waiting => "waiting",
            View::ToShip => "to_ship",
            View::PartlyShipped => "partly_shipped",
            View::Shipped => "shipped",
            View::Completed => "completed",
            View::Over => "over",
        }
    }
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|v| v.as_str() == name).unwrap_or_default()
    }
    /// The text key of its name.
    pub fn label(self) -> &'static str {
        match self {
            View::All => "orders-tab-all",
            View::Unpaid => State::Unpaid.label(),
            View::Waiting => Sync::Blocked.label(),
            View::ToShip => State::ToShip.label(),
            View::PartlyShipped => State::PartlyShipped.label(),
            View::Shipped => State::Shipped.label(),
            View::Completed => State::Completed.label(),
            View::Over => "orders-tab-over",
        }
    }
    /// What waits for somebody is shown with the one that waits longest first.
    pub fn oldest_first(self) -> bool {
        matches!(self, View::Waiting | View::ToShip | View::PartlyShipped)
    }
    /// Ranges of an index, each in the order of the list.
    fn ranges(self) -> &'static [&'static str] {
        match self {
            View::All => &["true"],
            View::Unpaid => &["o.state = 'unpaid'"],
            View::Waiting => &["o.sync = 'blocked'"],
            View::ToShip => &["o.state = 'to_ship'"],
            View::PartlyShipped => &["o.state = 'partly_shipped'"],
            View::Shipped => &["o.state = 'shipped'"],
            View::Completed => &["o.state = 'completed'"],
            View::Over => &["o.state = 'cancelled'", "o.state = 'refunded'"],
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub view: View,
    /// An order's number, or a buyer by name, initials, id, credit code or phone.
    pub q: String,
    /// Placed at or after, and before.
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Paid at or after, and before.
    pub paid_from: Option<DateTime<Utc>>,
    pub paid_until: Option<DateTime<Utc>>,
    /// For the ERP, paid (or placed, if they go from the start) before this, and still not in its books.
    pub late: Option<DateTime<Utc>>,
    pub sync: Option<Sync>,
    pub why: Option<Why>,
    pub shop: Option<ShopId>,
    /// A customer group by its code.
    pub group: String,
    pub least: Option<Decimal>,
    pub most: Option<Decimal>,
    /// A SKU by the id the ERP knows, or a product by its id or its code in the ERP.
    pub sku: String,
    /// A lot that was sent.
    pub lot: String,
    /// A buyer by the platform's id.
    pub customer: String,
    /// The row before.
    pub after: Option<(DateTime<Utc>, OrderId)>,
}

/// An order in the list.
#[derive(Clone, Debug)]
pub struct Item {
    pub order: Order,
    pub customer: Option<Customer>,
    pub shop: String,
    /// The customer group that counts for its prices; empty without one.
    pub group: String,
    /// Where it goes, from the largest division down.
    pub region: Vec<String>,
    pub goods: Goods,
}

impl Item {
    pub fn place(&self) -> (DateTime<Utc>, OrderId) {
        (self.order.placed_at, self.order.id)
    }
}

/// What an order holds, in short.
#[derive(Clone, Debug, Default)]
pub struct Goods {
    pub kinds: i64,
    pub units: i64,
    /// The unit, where all lines have the same.
    pub unit: String,
    /// Name and spec of the first lines.
    pub first: Vec<(String, String)>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(embed)]
    order: Order,
    #[diesel(sql_type = Text)]
    shop_name: String,
    #[diesel(sql_type = Text)]
    customer_group: String,
    #[diesel(sql_type = Array<Text>)]
    region: Vec<String>,
    #[diesel(sql_type = BigInt)]
    units: i64,
    #[diesel(sql_type = Nullable<Text>)]
    unit: Option<String>,
    #[diesel(sql_type = Nullable<Jsonb>)]
    first: Option<Value>,
}

/// A division's name with those above it.
const REGION: &str = "select array_remove(array[g.name, p.name, r.name], null) as region from regions r left join regions p on p.code = r.parent_code \
     left join regions g on g.code = p.parent_code where r.code = o.region_code";

/// The group that counts of those a buyer is in.
const GROUP: &str = "select g.name from customer_group_members m join customer_groups g on g.merchant_id = m.merchant_id and g.id = m.group_id \
     where m.merchant_id = $1 and m.customer_id = o.customer_id order by g.priority, g.id limit 1";

/// Customer groups a menu shows.
const GROUPS: i64 = 60;

/// Code and name of the merchant's customer groups.
pub fn groups(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<(String, String)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        code: String,
        #[diesel(sql_type = Text)]
        name: String,
    }
    let rows: Vec<Row> =
        diesel::sql_query("select code, name from customer_groups where merchant_id = $1 order by priority, code limit $2")
            .bind::<BigInt, _>(merchant)
            .bind::<BigInt, _>(GROUPS)
            .load(c)?;
    Ok(rows.into_iter().map(|r| (r.code, r.name)).collect())
}

/// The next orders of a search, with what a line of the list says of them.
pub fn page(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64) -> Result<Vec<Item>> {
    let Some(found) = look_up(c, merchant, search)? else { return Ok(Vec::new()) };
    let mut sql = Sql::default();
    let ids = scan(&mut sql, merchant, search, &found, limit);
    items(c, merchant, sql, &ids, if search.view.oldest_first() { "asc" } else { "desc" })
}

/// The numbers of what a search finds, in the order of the list, at most `limit`.
pub fn nos(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64) -> Result<Vec<String>> {
    #[derive(QueryableByName)]
    struct No {
        #[diesel(sql_type = Text)]
        order_no: String,
    }
    let Some(found) = look_up(c, merchant, search)? else { return Ok(Vec::new()) };
    let mut sql = Sql::default();
    let ids = scan(&mut sql, merchant, search, &found, limit);
    let way = if search.view.oldest_first() { "asc" } else { "desc" };
    let text = format!(
        "with ids as materialized ({ids}) select o.order_no from ids i join orders o on o.merchant_id = $1 and o.id = i.id order by i.placed_at {way}, i.id {way}"
    );
    let rows: Vec<No> = sql.finish(text).load(c)?;
    Ok(rows.into_iter().map(|r| r.order_no).collect())
}

/// These orders with the same, what was placed first at the front.
pub fn of_nos(c: &mut PgConnection, merchant: MerchantId, nos: &[String]) -> Result<Vec<Item>> {
    let mut sql = Sql::default();
    let ids = scan::named(&mut sql, merchant, nos);
    items(c, merchant, sql, &ids, "asc")
}

/// What a line of the list says of the orders whose ids a statement finds; its first bound value is the merchant.
fn items(c: &mut PgConnection, merchant: MerchantId, sql: Sql, ids: &str, way: &str) -> Result<Vec<Item>> {
    let text = format!(
        "with ids as materialized ({ids}) select {COLUMNS}, h.name as shop_name, coalesce(d.region, '{{}}') as region, \
           coalesce(c.name, '') as customer_group, coalesce(g.units, 0)::bigint as units, g.unit, f.first \
         from ids i cross join lateral (select * from orders where merchant_id = $1 and id = i.id offset 0) o \
         join shops h on h.merchant_id = $1 and h.id = o.shop_id left join lateral ({REGION}) d on true left join lateral ({GROUP}) c on true \
         left join lateral (select sum(l.qty) as units, case when min(p.unit) = max(p.unit) then min(p.unit) end as unit from order_lines l \
            join skus k on k.merchant_id = $1 and k.id = l.sku_id join products p on p.merchant_id = $1 and p.id = k.product_id \
            where l.merchant_id = $1 and l.order_id = o.id) g on true \
         left join lateral (select jsonb_agg(jsonb_build_array(p.name, p.spec) order by l.no) as first from order_lines l \
            join skus k on k.merchant_id = $1 and k.id = l.sku_id join products p on p.merchant_id = $1 and p.id = k.product_id \
            where l.merchant_id = $1 and l.order_id = o.id and l.no <= 3) f on true \
         order by o.placed_at {way}, o.id {way}"
    );
    let rows: Vec<Row> = sql.finish(text).load(c)?;
    let ids: Vec<CustomerId> = rows.iter().map(|r| r.order.customer).collect();
    let known = customers::by_ids(c, merchant, &ids)?;
    let word = |v: &Value, n: usize| v.get(n).and_then(Value::as_str).unwrap_or_default().to_owned();
    let item = |row: Row| Item {
        customer: known.get(&row.order.customer).cloned(),
        shop: row.shop_name,
        group: row.customer_group,
        region: row.region,
        goods: Goods {
            kinds: row.order.line_count.into(),
            units: row.units,
            unit: row.unit.unwrap_or_default(),
            first: row.first.iter().filter_map(Value::as_array).flatten().map(|v| (word(v, 0), word(v, 1))).collect(),
        },
        order: row.order,
    };
    Ok(rows.into_iter().map(item).collect())
}

/// The orders a number means: the platform's, or one or more of the ERP's.
pub fn ids_of_no(c: &mut PgConnection, merchant: MerchantId, no: &str) -> Result<Vec<OrderId>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: OrderId,
    }
    let rows: Vec<Id> = diesel::sql_query(
        "select id from orders where merchant_id = $1 and order_no = $2 union (select id from orders where merchant_id = $1 and erp_order_no = $2 limit $3)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(no)
    .bind::<BigInt, _>(FEW)
    .load(c)?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// Orders per tab, each counted up to a cap.
pub fn counts(c: &mut PgConnection, merchant: MerchantId, cap: i64) -> Result<Vec<(View, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        view: String,
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    // The order keeps each count on its index, whatever share of the table belongs to this merchant.
    let count = |view: &View| {
        let ranges: Vec<String> = view
            .ranges()
            .iter()
            .map(|range| format!("(select 1 from orders o where o.merchant_id = $1 and {range} order by o.placed_at desc limit $2)"))
            .collect();
        format!(
            "select '{}' as view, (select count(*) from (select 1 from ({}) a limit $2) b) as n",
            view.as_str(),
            ranges.join(" union all ")
        )
    };
    let sql = View::ALL.iter().map(count).collect::<Vec<_>>().join(" union all ");
    let rows: Vec<Row> = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(cap).load(c)?;
    Ok(rows.into_iter().map(|row| (View::of(&row.view), row.n)).collect())
}

/// The shop's name and the divisions of one order's place.
pub fn place(c: &mut PgConnection, merchant: MerchantId, order: &Order) -> Result<(String, Vec<String>)> {
    #[derive(QueryableByName)]
    struct Where {
        #[diesel(sql_type = Text)]
        shop_name: String,
        #[diesel(sql_type = Array<Text>)]
        region: Vec<String>,
    }
    let sql = format!(
        "select h.name as shop_name, coalesce(d.region, '{{}}') as region from orders o join shops h on h.merchant_id = o.merchant_id and h.id = o.shop_id \
         left join lateral ({REGION}) d on true where o.merchant_id = $1 and o.id = $2"
    );
    let found: Where = diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<BigInt, _>(order.id).get_result(c)?;
    Ok((found.shop_name, found.region))
}
