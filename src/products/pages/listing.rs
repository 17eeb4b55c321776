//! `/listing`: what is on, off, and why? P-06, P-08, P-11

use super::ask::{Ask, Turn};
use super::shown::{Item, tabs};
use crate::merchants;
use crate::products::reads::{self, Tally, View};
use crate::products::sellable::Condition;
use crate::show;
use crate::web::{COUNT_CAP, Ctx, Frame, PER_PAGE, Permission, Reply, Tab, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::json;

/// Products that lack one thing first.
struct Group {
    label: &'static str,
    count: i64,
    href: String,
    on: bool,
}

#[derive(Template)]
#[template(path = "products/listing.html", blocks = ["part"])]
struct Control {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    query: String,
    view: &'static str,
    /// What this view holds, as a text key.
    note: &'static str,
    groups: Vec<Group>,
    /// There were more products than the counts of the groups looked at.
    capped: bool,
    items: Vec<Item>,
    turn: Turn,
    may_list: bool,
    auto_list: bool,
    empty: bool,
    total: String,
    more: bool,
}
show!(Control, |v| json!({
    "products": v.items.iter().map(|i| &i.row).collect::<Vec<_>>(),
    "views": v.tabs.iter().map(|t| json!({ "href": t.href, "count": t.count, "current": t.current })).collect::<Vec<_>>(),
    "missing": v.groups.iter().map(|g| json!({ "href": g.href, "count": g.count })).collect::<Vec<_>>(),
    "prev": v.turn.prev, "next": v.turn.next,
}));

pub(super) async fn control(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, ask) = (seat.merchant, ask.into_inner());
    let asked = ask.clone();
    let (counts, lacks, capped, rows, more, auto_list, any) = ctx
        .db
        .snapshot(move |c| {
            let (search, _) = reads::within(c, merchant, asked.search(&View::LISTING), &asked.cat)?;
            let (lacks, capped) = reads::lacks(c, merchant)?;
            let plain: Vec<View> = View::LISTING.into_iter().filter(|v| !matches!(v, View::Ready | View::Missing(_))).collect();
            let counted = reads::tally(c, merchant, &plain, COUNT_CAP)?;
            let sum = |ready: bool| lacks.iter().filter(|(what, _)| what.is_none() == ready).map(|(_, n)| n).sum();
            let count = |view: View| match view {
                View::Ready => sum(true),
                View::Missing(_) => sum(false),
                other => counted.iter().find(|t| t.view == other).map_or(0, |t| t.count),
            };
            let counts: Vec<Tally> = View::LISTING.into_iter().map(|view| Tally { view, count: count(view) }).collect();
            let (rows, more) = reads::page(c, merchant, &search, asked.from(), PER_PAGE)?;
            let any = !reads::ids_of(c, merchant, &reads::Search::default(), 1)?.is_empty();
            Ok((counts, lacks, capped, rows, more, merchants::find(c, merchant)?.auto_list, any))
        })
        .await?;
    let view = ask.view(&View::LISTING);
    let ids: Vec<_> = rows.iter().map(|r| r.id).collect();
    let tabs = tabs("/listing", &counts, view);
    let total = tabs.iter().find(|t| t.current).map(Tab::shown_count).unwrap_or_default();
    ctx.reply(Control {
        frame: ctx.frame("listing"),
        now: ctx.now,
        turn: Turn::of(&ask, "/listing", &ids, ask.from(), more),
        query: ask.with(&[]),
        view: view.name(),
        note: note(view),
        groups: if matches!(view, View::Missing(_)) { groups(&lacks, ask.lack()) } else { Vec::new() },
        capped,
        items: rows.into_iter().map(|row| Item::of(row, &ask)).collect(),
        may_list: seat.person.may(Permission::EditListing),
        auto_list,
        empty: !any,
        total,
        more: more || ask.from() != reads::From::Top,
        tabs,
    })
}

fn note(view: View) -> &'static str {
    match view {
        View::Ready => "shelf-note-ready",
        View::Missing(_) => "shelf-note-missing",
        View::ByRule => "shelf-note-rule",
        View::ByPerson => "shelf-note-person",
        View::ByErp => "shelf-note-erp",
        _ => "shelf-note-listed",
    }
}

fn groups(lacks: &[(Option<Condition>, i64)], current: Option<Condition>) -> Vec<Group> {
    let found = lacks.iter().filter_map(|(what, count)| what.map(|what| (what, *count)));
    found
        .map(|(what, count)| Group {
            label: what.missing(),
            count,
            href: if current == Some(what) {
                "/listing?view=missing".to_owned()
            } else {
                format!("/listing?view=missing&lack={}", what.code())
            },
            on: current == Some(what),
        })
        .collect()
}
