//! The buttons. Each is a plain form; with htmx the next product comes back at once, for a machine the outcome.

use super::bench::Build;
use super::{Asked, auditor, place};
use crate::Result;
use crate::catalog::base::Draft;
use crate::products::audit::decide::{self, Approval, On, Reason, Settled};
use crate::products::audit::review::AliasKind;
use crate::products::audit::undo;
use crate::products::audit::work::{self, Work};
use crate::show;
use crate::web::{Ctx, Input, Reply, Seat, Wants, envelope, filters, redirect};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

type At = Path<(String, String)>;

#[derive(Deserialize, Validate)]
pub struct Approve {
    version: i32,
    base: String,
    /// What to learn from it; ticked boxes.
    #[serde(default)]
    alias: Vec<AliasKind>,
    #[serde(default)]
    others: bool,
}

/// `POST …/approval`
pub async fn approve(ctx: Ctx, at: At, asked: Query<Asked>, input: Input<Approve>) -> Reply {
    let seat = auditor(&ctx)?;
    let (merchant, prod_id) = at.into_inner();
    let act = Act { ctx: &ctx, seat: &seat, asked: &asked, at: (merchant.clone(), prod_id.clone()) };
    let input = match input.checked() {
        Ok(input) => input,
        Err(e) => return act.answer::<Settled>(Err(e), false).await,
    };
    let (cause, reviewer) = (seat.cause.clone(), seat.person.user);
    let approval = Approval { base: input.base, learn: input.alias, others: input.others };
    let done = ctx
        .db
        .write(move |tx| {
            decide::approve(tx, &cause, &On { reviewer, merchant: &merchant, prod_id: &prod_id, version: input.version }, &approval)
        })
        .await;
    act.answer(done, false).await
}

#[derive(Deserialize, Validate)]
pub struct Return {
    version: i32,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    #[validate(length(max = 500))]
    note: String,
}

/// `POST …/return`
pub async fn send_back(ctx: Ctx, at: At, asked: Query<Asked>, input: Input<Return>) -> Reply {
    let seat = auditor(&ctx)?;
    let (merchant, prod_id) = at.into_inner();
    let act = Act { ctx: &ctx, seat: &seat, asked: &asked, at: (merchant.clone(), prod_id.clone()) };
    let input = match input.checked().and_then(|input| Ok((chosen_reason(&input)?, input))) {
        Ok(input) => input,
        Err(e) => return act.answer::<Settled>(Err(e), true).await,
    };
    let (cause, reviewer) = (seat.cause.clone(), seat.person.user);
    let (reason, input) = input;
    let typed = (input.reason.clone(), input.note.clone());
    let done = ctx
        .db
        .write(move |tx| {
            decide::send_back(
                tx,
                &cause,
                &On { reviewer, merchant: &merchant, prod_id: &prod_id, version: input.version },
                reason,
                &input.note,
            )
        })
        .await;
    let done = done.map_err(|e| keep(e, typed));
    act.answer(done, true).await
}

fn chosen_reason(input: &Return) -> Result<Reason> {
    let form = || crate::form::Form::filled([("reason", input.reason.clone()), ("note", input.note.clone())]);
    Reason::of(&input.reason)
        .ok_or_else(|| crate::Error::invalid(form().with_error("reason", crate::text::Text::new("audit-reason-missing"))))
}

/// A refusal from below, with what was typed.
fn keep(e: crate::Error, (reason, note): (String, String)) -> crate::Error {
    let crate::Error::Invalid(form) = e else {
        return e;
    };
    let mut kept = crate::form::Form::filled([("reason", reason), ("note", note)]);
    for (field, text) in form.errors() {
        kept.complain(field, text.clone());
    }
    crate::Error::invalid(kept)
}

/// The fields of a new base product, prefilled with the submission.
#[derive(Clone, Debug, Default, Deserialize, Validate)]
#[serde(default, rename_all = "camelCase")]
pub struct NewBase {
    pub version: i32,
    #[validate(length(min = 1, max = 200, message = "form-missing"))]
    pub name: String,
    #[validate(length(max = 200))]
    pub trade_name: String,
    #[validate(length(max = 200))]
    pub spec: String,
    #[validate(length(max = 60))]
    pub dosage_form: String,
    #[validate(length(max = 20))]
    pub unit: String,
    #[validate(length(max = 200))]
    pub manufacturer: String,
    #[validate(length(max = 200))]
    pub brand: String,
    #[validate(length(max = 100))]
    pub approval_no: String,
    /// Separated by blanks or commas.
    #[validate(length(max = 400))]
    pub barcodes: String,
    /// Of the platform's tree.
    pub category_id: String,
    #[validate(length(max = 100))]
    pub origin: String,
    pub others: bool,
}

