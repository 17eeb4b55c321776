//! `/stock/export`: exactly what the list shows, a row of stock per line.

use super::Line;
use super::list::Filter;
use crate::clock::on_the_wire;
use crate::merchants;
use crate::products::reads;
use crate::stock::list::{self, Item};
use crate::stock::shelf::{self, Shown};
use crate::text::Lang;
use crate::web::{Ctx, Reply, Sheet};
use actix_web::web::Query;
use chrono::{DateTime, Utc};

/// Rows read at a time.
const STEP: i64 = 1000;

const HEADS: [&str; 20] = [
    "export-sku",
    "export-code",
    "export-prod",
    "export-name",
    "export-spec",
    "export-unit",
    "export-shop-id",
    "stock-shop",
    "stock-col-available",
    "stock-col-source",
    "bulk-auto",
    "stock-col-reported",
    "stock-col-frozen",
    "export-sold-open",
    "export-sold",
    "stock-term-safety",
    "export-hold-until",
    "export-next-lot",
    "export-next-expiry",
    "stock-col-updated",
];

pub(super) fn heads(lang: Lang) -> crate::Result<Sheet> {
    Sheet::with_heads(&HEADS, lang)
}

fn time(at: Option<DateTime<Utc>>) -> String {
    at.map(on_the_wire).unwrap_or_default()
}

pub(super) fn row(line: &Line, lang: Lang) -> Vec<String> {
    let (item, row) = (&line.item, &line.item.stock);
    let source = if line.is_held() {
        "stock-tab-held"
    } else if row.by_person {
        "stock-source-person"
    } else {
        "stock-source-erp"
    };
    let next = line.next_lot();
    vec![
        item.ext.clone(),
        item.code.clone(),
        item.prod_id.clone(),
        item.name.clone(),
        item.spec.clone(),
        item.unit.clone(),
        row.shop.to_string(),
        item.shop_name.clone(),
        line.shown.to_string(),
        lang.say(source, &[]),
        line.automatic().to_string(),
        if row.by_person { String::new() } else { row.erp_qty.to_string() },
        row.frozen.to_string(),
        row.sold_open.to_string(),
        row.sold.to_string(),
        row.safety.to_string(),
        if line.is_held() { time(row.hold_until) } else { String::new() },
        next.map(|lot| lot.lot_no.clone()).unwrap_or_default(),
        next.map(Shown::expiry).unwrap_or_default(),
        time(row.reported_at),
    ]
}

/// `GET /stock/export`
pub async fn csv(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now, lang) = (seat.merchant, ctx.now, ctx.lang);
    let filter = filter.into_inner();
    let sheet = ctx
        .db
        .snapshot(move |c| {
            let mut sheet = heads(lang)?;
            let low_stock = merchants::find(c, merchant)?.low_stock;
            let mut search = filter.search(&reads::chosen(c, merchant, filter.cat())?, now);
            search.after = None;
            loop {
                let items = list::page(c, merchant, &search, STEP)?;
                let (all, last) = (items.len(), items.last().map(Item::place));
                let mut lots = shelf::shown(c, merchant, &items.iter().map(Item::place).collect::<Vec<_>>())?;
                for item in items {
                    let lots = lots.remove(&item.place());
                    sheet.row(&row(&Line::of(item, low_stock, now, false).with_lots(lots), lang))?;
                }
                match last {
                    Some(place) if i64::try_from(all).unwrap_or(i64::MAX) == STEP => search.after = Some(place),
                    _ => return Ok(sheet),
                }
            }
        })
        .await?;
    sheet.answer(&ctx, "stock")
}
