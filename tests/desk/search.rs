//! `/search`: one box that finds.

use super::seed;
use crate::support::House;
use crate::support::cast::{ADMIN, AUDITOR, Cast, OWNER, STRANGER};
use duijie::catalog::grams;
use duijie::ids::MerchantId;

fn named(house: &House, merchant: MerchantId, prod_id: &str, name: &str, codes: &[&str]) {
    let mut tokens = grams::of(&[name], codes);
    tokens.push(grams::owner(merchant));
    let list: Vec<String> = tokens.iter().map(|t| format!("'{t}'")).collect();
    house.sql(&format!(
        "update products set name = '{name}', barcode = '{}', grams = array[{}] where merchant_id = {merchant} and prod_id = '{prod_id}'",
        codes.first().unwrap_or(&""),
        list.join(",")
    ));
}

#[tokio::test]
async fn a_product_is_found_by_whatever_is_known_of_it() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    for (merchant, name) in [(cast.a, "蒙脱石散"), (cast.b, "蒙脱石混悬液")] {
        seed::products(&house, merchant, &[("approved", "listed")]);
        named(&house, merchant, "P1", name, &["6901234003826", "P1"]);
    }
    seed::stock(&house, cast.a, "P1", 1, 300, None);
    seed::stock(&house, cast.a, "P1", 2, 44, None);
    for q in ["%E8%92%99%E8%84%B1", "mtss", "6901234003826", "P1"] {
        let page = house.get(&format!("/search?q={q}")).by(OWNER).send().await.expect(200);
        assert!(page.body.contains("蒙脱石散") && !page.body.contains("混悬液") && page.body.contains("可售 344"), "{q}: {}", page.body);
        assert!(page.body.contains(r#"href="/products/P1""#));
    }
    // A code longer than what the index keeps is compared to its end.
    let other = house.get("/search?q=6901234003827").by(OWNER).send().await.expect(200);
    assert!(other.body.contains("没有找到「6901234003827」"), "{}", other.body);
    let stranger = house.get("/search?q=mts").by(STRANGER).send().await.expect(200);
    assert!(stranger.body.contains("蒙脱石混悬液") && !stranger.body.contains("蒙脱石散"));
}

#[tokio::test]
async fn the_palette_gets_options_and_nothing_around_them() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let part = house.get("/search?q=czrz").by(OWNER).part().send().await.expect(200);
    assert!(part.body.contains(r#"<div class="pal-g" role="presentation">跳转</div>"#), "{}", part.body);
    assert!(part.body.contains(r#"role="option" aria-selected="false" href="/trail""#) && !part.body.contains("<html"));
    let page = house.get("/search?q=czrz").by(OWNER).send().await.expect(200);
    assert!(page.body.contains(r#"<a class="pal-i" href="/trail">"#), "{}", page.body);
    // Nothing asked: the pages one has.
    let all = house.get("/search?q=").by(OWNER).part().send().await.expect(200);
    assert!(all.body.contains(r#"href="/settings""#) && !all.body.contains(r#"href="/merchants""#));
    let english = house.get("/search?q=audit").by(OWNER).header("accept-language", "en").part().send().await.expect(200);
    assert!(english.body.contains("Audit log") && english.body.contains("Go to"), "{}", english.body);
    let none = house.get("/search?q=%3Cb%3Ezzz").by(OWNER).part().send().await.expect(200);
    assert!(none.body.contains("没有找到") && !none.body.contains("<b>zzz"), "{}", none.body);
    house.get("/search?q=x").send().await.expect(303);
}

#[tokio::test]
async fn a_call_is_found_by_its_number() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    house.api(&cast.erp, "no.such.method", serde_json::json!({})).send().await.expect(404);
    let id = house.ask("select id from calls limit 1");
    house.sql(&format!("update calls set at = to_timestamp(('x' || replace(left('{id}', 13), '-', ''))::bit(48)::bigint / 1000.0)"));
    let found = house.get(&format!("/search?q={id}")).by(OWNER).json().send().await.expect(200).value();
    assert_eq!(found["data"]["calls"][0]["method"], "no.such.method", "{found}");
    let stranger = house.get(&format!("/search?q={id}")).by(STRANGER).json().send().await.expect(200).value();
    assert_eq!(stranger["data"]["calls"], serde_json::json!([]));
}

#[tokio::test]
async fn the_platform_finds_base_products_and_merchants() {
    let house = House::open().await;
    Cast::enter(&house).await;
    let tokens: Vec<String> = grams::of(&["蒙脱石散"], &["BP-0021440"]).iter().map(|t| format!("'{t}'")).collect();
    house.sql(&format!(
        "insert into base_products (code, name, name_key, spec_key, maker_key, grams) values ('BP-0021440', '蒙脱石散', '蒙脱石散', '', '', array[{}])",
        tokens.join(",")
    ));
    let found = house.get("/search?q=mtss").by(AUDITOR).json().send().await.expect(200).value();
    assert_eq!(found["data"]["baseProducts"][0]["code"], "BP-0021440", "{found}");
    let merchants = house.get("/search?q=%E7%94%B2").by(ADMIN).json().send().await.expect(200).value();
    assert_eq!(merchants["data"]["merchants"][0]["code"], "jia", "{merchants}");
    // Auditors have no page of a merchant.
    let auditor = house.get("/search?q=%E7%94%B2").by(AUDITOR).json().send().await.expect(200).value();
    assert_eq!(auditor["data"]["merchants"], serde_json::json!([]));
}
