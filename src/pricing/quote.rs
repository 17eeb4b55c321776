//! Prices of one buyer for any number of SKUs: two statements, and then thinking only.

use super::resolve::{Channel, Member, Offer, Policy, Reason, Resolution, Rule, Standing, Terms, resolve};
use crate::Result;
use crate::db::Prepare;
use crate::ids::{CustomerGroupId, CustomerId, MerchantId, RegionGroupId, ShopId, SkuId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// For so long a price that is over still shows on the ladder.
const REMEMBERED_DAYS: i64 = 90;

/// Who buys, where from, how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    pub customer: Option<CustomerId>,
    /// The division code of the place it ships to: a province, city or county.
    pub region: Option<String>,
    pub shop: Option<ShopId>,
    pub channel: Channel,
}

/// What a merchant's rules and groups make of a buyer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub policy: Policy,
    pub member: Member,
    pub groups: Vec<Standing>,
    pub region: Option<RegionGroupId>,
}

#[derive(QueryableByName)]
struct Context {
    #[diesel(sql_type = Nullable<Text>)]
    policy: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    member: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    region: Option<RegionGroupId>,
    #[diesel(sql_type = Array<BigInt>)]
    groups: Vec<CustomerGroupId>,
    #[diesel(sql_type = Array<Int4>)]
    priorities: Vec<i32>,
}

/// A city's own group comes before that of its province; a county has none of its own.
pub fn known(c: &mut PgConnection, merchant: MerchantId, buyer: &Buyer) -> Result<Known> {
    let found: Context = diesel::sql_query(
        "with recursive up as ( \
           select r.code, r.parent_code, 1 as far from regions r where r.code = $3 \
           union all select r.code, r.parent_code, up.far + 1 from up join regions r on r.code = up.parent_code), \
         g as (select g.id, g.priority from customer_group_members m join customer_groups g on g.merchant_id = $1 and g.id = m.group_id \
           where m.merchant_id = $1 and m.customer_id = $2) \
         select (select policy from price_rules where merchant_id = $1) as policy, (select member from price_rules where merchant_id = $1) as member, \
           (select m.group_id from up join region_group_members m on m.merchant_id = $1 and m.region_code = up.code order by up.far limit 1) as region, \
           coalesce((select array_agg(id order by id) from g), '{}') as groups, coalesce((select array_agg(priority order by id) from g), '{}') as priorities",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<BigInt, _>(buyer.customer.map_or(0, |id| id.0))
    .bind::<Text, _>(buyer.region.as_deref().unwrap_or_default())
    .prepared().get_result(c)?;
    Ok(Known {
        policy: found.policy.as_deref().map_or(Policy::default(), Policy::of),
        member: found.member.as_deref().map_or(Member::default(), Member::of),
        groups: standings(&found.groups, &found.priorities),
        region: found.region,
    })
}

/// One price of one SKU, or the SKU with none but its own.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    sku_id: SkuId,
    #[diesel(sql_type = Nullable<Numeric>)]
    base_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    member_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<BigInt>)]
    customer: Option<CustomerId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    customer_group: Option<CustomerGroupId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    region_group: Option<RegionGroupId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    shop: Option<ShopId>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    valid_from: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    valid_until: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Numeric>)]
    amount: Option<Decimal>,
}

/// The prices of these SKUs that name the buyer: for each SKU a few steps down one index, however many others it has.
const OFFERS: &str = "select s.id as sku_id, s.base_price, s.member_price, p.* from (select distinct id from unnest($2) u(id)) w \
     cross join lateral (select k.id, k.base_price, k.member_price from skus k where k.merchant_id = $1 and k.id = w.id offset 0) s \
     left join lateral (select customer, customer_group, region_group, shop, nullif(nullif(valid_from, '-infinity'), 'epoch') as valid_from, \
         nullif(valid_until, 'infinity') as valid_until, amount from prices \
       where merchant_id = $1 and sku_id = s.id and customer_id = any($3) and customer_group_id = any($4) and region_group_id = any($5) \
         and shop_id = any($6) and valid_until > $7 offset 0) p on true";

