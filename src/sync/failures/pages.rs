//! `/sync/failures`: by cause, with the fix beside it.

use super::read::{self, Cause, Held, Which};
use super::verbs;
use crate::form::Form;
use crate::guards::codes::{self, Pair};
use crate::orders::shipments::carriers::{self, Carrier};
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{self, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// Categories offered while typing; any other can be typed by its code.
const OFFERED: usize = 500;
/// Code pairs shown.
const PAIRS: i64 = 200;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync/failures").get(page))
        .service(web::resource("/sync/failures/lines").get(lines))
        .service(web::resource("/sync/failures/codes").post(pair).delete(unpair))
        .service(web::resource("/sync/failures/dismissal").post(dismiss));
}

#[derive(Template)]
#[template(path = "sync/failures.html", blocks = ["part"])]
struct Failures {
    frame: Frame,
    now: DateTime<Utc>,
    causes: Vec<Cause>,
    pairs: Vec<Pair>,
    leaves: Vec<(String, String)>,
    carriers: Vec<Carrier>,
    may_orders: bool,
    may_products: bool,
    may_stock: bool,
    /// The form that was not accepted.
    form: Form,
}
show!(Failures, |v| json!({ "causes": v.causes, "pairs": v.pairs }));

impl Failures {
    fn may(&self, cause: &Cause) -> bool {
        match cause.module.as_str() {
            "stock" | "lot" => self.may_stock,
            "order" | "shipment" => self.may_orders,
            _ => self.may_products,
        }
    }
    fn may_unpair(&self, pair: &Pair) -> bool {
        if pair.kind == "carrier" { self.may_orders } else { self.may_products }
    }
    /// What was typed for this cause, when it was not accepted.
    fn typed(&self, cause: &Cause) -> Form {
        if self.form.value("theirs") == cause.code { self.form.clone() } else { Form::default() }
    }
}

#[derive(Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

impl Done {
    fn said(&self, ctx: Ctx) -> Ctx {
        match self.done.as_str() {
            "paired" => ctx.noticing(Text::new("failures-paired")),
            "unpaired" => ctx.noticing(Text::new("failures-unpaired")),
            "dismissed" => ctx.noticing(Text::new("failures-dismissed")),
            _ => ctx,
        }
    }
}

async fn shown(ctx: &Ctx, seat: &Seat, form: Form) -> Result<Failures> {
    let (merchant, now) = (seat.merchant, ctx.now);
    let (causes, pairs, leaves, carriers) = ctx
        .db
        .read(move |c| {
            let causes = read::causes(c, merchant, now)?;
            let leaves = if causes.iter().any(Cause::is_category) { read::leaves(c, merchant, OFFERED)? } else { Vec::new() };
            let carriers = if causes.iter().any(Cause::is_carrier) { carriers::search(c, "")? } else { Vec::new() };
            Ok((causes, codes::of_merchant(c, merchant, ("", ""), PAIRS)?, leaves, carriers))
        })
        .await?;
    Ok(Failures {
        frame: ctx.frame("sync"),
        now,
        causes,
        pairs,
        leaves,
        carriers,
        may_orders: seat.person.may(Permission::EditOrders),
        may_products: seat.person.may(Permission::EditProducts),
        may_stock: seat.person.may(Permission::EditStock),
        form,
    })
}

async fn page(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.merchant()?;
    let page = shown(&ctx, &seat, Form::default()).await?;
    ctx.reply(page)
}

#[derive(Deserialize, Validate)]
struct PairForm {
    /// `category` when not said.
    #[serde(default)]
    kind: String,
    #[validate(length(min = 1, max = 60))]
    theirs: String,
    #[validate(length(min = 1, max = 20))]
    ours: String,
}

/// What a pair is of, and who may say so.
fn kind(name: &str) -> Result<(codes::Kind, Permission)> {
    match codes::Kind::of(if name.is_empty() { "category" } else { name }) {
        Some(codes::Kind::Category) => Ok((codes::Kind::Category, Permission::EditProducts)),
        Some(codes::Kind::Carrier) => Ok((codes::Kind::Carrier, Permission::EditOrders)),
        None => Err(Error::NotFound),
    }
}

