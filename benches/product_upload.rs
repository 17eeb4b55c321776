//! How fast products come in: signed calls of 1,000 new products over HTTP, each matched against the catalogue, beside raw SQL
//! that inserts the same rows and matches nothing. Against a small and a large catalogue in the same run, since the time a
//! line takes must not grow with it.
//!
//! `cargo bench --bench product_upload`. Settings: BENCH_FEW base products (10,000), BENCH_MANY (100,000), BENCH_ROUNDS (7),
//! BENCH_CALLS calls a round (3), BENCH_LINES a call (1,000).

mod support;

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Jsonb, Text};
use duijie::catalog::base::{self, Draft};
use duijie::catalog::grams;
use duijie::ids::MerchantId;
use duijie::trail::Cause;
use serde_json::{Value, json};
use std::time::Instant;
use support::{Base, Client, Dice, Fallible, Server, quantile, setting};

const NAMES: [&str; 8] =
    ["蒙脱石散", "阿莫西林胶囊", "布洛芬缓释胶囊", "板蓝根颗粒", "氯雷他定片", "盐酸二甲双胍片", "奥美拉唑肠溶胶囊", "维生素C片"];
/// Base products written at once when the catalogue is filled.
const AT_ONCE: i64 = 2_000;

/// The goods number `n` of an imagined market: every pack, maker and number is its own.
struct Goods {
    name: String,
    spec: String,
    maker: String,
    approval: String,
    barcode: String,
}

impl Goods {
    fn of(n: i64) -> Self {
        let name = NAMES.iter().cycle().nth(usize::try_from(n % 8).unwrap_or(0)).copied().unwrap_or_default();
        Self {
            name: name.to_owned(),
            spec: format!("0.{}g×{}粒/盒", 1 + n % 9, 6 + n / 8 % 90),
            maker: format!("第{}制药有限公司", n / 40),
            approval: format!("国药准字H20{:06}", n % 1_000_000),
            barcode: ean(690_000_000_000 + n),
        }
    }
    fn draft(&self, n: i64) -> Draft {
        Draft {
            code: Some(format!("BP-{n}")),
            name: self.name.clone(),
            spec: self.spec.clone(),
            manufacturer: self.maker.clone(),
            approval_no: self.approval.clone(),
            barcodes: vec![self.barcode.clone()],
            ..Draft::default()
        }
    }
    /// As an ERP writes it: half with the barcode, half by approval number alone, one in ten with a pack nobody knows.
    fn line(&self, n: i64, id: &str) -> Value {
        let spec = if n % 10 == 0 { "0.33g*7粒".to_owned() } else { self.spec.replace('×', "*") };
        let barcode = if n % 2 == 0 { self.barcode.as_str() } else { "" };
        json!({
            "prodId": id, "erpProdCode": id, "prodName": self.name, "catalogId": "c3", "spec": spec, "manufacturer": self.maker,
            "approvalNo": self.approval, "barCode": barcode, "unit": "盒", "price": "8.60",
        })
    }
}

