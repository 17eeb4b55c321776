//! People with a login: their accounts, passwords and roles.

mod common;
mod form;
mod login;
mod model;
mod pages;
mod password;

pub use login::{Attempt, Verdict, verify_login};
pub use model::{Changes, NewUser, User, create, find, list, update};
pub use password::{MIN_LENGTH, hash, weakness};

use actix_web::web::{ServiceConfig, resource};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/login").get(pages::own::login).post(pages::own::enter))
        .service(resource("/logout").post(pages::own::leave))
        .service(resource("/account/password").get(pages::own::password).post(pages::own::change_password))
        .service(resource("/users").get(pages::list).post(pages::add))
        .service(resource("/users/{id}").get(pages::one).post(pages::edit));
}
