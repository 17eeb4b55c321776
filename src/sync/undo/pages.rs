//! `/sync/feeds/{id}/changes`: what would come back and what would not, and then doing it.

use super::verbs::{Undone, undo};
use crate::feeds::{self, FeedRow, Undoing};
use crate::ids::FeedId;
use crate::sync::differences::tried;
use crate::text::Text;
use crate::web::{Ctx, Frame, Permission, Reply, Seat, filters};
use crate::{Error, Result, show};
use actix_web::web::Path;
use askama::Template;
use serde_json::json;

/// Rows that are written out; the others are counted.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "sync/undo.html", blocks = ["part"])]
struct Page {
    frame: Frame,
    feed: FeedRow,
    undone: Undone,
    /// It has been done; otherwise this is what would be.
    done: bool,
    may: bool,
}
show!(
    Page,
    |v| json!({ "feed": v.feed.id, "done": v.done, "back": v.undone.back, "stays": v.undone.stays.iter().map(|(row, why)| json!({ "row": row, "why": why.key() })).collect::<Vec<_>>() })
);

impl Page {
    fn back(&self) -> &[String] {
        self.undone.back.get(..SHOWN).unwrap_or(&self.undone.back)
    }
    fn stays(&self) -> &[(String, Text)] {
        self.undone.stays.get(..SHOWN).unwrap_or(&self.undone.stays)
    }
    fn unshown(&self) -> usize {
        self.undone.back.len().saturating_sub(SHOWN) + self.undone.stays.len().saturating_sub(SHOWN)
    }
}

/// The batch, and whether this person may take back what it changed.
async fn found(ctx: &Ctx, id: FeedId) -> Result<(Seat, FeedRow, bool)> {
    let seat = ctx.merchant()?;
    let merchant = seat.merchant;
    let feed = ctx.db.read(move |c| feeds::find(c, merchant, id)).await?.ok_or(Error::NotFound)?;
    let may = match feed.undoing().map_err(|why| Error::Conflict(Text::new(why)))? {
        Undoing::Prices => Permission::EditPrices,
        Undoing::Stock => Permission::EditStock,
        Undoing::Listing => Permission::EditListing,
    };
    let may = seat.person.may(may);
    Ok((seat, feed, may))
}

/// `GET /sync/feeds/{id}/changes`: done, looked at, and taken back, all in one transaction (I-8).
pub async fn ask(ctx: Ctx, id: Path<FeedId>) -> Reply {
    let (seat, feed, may) = found(&ctx, *id).await?;
    let (cause, row) = (seat.cause, feed.clone());
    let undone = ctx.db.write(move |tx| tried(tx, |tx| undo(tx, &cause, &row))).await?;
    ctx.reply(Page { frame: ctx.frame("sync"), feed, undone, done: false, may })
}

/// `DELETE /sync/feeds/{id}/changes`
pub async fn take_back(ctx: Ctx, id: Path<FeedId>) -> Reply {
    let (seat, feed, may) = found(&ctx, *id).await?;
    if !may {
        return Err(Error::Forbidden(Text::new("error-forbidden")));
    }
    let (cause, row) = (seat.cause, feed.clone());
    let undone = ctx.db.write(move |tx| undo(tx, &cause, &row)).await?;
    ctx.reply(Page { frame: ctx.frame("sync"), feed, undone, done: true, may })
}
