//! Statements of hot paths are planned once a connection, and never where a pooler may hand it to somebody else.

use crate::stock;
use crate::support::House;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use duijie::db::Plans;
use serde_json::json;

#[derive(QueryableByName)]
struct Names {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What a connection remembers after two pushes.
async fn names(plans: Plans) -> (House, i64) {
    let (house, cast) = stock::house(2).await;
    let house = house.over_one_connection(plans);
    for (qty, want) in [(5, "erp_set 0→5"), (7, "erp_set 5→7")] {
        let answer = house.push(&cast, json!([{ "skuId": "S1", "shopId": "1", "inventory": qty }])).await.expect(200);
        assert_eq!(answer.value()["data"]["applied"], 1);
        assert!(house.movements().contains(want), "{}", house.movements());
    }
    let count = |c: &mut PgConnection| Ok(diesel::sql_query("select count(*) as n from pg_prepared_statements").get_result::<Names>(c)?.n);
    let n = house.platform.db.read(count).await.expect("names");
    (house, n)
}

#[actix_web::test]
async fn behind_a_pooler_no_statement_has_a_name() {
    let (_house, n) = names(Plans::Fresh).await;
    assert_eq!(n, 0);
}

#[actix_web::test]
async fn without_a_pooler_a_push_plans_its_statements_once() {
    let (_house, n) = names(Plans::Kept).await;
    assert!(n >= 10, "{n} statements are remembered");
}
