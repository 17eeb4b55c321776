//! Prices: who pays what, how they are pushed, how people change them.

mod bad;
mod book;
mod gone;
mod groups;
mod promotion;
mod push;
mod quote;
mod reach;
mod told;

pub use crate::stock::house;
use crate::support::{Cast, House};
use duijie::ids::{CustomerId, MerchantId, ShopId, SkuId};
use duijie::pricing::{self, Buyer, Channel, Resolution};
use std::collections::HashMap;

/// 广东 with 广州 and 深圳 and its county 南山, 湖南 with 长沙.
pub const REGIONS: &str = "insert into regions (code, name, level, parent_code, area) values ('440000', '广东省', 1, '0', '华南'), \
     ('440100', '广州市', 2, '440000', '华南'), ('440300', '深圳市', 2, '440000', '华南'), ('440305', '南山区', 3, '440300', '华南'), \
     ('430000', '湖南省', 1, '0', '华中'), ('430100', '长沙市', 2, '430000', '华中'), ('430200', '株洲市', 2, '430000', '华中') on conflict do nothing;";

/// Goods, regions, and at merchant A: region groups HN (广东, 湖南) and SZ (深圳), customer groups VIP before CHAIN, customers C1 in
/// both, C2 in CHAIN, C3 in none.
pub async fn market(n: i64) -> (House, Cast) {
    let (house, cast) = house(n).await;
    let a = cast.a;
    house.sql(&format!(
        "{REGIONS} \
         insert into region_groups (merchant_id, code, name, created_at, updated_at) values ({a}, 'HN', '华南', now(), now()), ({a}, 'SZ', '深圳', now(), now()); \
         insert into region_group_members (merchant_id, region_code, group_id) \
           select {a}, r, g.id from (values ('440000', 'HN'), ('430000', 'HN'), ('440300', 'SZ')) m(r, code) join region_groups g using (code); \
         insert into customer_groups (merchant_id, code, name, level, priority, created_at, updated_at) \
           values ({a}, 'VIP', '金牌客户', 1, 10, now(), now()), ({a}, 'CHAIN', '连锁', 2, 20, now(), now()); \
         insert into customers (merchant_id, customer_id, name, region_code, name_key, created_at, updated_at) \
           select {a}, 'C' || n, '药房' || n, case n when 3 then '430000' else '440000' end, '药房' || n, now(), now() from generate_series(1, 3) n; \
         insert into customer_group_members (merchant_id, customer_id, group_id) select {a}, c.id, g.id from (values ('C1', 'VIP'), ('C1', 'CHAIN'), \
           ('C2', 'CHAIN')) m(cust, code) join customers c on c.customer_id = m.cust join customer_groups g on g.code = m.code"
    ));
    (house, cast)
}

/// A price of A's, by codes; empty is none. Dates are SQL.
pub struct Row<'a> {
    pub sku: &'a str,
    pub customer: &'a str,
    pub group: &'a str,
    pub region: &'a str,
    pub shop: i64,
    pub amount: &'a str,
    pub dates: (&'a str, &'a str),
}

pub const ROW: Row<'static> =
    Row { sku: "S1", customer: "", group: "", region: "", shop: 0, amount: "1.00", dates: ("-infinity", "infinity") };

impl Row<'_> {
    pub fn sql(&self, a: MerchantId) -> String {
        format!(
            "insert into prices (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from, valid_until, amount, owner, updated_at) \
             select {a}, k.id, coalesce((select id from customers where merchant_id = {a} and customer_id = '{}'), 0), \
             coalesce((select id from customer_groups where merchant_id = {a} and code = '{}'), 0), \
             coalesce((select id from region_groups where merchant_id = {a} and code = '{}'), 0), {}, '{}', '{}', {}, 'erp', now() \
             from skus k where k.merchant_id = {a} and k.sku_id = '{}'",
            self.customer, self.group, self.region, self.shop, self.dates.0, self.dates.1, self.amount, self.sku
        )
    }
}

/// A SKU of A's: default, retail, reference, cost, member | its other prices.
pub fn priced(house: &House, cast: &Cast, sku: &str) -> String {
    let a = cast.a;
    house.ask(&format!(
        "select concat_ws(' ', coalesce(base_price::text, '-'), coalesce(retail_price::text, '-'), coalesce(reference_price::text, '-'), \
           coalesce(cost_price::text, '-'), coalesce(member_price::text, '-'), '| ') || coalesce((select string_agg(concat_ws(' ', \
             case when p.customer_id > 0 then 'customer:' || c.customer_id when p.customer_group_id > 0 then 'group:' || g.code when p.shop_id > 0 \
               then 'shop:' || p.shop_id else 'region:' || r.code end || case when r.id is not null and (p.customer_id > 0 or p.customer_group_id > 0) \
               then '@' || r.code else '' end, p.amount, case when isfinite(valid_from) then to_char(valid_from at time zone 'Asia/Shanghai', 'YYYY-MM-DD') \
               || '–' || to_char(valid_until at time zone 'Asia/Shanghai', 'YYYY-MM-DD') end), ', ' order by p.customer_id = 0, p.customer_group_id = 0, g.code, r.code, p.valid_from) \
           from prices p left join customers c on c.merchant_id = {a} and c.id = p.customer_id left join customer_groups g on g.merchant_id = {a} \
             and g.id = p.customer_group_id left join region_groups r on r.merchant_id = {a} and r.id = p.region_group_id \
           where p.merchant_id = {a} and p.sku_id = k.id), '') from skus k where k.merchant_id = {a} and k.sku_id = '{sku}'"
    ))
}

impl House {
    pub fn id_of(&self, table: &str, column: &str, code: &str, merchant: MerchantId) -> i64 {
        self.ask(&format!("select id from {table} where merchant_id = {merchant} and {column} = '{code}'")).parse().expect("an id")
    }
    pub fn sku(&self, merchant: MerchantId, sku: &str) -> SkuId {
        SkuId(self.id_of("skus", "sku_id", sku, merchant))
    }
    pub async fn quote(&self, merchant: MerchantId, buyer: Buyer, skus: &[SkuId]) -> HashMap<SkuId, Resolution> {
        let (skus, at) = (skus.to_vec(), self.now());
        self.platform.db.read(move |c| pricing::quote(c, merchant, &buyer, &skus, at)).await.expect("a quote")
    }
    /// What a customer of A pays for a SKU shipped to a place: the price and the rule, or the reason.
    pub async fn pays(&self, cast: &Cast, customer: &str, region: &str, sku: &str) -> String {
        let customer = (!customer.is_empty()).then(|| CustomerId(self.id_of("customers", "customer_id", customer, cast.a)));
        let region = (!region.is_empty()).then(|| region.to_owned());
        self.price(cast, Buyer { customer, region, ..Buyer::default() }, sku).await
    }
    /// What a member pays in a shop.
    pub async fn member_pays(&self, cast: &Cast, shop: i64, sku: &str) -> String {
        self.price(cast, Buyer { shop: Some(ShopId(shop)), channel: Channel::MicroShop, ..Buyer::default() }, sku).await
    }
    async fn price(&self, cast: &Cast, buyer: Buyer, sku: &str) -> String {
        let id = self.sku(cast.a, sku);
        let found = self.quote(cast.a, buyer, &[id]).await.remove(&id).expect("an answer");
        match (found.price, found.rule, found.none) {
            (Some(price), Some(rule), None) => format!("{price} {}", rule.as_str()),
            (None, None, Some(reason)) => reason.as_str().to_owned(),
            _ => panic!("{found:?}"),
        }
    }
}
