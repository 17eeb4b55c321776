//! Every route there is, tried by nobody and by a stranger: the one is sent to the login, the other finds nothing.

use crate::support::cast::{READER, STRANGER};
use crate::support::{Cast, House};
use actix_web::http::Method;
use serde_json::json;
use std::fs;
use std::path::Path;

/// Open to everybody: nothing there is about anybody.
const PUBLIC: &[&str] = &[
    "/healthz",
    "/readyz",
    "/metrics",
    "/static/{path:.*}",
    "/api/{method}",
    "/login",
    "/logout",
    "/language",
    "/docs",
    "/docs/openapi.json",
    "/docs/{method}",
    "/styleguide",
];

/// The rows of merchant A that a path can name: each placeholder with the question whose answer is its value.
const OWN: &[(&str, &str)] = &[
    ("/users/{id}", "select id from users where login = 'xiaoli'"),
    ("/api-keys/{id}", "select id from apps where merchant_id = {a}"),
    (
        "/account/sessions/{id}",
        "select encode(token_hash, 'hex') from sessions s join users u on u.id = s.user_id where u.login = 'xiaoli'",
    ),
    ("/sync/calls/{id}", "select id from calls where merchant_id = {a}"),
    ("/sync/feeds/{id}", "select id from feeds where merchant_id = {a}"),
    ("/sync/quarantine/{id}", "select id from quarantines where merchant_id = {a}"),
    ("/sync/reconciliations/{id}", "select id from reconciliations where merchant_id = {a}"),
    ("/products/{prod_id}", "select 'FENCE1'"),
    ("/stock/{sku}", "select 'FENCE1-1'"),
    ("/stock/{sku}/{shop}", "select 2"),
    ("/lots/{sku}", "select 'FENCE1-1'"),
    ("/lots/{sku}/{shop}", "select 2"),
    ("/freezes/{no}", "select no from reservations where merchant_id = {a}"),
    ("/customers/{id}", "select customer_id from customers where merchant_id = {a}"),
    ("/orders/{no}", "select order_no from orders where merchant_id = {a}"),
    ("/orders/{no}/shipments/{shipment}", "select 1"),
    ("/orders/{no}/packages/{package}", "select 1"),
    ("/audit/{merchant}", "select {a}"),
    ("/audit/{merchant}/{product}", "select id from products where merchant_id = {a}"),
    ("/audit/done/{merchant}", "select {a}"),
    ("/audit/done/{merchant}/{id}", "select 1"),
    ("/groups/regions/{id}", "select id from region_groups where merchant_id = {a}"),
    ("/groups/customers/{id}", "select id from customer_groups where merchant_id = {a}"),
    // Rows of the platform, which merchants' people do not find either.
    ("/storefronts/{id}", "select id from apps where merchant_id = 0"),
    ("/merchants/{code}", "select code from merchants where id = {a}"),
    ("/settings/shops/{id}", "select 3"),
    ("/settings/erp/outbox/{id}", "select id from outbox where merchant_id = {a}"),
    ("/merchants/{code}/erp", "select code from merchants where id = {a}"),
    ("/sync/exceptions/{id}", "select id from exceptions"),
    ("/base-products/{id}", "select id from base_products"),
    ("/platform-categories/{id}", "select '1'"),
    ("/aliases/{id}", "select 1"),
    ("/blocklist/{id}", "select 1"),
    // A part of a page whose own place is guarded.
    ("/products/{prod_id}/{tab}", "select 'skus'"),
];

