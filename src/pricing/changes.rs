//! Changes a person is about to make: typed into the grid, pasted from a sheet, or worked out by a formula. Each is looked at
//! before it is made (I-8) and can be taken back afterwards (I-9).

use super::book::{self, read_name};
use super::codes::Codes;
use super::impact::{self, Impact};
use super::locks::Locks;
use super::place::{Place, Span};
use super::rules::{Rules, rules};
use super::sheet::{Move, Wish};
use super::{grid, rows};
use crate::ids::{MerchantId, SkuId};
use crate::products::draft::two_places;
use crate::text::Text;
use crate::trail::Cause;
use crate::wire::{MAX_LINES, Outcome, Problem};
use crate::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Text as SqlText, Uuid as SqlUuid};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// One value somebody wants to be another. Names as people and ERPs know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    pub sku_id: String,
    /// See [`Place::name`].
    pub place: String,
    /// `None`: back to what it inherits.
    pub to: Option<Decimal>,
    /// The version of the SKU's prices that was seen.
    pub version: Option<i64>,
}

/// One value as it is and would be.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    pub sku_id: String,
    pub name: String,
    pub place: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// In per cent, when both are there; a price that was inherited is compared with the default one.
    pub percent: Option<Decimal>,
    /// It moves by more than the merchant's alert.
    pub far: bool,
    pub below_cost: bool,
    /// Who keeps it from the ERP: a person may change it all the same, and should know.
    #[serde(skip)]
    pub lock: Option<Text>,
}

/// Why a row stays as it is.
#[derive(Clone, Debug, Serialize)]
pub struct Refused {
    #[serde(rename = "skuId")]
    pub sku_id: String,
    #[serde(skip)]
    pub why: Text,
}

/// What changes come to.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    pub diffs: Vec<Diff>,
    pub refused: Vec<Refused>,
    pub unchanged: usize,
    pub far: usize,
    pub below_cost: usize,
    /// Of locked prices.
    pub locked: usize,
    pub alert_percent: i16,
    pub impact: Impact,
    /// The SKUs that change, to be undone by.
    pub skus: Vec<String>,
}

/// Carries changes out; a preview does the same and takes it back.
///
/// # Errors
/// Only for faults of the whole.
pub fn make(tx: &mut PgConnection, cause: &Cause, wanted: &[Wanted], preview: bool) -> Result<Outlook> {
    enum Back {
        Wanted(Box<Outlook>),
        Failed(Error),
    }
    impl From<diesel::result::Error> for Back {
        fn from(e: diesel::result::Error) -> Self {
            Back::Failed(e.into())
        }
    }
    if !preview {
        return carry_out(tx, cause, wanted, false);
    }
    let tried: std::result::Result<(), Back> = tx.transaction(|tx| match carry_out(tx, cause, wanted, true) {
        Ok(outlook) => Err(Back::Wanted(Box::new(outlook))),
        Err(e) => Err(Back::Failed(e)),
    });
    match tried {
        Err(Back::Wanted(outlook)) => Ok(*outlook),
        Err(Back::Failed(e)) => Err(e),
        Ok(()) => Err(Error::broken("a preview was kept")),
    }
}

fn carry_out(tx: &mut PgConnection, cause: &Cause, wanted: &[Wanted], weigh: bool) -> Result<Outlook> {
    let mut outlook = Outlook::default();
    let ids: Vec<String> = wanted.iter().map(|w| w.sku_id.clone()).collect();
    let lines: HashMap<String, grid::Line> = grid::of_skus(tx, cause.merchant, &ids)?.into_iter().map(|l| (l.sku_id.clone(), l)).collect();
    let codes = Codes::by_customer_codes(tx, cause.merchant, &customers_named(wanted))?;
    let own = rules(tx, cause.merchant)?;
    outlook.alert_percent = own.alert_percent;
    let (wishes, rows) = as_wishes(wanted, &lines, &codes, &mut outlook.refused);
    let skus: Vec<SkuId> = wishes.iter().map(|w| w.sku).collect();
    // What begins later is looked at when it begins.
    let begins = wishes.iter().flat_map(|w| w.moves.iter().filter_map(|m| m.span.from)).filter(|from| *from > cause.now).min();
    let at = begins.unwrap_or(cause.now);
    let before = if weigh { Some(impact::Picture::take(tx, cause.merchant, &skus, at)?) } else { None };
    let stored = stored(tx, cause.merchant, &skus)?;
    let locks = Locks::load(tx, cause.merchant, lines.values(), cause.now)?;
    let done = book::set(tx, cause, &codes, &wishes)?;
    for ((wish, row), done) in wishes.iter().zip(rows).zip(done) {
        match done.outcome {
            Outcome::Applied => {
                outlook.skus.push(row.sku_id.clone());
                let told = |m: &Move| Some(Diff { lock: locks.on(row, m.place), ..diff(row, m, &stored, &codes, &own)? });
                outlook.diffs.extend(wish.moves.iter().filter_map(told));
            }
            Outcome::Unchanged => outlook.unchanged += 1,
            _ => outlook.refused.push(Refused { sku_id: row.sku_id.clone(), why: why(done.problems.first()) }),
        }
    }
    outlook.far = outlook.diffs.iter().filter(|d| d.far).count();
    outlook.below_cost = outlook.diffs.iter().filter(|d| d.below_cost).count();
    outlook.locked = outlook.diffs.iter().filter(|d| d.lock.is_some()).count();
    if let Some(before) = before {
        outlook.impact = before.compare(&impact::Picture::take(tx, cause.merchant, &skus, at)?);
    }
    Ok(outlook)
}

