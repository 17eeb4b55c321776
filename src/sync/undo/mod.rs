//! Taking a batch back (I-9): what it changed and nobody has touched since gets the value it had before; the rest stays, and is
//! named. What cannot be taken back honestly says so ([`crate::feeds::Undoing`]).

mod pages;
mod verbs;

use actix_web::web::{self, ServiceConfig};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync/feeds/{id}/changes").get(pages::ask).delete(pages::take_back));
}
