//! `/settings/customers`: what an order needs of its buyer before it goes to the ERP.

use crate::customers::{self, Scheme, WaitingOrders};
use crate::form::Form;
use crate::ids::CustomerId;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Template)]
#[template(path = "customers/setting.html", blocks = ["part"])]
struct Setting {
    frame: Frame,
    now: Scheme,
    form: Form,
    all: &'static [Scheme],
}
show!(Setting, |v| json!({ "scheme": v.now.as_str() }));

impl Setting {
    fn is_now(&self, scheme: &Scheme) -> bool {
        self.now == *scheme
    }
}

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.merchant()?.may(Permission::ManageSettings)
}

async fn shown(ctx: &Ctx, seat: &Seat) -> Result<Setting> {
    let merchant = seat.merchant;
    let now = ctx.db.read(move |c| customers::scheme(c, merchant)).await?;
    Ok(Setting { frame: ctx.frame("settings"), now, form: Form::filled([("scheme", now.as_str().to_owned())]), all: Scheme::ALL })
}

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /settings/customers`
pub async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = if done.done == "saved" { ctx.noticing(Text::new("customers-scheme-saved")) } else { ctx };
    let seat = seat(&ctx)?;
    let view = shown(&ctx, &seat).await?;
    ctx.reply(view)
}

#[derive(Deserialize, Validate)]
pub struct Chosen {
    scheme: String,
}

/// `POST /settings/customers`
pub async fn choose(ctx: Ctx, input: Input<Chosen>, above: Option<Data<WaitingOrders>>) -> Reply {
    let seat = seat(&ctx)?;
    let read = input.or_form().and_then(|typed| {
        Scheme::of(&typed.scheme)
            .ok_or_else(|| Form::filled([("scheme", typed.scheme)]).with_error("scheme", Text::new("customers-scheme-unknown")))
    });
    let scheme = match read {
        Ok(scheme) => scheme,
        Err(form) if ctx.wants == Wants::Json => return Err(Error::invalid(form)),
        Err(form) => {
            let view = shown(&ctx, &seat).await?;
            return ctx.invalid(Setting { form, ..view });
        }
    };
    let (cause, above) = (seat.cause.clone(), above.map(|a| **a));
    ctx.db
        .write(move |tx| {
            if customers::choose(tx, &cause, scheme)?
                && let Some(above) = above
            {
                // What waited for a code under the old scheme may need none under the new one.
                let waiting: Vec<CustomerId> = (above.of)(tx, cause.merchant, None, i64::MAX)?.into_keys().collect();
                (above.release)(tx, &cause, &waiting)?;
            }
            Ok(())
        })
        .await?;
    Ok(redirect(&ctx, "/settings/customers?done=saved"))
}
