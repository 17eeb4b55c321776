//! One product with all that is shown beside it, read at one moment.

use super::checks::{self, Check, Offer};
use super::history::{self, Fared};
use super::queue::{self, Filter, Queued};
use super::review::{self, Review};
use super::work::{self, Work};
use crate::Result;
use crate::text::Text;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Everything about a product under review.
pub struct Sight {
    pub work: Work,
    pub review: Review,
    pub offer: Offer,
    pub checks: Vec<Check>,
    pub fared: Fared,
    pub previous: Option<Queued>,
    pub next: Option<Queued>,
    /// 1 for the first; 0 when it does not wait any more.
    pub position: i64,
    pub total: i64,
    /// Who settled it and when, if it does not wait any more.
    pub settled: Option<Text>,
}

/// Reads it; `pick` is the code of the base product to compare with.
pub fn sight(
    c: &mut PgConnection,
    filter: &Filter,
    merchant: &str,
    prod_id: &str,
    pick: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Sight> {
    let work = work::find(c, merchant, prod_id)?;
    let review = review::review(c, &work, pick)?;
    let offer = checks::offer(c, work.merchant_id, work.product_id)?;
    let checks = checks::checks(c, &work, review.chosen().map(|choice| &choice.base), &offer)?;
    let (previous, next) = queue::neighbours(c, filter, now, work.place())?;
    let settled = if work.settled() { Some(super::decide::told_settled(c, &work)?) } else { None };
    Ok(Sight {
        fared: history::fared(c, work.merchant_id, now)?,
        position: if settled.is_some() { 0 } else { queue::count(c, filter, Some(work.place()))? + 1 },
        total: queue::count(c, filter, None)?,
        previous,
        next,
        settled,
        checks,
        offer,
        review,
        work,
    })
}
