//! `/orders`: what must leave today, and what is stuck? And one order: where it stands, what it holds, what has happened to it,
//! and what keeps it from the ERP with the way out beside it.

mod act;
mod bulk;
mod detail;
mod export;
mod filter;
mod list;
mod paper;
mod settings;
mod trace;

use crate::text::Text;
use actix_web::web::{self, ServiceConfig};
use chrono::{DateTime, Utc};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/orders").get(list::show))
        .service(web::resource("/orders/export").get(export::csv))
        .service(web::resource("/orders/picks").get(paper::picks))
        .service(web::resource("/settings/orders").get(settings::page).post(settings::save))
        .service(web::resource("/settings/orders/statuses").post(settings::explain).delete(settings::forget))
        .service(web::resource("/orders/bulk").post(bulk::ask))
        .service(web::resource("/orders/handing").post(bulk::act))
        .service(web::resource("/orders/{no}").get(detail::show))
        .service(web::resource("/orders/{no}/print").get(paper::print))
        .service(web::resource("/orders/{no}/hold").post(act::hold).delete(act::release))
        .service(web::resource("/orders/{no}/handing").post(act::resend))
        .service(web::resource("/orders/{no}/customer").post(act::customer))
        .service(web::resource("/orders/{no}/steps").post(act::confirm))
        .service(web::resource("/orders/{no}/shipments/{shipment}").delete(act::withdraw_shipment))
        .service(web::resource("/orders/{no}/packages/{package}").delete(act::withdraw_package));
}

/// A number as a piece of an address.
fn escaped(no: &str) -> String {
    form_urlencoded::byte_serialize(no.as_bytes()).collect::<String>().replace('+', "%20")
}

/// How long something has waited.
fn waited(since: DateTime<Utc>, now: DateTime<Utc>) -> Text {
    let minutes = (now - since).num_minutes().max(0);
    match (minutes / 1440, minutes / 60, minutes % 60) {
        (0, 0, m) => Text::new("orders-waited-m").with(m),
        (0, h, m) => Text::new("orders-waited-hm").with(h).with(m),
        (d, h, _) => Text::new("orders-waited-dh").with(d).with(h % 24),
    }
}
