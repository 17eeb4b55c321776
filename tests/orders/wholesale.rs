//! A real wholesaler's book through the real methods (CC BY 4.0, see fixtures/demo/README.md): what the platform's orders come
//! to per customer and per product is what the file says.

use crate::support::House;
use duijie::demo::orders::{replay, totals};
use duijie::demo::steps::Player;
use duijie::demo::trade::{self, RawLine};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The slice the project carries, or the larger one beside it.
#[expect(clippy::disallowed_methods, reason = "its one setting")]
fn file() -> PathBuf {
    let large = std::env::var_os("DUIJIE_DATA").map(|folder| PathBuf::from(folder).join("wholesale_orders.csv")).filter(|p| p.is_file());
    large.unwrap_or_else(|| PathBuf::from("fixtures/demo/wholesale_orders.csv"))
}

fn sums(house: &House, sql: &str) -> BTreeMap<String, Decimal> {
    let told = house.ask(&format!("select string_agg(k || '=' || v::text, ';') from ({sql}) q(k, v) where v <> 0"));
    let pair = |pair: &str| pair.split_once('=').map(|(k, v)| (k.to_owned(), v.parse().expect("an amount")));
    told.split(';').filter_map(pair).collect()
}

#[actix_web::test]
async fn a_real_book_comes_to_the_same_totals() {
    let house = House::open().await;
    let folder = std::env::temp_dir().join(format!("duijie-book-{}", std::process::id()));
    duijie::demo::load_goods(&house.platform, &folder).await.expect("goods");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    // The book spans two months.
    house.sql("select ensure_month_partitions(timestamptz '2026-10-01', 1)");
    let player = Player::of(&house.platform, "gw").await.expect("the wholesaler");
    let lines: Vec<RawLine> =
        csv::Reader::from_path(file()).expect("the book").into_deserialize().collect::<Result<_, _>>().expect("lines");
    let book = trade::read(&lines, &player.on_sale().await.expect("goods"));
    assert!(
        book.sales.len() > 150 && book.refunds.len() > 10,
        "{} sales, {} refunds: {:?}",
        book.sales.len(),
        book.refunds.len(),
        book.left_out
    );
    replay(&player, &book, house.now()).await.expect("replayed");

    let refused = "select count(*) || ' ' || coalesce(string_agg(distinct concat_ws(' ', f.method, l.outcome, l.problems->0->>'code', l.problems->0->>'field'), ', '), '') \
        from feed_lines l join feeds f on f.merchant_id = l.merchant_id and f.id = l.feed_id join merchants m on m.id = f.merchant_id \
        where m.code = 'gw' and f.method like any(array['order.%', 'prod.price.%', 'customer.%']) and l.outcome not in ('applied', 'unchanged')";
    assert_eq!(house.ask(refused), "0 ");
    // Each raw line is in an order, gives money back, or is left out for a reason.
    let in_orders: usize = book.left_out.values().sum();
    assert!(in_orders < lines.len());
    let (by_customer, by_sku) = totals(&book);
    let not_zero = |all: BTreeMap<String, Decimal>| all.into_iter().filter(|(_, v)| !v.is_zero()).collect::<BTreeMap<_, _>>();
    let paid = "select c.customer_id, sum(o.payable_amount - o.refunded_amount) from orders o join customers c on c.merchant_id = o.merchant_id and c.id = o.customer_id \
        where o.paid_at is not null group by 1";
    assert_eq!(sums(&house, paid), not_zero(by_customer));
    let sold = "select k.sku_id, l.sum - coalesce(r.sum, 0) from (select merchant_id, sku_id, sum(amount) from order_lines group by 1, 2) l \
        join skus k on k.merchant_id = l.merchant_id and k.id = l.sku_id \
        left join (select data->>'note' as sku, sum((data->>'refund')::numeric) from order_events where data->>'refund' is not null group by 1) r on r.sku = k.sku_id";
    assert_eq!(sums(&house, sold), not_zero(by_sku));
    assert_eq!(house.ask("select count(*)::text from orders where sync <> 'synced'"), "0", "the ERP has booked all of it");
}
