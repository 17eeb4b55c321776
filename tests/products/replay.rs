use super::scene::{Scene, good, with};
use duijie::products::replay;
use duijie::stock::upload::PROD_ADD_OR_EDIT;
use serde_json::json;

impl Scene {
    async fn replay(&self) -> usize {
        let (merchant, now) = (self.cast.a, self.house.now());
        self.house.platform.db.write(move |tx| replay::replay_parked(tx, merchant, &PROD_ADD_OR_EDIT, now)).await.expect("replayed")
    }
}

//
#[actix_web::test]
async fn a_line_comes_back_when_its_category_arrives() {
    let s = Scene::open().await;
    s.upload(json!([with("P1", json!({ "catalogId": "110102" })), with("P2", json!({ "catalogId": "110103" })), good("P3")])).await;
    assert_eq!((s.replay().await, s.house.ask("select count(*) from products")), (0, "1".into()));
    s.house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values ({}, '110102', '新', 3, '1101', '11-1101-110102')",
        s.cast.a
    ));
    assert_eq!((s.replay().await, s.replay().await), (1, 0));
    assert_eq!(s.product("P1", "audit_status"), "approved");
    assert_eq!(
        s.house.ask("select string_agg(key || ' ' || coalesce(outcome, 'waiting'), ',' order by id) from parked_lines"),
        "P1 applied,P2 waiting"
    );
    assert_eq!(s.house.ask("select channel || ' ' || applied from feeds order by id desc limit 1"), "replay 1");
}

#[actix_web::test]
async fn a_newer_line_wins_over_a_waiting_one() {
    let s = Scene::open().await;
    s.upload(with("P1", json!({ "catalogId": "110102", "prodName": "旧名" }))).await;
    s.upload(good("P1")).await;
    s.house.sql(&format!(
        "insert into categories (merchant_id, id, name, level, parent_id, path) values ({}, '110102', '新', 3, '1101', '11-1101-110102')",
        s.cast.a
    ));
    assert_eq!((s.replay().await, s.product("P1", "name")), (0, "阿莫西林胶囊".into()));
}
