//! The same for what products say: prices, names, listing; locks of single fields.

use super::{OWNER, minutes, scene};
use crate::stock::line;
use serde_json::{Value, json};

async fn upload(house: &crate::support::House, cast: &crate::support::Cast, sent: Value) -> crate::support::Answer {
    house.api(&cast.erp, "prod.add_or_edit", sent).send().await.expect(200)
}

fn product(house: &crate::support::House, column: &str) -> String {
    house.ask(&format!("select {column} from products where prod_id = 'P1' order by merchant_id limit 1"))
}
fn price(house: &crate::support::House) -> String {
    house.ask("select base_price from skus where sku_id = 'S1' order by merchant_id limit 1")
}

// Q-09: partial lines are laid over one another.
#[actix_web::test]
async fn partial_lines_become_one() {
    let (house, cast) = scene(1).await;
    house.off("product", "2h").await.expect(200);
    upload(&house, &cast, json!({ "prodId": "P1", "brand": "江州", "spec": "3g×12袋" })).await;
    house.later(minutes(1));
    upload(&house, &cast, json!({ "prodId": "P1", "spec": "3g×15袋", "unit": "盒" })).await;
    assert_eq!(house.held(), r#"product P1 {"spec": "3g×15袋", "unit": "盒", "brand": "江州"} x2"#);
    house.on("product", "all", &[]).await.expect(200);
    // Half of it is overtaken before the worker comes by.
    upload(&house, &cast, json!({ "prodId": "P1", "unit": "袋" })).await;
    assert_eq!(house.held(), r#"product P1 {"spec": "3g×15袋", "brand": "江州"} x2"#);
    house.release().await;
    assert_eq!(product(&house, "concat_ws(' ', brand, spec, unit)"), "江州 3g×15袋 袋");
    assert_eq!(house.held(), "");
}

// P-07 with only prices off: the product applies, its price waits; new goods have nothing to protect.
#[actix_web::test]
async fn a_product_comes_without_its_price_while_prices_are_off() {
    let (house, cast) = scene(1).await;
    house.sql("update products set details = '{\"price\": \"8.60\"}'");
    house.off("price", "2h").await.expect(200);
    house.off("stock", "2h").await.expect(200);
    let told = upload(&house, &cast, json!({ "prodId": "P1", "brand": "江州", "price": "9.90", "inventory": 5 })).await;
    assert_eq!(told.lines(), [line(1, "applied", "SYNC_OFF")]);
    assert_eq!((product(&house, "brand"), price(&house), house.row("S1", 1)), ("江州".into(), "8.60".into(), "100 erp v1".into()));
    assert_eq!(house.held(), r#"price P1 {"price": "9.90"} x1, stock S1/1 {"inventory": 5} x1"#);
    let told = house.api(&cast.erp, "sku.add_or_edit", json!({ "skuId": "S1", "retailPrice": "12.00" })).send().await.expect(200);
    assert_eq!(told.lines(), [line(1, "held", "SYNC_OFF")]);
    let new = json!({ "prodId": "P9", "erpProdCode": "E9", "prodName": "新品", "catalogId": "c3", "price": "3.00", "skuId": "S9" });
    upload(&house, &cast, new).await;
    assert_eq!(house.ask("select base_price from skus where sku_id = 'S9'"), "3.00");
    house.on("price", "all", &[]).await.expect(200);
    house.on("stock", "all", &[]).await.expect(200);
    house.release().await;
    assert_eq!((price(&house), house.row("S1", 1), house.held()), ("9.90".into(), "5 erp v2".into(), String::new()));
    assert_eq!(house.ask("select retail_price from skus where sku_id = 'S1' and retail_price is not null"), "12.00");
}

// UI §4.4: a locked name stays, the rest applies; unlocking applies the shadow or keeps the value.
#[actix_web::test]
async fn a_locked_field_stays_and_keeps_its_shadow() {
    for (then, name) in [("apply", "新名"), ("keep", "蒙脱石散1号")] {
        let (house, cast) = scene(1).await;
        house.except(OWNER, &[("module", "product/prodName"), ("prodId", "P1")]).await.expect(200);
        let told = upload(&house, &cast, json!({ "prodId": "P1", "prodName": "新名", "brand": "江州" })).await;
        assert_eq!(told.lines(), [line(1, "applied", "HELD")]);
        assert_eq!(told.value()["data"]["lines"][0]["problems"][0]["field"], "prodName");
        assert_eq!(product(&house, "concat_ws(' ', name, brand)"), "蒙脱石散1号 江州");
        assert_eq!(house.held(), r#"product P1 {"prodName": "新名"} x1"#);
        // Only the locked field differs: nothing is applied. The value it has already is not worth keeping.
        let told = upload(&house, &cast, json!({ "prodId": "P1", "prodName": "新名", "brand": "江州" })).await;
        assert_eq!(told.lines(), [line(1, "held", "HELD")]);
        assert_eq!(house.release().await, 0, "it is still locked");
        house.end_exception(then).await.expect(200);
        house.release().await;
        assert_eq!((product(&house, "name"), house.held()), (name.to_owned(), String::new()), "{then}");
        assert!(house.verbs().starts_with("field.locked field.unlocked"), "{}", house.verbs());
    }
}

#[actix_web::test]
async fn of_two_locks_one_is_lifted() {
    let (house, cast) = scene(1).await;
    house.except(OWNER, &[("module", "product/spec"), ("prodId", "P1")]).await.expect(200);
    house.except(OWNER, &[("module", "product/prodName"), ("prodId", "P1")]).await.expect(200);
    upload(&house, &cast, json!({ "prodId": "P1", "prodName": "新名", "spec": "5g" })).await;
    house.end_exception("apply").await.expect(200);
    house.release().await;
    assert_eq!(product(&house, "concat_ws(' ', name, spec)"), "新名 3g×10袋");
    assert_eq!(house.held(), r#"product P1 {"spec": "5g"} x1"#);
    assert_eq!(house.release().await, 0, "no circle");
    // The ERP comes back to what is in force: nothing waits any more.
    upload(&house, &cast, json!({ "prodId": "P1", "spec": "3g×10袋" })).await;
    assert_eq!(house.held(), "");
}

#[actix_web::test]
async fn a_price_of_one_sku_is_locked() {
    let (house, cast) = scene(1).await;
    house.except(OWNER, &[("module", "price/price"), ("skuId", "S1")]).await.expect(200);
    let told =
        house.api(&cast.erp, "sku.add_or_edit", json!({ "skuId": "S1", "price": "5.00", "vipPrice": "4.00" })).send().await.expect(200);
    assert_eq!(told.lines(), [line(1, "applied", "HELD")]);
    assert_eq!(house.ask("select concat_ws(' ', base_price, member_price) from skus where member_price is not null"), "8.60 4.00");
    // The product's price would change the SKU's: it waits too. Afterwards the SKU has a price of its own, as it would have had.
    house.later(minutes(1));
    upload(&house, &cast, json!({ "prodId": "P1", "price": "6.00" })).await;
    assert_eq!(price(&house), "8.60");
    house.later(minutes(121));
    house.release().await;
    assert_eq!((price(&house), house.held()), ("5.00".into(), String::new()));
}

// W-04
#[actix_web::test]
async fn a_product_is_taken_out_of_listing_and_of_everything() {
    let (house, cast) = scene(2).await;
    house.sql("update products set listing = 'listed'");
    house.except(OWNER, &[("module", "listing"), ("prodId", "P1")]).await.expect(200);
    let off = json!([{ "prodId": "P1", "listed": 0 }, { "prodId": "P2", "listed": 0 }]);
    let told = house.api(&cast.erp, "prod.shelf.update", off).send().await.expect(200);
    assert_eq!(told.lines(), [line(1, "held", "HELD")]);
    assert_eq!(product(&house, "listing"), "listed");
    house.end_exception("apply").await.expect(200);
    house.release().await;
    assert_eq!(product(&house, "listing"), "unlisted");
    house.except(OWNER, &[("module", "product"), ("prodId", "P1")]).await.expect(200);
    assert_eq!(upload(&house, &cast, json!({ "prodId": "P1", "brand": "江州" })).await.lines(), [line(1, "held", "HELD")]);
    assert_eq!(product(&house, "brand"), "");
}
