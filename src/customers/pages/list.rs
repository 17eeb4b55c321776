//! The list, with one buyer opened beside it.

use super::escaped;
use super::pane::Pane;
use crate::customers::above::{Waiting, WaitingOrders};
use crate::customers::list::{self, Search};
use crate::customers::{Customer, Match, Scheme, answers, find, scheme, sight};
use crate::form::Form;
use crate::ids::CustomerId;
use crate::text::Text;
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, PER_PAGE, Page, Pager, Permission, Reply, Seat, Tab, filters};
use crate::{Error, Result, show};
use actix_web::web::{Data, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;

#[derive(Deserialize, Clone, Default, Debug)]
pub struct Filter {
    /// A state, as on the wire; without one those that wait for a match.
    #[serde(default)]
    pub view: String,
    #[serde(default)]
    pub q: String,
    /// Only those whose orders wait.
    #[serde(default)]
    pub waiting: String,
    #[serde(default)]
    pub after: String,
    /// The buyer that is open.
    #[serde(default)]
    pub c: String,
    /// What is looked for among the ERP's customers.
    #[serde(default)]
    pub find: String,
    /// What was just done, to whom, which code it was about, and how many orders it let go.
    #[serde(default)]
    pub done: String,
    #[serde(default)]
    pub of: String,
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub n: i64,
}

impl Filter {
    pub fn state(&self) -> Match {
        Match::of(&self.view).unwrap_or(Match::None)
    }
    /// The query of the list alone, with another view.
    fn query(&self, view: &str, waiting: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("view", view), ("q", self.q.trim()), ("waiting", waiting)] {
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    /// The query of the list with something more.
    pub fn with(&self, more: &[(&str, &str)]) -> String {
        let mut out = form_urlencoded::Serializer::new(self.query(&self.view, &self.waiting));
        for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
            out.append_pair(name, value);
        }
        out.finish()
    }
    fn href(&self, view: &str, waiting: &str) -> String {
        at(&self.query(view, waiting))
    }
    fn is_set(&self) -> bool {
        !self.q.trim().is_empty() || !self.waiting.is_empty()
    }
}

/// The page with a query.
pub fn at(query: &str) -> String {
    if query.is_empty() { "/customers".to_owned() } else { format!("/customers?{query}") }
}

/// A buyer in the list.
pub struct Line {
    pub row: Customer,
    pub waiting: Option<Waiting>,
    href: String,
    open: bool,
}

impl Line {
    fn data(&self) -> Value {
        let mut told = answers::on_wire(&self.row);
        if let (Some(map), Some(waiting)) = (told.as_object_mut(), self.waiting) {
            map.insert("waiting".into(), json!({ "orders": waiting.orders, "amount": waiting.amount }));
        }
        told
    }
}

/// What was just done, and how to take it back.
struct Done {
    text: Text,
    /// Orders that went on.
    released: i64,
    /// Address and code of the way back; empty where there is none.
    undo: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "customers/list.html", blocks = ["part"])]
pub struct Matcher {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    filter: Filter,
    page: Page<Line>,
    pager: Pager,
    pane: Option<Pane>,
    done: Option<Done>,
    scheme: Scheme,
    /// Buyers whose orders wait for a code, when somebody knows.
    waiting: Option<i64>,
    /// Nobody has ever bought here.
    unused: bool,
    may_edit: bool,
    may_set: bool,
}
show!(Matcher, |v| json!({
    "rows": v.page.rows.iter().map(Line::data).collect::<Vec<_>>(), "next": v.page.next, "scheme": v.scheme.as_str(),
    "counts": v.tabs.iter().map(|t| t.count).collect::<Vec<_>>(), "open": v.pane.as_ref().map(Pane::data),
}));

impl Matcher {
    /// What the list is about, for its export.
    fn list_query(&self) -> String {
        self.filter.with(&[])
    }
    /// The list with all buyers, or only those whose orders wait.
    fn waiting_href(&self, waiting: &str) -> String {
        self.filter.href(&self.filter.view, waiting)
    }
}

/// View, label, tone, in the order of the tabs; the JSON face counts in the same order.
const TABS: [(Match, &str); 5] =
    [(Match::None, "warn"), (Match::Auto, ""), (Match::Person, ""), (Match::Conflict, "bad"), (Match::NotNeeded, "")];

/// A form that was not accepted, to be shown at the buyer it was about.
pub struct Wrong {
    pub id: String,
    pub form: Form,
}

