//! Two base products side by side, to become one.

use super::base_form::{Typed, of_draft};
use super::{again, with_complaints};
use crate::catalog::base::{self as model, BaseProduct, Links};
use crate::form::Form;
use crate::ids::BaseId;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Deserialize, Default)]
pub struct MergeQuery {
    /// Code or our number of the other one.
    #[serde(default)]
    with: String,
}

#[derive(Deserialize, Validate, Clone)]
pub struct Choice {
    /// The one that goes, and its version as shown.
    loser: i64,
    loser_version: i32,
    /// The version of the one that stays.
    keep_version: i32,
    /// The values it shall have.
    #[serde(flatten)]
    kept: Typed,
}

/// A value of both, and which is taken at first: the survivor's, unless it says nothing.
struct Choose {
    name: &'static str,
    /// Text key.
    label: &'static str,
    keep: String,
    gone: String,
    chosen: String,
}

#[derive(Template)]
#[template(path = "catalog/merge.html", blocks = ["part"])]
struct MergePage {
    frame: Frame,
    keep: BaseProduct,
    other: Option<Side>,
    with: String,
    form: Form,
}
struct Side {
    base: BaseProduct,
    links: Links,
    rows: Vec<Choose>,
}
show!(MergePage, |v| json!({ "keep": v.keep, "other": v.other.as_ref().map(|o| &o.base), "moves": v.other.as_ref().map(|o| &o.links) }));

const ROWS: [(&str, &str); 10] = [
    ("name", "base-name"),
    ("trade_name", "base-trade-name"),
    ("spec", "base-spec"),
    ("dosage_form", "base-dosage-form"),
    ("unit", "base-unit"),
    ("manufacturer", "base-manufacturer"),
    ("brand", "base-brand"),
    ("approval_no", "base-approval-no"),
    ("origin", "base-origin"),
    ("category_id", "base-category"),
];

fn rows(keep: &BaseProduct, gone: &BaseProduct, typed: &Form) -> Vec<Choose> {
    let (a, b) = (of_draft(&keep.draft(), 0), of_draft(&gone.draft(), 0));
    let row = |(name, label): (&'static str, &'static str)| {
        let (keep, gone) = (a.value(name).to_owned(), b.value(name).to_owned());
        let typed = typed.value(name);
        let chosen = if !typed.is_empty() {
            typed.to_owned()
        } else if keep.is_empty() {
            gone.clone()
        } else {
            keep.clone()
        };
        Choose { name, label, keep, gone, chosen }
    };
    ROWS.into_iter().map(row).collect()
}

async fn merge_page(ctx: &Ctx, id: BaseId, with: String, form: Form) -> Result<MergePage> {
    let asked = with.trim().to_uppercase();
    let (keep, other) = ctx
        .db
        .snapshot(move |c| {
            let keep = model::find(c, id)?;
            if asked.is_empty() {
                return Ok((keep, None));
            }
            let by_code = model::by_codes(c, std::slice::from_ref(&asked))?.remove(&asked);
            let other = match (by_code, asked.parse()) {
                (Some(other), _) => Some(other),
                (None, Ok(id)) => model::by_ids(c, &[id])?.pop(),
                (None, Err(_)) => None,
            };
            let Some(other) = other else {
                return Ok((keep, None));
            };
            let links = model::links(c, other.id)?;
            Ok((keep, Some((other, links))))
        })
        .await?;
    if keep.is_merged() {
        return Err(Error::Conflict(Text::new("base-is-merged").with(&keep.code)));
    }
    let mut form = form;
    let other = match other {
        Some((base, _)) if base.id == keep.id => {
            form.complain("with", Text::new("base-merge-itself"));
            None
        }
        Some((base, _)) if base.is_merged() => {
            form.complain("with", Text::new("base-is-merged").with(&base.code));
            None
        }
        Some((base, links)) => Some(Side { rows: rows(&keep, &base, &form), base, links }),
        None => {
            if !with.trim().is_empty() {
                form.complain("with", Text::new("base-merge-unknown").with(with.trim()));
            }
            None
        }
    };
    Ok(MergePage { frame: ctx.frame("base-products"), keep, other, with: with.trim().to_owned(), form })
}

/// `GET /base-products/{id}/merge?with=`
pub async fn page(ctx: Ctx, id: Path<i64>, query: Query<MergeQuery>) -> Reply {
    ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let page = merge_page(&ctx, BaseId(*id), query.into_inner().with, Form::default()).await?;
    ctx.reply(page)
}

/// `POST /base-products/{id}/merge`
pub async fn run(ctx: Ctx, id: Path<i64>, input: Input<Choice>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let id = BaseId(*id);
    let choice = input.checked()?;
    let (kept, keep_version, loser) = (choice.kept.clone(), choice.keep_version, (BaseId(choice.loser), choice.loser_version));
    match ctx.db.write(move |tx| model::merge(tx, &seat.cause, (id, keep_version), loser, &kept.draft())).await {
        Ok(_) => Ok(redirect(&ctx, &format!("/base-products/{id}?done=merged"))),
        Err(Error::Invalid(why)) => {
            let form = with_complaints(choice.kept.form(), &why);
            let page = merge_page(&ctx, id, choice.loser.to_string(), form.clone()).await?;
            again(&ctx, form, |_| page)
        }
        Err(e) => Err(e),
    }
}
