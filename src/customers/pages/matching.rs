//! What a person says about one buyer, and taking it back. Orders that waited for the code go with it, in one transaction.

use super::list::{self, Filter, Wrong, at};
use crate::customers::above::WaitingOrders;
use crate::customers::bind::{self, Say};
use crate::customers::{self, Customer};
use crate::form::Form;
use crate::web::{Ctx, Input, Permission, Reply, Seat, Wants, redirect};
use crate::{Error, Result};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use validator::Validate;

#[derive(Deserialize, Validate, Default)]
pub struct Typed {
    #[serde(default)]
    code: String,
    /// The version the person saw.
    version: Option<i32>,
    /// Takes back what was just done.
    #[serde(default)]
    undo: String,
    /// The list to go back to, and the buyer to open there.
    #[serde(default)]
    view: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    waiting: String,
    #[serde(default)]
    next: String,
}

impl Typed {
    fn filter(&self) -> Filter {
        Filter { view: self.view.clone(), q: self.q.clone(), waiting: self.waiting.clone(), ..Filter::default() }
    }
}

/// Whose buyer it is comes before what one may do with it.
async fn found(ctx: &Ctx, id: &str) -> Result<(Seat, Customer)> {
    let seat = ctx.merchant()?;
    let (merchant, id) = (seat.merchant, id.to_owned());
    let row = ctx.db.read(move |c| customers::find(c, merchant, &id)).await?;
    Ok((seat.may(Permission::EditOrders)?, row))
}

type Above = Option<Data<WaitingOrders>>;

/// Says something of a buyer, lets its orders go where it has a code now, and goes back to the list.
async fn act(ctx: Ctx, id: String, input: Input<Typed>, above: Above, done: &'static str, what: impl FnOnce(&Typed) -> Say) -> Reply {
    let (seat, row) = found(&ctx, &id).await?;
    let typed = input.checked()?;
    let (what, undo) = (what(&typed), !typed.undo.is_empty());
    let (cause, above, seen) = (seat.cause.clone(), above.map(|a| **a), typed.version);
    let said = what.clone();
    match ctx.db.write(move |tx| bind::perform(tx, &cause, row.id, &said, seen, above)).await {
        Ok(released) => {
            // Unbinding says which code it was, so that the way back knows.
            let code = if what == Say::Unbind { row.erp_code.unwrap_or_default() } else { String::new() };
            let open = if typed.next.is_empty() && undo { id.clone() } else { typed.next.clone() };
            let n = if released > 0 { released.to_string() } else { String::new() };
            let done = if undo { "back" } else { done };
            Ok(redirect(&ctx, &at(&typed.filter().with(&[("c", &open), ("done", done), ("of", &id), ("code", &code), ("n", &n)]))))
        }
        Err(Error::Conflict(why)) if ctx.wants != Wants::Json => {
            let form = Form::filled([("code", typed.code.clone())]).with_error("code", why);
            let view = list::shown(&ctx, &seat, typed.filter(), above, Some(Wrong { id, form })).await?;
            ctx.wants.answer(StatusCode::CONFLICT, ctx.lang, &view)
        }
        Err(e) => Err(e),
    }
}

/// `POST /customers/{id}/match`
pub async fn bind(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    let say = |typed: &Typed| if typed.undo.is_empty() { Say::Bind(typed.code.clone()) } else { Say::Rebind(typed.code.clone()) };
    act(ctx, id.into_inner(), input, above, "matched", say).await
}

/// `DELETE /customers/{id}/match`
pub async fn unbind(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    let say = |typed: &Typed| if typed.undo.is_empty() { Say::Unbind } else { Say::TakeBack };
    act(ctx, id.into_inner(), input, above, "unbound", say).await
}

/// `POST /customers/{id}/exemption`
pub async fn exempt(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    act(ctx, id.into_inner(), input, above, "exempt", |_| Say::Exempt).await
}

/// `DELETE /customers/{id}/exemption`
pub async fn need(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    act(ctx, id.into_inner(), input, above, "back", |_| Say::Need).await
}
