//! `/shipments/import`: a table of packages, or of goods in packages, checked before it is written (UI §4.14). It goes the way
//! of the open platform's methods, so that a row means the same whoever tells it.

use crate::form::Form;
use crate::ids::FeedId;
use crate::orders::shipments::carriers;
use crate::orders::shipments::table::{self, Told, Written};
use crate::text::Text;
use crate::web::{Ctx, Frame, Input, Permission, Reply, Wants, filters};
use crate::wire::{LineResult, MAX_LINES, Outcome, Problem, Scope};
use crate::{Error, show};
use actix_web::HttpRequest;
use askama::Template;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

/// Lines a page shows; all of them are in the JSON, and in the batch.
const SHOWN: usize = 200;
/// What the columns are called on the page.
const HEADS: [&str; 7] =
    ["orders-col-no", "ship-carrier", "ship-tracking", "orders-col-erp-code", "orders-col-qty", "ship-lot", "ship-ends"];
/// Orders a form can be made ready for.
const READY: usize = 200;

/// What became of some rows of the table.
struct Ended {
    rows: Vec<usize>,
    order_no: String,
    outcome: Outcome,
    problems: Vec<Text>,
}

impl Ended {
    fn of(told: &Told, result: &LineResult) -> Self {
        let problems = result.problems.iter().map(Problem::text).collect();
        Self { rows: told.rows.clone(), order_no: told.order_no.clone(), outcome: result.outcome, problems }
    }
    fn places(&self) -> String {
        self.rows.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
    }
    fn tone(&self) -> &'static str {
        match self.outcome {
            Outcome::Applied => "ok",
            Outcome::Unchanged | Outcome::Stale => "",
            Outcome::Held | Outcome::Parked => "warn",
            Outcome::Rejected => "bad",
        }
    }
    /// It is not written yet, and would have to be sent again.
    fn is_bad(&self) -> bool {
        self.outcome == Outcome::Rejected
    }
}

/// What became of the table.
struct Report {
    preview: bool,
    ended: Vec<Ended>,
    ignored: Vec<String>,
    feeds: Vec<FeedId>,
}

impl Report {
    /// What is wrong first, then what wants a look, then the rest; in the order of the table.
    fn of(written: &Written, preview: bool, ignored: Vec<String>) -> Self {
        let mut ended: Vec<Ended> = written.ended.iter().map(|(told, result)| Ended::of(told, result)).collect();
        let weight = |e: &Ended| match (e.outcome, e.problems.is_empty()) {
            (Outcome::Rejected, _) => 0,
            (Outcome::Parked | Outcome::Held, _) => 1,
            (_, false) => 2,
            _ => 3,
        };
        ended.sort_by_key(|e| (weight(e), e.rows.first().copied()));
        Self { preview, ended, ignored, feeds: written.feeds.clone() }
    }
    fn count(&self, outcomes: &[Outcome]) -> usize {
        self.ended.iter().filter(|e| outcomes.contains(&e.outcome)).count()
    }
    fn good(&self) -> usize {
        self.count(&[Outcome::Applied])
    }
    fn same(&self) -> usize {
        self.count(&[Outcome::Unchanged, Outcome::Stale])
    }
    fn waiting(&self) -> usize {
        self.count(&[Outcome::Parked, Outcome::Held])
    }
    fn bad(&self) -> usize {
        self.count(&[Outcome::Rejected])
    }
}

#[derive(Template)]
#[template(path = "shipments/import.html", blocks = ["part"])]
struct Import {
    frame: Frame,
    form: Form,
    report: Option<Report>,
    columns: String,
}
show!(Import, |v| v.report.as_ref().map(|r| json!({
    "preview": r.preview, "applied": r.good(), "unchanged": r.same(), "waiting": r.waiting(), "rejected": r.bad(), "ignored": r.ignored,
    "lines": r.ended.iter().map(|e| json!({
        "rows": e.rows, "orderNo": e.order_no, "outcome": e.outcome.as_str(),
        "problems": e.problems.iter().map(|t| t.say(v.frame.lang)).collect::<Vec<_>>(),
    })).collect::<Vec<_>>(),
})));

