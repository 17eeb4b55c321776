//! Lots: what an ERP tells, what follows for stock, what a person stops, what the pages show.

mod expiry;
mod freely;
mod pages;
mod replacing;

use crate::support::{Answer, Cast, House};
use serde_json::{Value, json};

pub use crate::stock::{house, line};

impl House {
    /// A's ERP tells lots.
    pub async fn tell(&self, cast: &Cast, lines: Value) -> Answer {
        self.api(&cast.erp, "prod.batch.replace", lines).send().await
    }
    /// The lots of A at shop 1, as `no quantity expiry`.
    pub fn lots(&self, sku: &str) -> String {
        self.ask(&format!(
            "select string_agg(concat_ws(' ', o.lot_no, o.qty, o.expires_on), ', ' order by o.lot_no) from lots o \
             join skus k on k.merchant_id = o.merchant_id and k.id = o.sku_id where k.sku_id = '{sku}' and o.shop_id = 1"
        ))
    }
    /// What a row of stock makes of its lots: number, withheld, until, sum.
    pub fn shelf(&self, sku: &str) -> String {
        self.ask(&format!(
            "select concat_ws(' ', s.erp_qty, s.withheld, coalesce(s.lots_until::text, '-'), coalesce(s.lots_qty::text, '-')) from stock s \
             join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id where k.sku_id = '{sku}' and s.shop_id = 1 order by s.merchant_id limit 1"
        ))
    }
    /// Counters and lots are what they count.
    pub async fn nothing_differs(&self, cast: &Cast) {
        let merchant = cast.a;
        let found = self.platform.db.snapshot(move |c| duijie::stock::verify::check(c, merchant)).await.expect("check");
        assert_eq!(found.differences, []);
    }
}

/// One lot.
pub fn lot(no: &str, expires: &str, quantity: i64) -> Value {
    json!({ "lotNo": no, "expiresOn": expires, "quantity": quantity })
}

/// All lots of a SKU at shop 1.
pub fn told(sku: &str, lots: &[Value]) -> Value {
    json!({ "skuId": sku, "shopId": "1", "lots": lots })
}