async fn pair(ctx: Ctx, input: Input<PairForm>) -> Reply {
    let seat = ctx.merchant()?;
    let form = match input.or_form() {
        Err(form) => form,
        Ok(typed) => {
            let (kind, needs) = kind(&typed.kind)?;
            let cause = seat.clone().may(needs)?.cause;
            let verb = if kind == codes::Kind::Carrier { verbs::pair_carrier } else { verbs::pair };
            match ctx.db.write(move |tx| verb(tx, &cause, typed.theirs.trim(), typed.ours.trim())).await {
                Ok(()) => return Ok(redirect(&ctx, "/sync/failures?done=paired")),
                Err(Error::Invalid(form)) => *form,
                Err(e) => return Err(e),
            }
        }
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let page = shown(&ctx, &seat, form).await?;
    ctx.invalid(page)
}

#[derive(Deserialize, Validate)]
struct UnpairForm {
    #[serde(default)]
    kind: String,
    theirs: String,
}

async fn unpair(ctx: Ctx, input: Input<UnpairForm>) -> Reply {
    let seat = ctx.merchant()?;
    let typed = input.checked()?;
    let (kind, needs) = kind(&typed.kind)?;
    let seat = seat.may(needs)?;
    ctx.db.write(move |tx| codes::unpair(tx, &seat.cause, kind, &typed.theirs)).await?;
    Ok(redirect(&ctx, "/sync/failures?done=unpaired"))
}

#[derive(Deserialize, Validate)]
struct Dismissal {
    #[serde(default)]
    waits: String,
    method: String,
    problem: String,
    #[serde(default)]
    code: String,
    #[validate(length(min = 1, max = 200, message = "quarantine-reason-missing"))]
    reason: String,
}

/// Who may put lines of a method aside.
fn needs(method: &str) -> Permission {
    if method.contains("inventory") || method.starts_with("prod.batch") {
        Permission::EditStock
    } else if method.starts_with("order.") {
        Permission::EditOrders
    } else {
        Permission::EditProducts
    }
}

async fn dismiss(ctx: Ctx, input: Input<Dismissal>) -> Reply {
    let seat = ctx.merchant()?;
    let d = input.checked()?;
    let seat = seat.may(needs(&d.method))?;
    let which = Which { waits: !d.waits.is_empty(), method: d.method, problem: d.problem, code: d.code };
    ctx.db.write(move |tx| verbs::dismiss(tx, &seat.cause, &which, d.reason.trim())).await?;
    Ok(redirect(&ctx, "/sync/failures?done=dismissed"))
}

#[derive(Deserialize, Clone, Default)]
struct Ask {
    #[serde(default)]
    waits: String,
    #[serde(default)]
    method: String,
    #[serde(default)]
    problem: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "sync/failure_lines.html", blocks = ["part"])]
struct Lines {
    frame: Frame,
    now: DateTime<Utc>,
    ask: Ask,
    page: Page<Held>,
    pager: Pager,
}
show!(Lines, |v| json!({ "lines": v.page.rows, "next": v.page.next }));

async fn lines(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let ask = ask.into_inner();
    let which = Which { waits: !ask.waits.is_empty(), method: ask.method.clone(), problem: ask.problem.clone(), code: ask.code.clone() };
    let (before, now) = (Cursor::read::<read::From>(&ask.after), ctx.now);
    let rows = ctx.db.read(move |c| read::lines(c, merchant, &which, before, now, PER_PAGE + 1)).await?;
    let page = Page::cut(rows, PER_PAGE, |l: &Held| (l.at, l.feed, l.no));
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("waits", &ask.waits), ("method", &ask.method), ("problem", &ask.problem), ("code", &ask.code)] {
        query.append_pair(name, value);
    }
    ctx.reply(Lines {
        frame: ctx.frame("sync"),
        now,
        pager: Pager::of("/sync/failures/lines", &query.finish(), Some(&ask.after), &page),
        ask,
        page,
    })
}
