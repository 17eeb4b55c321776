//! Many rows at once: hold them, let them go, set what is kept back.

use super::Line;
use super::hold::how;
use super::terms::{Asked, Choice, REASONS, choices};
use crate::form::Form;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::merchants;
use crate::stock::holds::{self, Place};
use crate::stock::limits::{self, Limits};
use crate::stock::list::{self, Item};
use crate::stock::suggest;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, envelope, filters, redirect};
use crate::{Error, show};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use validator::Validate;

const SHOWN: usize = 12;

/// What is to happen to the chosen rows.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
enum What {
    #[default]
    Hold,
    Release,
    Limits,
}

#[derive(Template)]
#[template(path = "stock/bulk.html", blocks = ["part"])]
struct Ask {
    frame: Frame,
    what: What,
    lines: Vec<Line>,
    form: Form,
    choices: Vec<Choice>,
    reasons: &'static [&'static str],
    /// Safety stock that other channels' sales suggest, where limits are asked for.
    suggested: HashMap<(SkuId, ShopId), i64>,
}
show!(Ask, |v| json!({
    "rows": v.lines.iter().map(Line::data).collect::<Vec<_>>(), "errors": v.form,
    "suggestedSafety": v.lines.iter().map(|l| v.suggested(l)).collect::<Vec<_>>(),
}));

impl Ask {
    fn some(&self) -> &[Line] {
        self.lines.get(..SHOWN).unwrap_or(&self.lines)
    }
    fn rest(&self) -> usize {
        self.lines.len() - self.some().len()
    }
    fn suggested(&self, line: &Line) -> Option<i64> {
        self.suggested.get(&(line.item.stock.sku, line.item.stock.shop)).copied()
    }
    fn held(&self) -> usize {
        self.lines.iter().filter(|l| l.is_held()).count()
    }
    fn is(&self, what: &str) -> bool {
        matches!((self.what, what), (What::Hold, "hold") | (What::Release, "release") | (What::Limits, "limits"))
    }
}

/// The rows chosen in the list, as `SKU/shop`.
#[derive(Deserialize, Validate, Default)]
pub struct Chosen {
    #[serde(default)]
    #[validate(length(max = 1000, message = "shelf-bulk-too-many"))]
    id: Vec<String>,
    #[serde(default)]
    what: What,
}

fn places(ids: &[String]) -> Vec<(String, ShopId)> {
    let mut places: Vec<(String, ShopId)> =
        ids.iter().filter_map(|id| id.rsplit_once('/')).filter_map(|(ext, shop)| Some((ext.to_owned(), shop.parse().ok()?))).collect();
    places.sort();
    places.dedup();
    places
}

/// The chosen rows that are there; none of them is not found.
async fn found(ctx: &Ctx, merchant: MerchantId, ids: &[String]) -> crate::Result<Vec<Line>> {
    let places = places(ids);
    let (items, low_stock) =
        ctx.db.snapshot(move |c| Ok((list::of_places(c, merchant, &places)?, merchants::find(c, merchant)?.low_stock))).await?;
    if items.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(items.into_iter().map(|item: Item| Line::of(item, low_stock, ctx.now, true)).collect())
}

fn page(ctx: &Ctx, seat: &Seat, what: What, lines: Vec<Line>, form: Form) -> Ask {
    Ask {
        frame: ctx.frame("stock"),
        what,
        lines,
        form,
        choices: choices(ctx.now, seat.person.role),
        reasons: &REASONS,
        suggested: HashMap::new(),
    }
}

/// The page that asks for limits says what would do.
async fn suggesting(ctx: &Ctx, merchant: MerchantId, view: Ask) -> crate::Result<Ask> {
    if view.what != What::Limits {
        return Ok(view);
    }
    let (places, now) = (view.lines.iter().map(|l| (l.item.stock.sku, l.item.stock.shop)).collect::<Vec<_>>(), ctx.now);
    let suggested = ctx.db.read(move |c| suggest::of_places(c, merchant, &places, now)).await?;
    Ok(Ask { suggested, ..view })
}

