//! The price book by keyboard alone, as people know it from a spreadsheet; a block pasted out of one; and what a blind person
//! would say about the pages around it.

use super::driver::Browser;
use super::{check, log_in, open, scene};
use crate::support::cast::{OWNER, PASSWORD};
use crate::support::{Cast, House};

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
const LEFT: &str = "\u{e012}";
const UP: &str = "\u{e013}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const DELETE: &str = "\u{e017}";
const ESCAPE: &str = "\u{e00c}";

/// A region group beside the default and the member price, and a price of it.
async fn book(house: &House) -> (Cast, Browser) {
    let cast = scene(house).await;
    house.sql(&format!(
        "insert into region_groups (merchant_id, code, name, created_at, updated_at) values ({0}, 'HN', '华南', now(), now()); \
         insert into prices (merchant_id, sku_id, region_group_id, amount, owner, updated_at) select {0}, k.id, g.id, 8.10, 'erp', now() \
           from skus k join region_groups g on g.merchant_id = {0} where k.merchant_id = {0} and k.sku_id = 'ROAD1-1'",
        cast.a
    ));
    let browser = open(house);
    log_in(&browser, OWNER, PASSWORD);
    browser.go("/prices");
    browser.wait_for("[data-grid] input");
    (cast, browser)
}

fn cell(place: &str, sku: &str) -> String {
    format!("document.querySelector('[name=\"v|{place}|{sku}\"]')")
}
fn at(browser: &Browser, place: &str, sku: &str) {
    browser.until(&format!("the focus on {place} of {sku}"), &format!("return document.activeElement === {}", cell(place, sku)));
}
fn value(browser: &Browser, place: &str, sku: &str) -> String {
    browser.js(&format!("return {}.value", cell(place, sku))).as_str().unwrap_or_default().to_owned()
}
fn keys(browser: &Browser, text: &str) {
    text.chars().for_each(|c| browser.press(&c.to_string()));
}
/// A key with Ctrl, or while an input method is composing, at the cell that has the focus.
fn odd_key(browser: &Browser, key: &str, with: &str) {
    browser.js(&format!(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{ key: '{key}', {with}: true, bubbles: true, cancelable: true }}))"
    ));
}
fn paste(browser: &Browser, block: &str) {
    browser.js(&format!(
        "const data = new DataTransfer(); data.setData('text/plain', {}); \
         document.activeElement.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData: data, bubbles: true, cancelable: true }}))",
        serde_json::json!(block)
    ));
}

// UI §4.9: type to edit, Tab, Enter and the arrows, Ctrl Z, Delete back to inherited; nothing is changed before it was looked at.
#[actix_web::test]
async fn prices_are_typed_over_like_in_a_spreadsheet() {
    let house = House::open().await;
    let (_, browser) = book(&house).await;
    // ROAD2 stands above ROAD1, newest first.
    browser.js(&format!("{}.focus()", cell("price", "ROAD2-1")));
    keys(&browser, "9.60");
    assert_eq!(value(&browser, "price", "ROAD2-1"), "9.60", "what stood there was typed over");
    browser.press(ENTER);
    at(&browser, "price", "ROAD1-1");
    browser.press(RIGHT);
    at(&browser, "vipPrice", "ROAD1-1");
    browser.press(TAB);
    at(&browser, "region:HN", "ROAD1-1");
    browser.press(DELETE);
    assert_eq!(value(&browser, "region:HN", "ROAD1-1"), "");
    let hint = browser.js(&format!("return {}.placeholder", cell("region:HN", "ROAD1-1")));
    assert_eq!(hint, "8.60", "what it inherits shows, never 0");
    browser.press(UP);
    at(&browser, "region:HN", "ROAD2-1");
    keys(&browser, "8.2");
    // An input method's Enter chooses a word.
    odd_key(&browser, "Enter", "isComposing");
    at(&browser, "region:HN", "ROAD2-1");
    browser.press(ESCAPE);
    assert_eq!(value(&browser, "region:HN", "ROAD2-1"), "", "given up");
    keys(&browser, "8.3");
    browser.press(DOWN);
    at(&browser, "region:HN", "ROAD1-1");
    browser.press(LEFT);
    at(&browser, "vipPrice", "ROAD1-1");
    browser.until(
        "the count of changed cells",
        "const m = document.querySelector('[data-moved]'); return !m.hidden && m.innerText.includes('3')",
    );
    // Ctrl Z goes back cell by cell, and to where it was.
    odd_key(&browser, "z", "ctrlKey");
    at(&browser, "region:HN", "ROAD2-1");
    assert_eq!(value(&browser, "region:HN", "ROAD2-1"), "");
    odd_key(&browser, "z", "ctrlKey");
    at(&browser, "region:HN", "ROAD1-1");
    assert_eq!(value(&browser, "region:HN", "ROAD1-1"), "8.10");
    browser.press(DELETE);
    browser.press(UP);
    browser.click(".savebar .pri");
    browser.wait_for_text("将改 2 个价格");
    assert_eq!(house.ask("select count(*) from trail where verb = 'price.changed'"), "0", "only looked at");
    browser.click(".savebar .pri");
    browser.wait_for_text("已改 2 个价格");
    let stands = || house.ask("select string_agg(base_price::text, ' ' order by sku_id) || ' ' || (select count(*) from prices) from skus");
    assert_eq!(stands(), "8.60 9.60 0");
    browser.click(".savebar button.btn");
    browser.wait_for_text("已撤回 2 个价格");
    assert_eq!(stands(), "8.60 8.60 1");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "in the price book");
}

