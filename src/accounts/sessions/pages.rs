//! Where somebody is logged in, and the language they read.

use super::layer::{current, same_site};
use super::model::{self, Session as Row};
use crate::accounts::pages::Done;
use crate::text::Lang;
use crate::web::{Actor, Ctx, Frame, Input, Reply, filters, redirect};
use crate::{Error, show};
use actix_session::Session;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use validator::Validate;

#[derive(Template)]
#[template(path = "accounts/sessions.html", blocks = ["part"])]
struct SessionsPage {
    frame: Frame,
    now: DateTime<Utc>,
    rows: Vec<Row>,
    current: String,
}
show!(SessionsPage, |v| serde_json::json!({ "sessions": v.rows, "current": v.current }));

impl SessionsPage {
    fn is_current(&self, row: &Row) -> bool {
        row.id == self.current
    }
    fn device(&self, row: &Row) -> String {
        device(row.agent.as_deref())
    }
    fn others(&self) -> bool {
        self.rows.iter().any(|row| !self.is_current(row))
    }
}

/// What to call the program somebody came with: browser and system, if we know them.
fn device(agent: Option<&str>) -> String {
    let agent = agent.unwrap_or_default();
    let first = |known: &[(&str, &'static str)]| known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name);
    // Every browser claims to be its predecessors: the most particular name comes first.
    let browser = first(&[
        ("MicroMessenger", "WeChat"),
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    [browser, system].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// `GET /account/sessions`
pub async fn list(ctx: Ctx, session: Session, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let (user, now) = (ctx.seat()?.person.user, ctx.now);
    let rows = ctx.db.read(move |c| model::of_user(c, user, now)).await?;
    ctx.reply(SessionsPage { frame: ctx.frame("sessions"), now, rows, current: current(&session) })
}

/// `DELETE /account/sessions/{id}`
pub async fn end(ctx: Ctx, session: Session, id: Path<String>) -> Reply {
    let seat = ctx.seat()?;
    let (sid, user) = (id.into_inner(), seat.person.user);
    if sid == current(&session) {
        session.purge();
        return Ok(redirect(&ctx, "/login"));
    }
    ctx.db.write(move |tx| model::end_one(tx, &seat.cause, user, &sid)).await?;
    Ok(redirect(&ctx, "/account/sessions?done=ended"))
}

/// `DELETE /account/sessions`: all but the one at hand.
pub async fn end_others(ctx: Ctx, session: Session) -> Reply {
    let seat = ctx.seat()?;
    let (sid, user) = (current(&session), seat.person.user);
    ctx.db.write(move |tx| model::end_all_but(tx, &seat.cause, user, &sid)).await?;
    Ok(redirect(&ctx, "/account/sessions?done=ended"))
}

#[derive(Deserialize, Validate)]
pub struct LanguageForm {
    lang: String,
    #[serde(default)]
    next: String,
}

/// `POST /language`: kept in a cookie for this browser, and with the account for the others.
pub async fn language(ctx: Ctx, input: Input<LanguageForm>) -> Reply {
    let typed = input.checked()?;
    let lang = match typed.lang.as_str() {
        "zh-CN" => Lang::Zh,
        "en" => Lang::En,
        _ => return Err(Error::NotFound),
    };
    if let Actor::Person(person) = &ctx.actor {
        let user = person.user;
        ctx.db.write(move |tx| model::set_language(tx, user, lang.tag())).await?;
    }
    let mut answer = redirect(&ctx, same_site(&typed.next));
    let cookie = Cookie::build("lang", lang.tag())
        .path("/")
        .max_age(Duration::days(365))
        .same_site(SameSite::Lax)
        .secure(ctx.platform.https)
        .finish();
    answer.add_cookie(&cookie).map_err(Error::broken)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn browsers_have_names() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(device(Some(edge)), "Edge · Windows");
        assert_eq!(device(Some("curl/8.5.0")), "curl");
        assert_eq!(device(None), "");
    }
}
