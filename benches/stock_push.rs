//! How fast stock comes in: signed calls of 1,000 lines over HTTP, beside the same change done by raw SQL in the same run: the
//! figures alone, with a row of the ledger each, and with all that a call leaves behind.
//!
//! `cargo bench --bench stock_push`. Settings: BENCH_SKUS (100,000), BENCH_ROUNDS (9), BENCH_CALLS calls a round (20),
//! BENCH_CLIENTS at once (1), BENCH_LINES a call (1,000), BENCH_DATABASE_URL. Runs with 0, 1 and 50 % of all rows held by a person.

mod support;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Text};
use duijie::db::Prepare;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{Base, Client, Dice, Fallible, Server, quantile, resident, setting};

/// New figures for so many rows, each row once.
fn figures(dice: &mut Dice, skus: i64, lines: i64) -> Vec<(i64, i64, i64)> {
    let mut rows: Vec<i64> = (0..lines * 2).map(|_| dice.below(skus * 2)).collect();
    rows.sort_unstable();
    rows.dedup();
    // A spread sample rather than the smallest ids.
    let step = (rows.len() / usize::try_from(lines).unwrap_or(1)).max(1);
    rows.into_iter().step_by(step).take(usize::try_from(lines).unwrap_or(0)).map(|r| (r / 2 + 1, r % 2 + 1, dice.below(500))).collect()
}

fn body(rows: &[(i64, i64, i64)]) -> Vec<u8> {
    let lines: Vec<_> = rows
        .iter()
        .map(|(sku, shop, qty)| serde_json::json!({ "skuId": format!("S{sku}"), "shopId": shop.to_string(), "inventory": qty, "saled": 0, "freeze": 0 }))
        .collect();
    serde_json::Value::Array(lines).to_string().into_bytes()
}

/// So many percent of all rows held by a person.
fn hold(base: &Base, percent: i64) -> Fallible<()> {
    base.sql(&format!(
        "update stock set hold_id = null, hold_qty = null, hold_used = 0, hold_until = null where hold_id is not null; delete from holds; \
         insert into holds (merchant_id, sku_id, shop_id, qty, shadow, until, keeps, reason, by_name, started_at) \
           select merchant_id, sku_id, shop_id, 500, 0, now() + interval '1 day', false, 'bench', 'bench', now() from stock where (sku_id * 31 + shop_id * 17) % 100 < {percent}; \
         update stock s set hold_id = h.id, hold_qty = h.qty, hold_until = h.until from holds h \
           where h.merchant_id = s.merchant_id and h.sku_id = s.sku_id and h.shop_id = s.shop_id"
    ))?;
    let mut c = base.connect()?;
    c.transaction(|tx| duijie::stock::remark(tx, base.merchant))?;
    base.sql("vacuum analyze stock, holds, stock_marks")
}

/// What the raw SQL beside a call leaves behind.
#[derive(Clone, Copy, PartialEq)]
enum Raw {
    Figures,
    Ledger,
    /// Whatever a call does, as one would write it who knew beforehand that nothing stands in the way.
    All,
}

type Lines = [(i64, i64, i64)];

/// The same change in one transaction a thousand rows, every statement planned once.
fn raw(base: &Base, c: &mut PgConnection, first: i64, rows: &Lines, what: Raw) -> Fallible<()> {
    const UPDATE: &str = "update stock s set erp_qty = l.qty, version = s.version + 1, updated_at = now() from unnest((select $2), (select $3), (select $4)) as l(sku, shop, qty) \
         where s.merchant_id = $1 and s.sku_id = l.sku and s.shop_id = l.shop";
    let told = format!(
        "with changed as ({UPDATE} returning s.merchant_id, s.sku_id, s.shop_id, s.erp_qty) \
         insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, available, actor_kind, actor_name) \
         select merchant_id, now(), sku_id, shop_id, 'erp_set', 0, erp_qty, erp_qty, 'erp', 'raw' from changed"
    );
    let changed = match what {
        Raw::Figures => lines(UPDATE, base, first, rows).prepared().execute(c)?,
        Raw::Ledger => lines(&told, base, first, rows).prepared().execute(c)?,
        Raw::All => c.transaction(|tx| all(base, tx, first, rows))?,
    };
    if changed == rows.len() { Ok(()) } else { Err(format!("{changed} of {} rows changed", rows.len()).into()) }
}

fn lines(sql: &str, base: &Base, first: i64, rows: &Lines) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    diesel::sql_query(sql)
        .into_boxed()
        .bind::<BigInt, _>(base.merchant)
        .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.0 + first - 1).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.1).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.2).collect::<Vec<_>>())
}

