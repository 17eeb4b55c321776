//! `/sync`: is each flow on, fresh and clean; if not, what do I press?

use super::{Done, is_owner, may_switch, tabs, term, what};
use crate::form::Form;
use crate::gate::held;
use crate::gate::switches::{self, What};
use crate::show;
use crate::sync::centre::{self, Centre, Row};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Tab, filters, redirect};
use crate::wire::Module;
use crate::{Error, Result};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use validator::Validate;

#[derive(Template)]
#[template(path = "sync/centre.html", blocks = ["part"])]
struct Page {
    frame: Frame,
    now: DateTime<Utc>,
    see: Centre,
    tabs: Vec<Tab>,
    may: bool,
    owner: bool,
    /// The switch whose form was not accepted, and what was typed.
    typed: (String, Form),
}
show!(Page, |v| &v.see);

impl Page {
    fn top(&self) -> i64 {
        Row::TOP
    }
    fn form(&self, module: &str) -> Form {
        if self.typed.0 == module { self.typed.1.clone() } else { Form::filled([("span", "30m".to_owned())]) }
    }
    fn label_of(&self, module: &str) -> &'static str {
        Module::of(module).map_or("sync-everything", Module::label)
    }
    fn opened(&self, module: &str) -> bool {
        self.typed.0 == module
    }
}

async fn shown(ctx: &Ctx, seat: &Seat, typed: (String, Form)) -> Result<Page> {
    let (merchant, now) = (seat.merchant, ctx.now);
    let see = ctx.db.snapshot(move |c| centre::of_merchant(c, merchant, now)).await?;
    Ok(Page {
        frame: ctx.frame("sync"),
        now,
        tabs: tabs("/sync", Some(&see)),
        see,
        may: seat.person.may(Permission::ManageKeys),
        owner: is_owner(seat),
        typed,
    })
}

/// `GET /sync`
pub async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.merchant()?;
    let page = shown(&ctx, &seat, Default::default()).await?;
    ctx.reply(page)
}

/// The pill in the top bar: one look at what is off, and at the failures of today.
#[derive(Template)]
#[template(path = "sync/status.html", blocks = ["part"])]
struct Status {
    frame: Frame,
    off: usize,
    paused: bool,
    failed: i64,
}
show!(Status, |v| serde_json::json!({ "off": v.off, "paused": v.paused, "failed": v.failed }));

/// `GET /sync/status`
pub async fn status(ctx: Ctx) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now) = (seat.merchant, ctx.now);
    let (off, failed) = ctx.db.read(move |c| Ok((switches::all_off(c, merchant, now)?, centre::failed_today(c, merchant, now)?))).await?;
    ctx.reply(Status { frame: ctx.frame("sync"), paused: off.iter().any(|o| o.module == "all"), off: off.len(), failed })
}

#[derive(Deserialize, Validate)]
pub struct OffForm {
    module: String,
    #[serde(default)]
    span: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    reason: String,
    /// The merchant's name, typed out: asked when everything is paused with no end.
    #[serde(default)]
    name: String,
    #[serde(default)]
    seen: i64,
}

/// `POST /sync/switch`: pauses, or changes for how long.
pub async fn turn_off(ctx: Ctx, input: Input<OffForm>) -> Reply {
    let seat = may_switch(&ctx)?;
    let typed = input.checked()?;
    let what = what(&typed.module)?;
    let term = match term(&seat, &typed.span, &typed.at, &typed.reason) {
        Ok(term) if term.until.is_none() && what == What::Everything && typed.name.trim() != seat.person.merchant_name => {
            let form = Form::filled([("span", typed.span), ("at", typed.at), ("reason", typed.reason), ("name", typed.name)]);
            let form = form.with_error("name", Text::new("sync-type-name").with(&seat.person.merchant_name));
            return ctx.invalid(shown(&ctx, &seat, (typed.module, form)).await?);
        }
        Ok(term) => term,
        Err(form) => return ctx.invalid(shown(&ctx, &seat, (typed.module, form)).await?),
    };
    let (cause, seen) = (seat.cause.clone(), typed.seen);
    ctx.db.write(move |tx| switches::turn_off(tx, &cause, what, &term, seen)).await?;
    Ok(redirect(&ctx, "/sync?done=off"))
}

#[derive(Deserialize, Validate)]
pub struct OnForm {
    module: String,
    #[serde(default)]
    seen: i64,
    /// `all` (also when nothing is said), `chosen` or `none`: what becomes of the lines that wait.
    #[serde(default)]
    how: String,
    #[serde(default)]
    line: Vec<String>,
}

/// `DELETE /sync/switch`: on again, with a word on what waits.
pub async fn turn_on(ctx: Ctx, input: Input<OnForm>) -> Reply {
    let seat = may_switch(&ctx)?;
    let typed = input.checked()?;
    let what = what(&typed.module)?;
    if !matches!(typed.how.as_str(), "" | "all" | "chosen" | "none") {
        return Err(Error::invalid(Form::default().with_error("how", Text::new("form-wrong"))));
    }
    let cause = seat.cause.clone();
    ctx.db
        .write(move |tx| {
            switches::turn_on(tx, &cause, what, typed.seen)?;
            match typed.how.as_str() {
                "chosen" => held::decide(tx, &cause, what, Some(&typed.line)),
                "none" => held::decide(tx, &cause, what, Some(&[])),
                "all" => held::decide(tx, &cause, what, None),
                // Nobody looked at the lines: what is a day old is left to the next push.
                _ => Ok((0, 0)),
            }
        })
        .await?;
    Ok(redirect(&ctx, "/sync?done=on"))
}
