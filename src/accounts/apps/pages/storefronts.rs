//! The credentials of the platform's storefronts, for its admins: each sells for every merchant, or for those named.

use super::{IssuedPage, List, Row, issued_page, renewed};
use crate::accounts::apps::model::{self, OVERLAP_HOURS};
use crate::accounts::apps::storefront_form::StorefrontForm;
use crate::accounts::pages::{Done, again};
use crate::form::Form;
use crate::ids::{AppId, MerchantId};
use crate::merchants;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, filters, redirect};
use crate::{Result, show};
use actix_web::HttpRequest;
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::json;

const STOREFRONTS: List = List { page: "storefronts", href: "/storefronts", title: "nav-storefronts" };

#[derive(Template)]
#[template(path = "accounts/storefronts.html", blocks = ["part"])]
struct StorefrontsPage {
    frame: Frame,
    now: DateTime<Utc>,
    rows: Vec<Row>,
    form: Form,
    overlap_hours: i64,
}
show!(StorefrontsPage, |v| json!({ "credentials": v.rows.iter().map(|r| &r.app).collect::<Vec<_>>() }));

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.platform_seat()?.may(Permission::ManageKeys)
}

async fn page(ctx: &Ctx, form: Form) -> Result<StorefrontsPage> {
    let now = ctx.now;
    let apps = ctx.db.read(move |c| model::all(c, MerchantId::PLATFORM, now)).await?;
    let rows = apps.into_iter().map(|app| Row::of(app, now)).collect();
    Ok(StorefrontsPage { frame: ctx.frame(STOREFRONTS.page), now, rows, form, overlap_hours: OVERLAP_HOURS })
}

/// `GET /storefronts`
pub async fn list(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    seat(&ctx)?;
    let blank = Form::filled([("channel", "b2b".to_owned()), ("language", ctx.lang.tag().to_owned())]);
    let page = page(&ctx, blank).await?;
    ctx.reply(page)
}

/// `POST /storefronts`
pub async fn add(ctx: Ctx, req: HttpRequest, input: Input<StorefrontForm>) -> Reply {
    let seat = seat(&ctx)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(&ctx, form).await,
    };
    let codes = typed.codes();
    let known = ctx.db.read(move |c| merchants::by_codes(c, &codes)).await?;
    let of = known.first().map(|m| m.code.clone());
    let new = match typed.read(&known, ctx.now) {
        Ok(new) => new,
        Err(form) => return refused(&ctx, form).await,
    };
    let (name, cause, key) = (new.name.clone(), seat.cause, ctx.platform.master_key);
    let issued = ctx.db.write(move |tx| model::create(tx, &cause, &key, new)).await?;
    let page = told(&ctx, &req, issued, name, of, false).await?;
    ctx.reply(page)
}

async fn refused(ctx: &Ctx, form: Form) -> Reply {
    let page = page(ctx, form.clone()).await?;
    again(ctx, form, |_| page)
}

/// The secret, with a call that names a merchant: one the credential serves.
async fn told(ctx: &Ctx, req: &HttpRequest, issued: model::Issued, name: String, of: Option<String>, rotated: bool) -> Result<IssuedPage> {
    let code = match of {
        Some(code) => code,
        None => ctx.db.read(|c| merchants::all(c, "", 1)).await?.into_iter().next().map_or_else(|| "code".to_owned(), |m| m.code),
    };
    let path = format!("/api/prod.list.get?merchant={code}");
    Ok(issued_page(ctx, req, &STOREFRONTS, issued, name, (&path, "{}"), rotated))
}

/// `POST /storefronts/{id}/rotation`
pub async fn renew(ctx: Ctx, req: HttpRequest, id: Path<i64>) -> Reply {
    let (issued, app) = renewed(&ctx, seat(&ctx)?, AppId(*id)).await?;
    let (name, of) = app.map(|app| (app.name, app.merchants.unwrap_or_default().into_iter().next())).unwrap_or_default();
    let page = told(&ctx, &req, issued, name, of, true).await?;
    ctx.reply(page)
}

/// `DELETE /storefronts/{id}`
pub async fn remove(ctx: Ctx, id: Path<i64>) -> Reply {
    let seat = seat(&ctx)?;
    let id = AppId(*id);
    ctx.db.write(move |tx| model::revoke(tx, &seat.cause, id)).await?;
    Ok(redirect(&ctx, "/storefronts?done=revoked"))
}
