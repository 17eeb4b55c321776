//! How fast prices are found: a page of 50 SKUs for one customer over 1,000,000 rows, and 10,000 SKUs at once, beside the bare
//! statement that reads the same rows.
//!
//! `cargo bench --bench price_resolve`. Settings: BENCH_SKUS (20,000), BENCH_ROWS prices a SKU (50), BENCH_ROUNDS (200),
//! BENCH_DATABASE_URL.

mod support;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt};
use duijie::clock::Clock;
use duijie::ids::{CustomerId, SkuId};
use duijie::pricing::{Buyer, quote};
use std::time::Instant;
use support::{Base, Dice, Fallible, quantile, setting};

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What a page could not do with less: the rows of its SKUs, by key.
const RAW: &str = "select count(p.amount) as n from unnest($2) w(id) join skus s on s.merchant_id = $1 and s.id = w.id left join prices p \
     on p.merchant_id = $1 and p.sku_id = w.id and p.customer_id = any($3)";

#[expect(clippy::cast_precision_loss, reason = "rates")]
fn main() -> Fallible<()> {
    let (skus, rows, rounds) = (setting("BENCH_SKUS", 20_000), setting("BENCH_ROWS", 50), setting("BENCH_ROUNDS", 200));
    let base = Base::open()?;
    base.seed(skus)?;
    let m = base.merchant;
    // Of each SKU's rows ten are for groups and regions, the others for single customers.
    base.sql(&format!(
        "insert into regions values ('440000', '广东省', 1, '0', '华南') on conflict do nothing; \
         insert into region_groups (merchant_id, code, name, created_at, updated_at) select {m}, 'R' || n, 'R' || n, now(), now() from generate_series(1, 5) n; \
         insert into region_group_members select {m}, '440000', id from region_groups where code = 'R1'; \
         insert into customer_groups (merchant_id, code, name, priority, created_at, updated_at) select {m}, 'G' || n, 'G' || n, n, now(), now() from generate_series(1, 5) n; \
         insert into customers (merchant_id, customer_id, name, region_code, name_key, created_at, updated_at) \
           select {m}, 'C' || n, 'C' || n, '440000', 'c' || n, now(), now() from generate_series(1, 1000) n; \
         insert into customer_group_members select {m}, c.id, g.id from customers c, customer_groups g where g.code in ('G2', 'G4'); \
         insert into prices (merchant_id, sku_id, region_group_id, amount, owner, updated_at) \
           select {m}, k.id, g.id, 8.00, 'erp', now() from skus k, region_groups g order by k.id; \
         insert into prices (merchant_id, sku_id, customer_group_id, amount, owner, updated_at) \
           select {m}, k.id, g.id, 7.50, 'erp', now() from skus k, customer_groups g order by k.id; \
         insert into prices (merchant_id, sku_id, customer_id, amount, owner, updated_at) \
           select {m}, k.id, c.id, 7.00, 'erp', now() from skus k join customers c on (c.id * 31 + k.id) % 1000 < {} order by k.id, c.id",
        (rows - 10).max(0)
    ))?;
    base.sql("vacuum analyze prices, skus")?;
    let mut c = base.connect()?;
    let number = |c: &mut PgConnection, sql: &str| diesel::sql_query(sql).get_result::<Number>(c).map(|n| n.n);
    let there = number(&mut c, "select count(*) as n from prices")?;
    let first = number(&mut c, "select min(id) as n from skus")?;
    let buyers = number(&mut c, "select min(id) as n from customers")?;
    println!("price resolution over {there} rows, median of {rounds} rounds:");
    let mut dice = Dice::new(7);
    for page in [50, 10_000.min(skus)] {
        let (mut ours, mut raw) = (Vec::new(), Vec::new());
        for _ in 0..if page > 50 { (rounds / 20).max(3) } else { rounds } {
            let from = first + dice.below((skus - page).max(1));
            let ids: Vec<SkuId> = (from..from + page).map(SkuId).collect();
            let customer = buyers + dice.below(1000);
            let buyer = Buyer { customer: Some(CustomerId(customer)), region: Some("440000".into()), ..Buyer::default() };
            let began = Instant::now();
            let found = quote(&mut c, base.merchant, &buyer, &ids, Clock::System.now()).map_err(|e| e.to_string())?;
            ours.push(began.elapsed().as_secs_f64() * 1000.0);
            if found.values().any(|r| r.price.is_none()) {
                return Err("a SKU without a price".into());
            }
            let began = Instant::now();
            diesel::sql_query(RAW)
                .bind::<BigInt, _>(base.merchant)
                .bind::<Array<BigInt>, _>(&ids)
                .bind::<Array<BigInt>, _>([0, customer].as_slice())
                .get_result::<Number>(&mut c)?;
            raw.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        let ratio = quantile(&ours.iter().zip(&raw).map(|(o, r)| o / r).collect::<Vec<_>>(), 0.5);
        println!(
            "  {page} SKUs for one customer: {:.2} ms (95 % {:.2}); raw {:.2} ms, ratio {ratio:.2}; {:.1} µs a SKU",
            quantile(&ours, 0.5),
            quantile(&ours, 0.95),
            quantile(&raw, 0.5),
            quantile(&ours, 0.5) * 1000.0 / page as f64
        );
    }
    Ok(())
}
