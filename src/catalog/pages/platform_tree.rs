//! The platform's own categories: one tree for all base products, with the branches that must not be sold.

use super::base::Why;
use super::tree::{Sums, TreeQuery, counted, narrowed};
use super::{Done, again};
use crate::catalog::api::CATALOG_ADD_OR_EDIT;
use crate::catalog::categories::{self, Node, ROOT};
use crate::feeds::{self, Batch, Channel};
use crate::form::Form;
use crate::ids::MerchantId;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, filters, redirect};
use crate::wire::{Outcome, Scope};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Template)]
#[template(path = "catalog/platform_categories.html", blocks = ["part"])]
struct TreePage {
    frame: Frame,
    nodes: Vec<Node>,
    sums: Sums,
    q: String,
    may_manage: bool,
}
show!(TreePage, |v| json!(v.nodes));

impl TreePage {
    fn goods(&self, node: &Node) -> String {
        counted(node.goods)
    }
}

/// `GET /platform-categories`
pub async fn page(ctx: Ctx, query: Query<TreeQuery>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.platform_seat()?;
    let nodes = ctx.db.read(|c| categories::tree(c, MerchantId::PLATFORM)).await?;
    let q = query.into_inner().q.trim().to_owned();
    ctx.reply(TreePage {
        frame: ctx.frame("platform-categories"),
        sums: Sums::of(&nodes),
        nodes: narrowed(nodes, &q),
        q,
        may_manage: seat.person.may(Permission::ManageCatalogue),
    })
}

#[derive(Deserialize, Default)]
pub struct NewQuery {
    #[serde(default)]
    parent: String,
}

#[derive(Deserialize, Validate, Clone)]
pub struct Typed {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    /// Its id; the root is `0`.
    #[serde(default)]
    parent_id: String,
}

impl Typed {
    fn form(&self) -> Form {
        Form::filled([("id", self.id.clone()), ("name", self.name.clone()), ("parent_id", self.parent_id.clone())])
    }
}

#[derive(Template)]
#[template(path = "catalog/category_form.html", blocks = ["part"])]
struct FormPage {
    frame: Frame,
    form: Form,
    /// `None` for a new one.
    node: Option<Node>,
    /// Where it can hang: categories of level 1 and 2.
    parents: Vec<Node>,
}
show!(FormPage, |v| json!({ "category": v.node, "errors": v.form }));

async fn form_page(ctx: &Ctx, form: Form, id: Option<String>) -> Result<FormPage> {
    let (nodes, node) = ctx
        .db
        .read(move |c| {
            let node = match id {
                None => None,
                Some(id) => Some(categories::find(c, MerchantId::PLATFORM, &id)?),
            };
            Ok((categories::tree(c, MerchantId::PLATFORM)?, node))
        })
        .await?;
    // A category keeps its level, so it moves only under parents of the same level as now.
    let fits = |parent: &Node| parent.level < 3 && node.as_ref().is_none_or(|n| parent.level + 1 == n.level && parent.id != n.id);
    let parents = nodes.into_iter().filter(fits).collect();
    Ok(FormPage { frame: ctx.frame("platform-categories"), form, node, parents })
}

/// `GET /platform-categories/new`
pub async fn new(ctx: Ctx, query: Query<NewQuery>) -> Reply {
    ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let parent = if query.parent.is_empty() { ROOT.to_owned() } else { query.into_inner().parent };
    let page = form_page(&ctx, Form::filled([("parent_id", parent)]), None).await?;
    ctx.reply(page)
}

/// `GET /platform-categories/{id}/edit`
pub async fn edit(ctx: Ctx, id: Path<String>) -> Reply {
    ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let mut page = form_page(&ctx, Form::default(), Some(id.into_inner())).await?;
    if let Some(node) = &page.node {
        page.form = Typed { id: node.id.clone(), name: node.name.clone(), parent_id: node.parent_id.clone() }.form();
    }
    ctx.reply(page)
}

