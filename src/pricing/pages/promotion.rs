//! `/prices/promotion`: a price for a time, for everybody or for some, such as for goods that expire soon (R-08, UI §4.11).

use crate::clock::{china, day};
use crate::form::Form;
use crate::pricing::codes::Codes;
use crate::pricing::grid::{self, Line};
use crate::pricing::place::{PROMOTION, Span};
use crate::pricing::{book, customer_groups, region_groups, rows};
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Frame, Permission, Reply, filters};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;

/// What the form starts with: whoever comes from a lot brings its SKU, its number and its last day.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Ask {
    sku: String,
    lot: String,
    until: Option<NaiveDate>,
}

/// A price with dates that is there already.
struct Dated {
    /// See [`book::cell_name`].
    name: String,
    place: String,
    amount: Decimal,
    dates: String,
    over: bool,
}

#[derive(Template)]
#[template(path = "prices/promotion.html", blocks = ["part"])]
struct Promotion {
    frame: Frame,
    form: Form,
    lot: String,
    line: Option<Line>,
    dated: Vec<Dated>,
    regions: Vec<region_groups::Group>,
    groups: Vec<customer_groups::Group>,
    may: bool,
}
show!(
    Promotion,
    |v| json!({ "sku": v.line, "dated": v.dated.iter().map(|d| json!({ "place": d.place, "price": d.amount, "dates": d.dates })).collect::<Vec<_>>() })
);

/// `GET /prices/promotion`
pub async fn page(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now, ask) = (seat.merchant, ctx.now, ask.into_inner());
    let sku = ask.sku.trim().to_owned();
    let wanted = sku.clone();
    let (line, stored, codes, regions, groups) = ctx
        .db
        .snapshot(move |c| {
            let line = grid::of_skus(c, merchant, std::slice::from_ref(&wanted))?.pop();
            let skus: Vec<_> = line.iter().map(|l| l.id).collect();
            let stored = rows::of_skus(c, merchant, &skus, rows::MOST)?;
            let named: Vec<_> = stored.iter().filter_map(|r| r.customer).collect();
            let codes = Codes::by_customers(c, merchant, &named)?;
            let (regions, groups) = (region_groups::list(c, merchant)?, customer_groups::list(c, merchant)?);
            Ok((line, stored, codes, regions, groups))
        })
        .await?;
    let dated = stored.iter().filter(|r| r.span().is_dated()).map(|r| Dated {
        name: book::cell_name(r.place(), r.span(), &codes),
        place: crate::pricing::cells::words(ctx.lang, &r.place().name(&codes), &regions, &groups),
        amount: r.amount,
        dates: r.span().words(),
        over: r.until.is_some_and(|until| until <= now),
    });
    let today = day(now);
    let until = ask.until.filter(|until| *until >= today).unwrap_or(today + Days::new(30));
    let mut form =
        Form::filled([("sku", sku.clone()), ("from", today.to_string()), ("until", until.to_string()), ("place", PROMOTION.to_owned())]);
    if line.is_none() && !sku.is_empty() {
        form.complain("sku", Text::new("pricing-no-sku").with(sku));
    }
    let bad = form.is_bad();
    let page = Promotion {
        frame: ctx.frame("prices"),
        form,
        lot: ask.lot,
        dated: dated.collect(),
        line,
        regions,
        groups,
        may: seat.person.may(Permission::EditPrices),
    };
    if bad { ctx.invalid(page) } else { ctx.reply(page) }
}

/// Reads two days of China, the last one included.
///
/// # Errors
/// The sentence that says what is wrong.
pub(super) fn span(from: &str, until: &str) -> Result<Span, Text> {
    let read = |text: &str| text.trim().parse::<NaiveDate>().map_err(|_| Text::new("promo-bad-day").with(text.trim()));
    let (first, last) = (read(from)?, read(until)?);
    if last < first {
        return Err(Text::new("promo-ends-first").with(last.to_string()).with(first.to_string()));
    }
    Ok(Span { from: midnight(first), until: last.succ_opt().and_then(midnight) })
}

fn midnight(day: NaiveDate) -> Option<DateTime<Utc>> {
    Some(day.and_hms_opt(0, 0, 0)?.and_local_timezone(china()).single()?.to_utc())
}
