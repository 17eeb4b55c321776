//! Many orders at once: what would happen is told first, in numbers and one by one; paper and tables come at once.

use super::export;
use super::filter::Filter;
use super::paper;
use crate::ids::MerchantId;
use crate::orders::hand::{self, Forecast, What};
use crate::orders::list;
use crate::orders::rules;
use crate::orders::tables::Layout;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, filters, redirect};
use crate::{Error, Result, show};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// Orders that are chosen at once, at most: more than that is not looked through before it is done.
pub const MOST: i64 = 500;
/// Orders named one by one on the page that asks.
const SHOWN: usize = 50;

#[derive(Deserialize, Validate)]
pub struct Chosen {
    what: String,
    #[serde(default)]
    id: Vec<String>,
    /// Not those alone: all that the list finds.
    #[serde(default)]
    all: String,
    /// When the list was looked at: what has been placed since is not meant.
    seen: Option<DateTime<Utc>>,
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
    /// The query of the list to go back to.
    #[serde(default)]
    back: String,
}

impl Chosen {
    fn what(&self) -> Result<What> {
        What::of(&self.what).ok_or_else(|| Error::Conflict(Text::new("orders-bulk-unknown")))
    }
    fn filter(&self) -> Filter {
        serde_html_form::from_str(&self.back).unwrap_or_default()
    }
    /// The numbers of the chosen orders.
    async fn nos(&self, ctx: &Ctx, merchant: MerchantId) -> Result<Vec<String>> {
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        let nos: Vec<String> = if self.all.is_empty() {
            self.id.iter().take(most).cloned().collect()
        } else {
            let (filter, now) = (self.filter(), ctx.now);
            let seen = self.seen.unwrap_or(now);
            ctx.db
                .snapshot(move |c| {
                    let mut search = filter.all(now, &rules::of(c, merchant)?, false);
                    // The list tells its moment to the millisecond.
                    let seen = seen + Duration::milliseconds(1);
                    search.until = Some(search.until.map_or(seen, |until| until.min(seen)));
                    list::nos(c, merchant, &search, MOST)
                })
                .await?
        };
        if nos.is_empty() {
            return Err(Error::Conflict(Text::new("orders-bulk-none")));
        }
        Ok(nos)
    }
    /// The list again: only what a list's own address may hold.
    fn to(&self, done: &str, n: usize) -> String {
        let query = self.filter().query(&[]);
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
    fn is_shown(&self, index: &usize) -> bool {
        *index < SHOWN
    }
    /// How many are counted and not named.
    fn more(&self, all: &[Forecast]) -> usize {
        all.len().saturating_sub(SHOWN)
    }
}

/// `POST /orders/bulk`: what would happen; or the paper, the table, the desk that was asked for.
pub async fn ask(ctx: Ctx, input: Input<Chosen>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let chosen = input.checked()?;
    let merchant = seat.merchant;
    if let Some(layout) = Layout::of(&chosen.what) {
        let nos = chosen.nos(&ctx, merchant).await?;
        return export::chosen(&ctx, merchant, nos, layout).await;
    }
    match chosen.what.as_str() {
        "print" => return paper::sheets(&ctx, merchant, chosen.nos(&ctx, merchant).await?).await,
        "picking" => return paper::picking(&ctx, merchant, chosen.nos(&ctx, merchant).await?).await,
        "ship" => {
            let nos = chosen.nos(&ctx, merchant).await?;
            return Ok(redirect(&ctx, &crate::orders::shipments::import_href(&nos)));
        }
        _ => {}
    }
    let what = chosen.what()?;
    let nos = chosen.nos(&ctx, merchant).await?;
    let all = ctx.db.snapshot(move |c| hand::forecast(c, merchant, &nos, what)).await?;
    let (going, staying) = all.into_iter().partition(|f| f.stays.is_none());
    ctx.reply(Bulk { frame: ctx.frame("orders"), what, going, staying, back: chosen.back })
}

/// `POST /orders/handing`: does it.
pub async fn act(ctx: Ctx, input: Input<Chosen>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let chosen = input.checked()?;
    let what = chosen.what()?;
    let (nos, cause, reason) = (chosen.nos(&ctx, seat.merchant).await?, seat.cause, chosen.reason.trim().to_owned());
    let done = ctx.db.write(move |tx| hand::act(tx, &cause, &nos, what, &reason)).await?;
    Ok(redirect(&ctx, &chosen.to(what.as_str(), done.len())))
}
