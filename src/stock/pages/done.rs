//! What is said after a hold has been set, moved or ended, wherever the form stood.

use super::head::{self, Head};
use super::{Line, end, why};
use crate::ids::ShopId;
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Frame, Reply, Seat, Wants, filters, redirect};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// Where a form stands.
#[derive(Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Where {
    /// A page of its own.
    #[default]
    Page,
    /// The dialog over the list.
    Pop,
    /// The drawer that explains the number.
    Drawer,
    /// A line of `/holds`.
    Holds,
}

impl Where {
    pub fn as_str(self) -> &'static str {
        match self {
            Where::Page => "page",
            Where::Pop => "pop",
            Where::Drawer => "drawer",
            Where::Holds => "holds",
        }
    }
    pub fn of(name: &str) -> Self {
        [Where::Pop, Where::Drawer, Where::Holds].into_iter().find(|w| w.as_str() == name).unwrap_or_default()
    }
}

/// What was done, as a sentence of the page after.
pub(super) fn notice(done: &str, line: Option<&Line>) -> Option<Text> {
    let row = line.map(|l| (l.shown, end(l.item.stock.hold_until, l.now)));
    Some(match (done, row) {
        ("held", Some((shown, until))) => Text::new("hold-done-held").with(shown).with(until),
        ("extended", Some((_, until))) => Text::new("hold-done-extended").with(until),
        ("released", Some((shown, _))) => Text::new("hold-done-released").with(shown),
        ("extended", None) => Text::new("holds-done-extended"),
        ("released", None) => Text::new("holds-done-released"),
        ("ending", _) => Text::new("hold-done-ending"),
        _ => return None,
    })
}

#[derive(Template)]
#[template(path = "stock/held.html", blocks = ["part"])]
struct Held {
    frame: Frame,
    now: DateTime<Utc>,
    line: Line,
    said: Text,
    /// A hold that was just set can be taken back.
    undo: bool,
    /// What stands above the list behind the dialog.
    head: Option<Head>,
}
show!(Held, |v| v.line.data());

/// After a change: the dialog closes and the row behind it is told, the drawer tells the story anew, a plain form goes back.
pub(super) async fn told(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId, within: Where, done: &'static str) -> Reply {
    if ctx.wants == Wants::Page {
        let to = if within == Where::Holds { "/holds".to_owned() } else { format!("/stock/{}/{shop}/why", super::escaped(ext)) };
        return Ok(redirect(ctx, &format!("{to}?done={done}")));
    }
    if within == Where::Drawer {
        return why::changed(ctx, seat, ext, shop).await;
    }
    let line = why::line(ctx, seat, ext, shop).await?;
    let said = notice(done, Some(&line)).unwrap_or_else(|| Text::new("hold-done-ending"));
    ctx.reply(Held { frame: ctx.frame("stock"), now: ctx.now, line, said, undo: done == "held", head: head::behind(ctx, seat).await? })
}
