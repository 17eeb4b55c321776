//! Who is asking, what for, and how they want the answer.

use super::frame::initial;
use super::{Actor, Frame, FrameTenant, FrameUser, Live, NavGroup, Person, Reply, RequestId, Seat, View, Wants};
use crate::clock::Clock;
use crate::outward::Outward;
use crate::text::{Lang, Text};
use crate::{Db, Error, Result};
use actix_web::http::{StatusCode, Uri};
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use chrono::{DateTime, Utc};
use std::future::{Ready, ready};
use uuid::Uuid;

/// What the running program is made of; one per process, shared by all requests.
#[derive(Clone)]
pub struct Platform {
    pub db: Db,
    pub clock: Clock,
    /// 32 bytes that seal secrets and cookies.
    pub master_key: [u8; 32],
    /// The outside address starts with https.
    pub https: bool,
    pub behind_proxy: bool,
    pub dev: bool,
    /// Which pages somebody has; given from above, since the web layer knows none.
    pub nav: fn(&Person) -> Vec<NavGroup>,
    /// Those who are looking at what changes by itself.
    pub live: Live,
    /// The way to merchants' ERPs.
    pub outward: Outward,
}

/// How somebody likes pages to look and sound; read from cookies.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub lang: Lang,
    pub theme: &'static str,
    pub density: &'static str,
}

impl Shown {
    fn of(req: &HttpRequest, actor: &Actor) -> Self {
        let cookie = |name: &str| req.cookie(name).map(|c| c.value().to_owned()).unwrap_or_default();
        let chosen = match actor {
            Actor::Person(person) => person.lang,
            Actor::Nobody => None,
        };
        let accepts = || req.headers().get("accept-language").and_then(|v| v.to_str().ok()).map(Lang::read).unwrap_or_default();
        let cookie_lang = match cookie("lang").as_str() {
            "en" => Some(Lang::En),
            "zh-CN" => Some(Lang::Zh),
            _ => None,
        };
        Self {
            lang: cookie_lang.or(chosen).unwrap_or_else(accepts),
            theme: match cookie("theme").as_str() {
                "light" => "light",
                "dark" => "dark",
                _ => "auto",
            },
            density: match cookie("density").as_str() {
                "compact" => "compact",
                "cozy" => "cozy",
                _ => "default",
            },
        }
    }
}

#[derive(Clone)]
pub struct Ctx {
    pub db: Db,
    pub wants: Wants,
    pub actor: Actor,
    pub lang: Lang,
    pub now: DateTime<Utc>,
    pub request_id: Uuid,
    pub shown: Shown,
    pub platform: Data<Platform>,
    pub path: String,
    /// The page from which htmx asks, as path and query.
    pub behind: Option<String>,
    pub notice: Option<Text>,
}

impl Ctx {
    pub fn of(req: &HttpRequest) -> Result<Self> {
        let platform = req.app_data::<Data<Platform>>().cloned().ok_or_else(|| Error::broken("no platform is registered"))?;
        let actor = req.extensions().get::<Actor>().cloned().unwrap_or_default();
        let request_id = req.extensions().get::<RequestId>().map_or_else(Uuid::nil, |id| id.0);
        let shown = Shown::of(req, &actor);
        let query = req.query_string();
        let path = if query.is_empty() { req.path().to_owned() } else { format!("{}?{query}", req.path()) };
        let current = req.headers().get("hx-current-url").and_then(|v| v.to_str().ok());
        let behind = current.and_then(|url| url.parse::<Uri>().ok()).and_then(|uri| uri.path_and_query().map(ToString::to_string));
        Ok(Self {
            db: platform.db.clone(),
            wants: Wants::of(req),
            actor,
            lang: shown.lang,
            now: platform.clock.now(),
            request_id,
            shown,
            platform,
            path,
            behind,
            notice: None,
        })
    }

    /// The asker's place at a merchant. A page of a merchant starts here, so that forgetting the scope is impossible.
    ///
    /// # Errors
    /// `LoggedOut` for nobody, `NotFound` for the platform's people, who have no merchant.
    pub fn merchant(&self) -> Result<Seat> {
        let seat = self.actor.seat(self.now, self.request_id)?;
        if seat.person.role.is_platform() { Err(Error::NotFound) } else { Ok(seat) }
    }

    /// The asker's place on the platform; merchants' people do not find it.
    pub fn platform_seat(&self) -> Result<Seat> {
        let seat = self.actor.seat(self.now, self.request_id)?;
        if seat.person.role.is_platform() { Ok(seat) } else { Err(Error::NotFound) }
    }

    /// Whoever is logged in.
    pub fn seat(&self) -> Result<Seat> {
        self.actor.seat(self.now, self.request_id)
    }

    /// The frame of a page; `page` is its navigation id.
    pub fn frame(&self, page: &'static str) -> Frame {
        let bare = Frame {
            lang: self.lang,
            theme: self.shown.theme,
            density: self.shown.density,
            path: self.path.clone(),
            page,
            request_id: self.request_id.to_string(),
            notice: self.notice.clone(),
            dev: self.platform.dev,
            ..Frame::default()
        };
        let Actor::Person(person) = &self.actor else {
            return bare;
        };
        Frame {
            platform: person.role.is_platform(),
            user: Some(FrameUser { name: person.name.clone(), initial: initial(&person.name), role: person.role.label() }),
            tenant: Some(FrameTenant {
                name: person.merchant_name.clone(),
                initial: initial(&person.merchant_name),
                note: Text::new(person.role.label()),
            }),
            nav: (self.platform.nav)(person),
            csrf: person.csrf.clone(),
            ..bare
        }
    }

    pub fn reply(&self, view: impl View) -> Reply {
        self.wants.answer(StatusCode::OK, self.lang, &view)
    }
    /// The form again, with what was typed and what is wrong.
    pub fn invalid(&self, view: impl View) -> Reply {
        self.wants.answer(StatusCode::UNPROCESSABLE_ENTITY, self.lang, &view)
    }
    #[must_use]
    pub fn noticing(mut self, notice: Text) -> Self {
        self.notice = Some(notice);
        self
    }
}

impl FromRequest for Ctx {
    type Error = Error;
    type Future = Ready<Result<Self>>;
    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(req))
    }
}
