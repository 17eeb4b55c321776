//! What the stock page asks for: fifty rows from any place, by index alone, and counts that stop at a thousand.

use super::marks::Mark;
use super::row::{COLUMNS, Row};
use crate::Result;
use crate::catalog::grams;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::products::reads::Listing;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Nullable, Text, Timestamptz};
use std::collections::HashMap;

/// Up to so many SKUs that match a search are looked up one by one; beyond, the list is walked, since every few rows match.
const FEW: i64 = 2000;

/// A row with the names people know it by.
#[derive(QueryableByName, Clone, Debug)]
pub struct Item {
    #[diesel(embed)]
    pub stock: Row,
    /// The SKU's id at the merchant.
    #[diesel(sql_type = Text)]
    pub ext: String,
    #[diesel(sql_type = Text)]
    pub code: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub spec: String,
    #[diesel(sql_type = Text)]
    pub prod_id: String,
    #[diesel(sql_type = Text)]
    pub shop_name: String,
    #[diesel(sql_type = Text)]
    pub unit: String,
}

impl Item {
    pub fn place(&self) -> (SkuId, ShopId) {
        (self.stock.sku, self.stock.shop)
    }
}

/// A lot that expires within so many days is near its end (B-06).
pub const NEAR_DAYS: i32 = 90;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub mark: Option<Mark>,
    /// Today: only places with a lot that is near its end.
    pub near: Option<NaiveDate>,
    pub shop: Option<ShopId>,
    pub q: String,
    /// Leaves of the category tree; empty: any.
    pub leaves: Vec<String>,
    /// How the product is listed.
    pub listing: Option<Listing>,
    /// A person set the number, or the ERP did.
    pub by_person: Option<bool>,
    pub after: Option<(SkuId, ShopId)>,
}

impl Search {
    /// It asks for goods, not only for figures.
    fn is_for_goods(&self) -> bool {
        !self.q.is_empty() || !self.leaves.is_empty() || self.listing.is_some()
    }
    /// The condition on a product `p`; `ways` is the number of the first of three parameters, the leaves and the listing follow.
    fn of_goods(&self, ways: usize) -> String {
        let (two, three, leaves, listing) = (ways + 1, ways + 2, ways + 3, ways + 4);
        let named = if self.q.is_empty() {
            format!("${ways}::text[] is not null and ${two}::text[] is not null and ${three}::text[] is not null")
        } else {
            format!("(p.grams @> ${ways} or p.grams @> ${two} or p.grams @> ${three})")
        };
        let placed =
            if self.leaves.is_empty() { format!("${leaves}::text[] is not null") } else { format!("p.category_id = any(${leaves})") };
        let listed = if self.listing.is_none() { format!("${listing} = ''") } else { format!("p.listing = ${listing}") };
        format!("{named} and {placed} and {listed}")
    }
    fn listing(&self) -> &'static str {
        self.listing.map_or("", Listing::as_str)
    }
}

/// `$1` merchant, `$2`/`$3` the place to start after, `$4` the shop, `$5` the mark, `$6` SKUs, `$7`–`$9` ways to be found,
/// `$10` leaves, `$11` the listing, `$12` today.
pub fn page(c: &mut PgConnection, merchant: MerchantId, search: &Search, limit: i64) -> Result<Vec<Item>> {
    let ways = Ways::of(&search.q);
    let found = if search.is_for_goods() { matching(c, merchant, search, &ways)? } else { Vec::new() };
    if search.is_for_goods() && found.is_empty() {
        return Ok(Vec::new());
    }
    let few = found.len() <= usize::try_from(FEW).unwrap_or(usize::MAX);
    let sql = statement(search, few, limit);
    let (sku, shop) = search.after.unwrap_or((SkuId(0), ShopId(0)));
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(sku)
        .bind::<BigInt, _>(shop)
        .bind::<BigInt, _>(search.shop.unwrap_or(ShopId(0)))
        .bind::<Text, _>(search.mark.map_or("", Mark::as_str))
        .bind::<Array<BigInt>, _>(found)
        .bind::<Array<Text>, _>(ways.get(0))
        .bind::<Array<Text>, _>(ways.get(1))
        .bind::<Array<Text>, _>(ways.get(2))
        .bind::<Array<Text>, _>(&search.leaves)
        .bind::<Text, _>(search.listing())
        .bind::<Nullable<Date>, _>(search.near)
        .load(c)?)
}

