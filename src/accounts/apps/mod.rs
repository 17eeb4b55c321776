//! The credentials of ERPs and storefronts: an app key, a secret to sign with, and what both open (G-05).

mod address;
mod admit;
mod check;
mod example;
mod form;
mod model;
mod pages;
mod served;
mod signature;
mod storefront_form;

pub use admit::{Knock, admit, forget_old};
pub use example::example;
pub use model::{App, CHANNELS, Credential, Issued, NewApp, OVERLAP_HOURS, all, create, revoke, rotate};
pub use signature::{Request, sign};

use actix_web::web::{ServiceConfig, resource};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/api-keys").get(pages::list).post(pages::add))
        .service(resource("/api-keys/signature").get(pages::checker::page).post(pages::checker::check))
        .service(resource("/api-keys/{id}").delete(pages::remove))
        .service(resource("/api-keys/{id}/rotation").post(pages::renew))
        .service(resource("/storefronts").get(pages::storefronts::list).post(pages::storefronts::add))
        .service(resource("/storefronts/{id}").delete(pages::storefronts::remove))
        .service(resource("/storefronts/{id}/rotation").post(pages::storefronts::renew));
}
