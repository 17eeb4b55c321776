//! Rows of stock as the database holds them: locked in one order, changed together with their ledger and marks.

use super::listing;
use super::marks::Changes;
use super::place::Tid;
use super::row::{COLUMNS, Columns, Row};
use crate::db::Prepare;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::trail::Cause;
use crate::{Error, Result};
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Bool, Date, Int4, Nullable, Text, Timestamptz, Uuid as SqlUuid};

/// One row's change, as written. Several changes of one row follow one another: each begins where the last one ended. A call has
/// a thousand of them that pass from hand to hand, so the rows stay where they are.
pub(super) struct Change {
    /// A kind of `stock_movements`.
    pub kind: &'static str,
    pub before: Box<Row>,
    pub after: Box<Row>,
    /// The line that said so.
    pub no: Option<i32>,
    /// The reservation it is about.
    pub reservation: Option<String>,
}

impl Change {
    pub fn new(kind: &'static str, before: Row, after: Row) -> Self {
        Self { kind, before: Box::new(before), after: Box::new(after), no: None, reservation: None }
    }
    pub fn line(self, no: i32) -> Self {
        Self { no: Some(no), ..self }
    }
    pub fn of(self, reservation: &str) -> Self {
        Self { reservation: Some(reservation.to_owned()), ..self }
    }
    /// Worth a line in the ledger: a figure moved, or a hold.
    fn moves(&self) -> bool {
        let told =
            |r: &Row| (r.erp_qty, r.frozen, r.sold_open, r.sold, r.hold_id, r.hold_qty, r.hold_until, r.safety, r.oversell, r.withheld);
        told(&self.before) != told(&self.after)
    }
}

/// From what one row has been to what it has become.
pub(super) struct Span<'a> {
    pub before: &'a Row,
    pub after: &'a Row,
}

/// The rows of these changes, each once.
fn spans(changes: &[Change]) -> Vec<Span<'_>> {
    let one_row = |a: &Change, b: &Change| (a.after.sku, a.after.shop) == (b.after.sku, b.after.shop);
    changes.chunk_by(one_row).filter_map(|row| Some(Span { before: &row.first()?.before, after: &row.last()?.after })).collect()
}

/// Locks in the order given, which is by (SKU, shop) everywhere. Each row is looked up by itself in a subquery of its own, so
/// that no plan can change the order.
pub(super) fn lock(tx: &mut PgConnection, merchant: MerchantId, places: &[(SkuId, ShopId)]) -> Result<Vec<Row>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    // `sql` loads by position; its parameters are numbered as they come, so the merchant comes first.
    let query = sql::<Columns>("with l as (select ")
        .bind::<BigInt, _>(merchant)
        .sql(" as merchant, l.* from unnest((select ")
        .bind::<Array<BigInt>, _>(column(places, |p| p.0))
        .sql("), (select ")
        .bind::<Array<BigInt>, _>(column(places, |p| p.1))
        .sql(&format!(
            ")) with ordinality as l(sku, shop, no)) select {COLUMNS}, s.place from l cross join lateral \
             (select *, ctid as place from stock where merchant_id = l.merchant and sku_id = l.sku and shop_id = l.shop for no key update) s order by l.no"
        ));
    Ok(query.prepared().load::<Row>(tx)?)
}

/// A row as a caller names it: the number of the line that does, the SKU's id in the ERP, the shop.
pub(super) struct Named {
    pub no: i32,
    pub sku: String,
    pub shop: ShopId,
}

/// Finds rows by the names their SKUs have in the ERP and locks them in the order of [`lock`], with the number of the line; a
/// line whose SKU is not known, or has no row yet, is not among them.
pub(super) fn lock_named(tx: &mut PgConnection, merchant: MerchantId, named: &[Named]) -> Result<Vec<(i32, Row)>> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    // Rows are locked after they have been sorted, whatever the plan; sorted before they are looked up, they are so already.
    let query = sql::<(Int4, Columns)>(&format!("select l.no, {COLUMNS}, s.ctid from (select "))
        .bind::<BigInt, _>(merchant)
        .sql(" as merchant, k.id as sku, l.shop, l.no from (select unnest((select ")
        .bind::<Array<Int4>, _>(column(named, |n| n.no))
        .sql(")) as no, unnest((select ")
        .bind::<Array<Text>, _>(named.iter().map(|n| n.sku.as_str()).collect::<Vec<_>>())
        .sql(")) as ext, unnest((select ")
        .bind::<Array<BigInt>, _>(column(named, |n| n.shop))
        .sql(
            ")) as shop) l cross join lateral (select id from skus where merchant_id = $1 and sku_id = l.ext offset 0) k order by k.id, l.shop) l \
             join stock s on s.merchant_id = l.merchant and s.sku_id = l.sku and s.shop_id = l.shop order by l.sku, l.shop for no key update of s",
        );
    Ok(query.prepared().load::<(i32, Row)>(tx)?)
}

