//! The list.

use super::bulk::MOST;
use super::filter::{Choice, Filter, LATE};
use super::{escaped, waited};
use crate::merchants::{self, Shop};
use crate::orders::board::{self, Board};
use crate::orders::list::{self, Item, View};
use crate::orders::model::Sync;
use crate::orders::rules;
use crate::orders::state::State;
use crate::orders::waits::{Way, Why, why_not_in_erp};
use crate::orders::wire;
use crate::products::look;
use crate::text::Text;
use crate::web::{COUNT_CAP, Ctx, Frame, PER_PAGE, Page, Pager, Permission, Reply, Tab, filters};
use crate::wire::Module;
use crate::{gate, show};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// An order as the list shows it.
pub struct Line {
    pub item: Item,
    pub way: Way,
    now: DateTime<Utc>,
}

impl Line {
    pub fn of(item: Item, off: bool, alert_minutes: i32, now: DateTime<Utc>) -> Self {
        Self { way: why_not_in_erp(&item.order, off, alert_minutes, now), item, now }
    }
    pub fn href(&self) -> String {
        format!("/orders/{}", escaped(&self.item.order.order_no))
    }
    fn buyer(&self) -> &str {
        self.item.customer.as_ref().map_or("", |c| c.name.as_str())
    }
    fn buyer_kind(&self) -> Option<&'static str> {
        self.item.customer.as_ref().map(|c| c.kind().label())
    }
    /// The drawings of its first goods.
    fn thumbs(&self) -> Vec<(&'static str, &'static str)> {
        self.item.goods.first.iter().map(|(name, spec)| look::of(name, spec)).collect()
    }
    /// The first of its goods: a list of fifty orders does not carry the names of all.
    fn first_name(&self) -> &str {
        self.item.goods.first.first().map_or("", |(name, _)| name.as_str())
    }
    fn is_waiting(&self) -> bool {
        matches!(self.way, Way::Waits { .. })
    }
    fn tone(&self) -> &'static str {
        tone(self.item.order.state())
    }
    fn place(&self) -> String {
        self.item.region.iter().take(2).cloned().collect::<Vec<_>>().join(" ")
    }
    /// How long somebody has been waiting for it, while somebody does.
    fn age(&self) -> Option<Text> {
        let open = matches!(self.item.order.state(), State::Unpaid | State::ToShip | State::PartlyShipped);
        open.then(|| waited(self.item.order.paid_at.unwrap_or(self.item.order.placed_at), self.now))
    }
    /// The next step of one that is in the ERP, or may go out without it.
    fn ship(&self) -> Option<String> {
        matches!(self.item.order.state(), State::ToShip | State::PartlyShipped).then(|| super::detail::ship_href(&self.item.order.order_no))
    }
    /// The way out of what it waits for: its name and where it leads; the primary one.
    fn fix(&self) -> Option<(&'static str, String)> {
        let Way::Waits { why, .. } = &self.way else { return None };
        let customer = || format!("/customers?c={}#one", self.item.customer.as_ref().map(|c| escaped(&c.customer_id)).unwrap_or_default());
        let href = match why {
            Why::CustomerUnmapped | Why::UsccInvalid => customer(),
            Why::ErpRefused | Why::ByHand => format!("{}#way", self.href()),
        };
        Some((why.remedy(), href))
    }
    pub fn data(&self) -> Value {
        let mut told = wire::order(&self.item.order, &[], self.item.customer.as_ref());
        if let Some(map) = told.as_object_mut() {
            map.insert("kinds".into(), self.item.goods.kinds.into());
            map.insert("units".into(), self.item.goods.units.into());
        }
        told
    }
}

/// The colour of a state.
pub fn tone(state: State) -> &'static str {
    match state {
        State::Unpaid => "warn",
        State::ToShip | State::PartlyShipped => "info",
        State::Shipped | State::Completed => "ok",
        State::Cancelled | State::Refunded => "",
    }
}

