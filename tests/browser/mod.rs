//! The road of a product in a real browser against the real server, and what a blind person or a strict policy would say.

mod desk;
mod driver;
mod hold;
mod prices;
mod queue;
mod sync;

use crate::robust::serve;
use crate::support::cast::{ADMIN, AUDITOR, OWNER, PASSWORD};
use crate::support::{Cast, House};
use driver::Browser;
use duijie::catalog::base::{self, Draft};
use duijie::ids::MerchantId;
use duijie::trail::Cause;
use serde_json::{Value, json};
use std::path::Path;

/// axe-core, MPL-2.0, as its makers publish it; used by the tests alone.
const AXE: &str = include_str!("axe.min.js");

fn open(house: &House) -> Browser {
    Browser::open(&format!("http://{}", serve(house)))
}

fn log_in(browser: &Browser, login: &str, password: &str) {
    browser.forget_cookies();
    browser.go("/login");
    browser.type_into("input[name=login]", login);
    browser.type_into("input[name=password]", password);
    browser.click("form button.pri");
    browser.until("the way in", "return location.pathname !== '/login' && document.readyState === 'complete'");
}

/// What axe finds wrong with the page as it stands.
fn barriers(browser: &Browser) -> Vec<String> {
    browser.js(AXE);
    let found = browser.js_later(
        "const done = arguments[arguments.length - 1]; \
         axe.run(document, { resultTypes: ['violations'] }).then(r => done(r.violations.map(v => \
           `${v.id} (${v.impact}): ${v.help}: ` + v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join(' | '))), e => done([String(e)]))",
    );
    found.as_array().expect("a list").iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// Light and dark: no barrier, no complaint in the console.
fn check(browser: &Browser, path: &str, wrong: &mut Vec<String>) {
    for theme in ["light", "dark"] {
        browser.cookie("theme", theme);
        browser.go(path);
        wrong.extend(barriers(browser).into_iter().map(|b| format!("{path} {theme}: {b}")));
        wrong.extend(browser.complaints().into_iter().map(|c| format!("{path} {theme}: console: {c}")));
    }
}

/// A base product, and a product that somebody must decide: the maker goes by another name, and no number settles it.
async fn scene(house: &House) -> Cast {
    let cast = Cast::enter(house).await;
    let now = house.now();
    let draft = |spec: &str, barcode: &str| Draft {
        name: "阿莫西林胶囊".into(),
        spec: spec.into(),
        unit: "盒".into(),
        manufacturer: "江州药业股份有限公司".into(),
        approval_no: "国药准字H20990417".into(),
        barcodes: vec![barcode.into()],
        ..Draft::default()
    };
    let drafts = [draft("0.25g×24粒/盒", "6901234000016"), draft("0.25g×12粒/盒", "6901234000054")];
    let made = house.platform.db.write(move |tx| base::create_many(tx, &Cause::system(MerchantId::PLATFORM, "tests", now), &drafts)).await;
    assert_eq!(made.expect("base products").len(), 2);
    house.api(&cast.erp, "catalog.add_or_edit", json!([
        { "id": "C1", "name": "化学药品", "type": 1, "parentId": "0" }, { "id": "C2", "name": "抗感染药", "type": 2, "parentId": "C1" },
        { "id": "C3", "name": "青霉素类", "type": 3, "parentId": "C2" },
    ])).send().await.expect(200);
    let product = |id: &str, name: &str, maker: &str| {
        json!({
            "prodId": id, "erpProdCode": id, "prodName": name, "catalogId": "C3", "unit": "盒", "price": "8.60", "enable": 1, "spec": "0.25g*24粒", "manufacturer": maker,
        })
    };
    house
        .api(
            &cast.erp,
            "prod.add_or_edit",
            json!([product("ROAD1", "阿莫西林胶囊", "岭南江州制药厂"), product("ROAD2", "谁也不认识的药", "无名药厂")]),
        )
        .send()
        .await
        .expect(200);
    house
        .api(
            &cast.erp,
            "sku.inventory.update",
            json!([{ "skuId": "ROAD1-1", "shopId": 1, "inventory": 1842 }, { "skuId": "ROAD2-1", "shopId": 1, "inventory": 3 }]),
        )
        .send()
        .await
        .expect(200);
    // Something for the lists of failures.
    house.api(&cast.erp, "sku.inventory.update", json!([{ "skuId": "ROAD1-1", "shopId": 9, "inventory": -1 }])).send().await.expect(422);
    cast
}

/// A buyer the ERP does not know, and an order that waits for it.
async fn trade(house: &House, cast: &Cast) {
    house.sql("update products set listing = 'listed', audit_status = 'approved' where prod_id = 'ROAD1'");
    let order = json!({
        "orderNo": "ROAD-O1", "shopId": "1", "customer": { "customerId": "C1", "name": "康泽大药房", "uscc": "91350100M000100Y44" },
        "items": [{ "skuId": "ROAD1-1", "quantity": 3 }], "delivery": { "consignee": "陈思", "phone": "10000000001", "address": "天河路 1 号" },
    });
    house.api(&cast.erp, "customer.add_or_edit", json!({ "erpCustomerCode": "K1", "name": "康泽药店" })).send().await.expect(200);
    house.sql(&format!("insert into customer_rules values ({}, 'presync')", cast.a));
    house.api(&cast.storefront, "order.create", order).send().await.expect(200);
    house.api(&cast.storefront, "order.pay", json!({ "orderNo": "ROAD-O1" })).send().await.expect(200);
}

#[actix_web::test]
async fn a_product_goes_from_the_queue_to_the_shelf() {
    let house = House::open().await;
    scene(&house).await;
    let state = |house: &House| house.ask("select audit_status || ' ' || listing from products where prod_id = 'ROAD1'");
    assert_eq!(state(&house), "pending pending");
    let browser = open(&house);

    // The auditor decides with one key.
    log_in(&browser, AUDITOR, PASSWORD);
    browser.go("/audit");
    browser.wait_for_text("阿莫西林胶囊");
    browser.until("the approval's button", "return document.querySelector('[data-key=a]:not([disabled])') !== null");

    // The next one has come ahead, so that the switch waits for nobody.
    let came = "performance.getEntriesByType('resource').filter(e => e.name.endsWith('/ROAD2'))";
    browser.until("the next one, ahead", &format!("return {came}.some(e => e.responseEnd > 0)"));
    browser.press("j");
    browser.until("the next one", "return document.querySelector('.aud-h h2').innerText === '谁也不认识的药'");
    assert_eq!(browser.here(), "/audit/jia/ROAD2");
    let switch = browser
        .js(&format!("const e = {came}.pop(); return {{ asked: {came}.length, sent: e.transferSize, ms: e.responseEnd - e.startTime }}"));
    assert_eq!((&switch["asked"], &switch["sent"]), (&json!(2), &json!(0)), "not from what came ahead: {switch}");
    assert!(switch["ms"].as_f64().is_some_and(|ms| ms < 100.0), "{switch}");
    browser.press("k");
    browser.until("the first one again", "return document.querySelector('.aud-h h2').innerText === '阿莫西林胶囊'");
    browser.until("its approval's button", "return document.querySelector('[data-key=a]:not([disabled])') !== null");
    browser.press("a");
    browser.wait_for_text("谁也不认识的药");
    browser.until("the end of the review", "return ![...document.querySelectorAll('.aud-i')].some(i => i.innerText.includes('阿莫西林'))");
    assert_eq!(state(&house), "approved listed");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "at the audit");

    // The merchant sees it on sale, with its stock, and where the number comes from.
    log_in(&browser, OWNER, PASSWORD);
    browser.go("/products");
    browser.until(
        "the listed product",
        "return [...document.querySelectorAll('tbody tr')].some(r => r.innerText.includes('阿莫西林胶囊') && r.innerText.includes('在售'))",
    );
    browser.go("/stock");
    browser.until(
        "the number",
        "return [...document.querySelectorAll('tbody tr')].some(r => r.innerText.includes('ROAD1-1') && r.innerText.includes('1,842'))",
    );
    browser.click("a.qbtn[href*='ROAD1-1']");
    browser.until(
        "the drawer",
        "const d = document.querySelector('#drawer'); return d !== null && d.innerText.includes('1,842') && d.innerText.includes('ERP')",
    );
    browser.press("\u{e00c}");
    browser.until("the drawer to close", "return document.querySelector('dialog[open]') === null");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "at the shop");
}

