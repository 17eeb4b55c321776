//! The few rows each tab of the stock page asks for, kept beside the hot table so that it needs no index on its figures.
//!
//! A row's marks are a pure function of its figures and the merchant's low-stock line, so a change writes only the difference.

use super::model::Row;
use crate::Result;
use crate::db::Prepare;
use crate::ids::{MerchantId, ShopId, SkuId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

/// Why a row deserves a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Some left, at or below the merchant's line.
    Low,
    /// Nothing left.
    Out,
    /// More promised than there is (负卖, S-06).
    Short,
    /// The ERP's counters differ from ours.
    Drift,
    /// A person holds the number (W-02).
    Held,
    /// The number is not the sum of the lots (B-05).
    Lots,
}

impl Mark {
    pub const ALL: [Mark; 6] = [Mark::Low, Mark::Out, Mark::Short, Mark::Drift, Mark::Held, Mark::Lots];
    pub fn as_str(self) -> &'static str {
        match self {
            Mark::Low => "low",
            Mark::Out => "out",
            Mark::Short => "short",
            Mark::Drift => "drift",
            Mark::Held => "held",
            Mark::Lots => "lots",
        }
    }
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name)
    }
    /// Whether a row has this mark.
    pub fn is_on(self, row: &Row, low_stock: i64, now: DateTime<Utc>) -> bool {
        let available = row.figures(now).available();
        match self {
            Mark::Low => available > 0 && available <= low_stock,
            Mark::Out => available == 0,
            Mark::Short => available < 0,
            Mark::Drift => row.drift().next().is_some(),
            Mark::Held => row.held_by(now).is_some(),
            Mark::Lots => row.lots_qty.is_some_and(|n| n != row.erp_qty),
        }
    }
}

/// Marks to put on and to take off.
#[derive(Default)]
pub(super) struct Changes {
    on: Vec<(SkuId, ShopId, Mark)>,
    off: Vec<(SkuId, ShopId, Mark)>,
}

impl Changes {
    /// A row that has just been made has no marks yet; which ones a row has whose hold is over depends on when they were made.
    pub fn note(&mut self, before: &Row, after: &Row, low_stock: i64, now: DateTime<Utc>) {
        for mark in Mark::ALL {
            let place = (after.sku, after.shop, mark);
            let was = if before.is_due(now) { None } else { Some(!before.is_new() && mark.is_on(before, low_stock, now)) };
            match (was, mark.is_on(after, low_stock, now)) {
                (Some(false) | None, true) => self.on.push(place),
                (Some(true) | None, false) => self.off.push(place),
                _ => {}
            }
        }
    }

    /// One statement for all of them.
    pub fn write(&self, tx: &mut PgConnection, merchant: MerchantId) -> Result<()> {
        if self.on.is_empty() && self.off.is_empty() {
            return Ok(());
        }
        let skus = |all: &[(SkuId, ShopId, Mark)]| all.iter().map(|p| p.0).collect::<Vec<_>>();
        let shops = |all: &[(SkuId, ShopId, Mark)]| all.iter().map(|p| p.1).collect::<Vec<_>>();
        let names = |all: &[(SkuId, ShopId, Mark)]| all.iter().map(|p| p.2.as_str()).collect::<Vec<_>>();
        diesel::sql_query(
            "with gone as (delete from stock_marks m using unnest((select $5), (select $6), (select $7)) as l(sku, shop, mark) \
             where m.merchant_id = $1 and m.mark = l.mark and m.sku_id = l.sku and m.shop_id = l.shop) \
             insert into stock_marks (merchant_id, sku_id, shop_id, mark) select $1, l.* from unnest((select $2), (select $3), (select $4)) as l(sku, shop, mark) on conflict do nothing",
        )
        .bind::<BigInt, _>(merchant)
        .bind::<Array<BigInt>, _>(skus(&self.on))
        .bind::<Array<BigInt>, _>(shops(&self.on))
        .bind::<Array<Text>, _>(names(&self.on))
        .bind::<Array<BigInt>, _>(skus(&self.off))
        .bind::<Array<BigInt>, _>(shops(&self.off))
        .bind::<Array<Text>, _>(names(&self.off))
        .prepared().execute(tx)?;
        Ok(())
    }
}

/// Makes all marks of a merchant anew: after its low-stock line has moved, or after a load behind our back. The rows are
/// locked as a push locks them, so that no push in between leaves a mark behind.
pub fn remark(tx: &mut PgConnection, merchant: MerchantId) -> Result<usize> {
    diesel::sql_query("select 1 from stock where merchant_id = $1 order by sku_id, shop_id for no key update")
        .bind::<BigInt, _>(merchant)
        .execute(tx)?;
    diesel::sql_query("delete from stock_marks where merchant_id = $1").bind::<BigInt, _>(merchant).execute(tx)?;
    Ok(diesel::sql_query(
        "insert into stock_marks (merchant_id, sku_id, shop_id, mark) \
         select s.merchant_id, s.sku_id, s.shop_id, m.mark from merchants t join stock s on s.merchant_id = t.id \
         cross join lateral (select stock_available(s) as n) a \
         join lateral (values ('low', a.n > 0 and a.n <= t.low_stock), ('out', a.n = 0), ('short', a.n < 0), \
           ('drift', coalesce(s.reported_sold <> s.sold, false) or coalesce(s.reported_frozen <> s.frozen, false)), \
           ('held', s.hold_id is not null), ('lots', coalesce(s.lots_qty <> s.erp_qty, false))) as m(mark, is_on) on m.is_on \
         where t.id = $1",
    )
    .bind::<BigInt, _>(merchant)
    .execute(tx)?)
}
