//! How one number came about, and what has moved it.

use super::done::notice;
use super::head::{self, Head};
use super::moves::Told;
use super::{Line, end, left, moment};
use crate::clock::on_the_wire;
use crate::form::Form;
use crate::ids::ShopId;
use crate::merchants::{self, overview::midnight};
use crate::show;
use crate::stock::availability::Term;
use crate::stock::edit;
use crate::stock::holds;
use crate::stock::ledger;
use crate::stock::list;
use crate::stock::modes::Mode;
use crate::stock::reservations::list::{self as reservations, Behind, RowItem};
use crate::stock::rules;
use crate::stock::shelf::{self, Shown};
use crate::text::Text;
use crate::web::{Ctx, Cursor, Frame, Page, Permission, Reply, Seat, Wants, filters, redirect};
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

/// Why somebody changed a number, to choose from; the words of the chosen one are kept.
pub(super) const REASONS: [&str; 4] = ["stock-reason-count", "stock-reason-damaged", "stock-reason-arrived", "stock-reason-wrong"];
const MOVES_SHOWN: i64 = 30;
/// Reservations named under each figure.
const NAMED: i64 = 4;

#[derive(Template)]
#[template(path = "stock/why.html", blocks = ["part"])]
pub(super) struct Why {
    frame: Frame,
    now: DateTime<Utc>,
    pub line: Line,
    terms: Vec<Term>,
    /// May be negative; the page then says by how much.
    available: i64,
    automatic: i64,
    short: i64,
    mode: Mode,
    hold: Option<holds::list::Item>,
    behind: Vec<Behind>,
    named: Vec<RowItem>,
    moves: Page<Told>,
    form: Form,
    reasons: &'static [&'static str],
    may_edit: bool,
    undoable: bool,
    /// The form for the ERP's number is open.
    editing: bool,
    /// The row has just been changed: the list behind the drawer is told.
    changed: bool,
    /// What stands above the list behind the drawer, after a change.
    head: Option<Head>,
    /// A page of its own rather than the drawer.
    whole: bool,
}
show!(Why, |v| json!({
    "row": v.line.data(), "terms": v.terms, "movements": v.moves.rows.iter().map(|t| &t.m).collect::<Vec<_>>(), "next": v.moves.next,
    "mode": v.mode.as_str(), "hold": v.hold, "behind": v.behind,
}));

impl Why {
    /// With the form for the ERP's number open, and this in it.
    #[must_use]
    pub fn editing(self, form: Form) -> Self {
        Self { editing: true, form, ..self }
    }

    /// Where a term comes from, where there is more to say than its name.
    fn notes(&self, term: &Term) -> Vec<Text> {
        match term.key {
            "stock-term-erp" => self.report(),
            "stock-term-person" => vec![Text::new("stock-note-person")],
            "stock-term-frozen" => self.behind.iter().filter(|b| b.state == "frozen").map(|b| self.told(b)).collect(),
            "stock-term-paid" => self.behind.iter().filter(|b| b.state == "paid").map(|b| self.told(b)).collect(),
            "stock-term-safety" if term.qty > 0 => vec![Text::new("why-safety")],
            "stock-term-extra" => vec![Text::new("why-extra")],
            "stock-term-withheld" => vec![Text::new("why-withheld")],
            _ => Vec::new(),
        }
    }

    fn told(&self, behind: &Behind) -> Text {
        let since = moment(behind.oldest, self.now);
        match behind.next_end {
            Some(end) => Text::new("why-frozen").with(behind.n).with(since).with(moment(end, self.now)),
            None => Text::new("why-paid").with(behind.n).with(since),
        }
    }

    /// What the ERP said, as its way of saying it goes.
    fn report(&self) -> Vec<Text> {
        let row = &self.line.item.stock;
        let mut notes: Vec<Text> = row.reported_at.map(|at| Text::new("stock-note-reported").with(on_the_wire(at))).into_iter().collect();
        match (self.mode, row.reported_qty, row.ack_seq, row.as_of) {
            (Mode::Triple, Some(qty), ..) => {
                let (frozen, sold) = (row.reported_frozen.unwrap_or_default(), row.reported_sold.unwrap_or_default());
                notes.push(Text::new("why-triple").with(qty).with(frozen).with(sold));
            }
            (Mode::Cursor, _, Some(seq), _) => notes.push(Text::new("why-cursor").with(seq)),
            (Mode::ErpClock | Mode::OurClock | Mode::Physical, _, _, Some(at)) => notes.push(Text::new("why-as-of").with(on_the_wire(at))),
            _ => {}
        }
        notes
    }

    /// The lots behind a term: those for sale under the number, those that are not under what they take off.
    fn lots(&self, term: &Term) -> Vec<&Shown> {
        match term.key {
            "stock-term-erp" | "stock-term-person" => self.line.lots_for_sale(true).collect(),
            "stock-term-withheld" => self.line.lots_for_sale(false).collect(),
            _ => Vec::new(),
        }
    }

    /// The reservations behind a term.
    fn named(&self, term: &Term) -> impl Iterator<Item = &RowItem> {
        let state = match term.key {
            "stock-term-frozen" => "frozen",
            "stock-term-paid" => "paid",
            _ => "",
        };
        self.named.iter().filter(move |r| r.state == state).take(usize::try_from(NAMED).unwrap_or_default())
    }

