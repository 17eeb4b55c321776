use super::scene::{Scene, codes, good, outcome, with};
use duijie::ids::ProductId;
use duijie::products::listing::{self, Change};
use duijie::trail::{Cause, Kind};
use serde_json::json;

impl Scene {
    async fn shelf(&self, prod_id: &str, listed: i64) -> (String, Vec<String>) {
        let answer = self.erp("prod.shelf.update", json!({ "prodId": prod_id, "listed": listed })).await.expect(200);
        (outcome(&answer), codes(&answer))
    }
    async fn by_hand(&self, prod_id: &str, list: bool) -> Change {
        let id = ProductId(self.product(prod_id, "id").parse().expect("an id"));
        let cause = Cause { kind: Kind::Person, actor_name: "王店长".into(), ..Cause::system(self.cast.a, "tests", self.house.now()) };
        self.house.platform.db.write(move |tx| listing::change(tx, &cause, &[(id, list)])).await.expect("a change").remove(0)
    }
    async fn settle(&self, prod_id: &str) -> usize {
        let id = ProductId(self.product(prod_id, "id").parse().expect("an id"));
        let cause = Cause::system(self.cast.a, "tests", self.house.now());
        self.house.platform.db.write(move |tx| listing::settle(tx, &cause, &[id])).await.expect("settled").len()
    }
    fn listing(&self, prod_id: &str) -> String {
        self.product(prod_id, "concat_ws(' ', listing, unlisted_by, case when list_wish then 'wish' end)")
    }
}

fn plain(outcome: &str) -> (String, Vec<String>) {
    (outcome.to_owned(), vec![])
}

// P-06, P-08
#[actix_web::test]
async fn stock_lists_and_no_stock_unlists() {
    let s = Scene::open().await;
    s.upload(good("P1")).await;
    assert_eq!((s.listing("P1").as_str(), s.settle("P1").await), ("pending", 0));
    s.stock("P1", 3);
    assert_eq!((s.settle("P1").await, s.listing("P1").as_str()), (1, "listed"));
    assert_eq!(s.settle("P1").await, 0);
    s.stock("P1", 0);
    assert_eq!((s.settle("P1").await, s.listing("P1").as_str()), (1, "unlisted rule wish"));
    s.stock("P1", 1);
    assert_eq!((s.settle("P1").await, s.listing("P1").as_str()), (1, "listed"));
    // Disabling takes it off, enabling puts it back.
    s.upload(json!({ "prodId": "P1", "enable": 0 })).await;
    assert_eq!(s.listing("P1"), "unlisted rule wish");
    s.upload(json!({ "prodId": "P1", "enable": 1 })).await;
    assert_eq!(s.listing("P1"), "listed");
}

// P-11, Q-24
#[actix_web::test]
async fn a_wish_before_the_audit_comes_true_on_approval() {
    let s = Scene::open().await;
    s.house.sql("update merchants set auto_list = false");
    s.upload(with("P1", json!({ "prodName": "江州参片", "barCode": null, "approvalNo": null }))).await;
    assert_eq!(s.shelf("P1", 1).await, ("applied".into(), vec!["WAITS_FOR_AUDIT".into()]));
    assert_eq!((s.listing("P1").as_str(), s.settle("P1").await), ("pending wish", 0));
    s.house.sql("update products set audit_status = 'approved', base_product_id = (select min(id) from base_products)");
    assert_eq!((s.settle("P1").await, s.listing("P1").as_str()), (1, "listed"));
    assert_eq!(s.shelf("P1", 1).await, plain("unchanged"));
    assert_eq!(s.shelf("P1", 0).await, plain("applied"));
    assert_eq!((s.listing("P1").as_str(), s.settle("P1").await), ("unlisted erp", 0));
}

// P-08: what the ERP took off, the rule leaves alone; the ERP may put it back.
#[actix_web::test]
async fn the_rule_leaves_what_the_erp_decided() {
    let s = Scene::open().await;
    s.upload(good("P1")).await;
    assert_eq!(s.shelf("P1", 0).await, plain("applied"));
    s.stock("P1", 9);
    assert_eq!((s.settle("P1").await, s.listing("P1").as_str()), (0, "unlisted erp"));
    assert_eq!(s.shelf("P1", 1).await, plain("applied"));
    assert_eq!(s.listing("P1"), "listed");
    s.stock("P1", 0);
    s.settle("P1").await;
    assert_eq!(s.shelf("P1", 1).await, ("applied".into(), vec!["NOT_SELLABLE".into()]));
    assert_eq!(s.listing("P1"), "pending wish");
}

// never re-list what a human unlisted.
#[actix_web::test]
async fn a_person_has_the_last_word() {
    let s = Scene::open().await;
    s.upload(good("P1")).await;
    s.stock("P1", 9);
    s.settle("P1").await;
    assert_eq!(s.by_hand("P1", false).await, Change::Done);
    assert_eq!((s.settle("P1").await, s.listing("P1").as_str()), (0, "unlisted person"));
    let held = s.erp("prod.shelf.update", json!({ "prodId": "P1", "listed": 1 })).await.expect(200);
    assert_eq!((outcome(&held).as_str(), codes(&held)), ("held", vec!["UNLISTED_BY_PERSON".to_owned()]));
    assert!(held.body.contains("王店长"), "{}", held.body);
    assert_eq!(s.shelf("P1", 0).await, plain("unchanged"));
    s.upload(json!({ "prodId": "P1", "spec": "0.25g×12粒" })).await;
    s.upload(json!({ "prodId": "P1", "spec": "0.25g×24粒" })).await;
    assert_eq!(s.listing("P1"), "unlisted person");
    assert_eq!((s.by_hand("P1", true).await, s.listing("P1").as_str()), (Change::Done, "listed"));
}

#[actix_web::test]
async fn many_at_once_and_what_is_wrong_is_named() {
    let s = Scene::open().await;
    s.upload(json!([good("P1"), good("P2")])).await;
    s.stock("P1", 1);
    s.stock("P2", 1);
    let answer = s.erp("prod.shelf.update", json!([{ "prodId": "P1", "listed": "1" }, { "prodId": "P2", "listed": true }, { "prodId": "P404", "listed": 1 }, { "prodId": "P2x" }])).await.expect(200);
    assert_eq!(answer.lines(), [(3, "rejected".into(), "UNKNOWN_PRODUCT".into()), (4, "rejected".into(), "MISSING".into())]);
    assert_eq!(s.house.ask("select count(*) from products where listing = 'listed'"), "2");
    // A stranger's product is unknown.
    let other = s.by(&s.cast.other_erp.clone(), "prod.shelf.update", json!({ "prodId": "P1", "listed": 0 })).await.expect(422);
    assert_eq!(codes(&other), ["UNKNOWN_PRODUCT"]);
}
