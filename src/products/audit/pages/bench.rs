//! The three panes: the queue, the product against its candidates, what else speaks for or against it.

use super::desk::{Desk, Thumb, rows, wait};
use super::{Asked, auditor, place, query_of};
use crate::form::Form;
use crate::products::audit::decide::{On, Reason};
use crate::products::audit::history::{self, Today};
use crate::products::audit::queue::{self, Choice, Queued, View as Tab};
use crate::products::audit::sight::{Sight, sight};
use crate::products::audit::undo::{self, Undoable};
use crate::products::audit::{consequences, review};
use crate::show;
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, PER_PAGE, Page, Reply, Seat, filters};
use crate::{Error, Result};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Path, Query};
use askama::Template;
use serde_json::json;

/// The page of the queue, with or without a product on it.
#[derive(Template)]
#[template(path = "audit/queue.html", blocks = ["part"])]
pub struct Bench {
    frame: Frame,
    now: chrono::DateTime<chrono::Utc>,
    tabs: Vec<QueueTab>,
    categories: Vec<Pick>,
    merchants: Vec<Pick>,
    category: String,
    merchant: String,
    /// Where the queue goes on.
    more: Option<String>,
    queue: Vec<Line>,
    today: Today,
    empty_note: Text,
    desk: Option<Desk>,
    undo: Option<Undo>,
    /// What went wrong with the last action.
    problem: Option<Text>,
    /// What was just done, for a toast.
    told: Option<Text>,
    /// Swapped in by htmx: the frame with its own notice is not rendered.
    part: bool,
    /// The form for returning stands open.
    returning: bool,
    form: Form,
    reasons: [(usize, Reason); 6],
    query: String,
}
show!(Bench, |v| json!({
    "queue": v.queue.iter().map(|l| &l.item).collect::<Vec<_>>(),
    "counts": v.tabs.iter().map(|t| (t.id, t.count)).collect::<std::collections::BTreeMap<_, _>>(),
    "today": v.today,
    "next": v.more,
    "undo": v.undo.as_ref().map(|u| &u.what),
    "item": v.desk.as_ref().map(|d| json!({
        "submitted": d.work, "review": d.review, "offer": d.offer, "checks": spoken(&v.frame, d.checks.iter().map(|c| (c.state, &c.text))),
        "remark": d.remark.as_ref().map(|t| t.say(v.frame.lang)),
        "after": d.preview.lines.iter().map(|l| l.text.say(v.frame.lang)).collect::<Vec<_>>(), "others": d.preview.others,
        "refused": d.preview.refused.as_ref().map(|t| t.say(v.frame.lang)), "merchant": d.fared, "leasedTo": d.holder,
    })),
}));

fn spoken<'a>(frame: &Frame, lines: impl Iterator<Item = (&'static str, &'a Text)>) -> Vec<serde_json::Value> {
    lines.map(|(state, text)| json!({ "state": state, "text": text.say(frame.lang) })).collect()
}

pub struct QueueTab {
    id: &'static str,
    /// Text key.
    label: &'static str,
    href: String,
    current: bool,
    count: i64,
}
impl QueueTab {
    fn shown(&self) -> String {
        crate::web::Tab { label: Text::new(self.label), href: String::new(), current: self.current, count: Some(self.count), tone: "" }
            .shown_count()
    }
}

pub struct Pick {
    choice: Choice,
    href: String,
    on: bool,
}

pub struct Line {
    item: Queued,
    href: String,
    current: bool,
    wait: Text,
    thumb: Thumb,
}
impl Line {
    fn tone(&self) -> &'static str {
        match self.item.score {
            Some(90..) => "ok",
            Some(1..) => "warn",
            _ => "bad",
        }
    }
    fn score(&self) -> i16 {
        self.item.score.unwrap_or_default()
    }
}

pub struct Undo {
    what: Undoable,
    /// For a plain form, which can only POST.
    action: String,
    /// For htmx.
    plain: String,
}

/// `GET /audit`: the one that waits longest and that nobody else has open.
pub async fn first(ctx: Ctx, asked: Query<Asked>) -> Reply {
    let seat = auditor(&ctx)?;
    let bench = Build { ctx: &ctx, seat: &seat, asked: &asked }.bench(None).await?;
    ctx.reply(bench)
}

