//! The credentials of a merchant, and of the platform's storefronts: list, create, rotate, revoke.

pub mod checker;
pub mod storefronts;

use super::form::{self, AppForm};
use super::model::{self, Credential, Issued, OVERLAP_HOURS};
use crate::accounts::pages::{Done, again};
use crate::form::Form;
use crate::ids::{AppId, ShopId};
use crate::merchants::{self, Shop};
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, filters, redirect};
use crate::wire::{Module, STOREFRONT};
use crate::{Result, show};
use actix_web::HttpRequest;
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

/// A credential and what its scopes come to, module by module.
struct Row {
    app: Credential,
    /// Text keys: module, rights.
    scopes: Vec<(&'static str, &'static str)>,
    live: bool,
}

impl Row {
    fn of(app: Credential, now: DateTime<Utc>) -> Self {
        let may = |module: Module, right: &str| app.scopes.iter().any(|s| s.split_once(':') == Some((module.as_str(), right)));
        let rights = |module: Module| match (may(module, "read"), may(module, "write")) {
            (true, true) => Some((module.label(), "keys-read-write")),
            (true, false) => Some((module.label(), "keys-read")),
            (false, true) => Some((module.label(), "keys-write")),
            (false, false) => None,
        };
        let sells = app.scopes.iter().any(|s| s == STOREFRONT).then_some(("keys-storefront", "keys-write"));
        let scopes = Module::ALL.into_iter().filter_map(rights).chain(sells).collect();
        let live = app.is_live(now);
        Self { app, scopes, live }
    }
    /// Where the credential may not be used any more.
    fn revoked(&self) -> bool {
        self.app.revoked_at.is_some()
    }
}

#[derive(Template)]
#[template(path = "accounts/keys.html", blocks = ["part"])]
struct KeysPage {
    frame: Frame,
    now: DateTime<Utc>,
    rows: Vec<Row>,
    form: Form,
    shops: Vec<Shop>,
    modules: [Module; 9],
    overlap_hours: i64,
}
show!(KeysPage, |v| json!({ "credentials": v.rows.iter().map(|r| &r.app).collect::<Vec<_>>() }));

impl KeysPage {
    fn sells(&self) -> bool {
        self.form.holds("scopes", STOREFRONT)
    }
    fn scope_ticked(&self, module: &Module, right: &str) -> bool {
        self.form.holds("scopes", &format!("{}:{right}", module.as_str()))
    }
    /// Names where we know them, numbers where a shop is gone.
    fn shop_names(&self, row: &Row) -> String {
        let name = |id: &ShopId| self.shops.iter().find(|shop| shop.id == *id).map_or_else(|| id.to_string(), |shop| shop.name.clone());
        row.app.shops.iter().flatten().map(name).collect::<Vec<_>>().join(" · ")
    }
    fn shop_ticked(&self, shop: ShopId) -> bool {
        self.form.holds("shops", &shop.to_string())
    }
}

/// Where credentials of a kind are listed.
struct List {
    page: &'static str,
    href: &'static str,
    /// Text key.
    title: &'static str,
}
const KEYS: List = List { page: "keys", href: "/api-keys", title: "nav-keys" };

/// Told once: key, secret, and a call to try them with.
#[derive(Template)]
#[template(path = "accounts/key_issued.html", blocks = ["part"])]
struct IssuedPage {
    frame: Frame,
    list: &'static List,
    issued: Issued,
    name: String,
    rotated: bool,
    overlap_hours: i64,
    example: String,
    env: String,
}
show!(IssuedPage, |v| &v.issued);

fn seat(ctx: &Ctx) -> Result<Seat> {
    ctx.merchant()?.may(Permission::ManageKeys)
}

async fn keys_page(ctx: &Ctx, seat: &Seat, form: Form) -> Result<KeysPage> {
    let (merchant, now) = (seat.merchant, ctx.now);
    let (apps, shops) = ctx.db.snapshot(move |c| Ok((model::all(c, merchant, now)?, merchants::shops(c, merchant)?))).await?;
    let rows = apps.into_iter().map(|app| Row::of(app, now)).collect();
    Ok(KeysPage { frame: ctx.frame("keys"), now, rows, form, shops, modules: Module::ALL, overlap_hours: OVERLAP_HOURS })
}

