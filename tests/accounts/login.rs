use crate::support::cast::{OWNER, PASSWORD, READER};
use crate::support::house::House;
use crate::support::{Answer, Cast};
use chrono::Duration;

async fn try_login(house: &House, login: &str, password: &str) -> Answer {
    house.post("/login").form(&[("login", login), ("password", password)]).send().await
}

fn set_cookie(answer: &Answer) -> String {
    answer.headers.get_all("set-cookie").filter_map(|v| v.to_str().ok()).find(|c| c.starts_with("duijie=")).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_right_password_lets_in_whatever_its_case_and_spaces_around_the_login() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let answer = house.post("/login").form(&[("login", " WANG "), ("password", PASSWORD), ("next", "/users?q=a")]).send().await.expect(303);
    assert_eq!(answer.header("location"), "/users?q=a");
    let cookie = set_cookie(&answer);
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Max-Age"), "a session ends with the browser: {cookie}");
    house.get("/account/sessions").by(OWNER).send().await.expect(200);
    assert_eq!(house.ask("select count(*) from trail where verb = 'user.logged_in' and actor_name = '王店长'"), "2");
}

#[tokio::test]
async fn nobody_is_sent_to_the_login_page_and_comes_back() {
    let house = House::open().await;
    let answer = house.get("/users?q=a").send().await.expect(303);
    assert_eq!(answer.header("location"), "/login?next=%2Fusers%3Fq%3Da");
    let page = house.get("/login?next=%2Fusers%3Fq%3Da").send().await.expect(200);
    assert!(page.body.contains(r#"name="next" value="/users?q=a""#), "{}", page.body);
    let page = house.get("/login?next=https%3A%2F%2Fevil.example").send().await.expect(200);
    assert!(page.body.contains(r#"name="next" value="/""#));
}

/// Neither words nor waits tell which logins exist.
#[tokio::test]
async fn wrong_and_unknown_are_answered_alike_and_wait_alike() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let bare = |answer: Answer, login: &str| {
        let page = answer.body.replace(login, "LOGIN");
        let id = answer.headers.get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        (answer.status.as_u16(), answer.headers.get("retry-after").cloned(), page.replace(&id, "ID"))
    };
    for guess in 1..=8 {
        let known = bare(try_login(&house, OWNER, "wrong password").await, OWNER);
        let unknown = bare(try_login(&house, "nobody-here", "wrong password").await, "nobody-here");
        assert_eq!(known, unknown, "guess {guess}");
        assert_eq!(known.0, if guess < 5 { 422 } else { 429 });
        assert!(known.2.contains(if guess < 5 { "账号或密码不对" } else { "秒后再试" }), "{}", known.2);
    }
}

#[tokio::test]
async fn an_account_waits_longer_each_time_and_opens_by_itself() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    for _ in 1..5 {
        try_login(&house, OWNER, "wrong password").await.expect(422);
    }
    assert_eq!(try_login(&house, OWNER, "wrong password").await.expect(429).header("retry-after"), "5");
    // The right password does not help while the account waits, and costs no guess.
    assert_eq!(try_login(&house, OWNER, PASSWORD).await.expect(429).header("retry-after"), "5");
    house.later(Duration::seconds(6));
    assert_eq!(try_login(&house, OWNER, "wrong password").await.expect(429).header("retry-after"), "10");
    assert_eq!(house.ask("select count(*) from trail where verb = 'user.locked' and merchant_id > 0"), "2");
    // Others are not kept out.
    try_login(&house, READER, PASSWORD).await.expect(303);
    house.later(Duration::seconds(11));
    try_login(&house, OWNER, PASSWORD).await.expect(303);
    assert_eq!(house.ask("select failed_logins from users where login = 'wang'"), "0");
    try_login(&house, OWNER, "wrong password").await.expect(422);
}

#[tokio::test]
async fn guesses_are_forgiven_after_an_hour() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    for _ in 1..5 {
        try_login(&house, OWNER, "wrong password").await.expect(422);
    }
    house.later(Duration::minutes(61));
    try_login(&house, OWNER, "wrong password").await.expect(422);
}

#[tokio::test]
async fn one_address_has_so_many_attempts_a_minute() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    house.later(Duration::minutes(1));
    for n in 0..30 {
        try_login(&house, &format!("login-{n}"), "whatever it is").await.expect(422);
    }
    let refused = house.post("/login").json().form(&[("login", "wang"), ("password", PASSWORD)]).send().await.expect(429);
    assert_eq!(refused.header("retry-after"), "60");
    house.later(Duration::minutes(1));
    try_login(&house, OWNER, PASSWORD).await.expect(303);
}

/// Behind a proxy the address it has seen counts, not the ones a caller claims.
#[tokio::test]
async fn an_address_cannot_be_made_up() {
    let house = House::open().await;
    let mut behind = house.platform.as_ref().clone();
    behind.behind_proxy = true;
    let from = |claims: &'static str| {
        let request = actix_web::test::TestRequest::default().peer_addr("127.0.0.1:9".parse().expect("address"));
        let request = request.insert_header(("x-forwarded-for", claims)).to_http_request();
        (
            duijie::accounts::address(&request, &behind).map(|ip| ip.to_string()),
            duijie::accounts::address(&request, &house.platform).map(|ip| ip.to_string()),
        )
    };
    assert_eq!(from("203.0.113.7"), (Some("203.0.113.7".into()), Some("127.0.0.1".into())));
    assert_eq!(from("10.0.0.1, 198.51.100.9"), (Some("198.51.100.9".into()), Some("127.0.0.1".into())));
    assert_eq!(from("10.0.0.1, nonsense").0, None);
}