/// Empty rows for the places; one that somebody else has made meanwhile is as good. Where lots have been told already, the row
/// is behind them from the first day on, and whoever uses it catches up.
pub(super) fn make(tx: &mut PgConnection, cause: &Cause, places: &[(SkuId, ShopId)]) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into stock (merchant_id, sku_id, shop_id, version, updated_at, lots_until) select $1, l.sku, l.shop, 0, $4, \
         (select date '0001-01-01' from lot_heads h where h.merchant_id = $1 and h.sku_id = l.sku and h.shop_id = l.shop) from unnest($2, $3) with ordinality as l(sku, shop, place) order by l.place on conflict do nothing",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(places.iter().map(|p| p.1).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(cause.now)
    .prepared().execute(tx)?;
    Ok(())
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Writes changed rows with their movements, marks, and whatever listing follows from them. The rows are locked, and the
/// changes of one row stand together.
///
/// Only columns without an index change, so the update stays on its page (HOT). A row that is not as it was locked stops all.
pub(super) fn write(tx: &mut PgConnection, cause: &Cause, changes: &[Change], reason: Option<&str>, low_stock: i64) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let spans = spans(changes);
    let written: Written = statement(cause, changes, &spans, reason).prepared().get_result(tx)?;
    if usize::try_from(written.n).ok() != Some(spans.len()) {
        return Err(Error::broken(format!("{} of {} rows of stock were as they had been locked", written.n, spans.len())));
    }
    let mut marks = Changes::default();
    for span in &spans {
        marks.note(span.before, span.after, low_stock, cause.now);
    }
    marks.write(tx, cause.merchant)?;
    listing::follow(tx, cause, &spans)
}

/// Groups of columns; a statement carries only those in which some row differs, since a push of a thousand rows seldom touches
/// the counters and a sale never touches what the ERP said.
struct Groups {
    erp: bool,
    /// What modes need to know about a push.
    marks: bool,
    counters: bool,
    hold: bool,
    rules: bool,
    shelf: bool,
}

