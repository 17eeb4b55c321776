//! Taking units, all of a reservation or none of it.

use super::checked::{Checked, told as how};
use super::lines::Rows;
use super::mirror;
use super::{Ended, Header, State, Taken, Told, headers, lines_of};
use crate::Result;
use crate::db::Prepare;
use crate::ids::{ShopId, SkuId};
use crate::stock::rows::Change;
use crate::stock::rules;
use crate::trail::Cause;
use crate::wire::{LineCode, Live, Outcome, Problem};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use std::collections::{BTreeMap, HashMap, HashSet};

/// One line of a reservation that a buyer wants.
#[derive(Clone, Debug)]
pub struct Want {
    pub no: i32,
    pub reservation: String,
    pub sku: SkuId,
    pub shop: ShopId,
    pub qty: i64,
    pub order_no: Option<String>,
    /// How long; missing: the merchant's rule.
    pub minutes: Option<i32>,
}

/// What is wanted, by reservation, in the order of the first line of each.
fn by_reservation(wants: Vec<Want>) -> Vec<(String, Vec<Want>)> {
    let mut order: Vec<(String, Vec<Want>)> = Vec::new();
    let mut place: HashMap<String, usize> = HashMap::new();
    for want in wants {
        let at = *place.entry(want.reservation.clone()).or_insert(order.len());
        match order.get_mut(at) {
            Some((_, lines)) => lines.push(want),
            None => order.push((want.reservation.clone(), vec![want])),
        }
    }
    order
}

/// Freezes what is wanted (S-05). Of several reservations in a call each stands for itself; within one, a line that cannot be
/// had takes the others with it. `live` is what the ERP said of it a moment ago, where it was asked (S-04).
pub fn freeze(tx: &mut PgConnection, cause: &Cause, wants: Vec<Want>, live: Option<&Live>) -> Result<Vec<Ended>> {
    let wanted = by_reservation(wants);
    let nos: Vec<&str> = wanted.iter().map(|(no, _)| no.as_str()).collect();
    let rules = rules::of(tx, cause.merchant)?;
    let end = |lines: &[Want]| {
        let minutes = lines.iter().find_map(|w| w.minutes).unwrap_or(rules.freeze_minutes);
        cause.now + Duration::minutes(i64::from(minutes))
    };
    let new = make_headers(tx, cause, &wanted, end)?;
    let old = headers(tx, cause.merchant, &nos.iter().copied().filter(|no| !new.contains(*no)).collect::<Vec<_>>())?;
    let known = lines_of(tx, cause.merchant, &old.keys().map(String::as_str).collect::<Vec<_>>())?;
    let fresh = wanted.iter().filter(|(no, _)| new.contains(no)).flat_map(|(_, lines)| lines);
    let mut rows = Rows::lock(tx, cause, fresh.map(|w| (w.sku, w.shop)))?;
    rows.catch_up(tx, cause, rules.lots.mode)?;
    let checked = Checked::weigh(tx, cause, live, &rows, rules.mode)?;
    let mut ended = Vec::new();
    let mut taken: Vec<(&Want, Option<i64>)> = Vec::new();
    let mut given_up: Vec<&str> = Vec::new();
    for (no, lines) in &wanted {
        if let Some(header) = old.get(no) {
            ended.extend(again(no, lines, header, known.iter().filter(|l| l.no == *no)));
            continue;
        }
        match refused(&rows, &checked, cause, lines) {
            Some(why) => {
                given_up.push(no);
                ended.extend(why);
            }
            None => {
                let told = Told { state: State::Frozen, seq: None, expires_at: Some(end(lines)) };
                for want in lines {
                    let hold = rows.change(want.sku, want.shop, |before, after| {
                        after.frozen += want.qty;
                        after.hold_used += before.held_by(cause.now).map_or(0, |_| want.qty);
                        Change::new("reserve", before, after.clone().changed(cause.now)).of(no).line(want.no)
                    });
                    taken.push((want, hold.map(|id| id.0)));
                    ended.push(Ended::well(want.no, Outcome::Applied, told).checked(how(live, want)));
                }
            }
        }
    }
    drop_headers(tx, cause, &given_up)?;
    keep_lines(tx, cause, &taken)?;
    if rules.mirrors {
        mirror::frozen(tx, cause, &taken.iter().map(|(want, _)| *want).collect::<Vec<_>>())?;
    }
    rows.write(tx, cause, None, rules.low_stock)?;
    Ok(ended)
}

