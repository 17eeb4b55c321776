//! What is decided once bears on many listings (P-08, P-16): the worker looks at them again.

use super::scene::{Scene, ean, good, with};
use crate::support::cast::{ADMIN, OWNER};
use duijie::sync;
use serde_json::json;

impl Scene {
    async fn recheck(&self) -> usize {
        sync::recheck(&self.house.platform.db, self.house.now()).await.expect("rechecked")
    }
    /// Uploads with stock, so that the rule lists it.
    async fn listed(&self, prod_id: &str) {
        let mut line = good(prod_id);
        line["inventory"] = json!(9);
        self.upload(line).await;
        assert_eq!(self.product(prod_id, "listing"), "listed");
    }
    async fn block(&self, kind: &str, text: &str) -> String {
        let form = [("kind", kind), ("text", text), ("reason", "召回")];
        self.house.post("/blocklist").by(ADMIN).form(&form).send().await.expect(303);
        self.house.ask("select max(id) from block_list")
    }
}

// P-16
#[actix_web::test]
async fn what_is_blocked_comes_off_sale_and_back_when_lifted() {
    let s = Scene::open().await;
    s.listed("P1").await;
    for (kind, text) in [("barcode", ean("690123400001").as_str()), ("approval_no", "国药准字H20990417"), ("name", "阿莫西林")] {
        let id = s.block(kind, text).await;
        assert_eq!(s.recheck().await, 1, "{kind}");
        assert_eq!(s.product("P1", "listing || unlisted_by || list_wish"), "unlistedruletrue", "{kind}");
        let page = s.house.get("/products/P1").by(OWNER).send().await.expect(200);
        assert!(page.body.contains("召回"), "{kind}: the checklist says why");
        s.house.delete(&format!("/blocklist/{id}")).by(ADMIN).send().await.expect(303);
        assert_eq!(s.recheck().await, 1);
        assert_eq!(s.product("P1", "listing"), "listed", "{kind}");
    }
    s.block("name", "布洛芬").await;
    assert_eq!((s.recheck().await, s.recheck().await), (0, 0));
    assert_eq!(s.house.ask("select count(*) from listing_rechecks"), "0");
}

// P-16: a person's no stands, whatever is lifted.
#[actix_web::test]
async fn a_forbidden_category_takes_its_goods_off_sale() {
    let s = Scene::open().await;
    s.listed("P1").await;
    s.upload(with("P2", json!({ "inventory": 9 }))).await;
    s.house.delete("/products/P2/listing").by(OWNER).send().await.expect(303);
    s.house.post("/platform-categories/101/ban").by(ADMIN).form(&[("reason", "停售")]).send().await.expect(303);
    assert_eq!(s.recheck().await, 2);
    assert_eq!(s.product("P1", "listing || unlisted_by"), "unlistedrule");
    s.house.post("/platform-categories/101/ban?_method=delete").by(ADMIN).form(&[]).send().await.expect(303);
    assert_eq!(s.recheck().await, 2);
    assert_eq!((s.product("P1", "listing"), s.product("P2", "unlisted_by")), ("listed".into(), "person".into()));
    // A base product out of use, too.
    let base = s.house.ask("select id from base_products where code = 'BP-24'");
    s.house.post(&format!("/base-products/{base}/suspension")).by(ADMIN).form(&[("reason", "停产")]).send().await.expect(303);
    assert_eq!((s.recheck().await, s.product("P1", "listing")), (2, "unlisted".into()));
}

// P-06, P-08
#[actix_web::test]
async fn the_rule_switched_on_decides_about_what_is_there() {
    let s = Scene::open().await;
    let set = |on: bool| {
        let mut form = vec![("low_stock", "20")];
        form.extend(on.then_some(("auto_list", "1")));
        s.house.post("/settings").by(OWNER).form(&form).send()
    };
    set(false).await.expect(303);
    s.recheck().await;
    s.upload(with("P1", json!({ "inventory": 9 }))).await;
    s.upload(with("P2", json!({ "inventory": 0 }))).await;
    assert_eq!((s.product("P1", "listing"), s.product("P2", "listing")), ("pending".into(), "pending".into()));
    set(true).await.expect(303);
    assert_eq!(s.recheck().await, 2);
    assert_eq!((s.product("P1", "listing"), s.product("P2", "listing")), ("listed".into(), "pending".into()));
    set(true).await.expect(303);
    assert_eq!(s.recheck().await, 0, "nothing changed");
}

// More than one step; each knows where the last one stopped.
#[actix_web::test]
async fn thousands_are_looked_at_in_steps() {
    let s = Scene::open().await;
    s.listed("P1").await;
    s.house.sql(&format!(
        "insert into products (merchant_id, prod_id, erp_code, name, category_id, audit_status, listing, base_product_id, created_at, updated_at) \
         select {m}, 'X' || n, 'X' || n, 'x', '110101', 'approved', 'listed', base_product_id, now(), now() from generate_series(1, 2300) n, products where prod_id = 'P1'",
        m = s.cast.a
    ));
    s.house.post("/platform-categories/1/ban").by(ADMIN).form(&[("reason", "停售")]).send().await.expect(303);
    assert_eq!(s.recheck().await, 2301);
    assert_eq!(s.house.ask("select count(*) from products where listing = 'listed'"), "0");
}
