//! `/sync/exceptions`: goods that stay as they are whatever is pushed, and locked fields (W-03, W-04).

use super::{Done, is_owner, may_except, tabs, term};
use crate::form::Form;
use crate::gate::exceptions::{self, Exception, MODULES, PRICE_FIELDS, PRODUCT_FIELDS, Wanted};
use crate::ids::ShopId;
use crate::merchants::{self, Shop};
use crate::products::sellable::escaped;
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Reply, Seat, Tab, filters, redirect};
use crate::wire::Module;
use crate::{Error, Result};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Deserialize, Default)]
pub struct Ask {
    #[serde(default)]
    m: String,
    #[serde(default)]
    after: String,
    /// Goods to make one for.
    #[serde(default)]
    prod: String,
    #[serde(default)]
    sku: String,
    #[serde(flatten)]
    done: Done,
}

#[derive(Template)]
#[template(path = "sync/exceptions.html", blocks = ["part"])]
struct List {
    frame: Frame,
    tabs: Vec<Tab>,
    module: String,
    page: Page<Exception>,
    pager: Pager,
    shops: Vec<Shop>,
    form: Form,
    modules: Vec<Module>,
    owner: bool,
}
show!(List, |v| json!({ "exceptions": v.page.rows, "next": v.page.next }));

impl List {
    fn product_fields(&self) -> &'static [(&'static str, &'static str)] {
        &PRODUCT_FIELDS
    }
    fn price_fields(&self) -> &'static [(&'static str, &'static str)] {
        &PRICE_FIELDS
    }
}

async fn shown(ctx: &Ctx, seat: &Seat, ask: &Ask, form: Form) -> Result<List> {
    let (merchant, now, module) = (seat.merchant, ctx.now, ask.m.clone());
    let before: Option<i64> = Cursor::read(&ask.after);
    let (rows, shops) = ctx
        .db
        .read(move |c| Ok((exceptions::list(c, merchant, &module, before, PER_PAGE + 1, now)?, merchants::shops(c, merchant)?)))
        .await?;
    let page = Page::cut(rows, PER_PAGE, |e: &Exception| e.id);
    let query = if ask.m.is_empty() { String::new() } else { format!("m={}", escaped(&ask.m)) };
    Ok(List {
        frame: ctx.frame("sync"),
        tabs: tabs("/sync/exceptions", None),
        module: ask.m.clone(),
        pager: Pager::of("/sync/exceptions", &query, Some(&ask.after), &page),
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
    let form = Form::filled([("prodId", ask.prod.clone()), ("skuId", ask.sku.clone()), ("span", "30m".to_owned())]);
    let page = shown(&ctx, &seat, &ask, form).await?;
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

fn home(exception: &Exception, back: &str, done: &str) -> String {
    if back == "product" { format!("/products/{}", escaped(&exception.prod_id)) } else { format!("/sync/exceptions?done={done}") }
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
        let page = shown(&ctx, &seat, &Ask::default(), form).await?;
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
    /// `keep`: the value stays until the next push; else what waits is applied.
    #[serde(default)]
    then: String,
    #[serde(default)]
    back: String,
}

/// `DELETE /sync/exceptions/{id}`
pub async fn release(ctx: Ctx, id: Path<i64>, input: Input<ReleaseForm>) -> Reply {
    let seat = ctx.merchant()?;
    let (id, merchant, now) = (*id, seat.merchant, ctx.now);
    let there = ctx.db.read(move |c| exceptions::find(c, merchant, id, now)).await?;
    if !Module::of(&there.module).is_some_and(|module| may_except(&seat, module)) {
        return Err(Error::Forbidden(Text::new("error-forbidden")));
    }
    let typed = input.checked()?;
    let (cause, apply) = (seat.cause.clone(), typed.then != "keep");
    let (ended, _) = ctx.db.write(move |tx| exceptions::release(tx, &cause, id, apply)).await?;
    Ok(redirect(&ctx, &home(&ended, &typed.back, if apply { "released" } else { "kept" })))
}
