//! `/prices/changes`: what is about to change, and for whom; applied, and taken back.

use super::book::{Ask, columns};
use super::promotion;
use crate::form::Form;
use crate::pricing::cells::{Column, words};
use crate::pricing::changes::{self, Outlook, Wanted};
use crate::pricing::formula::{Formula, Op, STEPS};
use crate::pricing::grid::{self, Line};
use crate::pricing::paste::{self, Heading, Misread};
use crate::pricing::place::{Place, Span};
use crate::pricing::{customer_groups, region_groups, rows};
use crate::text::{Lang, Text};
use crate::web::{Ctx, Frame, Input, Permission, Reply, Seat, filters};
use crate::wire::MAX_LINES;
use crate::{Error, show};
use askama::Template;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use uuid::Uuid;
use validator::{Validate, ValidationErrors};

/// Changes that are shown one by one.
const SHOWN: usize = 100;

/// A form whose fields are as many as the grid has cells.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Pairs(Vec<(String, String)>);

impl Validate for Pairs {
    fn validate(&self) -> Result<(), ValidationErrors> {
        Ok(())
    }
}

impl Pairs {
    fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str())
    }
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }
    /// Cells somebody has typed into: the input's name, what was there, what is there.
    fn touched(&self) -> Vec<(&str, &str)> {
        let was: HashMap<&str, &str> = self.all("was").filter_map(|w| w.rsplit_once('=')).collect();
        self.0
            .iter()
            .filter(|(name, value)| name.starts_with("v|") && was.get(name.as_str()).copied().unwrap_or_default() != value.trim())
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
    fn version(&self, sku: &str) -> Option<i64> {
        self.all("ver").filter_map(|v| v.split_once('|')).find(|(_, of)| *of == sku).and_then(|(version, _)| version.parse().ok())
    }
}

/// What a form asks for, and what of it was not understood.
#[derive(Default)]
struct Asked {
    wanted: Vec<Wanted>,
    misread: Vec<Misread>,
}

/// The cells of the grid.
fn typed(pairs: &Pairs) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in pairs.touched() {
        let Some((place, sku)) = name.strip_prefix("v|").and_then(|rest| rest.split_once('|')) else { continue };
        match paste::amount(value) {
            Ok(to) => {
                asked.wanted.push(Wanted { sku_id: sku.to_owned(), place: place.to_owned(), to, version: pairs.version(sku) });
            }
            Err(why) => asked.misread.push(Misread { at: format!("{sku} · {place}"), why }),
        }
    }
    asked
}

/// A price for a time.
fn promoted(pairs: &Pairs) -> Asked {
    let (sku, place) = (pairs.one("sku").trim(), pairs.one("place"));
    let read = || -> Result<Wanted, Text> {
        let span = promotion::span(pairs.one("from"), pairs.one("until"))?;
        let to = paste::amount(pairs.one("price"))?.ok_or_else(|| Text::new("promo-no-price"))?;
        Ok(Wanted { sku_id: sku.to_owned(), place: format!("{place} [{}]", span.words()), to: Some(to), version: pairs.version(sku) })
    };
    match read() {
        Ok(wanted) => Asked { wanted: vec![wanted], ..Asked::default() },
        Err(why) => Asked { misread: vec![Misread { at: sku.to_owned(), why }], ..Asked::default() },
    }
}

/// One price with dates that is to be no more.
fn dropped(pairs: &Pairs) -> Asked {
    let sku = pairs.one("sku").trim();
    let wanted = Wanted { sku_id: sku.to_owned(), place: pairs.one("place").to_owned(), to: None, version: pairs.version(sku) };
    Asked { wanted: vec![wanted], ..Asked::default() }
}

/// What a sheet may call the columns: by the words of this page in both languages, the wire's names, and the groups' codes.
fn headings(regions: &[region_groups::Group], groups: &[customer_groups::Group]) -> Vec<Heading> {
    let mut all: Vec<Heading> = Vec::new();
    for set in ["kinds", ""].into_iter().map(ToOwned::to_owned).chain(groups.iter().map(|g| g.code.clone())) {
        for (zh, en) in columns(Lang::Zh, &set, regions, groups).into_iter().zip(columns(Lang::En, &set, regions, groups)) {
            let group = groups.iter().find(|g| g.code == set);
            let words = match group.filter(|_| zh.name.starts_with("group:")) {
                Some(group) if zh.name.contains('@') => vec![format!("{} · {}", group.name, zh.title)],
                Some(group) => vec![group.name.clone(), group.code.clone()],
                None => vec![zh.title, en.title, zh.name.rsplit(':').next().unwrap_or_default().to_owned()],
            };
            if !all.iter().any(|h| h.place == zh.name) {
                all.push(Heading { place: zh.name, words });
            }
        }
    }
    all
}

