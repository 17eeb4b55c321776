//! `/settings/erp`: the merchant's ERP.

use super::form::{Known, LinkForm, filled};
use super::why;
use crate::clock::on_the_wire;
use crate::erp::link::{self, Host, Link};
use crate::erp::listened::{self, Listened};
use crate::erp::outbox::{self, Counts, Waiting};
use crate::erp::{Trouble, ask};
use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;

/// How a test call ended.
struct Tested {
    sent: String,
    status: u16,
    ms: u64,
    answer: String,
    /// `None`: understood.
    why: Option<Text>,
}

/// What is shown of an answer.
const SHOWN: usize = 2000;

#[derive(Template)]
#[template(path = "erp/settings.html", blocks = ["part"])]
struct Settings {
    frame: Frame,
    now: DateTime<Utc>,
    form: Form,
    link: Option<Link>,
    hosts: Vec<Host>,
    counts: Counts,
    page: Page<Waiting>,
    pager: Pager,
    tested: Option<Tested>,
    listened: &'static [Listened],
}
show!(Settings, |v| json!({
    "erp": v.link.as_ref().map(|l| json!({
        "url": l.url, "appKey": l.app_key, "checks": l.checks, "whenSilent": l.when_silent, "buffer": l.buffer, "pushes": l.pushes, "mirrors": l.mirrors,
        "answeredAt": l.answered_at.map(on_the_wire), "failingSince": l.failing_since.map(on_the_wire), "problem": l.problem,
    })),
    "hosts": v.hosts.iter().map(|h| &h.host).collect::<Vec<_>>(), "waiting": v.counts.waiting, "refused": v.counts.refused,
    "outbox": v.page.rows.iter().map(|w| json!({ "id": w.id, "method": w.method, "key": w.key, "state": w.state, "attempts": w.attempts, "problem": w.problem })).collect::<Vec<_>>(),
    "next": v.page.next, "listens": v.listened.iter().map(|m| json!({ "method": m.name, "source": m.source })).collect::<Vec<_>>(),
    "tested": v.tested.as_ref().map(|t| json!({ "status": t.status, "ok": t.why.is_none(), "answer": t.answer })),
}));

impl Settings {
    fn reason(&self, problem: &str) -> Text {
        why(problem)
    }
}

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.merchant()?.may(Permission::ManageSettings)
}

