//! Who works here: the list, one person, and what they may do.

pub mod own;

use super::form::{NewUserForm, UserForm};
use super::model::{self, Changes, NewUser, User};
use super::password;
use crate::accounts::pages::{Done, again};
use crate::form::Form;
use crate::ids::{MerchantId, UserId};
use crate::merchants::{self, Merchant};
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Role, Seat, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// More merchants than a choice list can hold are found by search, not here.
const MERCHANTS_TO_CHOOSE: i64 = 500;

/// A permission somebody can be given, as the form shows it.
const GRANTS: [(Permission, &str); 5] = [
    (Permission::EditStock, "account-grant-stock"),
    (Permission::EditProducts, "account-grant-products"),
    (Permission::EditListing, "account-grant-listing"),
    (Permission::EditPrices, "account-grant-prices"),
    (Permission::EditOrders, "account-grant-orders"),
];

/// Whose people somebody manages: one merchant's, or everybody's for an admin.
fn realm(seat: &Seat) -> Option<MerchantId> {
    (seat.person.role != Role::Admin).then_some(seat.merchant)
}

/// The roles somebody may give to people of a merchant.
fn roles(merchant: Option<MerchantId>) -> Vec<Role> {
    let fits = |role: &Role| merchant.is_none_or(|m| role.is_platform() == (m == MerchantId::PLATFORM));
    Role::ALL.into_iter().filter(fits).collect()
}

#[derive(Deserialize)]
pub struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

struct Row {
    user: User,
    /// Text key.
    role: &'static str,
    /// Text keys of what was granted one by one.
    grants: Vec<&'static str>,
}

impl Row {
    fn of(user: User) -> Self {
        let role = Role::of(&user.role).map_or("role-staff", Role::label);
        let held = |(grant, label): (Permission, &'static str)| user.permissions.iter().any(|p| p == grant.as_str()).then_some(label);
        let grants = GRANTS.into_iter().filter_map(held).collect();
        Self { user, role, grants }
    }
}

#[derive(Template)]
#[template(path = "accounts/users.html", blocks = ["part"])]
struct UsersPage {
    frame: Frame,
    now: DateTime<Utc>,
    q: String,
    page: Page<Row>,
    pager: Pager,
    form: Form,
    roles: Vec<Role>,
    /// Empty for those who have one merchant only.
    merchants: Vec<Merchant>,
}
show!(UsersPage, |v| serde_json::json!({ "users": v.page.rows.iter().map(|r| &r.user).collect::<Vec<_>>(), "next": v.page.next }));

async fn users_page(ctx: &Ctx, seat: &Seat, query: &ListQuery, form: Form) -> Result<UsersPage> {
    let of = realm(seat);
    let (text, after) = (query.q.trim().to_owned(), Cursor::read::<UserId>(&query.after));
    let (users, merchants) = ctx
        .db
        .snapshot(move |c| {
            let users = model::list(c, of, &text, after, PER_PAGE + 1)?;
            let merchants = if of.is_none() { merchants::all(c, "", MERCHANTS_TO_CHOOSE)? } else { Vec::new() };
            Ok((users, merchants))
        })
        .await?;
    let page = Page::cut(users, PER_PAGE, |u| u.id).map(Row::of);
    let encoded = form_urlencoded::Serializer::new(String::new()).append_pair("q", query.q.trim()).finish();
    let pager = Pager::of("/users", if query.q.trim().is_empty() { "" } else { &encoded }, Some(&query.after), &page);
    Ok(UsersPage { frame: ctx.frame("users"), now: ctx.now, q: query.q.trim().to_owned(), page, pager, form, roles: roles(of), merchants })
}

/// `GET /users`
pub async fn list(ctx: Ctx, query: Query<ListQuery>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.seat()?.may(Permission::ManageUsers)?;
    let page = users_page(&ctx, &seat, &query, Form::filled([("role", "staff".to_owned())])).await?;
    ctx.reply(page)
}

/// `POST /users`
pub async fn add(ctx: Ctx, input: Input<NewUserForm>) -> Reply {
    let seat = ctx.seat()?.may(Permission::ManageUsers)?;
    let everything = ListQuery { q: String::new(), after: String::new() };
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(&ctx, &seat, &everything, form.forget("password")).await,
    };
    let merchant = realm(&seat).unwrap_or(MerchantId(typed.merchant.unwrap_or_default()));
    let shown = typed_again(&typed);
    let Some(role) = allowed_role(&typed.role, merchant) else {
        return refused(&ctx, &seat, &everything, shown.with_error("role", Text::new("account-role-wrong"))).await;
    };
    let of = match ctx.db.read(move |c| merchants::find(c, merchant)).await {
        Ok(of) => of,
        Err(Error::NotFound) => {
            return refused(&ctx, &seat, &everything, shown.with_error("merchant", Text::new("account-merchant-wrong"))).await;
        }
        Err(e) => return Err(e),
    };
    if let Some(weak) = password::weakness(&typed.password, &[&typed.login, &typed.name, &of.name]) {
        return refused(&ctx, &seat, &everything, shown.with_error("password", weak)).await;
    }
    let new = NewUser {
        merchant,
        login: typed.login,
        name: typed.name.trim().to_owned(),
        role: role.as_str().to_owned(),
        permissions: granted(role, &typed.permissions),
        password_hash: password::hash(typed.password).await?,
    };
    let cause = seat.cause.clone();
    match ctx.db.write(move |tx| model::create(tx, &cause, &new)).await {
        Ok(id) => Ok(redirect(&ctx, &format!("/users/{id}?done=created"))),
        Err(Error::Invalid(why)) => {
            let form = why.errors().fold(shown, |form, (field, text)| form.with_error(field, text.clone()));
            refused(&ctx, &seat, &everything, form).await
        }
        Err(e) => Err(e),
    }
}

