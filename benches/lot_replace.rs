//! Full replacements of lots over HTTP as an ERP sends them, 1,000 SKUs × 3 lots a call, beside the same change in raw SQL on the
//! same data in the same run: the lots alone, and with the story that is kept of them.

mod support;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Text};
use std::time::Instant;
use support::{Base, Client, Dice, Fallible, Server, quantile, setting};

/// One list: SKU, and the quantities of its three lots.
type List = (i64, [i64; 3]);

/// New lists for so many SKUs, each once, at the first shop.
fn lists(dice: &mut Dice, skus: i64, lines: i64) -> Vec<List> {
    let step = (skus / lines).max(1);
    let first = dice.below(step);
    (0..lines.min(skus)).map(|n| (n * step + first + 1, [dice.below(200) + 1, dice.below(200) + 1, dice.below(200)])).collect()
}

const LOTS: [(&str, &str); 3] = [("B2601", "2027-12-31"), ("B2605", "2028-04-30"), ("B2609", "2028-08-31")];

fn body(lists: &[List]) -> Vec<u8> {
    let lots = |quantities: &[i64; 3]| -> Vec<_> {
        LOTS.iter()
            .zip(quantities)
            .map(|((no, end), n)| serde_json::json!({ "lotNo": no, "producedOn": "2026-01-05", "expiresOn": end, "quantity": n }))
            .collect()
    };
    let lines: Vec<_> = lists
        .iter()
        .map(|(sku, quantities)| serde_json::json!({ "skuId": format!("S{sku}"), "shopId": "1", "lots": lots(quantities) }))
        .collect();
    serde_json::Value::Array(lines).to_string().into_bytes()
}

