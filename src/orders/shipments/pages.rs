//! `/shipments`: scan an order, check its lots, give the package, next (UI §4.14).

use super::carriers::{self, BY_HAND, Carrier};
use super::desk::{Entry, Part, entry};
use super::draft::{Draft, Item, Line as Which, Parcel};
use super::list::{self, Recent};
use super::ship;
use crate::clock::on_the_wire;
use crate::form::Form;
use crate::lots::Day;
use crate::lots::told::Told;
use crate::orders::events::Origin;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Sheet, Wants, filters, redirect};
use crate::wire::{LineCode, Outcome, Problem};
use crate::{Error, Result, show};
use actix_web::http::StatusCode;
use actix_web::web::{self, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use validator::Validate;

/// Carriers offered before all others.
const RECENT: i64 = 5;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/shipments").get(show).post(add)).service(web::resource("/shipments/recall").get(recall));
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

/// The form: the lots of all lines side by side.
#[derive(Deserialize, Validate, Clone)]
pub struct Typed {
    #[validate(length(min = 1, max = 64))]
    no: String,
    /// The version the person saw: sending the form twice is sending it once.
    #[serde(default)]
    version: i32,
    #[serde(default)]
    #[validate(length(max = 2000))]
    line: Vec<i32>,
    #[serde(default)]
    lot: Vec<String>,
    #[serde(default)]
    ends: Vec<String>,
    #[serde(default)]
    qty: Vec<String>,
    #[serde(default)]
    #[validate(length(max = 20))]
    carrier: String,
    #[serde(default)]
    #[validate(length(max = 64))]
    tracking: String,
    /// The number is right, however it looks.
    #[serde(default)]
    sure: String,
    /// Nothing follows.
    #[serde(default)]
    last: String,
}

impl Typed {
    /// The parts as typed: line, lot, last day, quantity.
    fn rows(&self) -> impl Iterator<Item = (i32, &str, &str, &str)> {
        let texts = self.lot.iter().zip(&self.ends).zip(&self.qty);
        self.line.iter().zip(texts).map(|(line, ((lot, ends), qty))| (*line, lot.trim(), ends.trim(), qty.trim()))
    }
    fn parts(&self) -> HashMap<i32, Vec<Part>> {
        let mut parts: HashMap<i32, Vec<Part>> = HashMap::new();
        for (line, lot, ends, qty) in self.rows().filter(|r| !(r.1.is_empty() && r.3.is_empty())) {
            parts.entry(line).or_default().push(Part { lot: lot.to_owned(), ends: ends.to_owned(), qty: qty.to_owned() });
        }
        parts
    }
    fn form(&self) -> Form {
        Form::filled([
            ("carrier", self.carrier.clone()),
            ("tracking", self.tracking.clone()),
            ("sure", self.sure.clone()),
            ("last", self.last.clone()),
        ])
    }

    /// What leaves, or what is wrong with it.
    fn draft(&self) -> std::result::Result<Draft, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut items: BTreeMap<i32, Item> = BTreeMap::new();
        for (line, lot, ends, qty) in self.rows().filter(|r| !r.3.is_empty() && r.3 != "0") {
            let Some(n) = qty.parse::<i64>().ok().filter(|n| (1..=i64::from(i32::MAX)).contains(n)) else {
                problems.push(Problem::new(LineCode::WrongType, &format!("{line}"), qty).detail("integer"));
                continue;
            };
            let day = Day::read(ends).map(Day::at_its_end);
            if day.is_none() && !ends.is_empty() {
                problems.push(Problem::new(LineCode::BadDate, &format!("{line}"), ends));
                continue;
            }
            if lot.chars().count() > 40 {
                problems.push(Problem::new(LineCode::TooLong, &format!("{line}"), lot).detail(40));
                continue;
            }
            let item =
                items.entry(line).or_insert_with(|| Item { line: Which::No(line), qty: 0, lots: Vec::new(), package: None, closes: false });
            item.qty += n;
            item.package = Some(1);
            if !lot.is_empty() {
                item.lots.push(Told { lot_no: lot.to_owned(), produced_on: None, expires_on: day, quantity: Some(n) });
            }
        }
        for item in items.values_mut() {
            // Of a line with lots, every unit has one.
            if !item.lots.is_empty() && item.lots.iter().filter_map(|l| l.quantity).sum::<i64>() != item.qty {
                let Which::No(no) = item.line else { continue };
                problems.push(Problem::new(LineCode::LotsDiffer, &no.to_string(), item.qty.to_string()));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Draft {
            no: 1,
            order_no: self.no.trim().to_owned(),
            source_id: Some(format!("form-{}", self.version)),
            at: None,
            is_final: self.last == "1",
            note: String::new(),
            packages: vec![Parcel { carrier: self.carrier.clone(), tracking_no: self.tracking.trim().to_owned() }],
            items: items.into_values().collect(),
        })
    }
}

/// `POST /shipments`
pub async fn add(ctx: Ctx, input: Input<Typed>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return again(&ctx, &seat, form, Vec::new(), None).await,
    };
    let merchant = seat.merchant;
    let code = typed.carrier.clone();
    let known = ctx.db.read(move |c| carriers::named(c, merchant, &[code])).await?;
    let mut form = typed.form();
    match known.get(&typed.carrier) {
        None => form.complain("carrier", Text::new("ship-choose-carrier")),
        Some(carrier) => {
            let number = typed.tracking.trim();
            if number.is_empty() && carrier.code != BY_HAND {
                form.complain("tracking", Text::new("ship-tracking-needed"));
            } else if carrier.looks_odd(number) && typed.sure != "1" {
                form.complain("tracking", Text::new("ship-tracking-odd").with(&carrier.name));
            }
        }
    }
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
