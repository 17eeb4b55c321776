//! `/sync/reconciliations`: what was compared, what differs, and whose number counts.

use super::compare::{KEPT, STOCK_RECONCILE};
use super::decide::{self, Chosen, Taken};
use super::read::{self, Reconciliation, Row, State};
use crate::feeds::{self, Batch, Channel};
use crate::form::Form;
use crate::ids::ShopId;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Input, PER_PAGE, Page, Pager, Permission, Reply, Seat, Tab, Wants, filters, redirect};
use crate::wire::{MAX_LINES, Scope};
use crate::{Error, Result, show};
use actix_web::web::{self, Path, Query, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

/// Transactions of one request; more is decided by pressing again.
const ROUNDS: usize = 20;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(web::resource("/sync/reconciliations").get(list).post(paste))
        .service(web::resource("/sync/reconciliations/{id}").get(one))
        .service(web::resource("/sync/reconciliations/{id}/theirs").post(theirs))
        .service(web::resource("/sync/reconciliations/{id}/ours").post(ours));
}

#[derive(Deserialize, Clone, Default)]
struct Ask {
    #[serde(default)]
    after: String,
    #[serde(default)]
    view: String,
    #[serde(default)]
    done: String,
    #[serde(default)]
    n: String,
}

#[derive(Template)]
#[template(path = "reconcile/list.html", blocks = ["part"])]
struct List {
    frame: Frame,
    now: DateTime<Utc>,
    page: Page<Reconciliation>,
    pager: Pager,
    may: bool,
    form: Form,
}
show!(List, |v| json!({ "reconciliations": v.page.rows, "next": v.page.next }));

async fn listed(ctx: &Ctx, seat: &Seat, after: &str, form: Form) -> Result<List> {
    let merchant = seat.merchant;
    let before = Cursor::read::<i64>(after);
    let rows = ctx.db.read(move |c| read::list(c, merchant, before, PER_PAGE + 1)).await?;
    let page = Page::cut(rows, PER_PAGE, |r: &Reconciliation| r.id);
    let pager = Pager::of("/sync/reconciliations", "", Some(after), &page);
    Ok(List { frame: ctx.frame("sync"), now: ctx.now, page, pager, may: seat.person.may(Permission::EditStock), form })
}

async fn list(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let page = listed(&ctx, &seat, &ask.after, Form::default()).await?;
    ctx.reply(page)
}

#[derive(Deserialize, Validate)]
struct Paste {
    #[validate(length(min = 1, max = 40))]
    name: String,
    /// One row a line: skuId, quantity, and the shop if it is not the default one; tabs, commas or semicolons between.
    #[validate(length(min = 1, max = 2_000_000))]
    rows: String,
}

/// The lines of a pasted table.
///
/// # Errors
/// The first line that is none, by its number.
fn lines(paste: &Paste) -> std::result::Result<Vec<Value>, Text> {
    let mut lines = Vec::new();
    for (no, text) in (1_i64..).zip(paste.rows.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let mut cells = text.split(['\t', ',', ';', '，', '；']).map(str::trim);
        let (sku, qty, shop) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default(), cells.next().filter(|s| !s.is_empty()));
        let Ok(inventory) = qty.parse::<u32>() else {
            // A heading.
            if lines.is_empty() && no == 1 {
                continue;
            }
            return Err(Text::new("reconcile-bad-row").with(no).with(text));
        };
        let mut line = json!({ "reconciliationId": paste.name.trim(), "skuId": sku, "inventory": inventory });
        if let (Some(map), Some(shop)) = (line.as_object_mut(), shop) {
            map.insert("shopId".to_owned(), shop.into());
        }
        lines.push(line);
    }
    if lines.is_empty() {
        return Err(Text::new("reconcile-no-rows"));
    }
    Ok(lines)
}

