//! Stock: what an ERP pushes, what a person sets, what the page shows.

mod examples;
mod freely;
mod freezing;
mod hands;
mod holding;
mod pages;
mod parallel;
mod push;
mod reservations;
mod steps;
mod upload;

use crate::support::{Answer, Cast, House, cast};
use duijie::ids::MerchantId;
use serde_json::{Value, json};

/// A house with people, and goods S1…S<n> on sale at both merchants; nothing is in stock yet.
pub async fn house(n: i64) -> (House, Cast) {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    for merchant in [cast.a, cast.b] {
        goods(&house, merchant, n);
    }
    (house, cast)
}

/// Products P1…P<n> with one SKU S1…S<n> each, approved, priced, waiting for stock.
pub fn goods(house: &House, merchant: MerchantId, n: i64) {
    house.sql(&goods_sql(merchant, n));
}

pub fn goods_sql(merchant: MerchantId, n: i64) -> String {
    format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values ({merchant}, 'c1', '药', 1, '0', 'c1'), \
           ({merchant}, 'c2', '西药', 2, 'c1', 'c1-c2'), ({merchant}, 'c3', '抗生素', 3, 'c2', 'c1-c2-c3'); \
         with p as (insert into products (merchant_id, prod_id, erp_code, name, category_id, spec, audit_status, grams, created_at, updated_at) \
           select {merchant}, 'P' || n, 'E' || n, '蒙脱石散' || n || '号', 'c3', '3g×10袋', 'approved', \
           array['@{merchant}', '蒙脱', '脱石', '石散', 'py:mtss', 'e' || n], now(), now() from generate_series(1, {n}) n returning id, prod_id) \
         insert into skus (merchant_id, sku_id, product_id, base_price, is_default, created_at, updated_at) \
           select {merchant}, 'S' || substr(prod_id, 2), id, 8.60, true, now(), now() from p order by id; \
         insert into external_ids select merchant_id, prod_id, 'product' from products where merchant_id = {merchant} \
           union all select merchant_id, sku_id, 'sku' from skus where merchant_id = {merchant}"
    )
}

impl House {
    /// A's ERP pushes lines.
    pub async fn push(&self, cast: &Cast, lines: Value) -> Answer {
        self.api(&cast.erp, "sku.inventory.update", lines).send().await
    }
    /// The figures of a row of A: quantity, owner, version.
    pub fn row(&self, sku: &str, shop: i64) -> String {
        self.ask(&format!(
            "select concat_ws(' ', s.erp_qty, s.qty_by, 'v' || s.version) from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id \
             where k.sku_id = '{sku}' and s.shop_id = {shop} order by s.merchant_id limit 1"
        ))
    }
    pub fn movements(&self) -> String {
        self.ask(
            "select string_agg(concat_ws(' ', kind, before || '→' || after, available, actor_name), ', ' order by id) from stock_movements",
        )
    }
    pub fn marks(&self) -> String {
        self.ask(
            "select string_agg(k.sku_id || '/' || m.shop_id || ' ' || m.mark, ', ' order by m.sku_id, m.shop_id, m.mark) \
             from stock_marks m join skus k on k.merchant_id = m.merchant_id and k.id = m.sku_id",
        )
    }
    /// The marks made on the way are those made anew.
    pub async fn marks_are_right(&self, merchant: MerchantId) {
        let before = self.marks();
        self.platform.db.write(move |tx| duijie::stock::remark(tx, merchant)).await.expect("remark");
        assert_eq!(before, self.marks());
    }
}

/// Stock of S1…S<n> at shop 1.
pub fn lines(n: i64, qty: impl Fn(i64) -> i64) -> Value {
    (1..=n).map(|i| json!({ "skuId": format!("S{i}"), "shopId": "1", "inventory": qty(i) })).collect()
}

/// Two-letter words for what is asserted often.
pub fn line(no: i64, outcome: &str, code: &str) -> (i64, String, String) {
    (no, outcome.to_owned(), code.to_owned())
}

pub use cast::{OWNER, READER, STRANGER};
