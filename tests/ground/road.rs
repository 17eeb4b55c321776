//! The cast comes in, and the doors hold.

use crate::support::cast::{ADMIN, AUDITOR, OWNER, READER, STRANGER};
use crate::support::{Cast, House};
use serde_json::json;

#[actix_web::test]
async fn everybody_can_log_in_and_a_machine_is_told_what_it_may_call() {
    let house = House::open().await;
    let cast = Cast::enter(&house).await;
    for who in [OWNER, READER, STRANGER, AUDITOR, ADMIN] {
        house.get("/account/password").by(who).send().await.expect(200);
    }
    let unknown = house.api(&cast.erp, "no.such.method", json!({})).send().await.expect(404);
    assert_eq!(unknown.value()["error"], "NO_METHOD");
}

#[actix_web::test]
async fn nobody_is_sent_to_the_login_and_comes_back() {
    let house = House::open().await;
    let answer = house.get("/sync/calls?view=failed").send().await.expect(303);
    assert_eq!(answer.header("location"), "/login?next=%2Fsync%2Fcalls%3Fview%3Dfailed");
    let json = house.get("/sync/calls").json().send().await.expect(401);
    assert_eq!((json.value()["error"].clone(), json.value()["success"].clone()), (json!("LOGGED_OUT"), json!(false)));
}

// G24
#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let house = House::open().await;
    for path in ["/login", "/nowhere", "/static/css/duijie.css", "/healthz"] {
        let answer = house.get(path).send().await;
        assert!(answer.header("content-security-policy").contains("script-src 'self'"), "{path}");
        assert_eq!((answer.header("x-content-type-options"), answer.header("x-frame-options")), ("nosniff", "DENY"), "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}