/// The reservations made by this call; one that another call is making is waited for.
fn make_headers(
    tx: &mut PgConnection,
    cause: &Cause,
    wanted: &[(String, Vec<Want>)],
    end: impl Fn(&[Want]) -> DateTime<Utc>,
) -> Result<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = Text)]
        no: String,
    }
    let mut sorted: Vec<&(String, Vec<Want>)> = wanted.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let order_no = |lines: &[Want]| lines.iter().find_map(|w| w.order_no.clone());
    let made: Vec<Made> = diesel::sql_query(
        "insert into reservations (merchant_id, no, state, order_no, created_at, expires_at) \
         select $1, l.no, 'frozen', l.order_no, $2, l.end_at from unnest($3, $4, $5) with ordinality as l(no, order_no, end_at, place) order by l.place \
         on conflict do nothing returning no",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(sorted.iter().map(|(no, _)| no.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(sorted.iter().map(|(_, lines)| order_no(lines)).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(sorted.iter().map(|(_, lines)| end(lines)).collect::<Vec<_>>())
    .prepared().load(tx)?;
    Ok(made.into_iter().map(|m| m.no).collect())
}

fn drop_headers(tx: &mut PgConnection, cause: &Cause, nos: &[&str]) -> Result<()> {
    if nos.is_empty() {
        return Ok(());
    }
    diesel::sql_query("delete from reservations where merchant_id = $1 and no = any($2)")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Array<Text>, _>(nos)
        .execute(tx)?;
    Ok(())
}

/// A reservation that is there already: the same once more is no news, another under its name is a mistake.
fn again<'a>(no: &str, lines: &[Want], header: &Header, known: impl Iterator<Item = &'a Taken>) -> Vec<Ended> {
    let known: BTreeMap<_, _> = known.map(|l| ((l.sku, l.shop), l.qty)).collect();
    let wanted: BTreeMap<_, _> = lines.iter().map(|w| ((w.sku, w.shop), w.qty)).collect();
    let end = |want: &Want| {
        if known != wanted || wanted.len() != lines.len() {
            return Ended::badly(want.no, Problem::new(LineCode::OtherLines, "reservationId", no));
        }
        if header.state == State::Released {
            return Ended::wrong(want.no, no, header);
        }
        Ended::well(want.no, Outcome::Unchanged, Told { state: header.state, seq: header.seq, expires_at: None })
    };
    lines.iter().map(end).collect()
}

/// Why a reservation cannot be had, line by line; `None` when it can.
fn refused(rows: &Rows, checked: &Checked, cause: &Cause, lines: &[Want]) -> Option<Vec<Ended>> {
    let mut seen = HashSet::new();
    let mut found: Vec<Option<Problem>> = lines.iter().map(|want| checked.refuses(rows, cause, want)).collect();
    for (want, problem) in lines.iter().zip(&mut found) {
        if !seen.insert((want.sku, want.shop)) {
            *problem = Some(Problem::new(LineCode::DuplicateInBatch, "skuId", want.reservation.clone()));
        }
    }
    if found.iter().all(Option::is_none) {
        return None;
    }
    let told = |(want, problem): (&Want, Option<Problem>)| {
        Ended::badly(want.no, problem.unwrap_or_else(|| Problem::new(LineCode::AllOrNothing, "", "")))
    };
    Some(lines.iter().zip(found).map(told).collect())
}

fn keep_lines(tx: &mut PgConnection, cause: &Cause, taken: &[(&Want, Option<i64>)]) -> Result<()> {
    if taken.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "insert into reservation_lines (merchant_id, no, sku_id, shop_id, qty, state, hold_id) \
         select $1, l.no, l.sku, l.shop, l.qty, 'frozen', l.hold from unnest($2, $3, $4, $5, $6) as l(no, sku, shop, qty, hold)",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(taken.iter().map(|(w, _)| w.reservation.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(taken.iter().map(|(w, _)| w.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(taken.iter().map(|(w, _)| w.shop).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(taken.iter().map(|(w, _)| w.qty).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(taken.iter().map(|(_, hold)| *hold).collect::<Vec<_>>())
    .prepared()
    .execute(tx)?;
    Ok(())
}
