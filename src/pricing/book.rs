//! The one verb by which prices change: from a call, a page, a replay.
//!
//! The SKUs are locked by id, what the wishes speak of is read with one statement, each wish is laid over its sheet
//! ([`super::sheet`]), and all that differs is written at once.

use super::codes::Codes;
use super::place::{Place, Span};
use super::rules::rules;
use super::sheet::{Cell, Sheet, Verdict, Wish};
use super::write;
use crate::Result;
use crate::guards::{self, Danger};
use crate::ids::{MerchantId, ProductId, SkuId};
use crate::products::draft::two_places;
use crate::products::listing;
use crate::trail::{self, Cause, Entry};
use crate::wire::{Outcome, Problem};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int4, Nullable, Numeric, Text, Timestamptz};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a wish ended.
#[derive(Clone, Debug)]
pub struct Done {
    pub no: i32,
    pub outcome: Outcome,
    pub problems: Vec<Problem>,
    /// For what did not plainly count: the values in force, by the fields that were sent.
    pub now: Map<String, Value>,
    pub stopped: Option<Stopped>,
}

/// What a guard made of it.
#[derive(Clone, Debug)]
pub struct Stopped {
    pub quarantine: i64,
    pub path: String,
    pub sent: String,
    pub in_force: String,
}

/// Carries out wishes in their order; one answer each, in the same order. A SKU that is not the merchant's is an error.
pub fn set(tx: &mut PgConnection, cause: &Cause, codes: &Codes, wishes: &[Wish]) -> Result<Vec<Done>> {
    if wishes.is_empty() {
        return Ok(Vec::new());
    }
    let (own, guard) = (rules(tx, cause.merchant)?, guards::rules(tx, cause.merchant)?);
    let unpriced = lock_unpriced(tx, cause.merchant, wishes)?;
    let before = load(tx, cause.merchant, wishes)?;
    let plan = |caught: &HashMap<i32, i64>| {
        let mut sheets = before.clone();
        let mut verdicts = Vec::with_capacity(wishes.len());
        let mut entries = Vec::new();
        for wish in wishes {
            let Some(sheet) = sheets.get_mut(&wish.sku) else { return Err(crate::Error::NotFound) };
            let old = sheet.clone();
            let verdict = sheet.take(wish, &own, &guard, cause.kind);
            if caught.contains_key(&wish.no) {
                *sheet = old;
            } else if matches!(verdict, Verdict::Changes { .. }) {
                entries.push(entry(wish, &old, sheet, codes));
            }
            verdicts.push(verdict);
        }
        Ok((sheets, verdicts, entries))
    };
    let (mut sheets, mut verdicts, mut entries) = plan(&HashMap::new())?;
    let caught = guards::weigh(tx, cause, &dangers(&verdicts))?;
    if !caught.is_empty() {
        // Wishes after a stopped one are weighed by what then stands.
        (sheets, verdicts, entries) = plan(&caught)?;
    }
    write::write(tx, cause, &before, &sheets)?;
    trail::record(tx, cause, &entries)?;
    let priced: Vec<ProductId> =
        sheets.values().filter(|s| s.plain(Place::Default).is_some()).map(|s| s.product).filter(|id| unpriced.contains(id)).collect();
    listing::settle(tx, cause, &priced)?;
    Ok(wishes.iter().zip(verdicts).map(|(wish, verdict)| done(wish, verdict, &before, caught.get(&wish.no).copied(), codes)).collect())
}

fn dangers(verdicts: &[Verdict]) -> Vec<Danger> {
    let danger = |v: &Verdict| if let Verdict::Changes { danger: Some((danger, _)), .. } = v { Some(*danger) } else { None };
    verdicts.iter().filter_map(danger).collect()
}

fn done(wish: &Wish, verdict: Verdict, before: &BTreeMap<SkuId, Sheet>, caught: Option<i64>, codes: &Codes) -> Done {
    let mut done = Done { no: wish.no, outcome: Outcome::Applied, problems: Vec::new(), now: Map::new(), stopped: None };
    let sheet = before.get(&wish.sku);
    match verdict {
        Verdict::Changes { warnings, danger } => {
            done.problems = warnings;
            let stopped = caught.and_then(|quarantine| {
                let m = danger.and_then(|(_, at)| wish.moves.get(at)).or(wish.moves.first())?;
                let shown = |amount: Option<Decimal>| amount.map(two_places).unwrap_or_default();
                let in_force = shown(sheet.and_then(|s| s.amount(m.place, m.span)));
                Some(Stopped { quarantine, path: m.path.clone(), sent: shown(m.to), in_force })
            });
            if stopped.is_some() {
                done.outcome = Outcome::Parked;
            }
            done.stopped = stopped;
        }
        Verdict::Unchanged { warnings } => {
            done.outcome = Outcome::Unchanged;
            done.problems = warnings;
        }
        Verdict::Stale(problem) => {
            done.outcome = Outcome::Stale;
            done.problems = vec![problem];
        }
        Verdict::Rejected(problems) => {
            done.outcome = Outcome::Rejected;
            done.problems = problems;
        }
    }
    if let (Some(sheet), true) = (sheet, !matches!(done.outcome, Outcome::Applied | Outcome::Unchanged)) {
        done.now = in_force(wish, sheet, codes);
    }
    done
}

