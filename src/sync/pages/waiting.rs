//! `/sync/waiting`: what has been pushed while something was off, and what would become of it.

use super::{Done, may_switch, tabs};
use crate::feeds::gateway::Methods;
use crate::gate::held::{self, Count};
use crate::gate::switches::{self, Off};
use crate::show;
use crate::sync::{Difference, preview};
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters, redirect};
use crate::wire::{Module, Outcome};
use crate::{Error, Result};
use actix_web::web::{Data, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Deserialize, Default)]
pub struct Ask {
    #[serde(default)]
    m: String,
    #[serde(default)]
    after: String,
    #[serde(flatten)]
    done: Done,
}

/// A module to choose.
struct Choice {
    module: Module,
    lines: i64,
}

#[derive(Template)]
#[template(path = "sync/waiting.html", blocks = ["part"])]
struct Waiting {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    choices: Vec<Choice>,
    module: Module,
    /// Why it waits, if it is for a switch: the module's own, or everybody's.
    off: Option<Off>,
    page: Page<Difference>,
    pager: Pager,
    every: i64,
    may: bool,
}
show!(Waiting, |v| json!({ "module": v.module.as_str(), "off": v.off, "lines": v.page.rows, "next": v.page.next }));

impl Waiting {
    fn label(outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Applied => "sync-would-apply",
            Outcome::Unchanged => "sync-would-nothing",
            other => other.label(),
        }
    }
    fn tone(outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Applied => "ok",
            Outcome::Rejected => "bad",
            Outcome::Held => "hold",
            Outcome::Unchanged => "",
            Outcome::Stale | Outcome::Parked => "warn",
        }
    }
}

/// `GET /sync/waiting`: the lines are applied, looked at, and taken back, all in one transaction (I-8).
pub async fn page(ctx: Ctx, ask: Query<Ask>, methods: Data<Methods>) -> Reply {
    let ctx = ask.done.said(ctx);
    let seat = ctx.merchant()?;
    let (merchant, now, all) = (seat.merchant, ctx.now, methods.0);
    let counts = ctx.db.read(move |c| held::counts(c, merchant)).await?;
    let module = chosen(&ask.m, &counts)?;
    let after: Option<(DateTime<Utc>, String, String)> = Cursor::read(&ask.after);
    let (off, rows) = ctx
        .db
        .write(move |tx| {
            let off = switches::why_off(tx, merchant, module, now)?;
            let lines = held::list(tx, merchant, module, after.as_ref(), PER_PAGE + 1)?;
            Ok((off, preview(tx, all, merchant, module, &lines, now)?))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |d: &Difference| (d.line.last_at, d.line.method.clone(), d.line.key.clone()));
    let choices = Module::ALL
        .into_iter()
        .filter_map(|module| counts.iter().find(|n| n.module == module.as_str()).map(|n| Choice { module, lines: n.lines }))
        .collect();
    ctx.reply(Waiting {
        frame: ctx.frame("sync"),
        now,
        tabs: tabs("/sync/waiting", None),
        choices,
        module,
        off,
        pager: Pager::of("/sync/waiting", &format!("m={}", module.as_str()), Some(&ask.after), &page),
        page,
        every: counts.iter().find(|n| n.module == module.as_str()).map_or(0, |n| n.lines),
        may: seat.person.may(Permission::ManageKeys),
    })
}

/// The module asked for; else the first that has anything waiting.
fn chosen(name: &str, counts: &[Count]) -> Result<Module> {
    if name.is_empty() {
        return Ok(Module::ALL.into_iter().find(|m| counts.iter().any(|n| n.module == m.as_str())).unwrap_or(Module::Stock));
    }
    Module::of(name).ok_or(Error::NotFound)
}

#[derive(Deserialize, Validate)]
pub struct DiscardForm {
    module: String,
    #[serde(default)]
    line: Vec<String>,
}

/// `DELETE /sync/waiting`: these lines are not wanted; the values in force stay until the next push.
pub async fn discard(ctx: Ctx, input: Input<DiscardForm>) -> Reply {
    let seat = may_switch(&ctx)?;
    let typed = input.checked()?;
    let module = Module::of(&typed.module).ok_or(Error::NotFound)?;
    if typed.line.is_empty() {
        return Err(Error::invalid(crate::form::Form::default().with_error("", Text::new("sync-choose-lines"))));
    }
    let cause = seat.cause.clone();
    ctx.db.write(move |tx| held::discard(tx, &cause, module, &typed.line)).await?;
    Ok(redirect(&ctx, &format!("/sync/waiting?m={}&done=discarded", module.as_str())))
}
