//! How fast prices come in: signed calls of 1,000 lines × 4 kinds over HTTP, beside the same change done by raw SQL in the same run.
//!
//! `cargo bench --bench price_push`. Settings: BENCH_SKUS (100,000), BENCH_ROUNDS (9), BENCH_CALLS calls a round (10), BENCH_LINES a
//! call (1,000), BENCH_DATABASE_URL. Each line changes the default and the retail price, one region group's and one customer group's.

mod support;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};
use std::time::Instant;
use support::{Base, Client, Dice, Fallible, Server, quantile, setting};

/// SKUs of one call, each once, with a price for all four kinds: within a few percent, so that no guard stops it.
fn lines(dice: &mut Dice, skus: i64, lines: i64) -> Vec<(i64, i64)> {
    let mut ids: Vec<i64> = (0..lines * 2).map(|_| dice.below(skus)).collect();
    ids.sort_unstable();
    ids.dedup();
    let step = (ids.len() / usize::try_from(lines).unwrap_or(1)).max(1);
    ids.into_iter().step_by(step).take(usize::try_from(lines).unwrap_or(0)).map(|id| (id + 1, 850 + dice.below(20))).collect()
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn body(rows: &[(i64, i64)]) -> Vec<u8> {
    let line = |(sku, cents): &(i64, i64)| {
        serde_json::json!({ "skuId": format!("S{sku}"), "price": money(*cents), "retailPrice": money(cents + 100),
            "regionPrices": [{ "regionGroup": "HN", "price": money(cents - 10) }], "customerPrices": [{ "customerGroup": "VIP", "price": money(cents - 20) }] })
    };
    serde_json::Value::Array(rows.iter().map(line).collect()).to_string().into_bytes()
}

/// The same with two statements, and with a row of the trail for each SKU.
fn raw(base: &Base, c: &mut PgConnection, first: i64, rows: &[(i64, i64)], told: bool) -> Fallible<()> {
    c.transaction(|tx| {
        let ids: Vec<i64> = rows.iter().map(|r| r.0 + first - 1).collect();
        let cents: Vec<i64> = rows.iter().map(|r| r.1).collect();
        for sql in [
            "update skus s set base_price = l.c / 100.0, retail_price = (l.c + 100) / 100.0, version = s.version + 1, updated_at = now() \
               from unnest($2, $3) l(id, c) where s.merchant_id = $1 and s.id = l.id",
            "insert into prices as p (merchant_id, sku_id, customer_group_id, region_group_id, amount, owner, updated_at) \
               select $1, l.id, g.customers, g.region, (l.c - g.less) / 100.0, 'erp', now() from unnest($2, $3) l(id, c), \
                 (select 0 as customers, id as region, 10 as less from region_groups where merchant_id = $1 union all \
                  select id, 0, 20 from customer_groups where merchant_id = $1) g order by l.id, g.customers, g.region \
               on conflict (merchant_id, sku_id, customer_id, customer_group_id, region_group_id, shop_id, valid_from) do update set amount = excluded.amount, \
                 updated_at = excluded.updated_at",
        ] {
            diesel::sql_query(sql).bind::<BigInt, _>(base.merchant).bind::<Array<BigInt>, _>(&ids).bind::<Array<BigInt>, _>(&cents).execute(tx)?;
        }
        if told {
            let names: Vec<String> = rows.iter().map(|r| format!("S{}", r.0)).collect();
            diesel::sql_query(
                "insert into trail (merchant_id, at, actor_kind, actor_name, verb, subject_kind, subject_id, before, after) \
                 select $1, now(), 'erp', 'raw', 'price.changed', 'sku', id, '{\"price\": \"8.60\"}', '{\"price\": \"8.70\"}' from unnest($2) id",
            )
            .bind::<BigInt, _>(base.merchant)
            .bind::<Array<Text>, _>(names)
            .execute(tx)?;
        }
        Ok(())
    })
}

#[derive(QueryableByName)]
struct First {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[expect(clippy::cast_precision_loss, reason = "rates")]
fn main() -> Fallible<()> {
    let (skus, rounds, calls, count) =
        (setting("BENCH_SKUS", 100_000), setting("BENCH_ROUNDS", 9), setting("BENCH_CALLS", 10), setting("BENCH_LINES", 1000));
    let base = Base::open()?;
    base.seed(skus)?;
    let m = base.merchant;
    base.sql(&format!(
        "insert into region_groups (merchant_id, code, name, created_at, updated_at) values ({m}, 'HN', '华南', now(), now()); \
         insert into customer_groups (merchant_id, code, name, created_at, updated_at) values ({m}, 'VIP', '金牌', now(), now())"
    ))?;
    let first: First = diesel::sql_query("select min(id) as id from skus").get_result(&mut base.connect()?)?;
    let server = Server::start(&base)?;
    let mut client = Client::connect(server.address)?;
    let mut c = base.connect()?;
    let batches = |seed: i64| -> Vec<Vec<(i64, i64)>> {
        let mut dice = Dice::new(u64::try_from(seed + 1).unwrap_or(1));
        (0..calls).map(|_| lines(&mut dice, skus, count)).collect()
    };
    let mut by_http = |seed: i64| -> Fallible<f64> {
        let bodies: Vec<Vec<u8>> = batches(seed).iter().map(|b| body(b)).collect();
        let began = Instant::now();
        for body in &bodies {
            let answer = client.call(&base, "prod.price.update", body)?;
            if answer.status != 200 || answer.text().contains("\"parked\":1") {
                return Err(format!("{}: {}", answer.status, answer.text()).into());
            }
        }
        Ok(began.elapsed().as_secs_f64())
    };
    let mut by_sql = |seed: i64, told: bool| -> Fallible<f64> {
        let rows = batches(seed);
        let began = Instant::now();
        for batch in &rows {
            raw(&base, &mut c, first.id, batch, told)?;
        }
        Ok(began.elapsed().as_secs_f64())
    };
    let total = (calls * count) as f64;
    let (mut http, mut bare, mut told) = (Vec::new(), Vec::new(), Vec::new());
    // The rows are there before anything is measured: both sides change prices, neither makes them.
    by_http(1_000_000)?;
    by_sql(2_000_000, true)?;
    for round in 0..rounds {
        let seed = round * 3;
        // Each goes first every other time.
        if round % 2 == 0 {
            http.push(total / by_http(seed)?);
        }
        bare.push(total / by_sql(seed + 1, false)?);
        told.push(total / by_sql(seed + 2, true)?);
        if round % 2 == 1 {
            http.push(total / by_http(seed)?);
        }
    }
    let ratio = |raw: &[f64]| quantile(&http.iter().zip(raw).map(|(h, r)| h / r).collect::<Vec<_>>(), 0.5);
    println!("price push, {count} lines × 4 kinds a call, {skus} SKUs, median of {rounds} rounds:");
    println!(
        "  http {:.0} lines/s; raw {:.0}, ratio {:.2}; raw with the trail {:.0}, ratio {:.2}; resident {:.1} MB",
        quantile(&http, 0.5),
        quantile(&bare, 0.5),
        ratio(&bare),
        quantile(&told, 0.5),
        ratio(&told),
        server.resident()?
    );
    Ok(())
}
