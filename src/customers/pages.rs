//! `/customers`: which buyers does the ERP not know? Buyers on the left, whom the ERP may mean on the right; codes typed or
//! pasted, rows for the ERP to open accounts from, and how much of it a merchant's orders need.

mod codes;
mod export;
mod list;
mod matching;
mod pane;
mod setting;

use actix_web::web::{self, ServiceConfig};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/customers").get(list::show))
        .service(web::resource("/customers/export").get(export::csv))
        .service(web::resource("/customers/codes").get(codes::page).post(codes::run))
        .service(web::resource("/customers/{id}/match").post(matching::bind).delete(matching::unbind))
        .service(web::resource("/customers/{id}/exemption").post(matching::exempt).delete(matching::need))
        .service(web::resource("/settings/customers").get(setting::page).post(setting::choose));
}

/// An id as a piece of an address.
fn escaped(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}