/// Twelve digits with their check digit.
fn ean(twelve: i64) -> String {
    let digits = format!("{twelve:012}");
    let sum: u32 = digits.chars().zip([1, 3].iter().cycle()).map(|(c, w)| c.to_digit(10).unwrap_or(0) * w).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// Fills the catalogue up to `bases` through the verb that imports use.
fn fill(base: &Base, from: i64, bases: i64) -> Fallible<()> {
    let mut c = base.connect()?;
    let cause = Cause::system(MerchantId::PLATFORM, "bench", duijie::clock::Clock::System.now());
    for first in (from..bases).step_by(usize::try_from(AT_ONCE)?) {
        let drafts: Vec<Draft> = (first..bases.min(first + AT_ONCE)).map(|n| Goods::of(n).draft(n)).collect();
        c.transaction(|tx| base::create_many(tx, &cause, &drafts).map(drop))?;
    }
    base.sql("vacuum analyze")?;
    base.sql("checkpoint")
}

/// A batch of products that are new to the merchant, of goods all over the catalogue.
fn batch(dice: &mut Dice, bases: i64, lines: i64, first: i64) -> Vec<Value> {
    (0..lines)
        .map(|at| {
            let n = dice.below(bases);
            Goods::of(n).line(n, &format!("P{}", first + at))
        })
        .collect()
}

/// The same rows in the same five tables with one statement and nothing found out: the least that storing them takes.
fn raw(base: &Base, c: &mut PgConnection, lines: &[Value]) -> Fallible<()> {
    let tokens: Vec<String> = lines
        .iter()
        .map(|l| {
            let text = |name: &str| l.get(name).and_then(Value::as_str).unwrap_or_default();
            grams::of(&[text("prodName")], &[text("prodId")]).join("\u{1}")
        })
        .collect();
    let changed = diesel::sql_query(
        "with l as materialized (select r.*, string_to_array(g.tokens, chr(1)) as grams from jsonb_array_elements($2) with ordinality as e(line, n) \
           cross join lateral jsonb_to_record(e.line) as r(\"prodId\" text, \"prodName\" text, spec text, manufacturer text, \"approvalNo\" text, \"barCode\" text, price numeric) \
           join unnest($3) with ordinality as g(tokens, n) on g.n = e.n), \
         names as (insert into external_ids (merchant_id, ext_id, kind) select $1, \"prodId\", 'product' from l union all select $1, \"prodId\" || '-1', 'sku' from l), \
         p as (insert into products (merchant_id, prod_id, erp_code, name, category_id, spec, manufacturer, approval_no, barcode, unit, grams, created_at, updated_at) \
           select $1, \"prodId\", \"prodId\", \"prodName\", 'c3', spec, manufacturer, \"approvalNo\", \"barCode\", '盒', grams, now(), now() from l returning id, prod_id), \
         keys as (insert into product_keys (merchant_id, product_id, gtin, approval_key, name_key, spec_key, maker_key) \
           select $1, p.id, l.\"barCode\", l.\"approvalNo\", l.\"prodName\", l.spec, l.manufacturer from p join l on l.\"prodId\" = p.prod_id), \
         told as (insert into trail (merchant_id, at, actor_kind, actor_name, verb, subject_kind, subject_id, after) \
           select $1, now(), 'erp', 'ERP', 'product.created', 'product', \"prodId\", to_jsonb(l) - 'grams' from l) \
         insert into skus (merchant_id, sku_id, product_id, base_price, is_default, created_at, updated_at) \
         select $1, p.prod_id || '-1', p.id, l.price, true, now(), now() from p join l on l.\"prodId\" = p.prod_id",
    )
    .bind::<BigInt, _>(base.merchant)
    .bind::<Jsonb, _>(Value::Array(lines.to_vec()))
    .bind::<Array<Text>, _>(tokens)
    .execute(c)?;
    if changed == lines.len() { Ok(()) } else { Err(format!("{changed} of {} rows written", lines.len()).into()) }
}

/// Milliseconds per line over HTTP and by raw SQL, round by round.
#[expect(clippy::cast_precision_loss, reason = "rates")]
fn measure(base: &Base, server: &Server, bases: i64, first: &mut i64) -> Fallible<(Vec<f64>, Vec<f64>)> {
    let (rounds, calls, lines) = (setting("BENCH_ROUNDS", 7), setting("BENCH_CALLS", 3), setting("BENCH_LINES", 1000));
    let mut client = Client::connect(server.address)?;
    let mut c = base.connect()?;
    let mut dice = Dice::new(u64::try_from(bases)?);
    let mut batches = || -> Vec<Vec<Value>> {
        (0..calls)
            .map(|_| {
                let batch = batch(&mut dice, bases, lines, *first);
                *first += lines;
                batch
            })
            .collect()
    };
    let (mut http, mut sql) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        let bodies: Vec<Vec<u8>> = batches().into_iter().map(|b| Value::Array(b).to_string().into_bytes()).collect();
        let began = Instant::now();
        for body in &bodies {
            let answer = client.call(base, "prod.add_or_edit", body)?;
            let value: Value = serde_json::from_slice(&answer.body)?;
            let applied = value.pointer("/data/applied").and_then(Value::as_i64);
            if answer.status != 200 || applied != Some(lines) {
                return Err(format!("{}: {}", answer.status, answer.text().chars().take(400).collect::<String>()).into());
            }
        }
        let by_http = began.elapsed();
        let rows = batches();
        let began = Instant::now();
        for batch in &rows {
            raw(base, &mut c, batch)?;
        }
        let by_sql = began.elapsed();
        // The first round opens connections and fills caches.
        if round > 0 {
            let each = (calls * lines) as f64 / 1000.0;
            http.push(by_http.as_secs_f64() / each);
            sql.push(by_sql.as_secs_f64() / each);
        }
    }
    Ok((http, sql))
}

#[derive(QueryableByName)]
struct Kinds {
    #[diesel(sql_type = BigInt)]
    matched: i64,
    #[diesel(sql_type = BigInt)]
    asked: i64,
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn main() -> Fallible<()> {
    let (few, many) = (setting("BENCH_FEW", 10_000), setting("BENCH_MANY", 100_000));
    let base = Base::open()?;
    base.seed(0)?;
    fill(&base, 0, few)?;
    let server = Server::start(&base)?;
    let mut first = 1;
    let (small, small_raw) = measure(&base, &server, few, &mut first)?;
    fill(&base, few, many)?;
    let (large, large_raw) = measure(&base, &server, many, &mut first)?;
    let of = |values: &[f64]| quantile(values, 0.5);
    println!("product upload, {} new products a call, medians:", setting("BENCH_LINES", 1000));
    for (bases, http, raw) in [(few, &small, &small_raw), (many, &large, &large_raw)] {
        println!(
            "  {bases:>7} base products: {:.3} ms a line, {:.0} lines/s; raw insert {:.3} ms a line, ratio {:.2}",
            of(http),
            1000.0 / of(http),
            of(raw),
            of(raw) / of(http)
        );
    }
    println!(
        "  time per line, {many} base products over {few}: × {:.2} (raw insert × {:.2})",
        of(&large) / of(&small),
        of(&large_raw) / of(&small_raw)
    );
    let kinds: Kinds = diesel::sql_query(
        "select count(*) filter (where match_kind <> 'none') as matched, (select count(*) from audit_items) as asked from products where merchant_id = $1",
    )
    .bind::<BigInt, _>(base.merchant)
    .get_result(&mut base.connect()?)?;
    let all = (kinds.matched + kinds.asked) as f64;
    println!("  matched by itself {:.0} %, asked {:.0} %", kinds.matched as f64 / all * 100.0, kinds.asked as f64 / all * 100.0);
    Ok(())
}
