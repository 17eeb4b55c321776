//! A hold by keyboard alone: focus a row, H, type, Enter; the row tells it, the focus is back, Z takes it back. And what a
//! blind person would say about the pages around it.

use super::{check, log_in, open, scene};
use crate::support::House;
use crate::support::cast::{OWNER, PASSWORD};

const ENTER: &str = "\u{e007}";

#[actix_web::test]
async fn a_number_is_held_by_keyboard_and_taken_back() {
    let house = House::open().await;
    scene(&house).await;
    let browser = open(&house);
    log_in(&browser, OWNER, PASSWORD);
    browser.go("/stock");
    browser.wait_for("a.qbtn[href*='ROAD1-1']");
    let focused = "return document.activeElement.matches(\"a.qbtn[href*='ROAD1-1']\")";
    browser.press("j");
    browser.until("the first row to have the focus", focused);
    browser.press("h");
    browser.until("the dialog", "return document.querySelector('#pop[open] #f-quantity') === document.activeElement");
    for digit in "1900".chars() {
        browser.press(&digit.to_string());
    }
    browser.until("the warning", "return document.querySelector('#pop [data-over]').innerText.includes('58')");
    browser.js("document.querySelector('#pop [value=hold-reason-coming]').click()");
    browser.js("document.querySelector('#pop #f-quantity').focus()");
    browser.press(ENTER);
    browser.until("the dialog to close", "return document.querySelector('dialog[open]') === null");
    browser.until(
        "the row to tell",
        "return [...document.querySelectorAll('tbody tr')].some(r => r.innerText.includes('1,900') && r.innerText.includes('自动应为 1,842'))",
    );
    browser.until("the focus to be back in the row", focused);
    browser.until(
        "the tabs and the banner to tell",
        "return /人工保持\\s*1/.test(document.querySelector('#views').innerText) && document.querySelector('#held-now').innerText.includes('1 个库存正在人工保持')",
    );
    browser.until("the message", "return document.querySelector('#toast').innerText.includes('已保持为 1900')");
    browser.press("z");
    browser.until(
        "the hold to be gone",
        "return [...document.querySelectorAll('tbody tr')].some(r => r.innerText.includes('ROAD1-1') && r.innerText.includes('1,842') && !r.innerText.includes('自动应为'))",
    );
    assert_eq!(house.ask("select string_agg(qty || ' ' || ended_why, ',') from holds"), "1900 released");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "while holding");

    // W explains; in the drawer a hold is set as well.
    browser.press("w");
    browser.until("the drawer", "return document.querySelector('#drawer[open] .ledger') !== null");
    browser.press("h");
    browser.until("the form in the drawer", "return document.querySelector('#drawer #f-quantity') !== null");
    browser.type_into("#drawer #f-quantity", "7");
    browser.type_into("#drawer [name=reason]", "盘点");
    browser.click("#drawer .pri");
    browser.until(
        "the story",
        "const d = document.querySelector('#drawer'); return d.innerText.includes('续期 2 小时') && d.innerText.includes('人工保持为')",
    );
    assert_eq!(browser.complaints(), Vec::<String>::new(), "in the drawer");
    // A field that is locked against what the ERP says, its lock about to end.
    house.sql(
        "insert into exceptions (merchant_id, module, product_id, field, reason, by_name, since, until) \
           select merchant_id, 'product', id, 'spec', '直播专供', '王店长', '2026-11-22 03:00Z', '2026-11-22 04:10Z' from products where prod_id = 'ROAD1'; \
         insert into held_lines (merchant_id, method, module, key, line, why, product_id, first_at, last_at) \
           select merchant_id, 'prod.add_or_edit', 'product', prod_id, '{\"prodId\": \"ROAD1\", \"spec\": \"6g\"}', 'item', id, now(), now() from products where prod_id = 'ROAD1'",
    );
    let mut wrong = vec![];
    for path in ["/stock?view=near", "/sync", "/sync/exceptions", "/sync/conflicts?view=locked", "/products/ROAD1/prices"] {
        check(&browser, path, &mut wrong);
    }
    for path in ["/stock", "/stock/ROAD1-1/1/why", "/stock/ROAD1-1/1/hold", "/holds", "/holds?view=ended", "/freezes", "/settings/stock"] {
        check(&browser, path, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
