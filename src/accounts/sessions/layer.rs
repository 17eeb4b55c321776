//! The session around a request, and the person it names.

use super::model::{self, KEEP_DAYS};
use super::store::Store;
use crate::accounts::sealing;
use crate::ids::UserId;
use crate::text::Lang;
use crate::web::{Actor, Person, Platform, Role};
use crate::{Error, Result};
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_session::{Session, SessionExt, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpMessage, HttpRequest, middleware::Next, web::Data};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// The longest browser name worth keeping.
const AGENT_LENGTH: usize = 300;

/// Addresses that know no people: they cost no look at the session, and work while the database does not.
fn is_impersonal(path: &str) -> bool {
    path.starts_with("/static/") || path.starts_with("/api/") || matches!(path, "/healthz" | "/readyz" | "/metrics")
}

/// actix-session with our store, on pages only.
#[derive(Clone)]
pub struct SessionLayer {
    inner: SessionMiddleware<Store>,
    cookie: &'static str,
}

/// The session layer of the application.
pub fn session_layer(platform: &Platform) -> SessionLayer {
    let cookie = if platform.https { "__Host-duijie" } else { "duijie" };
    let key = [sealing::derive(&platform.master_key, "cookie-signing"), sealing::derive(&platform.master_key, "cookie-sealing")].concat();
    let inner = SessionMiddleware::builder(Store { db: platform.db.clone(), clock: platform.clock.clone() }, Key::from(&key))
        .cookie_name(cookie.to_owned())
        .cookie_secure(platform.https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build();
    SessionLayer { inner, cookie }
}

/// In the request's extensions: the session's cookie outlives the browser's window.
struct Lasting;

type Inner<S> = <SessionMiddleware<Store> as Transform<Rc<S>, ServiceRequest>>::Transform;

pub struct SessionService<S>
where
    SessionMiddleware<Store>: Transform<Rc<S>, ServiceRequest>,
{
    with_session: Inner<S>,
    without: Rc<S>,
    cookie: &'static str,
}

type Pinned<T, E> = Pin<Box<dyn Future<Output = std::result::Result<T, E>>>>;

impl<S, B> Transform<S, ServiceRequest> for SessionLayer
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Transform = SessionService<S>;
    type InitError = ();
    type Future = Pinned<Self::Transform, ()>;

    fn new_transform(&self, service: S) -> Self::Future {
        let without = Rc::new(service);
        let (making, cookie) = (self.inner.new_transform(Rc::clone(&without)), self.cookie);
        Box::pin(async move { Ok(SessionService { with_session: making.await?, without, cookie }) })
    }
}

impl<S, B> Service<ServiceRequest> for SessionService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = actix_web::Error;
    type Future = Pinned<Self::Response, Self::Error>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<std::result::Result<(), Self::Error>> {
        self.without.poll_ready(cx)
    }

    fn call(&self, req: ServiceRequest) -> Self::Future {
        if is_impersonal(req.path()) {
            return Box::pin(self.without.call(req));
        }
        let (answering, cookie) = (self.with_session.call(req), self.cookie);
        Box::pin(async move {
            let mut answer = answering.await.map_err(passing)?;
            if answer.request().extensions().get::<Lasting>().is_some() {
                make_lasting(&mut answer, cookie);
            }
            Ok(answer)
        })
    }
}

/// The session middleware hides its failures behind a bare 500; what failed is our database, and that passes.
fn passing(e: actix_web::Error) -> actix_web::Error {
    if e.as_error::<Error>().is_none() && e.as_response_error().status_code() == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!(why = %e, "no session could be read or kept");
        return Error::Busy.into();
    }
    e
}

/// The cookie of somebody who asked to stay logged in.
fn make_lasting<B>(answer: &mut ServiceResponse<B>, name: &str) {
    let headers = answer.headers_mut();
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let ours = cookie.to_str().ok().filter(|text| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
        let lasting = ours.and_then(|text| HeaderValue::from_str(&format!("{text}; Max-Age={}", KEEP_DAYS * 86_400)).ok());
        headers.append(header::SET_COOKIE, lasting.unwrap_or(cookie));
    }
}

