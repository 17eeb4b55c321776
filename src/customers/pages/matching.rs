//! What a person says about one buyer, and taking it back. Orders that waited for the code go with it, in one transaction.

use super::list::{self, Filter, Wrong, at};
use crate::customers::above::WaitingOrders;
use crate::customers::{self, CODE_MAX, Customer};
use crate::form::Form;
use crate::text::Text;
use crate::trail::Cause;
use crate::web::{Ctx, Input, Permission, Reply, Seat, Wants, redirect};
use crate::{Error, Result};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use diesel::PgConnection;
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

/// Does something to a buyer, lets its orders go where it has a code now, and goes back to the list.
async fn act(
    ctx: Ctx,
    id: String,
    input: Input<Typed>,
    above: Above,
    done: &'static str,
    work: impl FnOnce(&mut PgConnection, &Cause, &Customer, &Typed) -> Result<Customer> + Send + 'static,
) -> Reply {
    let (seat, row) = found(&ctx, &id).await?;
    let typed = input.checked()?;
    let (filter, next, code, undo) = (typed.filter(), typed.next.clone(), typed.code.clone(), !typed.undo.is_empty());
    let (cause, above, before) = (seat.cause.clone(), above.map(|a| **a), row.clone());
    let outcome = ctx
        .db
        .write(move |tx| {
            let after = work(tx, &cause, &row, &typed)?;
            let free = after.erp_code.is_some() || after.match_kind() == customers::Match::NotNeeded;
            match above.filter(|_| free) {
                Some(above) => (above.release)(tx, &cause, &[after.id]),
                None => Ok(0),
            }
        })
        .await;
    match outcome {
        Ok(released) => {
            // Unbinding says which code it was, so that the way back knows.
            let code = if done == "unbound" { before.erp_code.unwrap_or_default() } else { String::new() };
            let said = if undo { "back" } else { done };
            let (open, n) = (if next.is_empty() && undo { id.clone() } else { next }, released.to_string());
            let n = if released > 0 { n.as_str() } else { "" };
            Ok(redirect(&ctx, &at(&filter.with(&[("c", &open), ("done", said), ("of", &id), ("code", &code), ("n", n)]))))
        }
        Err(Error::Conflict(why)) if ctx.wants != Wants::Json => {
            let form = Form::filled([("code", code)]).with_error("code", why);
            let view = list::shown(&ctx, &seat, filter, above, Some(Wrong { id, form })).await?;
            ctx.wants.answer(StatusCode::CONFLICT, ctx.lang, &view)
        }
        Err(e) => Err(e),
    }
}

/// `POST /customers/{id}/match`
pub async fn bind(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    let work = |tx: &mut PgConnection, cause: &Cause, row: &Customer, typed: &Typed| {
        if customers::code(&typed.code).is_none() {
            return Err(Error::Conflict(Text::new("customer-code-bad").with(CODE_MAX)));
        }
        if typed.undo.is_empty() {
            customers::bind(tx, cause, row.id, &typed.code, typed.version)
        } else {
            customers::rebind(tx, cause, row.id, &typed.code)
        }
    };
    act(ctx, id.into_inner(), input, above, "matched", work).await
}

/// `DELETE /customers/{id}/match`
pub async fn unbind(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    let work = |tx: &mut PgConnection, cause: &Cause, row: &Customer, typed: &Typed| {
        if typed.undo.is_empty() { customers::unbind(tx, cause, row.id, typed.version) } else { customers::take_back(tx, cause, row.id) }
    };
    act(ctx, id.into_inner(), input, above, "unbound", work).await
}

/// `POST /customers/{id}/exemption`
pub async fn exempt(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    let work = |tx: &mut PgConnection, cause: &Cause, row: &Customer, typed: &Typed| customers::exempt(tx, cause, row.id, typed.version);
    act(ctx, id.into_inner(), input, above, "exempt", work).await
}

/// `DELETE /customers/{id}/exemption`
pub async fn need(ctx: Ctx, id: Path<String>, input: Input<Typed>, above: Above) -> Reply {
    let work = |tx: &mut PgConnection, cause: &Cause, row: &Customer, typed: &Typed| {
        customers::take_back_exemption(tx, cause, row.id, typed.version)
    };
    act(ctx, id.into_inner(), input, above, "back", work).await
}