/// The page, or the page again after a form that was not accepted.
pub async fn shown(ctx: &Ctx, seat: &Seat, filter: Filter, above: Option<WaitingOrders>, wrong: Option<Wrong>) -> Result<Matcher> {
    let (merchant, asked) = (seat.merchant, filter.clone());
    let open = wrong.as_ref().map_or(filter.c.clone(), |w| w.id.clone());
    let looked = open.clone();
    let (rows, counts, scheme, waiting, known, opened, done) = ctx
        .db
        .snapshot(move |c| {
            let waiting: Option<HashMap<CustomerId, Waiting>> = above.map(|above| (above.of)(c, merchant, None, COUNT_CAP)).transpose()?;
            let only = (!asked.waiting.is_empty()).then(|| waiting.iter().flatten().map(|(id, _)| *id).collect());
            let search = Search { state: asked.state(), q: asked.q.trim().to_owned(), after: Cursor::read(&asked.after), only };
            let rows = list::page(c, merchant, &search, PER_PAGE + 1)?;
            let ids: Vec<CustomerId> = rows.iter().map(|r| r.id).collect();
            let chosen = if looked.is_empty() { rows.first().cloned() } else { none_if_missing(find(c, merchant, &looked))? };
            let opened = chosen.map(|row| sight::of(c, merchant, row, &asked.find)).transpose()?;
            let ids: Vec<CustomerId> = ids.into_iter().chain(opened.as_ref().map(|o| o.row.id)).collect();
            let known = above.map(|above| (above.of)(c, merchant, Some(&ids), COUNT_CAP)).transpose()?.unwrap_or_default();
            let done = if asked.of.is_empty() { None } else { none_if_missing(find(c, merchant, &asked.of))? };
            Ok((rows, list::counts(c, merchant, COUNT_CAP)?, scheme(c, merchant)?, waiting, known, opened, done))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |row| row.id);
    let pager = Pager::of("/customers", &filter.query(&filter.view, &filter.waiting), Some(&filter.after), &page);
    let opened_id = opened.as_ref().map(|o| o.row.id);
    let next = page.rows.iter().skip_while(|row| Some(row.id) != opened_id).nth(1).map(|row| row.customer_id.clone()).unwrap_or_default();
    let tabs: Vec<Tab> = TABS
        .into_iter()
        .map(|(state, tone)| {
            let count = counts.iter().find(|(known, _)| *known == state).map_or(0, |(_, n)| *n);
            let view = if state == Match::None { "" } else { state.as_str() };
            let tone = if count > 0 { tone } else { "" };
            Tab { label: Text::new(state.label()), href: filter.href(view, ""), current: filter.state() == state, count: Some(count), tone }
        })
        .collect();
    let may_edit = seat.person.may(Permission::EditOrders);
    let unused = tabs.iter().all(|t| t.count == Some(0));
    Ok(Matcher {
        frame: ctx.frame("customers"),
        now: ctx.now,
        pager,
        page: page.map(|row| Line {
            href: at(&filter.with(&[("after", &filter.after), ("c", &row.customer_id)])),
            open: Some(row.id) == opened_id,
            waiting: known.get(&row.id).copied(),
            row,
        }),
        pane: opened.map(|o| {
            let waiting = known.get(&o.row.id).copied();
            Pane::of(o, waiting, wrong.map(|w| w.form), next)
        }),
        done: done.and_then(|row| told(&filter, &row)),
        waiting: waiting.map(|all| i64::try_from(all.len()).unwrap_or(i64::MAX)),
        tabs,
        filter,
        scheme,
        unused,
        may_edit,
        may_set: seat.person.may(Permission::ManageSettings),
    })
}

fn none_if_missing<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(Error::NotFound) => Ok(None),
        other => other.map(Some),
    }
}

/// What was done, in words, if it still holds: an address that is opened again later must not say what is no longer so.
fn told(filter: &Filter, row: &Customer) -> Option<Done> {
    let path = |piece: &str| format!("/customers/{}/{piece}", escaped(&row.customer_id));
    let (text, undo) = match (filter.done.as_str(), row.match_kind()) {
        ("matched", Match::Person) => {
            let code = row.erp_code.clone().unwrap_or_default();
            (
                Text::new("customers-done-matched").with(&row.name).with(code),
                Some((format!("{}?_method=delete", path("match")), "undo".to_owned())),
            )
        }
        ("unbound", Match::None) => (Text::new("customers-done-unbound").with(&row.name), Some((path("match"), filter.code.clone()))),
        ("exempt", Match::NotNeeded) => {
            (Text::new("customers-done-exempt").with(&row.name), Some((format!("{}?_method=delete", path("exemption")), String::new())))
        }
        ("back", _) => (Text::new("customers-done-back").with(&row.name), None),
        _ => return None,
    };
    Some(Done { text, released: filter.n, undo })
}

/// `GET /customers`
pub async fn show(ctx: Ctx, filter: Query<Filter>, above: Option<Data<WaitingOrders>>) -> Reply {
    let seat = ctx.merchant()?;
    let view = shown(&ctx, &seat, filter.into_inner(), above.map(|a| **a), None).await?;
    ctx.reply(view)
}
