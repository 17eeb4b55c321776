//! `/sync/conflicts`: per row ours, theirs, last agreed, and the choice where there is one.

use super::locks::{self, Locked};
use super::read::{self, Conflict, Kind};
use super::verbs;
use crate::ids::{ShopId, SkuId};
use crate::stock::holds::{self, Release};
use crate::stock::list;
use crate::sync::pages::may_except;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Tab, filters, redirect};
use crate::wire::Module;
use crate::{Error, show};
use actix_web::web::{self, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync/conflicts").get(page).post(take_theirs));
}

#[derive(Deserialize, Clone, Default)]
struct Ask {
    #[serde(default)]
    view: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

#[derive(Template)]
#[template(path = "sync/conflicts.html", blocks = ["part"])]
struct Conflicts {
    frame: Frame,
    now: DateTime<Utc>,
    kind: Kind,
    tabs: Vec<Tab>,
    page: Page<Conflict>,
    locks: Page<Locked>,
    pager: Pager,
    seat: Seat,
}
show!(Conflicts, |v| match v.kind {
    Kind::Locked => json!({ "view": v.kind.as_str(), "conflicts": v.locks.rows, "next": v.locks.next }),
    _ => json!({ "view": v.kind.as_str(), "conflicts": v.page.rows, "next": v.page.next }),
});

impl Conflicts {
    /// The ERP's number can be taken: counters are ours to count.
    fn takes(&self) -> bool {
        self.seat.person.may(Permission::EditStock) && self.kind != Kind::Counters
    }
    fn may_unlock(&self, lock: &Locked) -> bool {
        Module::of(&lock.module).is_some_and(|module| may_except(&self.seat, module))
    }
}

async fn page(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let ctx = match ask.done.as_str() {
        "taken" => ctx.noticing(Text::new("conflicts-taken")),
        "kept" => ctx.noticing(Text::new("sync-done-kept")),
        "refused" => ctx.noticing(Text::new("conflicts-refused")),
        _ => ctx,
    };
    let seat = ctx.merchant()?;
    let (merchant, now, kind) = (seat.merchant, ctx.now, Kind::of(&ask.view));
    let after = Cursor::read::<(SkuId, ShopId)>(&ask.after).unwrap_or((SkuId(0), ShopId(0)));
    let before: Option<i64> = Cursor::read(&ask.after);
    let (rows, locks, counts, locked) = ctx
        .db
        .read(move |c| {
            let locks = if kind == Kind::Locked { locks::list(c, merchant, before, now, PER_PAGE + 1)? } else { Vec::new() };
            let rows = match kind {
                Kind::Locked => Vec::new(),
                Kind::Held => read::held(c, merchant, after, PER_PAGE + 1)?,
                Kind::Counters => read::counters(c, merchant, after, PER_PAGE + 1)?,
                Kind::Versions => read::versions(c, merchant, now, PER_PAGE)?,
            };
            Ok((rows, locks, read::counts(c, merchant)?, locks::count(c, merchant, now)?))
        })
        .await?;
    // A row has up to two counters: the page ends with a whole row.
    let page = if kind == Kind::Counters { whole_rows(rows) } else { Page::cut(rows, PER_PAGE, |c: &Conflict| (c.sku, c.shop)) };
    let tab = |k: Kind| Tab {
        label: Text::new(k.label()),
        href: format!("/sync/conflicts?view={}", k.as_str()),
        current: k == kind,
        count: match k {
            Kind::Held => Some(counts.0),
            Kind::Counters => Some(counts.1),
            Kind::Locked => Some(locked),
            Kind::Versions => None,
        },
        tone: if matches!(k, Kind::Held | Kind::Locked) { "hold" } else { "warn" },
    };
    let locks = Page::cut(locks, PER_PAGE, |l: &Locked| l.id);
    let query = format!("view={}", kind.as_str());
    let pager = if kind == Kind::Locked {
        Pager::of("/sync/conflicts", &query, Some(&ask.after), &locks)
    } else {
        Pager::of("/sync/conflicts", &query, Some(&ask.after), &page)
    };
    ctx.reply(Conflicts { frame: ctx.frame("sync"), now, kind, tabs: Kind::ALL.into_iter().map(tab).collect(), pager, page, locks, seat })
}

/// From the lines of one row more than a page holds.
fn whole_rows(mut lines: Vec<Conflict>) -> Page<Conflict> {
    let mut rows: Vec<(SkuId, ShopId)> = lines.iter().map(|l| (l.sku, l.shop)).collect();
    rows.dedup();
    let limit = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let Some(first_beyond) = rows.get(limit).copied() else {
        return Page { rows: lines, next: None };
    };
    lines.retain(|l| (l.sku, l.shop) < first_beyond);
    let next = lines.last().map(|l| Cursor::of(&(l.sku, l.shop)).to_string());
    Page { rows: lines, next }
}

#[derive(Deserialize, Validate)]
struct Choice {
    view: String,
    sku: String,
    shop: i64,
    /// The ERP's number as it was shown.
    theirs: i64,
}

/// What the ERP says counts: the hold ends, or the refused number is written after all.
async fn take_theirs(ctx: Ctx, input: Input<Choice>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditStock)?;
    let choice = input.checked()?;
    let (cause, kind) = (seat.cause.clone(), Kind::of(&choice.view));
    ctx.db
        .write(move |tx| {
            let row = list::one(tx, cause.merchant, &choice.sku, ShopId(choice.shop))?.stock;
            match kind {
                Kind::Held => holds::release(tx, &cause, row.sku, &choice.sku, row.shop, Release::Now).map(drop),
                Kind::Versions => verbs::write_after_all(tx, &cause, &choice.sku, &row, choice.theirs),
                // Locks are ended where they are made.
                Kind::Counters | Kind::Locked => Err(Error::NotFound),
            }
        })
        .await?;
    Ok(redirect(&ctx, &format!("/sync/conflicts?view={}&done=taken", kind.as_str())))
}
