//! `/groups/customers`: customers priced alike (UI §4.10).

use super::regions::{Done, Seen};
use crate::form::Form;
use crate::ids::{CustomerGroupId, CustomerId};
use crate::pricing::customer_groups::{self, Draft, Group, Member};
use crate::pricing::gone::{self, Gone, Kind};
use crate::pricing::groups::Fallback;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Wants, filters, redirect};
use crate::{Error, Result, show};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

#[derive(Template)]
#[template(path = "prices/customers.html", blocks = ["part"])]
struct List {
    frame: Frame,
    groups: Vec<Group>,
    gone: Vec<Gone>,
    now: DateTime<Utc>,
    form: Form,
    may: bool,
}
show!(List, |v| json!({ "groups": v.groups, "deleted": v.gone, "errors": v.form }));

#[derive(Template)]
#[template(path = "prices/customer_group.html", blocks = ["part"])]
struct One {
    frame: Frame,
    group: Group,
    form: Form,
    /// The list of members to take in, and what was wrong with it.
    joining: Form,
    page: Page<Member>,
    pager: Pager,
    fallback: Vec<Fallback>,
    may: bool,
}
show!(One, |v| json!({ "group": v.group, "members": v.page.rows, "next": v.page.next, "errors": v.form }));

/// A new group comes after the others.
fn fresh(groups: &[Group]) -> Form {
    let last = groups.iter().map(|g| g.priority).max().unwrap_or(0);
    Form::filled([("level", "0".to_owned()), ("priority", (last + 10).min(9999).to_string())])
}

async fn listed(ctx: &Ctx, seat: &Seat, typed: Option<Form>) -> Result<List> {
    let merchant = seat.merchant;
    let (groups, gone) =
        ctx.db.snapshot(move |c| Ok((customer_groups::list(c, merchant)?, gone::list(c, merchant, Kind::Customer)?))).await?;
    let form = typed.unwrap_or_else(|| fresh(&groups));
    Ok(List { frame: ctx.frame("groups"), groups, gone, now: ctx.now, form, may: seat.person.may(Permission::EditPrices) })
}

/// `GET /groups/customers`
pub async fn list(ctx: Ctx, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.merchant()?;
    let page = listed(&ctx, &seat, None).await?;
    ctx.reply(page)
}

#[derive(Deserialize, Validate)]
pub struct GroupForm {
    #[validate(length(min = 1, max = 20))]
    code: String,
    #[validate(length(min = 1, max = 60))]
    name: String,
    #[validate(range(min = 0, max = 99))]
    level: i16,
    #[validate(range(min = 1, max = 9999))]
    priority: i32,
    #[serde(default)]
    version: i32,
}

impl GroupForm {
    fn draft(&self) -> Draft {
        Draft { code: self.code.trim().to_owned(), name: self.name.trim().to_owned(), level: self.level, priority: self.priority }
    }
}

/// `POST /groups/customers`
pub async fn create(ctx: Ctx, input: Input<GroupForm>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditPrices)?;
    let form = match input.or_form() {
        Err(form) => form,
        Ok(typed) => {
            let cause = seat.cause.clone();
            match ctx.db.write(move |tx| customer_groups::save(tx, &cause, None, &typed.draft())).await {
                Ok(id) => return Ok(redirect(&ctx, &format!("/groups/customers/{id}?done=made"))),
                Err(Error::Invalid(form)) => *form,
                Err(e) => return Err(e),
            }
        }
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let page = listed(&ctx, &seat, Some(form)).await?;
    ctx.invalid(page)
}

#[derive(Deserialize)]
pub struct Which {
    id: i64,
}

#[derive(Deserialize, Default)]
pub struct Place {
    #[serde(default)]
    after: String,
}

async fn shown(ctx: &Ctx, seat: &Seat, id: CustomerGroupId, after: &str, form: Option<Form>, joining: Form) -> Result<One> {
    let merchant = seat.merchant;
    let from = Cursor::read::<i64>(after).unwrap_or(0);
    let (group, members, fallback) = ctx
        .db
        .snapshot(move |c| {
            let group = customer_groups::find(c, merchant, id)?;
            Ok((group, customer_groups::members(c, merchant, id, from, PER_PAGE + 1)?, customer_groups::fallback(c, merchant, id)?))
        })
        .await?;
    let page = Page::cut(members, PER_PAGE, |m: &Member| m.id.0);
    let form = form.unwrap_or_else(|| {
        Form::filled([
            ("code", group.code.clone()),
            ("name", group.name.clone()),
            ("level", group.level.to_string()),
            ("priority", group.priority.to_string()),
        ])
    });
    Ok(One {
        frame: ctx.frame("groups"),
        pager: Pager::of(&format!("/groups/customers/{id}"), "", Some(after), &page),
        group,
        form,
        joining,
        page,
        fallback,
        may: seat.person.may(Permission::EditPrices),
    })
}

