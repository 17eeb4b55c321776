//! What is sent stays light, as a browser that takes gzip receives it: counters in the trade have old computers and slow lines.

use crate::support::cast::OWNER;
use crate::support::{Cast, House};

const SHEETS: usize = 15_000;
/// htmx, its extension and our own.
const SCRIPTS: usize = 22_000;
const PAGE: usize = 20_000;

#[actix_web::test]
async fn the_style_sheet_and_the_scripts_stay_within_their_budgets() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let page = house.get("/").by(OWNER).send().await.expect(200).body;
    let (mut sheets, mut scripts) = (0, 0);
    for address in page.split('"').filter(|a| a.starts_with("/static/")) {
        match address.rsplit('.').next() {
            Some("css") => sheets += house.get(address).weigh().await,
            Some("js") => scripts += house.get(address).weigh().await,
            _ => {}
        }
    }
    eprintln!("style sheets {sheets} bytes, scripts {scripts} bytes");
    assert!((1_000..=SHEETS).contains(&sheets), "style sheets: {sheets} bytes");
    assert!((1_000..=SCRIPTS).contains(&scripts), "scripts: {scripts} bytes");
}

/// Whoever does not take gzip gets the same, unpacked; and both may keep it for good.
#[actix_web::test]
async fn files_are_packed_only_for_those_who_take_it() {
    let house = House::open().await;
    let page = house.get("/login").send().await.expect(200).body;
    let sheet = page.split('"').find(|a| a.ends_with(".css")).expect("a style sheet");
    let plain = house.get(sheet).send().await.expect(200);
    assert!(plain.header("content-encoding").is_empty() && plain.body.starts_with("@layer"), "{:?}", plain.headers);
    assert!(plain.header("cache-control").contains("immutable") && plain.header("vary").contains("accept-encoding"));
    assert_eq!(plain.header("content-type"), "text/css; charset=utf-8");
    assert!(house.get(sheet).weigh().await * 3 < plain.body.len());
}

/// Each page as somebody of the demo sees it, full of rows.
pub async fn pages_are_light(house: &House, who: &str, paths: &[&str]) {
    for path in paths {
        let bytes = house.get(path).by(who).weigh().await;
        assert!(bytes <= PAGE, "{path}: {bytes} bytes");
    }
}
