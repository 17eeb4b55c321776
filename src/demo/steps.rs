//! The load, step by step, each in transactions of at most a thousand lines.

use super::rows::{self, BaseRow, BlockedRow, CategoryRow, MerchantRow, ShopRow, UserRow};
use super::secrets::{self, Key, Secrets};
use crate::accounts::{apps, users};
use crate::catalog::{base, blocklist, categories, reference};
use crate::feeds::{self, Batch, Channel};
use crate::ids::{AppId, MerchantId, ShopId};
use crate::merchants::{self, Merchant, NewMerchant};
use crate::routes::METHODS;
use crate::text::Lang;
use crate::trail::{self, Cause, Entry, Kind};
use crate::web::Platform;
use crate::wire::{MAX_LINES, Method, Module, STOREFRONT, Scope};
use crate::{Error, Result};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;

/// Loaders that run side by side take turns. Any number that is not the migrations' will do.
const LOCK: i64 = 7202;
const WHO: &str = "demo";
const ERP: &str = "演示 ERP";
const SHOP: &str = "演示店面";
/// The platform's own, which sells for every merchant.
const MALL: &str = "演示商城";

/// A merchant's files, in the order in which one needs the other.
const FILES: [(&str, &str); 10] = [
    ("kz", "catalog.add_or_edit categories_kz.csv"),
    ("kz", "prod.add_or_edit products_kz.csv"),
    ("kz", "sku.add_or_edit skus_kz.csv"),
    ("kz", "sku.inventory.update stock_kz.csv"),
    ("sg", "catalog.add_or_edit categories_sg.csv"),
    ("sg", "prod.add_or_edit products_sg.csv"),
    ("sg", "sku.inventory.update stock_sg.csv"),
    ("gw", "catalog.add_or_edit categories_gw.csv"),
    ("gw", "prod.add_or_edit products_gw.csv"),
    ("gw", "sku.inventory.update stock_gw.csv"),
];

/// Everything.
pub async fn all(platform: &Platform, data: &Path) -> Result<()> {
    goods(platform, data).await?;
    trade(platform, "kz").await?;
    trade(platform, "gw").await?;
    // After the orders, which were made at the default prices.
    super::prices::load(platform).await?;
    write(platform, |tx, now| {
        let cause = Cause::system(MerchantId::PLATFORM, WHO, now);
        trail::record(tx, &cause, &[Entry::new("demo.loaded", "demo", "demo")])
    })
    .await
}

/// People, goods and stock; no orders.
pub async fn goods(platform: &Platform, data: &Path) -> Result<()> {
    people(platform, data).await?;
    references(platform).await?;
    platform_tree(platform).await?;
    forbidden_goods(platform).await?;
    for file in ["base_products.csv", "base_products_wholesale.csv"] {
        base_products(platform, file).await?;
    }
    for (merchant, what) in FILES {
        let (method, file) = what.split_once(' ').ok_or_else(|| Error::broken("a file without its method"))?;
        push(platform, merchant, method, file).await?;
    }
    Ok(())
}

/// A merchant's orders, once: they are dated by the clock.
async fn trade(platform: &Platform, code: &'static str) -> Result<()> {
    let done = move |c: &mut PgConnection| Ok(!trail::of_subject(c, MerchantId::PLATFORM, "demo", code, 1)?.is_empty());
    if platform.db.read(done).await? {
        return Ok(());
    }
    match code {
        "kz" => super::orders::pharma(platform).await?,
        _ => super::orders::gifts(platform).await?,
    }
    write(platform, move |tx, now| {
        trail::record(tx, &Cause::system(MerchantId::PLATFORM, WHO, now), &[Entry::new("demo.traded", "demo", code)])
    })
    .await
}

/// One transaction, after whoever loads beside us.
async fn write<T: Send + 'static>(
    platform: &Platform,
    work: impl FnOnce(&mut PgConnection, DateTime<Utc>) -> Result<T> + Send + 'static,
) -> Result<T> {
    let now = platform.clock.now();
    platform
        .db
        .write(move |tx| {
            diesel::sql_query(format!("select pg_advisory_xact_lock({LOCK})")).execute(tx)?;
            work(tx, now)
        })
        .await
}

