//! How long a page of the stock list takes with 1,000,000 rows, as a multiple of 10,000 rows: each tab, filter and deep page.
//!
//! `cargo bench --bench stock_list`. Settings: BENCH_FEW rows (10,000), BENCH_MANY rows (1,000,000), BENCH_REPEATS (200).

mod support;

use std::time::Instant;
use support::{Base, Client, Fallible, Server, quantile, setting};

/// A page by its query, and whether to go deep into it first.
const PAGES: [(&str, &str, bool); 11] = [
    ("all", "", false),
    ("all, deep", "", true),
    ("low", "view=low", false),
    ("low, deep", "view=low", true),
    ("out", "view=out", false),
    ("oversold (none)", "view=short", false),
    ("one shop", "shop=2", false),
    ("one shop, deep", "shop=2", true),
    ("low at one shop", "view=low&shop=1", false),
    ("search by code", "q=E777", false),
    ("search by name", "q=%E8%92%99%E8%84%B1", false),
];

struct Times {
    p50: f64,
    p99: f64,
}

fn measure(rows: i64, repeats: i64) -> Fallible<Vec<Times>> {
    let base = Base::open()?;
    base.seed(rows / 2)?;
    let server = Server::start(&base)?;
    let cookie = server.log_in()?;
    let mut client = Client::connect(server.address)?;
    let headers = [("cookie", cookie.as_str()), ("accept", "text/html")];
    let mut found = Vec::new();
    for (name, query, deep) in PAGES {
        let mut path = format!("/stock?{query}");
        if deep {
            // A cursor in the middle of everything: the place after the middle SKU.
            path.push_str(&format!("&after={}", cursor(rows / 4)));
        }
        let mut times = Vec::new();
        for n in 0..repeats + 20 {
            let began = Instant::now();
            let answer = client.get(&path, &headers)?;
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

fn cursor(sku: i64) -> String {
    format!("[{sku},1]").bytes().map(|b| format!("{b:02x}")).collect()
}

fn main() -> Fallible<()> {
    let (few, many, repeats) = (setting("BENCH_FEW", 10_000), setting("BENCH_MANY", 1_000_000), setting("BENCH_REPEATS", 200));
    let (small, large) = (measure(few, repeats)?, measure(many, repeats)?);
    println!("stock list, 50 rows a page, {few} and {many} rows, {repeats} requests each, milliseconds through HTTP:");
    println!("{:<20} {:>8} {:>8} {:>6} {:>8} {:>8} {:>6}", "page", "p50 few", "p50 many", "×", "p99 few", "p99 many", "×");
    for ((name, ..), (s, l)) in PAGES.iter().zip(small.iter().zip(&large)) {
        println!("{name:<20} {:>8.2} {:>8.2} {:>6.2} {:>8.2} {:>8.2} {:>6.2}", s.p50, l.p50, l.p50 / s.p50, s.p99, l.p99, l.p99 / s.p99);
    }
    let worst = |pick: fn(&Times) -> f64| small.iter().zip(&large).map(|(s, l)| pick(l) / pick(s)).fold(0.0, f64::max);
    println!("largest multiple: p50 {:.2}, p99 {:.2}", worst(|t| t.p50), worst(|t| t.p99));
    Ok(())
}
