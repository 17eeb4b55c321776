//! How long the sync centre takes with 1,000,000 calls of the last day in the log, as a multiple of 10,000.
//!
//! `cargo bench --bench sync_centre`. Settings: BENCH_FEW calls (10,000), BENCH_MANY calls (1,000,000), BENCH_REPEATS (200).

mod support;

use diesel::Connection;
use duijie::feeds::minutes;
use std::time::{Instant, SystemTime};
use support::{Base, Client, Fallible, Server, quantile, setting};

const PAGES: [(&str, &str); 4] = [
    ("modules", "/sync"),
    ("pill", "/sync/pulse"),
    ("waiting (1,000 lines)", "/sync/waiting?m=stock"),
    ("exceptions (1,000)", "/sync/exceptions"),
];

struct Times {
    p50: f64,
    p99: f64,
}

/// Calls of the last day with their batches and with the minutes counted as they would have been, a thousand lines that wait, and
/// a thousand exceptions.
fn fill(base: &Base, calls: i64) -> Fallible<()> {
    let m = base.merchant;
    base.sql(&format!(
        "select ensure_month_partitions(now(), 1); \
         insert into calls (merchant_id, at, id, channel, method, module, status, ms, total, applied, rejected, request, response, request_bytes, response_bytes) \
           select {m}, now() - (n::float8 / {calls}) * interval '23 hours', gen_random_uuid(), 'b2b', 'sku.inventory.update', \
             (array['stock', 'stock', 'stock', 'product', 'price'])[1 + n % 5], case when n % 1000 = 0 then 422 else 200 end, n % 400, 10, 10, 0, '{{}}', '{{}}', 2, 2 \
           from generate_series(1, {calls}) n; \
         insert into feeds (merchant_id, at, channel, actor_kind, actor_name, module, method, policy, total, applied, unchanged, held, stale, parked, rejected, warned) \
           select merchant_id, at, case when ms = 399 then 'page' else 'api' end, 'erp', 'bench', module, method, 'rows', total, applied, 0, 0, 0, 0, 0, 0 \
           from calls order by at; \
         insert into call_minutes (merchant_id, minute, module, slot, calls, failed, lines, slow) \
           select merchant_id, date_trunc('minute', at), module, get_byte(uuid_send(id), 15) % 16, count(*), count(*) filter (where status >= 400), sum(total), \
             array_fill(0, array[19]) || array[count(*)::int] || array_fill(0, array[20]) from calls group by 1, 2, 3, 4; \
         insert into exceptions (merchant_id, module, product_id, reason, by_name, since) \
           select {m}, 'stock', id, '', 'bench', now() from products where merchant_id = {m} and prod_id in (select 'P' || n from generate_series(1, 1000) n); \
         insert into switches (merchant_id, module, reason, by_name, since) values ({m}, 'stock', '', 'bench', now()); \
         insert into held_lines (merchant_id, method, module, key, line, why, first_at, last_at) \
           select {m}, 'sku.inventory.update', 'stock', 'S' || n || '/1', jsonb_build_object('skuId', 'S' || n, 'inventory', n), 'switch', now(), now() \
           from generate_series(1001, 2000) n"
    ))?;
    // As a server that has run all day leaves it: what is settled is brought together once a minute, and vacuumed behind.
    let now = SystemTime::now().into();
    base.connect()?.transaction(|tx| minutes::fold(tx, now))?;
    base.sql("vacuum analyze")
}

fn measure(calls: i64, repeats: i64) -> Fallible<Vec<Times>> {
    let base = Base::open()?;
    base.seed(5_000)?;
    fill(&base, calls)?;
    let server = Server::start(&base)?;
    let cookie = server.log_in()?;
    let mut client = Client::connect(server.address)?;
    let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
    let mut found = Vec::new();
    for (name, path) in PAGES {
        let mut times = Vec::new();
        for n in 0..repeats + 20 {
            let began = Instant::now();
            let answer = client.get(path, &headers)?;
            if answer.status != 200 {
                return Err(format!("{name}: {} {}", answer.status, answer.text()).into());
            }
            // The first few open connections and fill caches.
            if n >= 20 {
                times.push(began.elapsed().as_secs_f64() * 1000.0);
            }
        }
        found.push(Times { p50: quantile(&times, 0.5), p99: quantile(&times, 0.99) });
    }
    Ok(found)
}

fn main() -> Fallible<()> {
    let (few, many, repeats) = (setting("BENCH_FEW", 10_000), setting("BENCH_MANY", 1_000_000), setting("BENCH_REPEATS", 200));
    let (small, large) = (measure(few, repeats)?, measure(many, repeats)?);
    println!("sync centre, {few} and {many} calls of the last day in the log, {repeats} requests each, milliseconds through HTTP:");
    println!("{:<24} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6}", "page", "p50 few", "p50 many", "×", "p99 few", "p99 many", "×");
    for ((name, _), (s, l)) in PAGES.iter().zip(small.iter().zip(&large)) {
        println!("{name:<24} {:>8.2} {:>8.2} {:>6.2} {:>8.2} {:>8.2} {:>6.2}", s.p50, l.p50, l.p50 / s.p50, s.p99, l.p99, l.p99 / s.p99);
    }
    let worst = |pick: fn(&Times) -> f64| small.iter().zip(&large).map(|(s, l)| pick(l) / pick(s)).fold(0.0, f64::max);
    println!("largest multiple: p50 {:.2}, p99 {:.2}", worst(|t| t.p50), worst(|t| t.p99));
    Ok(())
}