/// Merchants, shops, people and credentials: all or none, so that `demo.txt` tells of all or none.
async fn people(platform: &Platform, data: &Path) -> Result<()> {
    let password = secrets::password();
    let hash = users::hash(password.clone()).await?;
    let (data, master_key) = (data.to_owned(), platform.master_key);
    write(platform, move |tx, now| {
        if !merchants::all(tx, "", 1)?.is_empty() {
            return Ok(());
        }
        tracing::info!("demo: merchants, shops and people");
        let cause = Cause::system(MerchantId::PLATFORM, WHO, now);
        let mut kept = Secrets { password, keys: Vec::new() };
        let mut made = Vec::new();
        for row in rows::read::<MerchantRow>("merchants.csv")? {
            let code = row.code.to_lowercase();
            let merchant = merchants::create(tx, &cause, &NewMerchant { code: &code, name: &row.name, kind: &row.kind })?;
            let issued = credential(tx, &cause.at(merchant.id), &master_key, row.channel.clone())?;
            kept.keys.push(Key { merchant: code.clone(), app_key: issued.app_key, secret: issued.secret });
            let issued = storefront(tx, &cause.at(merchant.id), &master_key, row.channel)?;
            kept.keys.push(Key { merchant: format!("{code}-storefront"), app_key: issued.app_key, secret: issued.secret });
            made.push(merchant);
        }
        let mall = apps::NewApp { name: MALL.to_owned(), sandbox: true, scopes: vec![STOREFRONT.to_owned()], ..apps::NewApp::default() };
        let issued = apps::create(tx, &cause, &master_key, mall)?;
        kept.keys.push(Key { merchant: secrets::MALL.to_owned(), app_key: issued.app_key, secret: issued.secret });
        for row in rows::read::<ShopRow>("shops.csv")? {
            let merchant = of_code(&made, &row.merchant_code)?;
            merchants::add_shop(tx, &cause.at(merchant), ShopId(row.shop_id), &row.name, row.is_default == 1)?;
        }
        for row in rows::read::<UserRow>("users.csv")? {
            let merchant = of_code(&made, &row.merchant_code)?;
            // So that the demo shows both: somebody who may count stock, and somebody who may only look.
            let permissions = if row.login == "kz-staff" { vec!["stock".to_owned()] } else { Vec::new() };
            let new =
                users::NewUser { merchant, login: row.login, name: row.name, role: row.role, permissions, password_hash: hash.clone() };
            users::create(tx, &cause.at(merchant), &new)?;
        }
        secrets::keep(&data, &kept)
    })
    .await
}

/// Every scope. A sandbox credential is told what is wrong with a signature.
fn credential(tx: &mut PgConnection, cause: &Cause, master_key: &[u8; 32], channel: String) -> Result<apps::Issued> {
    let scopes = Module::ALL.iter().flat_map(|m| [format!("{}:read", m.as_str()), format!("{}:write", m.as_str())]).collect();
    apps::create(tx, cause, master_key, apps::NewApp { name: ERP.to_owned(), channel, sandbox: true, scopes, ..apps::NewApp::default() })
}

/// Where a merchant's goods are sold.
fn storefront(tx: &mut PgConnection, cause: &Cause, master_key: &[u8; 32], channel: String) -> Result<apps::Issued> {
    let scopes = vec![STOREFRONT.to_owned(), "order:read".to_owned(), "product:read".to_owned(), "stock:read".to_owned()];
    apps::create(tx, cause, master_key, apps::NewApp { name: SHOP.to_owned(), channel, sandbox: true, scopes, ..apps::NewApp::default() })
}

/// No code is the platform itself.
fn of_code(merchants: &[Merchant], code: &str) -> Result<MerchantId> {
    if code.is_empty() {
        return Ok(MerchantId::PLATFORM);
    }
    let found = merchants.iter().find(|m| m.code.eq_ignore_ascii_case(code));
    found
        .map(|m| m.id)
        .ok_or_else(|| Error::broken(format!("there is no merchant {code}: this database holds something else than the demo")))
}

