//! What auditors have taught, and taking it back.

use super::{Done, query_of};
use crate::catalog::aliases::{self as model, Kind, Taught};
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters, redirect};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize, Default)]
pub struct ListQuery {
    #[serde(default)]
    view: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "catalog/aliases.html", blocks = ["part"])]
struct ListPage {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    revoked: bool,
    q: String,
    page: Page<Taught>,
    pager: Pager,
    may_manage: bool,
}
show!(ListPage, |v| json!({ "aliases": v.page.rows, "next": v.page.next }));

/// `GET /aliases`
pub async fn list(ctx: Ctx, query: Query<ListQuery>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.platform_seat()?;
    let ListQuery { view, q, after } = query.into_inner();
    let (revoked, q) = (view == "revoked", q.trim().to_owned());
    let (text, before) = (q.clone(), Cursor::read(&after));
    let rows = ctx.db.read(move |c| model::list(c, revoked, &text, before, PER_PAGE + 1)).await?;
    let page = Page::cut(rows, PER_PAGE, |a| a.id);
    let tab = |label, href: &str, current| Tab { label: Text::new(label), href: href.to_owned(), current, count: None, tone: "" };
    ctx.reply(ListPage {
        frame: ctx.frame("aliases"),
        now: ctx.now,
        tabs: vec![tab("alias-view-live", "/aliases", !revoked), tab("alias-view-revoked", "/aliases?view=revoked", revoked)],
        revoked,
        pager: Pager::of("/aliases", &query_of(&[("view", if revoked { "revoked" } else { "" }), ("q", &q)]), Some(&after), &page),
        q,
        page,
        may_manage: seat.person.may(Permission::ManageCatalogue),
    })
}

/// `DELETE /aliases/{id}`
pub async fn revoke(ctx: Ctx, id: Path<i64>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    ctx.db.write(move |tx| model::revoke(tx, &seat.cause, *id)).await?;
    Ok(redirect(&ctx, "/aliases?done=revoked"))
}
