use crate::support::Cast;
use crate::support::cast::{OWNER, PASSWORD, STRANGER};
use crate::support::house::House;
use chrono::Duration;

async fn another(house: &House, name: &str, keep: &str) {
    let answer = house
        .post("/login")
        .header("user-agent", "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36")
        .form(&[("login", OWNER), ("password", PASSWORD), ("keep", keep)])
        .send()
        .await
        .expect(303);
    let lasting = answer.headers.get_all("set-cookie").any(|c| c.to_str().is_ok_and(|c| c.contains("Max-Age=604800")));
    assert_eq!(lasting, keep == "1");
    house.keep_cookies(name, &answer.headers);
}

#[tokio::test]
async fn a_session_sleeps_after_half_an_hour_and_ends_after_eight() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    house.later(Duration::minutes(29));
    house.get("/account/password").by(OWNER).send().await.expect(200);
    house.later(Duration::minutes(29));
    house.get("/account/password").by(OWNER).send().await.expect(200);
    house.later(Duration::minutes(31));
    house.get("/account/password").by(OWNER).send().await.expect(303);
    another(&house, "busy", "").await;
    for _ in 0..23 {
        house.later(Duration::minutes(20));
        house.get("/account/password").by("busy").send().await.expect(200);
    }
    house.later(Duration::minutes(21));
    house.get("/account/password").by("busy").send().await.expect(303);
}

#[tokio::test]
async fn those_who_asked_stay_for_a_week() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    another(&house, "home", "1").await;
    house.later(Duration::days(6));
    house.get("/account/password").by("home").send().await.expect(200);
    house.later(Duration::days(1));
    house.get("/account/password").by("home").send().await.expect(303);
}

#[tokio::test]
async fn people_see_where_they_are_logged_in_and_can_end_it() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    another(&house, "office", "").await;
    another(&house, "phone", "").await;
    let page = house.get("/account/sessions").by(OWNER).send().await.expect(200);
    assert_eq!(page.body.matches("Chrome · Windows").count(), 2, "{}", page.body);
    assert!(page.body.contains("127.0.0.1"));
    let mine = house.get("/account/sessions").by(OWNER).json().send().await.expect(200).value();
    assert_eq!(mine["data"]["sessions"].as_array().map(Vec::len), Some(3));
    let of = |who: &str| {
        let house = &house;
        let who = who.to_owned();
        async move {
            house.get("/account/sessions").by(&who).json().send().await.expect(200).value()["data"]["current"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        }
    };
    let (office, strangers) = (of("office").await, of(STRANGER).await);
    house.delete(&format!("/account/sessions/{strangers}")).by(OWNER).send().await.expect(404);
    house.get("/account/sessions").by(STRANGER).send().await.expect(200);
    // As a plain form sends it.
    house.post(&format!("/account/sessions/{office}?_method=delete")).by(OWNER).send().await.expect(303);
    house.get("/account/sessions").by("office").send().await.expect(303);
    house.get("/account/sessions").by("phone").send().await.expect(200);
    house.delete("/account/sessions").by(OWNER).send().await.expect(303);
    house.get("/account/sessions").by("phone").send().await.expect(303);
    house.get("/account/sessions").by(OWNER).send().await.expect(200);
}

#[tokio::test]
async fn the_database_knows_no_cookie() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let cookie = house.cookie(OWNER).expect("a session");
    // The cookie is a signature (44 characters) and the session's id (64).
    let id = cookie.rsplit('=').next().unwrap_or_default().chars().rev().take(64).collect::<Vec<_>>().into_iter().rev().collect::<String>();
    assert!(id.chars().all(|c| c.is_ascii_alphanumeric()) && id.len() == 64, "{cookie}");
    assert_eq!(
        house.ask(&format!("select count(*) from sessions where encode(token_hash, 'escape') like '%{id}%' or state::text like '%{id}%'")),
        "0"
    );
    assert_eq!(house.ask(&format!("select count(*) from sessions where token_hash = sha256('{id}')")), "1");
}

#[tokio::test]
async fn the_language_is_kept_and_leads_nowhere_else() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let answer = house.post("/language").by(OWNER).form(&[("lang", "en"), ("next", "/account/password")]).send().await.expect(303);
    assert_eq!(answer.header("location"), "/account/password");
    assert!(answer.headers.get_all("set-cookie").any(|c| c.to_str().is_ok_and(|c| c.starts_with("lang=en"))));
    let page = house.get("/account/password").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("Change password"), "the account remembers");
    let answer = house.post("/language").form(&[("lang", "zh-CN"), ("next", "//evil.example")]).send().await.expect(303);
    assert_eq!(answer.header("location"), "/");
    house.post("/language").form(&[("lang", "fr"), ("next", "/")]).send().await.expect(404);
}

/// Scripts, pictures and machines' calls look at no session: they work while sessions cannot be read.
#[tokio::test]
async fn impersonal_addresses_need_no_session() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    house.sql("alter table sessions rename to sessions_gone");
    house.get("/healthz").by(OWNER).send().await.expect(200);
    let broken = house.get("/account/password").by(OWNER).send().await.expect(503);
    assert_eq!(broken.header("retry-after"), "1");
}
