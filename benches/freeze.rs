//! How fast buyers take units: one line a call through HTTP, all at one hot SKU and spread over many, beside the same done by
//! raw SQL (a guarded update, a reservation, a ledger row, one transaction) in the same run.
//!
//! `cargo bench --bench freeze`. Settings: BENCH_SKUS (10,000), BENCH_CALLS a client (300), BENCH_CLIENTS at once (8),
//! BENCH_ROUNDS (5), BENCH_DATABASE_URL.

mod support;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::time::Instant;
use support::{Base, Client, Dice, Fallible, Server, quantile, setting};

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// What no storefront can do without.
fn raw(base: &Base, c: &mut PgConnection, no: &str, sku: i64) -> Fallible<()> {
    c.transaction(|c| {
        let taken = diesel::sql_query(
            "with taken as (update stock set frozen = frozen + 1, version = version + 1, updated_at = now() where merchant_id = $1 and sku_id = $2 \
               and shop_id = 1 and erp_qty - frozen - sold_open - safety >= 1 returning *), \
             kept as (insert into reservations (merchant_id, no, state, created_at, expires_at) select merchant_id, $3, 'frozen', now(), now() + interval '30 min' from taken), \
             moved as (insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, available, d_frozen, reservation, actor_kind, actor_name) \
               select merchant_id, now(), sku_id, shop_id, 'reserve', erp_qty, erp_qty, erp_qty - frozen, 1, $3, 'erp', 'raw' from taken) \
             insert into reservation_lines (merchant_id, no, sku_id, shop_id, qty, state) select merchant_id, $3, sku_id, shop_id, 1, 'frozen' from taken",
        )
        .bind::<BigInt, _>(base.merchant)
        .bind::<BigInt, _>(sku)
        .bind::<Text, _>(no)
        .execute(c)?;
        if taken == 1 { Ok(()) } else { Err(format!("{taken} rows taken").into()) }
    })
}

/// Runs `work(client, n)` on each client's thread; calls per second, and how long each took in milliseconds.
#[expect(clippy::cast_precision_loss, reason = "rates")]
fn timed<C: Send>(
    clients: i64,
    calls: i64,
    open: impl Fn() -> Fallible<C> + Sync,
    work: impl Fn(&mut C, i64, i64) -> Fallible<()> + Sync,
) -> Fallible<(f64, Vec<f64>)> {
    let began = Instant::now();
    let times = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|client| {
                let (open, work) = (&open, &work);
                scope.spawn(move || -> Fallible<Vec<f64>> {
                    let mut line = open()?;
                    (0..calls)
                        .map(|n| {
                            let began = Instant::now();
                            work(&mut line, client, n)?;
                            Ok(began.elapsed().as_secs_f64() * 1000.0)
                        })
                        .collect()
                })
            })
            .collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| "a client fell over")??);
        }
        Fallible::Ok(all)
    })?;
    Ok(((clients * calls) as f64 / began.elapsed().as_secs_f64(), times))
}

fn main() -> Fallible<()> {
    let (skus, calls, clients, rounds) =
        (setting("BENCH_SKUS", 10_000), setting("BENCH_CALLS", 300), setting("BENCH_CLIENTS", 8), setting("BENCH_ROUNDS", 5));
    let base = Base::open()?;
    base.seed(skus)?;
    base.sql("update stock set erp_qty = 1000000000; delete from stock_marks")?;
    let first: First = diesel::sql_query("select min(id) as id from skus").get_result(&mut base.connect()?)?;
    let server = Server::start(&base)?;
    println!("freeze, one line a call, {clients} at once, {calls} calls each, median of {rounds} rounds:");
    for (name, hot) in [("one hot SKU", true), ("spread", false)] {
        let which = |client: i64, n: i64, round: i64| {
            if hot { 1 } else { 1 + Dice::new(u64::try_from(round * 1_000_003 + client * 10_007 + n + 1).unwrap_or(1)).below(skus) }
        };
        let (mut http, mut sql, mut ratios, mut waits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 0..=rounds {
            let by_http = || {
                timed(
                    clients,
                    calls,
                    || Client::connect(server.address),
                    |line, client, n| {
                        let sku = which(client, n, round);
                        let no = format!("h-{name}-{round}-{client}-{n}");
                        let body = serde_json::json!({ "reservationId": no, "skuId": format!("S{sku}"), "shopId": "1", "quantity": 1 })
                            .to_string();
                        let answer = line.call(&base, "sku.inventory.freeze", body.as_bytes())?;
                        if answer.status == 200 { Ok(()) } else { Err(format!("{}: {}", answer.status, answer.text()).into()) }
                    },
                )
            };
            let by_sql = || {
                timed(
                    clients,
                    calls,
                    || base.connect(),
                    |c, client, n| raw(&base, c, &format!("r-{name}-{round}-{client}-{n}"), first.id - 1 + which(client, n, round)),
                )
            };
            // Each goes first every other time; the first round only warms up.
            let ((h, times), (s, _)) = if round % 2 == 0 {
                let h = by_http()?;
                (h, by_sql()?)
            } else {
                let s = by_sql()?;
                (by_http()?, s)
            };
            if round > 0 {
                http.push(h);
                sql.push(s);
                ratios.push(h / s);
                waits.extend(times);
            }
        }
        println!(
            "  {name:<12} http {:>6.0} a second, raw {:>6.0}, ratio {:.2}; a call takes p50 {:.1} ms, p99 {:.1} ms",
            quantile(&http, 0.5),
            quantile(&sql, 0.5),
            quantile(&ratios, 0.5),
            quantile(&waits, 0.5),
            quantile(&waits, 0.99)
        );
    }
    Ok(())
}
