//! Pages about merchants: the overview, a merchant's own settings and trail, and the platform's list.

mod overview;
mod platform;
mod settings;
mod trail;

use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Reply, View, Wants};
use actix_web::web::{self, ServiceConfig};
use serde::Deserialize;
use std::borrow::Cow;
use validator::{Validate, ValidationError};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/").get(overview::page))
        .service(web::resource("/settings").get(settings::page).post(settings::save))
        .service(web::resource("/settings/shops").post(settings::open_shop))
        .service(web::resource("/settings/shops/{id}").post(settings::rename_shop))
        .service(web::resource("/merchants").get(platform::list))
        .service(web::resource("/merchants/{code}").get(platform::one).post(platform::save))
        .service(web::resource("/trail").get(trail::list));
}

/// The rules as they are typed, by the merchant or by the platform.
#[derive(Deserialize, Validate)]
struct RulesForm {
    /// A switch: absent is off.
    #[serde(default)]
    auto_list: String,
    #[validate(range(min = 0, max = 999_999_999))]
    low_stock: i64,
}

impl RulesForm {
    fn rules(&self) -> super::settings::Rules {
        super::settings::Rules { auto_list: self.auto_list == "1", low_stock: self.low_stock }
    }
}

/// The rules as they are, to be typed over.
fn filled(merchant: &super::Merchant) -> Form {
    let on = if merchant.auto_list { "1" } else { "" };
    Form::filled([("auto_list", on.to_owned()), ("low_stock", merchant.low_stock.to_string())])
}

/// One line of ordinary text.
fn plain(text: &str) -> std::result::Result<(), ValidationError> {
    if text.trim().is_empty() || text.chars().any(|c| c.is_control() || c == '\u{FFFD}') {
        return Err(ValidationError::new("plain").with_message(Cow::Borrowed("merchant-name-wrong")));
    }
    Ok(())
}

/// What the page before has done, to be said on this one.
#[derive(Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn said(&self, ctx: Ctx) -> Ctx {
        match self.done.as_str() {
            "saved" => ctx.noticing(Text::new("merchant-saved")),
            "same" => ctx.noticing(Text::new("merchant-same")),
            "opened" => ctx.noticing(Text::new("merchant-shop-opened")),
            "renamed" => ctx.noticing(Text::new("merchant-shop-renamed")),
            _ => ctx,
        }
    }
}

/// A form that was not accepted: shown again to people, told field by field to programs.
fn again<V: View>(ctx: &Ctx, form: Form, page: impl FnOnce(Form) -> V) -> Reply {
    if ctx.wants == Wants::Json { Err(crate::Error::invalid(form)) } else { ctx.invalid(page(form)) }
}
