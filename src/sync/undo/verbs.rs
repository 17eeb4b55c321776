use crate::feeds::{FeedRow, Undoing};
use crate::ids::FeedId;
use crate::pricing::changes;
use crate::products::{self, listing};
use crate::stock::take_back;
use crate::text::Text;
use crate::trail::{self, Cause, Entry};
use crate::{Error, Result};
use diesel::PgConnection;
use serde_json::json;
use std::collections::BTreeSet;

/// What taking a batch back came to; rows as people know them: products, SKUs, `SKU/shop`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Undone {
    pub back: Vec<String>,
    /// What stays as it is, and why.
    pub stays: Vec<(String, Text)>,
}

/// Takes a batch of the cause's merchant back. Done again, it finds everything touched and changes nothing.
///
/// # Errors
/// `Conflict` for a batch that cannot be taken back: what it did has gone on from there, or it was no single call's.
pub fn undo(tx: &mut PgConnection, cause: &Cause, feed: &FeedRow) -> Result<Undone> {
    let undoing = feed.undoing().map_err(|why| Error::Conflict(Text::new(why)))?;
    let undone = match undoing {
        Undoing::Stock => {
            let taken = take_back::take_back(tx, cause, FeedId(feed.id), feed.at)?;
            Undone { back: taken.back, stays: taken.stays }
        }
        Undoing::Prices => prices(tx, cause, feed)?,
        Undoing::Listing => listing(tx, cause, feed)?,
    };
    let counts = json!({ "back": undone.back.len(), "stays": undone.stays.len() });
    trail::record(tx, cause, &[Entry::new("feed.undone", "feed", feed.id).change(json!(null), counts)])?;
    Ok(undone)
}

/// The subjects of a kind that the batch left a trail of, each once.
fn subjects(tx: &mut PgConnection, cause: &Cause, feed: &FeedRow, kind: &str) -> Result<Vec<String>> {
    let told = trail::of_feed(tx, cause.merchant, FeedId(feed.id), feed.at)?;
    let named: BTreeSet<String> = told.into_iter().filter(|e| e.subject_kind == kind).map(|e| e.subject_id).collect();
    Ok(named.into_iter().collect())
}

/// What was changed is found by its call; lines that came back by themselves had none.
fn call(feed: &FeedRow) -> Result<uuid::Uuid> {
    feed.request_id.ok_or_else(|| Error::Conflict(Text::new("undo-not-replayed")))
}

fn prices(tx: &mut PgConnection, cause: &Cause, feed: &FeedRow) -> Result<Undone> {
    let skus = subjects(tx, cause, feed, "sku")?;
    let outlook = changes::undo(tx, cause, call(feed)?, &skus)?;
    let stays = outlook.refused.into_iter().map(|r| (r.sku_id, r.why)).collect();
    Ok(Undone { back: outlook.skus, stays })
}

fn listing(tx: &mut PgConnection, cause: &Cause, feed: &FeedRow) -> Result<Undone> {
    let named = subjects(tx, cause, feed, "product")?;
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let mut ids: Vec<_> = products::ids_of(tx, cause.merchant, &named)?.into_values().collect();
    ids.sort();
    let restored = listing::restore(tx, cause, call(feed)?, &ids)?;
    let stays = restored.moved_on.into_iter().map(|prod_id| (prod_id, Text::new("undo-touched"))).collect();
    Ok(Undone { back: restored.back, stays })
}
