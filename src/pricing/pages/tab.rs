//! `/products/{prodId}/prices`: customer groups × region groups of one SKU, what is set and what is inherited (UI §4.4).

use crate::form::Form;
use crate::gate::exceptions::{Exception, PRICE_FIELDS};
use crate::pricing::cells::{Cell, Column, Source, plain_column};
use crate::pricing::grid::{self, Line};
use crate::pricing::place::Place;
use crate::products::{self, TabLink};
use crate::web::{Ctx, Frame, Permission, Reply, filters};
use crate::{Error, show};
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use serde_json::json;

/// Region groups beside one another.
const COLUMNS: usize = 12;

#[derive(Deserialize, Default)]
pub struct Ask {
    #[serde(default)]
    sku: String,
}

/// A customer group, or everybody.
struct Row {
    title: String,
    note: String,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "prices/tab.html", blocks = ["part"])]
struct Tab {
    frame: Frame,
    tabs: Vec<TabLink>,
    lines: Vec<Line>,
    line: Line,
    /// What stands on the SKU itself.
    plain: Vec<(String, Cell)>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    locked: bool,
    /// Which prices can be kept from the ERP: wire name, text key, and the lock that is on.
    locks: Vec<(&'static str, &'static str, Option<Exception>)>,
    /// A lock's form nobody has typed into.
    blank: Form,
    /// The reader may lock, and may leave the end open.
    may_lock: bool,
    owner: bool,
    may: bool,
}
show!(Tab, |v| json!({ "sku": v.line, "columns": v.columns.iter().map(|c| &c.name).collect::<Vec<_>>(),
    "rows": v.rows.iter().map(|r| json!({ "group": r.title, "prices": r.cells.iter().map(|c| json!({ "set": c.value, "inherited": c.inherited })).collect::<Vec<_>>() })).collect::<Vec<_>>() }));

/// `GET /products/{prodId}/prices`
pub async fn page(ctx: Ctx, prod_id: Path<String>, ask: Query<Ask>) -> Reply {
    let seat = ctx.merchant()?;
    let (merchant, now, prod_id) = (seat.merchant, ctx.now, prod_id.into_inner());
    let wanted = prod_id.clone();
    let (lines, source) = ctx
        .db
        .snapshot(move |c| {
            let lines = grid::of_product(c, merchant, &wanted)?;
            let source = Source::load(c, merchant, &lines, now)?;
            Ok((lines, source))
        })
        .await?;
    let line = lines.iter().find(|l| l.sku_id == ask.sku).or(lines.first()).cloned().ok_or(Error::NotFound)?;
    let lang = ctx.lang;
    let plain = Place::PLAIN
        .iter()
        .map(|(place, _)| plain_column(lang, *place))
        .map(|column| (column.title.clone(), source.cell(&line, column.place, &column.name, column.title)))
        .collect();
    let regions: Vec<_> = source.regions.iter().take(COLUMNS).collect();
    let everywhere = lang.say("prices-everywhere", &[]);
    let mut columns = vec![Column { place: Place::Default, name: String::new(), title: everywhere }];
    columns.extend(regions.iter().map(|r| Column { place: Place::Region(r.id), name: r.code.clone(), title: r.name.clone() }));
    let everybody = lang.say("prices-everybody", &[]);
    let label = |who: &str, where_: &str| format!("{who} · {where_}");
    let mut rows = Vec::new();
    let mut cells = vec![source.cell(&line, Place::Default, "price", everybody.clone())];
    cells
        .extend(regions.iter().map(|r| source.cell(&line, Place::Region(r.id), &format!("region:{}", r.code), label(&everybody, &r.name))));
    rows.push(Row { title: everybody, note: String::new(), cells });
    for group in &source.groups {
        let name =
            |region: Option<&str>| region.map_or_else(|| format!("group:{}", group.code), |code| format!("group:{}@{code}", group.code));
        let mut cells = vec![source.cell(&line, Place::Group(group.id, None), &name(None), group.name.clone())];
        cells.extend(
            regions
                .iter()
                .map(|r| source.cell(&line, Place::Group(group.id, Some(r.id)), &name(Some(&r.code)), label(&group.name, &r.name))),
        );
        rows.push(Row { title: group.name.clone(), note: format!("{} · {}", group.code, group.priority), cells });
    }
    ctx.reply(Tab {
        frame: ctx.frame("products"),
        tabs: products::tab_links(&prod_id, "prices"),
        locked: source.locks.whole(&line).is_some(),
        locks: PRICE_FIELDS
            .iter()
            .map(|(field, label)| (*field, *label, source.locks.single(&line).find(|e| e.field == *field).cloned()))
            .collect(),
        blank: Form::filled([("span", "30m".to_owned())]),
        may_lock: seat.person.may(Permission::EditPrices) || seat.person.may(Permission::ManageKeys),
        owner: seat.person.may(Permission::ManageSettings),
        plain,
        columns,
        rows,
        lines,
        line,
        may: seat.person.may(Permission::EditPrices),
    })
}
