//! Beside the candidates: any base product by its name or numbers, and a new one from the submission.

use super::acts::NewBase;
use super::{Asked, auditor, place};
use crate::Result;
use crate::catalog::base::{self, BaseProduct};
use crate::form::Form;
use crate::ids::MerchantId;
use crate::products::audit::queue::{self, Leaf};
use crate::products::audit::review;
use crate::products::audit::work::{self, Work};
use crate::products::matching_pass;
use crate::show;
use crate::web::{Ctx, Frame, Reply, Seat, Wants, filters};
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use serde_json::json;

/// How many are worth looking through.
const SHOWN: i64 = 20;

#[derive(Template)]
#[template(path = "audit/candidates.html", blocks = ["part"])]
struct Candidates {
    frame: Frame,
    /// A page of its own, rather than the drawer beside the queue.
    whole: bool,
    work: Work,
    q: String,
    url: String,
    query: String,
    /// The same as the fields of a form.
    kept: Vec<(&'static str, String)>,
    /// With the address that puts it beside the submission.
    found: Vec<(BaseProduct, i64, String)>,
}
show!(Candidates, |v| v.found.iter().map(|(base, score, _)| json!({ "base": base, "score": score })).collect::<Vec<_>>());

/// `GET …/candidates?q=`
pub async fn candidates(ctx: Ctx, path: Path<(String, String)>, asked: Query<Asked>) -> Reply {
    auditor(&ctx)?;
    let (merchant, prod_id) = path.into_inner();
    let asked = asked.into_inner();
    let q = asked.q.trim().to_owned();
    let wanted = q.clone();
    let (work, found) = ctx
        .db
        .read(move |c| {
            let work = work::find(c, &merchant, &prod_id)?;
            let known = matching_pass::aliases(c)?;
            let found = if wanted.is_empty() { Vec::new() } else { base::search(c, &wanted, SHOWN)? };
            let numbers = review::numbers(c, &found)?;
            let score = |b: &BaseProduct| i64::from(review::compare(&work, b, &numbers, &known).score);
            let scored: Vec<(BaseProduct, i64)> = found.into_iter().map(|b| (score(&b), b)).map(|(n, b)| (b, n)).collect();
            Ok((work, scored))
        })
        .await?;
    let url = place(&work.merchant, &work.prod_id);
    let found = found
        .into_iter()
        .map(|(b, score)| (url.clone() + &asked.with(&[("base", &b.code)]), b, score))
        .map(|(href, b, score)| (b, score, href))
        .collect();
    ctx.reply(Candidates {
        frame: ctx.frame("audit"),
        whole: ctx.wants == Wants::Page,
        query: asked.query(),
        kept: asked.kept(),
        work,
        q,
        url,
        found,
    })
}

#[derive(Template)]
#[template(path = "audit/new_base.html", blocks = ["part"])]
struct Drafting {
    frame: Frame,
    /// A page of its own, rather than the drawer beside the queue.
    whole: bool,
    work: Work,
    url: String,
    query: String,
    form: Form,
    /// Candidates there are: a duplicate is easily made.
    alike: Vec<BaseProduct>,
    categories: Vec<Leaf>,
}
show!(Drafting, |v| json!({ "submitted": v.work, "alike": v.alike, "errors": v.form }));

/// `GET …/base-product`: the form, filled with what the merchant says.
pub async fn draft(ctx: Ctx, path: Path<(String, String)>, asked: Query<Asked>) -> Reply {
    let seat = auditor(&ctx)?;
    let page = drafting(&ctx, &seat, &asked, &path.into_inner(), None).await?;
    ctx.reply(page)
}

/// The form again.
pub async fn refill(ctx: &Ctx, seat: &Seat, asked: &Asked, at: &(String, String), form: Form) -> Reply {
    let page = drafting(ctx, seat, asked, at, Some(form)).await?;
    ctx.wants.answer(StatusCode::UNPROCESSABLE_ENTITY, ctx.lang, &page)
}

async fn drafting(ctx: &Ctx, _: &Seat, asked: &Asked, (merchant, prod_id): &(String, String), form: Option<Form>) -> Result<Drafting> {
    let (merchant, prod_id) = (merchant.clone(), prod_id.clone());
    let (work, alike, categories) = ctx
        .db
        .read(move |c| {
            let work = work::find(c, &merchant, &prod_id)?;
            let alike = review::review(c, &work, None)?.choices.into_iter().map(|choice| choice.base).collect();
            Ok((work, alike, queue::leaves(c, MerchantId::PLATFORM)?))
        })
        .await?;
    let form = form.unwrap_or_else(|| NewBase::from_submission(&work).typed());
    Ok(Drafting {
        frame: ctx.frame("audit"),
        whole: ctx.wants == Wants::Page,
        url: place(&work.merchant, &work.prod_id),
        query: asked.query(),
        work,
        form,
        alike,
        categories,
    })
}