fn why(problem: Option<&Problem>) -> Text {
    match problem {
        Some(problem) if problem.field == "ifVersion" => Text::new("prices-moved-on"),
        Some(problem) => problem.text(),
        None => Text::new("prices-moved-on"),
    }
}

fn customers_named(wanted: &[Wanted]) -> Vec<String> {
    let of = |w: &Wanted| {
        let who = w.place.strip_prefix("customer:")?;
        Some([Some(who.to_owned()), who.rsplit_once('@').map(|(who, _)| who.to_owned())])
    };
    let mut names: Vec<String> = wanted.iter().filter_map(of).flatten().flatten().collect();
    names.sort_unstable();
    names.dedup();
    names
}

type Lines = HashMap<String, grid::Line>;

/// One wish a SKU, in the order of the first change of each.
fn as_wishes<'a>(wanted: &[Wanted], lines: &'a Lines, codes: &Codes, refused: &mut Vec<Refused>) -> (Vec<Wish>, Vec<&'a grid::Line>) {
    let mut order: Vec<&'a grid::Line> = Vec::new();
    let mut moves: BTreeMap<SkuId, (Vec<Move>, Option<i64>)> = BTreeMap::new();
    for w in wanted {
        let Some(line) = lines.get(&w.sku_id) else {
            refused.push(Refused { sku_id: w.sku_id.clone(), why: Text::new("pricing-no-sku").with(&w.sku_id) });
            continue;
        };
        let Some((place, span)) = read_name(&w.place, codes) else {
            refused.push(Refused { sku_id: w.sku_id.clone(), why: Text::new("prices-no-place").with(&w.place) });
            continue;
        };
        if place == Place::Default && w.to.is_none() {
            refused.push(Refused { sku_id: w.sku_id.clone(), why: Text::new("prices-default-needed") });
            continue;
        }
        let (list, version) = moves.entry(line.id).or_insert_with(|| {
            order.push(line);
            (Vec::new(), None)
        });
        *version = version.or(w.version);
        list.retain(|m| m.place != place || m.span != span);
        list.push(Move { path: w.place.clone(), place, span, to: w.to });
    }
    let mut wishes = Vec::with_capacity(order.len());
    for (no, line) in (1..).zip(&order) {
        if let Some((moves, if_version)) = moves.remove(&line.id) {
            wishes.push(Wish { no, sku: line.id, moves, source_time: None, if_version });
        }
    }
    (wishes, order)
}

type Stored = HashMap<(SkuId, Place, Span), Decimal>;

/// What stands now, read before it changes.
fn stored(c: &mut PgConnection, merchant: MerchantId, skus: &[SkuId]) -> Result<Stored> {
    let all = rows::of_skus(c, merchant, skus, rows::MOST)?;
    Ok(all.into_iter().map(|r| ((r.sku, r.place(), r.span()), r.amount)).collect())
}

fn plain(line: &grid::Line, place: Place) -> Option<Decimal> {
    match place {
        Place::Default => line.base_price,
        Place::Retail => line.retail_price,
        Place::Reference => line.reference_price,
        Place::Cost => line.cost_price,
        Place::Member => line.member_price,
        _ => None,
    }
}

