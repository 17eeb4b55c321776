//! Whom a change of prices reaches: how many customers pay more, how many less.
//!
//! Customers of the same groups in the same region group pay the same, so that some hundred kinds of customers stand for all of
//! them; those with prices of their own are looked at one by one.

use super::quote::{self, Known};
use super::resolve::{Channel, Policy, Terms, resolve};
use super::rules::rules;
use crate::Result;
use crate::ids::{CustomerGroupId, CustomerId, MerchantId, RegionGroupId, SkuId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Int4, Nullable};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::HashMap;

/// Kinds of customers, and customers with prices of their own, that are looked at.
const KINDS: i64 = 400;
const SINGLE: i64 = 200;

/// What changes for customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Impact {
    /// Customers who pay more for at least one of the SKUs.
    pub more: i64,
    pub less: i64,
    pub customers: i64,
    /// There are more kinds of customers than were looked at.
    pub partial: bool,
}

#[derive(QueryableByName)]
struct Kind {
    #[diesel(sql_type = Array<BigInt>)]
    groups: Vec<CustomerGroupId>,
    #[diesel(sql_type = Array<Int4>)]
    priorities: Vec<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    region: Option<RegionGroupId>,
    #[diesel(sql_type = Nullable<BigInt>)]
    customer: Option<CustomerId>,
    #[diesel(sql_type = BigInt)]
    size: i64,
    #[diesel(sql_type = Bool)]
    single: bool,
}

/// What every kind of customer pays for some SKUs at a moment.
pub struct Picture {
    kinds: Vec<(i64, HashMap<SkuId, Option<Decimal>>)>,
    partial: bool,
}

impl Picture {
    pub fn take(c: &mut PgConnection, merchant: MerchantId, skus: &[SkuId], at: DateTime<Utc>) -> Result<Self> {
        let found = kinds(c, merchant, skus)?;
        let own = rules(c, merchant)?;
        let partial = found.iter().filter(|k| !k.single).count() >= usize::try_from(KINDS).unwrap_or(usize::MAX)
            || found.iter().filter(|k| k.single).count() >= usize::try_from(SINGLE).unwrap_or(usize::MAX);
        let customers: Vec<CustomerId> = found.iter().filter_map(|k| k.customer).collect();
        let offers = quote::all_offers(c, merchant, skus, &customers, at)?;
        let terms = Terms { policy: own.policy, member: own.member, channel: Channel::B2b, at };
        let kinds = found.iter().map(|kind| (kind.size, kind.pays(&terms, &offers, own.policy))).collect();
        Ok(Self { kinds, partial })
    }

    /// From this picture to a later one of the same SKUs.
    pub fn compare(&self, after: &Self) -> Impact {
        let mut impact = Impact { partial: self.partial || after.partial, ..Impact::default() };
        for ((size, before), (_, after)) in self.kinds.iter().zip(&after.kinds) {
            let moved = |up: bool| {
                before.iter().any(|(sku, was)| {
                    let is = after.get(sku).copied().flatten();
                    was.zip(is).is_some_and(|(was, is)| if up { is > was } else { is < was })
                })
            };
            impact.customers += size;
            impact.more += if moved(true) { *size } else { 0 };
            impact.less += if moved(false) { *size } else { 0 };
        }
        impact
    }
}

impl Kind {
    fn pays(&self, terms: &Terms, offers: &HashMap<SkuId, quote::Offers>, policy: Policy) -> HashMap<SkuId, Option<Decimal>> {
        let known = Known { policy, member: terms.member, groups: quote::standings(&self.groups, &self.priorities), region: self.region };
        offers.iter().map(|(sku, all)| (*sku, resolve(terms, &all.of(&known, self.customer)).price)).collect()
    }
}

/// All kinds of customers, largest first, and those who have prices of their own for one of the SKUs, each alone. Both in an
/// order that a change of prices does not move.
fn kinds(c: &mut PgConnection, merchant: MerchantId, skus: &[SkuId]) -> Result<Vec<Kind>> {
    Ok(diesel::sql_query(
        "with single as materialized (select distinct p.customer_id as id from prices p where p.merchant_id = $1 and p.sku_id = any($2) and p.customer_id > 0 \
           order by 1 limit $4), \
         k as (select k.id, k.id in (select id from single) as single, coalesce(g.groups, '{}') as groups, coalesce(g.priorities, '{}') as priorities, \
             coalesce(m0.group_id, m1.group_id, m2.group_id) as region from customers k \
           left join lateral (select array_agg(g.id order by g.id) as groups, array_agg(g.priority order by g.id) as priorities from customer_group_members m \
             join customer_groups g on g.merchant_id = $1 and g.id = m.group_id where m.merchant_id = $1 and m.customer_id = k.id) g on true \
           left join regions r0 on r0.code = k.region_code left join regions r1 on r1.code = r0.parent_code left join regions r2 on r2.code = r1.parent_code \
           left join region_group_members m0 on m0.merchant_id = $1 and m0.region_code = r0.code \
           left join region_group_members m1 on m1.merchant_id = $1 and m1.region_code = r1.code \
           left join region_group_members m2 on m2.merchant_id = $1 and m2.region_code = r2.code where k.merchant_id = $1) \
         (select groups, priorities, region, null::bigint as customer, count(*) as size, false as single from k where not single \
            group by groups, priorities, region order by count(*) desc, groups, region limit $3) union all \
         (select groups, priorities, region, id, 1, true from k where single order by id)",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(skus)
    .bind::<BigInt, _>(KINDS)
    .bind::<BigInt, _>(SINGLE)
    .load(c)?)
}
