//! What a person does with one order: keep it from the ERP, let it go, say who its buyer is, confirm what nobody else reports.

use super::detail::{self, Asked};
use super::escaped;
use crate::customers::{self, CODE_MAX};
use crate::form::Form;
use crate::orders::events::Origin;
use crate::orders::hand::{self, Step, What};
use crate::orders::model::{Order, by_no};
use crate::orders::shipments::withdraw;
use crate::orders::waits;
use crate::text::Text;
use crate::web::{Ctx, Input, Permission, Reply, Seat, Wants, redirect};
use crate::wire::{LineCode, Outcome};
use crate::{Error, Result};
use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde::Deserialize;
use validator::Validate;

/// Whose order it is comes before what one may do with it.
async fn found(ctx: &Ctx, no: &str) -> Result<(Seat, Order)> {
    let seat = ctx.merchant()?;
    let (merchant, no) = (seat.merchant, no.to_owned());
    let order = ctx.db.read(move |c| by_no(c, merchant, &no)).await?.ok_or(Error::NotFound)?;
    Ok((seat.may(Permission::EditOrders)?, order))
}

fn back(ctx: &Ctx, no: &str, done: &str) -> Reply {
    Ok(redirect(ctx, &format!("/orders/{}?done={done}", escaped(no))))
}

/// The page again, with what was typed and why it was not accepted.
async fn again(ctx: &Ctx, seat: &Seat, no: &str, form: Form) -> Reply {
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let view = detail::shown(ctx, seat, no, &Asked::default(), form).await?;
    ctx.wants.answer(StatusCode::UNPROCESSABLE_ENTITY, ctx.lang, &view)
}

#[derive(Deserialize, Validate)]
pub struct Reason {
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
}

/// `POST /orders/{no}/hold`
pub async fn hold(ctx: Ctx, no: Path<String>, input: Input<Reason>) -> Reply {
    let (seat, order) = found(&ctx, &no).await?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, &seat, &no, form).await,
    };
    let reason = typed.reason.trim().to_owned();
    if reason.is_empty() {
        let form = Form::default().with_error("reason", Text::new("order-hold-reason-needed"));
        return again(&ctx, &seat, &no, form).await;
    }
    let (cause, name) = (seat.cause, order.order_no.clone());
    ctx.db.write(move |tx| waits::hold(tx, &cause, &name, &reason)).await?;
    back(&ctx, &order.order_no, "held")
}

/// Lets an order go or sends it again; one that still lacks something says so.
async fn send(ctx: Ctx, no: String, what: What) -> Reply {
    let (seat, order) = found(&ctx, &no).await?;
    let (cause, nos) = (seat.cause, vec![order.order_no.clone()]);
    let gone = ctx.db.write(move |tx| hand::act(tx, &cause, &nos, what, "")).await?;
    back(&ctx, &order.order_no, if gone.is_empty() { "stays" } else { "released" })
}

/// `DELETE /orders/{no}/hold`
pub async fn release(ctx: Ctx, no: Path<String>) -> Reply {
    send(ctx, no.into_inner(), What::Release).await
}

/// `POST /orders/{no}/handing`
pub async fn resend(ctx: Ctx, no: Path<String>) -> Reply {
    send(ctx, no.into_inner(), What::Resend).await
}

#[derive(Deserialize, Validate)]
pub struct Code {
    #[serde(default)]
    code: String,
}

/// `POST /orders/{no}/customer`: the buyer's code, typed where its lack is told; all its orders that wait for it go.
pub async fn customer(ctx: Ctx, no: Path<String>, input: Input<Code>) -> Reply {
    let (seat, order) = found(&ctx, &no).await?;
    let typed = input.checked()?;
    if customers::code(&typed.code).is_none() {
        let form = Form::filled([("code", typed.code)]).with_error("code", Text::new("customer-code-bad").with(CODE_MAX));
        return again(&ctx, &seat, &no, form).await;
    }
    let (cause, buyer) = (seat.cause, order.customer);
    let released = ctx
        .db
        .write(move |tx| {
            customers::bind(tx, &cause, buyer, &typed.code, None)?;
            waits::release_unmapped(tx, &cause, &[buyer])
        })
        .await?;
    back(&ctx, &order.order_no, &format!("mapped&n={released}"))
}

#[derive(Deserialize, Validate)]
pub struct Confirmed {
    step: String,
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
}

/// `POST /orders/{no}/steps`: a person says that it has left, arrived, or is called off (O-10).
pub async fn confirm(ctx: Ctx, no: Path<String>, input: Input<Confirmed>) -> Reply {
    let (seat, order) = found(&ctx, &no).await?;
    let typed = input.checked()?;
    let step = Step::of(&typed.step).ok_or_else(|| Error::Conflict(Text::new("order-step-unknown")))?;
    let (cause, name, reason) = (seat.cause, order.order_no.clone(), typed.reason.trim().to_owned());
    let ended = ctx.db.write(move |tx| hand::confirm(tx, &cause, &name, step, &reason)).await?;
    match ended.problem.filter(|_| ended.outcome == Outcome::Rejected) {
        Some(problem) => Err(Error::Conflict(problem.text())),
        None => back(&ctx, &order.order_no, "confirmed"),
    }
}

/// `DELETE /orders/{no}/shipments/{shipment}`
pub async fn withdraw_shipment(ctx: Ctx, path: Path<(String, i32)>, input: Input<Reason>) -> Reply {
    let (no, shipment) = path.into_inner();
    take_back(ctx, no, withdraw::What::Shipment(shipment), input).await
}

/// `DELETE /orders/{no}/packages/{package}`
pub async fn withdraw_package(ctx: Ctx, path: Path<(String, i32)>, input: Input<Reason>) -> Reply {
    let (no, package) = path.into_inner();
    take_back(ctx, no, withdraw::What::Package(package), input).await
}

/// What was said of an order's way by mistake.
async fn take_back(ctx: Ctx, no: String, what: withdraw::What, input: Input<Reason>) -> Reply {
    let (seat, order) = found(&ctx, &no).await?;
    let reason = input.checked()?.reason.trim().to_owned();
    let (cause, said) = (seat.cause, withdraw::Said { no: 1, order_no: order.order_no.clone(), what, reason });
    let ended = ctx.db.write(move |tx| withdraw::withdraw(tx, &cause, &[said], Origin::Person)).await?;
    match ended.into_iter().next().and_then(|e| e.problem) {
        Some(problem) if problem.code == LineCode::UnknownShipment => Err(Error::NotFound),
        Some(problem) => Err(Error::Conflict(problem.text())),
        None => back(&ctx, &order.order_no, "withdrawn"),
    }
}
