use super::{house, lines};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use duijie::ids::{MerchantId, ShopId, SkuId};
use duijie::stock::model::{Set, set};
use duijie::trail::Cause;
use serde_json::{Value, json};

fn backwards(lines: Value) -> Value {
    let Value::Array(mut all) = lines else { panic!("lines") };
    all.reverse();
    Value::Array(all)
}

// Rows are locked in one order, whatever the order of the lines.
#[actix_web::test]
async fn twenty_calls_about_the_same_rows_wait_in_line() {
    let (house, cast) = house(200).await;
    let calls = (0..20_i64).map(|n| {
        let sent = lines(200, |i| n * 1000 + i);
        let sent = if n % 2 == 0 { sent } else { backwards(sent) };
        house.push(&cast, sent)
    });
    for answer in futures_util::future::join_all(calls).await {
        answer.expect(200);
    }
    // Whoever was last, all of its rows are there: no call is half written.
    assert_eq!(house.ask("select count(distinct erp_qty - substr(k.sku_id, 2)::bigint) from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id"), "1");
    assert_eq!(house.ask("select count(*) from stock_movements"), "4000");
    let chain = house.ask(
        "select count(*) from (select before, lag(after, 1, 0::bigint) over (partition by sku_id, shop_id order by id) as was from stock_movements) m where before <> was",
    );
    assert_eq!(chain, "0", "the ledger of every row is a chain");
    house.marks_are_right(cast.a).await;
}

// A cut connection: the work runs to its end or not at all.
#[actix_web::test]
async fn hanging_up_leaves_no_half_written_call() {
    let (house, cast) = house(200).await;
    for wait in [0, 1, 3, 10, 30, 100] {
        let call = house.push(&cast, lines(200, |i| i + wait));
        let _hung_up = tokio::time::timeout(std::time::Duration::from_millis(u64::try_from(wait).unwrap()), call).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let rows = house.ask("select count(*) from stock");
    assert!(rows == "0" || rows == "200", "{rows}");
    let mixed = house.ask("select count(distinct erp_qty - substr(k.sku_id, 2)::bigint) > 1 from stock s join skus k on k.merchant_id = s.merchant_id and k.id = s.sku_id");
    assert_eq!(mixed, "false");
}

/// Statements the database was sent while the work ran.
fn statements(c: &mut PgConnection, work: impl FnOnce(&mut PgConnection)) -> i64 {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    let count = Arc::new(AtomicI64::new(0));
    let seen = Arc::clone(&count);
    c.set_instrumentation(move |event: diesel::connection::InstrumentationEvent<'_>| {
        if matches!(event, diesel::connection::InstrumentationEvent::StartQuery { .. }) {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    });
    work(c);
    c.set_instrumentation(|_: diesel::connection::InstrumentationEvent<'_>| {});
    count.load(Ordering::Relaxed)
}

#[actix_web::test]
async fn a_thousand_lines_take_as_many_statements_as_ten() {
    let (house, cast) = house(1000).await;
    let (merchant, now): (MerchantId, _) = (cast.a, house.now());
    let used = house
        .platform
        .db
        .write(move |tx| {
            #[derive(QueryableByName)]
            struct Id {
                #[diesel(sql_type = BigInt)]
                id: SkuId,
            }
            let skus: Vec<Id> =
                diesel::sql_query("select id from skus where merchant_id = $1 order by id").bind::<BigInt, _>(merchant).load(tx)?;
            let cause = Cause::system(merchant, "tests", now);
            let run = |tx: &mut PgConnection, n: usize, qty: i64| {
                let sets: Vec<Set> = (1..).zip(skus.iter().take(n)).map(|(no, s)| Set::quantity(no, s.id, ShopId(1), qty)).collect();
                statements(tx, |tx| assert_eq!(set(tx, &cause, sets).expect("set").len(), n))
            };
            Ok([run(tx, 10, 50), run(tx, 1000, 60), run(tx, 10, 40), run(tx, 1000, 30), run(tx, 1000, 30)])
        })
        .await
        .expect("runs");
    let [new_few, new_many, few, many, same] = used;
    assert_eq!((new_few, few), (new_many, many), "the number of statements does not depend on the number of lines");
    assert!(many <= 5 && same <= 2, "{used:?}");
}

// Two calls empty two SKUs of one product at once: the product must not stay on sale.
#[actix_web::test]
async fn two_calls_that_empty_one_product_take_it_off_sale() {
    let (house, cast) = house(1).await;
    for round in 0..5 {
        house
            .push(&cast, json!([{ "skuId": "S1", "shopId": 1, "inventory": 5 }, { "skuId": "S1", "shopId": 2, "inventory": 5 }]))
            .await
            .expect(200);
        assert_eq!(house.ask("select listing from products where prod_id = 'P1' order by merchant_id limit 1"), "listed", "round {round}");
        let empty = |shop: i64| house.push(&cast, json!({ "skuId": "S1", "shopId": shop, "inventory": 0 }));
        for answer in futures_util::future::join_all([empty(1), empty(2)]).await {
            answer.expect(200);
        }
        assert_eq!(
            house.ask("select listing from products where prod_id = 'P1' order by merchant_id limit 1"),
            "unlisted",
            "round {round}"
        );
    }
}

// No index holds a column that a push changes, so rows stay on their page.
#[actix_web::test]
async fn an_update_stays_on_its_page() {
    let (house, cast) = house(1000).await;
    house.push(&cast, lines(1000, |_| 50)).await.expect(200);
    // What making the rows has left behind takes room on their pages until it is swept.
    house.sql("vacuum stock");
    let (merchant, now) = (cast.a, house.now());
    let (updated, hot) = house
        .platform
        .db
        .write(move |tx| {
            #[derive(QueryableByName)]
            struct Row {
                #[diesel(sql_type = BigInt)]
                id: SkuId,
            }
            #[derive(QueryableByName)]
            struct Updates {
                #[diesel(sql_type = BigInt)]
                n: i64,
                #[diesel(sql_type = BigInt)]
                hot: i64,
            }
            let every = "select sku_id as id from stock where merchant_id = $1 and sku_id % 20 = 0 order by sku_id";
            let rows: Vec<Row> = diesel::sql_query(every).bind::<BigInt, _>(merchant).load(tx)?;
            let sets = (1..).zip(&rows).map(|(no, r)| Set::quantity(no, r.id, ShopId(1), 60)).collect();
            let updates = "select n_tup_upd as n, n_tup_hot_upd as hot from pg_stat_xact_user_tables where relname = 'stock'";
            let before: Updates = diesel::sql_query(updates).get_result(tx)?;
            set(tx, &Cause::system(merchant, "tests", now), sets)?;
            let after: Updates = diesel::sql_query(updates).get_result(tx)?;
            Ok((after.n - before.n, after.hot - before.hot))
        })
        .await
        .expect("runs");
    assert_eq!((updated, hot), (50, 50));
}