/// Nonce, rate and batch; the rows, locked in order, with ledger, marks and the guard's count; the call in the log and in its
/// minute. The trail is told of listings that change by a push, which hardly any does here.
fn all(base: &Base, tx: &mut PgConnection, first: i64, rows: &Lines) -> Fallible<usize> {
    let batch: Counted = diesel::sql_query(
        "with door as (select id, name from apps where app_key = $2), \
         once as (insert into nonces (app_id, nonce, seen_at) select id, gen_random_uuid()::text, now() from door), \
         rate as (insert into buckets as b (name, window_start, used) select 'app:' || id, date_trunc('minute', now()), 1 from door on conflict (name) do update \
           set used = case when b.window_start = excluded.window_start then b.used + 1 else 1 end, window_start = excluded.window_start) \
         insert into feeds (merchant_id, at, channel, actor_kind, actor_id, actor_name, module, method, policy, request_id, \
             total, applied, unchanged, held, stale, parked, rejected, warned) \
           select $1, now(), 'api', 'erp', id, name, 'stock', 'sku.inventory.update', 'rows', gen_random_uuid(), $3, $3, 0, 0, 0, 0, 0, 0 from door returning id as n",
    )
    .bind::<BigInt, _>(base.merchant)
    .bind::<Text, _>(&base.app_key)
    .bind::<BigInt, _>(i64::try_from(rows.len())?)
    .prepared()
    .get_result(tx)?;
    let changed: Counted = lines(
        "with l as (select unnest((select $2)) as sku, unnest((select $3)) as shop, unnest((select $4)) as qty, generate_series(1, cardinality($2)) as no), \
         old as (select s.ctid as place, s.erp_qty, l.qty, l.no from l join stock s on s.merchant_id = $1 and s.sku_id = l.sku and s.shop_id = l.shop \
           order by s.sku_id, s.shop_id for no key update of s), \
         changed as (update stock s set erp_qty = o.qty, qty_by = 'erp', reported_sold = 0, reported_frozen = 0, reported_at = now(), received_at = now(), \
             version = s.version + 1, updated_at = now() from old o where s.ctid = o.place \
           returning s.sku_id, s.shop_id, o.no, o.erp_qty as before, s.erp_qty as after, s.hold_qty - s.hold_used as held, s.frozen + s.sold_open + s.safety as off), \
         told as (select *, after - off as n, (select low_stock from merchants where id = $1) as low from changed), \
         moved as (insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, available, held, actor_kind, actor_name, request_id, feed_id, line_no) \
           select $1, now(), sku_id, shop_id, 'erp_set', before, after, coalesce(held, n), held, 'erp', 'raw', (select gen_random_uuid()), $5, no from told where before <> after), \
         marked as (select sku_id, shop_id, case when n < 0 then 'short' when n = 0 then 'out' when n <= low then 'low' end as is, \
             case when before < off then 'short' when before = off then 'out' when before - off <= low then 'low' end as was from told where held is null), \
         gone as (delete from stock_marks m using marked c where c.was is not null and c.was is distinct from c.is \
           and m.merchant_id = $1 and m.mark = c.was and m.sku_id = c.sku_id and m.shop_id = c.shop_id), \
         come as (insert into stock_marks (merchant_id, sku_id, shop_id, mark) select $1, sku_id, shop_id, c.is from marked c \
           where c.is is not null and c.was is distinct from c.is on conflict do nothing), \
         zero as (insert into guard_ticks (merchant_id, guard, at, lines, caught) select $1, 'zero', now(), count(*), false from changed \
           where before > 0 and after = 0 having count(*) > 0) \
         select count(*) as n from changed",
        base,
        first,
        rows,
    )
    .bind::<BigInt, _>(batch.n)
    .prepared()
    .get_result(tx)?;
    let sent = String::from_utf8(body(rows))?;
    diesel::sql_query(
        "with minute as (insert into call_minutes as m (merchant_id, minute, module, slot, calls, failed, lines, slow) \
             values ($1, date_trunc('minute', now()), 'stock', 0, 1, 0, $3, array_fill(0, array[40])) on conflict (merchant_id, minute, module, slot) \
             do update set calls = m.calls + 1, lines = m.lines + excluded.lines, slow[9] = m.slow[9] + 1) \
         insert into calls (merchant_id, at, id, app_id, channel, method, module, status, ms, feed_id, total, applied, request, response, request_bytes, response_bytes) \
           select $1, now(), gen_random_uuid(), id, channel, 'sku.inventory.update', 'stock', 200, 10, $4, $3, $3, $5, $6, $7, length($6) from apps where app_key = $2",
    )
    .bind::<BigInt, _>(base.merchant)
    .bind::<Text, _>(&base.app_key)
    .bind::<BigInt, _>(changed.n)
    .bind::<BigInt, _>(batch.n)
    .bind::<Text, _>(sent.get(..LOGGED).unwrap_or(&sent))
    .bind::<Text, _>(ANSWER)
    .bind::<BigInt, _>(i64::try_from(sent.len())?)
    .prepared()
    .execute(tx)?;
    Ok(usize::try_from(changed.n)?)
}

