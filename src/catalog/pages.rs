//! The pages of the catalogue: base products, category trees, aliases, the block list.

mod aliases;
mod base;
mod base_form;
mod blocklist;
mod import;
mod merge;
mod moments;
mod platform_tree;
mod tree;

use crate::Error;
use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Reply, View, Wants};
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use serde::Deserialize;

/// A table of five thousand rows, in a form's encoding.
const IMPORT_LIMIT: usize = 10 * 1024 * 1024;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/base-products").get(base::list).post(base_form::create))
        .service(web::resource("/base-products/new").get(base_form::new))
        .service(web::resource("/base-products/import").app_data(PayloadConfig::new(IMPORT_LIMIT)).get(import::page).post(import::run))
        .service(web::resource("/base-products/{id}").get(base::one).put(base_form::save))
        .service(web::resource("/base-products/{id}/edit").get(base_form::edit))
        .service(web::resource("/base-products/{id}/suspension").post(base::suspend).delete(base::resume))
        .service(web::resource("/base-products/{id}/merge").get(merge::page).post(merge::run))
        .service(web::resource("/categories").get(tree::page))
        .service(web::resource("/platform-categories").get(platform_tree::page).post(platform_tree::create))
        .service(web::resource("/platform-categories/new").get(platform_tree::new))
        .service(web::resource("/platform-categories/{id}").put(platform_tree::save))
        .service(web::resource("/platform-categories/{id}/edit").get(platform_tree::edit))
        .service(web::resource("/platform-categories/{id}/suspension").post(platform_tree::suspend).delete(platform_tree::resume))
        .service(web::resource("/platform-categories/{id}/ban").post(platform_tree::ban).delete(platform_tree::unban))
        .service(web::resource("/aliases").get(aliases::list))
        .service(web::resource("/aliases/{id}").delete(aliases::revoke))
        .service(web::resource("/blocklist").get(blocklist::list).post(blocklist::add))
        .service(web::resource("/blocklist/{id}").delete(blocklist::lift));
}

/// A form that was not accepted: shown again to people, told field by field to programs.
fn again<V: View>(ctx: &Ctx, form: Form, page: impl FnOnce(Form) -> V) -> Reply {
    if ctx.wants == Wants::Json { Err(Error::invalid(form)) } else { ctx.invalid(page(form)) }
}

/// The complaints of a model about what was typed, beside what was typed.
fn with_complaints(typed: Form, complaints: &Form) -> Form {
    complaints.errors().fold(typed, |form, (field, text)| form.with_error(field, text.clone()))
}

/// What the page before has done, to be said on this one.
#[derive(Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn said(&self, ctx: Ctx) -> Ctx {
        let text = match self.done.as_str() {
            "created" => Text::new("base-done-created"),
            "saved" => Text::new("catalog-done-saved"),
            "merged" => Text::new("base-done-merged"),
            "suspended" => Text::new("catalog-done-suspended"),
            "resumed" => Text::new("catalog-done-resumed"),
            "banned" => Text::new("catalog-done-banned"),
            "unbanned" => Text::new("catalog-done-unbanned"),
            "revoked" => Text::new("alias-done-revoked"),
            "blocked" => Text::new("block-done-added"),
            "lifted" => Text::new("block-done-lifted"),
            _ => return ctx,
        };
        ctx.noticing(text)
    }
}

/// A query string of the pairs that say something.
fn query_of(pairs: &[(&str, &str)]) -> String {
    let mut out = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        out.append_pair(name, value);
    }
    out.finish()
}

/// `path?query`, or the bare path.
fn href(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}