impl NewBase {
    /// What the merchant says, as a proposal.
    pub fn from_submission(work: &Work) -> Self {
        Self {
            name: work.name.clone(),
            trade_name: work.trade_name.clone(),
            spec: work.spec.clone(),
            dosage_form: work.dosage_form.clone(),
            unit: work.unit.clone(),
            manufacturer: work.manufacturer.clone(),
            brand: work.brand.clone(),
            approval_no: work.approval_no.clone(),
            barcodes: work.barcode.clone(),
            ..Self::default()
        }
    }
    fn draft(&self) -> Draft {
        let text = |t: &str| t.trim().to_owned();
        Draft {
            code: None,
            name: text(&self.name),
            trade_name: text(&self.trade_name),
            spec: text(&self.spec),
            dosage_form: text(&self.dosage_form),
            unit: text(&self.unit),
            manufacturer: text(&self.manufacturer),
            brand: text(&self.brand),
            approval_no: text(&self.approval_no),
            barcodes: self.barcodes.split([' ', ',', '，', '、', '\n', '\r']).map(text).filter(|b| !b.is_empty()).collect(),
            category_id: Some(text(&self.category_id)).filter(|id| !id.is_empty()),
            origin: text(&self.origin),
        }
    }
    /// The form it came from.
    pub fn typed(&self) -> crate::form::Form {
        crate::form::Form::filled([
            ("name", self.name.clone()),
            ("tradeName", self.trade_name.clone()),
            ("spec", self.spec.clone()),
            ("dosageForm", self.dosage_form.clone()),
            ("unit", self.unit.clone()),
            ("manufacturer", self.manufacturer.clone()),
            ("brand", self.brand.clone()),
            ("approvalNo", self.approval_no.clone()),
            ("barcodes", self.barcodes.clone()),
            ("categoryId", self.category_id.clone()),
            ("origin", self.origin.clone()),
        ])
    }
}

/// `POST …/base-product`
pub async fn new_base(ctx: Ctx, at: At, asked: Query<Asked>, input: Input<NewBase>) -> Reply {
    let seat = auditor(&ctx)?;
    let (merchant, prod_id) = at.into_inner();
    let act = Act { ctx: &ctx, seat: &seat, asked: &asked, at: (merchant.clone(), prod_id.clone()) };
    let done = match input.checked() {
        Ok(input) => {
            let (cause, reviewer, typed) = (seat.cause.clone(), seat.person.user, input.typed());
            let done = ctx
                .db
                .write(move |tx| {
                    let on = On { reviewer, merchant: &merchant, prod_id: &prod_id, version: input.version };
                    decide::new_base(tx, &cause, &on, &input.draft(), input.others)
                })
                .await;
            done.map_err(|e| {
                let crate::Error::Invalid(form) = e else {
                    return e;
                };
                let mut typed = typed;
                for (field, text) in form.errors() {
                    typed.complain(camel(field), text.clone());
                }
                crate::Error::invalid(typed)
            })
        }
        Err(e) => Err(e),
    };
    match done {
        Err(crate::Error::Invalid(form)) if ctx.wants != Wants::Json => super::search::refill(&ctx, &seat, &asked, &act.at, *form).await,
        done => act.answer(done, false).await,
    }
}

/// The catalogue names its fields as the tables do; the form as the wire does.
fn camel(field: &str) -> &str {
    match field {
        "trade_name" => "tradeName",
        "dosage_form" => "dosageForm",
        "approval_no" => "approvalNo",
        "category_id" => "categoryId",
        "barcode" => "barcodes",
        other => other,
    }
}

#[derive(Deserialize, Validate)]
pub struct Seen {
    version: i32,
}

/// `POST …/difficulty`
pub async fn postpone(ctx: Ctx, at: At, asked: Query<Asked>, input: Input<Seen>) -> Reply {
    let seat = auditor(&ctx)?;
    let (merchant, prod_id) = at.into_inner();
    let act = Act { ctx: &ctx, seat: &seat, asked: &asked, at: (merchant.clone(), prod_id.clone()) };
    let version = input.checked()?.version;
    let (cause, reviewer) = (seat.cause.clone(), seat.person.user);
    let done =
        ctx.db.write(move |tx| decide::postpone(tx, &cause, &On { reviewer, merchant: &merchant, prod_id: &prod_id, version })).await;
    act.answer(done, false).await
}

