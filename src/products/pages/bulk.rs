//! Putting on sale and taking off, one or many: preview, do, undo. P-11, I-8, I-9
//!
//! The preview is the same verb, rolled back, so it tells exactly what doing it would.

use super::ask::Ask;
use crate::form::Form;
use crate::products::reads::{self, BULK, Search, View};
use crate::products::weigh::{self, Weighed};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Wants, filters, redirect};
use crate::{Error, show};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use validator::Validate;

/// On sale or off.
#[derive(Deserialize, Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Way {
    List,
    Unlist,
}

impl Way {
    fn lists(self) -> bool {
        self == Way::List
    }
    fn as_str(self) -> &'static str {
        if self.lists() { "list" } else { "unlist" }
    }
}

#[derive(Deserialize, Validate, Clone)]
pub(super) struct Bulk {
    #[serde(default)]
    #[validate(length(max = 1000, message = "shelf-bulk-too-many"))]
    id: Vec<String>,
    way: Way,
    /// Everything the filter finds, not only what was ticked.
    #[serde(default)]
    all: String,
    /// The query of the list.
    #[serde(default)]
    filter: String,
    /// `listing` when it comes from the listing page.
    #[serde(default)]
    page: String,
    /// The request to undo.
    #[serde(default)]
    act: String,
}

impl Bulk {
    fn path(&self) -> &'static str {
        if self.page == "listing" { "/listing" } else { "/products" }
    }
    fn back(&self) -> String {
        Ask::read(&self.filter).href(self.path(), &[])
    }
    /// The ticked ones, each once.
    fn ticked(&self) -> Vec<String> {
        let mut ids = self.id.clone();
        ids.sort();
        ids.dedup();
        ids
    }
    /// What the filter finds, with its category, when everything is meant.
    fn found(&self) -> Option<(Search, String)> {
        let views: &[View] = if self.page == "listing" { &View::LISTING } else { &View::PRODUCTS };
        let ask = Ask::read(&self.filter);
        (!self.all.is_empty()).then(|| (ask.search(views), ask.cat.clone()))
    }
}

#[derive(Template)]
#[template(path = "products/bulk.html", blocks = ["part"])]
struct Page {
    frame: Frame,
    /// `preview`, `done` or `undone`.
    step: &'static str,
    way: Way,
    weighed: Weighed,
    /// Ids to go on with: those looked at (preview) or those changed (done).
    ids: Vec<String>,
    filter: String,
    page: String,
    back: String,
    /// What undoing would take back; empty where nothing can be.
    act: String,
    /// As many as a bulk action takes: there may have been more.
    full: bool,
}
impl Page {
    /// How many there are to undo.
    fn changed(&self) -> usize {
        self.weighed.done.len() + self.weighed.wished
    }
}
show!(Page, |v| json!({
    "step": v.step, "way": v.way, "total": v.weighed.total, "changed": v.weighed.done.len(), "unchanged": v.weighed.unchanged, "wished": v.weighed.wished,
    "ids": v.ids, "act": v.act,
    "kept": v.weighed.groups.iter().map(|g| json!({ "reason": g.label.key(), "count": g.count, "some": g.some })).collect::<Vec<_>>(),
}));

async fn run(ctx: Ctx, bulk: Bulk, preview: bool) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditListing)?;
    let (ticked, found, lang) = (bulk.ticked(), bulk.found(), ctx.lang);
    let way = bulk.way;
    let (ids, weighed) = ctx
        .db
        .write(move |tx| {
            let ids = match found {
                None => ticked,
                Some((search, cat)) => {
                    let (search, _) = reads::within(tx, seat.merchant, search, &cat)?;
                    reads::ids_of(tx, seat.merchant, &search, BULK)?
                }
            };
            let weighed = weigh::put(tx, &seat.cause, lang, &ids, way.lists(), preview)?;
            Ok((ids, weighed))
        })
        .await?;
    let nothing = ids.is_empty();
    let full = !bulk.all.is_empty() && ids.len() >= usize::try_from(BULK).unwrap_or(usize::MAX);
    let (step, ids, act) = if preview {
        ("preview", ids, String::new())
    } else {
        // The undo finds out by itself which of them changed.
        ("done", ids, ctx.request_id.to_string())
    };
    let page = shown(&ctx, bulk, step, weighed, ids, act, full);
    if nothing { ctx.invalid(page) } else { ctx.reply(page) }
}