fn seat(ctx: &Ctx) -> crate::Result<Seat> {
    ctx.merchant()?.may(Permission::EditStock)
}

/// `POST /stock/bulk`: what is about to happen, and to which rows.
pub async fn ask(ctx: Ctx, input: Input<Chosen>) -> Reply {
    let seat = seat(&ctx)?;
    let chosen = input.checked()?;
    let lines = found(&ctx, seat.merchant, &chosen.id).await?;
    let oldest = lines.iter().map(|l| l.item.stock.reported_at).min().flatten();
    let fresh = Asked::fresh(oldest, ctx.now).onto(Form::filled([("amount", "now".to_owned())]));
    let view = suggesting(&ctx, seat.merchant, page(&ctx, &seat, chosen.what, lines, fresh)).await?;
    ctx.reply(view)
}

fn again(ctx: &Ctx, view: Ask) -> Reply {
    if ctx.wants == Wants::Json { Err(Error::invalid(view.form)) } else { ctx.invalid(view) }
}

/// Back to the list, which says what was done.
fn back(ctx: &Ctx, done: &str, n: usize) -> HttpResponse {
    if ctx.wants == Wants::Json {
        return HttpResponse::Ok().json(envelope(StatusCode::OK, "success", None, &json!({ "changed": n })));
    }
    redirect(ctx, &format!("/stock?done={done}&n={n}"))
}

/// What the list says afterwards.
pub(super) fn notice(done: &str, n: i64) -> Option<Text> {
    let key = match done {
        "held" => "bulk-done-held",
        "released" => "bulk-done-released",
        "ending" => "bulk-done-ending",
        "limits" => "bulk-done-limits",
        _ => return None,
    };
    Some(Text::new(key).with(n))
}

#[derive(Deserialize, Validate)]
pub struct HoldMany {
    #[serde(default)]
    #[validate(length(max = 1000, message = "shelf-bulk-too-many"))]
    id: Vec<String>,
    /// `now`: each at what it has; `same`: all at the quantity.
    #[serde(default)]
    amount: String,
    #[serde(default)]
    quantity: String,
    #[serde(flatten)]
    asked: Asked,
}

impl HoldMany {
    /// The one number for all, if there is to be one.
    fn number(&self) -> Result<Option<i64>, Text> {
        if self.amount != "same" {
            return Ok(None);
        }
        let number = self.quantity.trim().parse::<i64>().ok().filter(|n| (0..=i64::from(i32::MAX)).contains(n));
        number.map(Some).ok_or_else(|| Text::new("form-between").with(0).with(i64::from(i32::MAX)))
    }
}

/// `POST /stock/holds`
pub async fn hold(ctx: Ctx, input: Input<HoldMany>) -> Reply {
    let seat = seat(&ctx)?;
    let typed = input.checked()?;
    let lines = found(&ctx, seat.merchant, &typed.id).await?;
    let pairs = [("amount", typed.amount.clone()), ("quantity", typed.quantity.clone())];
    let shown = typed.asked.onto(Form::filled(pairs));
    let number = match typed.number() {
        Ok(number) => number,
        Err(why) => return again(&ctx, page(&ctx, &seat, What::Hold, lines, shown.with_error("quantity", why))),
    };
    let terms = match typed.asked.terms(&ctx, &seat)? {
        Ok(terms) => terms,
        Err((field, why)) => return again(&ctx, page(&ctx, &seat, What::Hold, lines, shown.with_error(field, why))),
    };
    let place = |l: &Line| Place {
        sku: l.item.stock.sku,
        shop: l.item.stock.shop,
        ext: l.item.ext.clone(),
        qty: number.unwrap_or(l.shown),
        // What each has now is only meant as long as it has it.
        version: number.is_none().then_some(l.item.stock.version),
    };
    let (places, cause): (Vec<Place>, _) = (lines.iter().map(place).collect(), seat.cause.clone());
    match ctx.db.write(move |tx| holds::start(tx, &cause, places, &terms)).await {
        Ok(rows) => Ok(back(&ctx, "held", rows.len())),
        Err(Error::Conflict(why)) if ctx.wants != Wants::Json => {
            let lines = found(&ctx, seat.merchant, &typed.id).await?;
            ctx.wants.answer(StatusCode::CONFLICT, ctx.lang, &page(&ctx, &seat, What::Hold, lines, shown.with_error("", why)))
        }
        Err(e) => Err(e),
    }
}