/// What stands in the column of the ERP, and its colour.
pub fn told(way: &Way) -> (Text, &'static str) {
    match way {
        Way::In(Some(no)) => (Text::new("orders-erp-no").with(no), ""),
        Way::In(None) => (Text::new(Sync::Synced.label()), ""),
        Way::NotYet => (Text::new("orders-erp-none"), "mut"),
        Way::Next { overdue: true } => (Text::new("orders-erp-overdue"), "neg"),
        Way::Next { overdue: false } => (Text::new(Sync::Unsynced.label()), "mut"),
        Way::Handed { .. } => (Text::new(Sync::Delivered.label()), "mut"),
        Way::SwitchedOff => (Text::new("orders-erp-off"), "neg"),
        Way::Waits { why, note: Some(note) } => (Text::new("orders-erp-waits-note").with(Text::new(why.label())).with(note), "neg"),
        Way::Waits { why, note: None } => (Text::new(why.label()), "neg"),
    }
}

/// Characters of a note that fit into a column.
const NOTE: usize = 24;

/// The same for a narrow place: a long note is cut, the page of the order has all of it.
pub fn told_briefly(way: &Way) -> (Text, &'static str) {
    match way {
        Way::Waits { why, note: Some(note) } if note.chars().count() > NOTE => {
            let cut = note.chars().take(NOTE - 1).chain(std::iter::once('…')).collect();
            told(&Way::Waits { why: *why, note: Some(cut) })
        }
        _ => told(way),
    }
}

impl Line {
    fn erp(&self) -> (Text, &'static str) {
        told_briefly(&self.way)
    }
}

#[derive(Template)]
#[template(path = "orders/list.html", blocks = ["part"])]
struct List {
    frame: Frame,
    tabs: Vec<Tab>,
    shops: Vec<Choice>,
    spans: Vec<Choice>,
    syncs: Vec<Choice>,
    whys: Vec<Choice>,
    groups: Vec<Choice>,
    filter: Filter,
    page: Page<Line>,
    pager: Pager,
    oldest_first: bool,
    may_edit: bool,
    now: DateTime<Utc>,
    /// What does not reach the ERP, while anything does not.
    board: Board,
    off: bool,
    alert: i32,
}
show!(List, |v| json!({
    "rows": v.page.rows.iter().map(Line::data).collect::<Vec<_>>(), "next": v.page.next,
    "overdue": v.board.late, "unacknowledged": v.board.handed, "counts": v.tabs.iter().map(|t| t.count).collect::<Vec<_>>(),
}));

fn chosen(all: &[Choice]) -> &str {
    all.iter().find(|c| c.on).map_or("", |c| c.name.as_str())
}

impl List {
    fn shop(&self) -> &str {
        chosen(&self.shops)
    }
    fn sync(&self) -> &str {
        chosen(&self.syncs)
    }
    fn why(&self) -> &str {
        chosen(&self.whys)
    }
    fn group(&self) -> &str {
        chosen(&self.groups)
    }
    /// The last days in force, by their name.
    fn span(&self) -> &str {
        chosen(&self.spans)
    }
    /// The filters behind the button; the days are not told twice.
    fn chips(&self) -> Vec<(&'static str, String, String)> {
        let mut chips = self.filter.chips();
        chips.retain(|(name, ..)| *name != "orders-filter-placed" || self.span().is_empty());
        chips
    }
    fn without_days(&self) -> String {
        self.filter.href(&[("from", ""), ("until", "")])
    }
    /// The address without one of its filters.
    fn without(&self, name: &str) -> String {
        self.filter.href(&[(name, "")])
    }
    fn export(&self, layout: &str) -> String {
        let query = self.filter.query(&[]);
        format!("/orders/export?layout={layout}{}{query}", if query.is_empty() { "" } else { "&" })
    }
    /// What has to be taken for those that have to leave.
    /// On phones a row is a card, with a box to choose it by where that is of use.
    fn look(&self) -> &'static str {
        if self.may_edit { "stackm ords cks" } else { "stackm ords" }
    }
    fn picks(&self) -> String {
        let query = self.filter.query(&[]);
        if query.is_empty() { "/orders/picks".to_owned() } else { format!("/orders/picks?{query}") }
    }
    fn late(&self) -> String {
        self.filter.href(&[("view", ""), ("sync", LATE)])
    }
    /// The moment the list shows, for those who mean all of it.
    fn seen(&self) -> String {
        self.now.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    }
    fn most(&self) -> i64 {
        MOST
    }
    /// The list's query, for the way back from a bulk action.
    fn back(&self) -> String {
        self.filter.query(&[])
    }
}

