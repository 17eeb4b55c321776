//! `/products/export`: exactly what the list finds, in its order, however much that is.

use super::ask::Ask;
use super::shown::{audit_badge, listing_badge, match_label};
use crate::clock::on_the_wire;
use crate::products::reads::{self, From, Row, View};
use crate::products::sellable::Condition;
use crate::text::Lang;
use crate::web::{Ctx, Reply, Sheet};
use crate::wire::Module;
use actix_web::web::Query;

/// Products read at a time.
const STEP: i64 = 1000;

const HEADS: [&str; 20] = [
    "shelf-prod-id",
    "shelf-erp-code",
    "shelf-col-product",
    "shelf-field-spec",
    "shelf-field-brand",
    "shelf-field-unit",
    "shelf-base",
    "shelf-col-match",
    "shelf-col-audit",
    "shelf-col-listing",
    "shelf-col-by",
    "shelf-col-lack",
    "shelf-col-price",
    "shelf-col-skus",
    "shelf-col-available",
    "shelf-col-shops",
    "shelf-col-soonest",
    "shelf-col-lots",
    "shelf-col-apart",
    "shelf-col-updated",
];

pub async fn csv(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, lang, ask, db) = (seat.merchant, ctx.lang, ask.into_inner(), ctx.db.clone());
    Sheet::in_steps(&ctx, "products", From::Top, move |from| {
        let (db, ask) = (db.clone(), ask.clone());
        async move {
            db.snapshot(move |c| {
                let (search, _) = reads::within(c, merchant, ask.search(&View::PRODUCTS), &ask.cat)?;
                let (rows, more) = reads::page(c, merchant, &search, from, STEP)?;
                let mut sheet = if from == From::Top { Sheet::with_heads(&HEADS, lang)? } else { Sheet::further() };
                for row in &rows {
                    sheet.row(&cells(row, lang))?;
                }
                Ok((sheet, rows.last().filter(|_| more).map(|last| From::Below(last.id))))
            })
            .await
        }
    })
    .await
}

fn cells(row: &Row, lang: Lang) -> [String; 20] {
    let say = |key: &'static str| lang.say(key, &[]);
    let lack = row.lack.as_deref().and_then(|code| Condition::ALL.into_iter().find(|c| c.code() == code));
    [
        row.prod_id.clone(),
        row.erp_code.clone(),
        row.name.clone(),
        row.spec.clone(),
        row.brand.clone(),
        row.unit.clone(),
        row.base.clone().unwrap_or_default(),
        say(match_label(&row.match_kind)),
        say(audit_badge(&row.audit_status).label),
        say(listing_badge(&row.listing, row.unlisted_by.as_deref()).label),
        row.unlister.clone().unwrap_or_default(),
        lack.filter(|_| row.listing != "listed").map(|c| say(c.missing())).unwrap_or_default(),
        row.price.map(|p| p.to_string()).unwrap_or_default(),
        row.skus.to_string(),
        row.available.to_string(),
        row.shops.to_string(),
        row.expires.map(|on| on.to_string()).unwrap_or_default(),
        row.lots.to_string(),
        row.apart.iter().filter_map(|name| Module::of(name)).map(|m| say(m.label())).collect::<Vec<_>>().join(" "),
        on_the_wire(row.updated_at),
    ]
}