async fn references(platform: &Platform) -> Result<()> {
    tracing::info!("demo: regions and carriers");
    for rows in chunks(rows::read::<reference::Region>("regions.csv")?) {
        write(platform, move |tx, _| reference::load_regions(tx, &rows)).await?;
    }
    let carriers = rows::read::<reference::Carrier>("carriers.csv")?;
    write(platform, move |tx, _| reference::load_carriers(tx, &carriers)).await?;
    Ok(())
}

fn chunks<T>(rows: Vec<T>) -> Vec<Vec<T>> {
    let mut chunks = Vec::new();
    let mut rest = rows.into_iter().peekable();
    while rest.peek().is_some() {
        chunks.push(rest.by_ref().take(MAX_LINES).collect());
    }
    chunks
}

/// The platform's tree goes through the method that merchants use for theirs; then its forbidden branches are shut.
async fn platform_tree(platform: &Platform) -> Result<()> {
    let rows = rows::read::<CategoryRow>("platform_categories.csv")?;
    let lines: Vec<Value> = rows.iter().map(|r| json!({ "id": r.id, "name": r.name, "type": r.level, "parentId": r.parent_id })).collect();
    let forbidden: Vec<String> = rows.into_iter().filter(|r| r.allowed == 0).map(|r| r.id).collect();
    let method = method("catalog.add_or_edit")?;
    write(platform, move |tx, now| {
        let cause = Cause::system(MerchantId::PLATFORM, WHO, now);
        send(tx, &cause, method, "platform_categories.csv", lines)?;
        let known = categories::by_ids(tx, MerchantId::PLATFORM, &forbidden)?;
        let open: Vec<String> = forbidden.into_iter().filter(|id| known.get(id).is_none_or(|c| c.allowed)).collect();
        if open.is_empty() { Ok(()) } else { categories::forbid(tx, &cause, &open, "禁售品类") }
    })
    .await
}

/// Blocked by the platform's admin, since somebody must answer for it.
async fn forbidden_goods(platform: &Platform) -> Result<()> {
    let rows = rows::read::<BlockedRow>("prohibited_goods.csv")?;
    write(platform, move |tx, now| {
        let admin = users::list(tx, Some(MerchantId::PLATFORM), "admin", None, 1)?
            .into_iter()
            .next()
            .ok_or_else(|| Error::broken("the demo's admin is missing"))?;
        let cause = Cause {
            kind: Kind::Person,
            actor_id: Some(admin.id.0),
            actor_name: admin.name,
            ..Cause::system(MerchantId::PLATFORM, WHO, now)
        };
        let there: HashSet<String> = blocklist::list(tx, false, None, 1000)?.into_iter().map(|b| b.text).collect();
        for row in rows.into_iter().filter(|row| !there.contains(&row.value)) {
            let kind = match row.kind.as_str() {
                "approval_no" => blocklist::Kind::ApprovalNo,
                "barcode" => blocklist::Kind::Barcode,
                "keyword" => blocklist::Kind::Name,
                // Categories are shut in the tree itself.
                _ => continue,
            };
            blocklist::add(tx, &cause, kind, &row.value, &row.reason)?;
        }
        Ok(())
    })
    .await
}

async fn base_products(platform: &Platform, file: &'static str) -> Result<()> {
    for rows in chunks(rows::read::<BaseRow>(file)?) {
        let made = write(platform, move |tx, now| {
            let codes: Vec<String> = rows.iter().map(|r| r.code.clone()).collect();
            let there = base::by_codes(tx, &codes)?;
            let drafts: Vec<base::Draft> = rows.into_iter().filter(|r| !there.contains_key(&r.code)).map(draft).collect();
            Ok(base::create_many(tx, &Cause::system(MerchantId::PLATFORM, WHO, now), &drafts)?.len())
        })
        .await?;
        tracing::info!("demo: {file}: {made} base products");
    }
    Ok(())
}

