//! Base products from a table that is pasted or sent as `text/csv`.

use super::again;
use crate::catalog::base::{self as model, Imported, MAX_ROWS, SHEET_COLUMNS};
use crate::form::Form;
use crate::text::{Lang, Text};
use crate::web::{Ctx, Frame, Permission, Reply, filters};
use crate::{Error, show};
use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Bytes;
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};

/// Bad rows a page shows; all of them are in the JSON.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "catalog/import.html", blocks = ["part"])]
struct ImportPage {
    frame: Frame,
    form: Form,
    report: Option<Imported>,
    columns: String,
    max: usize,
    lang: Lang,
}
show!(ImportPage, |v| v.data());

impl ImportPage {
    fn data(&self) -> Value {
        let Some(report) = &self.report else {
            return json!({ "columns": SHEET_COLUMNS, "maxRows": MAX_ROWS });
        };
        let row = |bad: &model::BadRow| {
            let problems: Vec<Value> =
                bad.problems.iter().map(|(field, text)| json!({ "field": field, "msg": text.say(self.lang) })).collect();
            json!({ "line": bad.line, "key": bad.key, "problems": problems })
        };
        json!({
            "preview": report.preview, "total": report.total, "created": report.created, "unchanged": report.unchanged,
            "rejected": report.bad.len(), "ignored": report.ignored, "lines": report.bad.iter().map(row).collect::<Vec<_>>(),
        })
    }
    fn shown<'a>(&self, report: &'a Imported) -> &'a [model::BadRow] {
        report.bad.get(..SHOWN).unwrap_or(&report.bad)
    }
}

fn import_page(ctx: &Ctx, form: Form, report: Option<Imported>) -> ImportPage {
    ImportPage { frame: ctx.frame("base-products"), form, report, columns: SHEET_COLUMNS.join(","), max: MAX_ROWS, lang: ctx.lang }
}

/// `GET /base-products/import`
pub async fn page(ctx: Ctx) -> Reply {
    ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    ctx.reply(import_page(&ctx, Form::default(), None))
}

#[derive(Deserialize, Default)]
struct Sent {
    #[serde(default)]
    csv: String,
    #[serde(default)]
    preview: bool,
}

/// A form's field `csv`, JSON `{"csv":"…","preview":true}`, or the bare table as `text/csv`.
fn read(req: &HttpRequest, body: &[u8]) -> Result<Sent, Form> {
    let kind = req.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let unreadable = |why: String| Form::default().with_error("csv", Text::new("base-import-unreadable").with(why));
    if kind.starts_with("text/csv") {
        let csv = std::str::from_utf8(body).map_err(|e| unreadable(e.to_string()))?.to_owned();
        let preview = req.query_string().split('&').any(|pair| pair == "preview=1");
        return Ok(Sent { csv, preview });
    }
    if kind.starts_with("application/json") {
        return serde_json::from_slice(body).map_err(|e| unreadable(e.to_string()));
    }
    let mut sent = Sent::default();
    for (name, value) in form_urlencoded::parse(body) {
        match name.as_ref() {
            "csv" => sent.csv = value.into_owned(),
            "preview" => sent.preview = !value.is_empty(),
            _ => {}
        }
    }
    Ok(sent)
}

/// `POST /base-products/import`
pub async fn run(ctx: Ctx, req: HttpRequest, body: Bytes) -> Reply {
    let seat = ctx.platform_seat()?.may(Permission::ManageCatalogue)?;
    let sent = match read(&req, &body) {
        Ok(sent) => sent,
        Err(form) => return again(&ctx, form, |form| import_page(&ctx, form, None)),
    };
    let (csv, preview) = (sent.csv.clone(), sent.preview);
    match ctx.db.write(move |tx| model::import(tx, &seat.cause, &csv, preview)).await {
        Ok(report) => {
            // After a real import only what was not taken is worth keeping in the box.
            let kept = if report.preview || !report.bad.is_empty() { sent.csv } else { String::new() };
            ctx.reply(import_page(&ctx, Form::filled([("csv", kept)]), Some(report)))
        }
        Err(Error::Invalid(why)) => {
            let form = super::with_complaints(Form::filled([("csv", sent.csv)]), &why);
            again(&ctx, form, |form| import_page(&ctx, form, None))
        }
        Err(e) => Err(e),
    }
}