// A product goes back to its merchant by keys alone: R, the reason's number, Enter; Z takes it back.
#[actix_web::test]
async fn a_product_is_returned_by_keyboard_and_taken_back() {
    let house = House::open().await;
    scene(&house).await;
    let state = |house: &House| house.ask("select audit_status from products where prod_id = 'ROAD1'");
    let browser = open(&house);
    log_in(&browser, AUDITOR, PASSWORD);
    browser.go("/audit/jia/ROAD1");
    browser.wait_for("[data-key=r]");
    browser.press("r");
    browser.until("the reasons", "return document.querySelector('#return[open]') !== null");
    browser.press("2");
    browser.until("the second reason", "return document.querySelectorAll('#return [name=reason]')[1].checked");
    assert_eq!(browser.js("return document.querySelector('#return [name=note]').value"), "", "a number chooses and is not typed");
    browser.press("\u{e007}");
    browser.until("the next one", "return document.querySelector('.aud-h h2').innerText === '谁也不认识的药'");
    assert_eq!(state(&house), "changes_requested");
    browser.press("z");
    browser.until("it to be back", "return document.querySelector('.aud-h h2').innerText === '阿莫西林胶囊'");
    assert_eq!(state(&house), "pending");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "at the audit");
}

#[actix_web::test]
async fn pages_have_no_barriers_in_light_and_dark() {
    let house = House::open().await;
    let cast = scene(&house).await;
    trade(&house, &cast).await;
    let browser = open(&house);
    let mut wrong = vec![];
    browser.go("/login");
    check(&browser, "/login", &mut wrong);
    log_in(&browser, OWNER, PASSWORD);
    let merchant = [
        "/",
        "/products",
        "/products/ROAD1",
        "/listing",
        "/categories",
        "/stock",
        "/stock/ROAD1-1/1/why",
        "/customers",
        "/customers/codes",
        "/settings/customers",
        "/orders",
        "/orders/ROAD-O1",
        "/orders/ROAD-O1/print",
        "/sync/calls",
        "/sync/feeds",
        "/api-keys",
        "/users",
        "/trail",
        "/settings",
        "/account/password",
        "/docs",
        "/docs/prod.add_or_edit",
    ];
    for path in merchant {
        check(&browser, path, &mut wrong);
    }
    let feed = house.ask("select max(id) from feeds where method = 'sku.inventory.update'");
    check(&browser, &format!("/sync/feeds/{feed}/changes"), &mut wrong);
    log_in(&browser, AUDITOR, PASSWORD);
    for path in ["/", "/audit", "/audit/done", "/base-products", "/platform-categories", "/aliases", "/blocklist"] {
        check(&browser, path, &mut wrong);
    }
    log_in(&browser, ADMIN, PASSWORD);
    check(&browser, "/storefronts", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `DUIJIE_SHOTS=1 cargo test --test main pictures` takes the pictures of docs/images out of the demo.
#[actix_web::test]
async fn pictures_for_the_docs() {
    #[expect(clippy::disallowed_methods, reason = "whether pictures are wanted")]
    let wanted = std::env::var("DUIJIE_SHOTS").is_ok();
    if !wanted {
        return;
    }
    let house = House::open().await;
    let folder = std::env::temp_dir().join(format!("duijie-shots-{}", std::process::id()));
    crate::demo::load(&house, &folder).await;
    let kept = std::fs::read_to_string(folder.join("demo.txt")).expect("demo.txt");
    let password = kept.lines().find_map(|l| l.strip_prefix("PASSWORD=")).expect("a password");
    let browser = open(&house);
    std::fs::create_dir_all("docs/images").expect("docs/images");
    let shoot = |browser: &Browser, path: &str, name: &str| {
        browser.go(path);
        browser.js_later("document.fonts.ready.then(() => setTimeout(arguments[arguments.length - 1], 300))");
        browser.shoot(Path::new(&format!("docs/images/{name}.png")));
    };
    log_in(&browser, "kz-owner", password);
    shoot(&browser, "/stock", "stock");
    log_in(&browser, "auditor", password);
    shoot(&browser, "/audit", "audit");
    std::fs::remove_dir_all(folder).expect("the folder");
}