/// The values in force of all that was sent, with the version that answers for them.
fn in_force(wish: &Wish, sheet: &Sheet, codes: &Codes) -> Map<String, Value> {
    let mut now = Map::new();
    now.insert("quoteVersion".into(), sheet.version.into());
    for m in &wish.moves {
        // cost is named, never told.
        let amount = sheet.amount(m.place, m.span).filter(|_| m.place != Place::Cost).map(two_places);
        if m.place.is_plain() || matches!(m.place, Place::Shop(_)) {
            now.insert(m.place.field().into(), json!(amount));
        } else if let Value::Array(list) = now.entry(m.place.field()).or_insert_with(|| json!([])) {
            list.push(json!({ "for": m.place.name(codes), "dates": m.span.words(), "price": amount }));
        }
    }
    now
}

/// The name of a value in the trail, dates and all; see [`read_name`].
pub fn cell_name(place: Place, span: Span, codes: &Codes) -> String {
    let name = place.name(codes);
    if span.is_dated() { format!("{name} [{}]", span.words()) } else { name }
}

/// Reads [`cell_name`]; `None` for what cannot be, such as a promotion without dates.
pub(super) fn read_name(name: &str, codes: &Codes) -> Option<(Place, Span)> {
    let (place, span) = match name.strip_suffix(']').and_then(|rest| rest.rsplit_once(" [")) {
        Some((place, words)) => (Place::named(place, codes)?, Span::of_words(words)?),
        None => (Place::named(name, codes)?, Span::STANDING),
    };
    let fits = if span.is_dated() { !place.is_plain() } else { place != Place::Promotion };
    fits.then_some((place, span))
}

fn entry(wish: &Wish, old: &Sheet, new: &Sheet, codes: &Codes) -> Entry {
    let (mut before, mut after) = (Map::new(), Map::new());
    let touched: BTreeSet<Place> = wish.moves.iter().map(|m| m.place).collect();
    let spans =
        |sheet: &Sheet, place: Place| -> Vec<Span> { sheet.cells.keys().filter(|(p, _)| *p == place).map(|(_, span)| *span).collect() };
    for place in touched {
        let all: BTreeSet<Span> = spans(old, place).into_iter().chain(spans(new, place)).collect();
        for span in all {
            let (was, is) = (old.amount(place, span), new.amount(place, span));
            if was != is {
                let name = cell_name(place, span, codes);
                before.insert(name.clone(), json!(was.map(two_places)));
                after.insert(name, json!(is.map(two_places)));
            }
        }
    }
    Entry::new("price.changed", "sku", &new.sku_id).change(before.into(), after.into()).line(wish.no)
}

/// A first default price may put goods on sale, so their products are locked before their SKUs, in the house's order.
fn lock_unpriced(tx: &mut PgConnection, merchant: MerchantId, wishes: &[Wish]) -> Result<BTreeSet<ProductId>> {
    #[derive(QueryableByName)]
    struct Id {
        #[diesel(sql_type = BigInt)]
        id: ProductId,
    }
    let skus: Vec<SkuId> = wishes.iter().filter(|w| w.moves.iter().any(|m| m.place == Place::Default)).map(|w| w.sku).collect();
    if skus.is_empty() {
        return Ok(BTreeSet::new());
    }
    let locked: Vec<Id> = diesel::sql_query(
        "select p.id from products p where p.merchant_id = $1 and p.id in \
           (select k.product_id from skus k where k.merchant_id = $1 and k.id = any($2) and k.base_price is null) order by p.id for no key update",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(skus)
    .load(tx)?;
    Ok(locked.into_iter().map(|row| row.id).collect())
}

#[derive(QueryableByName)]
struct Own {
    #[diesel(sql_type = BigInt)]
    id: SkuId,
    #[diesel(sql_type = Text)]
    sku_id: String,
    #[diesel(sql_type = BigInt)]
    product_id: ProductId,
    #[diesel(sql_type = Nullable<Numeric>)]
    base_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    retail_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    reference_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    cost_price: Option<Decimal>,
    #[diesel(sql_type = Nullable<Numeric>)]
    member_price: Option<Decimal>,
    #[diesel(sql_type = Int4)]
    quote_version: i32,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    quoted_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Int4>)]
    said_again_version: Option<i32>,
}

