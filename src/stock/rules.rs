//! How a merchant wants its stock reckoned: the mode, how long a buyer may think, what is kept back while figures are overdue.

use super::modes::Mode;
use super::shelf::{LotMode, LotRules};
use crate::Result;
use crate::db::Prepare;
use crate::ids::MerchantId;
use crate::trail::{self, Cause, Entry};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Int4, Nullable, Text, Timestamptz};
use serde_json::json;

/// A lag is believed for a day: clocks are set, lines get faster.
const LAG_HOURS: i64 = 24;

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = BigInt)]
    low_stock: i64,
    #[diesel(sql_type = Text)]
    mode: String,
    #[diesel(sql_type = Int4)]
    freeze_minutes: i32,
    #[diesel(sql_type = Nullable<BigInt>)]
    lag_ms: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    lag_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    stale_extra: i64,
    #[diesel(sql_type = Text)]
    lots: String,
    #[diesel(sql_type = Bool)]
    lots_carry: bool,
    #[diesel(sql_type = Bool)]
    mirrors: bool,
}

#[derive(Clone, Debug)]
pub struct Rules {
    pub mode: Mode,
    /// How long a freeze lasts that does not say so itself.
    pub freeze_minutes: i32,
    /// At or below this many sellable pieces a stock counts as low.
    pub low_stock: i64,
    pub stale_extra: i64,
    pub lots: LotRules,
    /// The ERP is told of every freeze, deduction and rollback.
    pub mirrors: bool,
    lag: Option<(Duration, DateTime<Utc>)>,
    /// A lag that is news, to be kept.
    learnt: bool,
}

/// A merchant that has set nothing has the defaults.
pub fn of(c: &mut PgConnection, merchant: MerchantId) -> Result<Rules> {
    let s: Stored = diesel::sql_query(
        "select m.low_stock, coalesce(r.mode, 'bare') as mode, coalesce(r.freeze_minutes, 30) as freeze_minutes, r.lag_ms, r.lag_at, \
         coalesce(r.stale_extra, 0) as stale_extra, coalesce(l.mode, 'replace_all') as lots, coalesce(l.carries_stock, false) as lots_carry, \
         coalesce(e.mirrors, false) as mirrors from merchants m left join stock_rules r on r.merchant_id = m.id \
         left join lot_rules l on l.merchant_id = m.id left join erp_links e on e.merchant_id = m.id where m.id = $1",
    )
    .bind::<BigInt, _>(merchant)
    .prepared().get_result(c)?;
    Ok(Rules {
        mode: Mode::of(&s.mode).unwrap_or_default(),
        freeze_minutes: s.freeze_minutes,
        low_stock: s.low_stock,
        stale_extra: s.stale_extra,
        lots: LotRules { mode: LotMode::of(&s.lots).unwrap_or_default(), carry: s.lots_carry },
        mirrors: s.mirrors,
        lag: s.lag_ms.map(Duration::milliseconds).zip(s.lag_at),
        learnt: false,
    })
}

impl Rules {
    /// The least seen of received minus `asOf`, of the last day.
    pub fn lag(&self) -> Option<Duration> {
        self.lag.map(|(lag, _)| lag)
    }

    /// Learns the lag from a push; only mode our-clock has a use for it.
    pub(super) fn note_lag(&mut self, now: DateTime<Utc>, as_of: impl Iterator<Item = DateTime<Utc>>) {
        let Some(lag) = as_of.map(|at| now - at).min().filter(|_| self.mode == Mode::OurClock) else { return };
        let believed = self.lag.is_some_and(|(known, at)| known <= lag && now - at < Duration::hours(LAG_HOURS));
        if !believed {
            self.lag = Some((lag, now));
            self.learnt = true;
        }
    }

    /// Keeps what was learnt. Last in the transaction: this row is everybody's.
    pub(super) fn keep_lag(&self, tx: &mut PgConnection, cause: &Cause) -> Result<()> {
        let Some((lag, at)) = self.lag.filter(|_| self.learnt) else { return Ok(()) };
        diesel::sql_query("update stock_rules set lag_ms = $2, lag_at = $3 where merchant_id = $1")
            .bind::<BigInt, _>(cause.merchant)
            .bind::<BigInt, _>(lag.num_milliseconds())
            .bind::<Timestamptz, _>(at)
            .execute(tx)?;
        Ok(())
    }
}

/// Chooses the mode and how long a freeze lasts.
///
/// In another mode an old watermark means nothing, so what each row knew of the last one is forgotten: until its next push
/// paid units count as outside the number.
pub fn set(tx: &mut PgConnection, cause: &Cause, mode: Mode, freeze_minutes: i32) -> Result<()> {
    let before = of(tx, cause.merchant)?;
    if (before.mode, before.freeze_minutes) == (mode, freeze_minutes) {
        return Ok(());
    }
    // A mirrored unit is inside the ERP's number at once: any other way of reckoning would take it off twice.
    if before.mirrors && mode != Mode::Triple {
        return Err(crate::Error::Conflict(crate::text::Text::new("mode-mirrors")));
    }
    if before.mode != mode {
        diesel::sql_query("select 1 from stock where merchant_id = $1 order by sku_id, shop_id for no key update")
            .bind::<BigInt, _>(cause.merchant)
            .execute(tx)?;
        diesel::sql_query(
            "update stock set ack_seq = null, as_of = null, received_at = null, reported_qty = null, sold_offset = null where merchant_id = $1 \
             and (ack_seq, as_of, received_at, reported_qty, sold_offset) is distinct from (null, null, null, null, null)",
        )
        .bind::<BigInt, _>(cause.merchant)
        .execute(tx)?;
    }
    diesel::sql_query(
        "insert into stock_rules (merchant_id, mode, freeze_minutes) values ($1, $2, $3) \
         on conflict (merchant_id) do update set mode = excluded.mode, freeze_minutes = excluded.freeze_minutes, \
           lag_ms = case when stock_rules.mode = excluded.mode then stock_rules.lag_ms end",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Text, _>(mode.as_str())
    .bind::<Int4, _>(freeze_minutes)
    .execute(tx)?;
    let told = |mode: Mode, minutes: i32| json!({ "mode": mode.as_str(), "freezeMinutes": minutes });
    let entry = Entry::new("stock.rules_set", "merchant", cause.merchant)
        .change(told(before.mode, before.freeze_minutes), told(mode, freeze_minutes));
    trail::record(tx, cause, &[entry])
}

/// Keeps so many pieces of every row back from now on (0: none), while the ERP's figures are overdue. Whether that was news.
///
/// What is listed stays listed: there is nothing to buy of it for a while, and then there is again.
pub fn keep_back(tx: &mut PgConnection, cause: &Cause, extra: i64) -> Result<bool> {
    let before = of(tx, cause.merchant)?.stale_extra;
    if before == extra {
        return Ok(false);
    }
    // The rows first, as everybody locks them: their marks follow.
    diesel::sql_query("select 1 from stock where merchant_id = $1 order by sku_id, shop_id for no key update")
        .bind::<BigInt, _>(cause.merchant)
        .execute(tx)?;
    diesel::sql_query(
        "insert into stock_rules (merchant_id, stale_extra) values ($1, $2) on conflict (merchant_id) do update set stale_extra = excluded.stale_extra",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<BigInt, _>(extra)
    .execute(tx)?;
    super::remark(tx, cause.merchant)?;
    let told = |pieces: i64| json!({ "keptBack": pieces });
    trail::record(tx, cause, &[Entry::new("stock.kept_back", "merchant", cause.merchant).change(told(before), told(extra))])?;
    Ok(true)
}