/// First the fifty places, by one walk along an index, then everything about them. Written out per question, so that no plan
/// has to guess which parameters are set; those a question does not need are compared with nothing.
pub fn statement(search: &Search, few: bool, limit: i64) -> String {
    let near = near("$12");
    let from = match (search.near, search.mark) {
        (Some(_), _) => format!("(select distinct merchant_id, sku_id, shop_id from lots where merchant_id = $1 and {near})"),
        (None, Some(_)) => "stock_marks".to_owned(),
        (None, None) => "stock".to_owned(),
    };
    let mut wanted = vec!["t.merchant_id = $1".to_owned()];
    wanted.push(if search.near.is_none() && search.mark.is_some() { "t.mark = $5" } else { "$5 is not null" }.to_owned());
    wanted.push(
        if search.shop.is_some() { "t.shop_id = $4 and t.sku_id > $2 and $3 >= 0" } else { "(t.sku_id, t.shop_id) > ($2, $3) and $4 = 0" }
            .to_owned(),
    );
    wanted.push(if search.near.is_some() { "true" } else { "$12::date is null" }.to_owned());
    let goods = search.of_goods(7);
    // `is true` keeps the planner from collecting a large part of all products first.
    wanted.push(match (search.is_for_goods(), few) {
        (false, _) => format!("$6::bigint[] is not null and {goods}"),
        (true, true) => {
            let silent = Search::default().of_goods(7).replace("$11 = ''", "$11 is not null");
            format!("t.sku_id = any($6) and {silent}")
        }
        (true, false) => format!(
            "$6::bigint[] is not null and exists (select 1 from skus k join products p on p.merchant_id = k.merchant_id and p.id = k.product_id \
             where k.merchant_id = t.merchant_id and k.id = t.sku_id and ({goods}) is true offset 0)"
        ),
    });
    let plain = search.near.is_none() && search.mark.is_none();
    wanted.push(match search.by_person {
        None => "true".to_owned(),
        Some(person) if plain => if person { "t.qty_by = 'person'" } else { "t.qty_by <> 'person'" }.to_owned(),
        Some(person) => format!(
            "exists (select 1 from stock b where b.merchant_id = t.merchant_id and b.sku_id = t.sku_id and b.shop_id = t.shop_id and (b.qty_by = 'person') = {person} offset 0)"
        ),
    });
    format!(
        "with places as materialized (select t.sku_id, t.shop_id from {from} t where {} order by t.sku_id, t.shop_id limit {limit}) \
         select {COLUMNS}, null::tid as place, k.sku_id as ext, k.code, p.name, p.spec, p.prod_id, h.name as shop_name, p.unit from places \
         cross join lateral (select * from stock where merchant_id = $1 and sku_id = places.sku_id and shop_id = places.shop_id offset 0) s \
         cross join lateral (select * from skus where merchant_id = $1 and id = s.sku_id offset 0) k \
         cross join lateral (select * from products where merchant_id = $1 and id = k.product_id offset 0) p \
         cross join lateral (select * from shops where merchant_id = $1 and id = s.shop_id offset 0) h order by places.sku_id, places.shop_id",
        wanted.join(" and ")
    )
}

/// A lot of `lots` that is near its end.
fn near(today: &str) -> String {
    format!("coalesce(expires_on, date '9999-12-31') between {today} and {today} + {NEAR_DAYS}")
}

/// Up to three ways in which a text finds a product; unused ones repeat the first.
struct Ways(Vec<Vec<String>>);

impl Ways {
    fn of(q: &str) -> Self {
        Self(grams::query(q))
    }
    fn get(&self, place: usize) -> Vec<String> {
        self.0.get(place).or_else(|| self.0.first()).cloned().unwrap_or_else(|| vec![String::new()])
    }
}

/// The SKUs a search finds, up to [`FEW`] of them.
pub fn found(c: &mut PgConnection, merchant: MerchantId, q: &str) -> Result<Vec<SkuId>> {
    let search = Search { q: q.to_owned(), ..Search::default() };
    let mut found = matching(c, merchant, &search, &Ways::of(q))?;
    found.truncate(usize::try_from(FEW).unwrap_or(usize::MAX));
    Ok(found)
}

/// SKUs found by their product, or by their own id, one more than [`FEW`] at most.
fn matching(c: &mut PgConnection, merchant: MerchantId, search: &Search, ways: &Ways) -> Result<Vec<SkuId>> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = BigInt)]
        id: SkuId,
    }
    let by_id = Search { q: String::new(), ..search.clone() };
    let sql = format!(
        "select k.id from skus k join products p on p.merchant_id = $1 and p.id = k.product_id where k.merchant_id = $1 and $2 <> '' and k.sku_id = $2 and {} union \
         (select k.id from (select p.id from products p where p.merchant_id = $1 and {} limit $8) p \
          cross join lateral (select id from skus where merchant_id = $1 and product_id = p.id offset 0) k limit $8)",
        by_id.of_goods(3),
        search.of_goods(3)
    );
    let found: Vec<Found> = diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Text, _>(&search.q)
        .bind::<Array<Text>, _>(ways.get(0))
        .bind::<Array<Text>, _>(ways.get(1))
        .bind::<Array<Text>, _>(ways.get(2))
        .bind::<Array<Text>, _>(&search.leaves)
        .bind::<Text, _>(search.listing())
        .bind::<BigInt, _>(FEW + 1)
        .load(c)?;
    Ok(found.into_iter().map(|f| f.id).collect())
}

