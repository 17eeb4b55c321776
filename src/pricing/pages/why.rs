//! `/prices/preview`: who pays what, and why (I-12, R-08).

use crate::form::Form;
use crate::ids::ShopId;
use crate::merchants::{self, Shop};
use crate::pricing::grid::{self, Line};
use crate::pricing::place::Span;
use crate::pricing::region_groups::{self, Division};
use crate::pricing::resolve::{Candidate, Channel, Resolution};
use crate::pricing::{Buyer, customer_groups, quote};
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Frame, Reply, Wants, filters};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;
use serde_json::json;

/// Who and what is asked about, as codes.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub struct Ask {
    sku: String,
    customer: String,
    region: String,
    shop: String,
    channel: String,
    qty: String,
}

/// A step of the ladder in words.
struct Step {
    of: Candidate,
    who: String,
    dates: String,
}

#[derive(Template)]
#[template(path = "prices/why.html", blocks = ["part"])]
struct Why {
    frame: Frame,
    /// A page of its own rather than the drawer.
    whole: bool,
    form: Form,
    line: Option<Line>,
    found: Option<Resolution>,
    steps: Vec<Step>,
    qty: i64,
    shops: Vec<Shop>,
    provinces: Vec<Division>,
    cities: Vec<Division>,
}
show!(Why, |v| json!({ "price": v.found.as_ref().and_then(|f| f.price), "rule": v.found.as_ref().and_then(|f| f.rule),
    "reason": v.found.as_ref().and_then(|f| f.none), "ladder": v.found.as_ref().map(|f| &f.ladder) }));

impl Why {
    fn total(&self) -> Option<rust_decimal::Decimal> {
        let price = self.found.as_ref()?.price?;
        (self.qty > 1).then(|| price.checked_mul(self.qty.into())).flatten()
    }
    fn cities_of<'a>(&'a self, province: &'a Division) -> impl Iterator<Item = &'a Division> + 'a {
        self.cities.iter().filter(move |c| c.parent == province.code)
    }
}

/// `GET /prices/preview`
pub async fn page(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let merchant = ctx.merchant()?.merchant;
    let (ask, now) = (ask.into_inner(), ctx.now);
    let asked = ask.clone();
    let (shops, divisions, line, customer, found, regions, groups) = ctx
        .db
        .snapshot(move |c| {
            let shops = merchants::shops(c, merchant)?;
            let divisions = region_groups::divisions(c, merchant)?;
            let (regions, groups) = (region_groups::list(c, merchant)?, customer_groups::list(c, merchant)?);
            let sku = asked.sku.trim().to_owned();
            let mut lines = if sku.is_empty() { Vec::new() } else { grid::of_skus(c, merchant, std::slice::from_ref(&sku))? };
            if lines.is_empty() && !sku.is_empty() {
                lines = grid::of_product(c, merchant, &sku)?;
            }
            let line = if lines.is_empty() { None } else { Some(lines.swap_remove(0)) };
            // Outer none: somebody is named whom nobody knows.
            let named = asked.customer.trim();
            let (meant, _) = customer_groups::meant(c, merchant, &[named.to_owned()])?;
            let customer = if named.is_empty() { Some(None) } else { meant.first().copied().map(Some) };
            let buyer = Buyer {
                customer: customer.flatten(),
                region: Some(asked.region.clone()).filter(|r| !r.is_empty()),
                shop: asked.shop.parse().ok().map(ShopId),
                channel: if asked.channel == "micro_shop" { Channel::MicroShop } else { Channel::B2b },
            };
            let found = match &line {
                Some(line) if customer.is_some() => quote(c, merchant, &buyer, &[line.id], now)?.remove(&line.id),
                _ => None,
            };
            Ok((shops, divisions, line, customer, found, regions, groups))
        })
        .await?;
    let mut form = Form::filled([
        ("sku", ask.sku.clone()),
        ("customer", ask.customer.clone()),
        ("region", ask.region),
        ("shop", ask.shop),
        ("channel", ask.channel),
        ("qty", ask.qty.clone()),
    ]);
    if line.is_none() && !ask.sku.trim().is_empty() {
        form.complain("sku", Text::new("pricing-no-sku").with(ask.sku.trim()));
    }
    if customer.is_none() {
        form.complain("customer", Text::new("pricing-no-customer").with(ask.customer.trim()));
    }
    let region = |id| regions.iter().find(|g| g.id == id).map(|g| g.name.clone());
    let step = |of: &Candidate| {
        let group = of.offer.group.and_then(|s| groups.iter().find(|g| g.id == s.id)).map(|g| g.name.clone());
        let shop = of.offer.shop.and_then(|id| shops.iter().find(|s| s.id == id)).map(|s| s.name.clone());
        let who: Vec<String> = [group, of.offer.region.and_then(region), shop].into_iter().flatten().collect();
        Step { of: *of, who: who.join(" · "), dates: Span { from: of.offer.from, until: of.offer.until }.words() }
    };
    let steps = found.iter().flat_map(|f| f.ladder.iter().map(step)).collect();
    let (provinces, cities) = divisions.into_iter().partition(|d| d.level == 1);
    let bad = form.is_bad();
    let page = Why {
        frame: ctx.frame("prices"),
        whole: ctx.wants == Wants::Page,
        form,
        line,
        found,
        steps,
        qty: ask.qty.trim().parse().unwrap_or(1),
        shops,
        provinces,
        cities,
    };
    if bad { ctx.invalid(page) } else { ctx.reply(page) }
}
