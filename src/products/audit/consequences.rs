//! What pressing A will do: the very verb, run in a savepoint and taken back.

use super::checks::{self, Offer};
use super::decide::{self, Approval, On, Settled};
use super::work::Work;
use crate::products::listing;
use crate::text::Text;
use crate::trail::Cause;
use crate::{Error, Result};
use diesel::prelude::*;
use serde::Serialize;

/// One consequence.
#[derive(Clone, Debug, Serialize)]
pub struct Consequence {
    #[serde(skip)]
    pub icon: &'static str,
    pub text: Text,
}

/// What an approval would do.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Preview {
    pub lines: Vec<Consequence>,
    /// How many of the same product would be settled along.
    pub others: usize,
    /// Why it would be refused.
    pub refused: Option<Text>,
}

enum Dry {
    Seen(Box<Settled>),
    Failed(Error),
}
impl From<diesel::result::Error> for Dry {
    fn from(e: diesel::result::Error) -> Self {
        Dry::Failed(e.into())
    }
}

/// Runs the approval and takes it back. Somebody else's lock is not waited for: the page opens without the preview then.
pub fn preview(tx: &mut PgConnection, cause: &Cause, on: &On<'_>, base: &str) -> Result<Preview> {
    let approval = Approval { base: base.to_owned(), learn: Vec::new(), others: true };
    let dry = tx.transaction::<(), Dry, _>(|tx| {
        diesel::sql_query("set local lock_timeout = '300ms'").execute(tx)?;
        let done = decide::approve(tx, cause, on, &approval).map_err(Dry::Failed)?;
        Err(Dry::Seen(Box::new(done)))
    });
    match dry {
        Ok(()) => Ok(Preview::default()),
        Err(Dry::Seen(done)) => {
            let offer = checks::offer(tx, done.work.merchant_id, done.work.product_id)?;
            let missing = listing::missing(tx, done.work.merchant_id, done.work.product_id)?;
            Ok(told(&done, &offer, missing))
        }
        Err(Dry::Failed(Error::Invalid(form))) => {
            Ok(Preview { refused: form.errors().next().map(|(_, text)| text.clone()), ..Preview::default() })
        }
        Err(Dry::Failed(Error::Conflict(text))) => Ok(Preview { refused: Some(text), ..Preview::default() }),
        Err(Dry::Failed(Error::Busy)) => Ok(Preview { refused: Some(Text::new("audit-after-busy")), ..Preview::default() }),
        Err(Dry::Failed(other)) => Err(other),
    }
}

fn told(done: &Settled, offer: &Offer, missing: Option<Text>) -> Preview {
    let code = done.base.as_ref().map(|b| b.code.clone()).unwrap_or_default();
    let mut lines = vec![
        Consequence {
            icon: "link",
            text: Text::new("audit-after-link").with(&done.work.merchant_name).with(&done.work.erp_code).with(code).with(offer.skus),
        },
        Consequence { icon: "switch-vertical", text: listed(&done.work, offer, missing) },
    ];
    if !done.others.is_empty() {
        let merchants: std::collections::BTreeSet<_> = done.others.iter().map(|w| w.merchant_id).collect();
        lines.push(Consequence { icon: "copy", text: Text::new("audit-after-others").with(done.others.len()).with(merchants.len()) });
    }
    lines.push(Consequence { icon: "bell", text: Text::new("audit-after-trail") });
    Preview { lines, others: done.others.len(), refused: None }
}

/// Whether it would be listed at once, and if not, what is missing (P-06, P-08, Q-24).
fn listed(work: &Work, offer: &Offer, missing: Option<Text>) -> Text {
    if work.listing == "listed" {
        return Text::new("audit-after-listed").with(offer.stock);
    }
    if work.unlisted_by.as_deref().is_some_and(|by| by != "rule") {
        return Text::new("audit-after-unlisted-by-hand");
    }
    match missing {
        Some(missing) => Text::new("audit-after-missing").with(missing),
        None if work.auto_list => Text::new("audit-after-no-stock"),
        None => Text::new("audit-after-no-rule"),
    }
}
