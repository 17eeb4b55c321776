//! The pages of prices: the price book, who pays what, the rules, the groups, and a product's price tab (UI §4.4, §4.9, §4.10).

mod book;
mod changes;
mod customers;
mod promotion;
mod regions;
mod rules;
mod tab;
mod why;

use actix_web::web::{self, ServiceConfig};

/// Before the routes of products: a product's price tab is one of these.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/prices").get(book::page).post(changes::apply).delete(changes::undo))
        .service(web::resource("/prices/changes").post(changes::preview))
        .service(web::resource("/prices/preview").get(why::page))
        .service(web::resource("/prices/promotion").get(promotion::page))
        .service(web::resource("/prices/rules").get(rules::page).post(rules::save))
        .service(web::resource("/groups/regions").get(regions::list).post(regions::create))
        .service(web::resource("/groups/regions/{id}").get(regions::one).post(regions::save).delete(regions::delete))
        .service(web::resource("/groups/regions/{id}/deletion").delete(regions::restore))
        .service(web::resource("/groups/customers").get(customers::list).post(customers::create))
        .service(web::resource("/groups/customers/{id}").get(customers::one).post(customers::save).delete(customers::delete))
        .service(web::resource("/groups/customers/{id}/deletion").delete(customers::restore))
        .service(web::resource("/groups/customers/{id}/members").post(customers::join).delete(customers::leave))
        .service(web::resource("/products/{prod_id}/prices").get(tab::page));
}
