//! `/settings/lots`: which lots the ERP tells, and whether they are the stock.

use crate::Error;
use crate::form::Form;
use crate::lots::rules;
use crate::show;
use crate::stock::shelf::{LotMode, LotRules};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Wants, filters, redirect};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// Mode, its name, what it means.
const MODES: [(LotMode, &str, &str); 3] = [
    (LotMode::All, "lots-mode-all", "lots-mode-all-note"),
    (LotMode::Newest, "lots-mode-newest", "lots-mode-newest-note"),
    (LotMode::Largest, "lots-mode-largest", "lots-mode-largest-note"),
];

#[derive(Template)]
#[template(path = "lots/rules.html", blocks = ["part"])]
struct RulesPage {
    frame: Frame,
    form: Form,
    modes: &'static [(LotMode, &'static str, &'static str)],
}
show!(RulesPage, |v| json!({ "mode": v.form.value("mode"), "carry": v.form.holds("carry", "1"), "errors": v.form }));

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize, Validate)]
pub struct Typed {
    mode: String,
    /// A switch: absent is off.
    #[serde(default)]
    carry: String,
}

fn filled(rules: LotRules) -> Form {
    let carry = if rules.carry { "1".to_owned() } else { String::new() };
    Form::filled([("mode", rules.mode.as_str().to_owned()), ("carry", carry)])
}

/// `GET /settings/lots`
pub async fn show(ctx: Ctx, asked: Query<Asked>) -> Reply {
    let merchant = ctx.merchant()?.may(Permission::ManageSettings)?.merchant;
    let rules = ctx.db.read(move |c| rules::of(c, merchant)).await?;
    let notice = (asked.done == "saved").then(|| Text::new("merchant-saved"));
    ctx.reply(RulesPage { frame: Frame { notice, ..ctx.frame("settings") }, form: filled(rules), modes: &MODES })
}

/// `POST /settings/lots`
pub async fn choose(ctx: Ctx, input: Input<Typed>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::ManageSettings)?;
    let form = match wanted(input) {
        Ok(rules) => {
            let cause = seat.cause.clone();
            match ctx.db.write(move |tx| rules::set(tx, &cause, rules)).await {
                Ok(_) => return Ok(redirect(&ctx, "/settings/lots?done=saved")),
                Err(Error::Conflict(text)) => filled(rules).with_error("", text),
                Err(e) => return Err(e),
            }
        }
        Err(form) => form,
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    ctx.invalid(RulesPage { frame: ctx.frame("settings"), form, modes: &MODES })
}

fn wanted(input: Input<Typed>) -> std::result::Result<LotRules, Form> {
    let typed = input.or_form()?;
    let mode =
        LotMode::of(&typed.mode).ok_or_else(|| Form::filled([("mode", typed.mode)]).with_error("mode", Text::new("lots-mode-unknown")))?;
    Ok(LotRules { mode, carry: typed.carry == "1" })
}