/// What the log keeps of a body.
const LOGGED: usize = 16 * 1024;
const ANSWER: &str = r#"{"code":200,"msg":"success","success":true,"data":{"feedId":"8214","preview":false,"total":1000,"applied":1000,"unchanged":0,"held":0,"stale":0,"parked":0,"rejected":0,"lines":[]},"requestId":"019adf0e-8c00-7000-8000-000000000000"}"#;

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Runs `calls` batches on each of `clients` threads; seconds it took.
fn timed(clients: i64, work: impl Fn(i64) -> Fallible<()> + Sync) -> Fallible<f64> {
    let began = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|n| {
                scope.spawn({
                    let work = &work;
                    move || work(n)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|t| t.join().map_err(|_| "a client fell over")?)
    })?;
    Ok(began.elapsed().as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "rates")]
fn main() -> Fallible<()> {
    let (skus, rounds, calls) = (setting("BENCH_SKUS", 100_000), setting("BENCH_ROUNDS", 9), setting("BENCH_CALLS", 20));
    let (clients, lines) = (setting("BENCH_CLIENTS", 1), setting("BENCH_LINES", 1000));
    let base = Base::open()?;
    base.seed(skus)?;
    let first: Counted = diesel::sql_query("select min(id) as n from skus").get_result(&mut base.connect()?)?;
    let server = Server::start(&base)?;
    std::thread::sleep(Duration::from_secs(1));
    let idle = server.resident()?;

    let stop = Arc::new(AtomicBool::new(false));
    let watch = std::thread::spawn({
        let (stop, pid) = (Arc::clone(&stop), server.pid());
        move || {
            let mut most = 0.0_f64;
            while !stop.load(Ordering::Relaxed) {
                most = most.max(resident(pid).unwrap_or(0.0));
                std::thread::sleep(Duration::from_millis(20));
            }
            most
        }
    });
    let batches = |round: i64, client: i64| -> Vec<Vec<(i64, i64, i64)>> {
        let mut dice = Dice::new(u64::try_from(round * 1000 + client + 1).unwrap_or(1));
        (0..calls).map(|_| figures(&mut dice, skus, lines)).collect()
    };
    let by_http = |round: i64| {
        let bodies: Vec<Vec<Vec<u8>>> = (0..clients).map(|n| batches(round, n).iter().map(|b| body(b)).collect()).collect();
        timed(clients, |n| {
            let mut client = Client::connect(server.address)?;
            for body in bodies.iter().skip(usize::try_from(n)?).take(1).flatten() {
                let answer = client.call(&base, "sku.inventory.update", body)?;
                if answer.status != 200 {
                    return Err(format!("{}: {}", answer.status, answer.text()).into());
                }
            }
            Ok(())
        })
    };
    let by_sql = |round: i64, what: Raw| {
        let rows: Vec<Vec<Vec<(i64, i64, i64)>>> = (0..clients).map(|n| batches(round, n)).collect();
        timed(clients, |n| {
            let mut c = base.connect()?;
            for batch in rows.iter().skip(usize::try_from(n)?).take(1).flatten() {
                raw(&base, &mut c, first.n, batch, what)?;
            }
            Ok(())
        })
    };
    let total = (clients * calls * lines) as f64;
    println!("stock push, {lines} lines a call, {skus} SKUs × 2 shops, {clients} at once, median of {rounds} rounds:");
    for percent in [0, 1, 50] {
        hold(&base, percent)?;
        let mut http = Vec::new();
        let mut by_kind = [(Raw::Figures, Vec::new()), (Raw::Ledger, Vec::new()), (Raw::All, Vec::new())];
        by_http(1_000_000 + percent)?;
        for (what, _) in &by_kind {
            by_sql(2_000_000 + percent, *what)?;
        }
        for round in 0..rounds {
            let seed = percent * 1000 + round * 4;
            // Each goes first every other time.
            let mut sql = || -> Fallible<()> {
                for (n, (what, rates)) in (1..).zip(&mut by_kind) {
                    rates.push(total / by_sql(seed + n, *what)?);
                }
                Ok(())
            };
            if round % 2 == 0 {
                http.push(total / by_http(seed)?);
                sql()?;
            } else {
                sql()?;
                http.push(total / by_http(seed)?);
            }
        }
        let beside = |rates: &[f64]| {
            let ratios: Vec<f64> = http.iter().zip(rates).map(|(h, r)| h / r).collect();
            format!("{:.0} rows/s, ratio {:.2}", quantile(rates, 0.5), quantile(&ratios, 0.5))
        };
        let [figures, ledger, all] = by_kind.each_ref().map(|(_, rates)| beside(rates));
        let http = quantile(&http, 0.5);
        println!("  {percent:>2} % held: http {http:.0} rows/s; raw figures {figures}; raw with the ledger {ledger}; raw with all {all}");
    }
    stop.store(true, Ordering::Relaxed);
    let most = watch.join().map_err(|_| "the watcher fell over")?;
    println!("  resident memory: idle {idle:.1} MB, under load at most {most:.1} MB, after {:.1} MB", server.resident()?);
    Ok(())
}
