//! `/prices`: what does each kind of customer pay?

use crate::clock::china;
use crate::ids::SkuId;
use crate::pricing::cells::{Cell, Column, Source, plain_column};
use crate::pricing::formula::{Op, STEPS};
use crate::pricing::grid::{self, Line, Search, View};
use crate::pricing::place::Place;
use crate::pricing::{customer_groups, region_groups};
use crate::products::look;
use crate::text::{Lang, Text};
use crate::web::{COUNT_CAP, Ctx, Cursor, Frame, Page, Pager, Permission, Reply, Tab, filters};
use crate::{Result, show};
use actix_web::web::Query;
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

/// Rows at once: each has a handful of fields.
const PER_PAGE: i64 = 40;
/// Columns of region groups at most.
const COLUMNS: usize = 12;

/// What the address asks for.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(default)]
pub(super) struct Ask {
    pub view: String,
    pub q: String,
    /// A customer group's code, or `kinds`; empty is regions.
    pub set: String,
    pub after: String,
}

impl Ask {
    pub fn search(&self, now: DateTime<Utc>) -> Search {
        Search { view: View::of(&self.view), q: self.q.trim().replace('\0', ""), midnight: midnight(now) }
    }
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("view", &self.view), ("q", &self.q), ("set", &self.set)] {
            let value = changes.iter().find(|(n, _)| *n == name).map_or(value.as_str(), |(_, v)| *v);
            if !value.is_empty() {
                out.append_pair(name, value);
            }
        }
        out.finish()
    }
    fn href(&self, changes: &[(&str, &str)]) -> String {
        let query = self.with(changes);
        if query.is_empty() { "/prices".to_owned() } else { format!("/prices?{query}") }
    }
    pub fn read(query: &str) -> Self {
        serde_html_form::from_str(query).unwrap_or_default()
    }
}

/// The last midnight in China.
fn midnight(now: DateTime<Utc>) -> DateTime<Utc> {
    let there = now.with_timezone(&china());
    there.date_naive().and_hms_opt(0, 0, 0).and_then(|t| t.and_local_timezone(china()).single()).map_or(now, |t| t.to_utc())
}

/// A SKU with its cells.
struct Row {
    line: Line,
    kind: &'static str,
    hue: &'static str,
    cells: Vec<Cell>,
    locked: bool,
}

#[derive(Template)]
#[template(path = "prices/book.html", blocks = ["part"])]
struct Book {
    frame: Frame,
    ask: Ask,
    tabs: Vec<Tab>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    sets: Vec<(String, String, bool)>,
    set: String,
    pager: Pager,
    may: bool,
    may_rules: bool,
    floor: Option<i16>,
    ops: [Op; 4],
    steps: [&'static str; 4],
}
show!(Book, |v| json!({
    "columns": v.columns.iter().map(|c| &c.name).collect::<Vec<_>>(), "next": v.pager.next,
    "rows": v.rows.iter().map(|r| json!({ "sku": r.line, "locked": r.locked, "prices": r.cells.iter().map(|c| json!({
        "set": c.value, "inherited": c.inherited, "tone": c.tone, "locked": c.lock.is_some() })).collect::<Vec<_>>() })).collect::<Vec<_>>(),
}));

impl Book {
    fn query(&self) -> String {
        self.ask.with(&[])
    }
    fn is_filtered(&self) -> bool {
        !self.ask.q.is_empty()
    }
    fn clear(&self) -> String {
        self.ask.href(&[("q", "")])
    }
}

/// The columns of a set: kinds of prices, all region groups, or one customer group in all of them.
pub(super) fn columns(lang: Lang, set: &str, regions: &[region_groups::Group], groups: &[customer_groups::Group]) -> Vec<Column> {
    let mut columns = vec![plain_column(lang, Place::Default)];
    let shown = || regions.iter().take(COLUMNS);
    if set == "kinds" {
        columns.extend([Place::Retail, Place::Reference, Place::Cost, Place::Member].map(|place| plain_column(lang, place)));
    } else if let Some(group) = groups.iter().find(|g| g.code == set) {
        let everywhere = lang.say("prices-everywhere", &[]);
        columns.push(Column { place: Place::Group(group.id, None), name: format!("group:{}", group.code), title: everywhere });
        columns.extend(shown().map(|r| Column {
            place: Place::Group(group.id, Some(r.id)),
            name: format!("group:{}@{}", group.code, r.code),
            title: r.name.clone(),
        }));
    } else {
        columns.push(plain_column(lang, Place::Member));
        columns.extend(shown().map(|r| Column { place: Place::Region(r.id), name: format!("region:{}", r.code), title: r.name.clone() }));
    }
    columns
}

/// `GET /prices`
pub async fn page(ctx: Ctx, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now, ask) = (seat.merchant, ctx.now, ask.into_inner());
    let search = ask.search(now);
    let after = Cursor::read::<i64>(&ask.after).map(SkuId);
    let (lines, counts, source) = ctx
        .db
        .snapshot(move |c| {
            let lines = grid::list(c, merchant, &search, after, PER_PAGE + 1)?;
            let counts: Result<Vec<i64>> = View::ALL.into_iter().map(|v| grid::count(c, merchant, v, search.midnight, COUNT_CAP)).collect();
            let source = Source::load(c, merchant, &lines, now)?;
            Ok((lines, counts?, source))
        })
        .await?;
    let page = Page::cut(lines, PER_PAGE, |l: &Line| l.id.0);
    let columns = columns(ctx.lang, &ask.set, &source.regions, &source.groups);
    let pager = Pager::of("/prices", &ask.with(&[]), Some(&ask.after), &page);
    let rows = page.rows.into_iter().map(|line| row(line, &columns, &source)).collect();
    let mut sets = vec![
        (ctx.lang.say("prices-set-regions", &[]), ask.href(&[("set", "")]), ask.set.is_empty()),
        (ctx.lang.say("prices-set-kinds", &[]), ask.href(&[("set", "kinds")]), ask.set == "kinds"),
    ];
    sets.extend(source.groups.iter().map(|g| (g.name.clone(), ask.href(&[("set", &g.code)]), ask.set == g.code)));
    let current = View::of(&ask.view);
    let tabs = View::ALL
        .into_iter()
        .zip(counts)
        .map(|(view, count)| Tab {
            label: Text::new(view.label()),
            href: ask.href(&[("view", if view == View::All { "" } else { view.name() })]),
            current: view == current,
            count: Some(count),
            tone: if count > 0 { view.tone() } else { "" },
        })
        .collect();
    ctx.reply(Book {
        frame: ctx.frame("prices"),
        set: sets.iter().find(|s| s.2).map(|s| s.0.clone()).unwrap_or_default(),
        tabs,
        columns,
        rows,
        sets,
        pager,
        may: seat.person.may(Permission::EditPrices),
        may_rules: seat.person.may(Permission::ManageSettings),
        floor: source.rules.floor_percent,
        ops: Op::ALL,
        steps: STEPS,
        ask,
    })
}

fn row(line: Line, columns: &[Column], source: &Source) -> Row {
    let (kind, hue) = look::of(&line.name, &line.spec);
    let cells = columns.iter().map(|c| source.cell(&line, c.place, &c.name, format!("{} {}", line.sku_id, c.title))).collect();
    Row { kind, hue, cells, locked: source.locks.whole(&line).is_some(), line }
}