#[derive(Deserialize, Validate)]
pub struct ReleaseMany {
    #[serde(default)]
    #[validate(length(max = 1000, message = "shelf-bulk-too-many"))]
    id: Vec<String>,
    /// `push` keeps the numbers until the next report.
    #[serde(default)]
    how: String,
}

/// `DELETE /stock/holds`
pub async fn release(ctx: Ctx, input: Input<ReleaseMany>) -> Reply {
    let seat = seat(&ctx)?;
    let typed = input.checked()?;
    let lines = found(&ctx, seat.merchant, &typed.id).await?;
    let (how, said) = how(&typed.how);
    let (places, cause) = (lines.into_iter().map(|l| (l.item.stock.sku, l.item.stock.shop, l.item.ext)).collect(), seat.cause.clone());
    let rows = ctx.db.write(move |tx| holds::release_all(tx, &cause, places, how)).await?;
    Ok(back(&ctx, said, rows.len()))
}

#[derive(Deserialize, Validate)]
pub struct LimitMany {
    #[serde(default)]
    #[validate(length(max = 1000, message = "shelf-bulk-too-many"))]
    id: Vec<String>,
    /// Empty stays as it is.
    #[serde(default)]
    safety: String,
    #[serde(default)]
    oversell: String,
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
}

/// An empty field is no number; a wrong one is none either, and said so.
fn optional(text: &str) -> Result<Option<i64>, Text> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<i64>().ok().filter(|n| (0..=i64::from(i32::MAX)).contains(n));
    number.map(Some).ok_or_else(|| Text::new("form-between").with(0).with(i64::from(i32::MAX)))
}

/// `POST /stock/limits`
pub async fn limit(ctx: Ctx, input: Input<LimitMany>) -> Reply {
    let seat = seat(&ctx)?;
    let typed = input.checked()?;
    let lines = found(&ctx, seat.merchant, &typed.id).await?;
    let reason = typed.reason.trim().to_owned();
    let mut shown = Form::filled([("safety", typed.safety.clone()), ("oversell", typed.oversell.clone()), ("reason", typed.reason)]);
    let mut number = |field: &str, text: &str| {
        optional(text).unwrap_or_else(|why| {
            shown.complain(field, why);
            None
        })
    };
    let limits = Limits { safety: number("safety", &typed.safety), oversell: number("oversell", &typed.oversell) };
    if !shown.is_bad() && limits == Limits::default() {
        shown.complain("", Text::new("limits-nothing"));
    }
    if reason.is_empty() {
        shown.complain("reason", Text::new("limits-reason"));
    }
    if shown.is_bad() {
        let view = suggesting(&ctx, seat.merchant, page(&ctx, &seat, What::Limits, lines, shown)).await?;
        return again(&ctx, view);
    }
    let place = |l: Line| limits::Place { sku: l.item.stock.sku, shop: l.item.stock.shop, ext: l.item.ext };
    let (places, cause) = (lines.into_iter().map(place).collect(), seat.cause.clone());
    let changed = ctx.db.write(move |tx| limits::set(tx, &cause, places, limits, &reason)).await?;
    Ok(back(&ctx, "limits", changed))
}
