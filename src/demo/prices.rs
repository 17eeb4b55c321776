//! The demo's groups and prices: regions and customers priced alike, prices for them, some of them with dates.

use crate::feeds::{self, Batch, Channel};
use crate::ids::{CustomerId, MerchantId, SkuId};
use crate::merchants;
use crate::pricing::api::PROD_PRICE_UPDATE;
use crate::pricing::{customer_groups, region_groups};
use crate::text::Lang;
use crate::trail::Cause;
use crate::web::Platform;
use crate::wire::Scope;
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Numeric, Text};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const WHO: &str = "demo";
/// Goods that have more than their default price.
const PRICED: i64 = 120;

/// Code, name, provinces and cities.
const REGIONS: [(&str, &str, &[&str]); 4] = [
    ("HD", "华东", &["310000", "320000", "330000", "340000", "360000"]),
    ("HN", "华南", &["440000", "450000", "460000"]),
    ("SZ", "深圳", &["440300"]),
    ("XB", "西北", &["610000", "620000", "630000", "640000", "650000"]),
];
/// Code, name, level, priority, the kinds of customers in it.
const GROUPS: [(&str, &str, i16, i32, &[&str]); 3] = [
    ("DIST", "商业公司", 3, 10, &["distributor"]),
    ("THIRD", "第三终端", 2, 20, &["third_terminal", "private_hospital"]),
    ("SINGLE", "单体药店", 1, 30, &["pharmacy"]),
];

/// Makes what is not there yet; a second time changes nothing.
///
/// # Errors
/// When the database is down.
pub async fn load(platform: &Platform) -> Result<()> {
    let now = platform.clock.now();
    platform
        .db
        .write(move |tx| {
            let merchant = merchants::all(tx, "", 100)?.into_iter().find(|m| m.code == "kz").ok_or(Error::NotFound)?.id;
            let cause = Cause::system(merchant, WHO, now);
            groups(tx, &cause)?;
            let lines = lines(tx, merchant, now)?;
            let scope = Scope::whole(merchant, Lang::Zh, now);
            let report = feeds::run(tx, &cause, &scope, Channel::Demo, &PROD_PRICE_UPDATE, Batch { lines, ..Batch::default() })?;
            tracing::info!(
                "demo: prices: {} lines, {} applied, {} unchanged",
                report.counts.total,
                report.counts.applied,
                report.counts.unchanged
            );
            Ok(())
        })
        .await
}

fn groups(tx: &mut PgConnection, cause: &Cause) -> Result<()> {
    let there: Vec<String> = region_groups::list(tx, cause.merchant)?.into_iter().map(|g| g.code).collect();
    for (code, name, regions) in REGIONS.into_iter().filter(|(code, ..)| !there.iter().any(|c| c == code)) {
        let regions = regions.iter().map(|r| (*r).to_owned()).collect();
        region_groups::save(tx, cause, None, &region_groups::Draft { code: code.into(), name: name.into(), regions })?;
    }
    let there: Vec<String> = customer_groups::list(tx, cause.merchant)?.into_iter().map(|g| g.code).collect();
    for (code, name, level, priority, kinds) in GROUPS.into_iter().filter(|(code, ..)| !there.iter().any(|c| c == code)) {
        let draft = customer_groups::Draft { code: code.into(), name: name.into(), level, priority };
        let id = customer_groups::save(tx, cause, None, &draft)?;
        let members = of_kinds(tx, cause.merchant, kinds)?;
        customer_groups::put(tx, cause, id, &members, true)?;
    }
    Ok(())
}

fn of_kinds(c: &mut PgConnection, merchant: MerchantId, kinds: &[&str]) -> Result<Vec<CustomerId>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        id: CustomerId,
    }
    let rows: Vec<Row> = diesel::sql_query(
        "select id from customers where merchant_id = $1 and kind = any(string_to_array($2, ' ')) order by id limit 1000",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Text, _>(kinds.join(" "))
    .load(c)?;
    Ok(rows.into_iter().map(|r| r.id).collect())
}

/// Regions a little, groups a little more below the default price; every tenth SKU has a promotion next month.
fn lines(c: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<Vec<Value>> {
    #[derive(QueryableByName)]
    struct Sku {
        #[diesel(sql_type = BigInt)]
        id: SkuId,
        #[diesel(sql_type = Text)]
        sku_id: String,
        #[diesel(sql_type = Nullable<Numeric>)]
        base_price: Option<Decimal>,
    }
    let skus: Vec<Sku> =
        diesel::sql_query("select id, sku_id, base_price from skus where merchant_id = $1 and base_price is not null order by id limit $2")
            .bind::<BigInt, _>(merchant)
            .bind::<BigInt, _>(PRICED)
            .load(c)?;
    let (from, until) = (now + Duration::days(9), now + Duration::days(40));
    let line = |sku: Sku| {
        let base = sku.base_price?;
        let part = |percent: i64| (base * Decimal::from(percent) / Decimal::ONE_HUNDRED).round_dp(2).to_string();
        let mut regions = vec![json!({ "regionGroup": "HD", "price": part(98) })];
        if sku.id.0 % 2 == 0 {
            regions.push(json!({ "regionGroup": "HN", "price": part(97) }));
        }
        if sku.id.0 % 10 == 0 {
            let date = |at: DateTime<Utc>| at.format("%Y-%m-%dT00:00:00+08:00").to_string();
            regions.push(json!({ "regionGroup": "HD", "price": part(93), "validFrom": date(from), "validUntil": date(until) }));
        }
        let mut customers = vec![json!({ "customerGroup": "DIST", "price": part(94) })];
        if sku.id.0 % 3 == 0 {
            customers.push(json!({ "customerGroup": "THIRD", "price": part(96) }));
            customers.push(json!({ "customerGroup": "DIST", "regionGroup": "SZ", "price": part(92) }));
        }
        Some(json!({ "skuId": sku.sku_id, "vipPrice": part(99), "regionPrices": regions, "customerPrices": customers }))
    };
    Ok(skus.into_iter().filter_map(line).collect())
}