async fn refused(ctx: &Ctx, seat: &Seat, query: &ListQuery, form: Form) -> Reply {
    let page = users_page(ctx, seat, query, form.clone()).await?;
    again(ctx, form, |_| page)
}

/// What was typed, without the password.
fn typed_again(typed: &NewUserForm) -> Form {
    let merchant = typed.merchant.map(|m| m.to_string()).unwrap_or_default();
    let one = [("login", typed.login.clone()), ("name", typed.name.clone()), ("role", typed.role.clone()), ("merchant", merchant)];
    Form::filled(one.into_iter().chain(typed.permissions.iter().map(|p| ("permissions", p.clone()))))
}

fn allowed_role(name: &str, merchant: MerchantId) -> Option<Role> {
    Role::of(name).filter(|role| roles(Some(merchant)).contains(role))
}

/// Owners and the platform's people have what their role has; others what is granted.
fn granted(role: Role, wanted: &[String]) -> Vec<String> {
    if !matches!(role, Role::Staff | Role::Integrator) {
        return Vec::new();
    }
    Permission::GRANTED.iter().map(|p| p.as_str()).filter(|p| wanted.iter().any(|w| w == p)).map(ToOwned::to_owned).collect()
}

#[derive(Template)]
#[template(path = "accounts/user.html", blocks = ["part"])]
struct UserPage {
    frame: Frame,
    now: DateTime<Utc>,
    user: User,
    form: Form,
    roles: Vec<Role>,
    /// Whether it is the reader's own account.
    own: bool,
}
show!(UserPage, |v| &v.user);

fn user_page(ctx: &Ctx, seat: &Seat, user: User, form: Option<Form>) -> UserPage {
    let form = form.unwrap_or_else(|| {
        let active = if user.active { "1" } else { "" };
        let one = [("name", user.name.clone()), ("role", user.role.clone()), ("active", active.to_owned())];
        Form::filled(one.into_iter().chain(user.permissions.iter().map(|p| ("permissions", p.clone()))))
    });
    UserPage { frame: ctx.frame("users"), now: ctx.now, roles: roles(Some(user.merchant_id)), own: user.id == seat.person.user, user, form }
}

/// `GET /users/{id}`
pub async fn one(ctx: Ctx, id: Path<i64>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.seat()?.may(Permission::ManageUsers)?;
    let (of, id) = (realm(&seat), UserId(*id));
    let user = ctx.db.read(move |c| model::find(c, of, id)).await?;
    ctx.reply(user_page(&ctx, &seat, user, None))
}

/// `POST /users/{id}`
pub async fn edit(ctx: Ctx, id: Path<i64>, input: Input<UserForm>) -> Reply {
    let seat = ctx.seat()?.may(Permission::ManageUsers)?;
    let (of, id) = (realm(&seat), UserId(*id));
    let user = ctx.db.read(move |c| model::find(c, of, id)).await?;
    let refused = |user: User, form: Form| again(&ctx, form.forget("password"), |form| user_page(&ctx, &seat, user, Some(form)));
    let typed = match input.or_form() {
        Ok(typed) => typed,
        Err(form) => return refused(user, form),
    };
    let active = if typed.active { "1" } else { "" };
    let one = [("name", typed.name.clone()), ("role", typed.role.clone()), ("active", active.to_owned())];
    let shown = Form::filled(one.into_iter().chain(typed.permissions.iter().map(|p| ("permissions", p.clone()))));
    let Some(role) = allowed_role(&typed.role, user.merchant_id) else {
        return refused(user, shown.with_error("role", Text::new("account-role-wrong")));
    };
    let password_hash = if typed.password.is_empty() {
        None
    } else if let Some(weak) = password::weakness(&typed.password, &[&user.login, &typed.name, &user.merchant_name]) {
        return refused(user, shown.with_error("password", weak));
    } else {
        Some(password::hash(typed.password).await?)
    };
    let changes = Changes {
        name: typed.name.trim().to_owned(),
        role: role.as_str().to_owned(),
        permissions: granted(role, &typed.permissions),
        active: typed.active,
        password_hash,
    };
    let cause = seat.cause.clone();
    match ctx.db.write(move |tx| model::update(tx, &cause, of, id, &changes)).await {
        Ok(()) => Ok(redirect(&ctx, &format!("/users/{id}?done=saved"))),
        Err(Error::Conflict(why)) => refused(user, shown.with_error("", why)),
        Err(e) => Err(e),
    }
}
