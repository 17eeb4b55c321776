//! Writes the pages of orders and customers as files a browser can open from disk, to be looked at. Run by hand, with the folder
//! to write to.

use super::shop;
use crate::stock::OWNER;
use crate::support::shots;
use serde_json::json;

#[actix_web::test]
#[ignore = "writes pages to the folder named in DUIJIE_SHOTS"]
#[expect(clippy::disallowed_methods, reason = "its one setting")]
async fn pages_to_look_at() {
    let out = std::env::var("DUIJIE_SHOTS").expect("DUIJIE_SHOTS");
    let (house, cast) = shop(12, 5000).await;
    house.sql(&format!("insert into customer_rules values ({}, 'presync')", cast.a));
    house.sql(
        "insert into regions (code, name, level, parent_code, area) values ('440000', '广东省', 1, '0', '华南'), ('440100', '广州市', 2, '440000', '华南'), \
         ('440111', '白云区', 3, '440100', '华南')",
    );
    let names =
        ["蒙脱石散", "阿莫西林胶囊", "布洛芬缓释胶囊", "维生素C片", "复方甘草口服溶液", "医用外科口罩", "葡萄糖注射液", "板蓝根颗粒"];
    for (i, name) in names.iter().enumerate() {
        house.sql(&format!("update products set name = '{name}', spec = '0.25g×24粒/盒', unit = '盒' where prod_id = 'P{}'", i + 1));
    }
    let buyers = [
        ("C1", "康恩大药房（番禺店）", "pharmacy", "91150825MAUAJW50DX"),
        ("C2", "惠群诊所", "third_terminal", "91110000802100434B"),
        ("C3", "益众堂大药房连锁有限公司", "chain_head", "914403001922038216"),
        ("C4", "仁济医药连锁", "chain_direct", ""),
        ("C5", "穗民大药房有限公司", "pharmacy", "91330100799655058B"),
    ];
    house
        .push_customers(
            &cast,
            json!([
                { "erpCustomerCode": "C004417", "name": "益众堂大药房连锁有限公司", "uscc": "914403001922038216" },
                { "erpCustomerCode": "C004418", "name": "穗民大药房有限公司", "uscc": "91330100799655058B" },
                { "erpCustomerCode": "C004419", "name": "穗民大药房（旧）", "uscc": "91330100799655058B" },
                { "erpCustomerCode": "C004420", "name": "惠群门诊部", "uscc": "91110000802100433B", "phone": "10000000001" },
                { "erpCustomerCode": "C004421", "name": "惠群诊所（新港）", "phone": "10000000009" },
            ]),
        )
        .await
        .expect(200);
    for n in 0..14_usize {
        let (id, name, kind, uscc) = buyers[n % 5];
        let no = format!("SO20261122-{:06}", 4102 + n * 7);
        let items: Vec<_> = (0..=n % 4).map(|k| json!({ "skuId": format!("S{}", (n + k) % 8 + 1), "quantity": 6 * (k + 2) })).collect();
        house
            .sells(
                &cast,
                "create",
                json!({
                    "orderNo": no, "shopId": "1", "items": items, "freightAmount": "8.00", "discountAmount": "5.00", "remark": "请开专票",
                    "customer": { "customerId": id, "name": name, "kind": kind, "uscc": uscc, "phone": "10000000001", "contact": "陈思",
                        "licences": [{ "kind": "business", "no": uscc, "validUntil": "长期" }, { "kind": "drug", "no": "粤CB0200001", "validUntil": "2028-06-30" }] },
                    "delivery": { "consignee": "陈思", "phone": "10000000001", "regionCode": "440111", "address": "天河路 1 号" },
                    "invoice": { "title": name, "taxNo": uscc, "type": "增值税专用发票" },
                }),
            )
            .await
            .expect(200);
        if n != 3 {
            house.pay(&cast, &no).await;
        }
        house.later(chrono::Duration::minutes(11));
    }
    house.pull(&cast, json!({})).await;
    house
        .erp(&cast, "ack", json!([{ "orderNo": "SO20261122-004116", "erpOrderNo": "XS-2611-08831" }, { "orderNo": "SO20261122-004151", "ok": 0, "reason": "客户已停用" }]))
        .await
        .expect(200);
    house.erp(&cast, "status.update", json!({ "orderNo": "SO20261122-004116", "status": "accepted" })).await.expect(200);
    house.sql(
        "update order_lines set shipped = qty / 2 where order_id = (select id from orders where order_no = 'SO20261122-004116') and no = 1",
    );
    house.sql("update order_lines set lots = '[{\"lotNo\": \"20250820B\", \"expiresOn\": \"2027-08-19\", \"quantity\": 6}]'");
    house.log_in(OWNER).await;
    for theme in ["light", "dark"] {
        for (name, path) in [
            ("orders", "/orders"),
            ("waiting", "/orders?view=waiting"),
            ("order", "/orders/SO20261122-004116"),
            ("stuck", "/orders/SO20261122-004109"),
            ("print", "/orders/SO20261122-004116/print"),
            ("customers", "/customers?c=C2"),
            ("conflict", "/customers?view=conflict"),
            ("auto", "/customers?view=auto"),
            ("codes", "/customers/codes"),
            ("scheme", "/settings/customers"),
        ] {
            let body = house.get(path).by(OWNER).send().await.expect(200).body;
            let body = body.replace("data-theme=\"auto\"", &format!("data-theme=\"{theme}\""));
            shots::keep(&house, &out, &format!("{name}-{theme}"), &body).await;
        }
    }
}