fn shown(ctx: &Ctx, bulk: Bulk, step: &'static str, weighed: Weighed, ids: Vec<String>, act: String, full: bool) -> Page {
    Page {
        frame: ctx.frame(if bulk.page == "listing" { "listing" } else { "products" }),
        step,
        way: bulk.way,
        weighed,
        ids,
        act,
        back: bulk.back(),
        filter: bulk.filter,
        page: bulk.page,
        full,
    }
}

/// `POST /products/listing/preview`
pub(super) async fn preview(ctx: Ctx, input: Input<Bulk>) -> Reply {
    run(ctx, input.checked()?, true).await
}
/// `POST /products/listing`
pub(super) async fn apply(ctx: Ctx, input: Input<Bulk>) -> Reply {
    run(ctx, input.checked()?, false).await
}
/// `DELETE /products/listing`: what a request changed becomes what it was before. I-9
pub(super) async fn undo(ctx: Ctx, input: Input<Bulk>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditListing)?;
    let bulk = input.checked()?;
    let act = Uuid::parse_str(&bulk.act).map_err(|_| Error::invalid(Form::default().with_error("act", Text::new("form-missing"))))?;
    let ids = bulk.ticked();
    let weighed = ctx.db.write(move |tx| weigh::undo(tx, &seat.cause, act, &ids)).await?;
    let nothing = weighed.total == 0;
    let page = shown(&ctx, bulk, "undone", weighed, Vec::new(), String::new(), false);
    if nothing { ctx.invalid(page) } else { ctx.reply(page) }
}

/// `POST /products/{prodId}/listing`
pub(super) async fn list_one(ctx: Ctx, prod_id: Path<String>, ask: Query<Ask>) -> Reply {
    one(ctx, prod_id.into_inner(), ask.into_inner(), Way::List).await
}
/// `DELETE /products/{prodId}/listing`
pub(super) async fn unlist_one(ctx: Ctx, prod_id: Path<String>, ask: Query<Ask>) -> Reply {
    one(ctx, prod_id.into_inner(), ask.into_inner(), Way::Unlist).await
}

async fn one(ctx: Ctx, prod_id: String, ask: Ask, way: Way) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditListing)?;
    let (id, lang) = (prod_id.clone(), ctx.lang);
    let weighed = ctx
        .db
        .write(move |tx| {
            if reads::named(tx, seat.merchant, &[&id])?.is_empty() {
                return Err(Error::NotFound);
            }
            weigh::put(tx, &seat.cause, lang, &[id], way.lists(), false)
        })
        .await?;
    let changed = !weighed.done.is_empty() || weighed.unchanged > 0;
    let done = match (changed, weighed.wished > 0) {
        (true, _) => way.as_str(),
        (false, true) => "wish",
        (false, false) => "",
    };
    let page = format!("/products/{}", crate::products::sellable::escaped(&prod_id));
    if ctx.wants != Wants::Json && !done.is_empty() {
        return Ok(redirect(&ctx, &ask.href(&page, &[("done", done)])));
    }
    if let (false, Some(kept)) = (changed || weighed.wished > 0, weighed.groups.first()) {
        return Err(Error::invalid(Form::default().with_error("", kept.label.clone())));
    }
    let frame = ctx.frame("products");
    ctx.reply(Page {
        frame,
        step: "done",
        way,
        ids: weighed.done.clone(),
        weighed,
        filter: ask.with(&[]),
        page: String::new(),
        act: ctx.request_id.to_string(),
        back: page,
        full: false,
    })
}

/// What was just done to one product, said once after the redirect.
pub(super) fn notice(done: &str) -> Option<Text> {
    match done {
        "list" => Some(Text::new("shelf-done-list")),
        "unlist" => Some(Text::new("shelf-done-unlist")),
        "wish" => Some(Text::new("shelf-done-wish")),
        _ => None,
    }
}
