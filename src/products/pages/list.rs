//! `/products`: which of my products are not sellable, and why?

use super::ask::{Ask, Turn};
use super::shown::{Item, tabs};
use crate::products::reads::{self, Cat, Listing, View};
use crate::show;
use crate::web::{COUNT_CAP, Ctx, Frame, PER_PAGE, Permission, Reply, Tab, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::json;

/// A choice in a filter's menu.
pub(super) struct Pick {
    pub label: String,
    pub href: String,
    pub on: bool,
}

#[derive(Template)]
#[template(path = "products/list.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    ask: Ask,
    /// What a new search keeps.
    kept: Vec<(&'static str, String)>,
    /// Filters to carry along in forms.
    query: String,
    items: Vec<Item>,
    turn: Turn,
    /// The category chosen and how to be rid of it.
    cat: String,
    cats: Vec<Pick>,
    brands: Vec<Pick>,
    /// The label of the listing state chosen, as a text key.
    listing: Option<&'static str>,
    /// Text keys with their addresses.
    listings: Vec<(&'static str, String, bool)>,
    /// The label of that state, said; empty when none is chosen.
    listing_label: String,
    no_cat: String,
    no_brand: String,
    no_listing: String,
    clear: String,
    /// What the list finds, as a table.
    export: String,
    may_list: bool,
    may_connect: bool,
    /// The merchant has no product at all.
    empty: bool,
    /// Products of this view, unfiltered, as the tab says.
    total: String,
    /// More match than stand on this page.
    more: bool,
}
show!(List, |v| json!({
    "products": v.items.iter().map(|i| &i.row).collect::<Vec<_>>(),
    "views": v.tabs.iter().map(|t| json!({ "href": t.href, "count": t.count, "current": t.current })).collect::<Vec<_>>(),
    "prev": v.turn.prev, "next": v.turn.next,
}));

pub(super) async fn list(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, ask) = (seat.merchant, ask.into_inner());
    let asked = ask.clone();
    let (counts, rows, more, chosen, children, brands) = ctx
        .db
        .snapshot(move |c| {
            let (search, chosen) = reads::within(c, merchant, asked.search(&View::PRODUCTS), &asked.cat)?;
            let counts = reads::tally(c, merchant, &View::PRODUCTS, COUNT_CAP)?;
            let (rows, more) = reads::page(c, merchant, &search, asked.from(), PER_PAGE)?;
            let parent = chosen.path.last().map_or("0", |cat| cat.id.as_str());
            let children = reads::categories(c, merchant, parent)?;
            Ok((counts, rows, more, chosen, children, reads::brands(c, merchant)?))
        })
        .await?;
    let view = ask.view(&View::PRODUCTS);
    let ids: Vec<_> = rows.iter().map(|r| r.id).collect();
    let tabs = tabs("/products", &counts, view);
    let total = tabs.iter().find(|t| t.current).map(Tab::shown_count).unwrap_or_default();
    ctx.reply(List {
        frame: ctx.frame("products"),
        now: ctx.now,
        turn: Turn::of(&ask, "/products", &ids, ask.from(), more),
        kept: [("view", &ask.view), ("cat", &ask.cat), ("brand", &ask.brand), ("listing", &ask.listing)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.clone()))
            .collect(),
        query: ask.with(&[]),
        items: rows.into_iter().map(|row| Item::of(row, &ask)).collect(),
        cat: if ask.cat.is_empty() { String::new() } else { chosen.path.last().map_or_else(|| ask.cat.clone(), |cat| cat.name.clone()) },
        cats: category_picks(&ask, &chosen.path, &children),
        brands: brands.into_iter().map(|b| Pick { href: ask.href("/products", &[("brand", &b)]), on: b == ask.brand, label: b }).collect(),
        listing: ask.listing().map(Listing::label),
        listings: Listing::ALL
            .iter()
            .map(|l| (l.label(), ask.href("/products", &[("listing", l.as_str())]), ask.listing() == Some(*l)))
            .collect(),
        listing_label: ask.listing().map(|l| ctx.lang.say(l.label(), &[])).unwrap_or_default(),
        no_cat: ask.href("/products", &[("cat", "")]),
        no_brand: ask.href("/products", &[("brand", "")]),
        no_listing: ask.href("/products", &[("listing", "")]),
        export: ask.href("/products/export", &[]),
        clear: ask.href("/products", &[("q", ""), ("cat", ""), ("brand", ""), ("listing", "")]),
        may_list: seat.person.may(Permission::EditListing),
        may_connect: seat.person.may(Permission::ManageKeys),
        empty: counts.first().is_some_and(|all| all.count == 0),
        total,
        more: more || ask.from() != reads::From::Top,
        tabs,
        ask,
    })
}

/// The way down to the chosen category, and one step further.
fn category_picks(ask: &Ask, path: &[Cat], children: &[Cat]) -> Vec<Pick> {
    let pick = |cat: &Cat, on: bool| Pick {
        label: format!("{}{}", "　".repeat(usize::try_from(cat.level).unwrap_or(1).saturating_sub(1)), cat.name),
        href: ask.href("/products", &[("cat", &cat.id)]),
        on,
    };
    let above = path.iter().map(|cat| pick(cat, cat.id == ask.cat));
    above.chain(children.iter().map(|cat| pick(cat, false))).collect()
}
