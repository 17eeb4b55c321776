//! How one number came about, and a person's hand on it.

use super::Line;
use crate::clock::on_the_wire;
use crate::form::Form;
use crate::ids::{MerchantId, ShopId};
use crate::merchants;
use crate::stock::availability::Term;
use crate::stock::edit::{self, Edit};
use crate::stock::ledger::{self, Movement};
use crate::stock::{list, read};
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, Page, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, show};
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// Why somebody changed a number, to choose from; the words of the chosen one are kept.
const REASONS: [&str; 4] = ["stock-reason-count", "stock-reason-damaged", "stock-reason-arrived", "stock-reason-wrong"];
const MOVES_SHOWN: i64 = 30;

#[derive(Template)]
#[template(path = "stock/why.html", blocks = ["part"])]
struct Why {
    frame: Frame,
    now: DateTime<Utc>,
    line: Line,
    terms: Vec<Term>,
    /// May be negative; the page then says by how much.
    available: i64,
    short: i64,
    moves: Page<Movement>,
    form: Form,
    reasons: &'static [&'static str],
    may_edit: bool,
    undoable: bool,
    /// The row has just been changed: the list behind the drawer is told.
    changed: bool,
    /// A page of its own rather than the drawer.
    whole: bool,
}
show!(Why, |v| json!({ "row": v.line.data(), "terms": v.terms, "movements": v.moves.rows, "next": v.moves.next }));

impl Why {
    /// Where a term comes from, where there is more to say than its name.
    fn note(&self, term: &Term) -> Option<Text> {
        match term.key {
            "stock-term-erp" => self.line.item.stock.reported_at.map(|at| Text::new("stock-note-reported").with(on_the_wire(at))),
            "stock-term-person" => Some(Text::new("stock-note-person")),
            _ => None,
        }
    }
    fn base(&self) -> String {
        let ext: String = form_urlencoded::byte_serialize(self.line.item.ext.as_bytes()).collect();
        format!("/stock/{}/{}", ext.replace('+', "%20"), self.line.item.stock.shop)
    }
}

#[derive(Deserialize, Default)]
pub struct Older {
    #[serde(default)]
    after: String,
}

/// The row and its story, as it is now.
async fn why(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId, older: &str) -> crate::Result<Why> {
    let (cause, ext, before) = (seat.cause.clone(), ext.to_owned(), Cursor::read(older));
    let (item, low_stock, moves, undoable) = ctx
        .db
        .snapshot(move |c| {
            let item = list::one(c, cause.merchant, &ext, shop)?;
            let moves = ledger::of_row(c, cause.merchant, item.stock.sku, shop, before, MOVES_SHOWN + 1)?;
            let undoable = edit::undoable(c, &cause, &item.stock)?.is_some();
            Ok((item, merchants::find(c, cause.merchant)?.low_stock, moves, undoable))
        })
        .await?;
    let may_edit = seat.person.may(Permission::EditStock);
    Ok(Why {
        frame: ctx.frame("stock"),
        now: ctx.now,
        terms: item.stock.figures(ctx.now).waterfall(),
        available: item.stock.figures(ctx.now).available(),
        short: item.stock.figures(ctx.now).short(),
        moves: Page::cut(moves, MOVES_SHOWN, |m| (m.at, m.id)),
        form: Form::filled([("quantity", item.stock.erp_qty.to_string()), ("version", item.stock.version.to_string())]),
        line: Line::of(item, low_stock, ctx.now),
        reasons: &REASONS,
        may_edit,
        undoable: undoable && may_edit,
        changed: false,
        whole: ctx.wants == Wants::Page,
    })
}

pub async fn show(ctx: Ctx, place: Path<(String, ShopId)>, older: Query<Older>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let view = why(&ctx, &seat, &ext, shop, &older.after).await?;
    ctx.reply(view)
}

#[derive(Deserialize, Validate)]
pub struct Typed {
    #[validate(range(min = 0, max = 2_147_483_647))]
    quantity: i64,
    /// One of [`REASONS`].
    #[serde(default)]
    chosen: String,
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
    version: i64,
}

pub async fn set_quantity(ctx: Ctx, place: Path<(String, ShopId)>, input: Input<Typed>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    // Whose row it is comes before what they may do with it: a stranger's row is not found.
    let before = why(&ctx, &seat, &ext, shop, "").await?;
    let seat = seat.may(Permission::EditStock)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, before, form),
    };
    let chosen = REASONS.into_iter().find(|key| *key == typed.chosen).map(|key| ctx.lang.say(key, &[]));
    let written = Some(typed.reason.trim().to_owned()).filter(|r| !r.is_empty());
    let shown = Form::filled([("quantity", typed.quantity.to_string()), ("chosen", typed.chosen), ("reason", typed.reason)]);
    let Some(reason) = written.or(chosen) else {
        return again(&ctx, before, shown.with_error("reason", Text::new("stock-reason-needed")));
    };
    let edit = Edit { sku: before.line.item.stock.sku, ext: ext.clone(), shop, quantity: typed.quantity, reason, version: typed.version };
    let cause = seat.cause.clone();
    match ctx.db.write(move |tx| edit::set_by_hand(tx, &cause, &edit)).await {
        Ok(_) => changed(&ctx, &seat, &ext, shop).await,
        Err(Error::Conflict(text)) if ctx.wants != Wants::Json => {
            let now = why(&ctx, &seat, &ext, shop, "").await?;
            let version = now.line.item.stock.version.to_string();
            let form = shown.with_value("version", version).with_error("", text);
            ctx.wants.answer(StatusCode::CONFLICT, ctx.lang, &Why { form, ..now })
        }
        Err(e) => Err(e),
    }
}

/// The form again, with the version it was shown with.
fn again(ctx: &Ctx, view: Why, form: Form) -> Reply {
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let version = view.line.item.stock.version.to_string();
    ctx.invalid(Why { form: form.with_value("version", version), ..view })
}

pub async fn undo_quantity(ctx: Ctx, place: Path<(String, ShopId)>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let sku = known(&ctx, seat.merchant, &ext).await?;
    let seat = seat.may(Permission::EditStock)?;
    let (cause, name) = (seat.cause.clone(), ext.clone());
    ctx.db.write(move |tx| edit::undo(tx, &cause, sku, &name, shop)).await?;
    changed(&ctx, &seat, &ext, shop).await
}

async fn known(ctx: &Ctx, merchant: MerchantId, ext: &str) -> crate::Result<crate::ids::SkuId> {
    let ext = ext.to_owned();
    ctx.db.read(move |c| read::sku(c, merchant, &ext)).await?.ok_or(Error::NotFound)
}

/// After a change: the page goes back to the story, the drawer and a machine get it at once.
async fn changed(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId) -> Reply {
    let view = why(ctx, seat, ext, shop, "").await?;
    if ctx.wants == Wants::Page {
        return Ok(redirect(ctx, &format!("{}/why", view.base())));
    }
    ctx.reply(Why { changed: true, ..view })
}