/// `GET /api-keys`
pub async fn list(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = seat(&ctx)?;
    let everything = form::scopes().filter(|scope| scope != STOREFRONT).map(|scope| ("scopes", scope));
    let blank = [("channel", "b2b".to_owned()), ("language", ctx.lang.tag().to_owned())];
    let page = keys_page(&ctx, &seat, Form::filled(blank.into_iter().chain(everything))).await?;
    ctx.reply(page)
}

/// `POST /api-keys`
pub async fn add(ctx: Ctx, req: HttpRequest, input: Input<AppForm>) -> Reply {
    let seat = seat(&ctx)?;
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(&ctx, &seat, form).await,
    };
    let merchant = seat.merchant;
    let shops = ctx.db.read(move |c| merchants::shops(c, merchant)).await?;
    let shops: Vec<ShopId> = shops.iter().map(|shop| shop.id).collect();
    let new = match typed.read(&shops, ctx.now) {
        Ok(new) => new,
        Err(form) => return refused(&ctx, &seat, form).await,
    };
    let (name, call) = (new.name.clone(), first_call(&new.scopes));
    let (cause, key) = (seat.cause, ctx.platform.master_key);
    let issued = ctx.db.write(move |tx| model::create(tx, &cause, &key, new)).await?;
    ctx.reply(issued_page(&ctx, &req, &KEYS, issued, name, call, false))
}

async fn refused(ctx: &Ctx, seat: &Seat, form: Form) -> Reply {
    let page = keys_page(ctx, seat, form.clone()).await?;
    again(ctx, form, |_| page)
}

/// The method of the example: one that the credential may call and that changes nothing, if there is any.
fn first_call(scopes: &[String]) -> (&'static str, &'static str) {
    const CALLS: [(&str, &str, &str); 4] = [
        ("product:read", "/api/prod.list.get", "{}"),
        ("stock:read", "/api/sku.inventory.get", "{}"),
        ("category:read", "/api/catalog.list.get", "{}"),
        ("stock:write", "/api/sku.inventory.update", r#"{"skuId":"A001-1","shopId":1,"inventory":20}"#),
    ];
    let may = CALLS.into_iter().find(|(scope, ..)| scopes.iter().any(|s| s == scope));
    may.map_or(("/api/prod.list.get", "{}"), |(_, path, body)| (path, body))
}

fn issued_page(
    ctx: &Ctx,
    req: &HttpRequest,
    list: &'static List,
    issued: Issued,
    name: String,
    call: (&str, &str),
    rotated: bool,
) -> IssuedPage {
    let scheme = if ctx.platform.https { "https" } else { "http" };
    let base = format!("{scheme}://{}", req.connection_info().host());
    let example = super::example(&base, &issued.app_key, &issued.secret, call.0, call.1);
    let env = format!("DUIJIE_URL={base}\nDUIJIE_APP_KEY={}\nDUIJIE_APP_SECRET={}\n", issued.app_key, issued.secret);
    IssuedPage { frame: ctx.frame(list.page), list, issued, name, rotated, overlap_hours: OVERLAP_HOURS, example, env }
}

/// `POST /api-keys/{id}/rotation`
pub async fn renew(ctx: Ctx, req: HttpRequest, id: Path<i64>) -> Reply {
    let (issued, app) = renewed(&ctx, seat(&ctx)?, AppId(*id)).await?;
    let call = first_call(app.as_ref().map_or(&[], |app| app.scopes.as_slice()));
    let name = app.map(|app| app.name).unwrap_or_default();
    ctx.reply(issued_page(&ctx, &req, &KEYS, issued, name, call, true))
}

/// A new secret for a credential of the seat's merchant.
async fn renewed(ctx: &Ctx, seat: Seat, id: AppId) -> Result<(Issued, Option<Credential>)> {
    let (key, now, merchant) = (ctx.platform.master_key, ctx.now, seat.merchant);
    ctx.db
        .write(move |tx| {
            let issued = model::rotate(tx, &seat.cause, &key, id, Duration::hours(OVERLAP_HOURS))?;
            let app = model::all(tx, merchant, now)?.into_iter().find(|app| app.id == id);
            Ok((issued, app))
        })
        .await
}

/// `DELETE /api-keys/{id}`
pub async fn remove(ctx: Ctx, id: Path<i64>) -> Reply {
    let seat = seat(&ctx)?;
    let id = AppId(*id);
    ctx.db.write(move |tx| model::revoke(tx, &seat.cause, id)).await?;
    Ok(redirect(&ctx, "/api-keys?done=revoked"))
}
