//! The list of base products, and one of them.

use super::moments::Moment;
use super::{Done, href, query_of};
use crate::catalog::base::{self as model, BaseProduct, Filter, Group, Linked, Links, Listed, View};
use crate::catalog::categories::{self, Node};
use crate::form::Form;
use crate::ids::{BaseId, MerchantId};
use crate::text::Text;
use crate::trail;
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters, redirect};
use crate::{Error, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use validator::Validate;

/// Groups on the duplicate radar, and linked products on a page.
const SHOWN: i64 = 50;
const TWINS: i64 = 6;
const MOMENTS: i64 = 20;

#[derive(Deserialize, Default)]
pub struct ListQuery {
    #[serde(default)]
    view: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "catalog/base_list.html", blocks = ["part"])]
struct ListPage {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    view: View,
    q: String,
    /// The chosen category.
    category: Option<Node>,
    /// Where the category filter leads: level-1 categories, and those below the chosen one.
    picks: Vec<(Node, String)>,
    /// The list without its category, and without anything.
    without_category: String,
    page: Page<Listed>,
    pager: Pager,
    chains: HashMap<String, String>,
    groups: Vec<Group>,
    may_create: bool,
    may_manage: bool,
}
show!(ListPage, |v| json!({ "rows": v.page.rows, "next": v.page.next, "duplicates": v.groups }));

impl ListPage {
    fn chain(&self, id: Option<&String>) -> &str {
        id.and_then(|id| self.chains.get(id)).map_or("", String::as_str)
    }
    /// Nothing was asked for and there is nothing.
    fn is_new(&self) -> bool {
        self.page.rows.is_empty() && self.q.is_empty() && self.category.is_none() && self.view == View::All
    }
}

/// `GET /base-products`
pub async fn list(ctx: Ctx, query: Query<ListQuery>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.platform_seat()?;
    let ListQuery { view, q, category, after } = query.into_inner();
    let (view, q) = (View::of(&view), q.trim().to_owned());
    let filter = Filter { view, q: q.clone(), category: Some(category.clone()).filter(|c| !c.is_empty()) };
    let before: Option<i64> = Cursor::read(&after);
    let (rows, groups, chosen, nodes, chains, counts) = ctx
        .db
        .snapshot(move |c| {
            let radar = filter.view == View::Duplicates;
            let rows = if radar { Vec::new() } else { model::list(c, &filter, before, PER_PAGE + 1)? };
            let groups = if radar { model::duplicates(c, SHOWN)? } else { Vec::new() };
            let chosen = match &filter.category {
                None => None,
                Some(id) => Some(categories::find(c, MerchantId::PLATFORM, id)?),
            };
            let parent = chosen.as_ref().map_or(categories::ROOT, |node| node.id.as_str()).to_owned();
            let nodes = categories::list(c, MerchantId::PLATFORM, Some(&parent))?;
            let ids: Vec<String> = rows.iter().filter_map(|r| r.category_id.clone()).collect();
            let chains = categories::chains(c, MerchantId::PLATFORM, &ids)?;
            let mut counts = Vec::new();
            for view in [View::All, View::Disabled, View::Merged] {
                counts.push((view, model::count(c, view, COUNT_CAP)?));
            }
            Ok((rows, groups, chosen, nodes, chains, counts))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |r| r.id.0);
    let view_name = if view == View::All { "" } else { view.as_str() };
    let listed = |category: &str| query_of(&[("view", view_name), ("q", &q), ("category", category)]);
    let tab = |v: View| Tab {
        label: Text::new(v.label()),
        href: href(
            "/base-products",
            &query_of(&[("view", if v == View::All { "" } else { v.as_str() }), ("q", &q), ("category", &category)]),
        ),
        current: v == view,
        count: counts.iter().find(|(of, _)| *of == v).map(|(_, n)| *n),
        tone: "",
    };
    ctx.reply(ListPage {
        frame: ctx.frame("base-products"),
        now: ctx.now,
        tabs: View::ALL.into_iter().map(tab).collect(),
        view,
        picks: nodes.into_iter().map(|node| (node.clone(), href("/base-products", &listed(&node.id)))).collect(),
        without_category: href("/base-products", &listed("")),
        pager: Pager::of("/base-products", &listed(&category), Some(&after), &page),
        category: chosen,
        q,
        page,
        chains,
        groups,
        may_create: seat.person.may(Permission::Audit),
        may_manage: seat.person.may(Permission::ManageCatalogue),
    })
}

#[derive(Template)]
#[template(path = "catalog/base_product.html", blocks = ["part"])]
struct OnePage {
    frame: Frame,
    now: DateTime<Utc>,
    base: BaseProduct,
    category: String,
    /// Its category must not be sold (P-16).
    forbidden: bool,
    survivor: Option<BaseProduct>,
    links: Links,
    linked: Vec<Linked>,
    twins: Vec<BaseProduct>,
    moments: Vec<Moment>,
    /// What is not stated: text keys.
    missing: Vec<&'static str>,
    /// What is odd about the approval number: text key.
    doubt: Option<&'static str>,
    form: Form,
    may_manage: bool,
}
show!(OnePage, |v| json!({
    "base": v.base, "category": v.category, "links": v.links, "linked": v.linked,
    "twins": v.twins.iter().map(|t| &t.code).collect::<Vec<_>>(), "survivor": v.survivor.as_ref().map(|s| &s.code),
}));

fn missing(base: &BaseProduct) -> Vec<&'static str> {
    let stated = [
        ("base-spec", !base.spec.is_empty()),
        ("base-unit", !base.unit.is_empty()),
        ("base-manufacturer", !base.manufacturer.is_empty()),
        ("base-brand", !base.brand.is_empty()),
        ("base-approval-no", !base.approval_no.is_empty()),
        ("base-barcodes", !base.barcodes.is_empty()),
        ("base-category", base.category_id.is_some()),
        ("base-origin", !base.origin.is_empty()),
    ];
    stated.into_iter().filter(|(_, there)| !there).map(|(label, _)| label).collect()
}

