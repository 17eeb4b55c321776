//! Orders: the buyer's click, the ERP's books, the receipt.

mod delivery;
mod feed;
mod leaving;
mod locks;
mod pages;
mod papers;
mod shipping;
mod shots;
mod statuses;
mod story;
mod ways;
mod wholesale;
mod withdrawing;

pub use crate::stock::{OWNER, READER, house};
use crate::support::{Answer, Cast, House};
use serde_json::{Value, json};

/// A house with goods S1…S<n> on sale at merchant A, `stock` of each at shop 1.
pub async fn shop(n: i64, stock: i64) -> (House, Cast) {
    let (house, cast) = house(n).await;
    house.push(&cast, crate::stock::lines(n, |_| stock)).await.expect(200);
    (house, cast)
}

/// An order of so many units of each SKU by customer C1.
pub fn order(no: &str, items: &[(&str, i64)]) -> Value {
    json!({
        "orderNo": no, "shopId": "1", "customer": { "customerId": "C1", "name": "康泽大药房" },
        "items": items.iter().map(|(sku, qty)| json!({ "skuId": sku, "quantity": qty })).collect::<Vec<_>>(),
        "delivery": { "consignee": "陈思", "phone": "10000000001", "address": "天河路 1 号" },
    })
}

impl House {
    /// The storefront says something of A's orders.
    pub async fn sells(&self, cast: &Cast, what: &str, body: Value) -> Answer {
        self.api(&cast.storefront, &format!("order.{what}"), body).send().await
    }
    /// A's ERP asks or says something.
    pub async fn erp(&self, cast: &Cast, what: &str, body: Value) -> Answer {
        self.api(&cast.erp, &format!("order.{what}"), body).send().await
    }
    pub async fn place(&self, cast: &Cast, no: &str, items: &[(&str, i64)]) {
        self.sells(cast, "create", order(no, items)).await.expect(200);
    }
    pub async fn pay(&self, cast: &Cast, no: &str) {
        self.sells(cast, "pay", json!({ "orderNo": no })).await.expect(200);
    }
    /// Placed and paid.
    pub async fn buy(&self, cast: &Cast, no: &str, items: &[(&str, i64)]) {
        self.place(cast, no, items).await;
        self.pay(cast, no).await;
    }
    /// The numbers of the orders A's ERP is handed, and the page's cursor.
    pub async fn pull(&self, cast: &Cast, body: Value) -> (Vec<String>, Option<String>) {
        let page = self.erp(cast, "list.get", body).await.expect(200).value()["data"].clone();
        let nos = page["records"].as_array().expect("records").iter().map(|o| o["basic"]["orderNo"].as_str().expect("a number").to_owned());
        (nos.collect(), page["cursor"].as_str().map(ToOwned::to_owned))
    }
    /// State, way into the ERP, reason to wait.
    pub fn order(&self, no: &str) -> String {
        self.ask(&format!("select concat_ws(' ', state, sync, waits) from orders where order_no = '{no}'"))
    }
    pub fn happened(&self, no: &str) -> String {
        self.ask(&format!(
            "select string_agg(concat_ws(' ', kind, origin), ', ' order by e.id) from order_events e join orders o on o.id = e.order_id where o.order_no = '{no}'"
        ))
    }
}

pub fn now_of(answer: &Answer) -> Value {
    answer.value()["data"]["lines"][0]["now"].clone()
}
