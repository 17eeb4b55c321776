//! The merchant's product pages: the list, one product, what is on sale and why, and putting on sale by hand.

mod ask;
mod bulk;
mod detail;
mod export;
mod facts;
mod gate;
mod list;
mod listing;
mod log;
mod proof;
mod shown;

use actix_web::web::{self, ServiceConfig};
pub use detail::{TabLink, tab_links};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/products").get(list::list))
        .service(web::resource("/products/export").get(export::csv))
        .service(web::resource("/products/listing/preview").post(bulk::preview))
        .service(web::resource("/products/listing").post(bulk::apply).delete(bulk::undo))
        .service(web::resource("/products/{prod_id}").get(detail::overview))
        .service(web::resource("/products/{prod_id}/listing").post(bulk::list_one).delete(bulk::unlist_one))
        .service(web::resource("/products/{prod_id}/{tab}").get(detail::tab))
        .service(web::resource("/listing").get(listing::control));
}
