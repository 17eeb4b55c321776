//! One answer, three faces: a whole page, the part htmx swaps in, or the JSON envelope.

use super::{Ctx, Frame, filters};
use crate::text::{Lang, Text};
use crate::{Error, Result};
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, middleware::Next};
use askama::Template;
use serde::Serialize;
use serde_json::{Value, json};

pub type Reply = Result<HttpResponse>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    Page,
    Part,
    Json,
}

impl Wants {
    /// JSON is what a client asks for, or what it speaks when it does not ask. A browser always asks for HTML.
    pub fn of(req: &HttpRequest) -> Self {
        let head = |name: &str| req.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or("");
        let accept = head("accept");
        if !head("hx-request").is_empty() {
            let whole =
                !head("hx-boosted").is_empty() || !head("hx-history-restore-request").is_empty() || head("hx-request-type") == "full";
            if whole { Wants::Page } else { Wants::Part }
        } else if accept.contains("text/html") {
            Wants::Page
        } else if accept.contains("application/json")
            || head("content-type").starts_with("application/json")
            || req.path().starts_with("/api/")
        {
            Wants::Json
        } else {
            Wants::Page
        }
    }

    pub fn answer<V: View>(self, status: StatusCode, lang: Lang, view: &V) -> Reply {
        let mut answer = HttpResponse::build(status);
        answer.insert_header((header::VARY, "accept, hx-request, hx-target, accept-language, cookie"));
        Ok(match self {
            Wants::Page => answer.content_type(mime::TEXT_HTML_UTF_8).body(view.page(lang).map_err(Error::broken)?),
            Wants::Part => answer.content_type(mime::TEXT_HTML_UTF_8).body(view.part(lang).map_err(Error::broken)?),
            Wants::Json => {
                answer.json(envelope(status, &view.message(lang), None, &serde_json::to_value(view.data()).map_err(Error::broken)?))
            }
        })
    }
}

/// V-01: the envelope; `error` and `requestId` are ours.
pub fn envelope(status: StatusCode, msg: &str, error: Option<&str>, data: &Value) -> Value {
    let mut envelope = json!({ "code": status.as_u16(), "msg": msg, "success": status.is_success(), "data": data });
    if let (Some(map), Some(error)) = (envelope.as_object_mut(), error) {
        map.insert("error".into(), error.into());
    }
    envelope
}

/// Something we can show. Write `page` and `part` with `show!`, and say what the JSON is.
pub trait View {
    fn page(&self, lang: Lang) -> askama::Result<String>;
    fn part(&self, lang: Lang) -> askama::Result<String>;
    fn data(&self) -> impl Serialize;
    fn message(&self, _: Lang) -> String {
        "success".into()
    }
}

/// Ties a template with a `part` block to [`View`].
#[macro_export]
macro_rules! show {
    ($view:ty, |$self:ident| $data:expr $(, |$lang:ident| $msg:expr)?) => {
        impl $crate::web::View for $view {
            fn page(&self, lang: $crate::text::Lang) -> askama::Result<String> {
                askama::Template::render_with_values(self, &$crate::web::filters::values(lang))
            }
            fn part(&self, lang: $crate::text::Lang) -> askama::Result<String> {
                askama::Template::render_with_values(&self.as_part(), &$crate::web::filters::values(lang))
            }
            fn data(&self) -> impl serde::Serialize {
                let $self = self;
                $data
            }
            $(fn message(&self, $lang: $crate::text::Lang) -> String {
                let $self = self;
                $msg
            })?
        }
    };
}

/// Answers a browser's action with a redirect, and a machine's with the envelope.
pub fn redirect(ctx: &Ctx, to: &str) -> HttpResponse {
    match ctx.wants {
        Wants::Json => HttpResponse::Ok().json(envelope(StatusCode::OK, "success", None, &json!({ "location": to }))),
        Wants::Part => HttpResponse::Ok().insert_header(("HX-Redirect", to)).finish(),
        Wants::Page => HttpResponse::SeeOther().insert_header((header::LOCATION, to)).finish(),
    }
}

#[derive(Template)]
#[template(path = "error.html", blocks = ["part"])]
struct Failure {
    frame: Frame,
    status: u16,
    title: Text,
    message: Text,
    request_id: String,
    details: Value,
}
show!(Failure, |v| &v.details);

impl Failure {
    fn title(status: StatusCode) -> Text {
        Text::new(match status.as_u16() {
            401 => "error-title-401",
            403 => "error-title-403",
            404 => "error-title-404",
            409 => "error-title-409",
            413 => "error-title-413",
            422 => "error-title-422",
            429 => "error-title-429",
            503 => "error-title-503",
            500..=599 => "error-title-500",
            _ => "error-title-400",
        })
    }
}

