//! A merchant with 100,000 buyers and as many customers of its ERP's: what each page and a push of 1,000 take.

use super::{OWNER, USCC, buyer, house};
use serde_json::{Value, json};
use std::time::Instant;

/// Names as the trade makes them: places by the thousand, a few dozen words.
fn fill(merchant: i64, rows: i64) -> String {
    let name = "substr('云川江河海湖山林石岭沙溪泉塘桥关城南北东西', 1 + n % 20, 1) || substr('宁安平阳康泰和顺昌兴隆盛丰瑞祥福禄寿喜', 1 + (n / 20) % 19, 1) || '市' || \
         substr('济仁益惠百同广安长益', 1 + (n / 400) % 10, 1) || substr('世和民康姓心济春寿众', 1 + (n / 4000) % 10, 1) || substr('甲乙丙丁戊己庚辛', 1 + n % 8, 1) || '大药房'";
    let grams = |code: &str| {
        format!(
            "array['@{merchant}', substr(x.name, 1, 2), substr(x.name, 2, 2), substr(x.name, 3, 2), substr(x.name, 4, 2), substr(x.name, 5, 2), substr(x.name, 6, 2), \
             '大药', '药房', 'py:' || (n % 500), lower('{code}' || n), lower(left('{code}' || n, 4))]"
        )
    };
    format!(
        "insert into customers (merchant_id, customer_id, name, name_key, grams, match_kind, created_at, updated_at) \
         select {merchant}, 'C' || n, x.name, x.name, {}, case when n % 50 = 0 then 'not_needed' else 'none' end, now(), now() \
         from generate_series(1, {rows}) n cross join lateral (select {name} as name) x; \
         insert into erp_customers (merchant_id, code, name, name_key, grams, created_at, updated_at) \
         select {merchant}, 'K' || n, x.name, x.name, {}, now(), now() from generate_series(1, {rows}) n cross join lateral (select {name} as name) x; \
         analyze customers; analyze erp_customers",
        grams("C"),
        grams("K")
    )
}

async fn measure(rows: i64) -> Vec<(&'static str, f64)> {
    let (house, cast) = house().await;
    house.sql(&fill(cast.a.0, rows));
    house.log_in(OWNER).await;
    let mut out = Vec::new();
    for (name, path) in [
        ("first page, with candidates", "/customers".to_owned()),
        ("deep page", format!("/customers?after={}", hex(rows / 2))),
        ("not needed", "/customers?view=not_needed".to_owned()),
        ("nobody", "/customers?view=conflict".to_owned()),
        ("code", "/customers?q=C471".to_owned()),
        ("name everybody has", "/customers?q=%E5%A4%A7%E8%8D%AF%E6%88%BF".to_owned()),
        ("name nobody has", "/customers?q=%E4%B8%AD%E6%96%87".to_owned()),
        ("search among the ERP's", "/customers?find=K471".to_owned()),
    ] {
        let mut best = f64::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            house.get(&path).by(OWNER).json().send().await.expect(200);
            best = best.min(started.elapsed().as_secs_f64() * 1000.0);
        }
        out.push((name, best));
    }
    let lines: Value =
        (1..=1000).map(|n| json!({ "erpCustomerCode": format!("N{n}"), "name": format!("新客户{n}"), "uscc": USCC })).collect();
    let started = Instant::now();
    house.push_customers(&cast, lines).await.expect(200);
    out.push(("push of 1,000", started.elapsed().as_secs_f64() * 1000.0));
    let started = Instant::now();
    house.keep(cast.a, buyer("NEW", "新客户", USCC)).await;
    out.push(("a new buyer", started.elapsed().as_secs_f64() * 1000.0));
    let started = Instant::now();
    house.api(&cast.erp, "customer.list.get", json!({ "match": "none", "pageSize": 200 })).send().await.expect(200);
    out.push(("read back, with the total", started.elapsed().as_secs_f64() * 1000.0));
    out
}

/// A cursor of the list.
fn hex(id: i64) -> String {
    id.to_string().bytes().map(|b| format!("{b:02x}")).collect()
}

#[actix_web::test]
#[ignore = "fills 200,000 rows and prints what each page takes beside 2,000"]
#[expect(clippy::print_stdout, reason = "its result is what it prints")]
async fn pages_take_as_long_with_a_hundred_thousand() {
    let (small, large) = (measure(1_000).await, measure(100_000).await);
    for ((name, few), (_, many)) in small.iter().zip(&large) {
        println!("{name:30} {few:8.1} ms  {many:8.1} ms  × {:.2}", many / few);
    }
}