impl Groups {
    fn of(spans: &[Span<'_>]) -> Self {
        let differ = |told: fn(&Span<'_>) -> bool| spans.iter().any(told);
        Self {
            erp: differ(|Span { before: b, after: a }| {
                (a.erp_qty, a.by_person, a.reported_sold, a.reported_frozen, a.source_time, a.reported_at, a.received_at)
                    != (b.erp_qty, b.by_person, b.reported_sold, b.reported_frozen, b.source_time, b.reported_at, b.received_at)
            }),
            marks: differ(|Span { before: b, after: a }| {
                (a.reported_qty, a.ack_seq, a.as_of, a.sold_offset, a.epoch) != (b.reported_qty, b.ack_seq, b.as_of, b.sold_offset, b.epoch)
            }),
            counters: differ(|Span { before: b, after: a }| {
                (a.frozen, a.sold, a.sold_open, a.hold_used) != (b.frozen, b.sold, b.sold_open, b.hold_used)
            }),
            hold: differ(|Span { before: b, after: a }| {
                (a.hold_id, a.hold_qty, a.hold_until, a.hold_keeps) != (b.hold_id, b.hold_qty, b.hold_until, b.hold_keeps)
            }),
            rules: differ(|Span { before: b, after: a }| (a.safety, a.oversell) != (b.safety, b.oversell)),
            shelf: differ(|Span { before: b, after: a }| (a.withheld, a.lots_until, a.lots_qty) != (b.withheld, b.lots_until, b.lots_qty)),
        }
    }

    /// The columns written besides the version, as `stock` names them.
    fn columns(&self) -> Vec<&'static str> {
        let groups: [(bool, &[&'static str]); 6] = [
            (self.erp, &["erp_qty", "qty_by", "reported_sold", "reported_frozen", "source_time", "reported_at", "received_at"]),
            (self.marks, &["reported_qty", "ack_seq", "as_of", "sold_offset", "epoch"]),
            (self.counters, &["frozen", "sold", "sold_open", "hold_used"]),
            (self.hold, &["hold_id", "hold_qty", "hold_until", "hold_keeps"]),
            (self.rules, &["safety", "oversell"]),
            (self.shelf, &["withheld", "lots_until", "lots_qty"]),
        ];
        groups.into_iter().filter(|(on, _)| *on).flat_map(|(_, names)| names.iter().copied()).collect()
    }
}

/// What the rows carry in every statement, and what the ledger does; arrays, in the order bound.
const ROW: [&str; 4] = ["place", "was", "version", "updated_at"];
const LEDGER: [&str; 12] =
    ["sku", "shop", "kind", "erp_before", "erp_after", "d_frozen", "d_open", "d_sold", "available", "held", "reservation", "no"];
/// Single values before the arrays.
const SINGLE: usize = 7;

fn statement(cause: &Cause, changes: &[Change], spans: &[Span<'_>], reason: Option<&str>) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    let groups = Groups::of(spans);
    let columns = groups.columns();
    let row: Vec<&str> = ROW.into_iter().chain(columns.iter().copied()).collect();
    let sets: String = columns.iter().map(|c| format!(", {c} = l.{c}")).collect();
    let sql = format!(
        "with written as (update stock s set version = l.version, updated_at = l.updated_at{sets} from (select {}) l \
           where s.ctid = l.place and s.merchant_id = $1 and s.version = l.was returning 1), \
         moved as (insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, d_frozen, d_open, d_sold, available, held, \
             reservation, actor_kind, actor_name, reason, request_id, feed_id, line_no) \
           select $1, $2, m.sku, m.shop, m.kind, m.erp_before, m.erp_after, m.d_frozen, m.d_open, m.d_sold, m.available, m.held, m.reservation, \
             $3, $4, $5, $6, $7, m.no from (select {}) m) \
         select count(*) as n from written",
        unnested(SINGLE + LEDGER.len(), &row),
        unnested(SINGLE, &LEDGER),
    );
    let query = diesel::sql_query(sql)
        .into_boxed::<Pg>()
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Timestamptz, _>(cause.now)
        .bind::<Text, _>(cause.kind.as_str())
        .bind::<Text, _>(cause.actor_name.clone())
        .bind::<Nullable<Text>, _>(reason.map(ToOwned::to_owned))
        .bind::<Nullable<SqlUuid>, _>(cause.request_id)
        .bind::<Nullable<BigInt>, _>(cause.feed);
    let query = with_ledger(query, cause, changes)
        .bind::<Array<Nullable<Tid>>, _>(column(spans, |s| s.before.place))
        .bind::<Array<BigInt>, _>(column(spans, |s| s.before.version))
        .bind::<Array<BigInt>, _>(column(spans, |s| s.after.version))
        .bind::<Array<Timestamptz>, _>(column(spans, |s| s.after.updated_at));
    with_groups(query, &groups, spans)
}

/// Arrays as columns, their rows in the order of the arrays. In a list of results they are read side by side; in a `from` each
/// would be laid out as a table of its own first, which takes longer than writing the rows.
fn unnested(after: usize, names: &[&str]) -> String {
    let all: Vec<String> = (after + 1..).zip(names).map(|(n, name)| format!("unnest((select ${n})) as {name}")).collect();
    all.join(", ")
}

type Query = BoxedSqlQuery<'static, Pg, SqlQuery>;

/// Binds [`LEDGER`].
fn with_ledger(query: Query, cause: &Cause, changes: &[Change]) -> Query {
    let moves: Vec<&Change> = changes.iter().filter(|c| c.moves()).collect();
    let figures = |c: &&Change| c.after.figures(cause.now);
    query
        .bind::<Array<BigInt>, _>(column(&moves, |c| c.after.sku))
        .bind::<Array<BigInt>, _>(column(&moves, |c| c.after.shop))
        .bind::<Array<Text>, _>(column(&moves, |c| c.kind))
        .bind::<Array<BigInt>, _>(column(&moves, |c| c.before.erp_qty))
        .bind::<Array<BigInt>, _>(column(&moves, |c| c.after.erp_qty))
        .bind::<Array<BigInt>, _>(column(&moves, |c| c.after.frozen - c.before.frozen))
        .bind::<Array<BigInt>, _>(column(&moves, |c| c.after.sold_open - c.before.sold_open))
        .bind::<Array<BigInt>, _>(column(&moves, |c| c.after.sold - c.before.sold))
        .bind::<Array<BigInt>, _>(column(&moves, |c| figures(c).available()))
        .bind::<Array<Nullable<BigInt>>, _>(column(&moves, |c| figures(c).hold.map(|h| h.qty - h.used)))
        .bind::<Array<Nullable<Text>>, _>(column(&moves, |c| c.reservation.clone()))
        .bind::<Array<Nullable<Int4>>, _>(column(&moves, |c| c.no))
}

/// Binds the groups in the order [`Groups::columns`] names them.
fn with_groups(mut query: Query, groups: &Groups, spans: &[Span<'_>]) -> Query {
    if groups.erp {
        query = query
            .bind::<Array<BigInt>, _>(column(spans, |s| s.after.erp_qty))
            .bind::<Array<Text>, _>(column(spans, |s| if s.after.by_person { "person" } else { "erp" }))
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.reported_sold))
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.reported_frozen))
            .bind::<Array<Nullable<Timestamptz>>, _>(column(spans, |s| s.after.source_time))
            .bind::<Array<Nullable<Timestamptz>>, _>(column(spans, |s| s.after.reported_at))
            .bind::<Array<Nullable<Timestamptz>>, _>(column(spans, |s| s.after.received_at));
    }
    if groups.marks {
        query = query
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.reported_qty))
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.ack_seq))
            .bind::<Array<Nullable<Timestamptz>>, _>(column(spans, |s| s.after.as_of))
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.sold_offset))
            .bind::<Array<BigInt>, _>(column(spans, |s| s.after.epoch));
    }
    if groups.counters {
        query = query
            .bind::<Array<BigInt>, _>(column(spans, |s| s.after.frozen))
            .bind::<Array<BigInt>, _>(column(spans, |s| s.after.sold))
            .bind::<Array<BigInt>, _>(column(spans, |s| s.after.sold_open))
            .bind::<Array<BigInt>, _>(column(spans, |s| s.after.hold_used));
    }
    if groups.hold {
        query = query
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.hold_id))
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.hold_qty))
            .bind::<Array<Nullable<Timestamptz>>, _>(column(spans, |s| s.after.hold_until))
            .bind::<Array<Bool>, _>(column(spans, |s| s.after.hold_keeps));
    }
    if groups.rules {
        query =
            query.bind::<Array<BigInt>, _>(column(spans, |s| s.after.safety)).bind::<Array<BigInt>, _>(column(spans, |s| s.after.oversell));
    }
    if groups.shelf {
        query = query
            .bind::<Array<BigInt>, _>(column(spans, |s| s.after.withheld))
            .bind::<Array<Nullable<Date>>, _>(column(spans, |s| s.after.lots_until))
            .bind::<Array<Nullable<BigInt>>, _>(column(spans, |s| s.after.lots_qty));
    }
    query
}

fn column<R, T>(rows: &[R], pick: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(pick).collect()
}

/// Locks the rows there are, in order, before anything else is locked.
pub(super) fn lock_for(tx: &mut PgConnection, merchant: MerchantId, mut places: Vec<(SkuId, ShopId)>) -> Result<()> {
    places.sort_unstable();
    lock(tx, merchant, &places).map(drop)
}

/// One row, locked; nobody's row is not found.
pub(super) fn lock_one(tx: &mut PgConnection, merchant: MerchantId, sku: SkuId, shop: ShopId) -> Result<Row> {
    let mut rows = lock(tx, merchant, &[(sku, shop)])?;
    rows.pop().ok_or(Error::NotFound)
}
