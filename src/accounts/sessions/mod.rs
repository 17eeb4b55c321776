//! Sessions of people, kept in PostgreSQL: every instance knows them, their owner can list and end them.

mod layer;
mod model;
mod pages;
mod store;

pub use layer::{SessionLayer, address, identify, session_layer};
pub(super) use layer::{begin, keeps, same_site};
pub use model::{end_all, forget_old, is_logged_in};

use actix_web::web::{ServiceConfig, resource};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/account/sessions").get(pages::list).delete(pages::end_others))
        .service(resource("/account/sessions/{id}").delete(pages::end))
        .service(resource("/language").post(pages::language));
}
