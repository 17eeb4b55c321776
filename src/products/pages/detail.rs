//! `/products/{prodId}`: can it be sold now; if not, what is missing?

use super::ask::Ask;
use super::bulk;
use super::facts::{self, Fact};
use super::gate::Gate;
use super::log::{self, Happened};
use super::proof::{self, Judged};
use super::shown::{Badge, audit_badge, listing_badge};
use crate::catalog::base::BaseProduct;
use crate::clock::day;
use crate::gate::{exceptions, switches};
use crate::products::reads::{self, LotRow, Sku, StockRow, View};
use crate::products::sellable::{self, Check, Facts, Verdict, escaped};
use crate::products::{Product, look};
use crate::text::Text;
use crate::web::{Ctx, Frame, Permission, Person, Reply, filters};
use crate::wire::Module;
use crate::{Error, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::json;

/// Events on the log page, and beside the overview.
const EVENTS: i64 = 100;
const RECENT: i64 = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Overview,
    Skus,
    Match,
    /// A page of its own, in the room of prices.
    Prices,
    Lots,
    Stock,
    Log,
}

impl Tab {
    const ALL: [Tab; 7] = [Tab::Overview, Tab::Skus, Tab::Match, Tab::Prices, Tab::Lots, Tab::Stock, Tab::Log];
    fn name(self) -> &'static str {
        match self {
            Tab::Overview => "",
            Tab::Skus => "skus",
            Tab::Match => "match",
            Tab::Prices => "prices",
            Tab::Lots => "lots",
            Tab::Stock => "stock",
            Tab::Log => "log",
        }
    }
    fn label(self) -> &'static str {
        match self {
            Tab::Overview => "shelf-tab-overview",
            Tab::Skus => "shelf-tab-skus",
            Tab::Match => "shelf-tab-match",
            Tab::Prices => "shelf-tab-prices",
            Tab::Lots => "shelf-tab-lots",
            Tab::Stock => "shelf-tab-stock",
            Tab::Log => "shelf-tab-log",
        }
    }
}

/// A tab of a product, as its pages show it.
pub struct TabLink {
    /// Text key.
    pub label: &'static str,
    pub href: String,
    pub on: bool,
    pub count: String,
}

/// The tabs of a product, for pages of other rooms that are among them.
pub fn tab_links(prod_id: &str, current: &str) -> Vec<TabLink> {
    let page = format!("/products/{}", escaped(prod_id));
    let link = |tab: Tab| TabLink {
        label: tab.label(),
        href: if tab == Tab::Overview { page.clone() } else { format!("{page}/{}", tab.name()) },
        on: tab.name() == current,
        count: String::new(),
    };
    Tab::ALL.into_iter().map(link).collect()
}

/// Why it came back, and what to do.
struct Returned {
    rejected: bool,
    reason: Option<Text>,
    note: String,
    at: Option<DateTime<Utc>>,
}

#[derive(Template)]
#[template(path = "products/detail.html", blocks = ["part"])]
struct Detail {
    frame: Frame,
    now: DateTime<Utc>,
    tab: &'static str,
    tabs: Vec<TabLink>,
    page: String,
    query: String,
    back: String,
    prev: String,
    next: String,
    p: Product,
    base: Option<BaseProduct>,
    kind: &'static str,
    hue: &'static str,
    listing: Badge,
    audit: Badge,
    facts: Facts,
    checks: Vec<Check>,
    verdict: Verdict,
    rule: Text,
    returned: Option<Returned>,
    fields: Vec<Fact>,
    skus: Vec<Sku>,
    stock: Vec<StockRow>,
    lots: Vec<LotRow>,
    frozen: i64,
    sold: i64,
    judged: Judged,
    events: Vec<Happened>,
    may_list: bool,
    gate: Gate,
    person: Person,
}
show!(Detail, |v| json!({
    "product": v.p, "base": v.base.as_ref().map(BaseProduct::shown), "verdict": v.verdict.code(), "rule": v.rule.key(), "skus": v.skus, "stock": v.stock, "lots": v.lots,
    "checks": v.checks.iter().map(|c| json!({ "code": c.condition.code(), "ok": c.ok, "required": c.required })).collect::<Vec<_>>(),
    "prev": v.prev, "next": v.next,
}));

impl Detail {
    /// The first line that fails carries the button.
    fn first_fix(&self) -> Option<&Check> {
        self.checks.iter().find(|c| !c.ok && c.fix.is_some())
    }
    fn may(&self, module: &Module) -> bool {
        self.gate.may(&self.person, module)
    }
    fn may_lock(&self) -> bool {
        self.may(&Module::Product)
    }
    fn owner(&self) -> bool {
        self.person.may(Permission::ManageSettings)
    }
    fn state(check: &Check) -> &'static str {
        match (check.ok, check.required) {
            (true, _) => "ok",
            (false, true) => "bad",
            (false, false) => "warn",
        }
    }
}

pub(super) async fn overview(ctx: Ctx, prod_id: Path<String>, ask: Query<Ask>) -> Reply {
    show(ctx, prod_id.into_inner(), Tab::Overview, ask.into_inner()).await
}

