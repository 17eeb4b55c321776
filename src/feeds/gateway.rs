//! The open platform's door: `POST /api/<method>`.
//!
//! A call is admitted by its signature, measured against the credential's scopes, run in one transaction with its feed,
//! trail and remembered reply, logged with what it sent and got, and answered in the envelope. Old clients' oddities
//! (always HTTP 200, Q-34) are met here and nowhere else.

use super::batch::{Batch, parse};
use super::calls::{self, CallRow};
use super::model::Channel;
use super::run::{self, Counts, Report};
use crate::accounts;
use crate::accounts::apps::{self, App, Knock};
use crate::error::Code;
use crate::gate::{self, Once};
use crate::ids::{AppId, FeedId, MerchantId};
use crate::text::{Lang, Text};
use crate::trail::{Cause, Kind};
use crate::web::{Ctx, Platform, envelope};
use crate::wire::{Line, Live, Method, STOREFRONT, Scope, Verb};
use crate::{Error, Result};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// The most a call may send.
pub const MAX_BODY: usize = 10 * 1024 * 1024;

/// Every method there is; made in `routes.rs`.
#[derive(Clone, Copy)]
pub struct Methods(pub &'static [&'static Method]);

impl Methods {
    pub fn find(&self, name: &str) -> Option<&'static Method> {
        self.0.iter().copied().find(|m| m.name == name)
    }
}

/// Asked before the transaction of whatever takes units: what the ERP says of them right now (S-04). Given from above, in
/// `routes.rs`; nothing is locked while the ERP is thinking.
#[derive(Clone, Copy)]
pub struct Ahead {
    /// The methods that take units.
    pub takes: &'static [&'static str],
    pub ask: fn(Arc<Platform>, MerchantId, Vec<Value>) -> LocalBoxFuture<'static, Result<Option<Live>>>,
}

/// What a call is answered, before it is dressed for the wire.
struct Answer {
    status: StatusCode,
    body: String,
    counts: Counts,
    feed: Option<FeedId>,
    problem: Option<String>,
    replayed: bool,
}

/// `POST /api/{method}`
pub async fn call(
    req: HttpRequest,
    ctx: Ctx,
    name: Path<String>,
    methods: Data<Methods>,
    ahead: Option<Data<Ahead>>,
    payload: Payload,
) -> HttpResponse {
    let started = Instant::now();
    let body = match read_body(payload).await {
        Ok(body) => body,
        Err(e) => return refuse(&ctx, None, &e),
    };
    let knock = knock(&req, &ctx.platform, &body);
    let (now, key) = (ctx.now, ctx.platform.master_key);
    let app = match ctx.db.write(move |tx| apps::admit(tx, &knock, now, &key)).await {
        Ok(app) => app,
        Err(e) => return refuse(&ctx, None, &e),
    };
    let method = methods.find(&name);
    let header_key = req.headers().get("idempotency-key").and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
    let log = Log {
        merchant: app.merchant,
        at: ctx.now,
        id: ctx.request_id,
        app: app.id,
        channel: app.channel.clone(),
        method: name.to_string(),
        module: method.map_or("", |m| m.module.as_str()),
        ip: accounts::address(&req, &ctx.platform).map(|ip| ip.to_string()),
        started,
        body: Arc::from(body),
    };
    let answer = match method {
        None => Err(Error::Call(Code::NoMethod, Text::new("api-no-method").with(name.as_str()))),
        Some(method) => serve(&ctx, &app, method, &log, header_key, ahead.as_ref().map(Data::get_ref)).await,
    };
    let (answer, logged) = match answer {
        Ok(answer) => (answer, method.is_some_and(Method::writes)),
        Err(e) => (failed(&ctx, app.lang, &e), false),
    };
    if !logged {
        let row = log.row(&answer);
        if let Err(why) = ctx.db.write(move |tx| calls::record(tx, &row)).await {
            tracing::error!(%why, request_id = %ctx.request_id, "the call was answered but not logged");
        }
    }
    metrics::counter!("duijie_calls_total", "method" => method.map_or("unknown", |m| m.name), "status" => answer.status.as_str().to_owned()).increment(1);
    dress(&app, answer)
}

/// What the log keeps of a call, as far as it is known before the answer.
#[derive(Clone)]
struct Log {
    merchant: MerchantId,
    at: DateTime<Utc>,
    id: Uuid,
    app: AppId,
    channel: String,
    method: String,
    module: &'static str,
    ip: Option<String>,
    started: Instant,
    body: Arc<[u8]>,
}