impl Import {
    fn shown<'a>(&self, report: &'a Report) -> &'a [Ended] {
        report.ended.get(..SHOWN).unwrap_or(&report.ended)
    }
}

fn view(ctx: &Ctx, form: Form, report: Option<Report>) -> Import {
    Import { frame: ctx.frame("shipments"), form, report, columns: HEADS.map(|key| ctx.lang.say(key, &[])).join(",") }
}

/// The page with a row for each of these orders, to be filled in.
pub fn href(nos: &[String]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    nos.iter().take(READY).for_each(|no| {
        query.append_pair("no", no);
    });
    format!("/shipments/import?{}", query.finish())
}

/// `GET /shipments/import`
pub async fn page(ctx: Ctx, req: HttpRequest) -> Reply {
    ctx.merchant()?.may(Permission::EditOrders)?;
    let nos: Vec<String> =
        form_urlencoded::parse(req.query_string().as_bytes()).filter(|(k, _)| k == "no").take(READY).map(|(_, v)| v.into_owned()).collect();
    let heads: Vec<String> = HEADS.iter().take(3).map(|key| ctx.lang.say(key, &[])).collect();
    let heads = heads.join("\t");
    let ready = if nos.is_empty() { String::new() } else { format!("{heads}\n{}", nos.join("\t\t\n") + "\t\t\n") };
    ctx.reply(view(&ctx, Form::filled([("table", ready)]), None))
}

#[derive(Deserialize, Validate)]
pub struct Pasted {
    #[serde(default)]
    table: String,
    #[serde(default)]
    preview: String,
}

/// `POST /shipments/import`
pub async fn run(ctx: Ctx, input: Input<Pasted>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditOrders)?;
    let pasted = input.checked()?;
    let preview = !pasted.preview.is_empty();
    let known = ctx.db.read(|c| carriers::search(c, "")).await?;
    let read = table::read(&pasted.table, &known);
    let form = Form::filled([("table", pasted.table)]);
    let problem = match read.packages.len() + read.shipments.len() {
        0 => Some(Text::new("ship-import-none")),
        n if n > MAX_LINES => Some(Text::new("ship-import-many").with(n).with(MAX_LINES)),
        _ => None,
    };
    if let Some(problem) = problem {
        let form = form.with_error("table", problem);
        return if ctx.wants == Wants::Json { Err(Error::invalid(form)) } else { ctx.invalid(view(&ctx, form, None)) };
    }
    let scope = Scope::whole(seat.merchant, ctx.lang, ctx.now);
    let (cause, texts) = (seat.cause, read.texts.clone());
    let ignored = read.ignored.clone();
    let written = ctx.db.write(move |tx| table::write(tx, &cause, &scope, read, preview)).await?;
    let report = Report::of(&written, preview, ignored);
    // What was written is out of the box: what is left in it is what still has to be put right.
    let kept = if preview {
        form
    } else {
        let mut left: Vec<usize> = report.ended.iter().filter(|e| e.is_bad()).flat_map(|e| e.rows.iter().copied()).collect();
        left.sort_unstable();
        let left: Vec<&str> = left.iter().filter_map(|at| texts.get(at)).map(String::as_str).collect();
        Form::filled([("table", left.join("\n"))])
    };
    ctx.reply(view(&ctx, kept, Some(report)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn the_heads_the_page_writes_are_understood_by_it() {
        for lang in [Lang::Zh, Lang::En] {
            let heads = HEADS.map(|key| lang.say(key, &[]));
            let read = table::read(&format!("{}\nA1\tSF\tSF1\tS1\t2\tL1\t2028-03", heads.join("\t")), &[]);
            assert!(read.ignored.is_empty(), "{:?}", read.ignored);
            let line = &read.shipments[0].line;
            let lot = json!([{ "lotNo": "L1", "quantity": "2", "expiresOn": "2028-03" }]);
            assert_eq!((&line["orderNo"], &line["items"][0]["lots"]), (&json!("A1"), &lot), "{lang:?}");
        }
    }
}