/// What a finished bulk action says.
fn said(filter: &Filter) -> Option<Text> {
    let key = match filter.done.as_str() {
        "resend" => "orders-done-resend",
        "release" => "orders-done-release",
        "hold" => "orders-done-hold",
        _ => return None,
    };
    Some(Text::new(key).with(filter.n))
}

/// `GET /orders`
pub async fn show(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now, filter) = (seat.merchant, ctx.now, filter.into_inner());
    let (view, asked) = (View::of(&filter.view), filter.clone());
    let (rows, counts, shops, groups, off, alert, board) = ctx
        .db
        .snapshot(move |c| {
            let rules = rules::of(c, merchant)?;
            let rows = list::page(c, merchant, &asked.search(now, &rules), PER_PAGE + 1)?;
            let off = gate::switches::why_off(c, merchant, Module::Order, now)?.is_some();
            let (shops, groups) = (merchants::shops(c, merchant)?, list::groups(c, merchant)?);
            let board = board::of(c, merchant, &rules, now)?;
            Ok((rows, list::counts(c, merchant, COUNT_CAP)?, shops, groups, off, rules.alert_minutes, board))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, Item::place);
    let pager = Pager::of("/orders", &filter.query(&[]), Some(&filter.after), &page);
    let tabs = View::ALL
        .into_iter()
        .map(|tab| {
            let count = counts.iter().find(|(known, _)| *known == tab).map_or(0, |(_, n)| *n);
            let tone = match tab {
                View::Waiting if count > 0 => "bad",
                View::PartlyShipped if count > 0 => "warn",
                _ => "",
            };
            Tab {
                label: Text::new(tab.label()),
                href: filter.href(&[("view", tab.as_str())]),
                current: tab == view,
                count: Some(count),
                tone,
            }
        })
        .collect();
    let choice = |name: &'static str, value: &str, now: &str, label: String| Choice {
        href: filter.href(&[(name, value)]),
        on: value == now,
        name: label,
    };
    let shop = |shop: Shop| choice("shop", &shop.id.to_string(), &filter.shop, shop.name);
    ctx.reply(List {
        frame: Frame { notice: said(&filter), ..ctx.frame("orders") },
        tabs,
        shops: shops.into_iter().map(shop).collect(),
        spans: filter.spans(now).into_iter().map(|c| Choice { name: ctx.lang.say(&c.name, &[]), ..c }).collect(),
        syncs: Sync::ALL
            .into_iter()
            .map(|s| (s.as_str(), ctx.lang.say(s.label(), &[])))
            .chain([(LATE, ctx.lang.say("orders-filter-late", &[i64::from(alert).into()]))])
            .map(|(value, label)| choice("sync", value, &filter.sync, label))
            .collect(),
        groups: groups.into_iter().map(|(code, name)| choice("group", &code, &filter.group, name)).collect(),
        whys: Why::ALL.into_iter().map(|w| choice("why", w.as_str(), &filter.why, ctx.lang.say(w.label(), &[]))).collect(),
        pager,
        page: page.map(|item| Line::of(item, off, alert, now)),
        filter,
        oldest_first: view.oldest_first(),
        now,
        board,
        off,
        alert,
        may_edit: seat.person.may(Permission::EditOrders),
    })
}