    /// Who holds, since when, why, and until when.
    fn hold_notes(&self, hold: &holds::list::Item) -> Vec<Text> {
        let who = Text::new("why-hold-who").with(hold.by_name.clone()).with(moment(hold.started_at, self.now)).with(hold.reason.clone());
        let until = match hold.until.filter(|until| *until > self.now) {
            Some(until) => Text::new("why-hold-until").with(moment(until, self.now)).with(left(until, self.now)),
            None => end(hold.until, self.now),
        };
        let then = if hold.until.is_none() || hold.waits(self.now) {
            None
        } else if hold.keeps {
            Some(Text::new("why-hold-keeps"))
        } else {
            Some(Text::new("why-hold-auto"))
        };
        let used = (hold.used > 0).then(|| Text::new("why-hold-used").with(hold.used));
        [Some(who), Some(until), then, used].into_iter().flatten().collect()
    }

    /// Where the reservations of this row are listed.
    fn list_href(&self, term: &Term) -> String {
        let view = if term.key == "stock-term-paid" { "view=open&" } else { "" };
        format!("/freezes?{view}sku={}&shop={}", super::escaped(&self.line.item.ext), self.line.item.stock.shop)
    }
}

#[derive(Deserialize, Default)]
pub struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    done: String,
}

/// The row as it is now.
pub(super) async fn line(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId) -> crate::Result<Line> {
    let (merchant, ext) = (seat.merchant, ext.to_owned());
    let since = midnight(ctx.now);
    let (item, low_stock, lots, sold) = ctx
        .db
        .snapshot(move |c| {
            let item = list::one(c, merchant, &ext, shop)?;
            let lots = shelf::shown(c, merchant, &[item.place()])?.remove(&item.place());
            let sold = list::sold_since(c, merchant, &[item.place()], since)?.remove(&item.place());
            Ok((item, merchants::find(c, merchant)?.low_stock, lots, sold))
        })
        .await?;
    Ok(Line::of(item, low_stock, ctx.now, seat.person.may(Permission::EditStock)).with_lots(lots).with_today(sold))
}

/// The row and its story, as it is now.
pub(super) async fn why(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId, older: &str) -> crate::Result<Why> {
    let (cause, ext, before) = (seat.cause.clone(), ext.to_owned(), Cursor::read(older));
    let (merchant, now) = (seat.merchant, ctx.now);
    let (item, lots, sold, rules, moves, undoable, hold, behind, named) = ctx
        .db
        .snapshot(move |c| {
            let item = list::one(c, merchant, &ext, shop)?;
            let sku = item.stock.sku;
            let lots = shelf::shown(c, merchant, &[item.place()])?.remove(&item.place());
            let sold = list::sold_since(c, merchant, &[item.place()], midnight(now))?.remove(&item.place());
            let moves = ledger::of_row(c, merchant, sku, shop, before, MOVES_SHOWN + 1)?;
            let undoable = edit::undoable(c, &cause, &item.stock)?.is_some();
            let hold = item.stock.held_by(now).map(|id| holds::list::one(c, merchant, id)).transpose()?;
            let behind = reservations::behind(c, merchant, sku, shop)?;
            let mut named = reservations::of_row(c, merchant, sku, shop, &["frozen"], NAMED)?;
            named.extend(reservations::of_row(c, merchant, sku, shop, &["paid"], NAMED)?);
            Ok((item, lots, sold, rules::of(c, merchant)?, moves, undoable, hold, behind, named))
        })
        .await?;
    let may_edit = seat.person.may(Permission::EditStock);
    let figures = item.stock.figures(now);
    let moves = Page::cut(moves, MOVES_SHOWN, |m| (m.at, m.id));
    Ok(Why {
        frame: ctx.frame("stock"),
        now,
        terms: figures.waterfall(),
        available: figures.available(),
        automatic: figures.automatic(),
        short: figures.short(),
        mode: rules.mode,
        hold,
        behind,
        named,
        moves: Page { rows: Told::all(moves.rows), next: moves.next },
        form: Form::filled([("quantity", item.stock.erp_qty.to_string()), ("version", item.stock.version.to_string())]),
        line: Line::of(item, rules.low_stock, now, may_edit).with_lots(lots).with_today(sold),
        reasons: &REASONS,
        may_edit,
        undoable: undoable && may_edit,
        editing: false,
        changed: false,
        head: None,
        whole: ctx.wants == Wants::Page,
    })
}

pub async fn show(ctx: Ctx, place: Path<(String, ShopId)>, asked: Query<Asked>) -> Reply {
    let seat = ctx.merchant()?;
    let (ext, shop) = place.into_inner();
    let view = why(&ctx, &seat, &ext, shop, &asked.after).await?;
    let frame = Frame { notice: notice(&asked.done, Some(&view.line)), ..view.frame.clone() };
    ctx.reply(Why { frame, ..view })
}

/// After a change: the page goes back to the story, the drawer and a machine get it at once.
pub(super) async fn changed(ctx: &Ctx, seat: &Seat, ext: &str, shop: ShopId) -> Reply {
    let view = why(ctx, seat, ext, shop, "").await?;
    if ctx.wants == Wants::Page {
        return Ok(redirect(ctx, &format!("{}/why", view.line.base())));
    }
    ctx.reply(Why { changed: true, head: head::behind(ctx, seat).await?, ..view })
}