/// The formula as typed.
fn formula(pairs: &Pairs) -> Result<Formula, Text> {
    let op = Op::of(pairs.one("op")).ok_or_else(|| Text::new("prices-choose-op"))?;
    let step = STEPS.into_iter().find(|step| *step == pairs.one("step")).unwrap_or("0.01");
    let by = pairs.one("by").trim();
    let by: Decimal = match op {
        Op::Clear => Decimal::ZERO,
        _ => by.parse().map_err(|_| Text::new("prices-not-a-number").with(by))?,
    };
    Ok(Formula { op, by, step: step.parse().map_err(|_| Text::new("prices-choose-op"))? })
}

/// A page of changes: looked at, made, or taken back.
#[derive(Template)]
#[template(path = "prices/changes.html", blocks = ["part"])]
struct Changes {
    frame: Frame,
    /// `preview`, `done` or `undone`.
    step: &'static str,
    outlook: Outlook,
    misread: Vec<Misread>,
    /// What to send to go on.
    wanted: Vec<Wanted>,
    regions: Vec<region_groups::Group>,
    groups: Vec<customer_groups::Group>,
    filter: String,
    act: String,
    full: bool,
}
show!(Changes, |v| json!({
    "step": v.step, "outlook": v.outlook, "act": v.act, "changes": v.wanted,
    "misread": v.misread.iter().map(|m| json!({ "at": m.at, "why": m.why.key() })).collect::<Vec<_>>(),
    "refused": v.outlook.refused.iter().map(|r| json!({ "skuId": r.sku_id, "why": r.why.key() })).collect::<Vec<_>>(),
}));

impl Changes {
    fn some(&self) -> &[changes::Diff] {
        self.outlook.diffs.get(..SHOWN).unwrap_or(&self.outlook.diffs)
    }
    fn rest(&self) -> usize {
        self.outlook.diffs.len().saturating_sub(SHOWN)
    }
    fn refused(&self) -> &[changes::Refused] {
        self.outlook.refused.get(..SHOWN).unwrap_or(&self.outlook.refused)
    }
    fn place(&self, name: &str) -> String {
        words(self.frame.lang, name, &self.regions, &self.groups)
    }
    fn back(&self) -> String {
        let query = Ask::read(&self.filter).with(&[]);
        if query.is_empty() { "/prices".to_owned() } else { format!("/prices?{query}") }
    }
    /// One change as the next form carries it.
    fn carried(wanted: &Wanted) -> String {
        let version = wanted.version.map(|v| v.to_string()).unwrap_or_default();
        let to = wanted.to.map(|to| to.to_string()).unwrap_or_default();
        format!("{version}|{to}|{}|{}", wanted.place, wanted.sku_id)
    }
}

fn carried(text: &str) -> Option<Wanted> {
    let mut parts = text.splitn(4, '|');
    let (version, to, place, sku) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let to = if to.is_empty() { None } else { Some(to.parse().ok()?) };
    Some(Wanted { sku_id: sku.to_owned(), place: place.to_owned(), to, version: version.parse().ok() })
}

fn seat(ctx: &Ctx) -> crate::Result<Seat> {
    ctx.merchant()?.may(Permission::EditPrices)
}

