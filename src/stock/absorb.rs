//! Paid units that the ERP's number has come to contain: they leave our counter the moment its number takes them off.

use super::model::Row;
use super::modes::Paid;
use crate::Result;
use crate::db::Prepare;
use crate::ids::{ShopId, SkuId};
use crate::trail::Cause;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use std::collections::HashMap;

/// A paid line that the ERP's number did not contain so far.
#[derive(QueryableByName, Clone, Debug)]
pub(super) struct Open {
    #[diesel(sql_type = Text)]
    pub no: String,
    #[diesel(sql_type = BigInt, column_name = "sku_id")]
    pub sku: SkuId,
    #[diesel(sql_type = BigInt, column_name = "shop_id")]
    pub shop: ShopId,
    #[diesel(sql_type = BigInt)]
    pub qty: i64,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    acked_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    imported_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    shipped_at: Option<DateTime<Utc>>,
}

impl Open {
    pub fn paid(&self) -> Paid {
        Paid { seq: self.seq, acked_at: self.acked_at, imported_at: self.imported_at, shipped_at: self.shipped_at }
    }
}

/// The open paid lines of these rows, which are locked; no statement when there are none.
pub(super) fn open_of<'a>(
    tx: &mut PgConnection,
    cause: &Cause,
    rows: impl Iterator<Item = &'a Row>,
) -> Result<HashMap<(SkuId, ShopId), Vec<Open>>> {
    let rows: Vec<&Row> = rows.filter(|r| r.sold_open > 0).collect();
    let mut by_row: HashMap<_, Vec<Open>> = HashMap::new();
    if rows.is_empty() {
        return Ok(by_row);
    }
    let open: Vec<Open> = diesel::sql_query(
        "select o.no, o.sku_id, o.shop_id, o.qty, r.seq, r.acked_at, r.imported_at, r.shipped_at from unnest($2, $3) as l(sku, shop) \
         cross join lateral (select * from reservation_lines where merchant_id = $1 and sku_id = l.sku and shop_id = l.shop and state = 'paid' offset 0) o \
         cross join lateral (select * from reservations where merchant_id = $1 and no = o.no and seq is not null offset 0) r",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.shop).collect::<Vec<_>>())
    .prepared().load(tx)?;
    for line in open {
        by_row.entry((line.sku, line.shop)).or_default().push(line);
    }
    Ok(by_row)
}

/// Marks the lines as contained; their rows are written by whoever calls.
pub(super) fn settle(tx: &mut PgConnection, cause: &Cause, lines: &[Open]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update reservation_lines o set state = 'absorbed' from unnest($2, $3, $4) as l(no, sku, shop) \
         where o.merchant_id = $1 and o.no = l.no and o.sku_id = l.sku and o.shop_id = l.shop and o.state = 'paid'",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(lines.iter().map(|l| l.no.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|l| l.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(lines.iter().map(|l| l.shop).collect::<Vec<_>>())
    .prepared()
    .execute(tx)?;
    Ok(())
}
