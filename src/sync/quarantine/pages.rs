//! `/sync/quarantine`: what was stopped, what it would change, and the decision.

use super::decide::{self, Ended};
use super::read::{self, COUNTED, Quarantine, Stopped};
use crate::feeds::gateway::Methods;
use crate::form::Form;
use crate::guards;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use validator::{Validate, ValidationError};

/// Transactions of one request; more is decided by pressing again.
const ROUNDS: usize = 20;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync/quarantine").get(list))
        .service(web::resource("/sync/quarantine/{id}").get(one))
        .service(web::resource("/sync/quarantine/{id}/approval").post(approve))
        .service(web::resource("/sync/quarantine/{id}/refusal").post(refuse));
}

#[derive(Deserialize, Clone, Default)]
struct Ask {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
    /// What the decision before has come to: applied, unchanged, stale, other.
    #[serde(default)]
    n: String,
}

impl Ask {
    fn said(&self, ctx: Ctx) -> Ctx {
        let n: Vec<i64> = self.n.split('-').filter_map(|part| part.parse().ok()).collect();
        match (self.done.as_str(), n.as_slice()) {
            ("released", [applied, stale, other]) => {
                ctx.noticing(Text::new("quarantine-released").with(*applied).with(*stale).with(*other))
            }
            ("discarded", [lines]) => ctx.noticing(Text::new("quarantine-discarded").with(*lines)),
            ("none", _) => ctx.noticing(Text::new("quarantine-none-left")),
            _ => ctx,
        }
    }
}

#[derive(Template)]
#[template(path = "sync/quarantines.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    page: Page<Quarantine>,
    pager: Pager,
    may_rules: bool,
    rules: guards::Rules,
}
show!(List, |v| json!({ "quarantines": v.page.rows, "next": v.page.next, "rules": v.rules }));

async fn list(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let merchant = seat.merchant;
    let before = Cursor::read::<i64>(&ask.after);
    let (rows, rules) = ctx.db.read(move |c| Ok((read::list(c, merchant, before, PER_PAGE + 1)?, guards::rules(c, merchant)?))).await?;
    let page = Page::cut(rows, PER_PAGE, |q: &Quarantine| q.id);
    ctx.reply(List {
        frame: ctx.frame("sync"),
        now: ctx.now,
        pager: Pager::of("/sync/quarantine", "", Some(&ask.after), &page),
        page,
        may_rules: seat.person.may(Permission::ManageSettings),
        rules,
    })
}

#[derive(Template)]
#[template(path = "sync/quarantine.html", blocks = ["part"])]
struct One {
    frame: Frame,
    q: Quarantine,
    page: Page<Stopped>,
    pager: Pager,
    may: bool,
    form: Form,
}
show!(One, |v| json!({ "quarantine": v.q, "lines": v.page.rows, "next": v.page.next }));

impl One {
    fn look(&self) -> &'static str {
        if self.may && self.q.waiting > 0 { "stackm cks" } else { "stackm" }
    }
    /// Those that wait, as a text.
    fn waiting(&self) -> String {
        if self.q.waiting >= COUNTED { format!("{}+", COUNTED - 1) } else { self.q.waiting.to_string() }
    }
}

async fn shown(ctx: &Ctx, seat: &Seat, id: i64, after: &str, form: Form) -> Result<One> {
    let merchant = seat.merchant;
    let from = Cursor::read::<i64>(after).unwrap_or(0);
    let (q, rows) = ctx.db.read(move |c| Ok((read::find(c, merchant, id)?, read::lines(c, merchant, id, from, PER_PAGE + 1)?))).await?;
    let page = Page::cut(rows, PER_PAGE, |l: &Stopped| l.id);
    Ok(One {
        frame: ctx.frame("sync"),
        may: seat.person.may(q.needs()),
        pager: Pager::of(&format!("/sync/quarantine/{id}"), "", Some(after), &page),
        q,
        page,
        form,
    })
}