async fn paste(ctx: Ctx, input: Input<Paste>) -> Reply {
    let seat = ctx.merchant()?.may(Permission::EditStock)?;
    let form = match input.or_form() {
        Err(form) => form,
        Ok(typed) => match lines(&typed) {
            Err(text) => Form::filled([("name", typed.name), ("rows", typed.rows)]).with_error("rows", text),
            Ok(mut rows) => {
                if let Some(Value::Object(last)) = rows.last_mut() {
                    last.insert("final".to_owned(), 1.into());
                }
                let (cause, name) = (seat.cause.clone(), typed.name.trim().to_owned());
                let ended = ctx
                    .db
                    .write(move |tx| {
                        let scope = Scope::whole(cause.merchant, crate::text::Lang::Zh, cause.now);
                        for part in rows.chunks(MAX_LINES) {
                            let batch = Batch { lines: part.to_vec(), ..Batch::default() };
                            let report = feeds::run(tx, &cause, &scope, Channel::Page, &STOCK_RECONCILE, batch)?;
                            if let Some(bad) = report
                                .results
                                .iter()
                                .find_map(|r| r.problems.first().filter(|_| r.outcome == crate::wire::Outcome::Rejected))
                            {
                                return Err(Error::Conflict(bad.text()));
                            }
                        }
                        read::by_name(tx, cause.merchant, &name)
                    })
                    .await;
                match ended {
                    Ok(made) => return Ok(redirect(&ctx, &format!("/sync/reconciliations/{}", made.id))),
                    Err(Error::Conflict(why)) => Form::filled([("name", typed.name), ("rows", typed.rows)]).with_error("rows", why),
                    Err(e) => return Err(e),
                }
            }
        },
    };
    if ctx.wants == Wants::Json {
        return Err(Error::invalid(form));
    }
    let page = listed(&ctx, &seat, "", form).await?;
    ctx.invalid(page)
}

#[derive(Template)]
#[template(path = "reconcile/one.html", blocks = ["part"])]
struct One {
    frame: Frame,
    now: DateTime<Utc>,
    r: Reconciliation,
    state: State,
    tabs: Vec<Tab>,
    page: Page<Row>,
    pager: Pager,
    may: bool,
}
show!(One, |v| json!({ "reconciliation": v.r, "rows": v.page.rows, "next": v.page.next }));

impl One {
    fn look(&self) -> &'static str {
        if self.may { "stackm cks" } else { "stackm" }
    }
    fn kept(&self) -> i64 {
        KEPT
    }
    /// There are more than were kept.
    fn cut(&self) -> bool {
        self.state == State::MissingThere && self.r.missing_there > KEPT
    }
}

async fn one(ctx: Ctx, id: Path<i64>, ask: Query<Ask>) -> Reply {
    let ctx = match (ask.done.as_str(), ask.n.split_once('-')) {
        ("theirs", Some((taken, stale))) => ctx.noticing(Text::new("reconcile-done-theirs").with(taken).with(stale)),
        ("ours", Some((kept, _))) => ctx.noticing(Text::new("reconcile-done-ours").with(kept)),
        _ => ctx,
    };
    let seat = ctx.merchant()?;
    let (merchant, id, asked) = (seat.merchant, *id, State::of(&ask.view));
    let after = Cursor::read::<(String, ShopId)>(&ask.after).unwrap_or((String::new(), ShopId(0)));
    let (r, state, rows) = ctx
        .db
        .read(move |c| {
            let r = read::find(c, merchant, id)?;
            let state = asked.or_else(|| State::ALL.into_iter().find(|s| r.count(*s) > 0)).unwrap_or(State::Different);
            let rows = read::rows(c, merchant, id, state, &after, PER_PAGE + 1)?;
            Ok((r, state, rows))
        })
        .await?;
    let page = Page::cut(rows, PER_PAGE, |row: &Row| (row.sku_id.clone(), row.shop_id));
    let path = format!("/sync/reconciliations/{id}");
    let tab = |s: State| Tab {
        label: Text::new(s.label()),
        href: format!("{path}?view={}", s.as_str()),
        current: s == state,
        count: Some(r.count(s)).filter(|_| r.closed_at.is_some()),
        tone: if r.count(s) > 0 { "warn" } else { "" },
    };
    ctx.reply(One {
        frame: ctx.frame("sync"),
        now: ctx.now,
        tabs: State::ALL.into_iter().map(tab).collect(),
        pager: Pager::of(&path, &format!("view={}", state.as_str()), Some(&ask.after), &page),
        page,
        may: seat.person.may(Permission::EditStock) && r.closed_at.is_some(),
        r,
        state,
    })
}

