//! `/customers/codes`: codes of the ERP pasted from a spreadsheet, a line each (U-06). They go the way of `customer.bind`.

use super::list::at;
use crate::customers::above::WaitingOrders;
use crate::customers::api::CUSTOMER_BIND;
use crate::feeds::{self, Batch, Channel, Report};
use crate::form::Form;
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, Wants, filters};
use crate::wire::{LineResult, MAX_LINES, Outcome, Scope};
use crate::{Error, show};
use actix_web::web::Data;
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use validator::Validate;

#[derive(Template)]
#[template(path = "customers/codes.html", blocks = ["part"])]
struct Codes {
    frame: Frame,
    form: Form,
    report: Option<Report>,
    released: usize,
    back: String,
}
show!(Codes, |v| v.report.as_ref().map(|r| r.to_wire(v.frame.lang)));

impl Codes {
    fn has_released(&self) -> bool {
        self.released > 0
    }
    /// Lines that were not taken.
    fn bad<'a>(&self, report: &'a Report) -> Vec<&'a LineResult> {
        report.results.iter().filter(|r| r.outcome == Outcome::Rejected).collect()
    }
}

fn view(ctx: &Ctx, form: Form, report: Option<Report>, released: usize) -> Codes {
    Codes { frame: ctx.frame("customers"), form, report, released, back: at("") }
}

fn seat(ctx: &Ctx) -> crate::Result<Seat> {
    ctx.merchant()?.may(Permission::EditOrders)
}

/// `GET /customers/codes`
pub async fn page(ctx: Ctx) -> Reply {
    seat(&ctx)?;
    ctx.reply(view(&ctx, Form::default(), None, 0))
}

#[derive(Deserialize, Validate)]
pub struct Pasted {
    #[serde(default)]
    table: String,
    #[serde(default)]
    preview: String,
}

/// `POST /customers/codes`
pub async fn run(ctx: Ctx, input: Input<Pasted>, above: Option<Data<WaitingOrders>>) -> Reply {
    let seat = seat(&ctx)?;
    let pasted = input.checked()?;
    let preview = !pasted.preview.is_empty();
    let lines = read(&pasted.table);
    let problem = match lines.len() {
        0 => Some(Text::new("customers-codes-none")),
        n if n > MAX_LINES => Some(Text::new("customers-codes-many").with(n).with(MAX_LINES)),
        _ => None,
    };
    let form = Form::filled([("table", pasted.table)]);
    if let Some(problem) = problem {
        let form = form.with_error("table", problem);
        return if ctx.wants == Wants::Json { Err(Error::invalid(form)) } else { ctx.invalid(view(&ctx, form, None, 0)) };
    }
    let scope = Scope::whole(seat.merchant, ctx.lang, ctx.now);
    let (cause, above) = (seat.cause, above.map(|a| **a));
    let (report, released) = ctx
        .db
        .write(move |tx| {
            let report = feeds::run(tx, &cause, &scope, Channel::Page, &CUSTOMER_BIND, Batch { lines, preview, ..Batch::default() })?;
            let named: Vec<String> = report
                .results
                .iter()
                .filter(|r| !preview && r.outcome == Outcome::Applied)
                .filter_map(|r| r.sent.get("customerId").and_then(Value::as_str).map(ToOwned::to_owned))
                .collect();
            let ids = crate::customers::ids_of(tx, cause.merchant, &named)?;
            let released = match above.filter(|_| !ids.is_empty()) {
                Some(above) => (above.release)(tx, &cause, &ids)?,
                None => 0,
            };
            Ok((report, released))
        })
        .await?;
    let kept = if preview || report.counts.rejected > 0 { form } else { Form::default() };
    ctx.reply(view(&ctx, kept, Some(report), released))
}

/// The platform's id and the ERP's code of each line: the first two columns, separated by tab, comma or semicolon. Heads,
/// blank lines and rows whose code is still empty are left out; of a row twice over the first counts.
fn read(text: &str) -> Vec<Value> {
    let text = text.trim_start_matches('\u{feff}');
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = [b'\t', b';', b','].into_iter().find(|s| first.as_bytes().contains(s)).unwrap_or(b',');
    let mut rows = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut seen = HashSet::new();
    let mut lines = Vec::new();
    for row in rows.records().filter_map(Result::ok) {
        let cell = |n: usize| row.get(n).unwrap_or_default().trim().trim_start_matches('\'').to_owned();
        let (id, code) = (cell(0), cell(1));
        let head = lines.is_empty() && !code.is_ascii() && !id.is_ascii();
        if id.is_empty() || code.is_empty() || head || !seen.insert(id.clone()) {
            continue;
        }
        lines.push(json!({ "customerId": id, "erpCustomerCode": code }));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_spreadsheets_give() {
        let want = vec![json!({ "customerId": "C1", "erpCustomerCode": "K1" }), json!({ "customerId": "C2", "erpCustomerCode": "K 2" })];
        assert_eq!(
            read("\u{feff}平台客户编号,ERP 客户编码,客户名称\r\nC1,K1,济世大药房\r\nC3,,还没有\r\n\"C2\",\"K 2\",\r\nC1,K9\r\n"),
            want
        );
        assert_eq!(read("C1\tK1\nC2\tK 2\n\n"), want);
        assert_eq!(read("C1;K1\nC2;K 2"), want);
        assert_eq!(read("  \n"), Vec::<Value>::new());
    }
}