/// Patterns as the sources write them.
fn patterns() -> Vec<String> {
    fn walk(dir: &Path, out: &mut Vec<String>) {
        for path in fs::read_dir(dir).expect("src").flatten().map(|e| e.path()) {
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|x| x == "rs") {
                let text = fs::read_to_string(&path).expect("source");
                out.extend(text.split("resource(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(ToOwned::to_owned));
                assert!(!text.contains("web::scope("), "{}: paths are written out, so that one search finds them", path.display());
            }
        }
    }
    let mut all = vec![];
    walk(Path::new("src"), &mut all);
    all.sort();
    all.dedup();
    assert!(all.len() > 15, "the search for routes found {all:?}");
    all
}

/// The pattern with every placeholder filled with something of merchant A.
fn filled(house: &House, a: &str, pattern: &str) -> String {
    let mut path = String::new();
    let mut prefix = String::new();
    for piece in pattern.split('/').skip(1) {
        prefix = format!("{prefix}/{piece}");
        if piece.starts_with('{') {
            let (_, question) = OWN
                .iter()
                .find(|(own, _)| *own == prefix)
                .unwrap_or_else(|| panic!("{prefix} is new: add it to OWN with a row of merchant A"));
            let value = house.ask(&format!("{} limit 1", question.replace("{a}", a)));
            assert!(!value.is_empty(), "{prefix}: the scene has no such row");
            path = format!("{path}/{value}");
        } else {
            path = format!("{path}/{piece}");
        }
    }
    path
}

/// Every placeholder in use.
const PLACES: &[&str] =
    &["{id}", "{tab}", "{prod_id}", "{sku}", "{shop}", "{merchant}", "{product}", "{code}", "{no}", "{shipment}", "{package}"];
/// Enough to be understood by the forms that need something to be read at all.
const FORM: &[(&str, &str)] = &[("way", "list")];
const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];

#[actix_web::test]
async fn nobody_gets_past_the_login() {
    let house = House::open().await;
    let mut open = vec![];
    for pattern in patterns().iter().filter(|p| !PUBLIC.contains(&p.as_str())) {
        // Of the shape each place wants, so that only the missing login is in the way.
        let sample = |piece: &'static str| match piece {
            "{tab}" => "skus",
            "{id}" if pattern.starts_with("/sync/calls") => "019b0000-0000-7000-8000-000000000000",
            _ => "1",
        };
        let path =
            pattern.split('/').map(|piece| PLACES.iter().find(|p| **p == piece).map_or(piece, |p| sample(p))).collect::<Vec<_>>().join("/");
        let mut tried = 0;
        for method in METHODS {
            let status = house.call(method.clone(), &path).json().form(FORM).send().await.status.as_u16();
            tried += u32::from(status != 405);
            if !matches!(status, 401 | 405) {
                open.push(format!("{method} {pattern}: {status}"));
            }
        }
        if tried == 0 {
            open.push(format!("{pattern}: takes no method"));
        }
    }
    assert!(open.is_empty(), "{open:#?}");
}

