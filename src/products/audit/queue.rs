//! The queue: what waits for an auditor, in which order, and who is looking at it.

use crate::Result;
use crate::ids::{MerchantId, ProductId, UserId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Int2, Nullable, Text, Timestamptz};
use serde::Serialize;

/// Counting stops here.
const COUNT_CAP: i64 = 1000;
/// Among how many a free one is looked for.
const LOOKED_AT: i64 = 50;

/// The three lists of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    #[default]
    Waiting,
    Difficult,
    Skipped,
}

impl View {
    pub const ALL: [View; 3] = [View::Waiting, View::Difficult, View::Skipped];
    pub fn as_str(self) -> &'static str {
        match self {
            View::Waiting => "waiting",
            View::Difficult => "difficult",
            View::Skipped => "skipped",
        }
    }
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|v| v.as_str() == name).unwrap_or_default()
    }
    /// A skip counts until the product is submitted anew.
    fn condition(self) -> &'static str {
        match self {
            View::Waiting => {
                "i.state = 'waiting' and not exists (select 1 from audit_skips s where s.reviewer_id = $1 \
                 and (s.merchant_id, s.product_id) = (i.merchant_id, i.product_id) and s.at >= i.submitted_at)"
            }
            View::Difficult => "i.state = 'difficult'",
            View::Skipped => {
                "i.state <> 'settled' and exists (select 1 from audit_skips s where s.reviewer_id = $1 \
                 and (s.merchant_id, s.product_id) = (i.merchant_id, i.product_id) and s.at >= i.submitted_at)"
            }
        }
    }
}

/// Which part of the queue somebody works on.
#[derive(Clone, Debug)]
pub struct Filter {
    pub reviewer: UserId,
    pub view: View,
    /// The name of a second-level category; trees differ by merchant, names are what they share.
    pub category: Option<String>,
    /// A merchant's code.
    pub merchant: Option<String>,
}

/// A place in the queue: its sort key.
pub type Place = (DateTime<Utc>, i64, i64);

/// A line of the queue.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Queued {
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub merchant_id: MerchantId,
    #[diesel(sql_type = BigInt)]
    #[serde(skip)]
    pub product_id: ProductId,
    #[diesel(sql_type = Text)]
    pub merchant: String,
    #[diesel(sql_type = Text)]
    pub merchant_name: String,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    /// The best candidate's likeness when it was queued; absent without candidates.
    #[diesel(sql_type = Nullable<Int2>)]
    pub score: Option<i16>,
    #[diesel(sql_type = Timestamptz)]
    pub submitted_at: DateTime<Utc>,
    /// Somebody else who has it open.
    #[diesel(sql_type = Nullable<Text>)]
    pub holder: Option<String>,
}

impl Queued {
    pub fn place(&self) -> Place {
        (self.submitted_at, self.merchant_id.0, self.product_id.0)
    }
}

const TABLES: &str =
    "from audit_items i join products p on (p.merchant_id, p.id) = (i.merchant_id, i.product_id) join merchants m on m.id = i.merchant_id";
const IN_CATEGORY: &str = "exists (select 1 from categories l3 join categories l2 on (l2.merchant_id, l2.id) = (l3.merchant_id, l3.parent_id) \
                           where (l3.merchant_id, l3.id) = (p.merchant_id, p.category_id) and l2.name = $2)";

/// Binds of every query of the queue: $1 reviewer, $2 category, $3 merchant.
macro_rules! filtered {
    ($sql:expr, $filter:expr) => {
        diesel::sql_query($sql)
            .bind::<BigInt, _>($filter.reviewer)
            .bind::<Nullable<Text>, _>($filter.category.as_deref())
            .bind::<Nullable<Text>, _>($filter.merchant.as_deref())
    };
}

fn conditions(filter: &Filter) -> String {
    format!("{} and ($2::text is null or {IN_CATEGORY}) and ($3::text is null or m.code = $3)", filter.view.condition())
}

/// Longest wait first, after a place; one row more than asked tells that there are more.
pub fn queue(c: &mut PgConnection, filter: &Filter, now: DateTime<Utc>, after: Option<Place>, limit: i64) -> Result<Vec<Queued>> {
    walk(c, filter, now, after, limit, false)
}

/// The item before and the item after a place.
pub fn neighbours(c: &mut PgConnection, filter: &Filter, now: DateTime<Utc>, place: Place) -> Result<(Option<Queued>, Option<Queued>)> {
    Ok((walk(c, filter, now, Some(place), 1, true)?.pop(), walk(c, filter, now, Some(place), 1, false)?.pop()))
}

