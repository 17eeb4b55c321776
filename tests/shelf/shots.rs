//! Writes the pages as files a browser can open from disk, to be looked at. Run by hand, with the folder to write to.

use super::goods::stock_up;
use crate::support::cast::{OWNER, STRANGER};
use crate::support::{Cast, House, shots};

fn themed(body: &str, theme: &str) -> String {
    body.replace("data-theme=\"auto\"", &format!("data-theme=\"{theme}\""))
}

#[actix_web::test]
#[ignore = "writes pages to the folder named in DUIJIE_SHOTS"]
#[expect(clippy::disallowed_methods, reason = "its one setting")]
async fn pages_to_look_at() {
    let out = std::env::var("DUIJIE_SHOTS").expect("DUIJIE_SHOTS");
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    stock_up(&house, cast.a);
    for theme in ["light", "dark"] {
        for (name, path, who) in [
            ("list", "/products", OWNER),
            ("search", "/products?q=%E6%B2%A1%E6%9C%89", OWNER),
            ("empty", "/products", STRANGER),
            ("detail", "/products/KZ-100382", OWNER),
            ("priceless", "/products/KZ-100144", OWNER),
            ("returned", "/products/KZ-100208", OWNER),
            ("match", "/products/KZ-200018/match", OWNER),
            ("skus", "/products/KZ-100382/skus", OWNER),
            ("log", "/products/KZ-300214/log", OWNER),
            ("missing", "/listing?view=missing", OWNER),
        ] {
            let body = house.get(path).by(who).send().await.expect(200).body;
            shots::keep(&house, &out, &format!("{name}-{theme}"), &themed(&body, theme)).await;
        }
        let form: Vec<(&str, &str)> = vec![("all", "1"), ("way", "list"), ("filter", "")];
        let body = house.post("/products/listing/preview").by(OWNER).form(&form).send().await.expect(200).body;
        shots::keep(&house, &out, &format!("preview-{theme}"), &themed(&body, theme)).await;
    }
}
