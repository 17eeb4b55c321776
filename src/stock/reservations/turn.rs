//! What becomes of frozen units: paid, given back, run out of time, known to the ERP.

use super::lines::Rows;
use super::mirror;
use super::{Ended, Header, State, Taken, Told, headers, lines_of, lock, move_on};
use crate::Result;
use crate::db::Prepare;
use crate::ids::{MerchantId, SkuId};
use crate::merchants;
use crate::stock::rows::Change;
use crate::stock::rules;
use crate::trail::{self, Cause, Entry};
use crate::wire::Outcome;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// Reservations given back in one transaction by the worker.
const AT_ONCE: i64 = 200;

/// Frozen units are paid (S-05): they turn into sold ones, and the order gets its number in the merchant's feed. A freeze whose
/// time is over is honoured as long as its units have not been given back.
pub fn confirm(tx: &mut PgConnection, cause: &Cause, wanted: &[(i32, String)]) -> Result<Vec<Ended>> {
    let nos: Vec<&str> = wanted.iter().map(|(_, no)| no.as_str()).collect();
    let known = headers(tx, cause.merchant, &nos)?;
    let paying: Vec<&str> = nos.iter().copied().filter(|no| known.get(*no).is_some_and(|h| h.state == State::Frozen)).collect();
    let lines: Vec<Taken> = lines_of(tx, cause.merchant, &paying)?.into_iter().filter(|l| l.state == "frozen").collect();
    let mut rows = Rows::lock(tx, cause, lines.iter().map(|l| (l.sku, l.shop)))?;
    for line in &lines {
        rows.change(line.sku, line.shop, |before, after| {
            after.frozen -= line.qty;
            after.sold_open += line.qty;
            after.sold += line.qty;
            Change::new("confirm", before, after.clone().changed(cause.now)).of(&line.no)
        });
    }
    let rules = rules::of(tx, cause.merchant)?;
    rows.write(tx, cause, None, rules.low_stock)?;
    if rules.mirrors {
        mirror::deducted(tx, cause, &paying)?;
    }
    let seqs = pay(tx, cause, &paying)?;
    let end = |(no, reservation): &(i32, String)| match known.get(reservation) {
        None => Ended::unknown(*no, reservation),
        Some(h) if h.state == State::Released => Ended::wrong(*no, reservation, h),
        Some(h) => {
            let seq = seqs.get(reservation).copied();
            let outcome = if seq.is_some() { Outcome::Applied } else { Outcome::Unchanged };
            Ended::well(*no, outcome, Told { state: State::Paid, seq: seq.or(h.seq), expires_at: None })
        }
    };
    Ok(wanted.iter().map(end).collect())
}