fn walk(c: &mut PgConnection, filter: &Filter, now: DateTime<Utc>, from: Option<Place>, limit: i64, back: bool) -> Result<Vec<Queued>> {
    let (compare, order) = if back { ("<", "desc") } else { (">", "asc") };
    let sql = format!(
        "select i.merchant_id, i.product_id, m.code as merchant, m.name as merchant_name, p.prod_id, p.name, p.spec, i.score, i.submitted_at, u.name as holder \
         {TABLES} left join users u on u.id = i.leased_by and i.leased_until > $4 and i.leased_by <> $1 \
         where {} and ($5::timestamptz is null or (i.submitted_at, i.merchant_id, i.product_id) {compare} ($5, $6, $7)) \
         order by i.submitted_at {order}, i.merchant_id {order}, i.product_id {order} limit $8",
        conditions(filter)
    );
    let (at, merchant, product) = from.map_or((None, 0, 0), |(at, m, p)| (Some(at), m, p));
    Ok(filtered!(sql, filter)
        .bind::<Timestamptz, _>(now)
        .bind::<Nullable<Timestamptz>, _>(at)
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(product)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}

/// The first item nobody else has open.
pub fn first_free(c: &mut PgConnection, filter: &Filter, now: DateTime<Utc>) -> Result<Option<Queued>> {
    let some = queue(c, filter, now, None, LOOKED_AT)?;
    Ok(some.iter().find(|q| q.holder.is_none()).or(some.first()).cloned())
}

/// How many stand in a view, and how many of them before a place; counting stops at the cap.
pub fn count(c: &mut PgConnection, filter: &Filter, before: Option<Place>) -> Result<i64> {
    let sql = format!(
        "select count(*) as n from (select 1 {TABLES} where {} and ($4::timestamptz is null or (i.submitted_at, i.merchant_id, i.product_id) < ($4, $5, $6)) limit {}) as w",
        conditions(filter),
        COUNT_CAP
    );
    let (at, merchant, product) = before.map_or((None, 0, 0), |(at, m, p)| (Some(at), m, p));
    let counted: Count =
        filtered!(sql, filter).bind::<Nullable<Timestamptz>, _>(at).bind::<BigInt, _>(merchant).bind::<BigInt, _>(product).get_result(c)?;
    Ok(counted.n)
}

#[derive(QueryableByName)]
pub(super) struct Count {
    #[diesel(sql_type = BigInt)]
    pub(super) n: i64,
}

/// What the queue can be narrowed to.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Choice {
    #[diesel(sql_type = Text)]
    pub value: String,
    #[diesel(sql_type = Text)]
    pub label: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Second-level categories and merchants of what waits longest.
pub fn choices(c: &mut PgConnection, view: View, reviewer: UserId) -> Result<(Vec<Choice>, Vec<Choice>)> {
    let everything = Filter { reviewer, view, category: None, merchant: None };
    let some = format!(
        "(select p.merchant_id, p.category_id, m.code, m.name {TABLES} where {} order by i.submitted_at limit 5000) as w",
        conditions(&everything)
    );
    let categories = filtered!(
        format!(
            "select l2.name as value, l2.name as label, count(*) as count from {some} join categories l3 on (l3.merchant_id, l3.id) = (w.merchant_id, w.category_id) \
             join categories l2 on (l2.merchant_id, l2.id) = (l3.merchant_id, l3.parent_id) group by l2.name order by count(*) desc, l2.name limit 40"
        ),
        everything
    )
    .load(c)?;
    let merchants = filtered!(format!("select w.code as value, w.name as label, count(*) as count from {some} group by w.code, w.name order by count(*) desc, w.name limit 40"), everything).load(c)?;
    Ok((categories, merchants))
}

/// A category goods can hang in.
#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Leaf {
    #[diesel(sql_type = Text)]
    pub id: String,
    #[diesel(sql_type = Text)]
    pub names: String,
}

/// The third-level categories that may be used, by their names.
pub fn leaves(c: &mut PgConnection, merchant: MerchantId) -> Result<Vec<Leaf>> {
    Ok(diesel::sql_query(
        "select l3.id, concat_ws(' › ', l1.name, l2.name, l3.name) as names from categories l3 \
         join categories l2 on (l2.merchant_id, l2.id) = (l3.merchant_id, l3.parent_id) join categories l1 on (l1.merchant_id, l1.id) = (l2.merchant_id, l2.parent_id) \
         where l3.merchant_id = $1 and l3.level = 3 and l3.enabled and l3.allowed and l2.allowed and l1.allowed order by names limit 2000",
    )
    .bind::<BigInt, _>(merchant)
    .load(c)?)
}

/// Every merchant, to narrow the records to.
pub fn merchants(c: &mut PgConnection) -> Result<Vec<Choice>> {
    Ok(diesel::sql_query("select code as value, name as label, 0::bigint as count from merchants where id <> 0 order by name limit 200")
        .load(c)?)
}
