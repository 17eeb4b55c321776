//! The pill in every page's head: one look, without opening anything.

use super::{outage, watch};
use crate::Result;
use crate::ids::MerchantId;
use crate::text::Text;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::Serialize;

/// More than this is told as such.
const CAP: i64 = 1000;

/// The worst there is to say about a merchant's exchange with its ERP.
#[derive(Clone, Debug, Serialize)]
pub struct Pulse {
    pub tone: &'static str,
    pub text: Text,
    pub href: &'static str,
}

/// Outage, overdue, quarantine, waiting lines: the first of these there is.
pub fn of_merchant(c: &mut PgConnection, merchant: MerchantId) -> Result<Pulse> {
    #[derive(QueryableByName)]
    struct Counts {
        #[diesel(sql_type = BigInt)]
        stopped: i64,
        #[diesel(sql_type = BigInt)]
        waiting: i64,
    }
    let pulse = |tone, text, href| Ok(Pulse { tone, text, href });
    if outage::open(c, merchant)?.is_some() {
        return pulse("hold", Text::new("pulse-outage"), "/sync/freshness");
    }
    if let [(module, _), rest @ ..] = watch::overdue(c, merchant)?.as_slice() {
        let label = crate::wire::Module::of(module).map_or("module-stock", crate::wire::Module::label);
        let text = if rest.is_empty() {
            Text::new("pulse-overdue").with(Text::new(label))
        } else {
            Text::new("pulse-overdue-many").with(rest.len() + 1)
        };
        return pulse("bad", text, "/sync/freshness");
    }
    let counts: Counts = diesel::sql_query(format!(
        "select count(*) filter (where waits_for = 'quarantine') as stopped, count(*) filter (where waits_for <> 'quarantine') as waiting \
         from (select waits_for from parked_lines where merchant_id = $1 and settled_at is null order by id desc limit {CAP}) newest"
    ))
    .bind::<BigInt, _>(merchant)
    .get_result(c)?;
    match (counts.stopped, counts.waiting) {
        (1.., _) => pulse("warn", Text::new("pulse-quarantine").with(counts.stopped), "/sync/quarantine"),
        (_, 1..) => pulse("warn", Text::new("pulse-waiting").with(counts.waiting), "/sync/failures"),
        _ => pulse("ok", Text::new("pulse-ok"), "/sync/freshness"),
    }
}