/// `GET /groups/customers/{id}`
pub async fn one(ctx: Ctx, id: Path<Which>, place: Query<Place>, done: Query<Done>) -> Reply {
    let ctx = done.said(ctx);
    let seat = ctx.merchant()?;
    let page = shown(&ctx, &seat, CustomerGroupId(id.id), &place.after, None, Form::default()).await?;
    ctx.reply(page)
}

/// The seat of somebody who may change this group; a stranger's is not found, whatever the form says.
async fn seat(ctx: &Ctx, id: CustomerGroupId) -> Result<Seat> {
    let seat = ctx.merchant()?.may(Permission::EditPrices)?;
    let merchant = seat.merchant;
    ctx.db.read(move |c| customer_groups::find(c, merchant, id)).await?;
    Ok(seat)
}

/// `POST /groups/customers/{id}`
pub async fn save(ctx: Ctx, id: Path<Which>, input: Input<GroupForm>) -> Reply {
    let id = CustomerGroupId(id.id);
    let seat = seat(&ctx, id).await?;
    let form = match input.or_form() {
        Err(form) => form,
        Ok(typed) => {
            let cause = seat.cause.clone();
            match ctx.db.write(move |tx| customer_groups::save(tx, &cause, Some((id, typed.version)), &typed.draft())).await {
                Ok(_) => return Ok(redirect(&ctx, &format!("/groups/customers/{id}?done=saved"))),
                Err(Error::Invalid(form)) => *form,
                Err(e) => return Err(e),
            }
        }
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let page = shown(&ctx, &seat, id, "", Some(form), Form::default()).await?;
    ctx.invalid(page)
}

/// `DELETE /groups/customers/{id}`
pub async fn delete(ctx: Ctx, id: Path<Which>, input: Input<Seen>) -> Reply {
    let id = CustomerGroupId(id.id);
    let seat = seat(&ctx, id).await?;
    let seen = input.checked()?;
    let gone = ctx.db.write(move |tx| customer_groups::delete(tx, &seat.cause, id, seen.version, seen.prices)).await?;
    Ok(redirect(&ctx, &format!("/groups/customers?done=gone&n={gone}")))
}

/// `DELETE /groups/customers/{id}/deletion`: the group comes back with what went with it.
pub async fn restore(ctx: Ctx, id: Path<Which>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditPrices)?;
    let id = CustomerGroupId(id.id);
    let back = ctx.db.write(move |tx| gone::restore(tx, &seat.cause, Kind::Customer, id.0)).await?;
    Ok(redirect(&ctx, &format!("/groups/customers/{id}?done=back&n={}&left={}", back.prices, back.left)))
}

#[derive(Deserialize, Validate)]
pub struct JoinForm {
    /// Platform ids or credit codes, a line each.
    #[validate(length(min = 1, max = 60_000))]
    members: String,
}

/// `POST /groups/customers/{id}/members`: those that are known come in; those that are not are told, and nothing is forgotten.
pub async fn join(ctx: Ctx, id: Path<Which>, input: Input<JoinForm>) -> Reply {
    let id = CustomerGroupId(id.id);
    let seat = seat(&ctx, id).await?;
    let typed = input.checked()?;
    let names: Vec<String> = typed
        .members
        .split(['\n', '\r', ',', '，', '\t', ' '])
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .take(1000)
        .map(ToOwned::to_owned)
        .collect();
    let cause = seat.cause.clone();
    let (joined, nobody) = ctx
        .db
        .write(move |tx| {
            let (known, nobody) = customer_groups::meant(tx, cause.merchant, &names)?;
            Ok((customer_groups::put(tx, &cause, id, &known, true)?, nobody))
        })
        .await?;
    if nobody.is_empty() {
        return Ok(redirect(&ctx, &format!("/groups/customers/{id}?done=joined&n={joined}")));
    }
    let some = nobody.iter().take(5).cloned().collect::<Vec<_>>().join(" · ");
    let left =
        Form::filled([("members", nobody.join("\n"))]).with_error("members", Text::new("groups-nobody").with(nobody.len()).with(some));
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(left));
    }
    let page = shown(&ctx, &seat, id, "", None, left).await?;
    ctx.invalid(page)
}

#[derive(Deserialize, Validate)]
pub struct LeaveForm {
    customer: i64,
}

/// `DELETE /groups/customers/{id}/members`
pub async fn leave(ctx: Ctx, id: Path<Which>, input: Input<LeaveForm>) -> Reply {
    let id = CustomerGroupId(id.id);
    let seat = seat(&ctx, id).await?;
    let customer = CustomerId(input.checked()?.customer);
    let left = ctx.db.write(move |tx| customer_groups::put(tx, &seat.cause, id, &[customer], false)).await?;
    Ok(redirect(&ctx, &format!("/groups/customers/{id}?done=left&n={left}")))
}
