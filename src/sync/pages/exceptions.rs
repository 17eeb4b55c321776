//! `/sync/exceptions`: goods that stay as they are whatever is pushed, and locked fields (W-03, W-04).

use super::{Done, is_owner, may_except, term};
use crate::form::Form;
use crate::gate::exceptions::{self, Exception, MODULES, PRICE_FIELDS, PRODUCT_FIELDS, Search, Wanted};
use crate::ids::ShopId;
use crate::merchants::{self, Shop};
use crate::products::sellable::escaped;
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Reply, Seat, filters, redirect};
use crate::wire::Module;
use crate::{Error, Result};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Deserialize, Default)]
pub struct Ask {
    #[serde(default)]
    m: String,
    #[serde(default)]
    after: String,
    /// `ending`: only those that end in a moment.
    #[serde(default)]
    view: String,
    /// Goods to make one for.
    #[serde(default)]
    prod: String,
    #[serde(default)]
    sku: String,
    /// What to make one of: `module`, or `module/field` for a lock.
    #[serde(default)]
    of: String,
    #[serde(flatten)]
    done: Done,
}

#[derive(Template)]
#[template(path = "sync/exceptions.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    module: String,
    /// Only those that end in a moment are shown.
    soon: bool,
    /// How many those are, and when the first ends.
    ending: (i64, Option<DateTime<Utc>>),
    page: Page<Exception>,
    pager: Pager,
    shops: Vec<Shop>,
    form: Form,
    modules: Vec<Module>,
    owner: bool,
    /// The exception whose new end was not accepted, and what was typed.
    typed: (i64, Form),
}
show!(List, |v| json!({ "exceptions": v.page.rows, "next": v.page.next }));

impl List {
    fn product_fields(&self) -> &'static [(&'static str, &'static str)] {
        &PRODUCT_FIELDS
    }
    fn price_fields(&self) -> &'static [(&'static str, &'static str)] {
        &PRICE_FIELDS
    }
    /// What ends in a moment, unless it is all the page shows.
    fn announced(&self) -> Option<(i64, DateTime<Utc>)> {
        self.ending.1.filter(|_| !self.soon).map(|at| (self.ending.0, at))
    }
    /// The reader may change this one.
    fn may(&self, exception: &Exception) -> bool {
        self.modules.iter().any(|m| m.as_str() == exception.module)
    }
    fn again(&self, exception: &Exception) -> Option<&Form> {
        Some(&self.typed.1).filter(|_| self.typed.0 == exception.id)
    }
}

