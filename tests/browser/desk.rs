//! The desk of whoever packs, by keyboard and scanner alone: order, carrier, number, Enter, next; in parts, in several packages,
//! and with a number that looks odd.

use super::{check, log_in, open, scene, trade};
use crate::support::House;
use crate::support::cast::{OWNER, PASSWORD};
use serde_json::json;

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
const SPACE: &str = " ";

// UI §4.13, 1.4.10: on a phone orders are chosen as stock is, and what is done with all of them is within reach.
#[actix_web::test]
async fn orders_are_chosen_on_a_phone() {
    let house = House::open().await;
    let cast = scene(&house).await;
    trade(&house, &cast).await;
    let browser = open(&house);
    log_in(&browser, OWNER, PASSWORD);
    browser.on_a_phone();
    browser.go("/orders");
    assert_eq!(browser.js("return innerWidth"), 390);
    browser.click("#rows [data-row]");
    browser.until("the bar of what is chosen", "return document.querySelector('.bulk.on [data-count]')?.innerText === '1'");
    let inside = "const r = document.querySelector('.bulk').getBoundingClientRect(); \
         return r.left >= 0 && r.right <= 390 && r.bottom <= document.querySelector('.mnav').getBoundingClientRect().top && document.documentElement.scrollWidth <= 390";
    assert_eq!(browser.js(inside), true, "all of it on the screen");
    // The box stands beside its card, not above it.
    let beside = "const c = document.querySelector('#rows .ck').getBoundingClientRect(), n = document.querySelector('#rows [data-main]').getBoundingClientRect(); \
         return c.right <= n.left && c.top < document.querySelector('#rows tr').getBoundingClientRect().bottom";
    assert_eq!(browser.js(beside), true);
    let mut wrong = vec![];
    check(&browser, "/orders", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    browser.click("#rows [data-row]");
    browser.click(".bulk [value=hold]");
    browser.until("what it would do", "return location.pathname === '/orders/bulk' && document.body.innerText.includes('ROAD-O1')");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "on a phone");
}

#[actix_web::test]
async fn orders_leave_by_keyboard_alone() {
    let house = House::open().await;
    let cast = scene(&house).await;
    trade(&house, &cast).await;
    let order = json!({
        "orderNo": "ROAD-O2", "shopId": "1", "customer": { "customerId": "C1", "name": "康泽大药房" },
        "items": [{ "skuId": "ROAD1-1", "quantity": 5 }], "delivery": { "consignee": "陈思", "phone": "10000000001" },
    });
    house.api(&cast.storefront, "order.create", order).send().await.expect(200);
    house.api(&cast.storefront, "order.pay", json!({ "orderNo": "ROAD-O2" })).send().await.expect(200);
    let browser = open(&house);
    log_in(&browser, OWNER, PASSWORD);
    let types = |text: &str| text.chars().for_each(|c| browser.press(&c.to_string()));
    let focus = |name: &str| browser.until(name, &format!("return document.activeElement.name === '{name}'"));
    // Tab until a field has the focus, as somebody without a mouse does.
    let tab_to = |what: &str| {
        for _ in 0..30 {
            browser.press(TAB);
            if browser.js(&format!("return document.activeElement.matches('{what}')")) == json!(true) {
                return;
            }
        }
        panic!("no way to {what} by keyboard");
    };

    browser.go("/shipments");
    focus("no");
    types("ROAD-O1");
    browser.press(ENTER);
    // Nobody has sent anything yet: the carrier comes first.
    focus("carrier");
    types("SF");
    browser.press(TAB);
    focus("tracking");
    types("77");
    browser.press(ENTER);
    // It looks odd, and it goes when it is meant.
    browser.wait_for_text("77 不像顺丰速运的单号");
    focus("tracking");
    // Chromium tells every answer of 422; nothing else is amiss.
    assert!(browser.complaints().iter().all(|c| c.contains("422")));
    browser.press(ENTER);
    browser.until("the next order", "return location.search.includes('done=ROAD-O1') && document.activeElement.name === 'no'");
    assert_eq!(house.ask("select carrier || ' ' || tracking_no from order_packages"), "SF 77");

    // The last carrier is there already; two of five leave, in two packages.
    types("ROAD-O2");
    browser.press(ENTER);
    focus("tracking");
    browser.js("document.querySelector('[name=no]').focus()");
    tab_to("[name=qty]");
    types("2");
    tab_to("[name=tracking]");
    types("SF1234567890123");
    tab_to("details.more summary");
    browser.press(SPACE);
    tab_to("[name=also_tracking]");
    types("SF1234567890124");
    browser.press(ENTER);
    browser.until("the next order", "return location.search.includes('done=ROAD-O2') && document.activeElement.name === 'no'");
    let left = "select string_agg(concat_ws(' ', carrier, tracking_no), ', ' order by p.no) from order_packages p join orders o on o.id = p.order_id";
    assert_eq!(house.ask(&format!("{left} where o.order_no = 'ROAD-O2'")), "SF SF1234567890123, SF SF1234567890124");
    assert_eq!(house.ask("select state from orders where order_no = 'ROAD-O2'"), "partly_shipped");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "at the desk");

    let mut wrong = vec![];
    for path in ["/shipments", "/shipments?no=ROAD-O2", "/shipments/import?no=ROAD-O2", "/orders/picks", "/orders?lot=x&sync=late"] {
        check(&browser, path, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