impl Log {
    fn row(&self, answer: &Answer) -> CallRow {
        CallRow {
            merchant: self.merchant,
            at: self.at,
            id: self.id,
            app: self.app,
            channel: self.channel.clone(),
            method: self.method.clone(),
            module: self.module.to_owned(),
            status: answer.status.as_u16(),
            ms: i32::try_from(self.started.elapsed().as_millis()).unwrap_or(i32::MAX),
            ip: self.ip.clone(),
            feed: answer.feed,
            counts: answer.counts,
            problem: answer.problem.clone(),
            request: calls::masked(&self.body),
            response: calls::masked(answer.body.as_bytes()),
            request_bytes: self.body.len(),
            response_bytes: answer.body.len(),
            outward: false,
        }
    }
}

async fn read_body(mut payload: Payload) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|why| Error::Call(Code::CutShort, Text::new("api-cut-short").with(why.to_string())))?;
        if body.len() + chunk.len() > MAX_BODY {
            return Err(Error::Call(Code::TooLarge, Text::new("api-too-large").with(MAX_BODY / 1024 / 1024)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn knock(req: &HttpRequest, platform: &Platform, body: &[u8]) -> Knock {
    let head = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let named = form_urlencoded::parse(req.query_string().as_bytes()).filter(|(name, _)| name == "merchant");
    Knock {
        app_key: head("x-app-key"),
        timestamp: head("x-timestamp"),
        nonce: head("x-nonce"),
        signature: head("x-signature"),
        method: req.method().to_string(),
        path_and_query: req.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        merchants: named.map(|(_, code)| code.into_owned()).collect(),
        body_sha256: Sha256::digest(body).into(),
        ip: accounts::address(req, platform),
    }
}

/// A write is logged in its own transaction: what was applied has its call, and what was not applied left none behind.
async fn serve(
    ctx: &Ctx,
    app: &App,
    method: &'static Method,
    log: &Log,
    header_key: Option<String>,
    ahead: Option<&Ahead>,
) -> Result<Answer> {
    let body = &log.body;
    if !method.opens_to(&app.scopes) {
        return Err(Error::Call(Code::OutOfScope, Text::new("api-out-of-scope").with(method.scope())));
    }
    let scope = Scope { shops: app.shops.clone(), channel: Some(app.channel.clone()), ..Scope::whole(app.merchant, app.lang, ctx.now) };
    let request_id = ctx.request_id.to_string();
    match method.verb {
        Verb::Read(answer) => {
            let line = parameters(method, body)?;
            let lang = app.lang;
            let mut data = ctx.db.read(move |c| answer(c, &scope, line)).await?;
            if sells(app) {
                hide_cost(&mut data);
            }
            Ok(told(StatusCode::OK, lang, &data, &request_id, Counts::default(), None))
        }
        Verb::Pull(pull) => {
            let line = parameters(method, body)?;
            let cause = cause(ctx, app);
            let lang = app.lang;
            let data = ctx.db.write(move |tx| pull(tx, &cause, &scope, line)).await?;
            Ok(told(StatusCode::OK, lang, &data, &request_id, Counts::default(), None))
        }
        Verb::Write(..) | Verb::Within(..) | Verb::Step(_) | Verb::Act(_) | Verb::Sell(_) => {
            let batch = Batch::read(body, header_key.as_deref())?;
            if matches!(method.verb, Verb::Step(_)) && batch.key.is_none() && !batch.preview {
                return Err(Error::Call(Code::KeyMissing, Text::new("api-key-missing").with(method.name)));
            }
            let once = batch.key.clone().filter(|_| !batch.preview).map(|key| Once {
                merchant: app.merchant,
                actor: format!("app:{}", app.id),
                key,
                fingerprint: Sha256::new().chain_update(method.name).chain_update([0]).chain_update(body).finalize().to_vec(),
            });
            let live = match ahead.filter(|ahead| ahead.takes.contains(&method.name)) {
                Some(ahead) => (ahead.ask)(Data::clone(&ctx.platform).into_inner(), app.merchant, batch.lines.clone()).await?.map(Arc::new),
                None => None,
            };
            let scope = Scope { live, ..scope };
            let cause = cause(ctx, app);
            let log = log.clone();
            let work = move |tx: &mut PgConnection| {
                let answer = write(tx, &cause, &scope, method, batch, once, &request_id)?;
                calls::record(tx, &log.row(&answer))?;
                Ok(answer)
            };
            ctx.db.write(work).await
        }
    }
}

/// a credential of the selling side is not told what goods cost, whatever method it asks.
fn sells(app: &App) -> bool {
    app.channel == "micro_shop" || app.scopes.iter().any(|scope| scope == STOREFRONT)
}

fn hide_cost(data: &mut Value) {
    match data {
        Value::Object(map) => {
            map.shift_remove("originalPurchasePrice");
            map.values_mut().for_each(hide_cost);
        }
        Value::Array(all) => all.iter_mut().for_each(hide_cost),
        _ => {}
    }
}

/// Who calls.
fn cause(ctx: &Ctx, app: &App) -> Cause {
    Cause {
        merchant: app.merchant,
        kind: Kind::Erp,
        actor_id: Some(app.id.0),
        actor_name: app.name.clone(),
        now: ctx.now,
        request_id: Some(ctx.request_id),
        feed: None,
    }
}

/// What a question asks.
fn parameters(method: &Method, body: &[u8]) -> Result<Line> {
    let sent = if body.is_empty() { json!({}) } else { parse(body)? };
    let line = Line::read(1, method.fields, sent);
    match line.problems.first() {
        Some(problem) => Err(Error::Call(Code::BadField, problem.text())),
        None => Ok(line),
    }
}

fn write(
    tx: &mut PgConnection,
    cause: &Cause,
    scope: &Scope,
    method: &Method,
    batch: Batch,
    once: Option<Once>,
    request_id: &str,
) -> Result<Answer> {
    if let Some(once) = &once
        && let Some((status, body)) = gate::once(tx, once, cause.now)?
    {
        let status = StatusCode::from_u16(status).map_err(Error::broken)?;
        return Ok(Answer { status, body, counts: Counts::default(), feed: None, problem: None, replayed: true });
    }
    let report = run::run(tx, cause, scope, Channel::Api, method, batch)?;
    let answer = of_report(&report, scope.lang, request_id);
    if let Some(once) = &once {
        gate::remember(tx, once, answer.status.as_u16(), &answer.body)?;
    }
    Ok(answer)
}

/// A batch whose lines are all bad is refused; "some bad" is a success that names them.
fn of_report(report: &Report, lang: Lang, request_id: &str) -> Answer {
    let status = if report.counts.all_bad() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    told(status, lang, &report.to_wire(lang), request_id, report.counts, report.feed)
}

fn told(status: StatusCode, lang: Lang, data: &Value, request_id: &str, counts: Counts, feed: Option<FeedId>) -> Answer {
    let (msg, error) =
        if status.is_success() { ("success".to_owned(), None) } else { (lang.say("api-all-rejected", &[]), Some("ALL_REJECTED")) };
    let mut body = envelope(status, &msg, error, data);
    if let Some(map) = body.as_object_mut() {
        map.insert("requestId".into(), request_id.into());
    }
    Answer { status, body: body.to_string(), counts, feed, problem: error.map(ToOwned::to_owned), replayed: false }
}

fn failed(ctx: &Ctx, lang: Lang, e: &Error) -> Answer {
    if let Error::Broken(why) = e {
        tracing::error!(%why, request_id = %ctx.request_id, "call failed");
    }
    let mut body = envelope(e.status(), &e.text().say(lang), Some(e.wire()), &Value::Null);
    if let Some(map) = body.as_object_mut() {
        map.insert("requestId".into(), ctx.request_id.to_string().into());
    }
    Answer {
        status: e.status(),
        body: body.to_string(),
        counts: Counts::default(),
        feed: None,
        problem: Some(e.wire().to_owned()),
        replayed: false,
    }
}

/// Somebody who could not prove who they are.
fn refuse(ctx: &Ctx, lang: Option<Lang>, e: &Error) -> HttpResponse {
    let answer = failed(ctx, lang.unwrap_or(ctx.lang), e);
    let mut reply = HttpResponse::build(answer.status);
    match e {
        Error::TooMany { retry_after, limit } => {
            reply.insert_header((header::RETRY_AFTER, retry_after.to_string()));
            reply.insert_header(("X-RateLimit-Limit", limit.to_string()));
            reply.insert_header(("X-RateLimit-Remaining", "0"));
        }
        Error::Busy => {
            reply.insert_header((header::RETRY_AFTER, "1"));
        }
        // What was not read must not become the next request on this connection.
        Error::Call(Code::TooLarge | Code::CutShort, _) => {
            reply.force_close();
        }
        _ => {}
    }
    reply.content_type(mime::APPLICATION_JSON).body(answer.body)
}

fn dress(app: &App, answer: Answer) -> HttpResponse {
    let status = if app.always_200 { StatusCode::OK } else { answer.status };
    let mut reply = HttpResponse::build(status);
    reply.insert_header(("X-RateLimit-Limit", app.limit.to_string()));
    reply.insert_header(("X-RateLimit-Remaining", app.remaining.to_string()));
    reply.insert_header(("X-RateLimit-Reset", app.resets_in.to_string()));
    if answer.replayed {
        reply.insert_header((HeaderName::from_static("idempotent-replay"), HeaderValue::from_static("true")));
    }
    if answer.status == StatusCode::SERVICE_UNAVAILABLE {
        reply.insert_header((header::RETRY_AFTER, "1"));
    }
    reply.content_type(mime::APPLICATION_JSON).body(answer.body)
}
