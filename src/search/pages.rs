//! `/search?q=`: lines for the palette, or a page of its own.

use super::model::{self, Call, Merchant, Product};
use super::trade::{self, Buyer, Order};
use crate::catalog::grams;
use crate::show;
use crate::text::Lang;
use crate::web::{Ctx, Frame, NavGroup, Permission, Reply, Wants, filters};
use actix_web::web::{self, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/search").get(search));
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

/// A page the asker has.
#[derive(Serialize)]
struct Place {
    href: &'static str,
    #[serde(skip)]
    icon: &'static str,
    /// Text key.
    label: &'static str,
}

#[derive(Template)]
#[template(path = "search/page.html", blocks = ["part"])]
struct Found {
    frame: Frame,
    now: DateTime<Utc>,
    /// The palette asks for its lines alone; the page shows its own list.
    pal: bool,
    q: String,
    products: Vec<Product>,
    base_products: Vec<Product>,
    orders: Vec<Order>,
    buyers: Vec<Buyer>,
    calls: Vec<Call>,
    merchants: Vec<Merchant>,
    places: Vec<Place>,
}
show!(Found, |v| json!({
    "products": v.products, "orders": v.orders, "customers": v.buyers, "baseProducts": v.base_products, "calls": v.calls, "merchants": v.merchants, "pages": v.places
}));

impl Found {
    fn nothing(&self) -> bool {
        self.products.is_empty()
            && self.base_products.is_empty()
            && self.orders.is_empty()
            && self.buyers.is_empty()
            && self.calls.is_empty()
            && self.merchants.is_empty()
            && self.places.is_empty()
    }
}

async fn search(ctx: Ctx, asked: Query<Asked>) -> Reply {
    let seat = ctx.seat()?;
    let q = asked.q.trim().to_owned();
    let frame = ctx.frame("search");
    let places = places(&frame.nav, &q);
    let empty = Found {
        frame,
        now: ctx.now,
        pal: ctx.wants == Wants::Part,
        q: q.clone(),
        products: Vec::new(),
        base_products: Vec::new(),
        orders: Vec::new(),
        buyers: Vec::new(),
        calls: Vec::new(),
        merchants: Vec::new(),
        places,
    };
    if q.is_empty() {
        return ctx.reply(empty);
    }
    let (of, platform, manages) = (seat.merchant, seat.person.role.is_platform(), seat.person.may(Permission::ManageMerchants));
    let found = ctx
        .db
        .read(move |c| {
            Ok(if platform {
                let merchants = if manages { model::merchants(c, &q)? } else { Vec::new() };
                Found { base_products: model::base_products(c, &q)?, merchants, ..empty }
            } else {
                Found {
                    products: model::products(c, of, &q)?,
                    orders: trade::orders(c, of, &q)?,
                    buyers: trade::buyers(c, of, &q)?,
                    calls: model::call(c, of, &q)?.into_iter().collect(),
                    ..empty
                }
            })
        })
        .await?;
    ctx.reply(found)
}

/// The pages whose name in either language holds the text, or whose initials begin with it; all of them for no text.
fn places(nav: &[NavGroup], q: &str) -> Vec<Place> {
    let wanted = q.to_lowercase();
    let fits = |label: &str| {
        let (zh, en) = (Lang::Zh.say(label, &[]), Lang::En.say(label, &[]));
        zh.to_lowercase().contains(&wanted) || en.to_lowercase().contains(&wanted) || grams::initials(&zh).starts_with(&wanted)
    };
    nav.iter().flat_map(|g| &g.items).filter(|i| fits(i.label)).map(|i| Place { href: i.href, icon: i.icon, label: i.label }).collect()
}