pub(super) async fn tab(ctx: Ctx, path: Path<(String, String)>, ask: Query<Ask>) -> Reply {
    let (prod_id, name) = path.into_inner();
    let tab = Tab::ALL.into_iter().find(|t| *t != Tab::Overview && t.name() == name).ok_or(Error::NotFound)?;
    show(ctx, prod_id, tab, ask.into_inner()).await
}

/// All views there are: the list a product was reached from may be on either page.
fn views() -> Vec<View> {
    View::PRODUCTS.into_iter().chain(View::LISTING).collect()
}

async fn show(ctx: Ctx, prod_id: String, tab: Tab, ask: Ask) -> Reply {
    let seat = ctx.merchant()?;
    let merchant = seat.merchant;
    let asked = ask.clone();
    let limit = if tab == Tab::Log { EVENTS } else { RECENT };
    let now = ctx.now;
    let (found, near, facts, skus, stock, lots, decided, question, events, gate) = ctx
        .db
        .snapshot(move |c| {
            let found = reads::find(c, merchant, &prod_id)?;
            let id = found.0.id;
            let (search, _) = reads::within(c, merchant, asked.search(&views()), &asked.cat)?;
            let near = reads::neighbours(c, merchant, &search, id)?;
            let facts = sellable::facts(c, merchant, &[id])?.into_iter().next().ok_or(Error::NotFound)?;
            let skus = reads::skus(c, merchant, id)?;
            let stock = reads::stock(c, merchant, id)?;
            let lots = reads::lots(c, merchant, id, day(now))?;
            let decided = reads::decided(c, merchant, id, 20)?;
            let question = reads::asked(c, merchant, id)?;
            let names: Vec<String> = skus.iter().map(|s| s.sku_id.clone()).collect();
            let events = reads::events(c, merchant, &prod_id, &names, limit)?;
            let gate = Gate::of(exceptions::of_products(c, merchant, &[id], now)?, switches::all_off(c, merchant, now)?);
            Ok((found, near, facts, skus, stock, lots, decided, question, events, gate))
        })
        .await?;
    let (p, base, path) = found;
    let checks = sellable::explain(&facts);
    let page = format!("/products/{}", escaped(&p.prod_id));
    let home = if View::LISTING.iter().skip(1).any(|v| v.name() == ask.view) { "/listing" } else { "/products" };
    let near_href = |id: Option<String>| {
        id.map(|id| {
            let tab = if tab == Tab::Overview { String::new() } else { format!("/{}", tab.name()) };
            ask.href(&format!("/products/{}{tab}", escaped(&id)), &[])
        })
        .unwrap_or_default()
    };
    let (kind, hue) = look::of(&p.name, &p.spec);
    let returned = matches!(facts.audit.as_str(), "changes_requested" | "rejected").then(|| {
        let last = decided.iter().find(|d| matches!(d.decision.as_str(), "returned" | "rejected"));
        Returned {
            rejected: facts.audit == "rejected",
            reason: last.and_then(|d| d.reason.as_deref()).and_then(proof::reason),
            note: last.and_then(|d| d.note.clone()).unwrap_or_default(),
            at: last.map(|d| d.at),
        }
    });
    let judged = Judged::of(decided, question);
    let count = |tab: Tab| match tab {
        Tab::Skus => skus.len().to_string(),
        Tab::Stock => {
            if stock.is_empty() {
                String::new()
            } else {
                stock.len().to_string()
            }
        }
        Tab::Lots if lots.is_empty() => String::new(),
        Tab::Lots => lots.len().to_string(),
        Tab::Match => judged.score().map(|n| n.to_string()).unwrap_or_default(),
        _ => String::new(),
    };
    let tabs = Tab::ALL
        .into_iter()
        .map(|t| TabLink {
            label: t.label(),
            href: ask.href(&if t == Tab::Overview { page.clone() } else { format!("{page}/{}", t.name()) }, &[]),
            on: t == tab,
            count: count(t),
        })
        .collect();
    let ctx = match bulk::notice(&ask.done) {
        Some(notice) => ctx.noticing(notice),
        None => ctx,
    };
    ctx.reply(Detail {
        frame: ctx.frame("products"),
        now: ctx.now,
        tab: tab.name(),
        tabs,
        query: ask.with(&[]),
        back: ask.href(home, &[]),
        prev: near_href(near.0),
        next: near_href(near.1),
        kind,
        hue,
        listing: listing_badge(&p.listing, p.unlisted_by.as_deref()),
        audit: audit_badge(&p.audit_status),
        verdict: sellable::verdict(&checks),
        rule: sellable::rule(&facts),
        fields: facts::of(&p, base.as_ref(), &path),
        frozen: stock.iter().map(|s| s.frozen).sum(),
        sold: stock.iter().map(|s| s.sold).sum(),
        events: events.into_iter().map(|e| log::told(e, ctx.lang)).collect(),
        may_list: seat.person.may(Permission::EditListing),
        gate,
        person: seat.person,
        page,
        p,
        base,
        facts,
        checks,
        returned,
        skus,
        stock,
        lots,
        judged,
    })
}