/// The one door all failures leave by: our own, actix's, and the router's.
pub async fn present(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<EitherBody<BoxBody, BoxBody>>> {
    // The request belongs to whoever answers it; if a layer below fails, this is all that is left to speak from.
    let (asked, get) = (Ctx::of(req.request())?, *req.method() == Method::GET);
    let answer = match next.call(req).await {
        Ok(answer) => answer.map_into_boxed_body(),
        Err(e) => {
            let body = Told::by(&e, &asked).answer(&asked, get)?;
            return Err(InternalError::from_response(e, body).into());
        }
    };
    let status = answer.status();
    let finished = answer.response().error().is_none() && answer.headers().contains_key(header::CONTENT_TYPE);
    if finished || !(status.is_client_error() || status.is_server_error()) {
        return Ok(answer.map_into_left_body());
    }
    let ctx = Ctx::of(answer.request())?;
    let told = answer.response().error().map_or_else(|| Told::status(status), |e| Told::by(e, &ctx));
    let body = told.answer(&ctx, get)?;
    Ok(answer.into_response(body).map_into_right_body())
}

struct Told {
    status: StatusCode,
    message: Text,
    wire: &'static str,
    fields: Vec<(String, Text)>,
    retry_after: Option<u64>,
}

impl Told {
    /// What to say about a failure; a fault of ours is logged here, once.
    fn by(e: &actix_web::Error, ctx: &Ctx) -> Self {
        match e.as_error::<Error>() {
            Some(ours) => {
                if let Error::Broken(why) = ours {
                    tracing::error!(%why, request_id = %ctx.request_id, path = %ctx.path, "request failed");
                }
                Self::of(ours)
            }
            None => Self::foreign(e.as_response_error().status_code(), &e.to_string()),
        }
    }
    fn of(e: &Error) -> Self {
        let fields = match e {
            Error::Invalid(form) => form.errors().map(|(field, text)| (field.to_owned(), text.clone())).collect(),
            _ => Vec::new(),
        };
        let retry_after = match e {
            Error::TooMany { retry_after, .. } => Some(*retry_after),
            Error::Busy => Some(1),
            _ => None,
        };
        Self { status: e.status(), message: e.text(), wire: e.wire(), fields, retry_after }
    }
    /// An extractor of the framework refused.
    fn foreign(status: StatusCode, why: &str) -> Self {
        let message = if status.is_server_error() { Text::new("error-broken") } else { Text::new("error-malformed").with(why) };
        Self { message, ..Self::status(status) }
    }
    fn status(status: StatusCode) -> Self {
        let key = match status.as_u16() {
            404 => "error-not-found",
            405 => "error-method",
            413 => "error-too-large",
            500..=599 => "error-broken",
            _ => "error-malformed-plain",
        };
        let wire = match status.as_u16() {
            404 => "NOT_FOUND",
            405 => "BAD_METHOD",
            413 => "TOO_LARGE",
            500..=599 => "BROKEN",
            _ => "BAD_REQUEST",
        };
        Self { status, message: Text::new(key), wire, fields: Vec::new(), retry_after: None }
    }

    fn answer(self, ctx: &Ctx, get: bool) -> Reply {
        if self.status == StatusCode::UNAUTHORIZED && ctx.wants != Wants::Json {
            return Ok(to_login(ctx, get));
        }
        let fields: serde_json::Map<String, Value> = self.fields.iter().map(|(f, t)| (f.clone(), t.say(ctx.lang).into())).collect();
        let mut answer = if ctx.wants == Wants::Json {
            let data = if fields.is_empty() { Value::Null } else { Value::Object(fields) };
            let mut body = envelope(self.status, &self.message.say(ctx.lang), Some(self.wire), &data);
            if let Some(map) = body.as_object_mut() {
                map.insert("requestId".into(), ctx.request_id.to_string().into());
            }
            HttpResponse::build(self.status).json(body)
        } else {
            let failure = Failure {
                frame: ctx.frame("error"),
                status: self.status.as_u16(),
                title: Failure::title(self.status),
                message: self.message,
                request_id: ctx.request_id.to_string(),
                details: Value::Object(fields),
            };
            ctx.wants.answer(self.status, ctx.lang, &failure)?
        };
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
        }
        Ok(answer)
    }
}

/// Where to come back to is remembered, unless it was an action.
fn to_login(ctx: &Ctx, get: bool) -> HttpResponse {
    let next = if get && ctx.wants == Wants::Page { ctx.path.clone() } else { "/".to_owned() };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", &next).finish();
    redirect(ctx, &format!("/login?{query}"))
}

impl actix_web::ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.status()
    }
    /// The body is written by [`present`], which knows who is asking.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}
