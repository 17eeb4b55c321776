//! A person's hand on what the ERP said (S-06): secondary to a hold, since the next report replaces it.

use super::why::{self, REASONS, Why, changed};
use crate::Error;
use crate::form::Form;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::stock::edit::{self, Edit};
use crate::stock::read;
use crate::text::Text;
use crate::web::{Ctx, Input, Permission, Reply, Wants};
use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde::Deserialize;
use validator::Validate;

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
    let before = why::why(&ctx, &seat, &ext, shop, "").await?;
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
            let now = why::why(&ctx, &seat, &ext, shop, "").await?;
            let version = now.line.item.stock.version.to_string();
            let form = shown.with_value("version", version).with_error("", text);
            ctx.wants.answer(StatusCode::CONFLICT, ctx.lang, &now.editing(form))
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
    ctx.invalid(view.editing(form.with_value("version", version)))
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

async fn known(ctx: &Ctx, merchant: MerchantId, ext: &str) -> crate::Result<SkuId> {
    let ext = ext.to_owned();
    ctx.db.read(move |c| read::sku(c, merchant, &ext)).await?.ok_or(Error::NotFound)
}