#[tokio::test]
async fn a_session_never_keeps_the_id_somebody_brought() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let planted = house.cookie(READER).expect("a session");
    let answer = house.post("/login").by(READER).form(&[("login", OWNER), ("password", PASSWORD)]).send().await.expect(303);
    let fresh = set_cookie(&answer);
    assert!(!fresh.is_empty() && !fresh.starts_with(&planted));
    house.get("/account/password").header("cookie", &planted).send().await.expect(303);
    house.get("/account/password").by(READER).send().await.expect(200);
    // An id of somebody's own making names nothing either.
    house.get("/account/password").header("cookie", "duijie=abcdefghijklmnopqrstuvwxyz").send().await.expect(303);
}

#[tokio::test]
async fn logout_is_final() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let cookie = house.cookie(OWNER).expect("a session");
    let answer = house.post("/logout").by(OWNER).send().await.expect(303);
    assert_eq!(answer.header("location"), "/login");
    let out = house.get("/account/password").header("cookie", &cookie).send().await.expect(303);
    assert_eq!(out.header("location"), "/login?next=%2Faccount%2Fpassword");
    house.get("/account/password").json().header("cookie", &cookie).send().await.expect(401);
}

#[tokio::test]
async fn other_sites_cannot_act_for_somebody() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    for site in ["cross-site", "same-site"] {
        let refused = house.post("/logout").by(OWNER).header("sec-fetch-site", site).send().await.expect(403);
        assert!(refused.body.contains("不是从本站页面发出"), "{}", refused.body);
    }
    house.post("/login").header("sec-fetch-site", "cross-site").form(&[("login", OWNER), ("password", PASSWORD)]).send().await.expect(403);
    // Neither header, as from an old program: the session's token decides.
    house.post("/logout").by(OWNER).without("sec-fetch-site").send().await.expect(403);
    let token = house.ask("select state ->> 'csrf' from sessions s join users u on u.id = s.user_id where u.login = 'wang'");
    house.post("/logout").by(OWNER).without("sec-fetch-site").header("x-csrf-token", &token).send().await.expect(303);
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let elsewhere = try_login(&house, OWNER, PASSWORD).await.expect(303);
    house.keep_cookies("elsewhere", &elsewhere.headers);
    let before = house.cookie(OWNER).expect("a session");
    let change = |current: &'static str, new: &'static str, repeat: &'static str| {
        house.post("/account/password").by(OWNER).form(&[("current", current), ("password", new), ("repeat", repeat)]).send()
    };
    const NEW: &str = "a much better sentence";
    for (current, new, repeat, why) in [
        ("not my password", NEW, NEW, "现在的密码不对"),
        (PASSWORD, NEW, "another sentence", "两次输入的新密码不一样"),
        (PASSWORD, "short", "short", "至少 12 个字"),
        (PASSWORD, "password123456", "password123456", "太容易猜"),
        (PASSWORD, PASSWORD, PASSWORD, "和现在的一样"),
    ] {
        let page = change(current, new, repeat).await.expect(422);
        assert!(page.body.contains(why), "{why}: {}", page.body);
        assert!(!page.body.contains(&format!(r#"value="{new}""#)), "what was typed does not come back");
    }
    house.later(Duration::minutes(1));
    change(PASSWORD, NEW, NEW).await.expect(303);
    house.get("/account/password").by(OWNER).send().await.expect(200);
    for gone in [before, house.cookie("elsewhere").expect("a session")] {
        house.get("/account/password").header("cookie", &gone).send().await.expect(303);
    }
    try_login(&house, OWNER, PASSWORD).await.expect(422);
    try_login(&house, OWNER, NEW).await.expect(303);
}

#[tokio::test]
async fn old_hashes_are_renewed_at_the_next_login() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    // m=8192: made here with the crate itself, as an older version of the program would have.
    use argon2::password_hash::PasswordHasher;
    let weaker = argon2::Argon2::new(
        argon2::Algorithm::Argon2id,
        argon2::Version::V0x13,
        argon2::Params::new(8192, 2, 1, None).expect("parameters"),
    );
    let hash = weaker.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string();
    house.sql(&format!("update users set password_hash = '{hash}' where login = 'wang'"));
    try_login(&house, OWNER, PASSWORD).await.expect(303);
    assert!(house.ask("select password_hash from users where login = 'wang'").starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    try_login(&house, OWNER, PASSWORD).await.expect(303);
}

#[tokio::test]
async fn people_of_a_suspended_merchant_are_out() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    house.sql("update merchants set status = 'suspended' where name = '甲医药'");
    house.get("/account/password").by(OWNER).send().await.expect(303);
    try_login(&house, OWNER, PASSWORD).await.expect(422);
}
