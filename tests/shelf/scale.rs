//! Each filter of the list is a range of an index, however many rows there are.

use crate::support::{Cast, House};
use duijie::ids::ProductId;
use duijie::products::reads::{self, From, Listing, Search, View};
use std::time::Instant;

fn fill(house: &House, merchant: i64, rows: i64) {
    house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values ({merchant}, '1', 'a', 1, '0', '1'), ({merchant}, '11', 'b', 2, '1', '1-11'); \
         insert into categories (merchant_id, id, name, level, parent_id, path) select {merchant}, 'c' || n, 'c', 3, '11', '1-11-c' || n from generate_series(1, 40) n; \
         insert into products (merchant_id, prod_id, erp_code, name, category_id, brand, audit_status, listing, unlisted_by, grams, created_at, updated_at) \
         select {merchant}, 'P' || n, 'P' || n, '商品' || n, 'c' || (1 + n % 40), 'brand' || (n % 30), \
            case when n % 10 = 0 then 'pending' when n % 99 = 0 then 'changes_requested' else 'approved' end, \
            case when n % 10 = 0 or n % 99 = 0 then 'pending' when n % 101 = 0 then 'unlisted' when n % 3 = 0 then 'pending' else 'listed' end, \
            case when n % 10 <> 0 and n % 99 <> 0 and n % 101 = 0 then 'person' end, \
            array['@{merchant}', '商', '品', '商品', '甲' || (n % 50), '乙' || (n % 700), 'p' || left(n::text, 1), 'p' || left(n::text, 2), 'p' || left(n::text, 3), 'p' || n], \
            now(), now() from generate_series(1, {rows}) n"
    ));
    house.sql("vacuum analyze products");
    house.sql("analyze categories");
}

/// The slowest of a few readings of one page, in milliseconds, best of three.
async fn took(house: &House, merchant: duijie::ids::MerchantId, search: Search, from: From) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..3 {
        let search = search.clone();
        let started = Instant::now();
        house
            .platform
            .db
            .read(move |c| reads::page(c, merchant, &search, from, 50).map(|(rows, _)| assert!(rows.len() <= 50)))
            .await
            .expect("page");
        best = best.min(started.elapsed().as_secs_f64() * 1000.0);
    }
    best
}

async fn measure(rows: i64) -> Vec<(&'static str, f64)> {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    fill(&house, cast.a.0, rows);
    let of = |view| Search { view, ..Search::default() };
    let deep = From::Below(ProductId(rows / 2));
    let leaves = (1..=40).map(|n| format!("c{n}")).collect::<Vec<_>>();
    let branch = leaves.clone();
    let asked = vec![
        ("all", of(View::All), From::Top),
        ("all, deep", of(View::All), deep),
        ("listed, deep", of(View::Listed), deep),
        ("unlisted, deep", of(View::Unlisted), deep),
        ("unmatched, deep", of(View::Unmatched), deep),
        ("in audit, deep", of(View::InAudit), deep),
        ("returned", of(View::Returned), From::Top),
        ("by a person", of(View::ByPerson), From::Top),
        ("missing", of(View::Missing(None)), From::Top),
        ("branch of 40 leaves, deep", Search { leaves, ..Search::default() }, deep),
        ("brand, deep", Search { brand: "brand7".into(), ..Search::default() }, deep),
        ("brand and pending", Search { brand: "brand7".into(), listing: Some(Listing::Pending), ..Search::default() }, From::Top),
        ("name everybody has", Search { q: "商品".into(), ..Search::default() }, From::Top),
        ("name few have", Search { q: "乙7".into(), ..Search::default() }, From::Top),
        ("name nobody has", Search { q: "丙丁".into(), ..Search::default() }, From::Top),
        ("code", Search { q: "P4711".into(), ..Search::default() }, From::Top),
        ("beginning of a code", Search { q: "P471".into(), ..Search::default() }, From::Top),
        (
            "brand, code and listed",
            Search { q: "P47".into(), brand: "brand7".into(), listing: Some(Listing::Listed), ..Search::default() },
            From::Top,
        ),
        ("brand and one leaf, deep", Search { brand: "brand7".into(), leaves: vec!["c8".into()], ..Search::default() }, deep),
        ("brand and none of the leaf", Search { brand: "brand7".into(), leaves: vec!["c7".into()], ..Search::default() }, From::Top),
        (
            "branch, brand and returned",
            Search { view: View::Returned, brand: "brand9".into(), leaves: branch, ..Search::default() },
            From::Top,
        ),
    ];
    let mut out = Vec::new();
    for (name, search, from) in asked {
        out.push((name, took(&house, cast.a, search, from).await));
    }
    let a = cast.a;
    for (name, what) in [("counts of the tabs", true), ("brands", false)] {
        let mut best = f64::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            let read =
                move |c: &mut _| if what { reads::tally(c, a, &View::PRODUCTS, 1000).map(drop) } else { reads::brands(c, a).map(drop) };
            house.platform.db.read(read).await.expect("read");
            best = best.min(started.elapsed().as_secs_f64() * 1000.0);
        }
        out.push((name, best));
    }
    out
}

#[actix_web::test]
#[ignore = "takes minutes: fills 1,000,000 rows (SCALE_ROWS for fewer) and prints what each page takes beside 10,000"]
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "its one setting; its result is what it prints")]
async fn pages_take_as_long_with_a_million_rows() {
    let rows = std::env::var("SCALE_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let (small, large) = (measure(10_000).await, measure(rows).await);
    for ((name, few), (_, many)) in small.iter().zip(&large) {
        println!("{name:30} {few:8.1} ms  {many:8.1} ms  × {:.2}", many / few);
    }
}
