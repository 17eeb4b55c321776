//! Asking the ERP when a buyer orders (S-04, Q-30, the law of stock §4.3): the copy kept here is never quite of this moment.
//!
//! Before the transaction that takes units, all that is to be taken is asked for at once, within [`BUDGET`]; no row is locked
//! and no transaction open meanwhile. Within it, what may be taken is the lesser of what is available here and what the answer
//! leaves ([`left`]). Where no answer came, the merchant's rule decides: the local number less a buffer, or nothing. A number a
//! person holds is not asked for: the person has decided.

use super::absorb::Open;
use super::availability::Figures;
use super::model::Row;
use super::modes::{Mode, Paid, Triple};
use crate::Result;
use crate::clock::off_the_wire;
use crate::erp::{self, Link, Trouble, answer, link, listened};
use crate::feeds::calls::{self, CallRow, Outward};
use crate::feeds::gateway::Ahead;
use crate::ids::{MerchantId, ShopId, SkuId};
use crate::web::Platform;
use crate::wire::{Live, Module, Said};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz};
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a buyer waits for it, everything included.
pub const BUDGET: Duration = Duration::from_millis(800);

/// Asked by the open platform before whatever takes units.
pub const AHEAD: Ahead =
    Ahead { takes: &["order.create", "sku.inventory.freeze"], ask: |platform, merchant, lines| Box::pin(ask(platform, merchant, lines)) };

/// What is to be taken, as the storefront names it: the ERP's SKU id, and the shop unless it is the default one.
fn wanted(lines: &[Value]) -> BTreeSet<(String, Option<i64>)> {
    let text = |v: &Value| match v {
        Value::String(s) => Some(s.trim().to_owned()),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    };
    let mut found = BTreeSet::new();
    for line in lines {
        let shop = line.get("shopId").and_then(answer::number);
        let items = line.get("items").and_then(Value::as_array).map_or(std::slice::from_ref(line), Vec::as_slice);
        found.extend(items.iter().filter_map(|i| Some((i.get("skuId").and_then(text)?, shop))));
    }
    found
}

/// A question to the ERP.
#[derive(QueryableByName, Clone, Debug)]
struct Question {
    #[diesel(sql_type = BigInt)]
    sku: SkuId,
    #[diesel(sql_type = Text)]
    ext: String,
    #[diesel(sql_type = BigInt)]
    shop: ShopId,
}