/// The same change with as few statements as it takes, a transaction a call.
fn raw(base: &Base, c: &mut PgConnection, first: i64, lists: &[List], story: bool, carry: bool) -> Fallible<()> {
    let rows: Vec<(i64, &str, &str, i64)> =
        lists.iter().flat_map(|(sku, all)| LOTS.iter().zip(all).map(move |((no, end), n)| (sku + first - 1, *no, *end, *n))).collect();
    let there: Vec<_> = rows.iter().filter(|r| r.3 > 0).collect();
    let snapshots: Vec<serde_json::Value> = lists.iter().map(|(_, all)| serde_json::json!(all)).collect();
    c.transaction(|tx| {
        diesel::sql_query("insert into lot_heads (merchant_id, sku_id, shop_id, at, told_at) select $1, l.sku, 1, now(), now() from unnest($2) as l(sku) on conflict (merchant_id, sku_id, shop_id) do update set version = lot_heads.version + 1, told_at = now()")
            .bind::<BigInt, _>(base.merchant)
            .bind::<Array<BigInt>, _>(lists.iter().map(|l| l.0 + first - 1).collect::<Vec<_>>())
            .execute(tx)?;
        diesel::sql_query("delete from lots o using unnest($2) as l(sku) where o.merchant_id = $1 and o.sku_id = l.sku and o.shop_id = 1")
            .bind::<BigInt, _>(base.merchant)
            .bind::<Array<BigInt>, _>(lists.iter().map(|l| l.0 + first - 1).collect::<Vec<_>>())
            .execute(tx)?;
        diesel::sql_query(
            "insert into lots (merchant_id, sku_id, shop_id, lot_no, produced_on, expires_on, qty) \
             select $1, l.sku, 1, l.no, date '2026-01-05', l.ends::date, l.qty from unnest($2, $3, $4, $5) as l(sku, no, ends, qty)",
        )
        .bind::<BigInt, _>(base.merchant)
        .bind::<Array<BigInt>, _>(there.iter().map(|r| r.0).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(there.iter().map(|r| r.1).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(there.iter().map(|r| r.2).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(there.iter().map(|r| r.3).collect::<Vec<_>>())
        .execute(tx)?;
        diesel::sql_query(
            "update stock s set lots_qty = l.sum, lots_until = date '2027-12-31', erp_qty = case when $4 then l.sum else s.erp_qty end, version = s.version + 1, \
             updated_at = now() from unnest($2, $3) as l(sku, sum) where s.merchant_id = $1 and s.sku_id = l.sku and s.shop_id = 1",
        )
        .bind::<BigInt, _>(base.merchant)
        .bind::<Array<BigInt>, _>(lists.iter().map(|l| l.0 + first - 1).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(lists.iter().map(|l| l.1.iter().sum::<i64>()).collect::<Vec<_>>())
        .bind::<Bool, _>(carry)
        .execute(tx)?;
        if story {
            diesel::sql_query(
                "insert into lot_snapshots (merchant_id, sku_id, shop_id, version, at, lots, actor_name) \
                 select $1, l.sku, 1, (select h.version from lot_heads h where h.merchant_id = $1 and h.sku_id = l.sku and h.shop_id = 1), \
                 now(), l.lots, 'raw' from unnest($2, $3) as l(sku, lots)",
            )
            .bind::<BigInt, _>(base.merchant)
            .bind::<Array<BigInt>, _>(lists.iter().map(|l| l.0 + first - 1).collect::<Vec<_>>())
            .bind::<Array<Jsonb>, _>(snapshots)
            .execute(tx)?;
            diesel::sql_query(
                "insert into stock_movements (merchant_id, at, sku_id, shop_id, kind, before, after, available, actor_kind, actor_name) \
                 select $1, now(), l.sku, 1, 'lots', 0, 0, 0, 'erp', 'raw' from unnest($2) as l(sku)",
            )
            .bind::<BigInt, _>(base.merchant)
            .bind::<Array<BigInt>, _>(lists.iter().map(|l| l.0 + first - 1).collect::<Vec<_>>())
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
    let (skus, rounds, calls, lines) =
        (setting("BENCH_SKUS", 100_000), setting("BENCH_ROUNDS", 9), setting("BENCH_CALLS", 10), setting("BENCH_LINES", 1000));
    let base = Base::open()?;
    base.seed(skus)?;
    let first: First = diesel::sql_query("select min(id) as id from skus").get_result(&mut base.connect()?)?;
    let server = Server::start(&base)?;
    let batches = |round: i64| -> Vec<Vec<List>> {
        let mut dice = Dice::new(u64::try_from(round * 1000 + 1).unwrap_or(1));
        (0..calls).map(|_| lists(&mut dice, skus, lines)).collect()
    };
    let by_http = |round: i64| -> Fallible<f64> {
        let bodies: Vec<Vec<u8>> = batches(round).iter().map(|b| body(b)).collect();
        let mut client = Client::connect(server.address)?;
        let began = Instant::now();
        for body in &bodies {
            let answer = client.call(&base, "prod.batch.replace", body)?;
            if answer.status != 200 {
                return Err(format!("{}: {}", answer.status, answer.text()).into());
            }
        }
        Ok(began.elapsed().as_secs_f64())
    };
    let by_sql = |round: i64, story: bool, carry: bool| -> Fallible<f64> {
        let batches = batches(round);
        let mut c = base.connect()?;
        let began = Instant::now();
        for batch in &batches {
            raw(&base, &mut c, first.id, batch, story, carry)?;
        }
        Ok(began.elapsed().as_secs_f64())
    };
    let total = (calls * lines) as f64;
    println!("lot replace, {lines} SKUs × 3 lots a call, {skus} SKUs, median of {rounds} rounds:");
    for carry in [false, true] {
        base.sql(&format!(
            "insert into lot_rules values ({}, 'replace_all', {carry}) on conflict (merchant_id) do update set carries_stock = {carry}",
            base.merchant
        ))?;
        let (mut http, mut bare, mut told) = (Vec::new(), Vec::new(), Vec::new());
        by_http(1_000_000)?;
        by_sql(2_000_000, true, carry)?;
        for round in 0..rounds {
            let seed = round * 3 + i64::from(carry) * 10_000;
            http.push(total / by_http(seed)?);
            bare.push(total / by_sql(seed + 1, false, carry)?);
            told.push(total / by_sql(seed + 2, true, carry)?);
        }
        let ratio = |raw: &[f64]| quantile(&http.iter().zip(raw).map(|(h, r)| h / r).collect::<Vec<_>>(), 0.5);
        println!(
            "  {}: http {:.0} SKUs/s; raw lots {:.0}, ratio {:.2}; raw with their story {:.0}, ratio {:.2}",
            if carry { "lots are the stock" } else { "lots beside the stock" },
            quantile(&http, 0.5),
            quantile(&bare, 0.5),
            ratio(&bare),
            quantile(&told, 0.5),
            ratio(&told)
        );
    }
    Ok(())
}
