//! `/trail`: who changed what, when, from what to what, and by which call.

use crate::ids::MerchantId;
use crate::merchants::{self, settings};
use crate::show;
use crate::text::{Lang, Text};
use crate::trail::{self, Change, Event, Search};
use crate::web::{Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize, Clone)]
pub struct Filter {
    /// `person`, `erp` or `system`; anything else is everybody.
    #[serde(default)]
    view: String,
    #[serde(default)]
    q: String,
    /// The code of the merchant an admin looks at; the platform's own trail without.
    #[serde(default)]
    merchant: String,
    #[serde(default)]
    after: String,
}

impl Filter {
    fn query(&self, view: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("merchant", self.merchant.as_str()), ("view", view), ("q", self.q.trim())] {
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    fn href(&self, view: &str) -> String {
        let query = self.query(view);
        if query.is_empty() { "/trail".to_owned() } else { format!("/trail?{query}") }
    }
    /// The same place without filters.
    fn bare(&self) -> String {
        Filter { q: String::new(), ..self.clone() }.href("")
    }
}

/// One event with its words.
struct Row {
    event: Event,
    /// What happened; the verb itself while nobody has found words for it.
    said: String,
    changes: Vec<Change>,
    /// Its call or batch, for those who have a page for it.
    cause: Option<String>,
    note: Option<String>,
}

impl Row {
    fn of(event: Event, lang: Lang, own: bool) -> Self {
        let key = event.key();
        let said = lang.say(&key, &[]);
        let cause = match (own, &event.request_id, event.feed_id) {
            (true, Some(id), Some(_)) if event.actor_kind == "erp" => Some(format!("/sync/calls/{id}")),
            (true, _, Some(feed)) => Some(format!("/sync/feeds/{feed}")),
            _ => None,
        };
        Self {
            said: if said == key { event.verb.clone() } else { said },
            changes: event.changes().into_iter().map(|c| c.in_words(lang)).collect(),
            cause,
            note: event.note.clone().map(|n| trail::note_in_words(lang, n)),
            event,
        }
    }
    /// The source chip: who owns the change.
    fn source(&self) -> &'static str {
        match self.event.actor_kind.as_str() {
            "erp" => "erp",
            "person" => "hold",
            _ => "plat",
        }
    }
}

#[derive(Template)]
#[template(path = "trail/list.html", blocks = ["part"])]
struct ListPage {
    frame: Frame,
    now: DateTime<Utc>,
    /// Whose trail it is.
    whose: String,
    tabs: Vec<Tab>,
    filter: Filter,
    page: Page<Row>,
    pager: Pager,
}
show!(ListPage, |v| json!({ "events": v.page.rows.iter().map(|r| &r.event).collect::<Vec<_>>(), "next": v.page.next }));

/// `GET /trail`
pub async fn list(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.seat()?.may(Permission::ManageUsers)?;
    let filter = filter.into_inner();
    let platform = seat.person.role.is_platform();
    let (of, code) = (seat.merchant, if platform { filter.merchant.clone() } else { String::new() });
    let search = Search { kind: filter.view.clone(), q: filter.q.trim().to_owned(), before: Cursor::read(&filter.after) };
    let (whose, rows) = ctx
        .db
        .snapshot(move |c| {
            let whose = if code.is_empty() { merchants::find(c, of)? } else { settings::by_code(c, &code)? };
            let rows = trail::search(c, whose.id, &search, PER_PAGE + 1)?;
            Ok((whose, rows))
        })
        .await?;
    let filter = Filter { merchant: if whose.id == of { String::new() } else { whose.code }, ..filter };
    let tab =
        |view: &str, label| Tab { label: Text::new(label), href: filter.href(view), current: filter.view == view, count: None, tone: "" };
    let tabs = vec![tab("", "trail-all"), tab("person", "trail-people"), tab("erp", "trail-erp"), tab("system", "trail-system")];
    let page = Page::cut(rows, PER_PAGE, |e: &Event| (e.at, e.id)).map(|e| Row::of(e, ctx.lang, !platform));
    let pager = Pager::of("/trail", &filter.query(&filter.view), Some(&filter.after), &page);
    let name = if whose.id == MerchantId::PLATFORM { Text::new("trail-of-platform").say(ctx.lang) } else { whose.name };
    ctx.reply(ListPage { frame: ctx.frame("trail"), now: ctx.now, whose: name, tabs, filter, page, pager })
}
