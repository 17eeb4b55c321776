//! Many orders at once: what would happen is told first, in numbers and one by one.

use super::list::Filter;
use crate::orders::hand::{self, Forecast, What};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, PER_PAGE, Permission, Reply, filters, redirect};
use crate::{Error, show};
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Deserialize, Validate)]
pub struct Chosen {
    what: String,
    #[serde(default)]
    id: Vec<String>,
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
    /// The query of the list to go back to.
    #[serde(default)]
    back: String,
}

impl Chosen {
    fn what(&self) -> crate::Result<What> {
        What::of(&self.what).ok_or_else(|| Error::Conflict(Text::new("orders-bulk-unknown")))
    }
    /// At most as many as a page can choose.
    fn nos(&self) -> Vec<String> {
        self.id.iter().take(usize::try_from(PER_PAGE).unwrap_or(50)).cloned().collect()
    }
    /// The list again: only what a list's own address may hold.
    fn to(&self, done: &str, n: usize) -> String {
        let read: Filter = serde_html_form::from_str(&self.back).unwrap_or_default();
        let query = read.query(&[]);
        let after = if query.is_empty() { String::new() } else { format!("&{query}") };
        format!("/orders?done={done}&n={n}{after}")
    }
}

#[derive(Template)]
#[template(path = "orders/bulk.html", blocks = ["part"])]
struct Bulk {
    frame: Frame,
    what: What,
    going: Vec<Forecast>,
    staying: Vec<Forecast>,
    back: String,
}
show!(Bulk, |v| json!({
    "what": v.what.as_str(), "goes": v.going.iter().map(|f| &f.order.order_no).collect::<Vec<_>>(),
    "stays": v.staying.iter().map(|f| json!({ "orderNo": f.order.order_no, "why": f.stays.as_ref().map(|t| t.say(v.frame.lang)) })).collect::<Vec<_>>(),
}));

impl Bulk {
    fn is_hold(&self) -> bool {
        self.what == What::Hold
    }
}

/// `POST /orders/bulk`: what would happen.
pub async fn ask(ctx: Ctx, input: Input<Chosen>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let chosen = input.checked()?;
    let (merchant, what, nos) = (seat.merchant, chosen.what()?, chosen.nos());
    if nos.is_empty() {
        return Err(Error::Conflict(Text::new("orders-bulk-none")));
    }
    let all = ctx.db.snapshot(move |c| hand::forecast(c, merchant, &nos, what)).await?;
    let (going, staying) = all.into_iter().partition(|f| f.stays.is_none());
    ctx.reply(Bulk { frame: ctx.frame("orders"), what, going, staying, back: chosen.back })
}

/// `POST /orders/handing`: does it.
pub async fn act(ctx: Ctx, input: Input<Chosen>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let chosen = input.checked()?;
    let (cause, what, nos, reason) = (seat.cause, chosen.what()?, chosen.nos(), chosen.reason.trim().to_owned());
    let done = ctx.db.write(move |tx| hand::act(tx, &cause, &nos, what, &reason)).await?;
    Ok(redirect(&ctx, &chosen.to(what.as_str(), done.len())))
}
