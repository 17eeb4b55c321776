//! `/sync/freshness`, the pill, and the button for a day on which the ERP is down.

use super::outage::{self, Outage};
use super::pulse::{self, Pulse};
use super::watch::{self, Expectation, Watched};
use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters, redirect};
use crate::wire::Module;
use crate::{Error, Result, show};
use actix_web::web::{self, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// Past outages shown.
const PAST: i64 = 10;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync/freshness").get(page).post(save))
        .service(web::resource("/sync/outage").post(declare).delete(end))
        .service(web::resource("/sync/pulse").get(show_pulse));
}

#[derive(Template)]
#[template(path = "sync/freshness.html", blocks = ["part"])]
struct Freshness {
    frame: Frame,
    now: DateTime<Utc>,
    modules: Vec<Watched>,
    outage: Option<Outage>,
    past: Vec<Outage>,
    may: bool,
    /// What was typed and not accepted.
    form: Form,
}
show!(Freshness, |v| json!({ "modules": v.modules, "outage": v.outage }));

impl Freshness {
    /// The form of one module, with what was typed when it was not accepted.
    fn typed(&self, m: &Watched) -> Form {
        if self.form.value("module") == m.module {
            return self.form.clone();
        }
        let on = if m.watched { "1" } else { "" };
        Form::filled([
            ("watched", on.to_owned()),
            ("every_minutes", m.proposal().to_string()),
            ("extra_safety", m.extra_safety.to_string()),
        ])
    }
    fn late(&self, since: &DateTime<Utc>) -> i64 {
        watch::late(*since, self.now)
    }
}

#[derive(Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

async fn shown(ctx: &Ctx, seat: &Seat, form: Form) -> Result<Freshness> {
    let merchant = seat.merchant;
    let (modules, outage, past) = ctx
        .db
        .read(move |c| Ok((watch::of_merchant(c, merchant)?, outage::open(c, merchant)?, outage::latest(c, merchant, PAST)?)))
        .await?;
    Ok(Freshness { frame: ctx.frame("sync"), now: ctx.now, modules, outage, past, may: seat.person.may(Permission::EditStock), form })
}

async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = match done.done.as_str() {
        "saved" => ctx.noticing(Text::new("merchant-saved")),
        "down" => ctx.noticing(Text::new("outage-declared")),
        "up" => ctx.noticing(Text::new("outage-ended")),
        _ => ctx,
    };
    let seat = ctx.merchant()?;
    let page = shown(&ctx, &seat, Form::default()).await?;
    ctx.reply(page)
}

#[derive(Deserialize, Validate)]
struct WatchForm {
    module: String,
    /// A switch: absent is off.
    #[serde(default)]
    watched: String,
    #[validate(range(min = 1, max = 20_160))]
    every_minutes: i32,
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000))]
    extra_safety: i64,
}

async fn again(ctx: &Ctx, seat: &Seat, form: Form) -> Reply {
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let page = shown(ctx, seat, form).await?;
    ctx.invalid(page)
}

async fn save(ctx: Ctx, input: Input<WatchForm>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditStock)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, &seat, form).await,
    };
    let Some(module) = Module::of(&typed.module).filter(|m| Module::SERVED.contains(m)) else {
        return Err(Error::NotFound);
    };
    let e = Expectation { watched: typed.watched == "1", every_minutes: typed.every_minutes, extra_safety: typed.extra_safety };
    ctx.db.write(move |tx| watch::set(tx, &seat.cause, module, e)).await?;
    Ok(redirect(&ctx, "/sync/freshness?done=saved"))
}

#[derive(Deserialize, Validate)]
struct OutageForm {
    #[validate(length(min = 1, max = 200, message = "quarantine-reason-missing"))]
    reason: String,
}

async fn declare(ctx: Ctx, input: Input<OutageForm>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditStock)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, &seat, form).await,
    };
    ctx.db.write(move |tx| outage::declare(tx, &seat.cause, typed.reason.trim())).await?;
    Ok(redirect(&ctx, "/sync/freshness?done=down"))
}

async fn end(ctx: Ctx) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditStock)?;
    ctx.db.write(move |tx| outage::end(tx, &seat.cause)).await?;
    Ok(redirect(&ctx, "/sync/freshness?done=up"))
}

/// The pill by itself: asked for by the head of every page.
#[derive(Template)]
#[template(path = "sync/pulse.html", blocks = ["part"])]
struct PulsePage {
    frame: Frame,
    pulse: Pulse,
}
show!(PulsePage, |v| &v.pulse);

async fn show_pulse(ctx: Ctx) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let pulse = ctx.db.read(move |c| pulse::of_merchant(c, merchant)).await?;
    ctx.reply(PulsePage { frame: ctx.frame("sync"), pulse })
}