/// What of this there is to ask: known SKUs at known shops whose number no person holds.
fn questions(
    c: &mut PgConnection,
    merchant: MerchantId,
    wanted: &BTreeSet<(String, Option<i64>)>,
    now: DateTime<Utc>,
) -> Result<Vec<Question>> {
    Ok(diesel::sql_query(
        "select k.id as sku, k.sku_id as ext, s.id as shop from unnest($2, $3) as l(ext, shop) \
         cross join lateral (select id, sku_id from skus where merchant_id = $1 and sku_id = l.ext offset 0) k \
         join shops s on s.merchant_id = $1 and case when l.shop is null then s.is_default else s.id = l.shop end \
         where not exists (select from stock t where t.merchant_id = $1 and t.sku_id = k.id and t.shop_id = s.id and t.hold_id is not null \
           and (t.hold_keeps or t.hold_until is null or t.hold_until > $4)) order by k.id, s.id",
    )
    .bind::<BigInt, _>(merchant)
    .bind::<Array<Text>, _>(wanted.iter().map(|w| w.0.as_str()).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(wanted.iter().map(|w| w.1).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .load(c)?)
}

/// Asks a merchant's ERP about what lines of a sale name; `None` where it is not to be asked, or nothing in them is known.
async fn ask(platform: Arc<Platform>, merchant: MerchantId, lines: Vec<Value>) -> Result<Option<Live>> {
    let (asked_at, started) = (platform.clock.now(), Instant::now());
    let wanted = wanted(&lines);
    let found = platform
        .db
        .read(move |c| {
            let Some(link) = link::of(c, merchant)?.filter(|l| l.checks) else { return Ok(None) };
            Ok(Some((link, questions(c, merchant, &wanted, asked_at)?)))
        })
        .await?;
    let Some((link, questions)) = found.filter(|(_, questions)| !questions.is_empty()) else { return Ok(None) };
    let left = BUDGET.saturating_sub(started.elapsed());
    let answers = join_all(questions.iter().map(|question| one(&platform, &link, question, asked_at, left))).await;
    let ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
    let mut said = HashMap::new();
    let mut failed = Vec::new();
    for (question, (answer, row)) in questions.iter().zip(answers) {
        said.insert((question.sku, question.shop), answer);
        failed.extend(row);
    }
    note(&platform, &link, &said, failed, asked_at).await;
    Ok(Some(Live { asked_at, ms, closed: link.fails_closed(), buffer: link.buffer, said }))
}

/// One answer, and its line in the log of calls where it was none: how the others went stands on their order.
async fn one(platform: &Platform, link: &Link, question: &Question, now: DateTime<Utc>, within: Duration) -> (Said, Option<CallRow>) {
    let body = json!({ "skuId": question.ext, "shopId": question.shop.to_string() });
    let started = Instant::now();
    let exchange = erp::ask(&platform.outward, link, &platform.master_key, listened::INVENTORY_GET, &body, now, within).await;
    let said = match &exchange.outcome {
        Ok(data) => figure(data),
        Err(Trouble::Refused(words)) => Said::Refused(words.clone()),
        Err(Trouble::Silent(why)) => Said::Silent(why),
    };
    let problem = match &said {
        Said::Figure { .. } => return (said, None),
        Said::Refused(words) => words.clone(),
        Said::Silent(why) => (*why).to_owned(),
    };
    let call = Outward {
        merchant: link.merchant,
        at: now,
        method: listened::INVENTORY_GET,
        module: Module::Stock,
        sent: &body,
        answer: &exchange.answer,
        status: exchange.status,
        took: started.elapsed(),
        problem: Some(problem),
    };
    (said, Some(call.into()))
}

/// An answer's figures: of one shop, or the first where it answers with a list.
fn figure(data: &Value) -> Said {
    let row = match data {
        Value::Array(all) => all.first().unwrap_or(&Value::Null),
        one => one,
    };
    let number = |name: &str| row.get(name).and_then(answer::number);
    match number("inventory") {
        None => Said::Silent("unreadable"),
        Some(inventory) => Said::Figure {
            inventory,
            frozen: number("freeze"),
            sold: number("saled"),
            ack_seq: number("ackSeq"),
            as_of: row.get("asOf").and_then(Value::as_str).and_then(off_the_wire),
        },
    }
}

/// Keeps how it went, where that is news. The sale does not depend on it.
async fn note(platform: &Platform, link: &Link, said: &HashMap<(SkuId, ShopId), Said>, failed: Vec<CallRow>, now: DateTime<Utc>) {
    let silent = said.values().find_map(|s| if let Said::Silent(why) = s { Some(*why) } else { None });
    // Left alone on purpose, or crowded by ourselves: that says nothing new of the ERP.
    let silent = silent.filter(|why| !matches!(*why, "resting" | "crowded"));
    let heard = said.values().any(|s| !matches!(s, Said::Silent(_)));
    let turned = (silent.is_some() || heard) && link::is_news(link, silent, now);
    if !turned && failed.is_empty() {
        return;
    }
    let merchant = link.merchant;
    let kept = platform
        .db
        .write(move |tx| {
            for row in &failed {
                calls::record(tx, row)?;
            }
            if turned { link::note(tx, merchant, silent, now) } else { Ok(()) }
        })
        .await;
    if let Err(why) = kept {
        tracing::warn!(%why, %merchant, "how the ERP answered could not be noted");
    }
}

/// What an answer leaves to be taken, as of when it was asked for; pure.
///
/// The ERP knows nothing of what is frozen here, unless it mirrors it. Of paid units it has taken off what it had booked before it
/// was asked: up to its `ackSeq` where it says one, else what it had acknowledged; in mode physical only what had left.
pub(super) fn left(row: &Row, mode: Mode, said: &Said, open: &[Open], asked_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<i64> {
    let Said::Figure { inventory, frozen, sold, ack_seq, as_of } = said else { return None };
    let figures = row.figures(now);
    if mode == Mode::Triple
        && let (Some(freeze), Some(saled)) = (*frozen, *sold)
    {
        let triple = Triple { inventory: *inventory, freeze, saled };
        let number = triple.number(row.sold, row.sold_offset.unwrap_or_else(|| triple.offset(row.sold)));
        return Some(Figures { erp_qty: number, sold_open: 0, hold: None, ..figures }.automatic());
    }
    let outside: i64 = open.iter().filter(|line| !knows(mode, &line.paid(), *ack_seq, *as_of, asked_at)).map(|line| line.qty).sum();
    Some(Figures { erp_qty: *inventory, sold_open: outside, hold: None, ..figures }.automatic())
}

/// Whether an answer has a paid unit taken off already. In doubt it has not: that hides a unit, the other way sells it twice.
fn knows(mode: Mode, paid: &Paid, ack_seq: Option<i64>, as_of: Option<DateTime<Utc>>, asked_at: DateTime<Utc>) -> bool {
    match (mode, ack_seq) {
        (Mode::Physical, _) => paid.shipped_at.is_some_and(|at| at <= as_of.unwrap_or(asked_at)),
        (_, Some(seq)) => paid.seq <= seq,
        (_, None) => paid.acked_at.is_some_and(|at| at <= asked_at),
    }
}
