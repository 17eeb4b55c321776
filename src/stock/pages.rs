//! `/stock`: how many can be bought right now, per shop, and is that right? And why: the ledger of one number, and a
//! person's hand on it.

use super::availability::Term;
use super::edit::{self, Edit};
use super::ledger::{self, Movement};
use super::list::{self, Item, Search};
use super::marks::Mark;
use super::read;
use crate::clock::on_the_wire;
use crate::form::Form;
use crate::ids::{MerchantId, ShopId};
use crate::merchants::{self, Shop};
use crate::text::Text;
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Tab, Wants, filters, redirect};
use crate::{Error, show};
use actix_web::http::StatusCode;
use actix_web::web::{self, Path, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/stock").get(show_list))
        .service(web::resource("/stock/{sku}/{shop}/why").get(show_why))
        .service(web::resource("/stock/{sku}/{shop}/quantity").post(set_quantity).delete(undo_quantity));
}

#[derive(Deserialize, Clone, Default)]
struct Filter {
    #[serde(default)]
    view: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    shop: String,
    #[serde(default)]
    after: String,
}

impl Filter {
    fn search(&self) -> Search {
        Search { mark: Mark::of(&self.view), shop: self.shop.parse().ok(), q: self.q.trim().to_owned(), after: Cursor::read(&self.after) }
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

/// A row as the page shows it.
struct Line {
    item: Item,
    low_stock: i64,
    shown: i64,
}

impl Line {
    fn of(item: Item, low_stock: i64) -> Self {
        Self { shown: item.stock.figures().shown(), item, low_stock }
    }
    fn is(&self, mark: Mark) -> bool {
        mark.is_on(&self.item.stock, self.low_stock)
    }
    fn is_low(&self) -> bool {
        self.is(Mark::Low)
    }
    fn is_out(&self) -> bool {
        self.is(Mark::Out)
    }
    fn is_short(&self) -> bool {
        self.is(Mark::Short)
    }
    fn is_drifting(&self) -> bool {
        self.is(Mark::Drift)
    }
    fn data(&self) -> Value {
        let (row, figures) = (&self.item.stock, self.item.stock.figures());
        let marks: Vec<&str> = Mark::ALL.into_iter().filter(|m| self.is(*m)).map(Mark::as_str).collect();
        json!({
            "skuId": self.item.ext, "prodId": self.item.prod_id, "name": self.item.name, "spec": self.item.spec, "shopId": row.shop.to_string(),
            "shop": self.item.shop_name, "inventory": figures.shown(), "available": figures.available(), "quantity": row.erp_qty,
            "by": if row.by_person { "person" } else { "erp" }, "freeze": row.frozen, "saled": row.sold, "marks": marks,
            "version": row.version.to_string(), "reportedAt": row.reported_at.map(on_the_wire), "updatedAt": on_the_wire(row.updated_at),
        })
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
const TABS: [(&str, &str, &str); 5] = [
    ("", "stock-tab-all", ""),
    ("low", "stock-tab-low", "warn"),
    ("out", "stock-tab-out", "bad"),
    ("short", "stock-tab-short", "bad"),
    ("drift", "stock-tab-drift", ""),
];

async fn show_list(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let filter = filter.into_inner();
    let search = filter.search();
    let (rows, counts, shops, low_stock) = ctx
        .db
        .snapshot(move |c| {
            let rows = list::page(c, merchant, &search, PER_PAGE + 1)?;
            let counts = list::counts(c, merchant, search.shop, COUNT_CAP)?;
            Ok((rows, counts, merchants::shops(c, merchant)?, merchants::find(c, merchant)?.low_stock))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, Item::place);
    let tabs = TABS.map(|(view, label, tone)| {
        let count = counts.of(Mark::of(view));
        let tone = if count > 0 { tone } else { "" };
        Tab { label: Text::new(label), href: filter.href(view, &filter.shop), current: filter.view == view, count: Some(count), tone }
    });
    ctx.reply(List {
        frame: ctx.frame("stock"),
        now: ctx.now,
        tabs: tabs.into(),
        shops: shops.into_iter().map(|s| filter.choice(s)).collect(),
        pager: Pager::of("/stock", &filter.query(&filter.view, &filter.shop), Some(&filter.after), &page),
        filter,
        page: page.map(|item| Line::of(item, low_stock)),
    })
}

/// Why somebody changed a number, to choose from; the words of the chosen one are kept.
const REASONS: [&str; 4] = ["stock-reason-count", "stock-reason-damaged", "stock-reason-arrived", "stock-reason-wrong"];
const MOVES_SHOWN: i64 = 30;

#[derive(Template)]
#[template(path = "stock/why.html", blocks = ["part"])]
struct Why {
    frame: Frame,
    now: DateTime<Utc>,
    line: Line,
    terms: Vec<Term>,
    /// May be negative; the page then says by how much.
    available: i64,
    short: i64,
    moves: Page<Movement>,
    form: Form,
    reasons: &'static [&'static str],
    may_edit: bool,
    undoable: bool,
    /// The row has just been changed: the list behind the drawer is told.
    changed: bool,
    /// A page of its own rather than the drawer.
    whole: bool,
}
show!(Why, |v| json!({ "row": v.line.data(), "terms": v.terms, "movements": v.moves.rows, "next": v.moves.next }));

impl Why {
    /// Where a term comes from, where there is more to say than its name.
    fn note(&self, term: &Term) -> Option<Text> {
        match term.key {
            "stock-term-erp" => self.line.item.stock.reported_at.map(|at| Text::new("stock-note-reported").with(on_the_wire(at))),
            "stock-term-person" => Some(Text::new("stock-note-person")),
            _ => None,
        }
    }
    fn base(&self) -> String {
        let ext: String = form_urlencoded::byte_serialize(self.line.item.ext.as_bytes()).collect();
        format!("/stock/{}/{}", ext.replace('+', "%20"), self.line.item.stock.shop)
    }
}

#[derive(Deserialize, Default)]
struct Older {
    #[serde(default)]
    after: String,
}

/// The row and its story, as it is now.
async fn why(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId, older: &str) -> crate::Result<Why> {
    let (cause, ext, before) = (seat.cause.clone(), ext.to_owned(), Cursor::read(older));
    let (item, low_stock, moves, undoable) = ctx
        .db
        .snapshot(move |c| {
            let item = list::one(c, cause.merchant, &ext, shop)?;
            let moves = ledger::of_row(c, cause.merchant, item.stock.sku, shop, before, MOVES_SHOWN + 1)?;
            let undoable = edit::undoable(c, &cause, &item.stock)?.is_some();
            Ok((item, merchants::find(c, cause.merchant)?.low_stock, moves, undoable))
        })
        .await?;
    let may_edit = seat.person.may(Permission::EditStock);
    Ok(Why {
        frame: ctx.frame("stock"),
        now: ctx.now,
        terms: item.stock.figures().waterfall(),
        available: item.stock.figures().available(),
        short: item.stock.figures().short(),
        moves: Page::cut(moves, MOVES_SHOWN, |m| (m.at, m.id)),
        form: Form::filled([("quantity", item.stock.erp_qty.to_string()), ("version", item.stock.version.to_string())]),
        line: Line::of(item, low_stock),
        reasons: &REASONS,
        may_edit,
        undoable: undoable && may_edit,
        changed: false,
        whole: ctx.wants == Wants::Page,
    })
}

async fn show_why(ctx: Ctx, place: Path<(String, ShopId)>, older: Query<Older>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let view = why(&ctx, &seat, &ext, shop, &older.after).await?;
    ctx.reply(view)
}

#[derive(Deserialize, Validate)]
struct Typed {
    #[validate(range(min = 0, max = 2_147_483_647))]
    quantity: i64,
    /// One of [`REASONS`].
    #[serde(default)]
    chosen: String,
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
    version: i64,
}

async fn set_quantity(ctx: Ctx, place: Path<(String, ShopId)>, input: Input<Typed>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    // Whose row it is comes before what they may do with it: a stranger's row is not found.
    let before = why(&ctx, &seat, &ext, shop, "").await?;
    let seat = seat.may(Permission::EditStock)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, before, form),
    };
    let chosen = REASONS.into_iter().find(|key| *key == typed.chosen).map(|key| ctx.lang.say(key, &[]));
    let written = Some(typed.reason.trim().to_owned()).filter(|r| !r.is_empty());
    let shown = Form::filled([("quantity", typed.quantity.to_string()), ("chosen", typed.chosen), ("reason", typed.reason)]);
    let Some(reason) = written.or(chosen) else {
        return again(&ctx, before, shown.with_error("reason", Text::new("stock-reason-needed")));
    };
    let edit = Edit { sku: before.line.item.stock.sku, ext: ext.clone(), shop, quantity: typed.quantity, reason, version: typed.version };
    let cause = seat.cause.clone();
    match ctx.db.write(move |tx| edit::set_by_hand(tx, &cause, &edit)).await {
        Ok(_) => changed(&ctx, &seat, &ext, shop).await,
        Err(Error::Conflict(text)) if ctx.wants != Wants::Json => {
            let now = why(&ctx, &seat, &ext, shop, "").await?;
            let version = now.line.item.stock.version.to_string();
            let form = shown.with_value("version", version).with_error("", text);
            ctx.wants.answer(StatusCode::CONFLICT, ctx.lang, &Why { form, ..now })
        }
        Err(e) => Err(e),
    }
}

/// The form again, with the version it was shown with.
fn again(ctx: &Ctx, view: Why, form: Form) -> Reply {
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let version = view.line.item.stock.version.to_string();
    ctx.invalid(Why { form: form.with_value("version", version), ..view })
}

async fn undo_quantity(ctx: Ctx, place: Path<(String, ShopId)>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let sku = known(&ctx, seat.merchant, &ext).await?;
    let seat = seat.may(Permission::EditStock)?;
    let (cause, name) = (seat.cause.clone(), ext.clone());
    ctx.db.write(move |tx| edit::undo(tx, &cause, sku, &name, shop)).await?;
    changed(&ctx, &seat, &ext, shop).await
}

async fn known(ctx: &Ctx, merchant: MerchantId, ext: &str) -> crate::Result<crate::ids::SkuId> {
    let ext = ext.to_owned();
    ctx.db.read(move |c| read::sku(c, merchant, &ext)).await?.ok_or(Error::NotFound)
}

/// After a change: the page goes back to the story, the drawer and a machine get it at once.
async fn changed(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId) -> Reply {
    let view = why(ctx, seat, ext, shop, "").await?;
    if ctx.wants == Wants::Page {
        return Ok(redirect(ctx, &format!("{}/why", view.base())));
    }
    ctx.reply(Why { changed: true, ..view })
}
