//! `/shipments`: scan an order, check its lots, give the package, next (UI §4.14).

mod import;
mod typed;

pub use import::href as import_href;

use super::carriers::{self, Carrier};
use super::desk::{Entry, entry};
use super::list::{self, Recent};
use super::ship;
use crate::clock::on_the_wire;
use crate::form::Form;
use crate::orders::events::Origin;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Sheet, Wants, filters, redirect};
use crate::wire::{Outcome, Problem};
use crate::{Error, Result, show};
use actix_web::http::StatusCode;
use actix_web::web::{self, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use typed::Typed;

/// Carriers offered before all others.
const RECENT: i64 = 5;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/shipments").get(show).post(add))
        .service(web::resource("/shipments/recall").get(recall))
        .service(web::resource("/shipments/import").get(import::page).post(import::run));
}

#[derive(Template)]
#[template(path = "shipments/desk.html", blocks = ["part"])]
struct Desk {
    frame: Frame,
    now: DateTime<Utc>,
    asked: Asked,
    entry: Option<Entry>,
    /// What was typed is no order of this merchant.
    missing: bool,
    carriers: Vec<Carrier>,
    recent: Vec<Carrier>,
    form: Form,
    /// Further packages as typed: carrier and number.
    also: Vec<(String, String)>,
    /// What is wrong with what was typed.
    problems: Vec<Text>,
    page: Page<Recent>,
    pager: Pager,
    may_edit: bool,
}
show!(Desk, |v| json!({
    "order": v.entry.as_ref().map(|e| json!({
        "orderNo": e.order.order_no, "orderStatus": e.order.state().as_str(), "open": e.open,
        "lines": e.rows.iter().map(|r| json!({
            "lineNo": r.line.no, "skuId": r.line.sku_id, "quantity": r.line.qty, "shippedQuantity": r.line.shipped, "remainingQuantity": r.left,
            "lots": r.parts.iter().map(|p| json!({ "lotNo": p.lot, "expiresOn": p.ends, "quantity": p.qty })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })),
    "problems": v.problems, "errors": v.form, "shipments": v.page.rows, "next": v.page.next,
}));

impl Desk {
    /// Carriers that are not among the latest ones.
    fn others(&self) -> impl Iterator<Item = &Carrier> {
        self.carriers.iter().filter(|c| c.active && !self.recent.iter().any(|r| r.code == c.code))
    }
    /// An order is on the desk that can leave.
    fn is_open(&self) -> bool {
        self.may_edit && self.entry.as_ref().is_some_and(|e| e.open)
    }
    /// Nobody has chosen one, now or lately.
    fn has_no_carrier(&self) -> bool {
        self.form.value("carrier").is_empty()
    }
    /// Attributes of carrier and number: the first of them that is still to be told has the focus.
    fn focus(&self) -> (&'static str, &'static str) {
        const NUMBER: &str = "maxlength=\"64\" autocomplete=\"off\"";
        if self.has_no_carrier() { ("autofocus", NUMBER) } else { ("", "maxlength=\"64\" autocomplete=\"off\" autofocus") }
    }
    fn is_chosen(&self, carrier: &Carrier) -> bool {
        self.form.value("carrier") == carrier.code
    }
}

#[derive(Deserialize, Clone, Default)]
pub struct Asked {
    /// An order's number, the platform's or the ERP's.
    #[serde(default)]
    no: String,
    #[serde(default)]
    after: String,
    /// The order that has just been sent.
    #[serde(default)]
    done: String,
}

async fn shown(ctx: &Ctx, seat: &Seat, asked: Asked, typed: Option<Typed>) -> Result<Desk> {
    let (merchant, now, no) = (seat.merchant, ctx.now, asked.no.trim().to_owned());
    let before = Cursor::read(&asked.after);
    let also = typed.as_ref().map(Typed::also).unwrap_or_default();
    let typed = typed.map(|typed| typed.parts());
    let (entry, carriers, recent, rows) = ctx
        .db
        .snapshot(move |c| {
            let entry = if no.is_empty() { None } else { entry(c, merchant, &no, now, typed)? };
            let rows = list::recent(c, merchant, before, PER_PAGE + 1)?;
            Ok((entry, carriers::search(c, "")?, carriers::recent(c, merchant, RECENT)?, rows))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, Recent::place);
    let last = recent.first().map(|c| c.code.clone()).unwrap_or_default();
    let notice = (!asked.done.is_empty()).then(|| Text::new("ship-done").with(&asked.done));
    Ok(Desk {
        frame: Frame { notice, ..ctx.frame("shipments") },
        now,
        missing: entry.is_none() && !asked.no.trim().is_empty(),
        entry,
        carriers,
        recent,
        form: Form::filled([("carrier", last)]),
        also,
        problems: Vec::new(),
        pager: Pager::of("/shipments", "", Some(&asked.after), &page),
        page,
        may_edit: seat.person.may(Permission::EditOrders),
        asked,
    })
}

/// `GET /shipments`
pub async fn show(ctx: Ctx, asked: Query<Asked>) -> Reply {
    let seat = ctx.merchant()?;
    let view = shown(&ctx, &seat, asked.into_inner(), None).await?;
    ctx.reply(view)
}

/// `POST /shipments`
pub async fn add(ctx: Ctx, input: Input<Typed>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, &seat, form, Vec::new(), None).await,
    };
    let merchant = seat.merchant;
    let codes: Vec<String> = typed.parcels().into_iter().map(|p| p.carrier).collect();
    let known = ctx.db.read(move |c| carriers::named(c, merchant, &codes)).await?;
    let mut form = typed.checked(&known);
    let draft = match typed.draft() {
        Ok(draft) if draft.items.is_empty() && !draft.is_final => {
            form.complain("", Text::new("ship-nothing"));
            draft
        }
        Ok(draft) => draft,
        Err(problems) => return again(&ctx, &seat, form, problems, Some(typed)).await,
    };
    if form.is_bad() {
        return again(&ctx, &seat, form, Vec::new(), Some(typed)).await;
    }
    let cause = seat.cause.clone();
    let done = ctx.db.write(move |tx| ship::ship(tx, &cause, &[draft], &known, Origin::Person)).await?;
    let Some(done) = done.into_iter().next() else { return Err(Error::broken("a shipment without an end")) };
    match (done.ended.outcome, done.ended.order) {
        (Outcome::Rejected, None) => Err(Error::NotFound),
        (Outcome::Rejected, Some(_)) => {
            let problems = done.problems.into_iter().chain(done.ended.problem).collect();
            again(&ctx, &seat, form, problems, Some(typed)).await
        }
        (_, order) => {
            let no = order.map(|o| o.order_no).unwrap_or_default();
            let query = form_urlencoded::Serializer::new(String::new()).append_pair("done", &no).finish();
            Ok(redirect(&ctx, &format!("/shipments?{query}")))
        }
    }
}

#[derive(Deserialize)]
pub struct Recall {
    #[serde(default)]
    sku: String,
    #[serde(default)]
    lot: String,
}

/// The most rows of a recall: more is another kind of problem.
const RECALLED: i64 = 100_000;
const HEADS: [&str; 8] = [
    "ship-col-order",
    "ship-recall-at",
    "ship-col-units",
    "ship-recall-customer-id",
    "ship-recall-customer",
    "ship-recall-contact",
    "ship-recall-phone",
    "ship-recall-address",
];

/// `GET /shipments/recall`: everybody a lot went to, as a table (UI §4.11).
pub async fn recall(ctx: Ctx, asked: Query<Recall>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let (merchant, Recall { sku, lot }) = (seat.merchant, asked.into_inner());
    let rows = ctx.db.read(move |c| list::recall(c, merchant, &sku, &lot, RECALLED)).await?;
    let mut sheet = Sheet::with_heads(&HEADS, ctx.lang)?;
    for r in rows {
        sheet.row(&[r.order_no, on_the_wire(r.at), r.quantity.to_string(), r.customer_id, r.customer, r.contact, r.phone, r.address])?;
    }
    sheet.answer(&ctx, "recall")
}

/// The form once more, with what was typed and what is wrong with it.
async fn again(ctx: &Ctx, seat: &Seat, form: Form, problems: Vec<Problem>, typed: Option<Typed>) -> Reply {
    let no = typed.as_ref().map_or_else(|| form.value("no").to_owned(), |t| t.no.clone());
    let view = shown(ctx, seat, Asked { no, ..Asked::default() }, typed).await?;
    if view.missing {
        return Err(Error::NotFound);
    }
    let problems: Vec<Text> = problems.iter().map(Problem::text).collect();
    if ctx.wants == Wants::Json && problems.is_empty() {
        return Err(Error::invalid(form));
    }
    ctx.wants.answer(StatusCode::UNPROCESSABLE_ENTITY, ctx.lang, &Desk { form, problems, ..view })
}
