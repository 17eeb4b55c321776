//! The movement ledger of one row: every change of its number, newest first, with who, why and by which call.

use crate::Result;
use crate::ids::{MerchantId, ShopId, SkuId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use serde::Serialize;
use uuid::Uuid;

#[derive(QueryableByName, Clone, Debug, Serialize)]
pub struct Movement {
    #[diesel(sql_type = Timestamptz)]
    pub at: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    pub id: i64,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = BigInt)]
    pub before: i64,
    #[diesel(sql_type = BigInt)]
    pub after: i64,
    #[diesel(sql_type = BigInt)]
    pub available: i64,
    #[diesel(sql_type = Text)]
    pub actor_kind: String,
    #[diesel(sql_type = Text)]
    pub actor_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub reason: Option<String>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub request_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub feed_id: Option<i64>,
    #[diesel(sql_type = Nullable<Int4>)]
    pub line_no: Option<i32>,
    #[diesel(sql_type = BigInt)]
    pub d_frozen: i64,
    #[diesel(sql_type = BigInt)]
    pub d_open: i64,
    #[diesel(sql_type = BigInt)]
    pub d_sold: i64,
    /// What a hold left to sell afterwards, while one was on.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub held: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    pub reservation: Option<String>,
}

impl Movement {
    /// The text key of what happened.
    pub fn label(&self) -> &'static str {
        match self.kind.as_str() {
            "erp_set" => "stock-move-erp-set",
            "erp_step" => "stock-move-erp-step",
            "manual_set" => "stock-move-manual-set",
            "reserve" => "stock-move-reserve",
            "confirm" => "stock-move-confirm",
            "release" => "stock-move-release",
            "expire" => "stock-move-expire",
            "settle" => "stock-move-settle",
            "hold" => "stock-move-hold",
            "hold_change" => "stock-move-hold-change",
            "hold_end" => "stock-move-hold-end",
            "rule" => "stock-move-rule",
            "lots" => "stock-move-lots",
            "lot_expiry" => "stock-move-lot-expiry",
            "restock" => "stock-move-restock",
            "lot_sum" => "stock-move-lot-sum",
            _ => "stock-move-undo",
        }
    }
    pub fn icon(&self) -> &'static str {
        match self.kind.as_str() {
            "erp_set" | "erp_step" | "lot_sum" | "lots" => "plug-connected",
            "lot_expiry" => "clock",
            "manual_set" | "hold" | "hold_change" => "hand-stop",
            "hold_end" => "player-play",
            "rule" => "settings",
            "reserve" => "lock",
            "confirm" | "settle" => "check",
            _ => "arrow-back-up",
        }
    }
    /// The tone of its point on the timeline.
    pub fn tone(&self) -> &'static str {
        match self.kind.as_str() {
            "erp_set" | "erp_step" | "lot_sum" => "info",
            "manual_set" | "hold" | "hold_change" => "hold",
            "reserve" => "plat",
            "confirm" => "ok",
            _ => "",
        }
    }
    /// The API call that caused it.
    pub fn call(&self) -> Option<Uuid> {
        self.request_id.filter(|_| self.actor_kind == "erp")
    }
}

/// The movements of one row, newest first, older than `before`.
pub fn of_row(
    c: &mut PgConnection,
    merchant: MerchantId,
    sku: SkuId,
    shop: ShopId,
    before: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<Movement>> {
    let (at, id) = before.map_or((DateTime::<Utc>::MAX_UTC, i64::MAX), |b| b);
    let older = if before.is_some() { "(at, id) < ($4, $5) and at <= $4" } else { "$4::timestamptz is null and $5 > 0" };
    let sql = format!(
        "select at, id, kind, before, after, available, actor_kind, actor_name, reason, request_id, feed_id, line_no, d_frozen, d_open, d_sold, held, reservation from stock_movements \
         where merchant_id = $1 and sku_id = $2 and shop_id = $3 and {older} order by at desc, id desc limit $6"
    );
    Ok(diesel::sql_query(sql)
        .bind::<BigInt, _>(merchant)
        .bind::<BigInt, _>(sku)
        .bind::<BigInt, _>(shop)
        .bind::<Nullable<Timestamptz>, _>(before.map(|_| at))
        .bind::<BigInt, _>(id)
        .bind::<BigInt, _>(limit)
        .load(c)?)
}
