//! The list.

use super::head::Head;
use super::{Line, bulk};
use crate::clock::day;
use crate::ids::ShopId;
use crate::merchants::{self, Shop, overview::midnight};
use crate::products::reads::{self, Cat, Chosen, Listing};
use crate::show;
use crate::stock::holds::list as holds;
use crate::stock::list::{self, Item, Search};
use crate::stock::marks::Mark;
use crate::stock::shelf;
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize, Clone, Default)]
pub struct Filter {
    #[serde(default)]
    pub(super) view: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    shop: String,
    /// A category of the merchant.
    #[serde(default)]
    cat: String,
    /// `erp` or `person`: who set the number.
    #[serde(default)]
    src: String,
    #[serde(default)]
    listing: String,
    #[serde(default)]
    after: String,
    /// What was just done to how many rows.
    #[serde(default)]
    done: String,
    #[serde(default)]
    n: i64,
}

impl Filter {
    /// From the query of an address, as forms carry it along.
    pub(super) fn read(query: &str) -> Self {
        serde_html_form::from_str(query).unwrap_or_default()
    }
    /// From the address of the list; of another page there is none.
    pub(super) fn of_page(path: &str) -> Option<Self> {
        let (page, query) = path.split_once('?').unwrap_or((path, ""));
        (page == "/stock").then(|| Self::read(query))
    }
    pub(super) fn shop(&self) -> Option<ShopId> {
        self.shop.parse().ok()
    }
    fn listing(&self) -> Option<Listing> {
        Listing::ALL.into_iter().find(|l| l.as_str() == self.listing)
    }
    pub(super) fn cat(&self) -> &str {
        &self.cat
    }
    /// What it asks for, in the category it names.
    pub(super) fn search(&self, chosen: &Chosen, now: DateTime<Utc>) -> Search {
        Search {
            mark: Mark::of(&self.view),
            near: (self.view == "near").then(|| day(now)),
            shop: self.shop(),
            q: self.q.trim().to_owned(),
            leaves: chosen.leaves.clone(),
            listing: self.listing(),
            by_person: match self.src.as_str() {
                "person" => Some(true),
                "erp" => Some(false),
                _ => None,
            },
            after: Cursor::read(&self.after),
        }
    }
    /// The address with some of it changed; the place in the list starts over.
    pub(super) fn with(&self, changed: &[(&str, &str)]) -> String {
        let query = self.query(changed);
        if query.is_empty() { "/stock".to_owned() } else { format!("/stock?{query}") }
    }
    fn query(&self, changed: &[(&str, &str)]) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.parts() {
            let value = changed.iter().find(|(n, _)| *n == name).map_or(value, |(_, new)| *new);
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    fn parts(&self) -> [(&'static str, &str); 6] {
        let parts = [&self.view, &self.q, &self.shop, &self.cat, &self.src, &self.listing];
        let [view, q, shop, cat, src, listing] = parts.map(String::as_str);
        [("view", view), ("q", q), ("shop", shop), ("cat", cat), ("src", src), ("listing", listing)]
    }
    fn is_set(&self) -> bool {
        !self.query(&[]).is_empty()
    }
}

#[derive(Template)]
#[template(path = "stock/list.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    head: Head,
    shops: Menu,
    cats: Menu,
    sources: Menu,
    listings: Menu,
    filter: Filter,
    /// The filter as a query: for the export, and for whoever means all of it.
    query: String,
    page: Page<Line>,
    pager: Pager,
    may_edit: bool,
}
show!(List, |v| json!({
    "rows": v.page.rows.iter().map(Line::data).collect::<Vec<_>>(), "next": v.page.next,
    "counts": v.head.tabs.iter().map(|t| t.count).collect::<Vec<_>>(),
}));

impl List {
    /// There is more than this page shows.
    fn has_more(&self) -> bool {
        self.page.next.is_some() || !self.filter.after.is_empty()
    }
    /// What the filter finds, as far as a tab has counted it.
    fn total(&self) -> String {
        let plain = self.filter.parts().iter().all(|(name, value)| value.is_empty() || matches!(*name, "view" | "shop"));
        self.head.tabs.iter().find(|t| t.current && plain).map(Tab::shown_count).unwrap_or_default()
    }
}

/// A filter with its choices.
struct Menu {
    /// What is chosen; empty: nothing.
    chosen: String,
    /// The address without it.
    any: String,
    picks: Vec<Pick>,
}

struct Pick {
    href: String,
    label: String,
    note: String,
    on: bool,
}

impl Menu {
    fn of(filter: &Filter, name: &'static str, value: &str, choices: impl IntoIterator<Item = (String, String)>) -> Self {
        let pick = |(id, label): (String, String)| Pick { href: filter.with(&[(name, &id)]), on: id == value, label, note: String::new() };
        let picks: Vec<Pick> = choices.into_iter().map(pick).collect();
        let chosen = picks.iter().find(|p| p.on).map(|p| p.label.trim().to_owned()).unwrap_or_default();
        Self { chosen, any: filter.with(&[(name, "")]), picks }
    }
}

fn shops(filter: &Filter, all: Vec<Shop>) -> Menu {
    let ids: Vec<String> = all.iter().map(|s| s.id.to_string()).collect();
    let mut menu = Menu::of(filter, "shop", &filter.shop, all.into_iter().map(|s| (s.id.to_string(), s.name)));
    for (pick, id) in menu.picks.iter_mut().zip(ids) {
        pick.note = id;
    }
    menu
}

/// The way down to the chosen category, and one step further.
fn categories(filter: &Filter, path: &[Cat], children: &[Cat]) -> Menu {
    let named = |cat: &Cat| {
        let deep = usize::try_from(cat.level).unwrap_or(1).saturating_sub(1);
        (cat.id.clone(), format!("{}{}", "　".repeat(deep), cat.name))
    };
    Menu::of(filter, "cat", &filter.cat, path.iter().chain(children).map(named))
}

/// View, label, tone, in the order of the tabs; the JSON face counts in the same order.
pub(super) const TABS: [(&str, &str, &str); 7] = [
    ("", "stock-tab-all", ""),
    ("low", "stock-tab-low", "warn"),
    ("out", "stock-tab-out", "bad"),
    ("held", "stock-tab-held", "hold"),
    ("drift", "stock-tab-drift", ""),
    ("short", "stock-tab-short", "bad"),
    ("near", "stock-tab-near", ""),
];

pub async fn show(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now) = (seat.merchant, ctx.now);
    let filter = filter.into_inner();
    let asked = filter.clone();
    let (rows, numbers, all_shops, low_stock, mut lots, mut sold, chosen, children) = ctx
        .db
        .snapshot(move |c| {
            let chosen = reads::chosen(c, merchant, asked.cat())?;
            let rows = list::page(c, merchant, &asked.search(&chosen, now), PER_PAGE + 1)?;
            let numbers = (list::counts(c, merchant, asked.shop(), day(now), COUNT_CAP)?, holds::counts(c, merchant, now)?);
            let places: Vec<_> = rows.iter().map(Item::place).collect();
            let lots = shelf::shown(c, merchant, &places)?;
            let sold = list::sold_since(c, merchant, &places, midnight(now))?;
            let children = reads::categories(c, merchant, chosen.path.last().map_or("0", |cat| cat.id.as_str()))?;
            let low_stock = merchants::find(c, merchant)?.low_stock;
            Ok((rows, numbers, merchants::shops(c, merchant)?, low_stock, lots, sold, chosen, children))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, Item::place);
    let may_edit = seat.person.may(Permission::EditStock);
    let say = |key: &'static str| ctx.lang.say(key, &[]);
    let sources = [("erp", "stock-source-erp"), ("person", "stock-source-person")].map(|(id, key)| (id.to_owned(), say(key)));
    let listings = Listing::ALL.map(|l| (l.as_str().to_owned(), say(l.label())));
    let query = filter.query(&[]);
    ctx.reply(List {
        frame: Frame { notice: bulk::notice(&filter.done, filter.n), ..ctx.frame("stock") },
        now,
        may_edit,
        head: Head::of(&numbers.0, &numbers.1, &filter, &seat, now),
        shops: shops(&filter, all_shops),
        cats: categories(&filter, &chosen.path, &children),
        sources: Menu::of(&filter, "src", &filter.src, sources),
        listings: Menu::of(&filter, "listing", &filter.listing, listings),
        pager: Pager::of("/stock", &query, Some(&filter.after), &page),
        query,
        filter,
        page: page.map(|item| {
            let (lots, sold) = (lots.remove(&item.place()), sold.remove(&item.place()));
            Line::of(item, low_stock, now, may_edit).with_lots(lots).with_today(sold)
        }),
    })
}
