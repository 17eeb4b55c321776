//! What an ERP is told of a line that is kept: the values now in force, as it reads them back.

use super::{OWNER, scene};
use crate::stock::line;
use crate::support::{Answer, Cast, House};
use serde_json::{Value, json};

fn now(answer: &Answer) -> Value {
    answer.value()["data"]["lines"][0]["now"].clone()
}

async fn read(house: &House, cast: &Cast) -> Value {
    house.api(&cast.erp, "sku.inventory.get", json!({ "skuId": "S1", "shopId": 1 })).send().await.expect(200).value()["data"].clone()
}

fn agree(now: &Value, read: &Value) {
    for field in ["inventory", "automatic", "quantity", "version"] {
        assert_eq!(now[field], read[field], "{field}: {now} {read}");
    }
}

// Q-01 Q-04 Q-28: whatever stands before it, the same words.
#[actix_web::test]
async fn a_number_that_is_kept_tells_the_one_in_force() {
    let (house, cast) = scene(1).await;
    let frozen = json!({ "reservationId": "R1", "skuId": "S1", "shopId": "1", "quantity": 3 });
    house.api(&cast.erp, "sku.inventory.freeze", frozen).send().await.expect(200);
    let push = async |qty: i64, at: &str| {
        let line = json!({ "skuId": "S1", "inventory": qty, "sourceTime": format!("2026-11-22 {at}") });
        house.push(&cast, line).await.expect(200)
    };
    house.off("stock", "2h").await.expect(200);
    let told = push(7, "11:50:00").await;
    assert_eq!(told.lines(), [line(1, "held", "SYNC_OFF")]);
    let off = now(&told);
    assert_eq!((&off["inventory"], &off["quantity"], &off["heldUntil"]), (&json!(97), &json!(100), &json!("2026-11-22 14:00:00")));
    agree(&off, &read(&house, &cast).await);
    house.on("stock", "none", &[]).await.expect(200);
    house.except(OWNER, &[("module", "stock"), ("skuId", "S1"), ("span", "open")]).await.expect(200);
    let item = push(8, "11:51:00").await;
    assert_eq!(item.lines(), [line(1, "held", "HELD")]);
    agree(&now(&item), &read(&house, &cast).await);
    assert_eq!(now(&item)["heldUntil"], Value::Null);
    house.end_exception("keep").await.expect(200);
    // A person's number over it, and what it would be without.
    let form = [("quantity", "260"), ("lasts", "2h"), ("end", "auto"), ("reason", "在途补货")];
    house.post("/stock/S1/1/hold").by(OWNER).json().form(&form).send().await.expect(200);
    let held = now(&push(64, "11:52:00").await);
    assert_eq!((&held["inventory"], &held["automatic"], &held["quantity"]), (&json!(260), &json!(61), &json!(64)));
    agree(&held, &read(&house, &cast).await);
    // Late, and with a version that has moved on.
    let late = push(1, "11:40:00").await;
    assert_eq!(late.lines(), [line(1, "stale", "STALE")]);
    agree(&now(&late), &read(&house, &cast).await);
    let refused = house.push(&cast, json!({ "skuId": "S1", "inventory": 5, "ifVersion": 1 })).await.expect(422);
    agree(&now(&refused), &read(&house, &cast).await);
    // A row nobody has told anything of has nothing in force.
    house.off("stock", "2h").await.expect(200);
    let new = house.push(&cast, json!({ "skuId": "S1", "shopId": 2, "inventory": 5 })).await.expect(200);
    assert_eq!(now(&new).get("inventory"), None);
}