/// Starts somebody's session under a new id; whatever the old one knew is gone.
pub fn begin(req: &HttpRequest, session: &Session, platform: &Platform, user: UserId, keep: bool) -> Result<()> {
    let agent = req.headers().get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let agent: String = agent.chars().take(AGENT_LENGTH).collect();
    session.renew();
    session.clear();
    let put = |name: &str, value: serde_json::Value| session.insert(name, value).map_err(Error::broken);
    put("uid", user.0.into())?;
    put("csrf", sealing::hex(&rand::random::<[u8; 32]>()).into())?;
    put("sid", sealing::hex(&rand::random::<[u8; 8]>()).into())?;
    put("keep", keep.into())?;
    put("agent", agent.into())?;
    if let Some(ip) = address(req, platform) {
        put("ip", ip.to_string().into())?;
    }
    if keep {
        req.extensions_mut().insert(Lasting);
    }
    Ok(())
}

/// Where a request comes from. Behind a proxy that is the last address in `X-Forwarded-For`, the one our own proxy has
/// seen; those before it are whatever the caller claims.
pub fn address(req: &HttpRequest, platform: &Platform) -> Option<IpAddr> {
    let forwarded = || req.headers().get_all("x-forwarded-for").last()?.to_str().ok()?.rsplit(',').next();
    match forwarded() {
        Some(text) if platform.behind_proxy => text.trim().parse().ok(),
        _ => req.peer_addr().map(|peer| peer.ip()),
    }
}

/// The public name of the session at hand.
pub fn current(session: &Session) -> String {
    session.get("sid").ok().flatten().unwrap_or_default()
}

/// Whether its owner asked to stay logged in.
pub fn keeps(session: &Session) -> bool {
    session.get("keep").ok().flatten().unwrap_or_default()
}

/// Puts the person the session names into the request, for the handlers to find. Somebody disabled since is nobody.
pub async fn identify(req: ServiceRequest, next: Next<impl MessageBody + 'static>) -> actix_web::Result<ServiceResponse<impl MessageBody>> {
    if !is_impersonal(req.path()) {
        let session = req.get_session();
        let user: Option<i64> = session.get("uid").ok().flatten();
        match person(&req, &session, user).await {
            Ok(Some(person)) => {
                req.extensions_mut().insert(Actor::Person(person));
            }
            Ok(None) => {}
            Err(e) => return Ok(req.error_response(e).map_into_right_body()),
        }
    }
    Ok(next.call(req).await?.map_into_left_body())
}

async fn person(req: &ServiceRequest, session: &Session, user: Option<i64>) -> Result<Option<Person>> {
    let (Some(user), Some(platform)) = (user, req.app_data::<Data<Platform>>()) else {
        return Ok(None);
    };
    let known = platform.db.read(move |c| model::known(c, UserId(user))).await?;
    let Some(known) = known else { return Ok(None) };
    let role = Role::of(&known.role).ok_or_else(|| Error::broken(format!("user {} has the unknown role {}", known.id, known.role)))?;
    Ok(Some(Person {
        user: known.id,
        name: known.name,
        login: known.login,
        role,
        merchant: known.merchant_id,
        merchant_name: known.merchant_name,
        permissions: known.permissions,
        lang: known.language.as_deref().map(Lang::read),
        csrf: session.get("csrf").ok().flatten().unwrap_or_default(),
    }))
}

/// A place on this site to go to: never another site's, whatever was asked for.
pub fn same_site(wanted: &str) -> &str {
    let is_path = wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains(['\\', '\r', '\n', '\t', '\0']);
    if is_path { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_leads_elsewhere() {
        for (wanted, place) in [
            ("/stock?view=low", "/stock?view=low"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("javascript:alert(1)", "/"),
        ] {
            assert_eq!(same_site(wanted), place, "{wanted:?}");
        }
    }
}
