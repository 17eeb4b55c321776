//! What must never be sold.

use super::{Done, again, query_of, with_complaints};
use crate::catalog::blocklist::{self as model, Blocked, Kind};
use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Deserialize, Default)]
pub struct ListQuery {
    #[serde(default)]
    view: String,
    #[serde(default)]
    after: String,
}

#[derive(Deserialize, Validate, Clone)]
pub struct Typed {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    reason: String,
}

#[derive(Template)]
#[template(path = "catalog/blocklist.html", blocks = ["part"])]
struct ListPage {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    lifted: bool,
    page: Page<Blocked>,
    pager: Pager,
    form: Form,
    may_manage: bool,
}
show!(ListPage, |v| json!({ "blocked": v.page.rows, "next": v.page.next }));

impl ListPage {
    fn label_of(&self, kind: &str) -> &'static str {
        Kind::of(kind).unwrap_or(Kind::Name).label()
    }
}

async fn list_page(ctx: &Ctx, query: ListQuery, form: Form) -> Result<ListPage> {
    let seat = ctx.platform_seat()?;
    let (lifted, before) = (query.view == "lifted", Cursor::read(&query.after));
    let rows = ctx.db.read(move |c| model::list(c, lifted, before, PER_PAGE + 1)).await?;
    let page = Page::cut(rows, PER_PAGE, |b| b.id);
    let tab = |label, href: &str, current| Tab { label: Text::new(label), href: href.to_owned(), current, count: None, tone: "" };
    Ok(ListPage {
        frame: ctx.frame("blocklist"),
        now: ctx.now,
        tabs: vec![tab("block-view-live", "/blocklist", !lifted), tab("block-view-lifted", "/blocklist?view=lifted", lifted)],
        lifted,
        pager: Pager::of("/blocklist", &query_of(&[("view", if lifted { "lifted" } else { "" })]), Some(&query.after), &page),
        page,
        form,
        may_manage: seat.person.may(Permission::ManageCatalogue),
    })
}

/// `GET /blocklist`
pub async fn list(ctx: Ctx, query: Query<ListQuery>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let form = Form::filled([("kind", Kind::ApprovalNo.as_str().to_owned())]);
    let page = list_page(&ctx, query.into_inner(), form).await?;
    ctx.reply(page)
}

/// `POST /blocklist`
pub async fn add(ctx: Ctx, input: Input<Typed>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let typed = input.checked()?;
    let sent = typed.clone();
    let outcome = match Kind::of(&sent.kind) {
        None => Err(Error::invalid(Form::default().with_error("kind", Text::new("form-missing")))),
        Some(kind) => ctx.db.write(move |tx| model::add(tx, &seat.cause, kind, &sent.text, &sent.reason)).await,
    };
    match outcome {
        Ok(_) => Ok(redirect(&ctx, "/blocklist?done=blocked")),
        Err(Error::Invalid(why)) => {
            let form = with_complaints(Form::filled([("kind", typed.kind), ("text", typed.text), ("reason", typed.reason)]), &why);
            let page = list_page(&ctx, ListQuery::default(), form.clone()).await?;
            again(&ctx, form, |_| page)
        }
        Err(e) => Err(e),
    }
}

/// `DELETE /blocklist/{id}`
pub async fn lift(ctx: Ctx, id: Path<i64>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    ctx.db.write(move |tx| model::lift(tx, &seat.cause, *id)).await?;
    Ok(redirect(&ctx, "/blocklist?done=lifted"))
}
