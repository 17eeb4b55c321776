//! A person's number over the result of one row: set it, make it last, end it (W-02).

use super::done::{self, Where};
use super::terms::{Asked, Choice, REASONS, choices};
use super::{Line, why};
use crate::form::Form;
use crate::ids::ShopId;
use crate::merchants;
use crate::stock::holds::{self, Place, Release};
use crate::stock::list;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters};
use crate::{Error, show};
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::Duration;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// How far a hold is moved by one click.
const EXTENSION_HOURS: i64 = 2;

#[derive(Template)]
#[template(path = "stock/hold.html", blocks = ["part"])]
struct Ask {
    frame: Frame,
    line: Line,
    form: Form,
    choices: Vec<Choice>,
    reasons: &'static [&'static str],
    /// Where the form stands, and so where its answer goes.
    within: Where,
}
show!(Ask, |v| json!({ "row": v.line.data(), "errors": v.form }));

impl Ask {
    /// Units beyond the automatic value.
    fn over(&self) -> i64 {
        self.form.value("quantity").trim().parse::<i64>().map_or(0, |n| (n - self.line.automatic()).max(0))
    }
}

#[derive(Deserialize)]
pub struct Within {
    #[serde(default)]
    within: Where,
}

/// The row, or nothing; whose row it is comes before what they may do with it.
async fn found(ctx: &Ctx, seat: Seat, place: Path<(String, ShopId)>) -> crate::Result<(Seat, Line)> {
    let (merchant, (ext, shop)) = (seat.merchant, place.into_inner());
    let (item, low_stock) =
        ctx.db.snapshot(move |c| Ok((list::one(c, merchant, &ext, shop)?, merchants::find(c, merchant)?.low_stock))).await?;
    let seat = seat.may(Permission::EditStock)?;
    Ok((seat, Line::of(item, low_stock, ctx.now, true)))
}

fn form(ctx: &Ctx, seat: &Seat, line: Line, form: Form, within: Where) -> Ask {
    let version = line.item.stock.version.to_string();
    Ask {
        frame: ctx.frame("stock"),
        form: form.with_value("version", version),
        choices: choices(ctx.now, seat.person.role),
        reasons: &REASONS,
        within,
        line,
    }
}

/// `GET /stock/{sku}/{shop}/hold`
pub async fn ask(ctx: Ctx, place: Path<(String, ShopId)>, at: Query<Within>) -> Reply {
    let (seat, line) = found(&ctx, ctx.merchant()?, place).await?;
    let quantity = line.item.stock.hold_qty.filter(|_| line.is_held()).unwrap_or(line.shown);
    let fresh = Asked::fresh(line.item.stock.reported_at, ctx.now).onto(Form::filled([("quantity", quantity.to_string())]));
    ctx.reply(form(&ctx, &seat, line, fresh, at.within))
}

#[derive(Deserialize, Validate)]
pub struct Typed {
    #[validate(range(min = 0, max = 2_147_483_647))]
    quantity: i64,
    /// The version the person saw.
    version: Option<i64>,
    #[serde(default)]
    within: Where,
    #[serde(flatten)]
    asked: Asked,
}

/// `POST /stock/{sku}/{shop}/hold`
pub async fn start(ctx: Ctx, place: Path<(String, ShopId)>, input: Input<Typed>) -> Reply {
    let (seat, line) = found(&ctx, ctx.merchant()?, place).await?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(bad) => {
            let within = Where::of(bad.value("within"));
            return again(&ctx, StatusCode::UNPROCESSABLE_ENTITY, form(&ctx, &seat, line, bad, within));
        }
    };
    let shown = typed.asked.onto(Form::filled([("quantity", typed.quantity.to_string())]));
    let terms = match typed.asked.terms(&ctx, &seat)? {
        Ok(terms) => terms,
        Err((field, why)) => {
            return again(&ctx, StatusCode::UNPROCESSABLE_ENTITY, form(&ctx, &seat, line, shown.with_error(field, why), typed.within));
        }
    };
    let (ext, shop) = (line.item.ext.clone(), line.item.stock.shop);
    let place = Place { sku: line.item.stock.sku, shop, ext: ext.clone(), qty: typed.quantity, version: typed.version };
    let cause = seat.cause.clone();
    match ctx.db.write(move |tx| holds::start(tx, &cause, vec![place], &terms)).await {
        Ok(_) => done::told(&ctx, &seat, &ext, shop, typed.within, "held").await,
        Err(Error::Conflict(why)) if ctx.wants != Wants::Json => {
            let now = why::line(&ctx, &seat, &ext, shop).await?;
            again(&ctx, StatusCode::CONFLICT, form(&ctx, &seat, now, shown.with_error("", why), typed.within))
        }
        Err(e) => Err(e),
    }
}

/// The form again, with what was typed.
fn again(ctx: &Ctx, status: StatusCode, view: Ask) -> Reply {
    if ctx.wants == Wants::Json { Err(Error::invalid(view.form)) } else { ctx.wants.answer(status, ctx.lang, &view) }
}

#[derive(Deserialize, Validate)]
pub struct Extension {
    #[serde(default)]
    within: Where,
    #[serde(flatten)]
    asked: Asked,
}

/// `POST /stock/{sku}/{shop}/hold/extension`: two hours more, or until a time.
pub async fn extend(ctx: Ctx, place: Path<(String, ShopId)>, input: Input<Extension>) -> Reply {
    let (seat, line) = found(&ctx, ctx.merchant()?, place).await?;
    let typed = input.checked()?;
    let until = if typed.asked.lasts.is_empty() && typed.asked.until.is_empty() {
        let end =
            line.item.stock.hold_until.filter(|_| line.is_held()).ok_or_else(|| Error::Conflict(Text::new("hold-nothing-to-extend")))?;
        Some(end.max(ctx.now) + Duration::hours(EXTENSION_HOURS))
    } else {
        typed.asked.end_of(&seat, ctx.now)?.map_err(|(field, why)| Error::invalid(Form::default().with_error(field, why)))?
    };
    let (cause, sku, ext, shop) = (seat.cause.clone(), line.item.stock.sku, line.item.ext.clone(), line.item.stock.shop);
    let name = ext.clone();
    ctx.db.write(move |tx| holds::extend(tx, &cause, sku, &name, shop, until)).await?;
    done::told(&ctx, &seat, &ext, shop, typed.within, "extended").await
}

#[derive(Deserialize, Validate)]
pub struct Ending {
    /// `push` keeps the number until the next report; anything else ends it now.
    #[serde(default)]
    how: String,
    #[serde(default)]
    within: Where,
}

pub(super) fn how(name: &str) -> (Release, &'static str) {
    if name == "push" { (Release::AtNextPush, "ending") } else { (Release::Now, "released") }
}

/// `DELETE /stock/{sku}/{shop}/hold`
pub async fn release(ctx: Ctx, place: Path<(String, ShopId)>, input: Input<Ending>) -> Reply {
    let (seat, line) = found(&ctx, ctx.merchant()?, place).await?;
    let typed = input.checked()?;
    let (how, said) = how(&typed.how);
    let (cause, sku, ext, shop) = (seat.cause.clone(), line.item.stock.sku, line.item.ext.clone(), line.item.stock.shop);
    let name = ext.clone();
    ctx.db.write(move |tx| holds::release(tx, &cause, sku, &name, shop, how)).await?;
    done::told(&ctx, &seat, &ext, shop, typed.within, said).await
}