/// `GET /audit/{merchant}/{product}`. The page asks for the next one ahead, while the present one is read: that answer may be
/// kept a minute, so that the switch waits for nobody. Who holds it is asked anew, and a decision on what has changed meanwhile
/// is refused by its version.
pub async fn item(ctx: Ctx, path: Path<(String, String)>, asked: Query<Asked>, request: HttpRequest) -> Reply {
    let seat = auditor(&ctx)?;
    let ahead = request.headers().contains_key("x-ahead");
    let mut bench = Build { ctx: &ctx, seat: &seat, asked: &asked }.bench(Some(path.into_inner())).await?;
    bench.told = bench.told.filter(|_| !ahead);
    let mut answer = ctx.reply(bench)?;
    if ahead {
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
    }
    Ok(answer)
}

/// `GET …/return`: the form for returning, for those without scripts.
pub async fn returning(ctx: Ctx, path: Path<(String, String)>, asked: Query<Asked>) -> Reply {
    let seat = auditor(&ctx)?;
    let mut bench = Build { ctx: &ctx, seat: &seat, asked: &asked }.bench(Some(path.into_inner())).await?;
    bench.returning = true;
    ctx.reply(bench)
}

/// What a bench is built from.
pub struct Build<'a> {
    pub ctx: &'a Ctx,
    pub seat: &'a Seat,
    pub asked: &'a Asked,
}

/// Everything read for a bench in one look.
struct Seen {
    counts: Vec<(Tab, i64)>,
    categories: Vec<Choice>,
    merchants: Vec<Choice>,
    page: Page<Queued>,
    today: Today,
    undo: Option<Undoable>,
    desk: Option<Desk>,
}

