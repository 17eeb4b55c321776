//! `/settings`: the rules and shops of one's own merchant.

use super::{Done, RulesForm, again, filled, plain};
use crate::form::Form;
use crate::ids::ShopId;
use crate::merchants::{self, LowStockMoved, Merchant, Shop, settings};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Template)]
#[template(path = "merchants/settings.html", blocks = ["part"])]
struct SettingsPage {
    frame: Frame,
    merchant: Merchant,
    shops: Vec<Shop>,
    rules: Form,
    new_shop: Form,
    /// The shop whose name was not accepted, and what was typed.
    renaming: Option<(ShopId, Form)>,
}
show!(SettingsPage, |v| json!({ "merchant": v.merchant, "shops": v.shops }));

impl SettingsPage {
    /// The form of one shop's name.
    fn name_form(&self, shop: &Shop) -> Form {
        match &self.renaming {
            Some((id, form)) if *id == shop.id => form.clone(),
            _ => Form::filled([("name", shop.name.clone())]),
        }
    }
}

#[derive(Deserialize, Validate)]
pub struct ShopForm {
    #[validate(range(min = 1, max = 999_999_999_999_i64))]
    id: i64,
    #[validate(length(max = 60), custom(function = "plain"))]
    name: String,
}

#[derive(Deserialize, Validate)]
pub struct NameForm {
    #[validate(length(max = 60), custom(function = "plain"))]
    name: String,
}

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.merchant()?.may(Permission::ManageSettings)
}

async fn shown(ctx: &Ctx, seat: &Seat) -> Result<SettingsPage> {
    let of = seat.merchant;
    let (merchant, shops) = ctx.db.snapshot(move |c| Ok((merchants::find(c, of)?, merchants::shops(c, of)?))).await?;
    Ok(SettingsPage { frame: ctx.frame("settings"), rules: filled(&merchant), merchant, shops, new_shop: Form::default(), renaming: None })
}

/// `GET /settings`
pub async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = seat(&ctx)?;
    let page = shown(&ctx, &seat).await?;
    ctx.reply(page)
}

/// `POST /settings`
pub async fn save(ctx: Ctx, input: Input<RulesForm>, follow: Option<Data<LowStockMoved>>) -> Reply {
    let seat = seat(&ctx)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => {
            let page = shown(&ctx, &seat).await?;
            return again(&ctx, form, |rules| SettingsPage { rules, ..page });
        }
    };
    let cause = seat.cause.clone();
    let moved = super::platform::set_rules(&ctx, cause, typed.rules(), follow).await?;
    Ok(redirect(&ctx, if moved.anything { "/settings?done=saved" } else { "/settings?done=same" }))
}

/// `POST /settings/shops`
pub async fn open_shop(ctx: Ctx, input: Input<ShopForm>) -> Reply {
    let seat = seat(&ctx)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => {
            let page = shown(&ctx, &seat).await?;
            return again(&ctx, form, |new_shop| SettingsPage { new_shop, ..page });
        }
    };
    let (cause, id, name) = (seat.cause.clone(), ShopId(typed.id), typed.name.trim().to_owned());
    match ctx.db.write(move |tx| settings::open_shop(tx, &cause, id, &name)).await {
        Ok(()) => Ok(redirect(&ctx, "/settings?done=opened")),
        Err(Error::Conflict(_)) => {
            let form = Form::filled([("id", typed.id.to_string()), ("name", typed.name)])
                .with_error("id", Text::new("merchant-shop-taken").with(typed.id.to_string()));
            let page = shown(&ctx, &seat).await?;
            again(&ctx, form, |new_shop| SettingsPage { new_shop, ..page })
        }
        Err(e) => Err(e),
    }
}

/// `POST /settings/shops/{id}`
pub async fn rename_shop(ctx: Ctx, id: Path<i64>, input: Input<NameForm>) -> Reply {
    let seat = seat(&ctx)?;
    let id = ShopId(*id);
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => {
            let page = shown(&ctx, &seat).await?;
            if !page.shops.iter().any(|s| s.id == id) {
                return Err(Error::NotFound);
            }
            return again(&ctx, form, |form| SettingsPage { renaming: Some((id, form)), ..page });
        }
    };
    let (cause, name) = (seat.cause.clone(), typed.name.trim().to_owned());
    let renamed = ctx.db.write(move |tx| settings::rename_shop(tx, &cause, id, &name)).await?;
    Ok(redirect(&ctx, if renamed { "/settings?done=renamed" } else { "/settings?done=same" }))
}
