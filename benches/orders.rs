//! How long orders take: intake of an order with five lines beside the same done by raw SQL, and `order.list.get` of 100 orders
//! with their items, the list page and one order among 1,000,000 orders as a multiple of 10,000.
//!
//! `cargo bench --bench orders`. Settings: BENCH_FEW (10,000), BENCH_MANY (1,000,000), BENCH_REPEATS (100), BENCH_CALLS (500).

mod support;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::time::Instant;
use support::{Base, Client, Fallible, Server, quantile, setting};

const SKUS: i64 = 2_000;
const LINES: i64 = 5;

struct Times {
    p50: f64,
    p99: f64,
}

fn times(all: &[f64]) -> Times {
    Times { p50: quantile(all, 0.5), p99: quantile(all, 0.99) }
}

/// Orders of the last 90 days with two lines each: most of them long in the ERP, a hundred waiting to be handed over.
fn fill(base: &Base, orders: i64) -> Fallible<()> {
    let m = base.merchant;
    base.sql(&format!(
        "insert into customers (merchant_id, customer_id, name, name_key, created_at, updated_at) \
           select {m}, 'C' || n, '药房' || n, '药房' || n, now(), now() from generate_series(1, 1000) n; \
         with o as (insert into orders (merchant_id, order_no, channel, shop_id, customer_id, state, placed_at, paid_at, goods_amount, freight_amount, \
             discount_amount, card_amount, payable_amount, line_count, delivery, seq, sync, synced_at, erp_order_no, updated_at) \
           select {m}, 'SO' || n, 'b2b', 1, (select min(id) from customers) + n % 1000, (array['completed', 'completed', 'shipped', 'to_ship'])[1 + n % 4], \
             now() - ({orders} - n) * (interval '90 days' / {orders}), now() - ({orders} - n) * (interval '90 days' / {orders}), 17.20, 0, 0, 0, 17.20, 2, \
             '{{\"consignee\": \"x\", \"phone\": \"1\", \"kind\": \"express\"}}', n, case when n > {orders} - 5000 then 'unsynced' else 'synced' end, \
             case when n > {orders} - 5000 then null else now() end, 'XS' || n, now() - ({orders} - n) * (interval '90 days' / {orders}) \
           from generate_series(1, {orders}) n returning id, order_no) \
         insert into order_lines (merchant_id, order_id, no, sku_id, qty, unit_price, amount, rule) \
           select {m}, o.id, l, (select min(id) from skus) + (o.id * 7 + l) % {SKUS}, 1, 8.60, 8.60, 'default' from o, generate_series(1, 2) l; \
         update merchants set order_seq = {orders} where id = {m}; \
         insert into apps (merchant_id, app_key, name, channel, scopes, rate_per_minute) values ({m}, 'reads', 'reads', 'b2b', array['order:read'], 1000000000)"
    ))?;
    base.sql("vacuum analyze")
}