/// What a buyer pays for each of these SKUs at a moment, with the ladder behind it; one answer per SKU, whatever it is.
///
/// # Errors
/// Only for faults of the database.
pub fn quote(
    c: &mut PgConnection,
    merchant: MerchantId,
    buyer: &Buyer,
    skus: &[SkuId],
    at: DateTime<Utc>,
) -> Result<HashMap<SkuId, Resolution>> {
    if skus.is_empty() {
        return Ok(HashMap::new());
    }
    let known = known(c, merchant, buyer)?;
    let or_none = |id: Option<i64>| -> Vec<i64> { std::iter::once(0).chain(id).collect() };
    let rows: Vec<Row> = diesel::sql_query(OFFERS)
        .bind::<BigInt, _>(merchant)
        .bind::<Array<BigInt>, _>(skus)
        .bind::<Array<BigInt>, _>(or_none(buyer.customer.map(|id| id.0)))
        .bind::<Array<BigInt>, _>(std::iter::once(0).chain(known.groups.iter().map(|g| g.id.0)).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(or_none(known.region.map(|id| id.0)))
        .bind::<Array<BigInt>, _>(or_none(buyer.shop.map(|id| id.0)))
        .bind::<Timestamptz, _>(at - Duration::days(REMEMBERED_DAYS))
        .load(c)?;
    let terms = Terms { policy: known.policy, member: known.member, channel: buyer.channel, at };
    let mut offers: HashMap<SkuId, Vec<Offer>> = HashMap::with_capacity(skus.len());
    for row in rows {
        let mine = offers.entry(row.sku_id).or_insert_with(|| own(&row));
        mine.extend(row.offer(&known));
    }
    let answer = |sku: &SkuId| offers.get(sku).map_or_else(|| Resolution::nothing(Reason::UnknownSku), |offers| resolve(&terms, offers));
    Ok(skus.iter().map(|sku| (*sku, answer(sku))).collect())
}

/// What everybody may pay.
fn own(row: &Row) -> Vec<Offer> {
    let kinds = [(Rule::Default, row.base_price), (Rule::Member, row.member_price)];
    kinds.into_iter().filter_map(|(rule, amount)| Some(Offer::new(rule, amount?))).collect()
}

impl Row {
    fn offer(&self, known: &Known) -> Option<Offer> {
        let rule = match (self.customer, self.customer_group, self.region_group, self.shop) {
            (Some(_), _, Some(_), _) => Rule::CustomerRegion,
            (Some(_), _, None, _) => Rule::Customer,
            (_, Some(_), Some(_), _) => Rule::GroupRegion,
            (_, Some(_), None, _) => Rule::Group,
            (_, _, Some(_), _) => Rule::Region,
            (_, _, None, Some(_)) => Rule::MemberShop,
            // Everybody, for a time.
            (_, _, None, None) => Rule::Default,
        };
        let group = match self.customer_group {
            Some(id) => Some(known.groups.iter().copied().find(|g| g.id == id)?),
            None => None,
        };
        let (region, shop, from, until) = (self.region_group, self.shop, self.valid_from, self.valid_until);
        Some(Offer { rule, amount: self.amount?, group, region, shop, from, until })
    }
}

/// All that could be offered for a SKU, whoever asks.
pub struct Offers {
    own: Vec<Offer>,
    rows: Vec<Row>,
}

impl Offers {
    /// Those that name this buyer.
    pub fn of(&self, known: &Known, customer: Option<CustomerId>) -> Vec<Offer> {
        let mine = |row: &&Row| {
            row.shop.is_none()
                && (row.customer.is_none() || row.customer == customer)
                && (row.region_group.is_none() || row.region_group == known.region)
        };
        self.own.iter().copied().chain(self.rows.iter().filter(mine).filter_map(|row| row.offer(known))).collect()
    }
}

/// The offers of all groups, and of these customers, for some SKUs: read once, asked by many buyers.
pub(super) fn all_offers(
    c: &mut PgConnection,
    merchant: MerchantId,
    skus: &[SkuId],
    customers: &[CustomerId],
    at: DateTime<Utc>,
) -> Result<HashMap<SkuId, Offers>> {
    let rows: Vec<Row> = diesel::sql_query(
        "select s.id as sku_id, s.base_price, s.member_price, p.* from skus s left join lateral (select customer, customer_group, region_group, shop, \
           nullif(nullif(valid_from, '-infinity'), 'epoch') as valid_from, nullif(valid_until, 'infinity') as valid_until, amount from prices \
           where merchant_id = $1 and sku_id = s.id and customer_id = any($3) and shop_id = 0 and valid_until > $4 offset 0) p on true \
         where s.merchant_id = $1 and s.id = any($2)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(skus)
    .bind::<Array<BigInt>, _>(std::iter::once(0).chain(customers.iter().map(|id| id.0)).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(at)
    .load(c)?;
    let mut found: HashMap<SkuId, Offers> = HashMap::with_capacity(skus.len());
    for row in rows {
        let offers = found.entry(row.sku_id).or_insert_with(|| Offers { own: own(&row), rows: Vec::new() });
        if row.amount.is_some() {
            offers.rows.push(row);
        }
    }
    Ok(found)
}

/// Groups with their priorities.
pub(super) fn standings(groups: &[CustomerGroupId], priorities: &[i32]) -> Vec<Standing> {
    groups.iter().zip(priorities).map(|(id, priority)| Standing { priority: *priority, id: *id }).collect()
}
