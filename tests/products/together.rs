//! Two calls at the same time about the same goods.

use super::scene::{Scene, good};
use duijie::feeds::{self, Batch, Channel, Report};
use duijie::products::api;
use duijie::stock::upload::PROD_ADD_OR_EDIT;
use duijie::text::Lang;
use duijie::trail::{Cause, Kind};
use duijie::wire::{Method, Scope};
use serde_json::{Value, json};

async fn call(s: &Scene, method: &'static Method, lines: Vec<Value>) -> duijie::Result<Report> {
    let cause = Cause { kind: Kind::Erp, ..Cause::system(s.cast.a, "ERP", s.house.now()) };
    let scope = Scope::whole(s.cast.a, Lang::Zh, s.house.now());
    s.house.platform.db.write(move |tx| feeds::run(tx, &cause, &scope, Channel::Api, method, Batch { lines, ..Batch::default() })).await
}

// G3: no duplicate, no deadlock, whatever the order of the lines.
#[actix_web::test]
async fn calls_about_the_same_goods_wait_for_each_other() {
    let s = Scene::open().await;
    let forwards: Vec<Value> = (0..60).map(|n| good(&format!("P{n}"))).collect();
    let backwards: Vec<Value> = forwards.iter().rev().cloned().collect();
    let (a, b) = tokio::join!(call(&s, &PROD_ADD_OR_EDIT, forwards), call(&s, &PROD_ADD_OR_EDIT, backwards));
    let (a, b) = (a.expect("one").counts, b.expect("the other").counts);
    assert_eq!((a.applied + b.applied, a.unchanged + b.unchanged), (60, 60));
    assert_eq!(s.house.ask("select count(*) || ' ' || count(distinct prod_id) from products"), "60 60");
    for round in 0..4 {
        let edits = |order: bool| {
            let mut lines: Vec<Value> =
                (0..60).map(|n| json!({ "prodId": format!("P{n}"), "brand": format!("{round}{order}"), "price": round + 1 })).collect();
            if order {
                lines.reverse();
            }
            lines
        };
        let skus: Vec<Value> = (0..60).rev().map(|n| json!({ "skuId": format!("P{n}-1"), "retailPrice": round + 2 })).collect();
        let shelf: Vec<Value> = (0..60).rev().map(|n| json!({ "prodId": format!("P{n}"), "listed": round % 2 })).collect();
        let (a, b, c, d) = tokio::join!(
            call(&s, &PROD_ADD_OR_EDIT, edits(true)),
            call(&s, &PROD_ADD_OR_EDIT, edits(false)),
            call(&s, &api::SKU_ADD_OR_EDIT, skus),
            call(&s, &api::SHELF_UPDATE, shelf)
        );
        for report in [a, b, c, d] {
            assert_eq!(report.expect("no deadlock").counts.rejected, 0);
        }
    }
}

// A new product and a new SKU that want the same id at the same time.
#[actix_web::test]
async fn one_id_goes_to_one_of_two() {
    let s = Scene::open().await;
    call(&s, &PROD_ADD_OR_EDIT, vec![good("P0")]).await.expect("a product");
    for n in 0..5 {
        let id = format!("X{n}");
        let (a, b) = tokio::join!(
            call(&s, &PROD_ADD_OR_EDIT, vec![good(&id)]),
            call(&s, &api::SKU_ADD_OR_EDIT, vec![json!({ "skuId": id, "prodId": "P0" })])
        );
        assert_eq!(a.expect("answered").counts.rejected + b.expect("answered").counts.rejected, 1);
    }
}