// W-03: typed over, a locked price says at once who keeps it from the ERP; its name says that it is locked.
#[actix_web::test]
async fn a_locked_price_speaks_up_when_it_is_typed_over() {
    let house = House::open().await;
    let (_, browser) = book(&house).await;
    let lock = [("module", "price/price"), ("skuId", "ROAD1-1"), ("span", "2h"), ("reason", "直播专供")];
    house.post("/sync/exceptions").by(OWNER).json().form(&lock).send().await.expect(200);
    browser.go("/prices");
    browser.wait_for("[data-grid] .lkd input");
    assert_eq!(browser.js(&format!("return {}.ariaLabel", cell("price", "ROAD1-1"))), "ROAD1-1 默认单价 · 已锁定");
    let told = "return document.querySelector('#toast').innerText.includes('已锁定（直播专供）')";
    browser.js(&format!("{}.focus()", cell("price", "ROAD2-1")));
    keys(&browser, "9");
    assert_eq!(browser.js(told), false);
    browser.press(DOWN);
    at(&browser, "price", "ROAD1-1");
    keys(&browser, "9.10");
    browser.until("the message", told);
    assert_eq!(browser.js("return document.querySelectorAll('#toast .toast').length"), 1, "said once");
    let mut wrong = vec![];
    check(&browser, "/prices", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

// UI §4.9: a block out of a sheet spreads from the cell it is pasted on; its difference is looked at before it is applied.
#[actix_web::test]
async fn a_block_of_a_sheet_is_pasted_onto_a_cell() {
    let house = House::open().await;
    let (cast, browser) = book(&house).await;
    browser.js(&format!("{}.focus()", cell("vipPrice", "ROAD2-1")));
    paste(&browser, "8.50\t¥8.20\tzu viel\r\n\t8.00\r\n9.99\r\n");
    let pasted = [("vipPrice", "ROAD2-1"), ("region:HN", "ROAD2-1"), ("vipPrice", "ROAD1-1"), ("region:HN", "ROAD1-1")];
    let now = || pasted.map(|(place, sku)| value(&browser, place, sku));
    assert_eq!(now(), ["8.50", "¥8.20", "", "8.00"], "an empty cell says nothing");
    browser.until("what did not fit", "return document.querySelector('#toast').innerText.includes('2 个值落在表格外面')");
    odd_key(&browser, "z", "ctrlKey");
    assert_eq!(now(), ["", "", "", "8.10"], "a paste is one step");
    at(&browser, "vipPrice", "ROAD2-1");
    paste(&browser, "8.50\t¥8.20\n\t8.00");
    browser.click(".savebar .pri");
    browser.wait_for_text("将改 3 个价格");
    browser.click(".savebar .pri");
    browser.wait_for_text("已改 3 个价格");
    assert_eq!(house.ask("select string_agg(amount::text, ' ' order by amount) from prices"), "8.00 8.20");
    // Enter in the formula works the formula out, not the grid.
    browser.go("/prices");
    browser.click(".tool summary");
    browser.click("[name=scope][value=all]");
    browser.type_into("[name=by]", "2");
    browser.press(ENTER);
    browser.wait_for_text("将改 2 个价格");
    // Who pays what opens beside the book.
    browser.go("/prices");
    browser.click("[href='/prices/preview?sku=ROAD1-1']");
    browser.until("the drawer", "const d = document.querySelector('#drawer[open]'); return d !== null && d.innerText.includes('8.60')");
    browser.press(ESCAPE);
    browser.until("the drawer to close", "return document.querySelector('dialog[open]') === null");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "in the price book");
    let group = house.ask(&format!("select id from region_groups where merchant_id = {}", cast.a));
    let mut wrong = vec![];
    for path in [
        "/prices",
        "/prices?set=kinds",
        "/prices/preview?sku=ROAD1-1",
        "/prices/promotion?sku=ROAD1-1",
        "/prices/rules",
        "/products/ROAD1/prices",
        "/groups/regions",
        "/groups/regions/new",
        &format!("/groups/regions/{group}"),
        "/groups/customers",
        "/lots",
    ] {
        check(&browser, path, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