impl Build<'_> {
    /// The page for a product, or for the first free one.
    pub async fn bench(&self, wanted: Option<(String, String)>) -> Result<Bench> {
        let (me, now) = (self.seat.person.user, self.ctx.now);
        let (asked, filter) = (self.asked.clone(), self.asked.filter(self.seat));
        let seen = self.ctx.db.snapshot(move |c| {
            let wanted = match wanted {
                Some(wanted) => Some(wanted),
                None => queue::first_free(c, &filter, now)?.map(|q| (q.merchant, q.prod_id)),
            };
            let desk = match wanted {
                Some((merchant, prod_id)) => {
                    let pick = Some(asked.base.as_str()).filter(|code| !code.is_empty());
                    let seen = sight(c, &filter, &merchant, &prod_id, pick, now)?;
                    Some(desk(seen, &filter, &asked, now))
                }
                None => None,
            };
            let mut counts = Vec::new();
            for view in Tab::ALL {
                counts.push((view, queue::count(c, &queue::Filter { view, ..filter.clone() }, None)?));
            }
            let (categories, merchants) = queue::choices(c, filter.view, me)?;
            let rows = queue::queue(c, &filter, now, Cursor::read(&asked.after), PER_PAGE + 1)?;
            let page = Page::cut(rows, PER_PAGE, Queued::place);
            Ok(Seen { counts, categories, merchants, page, today: history::today(c, me, now)?, undo: undo::undoable(c, me, now)?, desk })
        });
        let mut bench = self.lay(seen.await?);
        self.look_ahead(&mut bench).await?;
        Ok(bench)
    }

    /// The consequences come from the verb itself, run and taken back, so they need a connection that may write.
    async fn look_ahead(&self, bench: &mut Bench) -> Result<()> {
        let Some(desk) = bench.desk.as_mut().filter(|d| d.settled.is_none()) else {
            return Ok(());
        };
        let Some(base) = desk.chosen().map(|c| c.base.code.clone()) else {
            return Ok(());
        };
        let (work, cause, reviewer) = (desk.work.clone(), self.seat.cause.clone(), self.seat.person.user);
        desk.preview = self
            .ctx
            .db
            .write(move |tx| {
                let on = On { reviewer, merchant: &work.merchant, prod_id: &work.prod_id, version: work.version };
                consequences::preview(tx, &cause, &on, &base)
            })
            .await?;
        Ok(())
    }

    fn lay(&self, seen: Seen) -> Bench {
        let (asked, now) = (self.asked, self.ctx.now);
        let current = seen.desk.as_ref().map(|d| d.work.product_id);
        let label = |view: Tab| match view {
            Tab::Waiting => "audit-tab-waiting",
            Tab::Difficult => "audit-tab-difficult",
            Tab::Skipped => "audit-tab-skipped",
        };
        let view = Tab::of(&asked.view);
        let pick = |choices: Vec<Choice>, name: &'static str, chosen: &str| -> Vec<Pick> {
            choices
                .into_iter()
                .map(|choice| Pick { href: format!("/audit{}", asked.with(&[(name, &choice.value)])), on: choice.value == chosen, choice })
                .collect()
        };
        let merchants = pick(seen.merchants, "merchant", &asked.merchant);
        let merchant = merchants.iter().find(|m| m.on).map_or_else(|| asked.merchant.clone(), |m| m.choice.label.clone());
        let told = seen
            .undo
            .as_ref()
            .filter(|u| now - u.at < chrono::Duration::seconds(3))
            .map(|u| Text::new(done_key(&u.decision)).with(&u.name));
        let mut frame = self.ctx.frame("audit");
        frame.notice = frame.notice.or_else(|| told.clone());
        Bench {
            frame,
            now,
            tabs: seen
                .counts
                .into_iter()
                .map(|(tab, count)| {
                    let id = if tab == Tab::Waiting { "" } else { tab.as_str() };
                    let href = query_of(&[("view", id), ("cat", &asked.cat), ("merchant", &asked.merchant)]);
                    QueueTab { id: tab.as_str(), label: label(tab), href: format!("/audit{href}"), current: tab == view, count }
                })
                .collect(),
            categories: pick(seen.categories, "cat", &asked.cat),
            merchants,
            category: asked.cat.clone(),
            merchant,
            more: seen.page.next.as_ref().map(|cursor| format!("/audit{}", asked.with(&[("after", cursor)]))),
            queue: seen
                .page
                .rows
                .into_iter()
                .map(|item| Line {
                    href: place(&item.merchant, &item.prod_id) + &asked.query(),
                    current: current == Some(item.product_id),
                    wait: wait(item.submitted_at, now),
                    thumb: Thumb::of(&item.name, item.product_id.0),
                    item,
                })
                .collect(),
            today: seen.today,
            desk: seen.desk,
            undo: seen.undo.map(|what| {
                let address = format!("{}/{}", place(&what.merchant, &what.prod_id), what.noun());
                Undo { action: address.clone() + &asked.with(&[("_method", "delete")]), plain: address + &asked.query(), what }
            }),
            empty_note: match seen.today.seconds {
                Some(seconds) => Text::new("audit-today-average").with(seen.today.count).with(seconds),
                None => Text::new("audit-today").with(seen.today.count),
            },
            problem: None,
            told,
            part: self.ctx.wants == crate::web::Wants::Part,
            returning: false,
            form: Form::default(),
            reasons: [0, 1, 2, 3, 4, 5].map(|at| (at + 1, Reason::ALL.get(at).copied().unwrap_or(Reason::Other))),
            query: asked.query(),
        }
    }

    /// The page again after an action that could not be done; a machine gets the plain failure.
    pub async fn refused(&self, e: Error, (merchant, prod_id): (String, String), returning: bool) -> Reply {
        if self.ctx.wants == crate::web::Wants::Json {
            return Err(e);
        }
        let status = e.status();
        let mut bench = match &e {
            // Somebody else has decided: on with the next one.
            Error::Conflict(_) => self.bench(None).await?,
            Error::Invalid(_) => self.bench(Some((merchant, prod_id))).await?,
            _ => return Err(e),
        };
        let about_form = returning && status == StatusCode::UNPROCESSABLE_ENTITY;
        bench.told = None;
        bench.frame.notice = None;
        match e {
            Error::Invalid(form) => {
                bench.problem = form.errors().next().map(|(_, text)| text.clone()).filter(|_| !about_form);
                bench.form = *form;
            }
            other => bench.problem = Some(other.text()),
        }
        bench.returning = about_form;
        self.ctx.wants.answer(status, self.ctx.lang, &bench)
    }
}

/// The text key of what was just done.
fn done_key(decision: &str) -> &'static str {
    match decision {
        "approved" => "audit-told-approved",
        "new_base" => "audit-told-new-base",
        "returned" => "audit-told-returned",
        "rejected" => "audit-told-rejected",
        "skipped" => "audit-told-skipped",
        _ => "audit-told-difficult",
    }
}

/// A product as the page shows it.
fn desk(seen: Sight, filter: &queue::Filter, asked: &Asked, now: chrono::DateTime<chrono::Utc>) -> Desk {
    let Sight { work, review, offer, checks, fared, previous, next, position, total, settled } = seen;
    let to = |item: Option<Queued>| item.map(|q| place(&q.merchant, &q.prod_id) + &asked.query());
    Desk {
        url: place(&work.merchant, &work.prod_id),
        rows: rows(&work, review.chosen()),
        remark: review::remark(&review),
        preview: consequences::Preview::default(),
        previous: to(previous),
        next: to(next),
        holder: work.held_by_other(filter.reviewer, now).map(ToOwned::to_owned),
        wait: wait(work.submitted_at, now),
        position,
        total,
        fared,
        settled,
        checks,
        offer,
        review,
        work,
    }
}
