//! A price for a time, for everybody or for some.

use super::{ROW, Row, market, priced};
use crate::stock::{OWNER, READER};
use chrono::Duration;
use serde_json::json;

// R-08, UI §4.11: goods that expire soon sell for less until the last day, and by themselves for the usual price afterwards.
#[actix_web::test]
async fn a_promotion_stands_above_the_default_price_while_it_lasts() {
    let (house, cast) = market(2).await;
    house.sql(&Row { group: "VIP", amount: "8.00", ..ROW }.sql(cast.a));
    house.sql("update skus set cost_price = 6.00");
    let lots = json!({ "skuId": "S1", "shopId": 1, "lots": [{ "lotNo": "B 1&2", "expiresOn": "2026-12-20", "quantity": 40 }, { "lotNo": "B2", "expiresOn": "2028-01", "quantity": 9 }] });
    house.api(&cast.erp, "prod.batch.replace", lots).send().await.expect(200);
    let way = "/prices/promotion?sku=S1&#38;lot=B+1%262&#38;until=2026-12-20";
    let list = house.get("/lots").by(OWNER).send().await.expect(200).body;
    assert!(list.contains(way) && list.matches("/prices/promotion").count() == 1, "only what expires soon: {list}");
    let page = house.get(&way.replace("&#38;", "&")).by(OWNER).send().await.expect(200).body;
    for seen in ["从批号 B 1&#38;2 过来", "不按批号定", "value=\"2026-11-22\"", "value=\"2026-12-20\"", "8.60"] {
        assert!(page.contains(seen), "{seen} in {page}");
    }
    let form = |until: &'static str, price: &'static str| {
        [
            ("how", "promotion"),
            ("sku", "S1"),
            ("ver", "1|S1"),
            ("place", "promotion"),
            ("price", price),
            ("from", "2026-11-25"),
            ("until", until),
        ]
    };
    for (until, price, said) in [
        ("2026-11-24", "7.00", "早于第一天"),
        ("bald", "7.00", "不是日期"),
        ("2026-12-20", "", "填限时价"),
        ("2026-12-20", "7.001", "两位小数"),
    ] {
        let bad = house.post("/prices/changes").by(OWNER).form(&form(until, price)).send().await.expect(422).body;
        assert!(bad.contains(said), "{said}: {bad}");
    }
    let seen =
        house.post("/prices/changes").by(OWNER).json().form(&form("2026-12-20", "7.00")).send().await.expect(200).value()["data"].clone();
    // C2 and C3 pay less once it begins; C1 has VIP's price.
    assert_eq!((seen["outlook"]["impact"]["less"].as_i64(), seen["outlook"]["impact"]["more"].as_i64()), (Some(2), Some(0)), "{seen}");
    let change = format!("1|7.00|{}|S1", seen["changes"][0]["place"].as_str().expect("a place"));
    house.post("/prices").by(OWNER).form(&[("change", &change)]).send().await.expect(200);
    assert!(priced(&house, &cast, "S1").contains("7.00 2026-11-25–2026-12-21"), "{}", priced(&house, &cast, "S1"));
    assert_eq!(house.pays(&cast, "C2", "", "S1").await, "8.60 default");
    house.later(Duration::days(3));
    house.log_in(OWNER).await;
    assert_eq!(
        (house.pays(&cast, "C2", "", "S1").await, house.pays(&cast, "C1", "", "S1").await),
        ("7.00 default".into(), "8.00 group".into())
    );
    // An ERP's default price goes on below it, and both can be read back.
    house.api(&cast.erp, "prod.price.update", json!({ "skuId": "S1", "price": "9.00" })).send().await.expect(200);
    let got = house.api(&cast.erp, "sku.price.get", json!({ "skuId": "S1" })).send().await.expect(200).value();
    assert_eq!((got["data"]["price"].as_f64(), got["data"]["promotions"][0]["price"].as_f64()), (Some(9.0), Some(7.0)), "{got}");
    let book = house.get("/prices?q=S1").by(OWNER).send().await.expect(200).body;
    assert!(book.contains("7.00 · 2026-11-25"), "{book}");
    let trail = house.get("/trail").by(OWNER).send().await.expect(200).body;
    assert!(trail.contains("限时价 [2026-11-25"), "{trail}");
    // Another that overlaps is refused with both times; the first day again moves its end.
    let clash = [("change", "|6.50|promotion [2026-12-01 00:00:00 ~ 2027-01-01 00:00:00]|S1")];
    assert!(house.post("/prices").by(OWNER).form(&clash).send().await.expect(422).body.contains("重叠"));
    let shapeless = [("change", "|6.50|promotion|S1"), ("change", "|6.50|price [2026-12-01 00:00:00 ~]|S1")];
    assert!(house.post("/prices").by(OWNER).form(&shapeless).send().await.expect(422).body.contains("这种价格"));
    // Ended early.
    let page = house.get("/prices/promotion?sku=S1").by(OWNER).send().await.expect(200).body;
    assert!(page.contains("撤掉") && !house.get("/prices/promotion?sku=S1").by(READER).send().await.body.contains("撤掉</button>"));
    let place = seen["changes"][0]["place"].as_str().expect("a place").to_owned();
    let drop = [("how", "drop"), ("sku", "S1"), ("place", place.as_str())];
    house.post("/prices/changes").by(OWNER).form(&drop).send().await.expect(200);
    house.post("/prices").by(OWNER).form(&[("change", &format!("||{place}|S1"))]).send().await.expect(200);
    assert_eq!(house.pays(&cast, "C2", "", "S1").await, "9.00 default");
}
