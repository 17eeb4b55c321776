//! What the ERP's answers of a moment ago allow to be taken (S-04, Q-30), beside what is available here.

use super::lines::Rows;
use super::{Ended, Want};
use crate::Result;
use crate::ids::{ShopId, SkuId};
use crate::stock::absorb;
use crate::stock::live::left;
use crate::stock::model::Row;
use crate::stock::modes::Mode;
use crate::trail::Cause;
use crate::wire::{LineCode, Live, Problem, Said};
use diesel::PgConnection;
use std::collections::HashMap;

/// What an answer, or its absence, makes of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// So many more than were frozen when it was reckoned.
    Upto { left: i64, frozen: i64 },
    /// The ERP does not sell it.
    Refused(String),
    /// It said nothing; the local number less this counts.
    Buffered(i64),
    /// It said nothing, and that means no.
    Shut(&'static str),
}

/// The verdicts on the rows of one call; empty where the ERP was not asked.
#[derive(Debug, Default)]
pub(super) struct Checked(HashMap<(SkuId, ShopId), Verdict>);

impl Checked {
    /// Weighs the answers against the rows, which are locked.
    pub fn weigh(tx: &mut PgConnection, cause: &Cause, live: Option<&Live>, rows: &Rows, mode: Mode) -> Result<Self> {
        let Some(live) = live else { return Ok(Self::default()) };
        let asked: Vec<Row> = rows.iter().filter(|r| live.said.contains_key(&(r.sku, r.shop))).cloned().collect();
        let open = absorb::open_of(tx, cause, asked.iter())?;
        let verdict = |row: &Row| {
            let place = (row.sku, row.shop);
            // Held since it was asked for: the person has decided.
            if row.held_by(cause.now).is_some() {
                return None;
            }
            let said = live.said.get(&place)?;
            Some(match said {
                Said::Refused(words) => Verdict::Refused(words.clone()),
                Said::Silent(why) if live.closed => Verdict::Shut(why),
                Said::Silent(_) => Verdict::Buffered(live.buffer),
                Said::Figure { .. } => {
                    let open = open.get(&place).map_or(&[][..], Vec::as_slice);
                    Verdict::Upto { left: left(row, mode, said, open, live.asked_at, cause.now)?, frozen: row.frozen }
                }
            })
        };
        Ok(Self(asked.iter().filter_map(|row| Some(((row.sku, row.shop), verdict(row)?))).collect()))
    }

    /// Whether a buyer may take it, by answer and local number together; else why not.
    pub fn refuses(&self, rows: &Rows, cause: &Cause, want: &Want) -> Option<Problem> {
        let row = rows.now(want.sku, want.shop);
        let figures = row.map(|r| r.figures(cause.now)).unwrap_or_default();
        let here = figures.available();
        let most = match self.0.get(&(want.sku, want.shop)) {
            None => here,
            Some(Verdict::Upto { left, frozen }) => here.min(left - (figures.frozen - frozen)),
            Some(Verdict::Buffered(buffer)) => here - buffer,
            Some(Verdict::Refused(words)) => return Some(Problem::new(LineCode::ErpRefuses, "skuId", want.qty.to_string()).detail(words)),
            Some(Verdict::Shut(why)) => return Some(Problem::new(LineCode::ErpSilent, "quantity", want.qty.to_string()).detail(*why)),
        };
        let most = most + figures.oversell;
        (most < want.qty).then(|| Problem::new(LineCode::NotEnough, "quantity", want.qty.to_string()).detail(most))
    }
}

/// How the lines that were taken were checked, for whoever asks: `erp`, or `local` where it was silent.
pub(super) fn told(live: Option<&Live>, want: &Want) -> Option<&'static str> {
    Some(match live?.said.get(&(want.sku, want.shop))? {
        Said::Silent(_) => "local",
        Said::Figure { .. } | Said::Refused(_) => "erp",
    })
}

impl Ended {
    pub(super) fn checked(self, how: Option<&'static str>) -> Self {
        Self { checked: how, ..self }
    }
}
