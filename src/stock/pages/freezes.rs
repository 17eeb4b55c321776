//! `/freezes`: units that lie frozen, and those that are paid and wait for the ERP's number; the oldest first, since what is
//! old is what has gone wrong.

use super::moment;
use crate::form::Form;
use crate::ids::ShopId;
use crate::show;
use crate::stock::read;
use crate::stock::reservations::list::{self, Item, Which};
use crate::stock::reservations::{self, Back};
use crate::text::Text;
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Tab, Wants, filters, redirect};
use crate::wire::Outcome;
use crate::{Error, Result};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

/// Older than this, somebody should look.
const OLD_HOURS: i64 = 24;

#[derive(Deserialize, Default, Clone)]
pub struct Filter {
    /// `open` for what is paid.
    #[serde(default)]
    view: String,
    #[serde(default)]
    sku: String,
    #[serde(default)]
    shop: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

impl Filter {
    fn query(&self, view: &str) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("view", view), ("sku", &self.sku), ("shop", &self.shop)] {
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    fn href(&self, view: &str) -> String {
        let query = self.query(view);
        if query.is_empty() { "/freezes".to_owned() } else { format!("/freezes?{query}") }
    }
    fn which(&self) -> Which {
        if self.view == "open" { Which::Open } else { Which::Frozen }
    }
}

#[derive(Template)]
#[template(path = "stock/freezes.html", blocks = ["part"])]
struct Freezes {
    frame: Frame,
    now: DateTime<Utc>,
    tabs: Vec<Tab>,
    filter: Filter,
    open: bool,
    page: Page<Item>,
    pager: Pager,
    old: usize,
    may_edit: bool,
    /// The reservation whose form was not accepted, and the form.
    wrong: Option<(String, Form)>,
}
show!(Freezes, |v| json!({ "rows": v.page.rows, "next": v.page.next, "counts": v.tabs.iter().map(|t| t.count).collect::<Vec<_>>() }));

/// What a reservation takes of one SKU.
struct Taken<'a> {
    name: &'a str,
    spec: &'a str,
    sku: &'a str,
    shop: &'a str,
    qty: i64,
}

impl Freezes {
    fn is_old(&self, item: &Item) -> bool {
        is_old(item, self.now)
    }
    fn base(&self, item: &Item) -> String {
        format!("/freezes/{}", super::escaped(&item.no))
    }
    fn expiry(&self, item: &Item) -> Option<String> {
        item.expires_at.map(|at| moment(at, self.now))
    }
    fn taken<'a>(&self, item: &'a Item) -> Vec<Taken<'a>> {
        fn word<'a>(line: &'a Value, name: &str) -> &'a str {
            line.get(name).and_then(Value::as_str).unwrap_or_default()
        }
        let lines = item.lines.as_array().map_or(&[][..], Vec::as_slice);
        let taken = |l: &'a Value| Taken {
            name: word(l, "name"),
            spec: word(l, "spec"),
            sku: word(l, "sku"),
            shop: word(l, "shop"),
            qty: l.get("qty").and_then(Value::as_i64).unwrap_or_default(),
        };
        lines.iter().map(taken).collect()
    }
    fn form(&self, item: &Item) -> Form {
        self.wrong.as_ref().filter(|(no, _)| *no == item.no).map(|(_, form)| form.clone()).unwrap_or_default()
    }
    fn is_wrong(&self, item: &Item) -> bool {
        self.wrong.as_ref().is_some_and(|(no, _)| *no == item.no)
    }
}

fn is_old(item: &Item, now: DateTime<Utc>) -> bool {
    now - item.at > Duration::hours(OLD_HOURS)
}

