//! `/customers/export`: rows from which somebody opens accounts in the ERP, of exactly what the list shows or of one buyer;
//! with a column for the code, so that the table comes back to `/customers/codes` as it is.

use super::list::Filter;
use crate::customers::list::{self, Search};
use crate::customers::{Customer, WaitingOrders, find};
use crate::ids::CustomerId;
use crate::web::{Ctx, Permission, Reply, Sheet};
use actix_web::web::{Data, Query};

/// Rows read at a time.
const STEP: i64 = 5000;

const HEADS: [&str; 11] = [
    "customers-col-id",
    "customers-col-code",
    "customers-col-name",
    "customers-col-kind",
    "customers-col-uscc",
    "customers-col-region",
    "customers-col-contact",
    "customers-col-phone",
    "customers-col-address",
    "customers-col-licences",
    "customers-col-state",
];

pub async fn csv(ctx: Ctx, filter: Query<Filter>, above: Option<Data<WaitingOrders>>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let (merchant, filter, above) = (seat.merchant, filter.into_inner(), above.map(|a| **a));
    let lang = ctx.lang;
    let sheet = ctx
        .db
        .snapshot(move |c| {
            let mut sheet = Sheet::with_heads(&HEADS, lang)?;
            let cells = |row: &Customer| {
                vec![
                    row.customer_id.clone(),
                    row.erp_code.clone().unwrap_or_default(),
                    row.name.clone(),
                    lang.say(row.kind().label(), &[]),
                    row.uscc.clone(),
                    row.region_code.clone().unwrap_or_default(),
                    row.contact.clone(),
                    row.phone.clone(),
                    row.address.clone(),
                    licences(row),
                    lang.say(row.match_kind().label(), &[]),
                ]
            };
            if !filter.c.is_empty() {
                sheet.row(&cells(&find(c, merchant, &filter.c)?))?;
                return Ok(sheet);
            }
            let waiting = if filter.waiting.is_empty() { None } else { above.map(|a| (a.of)(c, merchant, None, i64::MAX)).transpose()? };
            let only = (!filter.waiting.is_empty()).then(|| waiting.iter().flatten().map(|(id, _)| *id).collect::<Vec<CustomerId>>());
            let mut search = Search { state: filter.state(), q: filter.q.trim().to_owned(), after: None, only };
            loop {
                let rows = list::page(c, merchant, &search, STEP)?;
                for row in &rows {
                    sheet.row(&cells(row))?;
                }
                match rows.last() {
                    Some(last) if i64::try_from(rows.len()).unwrap_or(i64::MAX) == STEP => search.after = Some(last.id),
                    _ => return Ok(sheet),
                }
            }
        })
        .await?;
    sheet.answer(&ctx, "customers")
}

/// Number and end of each licence.
fn licences(row: &Customer) -> String {
    let all = row.licences.as_array().map_or(&[][..], Vec::as_slice);
    let word = |v: &serde_json::Value, name: &str| v.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    all.iter().map(|v| format!("{} {} {}", word(v, "kind"), word(v, "no"), word(v, "validUntil"))).collect::<Vec<_>>().join("; ")
}
