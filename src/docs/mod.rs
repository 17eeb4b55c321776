//! The documentation of the open platform inside the product: the same constants that read the calls.

mod pages;
mod styleguide_pages;

use actix_web::web::{self, ServiceConfig};

pub fn routes(cfg: &mut ServiceConfig) {
    pages::routes(cfg);
    cfg.service(web::resource("/styleguide").get(styleguide_pages::show));
}
