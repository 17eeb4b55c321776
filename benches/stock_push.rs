//! How fast stock comes in: signed calls of 1,000 lines over HTTP, beside the same change done by raw SQL in the same run.
//!
//! `cargo bench --bench stock_push`. Settings: BENCH_SKUS (100,000), BENCH_ROUNDS (9), BENCH_CALLS calls a round (20),
//! BENCH_CLIENTS at once (1), BENCH_LINES a call (1,000), BENCH_DATABASE_URL. Runs with 0, 1 and 50 % of all rows held by a person.

mod support;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};
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

/// The same change with one statement a thousand rows, a transaction each: the bare figures, or with a ledger row each.
fn raw(base: &Base, c: &mut PgConnection, first: i64, rows: &[(i64, i64, i64)], ledger: bool) -> Fallible<()> {
    const UPDATE: &str = "update stock s set erp_qty = l.qty, version = s.version + 1, updated_at = now() from unnest($2, $3, $4) as l(sku, shop, qty) \
         where s.merchant_id = $1 and s.sku_id = l.sku and s.shop_id = l.shop";
    let told = format!(
        "with changed as ({UPDATE} returning s.merchant_id, s.sku_id, s.shop_id, s.erp_qty) \
         insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, available, actor_kind, actor_name) \
         select merchant_id, now(), sku_id, shop_id, 'erp_set', 0, erp_qty, erp_qty, 'erp', 'raw' from changed"
    );
    let changed = diesel::sql_query(if ledger { told.as_str() } else { UPDATE })
        .bind::<BigInt, _>(base.merchant)
        .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.0 + first - 1).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.1).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(rows.iter().map(|r| r.2).collect::<Vec<_>>())
        .execute(c)?;
    if changed == rows.len() { Ok(()) } else { Err(format!("{changed} of {} rows changed", rows.len()).into()) }
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

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[expect(clippy::cast_precision_loss, reason = "rates")]
fn main() -> Fallible<()> {
    let (skus, rounds, calls) = (setting("BENCH_SKUS", 100_000), setting("BENCH_ROUNDS", 9), setting("BENCH_CALLS", 20));
    let (clients, lines) = (setting("BENCH_CLIENTS", 1), setting("BENCH_LINES", 1000));
    let base = Base::open()?;
    base.seed(skus)?;
    let first: First = diesel::sql_query("select min(id) as id from skus").get_result(&mut base.connect()?)?;
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
    let by_sql = |round: i64, ledger: bool| {
        let rows: Vec<Vec<Vec<(i64, i64, i64)>>> = (0..clients).map(|n| batches(round, n)).collect();
        timed(clients, |n| {
            let mut c = base.connect()?;
            for batch in rows.iter().skip(usize::try_from(n)?).take(1).flatten() {
                raw(&base, &mut c, first.id, batch, ledger)?;
            }
            Ok(())
        })
    };
    let total = (clients * calls * lines) as f64;
    println!("stock push, {lines} lines a call, {skus} SKUs × 2 shops, {clients} at once, median of {rounds} rounds:");
    for percent in [0, 1, 50] {
        hold(&base, percent)?;
        let (mut http, mut bare, mut told) = (Vec::new(), Vec::new(), Vec::new());
        by_http(1_000_000 + percent)?;
        by_sql(2_000_000 + percent, true)?;
        for round in 0..rounds {
            let seed = percent * 1000 + round * 3;
            // Each goes first every other time.
            let mut sql = || -> Fallible<()> {
                bare.push(total / by_sql(seed + 1, false)?);
                told.push(total / by_sql(seed + 2, true)?);
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
        let ratio = |raw: &[f64]| quantile(&http.iter().zip(raw).map(|(h, r)| h / r).collect::<Vec<_>>(), 0.5);
        println!(
            "  {percent:>2} % held: http {:.0} rows/s; raw figures {:.0}, ratio {:.2}; raw with the ledger {:.0}, ratio {:.2}",
            quantile(&http, 0.5),
            quantile(&bare, 0.5),
            ratio(&bare),
            quantile(&told, 0.5),
            ratio(&told)
        );
    }
    stop.store(true, Ordering::Relaxed);
    let most = watch.join().map_err(|_| "the watcher fell over")?;
    println!("  resident memory: idle {idle:.1} MB, under load at most {most:.1} MB, after {:.1} MB", server.resident()?);
    Ok(())
}
