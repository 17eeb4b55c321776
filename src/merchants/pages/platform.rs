//! `/merchants`: every merchant, and one with its rules and how it is doing.

use super::{Done, RulesForm, again, filled};
use crate::form::Form;
use crate::merchants::settings::{self, Health, Moved, Row, Rules};
use crate::merchants::{self, LowStockMoved, Merchant, Shop};
use crate::trail::Cause;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, filters, redirect};
use crate::{Result, show};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
pub struct Filter {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "merchants/list.html", blocks = ["part"])]
struct ListPage {
    frame: Frame,
    now: DateTime<Utc>,
    q: String,
    page: Page<Row>,
    pager: Pager,
}
show!(ListPage, |v| json!({ "merchants": v.page.rows, "next": v.page.next }));

#[derive(Template)]
#[template(path = "merchants/one.html", blocks = ["part"])]
struct OnePage {
    frame: Frame,
    now: DateTime<Utc>,
    merchant: Merchant,
    shops: Vec<Shop>,
    health: Health,
    rules: Form,
}
show!(OnePage, |v| json!({ "merchant": v.merchant, "shops": v.shops, "health": v.health }));

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.platform_seat()?.may(Permission::ManageMerchants)
}

/// `GET /merchants`
pub async fn list(ctx: Ctx, filter: Query<Filter>) -> Reply {
    seat(&ctx)?;
    let (q, after, now) = (filter.q.trim().to_owned(), Cursor::read::<String>(&filter.after).unwrap_or_default(), ctx.now);
    let rows = ctx.db.read(move |c| settings::list(c, &q, &after, now, PER_PAGE + 1)).await?;
    let page = Page::cut(rows, PER_PAGE, |r: &Row| r.code.clone());
    let q = filter.q.trim().to_owned();
    let query = if q.is_empty() { String::new() } else { form_urlencoded::Serializer::new(String::new()).append_pair("q", &q).finish() };
    let pager = Pager::of("/merchants", &query, Some(&filter.after), &page);
    ctx.reply(ListPage { frame: ctx.frame("merchants"), now, q, page, pager })
}

async fn shown(ctx: &Ctx, code: String) -> Result<OnePage> {
    let now = ctx.now;
    let (merchant, shops, health) = ctx
        .db
        .snapshot(move |c| {
            let merchant = settings::by_code(c, &code)?;
            let shops = merchants::shops(c, merchant.id)?;
            let health = settings::health(c, merchant.id, now)?;
            Ok((merchant, shops, health))
        })
        .await?;
    Ok(OnePage { frame: ctx.frame("merchants"), now, rules: filled(&merchant), merchant, shops, health })
}

/// `GET /merchants/{code}`
pub async fn one(ctx: Ctx, code: Path<String>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    seat(&ctx)?;
    let page = shown(&ctx, code.into_inner()).await?;
    ctx.reply(page)
}

/// `POST /merchants/{code}`
pub async fn save(ctx: Ctx, code: Path<String>, input: Input<RulesForm>, follow: Option<Data<LowStockMoved>>) -> Reply {
    let seat = seat(&ctx)?;
    let page = shown(&ctx, code.into_inner()).await?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, form, |rules| OnePage { rules, ..page }),
    };
    let moved = set_rules(&ctx, seat.cause.at(page.merchant.id), typed.rules(), follow).await?;
    let done = if moved.anything { "saved" } else { "same" };
    Ok(redirect(&ctx, &format!("/merchants/{}?done={done}", page.merchant.code)))
}

/// The rules and what follows from them, in one transaction.
pub(super) async fn set_rules(ctx: &Ctx, cause: Cause, rules: Rules, follow: Option<Data<LowStockMoved>>) -> Result<Moved> {
    ctx.db
        .write(move |tx| {
            let moved = settings::set_rules(tx, &cause, rules)?;
            if let Some(follow) = follow.filter(|_| moved.low_stock) {
                (follow.0)(tx, cause.merchant)?;
            }
            Ok(moved)
        })
        .await
}