/// `POST /prices/changes`: nothing is changed yet.
pub async fn preview(ctx: Ctx, input: Input<Pairs>) -> Reply {
    let seat = seat(&ctx)?;
    let pairs = input.checked()?;
    let filter = pairs.one("filter").to_owned();
    let (merchant, now, lang) = (seat.merchant, ctx.now, ctx.lang);
    let how = pairs.one("how").to_owned();
    let (asked, regions, groups, full) = ctx
        .db
        .read(move |c| {
            let (regions, groups) = (region_groups::list(c, merchant)?, customer_groups::list(c, merchant)?);
            let mut full = false;
            let asked = match how.as_str() {
                "paste" => {
                    let (wanted, misread) = paste::read(pairs.one("paste"), &headings(&regions, &groups));
                    Asked { wanted, misread }
                }
                "formula" => match formula(&pairs) {
                    Err(why) => Asked { misread: vec![Misread { at: lang.say("prices-formula", &[]), why }], ..Asked::default() },
                    Ok(formula) => {
                        let ask = Ask::read(pairs.one("filter"));
                        let limit = i64::try_from(MAX_LINES).unwrap_or(i64::MAX);
                        let lines: Vec<Line> = if pairs.one("scope") == "all" {
                            grid::list(c, merchant, &ask.search(now), None, limit)?
                        } else {
                            let ticked: Vec<String> = pairs.all("id").take(MAX_LINES).map(ToOwned::to_owned).collect();
                            grid::of_skus(c, merchant, &ticked)?
                        };
                        full = lines.len() >= MAX_LINES;
                        let columns = columns(lang, &ask.set, &regions, &groups);
                        let stored = rows::of_skus(c, merchant, &lines.iter().map(|l| l.id).collect::<Vec<_>>(), rows::MOST)?;
                        worked_out(&formula, &lines, &columns, pairs.one("place"), &stored)
                    }
                },
                "promotion" => promoted(&pairs),
                "drop" => dropped(&pairs),
                _ => typed(&pairs),
            };
            Ok((asked, regions, groups, full))
        })
        .await?;
    let (wanted, cause) = (asked.wanted.clone(), seat.cause.clone());
    let outlook = ctx.db.write(move |tx| changes::make(tx, &cause, &wanted, true)).await?;
    let nothing = outlook.diffs.is_empty();
    let said = |m: Misread| match m.at.split_once(" · ") {
        Some((sku, place)) => Misread { at: format!("{sku} · {}", words(lang, place, &regions, &groups)), ..m },
        None => m,
    };
    let page = Changes {
        frame: ctx.frame("prices"),
        step: "preview",
        outlook,
        misread: asked.misread.into_iter().map(said).collect(),
        wanted: asked.wanted,
        regions,
        groups,
        filter,
        act: String::new(),
        full,
    };
    if nothing { ctx.invalid(page) } else { ctx.reply(page) }
}

fn worked_out(formula: &Formula, lines: &[Line], columns: &[Column], place: &str, stored: &[rows::Stored]) -> Asked {
    let mut asked = Asked::default();
    let Some(column) = columns.iter().find(|c| c.name == place) else {
        asked.misread.push(Misread { at: place.to_owned(), why: Text::new("prices-no-place").with(place) });
        return asked;
    };
    for line in lines {
        let own = match column.place {
            Place::Default => line.base_price,
            Place::Retail => line.retail_price,
            Place::Reference => line.reference_price,
            Place::Cost => line.cost_price,
            Place::Member => line.member_price.or(line.base_price),
            row => {
                let set = stored.iter().find(|r| r.sku == line.id && r.place() == row && r.span() == Span::STANDING);
                set.map(|r| r.amount).or(line.base_price)
            }
        };
        match formula.of(own) {
            Some(to) => {
                let version = Some(i64::from(line.version));
                asked.wanted.push(Wanted { sku_id: line.sku_id.clone(), place: column.name.clone(), to, version });
            }
            None => asked.misread.push(Misread { at: line.sku_id.clone(), why: Text::new("prices-nothing-to-go-by") }),
        }
    }
    asked
}

/// `POST /prices`: what was looked at.
pub async fn apply(ctx: Ctx, input: Input<Pairs>) -> Reply {
    let seat = seat(&ctx)?;
    let pairs = input.checked()?;
    let wanted: Vec<Wanted> = pairs.all("change").filter_map(carried).collect();
    let cause = seat.cause.clone();
    let outlook = ctx.db.write(move |tx| changes::make(tx, &cause, &wanted, false)).await?;
    ended(ctx, &seat, "done", outlook, pairs.one("filter")).await
}

/// `DELETE /prices`: what a request changed becomes what it was (I-9).
pub async fn undo(ctx: Ctx, input: Input<Pairs>) -> Reply {
    let seat = seat(&ctx)?;
    let pairs = input.checked()?;
    let act =
        Uuid::parse_str(pairs.one("act")).map_err(|_| Error::invalid(Form::default().with_error("act", Text::new("form-missing"))))?;
    let ids: Vec<String> = pairs.all("id").map(ToOwned::to_owned).collect();
    let cause = seat.cause.clone();
    let outlook = ctx.db.write(move |tx| changes::undo(tx, &cause, act, &ids)).await?;
    ended(ctx, &seat, "undone", outlook, pairs.one("filter")).await
}

async fn ended(ctx: Ctx, seat: &Seat, step: &'static str, outlook: Outlook, filter: &str) -> Reply {
    let merchant = seat.merchant;
    let (regions, groups) = ctx.db.read(move |c| Ok((region_groups::list(c, merchant)?, customer_groups::list(c, merchant)?))).await?;
    let nothing = outlook.diffs.is_empty();
    let page = Changes {
        frame: ctx.frame("prices"),
        step,
        outlook,
        misread: Vec::new(),
        wanted: Vec::new(),
        regions,
        groups,
        filter: filter.to_owned(),
        act: ctx.request_id.to_string(),
        full: false,
    };
    if nothing { ctx.invalid(page) } else { ctx.reply(page) }
}
