//! `/settings/orders`: how orders travel to the ERP, and what the ERP's own steps mean (Q-16, Q-17, Q-36, L-06, L-07).

use crate::form::Form;
use crate::orders::rules::{self, Rules};
use crate::orders::status::{self, Meaning, Means};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

const MOST_MINUTES: i32 = 1440;
const MOST_ALERT: i32 = 10_080;

#[derive(Template)]
#[template(path = "orders/settings.html", blocks = ["part"])]
struct Settings {
    frame: Frame,
    form: Form,
    status: Form,
    /// Explained by the merchant, then by the platform where the merchant has not.
    own: Vec<Meaning>,
    usual: Vec<Meaning>,
    /// Codes that lines wait for, and how many.
    waiting: Vec<(String, i64)>,
    means: [Means; 5],
}
show!(Settings, |v| json!({
    "own": v.own.iter().map(told).collect::<Vec<_>>(), "usual": v.usual.iter().map(told).collect::<Vec<_>>(),
    "waiting": v.waiting.iter().map(|(code, n)| json!({ "code": code, "lines": n })).collect::<Vec<_>>(),
}));

fn told(meaning: &Meaning) -> serde_json::Value {
    json!({ "code": meaning.code, "sentence": meaning.sentence, "means": meaning.means.as_str(), "visible": meaning.visible })
}

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.merchant()?.may(Permission::ManageSettings)
}

fn filled(rules: &Rules) -> Form {
    Form::filled([
        ("sync_from", rules.sync_from.clone()),
        ("lease_minutes", rules.lease_minutes.to_string()),
        ("alert_minutes", rules.alert_minutes.to_string()),
        ("restock", if rules.restock { "1" } else { "" }.to_owned()),
    ])
}

async fn shown(ctx: &Ctx, seat: &Seat) -> Result<Settings> {
    let merchant = seat.merchant;
    let read = move |c: &mut _| Ok((rules::of(c, merchant)?, status::of_merchant(c, merchant)?, status::waiting(c, merchant)?));
    let (rules, own, waiting) = ctx.db.snapshot(read).await?;
    let usual = status::all_usual().filter(|u| own.iter().all(|o| o.code != u.code)).collect();
    Ok(Settings { frame: ctx.frame("settings"), form: filled(&rules), status: Form::default(), own, usual, waiting, means: Means::ALL })
}

#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
    /// A code to explain.
    #[serde(default)]
    code: String,
}

/// `GET /settings/orders`
pub async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = match done.done.as_str() {
        "saved" => ctx.noticing(Text::new("order-rules-saved")),
        "explained" => ctx.noticing(Text::new("order-status-explained")),
        "forgotten" => ctx.noticing(Text::new("order-status-forgotten")),
        _ => ctx,
    };
    let seat = seat(&ctx)?;
    let view = shown(&ctx, &seat).await?;
    let known = view.own.iter().chain(&view.usual).find(|m| m.code == done.code);
    let status = match known {
        Some(m) => typed(&m.code, &m.sentence, m.means.as_str(), m.visible),
        None => typed(&done.code, "", "nothing", true),
    };
    ctx.reply(Settings { status, ..view })
}

fn typed(code: &str, sentence: &str, means: &str, visible: bool) -> Form {
    let visible = if visible { "1" } else { "" };
    Form::filled([
        ("code", code.to_owned()),
        ("sentence", sentence.to_owned()),
        ("means", means.to_owned()),
        ("visible", visible.to_owned()),
    ])
}

#[derive(Deserialize, Validate)]
pub struct RulesForm {
    sync_from: String,
    #[validate(range(min = 1, max = MOST_MINUTES))]
    lease_minutes: i32,
    #[validate(range(min = 1, max = MOST_ALERT))]
    alert_minutes: i32,
    #[serde(default)]
    restock: String,
}

/// `POST /settings/orders`
pub async fn save(ctx: Ctx, input: Input<RulesForm>) -> Reply {
    let seat = seat(&ctx)?;
    let read = input.or_form().and_then(|t| {
        let new =
            Rules { sync_from: t.sync_from, lease_minutes: t.lease_minutes, alert_minutes: t.alert_minutes, restock: t.restock == "1" };
        if matches!(new.sync_from.as_str(), "paid" | "created") {
            Ok(new)
        } else {
            Err(filled(&new).with_error("sync_from", Text::new("form-wrong")))
        }
    });
    let new = match read {
        Ok(new) => new,
        Err(form) if ctx.wants == Wants::Json => return Err(Error::invalid(form)),
        Err(form) => {
            let view = shown(&ctx, &seat).await?;
            return ctx.invalid(Settings { form, ..view });
        }
    };
    let cause = seat.cause.clone();
    ctx.db.write(move |tx| rules::set(tx, &cause, &new)).await?;
    Ok(redirect(&ctx, "/settings/orders?done=saved"))
}

#[derive(Deserialize, Validate)]
pub struct StatusForm {
    #[validate(length(min = 1, max = 60))]
    code: String,
    #[validate(length(max = 60))]
    sentence: String,
    means: String,
    #[serde(default)]
    visible: String,
}

/// `POST /settings/orders/statuses`
pub async fn explain(ctx: Ctx, input: Input<StatusForm>) -> Reply {
    let seat = seat(&ctx)?;
    let read = input.or_form().and_then(|t| {
        let visible = t.visible == "1";
        let form = typed(&t.code, &t.sentence, &t.means, visible);
        let Some(means) = Means::of(&t.means) else { return Err(form.with_error("means", Text::new("form-wrong"))) };
        let (code, sentence) = (t.code.trim().to_owned(), t.sentence.trim().to_owned());
        if code.is_empty() {
            return Err(form.with_error("code", Text::new("form-wrong")));
        }
        if visible && sentence.is_empty() {
            return Err(form.with_error("sentence", Text::new("order-status-sentence-missing")));
        }
        Ok(Meaning { code, sentence, means, visible })
    });
    let meaning = match read {
        Ok(meaning) => meaning,
        Err(form) if ctx.wants == Wants::Json => return Err(Error::invalid(form)),
        Err(form) => {
            let view = shown(&ctx, &seat).await?;
            return ctx.invalid(Settings { status: form, ..view });
        }
    };
    let cause = seat.cause.clone();
    ctx.db.write(move |tx| status::explain(tx, &cause, &meaning)).await?;
    Ok(redirect(&ctx, "/settings/orders?done=explained"))
}

#[derive(Deserialize, Validate)]
pub struct Forget {
    code: String,
}

/// `DELETE /settings/orders/statuses`: back to what the platform takes the code for.
pub async fn forget(ctx: Ctx, input: Input<Forget>) -> Reply {
    let seat = seat(&ctx)?;
    let Forget { code } = input.or_form().map_err(Error::invalid)?;
    let cause = seat.cause.clone();
    ctx.db.write(move |tx| status::forget(tx, &cause, &code)).await?;
    Ok(redirect(&ctx, "/settings/orders?done=forgotten"))
}
