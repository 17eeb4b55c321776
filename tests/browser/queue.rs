//! The audit's other keys, by keyboard alone: N makes a base product, F and S put the product aside, `/` looks for another
//! candidate; what was done is taken back by Z. And what a blind person would say about the pages around it.

use super::driver::Browser;
use super::{check, log_in, open, scene};
use crate::support::House;
use crate::support::cast::{AUDITOR, PASSWORD};
use serde_json::json;

const ENTER: &str = "\u{e007}";
const TAB: &str = "\u{e004}";
const END: &str = "\u{e010}";
const ESCAPE: &str = "\u{e00c}";
const KNOWN: &str = "阿莫西林胶囊";
const UNKNOWN: &str = "谁也不认识的药";

fn on_the_desk(browser: &Browser, name: &str) {
    browser.until(&format!("{name} on the desk"), &format!("return document.querySelector('.aud-h h2')?.innerText === {}", json!(name)));
}
fn types(browser: &Browser, text: &str) {
    text.chars().for_each(|c| browser.press(&c.to_string()));
}
/// Presses a key that opens something in the drawer, and waits until a field of it has the focus.
fn opens(browser: &Browser, key: &str, field: &str) {
    browser.press(key);
    browser.until("the drawer's field", &format!("return document.activeElement.matches('#drawer[open] {field}')"));
}
fn item(house: &House, column: &str, product: &str) -> String {
    house.ask(&format!(
        "select {column} from audit_items i join products p on (p.merchant_id, p.id) = (i.merchant_id, i.product_id) where p.prod_id = '{product}'"
    ))
}
async fn desk() -> (House, Browser) {
    let house = House::open().await;
    scene(&house).await;
    let browser = open(&house);
    log_in(&browser, AUDITOR, PASSWORD);
    (house, browser)
}

// UI §4.6, N: what the merchant says is the proposal; Enter makes it, and the next product is there.
#[actix_web::test]
async fn a_new_base_product_is_made_by_keyboard_and_taken_back() {
    let (house, browser) = desk().await;
    browser.go("/audit/jia/ROAD2");
    on_the_desk(&browser, UNKNOWN);
    opens(&browser, "n", "#f-name");
    browser.press(ESCAPE);
    browser.until("the drawer to close", "return document.querySelector('dialog[open]') === null");
    opens(&browser, "n", "#f-name");
    assert_eq!(browser.js("return document.querySelector('#f-manufacturer').value"), "无名药厂");
    // In a field, letters are letters.
    browser.press(END);
    types(&browser, "sf");
    assert_eq!(item(&house, "state", "ROAD2"), "waiting");
    browser.press(ENTER);
    on_the_desk(&browser, KNOWN);
    let made =
        "select p.audit_status || ' ' || b.name from products p join base_products b on b.id = p.base_product_id where p.prod_id = 'ROAD2'";
    assert_eq!(house.ask(made), format!("approved {UNKNOWN}sf"));
    browser.press("z");
    on_the_desk(&browser, UNKNOWN);
    assert_eq!(house.ask(made), "");
    assert_eq!(item(&house, "state", "ROAD2"), "waiting");
    assert_eq!(browser.complaints(), Vec::<String>::new(), "at the audit");
}

// UI §4.6, F and S: aside for everybody, or for me alone.
#[actix_web::test]
async fn a_product_is_put_aside_by_keyboard_and_taken_back() {
    let (house, browser) = desk().await;
    let counts = |waiting: i32, difficult: i32, skipped: i32| {
        let all = format!("{waiting} {difficult} {skipped}");
        browser.until(
            &all,
            &format!(
                "return [...document.querySelectorAll('.aud-qh .seg a')].map(a => a.innerText.replace(/\\D/g, '')).join(' ') === '{all}'"
            ),
        );
    };
    browser.go("/audit/jia/ROAD1");
    on_the_desk(&browser, KNOWN);
    counts(2, 0, 0);
    browser.press("f");
    on_the_desk(&browser, UNKNOWN);
    counts(1, 1, 0);
    assert_eq!(item(&house, "state", "ROAD1"), "difficult");
    browser.press("z");
    on_the_desk(&browser, KNOWN);
    counts(2, 0, 0);
    browser.press("s");
    on_the_desk(&browser, UNKNOWN);
    counts(1, 0, 1);
    assert_eq!((item(&house, "state", "ROAD1"), house.ask("select count(*) from audit_skips")), ("waiting".into(), "1".into()));
    browser.press("z");
    on_the_desk(&browser, KNOWN);
    counts(2, 0, 0);
    assert_eq!(house.ask("select count(*) from audit_skips"), "0");
    // Among the difficult ones it can be decided, and is not put there once more.
    browser.press("f");
    on_the_desk(&browser, UNKNOWN);
    browser.go("/audit?view=difficult");
    on_the_desk(&browser, KNOWN);
    assert_eq!(browser.js("return document.querySelector('[data-key=f]') === null"), true);
    assert_eq!(browser.complaints(), Vec::<String>::new(), "at the audit");
}

// UI §4.6, `/`: any base product beside the submission; the part of the queue somebody works on stays chosen.
#[actix_web::test]
async fn another_candidate_is_found_by_keyboard() {
    let (_house, browser) = desk().await;
    browser.go("/audit/jia/ROAD2?merchant=jia");
    on_the_desk(&browser, UNKNOWN);
    opens(&browser, "/", "[name=q]");
    assert_eq!(browser.js("return document.activeElement.value"), "", "the key itself is not typed");
    types(&browser, "阿莫西林");
    browser.until("both packs", "return document.querySelectorAll('#found a.cand').length === 2");
    // Enter searches at once, and stays.
    browser.press(ENTER);
    browser.press(TAB);
    browser
        .until("the focus on the first of them", "return document.activeElement === document.querySelector('#drawer[open] #found a.cand')");
    let code = browser.js("return document.activeElement.querySelector('b').innerText");
    browser.press(ENTER);
    browser.until(
        "it beside the submission",
        &format!("return document.querySelector('.cands [aria-current=true] b')?.innerText === {code} && document.querySelector('dialog[open]') === null"),
    );
    assert_eq!(browser.here(), format!("/audit/jia/ROAD2?merchant=jia&base={}", code.as_str().unwrap_or_default()));
    assert_eq!(browser.complaints(), Vec::<String>::new(), "at the audit");
    let mut wrong = vec![];
    for path in ["/audit/jia/ROAD2/candidates?q=阿莫西林", "/audit/jia/ROAD2/base-product", "/audit/jia/ROAD1/return", "/audit/rules"] {
        check(&browser, path, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