// The other modules: what the line speaks of, and nothing else.
#[actix_web::test]
async fn what_is_kept_of_other_modules_tells_what_is_in_force() {
    let (house, cast) = scene(1).await;
    let say = async |method: &str, body: Value| house.api(&cast.erp, method, body).send().await.expect(200);
    say("sku.price.update", json!({ "skuId": "S1", "vipPrice": "7.50" })).await;
    say("prod.batch.replace", json!({ "skuId": "S1", "lots": [{ "lotNo": "B1", "expiresOn": "2028-04", "quantity": 4 }] })).await;
    say("customer.add_or_edit", json!({ "erpCustomerCode": "K1", "name": "济世大药房" })).await;
    let whole = house.api(&cast.erp, "sku.detail", json!({ "skuId": "S1" })).send().await.expect(200).value()["data"].clone();
    house.off("all", "2h").await.expect(200);
    let kept = async |method: &str, body: Value| {
        let told = say(method, body).await;
        assert_eq!(told.lines(), [line(1, "held", "SYNC_OFF")], "{method}");
        let mut now = now(&told);
        assert!(now.as_object_mut().expect("an object").shift_remove("heldUntil").is_some());
        now
    };
    let product = kept("prod.add_or_edit", json!({ "prodId": "P1", "spec": "6g", "brand": "江州" })).await;
    assert_eq!(product, json!({ "brand": "", "spec": "3g×10袋", "version": 1 }));
    let prices = kept("prod.price.update", json!({ "skuId": "S1", "price": "9.90", "vipPrice": "9.00" })).await;
    assert_eq!((&prices["price"], &prices["vipPrice"]), (&whole["price"], &whole["vipPrice"]));
    let read = house.api(&cast.erp, "sku.price.get", json!({ "skuId": "S1" })).send().await.expect(200).value()["data"].clone();
    assert_eq!(prices["version"], read["version"]);
    let sku = kept("sku.add_or_edit", json!({ "skuId": "S1", "retailPrice": "12.00", "originalPurchasePrice": "5.00" })).await;
    assert_eq!(sku, json!({ "retailPrice": null, "version": whole["version"] }), "what goods cost is told to whoever asks for it");
    assert_eq!(kept("prod.shelf.update", json!({ "prodId": "P1", "listed": 0 })).await, json!({ "listed": 1, "version": 1 }));
    let lots = kept("prod.batch.replace", json!({ "skuId": "S1", "lots": [] })).await;
    assert_eq!(lots["lots"][0]["lotNo"], "B1");
    let category = kept("catalog.add_or_edit", json!({ "id": "c3", "name": "抗菌药", "type": 3, "parentId": "c2" })).await;
    assert_eq!(category, json!({ "name": "抗生素", "type": 3, "parentId": "c2" }));
    let customer = kept("customer.add_or_edit", json!({ "erpCustomerCode": "K1", "name": "济世堂", "phone": "1" })).await;
    assert_eq!(customer, json!({ "name": "济世大药房", "phone": "", "version": 1 }));
    // What is not there yet has nothing in force.
    let new = json!({ "prodId": "P9", "erpProdCode": "E9", "prodName": "新品", "catalogId": "c3" });
    assert_eq!(kept("prod.add_or_edit", new).await, json!({}));
}

// W-03, W-04: an exception, or a lock on one of several fields, tells it in the same words.
#[actix_web::test]
async fn what_an_exception_or_a_lock_keeps_tells_what_is_in_force() {
    let (house, cast) = scene(1).await;
    let say = async |method: &str, body: Value| house.api(&cast.erp, method, body).send().await.expect(200);
    let prices = async || say("sku.price.get", json!({ "skuId": "S1" })).await.value()["data"].clone();
    say("sku.price.update", json!({ "skuId": "S1", "vipPrice": "7.50" })).await;
    house.except(OWNER, &[("module", "price/price"), ("skuId", "S1")]).await.expect(200);
    let told = say("prod.price.update", json!({ "skuId": "S1", "price": "9.90", "vipPrice": "7.60" })).await;
    assert_eq!(told.lines(), [line(1, "applied", "HELD")]);
    let read = prices().await;
    assert_eq!(read["vipPrice"], 7.6);
    assert_eq!(now(&told), json!({ "price": read["price"], "version": read["version"] }), "of what was kept, and as it is afterwards");
    let told = say("prod.price.update", json!({ "skuId": "S1", "price": "9.90" })).await;
    assert_eq!((told.lines(), now(&told)["price"].clone()), (vec![line(1, "held", "HELD")], read["price"].clone()));
    house.end_exception("keep").await.expect(200);
    house.except(OWNER, &[("module", "price"), ("skuId", "S1")]).await.expect(200);
    let told = say("prod.price.update", json!({ "skuId": "S1", "price": "9.90", "vipPrice": "9.00" })).await;
    assert_eq!(told.lines(), [line(1, "held", "HELD")]);
    assert_eq!(now(&told), json!({ "price": read["price"], "vipPrice": 7.6, "version": read["version"] }));
    let told = say("sku.add_or_edit", json!({ "skuId": "S1", "retailPrice": "12.00", "originalPurchasePrice": "5.00" })).await;
    assert_eq!(told.lines(), [line(1, "held", "HELD")]);
    assert_eq!(now(&told)["retailPrice"], Value::Null);
    assert_eq!(now(&told).get("originalPurchasePrice"), None, "what goods cost is told to whoever asks for it (R-07)");
    house.end_exception("keep").await.expect(200);
    house.sql("update products set listing = 'listed'");
    house.except(OWNER, &[("module", "listing"), ("prodId", "P1")]).await.expect(200);
    let told = say("prod.shelf.update", json!({ "prodId": "P1", "listed": 0 })).await;
    assert_eq!((told.lines(), now(&told)["listed"].clone()), (vec![line(1, "held", "HELD")], json!(1)));
    house.end_exception("keep").await.expect(200);
    house.except(OWNER, &[("module", "product/spec"), ("prodId", "P1")]).await.expect(200);
    let told = say("prod.add_or_edit", json!({ "prodId": "P1", "spec": "6g", "brand": "江州" })).await;
    assert_eq!(told.lines(), [line(1, "applied", "HELD")]);
    assert_eq!((now(&told)["spec"].clone(), now(&told).get("brand").cloned()), (json!("3g×10袋"), None));
}
