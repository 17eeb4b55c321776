//! The call log: every API call, failures first when asked, one beside the list with its lines; and the batches.

use super::calls::{self, Call, Search};
use super::model::{self, FeedLine, FeedRow};
use crate::ids::FeedId;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Reply, Tab, filters};
use crate::{Error, show};
use actix_web::web::{self, Path, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync/calls").get(list))
        .service(web::resource("/sync/calls/{id}").get(one))
        .service(web::resource("/sync/feeds").get(feeds))
        .service(web::resource("/sync/feeds/{id}").get(feed));
}

#[derive(Deserialize, Clone, Default)]
struct Filter {
    #[serde(default)]
    view: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

impl Filter {
    fn query(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("view", &self.view), ("method", &self.method), ("q", &self.q)] {
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    fn is_set(&self) -> bool {
        !self.query().is_empty()
    }
    fn search(&self) -> Search {
        Search { failed: self.view == "failed", method: self.method.clone(), q: self.q.clone(), before: Cursor::read(&self.after) }
    }
}

/// One call with the lines there was something to say about.
struct Opened {
    call: Call,
    request: String,
    response: String,
    lines: Vec<FeedLine>,
}

#[derive(Template)]
#[template(path = "feeds/calls.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    filter: Filter,
    query: String,
    page: Page<Call>,
    pager: Pager,
    open: Option<Opened>,
}
show!(List, |v| json!({ "calls": v.page.rows, "next": v.page.next, "open": v.open.as_ref().map(|o| &o.call) }));

async fn list(ctx: Ctx, filter: Query<Filter>) -> Reply {
    show_list(ctx, filter.into_inner(), None).await
}

async fn one(ctx: Ctx, id: Path<Uuid>, filter: Query<Filter>) -> Reply {
    show_list(ctx, filter.into_inner(), Some(*id)).await
}

async fn show_list(ctx: Ctx, filter: Filter, id: Option<Uuid>) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let search = filter.search();
    let (rows, open) = ctx
        .db
        .read(move |c| {
            let rows = calls::search(c, merchant, &search, PER_PAGE + 1)?;
            let wanted = id.or_else(|| rows.first().map(|r| r.id));
            let open = match wanted {
                None => None,
                Some(id) => {
                    let call = calls::find(c, merchant, id)?;
                    let lines = match call.feed_id {
                        Some(feed) => model::lines_of(c, merchant, feed, call.at)?,
                        None => Vec::new(),
                    };
                    Some(Opened { request: readable(&call.request), response: readable(&call.response), call, lines })
                }
            };
            Ok((rows, open))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |r: &Call| (r.at, r.id));
    let query = filter.query();
    let tab = |view: &str, label, tone| Tab {
        label: Text::new(label),
        href: if view.is_empty() { "/sync/calls".to_owned() } else { format!("/sync/calls?view={view}") },
        current: filter.view == view,
        count: None,
        tone,
    };
    ctx.reply(List {
        frame: ctx.frame("sync"),
        now: ctx.now,
        tabs: vec![tab("", "calls-tab-all", ""), tab("failed", "calls-tab-failed", "bad")],
        pager: Pager::of("/sync/calls", &query, Some(&filter.after), &page),
        query,
        filter,
        page,
        open,
    })
}

/// JSON as people read it; what was cut or is no JSON stays as it is.
fn readable(body: &str) -> String {
    serde_json::from_str::<serde_json::Value>(body).and_then(|v| serde_json::to_string_pretty(&v)).unwrap_or_else(|_| body.to_owned())
}

#[derive(Template)]
#[template(path = "feeds/feeds.html", blocks = ["part"])]
struct Feeds {
    frame: Frame,
    now: DateTime<Utc>,
    rows: Vec<FeedRow>,
}
show!(Feeds, |v| &v.rows);

const FEEDS_SHOWN: i64 = 100;

async fn feeds(ctx: Ctx) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let rows = ctx.db.read(move |c| model::of_merchant(c, merchant, FEEDS_SHOWN)).await?;
    ctx.reply(Feeds { frame: ctx.frame("sync"), now: ctx.now, rows })
}

#[derive(Template)]
#[template(path = "feeds/feed.html", blocks = ["part"])]
struct Feed {
    frame: Frame,
    feed: FeedRow,
    lines: Vec<FeedLine>,
}
show!(
    Feed,
    |v| json!({ "feed": v.feed, "lines": v.lines.iter().map(|l| json!({ "line": l.no, "key": l.key, "outcome": l.outcome })).collect::<Vec<_>>() })
);

async fn feed(ctx: Ctx, id: Path<FeedId>) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let id = *id;
    let (feed, lines) = ctx
        .db
        .read(move |c| {
            let feed = model::find(c, merchant, id)?.ok_or(Error::NotFound)?;
            let lines = model::lines_of(c, merchant, id, feed.at)?;
            Ok((feed, lines))
        })
        .await?;
    ctx.reply(Feed { frame: ctx.frame("sync"), feed, lines })
}
