//! What stands above the list: how many rows each tab has, and what people hold. Told again after every change by htmx.

use super::list::{Filter, TABS};
use super::moment;
use crate::Result;
use crate::clock::day;
use crate::stock::holds::list as holds;
use crate::stock::list::{self, Counts};
use crate::stock::marks::Mark;
use crate::text::Text;
use crate::web::{COUNT_CAP, Ctx, Permission, Seat, Tab};
use chrono::{DateTime, Utc};

pub(super) struct Head {
    pub tabs: Vec<Tab>,
    /// How many rows are held, and when the next hold ends.
    pub held: i64,
    pub next_end: Option<String>,
    /// The reader may pause the whole module.
    pub may_pause: bool,
}

impl Head {
    pub fn of(counts: &Counts, holds: &holds::Counts, filter: &Filter, seat: &Seat, now: DateTime<Utc>) -> Self {
        let tab = |(view, label, tone): (&'static str, &'static str, &'static str)| {
            let count = if view == "near" { counts.near } else { counts.of(Mark::of(view)) };
            let tone = if count > 0 { tone } else { "" };
            Tab { label: Text::new(label), href: filter.with(&[("view", view)]), current: filter.view == view, count: Some(count), tone }
        };
        Self {
            tabs: TABS.map(tab).into(),
            held: holds.active,
            next_end: holds.next.map(|at| moment(at, now)),
            may_pause: seat.person.may(Permission::ManageKeys),
        }
    }
}

/// The head of the list from whose page htmx asks; elsewhere there is none.
pub(super) async fn behind(ctx: &Ctx, seat: &Seat) -> Result<Option<Head>> {
    let Some(filter) = ctx.behind.as_deref().and_then(Filter::of_page) else { return Ok(None) };
    let (merchant, now, shop) = (seat.merchant, ctx.now, filter.shop());
    let (counts, holds) =
        ctx.db.snapshot(move |c| Ok((list::counts(c, merchant, shop, day(now), COUNT_CAP)?, holds::counts(c, merchant, now)?))).await?;
    Ok(Some(Head::of(&counts, &holds, &filter, seat, now)))
}
