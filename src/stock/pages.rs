//! `/stock`: how many can be bought right now, per shop, and is that right? And why: the ledger of one number, and a
//! person's hand on it.

mod list;
mod why;

use super::list::Item;
use super::marks::Mark;
use crate::clock::on_the_wire;
use actix_web::web::{self, ServiceConfig};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/stock").get(list::show))
        .service(web::resource("/stock/{sku}/{shop}/why").get(why::show))
        .service(web::resource("/stock/{sku}/{shop}/quantity").post(why::set_quantity).delete(why::undo_quantity));
}

/// A row as the page shows it.
struct Line {
    now: DateTime<Utc>,
    item: Item,
    low_stock: i64,
    shown: i64,
}

impl Line {
    fn of(item: Item, low_stock: i64, now: DateTime<Utc>) -> Self {
        Self { shown: item.stock.figures(now).shown(), item, low_stock, now }
    }
    fn is(&self, mark: Mark) -> bool {
        mark.is_on(&self.item.stock, self.low_stock, self.now)
    }
    fn is_low(&self) -> bool {
        self.is(Mark::Low)
    }
    fn is_out(&self) -> bool {
        self.is(Mark::Out)
    }
    fn is_short(&self) -> bool {
        self.is(Mark::Short)
    }
    fn short(&self) -> i64 {
        self.item.stock.figures(self.now).short()
    }
    fn is_held(&self) -> bool {
        self.is(Mark::Held)
    }
    fn is_drifting(&self) -> bool {
        self.is(Mark::Drift)
    }
    fn data(&self) -> Value {
        let (row, figures) = (&self.item.stock, self.item.stock.figures(self.now));
        let marks: Vec<&str> = Mark::ALL.into_iter().filter(|m| self.is(*m)).map(Mark::as_str).collect();
        json!({
            "skuId": self.item.ext, "prodId": self.item.prod_id, "name": self.item.name, "spec": self.item.spec, "shopId": row.shop.to_string(),
            "shop": self.item.shop_name, "inventory": figures.shown(), "available": figures.available(), "automatic": figures.automatic(), "quantity": row.erp_qty,
            "by": if row.by_person { "person" } else { "erp" }, "freeze": row.frozen, "saled": row.sold, "marks": marks,
            "version": row.version.to_string(), "reportedAt": row.reported_at.map(on_the_wire), "updatedAt": on_the_wire(row.updated_at),
        })
    }
}
