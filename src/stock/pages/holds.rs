//! `/holds`: every hold, on or over: who, why, until when, and what it has cost.

use super::done::notice;
use super::end;
use crate::ids::HoldId;
use crate::show;
use crate::stock::holds::list::{self, Item, Which};
use crate::text::Text;
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize, Default)]
pub struct Filter {
    #[serde(default)]
    view: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

const TABS: [(&str, &str, Which); 3] =
    [("", "holds-tab-active", Which::Active), ("ending", "holds-tab-ending", Which::Ending), ("ended", "holds-tab-ended", Which::Ended)];

#[derive(Template)]
#[template(path = "stock/holds.html", blocks = ["part"])]
struct Holds {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    which: Which,
    page: Page<Item>,
    pager: Pager,
    may_edit: bool,
}
show!(Holds, |v| json!({ "rows": v.page.rows, "next": v.page.next, "counts": v.tabs.iter().map(|t| t.count).collect::<Vec<_>>() }));

impl Holds {
    fn until(&self, item: &Item) -> Text {
        end(item.until, self.now)
    }
    fn base(&self, item: &Item) -> String {
        format!("/stock/{}/{}", super::escaped(&item.sku), item.shop)
    }
    fn look(&self, item: &Item) -> (&'static str, &'static str) {
        crate::products::look::of(&item.name, &item.spec)
    }
    fn is_over(&self) -> bool {
        self.which == Which::Ended
    }
    fn is_ending(&self) -> bool {
        self.which == Which::Ending
    }
}

pub async fn show(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now, filter) = (seat.merchant, ctx.now, filter.into_inner());
    let (view, which) = TABS.into_iter().find(|t| t.0 == filter.view).map_or(("", Which::Active), |t| (t.0, t.2));
    let after = Cursor::read::<(DateTime<Utc>, HoldId)>(&filter.after);
    let (rows, counts) =
        ctx.db.snapshot(move |c| Ok((list::page(c, merchant, which, after, now, PER_PAGE + 1)?, list::counts(c, merchant, now)?))).await?;
    let page = Page::cut(rows, PER_PAGE, |h| (if which == Which::Ending { h.until.unwrap_or(h.started_at) } else { h.started_at }, h.id));
    let query = if view.is_empty() { String::new() } else { format!("view={view}") };
    let tabs = TABS.map(|(name, label, which)| {
        let (count, tone) = match which {
            Which::Active => (Some(counts.active.min(COUNT_CAP)), "hold"),
            Which::Ending => (Some(counts.ending.min(COUNT_CAP)), "bad"),
            Which::Ended => (None, ""),
        };
        let href = if name.is_empty() { "/holds".to_owned() } else { format!("/holds?view={name}") };
        Tab { label: Text::new(label), href, current: name == view, count, tone: if count == Some(0) { "" } else { tone } }
    });
    let frame = Frame { notice: notice(&filter.done, None), ..ctx.frame("holds") };
    ctx.reply(Holds {
        frame,
        now,
        tabs: tabs.into(),
        which,
        pager: Pager::of("/holds", &query, Some(&filter.after), &page),
        page,
        may_edit: seat.person.may(Permission::EditStock),
    })
}
