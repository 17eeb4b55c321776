//! `/stock`: how many can be bought right now, per shop, and is that right? And why: the ledger of one number, a person's
//! hold over it, and a person's hand on what the ERP said.

mod bulk;
mod done;
mod export;
mod freezes;
mod hand;
mod head;
mod hold;
mod holds;
mod list;
mod modes;
mod moves;
mod terms;
mod why;

use super::list::{Item, NEAR_DAYS};
use super::marks::Mark;
use super::shelf::Shown;
use crate::clock::{china, day, on_the_wire};
use crate::products::look;
use crate::stock::holds::list::SOON_MINUTES;
use crate::text::Text;
use actix_web::web::{self, ServiceConfig};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/stock").get(list::show))
        .service(web::resource("/stock/export").get(export::csv))
        .service(web::resource("/stock/bulk").post(bulk::ask))
        .service(web::resource("/stock/holds").post(bulk::hold).delete(bulk::release))
        .service(web::resource("/stock/limits").post(bulk::limit))
        .service(web::resource("/stock/{sku}/{shop}/why").get(why::show))
        .service(web::resource("/stock/{sku}/{shop}/quantity").post(hand::set_quantity).delete(hand::undo_quantity))
        .service(web::resource("/stock/{sku}/{shop}/hold").get(hold::ask).post(hold::start).delete(hold::release))
        .service(web::resource("/stock/{sku}/{shop}/hold/extension").post(hold::extend))
        .service(web::resource("/holds").get(holds::show))
        .service(web::resource("/freezes").get(freezes::show))
        .service(web::resource("/freezes/{no}").delete(freezes::release))
        .service(web::resource("/freezes/{no}/settlement").post(freezes::settle))
        .service(web::resource("/settings/stock").get(modes::show).post(modes::choose))
        .service(web::resource("/settings/stock/check").post(modes::check));
}

/// A row as the page shows it.
struct Line {
    now: DateTime<Utc>,
    item: Item,
    low_stock: i64,
    shown: i64,
    /// Its drawing.
    kind: &'static str,
    hue: &'static str,
    /// The reader may change it.
    may_edit: bool,
    /// Its lots, what expires first at the top.
    lots: Vec<Shown>,
    /// Units paid for since midnight.
    today: i64,
}

impl Line {
    fn of(item: Item, low_stock: i64, now: DateTime<Utc>, may_edit: bool) -> Self {
        let (kind, hue) = look::of(&item.name, &item.spec);
        Self { shown: item.stock.figures(now).shown(), item, low_stock, now, kind, hue, may_edit, lots: Vec::new(), today: 0 }
    }
    fn with_lots(self, lots: Option<Vec<Shown>>) -> Self {
        Self { lots: lots.unwrap_or_default(), ..self }
    }
    fn with_today(self, sold: Option<i64>) -> Self {
        Self { today: sold.unwrap_or_default(), ..self }
    }
    /// What goes off the shelf next.
    fn next_lot(&self) -> Option<&Shown> {
        let today = day(self.now);
        self.lots.iter().find(|lot| lot.is_for_sale(today)).or_else(|| self.lots.first())
    }
    /// The lots that may be sold, or those that may not.
    fn lots_for_sale(&self, wanted: bool) -> impl Iterator<Item = &Shown> {
        let today = day(self.now);
        self.lots.iter().filter(move |lot| lot.is_for_sale(today) == wanted)
    }
    fn is_expired(&self, lot: &Shown) -> bool {
        lot.is_expired(day(self.now))
    }
    /// It may not be sold for much longer.
    fn is_near(&self, lot: &Shown) -> bool {
        lot.days_left(day(self.now)).is_some_and(|days| days <= i64::from(NEAR_DAYS))
    }
    /// Where its lots are told.
    fn lots_base(&self) -> String {
        format!("/lots/{}/{}", escaped(&self.item.ext), self.item.stock.shop)
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
    fn automatic(&self) -> i64 {
        self.item.stock.figures(self.now).automatic()
    }
    /// Its hold ends within half an hour.
    fn ends_soon(&self) -> bool {
        self.item.stock.hold_until.is_some_and(|until| (until - self.now).num_minutes() < SOON_MINUTES)
    }
    /// How long its hold lasts.
    fn until(&self) -> Text {
        end(self.item.stock.hold_until, self.now)
    }
    /// Its address.
    fn base(&self) -> String {
        format!("/stock/{}/{}", escaped(&self.item.ext), self.item.stock.shop)
    }
    /// How the list and its forms name the row.
    fn id(&self) -> String {
        format!("{}/{}", self.item.ext, self.item.stock.shop)
    }
    fn data(&self) -> Value {
        let (row, figures) = (&self.item.stock, self.item.stock.figures(self.now));
        let marks: Vec<&str> = Mark::ALL.into_iter().filter(|m| self.is(*m)).map(Mark::as_str).collect();
        let hold = figures
            .hold
            .map(|h| json!({ "quantity": h.qty, "used": h.used, "until": row.hold_until.map(on_the_wire), "keeps": row.hold_keeps }));
        json!({
            "skuId": self.item.ext, "prodId": self.item.prod_id, "name": self.item.name, "spec": self.item.spec, "shopId": row.shop.to_string(),
            "shop": self.item.shop_name, "inventory": figures.shown(), "available": figures.available(), "automatic": figures.automatic(), "hold": hold,
            "quantity": row.erp_qty, "by": if row.by_person { "person" } else { "erp" }, "freeze": row.frozen, "saled": row.sold, "soldToday": self.today, "safety": row.safety,
            "oversell": row.oversell, "marks": marks, "version": row.version.to_string(), "reportedAt": row.reported_at.map(on_the_wire),
            "updatedAt": on_the_wire(row.updated_at),
        })
    }
}

/// An id as a piece of an address.
fn escaped(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}

/// The time of day, with the date where it is another day.
fn moment(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let (at, now) = (at.with_timezone(&china()), now.with_timezone(&china()));
    at.format(if at.date_naive() == now.date_naive() { "%H:%M" } else { "%m-%d %H:%M" }).to_string()
}

/// Hours and minutes that are left.
fn left(until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (until - now).num_minutes().max(0);
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// How long a hold lasts, in a few words.
fn end(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Text {
    match until {
        None => Text::new("hold-endless"),
        Some(until) if until <= now => Text::new("hold-waits"),
        Some(until) => Text::new("hold-until").with(moment(until, now)).with(left(until, now)),
    }
}
