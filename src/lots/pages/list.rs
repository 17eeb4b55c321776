//! The list.

use super::Line;
use crate::clock::day;
use crate::ids::ShopId;
use crate::lots::list::{self, Item, Search, View};
use crate::merchants::{self, Shop};
use crate::show;
use crate::text::Text;
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize, Clone, Default)]
pub struct Filter {
    #[serde(default)]
    view: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    shop: String,
    #[serde(default)]
    after: String,
    /// What was just done.
    #[serde(default)]
    done: String,
}

impl Filter {
    fn search(&self) -> Search {
        Search {
            view: View::of(&self.view),
            shop: self.shop.parse::<ShopId>().ok(),
            q: self.q.trim().to_owned(),
            after: Cursor::read(&self.after),
        }
    }
    fn query(&self, view: &str, shop: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("view", view), ("q", &self.q), ("shop", shop)] {
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    /// The address with another view or shop; the place in the list starts over.
    fn href(&self, view: &str, shop: &str) -> String {
        let query = self.query(view, shop);
        if query.is_empty() { "/lots".to_owned() } else { format!("/lots?{query}") }
    }
    fn is_set(&self) -> bool {
        !self.query(&self.view, &self.shop).is_empty()
    }
}

/// A shop to choose from.
struct Choice {
    href: String,
    id: String,
    name: String,
    on: bool,
}

#[derive(Template)]
#[template(path = "lots/list.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    shops: Vec<Choice>,
    filter: Filter,
    view: View,
    page: Page<Line>,
    pager: Pager,
    may_edit: bool,
    may_price: bool,
}
show!(List, |v| json!({
    "rows": v.page.rows.iter().map(|l| &l.item).collect::<Vec<_>>(), "next": v.page.next,
    "counts": v.tabs.iter().map(|t| t.count).collect::<Vec<_>>(),
}));

impl List {
    fn shop_name(&self) -> &str {
        self.shops.iter().find(|s| s.on).map_or("", |s| s.name.as_str())
    }
    fn differs(&self) -> bool {
        self.view == View::Differs
    }
}

/// Label and tone, in the order of the views.
const TABS: [(&str, &str); 7] = [
    ("lots-tab-all", ""),
    ("lots-tab-30", "bad"),
    ("lots-tab-90", "warn"),
    ("lots-tab-180", ""),
    ("lots-tab-expired", "bad"),
    ("lots-tab-gone", ""),
    ("lots-tab-differs", "warn"),
];

pub async fn show(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, today) = (seat.merchant, day(ctx.now));
    let filter = filter.into_inner();
    let search = filter.search();
    let view = search.view;
    let (rows, counts, shops) = ctx
        .db
        .snapshot(move |c| {
            let rows = list::page(c, merchant, &search, today, PER_PAGE + 1)?;
            Ok((rows, list::counts(c, merchant, search.shop, today, COUNT_CAP)?, merchants::shops(c, merchant)?))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, Item::place);
    let tabs = View::ALL.into_iter().zip(TABS).zip(counts).map(|((view, (label, tone)), count)| Tab {
        label: Text::new(label),
        href: filter.href(view.as_str(), &filter.shop),
        current: View::of(&filter.view) == view,
        count: Some(count),
        tone: if count > 0 { tone } else { "" },
    });
    let choice = |shop: Shop| {
        let id = shop.id.to_string();
        Choice { href: filter.href(&filter.view, &id), on: id == filter.shop, id, name: shop.name }
    };
    let notice = match filter.done.as_str() {
        "stopped" => Some(Text::new("lots-done-stopped")),
        "resumed" => Some(Text::new("lots-done-resumed")),
        _ => None,
    };
    ctx.reply(List {
        frame: Frame { notice, ..ctx.frame("lots") },
        now: ctx.now,
        view,
        tabs: tabs.collect(),
        shops: shops.into_iter().map(choice).collect(),
        pager: Pager::of("/lots", &filter.query(&filter.view, &filter.shop), Some(&filter.after), &page),
        page: page.map(|item| Line::of(item, today)),
        may_edit: seat.person.may(Permission::EditStock),
        may_price: seat.person.may(Permission::EditPrices),
        filter,
    })
}
