//! The signature checker's page.

use super::seat;
use crate::accounts::apps::check::{self, Finding};
use crate::accounts::apps::form::CheckForm;
use crate::accounts::pages::again;
use crate::form::Form;
use crate::web::{Ctx, Frame, Input, Reply, filters};
use crate::{Error, show};
use askama::Template;
use serde::Serialize;

#[derive(Template)]
#[template(path = "accounts/signature.html", blocks = ["part"])]
struct SignaturePage {
    frame: Frame,
    form: Form,
    finding: Option<Finding>,
}
show!(SignaturePage, |v| Told::of(v));

/// The finding in words, for programs.
#[derive(Serialize)]
struct Told<'a> {
    fits: bool,
    verdict: String,
    canonical: &'a str,
    body_sha256: &'a str,
    expected: &'a str,
}

impl<'a> Told<'a> {
    fn of(page: &'a SignaturePage) -> Option<Self> {
        page.finding.as_ref().map(|f| Self {
            fits: f.fits,
            verdict: f.verdict.say(page.frame.lang),
            canonical: &f.canonical,
            body_sha256: &f.body_sha256,
            expected: &f.expected,
        })
    }
}

/// `GET /api-keys/signature`
pub async fn page(ctx: Ctx) -> Reply {
    seat(&ctx)?;
    let form = Form::filled([("method", "POST".to_owned()), ("path", "/api/sku.inventory.update".to_owned())]);
    ctx.reply(SignaturePage { frame: ctx.frame("keys"), form, finding: None })
}

/// `POST /api-keys/signature`
pub async fn check(ctx: Ctx, input: Input<CheckForm>) -> Reply {
    let seat = seat(&ctx)?;
    let refused = |form: Form| again(&ctx, form, |form| SignaturePage { frame: ctx.frame("keys"), form, finding: None });
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(form),
    };
    let (form, merchant, key, now) = (typed.shown(), seat.merchant, ctx.platform.master_key, ctx.now);
    match ctx.db.read(move |c| check::check(c, merchant, &typed, &key, now)).await {
        Ok(finding) => ctx.reply(SignaturePage { frame: ctx.frame("keys"), form, finding: Some(finding) }),
        Err(Error::Invalid(why)) => refused(why.errors().fold(form, |form, (field, text)| form.with_error(field, text.clone()))),
        Err(e) => Err(e),
    }
}