async fn one_page(ctx: &Ctx, id: BaseId, form: Form) -> crate::Result<OnePage> {
    let seat = ctx.platform_seat()?;
    let (base, category, survivor, links, linked, twins, events) = ctx
        .db
        .snapshot(move |c| {
            let base = model::find(c, id)?;
            let wanted: Vec<String> = base.category_id.iter().cloned().collect();
            let chain = categories::chains(c, MerchantId::PLATFORM, &wanted)?.remove(base.category_id.as_deref().unwrap_or_default());
            let allowed = categories::by_ids(c, MerchantId::PLATFORM, &wanted)?.values().all(|category| category.allowed);
            let survivor = match base.merged_into {
                None => None,
                Some(id) => Some(model::find(c, id)?),
            };
            let links = model::links(c, id)?;
            let linked = model::linked(c, id, SHOWN)?;
            let twins = if base.is_active() { model::twins(c, &base, TWINS)? } else { Vec::new() };
            let events = trail::of_subject(c, MerchantId::PLATFORM, "base_product", &base.code, MOMENTS)?;
            Ok((base, (chain.unwrap_or_default(), !allowed), survivor, links, linked, twins, events))
        })
        .await?;
    Ok(OnePage {
        frame: ctx.frame("base-products"),
        now: ctx.now,
        missing: missing(&base),
        doubt: base.draft().approval_doubt().map(|why| why.text_key()),
        base,
        category: category.0,
        forbidden: category.1,
        survivor,
        links,
        linked,
        twins,
        moments: events.iter().map(Moment::of).collect(),
        form,
        may_manage: seat.person.may(Permission::ManageCatalogue),
    })
}

/// `GET /base-products/{id}`
pub async fn one(ctx: Ctx, id: Path<i64>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let page = one_page(&ctx, BaseId(*id), Form::default()).await?;
    ctx.reply(page)
}

#[derive(Deserialize, Validate)]
pub struct Why {
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    pub reason: String,
}

/// `POST /base-products/{id}/suspension`
pub async fn suspend(ctx: Ctx, id: Path<i64>, input: Input<Why>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let id = BaseId(*id);
    let outcome = match input.or_form() {
        Ok(why) => ctx.db.write(move |tx| model::disable(tx, &seat.cause, id, &why.reason)).await,
        Err(form) => Err(Error::invalid(form)),
    };
    match outcome {
        Ok(_) => Ok(redirect(&ctx, &format!("/base-products/{id}?done=suspended"))),
        Err(Error::Invalid(form)) => {
            let page = one_page(&ctx, id, (*form).clone()).await?;
            super::again(&ctx, *form, |_| page)
        }
        Err(e) => Err(e),
    }
}

/// `DELETE /base-products/{id}/suspension`
pub async fn resume(ctx: Ctx, id: Path<i64>) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let id = BaseId(*id);
    ctx.db.write(move |tx| model::enable(tx, &seat.cause, id)).await?;
    Ok(redirect(&ctx, &format!("/base-products/{id}?done=resumed")))
}