fn draft(row: BaseRow) -> base::Draft {
    base::Draft {
        code: Some(row.code),
        name: row.name,
        trade_name: row.trade_name,
        spec: row.spec,
        dosage_form: row.dosage_form,
        unit: row.unit,
        manufacturer: row.manufacturer,
        brand: row.brand,
        approval_no: row.approval_no,
        barcodes: row.barcodes.split('|').filter(|b| !b.is_empty()).map(ToOwned::to_owned).collect(),
        category_id: Some(row.category_id).filter(|id| !id.is_empty()),
        origin: row.origin,
    }
}

fn method(name: &str) -> Result<&'static Method> {
    METHODS.iter().copied().find(|m| m.name == name).ok_or_else(|| Error::broken(format!("there is no method {name}")))
}

/// A file of a merchant's ERP.
async fn push(platform: &Platform, code: &'static str, name: &'static str, file: &'static str) -> Result<()> {
    let method = method(name)?;
    for lines in chunks(rows::lines(file)?) {
        write(platform, move |tx, now| {
            let merchant = of_code(&merchants::all(tx, "", 100)?, code)?;
            let cause = Cause {
                kind: Kind::Erp,
                actor_id: erp(tx, merchant, now)?.map(|id| id.0),
                actor_name: ERP.to_owned(),
                ..Cause::system(merchant, WHO, now)
            };
            send(tx, &cause, method, file, lines)
        })
        .await?;
    }
    Ok(())
}

fn erp(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Option<AppId>> {
    Ok(apps::all(tx, merchant, now)?.into_iter().find(|app| app.name == ERP).map(|app| app.id))
}

fn send(tx: &mut PgConnection, cause: &Cause, method: &Method, file: &str, lines: Vec<Value>) -> Result<()> {
    let scope = Scope::whole(cause.merchant, Lang::Zh, cause.now);
    let report = feeds::run(tx, cause, &scope, Channel::Demo, method, Batch { lines, ..Batch::default() })?;
    let c = report.counts;
    tracing::info!(
        "demo: {file}: {} lines, {} applied, {} unchanged, {} parked, {} rejected",
        c.total,
        c.applied,
        c.unchanged,
        c.parked,
        c.rejected
    );
    Ok(())
}

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Party {
    Erp,
    Storefront,
}

/// A merchant's ERP and storefront, who speak at times of their own.
pub struct Player<'a> {
    pub platform: &'a Platform,
    pub merchant: MerchantId,
    erp: AppId,
    storefront: AppId,
}

impl<'a> Player<'a> {
    pub async fn of(platform: &'a Platform, code: &'static str) -> Result<Self> {
        let now = platform.clock.now();
        let found = platform.db.read(move |c| {
            let merchant = of_code(&merchants::all(c, "", 100)?, code)?;
            let apps = apps::all(c, merchant, now)?;
            let app = |name: &str| {
                let found = apps.iter().find(|app| app.name == name).map(|app| app.id);
                found.ok_or_else(|| Error::broken(format!("{code} has no credential {name}")))
            };
            Ok((merchant, app(ERP)?, app(SHOP)?))
        });
        let (merchant, erp, storefront) = found.await?;
        Ok(Self { platform, merchant, erp, storefront })
    }

    pub fn cause(&self, party: Party, at: DateTime<Utc>) -> Cause {
        let (app, name) = if party == Party::Erp { (self.erp, ERP) } else { (self.storefront, SHOP) };
        Cause { kind: Kind::Erp, actor_id: Some(app.0), actor_name: name.to_owned(), ..Cause::system(self.merchant, WHO, at) }
    }

    /// Sends lines as one call at that time; none is no call.
    pub async fn send(&self, party: Party, name: &str, at: DateTime<Utc>, lines: Vec<Value>) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let (method, cause) = (method(name)?, self.cause(party, at));
        let file = name.to_owned();
        write(self.platform, move |tx, _| send(tx, &cause, method, &file, lines)).await
    }
}
