//! The road of a product in a real browser against the real server, and what a blind person or a strict policy would say.

mod driver;

use crate::robust::serve;
use crate::support::cast::{OWNER, PASSWORD};
use crate::support::{Cast, House};
use driver::Browser;
use serde_json::Value;

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

#[actix_web::test]
async fn pages_have_no_barriers_in_light_and_dark() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let browser = open(&house);
    let mut wrong = vec![];
    browser.go("/login");
    check(&browser, "/login", &mut wrong);
    log_in(&browser, OWNER, PASSWORD);
    for path in ["/sync/calls", "/docs"] {
        check(&browser, path, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