fn diff(line: &grid::Line, m: &Move, stored: &Stored, codes: &Codes, rules: &Rules) -> Option<Diff> {
    let from = plain(line, m.place).or_else(|| stored.get(&(line.id, m.place, m.span)).copied());
    if from == m.to {
        return None;
    }
    let paid = m.place.is_paid();
    let (was, is) = if paid { (from.or(line.base_price), m.to.or(line.base_price)) } else { (from, m.to) };
    let percent = was.zip(is).filter(|(was, _)| !was.is_zero()).map(|(was, is)| ((is - was) * Decimal::ONE_HUNDRED / was).round_dp(1));
    Some(Diff {
        sku_id: line.sku_id.clone(),
        name: line.name.clone(),
        place: book::cell_name(m.place, m.span, codes),
        from: from.map(two_places),
        to: m.to.map(two_places),
        far: percent.is_some_and(|p| p.abs() > Decimal::from(rules.alert_percent)),
        percent,
        below_cost: paid && m.to.zip(line.cost_price).is_some_and(|(to, cost)| to < cost),
        lock: None,
    })
}

/// Takes back what the request `act` changed among these SKUs, where nobody has changed it since or said it once more (I-9).
///
/// # Errors
/// Only for faults of the database.
pub fn undo(tx: &mut PgConnection, cause: &Cause, act: Uuid, sku_ids: &[String]) -> Result<Outlook> {
    #[derive(QueryableByName)]
    struct Was {
        #[diesel(sql_type = SqlText)]
        sku_id: String,
        #[diesel(sql_type = Jsonb)]
        before: Value,
        #[diesel(sql_type = Jsonb)]
        after: Value,
        /// A price of the SKU was said once more since.
        #[diesel(sql_type = Bool)]
        again: bool,
        /// The values that were changed since, be it back to what they were.
        #[diesel(sql_type = Array<SqlText>)]
        moved: Vec<String>,
    }
    let told: Vec<Was> = diesel::sql_query(
        "select t.subject_id as sku_id, t.before, t.after, coalesce(k.said_again_at > t.at, false) as again, \
           coalesce((select array_agg(distinct n.name) from trail x cross join lateral jsonb_object_keys(x.after) as n(name) where x.merchant_id = $1 \
             and x.subject_kind = 'sku' and x.subject_id = t.subject_id and x.verb = 'price.changed' and x.id > t.id \
             and x.at > t.at - interval '1 hour'), '{}') as moved \
         from trail t left join skus k on k.merchant_id = t.merchant_id and k.sku_id = t.subject_id where t.merchant_id = $1 and t.subject_kind = 'sku' and t.subject_id = any($2) \
         and t.request_id = $3 and t.verb = 'price.changed' and t.before is not null and t.after is not null order by t.at, t.id limit $4",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<SqlText>, _>(sku_ids)
    .bind::<SqlUuid, _>(act)
    .bind::<BigInt, _>(i64::try_from(MAX_LINES).unwrap_or(i64::MAX))
    .load(tx)?;
    let named: Vec<Wanted> = told
        .iter()
        .flat_map(|t| {
            let names = t.after.as_object().into_iter().flat_map(|map| map.keys());
            names.map(|name| Wanted { sku_id: t.sku_id.clone(), place: name.clone(), to: None, version: None })
        })
        .collect();
    let codes = Codes::by_customer_codes(tx, cause.merchant, &customers_named(&named))?;
    let ids: Vec<String> = told.iter().map(|t| t.sku_id.clone()).collect();
    let lines: Lines = grid::of_skus(tx, cause.merchant, &ids)?.into_iter().map(|l| (l.sku_id.clone(), l)).collect();
    let skus: Vec<SkuId> = lines.values().map(|l| l.id).collect();
    let stored = stored(tx, cause.merchant, &skus)?;
    let (mut wanted, mut refused) = (Vec::new(), Vec::new());
    let amount = |side: &Value, name: &str| side.get(name).and_then(Value::as_str).and_then(|text| text.parse::<Decimal>().ok());
    for t in &told {
        let Some(line) = lines.get(&t.sku_id) else { continue };
        if t.again {
            refused.push(Refused { sku_id: t.sku_id.clone(), why: Text::new("prices-said-again") });
            continue;
        }
        for name in t.after.as_object().into_iter().flat_map(|map| map.keys()) {
            let now =
                read_name(name, &codes).map(|(place, span)| plain(line, place).or_else(|| stored.get(&(line.id, place, span)).copied()));
            if now == Some(amount(&t.after, name)) && !t.moved.contains(name) {
                let version = Some(i64::from(line.version));
                wanted.push(Wanted { sku_id: t.sku_id.clone(), place: name.clone(), to: amount(&t.before, name), version });
            } else {
                refused.push(Refused { sku_id: t.sku_id.clone(), why: Text::new("prices-moved-on") });
            }
        }
    }
    let mut outlook = carry_out(tx, cause, &wanted, false)?;
    outlook.refused.extend(refused);
    Ok(outlook)
}
