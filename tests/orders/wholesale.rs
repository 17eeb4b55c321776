//! A real wholesaler's book through the real methods (CC BY 4.0, see fixtures/demo/README.md): what the platform's orders come
//! to per customer and per product is what the file says.

use crate::support::House;
use duijie::demo::orders::{replay, totals};
use duijie::demo::steps::Player;
use duijie::demo::trade::{self, RawLine};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap};
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

type Totals = BTreeMap<String, Decimal>;

/// What the file itself says, line by line, knowing nothing of orders: bought and given back, by customer and by SKU. A return
/// counts as far as the customer had bought these goods before.
fn straight_from(lines: &[RawLine], on_sale: &HashMap<String, String>) -> [(Totals, Totals); 2] {
    let (mut bought, mut back): ((Totals, Totals), (Totals, Totals)) = Default::default();
    let mut has: BTreeMap<(String, String), Vec<(&str, Decimal)>> = BTreeMap::new();
    let add = |to: &mut (Totals, Totals), who: &str, sku: &str, amount: Decimal| {
        *to.0.entry(who.to_owned()).or_default() += amount;
        *to.1.entry(sku.to_owned()).or_default() += amount;
    };
    let who =
        |line: &RawLine| if line.customer.is_empty() { "WALK-IN".to_owned() } else { line.customer.trim_end_matches(".0").to_owned() };
    let counts = |line: &&RawLine| line.price > Decimal::ZERO && line.price.normalize().scale() <= 2;
    let goods = lines.iter().filter(counts).filter_map(|line| Some((line, on_sale.get(&line.code)?)));
    for (line, sku) in goods.clone().filter(|(line, _)| !line.invoice.starts_with('C') && line.qty > 0) {
        let amount = line.price * Decimal::from(line.qty);
        add(&mut bought, &who(line), sku, amount);
        has.entry((who(line), sku.clone())).or_default().push((&line.at, amount));
    }
    let mut gone: BTreeMap<(String, String), Decimal> = BTreeMap::new();
    for (line, sku) in goods.filter(|(line, _)| line.invoice.starts_with('C') && line.qty < 0) {
        let key = (who(line), sku.clone());
        let before: Decimal =
            has.get(&key).into_iter().flatten().filter(|(at, _)| *at <= line.at.as_str()).map(|(_, amount)| *amount).sum();
        let gone = gone.entry(key).or_default();
        let amount = (line.price * Decimal::from(-line.qty)).min(before - *gone).max(Decimal::ZERO);
        *gone += amount;
        add(&mut back, &who(line), sku, amount);
    }
    [bought, back].map(|(a, b)| (not_zero(a), not_zero(b)))
}

fn not_zero(all: Totals) -> Totals {
    all.into_iter().filter(|(_, v)| !v.is_zero()).collect()
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
    let on_sale = player.on_sale().await.expect("goods");
    let book = trade::read(&lines, &on_sale);
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
    let paid = "select c.customer_id, sum(o.payable_amount - o.refunded_amount) from orders o join customers c on c.merchant_id = o.merchant_id and c.id = o.customer_id \
        where o.paid_at is not null group by 1";
    assert_eq!(sums(&house, paid), not_zero(by_customer));
    let sold = "select k.sku_id, l.sum - coalesce(r.sum, 0) from (select merchant_id, sku_id, sum(amount) from order_lines group by 1, 2) l \
        join skus k on k.merchant_id = l.merchant_id and k.id = l.sku_id \
        left join (select data->>'note' as sku, sum((data->>'refund')::numeric) from order_events where data->>'refund' is not null group by 1) r on r.sku = k.sku_id";
    assert_eq!(sums(&house, sold), not_zero(by_sku));
    // Held against the file itself as well: what was bought and what went back, each by customer and by SKU.
    let [bought, back] = straight_from(&lines, &on_sale);
    let of =
        "from orders o join customers c on c.merchant_id = o.merchant_id and c.id = o.customer_id where o.paid_at is not null group by 1";
    assert_eq!(sums(&house, &format!("select c.customer_id, sum(o.goods_amount) {of}")), bought.0);
    assert_eq!(sums(&house, &format!("select c.customer_id, sum(o.refunded_amount) {of}")), back.0);
    let goods =
        "select k.sku_id, sum(l.amount) from order_lines l join skus k on k.merchant_id = l.merchant_id and k.id = l.sku_id group by 1";
    assert_eq!(sums(&house, goods), bought.1);
    let returned = "select data->>'note', sum((data->>'refund')::numeric) from order_events where data->>'refund' is not null group by 1";
    assert_eq!(sums(&house, returned), back.1);
    assert!(back.0.len() > 5, "the slice has returns");
    assert_eq!(house.ask("select count(*)::text from orders where sync <> 'synced'"), "0", "the ERP has booked all of it");
}
