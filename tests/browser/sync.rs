//! Where a person decides what the ERP's word is worth: no barrier there, and nothing beyond the edge of a phone.

use super::{barriers, check, log_in, open, scene};
use crate::support::House;
use crate::support::cast::{OWNER, PASSWORD};
use serde_json::json;

// UI §4.16, 1.4.10
#[actix_web::test]
async fn what_waits_for_a_person_fits_a_phone() {
    let house = House::open().await;
    let cast = scene(&house).await;
    let say = async |method: &str, line: serde_json::Value| house.api(&cast.erp, method, line).send().await.expect(200);
    let stopped = say("prod.price.update", json!({ "skuId": "ROAD1-1", "price": "0.00" })).await.value();
    assert_eq!(stopped["data"]["parked"], 1, "{stopped}");
    say("sku.inventory.update", json!({ "skuId": "NONE-1", "shopId": 1, "inventory": 3 })).await;
    let theirs = [("name", "2026-11-22 夜间全量"), ("rows", "ROAD1-1,5\nROAD2-1,3")];
    house.post("/sync/reconciliations").by(OWNER).form(&theirs).send().await.expect(303);
    let one = |table: &str| house.ask(&format!("select max(id) from {table}"));
    let paths = [
        "/sync/quarantine".to_owned(),
        format!("/sync/quarantine/{}", one("quarantines")),
        "/sync/failures".to_owned(),
        "/sync/freshness".to_owned(),
        "/sync/reconciliations".to_owned(),
        format!("/sync/reconciliations/{}", one("reconciliations")),
    ];
    let browser = open(&house);
    log_in(&browser, OWNER, PASSWORD);
    let mut wrong = vec![];
    for path in &paths {
        check(&browser, path, &mut wrong);
    }
    browser.on_a_phone();
    for path in &paths {
        browser.go(path);
        let wide = browser.js("return document.documentElement.scrollWidth");
        wrong.extend((wide != 390).then(|| format!("{path} is {wide} wide")));
        let view = "const t = document.querySelector('.tabs [aria-current]')?.getBoundingClientRect(); return !t || (t.left >= 0 && t.right <= 390)";
        wrong.extend((browser.js(view) != true).then(|| format!("{path}: the view one is in is out of sight")));
        wrong.extend(barriers(&browser).into_iter().map(|b| format!("{path} on a phone: {b}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
