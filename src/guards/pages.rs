//! `/settings/guards`: where the merchant draws the line.

use super::rules::{self, Rules};
use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Wants, filters, redirect};
use crate::{Error, show};
use actix_web::web::{self, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/settings/guards").get(page).post(save));
}

#[derive(Template)]
#[template(path = "guards/rules.html", blocks = ["part"])]
struct RulesPage {
    frame: Frame,
    form: Form,
    rules: Rules,
}
show!(RulesPage, |v| json!({ "rules": v.rules }));

#[derive(Deserialize, Validate)]
struct RulesForm {
    /// Switches: absent is off.
    #[serde(default)]
    zero_on: String,
    #[validate(range(min = 1, max = 100_000))]
    zero_rows: i32,
    #[validate(range(min = 0, max = 100))]
    zero_share: i16,
    #[serde(default)]
    swing_on: String,
    #[validate(range(min = 1, max = 100_000))]
    swing_rows: i32,
    #[validate(range(min = 1, max = 1000))]
    swing_percent: i16,
    #[serde(default)]
    floor_on: String,
    #[serde(default)]
    lots_on: String,
}

impl RulesForm {
    fn rules(&self) -> Rules {
        Rules {
            zero_on: self.zero_on == "1",
            zero_rows: self.zero_rows,
            zero_share: self.zero_share,
            swing_on: self.swing_on == "1",
            swing_rows: self.swing_rows,
            swing_percent: self.swing_percent,
            floor_on: self.floor_on == "1",
            lots_on: self.lots_on == "1",
        }
    }
}

fn filled(rules: &Rules) -> Form {
    let on = |is: bool| if is { "1".to_owned() } else { String::new() };
    Form::filled([
        ("zero_on", on(rules.zero_on)),
        ("zero_rows", rules.zero_rows.to_string()),
        ("zero_share", rules.zero_share.to_string()),
        ("swing_on", on(rules.swing_on)),
        ("swing_rows", rules.swing_rows.to_string()),
        ("swing_percent", rules.swing_percent.to_string()),
        ("floor_on", on(rules.floor_on)),
        ("lots_on", on(rules.lots_on)),
    ])
}

#[derive(Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let merchant = ctx.merchant()?.may(Permission::ManageSettings)?.merchant;
    let rules = ctx.db.read(move |c| rules::rules(c, merchant)).await?;
    let ctx = match done.done.as_str() {
        "saved" => ctx.noticing(Text::new("merchant-saved")),
        "same" => ctx.noticing(Text::new("merchant-same")),
        _ => ctx,
    };
    ctx.reply(RulesPage { frame: ctx.frame("settings"), form: filled(&rules), rules })
}

async fn save(ctx: Ctx, input: Input<RulesForm>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::ManageSettings)?;
    let typed = match input.or_form() {
        Ok(typed) => typed.rules(),
        Err(form) if ctx.wants == Wants::Json => return Err(Error::invalid(form)),
        Err(form) => {
            let merchant = seat.merchant;
            let rules = ctx.db.read(move |c| rules::rules(c, merchant)).await?;
            return ctx.invalid(RulesPage { frame: ctx.frame("settings"), form, rules });
        }
    };
    let moved = ctx.db.write(move |tx| rules::set_rules(tx, &seat.cause, typed)).await?;
    Ok(redirect(&ctx, if moved { "/settings/guards?done=saved" } else { "/settings/guards?done=same" }))
}
