//! `/prices/rules`: which price counts, and how far one may go.

use crate::form::Form;
use crate::pricing::resolve::{Member, Policy, Rule};
use crate::pricing::rules::{self, Rules};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Wants, filters, redirect};
use crate::{Error, show};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Template)]
#[template(path = "prices/rules.html", blocks = ["part"])]
struct RulesPage {
    frame: Frame,
    form: Form,
    order: [Rule; 8],
}
show!(RulesPage, |v| json!({ "form": v.form }));

impl RulesPage {
    fn policies() -> [Policy; 2] {
        Policy::ALL
    }
    fn members() -> [Member; 2] {
        Member::ALL
    }
}

#[derive(Deserialize, Validate)]
pub struct RulesForm {
    #[serde(default)]
    policy: String,
    #[serde(default)]
    member: String,
    #[validate(range(min = 1, max = 1000))]
    alert_percent: i16,
    #[serde(default)]
    floor_percent: String,
}

fn filled(rules: &Rules) -> Form {
    Form::filled([
        ("policy", rules.policy.as_str().to_owned()),
        ("member", rules.member.as_str().to_owned()),
        ("alert_percent", rules.alert_percent.to_string()),
        ("floor_percent", rules.floor_percent.map(|p| p.to_string()).unwrap_or_default()),
    ])
}

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /prices/rules`
pub async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let merchant = ctx.merchant()?.may(Permission::ManageSettings)?.merchant;
    let rules = ctx.db.read(move |c| rules::rules(c, merchant)).await?;
    let ctx = match done.done.as_str() {
        "saved" => ctx.noticing(Text::new("merchant-saved")),
        "same" => ctx.noticing(Text::new("merchant-same")),
        _ => ctx,
    };
    ctx.reply(RulesPage { frame: ctx.frame("prices"), form: filled(&rules), order: Rule::ALL })
}

/// `POST /prices/rules`
pub async fn save(ctx: Ctx, input: Input<RulesForm>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::ManageSettings)?;
    let wrong = |form: Form| {
        if ctx.wants == Wants::Json {
            return Err(Error::invalid(form));
        }
        ctx.invalid(RulesPage { frame: ctx.frame("prices"), form, order: Rule::ALL })
    };
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return wrong(form),
    };
    let floor = typed.floor_percent.trim();
    let rules = Rules {
        policy: Policy::of(&typed.policy),
        member: Member::of(&typed.member),
        alert_percent: typed.alert_percent,
        floor_percent: floor.parse().ok().filter(|p| (1..=1000).contains(p)),
    };
    if !floor.is_empty() && rules.floor_percent.is_none() {
        let form = filled(&rules).with_error("floor_percent", Text::new("form-between").with(1).with(1000));
        return wrong(form);
    }
    let moved = ctx.db.write(move |tx| rules::set_rules(tx, &seat.cause, rules)).await?;
    Ok(redirect(&ctx, if moved { "/prices/rules?done=saved" } else { "/prices/rules?done=same" }))
}
