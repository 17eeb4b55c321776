//! Coming in, going out, and one's own password.

use crate::accounts::pages::{Done, again};
use crate::accounts::sessions;
use crate::accounts::users::form::{LoginForm, PasswordForm};
use crate::accounts::users::login::{Attempt, Verdict, verify_login};
use crate::accounts::users::{model, password};
use crate::form::Form;
use crate::text::Text;
use crate::web::{Actor, Ctx, Frame, Input, Reply, Seat, Wants, filters, redirect};
use crate::{Error, show};
use actix_session::Session;
use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Query;
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "accounts/login.html", blocks = ["part"])]
struct LoginPage {
    frame: Frame,
    form: Form,
    next: String,
}
show!(LoginPage, |v| &v.form);

#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// `GET /login`
pub async fn login(ctx: Ctx, query: Query<Next>) -> Reply {
    if matches!(ctx.actor, Actor::Person(_)) {
        return Ok(redirect(&ctx, sessions::same_site(&query.next)));
    }
    ctx.reply(LoginPage { frame: ctx.frame("login"), form: Form::default(), next: sessions::same_site(&query.next).to_owned() })
}

/// `POST /login`
pub async fn enter(ctx: Ctx, req: HttpRequest, session: Session, input: Input<LoginForm>) -> Reply {
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(&ctx, form.forget("password")),
    };
    let attempt = Attempt {
        login: typed.login.clone(),
        password: typed.password,
        ip: sessions::address(&req, &ctx.platform),
        request_id: Some(ctx.request_id),
    };
    let shown = Form::filled([
        ("login", typed.login),
        ("next", typed.next.clone()),
        ("keep", if typed.keep { "1".to_owned() } else { String::new() }),
    ]);
    match verify_login(&ctx.db, attempt, ctx.now).await? {
        Verdict::Right(user) => {
            sessions::begin(&req, &session, &ctx.platform, user, typed.keep)?;
            Ok(redirect(&ctx, sessions::same_site(&typed.next)))
        }
        Verdict::Wrong => refused(&ctx, shown.with_error("password", Text::new("login-wrong"))),
        Verdict::Wait(seconds) => {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            let text = if seconds < 60 {
                Text::new("login-wait").with(seconds)
            } else {
                Text::new("login-wait-minutes").with((seconds + 59) / 60)
            };
            let mut answer = if ctx.wants == Wants::Json {
                return Err(Error::TooMany { retry_after: u64::try_from(seconds).unwrap_or(1), limit: 4 });
            } else {
                ctx.wants.answer(StatusCode::TOO_MANY_REQUESTS, ctx.lang, &page(&ctx, shown.with_error("password", text)))?
            };
            answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
            Ok(answer)
        }
    }
}

fn page(ctx: &Ctx, form: Form) -> LoginPage {
    let next = sessions::same_site(form.value("next")).to_owned();
    LoginPage { frame: ctx.frame("login"), form, next }
}

fn refused(ctx: &Ctx, form: Form) -> Reply {
    again(ctx, form, |form| page(ctx, form))
}

/// `POST /logout`: the session is gone, on the server too.
pub async fn leave(ctx: Ctx, session: Session) -> Reply {
    session.purge();
    Ok(redirect(&ctx, "/login"))
}

#[derive(Template)]
#[template(path = "accounts/password.html", blocks = ["part"])]
struct PasswordPage {
    frame: Frame,
    form: Form,
    login: String,
}
show!(PasswordPage, |v| &v.form);

fn password_page(ctx: &Ctx, seat: &Seat, form: Form) -> PasswordPage {
    PasswordPage { frame: ctx.frame("password"), form, login: seat.person.login.clone() }
}

/// `GET /account/password`
pub async fn password(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.seat()?;
    ctx.reply(password_page(&ctx, &seat, Form::default()))
}

/// `POST /account/password`: every session ends; this one goes on under a new id.
pub async fn change_password(ctx: Ctx, req: HttpRequest, session: Session, input: Input<PasswordForm>) -> Reply {
    let seat = ctx.seat()?;
    let refused =
        |form: Form| again(&ctx, form.forget("current").forget("password").forget("repeat"), |form| password_page(&ctx, &seat, form));
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(form),
    };
    let (user, now) = (seat.person.user, ctx.now);
    let old = ctx.db.write(move |tx| model::password_to_compare(tx, user, now)).await?;
    if !password::fits(typed.current.clone(), Some(old)).await? {
        return refused(Form::default().with_error("current", Text::new("account-password-not-yours")));
    }
    if typed.password == typed.current {
        return refused(Form::default().with_error("password", Text::new("account-password-same")));
    }
    let person = &seat.person;
    if let Some(weak) = password::weakness(&typed.password, &[&person.login, &person.name, &person.merchant_name]) {
        return refused(Form::default().with_error("password", weak));
    }
    let hashed = password::hash(typed.password).await?;
    let cause = seat.cause.clone();
    ctx.db.write(move |tx| model::set_password(tx, &cause, user, &hashed)).await?;
    sessions::begin(&req, &session, &ctx.platform, user, sessions::keeps(&session))?;
    Ok(redirect(&ctx, "/account/password?done=password"))
}
