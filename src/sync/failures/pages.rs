//! `/sync/failures`: by cause, with the fix beside it.

use super::read::{self, Cause, Held, Which};
use super::verbs;
use crate::form::Form;
use crate::guards::codes::{self, Kind, Pair};
use crate::orders::shipments::carriers;
use crate::pricing;
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
    /// What codes can be said to mean: a category, a region group, a customer group.
    leaves: Vec<(String, String)>,
    regions: Vec<(String, String)>,
    customers: Vec<(String, String)>,
    carriers: Vec<(String, String)>,
    may_orders: bool,
    may_products: bool,
    may_prices: bool,
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
            "price" => self.may_prices,
            _ => self.may_products,
        }
    }
    fn may_unpair(&self, pair: &Pair) -> bool {
        match Kind::of(&pair.kind) {
            Some(Kind::RegionGroup | Kind::CustomerGroup) => self.may_prices,
            Some(Kind::Carrier) => self.may_orders,
            _ => self.may_products,
        }
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
    let (causes, pairs, leaves, regions, customers, carriers) = ctx
        .db
        .read(move |c| {
            let causes = read::causes(c, merchant, now)?;
            let leaves = if causes.iter().any(Cause::is_category) { read::leaves(c, merchant, OFFERED)? } else { Vec::new() };
            let any = |kind: Kind| causes.iter().any(|cause| cause.kind() == Some(kind));
            let regions = if any(Kind::RegionGroup) { pricing::region_groups::list(c, merchant)? } else { Vec::new() };
            let customers = if any(Kind::CustomerGroup) { pricing::customer_groups::list(c, merchant)? } else { Vec::new() };
            let regions = regions.into_iter().map(|g| (g.code, g.name)).collect();
            let customers = customers.into_iter().map(|g| (g.code, g.name)).collect();
            let carriers = if any(Kind::Carrier) { carriers::search(c, "")? } else { Vec::new() };
            let carriers = carriers.into_iter().map(|c| (c.code, c.name)).collect();
            Ok((causes, codes::of_merchant(c, merchant, ("", ""), PAIRS)?, leaves, regions, customers, carriers))
        })
        .await?;
    Ok(Failures {
        frame: ctx.frame("sync"),
        now,
        causes,
        pairs,
        leaves,
        regions,
        customers,
        carriers,
        may_orders: seat.person.may(Permission::EditOrders),
        may_prices: seat.person.may(Permission::EditPrices),
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
    /// What the code is of; a category when nothing is said.
    #[serde(default)]
    kind: String,
    #[validate(length(min = 1, max = 60))]
    theirs: String,
    #[validate(length(min = 1, max = 20))]
    ours: String,
}

fn kind_of(name: &str) -> (Kind, Permission) {
    match Kind::of(name) {
        Some(kind @ (Kind::RegionGroup | Kind::CustomerGroup)) => (kind, Permission::EditPrices),
        Some(Kind::Carrier) => (Kind::Carrier, Permission::EditOrders),
        _ => (Kind::Category, Permission::EditProducts),
    }
}

async fn pair(ctx: Ctx, input: Input<PairForm>) -> Reply {
    let seat = ctx.merchant()?;
    let read = input.or_form();
    let named = match &read {
        Ok(typed) => typed.kind.as_str(),
        Err(form) => form.value("kind"),
    };
    let (kind, permission) = kind_of(named);
    let seat = seat.may(permission)?;
    let form = match read {
        Err(form) => form,
        Ok(typed) => {
            let cause = seat.cause.clone();
            match ctx.db.write(move |tx| verbs::say(tx, &cause, kind, typed.theirs.trim(), typed.ours.trim())).await {
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
    let UnpairForm { kind, theirs } = input.checked()?;
    let (kind, permission) = kind_of(&kind);
    let seat = seat.may(permission)?;
    ctx.db.write(move |tx| codes::unpair(tx, &seat.cause, kind, &theirs)).await?;
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

async fn dismiss(ctx: Ctx, input: Input<Dismissal>) -> Reply {
    let seat = ctx.merchant()?;
    let d = input.checked()?;
    let seat = seat.may(match d.method.as_str() {
        method if method.contains("inventory") || method.starts_with("prod.batch") => Permission::EditStock,
        method if method.starts_with("order.") => Permission::EditOrders,
        method if method.contains("price") => Permission::EditPrices,
        _ => Permission::EditProducts,
    })?;
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