async fn shown(ctx: &Ctx, seat: &Seat, filter: Filter) -> Result<Freezes> {
    let (merchant, asked) = (seat.merchant, filter.clone());
    let after = Cursor::read::<(DateTime<Utc>, String)>(&filter.after);
    let (rows, counts) = ctx
        .db
        .snapshot(move |c| {
            let sku = if asked.sku.is_empty() { None } else { read::sku(c, merchant, &asked.sku)? };
            let of = sku.zip(asked.shop.parse::<ShopId>().ok());
            let rows = list::page(c, merchant, asked.which(), of, after, PER_PAGE + 1)?;
            Ok((rows, list::counts(c, merchant, COUNT_CAP)?))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |r| (r.at, r.no.clone()));
    let open = filter.which() == Which::Open;
    let old = page.rows.iter().filter(|r| is_old(r, ctx.now)).count();
    let tab = |view: &str, label, count| Tab {
        label: Text::new(label),
        href: filter.href(view),
        current: (view == "open") == open,
        count: Some(count),
        tone: if (view == "open") == open && old > 0 { "warn" } else { "" },
    };
    let pager = Pager::of("/freezes", &filter.query(&filter.view), Some(&filter.after), &page);
    let said = match filter.done.as_str() {
        "released" => Some(Text::new("freezes-done-released")),
        "settled" => Some(Text::new("freezes-done-settled")),
        _ => None,
    };
    Ok(Freezes {
        frame: Frame { notice: said, ..ctx.frame("freezes") },
        now: ctx.now,
        tabs: vec![tab("", "freezes-tab-frozen", counts.frozen), tab("open", "freezes-tab-open", counts.open)],
        filter,
        open,
        page,
        pager,
        old,
        may_edit: seat.person.may(Permission::EditStock),
        wrong: None,
    })
}

/// `GET /freezes`
pub async fn show(ctx: Ctx, filter: Query<Filter>) -> Reply {
    let seat = ctx.merchant()?;
    let view = shown(&ctx, &seat, filter.into_inner()).await?;
    ctx.reply(view)
}

#[derive(Deserialize, Validate)]
pub struct Reason {
    #[serde(default)]
    #[validate(length(max = 200))]
    reason: String,
}

/// Whose reservation it is comes before what they may do with it.
async fn seat_at(ctx: &Ctx, no: &str) -> Result<Seat> {
    let seat = ctx.merchant()?;
    let (merchant, no) = (seat.merchant, no.to_owned());
    if !ctx.db.read(move |c| list::is_there(c, merchant, &no)).await? {
        return Err(Error::NotFound);
    }
    seat.may(Permission::EditStock)
}

/// The reason, or the list again with the form that lacks it.
async fn reason(ctx: &Ctx, seat: &Seat, no: &str, view: &str, input: Input<Reason>) -> Result<std::result::Result<String, Freezes>> {
    let form = match input.or_form() {
        Ok(typed) if !typed.reason.trim().is_empty() => return Ok(Ok(typed.reason.trim().to_owned())),
        Ok(_) => Form::default().with_error("reason", Text::new("freezes-reason-needed")),
        Err(form) => form,
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let view = shown(ctx, seat, Filter { view: view.to_owned(), ..Filter::default() }).await?;
    Ok(Err(Freezes { wrong: Some((no.to_owned(), form)), ..view }))
}

/// `DELETE /freezes/{no}`: a person gives the units back.
pub async fn release(ctx: Ctx, no: Path<String>, input: Input<Reason>) -> Reply {
    let no = no.into_inner();
    let seat = seat_at(&ctx, &no).await?;
    let reason = match reason(&ctx, &seat, &no, "", input).await? {
        Ok(reason) => reason,
        Err(view) => return ctx.invalid(view),
    };
    let cause = seat.cause.clone();
    let ended = ctx
        .db
        .write(move |tx| {
            let back = [Back { no: 1, reservation: no, sku: None }];
            reservations::release_by_hand(tx, &cause, &back, &reason)
        })
        .await?;
    if ended.iter().all(|e| e.outcome == Outcome::Unchanged) {
        return Err(Error::Conflict(Text::new("freezes-gone")));
    }
    Ok(redirect(&ctx, "/freezes?done=released"))
}

/// `POST /freezes/{no}/settlement`: a person says that the ERP's number contains the units already.
pub async fn settle(ctx: Ctx, no: Path<String>, input: Input<Reason>) -> Reply {
    let no = no.into_inner();
    let seat = seat_at(&ctx, &no).await?;
    let reason = match reason(&ctx, &seat, &no, "open", input).await? {
        Ok(reason) => reason,
        Err(view) => return ctx.invalid(view),
    };
    let cause = seat.cause.clone();
    if ctx.db.write(move |tx| reservations::settle(tx, &cause, &no, &reason)).await? == 0 {
        return Err(Error::Conflict(Text::new("freezes-gone")));
    }
    Ok(redirect(&ctx, "/freezes?view=open&done=settled"))
}