/// `POST /platform-categories`
pub async fn create(ctx: Ctx, input: Input<Typed>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let typed = input.checked()?;
    put(&ctx, seat, typed, None).await
}

/// `PUT /platform-categories/{id}`
pub async fn save(ctx: Ctx, id: Path<String>, input: Input<Typed>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let id = id.into_inner();
    let known = id.clone();
    ctx.db.read(move |c| categories::find(c, MerchantId::PLATFORM, &known)).await?;
    let typed = Typed { id: id.clone(), ..input.checked()? };
    put(&ctx, seat, typed, Some(id)).await
}

/// One line through the same door as an ERP's (C-03); what a line would be told, the form is told.
async fn put(ctx: &Ctx, seat: Seat, typed: Typed, existing: Option<String>) -> Reply {
    let (sent, lang, is_new) = (typed.clone(), ctx.lang, existing.is_none());
    let outcome = ctx
        .db
        .write(move |tx| {
            let there = categories::by_ids(tx, MerchantId::PLATFORM, &[sent.id.clone(), sent.parent_id.clone()])?;
            if is_new && there.contains_key(&sent.id) {
                return Err(Error::invalid(Form::default().with_error("id", crate::text::Text::new("category-id-taken"))));
            }
            let level = there.get(&sent.parent_id).map_or(1, |parent| parent.level + 1).min(3);
            let line = json!({ "id": sent.id, "name": sent.name, "type": level, "parentId": sent.parent_id });
            let scope = Scope::whole(MerchantId::PLATFORM, lang, seat.cause.now);
            let batch = Batch { lines: vec![line], ..Batch::default() };
            let report = feeds::run(tx, &seat.cause, &scope, Channel::Page, &CATALOG_ADD_OR_EDIT, batch)?;
            let mut form = Form::default();
            for problem in report.results.iter().filter(|r| r.outcome == Outcome::Rejected).flat_map(|r| &r.problems) {
                form.complain(field_of(&problem.field), problem.text());
            }
            if form.is_bad() { Err(Error::invalid(form)) } else { Ok(()) }
        })
        .await;
    match outcome {
        Ok(()) => Ok(redirect(ctx, "/platform-categories?done=saved")),
        Err(Error::Invalid(why)) => {
            let form = super::with_complaints(typed.form(), &why);
            let page = form_page(ctx, form.clone(), existing).await?;
            again(ctx, form, |_| page)
        }
        Err(e) => Err(e),
    }
}

/// The form's name of a wire field; the level follows from the parent.
fn field_of(wire: &str) -> &'static str {
    match wire {
        "id" => "id",
        "name" => "name",
        "parentId" | "type" => "parent_id",
        _ => "",
    }
}

/// `POST /platform-categories/{id}/suspension`
pub async fn suspend(ctx: Ctx, id: Path<String>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    ctx.db.write(move |tx| categories::disable(tx, &seat.cause, &id)).await?;
    Ok(redirect(&ctx, "/platform-categories?done=suspended"))
}

/// `DELETE /platform-categories/{id}/suspension`
pub async fn resume(ctx: Ctx, id: Path<String>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    ctx.db.write(move |tx| categories::enable(tx, &seat.cause, &id)).await?;
    Ok(redirect(&ctx, "/platform-categories?done=resumed"))
}

/// `POST /platform-categories/{id}/ban`
pub async fn ban(ctx: Ctx, id: Path<String>, input: Input<Why>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let why = input.checked()?;
    ctx.db.write(move |tx| categories::forbid(tx, &seat.cause, &[id.into_inner()], why.reason.trim())).await?;
    Ok(redirect(&ctx, "/platform-categories?done=banned"))
}

/// `DELETE /platform-categories/{id}/ban`
pub async fn unban(ctx: Ctx, id: Path<String>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    ctx.db.write(move |tx| categories::allow(tx, &seat.cause, &[id.into_inner()], "")).await?;
    Ok(redirect(&ctx, "/platform-categories?done=unbanned"))
}