#[derive(Deserialize, Default)]
pub struct Filter {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

async fn shown(ctx: &Ctx, seat: &Seat, after: &str) -> Result<Settings> {
    let merchant = seat.merchant;
    let from = Cursor::read::<(bool, i64)>(after);
    let (link, hosts, counts, rows) = ctx
        .db
        .snapshot(move |c| {
            Ok((
                link::of(c, merchant)?,
                link::hosts(c, merchant)?,
                outbox::counts(c, merchant)?,
                outbox::list(c, merchant, from, PER_PAGE + 1)?,
            ))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |w: &Waiting| (w.state == "waiting", w.id));
    Ok(Settings {
        frame: ctx.frame("settings"),
        now: ctx.now,
        form: filled(link.as_ref()),
        link,
        hosts,
        counts,
        pager: Pager::of("/settings/erp", "", Some(after), &page),
        page,
        tested: None,
        listened: &listened::ALL,
    })
}

/// `GET /settings/erp`
pub async fn page(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let ctx = match filter.done.as_str() {
        "saved" => ctx.noticing(Text::new("erp-saved")),
        "removed" => ctx.noticing(Text::new("erp-removed")),
        "again" => ctx.noticing(Text::new("erp-outbox-again-done")),
        "discarded" => ctx.noticing(Text::new("erp-outbox-discarded")),
        _ => ctx,
    };
    let seat = seat(&ctx)?;
    let view = shown(&ctx, &seat, &filter.after).await?;
    ctx.reply(view)
}

/// `POST /settings/erp`
pub async fn save(ctx: Ctx, input: Input<LinkForm>) -> Reply {
    let seat = seat(&ctx)?;
    let merchant = seat.merchant;
    let known = ctx
        .db
        .snapshot(move |c| {
            Ok(Known {
                hosts: link::hosts(c, merchant)?,
                has_secret: link::of(c, merchant)?.is_some(),
                triple: link::has_triple(c, merchant)?,
            })
        })
        .await?;
    let choice = match input.or_form().and_then(|typed| typed.read(&known)) {
        Ok(choice) => choice,
        Err(form) => {
            // A secret is never handed back.
            let form = form.forget("secret");
            if ctx.wants == Wants::Json {
                return Err(Error::invalid(form));
            }
            let view = shown(&ctx, &seat, "").await?;
            return ctx.invalid(Settings { form, ..view });
        }
    };
    let (cause, key) = (seat.cause.clone(), ctx.platform.master_key);
    ctx.db.write(move |tx| link::set(tx, &cause, &choice, &key)).await?;
    Ok(redirect(&ctx, "/settings/erp?done=saved"))
}

/// `DELETE /settings/erp`
pub async fn remove(ctx: Ctx) -> Reply {
    let seat = seat(&ctx)?;
    let cause = seat.cause.clone();
    ctx.db.write(move |tx| link::remove(tx, &cause)).await?;
    Ok(redirect(&ctx, "/settings/erp?done=removed"))
}

/// `POST /settings/erp/test`: asks for the stock of one SKU, and shows what came.
pub async fn test(ctx: Ctx) -> Reply {
    let seat = seat(&ctx)?;
    let merchant = seat.merchant;
    let found = ctx.db.read(move |c| Ok(link::of(c, merchant)?.zip(link::some_goods(c, merchant)?))).await?;
    let (link, (sku, shop)) = found.ok_or_else(|| Error::Conflict(Text::new("erp-test-nothing")))?;
    let body = json!({ "skuId": sku, "shopId": shop.to_string() });
    let started = Instant::now();
    let platform = &ctx.platform;
    let exchange = ask(&platform.outward, &link, &platform.master_key, listened::INVENTORY_GET, &body, ctx.now, ask::PATIENCE).await;
    let why = match &exchange.outcome {
        Ok(Value::Null) => Some(why("unreadable")),
        Ok(_) => None,
        Err(Trouble::Refused(words)) => Some(why(words)),
        Err(Trouble::Silent(cause)) => Some(why(cause)),
    };
    let problem = exchange.outcome.as_ref().err().and_then(|t| if let Trouble::Silent(cause) = t { Some(*cause) } else { None });
    let now = ctx.now;
    ctx.db.write(move |tx| link::note(tx, merchant, problem, now)).await?;
    let answer: String = String::from_utf8_lossy(&exchange.answer).chars().take(SHOWN).collect();
    let tested = Tested {
        sent: body.to_string(),
        status: exchange.status,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        answer,
        why,
    };
    let view = shown(&ctx, &seat, "").await?;
    ctx.reply(Settings { tested: Some(tested), ..view })
}

/// `POST /settings/erp/outbox/{id}`: told again now.
pub async fn again(ctx: Ctx, id: Path<i64>) -> Reply {
    let seat = seat(&ctx)?;
    let (cause, id) = (seat.cause.clone(), *id);
    if !ctx.db.write(move |tx| outbox::again(tx, &cause, id)).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect(&ctx, "/settings/erp?done=again"))
}

/// `DELETE /settings/erp/outbox/{id}`: told to nobody.
pub async fn discard(ctx: Ctx, id: Path<i64>) -> Reply {
    let seat = seat(&ctx)?;
    let (cause, id) = (seat.cause.clone(), *id);
    if !ctx.db.write(move |tx| outbox::discard(tx, &cause, id)).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect(&ctx, "/settings/erp?done=discarded"))
}
