//! `/settings/erp` and the platform's allow-list (security.md, outbound).

use super::{link, shop};
use crate::support::cast::{ADMIN, AUDITOR, OWNER, READER};
use crate::support::erp::{APP_KEY, Mood, SECRET};
use serde_json::json;

#[actix_web::test]
async fn a_link_is_set_tried_and_removed() {
    let (house, cast, erp) = shop(1, 10, &[("checks", "1")]).await;
    erp.has("S1", json!({ "inventory": 7 }));
    let page = house.get("/settings/erp").by(OWNER).send().await.expect(200);
    assert!(page.body.contains(&erp.url) && page.body.contains("order.status.push"), "{}", page.body);
    assert!(!page.body.contains(SECRET));
    let tried = house.post("/settings/erp/test").by(OWNER).form(&[]).send().await.expect(200);
    assert!(
        tried.body.contains("ERP 答复正常") && tried.body.contains("&#34;inventory&#34;:7") || tried.body.contains("inventory"),
        "{}",
        tried.body
    );
    erp.is(Mood::Garbage);
    let tried = house.post("/settings/erp/test").by(OWNER).form(&[]).send().await.expect(200);
    assert!(tried.body.contains("答复看不懂"), "{}", tried.body);
    // The secret stays when it is not typed anew.
    let fields =
        [("url", erp.url.as_str()), ("app_key", APP_KEY), ("secret", ""), ("buffer", "3"), ("when_silent", "closed"), ("checks", "1")];
    house.post("/settings/erp").by(OWNER).form(&fields).send().await.expect(303);
    erp.is(Mood::Well);
    house.place(&cast, "K1", &[("S1", 1)]).await;
    assert_eq!((erp.unsigned(), house.ask("select when_silent || buffer from erp_links")), (0, "closed3".to_owned()));
    let told = house.get("/settings/erp").by(OWNER).json().send().await.expect(200);
    assert!(!told.body.contains(SECRET) && told.value()["data"]["erp"]["buffer"] == 3, "{}", told.body);
    house.delete("/settings/erp").by(OWNER).form(&[]).send().await.expect(303);
    assert_eq!(house.ask("select count(*) from erp_links"), "0");
    assert_eq!(
        house.ask("select string_agg(verb, ' ' order by id) from trail where verb like 'erp.%'"),
        "erp.hosts_set erp.set erp.set erp.removed"
    );
    assert!(!house.ask("select string_agg(coalesce(before::text, '') || coalesce(after::text, ''), ' ') from trail").contains(SECRET));
}

#[actix_web::test]
async fn what_is_wrong_is_told_by_field() {
    let (house, _, erp) = shop(1, 10, &[]).await;
    let wrong = |name: &'static str, value: &'static str| {
        let fields = [("url", "https://127.0.0.1/x"), ("app_key", APP_KEY), ("secret", SECRET), ("buffer", "0"), ("when_silent", "open")];
        fields.map(|(n, v)| if n == name { (n, value) } else { (n, v) })
    };
    for (name, value, said) in [
        ("url", "https://erp.example.com/", "erp.example.com"),
        ("url", "ftp://127.0.0.1/", "https://"),
        ("app_key", "有 空格", "空格"),
        ("secret", "short", "16"),
        ("when_silent", "maybe", "form-wrong"),
    ] {
        let answer = house.post("/settings/erp").by(OWNER).form(&wrong(name, value)).send().await.expect(422);
        assert!(answer.body.contains(said) || said == "form-wrong", "{name}={value}: {}", answer.body);
        assert!(!answer.body.contains(SECRET));
    }
    // A public host needs TLS, whatever its name; one of the own network must be marked.
    house.post("/merchants/jia/erp").by(ADMIN).form(&[("hosts", "127.0.0.1")]).send().await.expect(303);
    let answer = link_again(&house, &erp.url).await;
    assert_eq!(answer, 422);
    for odd in ["https://a.example.com", "a.example.com:80", "a b c", "a.example.com\na.example.com"] {
        house.post("/merchants/jia/erp").by(ADMIN).form(&[("hosts", odd)]).send().await.expect(422);
    }
}

async fn link_again(house: &crate::support::House, url: &str) -> u16 {
    let fields = [("url", url), ("app_key", APP_KEY), ("secret", SECRET), ("buffer", "0"), ("when_silent", "open")];
    house.post("/settings/erp").by(OWNER).form(&fields).send().await.status.as_u16()
}

// An address inside is not reached by a name the platform has not marked, even where the merchant's link says so.
#[actix_web::test]
async fn the_own_network_is_not_reached_unmarked() {
    let (house, cast, erp) = shop(1, 10, &[("checks", "1")]).await;
    house.sql("update erp_hosts set inside = false; update erp_links set url = replace(url, 'http:', 'https:')");
    house.place(&cast, "N1", &[("S1", 1)]).await;
    assert_eq!(erp.methods(), Vec::<String>::new());
    assert_eq!(house.ask("select data->'check'->>'why' from order_events where kind = 'placed'"), "forbidden");
}

#[actix_web::test]
async fn only_owners_and_admins_come_here() {
    let (house, _, erp) = shop(1, 10, &[]).await;
    house.get("/settings/erp").by(READER).send().await.expect(403);
    house.get("/merchants/jia/erp").by(AUDITOR).send().await.expect(403);
    house.get("/merchants/jia/erp").by(OWNER).send().await.expect(404);
    assert_eq!(house.post("/settings/erp").by(READER).form(&[("url", erp.url.as_str())]).send().await.status.as_u16(), 403);
    for (path, who) in [("/settings/erp", OWNER), ("/merchants/jia/erp", ADMIN)] {
        for lang in ["zh-CN", "en"] {
            let page = house.get(path).by(who).header("cookie", &format!("lang={lang}")).send().await;
            assert!(page.status.as_u16() == 200 || page.status.as_u16() == 303, "{path} {lang}");
        }
        house.get(path).by(who).part().send().await.expect(200);
        house.get(path).by(who).json().send().await.expect(200);
    }
    link(&house, &erp, &[]).await.expect(303);
}
