use crate::support::Cast;
use crate::support::cast::{ADMIN, AUDITOR, OWNER, PASSWORD, READER, STRANGER};
use crate::support::house::House;

fn id_of(house: &House, login: &str) -> String {
    house.ask(&format!("select id from users where login = '{login}'"))
}

#[tokio::test]
async fn only_managers_see_people_and_only_their_own() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    for who in [READER, AUDITOR] {
        house.get("/users").by(who).send().await.expect(403);
        house.get(&format!("/users/{}", id_of(&house, OWNER))).by(who).send().await.expect(403);
    }
    let page = house.get("/users").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("小李") && !page.body.contains("赵外人"), "{}", page.body);
    let everybody = house.get("/users").by(ADMIN).send().await.expect(200);
    assert!(everybody.body.contains("小李") && everybody.body.contains("赵外人"));
    let found = house.get("/users?q=XiaoLi").by(OWNER).send().await.expect(200);
    assert!(found.body.contains("小李") && !found.body.contains("王店长</a>"));
    let none = house.get("/users?q=zzz").by(OWNER).send().await.expect(200);
    assert!(none.body.contains("没有符合这些筛选条件的结果"));
}

#[tokio::test]
async fn a_strangers_people_are_not_found() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let id = id_of(&house, READER);
    house.get(&format!("/users/{id}")).by(STRANGER).send().await.expect(404);
    house.post(&format!("/users/{id}")).by(STRANGER).form(&[("name", "小李"), ("role", "owner"), ("active", "1")]).send().await.expect(404);
    house.get("/users/999999").by(OWNER).send().await.expect(404);
    house.get("/users/abc").by(OWNER).send().await.expect(404);
    house.get(&format!("/users/{id}")).by(ADMIN).send().await.expect(200);
    assert_eq!(house.ask(&format!("select role from users where id = {id}")), "staff");
}

#[tokio::test]
async fn a_new_person_can_come_in() {
    let house = House::open().await;
    let cast = Cast::enter_logged_in(&house).await;
    let fields = [
        ("login", "Lin@Jia.Example"),
        ("name", "林小姐"),
        ("role", "staff"),
        ("permissions", "stock"),
        ("permissions", "keys"),
        ("password", "our tea is never cold"),
    ];
    let answer = house.post("/users").by(OWNER).form(&fields).send().await.expect(303);
    let id = id_of(&house, "lin@jia.example");
    assert_eq!(answer.header("location"), format!("/users/{id}?done=created"));
    // Only what staff can be given is given, and only in the owner's own merchant.
    assert_eq!(house.ask(&format!("select permissions::text || merchant_id from users where id = {id}")), format!("{{stock}}{}", cast.a));
    let login = house.post("/login").form(&[("login", "lin@jia.example"), ("password", "our tea is never cold")]).send().await.expect(303);
    house.keep_cookies("lin", &login.headers);
    house.get("/account/sessions").by("lin").send().await.expect(200);
    let page = house.get(&format!("/users/{id}")).by(OWNER).send().await.expect(200);
    assert!(page.body.contains("林小姐") && page.body.contains(r#"value="stock" checked"#), "{}", page.body);
}

#[tokio::test]
async fn a_form_about_people_says_what_is_wrong() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    const GOOD: &str = "our tea is never cold";
    for (login, name, role, password, why) in [
        ("zhao", "重名", "staff", GOOD, "账号「zhao」已有人用"),
        ("a", "太短", "staff", GOOD, "2 到 60 个字母"),
        ("has space", "空格", "staff", GOOD, "2 到 60 个字母"),
        ("fine", "\u{7}", "staff", GOOD, "控制字符"),
        ("fine", "审核", "auditor", GOOD, "不能有这个角色"),
        ("fine", "神", "god", GOOD, "不能有这个角色"),
        ("fine", "弱", "staff", "fine12345678", "太容易猜"),
    ] {
        let page = house
            .post("/users")
            .by(OWNER)
            .form(&[("login", login), ("name", name), ("role", role), ("password", password)])
            .send()
            .await
            .expect(422);
        assert!(page.body.contains(why), "{why}: {}", page.body);
        assert!(!page.body.contains(GOOD));
    }
    assert_eq!(house.ask("select count(*) from users"), "5");
    let told = house
        .post("/users")
        .by(OWNER)
        .json()
        .body(serde_json::json!({ "login": "x", "name": "x", "role": "staff", "password": GOOD }))
        .header("content-type", "application/json");
    let told = told.send().await.expect(422).value();
    assert!(told["data"]["login"].as_str().is_some_and(|why| why.contains("2 到 60")), "{told}");
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let path = format!("/users/{}", id_of(&house, READER));
    house.get("/account/sessions").by(READER).send().await.expect(200);
    house.post(&path).by(OWNER).form(&[("name", "小李"), ("role", "staff")]).send().await.expect(303);
    house.get("/account/sessions").by(READER).send().await.expect(303);
    house.post("/login").form(&[("login", READER), ("password", PASSWORD)]).send().await.expect(422);
    house.post(&path).by(OWNER).form(&[("name", "小李"), ("role", "staff"), ("active", "1")]).send().await.expect(303);
    house.post("/login").form(&[("login", READER), ("password", PASSWORD)]).send().await.expect(303);
    assert_eq!(house.ask("select count(*) from trail where verb = 'user.changed'"), "2");
}

#[tokio::test]
async fn a_reset_password_ends_sessions_and_is_not_kept_in_the_trail() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    const NEW: &str = "the harbour smells of rain";
    let path = format!("/users/{}", id_of(&house, READER));
    house.post(&path).by(OWNER).form(&[("name", "小李"), ("role", "staff"), ("active", "1"), ("password", NEW)]).send().await.expect(303);
    house.get("/account/sessions").by(READER).send().await.expect(303);
    house.post("/login").form(&[("login", READER), ("password", NEW)]).send().await.expect(303);
    assert_eq!(house.ask("select count(*) from trail where after::text like '%harbour%' or after::text like '%argon2%'"), "0");
}

