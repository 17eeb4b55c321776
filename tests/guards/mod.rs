//! What keeps an ERP's slip from becoming everybody's loss.

mod failures;
mod freshness;
mod prices;
mod quarantine;
mod reconcile;
mod same;

use crate::support::{Cast, House};
use serde_json::{Value, json};

pub use crate::stock::{OWNER, READER, STRANGER, house, lines};

/// A house with `n` rows of ten pieces each.
pub async fn stocked(n: i64) -> (House, Cast) {
    let (house, cast) = house(n).await;
    house.push(&cast, lines(n, |_| 10)).await.expect(200);
    house.later(chrono::Duration::hours(2));
    (house, cast)
}

impl House {
    /// A's stock as `S1:10 S2:0 …`.
    pub fn quantities(&self) -> String {
        self.ask(
            "select string_agg(k.sku_id || ':' || s.erp_qty, ' ' order by k.id, s.shop_id) from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id",
        )
    }
    /// How lines of a quarantine have ended, `-` for those that wait.
    pub fn ends(&self) -> String {
        self.ask(
            "select string_agg(e, ' ' order by e) from (select coalesce(outcome, '-') || '×' || count(*) as e from parked_lines where waits_for = 'quarantine' group by outcome) x",
        )
    }
    pub async fn decide(&self, path: &str, all: &str, ids: &[&str]) -> crate::support::Answer {
        let mut form = vec![("reason", "盘点后停售")];
        if !all.is_empty() {
            form.push(("all", all));
        }
        form.extend(ids.iter().map(|id| ("id", *id)));
        self.post(path).by(OWNER).form(&form).send().await
    }
}

/// A line of stock.
pub fn one(sku: i64, qty: i64) -> Value {
    json!({ "skuId": format!("S{sku}"), "shopId": "1", "inventory": qty })
}