/// `POST …/skip`
pub async fn skip(ctx: Ctx, at: At, asked: Query<Asked>) -> Reply {
    let seat = auditor(&ctx)?;
    let (merchant, prod_id) = at.into_inner();
    let act = Act { ctx: &ctx, seat: &seat, asked: &asked, at: (merchant.clone(), prod_id.clone()) };
    let (cause, me) = (seat.cause.clone(), seat.person.user);
    let done = ctx.db.write(move |tx| work::skip(tx, &cause, me, &merchant, &prod_id)).await;
    act.answer(done, false).await
}

pub async fn unapprove(ctx: Ctx, at: At, asked: Query<Asked>) -> Reply {
    take_back(ctx, at, asked, "approval").await
}
pub async fn unbase(ctx: Ctx, at: At, asked: Query<Asked>) -> Reply {
    take_back(ctx, at, asked, "base-product").await
}
pub async fn unreturn(ctx: Ctx, at: At, asked: Query<Asked>) -> Reply {
    take_back(ctx, at, asked, "return").await
}
pub async fn unpostpone(ctx: Ctx, at: At, asked: Query<Asked>) -> Reply {
    take_back(ctx, at, asked, "difficulty").await
}
pub async fn unskip(ctx: Ctx, at: At, asked: Query<Asked>) -> Reply {
    take_back(ctx, at, asked, "skip").await
}

/// `DELETE …/<noun>`: back on the desk as it was.
async fn take_back(ctx: Ctx, at: At, asked: Query<Asked>, noun: &'static str) -> Reply {
    let seat = auditor(&ctx)?;
    let (merchant, prod_id) = at.into_inner();
    let act = Act { ctx: &ctx, seat: &seat, asked: &asked, at: (merchant.clone(), prod_id.clone()) };
    let (cause, me) = (seat.cause.clone(), seat.person.user);
    let done = ctx
        .db
        .write(move |tx| {
            if noun == "skip" { work::unskip(tx, me, &merchant, &prod_id) } else { undo::undo(tx, &cause, me, &merchant, &prod_id, noun) }
        })
        .await;
    match done {
        Ok(work) if ctx.wants == Wants::Json => Ok(outcome(&work)),
        Ok(_) => act.onward(Some(act.at.clone())).await,
        Err(e) => act.answer::<Work>(Err(e), false).await,
    }
}

fn outcome(data: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(envelope(StatusCode::OK, "success", None, &json!(data)))
}

/// An action on a product, and where to go from it.
struct Act<'a> {
    ctx: &'a Ctx,
    seat: &'a Seat,
    asked: &'a Asked,
    at: (String, String),
}

impl Act<'_> {
    async fn answer<T: Serialize>(&self, done: Result<T>, returning: bool) -> Reply {
        match done {
            Ok(data) if self.ctx.wants == Wants::Json => Ok(outcome(&data)),
            Ok(_) => self.onward(None).await,
            Err(e) => Build { ctx: self.ctx, seat: self.seat, asked: self.asked }.refused(e, self.at.clone(), returning).await,
        }
    }

    /// To the next product, or back to this one.
    async fn onward(&self, to: Option<(String, String)>) -> Reply {
        let address = to.as_ref().map_or_else(|| "/audit".to_owned(), |(merchant, prod_id)| place(merchant, prod_id)) + &self.asked.query();
        if self.ctx.wants == Wants::Page {
            return Ok(redirect(self.ctx, &address));
        }
        let asked = Asked { base: String::new(), after: String::new(), ..self.asked.clone() };
        let bench = Build { ctx: self.ctx, seat: self.seat, asked: &asked }.bench(to).await?;
        let mut answer = self.ctx.reply(bench)?;
        if let Ok(value) = actix_web::http::header::HeaderValue::from_str(&address) {
            answer.headers_mut().insert(actix_web::http::header::HeaderName::from_static("hx-push-url"), value);
        }
        Ok(answer)
    }
}

/// Who has the product open.
#[derive(Template)]
#[template(path = "audit/lease.html", blocks = ["part"])]
struct Lease {
    /// Somebody else.
    holder: Option<String>,
    until: Option<chrono::DateTime<chrono::Utc>>,
}
show!(Lease, |v| json!({ "leasedTo": v.holder, "until": v.until }));

/// `POST …/lease`: sent by the page when it has loaded; a GET changes nothing.
pub async fn lease(ctx: Ctx, at: At) -> Reply {
    let seat = auditor(&ctx)?;
    let (merchant, prod_id) = at.into_inner();
    let (cause, me) = (seat.cause.clone(), seat.person.user);
    let work = ctx.db.write(move |tx| work::lease(tx, &cause, me, &merchant, &prod_id)).await?;
    ctx.reply(Lease { holder: work.held_by_other(me, ctx.now).map(ToOwned::to_owned), until: work.leased_until })
}
