//! Set-based means: as many statements for a thousand lines as for ten, and no more time a line among more base products.

use super::scene::{Scene, ean};
use diesel::connection::{Connection, InstrumentationEvent};
use duijie::feeds::{self, Batch, Channel};
use duijie::stock::upload::PROD_ADD_OR_EDIT;
use duijie::text::Lang;
use duijie::trail::{Cause, Kind};
use duijie::wire::Scope;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn lines(from: usize, count: usize, brand: &str) -> Vec<Value> {
    let line = |n: usize| {
        json!({
            "prodId": format!("V{n}"), "erpProdCode": n.to_string(), "prodName": format!("试验片{}号", n % 500), "catalogId": "110101", "price": 1,
            "spec": format!("0.1g×{}片", 1 + n % 90), "manufacturer": "江州药业有限公司", "brand": brand, "barCode": ean(&format!("6907{:08}", n % 3000)),
        })
    };
    (from..from + count).map(line).collect()
}

/// `count` base products; three in four of them share names and makers with others.
fn bases(s: &Scene, from: usize, count: usize) {
    let rows: Vec<String> = (from..from + count)
        .map(|n| {
            let code = ean(&format!("6907{n:08}"));
            format!("('V{n}', '试验片{}号', '0.1g×{}片', '江州药业有限公司', '试验片{}号', '0.1g*{}片', '江州药业有限公司', 'H{:08}', '0{code}', '{code}')", n % 500, 1 + n % 90, n % 500, 1 + n % 90, n / 4)
        })
        .collect();
    s.house.sql(&format!(
        "with want(code, name, spec, maker, name_key, spec_key, maker_key, approval_key, gtin, barcode) as (values {}), \
         made as (insert into base_products (code, name, spec, manufacturer, name_key, spec_key, maker_key, approval_key) \
         select code, name || case when right(code, 1) < '6' then code else '' end, spec, maker, \
         name_key || case when right(code, 1) < '6' then lower(code) else '' end, spec_key, maker_key, approval_key from want returning id, code) \
         insert into base_barcodes (gtin, base_id, barcode) select gtin, id, barcode from want join made using (code); ",
        rows.join(",")
    ));
}

/// Time and statements of one call, the feed's own included.
async fn upload(s: &Scene, lines: Vec<Value>) -> (Duration, usize, i32) {
    let statements = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&statements);
    let cause = Cause { kind: Kind::Erp, ..Cause::system(s.cast.a, "ERP", s.house.now()) };
    let scope = Scope::whole(s.cast.a, Lang::Zh, s.house.now());
    let started = Instant::now();
    let work = move |tx: &mut diesel::PgConnection| {
        let seen = Arc::clone(&counter);
        tx.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                seen.fetch_add(1, Ordering::Relaxed);
            }
        });
        feeds::run(tx, &cause, &scope, Channel::Api, &PROD_ADD_OR_EDIT, Batch { lines, ..Batch::default() })
    };
    let report = s.house.platform.db.write(work).await.expect("uploaded");
    (started.elapsed(), statements.load(Ordering::Relaxed), report.counts.applied + report.counts.unchanged)
}

#[actix_web::test]
async fn a_thousand_lines_take_as_many_statements_as_ten() {
    let s = Scene::open().await;
    bases(&s, 0, 2000);
    let (_, ten, _) = upload(&s, lines(0, 10, "甲")).await;
    let (new, thousand, taken) = upload(&s, lines(10, 1000, "甲")).await;
    assert_eq!(taken, 1000);
    assert!(thousand <= ten + 2 && thousand <= 32, "{ten} statements for 10 lines, {thousand} for 1000");
    let (edited, edit, _) = upload(&s, lines(10, 1000, "乙")).await;
    let (same, unchanged, _) = upload(&s, lines(10, 1000, "乙")).await;
    assert!(edit <= thousand && unchanged <= edit, "{edit} {unchanged}");
    let rate = |t: Duration| (1000.0 / t.as_secs_f64()).round();
    println!(
        "lines/s: new {} ({thousand} statements), edited {} ({edit}), unchanged {} ({unchanged})",
        rate(new),
        rate(edited),
        rate(same)
    );
}

/// `cargo test --test main -- --ignored --nocapture among_more`
#[actix_web::test]
#[ignore = "takes a while; prints lines/s among 10,000 and 100,000 base products"]
async fn among_more_base_products_a_line_takes_no_longer() {
    let s = Scene::open().await;
    let mut times = Vec::new();
    for (round, total) in [10_000_usize, 100_000].into_iter().enumerate() {
        let have: usize = s.house.ask("select count(*) from base_products where code like 'V%'").parse().expect("a number");
        for from in (have..total).step_by(10_000) {
            bases(&s, from, 10_000);
        }
        s.house.sql("analyze base_products; analyze base_barcodes");
        upload(&s, lines(10_000 * (round + 1), 200, "甲")).await;
        let (took, _, _) = upload(&s, lines(10_000 * (round + 1) + 200, 1000, "甲")).await;
        println!("{total} base products: {:.0} lines/s", 1000.0 / took.as_secs_f64());
        times.push(took.as_secs_f64());
    }
    assert!(times[1] < times[0] * 1.5, "{times:?}");
}