/// Which rows of a state.
#[derive(Deserialize, Validate)]
struct Choice {
    view: String,
    #[serde(default)]
    #[validate(length(max = 1000, message = "shelf-bulk-too-many"))]
    id: Vec<String>,
    #[serde(default)]
    all: String,
}

impl Choice {
    fn chosen(&self) -> Result<Chosen> {
        let place = |text: &String| text.rsplit_once('/').and_then(|(sku, shop)| Some((sku.to_owned(), ShopId(shop.parse().ok()?))));
        let places: Vec<(String, ShopId)> = self.id.iter().filter_map(place).collect();
        let state = State::of(&self.view).ok_or(Error::NotFound)?;
        if self.all.is_empty() && places.is_empty() {
            return Err(Error::invalid(Form::default().with_error("", Text::new("quarantine-nothing-chosen"))));
        }
        Ok(Chosen { state, places: self.all.is_empty().then_some(places) })
    }
}

/// The reconciliation is there and its comparison is over.
async fn seat(ctx: &Ctx, id: i64) -> Result<Seat> {
    let seat = ctx.merchant()?;
    let merchant = seat.merchant;
    let r = ctx.db.read(move |c| read::find(c, merchant, id)).await?;
    let seat = seat.may(Permission::EditStock)?;
    if r.closed_at.is_none() { Err(Error::Conflict(Text::new("reconcile-still-open"))) } else { Ok(seat) }
}

async fn theirs(ctx: Ctx, id: Path<i64>, input: Input<Choice>) -> Reply {
    let id = *id;
    let seat = seat(&ctx, id).await?;
    let choice = input.checked()?;
    let chosen = choice.chosen()?;
    let mut all = Taken::default();
    for _ in 0..ROUNDS {
        let (cause, chosen) = (seat.cause.clone(), chosen.clone());
        let taken = ctx.db.write(move |tx| decide::take_theirs(tx, &cause, id, &chosen)).await?;
        all = Taken { rows: all.rows + taken.rows, taken: all.taken + taken.taken, stale: all.stale + taken.stale };
        if taken.rows == 0 {
            break;
        }
    }
    Ok(redirect(&ctx, &format!("/sync/reconciliations/{id}?view={}&done=theirs&n={}-{}", chosen.state.as_str(), all.taken, all.stale)))
}

async fn ours(ctx: Ctx, id: Path<i64>, input: Input<Choice>) -> Reply {
    let id = *id;
    let seat = seat(&ctx, id).await?;
    let choice = input.checked()?;
    let chosen = choice.chosen()?;
    let state = chosen.state;
    let kept = ctx.db.write(move |tx| decide::keep_ours(tx, &seat.cause, id, &chosen)).await?;
    Ok(redirect(&ctx, &format!("/sync/reconciliations/{id}?view={}&done=ours&n={kept}-0", state.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_table_may_have_a_heading_and_says_which_line_is_wrong() {
        let read = |rows: &str| lines(&Paste { name: " 甲 ".into(), rows: rows.into() });
        assert_eq!(
            read("编码\t库存\nS1\t5\n\nS2，0，2\n").unwrap(),
            [
                json!({ "reconciliationId": "甲", "skuId": "S1", "inventory": 5 }),
                json!({ "reconciliationId": "甲", "skuId": "S2", "inventory": 0, "shopId": "2" })
            ]
        );
        assert_eq!(read("S1,5\nS2,多").unwrap_err(), Text::new("reconcile-bad-row").with(2_i64).with("S2,多"));
        assert_eq!(read("编码,库存").unwrap_err(), Text::new("reconcile-no-rows"));
    }
}