async fn scene(house: &House) -> Cast {
    let cast = Cast::enter(house).await;
    house.api(&cast.erp, "catalog.add_or_edit", json!([
        { "id": "C1", "name": "一", "type": 1, "parentId": "0" }, { "id": "C2", "name": "二", "type": 2, "parentId": "C1" }, { "id": "C3", "name": "三", "type": 3, "parentId": "C2" },
    ])).send().await.expect(200);
    house.api(&cast.erp, "prod.add_or_edit", json!({
        "prodId": "FENCE1", "erpProdCode": "F-1", "prodName": "围栏", "catalogId": "C3", "unit": "盒", "price": "8.60", "enable": 1, "skuId": "FENCE1-1",
    })).send().await.expect(200);
    house.api(&cast.erp, "sku.inventory.update", json!({ "skuId": "FENCE1-1", "shopId": 2, "inventory": 7 })).send().await.expect(200);
    let lots = json!({ "skuId": "FENCE1-1", "shopId": 2, "lots": [{ "lotNo": "B1", "quantity": 7 }] });
    house.api(&cast.erp, "prod.batch.replace", lots).send().await.expect(200);
    house
        .api(&cast.erp, "sku.inventory.freeze", json!({ "reservationId": "FENCE-R", "skuId": "FENCE1-1", "shopId": 2, "quantity": 1 }))
        .send()
        .await
        .expect(200);
    house.sql(&format!("insert into customers (merchant_id, customer_id, name, name_key, created_at, updated_at) values ({}, 'FENCE-C', '甲', '甲', now(), now())", cast.a));
    house.sql(&format!("insert into orders (merchant_id, order_no, channel, shop_id, customer_id, state, placed_at, goods_amount, freight_amount, discount_amount, card_amount, payable_amount, line_count, delivery, sync, updated_at) select {0}, 'FENCE-O', 'b2b', 2, id, 'unpaid', now(), 0, 0, 0, 0, 0, 0, '{{}}', 'none', now() from customers where merchant_id = {0}", cast.a));
    house.sql("insert into categories (merchant_id, id, name, level, parent_id, path) values (0, '1', '西药', 1, '0', '1') on conflict do nothing");
    house.sql("insert into base_products (code, name, name_key, spec_key, maker_key) values ('BP-1', '甲', 'x', 'x', 'x')");
    house.sql(
        "insert into apps (merchant_id, app_key, name, channel, scopes) values (0, 'dj_live_fence', '总店', 'b2b', '{storefront:write}')",
    );
    house.sql(&format!("insert into shops (merchant_id, id, name) values ({}, 3, '三号店')", cast.a));
    house.sql(&format!("insert into exceptions (merchant_id, module, product_id, reason, by_name, since) select {0}, 'stock', id, '', '', now() from products where merchant_id = {0} limit 1", cast.a));
    for table in ["region_groups", "customer_groups"] {
        house.sql(&format!(
            "insert into {table} (merchant_id, code, name, created_at, updated_at) values ({}, 'F', '围栏', now(), now())",
            cast.a
        ));
    }
    house.sql(&format!("insert into quarantines (merchant_id, guard, at, actor_name, lines, earlier, rule) values ({}, 'zero', now(), 'ERP', 1, 0, '{{}}')", cast.a));
    house.sql(&format!(
        "insert into outbox (merchant_id, key, method, body, made_at, next_at) values ({}, 'FENCE', 'sku.inventory.deduct', '[]', now(), now())",
        cast.a
    ));
    house
        .api(
            &cast.erp,
            "stock.reconcile",
            json!({ "reconciliationId": "fence", "skuId": "FENCE1-1", "shopId": 2, "inventory": 5, "final": 1 }),
        )
        .send()
        .await
        .expect(200);
    house.get("/account/password").by(READER).send().await.expect(200);
    cast
}

#[actix_web::test]
async fn a_stranger_finds_nothing_of_another_merchant() {
    let house = House::open().await;
    let cast = scene(&house).await;
    let a = cast.a.to_string();
    let traces = || house.ask(&format!("select count(*) from trail where merchant_id in (0, {a})"));
    let before = traces();
    let mut found = vec![];
    for pattern in patterns().iter().filter(|p| p.contains('{') && !PUBLIC.contains(&p.as_str())) {
        let path = filled(&house, &a, pattern);
        for method in METHODS {
            // Whether the form is good must not matter: what is not there is not there.
            let status = house.call(method.clone(), &path).by(STRANGER).json().form(FORM).send().await.status.as_u16();
            if !matches!(status, 404 | 405) {
                found.push(format!("{method} {path} ({pattern}): {status}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(traces(), before, "a stranger left traces");
}

#[actix_web::test]
async fn another_merchants_key_finds_nothing() {
    let house = House::open().await;
    let cast = scene(&house).await;
    let detail = house.api(&cast.other_erp, "sku.detail", json!({ "skuId": "FENCE1-1" })).send().await;
    assert_eq!(detail.status.as_u16(), 404, "{}", detail.body);
    for (method, body) in [
        ("prod.list.get", json!({})),
        ("sku.list.get", json!({})),
        ("catalog.list.get", json!({})),
        ("sku.inventory.get", json!({ "skuId": "FENCE1-1" })),
    ] {
        let answer = house.api(&cast.other_erp, method, body).send().await;
        assert!(!answer.body.contains("FENCE1\"") && !answer.body.contains("围栏"), "{method}: {}", answer.body);
    }
    let before = house.ask(&format!("select string_agg(erp_qty::text, ',') from stock where merchant_id = {}", cast.a));
    house.api(&cast.other_erp, "sku.inventory.update", json!({ "skuId": "FENCE1-1", "shopId": 2, "inventory": 0 })).send().await;
    assert_eq!(house.ask(&format!("select string_agg(erp_qty::text, ',') from stock where merchant_id = {}", cast.a)), before);
}