#[derive(QueryableByName)]
struct Numbered {
    #[diesel(sql_type = Text)]
    no: String,
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

/// Numbers paid reservations under the merchant's row lock, so that no reader of the feed sees a gap (G10).
fn pay(tx: &mut PgConnection, cause: &Cause, nos: &[&str]) -> Result<HashMap<String, i64>> {
    if nos.is_empty() {
        return Ok(HashMap::new());
    }
    let numbered: Vec<Numbered> = diesel::sql_query(
        "with feed as (update merchants set order_seq = order_seq + cardinality($2) where id = $1 returning order_seq - cardinality($2) as base), \
         lines as (update reservation_lines set state = 'paid' where merchant_id = $1 and no = any($2) and state = 'frozen') \
         update reservations r set state = 'paid', expires_at = null, paid_at = $3, seq = feed.base + l.place \
         from feed, unnest($2) with ordinality as l(no, place) where r.merchant_id = $1 and r.no = l.no returning r.no, r.seq",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(nos)
    .bind::<Timestamptz, _>(cause.now)
    .prepared().load(tx)?;
    Ok(numbered.into_iter().map(|n| (n.no, n.seq)).collect())
}

/// The numbers of paid reservations in the merchant's feed, where the order behind them was let out later or kept back.
pub fn renumber(tx: &mut PgConnection, merchant: MerchantId, numbers: &[(String, Option<i64>)]) -> Result<()> {
    if numbers.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "update reservations r set seq = l.seq from unnest($2, $3) as l(no, seq) where r.merchant_id = $1 and r.no = l.no and r.state = 'paid'",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(numbers.iter().map(|n| n.0.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(numbers.iter().map(|n| n.1).collect::<Vec<_>>())
    .prepared().execute(tx)?;
    Ok(())
}

/// What is given back: a whole reservation, or one SKU of it.
#[derive(Clone, Debug)]
pub struct Back {
    pub no: i32,
    pub reservation: String,
    pub sku: Option<SkuId>,
}

/// Gives units back (S-05): frozen ones at once; paid ones too as long as the ERP's number does not contain them. What it
/// contains comes back with the ERP's own next push.
pub fn release(tx: &mut PgConnection, cause: &Cause, wanted: &[Back], by: &str, reason: Option<&str>) -> Result<Vec<Ended>> {
    back(tx, cause, wanted, &Manner { by, reason, restocks: false, mirrored: true })
}

/// The same where the ERP said so itself: it is not told in turn.
pub fn release_as_told(tx: &mut PgConnection, cause: &Cause, wanted: &[Back], reason: &str) -> Result<Vec<Ended>> {
    back(tx, cause, wanted, &Manner { reason: Some(reason), restocks: false, ..REFUND })
}

/// A refund: units the ERP's number contains come back with its own next push.
pub fn refund(tx: &mut PgConnection, cause: &Cause, wanted: &[Back]) -> Result<Vec<Ended>> {
    back(tx, cause, wanted, &Manner { restocks: false, ..REFUND })
}

/// A refund where the merchant wants units back at once: the ERP's number is raised by those it contains, until it says its own
///
pub fn restock(tx: &mut PgConnection, cause: &Cause, wanted: &[Back]) -> Result<Vec<Ended>> {
    back(tx, cause, wanted, &REFUND)
}

/// How units go back.
struct Manner<'a> {
    by: &'a str,
    reason: Option<&'a str>,
    /// The ERP's number is raised by those it contains.
    restocks: bool,
    /// The ERP is told, where it is told such things.
    mirrored: bool,
}

/// Refunds are the ERP's own (O-09): it need not hear of them.
const REFUND: Manner<'_> = Manner { by: "storefront", reason: Some("refund"), restocks: true, mirrored: false };

fn back(tx: &mut PgConnection, cause: &Cause, wanted: &[Back], manner: &Manner<'_>) -> Result<Vec<Ended>> {
    let nos: Vec<&str> = wanted.iter().map(|w| w.reservation.as_str()).collect();
    let known = headers(tx, cause.merchant, &nos)?;
    let lines = lines_of(tx, cause.merchant, &nos)?;
    let mut named: HashMap<&str, Vec<Option<SkuId>>> = HashMap::new();
    for want in wanted {
        named.entry(want.reservation.as_str()).or_default().push(want.sku);
    }
    let meant = |l: &&Taken| named.get(l.no.as_str()).is_some_and(|skus| skus.iter().any(|s| s.is_none_or(|sku| sku == l.sku)));
    let going: Vec<&Taken> = lines.iter().filter(|l| l.state != "released").filter(meant).collect();
    give_back(tx, cause, &going, manner)?;
    let gone: HashSet<(&str, SkuId)> = going.iter().map(|l| (l.no.as_str(), l.sku)).collect();
    let left = |no: &str| lines.iter().any(|l| l.no == no && l.state != "released" && !gone.contains(&(no, l.sku)));
    let over: Vec<&str> = known.iter().filter(|(no, h)| h.state != State::Released && !left(no)).map(|(no, _)| no.as_str()).collect();
    move_on(tx, cause, &over, manner.by, manner.reason)?;
    let end = |w: &Back| {
        let Some(header) = known.get(&w.reservation) else { return Ended::unknown(w.no, &w.reservation) };
        let mine = going.iter().any(|l| l.no == w.reservation && w.sku.is_none_or(|sku| sku == l.sku));
        let state = if over.contains(&w.reservation.as_str()) { State::Released } else { header.state };
        Ended::well(w.no, if mine { Outcome::Applied } else { Outcome::Unchanged }, Told { state, seq: header.seq, expires_at: None })
    };
    Ok(wanted.iter().map(end).collect())
}

/// A person gives units back, and says why; the trail keeps it.
pub fn release_by_hand(tx: &mut PgConnection, cause: &Cause, wanted: &[Back], reason: &str) -> Result<Vec<Ended>> {
    let ended = release(tx, cause, wanted, "person", Some(reason))?;
    let told = |(want, end): (&Back, &Ended)| {
        let state = end.now.map(|n| n.state.as_str());
        Entry::new("reservation.released", "reservation", &want.reservation).change(json!(null), json!({ "state": state })).note(reason)
    };
    let entries: Vec<Entry> = wanted.iter().zip(&ended).filter(|(_, e)| e.outcome == Outcome::Applied).map(told).collect();
    trail::record(tx, cause, &entries)?;
    Ok(ended)
}

fn give_back(tx: &mut PgConnection, cause: &Cause, going: &[&Taken], manner: &Manner<'_>) -> Result<()> {
    if going.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::lock(tx, cause, going.iter().map(|l| (l.sku, l.shop)))?;
    // A push may have taken paid units into its number while we waited for the rows; frozen ones move with their reservation alone.
    let states: HashMap<(String, SkuId, _), String> = {
        let nos: Vec<&str> = going.iter().filter(|l| l.state == "paid").map(|l| l.no.as_str()).collect();
        lines_of(tx, cause.merchant, &nos)?.into_iter().map(|l| ((l.no, l.sku, l.shop), l.state)).collect()
    };
    for line in going {
        let state = states.get(&(line.no.clone(), line.sku, line.shop)).map_or(line.state.as_str(), String::as_str);
        rows.change(line.sku, line.shop, |before, after| {
            let kind = match state {
                "frozen" => {
                    after.frozen -= line.qty;
                    if manner.by == "expiry" { "expire" } else { "release" }
                }
                paid => {
                    after.sold_open -= if paid == "paid" { line.qty } else { 0 };
                    after.sold -= line.qty;
                    after.erp_qty += if manner.restocks && paid != "paid" { line.qty } else { 0 };
                    "restock"
                }
            };
            if line.hold_id.is_some() && before.held_by(cause.now).map(|id| id.0) == line.hold_id {
                after.hold_used -= line.qty;
            }
            Change::new(kind, before, after.clone().changed(cause.now)).of(&line.no)
        });
    }
    diesel::sql_query(
        "update reservation_lines o set state = 'released' from unnest($2, $3, $4) as l(no, sku, shop) \
         where o.merchant_id = $1 and o.no = l.no and o.sku_id = l.sku and o.shop_id = l.shop",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Array<Text>, _>(going.iter().map(|l| l.no.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(going.iter().map(|l| l.sku).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(going.iter().map(|l| l.shop).collect::<Vec<_>>())
    .prepared()
    .execute(tx)?;
    let rules = rules::of(tx, cause.merchant)?;
    if rules.mirrors && manner.mirrored {
        mirror::rolled_back(tx, cause, going, manner.reason.unwrap_or(manner.by))?;
    }
    rows.write(tx, cause, manner.reason, rules.low_stock)
}

/// What the ERP says about an order it took over.
#[derive(Clone, Debug)]
pub struct Ack {
    pub no: i32,
    pub reservation: String,
    /// By the ERP's clock.
    pub imported_at: Option<DateTime<Utc>>,
    pub shipped_at: Option<DateTime<Utc>>,
}

/// A reservation that learned something; it need not have a number, since what may not be handed over can still be shipped.
#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = Text)]
    no: String,
}

/// The ERP has booked, or shipped, what was paid: what later pushes are measured against. Moves no stock by itself.
pub fn acknowledge(tx: &mut PgConnection, cause: &Cause, acks: &[Ack]) -> Result<Vec<Ended>> {
    let nos: Vec<&str> = acks.iter().map(|a| a.reservation.as_str()).collect();
    let known = headers(tx, cause.merchant, &nos)?;
    let paid = |a: &&Ack| known.get(&a.reservation).is_some_and(|h| h.state == State::Paid);
    let good: Vec<&Ack> = acks.iter().filter(paid).collect();
    let news = diesel::sql_query(
        "update reservations r set acked_at = coalesce(r.acked_at, $2), imported_at = coalesce(l.imported, r.imported_at), \
           shipped_at = coalesce(l.shipped, r.shipped_at) from unnest($3, $4, $5) as l(no, imported, shipped) \
         where r.merchant_id = $1 and r.no = l.no and (r.acked_at is null or l.imported is distinct from r.imported_at and l.imported is not null \
           or l.shipped is distinct from r.shipped_at and l.shipped is not null) returning r.no",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(good.iter().map(|a| a.reservation.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(good.iter().map(|a| a.imported_at).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(good.iter().map(|a| a.shipped_at).collect::<Vec<_>>())
    .load::<Known>(tx)?;
    let news: HashSet<String> = news.into_iter().map(|n| n.no).collect();
    let end = |a: &Ack| match known.get(&a.reservation) {
        None => Ended::unknown(a.no, &a.reservation),
        Some(h @ Header { state: State::Frozen | State::Released, .. }) => Ended::wrong(a.no, &a.reservation, h),
        Some(h) => {
            let outcome = if news.contains(&a.reservation) { Outcome::Applied } else { Outcome::Unchanged };
            Ended::well(a.no, outcome, Told { state: State::Paid, seq: h.seq, expires_at: None })
        }
    };
    Ok(acks.iter().map(end).collect())
}

/// Paid units that have left the shelf, whoever says so: what a number read off the shelf is measured against. That the ERP has
/// booked them it does not mean. The first word counts.
pub fn left(tx: &mut PgConnection, cause: &Cause, nos: &[&str]) -> Result<()> {
    if nos.is_empty() {
        return Ok(());
    }
    lock(tx, cause.merchant, nos)?;
    diesel::sql_query(
        "update reservations set shipped_at = $2 where merchant_id = $1 and no = any($3) and state = 'paid' and shipped_at is null",
    )
    .bind::<BigInt, _>(cause.merchant)
    .bind::<Timestamptz, _>(cause.now)
    .bind::<Array<Text>, _>(nos)
    .execute(tx)?;
    Ok(())
}

/// Paid units that have not left the shelf after all.
pub fn still_here(tx: &mut PgConnection, cause: &Cause, nos: &[&str]) -> Result<()> {
    if nos.is_empty() {
        return Ok(());
    }
    lock(tx, cause.merchant, nos)?;
    diesel::sql_query("update reservations set shipped_at = null where merchant_id = $1 and no = any($2) and state = 'paid'")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Array<Text>, _>(nos)
        .execute(tx)?;
    Ok(())
}

/// Those of these reservations of which the ERP's number contains a line.
pub fn absorbed(c: &mut PgConnection, merchant: MerchantId, nos: &[&str]) -> Result<HashSet<String>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        no: String,
    }
    let rows: Vec<Row> =
        diesel::sql_query("select distinct no from reservation_lines where merchant_id = $1 and no = any($2) and state = 'absorbed'")
            .bind::<BigInt, _>(merchant)
            .bind::<Array<Text>, _>(nos)
            .load(c)?;
    Ok(rows.into_iter().map(|r| r.no).collect())
}

/// A person says that the ERP's number contains these paid units, for merchants whose orders the ERP never acknowledges.
/// Units that were not waiting any more are left alone; how many lines were settled.
pub fn settle(tx: &mut PgConnection, cause: &Cause, reservation: &str, reason: &str) -> Result<usize> {
    let known = headers(tx, cause.merchant, &[reservation])?;
    if !known.contains_key(reservation) {
        return Err(crate::Error::NotFound);
    }
    let waiting = |c: &mut PgConnection| -> Result<Vec<Taken>> {
        Ok(lines_of(c, cause.merchant, &[reservation])?.into_iter().filter(|l| l.state == "paid").collect())
    };
    let places: Vec<_> = waiting(tx)?.iter().map(|l| (l.sku, l.shop)).collect();
    let mut rows = Rows::lock(tx, cause, places.into_iter())?;
    let open = waiting(tx)?;
    for line in &open {
        rows.change(line.sku, line.shop, |before, after| {
            after.sold_open -= line.qty;
            Change::new("settle", before, after.clone().changed(cause.now)).of(&line.no)
        });
    }
    diesel::sql_query("update reservation_lines set state = 'absorbed' where merchant_id = $1 and no = $2 and state = 'paid'")
        .bind::<BigInt, _>(cause.merchant)
        .bind::<Text, _>(reservation)
        .execute(tx)?;
    let low_stock = rules::of(tx, cause.merchant)?.low_stock;
    rows.write(tx, cause, Some(reason), low_stock)?;
    let entry =
        Entry::new("reservation.settled", "reservation", reservation).change(json!(null), json!({ "lines": open.len() })).note(reason);
    trail::record(tx, cause, &[entry])?;
    Ok(open.len())
}

/// The merchants with freezes whose time is over.
pub fn merchants_due(c: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<MerchantId>> {
    merchants::due(c, "select distinct merchant_id from reservations where state = 'frozen' and expires_at <= $1", now)
}

/// Gives back what has run out of time at one merchant, the oldest first; how many reservations that were. One that is being
/// paid right now is left to whoever pays.
pub fn expire(tx: &mut PgConnection, merchant: MerchantId, now: DateTime<Utc>) -> Result<usize> {
    #[derive(QueryableByName)]
    struct Over {
        #[diesel(sql_type = Text)]
        no: String,
    }
    let over: Vec<Over> = diesel::sql_query(
        "select no from reservations where merchant_id = $1 and state = 'frozen' and expires_at <= $2 order by expires_at, no limit $3 for update skip locked",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(AT_ONCE)
    .load(tx)?;
    let cause = Cause::system(merchant, "freeze-end", now);
    let back: Vec<Back> = (1..).zip(over).map(|(no, o)| Back { no, reservation: o.no, sku: None }).collect();
    release(tx, &cause, &back, "expiry", None)?;
    Ok(back.len())
}