/// One row with its names.
pub fn one(c: &mut PgConnection, merchant: MerchantId, ext: &str, shop: ShopId) -> Result<Item> {
    let sql = format!(
        "select {COLUMNS}, null::tid as place, k.sku_id as ext, k.code, p.name, p.spec, p.prod_id, h.name as shop_name, p.unit from skus k \
         join stock s on s.merchant_id = k.merchant_id and s.sku_id = k.id and s.shop_id = $3 \
         join products p on p.merchant_id = k.merchant_id and p.id = k.product_id join shops h on h.merchant_id = k.merchant_id and h.id = s.shop_id \
         where k.merchant_id = $1 and k.sku_id = $2"
    );
    Ok(diesel::sql_query(sql).bind::<BigInt, _>(merchant).bind::<Text, _>(ext).bind::<BigInt, _>(shop).get_result(c)?)
}

/// Rows with their names, by the SKU's id at the merchant and the shop; what is not there is left out.
pub fn of_places(c: &mut PgConnection, merchant: MerchantId, places: &[(String, ShopId)]) -> Result<Vec<Item>> {
    let sql = format!(
        "select {COLUMNS}, null::tid as place, k.sku_id as ext, k.code, p.name, p.spec, p.prod_id, h.name as shop_name, p.unit from unnest($2, $3) as l(ext, shop) \
         join skus k on k.merchant_id = $1 and k.sku_id = l.ext join stock s on s.merchant_id = $1 and s.sku_id = k.id and s.shop_id = l.shop \
         join products p on p.merchant_id = $1 and p.id = k.product_id join shops h on h.merchant_id = $1 and h.id = s.shop_id order by s.sku_id, s.shop_id"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<Array<Text>, _>(places.iter().map(|p| p.0.as_str()).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
        .load(c)?)
}

/// Rows per tab, each counted up to a cap.
#[derive(QueryableByName, Clone, Copy, Debug, Default)]
pub struct Counts {
    #[diesel(sql_type = BigInt)]
    pub all: i64,
    #[diesel(sql_type = BigInt)]
    pub low: i64,
    #[diesel(sql_type = BigInt)]
    pub out: i64,
    #[diesel(sql_type = BigInt)]
    pub short: i64,
    #[diesel(sql_type = BigInt)]
    pub drift: i64,
    #[diesel(sql_type = BigInt)]
    pub held: i64,
    #[diesel(sql_type = BigInt)]
    pub lots: i64,
    /// Places with a lot that is near its end.
    #[diesel(sql_type = BigInt)]
    pub near: i64,
}

impl Counts {
    pub fn of(&self, mark: Option<Mark>) -> i64 {
        match mark {
            None => self.all,
            Some(Mark::Low) => self.low,
            Some(Mark::Out) => self.out,
            Some(Mark::Short) => self.short,
            Some(Mark::Drift) => self.drift,
            Some(Mark::Held) => self.held,
            Some(Mark::Lots) => self.lots,
        }
    }
}

pub fn counts(c: &mut PgConnection, merchant: MerchantId, shop: Option<ShopId>, today: NaiveDate, cap: i64) -> Result<Counts> {
    let here = if shop.is_some() { "shop_id = $2" } else { "$2 = 0" };
    // The order keeps a count on its index, whatever share of the table belongs to this merchant.
    let count = |from: &str, mark: &str| {
        format!(
            "(select count(*) from (select 1 from {from} where merchant_id = $1 and {here}{mark} order by sku_id, shop_id limit {cap}) x)"
        )
    };
    let marked = |mark: Mark| count("stock_marks", &format!(" and mark = '{}'", mark.as_str()));
    // A place has few lots: so many of the next to expire make as many places as are counted.
    let near = format!(
        "(select count(*) from (select 1 from (select sku_id, shop_id from lots where merchant_id = $1 and {here} and {} \
         order by coalesce(expires_on, date '9999-12-31') limit {cap} * 4) o group by sku_id, shop_id limit {cap}) x)",
        near("$3")
    );
    let sql = format!(
        "select {} as all, {} as low, {} as out, {} as short, {} as drift, {} as held, {} as lots, {near} as near",
        count("stock", ""),
        marked(Mark::Low),
        marked(Mark::Out),
        marked(Mark::Short),
        marked(Mark::Drift),
        marked(Mark::Held),
        marked(Mark::Lots)
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(shop.unwrap_or(ShopId(0)))
        .bind::<Date, _>(today)
        .get_result(c)?)
}

/// Units of these places that were paid for since a time, less what was given back; places where nothing moved are absent.
pub fn sold_since(
    c: &mut PgConnection,
    merchant: MerchantId,
    places: &[(SkuId, ShopId)],
    since: DateTime<Utc>,
) -> Result<HashMap<(SkuId, ShopId), i64>> {
    #[derive(QueryableByName)]
    struct Sold {
        #[diesel(sql_type = BigInt)]
        sku: SkuId,
        #[diesel(sql_type = BigInt)]
        shop: ShopId,
        #[diesel(sql_type = BigInt)]
        sold: i64,
    }
    let rows: Vec<Sold> = diesel::sql_query(
        "select l.sku, l.shop, m.sold from unnest($2, $3) as l(sku, shop) cross join lateral (select sum(d_sold)::bigint as sold from stock_movements \
         where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop and at >= $4) m where m.sold is not null",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(since)
    .load(c)?;
    Ok(rows.into_iter().map(|s| ((s.sku, s.shop), s.sold)).collect())
}