async fn one(ctx: Ctx, id: Path<i64>, ask: Query<Ask>) -> Reply {
    let ctx = ask.said(ctx);
    let seat = ctx.merchant()?;
    let page = shown(&ctx, &seat, *id, &ask.after, Form::default()).await?;
    ctx.reply(page)
}

/// Which lines, and why.
#[derive(Deserialize, Validate)]
struct Decision {
    #[serde(default)]
    #[validate(length(max = 1000, message = "shelf-bulk-too-many"))]
    id: Vec<i64>,
    /// Everything that still waits.
    #[serde(default)]
    all: String,
    #[serde(default)]
    #[validate(length(max = 200), custom(function = "said"))]
    reason: String,
}

fn said(text: &str) -> std::result::Result<(), ValidationError> {
    if text.trim().is_empty() || text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        return Err(ValidationError::new("reason").with_message(Cow::Borrowed("quarantine-reason-missing")));
    }
    Ok(())
}

/// The seat of somebody who may decide about this quarantine, and the decision; or the page again.
async fn decided(ctx: &Ctx, id: i64, input: Input<Decision>) -> Result<std::result::Result<(Seat, Decision), One>> {
    let seat = ctx.merchant()?;
    let merchant = seat.merchant;
    let q = ctx.db.read(move |c| read::find(c, merchant, id)).await?;
    let seat = seat.may(q.needs())?;
    let form = match input.or_form() {
        Ok(d) if d.all.is_empty() && d.id.is_empty() => {
            Form::filled([("reason", d.reason)]).with_error("", Text::new("quarantine-nothing-chosen"))
        }
        Ok(d) => return Ok(Ok((seat, d))),
        Err(form) => form,
    };
    if ctx.wants == Wants::Json { Err(Error::invalid(form)) } else { shown(ctx, &seat, id, "", form).await.map(Err) }
}

async fn approve(ctx: Ctx, id: Path<i64>, input: Input<Decision>, methods: Data<Methods>) -> Reply {
    let id = *id;
    let (seat, decision) = match decided(&ctx, id, input).await? {
        Ok(both) => both,
        Err(page) => return ctx.invalid(page),
    };
    let chosen = decision.all.is_empty().then_some(decision.id);
    let mut all = Ended::default();
    for _ in 0..ROUNDS {
        let (cause, ids, why, known) = (seat.cause.clone(), chosen.clone(), decision.reason.trim().to_owned(), methods.0);
        let ended = ctx.db.write(move |tx| decide::release(tx, &cause, known, id, ids.as_deref(), &why)).await?;
        all.add(&ended);
        if ended.lines == 0 {
            break;
        }
    }
    if ctx.wants == Wants::Json {
        return Ok(actix_web::HttpResponse::Ok().json(crate::web::envelope(
            actix_web::http::StatusCode::OK,
            "success",
            None,
            &json!({ "lines": all.lines, "applied": all.applied, "unchanged": all.unchanged, "stale": all.stale, "other": all.other }),
        )));
    }
    let told = if all.lines == 0 {
        "?done=none".to_owned()
    } else {
        format!("?done=released&n={}-{}-{}", all.applied + all.unchanged, all.stale, all.other)
    };
    Ok(redirect(&ctx, &format!("/sync/quarantine/{id}{told}")))
}

async fn refuse(ctx: Ctx, id: Path<i64>, input: Input<Decision>) -> Reply {
    let id = *id;
    let (seat, decision) = match decided(&ctx, id, input).await? {
        Ok(both) => both,
        Err(page) => return ctx.invalid(page),
    };
    let chosen = decision.all.is_empty().then_some(decision.id);
    let why = decision.reason.trim().to_owned();
    let lines = ctx.db.write(move |tx| decide::discard(tx, &seat.cause, id, chosen.as_deref(), &why)).await?;
    let told = if lines == 0 { "?done=none".to_owned() } else { format!("?done=discarded&n={lines}") };
    Ok(redirect(&ctx, &format!("/sync/quarantine/{id}{told}")))
}
