//! What every request passes, once: a request id, the method a plain form means, the same-origin check, and on the way
//! out the security headers, the log line and the metrics.

use super::{Actor, Platform};
use crate::text::Text;
use crate::{Error, Result};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, middleware::Next, web::Data};
use std::time::Instant;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// Names one request in answers, logs, trail and feeds; a version 7 UUID, so it also tells when.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

/// Scripts, styles and pictures come from us alone; nothing inline, no framing, no plugins.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; \
                   form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

const HEADERS: [(&str, &str); 8] = [
    ("content-security-policy", CSP),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("x-robots-tag", "noindex, nofollow"),
];

/// Outermost: request id in, headers, log and metrics out.
pub async fn dress(req: ServiceRequest, next: Next<impl MessageBody + 'static>) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let started = Instant::now();
    let platform = req.app_data::<Data<Platform>>().cloned();
    let now = platform.as_ref().map(|p| p.clock.now()).unwrap_or_default();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let id = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos()));
    req.extensions_mut().insert(RequestId(id));
    let mut req = req;
    override_method(&mut req);
    let (method, path) = (req.method().clone(), req.path().to_owned());
    let https = platform.is_some_and(|p| p.https);
    let is_static = path.starts_with("/static/");
    let mut answer = match next.call(req).await {
        Ok(answer) => answer,
        Err(e) => {
            let mut answer = e.error_response();
            let status = answer.status();
            dress_headers(answer.headers_mut(), id, https);
            tracing::warn!(request_id = %id, %method, status = status.as_u16(), "request failed below the handlers");
            return Err(InternalError::from_response(e, answer).into());
        }
    };
    let status = answer.status();
    dress_headers(answer.headers_mut(), id, https);
    let pattern = answer.request().match_pattern().unwrap_or_else(|| "unmatched".into());
    let ms = started.elapsed().as_millis();
    metrics::counter!("duijie_requests_total", "route" => pattern.clone(), "method" => method.to_string(), "status" => status.as_u16().to_string()).increment(1);
    metrics::histogram!("duijie_request_seconds", "route" => pattern.clone()).record(started.elapsed().as_secs_f64());
    if !is_static {
        tracing::info!(request_id = %id, %method, route = %pattern, status = status.as_u16(), ms, "request");
    }
    Ok(answer)
}

fn dress_headers(headers: &mut HeaderMap, id: Uuid, https: bool) {
    for (name, value) in HEADERS {
        if !headers.contains_key(name) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
}

/// A plain form can only POST; `?_method=delete` says what it means.
fn override_method(req: &mut ServiceRequest) {
    let wanted = req.query_string().split('&').find_map(|pair| pair.strip_prefix("_method="));
    if req.method() == Method::POST {
        match wanted {
            Some("delete") => req.head_mut().method = Method::DELETE,
            Some("put") => req.head_mut().method = Method::PUT,
            _ => {}
        }
    }
}

/// CSRF: a change must come from our own pages. Signed API calls carry no cookie and are exempt.
pub async fn same_origin(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    let changes = !matches!(*req.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !req.path().starts_with("/api/") {
        let host = req.connection_info().host().to_owned();
        let actor = req.extensions().get::<Actor>().cloned().unwrap_or_default();
        if let Err(refused) = allowed(req.headers(), &host, &actor) {
            return Ok(req.error_response(refused).map_into_right_body());
        }
    }
    Ok(next.call(req).await?.map_into_left_body())
}

/// `Sec-Fetch-Site` decides; browsers on plain HTTP do not send it, then `Origin` must be ours; with neither (or `null`)
/// the session's token must come along.
fn allowed(headers: &HeaderMap, host: &str, actor: &Actor) -> Result<()> {
    let head = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let refused = || Error::Forbidden(Text::new("error-cross-site"));
    match (head("sec-fetch-site"), head("origin")) {
        (Some("same-origin" | "none"), _) => Ok(()),
        (Some(_), _) => Err(refused()),
        (None, Some(origin)) if origin != "null" => {
            let ours = origin.split_once("://").is_some_and(|(_, origin_host)| origin_host == host);
            if ours { Ok(()) } else { Err(refused()) }
        }
        (None, _) => {
            let token = head("x-csrf-token").unwrap_or_default();
            let expected = match actor {
                Actor::Person(person) => person.csrf.as_str(),
                Actor::Nobody => "",
            };
            let same: bool = token.as_bytes().ct_eq(expected.as_bytes()).into();
            if same && !expected.is_empty() { Ok(()) } else { Err(refused()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (HeaderName::from_static(k), HeaderValue::from_static(v))).collect()
    }

    // G23
    #[test]
    fn only_our_own_pages_may_change_things() {
        let nobody = Actor::Nobody;
        for (sent, fine) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "http://shop.example")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://shop.example")], true),
            (&[("origin", "http://evil.example")], false),
            (&[("origin", "null")], false),
            (&[], false),
        ] {
            assert_eq!(allowed(&headers(sent), "shop.example", &nobody).is_ok(), fine, "{sent:?}");
        }
    }
}