#[tokio::test]
async fn somebody_must_remain_to_manage_people() {
    let house = House::open().await;
    Cast::enter_logged_in(&house).await;
    let path = format!("/users/{}", id_of(&house, OWNER));
    for form in [&[("name", "王店长"), ("role", "staff"), ("active", "1")][..], &[("name", "王店长"), ("role", "owner")]] {
        let page = house.post(&path).by(OWNER).form(form).send().await.expect(422);
        assert!(page.body.contains("最后一位管理员"), "{}", page.body);
    }
    house
        .post(&format!("/users/{}", id_of(&house, READER)))
        .by(OWNER)
        .form(&[("name", "小李"), ("role", "owner"), ("active", "1")])
        .send()
        .await
        .expect(303);
    house.post(&path).by(OWNER).form(&[("name", "王店长"), ("role", "staff"), ("active", "1")]).send().await.expect(303);
    house.get("/users").by(OWNER).send().await.expect(303);
}

#[tokio::test]
async fn an_admin_creates_people_of_any_merchant_with_roles_that_fit() {
    let house = House::open().await;
    let cast = Cast::enter_logged_in(&house).await;
    let b = cast.b.to_string();
    let make = |login: &'static str, role: &'static str, merchant: String| {
        let house = &house;
        async move {
            let form = [
                ("login", login),
                ("name", "新人"),
                ("role", role),
                ("merchant", merchant.as_str()),
                ("password", "our tea is never cold"),
            ];
            house.post("/users").by(ADMIN).form(&form).send().await.status.as_u16()
        }
    };
    assert_eq!(make("b-staff", "staff", b.clone()).await, 303);
    assert_eq!(make("auditor2", "auditor", "0".into()).await, 303);
    assert_eq!(make("wrong1", "auditor", b).await, 422);
    assert_eq!(make("wrong2", "staff", "0".into()).await, 422);
    assert_eq!(make("wrong3", "staff", "987654".into()).await, 422);
}
