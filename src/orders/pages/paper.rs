//! Paper: the sheet of one or several orders, and what to take from the shelves for them.

use super::bulk::MOST;
use super::detail::Goods;
use super::filter::Filter;
use crate::ids::{MerchantId, OrderId};
use crate::orders::list::{self, Item};
use crate::orders::model::{OrderLine, lines_of};
use crate::orders::picks::{self, Pick, Picks};
use crate::orders::{rules, wire};
use crate::web::{Ctx, Frame, Reply, filters};
use crate::{Error, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The sheet of one order.
struct Sheet {
    item: Item,
    lines: Vec<Goods>,
}

impl Sheet {
    fn delivery(&self, name: &str) -> &str {
        self.item.order.delivery.get(name).and_then(Value::as_str).unwrap_or_default()
    }
    fn place(&self) -> String {
        self.item.region.join(" ")
    }
}

#[derive(Template)]
#[template(path = "orders/print.html", blocks = ["part"])]
struct Print {
    frame: Frame,
    sheets: Vec<Sheet>,
}
show!(Print, |v| json!({ "orders": v.sheets.iter().map(|s| {
    let lines: Vec<OrderLine> = s.lines.iter().map(|g| g.line.clone()).collect();
    wire::order(&s.item.order, &lines, s.item.customer.as_ref())
}).collect::<Vec<_>>() }));

impl Print {
    /// The one order it is for.
    fn only(&self) -> Option<&Sheet> {
        if let [only] = self.sheets.as_slice() { Some(only) } else { None }
    }
}

/// The sheets of these orders, a page each; none of them is not found.
pub async fn sheets(ctx: &Ctx, merchant: MerchantId, nos: Vec<String>) -> Reply {
    let (items, mut lines) = ctx
        .db
        .snapshot(move |c| {
            let items = list::of_nos(c, merchant, &nos)?;
            let ids: Vec<OrderId> = items.iter().map(|i| i.order.id).collect();
            Ok((items, lines_of(c, merchant, &ids)?))
        })
        .await?;
    if items.is_empty() {
        return Err(Error::NotFound);
    }
    let sheet = |item: Item| Sheet { lines: lines.remove(&item.order.id).unwrap_or_default().into_iter().map(Goods::of).collect(), item };
    ctx.reply(Print { frame: ctx.frame("orders"), sheets: items.into_iter().map(sheet).collect() })
}

/// `GET /orders/{no}/print`
pub async fn print(ctx: Ctx, no: Path<String>) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    sheets(&ctx, merchant, vec![no.into_inner()]).await
}

#[derive(Template)]
#[template(path = "orders/picks.html", blocks = ["part"])]
struct Picking {
    frame: Frame,
    now: DateTime<Utc>,
    list: Picks,
}
show!(Picking, |v| json!({
    "orders": v.list.orders, "leftOut": v.list.left_out,
    "picks": v.list.picks.iter().map(|p| json!({
        "shop": p.shop, "skuId": p.sku_id, "erpProdCode": p.erp_code, "name": p.name, "quantity": p.qty, "missing": p.missing,
        "lots": p.lots.iter().map(|l| json!({ "lotNo": l.lot_no, "expiresOn": l.ends, "quantity": l.qty })).collect::<Vec<_>>(),
        "orders": p.orders.iter().map(|(no, n)| json!({ "orderNo": no, "quantity": n })).collect::<Vec<_>>(),
    })).collect::<Vec<_>>(),
}));

impl Picking {
    /// Shop by shop, as people walk.
    fn shops(&self) -> Vec<&[Pick]> {
        self.list.picks.chunk_by(|a, b| a.shop == b.shop).collect()
    }
    fn shop<'a>(&self, picks: &'a [Pick]) -> &'a str {
        picks.first().map_or("", |p| p.shop.as_str())
    }
    fn units(&self, picks: &[Pick]) -> i64 {
        picks.iter().map(|p| p.qty).sum()
    }
    fn left_out(&self) -> String {
        self.list.left_out.join("、")
    }
}

/// What to take for these orders.
pub async fn picking(ctx: &Ctx, merchant: MerchantId, nos: Vec<String>) -> Reply {
    let now = ctx.now;
    let list = ctx
        .db
        .snapshot(move |c| {
            let items = list::of_nos(c, merchant, &nos)?;
            picks::of(c, merchant, &items, now)
        })
        .await?;
    ctx.reply(Picking { frame: ctx.frame("orders"), now, list })
}

/// `GET /orders/picks`: for what the list finds; without a tab, for what has to leave.
pub async fn picks(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let (merchant, now, filter) = (ctx.merchant()?.merchant, ctx.now, filter.into_inner());
    let nos = ctx
        .db
        .snapshot(move |c| {
            let search = filter.all(now, &rules::of(c, merchant)?, true);
            list::nos(c, merchant, &search, MOST)
        })
        .await?;
    picking(&ctx, merchant, nos).await
}