async fn shown(ctx: &Ctx, seat: &Seat, ask: &Ask, form: Form, typed: (i64, Form)) -> Result<List> {
    let (merchant, now, soon) = (seat.merchant, ctx.now, ask.view == "ending");
    let search = Search { module: ask.m.clone(), ending: soon, before: Cursor::read(&ask.after) };
    let (rows, shops, ending) = ctx
        .db
        .read(move |c| {
            let rows = exceptions::list(c, merchant, &search, PER_PAGE + 1, now)?;
            Ok((rows, merchants::shops(c, merchant)?, exceptions::ending(c, merchant, now)?))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |e: &Exception| e.id);
    let said = [("m", ask.m.as_str()), ("view", if soon { "ending" } else { "" })];
    let query: Vec<String> =
        said.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    Ok(List {
        frame: ctx.frame("sync"),
        now,
        module: ask.m.clone(),
        soon,
        ending,
        typed,
        pager: Pager::of("/sync/exceptions", &query.join("&"), Some(&ask.after), &page),
        page,
        shops,
        form,
        modules: MODULES.into_iter().filter(|m| may_except(seat, *m)).collect(),
        owner: is_owner(seat),
    })
}

/// `GET /sync/exceptions`
pub async fn page(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let ctx = ask.done.said(ctx);
    let seat = ctx.merchant()?;
    let given = [("prodId", &ask.prod), ("skuId", &ask.sku), ("module", &ask.of)].map(|(name, value)| (name, value.clone()));
    let form = Form::filled(given.into_iter().chain([("span", "30m".to_owned())]));
    let page = shown(&ctx, &seat, &ask, form, Default::default()).await?;
    ctx.reply(page)
}

#[derive(Deserialize, Validate, Clone)]
#[serde(rename_all = "camelCase")]
pub struct AddForm {
    /// `module`, or `module/field` for a lock.
    module: String,
    #[serde(default)]
    prod_id: String,
    #[serde(default)]
    sku_id: String,
    #[serde(default)]
    shop_id: String,
    #[serde(default)]
    span: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    reason: String,
    /// `product`: back to the page of the goods.
    #[serde(default)]
    back: String,
}

impl AddForm {
    fn again(&self) -> Form {
        let typed = [
            ("module", &self.module),
            ("prodId", &self.prod_id),
            ("skuId", &self.sku_id),
            ("shopId", &self.shop_id),
            ("span", &self.span),
            ("at", &self.at),
            ("reason", &self.reason),
        ];
        Form::filled(typed.map(|(name, value)| (name, value.clone())))
    }
}

/// Back to where the form stood.
fn home(exception: &Exception, back: &str, done: &str) -> String {
    let product = || format!("/products/{}", escaped(&exception.prod_id));
    match back {
        "product" => product(),
        "prices" => format!("{}/prices?sku={}", product(), escaped(exception.sku.as_deref().unwrap_or_default())),
        "conflicts" => format!("/sync/conflicts?view=locked&done={}", if done == "released" { "taken" } else { done }),
        _ => format!("/sync/exceptions?done={done}"),
    }
}

/// `POST /sync/exceptions`: makes one, or changes how long it stands.
pub async fn add(ctx: Ctx, input: Input<AddForm>) -> Reply {
    let seat = ctx.merchant()?;
    let typed = input.checked()?;
    let (name, field) = typed.module.split_once('/').unwrap_or((&typed.module, ""));
    let module = Module::of(name).ok_or(Error::NotFound)?;
    if !may_except(&seat, module) {
        return Err(Error::Forbidden(Text::new("error-forbidden")));
    }
    let wrong = async |form: Form| {
        let page = shown(&ctx, &seat, &Ask::default(), form, Default::default()).await?;
        ctx.invalid(page)
    };
    let term = match term(&seat, &typed.span, &typed.at, &typed.reason) {
        Ok(term) => term,
        Err(bad) => {
            let form = bad.errors().fold(typed.again(), |form, (field, text)| form.with_error(field, text.clone()));
            return wrong(form).await;
        }
    };
    let shop = match typed.shop_id.trim() {
        "" => None,
        text => match text.parse() {
            Ok(id) => Some(ShopId(id)),
            Err(_) => return wrong(typed.again().with_error("shopId", Text::new("form-wrong-type"))).await,
        },
    };
    let wanted = Wanted { prod_id: typed.prod_id.trim().to_owned(), sku_id: typed.sku_id.trim().to_owned(), shop, field: field.to_owned() };
    let cause = seat.cause.clone();
    match ctx.db.write(move |tx| exceptions::add(tx, &cause, module, &wanted, &term)).await {
        Ok(made) => Ok(redirect(&ctx, &home(&made, &typed.back, "added"))),
        Err(Error::NotFound) => wrong(typed.again().with_error("prodId", Text::new("sync-no-such-goods"))).await,
        Err(Error::Conflict(text)) => wrong(typed.again().with_error("module", text)).await,
        Err(e) => Err(e),
    }
}

#[derive(Deserialize, Validate)]
pub struct ReleaseForm {
    /// `keep`: the value stays until the next push. `refuse`: what waits is dropped, and the lock stands. Else what waits is applied.
    #[serde(default)]
    then: String,
    #[serde(default)]
    back: String,
}

/// The seat of somebody who may change an exception; whose it is comes before what they may do with it.
async fn seat_at(ctx: &Ctx, id: i64) -> Result<Seat> {
    let seat = ctx.merchant()?;
    let (merchant, now) = (seat.merchant, ctx.now);
    let there = ctx.db.read(move |c| exceptions::find(c, merchant, id, now)).await?;
    if Module::of(&there.module).is_some_and(|module| may_except(&seat, module)) {
        return Ok(seat);
    }
    Err(Error::Forbidden(Text::new("error-forbidden")))
}

#[derive(Deserialize, Validate)]
pub struct ExtendForm {
    #[serde(default)]
    span: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    back: String,
}

/// `POST /sync/exceptions/{id}/extension`: another end for one that stands.
pub async fn extend(ctx: Ctx, id: Path<i64>, input: Input<ExtendForm>) -> Reply {
    let id = *id;
    let seat = seat_at(&ctx, id).await?;
    let typed = input.checked()?;
    let term = match term(&seat, &typed.span, &typed.at, &typed.reason) {
        Ok(term) => term,
        Err(bad) => {
            let fresh = Form::filled([("span", "30m".to_owned())]);
            return ctx.invalid(shown(&ctx, &seat, &Ask::default(), fresh, (id, bad)).await?);
        }
    };
    let cause = seat.cause.clone();
    let extended = ctx.db.write(move |tx| exceptions::extend(tx, &cause, id, &term)).await?;
    Ok(redirect(&ctx, &home(&extended, &typed.back, "extended")))
}

/// `DELETE /sync/exceptions/{id}`
pub async fn release(ctx: Ctx, id: Path<i64>, input: Input<ReleaseForm>) -> Reply {
    let id = *id;
    let seat = seat_at(&ctx, id).await?;
    let typed = input.checked()?;
    let cause = seat.cause.clone();
    let (one, done) = match typed.then.as_str() {
        "refuse" => (ctx.db.write(move |tx| exceptions::refuse(tx, &cause, id)).await?, "refused"),
        "keep" => (ctx.db.write(move |tx| exceptions::release(tx, &cause, id, false)).await?.0, "kept"),
        _ => (ctx.db.write(move |tx| exceptions::release(tx, &cause, id, true)).await?.0, "released"),
    };
    Ok(redirect(&ctx, &home(&one, &typed.back, done)))
}