impl From<Own> for Sheet {
    fn from(own: Own) -> Self {
        let plain = [
            (Place::Default, own.base_price),
            (Place::Retail, own.retail_price),
            (Place::Reference, own.reference_price),
            (Place::Cost, own.cost_price),
            (Place::Member, own.member_price),
        ];
        let cell = |(place, amount): (Place, Option<Decimal>)| {
            Some(((place, Span::STANDING), Cell { amount: amount?, source_time: own.quoted_at }))
        };
        Self {
            sku: own.id,
            sku_id: own.sku_id,
            product: own.product_id,
            version: own.quote_version,
            quoted_at: own.quoted_at,
            said_again: own.said_again_version,
            again: false,
            cells: plain.into_iter().filter_map(cell).collect(),
            gone: BTreeMap::new(),
        }
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    sku_id: SkuId,
    #[diesel(sql_type = BigInt)]
    customer_id: i64,
    #[diesel(sql_type = BigInt)]
    customer_group_id: i64,
    #[diesel(sql_type = BigInt)]
    region_group_id: i64,
    #[diesel(sql_type = BigInt)]
    shop_id: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    valid_from: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    valid_until: Option<DateTime<Utc>>,
    /// None where only the clock is left.
    #[diesel(sql_type = Nullable<Numeric>)]
    amount: Option<Decimal>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    source_time: Option<DateTime<Utc>>,
}

/// The sheets of the wishes' SKUs, locked by id, with the rows of the places they speak of.
fn load(tx: &mut PgConnection, merchant: MerchantId, wishes: &[Wish]) -> Result<BTreeMap<SkuId, Sheet>> {
    let skus: BTreeSet<SkuId> = wishes.iter().map(|w| w.sku).collect();
    let own: Vec<Own> = diesel::sql_query(
        "select id, sku_id, product_id, base_price, retail_price, reference_price, cost_price, member_price, quote_version, quoted_at, said_again_version \
         from skus where merchant_id = $1 and id = any($2) order by id for no key update",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(skus.into_iter().collect::<Vec<_>>())
    .load(tx)?;
    let mut sheets: BTreeMap<SkuId, Sheet> = own.into_iter().map(|own| (own.id, own.into())).collect();
    let places: BTreeSet<(SkuId, [i64; 4])> =
        wishes.iter().flat_map(|w| w.moves.iter().filter(|m| !m.place.is_plain()).map(move |m| (w.sku, m.place.columns()))).collect();
    if places.is_empty() {
        return Ok(sheets);
    }
    let column = |pick: fn(&[i64; 4]) -> i64| places.iter().map(|(_, columns)| pick(columns)).collect::<Vec<_>>();
    let rows: Vec<Row> = diesel::sql_query(
        "select p.* from unnest($2, $3, $4, $5, $6) as w(sku, customer, customers, region, shop) cross join lateral \
         (select sku_id, customer_id, customer_group_id, region_group_id, shop_id, nullif(nullif(valid_from, '-infinity'), 'epoch') as valid_from, \
            nullif(valid_until, 'infinity') as valid_until, amount, source_time from prices where merchant_id = $1 and sku_id = w.sku \
            and customer_id = w.customer and customer_group_id = w.customers and region_group_id = w.region and shop_id = w.shop \
          union all select sku_id, customer_id, customer_group_id, region_group_id, shop_id, nullif(valid_from, '-infinity'), null, null, source_time \
            from gone_prices where merchant_id = $1 and sku_id = w.sku and source_time is not null \
            and customer_id = w.customer and customer_group_id = w.customers and region_group_id = w.region and shop_id = w.shop offset 0) p",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<BigInt>, _>(places.iter().map(|(sku, _)| *sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(column(|[customer, ..]| *customer))
    .bind::<Array<BigInt>, _>(column(|[_, group, ..]| *group))
    .bind::<Array<BigInt>, _>(column(|[_, _, region, _]| *region))
    .bind::<Array<BigInt>, _>(column(|[.., shop]| *shop))
    .load(tx)?;
    for row in rows {
        let place = Place::of_columns([row.customer_id, row.customer_group_id, row.region_group_id, row.shop_id]);
        if let Some(sheet) = sheets.get_mut(&row.sku_id) {
            if let Some(amount) = row.amount {
                let span = Span { from: row.valid_from, until: row.valid_until };
                sheet.cells.insert((place, span), Cell { amount, source_time: row.source_time });
            } else if let Some(clock) = row.source_time {
                sheet.gone.insert((place, row.valid_from), clock);
            }
        }
    }
    Ok(sheets)
}