/// Reads among so many orders: 100 handed over and taken back, 100 of the feed, the list page, one order's page.
fn reads(orders: i64, repeats: i64) -> Fallible<Vec<Times>> {
    let base = Base::open()?;
    base.seed(SKUS)?;
    fill(&base, orders)?;
    let server = Server::start(&base)?;
    let cookie = server.log_in()?;
    let mut client = Client::connect(server.address)?;
    let mut found = Vec::new();
    for body in [r#"{"syncStatus":"unsynced","pageSize":100}"#, r#"{"syncStatus":"all","pageSize":100,"cursor":"s5000"}"#] {
        let mut all = Vec::new();
        for n in 0..repeats + 5 {
            let began = Instant::now();
            let answer = client.call(&base, "order.list.get", body.as_bytes())?;
            if answer.status != 200 || !answer.text().contains("\"items\"") {
                return Err(format!("{body}: {} {}", answer.status, answer.text()).into());
            }
            if n >= 5 {
                all.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            if n % 40 == 39 {
                base.sql(
                    "update orders set sync = 'unsynced', lease = null, leased_by = null, leased_until = null where sync = 'delivered'",
                )?;
                base.sql("vacuum orders")?;
            }
        }
        found.push(times(&all));
    }
    let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
    for path in ["/orders", "/orders?view=to_ship", "/orders/SO9000", "/"] {
        let mut all = Vec::new();
        for n in 0..repeats + 5 {
            let began = Instant::now();
            let answer = client.get(path, &headers)?;
            if answer.status != 200 {
                return Err(format!("{path}: {} {}", answer.status, answer.text()).into());
            }
            if n >= 5 {
                all.push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        found.push(times(&all));
    }
    Ok(found)
}

/// What no shop can do without: five guarded units, the reservation, the order, its lines, one transaction.
fn raw(base: &Base, c: &mut PgConnection, no: &str, first: i64) -> Fallible<()> {
    c.transaction(|c| {
        let done = diesel::sql_query(
            "with taken as (update stock set frozen = frozen + 1, version = version + 1, updated_at = now() where merchant_id = $1 and shop_id = 1 \
               and sku_id between $2 and $2 + 4 and erp_qty - frozen - sold_open - safety >= 1 returning *), \
             kept as (insert into reservations (merchant_id, no, state, order_no, created_at, expires_at) values ($1, $3, 'frozen', $3, now(), now() + interval '30 min') returning no), \
             moved as (insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, available, d_frozen, reservation, actor_kind, actor_name) \
               select merchant_id, now(), sku_id, shop_id, 'reserve', erp_qty, erp_qty, erp_qty - frozen, 1, $3, 'erp', 'raw' from taken), \
             made as (insert into orders (merchant_id, order_no, channel, shop_id, customer_id, state, placed_at, goods_amount, freight_amount, discount_amount, \
               card_amount, payable_amount, line_count, delivery, sync, updated_at) select $1, $3, 'b2b', 1, (select min(id) from customers where merchant_id = $1), \
               'unpaid', now(), 43, 0, 0, 0, 43, 5, '{}', 'none', now() returning id), \
             held as (insert into reservation_lines (merchant_id, no, sku_id, shop_id, qty, state) select merchant_id, $3, sku_id, shop_id, 1, 'frozen' from taken) \
             insert into order_lines (merchant_id, order_id, no, sku_id, qty, unit_price, amount, rule) \
               select $1, made.id, row_number() over (), sku_id, 1, 8.60, 8.60, 'default' from taken, made",
        )
        .bind::<BigInt, _>(base.merchant)
        .bind::<BigInt, _>(first)
        .bind::<Text, _>(no)
        .execute(c)?;
        if done == 5 { Ok(()) } else { Err(format!("{done} lines").into()) }
    })
}

/// Orders a second, ours and raw, one after the other.
fn intake(calls: i64) -> Fallible<(f64, f64, Times)> {
    #[derive(QueryableByName)]
    struct First {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let base = Base::open()?;
    base.seed(SKUS)?;
    base.sql(&format!(
        "update stock set erp_qty = 1000000000; update apps set scopes = scopes || '{{storefront:write}}'; \
         insert into customers (merchant_id, customer_id, name, name_key, created_at, updated_at) values ({}, 'C1', '药房', '药房', now(), now())",
        base.merchant
    ))?;
    let first: First = diesel::sql_query("select min(id) as id from skus").get_result(&mut base.connect()?)?;
    let server = Server::start(&base)?;
    let mut client = Client::connect(server.address)?;
    let mut c = base.connect()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..calls + 20 {
        let from = n * LINES % (SKUS - LINES);
        let items: Vec<String> = (1..=LINES).map(|l| format!(r#"{{"skuId":"S{}","quantity":1}}"#, from + l)).collect();
        let body = format!(
            r#"{{"orderNo":"B{n}","shopId":"1","customer":{{"customerId":"C1","name":"药房"}},"items":[{}],"delivery":{{"consignee":"x","phone":"1"}}}}"#,
            items.join(",")
        );
        let began = Instant::now();
        let answer = client.call(&base, "order.create", body.as_bytes())?;
        let took = began.elapsed().as_secs_f64() * 1000.0;
        if answer.status != 200 {
            return Err(format!("{} {}", answer.status, answer.text()).into());
        }
        let began = Instant::now();
        raw(&base, &mut c, &format!("R{n}"), first.id + from)?;
        let raw_took = began.elapsed().as_secs_f64() * 1000.0;
        if n >= 20 {
            ours.push(took);
            theirs.push(raw_took);
        }
    }
    let rate = |all: &[f64]| 1000.0 / (all.iter().sum::<f64>() / f64::from(u32::try_from(all.len()).unwrap_or(u32::MAX)));
    Ok((rate(&ours), rate(&theirs), times(&ours)))
}

fn main() -> Fallible<()> {
    let (few, many) = (setting("BENCH_FEW", 10_000), setting("BENCH_MANY", 1_000_000));
    let (ours, raw, all) = intake(setting("BENCH_CALLS", 500))?;
    println!(
        "order intake, 5 lines: {ours:.0} orders/s, raw SQL {raw:.0} orders/s, ratio {:.2}; p50 {:.1} ms, p99 {:.1} ms",
        ours / raw,
        all.p50,
        all.p99
    );
    let repeats = setting("BENCH_REPEATS", 100);
    let (small, large) = (reads(few, repeats)?, reads(many, repeats)?);
    println!("reads among {few} and {many} orders, {repeats} requests each, milliseconds through HTTP:");
    println!("{:<28} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6}", "what", "p50 few", "p50 many", "×", "p99 few", "p99 many", "×");
    let names = ["order.list.get, 100 taken", "order.list.get, 100 read", "list page", "list page, to ship", "one order", "overview"];
    for (name, (s, l)) in names.iter().zip(small.iter().zip(&large)) {
        println!("{name:<28} {:>8.2} {:>8.2} {:>6.2} {:>8.2} {:>8.2} {:>6.2}", s.p50, l.p50, l.p50 / s.p50, s.p99, l.p99, l.p99 / s.p99);
    }
    Ok(())
}
