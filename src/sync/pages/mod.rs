//! The sync centre: each flow's switch and health, what waits for a switch, and the exceptions.

mod centre;
mod events;
mod exceptions;
mod waiting;

use crate::form::Form;
use crate::gate::switches::What;
use crate::gate::terms::{self, Term};
use crate::text::Text;
use crate::web::{Ctx, Permission, Seat};
use crate::wire::Module;
use crate::{Error, Result};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync").get(centre::page))
        .service(web::resource("/sync/switch").post(centre::turn_off).delete(centre::turn_on))
        .service(web::resource("/sync/waiting").get(waiting::page).delete(waiting::discard))
        .service(web::resource("/sync/exceptions").get(exceptions::page).post(exceptions::add))
        .service(web::resource("/sync/exceptions/{id}").delete(exceptions::release))
        .service(web::resource("/sync/exceptions/{id}/extension").post(exceptions::extend))
        .service(web::resource("/events").get(events::stream));
}

/// Switching is for those who answer for the connection.
fn may_switch(ctx: &Ctx) -> Result<Seat> {
    ctx.merchant()?.may(Permission::ManageKeys)
}

/// An exception on goods is for whoever may change them, and for those who answer for the connection.
pub(in crate::sync) fn may_except(seat: &Seat, module: Module) -> bool {
    let own = match module {
        Module::Stock => Permission::EditStock,
        Module::Listing => Permission::EditListing,
        Module::Price => Permission::EditPrices,
        _ => Permission::EditProducts,
    };
    seat.person.may(own) || seat.person.may(Permission::ManageKeys)
}

/// Only owners leave an end open.
fn is_owner(seat: &Seat) -> bool {
    seat.person.may(Permission::ManageSettings)
}

/// How long and why, as every form here asks it.
fn term(seat: &Seat, span: &str, at: &str, reason: &str) -> Result<Term, Form> {
    terms::read(span, at, reason, is_owner(seat), seat.cause.now)
}

fn what(name: &str) -> Result<What> {
    What::of(name).ok_or(Error::NotFound)
}

/// What has just been done, told on the page one comes back to.
#[derive(Deserialize, Default)]
pub struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn said(&self, ctx: Ctx) -> Ctx {
        let text = match self.done.as_str() {
            "off" => Text::new("sync-done-off"),
            "on" => Text::new("sync-done-on"),
            "discarded" => Text::new("sync-done-discarded"),
            "refused" => Text::new("conflicts-refused"),
            "extended" => Text::new("sync-done-extended"),
            "added" => Text::new("sync-done-added"),
            "released" => Text::new("sync-done-released"),
            "kept" => Text::new("sync-done-kept"),
            _ => return ctx,
        };
        ctx.noticing(text)
    }
}
