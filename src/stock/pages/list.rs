//! The list.

use super::{Line, bulk, moment};
use crate::ids::ShopId;
use crate::merchants::{self, Shop};
use crate::show;
use crate::stock::holds::list as holds;
use crate::stock::list::{self, Item, Search};
use crate::stock::marks::Mark;
use crate::stock::shelf;
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
    /// What was just done to how many rows.
    #[serde(default)]
    done: String,
    #[serde(default)]
    n: i64,
}

impl Filter {
    fn search(&self) -> Search {
        Search {
            mark: Mark::of(&self.view),
            shop: self.shop.parse::<ShopId>().ok(),
            q: self.q.trim().to_owned(),
            after: Cursor::read(&self.after),
        }
    }
    /// The address with another view or shop; the place in the list starts over.
    fn href(&self, view: &str, shop: &str) -> String {
        let query = self.query(view, shop);
        if query.is_empty() { "/stock".to_owned() } else { format!("/stock?{query}") }
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
    fn is_set(&self) -> bool {
        !self.query(&self.view, &self.shop).is_empty()
    }
}

#[derive(Template)]
#[template(path = "stock/list.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    shops: Vec<Choice>,
    filter: Filter,
    page: Page<Line>,
    pager: Pager,
    /// How many rows are held, and when the next hold ends.
    held: i64,
    next_end: Option<String>,
    may_edit: bool,
}
show!(List, |v| json!({
    "rows": v.page.rows.iter().map(Line::data).collect::<Vec<_>>(), "next": v.page.next,
    "counts": v.tabs.iter().map(|t| t.count).collect::<Vec<_>>(),
}));

/// A shop to choose from.
struct Choice {
    href: String,
    id: String,
    name: String,
    on: bool,
}

impl List {
    fn shop_name(&self) -> &str {
        self.shops.iter().find(|s| s.on).map_or("", |s| s.name.as_str())
    }
}

impl Filter {
    fn choice(&self, shop: Shop) -> Choice {
        let id = shop.id.to_string();
        Choice { href: self.href(&self.view, &id), on: id == self.shop, id, name: shop.name }
    }
}

/// View, label, tone, in the order of the tabs; the JSON face counts in the same order.
const TABS: [(&str, &str, &str); 6] = [
    ("", "stock-tab-all", ""),
    ("low", "stock-tab-low", "warn"),
    ("out", "stock-tab-out", "bad"),
    ("held", "stock-tab-held", "hold"),
    ("drift", "stock-tab-drift", ""),
    ("short", "stock-tab-short", "bad"),
];

pub async fn show(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now) = (seat.merchant, ctx.now);
    let filter = filter.into_inner();
    let search = filter.search();
    let (rows, counts, shops, low_stock, holds, mut lots) = ctx
        .db
        .snapshot(move |c| {
            let rows = list::page(c, merchant, &search, PER_PAGE + 1)?;
            let counts = list::counts(c, merchant, search.shop, COUNT_CAP)?;
            let holds = holds::counts(c, merchant, now)?;
            let places: Vec<_> = rows.iter().map(Item::place).collect();
            let lots = shelf::shown(c, merchant, &places)?;
            Ok((rows, counts, merchants::shops(c, merchant)?, merchants::find(c, merchant)?.low_stock, holds, lots))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, Item::place);
    let tabs = TABS.map(|(view, label, tone)| {
        let count = counts.of(Mark::of(view));
        let tone = if count > 0 { tone } else { "" };
        Tab { label: Text::new(label), href: filter.href(view, &filter.shop), current: filter.view == view, count: Some(count), tone }
    });
    let may_edit = seat.person.may(Permission::EditStock);
    ctx.reply(List {
        frame: Frame { notice: bulk::notice(&filter.done, filter.n), ..ctx.frame("stock") },
        now,
        held: holds.active,
        next_end: holds.next.map(|at| moment(at, now)),
        may_edit,
        tabs: tabs.into(),
        shops: shops.into_iter().map(|s| filter.choice(s)).collect(),
        pager: Pager::of("/stock", &filter.query(&filter.view, &filter.shop), Some(&filter.after), &page),
        filter,
        page: page.map(|item| {
            let lots = lots.remove(&item.place());
            Line::of(item, low_stock, now, may_edit).with_lots(lots)
        }),
    })
}
